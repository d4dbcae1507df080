"""tests/conformance/protected_api.py - what a client's own tokens open: an API that looks at no token, behind an nginx that asks the
issuer's /auth/verify, as docs/resources.md and docs/dpop.md have it.

It speaks FAPI's TLS, asks for client certificates and passes them on, and answers with the request's x-fapi-interaction-id or with one of its own.
"""
import shutil, socket, ssl, subprocess, time, urllib.parse

# What nginx asks from, so that the issuer tells it from everybody else on this machine: it believes the fields of this address alone.
ASKS_FROM = "127.0.0.2"
CERTIFICATE = "Client-Cert"
TRUSTED = "http:\n  trusted_proxies: [%s]\n  client_cert_header: %s\n  client_cert_format: pem" % (ASKS_FROM, CERTIFICATE)
PATH = "/orders"
SCOPES = ["orders.read", "orders.write"]

CONFIGURATION = """daemon off; master_process off; worker_processes 1; pid %(dir)s/nginx.pid; error_log %(dir)s/nginx.log;
events { worker_connections 64; }
http {
  access_log off; client_body_temp_path %(dir)s/body; proxy_temp_path %(dir)s/proxy;
  fastcgi_temp_path %(dir)s/fcgi; uwsgi_temp_path %(dir)s/uwsgi; scgi_temp_path %(dir)s/scgi;
  map $request_id $fresh { "~^(.{8})(.{4}).(.{3}).(.{3})(.{12})$" $1-$2-4$3-8$4-$5; }
  map $http_x_fapi_interaction_id $interaction { "" $fresh; default $http_x_fapi_interaction_id; }
  server {
    listen 127.0.0.1:%(port)d ssl;
    server_name %(host)s;
    ssl_certificate %(cert)s;
    ssl_certificate_key %(key)s;
    ssl_protocols TLSv1.2 TLSv1.3;
    ssl_ciphers ECDHE-RSA-AES128-GCM-SHA256:ECDHE-RSA-AES256-GCM-SHA384;
    ssl_conf_command Ciphersuites TLS_AES_256_GCM_SHA384:TLS_AES_128_GCM_SHA256;
    ssl_verify_client optional_no_ca;
    location = %(path)s {
      auth_request /_verify;
      auth_request_set $nonce $upstream_http_dpop_nonce;
      add_header DPoP-Nonce $nonce always;
      add_header x-fapi-interaction-id $interaction always;
      proxy_pass http://127.0.0.1:%(back)d;
    }
    location = /_verify {
      internal;
      proxy_pass %(issuer)s/auth/verify?audience=%(audience)s&scope=orders.read;
      proxy_bind %(from)s;
      proxy_pass_request_body off;
      proxy_set_header Content-Length "";
      proxy_set_header X-Original-Method $request_method;
      proxy_set_header X-Original-URL $scheme://$http_host$request_uri;
      proxy_set_header %(field)s $ssl_client_escaped_cert;
    }
  }
  server {
    listen 127.0.0.1:%(back)d;
    location / { default_type application/json; return 200 '{"orders": []}'; }
  }
}
"""


class ProtectedApi:
    """Runs until close(). The certificate is that of the issuer's own host, under which the suite knows the resource too."""

    def __init__(self, directory, host, issuer, pair, ports):
        program = shutil.which("nginx", path="/usr/sbin:/usr/bin:/usr/local/sbin")
        if not program:
            raise RuntimeError("this plan wants a resource of its own, which an nginx guards: there is no nginx here")
        self.port, back = ports
        self.url = "https://%s:%d%s" % (host, self.port, PATH)
        self.directory = directory / ("api-%d" % self.port)
        self.directory.mkdir()
        conf = self.directory / "nginx.conf"
        conf.write_text(CONFIGURATION % {"dir": self.directory, "host": host, "port": self.port, "back": back, "cert": pair[0], "key": pair[1],
                                         "issuer": issuer, "path": PATH, "audience": urllib.parse.quote(self.url, safe=""), "from": ASKS_FROM, "field": CERTIFICATE})
        self.process = subprocess.Popen([program, "-p", str(self.directory), "-e", str(self.directory / "nginx.log"), "-c", str(conf)],
                                        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.wait_ready()

    def row(self):
        """The API as hufu has to know it."""
        return {"id": self.url, "name": "orders", "scopes": SCOPES}

    def wait_ready(self):
        until = time.time() + 60
        while time.time() < until:
            try:
                with socket.create_connection(("127.0.0.1", self.port), 5) as plain, ssl._create_unverified_context().wrap_socket(plain):
                    return
            except OSError:
                time.sleep(0.05)
        self.close()
        log = self.directory / "nginx.log"
        raise RuntimeError("nginx is not ready: %s" % (log.read_text(errors="replace")[-800:] if log.exists() else "it said nothing"))

    def close(self):
        self.process.terminate()
        self.process.wait()
