package oldclients;

import static oldclients.Clients.by;
import static oldclients.Clients.itself;
import static oldclients.Clients.password;
import static oldclients.Clients.remembered;
import static oldclients.Clients.showing401;
import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertTrue;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.function.Function;

import org.junit.AfterClass;
import org.junit.BeforeClass;
import org.junit.Test;
import org.springframework.beans.factory.annotation.Qualifier;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.security.authentication.AuthenticationManager;
import org.springframework.security.config.annotation.authentication.builders.AuthenticationManagerBuilder;
import org.springframework.security.config.annotation.web.builders.WebSecurity;
import org.springframework.security.config.annotation.web.configuration.WebSecurityConfigurerAdapter;
import org.springframework.security.core.authority.AuthorityUtils;
import org.springframework.security.core.userdetails.UserDetailsService;
import org.springframework.security.oauth2.client.resource.BaseOAuth2ProtectedResourceDetails;
import org.springframework.security.oauth2.client.token.AccessTokenProvider;
import org.springframework.security.oauth2.client.token.AccessTokenRequest;
import org.springframework.security.oauth2.client.token.DefaultAccessTokenRequest;
import org.springframework.security.oauth2.client.token.OAuth2AccessTokenSupport;
import org.springframework.security.oauth2.client.token.grant.client.ClientCredentialsAccessTokenProvider;
import org.springframework.security.oauth2.client.token.grant.client.ClientCredentialsResourceDetails;
import org.springframework.security.oauth2.client.token.grant.code.AuthorizationCodeAccessTokenProvider;
import org.springframework.security.oauth2.client.token.grant.password.ResourceOwnerPasswordAccessTokenProvider;
import org.springframework.security.oauth2.client.token.grant.password.ResourceOwnerPasswordResourceDetails;
import org.springframework.security.oauth2.common.AuthenticationScheme;
import org.springframework.security.oauth2.common.DefaultOAuth2RefreshToken;
import org.springframework.security.oauth2.common.OAuth2AccessToken;
import org.springframework.security.oauth2.common.exceptions.OAuth2Exception;
import org.springframework.security.oauth2.config.annotation.configurers.ClientDetailsServiceConfigurer;
import org.springframework.security.oauth2.config.annotation.web.configuration.AuthorizationServerConfigurerAdapter;
import org.springframework.security.oauth2.config.annotation.web.configuration.EnableAuthorizationServer;
import org.springframework.security.oauth2.config.annotation.web.configurers.AuthorizationServerEndpointsConfigurer;
import org.springframework.security.oauth2.config.annotation.web.configurers.AuthorizationServerSecurityConfigurer;
import org.springframework.security.oauth2.provider.OAuth2Authentication;
import org.springframework.security.oauth2.provider.OAuth2Request;
import org.springframework.security.oauth2.provider.token.RemoteTokenServices;
import org.springframework.web.client.HttpStatusCodeException;

/** The library's own authorization server, as manual 003 sets it up, and this one: what the library makes of their answers is the same. */
public class SameAsBeforeTest {
	@Configuration
	@EnableAutoConfiguration
	@EnableAuthorizationServer
	static class OldServer extends AuthorizationServerConfigurerAdapter {
		private final AuthenticationManager users;
		private final UserDetailsService accounts;

		OldServer(AuthenticationManager users, @Qualifier("accounts") UserDetailsService accounts) {
			this.users = users;
			this.accounts = accounts;
		}

		@Override
		public void configure(AuthorizationServerSecurityConfigurer security) {
			security.checkTokenAccess("permitAll()").tokenKeyAccess("permitAll()").allowFormAuthenticationForClients();
		}

		@Override
		public void configure(ClientDetailsServiceConfigurer clients) throws Exception {
			clients.inMemory().withClient("messaging-client").secret("{noop}secret").scopes("read", "write").redirectUris("http://localhost")
					.authorizedGrantTypes("authorization_code", "refresh_token", "client_credentials", "password", "implicit")
					.and().withClient("reports").secret("{noop}reports-secret").scopes("read", "all").authorizedGrantTypes("client_credentials")
					.authorities("ROLE_REPORTS", "ROLE_TRUSTED").resourceIds("orders", "bills");
		}

		@Override
		public void configure(AuthorizationServerEndpointsConfigurer endpoints) {
			endpoints.authenticationManager(users).userDetailsService(accounts);
		}

		@Configuration
		static class Users extends WebSecurityConfigurerAdapter {
			@Override
			protected void configure(AuthenticationManagerBuilder users) throws Exception {
				users.inMemoryAuthentication().withUser("admin").password("{noop}admin").authorities("ROLE_USER", "OP_USER")
						.and().withUser("张三").password("{noop}密码").authorities("ROLE_USER");
			}

			@Override
			public void configure(WebSecurity web) {
				web.ignoring().antMatchers("/error");
			}

			@Bean("accounts")
			@Override
			public UserDetailsService userDetailsServiceBean() throws Exception {
				return super.userDetailsServiceBean();
			}

			@Bean
			@Override
			public AuthenticationManager authenticationManagerBean() throws Exception {
				return super.authenticationManagerBean();
			}
		}
	}

