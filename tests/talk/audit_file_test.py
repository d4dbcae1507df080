"""The audit file: a chain with signed heads; whatever is done to it afterwards is found. hufu audit reads it."""
import base64, csv, hashlib, io, json, signal, subprocess, time

import pytest

from talker import SERVICE_SECRET, World, basic, get, post

TOP = """
audit:
  file: %s
  sign_every: %s
  rotate_size: %s
"""


def world(tmp_path, sign="1h", size="64m"):
    return World("modern", top=TOP % (tmp_path / "audit/trail.jsonl", sign, size))


def ask(w, n=3):
    for _ in range(n):
        post(w.at("modern", "/token"), {"grant_type": "client_credentials"}, basic("service", SERVICE_SECRET))


def lines(path):
    return path.read_text().splitlines()


def until(question):
    end = time.time() + 60
    while not question() and time.time() < end:
        time.sleep(0.02)
    assert question()


def verify(w, path, *more):
    status, out, err = w.hufu("--json", "audit", "verify", str(path), *more)
    assert out, err
    got = json.loads(out)
    assert got["ok"] == (status == 0)
    return got, [f["fault"] for f in got["faults"]]


@pytest.fixture(scope="module")
def stopped(tmp_path_factory):
    """A server that was started twice and stopped, and its file."""
    d = tmp_path_factory.mktemp("audit")
    with world(d) as w:
        path = d / "audit/trail.jsonl"
        ask(w)
        assert w.hufu("user", "disable", "bob", "--realm", "main")[0] == 0
        w.stop()
        w.start()
        ask(w)
        w.stop()
        yield w, path


def test_a_chain_across_a_restart(stopped):                     # A2
    w, path = stopped
    rows = [json.loads(line) for line in lines(path)]
    assert [r["seq"] for r in rows] == list(range(1, len(rows) + 1))
    assert oct(path.stat().st_mode & 0o777) == "0o600" and oct(path.parent.stat().st_mode & 0o777) == "0o700"
    assert [r["event"] for r in rows if r.get("event") == "user.disable"]
    assert sum(r.get("endpoint") == "token" for r in rows) == 6
    assert rows[-1]["level"] == "head" and sum(r["level"] == "head" for r in rows) == 2
    got, faults = verify(w, path)
    assert not faults and got["heads"] == 2 and got["signed"] == got["last"] == len(rows)
    status, out, _ = w.hufu("audit", "verify")                  # the file of the settings
    assert status == 0 and "sound" in out and "完好" in w.hufu("--lang", "zh", "audit", "verify")[1]


def test_what_was_done_to_it_is_found(stopped, tmp_path):
    w, path = stopped
    was = lines(path)
    copy = tmp_path / "copy.jsonl"

    def faults(rows, end="\n"):
        copy.write_text("\n".join(rows) + end)
        return verify(w, copy)
    n = len(was) // 2
    assert faults(was)[1] == []
    got, found = faults(was[:n] + was[n + 1:])                  # removed
    assert found == ["missing"] and got["faults"][0]["line"] == n + 1 and str(n + 1) in got["faults"][0]["said"]
    changed = was[:n] + [was[n].replace("127.0.0.1", "127.0.0.2").replace("done", "gone")] + was[n + 1:]
    changed[n] = changed[n] if changed[n] != was[n] else was[n].replace('"ts":"2', '"ts":"1')
    assert "changed" in faults(changed)[1]
    assert "order" in faults(was[:n] + [was[n + 1], was[n]] + was[n + 2:])[1]
    assert "foreign" in faults(was[:n] + ['{"ts":"2026-01-01T00:00:00.000Z","level":"record"}'] + was[n:])[1]
    assert faults(was[:-1] + [was[-1][:-9]], end="")[1] == ["cut"]
    assert faults(was[2:])[1][0] == "beginning"                 # the first head knows where the file began
    head = json.loads(was[-1])
    assert "head" in faults(was[:-1] + [was[-1].replace(head["jws"][-40:-4], "A" * 36)])[1]


