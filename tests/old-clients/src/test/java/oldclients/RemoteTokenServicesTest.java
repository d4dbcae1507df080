package oldclients;

import static oldclients.Clients.ends;
import static oldclients.Clients.ofReports;
import static oldclients.Clients.ofUser;
import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertFalse;
import static org.junit.Assert.assertNull;
import static org.junit.Assert.assertTrue;

import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

import org.junit.Test;
import org.springframework.security.core.authority.AuthorityUtils;
import org.springframework.security.oauth2.common.exceptions.InvalidTokenException;
import org.springframework.security.oauth2.provider.OAuth2Authentication;
import org.springframework.security.oauth2.provider.token.RemoteTokenServices;
import org.springframework.web.client.HttpClientErrorException;

/** RemoteTokenServices: a resource server that asks /oauth/check_token who a token speaks for. */
public class RemoteTokenServicesTest {
	private static final List<Seed> ALL = Arrays.asList(Seed.M000, Seed.M002, Seed.M003, Seed.J002, Seed.J003);

	private static RemoteTokenServices services(Seed seed) {
		RemoteTokenServices services = new RemoteTokenServices();
		services.setCheckTokenEndpointUrl(seed.at("/oauth/check_token"));
		services.setClientId("reports");
		services.setClientSecret("reports-secret");
		return services;
	}

	private static Set<String> set(String... words) {
		return new HashSet<>(Arrays.asList(words));
	}

	@Test
	public void aTokenOfAUser() {
		for (Seed seed : ALL) {
			OAuth2Authentication who = services(seed).loadAuthentication(ofUser(seed, "admin", "admin")[0]);
			assertTrue(who.isAuthenticated());
			assertFalse(who.isClientOnly());
			assertEquals("admin", who.getPrincipal());
			assertEquals("admin", who.getName());
			assertEquals(set("ROLE_USER", "OP_USER"), AuthorityUtils.authorityListToSet(who.getAuthorities()));
			assertEquals(seed.client, who.getOAuth2Request().getClientId());
			assertEquals(new HashSet<>(seed.scope), who.getOAuth2Request().getScope());
			assertTrue(who.getOAuth2Request().getResourceIds().isEmpty());
			assertTrue(who.getOAuth2Request().isApproved());
		}
	}

	@Test
	public void aNameInChinese() {
		for (Seed seed : ALL) {
			assertEquals("张三", services(seed).loadAuthentication(ofUser(seed, "张三", "密码")[0]).getName());
		}
	}

	@Test
	public void aTokenOfAClientItself() {
		for (Seed seed : ALL) {
			OAuth2Authentication who = services(seed).loadAuthentication(ofReports(seed)[0]);
			assertTrue(who.isAuthenticated());
			assertTrue(who.isClientOnly());
			assertNull(who.getUserAuthentication());
			assertEquals("reports", who.getName());
			assertEquals(set("ROLE_REPORTS", "ROLE_TRUSTED"), AuthorityUtils.authorityListToSet(who.getAuthorities()));
			assertEquals(set("read", "all"), who.getOAuth2Request().getScope());
			assertEquals(set("orders", "bills"), who.getOAuth2Request().getResourceIds());
		}
	}

	private static void refused(Seed seed, String token) {
		InvalidTokenException e = ends(InvalidTokenException.class, () -> services(seed).loadAuthentication(token));
		assertEquals(token, e.getMessage());
	}

	@Test
	public void whatIsNoToken() {
		for (Seed seed : ALL) {
			for (String token : Arrays.asList("garbage", "a.b.c", "", " ", "令牌", ofUser(seed, "admin", "admin")[0] + "AA")) {
				refused(seed, token);
			}
		}
	}

	@Test
	public void aTokenOfAnotherIssuer() {
		String of000 = ofUser(Seed.M000, "admin", "admin")[0], of002 = ofUser(Seed.M002, "admin", "admin")[0], of003 = ofUser(Seed.M003, "admin", "admin")[0];
		refused(Seed.M002, of000);
		refused(Seed.M003, of000);
		refused(Seed.M000, of002);
		refused(Seed.M003, of002);
		refused(Seed.M000, of003);
		refused(Seed.M002, of003);
	}

	@Test
	public void aRefreshToken() {
		for (Seed seed : ALL) {
			refused(seed, ofUser(seed, "admin", "admin")[1]);
		}
	}

	@Test
	public void aRevokedToken() {
		for (Seed seed : ALL) {
			String token = ofUser(seed, "user", "password")[0];
			assertEquals("user", services(seed).loadAuthentication(token).getName());
			Stage.revoke(seed, token);
			refused(seed, token);
		}
	}

	@Test
	public void anExpiredToken() {
		for (Seed seed : ALL) {
			String token = ofUser(seed, "user", "password")[0];
			Stage.turnServersClock(86401);
			refused(seed, token);
		}
	}

	/** A resource server with a wrong secret serves nobody. */
	@Test
	public void aWrongSecretOfTheResourceServer() {
		for (Seed seed : ALL) {
			RemoteTokenServices services = services(seed);
			services.setClientSecret("wrong");
			String token = ofUser(seed, "user", "password")[0];
			assertEquals(401, ends(HttpClientErrorException.class, () -> services.loadAuthentication(token)).getRawStatusCode());
		}
	}
}