	private static ConfigurableApplicationContext app;

	@BeforeClass
	public static void startTheOldServer() {
		app = Apps.start(OldServer.class, "server.port=0");
	}

	@AfterClass
	public static void stopTheOldServer() {
		app.close();
	}

	// --- in words that leave out what changes from one run to the next, and the value that library versions print behind a colon

	private static String said(String message) {
		return message == null ? null : message.split(":")[0].replaceAll("\\p{Alnum}{8}(-\\p{Alnum}{4}){3}-\\p{Alnum}{12}|[\\p{Alnum}_-]{27}", "<token>");
	}

	private static String words(OAuth2AccessToken t) {
		remembered(t);
		return t.getTokenType() + " " + new TreeSet<>(t.getScope()) + " " + (t.getExpiresIn() + 300) / 600 + " " + (t.getRefreshToken() != null) + " "
				+ t.getAdditionalInformation();
	}

	private static String words(OAuth2Authentication who) {
		OAuth2Request request = who.getOAuth2Request();
		return who.getPrincipal() + " " + who.isClientOnly() + " " + who.isAuthenticated() + " "
				+ new TreeSet<>(AuthorityUtils.authorityListToSet(who.getAuthorities())) + " " + request.getClientId() + " " + new TreeSet<>(request.getScope()) + " " + new TreeSet<>(request.getResourceIds());
	}

	private static String words(Throwable e) {
		if (e instanceof HttpStatusCodeException) {             // its message has the reason phrase, which containers word as they like
			return e.getClass().getName() + " " + ((HttpStatusCodeException) e).getRawStatusCode();
		}
		String out = e.getClass().getName() + " " + said(e.getMessage());
		if (e instanceof OAuth2Exception) {
			Map<String, String> told = ((OAuth2Exception) e).getAdditionalInformation(), more = new TreeMap<>(told == null ? Collections.emptyMap() : told);
			more.keySet().removeAll(Arrays.asList("timestamp", "path", "message"));
			out += " " + ((OAuth2Exception) e).getOAuth2ErrorCode() + " " + ((OAuth2Exception) e).getHttpErrorCode() + " " + more;
		}
		return e.getCause() == null ? out : out + " <- " + words(e.getCause());
	}

	private static String outcome(Callable<?> call) {
		try {
			Object got = call.call();
			return got instanceof OAuth2AccessToken ? words((OAuth2AccessToken) got) : words((OAuth2Authentication) got);
		} catch (Throwable e) {
			return words(e);
		}
	}

	// --- what is asked of both

	private final Map<String, String> at = new LinkedHashMap<>();

	private void ask(String what, Callable<?> call) {
		at.put(what, outcome(call));
	}

	private static AccessTokenRequest request() {
		return new DefaultAccessTokenRequest();
	}

	private static <D extends BaseOAuth2ProtectedResourceDetails> D with(D details, String client, String secret, List<String> scope) {
		details.setClientId(client);
		details.setClientSecret(secret);
		details.setScope(scope);
		return details;
	}

	private static ResourceOwnerPasswordResourceDetails user(Seed seed, String name, String word) {
		ResourceOwnerPasswordResourceDetails details = password(seed);
		details.setUsername(name);
		details.setPassword(word);
		return details;
	}

	private void askForTokens(Seed seed, AuthenticationScheme scheme, boolean body) {
		String how = scheme + (body ? ", bodies shown: " : ": ");
		AccessTokenProvider itself = body ? showing401(new ClientCredentialsAccessTokenProvider()) : new ClientCredentialsAccessTokenProvider();
		AccessTokenProvider user = body ? showing401(new ResourceOwnerPasswordAccessTokenProvider()) : new ResourceOwnerPasswordAccessTokenProvider();
		Function<ClientCredentialsResourceDetails, Callable<?>> client = details -> () -> itself.obtainAccessToken(by(scheme, details), request());
		Function<ResourceOwnerPasswordResourceDetails, Callable<?>> person = details -> () -> user.obtainAccessToken(by(scheme, details), request());

		ask(how + "client", client.apply(itself(seed)));
		ask(how + "client, its own scopes", client.apply(with(itself(seed), "reports", "reports-secret", null)));
		ask(how + "client, one scope", client.apply(with(itself(seed), seed.client, seed.secret, Arrays.asList("read"))));
		ask(how + "client, foreign scope", client.apply(with(itself(seed), seed.client, seed.secret, Arrays.asList("read", "nope"))));
		ask(how + "wrong secret", client.apply(with(itself(seed), seed.client, "wrong", null)));
		ask(how + "no secret", client.apply(with(itself(seed), seed.client, null, null)));
		ask(how + "unknown client", client.apply(with(itself(seed), "nobody", "secret", null)));
		ask(how + "user", person.apply(user(seed, "admin", "admin")));
		ask(how + "user, name in Chinese", person.apply(user(seed, "张三", "密码")));
		ask(how + "wrong password", person.apply(user(seed, "admin", "wrong")));
		ask(how + "unknown user", person.apply(user(seed, "nobody" + System.nanoTime(), "admin")));
		ask(how + "empty password", person.apply(user(seed, "admin", "")));
		ask(how + "grant it does not have", person.apply(with(user(seed, "admin", "admin"), "reports", "reports-secret", null)));
	}