def test_a_chain_made_anew_has_no_signature(stopped, tmp_path):
    w, path = stopped
    rows, prev = [], None
    for line in lines(path):
        line = line.replace("127.0.0.1", "10.0.0.1")
        if prev is not None:
            at = line.rindex('"prev":"') + 8
            digest = base64.urlsafe_b64encode(hashlib.sha256(prev.encode()).digest())
            line = line[:at] + digest.decode().rstrip("=") + '"}'
        prev = line
        rows.append(line)
    forged = tmp_path / "forged.jsonl"
    forged.write_text("\n".join(rows) + "\n")
    assert set(verify(w, forged)[1]) == {"head"}


def test_the_end_cut_off_shows_against_a_head_of_the_log(stopped, tmp_path):
    w, path = stopped
    was, copy = lines(path), tmp_path / "copy.jsonl"
    told = [json.loads(line) for line in w.log().splitlines() if '"audit.head"' in line][-1]
    head = "%d:%s" % (told["seq"], told["digest"])
    assert told["seq"] == len(was) and verify(w, path, "--head", head)[1] == []
    copy.write_text("\n".join(was[:-3]) + "\n")
    got, faults = verify(w, copy)
    assert not faults and got["signed"] < got["last"]           # said: not signed yet
    assert verify(w, copy, "--head", head)[1] == ["short"]


def test_another_key(stopped, tmp_path):
    w, path = stopped
    status, out, _ = w.hufu("audit", "key")
    keys = tmp_path / "keys.json"
    keys.write_text(out)
    assert status == 0 and '"d"' not in out and verify(w, path, "--key", str(keys))[1] == []
    keys.write_text('{"keys":[]}')
    assert set(verify(w, path, "--key", str(keys))[1]) == {"stranger"}


def test_tail_search_export(stopped):
    w, path = stopped
    assert len(w.hufu("audit", "tail", "--lines", "2")[1].splitlines()) == 2
    out = w.hufu("audit", "search", "--event", "user.disable", "--user", "bob", "--json")[1].splitlines()
    assert len(out) == 1 and json.loads(out[0])["result"] == "done"
    assert len(w.hufu("audit", "search", "--event", "token", "--client", "service")[1].splitlines()) == 6
    assert w.hufu("audit", "search", "--since", "2100-01-01")[1] == ""
    assert w.hufu("audit", "search", "--since", "nonsense")[0] == 2
    assert len(w.hufu("audit", "search", "--since", "1h")[1].splitlines()) > 6
    rows = json.loads(w.hufu("audit", "export")[1])
    table = list(csv.DictReader(io.StringIO(w.hufu("audit", "export", "--csv")[1])))
    assert len(rows) == len(table) > 6 and table[0]["seq"] == "1"
    assert [r["event"] for r in rows if r.get("event") == "user.disable"]


def test_explain_reads_it(tmp_path):
    path = tmp_path / "audit/trail.jsonl"
    with world(tmp_path) as w:
        r = post(w.at("modern", "/token"), {"grant_type": "client_credentials"}, basic("service", "wrong"))
        i = r.all("X-Hufu-Error-Id")[0]
        until(lambda: i in path.read_text())
        status, out, _ = w.hufu("explain", i)
        assert status == 0 and "client_secret" in out


def test_killed_in_the_middle_it_goes_on(tmp_path):
    path = tmp_path / "audit/trail.jsonl"
    with world(tmp_path) as w:
        ask(w, 5)
        until(lambda: sum('"endpoint":"token"' in line for line in lines(path)) == 5)
        w.proc.send_signal(signal.SIGKILL)
        w.proc.wait()
        with open(path, "a") as f:
            f.write('{"ts":"2026-01-02T03:04:05.678Z","level":"au')        # half a line, as a crash leaves it
        w.start()
        ask(w)
        w.stop()
        got, faults = verify(w, path)
        rows = [json.loads(line) for line in lines(path)]
        assert not faults and got["signed"] == got["last"]
        assert [r["bytes"] for r in rows if r.get("event") == "audit.cut"] == [44]


