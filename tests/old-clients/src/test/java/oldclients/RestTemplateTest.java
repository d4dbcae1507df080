package oldclients;

import static oldclients.Clients.by;
import static oldclients.Clients.code;
import static oldclients.Clients.denied;
import static oldclients.Clients.ends;
import static oldclients.Clients.expire;
import static oldclients.Clients.itself;
import static oldclients.Clients.password;
import static oldclients.Clients.remembered;
import static oldclients.Clients.showing401;
import static oldclients.Clients.somebodyUsesTheApplication;
import static oldclients.Clients.template;
import static oldclients.Clients.token;
import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertNotEquals;
import static org.junit.Assert.assertNotNull;
import static org.junit.Assert.assertNull;
import static org.junit.Assert.assertTrue;

import java.util.Arrays;
import java.util.Collections;
import java.util.HashSet;
import java.util.Map;

import org.junit.After;
import org.junit.Test;
import org.springframework.security.core.context.SecurityContextHolder;
import org.springframework.security.oauth2.client.OAuth2RestTemplate;
import org.springframework.security.oauth2.client.resource.UserApprovalRequiredException;
import org.springframework.security.oauth2.client.resource.UserRedirectRequiredException;
import org.springframework.security.oauth2.client.token.AccessTokenRequest;
import org.springframework.security.oauth2.client.token.DefaultAccessTokenRequest;
import org.springframework.security.oauth2.client.token.grant.client.ClientCredentialsAccessTokenProvider;
import org.springframework.security.oauth2.client.token.grant.client.ClientCredentialsResourceDetails;
import org.springframework.security.oauth2.client.token.grant.code.AuthorizationCodeAccessTokenProvider;
import org.springframework.security.oauth2.client.token.grant.code.AuthorizationCodeResourceDetails;
import org.springframework.security.oauth2.client.token.grant.implicit.ImplicitAccessTokenProvider;
import org.springframework.security.oauth2.client.token.grant.implicit.ImplicitResourceDetails;
import org.springframework.security.oauth2.client.token.grant.password.ResourceOwnerPasswordAccessTokenProvider;
import org.springframework.security.oauth2.client.token.grant.password.ResourceOwnerPasswordResourceDetails;
import org.springframework.security.oauth2.common.AuthenticationScheme;
import org.springframework.security.oauth2.common.OAuth2AccessToken;
import org.springframework.security.oauth2.common.OAuth2RefreshToken;
import org.springframework.security.oauth2.common.exceptions.InvalidClientException;
import org.springframework.security.oauth2.common.exceptions.InvalidGrantException;
import org.springframework.security.oauth2.common.exceptions.InvalidRequestException;
import org.springframework.security.oauth2.common.exceptions.InvalidScopeException;
import org.springframework.security.oauth2.common.exceptions.InvalidTokenException;
import org.springframework.security.oauth2.common.exceptions.OAuth2Exception;
import org.springframework.security.oauth2.common.exceptions.RedirectMismatchException;
import org.springframework.security.oauth2.common.exceptions.UserDeniedAuthorizationException;
import org.springframework.web.client.HttpClientErrorException;
import org.springframework.web.util.UriComponentsBuilder;

/** OAuth2RestTemplate: how an old client gets its tokens, keeps them, and learns that it gets none. */
public class RestTemplateTest {
	private static final AuthenticationScheme[] SCHEMES = { AuthenticationScheme.header, AuthenticationScheme.form, AuthenticationScheme.query };

	@After
	public void nobodyUsesTheApplication() {
		SecurityContextHolder.clearContext();
	}

	// --- the client itself, and passwords

	private static void is000(OAuth2AccessToken token) {
		assertEquals("bearer", token.getTokenType());
		assertTrue("" + token.getExpiresIn(), token.getExpiresIn() > 86300 && token.getExpiresIn() < 86400);
		assertEquals(Collections.singleton("All"), token.getScope());
		Map<String, Object> more = token.getAdditionalInformation();
		assertEquals(new HashSet<>(Arrays.asList("jti", "license", "x-user-name", "x-user-id")), more.keySet());
		assertEquals("made by taroco", more.get("license"));
		assertEquals("admin", more.get("x-user-name"));
		assertEquals(909620761, more.get("x-user-id"));
		assertNotNull(token.getRefreshToken());
	}

