#!/usr/bin/env python3
"""demo/login.py - an application that signs its users in at the demo's modern issuer by a stock OpenID Connect client, Authlib.

Needs the Debian packages python3-authlib and python3-requests, or the same from PyPI. Open http://localhost:3000 while ./quickstart runs; the user is
"user" with the password "password". ISSUER, CLIENT_ID, CLIENT_SECRET and PORT in the environment make it another's application.
"""
import html, http.server, os, secrets, urllib.parse

import requests
from authlib.common.security import generate_token
from authlib.integrations.requests_client import OAuth2Session
from authlib.jose import JsonWebKey, jwt
from authlib.oidc.core import CodeIDToken

ISSUER = os.environ.get("ISSUER", "http://localhost:8080")
CLIENT = os.environ.get("CLIENT_ID", "demo-web"), os.environ.get("CLIENT_SECRET", "demo-web-secret")
PORT = int(os.environ.get("PORT", "3000"))
CALLBACK = "http://localhost:%d/callback" % PORT
waiting = {}                                            # state: (PKCE verifier, nonce) of logins that have begun; one user's here


def session():
    return OAuth2Session(*CLIENT, scope="openid profile", redirect_uri=CALLBACK, code_challenge_method="S256")


def found():
    return requests.get(ISSUER + "/.well-known/openid-configuration", timeout=10).json()


def begin():
    """Where the browser goes to log in."""
    state, verifier, nonce = secrets.token_urlsafe(16), generate_token(48), generate_token(20)
    waiting[state] = verifier, nonce
    return session().create_authorization_url(found()["authorization_endpoint"], state=state, code_verifier=verifier, nonce=nonce)[0]


def finish(url):
    """The user, from the address that the browser came back with: code against tokens, the ID token judged, userinfo asked."""
    at, s = found(), session()
    state = urllib.parse.parse_qs(urllib.parse.urlsplit(url).query).get("state", [""])[0]
    verifier, nonce = waiting.pop(state)
    tokens = s.fetch_token(at["token_endpoint"], authorization_response=url, state=state, code_verifier=verifier)
    keys = JsonWebKey.import_key_set(requests.get(at["jwks_uri"], timeout=10).json())
    options = {"iss": {"essential": True, "value": at["issuer"]}, "aud": {"essential": True, "value": CLIENT[0]}, "nonce": {"essential": True, "value": nonce}}
    claims = jwt.decode(tokens["id_token"], keys, claims_cls=CodeIDToken, claims_options=options, claims_params={"nonce": nonce})
    claims.validate()
    return {"sub": claims["sub"], "name": s.get(at["userinfo_endpoint"]).json()["preferred_username"]}


class Application(http.server.BaseHTTPRequestHandler):
    def answer(self, status, text, **headers):
        body = text.encode()
        self.send_response(status)
        for name, value in {"Content-Type": "text/html;charset=UTF-8", "Content-Length": str(len(body)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        try:
            if not self.path.startswith("/callback"):
                return self.answer(302, "", Location=begin())
            user = finish("http://localhost:%d%s" % (PORT, self.path))
            self.answer(200, "<p>Hello, <b>%s</b>. Your subject here is <code>%s</code>.</p>" % (html.escape(user["name"]), html.escape(user["sub"])))
        except Exception as e:
            self.answer(500, "<p>The login failed: %s</p>" % html.escape(repr(e)))

    def log_message(self, *args):
        pass


if __name__ == "__main__":
    print("open http://localhost:%d" % PORT, flush=True)
    http.server.ThreadingHTTPServer(("127.0.0.1", PORT), Application).serve_forever()