def test_rotation(tmp_path):
    path = tmp_path / "audit/trail.jsonl"
    with world(tmp_path, size="16k") as w:
        ask(w, 120)
        until(lambda: len(list(path.parent.iterdir())) >= 2)
        w.stop()
        files = sorted(path.parent.glob("trail.jsonl-*"))
        assert files and files[0].name == "trail.jsonl-000000000001"
        assert verify(w, path)[1] == [] and json.loads(lines(files[0])[-1])["level"] == "head"
        assert json.loads(lines(path)[0])["seq"] == json.loads(lines(files[-1])[-1])["seq"] + 1
        rotated = files[0].read_text().splitlines()
        files[0].write_text("\n".join(rotated[:-1]) + "\n")
        assert "missing" in verify(w, path)[1]


def days(w, path, n):
    """n days with some lines each, a file for each."""
    for i in range(n):
        ask(w)
        until(lambda: '"endpoint":"token"' in path.read_text())
        w.turn_clock(86400)
        until(lambda: len(list(path.parent.glob("trail.jsonl-*"))) == i + 1)


def test_a_day_is_a_file_and_old_ones_go(tmp_path):             # A3
    path = tmp_path / "audit/trail.jsonl"
    with world(tmp_path) as w:
        days(w, path, 3)
        old = sorted(path.parent.glob("trail.jsonl-*"))
        ends = [lines(f)[-1] for f in old]
        links = [(json.loads(e)["seq"], base64.urlsafe_b64encode(hashlib.sha256(e.encode()).digest()).decode().rstrip("=")) for e in ends]
        w.turn_clock(399 * 86400)
        ask(w)
        w.turn_clock(86400 + 3600)                              # the first two have had their 400 days
        until(lambda: not old[1].exists())
        assert not old[0].exists()
        told = [json.loads(line) for line in w.log().splitlines() if '"audit.expired"' in line]
        assert {(t["last"], t["digest"]) for t in told} <= set(links) and sum(t["files"] for t in told) == sum(not f.exists() for f in old)
        w.stop()
        got, faults = verify(w, path)
        assert faults == [] and got["first"] > 1 and got["parted"]["last"] == got["first"] - 1
        status, out, _ = w.hufu("audit", "verify", str(path))
        assert status == 0 and "were removed by audit.keep" in out and "audit.keep" in w.hufu("--lang", "zh", "audit", "verify", str(path))[1]
        left = sorted(path.parent.glob("trail.jsonl-*"))
        assert verify(w, left[0])[1] == []                      # one of them alone, by its name
        left[0].unlink()                                        # by hand
        assert "front" in verify(w, path)[1]


def test_what_is_removed_stands_in_the_chain_first(tmp_path):   # A3: a size, and a chain that was broken by hand
    path = tmp_path / "audit/trail.jsonl"
    with World("modern", top=(TOP % (path, "1h", "16k")).rstrip() + "\n  keep_size: 60k\n") as w:
        for _ in range(8):
            ask(w, 60)
            w.turn_clock(3601000)
        until(lambda: '"audit.expired"' in w.log() and sum(f.stat().st_size for f in path.parent.iterdir()) < 90000)
        w.stop()
        assert verify(w, path)[1] == []
        kept = sorted(path.parent.glob("trail.jsonl-*"))
        kept[1].unlink()
        w.start()
        for _ in range(6):
            ask(w, 60)
        w.turn_clock(3601000)
        until(lambda: "kept beyond audit.keep" in w.log())
        assert kept[0].exists()
        w.stop()
        assert "missing" in verify(w, path)[1]


