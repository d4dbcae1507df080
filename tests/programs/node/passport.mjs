// passport-openidconnect in an Express application: it sends neither PKCE nor, unless told, a nonce.
import express from "express";
import session from "express-session";
import passport from "passport";
import OpenIDConnectStrategy from "passport-openidconnect";

const { ISSUER, CLIENT_ID, CLIENT_SECRET, PORT } = process.env;
const found = await (await fetch(`${ISSUER}/.well-known/openid-configuration`)).json();
passport.use(new OpenIDConnectStrategy({
  issuer: found.issuer, authorizationURL: found.authorization_endpoint, tokenURL: found.token_endpoint, userInfoURL: found.userinfo_endpoint,
  clientID: CLIENT_ID, clientSecret: CLIENT_SECRET, callbackURL: `http://localhost:${PORT}/callback`, scope: ["profile", "email"], nonce: true, skipUserProfile: false,
}, (issuer, profile, done) => done(null, profile)));
passport.serializeUser((user, done) => done(null, user));
passport.deserializeUser((user, done) => done(null, user));

const app = express();
app.use(session({ secret: "keyboard cat", resave: false, saveUninitialized: false }));
app.use(passport.session());
app.get("/start", passport.authenticate("openidconnect"));
app.get("/callback", passport.authenticate("openidconnect", { failWithError: true }), (req, res) => res.json({ sub: req.user.id, name: req.user.username }));
app.use((e, req, res, next) => res.status(500).send(String(e.stack)));
app.listen(PORT);
