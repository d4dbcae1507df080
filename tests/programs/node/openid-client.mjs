// openid-client 6: discovery, code with PKCE and nonce, the ID token's checks, userinfo, refresh, end of session.
import http from "node:http";
import * as client from "openid-client";

const { ISSUER, CLIENT_ID, CLIENT_SECRET, PORT } = process.env;
const here = `http://localhost:${PORT}`;
const config = await client.discovery(new URL(ISSUER), CLIENT_ID, CLIENT_SECRET, undefined, { execute: [client.allowInsecureRequests] });
let asked;

async function start(res) {
  asked = { pkceCodeVerifier: client.randomPKCECodeVerifier(), expectedState: client.randomState(), expectedNonce: client.randomNonce(), maxAge: 600 };
  const to = client.buildAuthorizationUrl(config, {
    redirect_uri: `${here}/callback`, scope: "openid profile email", state: asked.expectedState, nonce: asked.expectedNonce, max_age: "600",
    code_challenge: await client.calculatePKCECodeChallenge(asked.pkceCodeVerifier), code_challenge_method: "S256" });
  res.writeHead(302, { Location: to.href }).end();
}

async function callback(req, res) {
  const tokens = await client.authorizationCodeGrant(config, new URL(req.url, here), asked);
  const claims = tokens.claims();
  const user = await client.fetchUserInfo(config, tokens.access_token, claims.sub);
  const again = await client.refreshTokenGrant(config, tokens.refresh_token);
  await client.tokenRevocation(config, again.refresh_token);
  res.end(JSON.stringify({ sub: claims.sub, name: user.preferred_username, refreshed: again.access_token !== tokens.access_token }));
}

http.createServer((req, res) => (req.url === "/start" ? start(res) : callback(req, res)).catch((e) => res.writeHead(500).end(String(e.stack) + e.cause))).listen(PORT);
