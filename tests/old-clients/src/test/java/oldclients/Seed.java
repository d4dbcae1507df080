package oldclients;

import java.util.Arrays;
import java.util.List;

/** An old system: where it stands now, and the client that its manual prints. Nothing but the host differs from the old configuration. */
final class Seed {
	static final Seed M000 = new Seed("taroco", "5d22eb6e8b0c7ba066014398", "webApp", "All");
	static final Seed M002 = new Seed("zlt", "zlt", "zlt", "all");
	static final Seed M003 = new Seed("spring", "messaging-client", "secret", "read", "write");

	/** The same servers where they were set up with JWTs. */
	static final Seed J002 = new Seed("zlt-jwt", "zlt", "zlt", "all");
	static final Seed J003 = new Seed("spring-jwt", "messaging-client", "secret", "read", "write");

	private final String base;
	final String issuer, client, secret, redirect = "http://localhost:1/back";
	final List<String> scope;
	final String user = "admin", password = "admin";

	/** Another issuer, of which only its place is wanted. */
	Seed(String issuer) {
		this(issuer, null, null);
	}

	private Seed(String issuer, String client, String secret, String... scope) {
		this(null, issuer, client, secret, Arrays.asList(scope));
	}

	private Seed(String base, String issuer, String client, String secret, List<String> scope) {
		this.base = base;
		this.issuer = issuer;
		this.client = client;
		this.secret = secret;
		this.scope = scope;
	}

	boolean wraps() {
		return issuer.startsWith("zlt");
	}

	/** The same at another address. */
	Seed movedTo(String url) {
		return new Seed(url, issuer, client, secret, scope);
	}

	String at(String path) {
		return (base != null ? base : Stage.property("url." + issuer)) + path;
	}

	@Override
	public String toString() {
		return issuer;
	}
}