	@Test
	public void m000ClientCredentials() {
		for (AuthenticationScheme scheme : SCHEMES) {
			is000(token(by(scheme, itself(Seed.M000))));
		}
	}

	@Test
	public void m000Password() {
		for (AuthenticationScheme scheme : SCHEMES) {
			is000(token(by(scheme, password(Seed.M000))));
		}
	}

	private static void is003(OAuth2AccessToken token, boolean refresh) {
		assertTrue(token.getValue().matches("[0-9A-Za-z_-]{27}"));
		assertEquals("bearer", token.getTokenType());
		assertTrue("" + token.getExpiresIn(), token.getExpiresIn() > 0 && token.getExpiresIn() < 43200);
		assertEquals(new HashSet<>(Seed.M003.scope), token.getScope());
		assertTrue(token.getAdditionalInformation().isEmpty());
		assertEquals(refresh, token.getRefreshToken() != null);
	}

	@Test
	public void m003ClientCredentials() {
		for (AuthenticationScheme scheme : SCHEMES) {
			is003(token(by(scheme, itself(Seed.M003))), false);
		}
	}

	@Test
	public void m003Password() {
		for (AuthenticationScheme scheme : SCHEMES) {
			is003(token(by(scheme, password(Seed.M003))), true);
		}
	}

	@Test
	public void aNameAndAPasswordInChinese() {
		for (Seed seed : Arrays.asList(Seed.M000, Seed.M003)) {
			ResourceOwnerPasswordResourceDetails details = password(seed);
			details.setUsername("张三");
			details.setPassword("密码");
			assertNotNull(token(details).getValue());
		}
	}

	@Test
	public void oneScopeOfTwo() {
		ClientCredentialsResourceDetails details = itself(Seed.M003);
		details.setScope(Collections.singletonList("read"));
		assertEquals(Collections.singleton("read"), token(details).getScope());
	}

	/** The envelope hides the token from the template, as it did at the old server; it is found where old clients found it. */
	@Test
	@SuppressWarnings("unchecked")
	public void m002TokensInTheirEnvelope() {
		for (AuthenticationScheme scheme : SCHEMES) {
			OAuth2AccessToken wrapped = new ClientCredentialsAccessTokenProvider().obtainAccessToken(by(scheme, itself(Seed.M002)), new DefaultAccessTokenRequest());
			Map<String, Object> more = wrapped.getAdditionalInformation();
			assertNull(wrapped.getValue());
			assertEquals(200, more.get("resp_code"));
			assertEquals("ok", more.get("resp_msg"));
			assertTrue(Stage.remember((String) ((Map<String, Object>) more.get("datas")).get("access_token")).matches("[0-9a-f-]{36}"));
			ends(IllegalStateException.class, () -> template(by(scheme, itself(Seed.M002))).getAccessToken());
		}
		OAuth2AccessToken wrapped = new ResourceOwnerPasswordAccessTokenProvider().obtainAccessToken(password(Seed.M002), new DefaultAccessTokenRequest());
		Map<String, Object> datas = (Map<String, Object>) wrapped.getAdditionalInformation().get("datas");
		Stage.remember((String) datas.get("access_token"));
		Stage.remember((String) datas.get("refresh_token"));
		assertEquals("admin", datas.get("account_type"));
		assertEquals("all", datas.get("scope"));
		assertTrue((Integer) datas.get("expires_in") > 3500);
	}

	// --- authorization code

	/** Where OAuth2ClientContextFilter sends the user's browser. */
	private static String redirect(OAuth2RestTemplate template) {
		UserRedirectRequiredException e = ends(UserRedirectRequiredException.class, template::getAccessToken);
		UriComponentsBuilder url = UriComponentsBuilder.fromHttpUrl(e.getRedirectUri());
		e.getRequestParams().forEach(url::queryParam);
		url.queryParam("state", e.getStateKey());
		return url.build().encode().toUriString();
	}

