"""tests/upgrade_load.py - clients that ask while the process behind the sockets changes: each request that was sent is answered, and no connection is reset."""
import json, re, socket, threading, time

from talker import APP_SECRET, SERVICE_SECRET, basic, form, tokens

METADATA = b"/.well-known/openid-configuration"
KINDS = ("metadata", "client credentials", "refresh")


class Load:
    """n threads: on a connection for each request, on kept ones, and on kept ones that think in between; they read, get tokens, rotate families."""

    def __init__(self, w, n=6):
        self.port, self.done, self.failed, self.reset, self.stopped, self.lock = w.port["modern"], 0, [], 0, False, threading.Lock()
        self.times = []
        self.families = {i: tokens(w)["refresh_token"] for i in range(n) if i % 3 == 2}
        self.threads = [threading.Thread(target=self.run, args=(i,), daemon=True) for i in range(n)]
        for t in self.threads:
            t.start()

    def request(self, i):
        if i % 3 == 0:
            return b"GET %s HTTP/1.1\r\nHost: x\r\n\r\n" % METADATA
        if i % 3 == 1:
            fields, who = {"grant_type": "client_credentials"}, basic("service", SERVICE_SECRET)
        else:
            fields, who = {"grant_type": "refresh_token", "refresh_token": self.families[i]}, basic("app", APP_SECRET)
        body = form(fields).encode()
        return b"POST /token HTTP/1.1\r\nHost: x\r\nAuthorization: %s\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: %d\r\n\r\n%s" % (
            who["Authorization"].encode(), len(body), body)

    def ask(self, s, i):
        """True when the server says that it closes the connection."""
        s.sendall(self.request(i))
        got, length = b"", None
        while length is None or len(got) < length:
            piece = s.recv(65536)
            if not piece:
                raise OSError("closed after %r" % got[:100])
            got += piece
            if length is None and b"\r\n\r\n" in got:
                length = got.index(b"\r\n\r\n") + 4 + int(re.search(rb"Content-Length: (\d+)", got)[1])
        if not got.startswith(b"HTTP/1.1 200 "):
            raise OSError(got[:300])
        if i % 3 == 2:
            self.families[i] = json.loads(got[got.index(b"\r\n\r\n") + 4:])["refresh_token"]
        return b"Connection: close" in got

    def note(self, i, e):
        with self.lock:
            self.failed.append((KINDS[i % 3], repr(e)))
            self.reset += isinstance(e, (ConnectionResetError, BrokenPipeError))

    def run(self, i):
        keep, s = (i // 3) % 3, None
        while not self.stopped:
            begun = time.monotonic()
            try:
                if s is None:
                    s = socket.create_connection(("127.0.0.1", self.port), timeout=40)
                last = self.ask(s, i)
            except OSError as e:
                self.note(i, e)
                last = True
            with self.lock:
                self.done += 1
                self.times.append(time.monotonic() - begun)
            if last or keep == 0:
                s.close() if s else None
                s = None
            if keep == 2:
                time.sleep(0.05)

    def more(self, n=40):
        until, seen = time.time() + 60, self.done
        while self.done < seen + n and not self.failed and time.time() < until:
            time.sleep(0.01)

    def end(self):
        """What failed."""
        self.stopped = True
        for t in self.threads:
            t.join(60)
        return self.failed
