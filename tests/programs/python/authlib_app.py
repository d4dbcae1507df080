"""Authlib's client for web frameworks without one: discovery, code with PKCE and nonce, the ID token judged by its keys, userinfo, refresh."""
import http.server, json, os

import requests
from authlib.common.security import generate_token
from authlib.integrations.requests_client import OAuth2Session
from authlib.jose import JsonWebKey, jwt
from authlib.oidc.core import CodeIDToken

ISSUER, ID, SECRET, PORT = (os.environ[k] for k in ("ISSUER", "CLIENT_ID", "CLIENT_SECRET", "PORT"))
HERE = "http://localhost:" + PORT
found = requests.get(ISSUER + "/.well-known/openid-configuration").json()
asked = {}


def session():
    return OAuth2Session(ID, SECRET, scope="openid profile email", redirect_uri=HERE + "/callback", code_challenge_method="S256")


def start():
    asked["verifier"], asked["nonce"] = generate_token(48), generate_token(20)
    url, asked["state"] = session().create_authorization_url(found["authorization_endpoint"], code_verifier=asked["verifier"], nonce=asked["nonce"])
    return url


def callback(url):
    s = session()
    tokens = s.fetch_token(found["token_endpoint"], authorization_response=HERE + url, code_verifier=asked["verifier"], state=asked["state"])
    keys = JsonWebKey.import_key_set(requests.get(found["jwks_uri"]).json())
    options = {"iss": {"essential": True, "value": found["issuer"]}, "nonce": {"essential": True, "value": asked["nonce"]}, "aud": {"essential": True, "value": ID}}
    claims = jwt.decode(tokens["id_token"], keys, claims_cls=CodeIDToken, claims_options=options, claims_params={"access_token": tokens["access_token"], "nonce": asked["nonce"]})
    claims.validate()
    user = s.get(found["userinfo_endpoint"]).json()
    again = s.refresh_token(found["token_endpoint"], refresh_token=tokens["refresh_token"])
    return {"sub": claims["sub"], "name": user["preferred_username"], "refreshed": again["access_token"] != tokens["access_token"]}


class Application(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        if self.path == "/start":
            self.send_response(302)
            self.send_header("Location", start())
            self.send_header("Content-Length", "0")
            return self.end_headers()
        try:
            status, body = 200, json.dumps(callback(self.path)).encode()
        except Exception as e:
            status, body = 500, repr(e).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args):
        pass


http.server.ThreadingHTTPServer(("127.0.0.1", int(PORT)), Application).serve_forever()
