"""An application that hears of things: it answers as it is told to and keeps what came."""
import http.server, threading, time, urllib.parse

import pytest

from gateway import untrusted_tls


class Listener:
    """got: (path, content type, form) of each request, of which asked has the paths; bodies: as they came. moods: how the answers go, the last one for all
    that follow: a status, or "hang"."""

    def __init__(self, *moods, tls=False, port=0):
        self.got, self.bodies, self.moods, self.come = [], [], list(moods) or [200], threading.Condition()
        here = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                here.answer(self)

            def do_POST(self):
                here.answer(self)

            def log_message(self, *a):
                pass
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", port), Handler)
        self.server.daemon_threads = True
        self.url = "%s://127.0.0.1:%d" % ("https" if tls else "http", self.server.server_port)
        if tls:
            untrusted_tls(self.server)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def asked(self):
        return [path for path, _, _ in self.got]

    def answer(self, h):
        body = h.rfile.read(int(h.headers.get("Content-Length", 0))).decode()
        with self.come:
            self.bodies.append(body)
            self.got.append((h.path, h.headers["Content-Type"], urllib.parse.parse_qs(body)))
            mood = self.moods.pop(0) if len(self.moods) > 1 else self.moods[0]
            self.come.notify_all()
        if mood == "hang":
            time.sleep(20)
            return
        h.send_response(mood)
        h.send_header("Content-Length", "0")
        if mood == 302:
            h.send_header("Location", self.url + "/elsewhere")
        h.end_headers()

    def heard(self, n, wait=10):
        """What came, once it is n requests; fewer when they do not come in time."""
        with self.come:
            self.come.wait_for(lambda: len(self.got) >= n, wait)
            return list(self.got)

    def paths(self, n, wait=10):
        """The paths of these, sorted."""
        return sorted(path for path, _, _ in self.heard(n, wait))

    def close(self):
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def ears():
    """Makes listeners, closes them afterwards."""
    made = []

    def make(*moods, **more):
        made.append(Listener(*moods, **more))
        return made[-1]
    yield make
    for n in made:
        n.close()
