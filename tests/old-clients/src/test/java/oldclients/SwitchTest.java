package oldclients;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertFalse;
import static org.junit.Assert.assertTrue;

import java.io.File;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;

import org.junit.AfterClass;
import org.junit.BeforeClass;
import org.junit.Test;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.http.HttpEntity;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpMethod;
import org.springframework.http.MediaType;
import org.springframework.http.ResponseEntity;
import org.springframework.http.client.ClientHttpResponse;
import org.springframework.http.client.SimpleClientHttpRequestFactory;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.security.core.authority.AuthorityUtils;
import org.springframework.security.core.userdetails.User;
import org.springframework.security.crypto.factory.PasswordEncoderFactories;
import org.springframework.security.crypto.password.PasswordEncoder;
import org.springframework.security.oauth2.common.DefaultOAuth2AccessToken;
import org.springframework.security.oauth2.provider.approval.Approval;
import org.springframework.security.oauth2.provider.approval.JdbcApprovalStore;
import org.springframework.security.oauth2.provider.client.BaseClientDetails;
import org.springframework.security.oauth2.provider.client.JdbcClientDetailsService;
import org.springframework.security.oauth2.provider.token.store.JdbcTokenStore;
import org.springframework.security.provisioning.JdbcUserDetailsManager;
import org.springframework.util.LinkedMultiValueMap;
import org.springframework.util.MultiValueMap;
import org.springframework.web.client.DefaultResponseErrorHandler;
import org.springframework.web.client.RestTemplate;

/**
 * The documented switch in two steps, from the library's own server with its own tables: an import while it lives, changes there, an
 * import at the switch; then everything is asked of both.
 */
public class SwitchTest {
	private static final PasswordEncoder ENCODER = PasswordEncoderFactories.createDelegatingPasswordEncoder();
	private static final Seed HERE = new Seed("spring-moved");
	private static ConfigurableApplicationContext old;
	private static String there;
	private static Path file;

	@BeforeClass
	public static void startTheOldServer() throws Exception {
		file = Files.createTempDirectory("old-server").resolve("old.db");
		old = Apps.start(LivingServer.class, "server.port=0", "old.db=" + file, "spring.main.allow-bean-definition-overriding=true");
		there = Apps.url(old);
	}

	@AfterClass
	public static void stopTheOldServer() throws Exception {
		old.close();
		for (File left : file.getParent().toFile().listFiles()) {
			left.delete();
		}
		Files.delete(file.getParent());
	}

	// --- the old server's own ways

	private static JdbcUserDetailsManager people() {
		return old.getBean(JdbcUserDetailsManager.class);
	}

	private static void person(String name, String password, boolean enabled, String... authorities) {
		User user = new User(name, ENCODER.encode(password), enabled, true, true, true, AuthorityUtils.createAuthorityList(authorities));
		if (people().userExists(name)) {
			people().updateUser(user);
		} else {
			people().createUser(user);
		}
	}

	private static JdbcClientDetailsService clients() {
		JdbcClientDetailsService clients = new JdbcClientDetailsService(old.getBean(javax.sql.DataSource.class));
		clients.setPasswordEncoder(ENCODER);
		return clients;
	}

	private static void client(String id, String secret) {
		BaseClientDetails client = new BaseClientDetails(id, null, "read,write", "authorization_code,refresh_token,password,client_credentials", null,
				"http://localhost:1/back");
		client.setClientSecret(secret);
		clients().addClientDetails(client);
	}

	private static JdbcApprovalStore approvals() {
		return new JdbcApprovalStore(old.getBean(javax.sql.DataSource.class));
	}

	// --- asking

	private static RestTemplate http() {
		SimpleClientHttpRequestFactory factory = new SimpleClientHttpRequestFactory() {
			@Override
			protected void prepareConnection(java.net.HttpURLConnection c, String method) throws java.io.IOException {
				super.prepareConnection(c, method);
				c.setInstanceFollowRedirects(false);
			}
		};
		factory.setOutputStreaming(false);
		RestTemplate http = new RestTemplate(factory);
		http.setErrorHandler(new DefaultResponseErrorHandler() {
			@Override
			public boolean hasError(ClientHttpResponse r) {
				return false;
			}
		});
		return http;
	}

	private static ResponseEntity<Map> post(String url, String client, String secret, String... fields) {
		MultiValueMap<String, String> form = new LinkedMultiValueMap<>();
		for (int i = 0; i < fields.length; i += 2) {
			form.add(fields[i], fields[i + 1]);
		}
		HttpHeaders head = new HttpHeaders();
		head.setAccept(Collections.singletonList(MediaType.APPLICATION_JSON));
		head.setContentType(MediaType.APPLICATION_FORM_URLENCODED);
		if (client != null) {
			head.set("Authorization", basic(client, secret));
		}
		return http().exchange(url, HttpMethod.POST, new HttpEntity<>(form, head), Map.class);
	}

