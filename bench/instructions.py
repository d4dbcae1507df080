"""bench/instructions.py - the row `instructions` of bench/run: what one request costs, counted by callgrind (Debian package valgrind) on one
connection. Other load on the machine does not change it. The wiping of memory by bytes and SHA-256 without the processor's own
instructions for it are in the figures, so they tell states of hufud apart, not hufud from a bare program."""
import http.client, os, pathlib, re, subprocess, time

WARM, ASKED, SIGNED = 30, 300, 20
FORM = "application/x-www-form-urlencoded"


def counted(out, where):
    """A build whose hufud runs under callgrind, which counts nothing until it is told to."""
    where = pathlib.Path(where)
    (where / "hufud").write_text("#!/bin/sh\nexec valgrind -q --tool=callgrind --instr-atstart=no --callgrind-out-file=%s/out %s/hufud \"$@\"\n" % (where, out))
    os.chmod(where / "hufud", 0o755)
    (where / "hufu").symlink_to(out / "hufu")
    return where


def ask(connection, path, body, basic, n):
    for _ in range(n):
        connection.request("GET" if body is None else "POST", path, body, {"Content-Type": FORM, "Authorization": basic})
        r = connection.getresponse()
        r.read()
        assert r.status == 200, (path, r.status)


def tell(pid, *what):
    subprocess.run(["callgrind_control", *what, str(pid)], check=True, capture_output=True)


def count(pid, where, base, path, body, basic, signed):
    """Instructions for one request, and how many of them libcrypto signs with."""
    n = SIGNED if signed else ASKED
    connection = http.client.HTTPConnection(base[7:])
    ask(connection, path, body, basic, WARM)
    tell(pid, "-i", "on")
    ask(connection, path, body, basic, 3)
    time.sleep(0.3)                     # what follows an answer belongs to it
    tell(pid, "-z")
    ask(connection, path, body, basic, n)
    time.sleep(0.05)
    tell(pid, "-d")
    tell(pid, "-i", "off")
    connection.close()
    newest = max(pathlib.Path(where).glob("out.*"), key=lambda f: int(f.suffix[1:]))
    total = int(re.search(r"^(?:summary|totals): (\d+)", newest.read_text(errors="replace"), re.M).group(1))
    return total / n, signatures(newest) / n if signed else 0


def signatures(file):
    text = subprocess.run(["callgrind_annotate", "--inclusive=yes", "--threshold=100", str(file)], capture_output=True, text=True).stdout
    m = re.search(r"^\s*([\d,]+) .*:EVP_DigestSign ", text, re.M)
    return int(m.group(1).replace(",", "")) if m else 0
