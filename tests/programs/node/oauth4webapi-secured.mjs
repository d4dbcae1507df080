// oauth4webapi 3: private_key_jwt, a pushed request, DPoP with nonces of the server, introspection as a JWT, token exchange.
import crypto from "node:crypto";
import http from "node:http";
import * as o from "oauth4webapi";

const { ISSUER, CLIENT_ID, CLIENT_KEY, PORT } = process.env;
const here = `http://localhost:${PORT}`, redirect = `${here}/callback`;
const pkcs8 = crypto.createPrivateKey(CLIENT_KEY).export({ type: "pkcs8", format: "der" });
const key = { key: await crypto.subtle.importKey("pkcs8", pkcs8, { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" }, false, ["sign"]), kid: "k1" };
const client = { client_id: CLIENT_ID, introspection_signed_response_alg: "RS256" }, proof = o.PrivateKeyJwt(key);
const DPoP = o.DPoP(client, await o.generateKeyPair("ES256"));
const plain = { [o.allowInsecureRequests]: true }, bound = { ...plain, DPoP };
const issuer = new URL(ISSUER);
const as = await o.processDiscoveryResponse(issuer, await o.discoveryRequest(issuer, plain));
const TYPE = "urn:ietf:params:oauth:token-type:access_token";
let verifier, state, nonce, asked = 0;

// As the library's own examples: a server that wants a nonce tells it, and is asked again.
async function heard(request, read) {
  try {
    return await read(await request());
  } catch (e) {
    if (!o.isDPoPNonceError(e)) throw e;
    asked++;
    return read(await request());
  }
}

async function start(res) {
  [verifier, state, nonce] = [o.generateRandomCodeVerifier(), o.generateRandomState(), o.generateRandomNonce()];
  const parameters = { redirect_uri: redirect, response_type: "code", scope: "openid profile email", state, nonce,
    code_challenge: await o.calculatePKCECodeChallenge(verifier), code_challenge_method: "S256" };
  const pushed = await heard(() => o.pushedAuthorizationRequest(as, client, proof, parameters, bound), (r) => o.processPushedAuthorizationResponse(as, client, r));
  const to = new URL(as.authorization_endpoint);
  to.search = new URLSearchParams({ client_id: CLIENT_ID, request_uri: pushed.request_uri });
  res.writeHead(302, { Location: to.href }).end();
}

async function callback(req, res) {
  const params = o.validateAuthResponse(as, client, new URL(req.url, here), state);
  const tokens = await heard(() => o.authorizationCodeGrantRequest(as, client, proof, params, redirect, verifier, bound),
    (r) => o.processAuthorizationCodeResponse(as, client, r, { expectedNonce: nonce, requireIdToken: true }));
  const claims = o.getValidatedIdTokenClaims(tokens);
  const user = await heard(() => o.userInfoRequest(as, client, tokens.access_token, bound), (r) => o.processUserInfoResponse(as, client, claims.sub, r));
  const answer = await o.introspectionRequest(as, client, proof, tokens.access_token, { ...plain, requestJwtResponse: true });
  const seen = await o.processIntrospectionResponse(as, client, answer);
  await o.validateApplicationLevelSignature(as, answer, plain);
  const narrow = await heard(() => o.genericTokenEndpointRequest(as, client, proof, "urn:ietf:params:oauth:grant-type:token-exchange",
    { subject_token: tokens.access_token, subject_token_type: TYPE, scope: "openid" }, bound), (r) => o.processGenericTokenEndpointResponse(as, client, r));
  const next = await heard(() => o.refreshTokenGrantRequest(as, client, proof, tokens.refresh_token, bound), (r) => o.processRefreshTokenResponse(as, client, r));
  await o.processRevocationResponse(await o.revocationRequest(as, client, proof, next.refresh_token, plain));
  res.end(JSON.stringify({ sub: claims.sub, name: user.preferred_username, refreshed: next.access_token !== tokens.access_token,
    same: asked > 0 && seen.active && seen.cnf.jkt === await DPoP.calculateThumbprint() && narrow.token_type === "dpop" && narrow.scope === "openid" && narrow.issued_token_type === TYPE }));
}

http.createServer((req, res) => (req.url === "/start" ? start(res) : callback(req, res)).catch((e) => res.writeHead(500).end(String(e.stack) + JSON.stringify(e.cause)))).listen(PORT);