	private static String basic(String name, String word) {
		return "Basic " + java.util.Base64.getEncoder().encodeToString((name + ":" + word).getBytes());
	}

	/** Access and refresh token of a user, from the old server. */
	private static String[] login(String name, String password, String client, String secret) {
		Map<?, ?> got = post(there + "/oauth/token", client, secret, "grant_type", "password", "username", name, "password", password).getBody();
		String[] tokens = { (String) got.get("access_token"), (String) got.get("refresh_token") };
		assertTrue(got.toString(), tokens[0] != null && tokens[1] != null);
		Stage.remember(tokens[0]);
		Stage.remember(tokens[1]);
		return tokens;
	}

	/** The user allows both scopes at the old server's own page. */
	private static void approve(String name, String password, String client) {
		HttpHeaders head = new HttpHeaders();
		head.set("Authorization", basic(name, password));
		ResponseEntity<String> page = http().exchange(URI.create(there + "/oauth/authorize?response_type=code&client_id=" + client
				+ "&redirect_uri=http://localhost:1/back&scope=read%20write"), HttpMethod.GET, new HttpEntity<>(head), String.class);
		assertEquals(200, page.getStatusCodeValue());
		head.set("Cookie", page.getHeaders().getFirst("Set-Cookie").split(";")[0]);
		head.setContentType(MediaType.APPLICATION_FORM_URLENCODED);
		MultiValueMap<String, String> form = new LinkedMultiValueMap<>();
		form.add("user_oauth_approval", "true");
		form.add("scope.read", "true");
		form.add("scope.write", "true");
		ResponseEntity<String> done = http().exchange(there + "/oauth/authorize", HttpMethod.POST, new HttpEntity<>(form, head), String.class);
		assertTrue(done.toString(), done.getHeaders().getLocation().toString().contains("code="));
	}

	// --- what is asked of both; "at" is the old server or this one

	private static String tokens(ResponseEntity<Map> r) {
		Map<?, ?> body = r.getBody();
		return r.getStatusCodeValue() + (body.get("access_token") != null
				? " tokens " + new TreeSet<>(Arrays.asList(((String) body.get("scope")).split(" "))) + " " + (body.get("refresh_token") != null)
				: " " + body.get("error"));
	}

	private static String facts(ResponseEntity<Map> r) {
		Map<?, ?> body = r.getBody();
		if (body.get("error") != null) {
			return r.getStatusCodeValue() + " " + body.get("error");
		}
		return "lives: " + body.get("user_name") + " " + body.get("client_id") + " " + new TreeSet<>((List<?>) body.get("scope")) + " "
				+ new TreeSet<>((List<?>) body.get("authorities"));
	}

	private static String asked(String at, String what, String... with) {
		switch (what) {
		case "login": return tokens(post(at + "/oauth/token", with[2], with[3], "grant_type", "password", "username", with[0], "password", with[1]));
		case "client": return tokens(post(at + "/oauth/token", with[0], with[1], "grant_type", "client_credentials"));
		case "check": return facts(post(at + "/oauth/check_token", "app", "app-secret", "token", with[0]));
		default: return tokens(post(at + "/oauth/token", with[1], with[2], "grant_type", "refresh_token", "refresh_token", with[0]));
		}
	}

	private final Map<String, String[]> questions = new LinkedHashMap<>();

	private void ask(String name, String... question) {
		questions.put(name, question);
	}

	private Map<String, String> answers(String at) {
		Map<String, String> said = new LinkedHashMap<>();
		questions.forEach((name, q) -> said.put(name, asked(at, q[0], Arrays.copyOfRange(q, 1, q.length))));
		return said;
	}

	/**
	 * What is said here on purpose where the old server, which looked no user up again, went on: who was stopped is out, roles follow. How a
	 * refresh of somebody stopped is refused differs from version to version of the library; here it is as the last one said it.
	 */
	private static Map<String, String> stricter() {
		Map<String, String> here = new LinkedHashMap<>();
		here.put("token of bob, who was stopped", "400 invalid_token");
		here.put("token of dave, whose authorities are fewer", "lives: dave portal [read, write] [ROLE_USER]");
		here.put("refresh of bob", "400 invalid_grant");
		return here;
	}

	private void compare() {
		Map<String, String> before = answers(there), now = answers(HERE.at(""));
		List<String> other = new ArrayList<>();
		before.forEach((name, said) -> {
			if (!stricter().getOrDefault(name, said).equals(now.get(name))) {
				other.add(name + "\n   there: " + said + "\n   here:  " + now.get(name));
			}
		});
		assertEquals(String.join("\n", other), 0, other.size());
		assertTrue(before.toString(), before.get("token of bob, who was stopped").startsWith("lives: bob"));
		assertTrue(before.toString(), before.get("alice, the word of before").startsWith("200 tokens"));
	}