	/** The user's browser comes back; the filter copies what its URL says. */
	private static void back(OAuth2RestTemplate template, String location) {
		assertTrue(location, location.startsWith(template.getResource() instanceof AuthorizationCodeResourceDetails
				? ((AuthorizationCodeResourceDetails) template.getResource()).getPreEstablishedRedirectUri() + "?" : ""));
		AccessTokenRequest request = template.getOAuth2ClientContext().getAccessTokenRequest();
		UriComponentsBuilder.fromUriString(location).build().getQueryParams()
				.forEach((name, values) -> request.set(name, java.net.URI.create("x:?" + values.get(0)).getSchemeSpecificPart().substring(1)));
		request.setStateKey(request.getFirst("state"));
	}

	private static OAuth2RestTemplate loggedIn(Seed seed, AuthenticationScheme scheme) {
		OAuth2RestTemplate template = template(by(scheme, code(seed)));
		back(template, Stage.browse(seed, redirect(template)).location);
		remembered(template.getAccessToken());
		return template;
	}

	@Test
	public void m000Code() {
		for (AuthenticationScheme scheme : SCHEMES) {
			is000(loggedIn(Seed.M000, scheme).getAccessToken());
		}
	}

	@Test
	public void m002CodeIsBare() {
		for (AuthenticationScheme scheme : SCHEMES) {
			OAuth2AccessToken token = loggedIn(Seed.M002, scheme).getAccessToken();
			assertTrue(token.getValue().matches("[0-9a-f-]{36}"));
			assertEquals("bearer", token.getTokenType());
			assertEquals(Collections.singleton("all"), token.getScope());
			assertNotNull(token.getRefreshToken());
		}
	}

	@Test
	public void m003Code() {
		for (AuthenticationScheme scheme : SCHEMES) {
			is003(loggedIn(Seed.M003, scheme).getAccessToken(), true);
		}
	}

	@Test
	public void aCodeWithAStateOfSomebodyElse() {
		OAuth2RestTemplate template = template(code(Seed.M003));
		String location = Stage.browse(Seed.M003, redirect(template)).location;
		back(template, location.replaceFirst("state=[^&]*", "state=another"));
		ends(InvalidRequestException.class, template::getAccessToken);
	}

	@Test
	public void theUserDenies() {
		for (Seed seed : Arrays.asList(Seed.M000, Seed.M003)) {
			OAuth2RestTemplate template = template(code(seed));
			back(template, Stage.deny(seed, redirect(template)).location);
			assertEquals("User denied access", ends(UserDeniedAuthorizationException.class, template::getAccessToken).getMessage());
		}
	}

	@Test
	public void aScopeThatTheClientDoesNotHaveComesBackAsAnError() {
		AuthorizationCodeResourceDetails details = code(Seed.M003);
		details.setScope(Arrays.asList("read", "nope"));
		OAuth2RestTemplate template = template(details);
		back(template, Stage.browse(Seed.M003, redirect(template)).location);
		assertTrue(ends(InvalidScopeException.class, template::getAccessToken).getMessage().startsWith("Invalid scope"));
	}

	@Test
	public void aWrongCodeAndAnotherRedirectUri() {
		AuthorizationCodeAccessTokenProvider provider = new AuthorizationCodeAccessTokenProvider();
		provider.setStateMandatory(false);
		DefaultAccessTokenRequest wrong = new DefaultAccessTokenRequest();
		wrong.setAuthorizationCode("zzzzzz");
		String said = denied(InvalidGrantException.class, () -> provider.obtainAccessToken(code(Seed.M003), wrong)).getMessage();
		assertTrue(said, said.startsWith("Invalid authorization code"));
		String location = Stage.browse(Seed.M003, redirect(template(code(Seed.M003)))).location;
		DefaultAccessTokenRequest elsewhere = new DefaultAccessTokenRequest();
		elsewhere.setAuthorizationCode(UriComponentsBuilder.fromUriString(location).build().getQueryParams().getFirst("code"));
		elsewhere.setPreservedState("http://localhost:1/elsewhere");
		said = denied(RedirectMismatchException.class, () -> provider.obtainAccessToken(code(Seed.M003), elsewhere)).getMessage();
		assertEquals("Redirect URI mismatch.", said);
	}

