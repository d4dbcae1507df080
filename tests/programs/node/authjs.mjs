// Auth.js in an Express application, as a provider of type "oidc".
import http from "node:http";
import express from "express";
import { ExpressAuth, getSession } from "@auth/express";

const { ISSUER, CLIENT_ID, CLIENT_SECRET, PORT } = process.env;
const config = {
  trustHost: true, secret: "0123456789abcdef0123456789abcdef", basePath: "/auth",
  providers: [{ id: "hufu", name: "hufu", type: "oidc", idToken: false, issuer: ISSUER, clientId: CLIENT_ID, clientSecret: CLIENT_SECRET, checks: ["pkce", "state", "nonce"] }],
  callbacks: { jwt: ({ token, profile }) => (profile ? { ...token, sub: profile.sub, name: profile.preferred_username } : token),
    session: ({ session, token }) => ({ ...session, sub: token.sub, name: token.name }) },
};
const app = express();
app.use("/auth/*", ExpressAuth(config));
// what its sign-in page does: a form with the CSRF token, posted by the browser
app.get("/start", (req, res) => http.get(`http://localhost:${PORT}/auth/csrf`, (csrf) => {
  let text = "";
  csrf.on("data", (more) => { text += more; });
  csrf.on("end", () => {
    for (const cookie of csrf.headers["set-cookie"] ?? []) res.append("Set-Cookie", cookie);
    res.send(`<form method="post" action="/auth/signin/hufu"><input type="hidden" name="csrfToken" value="${JSON.parse(text).csrfToken}"><input type="hidden" name="callbackUrl" value="/me"><button>go</button></form>`);
  });
}));
app.get("/me", async (req, res) => {
  const s = await getSession(req, config);
  res.json({ sub: s?.sub, name: s?.name });
});
app.listen(PORT);
