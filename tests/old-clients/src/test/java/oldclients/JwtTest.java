package oldclients;

import static oldclients.Clients.ends;
import static oldclients.Clients.ofReports;
import static oldclients.Clients.ofUser;
import static oldclients.Clients.password;
import static oldclients.Clients.token;
import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertNotEquals;
import static org.junit.Assert.assertNotNull;
import static org.junit.Assert.assertTrue;

import java.util.Arrays;
import java.util.Date;
import java.util.HashSet;
import java.util.List;
import java.util.Map;

import org.junit.Test;
import org.springframework.http.HttpEntity;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpMethod;
import org.springframework.security.core.authority.AuthorityUtils;
import org.springframework.security.crypto.codec.Base64;
import org.springframework.security.jwt.JwtHelper;
import org.springframework.security.jwt.crypto.sign.RsaVerifier;
import org.springframework.security.oauth2.client.token.DefaultAccessTokenRequest;
import org.springframework.security.oauth2.client.token.grant.password.ResourceOwnerPasswordAccessTokenProvider;
import org.springframework.security.oauth2.common.OAuth2AccessToken;
import org.springframework.security.oauth2.common.exceptions.InvalidTokenException;
import org.springframework.security.oauth2.provider.OAuth2Authentication;
import org.springframework.security.oauth2.provider.token.DefaultTokenServices;
import org.springframework.security.oauth2.provider.token.store.JwtAccessTokenConverter;
import org.springframework.security.oauth2.provider.token.store.JwtTokenStore;
import org.springframework.web.client.HttpClientErrorException;
import org.springframework.web.client.RestTemplate;

/** JwtAccessTokenConverter: a resource server that verifies tokens by the key of /oauth/token_key. */
public class JwtTest {
	/** As the old Spring Boot asks for it. */
	private static Map<?, ?> tokenKey(Seed seed, String client, String secret) {
		HttpHeaders headers = new HttpHeaders();
		if (client != null) {
			headers.add("Authorization", "Basic " + new String(Base64.encode((client + ":" + secret).getBytes())));
		}
		return new RestTemplate().exchange(seed.at("/oauth/token_key"), HttpMethod.GET, new HttpEntity<Void>(headers), Map.class).getBody();
	}

	private static final List<Seed> WITH_JWT = Arrays.asList(Seed.M000, Seed.J002, Seed.J003);

	private static String key(Seed seed) {
		return (String) tokenKey(seed, "reports", "reports-secret").get("value");
	}

	private static DefaultTokenServices services(Seed seed) throws Exception {
		JwtAccessTokenConverter converter = new JwtAccessTokenConverter();
		converter.setVerifierKey(key(seed));
		converter.afterPropertiesSet();
		DefaultTokenServices services = new DefaultTokenServices();
		services.setTokenStore(new JwtTokenStore(converter));
		services.afterPropertiesSet();
		return services;
	}

	private static int statusOfKey(Seed seed, String client, String secret) {
		try {
			assertEquals("SHA256withRSA", tokenKey(seed, client, secret).get("alg"));
			return 200;
		} catch (HttpClientErrorException e) {
			return e.getStatusCode().value();
		}
	}

	@Test
	public void theKeyIsForClientsAndOfManual003ForAll() {
		for (Seed seed : WITH_JWT) {
			assertEquals(200, statusOfKey(seed, "reports", "reports-secret"));
			assertEquals(401, statusOfKey(seed, "reports", "wrong"));
			assertEquals(seed == Seed.J003 ? 200 : 401, statusOfKey(seed, null, null));
		}
	}

	/** Issuers without JWTs have no key to show. */
	@Test
	public void opaqueIssuersHaveNone() {
		assertEquals(404, statusOfKey(Seed.M002, "reports", "reports-secret"));
		assertEquals(404, statusOfKey(Seed.M003, "reports", "reports-secret"));
	}

	@Test
	public void aTokenOfAUser() throws Exception {
		for (Seed seed : WITH_JWT) {
			String token = ofUser(seed, "admin", "admin")[0];
			OAuth2Authentication who = services(seed).loadAuthentication(token);
			assertEquals("admin", who.getPrincipal());
			assertEquals(new HashSet<>(Arrays.asList("ROLE_USER", "OP_USER")), AuthorityUtils.authorityListToSet(who.getAuthorities()));
			assertEquals(seed.client, who.getOAuth2Request().getClientId());
			assertEquals(new HashSet<>(seed.scope), who.getOAuth2Request().getScope());
			assertTrue(who.getOAuth2Request().getResourceIds().isEmpty());
			OAuth2AccessToken read = services(seed).readAccessToken(token);
			assertTrue(read.getExpiration().after(new Date()));
			assertTrue(((String) read.getAdditionalInformation().get("jti")).matches("[0-9a-f-]{36}"));
		}
	}

