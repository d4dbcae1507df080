package oldclients;

import static oldclients.Clients.ends;
import static oldclients.Clients.itself;
import static oldclients.Clients.password;
import static oldclients.Clients.token;
import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertFalse;
import static org.junit.Assert.assertNotNull;
import static org.junit.Assert.assertTrue;

import java.util.Arrays;
import java.util.Collections;
import java.util.Date;
import java.util.HashSet;
import java.util.Map;

import org.junit.Test;
import org.springframework.http.HttpEntity;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpMethod;
import org.springframework.security.core.authority.AuthorityUtils;
import org.springframework.security.crypto.codec.Base64;
import org.springframework.security.jwt.JwtHelper;
import org.springframework.security.jwt.crypto.sign.RsaVerifier;
import org.springframework.security.oauth2.client.token.grant.client.ClientCredentialsResourceDetails;
import org.springframework.security.oauth2.common.OAuth2AccessToken;
import org.springframework.security.oauth2.common.exceptions.InvalidTokenException;
import org.springframework.security.oauth2.provider.OAuth2Authentication;
import org.springframework.security.oauth2.provider.token.DefaultTokenServices;
import org.springframework.security.oauth2.provider.token.store.JwtAccessTokenConverter;
import org.springframework.security.oauth2.provider.token.store.JwtTokenStore;
import org.springframework.web.client.HttpClientErrorException;
import org.springframework.web.client.RestTemplate;

/** JwtAccessTokenConverter: a resource server that verifies the tokens of manual 000 by the key of /oauth/token_key. */
public class JwtTest {
	/** As the old Spring Boot asks for it. */
	private static Map<?, ?> tokenKey(Seed seed, String client, String secret) {
		HttpHeaders headers = new HttpHeaders();
		if (client != null) {
			headers.add("Authorization", "Basic " + new String(Base64.encode((client + ":" + secret).getBytes())));
		}
		return new RestTemplate().exchange(seed.at("/oauth/token_key"), HttpMethod.GET, new HttpEntity<Void>(headers), Map.class).getBody();
	}

	private static DefaultTokenServices services() throws Exception {
		JwtAccessTokenConverter converter = new JwtAccessTokenConverter();
		converter.setVerifierKey((String) tokenKey(Seed.M000, "reports", "reports-secret").get("value"));
		converter.afterPropertiesSet();
		DefaultTokenServices services = new DefaultTokenServices();
		services.setTokenStore(new JwtTokenStore(converter));
		services.afterPropertiesSet();
		return services;
	}

	@Test
	public void theKeyIsForClients() {
		assertEquals("SHA256withRSA", tokenKey(Seed.M000, "reports", "reports-secret").get("alg"));
		assertEquals(401, ends401(null, null));
		assertEquals(401, ends401("reports", "wrong"));
	}

	private static int ends401(String client, String secret) {
		try {
			tokenKey(Seed.M000, client, secret);
			return 200;
		} catch (HttpClientErrorException e) {
			return e.getStatusCode().value();
		}
	}

	/** Issuers without JWTs have no key to show. */
	@Test
	public void opaqueIssuersHaveNone() {
		for (Seed seed : Arrays.asList(Seed.M002, Seed.M003)) {
			try {
				tokenKey(seed, "reports", "reports-secret");
				throw new AssertionError(seed + " shows a key");
			} catch (HttpClientErrorException e) {
				assertEquals(404, e.getStatusCode().value());
			}
		}
	}

	@Test
	public void aTokenOfAUser() throws Exception {
		OAuth2AccessToken token = token(password(Seed.M000));
		OAuth2Authentication who = services().loadAuthentication(token.getValue());
		assertEquals("admin", who.getPrincipal());
		assertEquals(new HashSet<>(Arrays.asList("ROLE_USER", "OP_USER")), AuthorityUtils.authorityListToSet(who.getAuthorities()));
		assertEquals(Seed.M000.client, who.getOAuth2Request().getClientId());
		assertEquals(Collections.singleton("All"), who.getOAuth2Request().getScope());
		assertTrue(who.getOAuth2Request().getResourceIds().isEmpty());
		OAuth2AccessToken read = services().readAccessToken(token.getValue());
		assertEquals("made by taroco", read.getAdditionalInformation().get("license"));
		assertEquals(909620761, read.getAdditionalInformation().get("x-user-id"));
		assertEquals(token.getAdditionalInformation().get("jti"), read.getAdditionalInformation().get("jti"));
		assertTrue(read.getExpiration().after(new Date()));
	}

	@Test
	public void aTokenOfAClientItself() throws Exception {
		ClientCredentialsResourceDetails details = itself(Seed.M000);
		details.setClientId("reports");
		details.setClientSecret("reports-secret");
		details.setScope(null);
		OAuth2Authentication who = services().loadAuthentication(token(details).getValue());
		assertTrue(who.isClientOnly());
		assertEquals("reports", who.getName());
		assertEquals(new HashSet<>(Arrays.asList("ROLE_REPORTS", "ROLE_TRUSTED")), AuthorityUtils.authorityListToSet(who.getAuthorities()));
		assertEquals(new HashSet<>(Arrays.asList("orders", "bills")), who.getOAuth2Request().getResourceIds());
	}

	@Test
	public void aRefreshTokenIsNoAccessToken() throws Exception {
		String refresh = token(password(Seed.M000)).getRefreshToken().getValue();
		assertNotNull(JwtHelper.decodeAndVerify(refresh, new RsaVerifier((String) tokenKey(Seed.M000, "reports", "reports-secret").get("value"))));
		assertEquals("Encoded token is a refresh token", ends(InvalidTokenException.class, () -> services().loadAuthentication(refresh)).getMessage());
	}

	@Test
	public void anExpiredToken() throws Exception {
		long was = Stage.setServersClock(-2 * 86400);
		String token = token(password(Seed.M000)).getValue();
		Stage.setServersClock(was);
		assertTrue(ends(InvalidTokenException.class, () -> services().loadAuthentication(token)).getMessage().startsWith("Access token expired"));
	}

	@Test
	public void aChangedToken() throws Exception {
		String[] parts = token(password(Seed.M000)).getValue().split("\\.");
		char last = parts[2].charAt(10);
		String signature = parts[2].substring(0, 10) + (last == 'A' ? 'B' : 'A') + parts[2].substring(11);
		ends(InvalidTokenException.class, () -> services().loadAuthentication(parts[0] + "." + parts[1] + "." + signature));
		String none = java.util.Base64.getUrlEncoder().withoutPadding().encodeToString("{\"alg\":\"none\"}".getBytes());
		ends(InvalidTokenException.class, () -> services().loadAuthentication(none + "." + parts[1] + "."));
		assertFalse(parts[2].equals(signature));
	}
}