	/** A client that holds the user's cookie walks to the code by itself: asks, is told to ask for approval, approves. */
	@Test
	public void aCodeByTheUsersCookie() {
		AuthorizationCodeAccessTokenProvider provider = new AuthorizationCodeAccessTokenProvider();
		AuthorizationCodeResourceDetails details = code(Seed.M003);
		details.setUseCurrentUri(true);
		DefaultAccessTokenRequest request = new DefaultAccessTokenRequest();
		request.setCookie(Stage.session(Seed.M003, redirect(template(details))));
		request.setCurrentUri(Seed.M003.redirect);
		UserApprovalRequiredException e = ends(UserApprovalRequiredException.class, () -> provider.obtainAuthorizationCode(details, request));
		assertEquals(Seed.M003.client, e.getClientId());
		request.set("user_oauth_approval", "true");
		assertTrue(provider.obtainAuthorizationCode(details, request).matches("[0-9A-Za-z_-]{6}"));
		request.setPreservedState(Seed.M003.redirect);
		is003(remembered(provider.obtainAccessToken(details, request)), true);
	}

	@Test
	public void implicitByTheUsersCookie() {
		Seed seed = Seed.M002;              // its client is registered as approved
		ImplicitResourceDetails details = Clients.of(seed, new ImplicitResourceDetails());
		details.setUserAuthorizationUri(seed.at("/oauth/authorize"));
		details.setAccessTokenUri(seed.at("/oauth/authorize"));
		details.setPreEstablishedRedirectUri(seed.redirect);
		details.setUseCurrentUri(false);
		DefaultAccessTokenRequest request = new DefaultAccessTokenRequest();
		request.setCookie(Stage.session(seed, redirect(template(code(seed)))));
		OAuth2AccessToken token = remembered(new ImplicitAccessTokenProvider().obtainAccessToken(details, request));
		assertTrue(token.getValue().matches("[0-9a-f-]{36}"));
		assertEquals("bearer", token.getTokenType());
		assertNull(token.getRefreshToken());
		assertTrue(token.getExpiresIn() > 0);
		ends(UserRedirectRequiredException.class, () -> new ImplicitAccessTokenProvider().obtainAccessToken(details, new DefaultAccessTokenRequest()));
	}

	// --- time passes

	private static void refreshes(OAuth2RestTemplate template, long accessSeconds, boolean sameRefreshToken) {
		somebodyUsesTheApplication();
		OAuth2AccessToken first = remembered(template.getAccessToken());
		expire(template);
		Stage.turnServersClock(accessSeconds + 1);
		OAuth2AccessToken second = remembered(template.getAccessToken());
		assertNotEquals(first.getValue(), second.getValue());
		assertEquals(first.getScope(), second.getScope());
		assertEquals(sameRefreshToken, first.getRefreshToken().getValue().equals(second.getRefreshToken().getValue()));
		expire(template);
		assertNotEquals(second.getValue(), remembered(template.getAccessToken()).getValue());
	}

	@Test
	public void expiredTokensAreRefreshed() {
		refreshes(template(password(Seed.M003)), 43200, true);
		refreshes(template(by(AuthenticationScheme.form, password(Seed.M003))), 43200, true);
		refreshes(loggedIn(Seed.M003, AuthenticationScheme.header), 43200, true);
		refreshes(template(password(Seed.M000)), 3600, false);
		refreshes(loggedIn(Seed.M000, AuthenticationScheme.form), 3600, false);
	}

	/** A refresh is in the envelope too: the template sees no token, as at the old server. */
	@Test
	public void m002RefreshIsWrapped() {
		OAuth2RestTemplate template = loggedIn(Seed.M002, AuthenticationScheme.header);
		somebodyUsesTheApplication();
		expire(template);
		ends(IllegalStateException.class, template::getAccessToken);
	}

	@Test
	public void withoutALivingRefreshTokenThereIsNone() {
		ResourceOwnerPasswordResourceDetails details = password(Seed.M003);
		details.setUsername(Stage.newUser());
		details.setPassword("password");
		ResourceOwnerPasswordAccessTokenProvider provider = showing401(new ResourceOwnerPasswordAccessTokenProvider());
		OAuth2RefreshToken dead = token(details).getRefreshToken();
		Stage.turnServersClock(2592001);
		for (Class<? extends OAuth2Exception> how : Arrays.asList(InvalidTokenException.class, InvalidGrantException.class)) {     // expired; then gone
			assertTrue(denied(how, () -> provider.refreshAccessToken(details, dead, new DefaultAccessTokenRequest())).getMessage().startsWith("Invalid refresh token"));
		}
	}