	private void askForMore(Seed seed, AuthenticationScheme scheme) {
		ResourceOwnerPasswordAccessTokenProvider user = showing401(new ResourceOwnerPasswordAccessTokenProvider());
		ResourceOwnerPasswordResourceDetails details = by(scheme, user(seed, "张三", "密码"));
		OAuth2AccessToken token = remembered(user.obtainAccessToken(details, request()));
		ResourceOwnerPasswordResourceDetails other = with(by(scheme, user(seed, "", "")), "reports", "reports-secret", null);
		ask(scheme + ": refresh", () -> user.refreshAccessToken(details, token.getRefreshToken(), request()));
		ask(scheme + ": refresh again", () -> user.refreshAccessToken(details, token.getRefreshToken(), request()));
		ask(scheme + ": refresh with garbage", () -> user.refreshAccessToken(details, new DefaultOAuth2RefreshToken("garbage"), request()));
		ask(scheme + ": refresh with an access token", () -> user.refreshAccessToken(details, new DefaultOAuth2RefreshToken(token.getValue()), request()));
		ask(scheme + ": refresh of another client", () -> user.refreshAccessToken(other, token.getRefreshToken(), request()));
		AuthorizationCodeAccessTokenProvider code = showing401(new AuthorizationCodeAccessTokenProvider());
		code.setStateMandatory(false);
		for (String value : new String[] { "zzzzzz", "", "令牌" }) {
			AccessTokenRequest wrong = request();
			wrong.set("code", value);
			ask(scheme + ": code '" + value + "'", () -> code.obtainAccessToken(by(scheme, Clients.code(seed)), wrong));
		}
	}

	private void askWhoTheyAre(Seed seed) throws Exception {
		OAuth2AccessToken user = remembered(new ResourceOwnerPasswordAccessTokenProvider().obtainAccessToken(user(seed, "admin", "admin"), request()));
		ClientCredentialsResourceDetails reports = with(itself(seed), "reports", "reports-secret", null);
		OAuth2AccessToken client = remembered(new ClientCredentialsAccessTokenProvider().obtainAccessToken(reports, request()));
		RemoteTokenServices services = new RemoteTokenServices();
		services.setCheckTokenEndpointUrl(seed.at("/oauth/check_token"));
		services.setClientId("reports");
		services.setClientSecret("reports-secret");
		ask("check: user", () -> services.loadAuthentication(user.getValue()));
		ask("check: client", () -> services.loadAuthentication(client.getValue()));
		for (String bad : new String[] { "garbage", "", " ", "令牌", user.getRefreshToken().getValue() }) {
			ask("check: " + said(bad), () -> services.loadAuthentication(bad));
		}
		services.setClientSecret("wrong");
		ask("check: wrong secret", () -> services.loadAuthentication(user.getValue()));
		services.setClientSecret(null);
		ask("check: no secret", () -> services.loadAuthentication(user.getValue()));
	}

	private static Map<String, String> all(Seed seed) throws Exception {
		SameAsBeforeTest test = new SameAsBeforeTest();
		for (AuthenticationScheme scheme : new AuthenticationScheme[] { AuthenticationScheme.header, AuthenticationScheme.form }) {
			test.askForTokens(seed, scheme, false);
			test.askForTokens(seed, scheme, true);
			test.askForMore(seed, scheme);
		}
		test.askWhoTheyAre(seed);
		return test.at;
	}

	@Test
	public void theSame() throws Exception {
		Map<String, String> before = all(Seed.M003.movedTo(Apps.url(app))), now = all(Seed.M003);
		List<String> other = new ArrayList<>();
		before.forEach((what, how) -> {
			if (!how.equals(now.get(what))) {
				other.add(what + "\n   before: " + how + "\n   now:    " + now.get(what));
			}
		});
		assertEquals(String.join("\n", other), 0, other.size());
		assertEquals(before.keySet(), now.keySet());
		assertTrue(before.toString(), before.size() > 70 && before.get("header: user").startsWith("bearer [read, write]"));
		assertTrue(before.toString(), before.get("check: user").startsWith("admin false true"));
	}

	/** On the wire the earlier libraries differ in what settings can follow; the issuer of this test is set up as the last one. */
	private static boolean isTheLastOfTheLine() {
		return OAuth2AccessToken.class.getProtectionDomain().getCodeSource().getLocation().getPath().contains("oauth2-2.5");
	}

	@Test
	public void theSameOnTheWire() throws Exception {
		if (isTheLastOfTheLine()) {
			all(Seed.M003.movedTo(Stage.shadow(Seed.M003, Apps.url(app))));
			assertEquals("", Stage.shadowed());
		}
	}

	/** What a proxy changes in this server's answers, one of each kind, is found beside the library's own, grouped, and nothing else is. */
	@Test
	public void eachPlantedDifferenceIsFound() throws Exception {
		if (isTheLastOfTheLine()) {
			assertEquals("", Stage.planted(Seed.M003, Apps.url(app)));
		}
	}
}
