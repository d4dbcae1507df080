"""tests/demo.py - the demonstration with its own files, moved to free ports: what a manual prints is tried against it."""
import json, pathlib, re, shutil, signal, tempfile, time

from server import ROOT, Server, free_ports
from talker import Browser

PORTS = ["8080", "8081", "8082", "8083", "8090", "9900", "9091"]
ISSUERS = {"modern": "http://localhost:8080", "000": "http://localhost:8081", "001": "http://localhost:8082", "002": "http://localhost:9900/api-uaa",
           "003": "http://localhost:8090", "004": "http://localhost:8083"}


class Demo(Server):
    """hufud --demo. `here` turns a printed text into one for this server; nothing but its ports is changed."""

    def __init__(self, folder=None, **more):
        self.folder = pathlib.Path(folder or tempfile.mkdtemp(prefix="hufu-demo-"))
        super().__init__({}, [], args=["--demo", str(self.folder / "demo-data")], keep=self.folder / self.folder.name, **more)
        self.ports = dict(zip(PORTS, map(str, free_ports(len(PORTS)))))
        for name in ("hufu.yaml", "realm.json", "lines.txt"):
            (self.dir / name).write_text(self.here((ROOT / "demo" / name).read_text(encoding="utf-8")), encoding="utf-8")
        self.admin_port, self.sock = int(self.ports["9091"]), str(self.folder / "demo-data" / "hufud.sock")
        self.codes_seen = 0

    def write_config(self):
        pass

    def _put_away(self):
        super()._put_away()
        shutil.rmtree(self.folder, ignore_errors=True)

    def here(self, text):
        return re.sub(r"(?<=[]1t]:)(%s)\b" % "|".join(PORTS), lambda m: self.ports[m.group(1)], text)

    def url(self, manual):
        return self.here(ISSUERS[manual])

    def browser(self, manual, **more):
        return Browser(self.url(manual), **more)

    def sms_code(self):
        """The newest code that was printed on the terminal; each is given out once."""
        until = time.time() + 60
        while time.time() < until:
            codes = re.findall(r"your code is (\d+)", self.log())
            if len(codes) > self.codes_seen:
                self.codes_seen = len(codes)
                return codes[-1]
            time.sleep(0.02)
        raise AssertionError("no code was printed")

    def stop(self, sig=signal.SIGINT):
        """The known secrets that are printed for the terminal are taken out: the rest of the log must not hold one."""
        running = self.proc is not None
        status = super().stop(sig)
        printed = (self.dir / "lines.txt").read_text(encoding="utf-8")
        if running:
            assert status == 0 and printed in self.log()
            self.log_path.write_text(self.log().replace(printed, ""), encoding="utf-8")
        return status


def compact(printed):
    """JSON as a manual lays it out, in the one line that a server sends."""
    return json.dumps(json.loads(printed), ensure_ascii=False, separators=(",", ":"))


def masked(text, **masks):
    """JSON text in which the values of these members, matched as they stand there, are a question mark."""
    text = text.decode() if isinstance(text, bytes) else text
    for name, pattern in masks.items():
        text, n = re.subn(r'("%s":)(?:%s)(?=[,}\]])' % (name, pattern), r"\1?", text)
        assert n == 1, "%d times %s like %s in %s" % (n, name, pattern, text)
    return text