	/** The user is sent to log in again when the refresh token of a code is no more. */
	@Test
	public void aDeadRefreshTokenOfACodeLeadsBackToTheLogin() {
		OAuth2RestTemplate template = loggedIn(Seed.M003, AuthenticationScheme.header);
		somebodyUsesTheApplication();
		expire(template);
		Stage.revoke(Seed.M003, template.getOAuth2ClientContext().getAccessToken().getRefreshToken().getValue());
		ends(UserRedirectRequiredException.class, template::getAccessToken);
	}

	// --- errors

	private static ResourceOwnerPasswordResourceDetails wrongPassword(Seed seed) {
		ResourceOwnerPasswordResourceDetails details = password(seed);
		details.setPassword("wrong");
		return details;
	}

	@Test
	public void aWrongPassword() {
		assertEquals("Bad credentials", denied(InvalidGrantException.class, () -> token(wrongPassword(Seed.M003))).getMessage());
		InvalidGrantException e = denied(InvalidGrantException.class, () -> token(wrongPassword(Seed.M002)));
		assertEquals("用户名或密码错误", e.getMessage());
		assertEquals("400", e.getAdditionalInformation().get("resp_code"));
		assertEquals("用户名或密码错误", e.getAdditionalInformation().get("resp_msg"));
		OAuth2Exception plain = denied(OAuth2Exception.class, () -> token(wrongPassword(Seed.M000)));   // its errors have names of their own
		assertEquals("invalid_grant", plain.getAdditionalInformation().get("errorCode"));
		assertEquals("Bad credentials", plain.getAdditionalInformation().get("errorMessage"));
		assertEquals("FAILED", plain.getAdditionalInformation().get("status"));
	}

	@Test
	public void aScopeThatTheClientDoesNotHave() {
		ClientCredentialsResourceDetails details = itself(Seed.M003);
		details.setScope(Collections.singletonList("nope"));
		InvalidScopeException e = denied(InvalidScopeException.class, () -> token(details));
		assertTrue(e.getMessage().startsWith("Invalid scope"));
		assertEquals("read write", e.getAdditionalInformation().get("scope"));
	}

	private static ClientCredentialsResourceDetails wrongSecret(Seed seed, AuthenticationScheme scheme) {
		ClientCredentialsResourceDetails details = by(scheme, itself(seed));
		details.setClientSecret("wrong");
		return details;
	}

	@Test
	public void aWrongSecret() {
		ClientCredentialsAccessTokenProvider provider = showing401(new ClientCredentialsAccessTokenProvider());
		for (Seed seed : Arrays.asList(Seed.M000, Seed.M002, Seed.M003)) {
			for (AuthenticationScheme scheme : SCHEMES) {
				assertEquals(401, denied(HttpClientErrorException.class, () -> token(wrongSecret(seed, scheme))).getRawStatusCode());
			}
			DefaultAccessTokenRequest request = new DefaultAccessTokenRequest();
			OAuth2Exception form = denied(InvalidClientException.class, () -> provider.obtainAccessToken(wrongSecret(seed, AuthenticationScheme.form), request));
			assertEquals("Bad client credentials", form.getMessage());
			OAuth2Exception basic = denied(OAuth2Exception.class, () -> provider.obtainAccessToken(wrongSecret(seed, AuthenticationScheme.header), request));
			assertEquals("401", basic.getAdditionalInformation().get("status"));        // the container's words, no OAuth error
		}
	}

	@Test
	public void aGrantThatTheClientDoesNotHave() {
		ResourceOwnerPasswordResourceDetails details = password(Seed.M003);
		details.setClientId("reports");
		details.setClientSecret("reports-secret");
		details.setScope(null);
		ResourceOwnerPasswordAccessTokenProvider provider = showing401(new ResourceOwnerPasswordAccessTokenProvider());
		InvalidClientException e = denied(InvalidClientException.class, () -> provider.obtainAccessToken(details, new DefaultAccessTokenRequest()));
		assertTrue(e.getMessage().startsWith("Unauthorized grant type"));
	}
}
