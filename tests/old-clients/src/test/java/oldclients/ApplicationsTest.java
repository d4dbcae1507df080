package oldclients;

import static oldclients.Clients.itself;
import static oldclients.Clients.password;
import static oldclients.Clients.remembered;
import static oldclients.Clients.template;
import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertNotEquals;
import static org.junit.Assert.assertTrue;

import java.io.IOException;
import java.io.InputStream;
import java.net.HttpURLConnection;
import java.net.URL;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;

import org.junit.Test;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.security.oauth2.client.OAuth2RestTemplate;
import org.springframework.security.oauth2.client.token.grant.client.ClientCredentialsResourceDetails;
import org.springframework.security.oauth2.client.token.grant.password.ResourceOwnerPasswordResourceDetails;
import org.springframework.util.StreamUtils;

/** Old Spring Boot applications with the lines of their application.yml; only the host is new. */
public class ApplicationsTest {
	private static String[] tokenInfo(Seed seed, String... more) {
		String[] lines = { "server.port=0", "security.oauth2.client.client-id=reports", "security.oauth2.client.client-secret=reports-secret",
				"security.oauth2.resource.token-info-uri=" + seed.at("/oauth/check_token") };
		return plus(lines, more);
	}

	private static String[] keyUri(Seed seed) {
		return new String[] { "server.port=0", "security.oauth2.client.client-id=reports", "security.oauth2.client.client-secret=reports-secret",
				"security.oauth2.resource.jwt.key-uri=" + seed.at("/oauth/token_key") };
	}

	private static String[] plus(String[] lines, String... more) {
		String[] all = Arrays.copyOf(lines, lines.length + more.length);
		System.arraycopy(more, 0, all, lines.length, more.length);
		return all;
	}

	/** (status, challenge, body, location, cookie for the next request) */
	private static String[] get(String url, String cookie, String bearer) throws IOException {
		HttpURLConnection c = (HttpURLConnection) new URL(url).openConnection();
		c.setInstanceFollowRedirects(false);
		c.setRequestProperty("Accept", "text/html,application/json;q=0.9");
		if (cookie != null) {
			c.setRequestProperty("Cookie", cookie);
		}
		if (bearer != null) {
			c.setRequestProperty("Authorization", "Bearer " + bearer);
		}
		int status = c.getResponseCode();
		InputStream in = status >= 400 ? c.getErrorStream() : c.getInputStream();
		String body = in == null ? "" : StreamUtils.copyToString(in, StandardCharsets.UTF_8);
		String set = c.getHeaderField("Set-Cookie");
		String next = set == null ? cookie : set.split(";")[0];
		return new String[] { String.valueOf(status), c.getHeaderField("WWW-Authenticate"), body, c.getHeaderField("Location"), next };
	}

	private static int status(String url, String bearer) throws IOException {
		return Integer.parseInt(get(url, null, bearer)[0]);
	}

	@SuppressWarnings("unchecked")
	private static void isAdmin(Seed seed, Map<?, ?> me) {
		assertEquals("admin", me.get("name"));
		assertEquals(seed.client, me.get("client"));
		assertEquals(new HashSet<>(seed.scope), new HashSet<>((List<String>) me.get("scope")));
		assertEquals(new HashSet<>(Arrays.asList("ROLE_USER", "OP_USER")), new HashSet<>((List<String>) me.get("authorities")));
	}

	private static OAuth2RestTemplate ofUser(Seed seed, String name, String word) {
		ResourceOwnerPasswordResourceDetails details = password(seed);
		details.setUsername(name);
		details.setPassword(word);
		return template(details);
	}

	/** Everything that a client of Orders may meet. */
	private static void serves(Seed seed, String orders, boolean asksTheServer) throws IOException {
		OAuth2RestTemplate admin = ofUser(seed, "admin", "admin"), user = ofUser(seed, "user", "password");
		remembered(admin.getAccessToken());
		isAdmin(seed, admin.getForObject(orders + "/me", Map.class));
		assertEquals("yes", admin.getForObject(orders + "/operators", Map.class).get("may"));
		String token = remembered(user.getAccessToken()).getValue();
		assertEquals(200, status(orders + "/me", token));
		assertEquals(403, status(orders + "/operators", token));
		assertEquals(seed.scope.contains("write") ? 200 : 403, status(orders + "/writers", token));
		assertEquals(401, status(orders + "/me", null));
		for (String bad : Arrays.asList("garbage", "a.b.c", user.getAccessToken().getRefreshToken().getValue())) {
			String[] refused = get(orders + "/me", null, bad);
			assertEquals(refused[2], "401", refused[0]);
			assertTrue(refused[1], refused[1].contains("error=\"invalid_token\""));
		}
		if (asksTheServer) {            // a template that holds a token the server no longer knows gets another by itself
			Stage.revoke(seed, token);
			assertEquals(401, status(orders + "/me", token));
			assertEquals("user", user.getForObject(orders + "/me", Map.class).get("name"));
			assertNotEquals(token, remembered(user.getAccessToken()).getValue());
		}
	}

