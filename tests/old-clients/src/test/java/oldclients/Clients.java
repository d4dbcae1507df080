package oldclients;

import static org.junit.Assert.fail;

import java.util.Date;
import java.util.Map;
import java.util.concurrent.Callable;

import org.springframework.http.client.SimpleClientHttpRequestFactory;
import org.springframework.security.authentication.TestingAuthenticationToken;
import org.springframework.security.core.context.SecurityContextHolder;
import org.springframework.security.oauth2.client.DefaultOAuth2ClientContext;
import org.springframework.security.oauth2.client.OAuth2RestTemplate;
import org.springframework.security.oauth2.client.resource.BaseOAuth2ProtectedResourceDetails;
import org.springframework.security.oauth2.client.resource.OAuth2AccessDeniedException;
import org.springframework.security.oauth2.client.resource.OAuth2ProtectedResourceDetails;
import org.springframework.security.oauth2.client.token.AccessTokenProvider;
import org.springframework.security.oauth2.client.token.DefaultAccessTokenRequest;
import org.springframework.security.oauth2.client.token.OAuth2AccessTokenSupport;
import org.springframework.security.oauth2.client.token.grant.client.ClientCredentialsAccessTokenProvider;
import org.springframework.security.oauth2.client.token.grant.client.ClientCredentialsResourceDetails;
import org.springframework.security.oauth2.client.token.grant.code.AuthorizationCodeResourceDetails;
import org.springframework.security.oauth2.client.token.grant.password.ResourceOwnerPasswordAccessTokenProvider;
import org.springframework.security.oauth2.client.token.grant.password.ResourceOwnerPasswordResourceDetails;
import org.springframework.security.oauth2.common.AuthenticationScheme;
import org.springframework.security.oauth2.common.DefaultOAuth2AccessToken;
import org.springframework.security.oauth2.common.OAuth2AccessToken;

/** Resource details as an old application configures them, and how its calls end. */
final class Clients {
	private Clients() {
	}

	static <D extends BaseOAuth2ProtectedResourceDetails> D of(Seed seed, D details) {
		details.setId(seed.issuer);
		details.setClientId(seed.client);
		details.setClientSecret(seed.secret);
		details.setAccessTokenUri(seed.at("/oauth/token"));
		details.setScope(seed.scope);
		return details;
	}

	static ClientCredentialsResourceDetails itself(Seed seed) {
		return of(seed, new ClientCredentialsResourceDetails());
	}

	static ResourceOwnerPasswordResourceDetails password(Seed seed) {
		ResourceOwnerPasswordResourceDetails details = of(seed, new ResourceOwnerPasswordResourceDetails());
		details.setUsername(seed.user);
		details.setPassword(seed.password);
		return details;
	}

	static AuthorizationCodeResourceDetails code(Seed seed) {
		AuthorizationCodeResourceDetails details = of(seed, new AuthorizationCodeResourceDetails());
		details.setUserAuthorizationUri(seed.at("/oauth/authorize"));
		details.setPreEstablishedRedirectUri(seed.redirect);
		details.setUseCurrentUri(false);
		return details;
	}

	static <D extends BaseOAuth2ProtectedResourceDetails> D by(AuthenticationScheme scheme, D details) {
		details.setClientAuthenticationScheme(scheme);
		return details;
	}

	static OAuth2RestTemplate template(OAuth2ProtectedResourceDetails details) {
		return new OAuth2RestTemplate(details, new DefaultOAuth2ClientContext(new DefaultAccessTokenRequest()));
	}

	static OAuth2AccessToken token(OAuth2ProtectedResourceDetails details) {
		return remembered(template(details).getAccessToken());
	}

	/** Access and refresh token, out of their envelope where there is one. */
	private static String[] tokens(Seed seed, OAuth2ProtectedResourceDetails details, AccessTokenProvider provider) {
		if (!seed.wraps()) {
			OAuth2AccessToken token = token(details);
			return new String[] { token.getValue(), token.getRefreshToken() == null ? null : token.getRefreshToken().getValue() };
		}
		Map<?, ?> datas = (Map<?, ?>) provider.obtainAccessToken(details, new DefaultAccessTokenRequest()).getAdditionalInformation().get("datas");
		return new String[] { Stage.remember((String) datas.get("access_token")), (String) datas.get("refresh_token") };
	}

	static String[] ofUser(Seed seed, String name, String word) {
		ResourceOwnerPasswordResourceDetails details = password(seed);
		details.setUsername(name);
		details.setPassword(word);
		return tokens(seed, details, new ResourceOwnerPasswordAccessTokenProvider());
	}

	/** Of a client with authorities and resources, for itself. */
	static String[] ofReports(Seed seed) {
		ClientCredentialsResourceDetails details = itself(seed);
		details.setClientId("reports");
		details.setClientSecret("reports-secret");
		details.setScope(null);
		return tokens(seed, details, new ClientCredentialsAccessTokenProvider());
	}

	static OAuth2AccessToken remembered(OAuth2AccessToken token) {
		Stage.remember(token.getValue());
		if (token.getRefreshToken() != null) {
			Stage.remember(token.getRefreshToken().getValue());
		}
		return token;
	}

	/** Time passes for this client: the token it holds has expired. */
	static void expire(OAuth2RestTemplate template) {
		((DefaultOAuth2AccessToken) template.getOAuth2ClientContext().getAccessToken()).setExpiration(new Date(System.currentTimeMillis() - 3600_000));
	}

	/** The application has its own user logged in; without one the library refreshes nothing. */
	static void somebodyUsesTheApplication() {
		SecurityContextHolder.getContext().setAuthentication(new TestingAuthenticationToken("somebody", "", "ROLE_USER"));
	}

	/** The library's own request factory sends in streaming mode, in which the JDK shows no body of a 401; many applications set another. */
	static <P extends OAuth2AccessTokenSupport> P showing401(P provider) {
		SimpleClientHttpRequestFactory factory = new SimpleClientHttpRequestFactory();
		factory.setOutputStreaming(false);
		provider.setRequestFactory(factory);
		return provider;
	}

	/** This very class, or a nested one of its own (HttpClientErrorException has one for each status since Spring 5.1). */
	private static boolean is(Throwable e, Class<?> how) {
		return e != null && (e.getClass() == how || e.getClass().getEnclosingClass() == how);
	}

	/** How the call ends: the exception, which must be of this very class. */
	static <T extends Throwable> T ends(Class<T> how, Callable<?> call) {
		Object got;
		try {
			got = call.call();
		} catch (Throwable e) {
			if (is(e, how)) {
				return how.cast(e);
			}
			throw new AssertionError("ended by " + e + " instead of " + how.getName(), e);
		}
		fail("ended with " + got + " instead of " + how.getName());
		return null;
	}

	/** What OAuth2AccessDeniedException was caused by; it must be of this very class. */
	static <T extends Throwable> T denied(Class<T> cause, Callable<?> call) {
		Throwable got = ends(OAuth2AccessDeniedException.class, call).getCause();
		if (!is(got, cause)) {
			throw new AssertionError("caused by " + got + " instead of " + cause.getName(), got);
		}
		return cause.cast(got);
	}
}