	// --- the play

	private String[] alice, bob, carol, dave, revoked, later, spent;

	private void life() {
		for (String name : new String[] { "alice", "bob", "carol", "dave", "erin" }) {
			person(name, name + "-word", true, "ROLE_USER", "OP_" + name);
		}
		client("app", "app-secret");
		client("portal", "portal-secret");
		client("batch", "batch-secret");
		alice = login("alice", "alice-word", "app", "app-secret");
		bob = login("bob", "bob-word", "app", "app-secret");
		carol = login("carol", "carol-word", "app", "app-secret");
		dave = login("dave", "dave-word", "portal", "portal-secret");
		revoked = login("erin", "erin-word", "app", "app-secret");
		spent = login("erin", "erin-word", "portal", "portal-secret");
		approve("alice", "alice-word", "app");
		approve("dave", "dave-word", "app");
	}

	/** By the server's own classes and endpoints, as its administration did it. */
	private void changes() {
		person("bob", "bob-word", false, "ROLE_USER", "OP_bob");
		person("carol", "carol-new-word", true, "ROLE_USER", "OP_carol");
		person("dave", "dave-word", true, "ROLE_USER");
		person("frank", "frank-word", true, "ROLE_USER");
		clients().updateClientSecret("portal", "portal-new-secret");
		clients().removeClientDetails("batch");
		client("tool", "tool-secret");
		List<Approval> of = new ArrayList<>(approvals().getApprovals("dave", "app"));
		assertEquals(2, of.size());
		approvals().revokeApprovals(of);
		JdbcTokenStore tokens = new JdbcTokenStore(old.getBean(javax.sql.DataSource.class));
		tokens.removeRefreshToken(tokens.readRefreshToken(revoked[1]));
		tokens.removeAccessToken(new DefaultOAuth2AccessToken(revoked[0]));
		later = login("frank", "frank-word", "app", "app-secret");
		assertTrue(asked(there, "refresh", spent[1], "portal", "portal-new-secret").startsWith("200"));
	}

	private void questions() {
		for (String name : new String[] { "alice", "bob", "carol", "dave", "erin", "frank", "nobody" }) {
			ask(name + ", the word of before", "login", name, name + "-word", "app", "app-secret");
			ask(name + ", a new word", "login", name, name + "-new-word", "app", "app-secret");
		}
		for (String id : new String[] { "app", "portal", "batch", "tool" }) {
			ask(id + ", the secret of before", "client", id, id + "-secret");
			ask(id + ", a new secret", "client", id, id + "-new-secret");
		}
		ask("token of alice", "check", alice[0]);
		ask("token of bob, who was stopped", "check", bob[0]);
		ask("token of carol, who has another password", "check", carol[0]);
		ask("token of dave, whose authorities are fewer", "check", dave[0]);
		ask("token that was revoked", "check", revoked[0]);
		ask("token that was refreshed", "check", spent[0]);
		ask("token of frank, who came later", "check", later[0]);
		ask("refresh of bob", "refresh", bob[1], "app", "app-secret");
		ask("refresh of what was revoked", "refresh", revoked[1], "app", "app-secret");
		ask("refresh by the secret of before", "refresh", dave[1], "portal", "portal-secret");
		ask("refresh by another client", "refresh", alice[1], "portal", "portal-new-secret");
		ask("refresh of alice", "refresh", alice[1], "app", "app-secret");
		ask("refresh of carol", "refresh", carol[1], "app", "app-secret");
		ask("refresh of dave", "refresh", dave[1], "portal", "portal-new-secret");
		ask("refresh of what was refreshed", "refresh", spent[1], "portal", "portal-new-secret");
		ask("refresh of frank", "refresh", later[1], "app", "app-secret");
	}

	/** "allowed" where a code comes without a question, "asked" where the page does. */
	private static String consent(String name) {
		return Stage.consent(HERE, HERE.at("/oauth/authorize?response_type=code&client_id=app&redirect_uri=http://localhost:1/back&scope=read%20write"),
				name, name + "-word");
	}

	@Test
	public void inTwoSteps() {
		long was = Stage.setServersClock(0);            // the old server's is the machine's
		try {
			play();
		} finally {
			Stage.setServersClock(was);
		}
	}

	private void play() {
		life();
		Stage.moved(HERE, file.toString(), "");
		assertTrue(asked(HERE.at(""), "login", "bob", "bob-word", "app", "app-secret").startsWith("200"));
		changes();
		Stage.moved(HERE, file.toString(), "--tokens");
		questions();
		compare();
		assertTrue(questions.size() > 35);
		assertEquals("allowed", consent("alice"));
		assertEquals("asked", consent("dave"));
		assertFalse(new JdbcTemplate(old.getBean(javax.sql.DataSource.class)).queryForList("select * from oauth_access_token").isEmpty());
	}
}
