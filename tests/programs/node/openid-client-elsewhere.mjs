// openid-client 6: the user decides at the issuer while the program asks: device grant (RFC 8628) or CIBA, as the first argument says; client_secret_jwt and DPoP.
import http from "node:http";
import * as client from "openid-client";

const { ISSUER, CLIENT_ID, CLIENT_SECRET, PORT } = process.env;
const config = await client.discovery(new URL(ISSUER), CLIENT_ID, undefined, client.ClientSecretJwt(CLIENT_SECRET), { execute: [client.allowInsecureRequests] });
const DPoP = client.getDPoPHandle(config, await client.randomDPoPKeyPair());
const scope = "openid profile";
let waiting;

const ways = {
  async device() {
    const begun = await client.initiateDeviceAuthorization(config, { scope });
    waiting = client.pollDeviceAuthorizationGrant(config, begun, undefined, { DPoP });
    return begun.verification_uri_complete;
  },
  async ciba() {
    const begun = await client.initiateBackchannelAuthentication(config, { scope, login_hint: "carol", binding_message: "W4SCT" });
    waiting = client.pollBackchannelAuthenticationGrant(config, begun, undefined, { DPoP });
    return `${ISSUER}/approvals`;
  },
};

async function start(res) {
  const to = await ways[process.argv[2]]();
  waiting.catch(() => {});
  res.writeHead(302, { Location: to }).end();
}

async function callback(res) {
  const tokens = await waiting, claims = tokens.claims();
  const user = await client.fetchUserInfo(config, tokens.access_token, claims.sub, { DPoP });
  const again = await client.refreshTokenGrant(config, tokens.refresh_token, undefined, { DPoP });
  res.end(JSON.stringify({ sub: claims.sub, name: user.preferred_username, refreshed: again.access_token !== tokens.access_token, same: tokens.token_type === "dpop" }));
}

http.createServer((req, res) => (req.url === "/start" ? start(res) : callback(res)).catch((e) => res.writeHead(500).end(String(e.stack) + String(e.cause?.stack ?? JSON.stringify(e.cause))))).listen(PORT);