	@Test
	public void whatEachTellsBeside() throws Exception {
		OAuth2AccessToken answer = token(password(Seed.M000));
		Map<String, Object> more = services(Seed.M000).readAccessToken(answer.getValue()).getAdditionalInformation();
		assertEquals("made by taroco", more.get("license"));
		assertEquals(909620761, more.get("x-user-id"));
		assertEquals(answer.getAdditionalInformation().get("jti"), more.get("jti"));
		answer = token(password(Seed.J003));
		assertEquals(answer.getAdditionalInformation().get("jti"), services(Seed.J003).readAccessToken(answer.getValue()).getAdditionalInformation().get("jti"));
		more = services(Seed.J002).readAccessToken(ofUser(Seed.J002, "admin", "admin")[0]).getAdditionalInformation();
		assertEquals("admin", more.get("account_type"));
		assertEquals(909620761, more.get("id"));
	}

	@Test
	public void aTokenOfAClientItself() throws Exception {
		for (Seed seed : WITH_JWT) {
			OAuth2Authentication who = services(seed).loadAuthentication(ofReports(seed)[0]);
			assertTrue(who.isClientOnly());
			assertEquals("reports", who.getName());
			assertEquals(new HashSet<>(Arrays.asList("ROLE_REPORTS", "ROLE_TRUSTED")), AuthorityUtils.authorityListToSet(who.getAuthorities()));
			assertEquals(new HashSet<>(Arrays.asList("orders", "bills")), who.getOAuth2Request().getResourceIds());
		}
	}

	@Test
	public void aRefreshTokenIsNoAccessToken() throws Exception {
		for (Seed seed : WITH_JWT) {
			String refresh = ofUser(seed, "admin", "admin")[1];
			assertNotNull(JwtHelper.decodeAndVerify(refresh, new RsaVerifier(key(seed))));
			assertEquals("Encoded token is a refresh token", ends(InvalidTokenException.class, () -> services(seed).loadAuthentication(refresh)).getMessage());
		}
	}

	@Test
	public void aRefreshedTokenIsVerifiedToo() throws Exception {
		for (Seed seed : Arrays.asList(Seed.M000, Seed.J003)) {
			OAuth2AccessToken first = token(password(seed));
			OAuth2AccessToken second = new ResourceOwnerPasswordAccessTokenProvider().refreshAccessToken(password(seed), first.getRefreshToken(), new DefaultAccessTokenRequest());
			assertEquals("admin", services(seed).loadAuthentication(Stage.remember(second.getValue())).getName());
			assertNotEquals(first.getAdditionalInformation().get("jti"), second.getAdditionalInformation().get("jti"));
			Stage.remember(second.getRefreshToken().getValue());
		}
	}

	@Test
	public void anExpiredToken() throws Exception {
		long was = Stage.setServersClock(-2 * 86400);
		String token = token(password(Seed.M000)).getValue();
		Stage.setServersClock(was);
		assertTrue(ends(InvalidTokenException.class, () -> services(Seed.M000).loadAuthentication(token)).getMessage().startsWith("Access token expired"));
	}

	@Test
	public void aTokenOfAnotherIssuer() {
		ends(InvalidTokenException.class, () -> services(Seed.M000).loadAuthentication(ofUser(Seed.J003, "admin", "admin")[0]));
		ends(InvalidTokenException.class, () -> services(Seed.J003).loadAuthentication(ofUser(Seed.M000, "admin", "admin")[0]));
	}

	@Test
	public void aChangedToken() {
		String[] parts = ofUser(Seed.M000, "admin", "admin")[0].split("\\.");
		String signature = parts[2].substring(0, 10) + (parts[2].charAt(10) == 'A' ? 'B' : 'A') + parts[2].substring(11);
		ends(InvalidTokenException.class, () -> services(Seed.M000).loadAuthentication(parts[0] + "." + parts[1] + "." + signature));
		String none = java.util.Base64.getUrlEncoder().withoutPadding().encodeToString("{\"alg\":\"none\"}".getBytes());
		ends(InvalidTokenException.class, () -> services(Seed.M000).loadAuthentication(none + "." + parts[1] + "."));
	}
}
