package programs;

import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.gen.ECKeyGenerator;
import com.nimbusds.jwt.JWT;
import com.nimbusds.oauth2.sdk.*;
import com.nimbusds.oauth2.sdk.auth.PrivateKeyJWT;
import com.nimbusds.oauth2.sdk.dpop.DPoPProofFactory;
import com.nimbusds.oauth2.sdk.dpop.DefaultDPoPProofFactory;
import com.nimbusds.oauth2.sdk.http.HTTPResponse;
import com.nimbusds.oauth2.sdk.id.ClientID;
import com.nimbusds.oauth2.sdk.id.Issuer;
import com.nimbusds.oauth2.sdk.id.State;
import com.nimbusds.oauth2.sdk.pkce.CodeChallengeMethod;
import com.nimbusds.oauth2.sdk.pkce.CodeVerifier;
import com.nimbusds.oauth2.sdk.token.AccessToken;
import com.nimbusds.oauth2.sdk.token.RefreshToken;
import com.nimbusds.openid.connect.sdk.*;
import com.nimbusds.openid.connect.sdk.claims.UserInfo;
import com.nimbusds.openid.connect.sdk.op.OIDCProviderMetadata;
import com.nimbusds.openid.connect.sdk.token.OIDCTokens;
import com.nimbusds.openid.connect.sdk.validators.IDTokenValidator;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Base64;
import java.util.Map;

/** Nimbus OAuth 2.0 SDK: private_key_jwt, a pushed request with PKCE, the answer's iss, tokens bound to a key (DPoP), userinfo, refresh. */
public class Nimbus {
	private final URI callback = URI.create("http://localhost:" + System.getenv("PORT") + "/callback");
	private final ClientID id = new ClientID(System.getenv("CLIENT_ID"));
	private final OIDCProviderMetadata issuer = OIDCProviderMetadata.resolve(new Issuer(System.getenv("ISSUER")));
	private final PrivateKey key = read(System.getenv("CLIENT_KEY"));
	private final DPoPProofFactory proofs = new DefaultDPoPProofFactory(new ECKeyGenerator(Curve.P_256).generate(), JWSAlgorithm.ES256);
	private final CodeVerifier verifier = new CodeVerifier();
	private final State state = new State();
	private final Nonce nonce = new Nonce();

	Nimbus() throws Exception {
	}

	private static PrivateKey read(String pem) throws Exception {
		byte[] bytes = Base64.getMimeDecoder().decode(pem.replaceAll("-----.*-----", ""));
		return KeyFactory.getInstance("RSA").generatePrivate(new PKCS8EncodedKeySpec(bytes));
	}

	private PrivateKeyJWT proof() throws Exception {
		return new PrivateKeyJWT(id, URI.create(issuer.getIssuer().getValue()), JWSAlgorithm.RS256, key, "k1", null);
	}

	private URI start() throws Exception {
		AuthenticationRequest request = new AuthenticationRequest.Builder(ResponseType.CODE, new Scope("openid", "profile"), id, callback)
				.state(state).nonce(nonce).codeChallenge(verifier, CodeChallengeMethod.S256).build();
		URI endpoint = issuer.getPushedAuthorizationRequestEndpointURI();
		PushedAuthorizationResponse pushed = PushedAuthorizationResponse.parse(new PushedAuthorizationRequest(endpoint, proof(), request).toHTTPRequest().send());
		if (!pushed.indicatesSuccess())
			throw new IllegalStateException(pushed.toErrorResponse().getErrorObject().toString());
		return new AuthorizationRequest.Builder(pushed.toSuccessResponse().getRequestURI(), id).endpointURI(issuer.getAuthorizationEndpointURI()).build().toURI();
	}

	private OIDCTokens asked(AuthorizationGrant grant) throws Exception {
		URI endpoint = issuer.getTokenEndpointURI();
		var request = new TokenRequest(endpoint, proof(), grant).toHTTPRequest();
		request.setDPoP(proofs.createDPoPJWT(request.getMethod().name(), request.getURI()));
		TokenResponse answer = OIDCTokenResponseParser.parse(request.send());
		if (!answer.indicatesSuccess())
			throw new IllegalStateException(answer.toErrorResponse().getErrorObject().toString());
		return ((OIDCTokenResponse) answer.toSuccessResponse()).getOIDCTokens();
	}

	private UserInfo user(AccessToken token) throws Exception {
		var request = new UserInfoRequest(issuer.getUserInfoEndpointURI(), token).toHTTPRequest();
		request.setDPoP(proofs.createDPoPJWT(request.getMethod().name(), request.getURI(), token));
		HTTPResponse answer = request.send();
		return UserInfoResponse.parse(answer).toSuccessResponse().getUserInfo();
	}

	private String callback(URI at) throws Exception {
		AuthenticationResponse answer = AuthenticationResponseParser.parse(at);
		if (!answer.indicatesSuccess() || !answer.getState().equals(state) || !answer.toSuccessResponse().getIssuer().equals(issuer.getIssuer()))
			throw new IllegalStateException(at.toString());
		OIDCTokens tokens = asked(new AuthorizationCodeGrant(answer.toSuccessResponse().getAuthorizationCode(), callback, verifier));
		JWT idToken = tokens.getIDToken();
		var claims = new IDTokenValidator(issuer.getIssuer(), id, JWSAlgorithm.RS256, issuer.getJWKSetURI().toURL()).validate(idToken, nonce);
		UserInfo user = user(tokens.getAccessToken());
		RefreshToken refresh = tokens.getRefreshToken();
		OIDCTokens again = asked(new RefreshTokenGrant(refresh));
		boolean refreshed = !again.getAccessToken().getValue().equals(tokens.getAccessToken().getValue());
		return com.nimbusds.jose.util.JSONObjectUtils.toJSONString(Map.of("sub", claims.getSubject().getValue(), "name", user.getPreferredUsername(),
				"refreshed", refreshed, "same", tokens.getAccessToken().getType().getValue().equals("DPoP")));
	}

	private void answer(HttpExchange x) throws java.io.IOException {
		int status = 200;
		String text = "";
		try {
			if (x.getRequestURI().getPath().equals("/start")) {
				x.getResponseHeaders().set("Location", start().toString());
				status = 302;
			} else {
				text = callback(URI.create("http://localhost" + x.getRequestURI()));
			}
		} catch (Exception e) {
			var said = new StringWriter();
			e.printStackTrace(new PrintWriter(said));
			status = 500;
			text = said.toString();
		}
		byte[] body = text.getBytes(StandardCharsets.UTF_8);
		x.sendResponseHeaders(status, body.length == 0 ? -1 : body.length);
		x.getResponseBody().write(body);
		x.close();
	}

	public static void main(String[] args) throws Exception {
		var program = new Nimbus();
		var server = HttpServer.create(new InetSocketAddress("127.0.0.1", Integer.parseInt(System.getenv("PORT"))), 0);
		server.createContext("/", program::answer);
		server.start();
	}
}
