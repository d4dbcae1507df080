// openid-client 6: a signed request object (JAR) that is pushed (PAR), a signed answer (JARM), client_secret_jwt, and tokens bound to a key (DPoP).
import crypto from "node:crypto";
import http from "node:http";
import * as client from "openid-client";

const { ISSUER, CLIENT_ID, CLIENT_SECRET, CLIENT_KEY, PORT } = process.env;
const here = `http://localhost:${PORT}`;
const pkcs8 = crypto.createPrivateKey(CLIENT_KEY).export({ type: "pkcs8", format: "der" });
const key = { key: await crypto.subtle.importKey("pkcs8", pkcs8, { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" }, false, ["sign"]), kid: "k1" };
const config = await client.discovery(new URL(ISSUER), CLIENT_ID, undefined, client.ClientSecretJwt(CLIENT_SECRET), {
  execute: [client.allowInsecureRequests, client.useJwtResponseMode, client.enableNonRepudiationChecks] });
const DPoP = client.getDPoPHandle(config, await client.randomDPoPKeyPair("ES256"));
let asked;

async function start(res) {
  asked = { pkceCodeVerifier: client.randomPKCECodeVerifier(), expectedState: client.randomState(), expectedNonce: client.randomNonce(), idTokenExpected: true };
  const signed = await client.buildAuthorizationUrlWithJAR(config, {
    redirect_uri: `${here}/callback`, scope: "openid profile email", state: asked.expectedState, nonce: asked.expectedNonce,
    code_challenge: await client.calculatePKCECodeChallenge(asked.pkceCodeVerifier), code_challenge_method: "S256" }, key);
  const to = await client.buildAuthorizationUrlWithPAR(config, signed.searchParams, { DPoP });
  if ([...to.searchParams.keys()].sort().join() !== "client_id,request_uri") throw new Error(`more than a name travels: ${to}`);
  res.writeHead(302, { Location: to.href }).end();
}

async function callback(req, res) {
  const at = new URL(req.url, here);
  if ([...at.searchParams.keys()].join() !== "response") throw new Error(`the answer is not signed: ${at}`);
  const tokens = await client.authorizationCodeGrant(config, at, asked, undefined, { DPoP });
  const claims = tokens.claims();
  const user = await client.fetchUserInfo(config, tokens.access_token, claims.sub, { DPoP });
  const again = await client.refreshTokenGrant(config, tokens.refresh_token, undefined, { DPoP });
  const seen = await client.tokenIntrospection(config, again.access_token);
  await client.tokenRevocation(config, again.refresh_token);
  res.end(JSON.stringify({ sub: claims.sub, name: user.preferred_username, refreshed: again.access_token !== tokens.access_token,
    same: tokens.token_type === "dpop" && seen.cnf.jkt === await DPoP.calculateThumbprint() }));
}

http.createServer((req, res) => (req.url === "/start" ? start(res) : callback(req, res)).catch((e) => res.writeHead(500).end(String(e.stack) + String(e.cause?.stack ?? JSON.stringify(e.cause))))).listen(PORT);
