// oauth4webapi 3: each step by its own function, all checks on.
import http from "node:http";
import * as o from "oauth4webapi";

const { ISSUER, CLIENT_ID, CLIENT_SECRET, PORT } = process.env;
const here = `http://localhost:${PORT}`, redirect = `${here}/callback`;
const plain = { [o.allowInsecureRequests]: true };
const issuer = new URL(ISSUER);
const as = await o.processDiscoveryResponse(issuer, await o.discoveryRequest(issuer, { algorithm: "oidc", ...plain }));
const again = await o.processDiscoveryResponse(issuer, await o.discoveryRequest(issuer, { algorithm: "oauth2", ...plain }));
const client = { client_id: CLIENT_ID }, proof = o.ClientSecretPost(CLIENT_SECRET);
let verifier, state, nonce;

async function start(res) {
  [verifier, state, nonce] = [o.generateRandomCodeVerifier(), o.generateRandomState(), o.generateRandomNonce()];
  const to = new URL(as.authorization_endpoint);
  to.search = new URLSearchParams({ client_id: CLIENT_ID, redirect_uri: redirect, response_type: "code", scope: "openid profile", state, nonce,
    code_challenge: await o.calculatePKCECodeChallenge(verifier), code_challenge_method: "S256" });
  res.writeHead(302, { Location: to.href }).end();
}

async function callback(req, res) {
  const params = o.validateAuthResponse(as, client, new URL(req.url, here), state);
  const answer = await o.authorizationCodeGrantRequest(as, client, proof, params, redirect, verifier, plain);
  const tokens = await o.processAuthorizationCodeResponse(as, client, answer, { expectedNonce: nonce, requireIdToken: true });
  const claims = o.getValidatedIdTokenClaims(tokens);
  await o.validateApplicationLevelSignature(as, answer, plain);
  const user = await o.processUserInfoResponse(as, client, claims.sub, await o.userInfoRequest(as, client, tokens.access_token, plain));
  const seen = await o.processIntrospectionResponse(as, client, await o.introspectionRequest(as, client, proof, tokens.access_token, plain));
  const next = await o.processRefreshTokenResponse(as, client, await o.refreshTokenGrantRequest(as, client, proof, tokens.refresh_token, plain));
  await o.processRevocationResponse(await o.revocationRequest(as, client, proof, next.refresh_token, plain));
  res.end(JSON.stringify({ sub: claims.sub, name: user.preferred_username, refreshed: next.access_token !== tokens.access_token,
    same: again.token_endpoint === as.token_endpoint && seen.active }));
}

http.createServer((req, res) => (req.url === "/start" ? start(res) : callback(req, res)).catch((e) => res.writeHead(500).end(String(e.stack) + String(e.cause)))).listen(PORT);
