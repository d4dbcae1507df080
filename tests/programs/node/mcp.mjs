// The MCP TypeScript SDK's OAuth client: from a protected resource to its authorization server (RFC 9728, RFC 8414), code with PKCE, resource (RFC 8707).
import http from "node:http";
import { auth } from "@modelcontextprotocol/sdk/client/auth.js";

const { ISSUER, CLIENT_ID, CLIENT_SECRET, PORT } = process.env;
const here = `http://localhost:${PORT}`;
const memory = { client: CLIENT_ID ? { client_id: CLIENT_ID, ...(CLIENT_SECRET && { client_secret: CLIENT_SECRET }) } : undefined };
const provider = {
  redirectUrl: `${here}/callback`,
  clientMetadata: { client_name: "An MCP client", redirect_uris: [`${here}/callback`], grant_types: ["authorization_code", "refresh_token"], response_types: ["code"],
    token_endpoint_auth_method: "none", scope: "openid profile" },
  clientInformation: () => memory.client,
  saveClientInformation: (c) => { memory.client = c; },
  tokens: () => memory.tokens, saveTokens: (t) => { memory.tokens = t; },
  codeVerifier: () => memory.verifier, saveCodeVerifier: (v) => { memory.verifier = v; },
  state: () => "mcp-state",
  redirectToAuthorization: (url) => { memory.url = url; },
};
const server = `${here}/mcp`;

async function start(res) {
  await auth(provider, { serverUrl: server, scope: "openid profile" });
  res.writeHead(302, { Location: memory.url.href }).end();
}

async function callback(req, res) {
  await auth(provider, { serverUrl: server, authorizationCode: new URL(req.url, here).searchParams.get("code") });
  const first = memory.tokens.access_token;
  const claims = JSON.parse(Buffer.from(first.split(".")[1], "base64url"));
  if (memory.tokens.refresh_token) await auth(provider, { serverUrl: server });
  res.end(JSON.stringify({ sub: claims.sub, name: "carol", aud: claims.aud, refreshed: memory.tokens.access_token !== first }));
}

http.createServer((req, res) => {
  if (req.url.startsWith("/.well-known/oauth-protected-resource"))
    return res.writeHead(200, { "Content-Type": "application/json" }).end(JSON.stringify({ resource: server, authorization_servers: [ISSUER] }));
  (req.url === "/start" ? start(res) : req.url.startsWith("/callback") ? callback(req, res) : Promise.resolve(res.writeHead(404).end()))
    .catch((e) => res.writeHead(500).end(String(e.stack)));
}).listen(PORT);