	@Test
	public void m000ByTokenInfo() throws IOException {
		try (ConfigurableApplicationContext app = Apps.start(Apps.Orders.class, tokenInfo(Seed.M000))) {
			serves(Seed.M000, Apps.url(app), true);
		}
	}

	@Test
	public void m000ByKey() throws IOException {
		try (ConfigurableApplicationContext app = Apps.start(Apps.Orders.class, keyUri(Seed.M000))) {
			serves(Seed.M000, Apps.url(app), false);
		}
	}

	@Test
	public void m003ByTokenInfo() throws IOException {
		try (ConfigurableApplicationContext app = Apps.start(Apps.Orders.class, tokenInfo(Seed.M003))) {
			serves(Seed.M003, Apps.url(app), true);
		}
	}

	@Test
	public void aTokenForAnotherResource() throws IOException {
		ClientCredentialsResourceDetails details = itself(Seed.M003);
		details.setClientId("reports");
		details.setClientSecret("reports-secret");
		details.setScope(null);
		String token = Clients.token(details).getValue();
		try (ConfigurableApplicationContext app = Apps.start(Apps.Orders.class, tokenInfo(Seed.M003, "security.oauth2.resource.id=orders"))) {
			assertEquals(200, status(Apps.url(app) + "/me", token));
		}
		try (ConfigurableApplicationContext app = Apps.start(Apps.Orders.class, tokenInfo(Seed.M003, "security.oauth2.resource.id=letters"))) {
			String[] refused = get(Apps.url(app) + "/me", null, token);
			assertEquals("403", refused[0]);
			assertTrue(refused[2], refused[2].contains("access_denied"));
		}
	}

	/** A user's browser at the portal: sent to the server, back with a code, in; then the portal asks Orders in the user's name. */
	private static void singleSignOn(Seed seed, String[] ordersLines, String... resource) throws IOException {
		String port = Stage.property("app.port"), portal = "http://localhost:" + port;
		String[] lines = { "server.port=" + port, "security.oauth2.client.client-id=" + seed.client, "security.oauth2.client.client-secret=" + seed.secret,
				"security.oauth2.client.access-token-uri=" + seed.at("/oauth/token"), "security.oauth2.client.user-authorization-uri=" + seed.at("/oauth/authorize"),
				"security.oauth2.client.scope=" + String.join(",", seed.scope) };
		try (ConfigurableApplicationContext orders = Apps.start(Apps.Orders.class, ordersLines);
				ConfigurableApplicationContext app = Apps.start(Apps.Portal.class, plus(plus(lines, resource), "orders=" + Apps.url(orders)))) {
			String[] r = get(portal + "/", null, null);
			assertEquals(portal + "/login", r[3]);
			r = get(r[3], r[4], null);
			assertTrue(r[3], r[3].startsWith(seed.at("/oauth/authorize?")));
			r = get(Stage.browse(seed, r[3]).location, r[4], null);
			assertEquals(portal + "/", r[3]);
			String cookie = r[4];
			assertEquals("hello admin true", get(portal + "/", cookie, null)[2]);
			assertEquals("orders says admin", get(portal + "/mine", cookie, null)[2]);
		}
	}

	@Test
	public void m000SingleSignOn() throws IOException {
		singleSignOn(Seed.M000, keyUri(Seed.M000), "security.oauth2.resource.jwt.key-uri=" + Seed.M000.at("/oauth/token_key"));
	}

	@Test
	public void m002SingleSignOn() throws IOException {
		singleSignOn(Seed.M002, tokenInfo(Seed.M002), "security.oauth2.resource.token-info-uri=" + Seed.M002.at("/oauth/check_token"));
	}

	@Test
	public void m003SingleSignOn() throws IOException {
		singleSignOn(Seed.M003, tokenInfo(Seed.M003), "security.oauth2.resource.token-info-uri=" + Seed.M003.at("/oauth/check_token"));
	}
}
