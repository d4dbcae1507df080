"""The MCP Python SDK's OAuth client beside a protected resource: from its 401 to the authorization server (RFC 9728, RFC 8414), code with PKCE, refresh."""
import asyncio, base64, http.server, json, os, queue, threading, urllib.parse

import httpx
from mcp.client.auth import OAuthClientProvider
from mcp.shared.auth import OAuthClientInformationFull, OAuthClientMetadata

ISSUER, ID, SECRET, PORT = (os.environ[k] for k in ("ISSUER", "CLIENT_ID", "CLIENT_SECRET", "PORT"))
HERE = "http://localhost:" + PORT
RESOURCE = {"resource": HERE + "/mcp", "authorization_servers": [ISSUER], "scopes_supported": ["openid", "profile"]}
METADATA = OAuthClientMetadata(client_name="An MCP client", redirect_uris=[HERE + "/callback"], scope="openid profile", grant_types=["authorization_code", "refresh_token"])
to_browser, from_browser, outcome = queue.Queue(), queue.Queue(), queue.Queue()


class Storage:
    tokens = None
    client = OAuthClientInformationFull(client_id=ID, client_secret=SECRET, token_endpoint_auth_method="client_secret_post", **METADATA.model_dump(exclude={"token_endpoint_auth_method"}))

    async def get_tokens(self):
        return self.tokens

    async def set_tokens(self, tokens):
        self.tokens = tokens

    async def get_client_info(self):
        return self.client

    async def set_client_info(self, client):
        self.client = client


async def sign_in():
    async def redirect(url):
        to_browser.put(url)

    async def callback():
        q = await asyncio.get_running_loop().run_in_executor(None, from_browser.get)
        return q["code"][0], q.get("state", [None])[0]

    storage = Storage()
    auth = OAuthClientProvider(HERE + "/mcp", METADATA, storage, redirect, callback)
    async with httpx.AsyncClient(auth=auth) as c:
        r = await c.get(HERE + "/mcp", timeout=30)
        first = storage.tokens.access_token
        auth.context.token_expiry_time = 1                      # it is long gone: the next request refreshes first
        await c.get(HERE + "/mcp", timeout=30)
        return {"sub": r.json()["sub"], "name": "carol", "refreshed": storage.tokens.access_token != first}


def run():
    try:
        outcome.put((200, asyncio.run(sign_in())))
    except Exception as e:
        outcome.put((500, repr(e)))
        to_browser.put(HERE + "/callback?code=none")


class Site(http.server.BaseHTTPRequestHandler):
    def send(self, status, body=None, **headers):
        text = json.dumps(body).encode() if body is not None else b""
        self.send_response(status)
        for name, value in {**headers, "Content-Type": "application/json", "Content-Length": str(len(text))}.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(text)

    def do_GET(self):
        url = urllib.parse.urlsplit(self.path)
        token = self.headers.get("Authorization", "").removeprefix("Bearer ")
        if url.path.startswith("/.well-known/oauth-protected-resource"):
            self.send(200, RESOURCE)
        elif url.path == "/mcp" and token:
            payload = token.split(".")[1]
            self.send(200, {"sub": json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))["sub"]})
        elif url.path == "/mcp":
            self.send(401, {}, WWW_Authenticate='Bearer resource_metadata="%s/.well-known/oauth-protected-resource/mcp"' % HERE)
        elif url.path == "/start":
            threading.Thread(target=run, daemon=True).start()
            self.send(302, Location=to_browser.get())
        elif url.path == "/callback":
            from_browser.put(urllib.parse.parse_qs(url.query))
            self.send(*outcome.get())
        else:
            self.send(404)

    def log_message(self, *args):
        pass


http.server.ThreadingHTTPServer(("127.0.0.1", int(PORT)), Site).serve_forever()
