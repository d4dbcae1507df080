// jose 6: an API that verifies tokens by itself and hears of those that have ended from the issuer's status list.
import http from "node:http";
import zlib from "node:zlib";
import { createRemoteJWKSet, jwtVerify } from "jose";

const { ISSUER, PORT } = process.env;
const keys = createRemoteJWKSet(new URL(`${ISSUER}/jwks`));
const kept = new Map();         // address of a list -> { bits, until }

async function list(uri) {
  const known = kept.get(uri);
  if (known && Date.now() < known.until) return known.bits;
  if (!uri.startsWith(`${ISSUER}/`)) throw new Error("a status list of somebody else");
  const answer = await fetch(uri, { headers: { Accept: "application/statuslist+jwt" }, redirect: "error" });
  if (!answer.ok) throw new Error(`status list: ${answer.status}`);
  const { payload } = await jwtVerify(await answer.text(), keys, { issuer: ISSUER, subject: uri, typ: "statuslist+jwt" });
  const bits = zlib.inflateSync(Buffer.from(payload.status_list.lst, "base64url"), { maxOutputLength: 1 << 20 });
  kept.set(uri, { bits, until: Date.now() + payload.ttl * 1000 });
  return bits;
}

async function verified(token) {
  const { payload } = await jwtVerify(token, keys, { issuer: ISSUER, audience: ISSUER, typ: "at+jwt" });
  const { uri, idx } = payload.status.status_list, bits = await list(uri);
  if (!(idx >= 0 && idx < bits.length * 8) || (bits[idx >> 3] >> (idx & 7)) & 1) throw new Error("the token has ended");
  return payload;
}

http.createServer((req, res) => verified((req.headers.authorization || "").replace(/^Bearer /, ""))
  .then((claims) => res.end(JSON.stringify({ sub: claims.sub })), (e) => res.writeHead(401).end(String(e)))).listen(PORT);
