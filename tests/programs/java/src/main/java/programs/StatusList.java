package programs;

import com.nimbusds.jose.JOSEObjectType;
import com.nimbusds.jose.proc.DefaultJOSEObjectTypeVerifier;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.time.Instant;
import java.util.Base64;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.zip.InflaterInputStream;
import org.springframework.security.oauth2.core.OAuth2Error;
import org.springframework.security.oauth2.core.OAuth2TokenValidator;
import org.springframework.security.oauth2.core.OAuth2TokenValidatorResult;
import org.springframework.security.oauth2.jwt.Jwt;
import org.springframework.security.oauth2.jwt.JwtValidators;
import org.springframework.security.oauth2.jwt.NimbusJwtDecoder;
import org.springframework.web.client.RestClient;

/** Refuses a token that the status list of its issuer calls ended: draft-ietf-oauth-status-list-21 section 8.3. */
class StatusList implements OAuth2TokenValidator<Jwt> {
	private record Kept(byte[] bits, Instant until) {
	}

	private static final int MOST = 1 << 20;
	private final Map<String, Kept> kept = new ConcurrentHashMap<>();
	private final RestClient http = RestClient.create();
	private final NimbusJwtDecoder lists;
	private final String issuer;

	StatusList(String issuer) {
		this.issuer = issuer;
		lists = decoder(issuer, "statuslist+jwt");
		lists.setJwtValidator(JwtValidators.createDefaultWithIssuer(issuer));
	}

	/** Of tokens of one type, by the issuer's keys. */
	static NimbusJwtDecoder decoder(String issuer, String type) {
		return NimbusJwtDecoder.withJwkSetUri(issuer + "/jwks").jwtProcessorCustomizer(
				p -> p.setJWSTypeVerifier(new DefaultJOSEObjectTypeVerifier<>(new JOSEObjectType(type)))).build();
	}

	@Override
	public OAuth2TokenValidatorResult validate(Jwt token) {
		try {
			Map<?, ?> at = (Map<?, ?>) token.getClaimAsMap("status").get("status_list");
			byte[] bits = bits((String) at.get("uri"));
			long idx = ((Number) at.get("idx")).longValue();
			if (idx >= 0 && idx < bits.length * 8L && (bits[(int) (idx / 8)] >> (idx % 8) & 1) == 0)
				return OAuth2TokenValidatorResult.success();
			return refused("the token has ended");
		} catch (Exception e) {
			return refused("no status can be had: " + e);
		}
	}

	private static OAuth2TokenValidatorResult refused(String why) {
		return OAuth2TokenValidatorResult.failure(new OAuth2Error("invalid_token", why, null));
	}

	private byte[] bits(String uri) throws IOException {
		Kept known = kept.get(uri);
		if (known != null && Instant.now().isBefore(known.until))
			return known.bits;
		if (!uri.startsWith(issuer + "/"))
			throw new IOException("a status list of somebody else");
		Jwt list = lists.decode(http.get().uri(uri).header("Accept", "application/statuslist+jwt").retrieve().body(String.class));
		if (!uri.equals(list.getSubject()))
			throw new IOException("another status list");
		byte[] packed = Base64.getUrlDecoder().decode((String) list.getClaimAsMap("status_list").get("lst"));
		byte[] bits = new InflaterInputStream(new ByteArrayInputStream(packed)).readNBytes(MOST);
		kept.put(uri, new Kept(bits, Instant.now().plusSeconds(((Number) list.getClaim("ttl")).longValue())));
		return bits;
	}
}
