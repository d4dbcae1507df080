package oldclients;

import java.util.Map;

import org.springframework.util.LinkedMultiValueMap;
import org.springframework.util.MultiValueMap;
import org.springframework.web.client.RestTemplate;

/** What stands beside the library in a test: the user's browser, the operator, and the server's clock. tests/old-clients/run plays them. */
final class Stage {
	/** What the browser or the operator came to. */
	static final class Scene {
		final String location, cookie, name;
		final Number was;

		Scene(Map<?, ?> told) {
			location = (String) told.get("location");
			cookie = (String) told.get("cookie");
			name = (String) told.get("name");
			was = (Number) told.get("was");
		}
	}

	private Stage() {
	}

	static String property(String name) {
		String value = System.getProperty(name);
		if (value == null) {
			throw new IllegalStateException("no " + name + ": start these tests by tests/old-clients/run");
		}
		return value;
	}

	/** A user of whom the server knows nothing yet but the name and the password "password". */
	static String newUser() {
		return ask("newcomer").name;
	}

	/** The user opens a URL, logs in where asked, allows or denies, and ends at the redirect to the client. */
	static Scene browse(Seed seed, String url) {
		return ask("browse", "issuer", seed.issuer, "url", url, "user", seed.user, "password", seed.password, "allow", "true");
	}

	/** Somebody new opens it and denies. */
	static Scene deny(Seed seed, String url) {
		return ask("browse", "issuer", seed.issuer, "url", url, "user", newUser(), "password", "password", "allow", "false");
	}

	/** The cookie of somebody new who has logged in. */
	static String session(Seed seed, String authorizeUrl) {
		return ask("session", "issuer", seed.issuer, "url", authorizeUrl, "user", newUser(), "password", "password").cookie;
	}

	static void revoke(Seed seed, String token) {
		ask("revoke", "issuer", seed.issuer, "token", token);
	}

	/** The server's clock goes on by so much; this process does not notice. */
	static void turnServersClock(long seconds) {
		ask("turn", "seconds", String.valueOf(seconds));
	}

	/** The server's clock shows so much more (or less) than this process's, from now on. How much it was before. */
	static long setServersClock(long seconds) {
		return ask("clock", "seconds", String.valueOf(seconds)).was.longValue();
	}

	/** The operator imports the tables of an old server, with these words behind the command. */
	static void moved(Seed seed, String from, String more) {
		ask("moved", "issuer", seed.issuer, "from_", from, "more", more);
	}

	/** The user logs in and comes back: "allowed" at once, or "asked" for consent. */
	static String consent(Seed seed, String url, String user, String password) {
		return ask("consent", "issuer", seed.issuer, "url", url, "user", user, "password", password).name;
	}

	/** A shadow run in front of an old server begins; where it stands. */
	static String shadow(Seed seed, String old) {
		return ask("shadow", "issuer", seed.issuer, "old", old).location;
	}

	/** It ends: what differed; empty when nothing did. */
	static String shadowed() {
		return ask("shadowed").name;
	}

	/** Differences are planted between an old server and this one, one of each kind: what was not found of them; empty when all were. */
	static String planted(Seed seed, String old) {
		return ask("planted", "issuer", seed.issuer, "old", old).name;
	}

	/** Tokens that no log may hold. */
	static String remember(String secret) {
		ask("remember", "secret", secret);
		return secret;
	}

	private static Scene ask(String what, String... fields) {
		MultiValueMap<String, String> form = new LinkedMultiValueMap<>();
		for (int i = 0; i < fields.length; i += 2) {
			form.add(fields[i], fields[i + 1]);
		}
		return new Scene(new RestTemplate().postForObject(property("stage") + "/" + what, form, Map.class));
	}
}