def test_the_newest_head_is_published_and_finds_what_was_cut_off(tmp_path):
    path, kept = tmp_path / "audit/trail.jsonl", tmp_path / "heads.jsonl"
    with world(tmp_path, sign="1s") as w:
        url = "http://127.0.0.1:%d/audit/head" % w.admin_port
        ask(w)
        until(lambda: get(url).status == 200)
        ask(w)
        until(lambda: sum('"endpoint":"token"' in line for line in lines(path)) == 6 and '"level":"head"' in lines(path)[-1])
        until(lambda: get(url).text == lines(path)[-1] + "\n")
        head = get(url)
        assert head.get("Content-Type") == "application/json" and json.loads(head.text)["jws"]
        kept.write_text("something else\n" + head.text)
        assert verify(w, path, "--head", url)[1] == verify(w, path, "--head", str(kept))[1] == []
        assert w.hufu("audit", "verify", str(path), "--head", "-", input=head.text)[0] == 0
        copy, was = tmp_path / "copy.jsonl", lines(path)
        copy.write_text("\n".join(was[:-3]) + "\n")             # the tail was cut off
        for at in (url, str(kept)):
            assert "short" in verify(w, copy, "--head", at)[1]
        for bad in ("{}", head.text.replace('"seq":', '"seq":1'), head.text.replace(json.loads(head.text)["jws"][-40:-4], "A" * 36)):
            kept.write_text(bad)
            status, _, err = w.hufu("audit", "verify", str(path), "--head", str(kept))
            assert status == 1 and "no head" in err
        assert w.hufu("audit", "verify", str(path), "--head", str(tmp_path / "none"))[0] == 1
        assert w.hufu("audit", "verify", str(path), "--head", url + "/none")[0] == 1
        w.stop()
        w.start()
        assert json.loads(get("http://127.0.0.1:%d/audit/head" % w.admin_port).text)["seq"] >= json.loads(head.text)["seq"]


def test_no_head_without_a_file_and_none_for_strangers():
    with World("modern") as w:
        assert get("http://127.0.0.1:%d/audit/head" % w.admin_port).status == 404


def test_a_reload_opens_a_file_that_was_moved_away(tmp_path):
    path = tmp_path / "audit/trail.jsonl"
    with world(tmp_path) as w:
        ask(w)
        until(lambda: len(lines(path)) > 3)
        path.rename(tmp_path / "moved.jsonl")
        w.proc.send_signal(signal.SIGHUP)
        until(path.exists)
        ask(w)
        w.stop()
        assert verify(w, path)[1] == [] and json.loads(lines(tmp_path / "moved.jsonl")[-1])["level"] == "head"
        moved, first = lines(tmp_path / "moved.jsonl"), json.loads(lines(path)[0])
        assert (first["event"], first["seq"], first["last"]) == ("audit.moved", len(moved) + 1, len(moved)) and first["digest"] == first["prev"]
        assert "were moved" not in w.hufu("audit", "verify", str(path))[1] and "moved away" in w.hufu("audit", "verify", str(path))[1]
        path.write_text("\n".join(lines(path)[1:]) + "\n")
        assert "front" in verify(w, path)[1]


def test_a_file_of_something_else_is_left_alone(tmp_path):
    with world(tmp_path) as w:
        w.stop()
        path = tmp_path / "audit/trail.jsonl"
        path.write_text("something else\n")
        with pytest.raises(RuntimeError):
            w.start()
        w.proc = None
        assert path.read_text() == "something else\n" and "move it away" in w.log()


def test_a_full_disk_is_told_and_keeps_nobody_waiting(tmp_path):         # A1
    place = tmp_path / "audit"
    place.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(place)], capture_output=True).returncode:
        pytest.skip("a small file system needs the right to mount")
    path = place / "trail.jsonl"
    try:
        with world(tmp_path) as w:
            filler = place / "filler"
            with pytest.raises(OSError):
                with open(filler, "wb", buffering=0) as f:
                    while True:
                        f.write(bytes(4096))
            ask(w, 40)
            until(lambda: '"audit.failed"' in w.log() and sum(a["endpoint"] == "token" for a in w.audit()) == 40)
            assert path.read_bytes().endswith(b"\n")            # whole lines
            filler.unlink()
            ask(w)
            w.stop()
            got, faults = verify(w, path)
            rows = [json.loads(line) for line in lines(path)]
            lost = [r["lost"] for r in rows if r.get("event") == "audit.writable"]
            assert not faults and lost           # more than once where a short line found room behind the last one
            assert sum(lost) + sum(r.get("endpoint") == "token" for r in rows) == 43
    finally:
        subprocess.run(["umount", "-l", str(place)])
