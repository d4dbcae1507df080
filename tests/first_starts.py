"""tests/first_starts.py - stores as a first start leaves them: begun once, copied for the servers that follow. Standard library only.

A first start makes an RSA key for each issuer, which under the sanitizers too is most of what a short conversation costs. So the store of one
is kept, and a later server with the same issuers goes on with a copy of it, as after a restart. Two servers that meet in one test never have the
same store: they would have the same keys, and a signature of the one would pass for the other's.

$HUFU_FIRST_STARTS names the folder that several processes share; else each has one of its own until it ends.
"""
import atexit, contextlib, hashlib, itertools, json, os, pathlib, re, shutil, sqlite3, tempfile, threading

# The rules of an issuer that say which keys it has (setup_key_rules() of src/setup/policy.c): its dialect, and whatever is named so.
OF_KEYS = re.compile("dialect|.*(alg|encrypt)")
_own, _living, _met, _lock = [], set(), {"test": None, "had": set()}, threading.Lock()


def _folder():
    if os.environ.get("HUFU_FIRST_STARTS"):
        return pathlib.Path(os.environ["HUFU_FIRST_STARTS"])
    if not _own:
        _own.append(pathlib.Path(tempfile.mkdtemp(prefix="hufu-first-")))
        atexit.register(shutil.rmtree, _own[0], True)
    return _own[0]


def kind(server):
    """A name for all first starts that make the same keys; None where this one has to be made: the test wants it, or the store or its
    keys are not in the data directory, or the rules of the issuers are not all in their rows."""
    elsewhere = ("store:", "keys:", "realms:", "dialects:")
    if server.first or server.args or server.env or os.environ.get("HUFU_STORE_URL") or (server.dir / "data").exists() or not server.issuers:
        return None
    if any(line.startswith(elsewhere) for line in server.top.split("\n")):
        return None
    hufud = (server.build / "hufud").stat()
    issuers = {name: {k: v for k, v in rules.items() if OF_KEYS.match(k)} for name, rules in server.issuers.items()}
    said = json.dumps([str(server.build), hufud.st_mtime_ns, hufud.st_size, issuers], sort_keys=True)
    return hashlib.sha256(said.encode()).hexdigest()[:24]


def _number(kind):
    """The first number of this kind that no living server and no other one of this test has."""
    test = os.environ.get("PYTEST_CURRENT_TEST", "").rsplit(" (", 1)[0]
    if test != _met["test"]:
        _met.update(test=test, had=set())
    return next(n for n in itertools.count() if (kind, n) not in _living and (kind, n) not in _met["had"])


def take(server):
    """Before a start: the store is there, as it was begun before, or is begun by this start and kept by begun(), or is none of ours."""
    name, data = kind(server), server.dir / "data"
    if name is None:
        return
    with _lock:
        n = _number(name)
        _living.add((name, n))
        _met["had"].add((name, n))
    server.store_of = (name, n)
    at = _folder() / ("%s-%d" % server.store_of)
    if at.is_dir():
        shutil.copytree(at, data)
        server.store_begun = None
    else:
        server.store_begun = at


def begun(server):
    """After a start: what it began is kept, whole or not at all."""
    at, server.store_begun = getattr(server, "store_begun", None), None
    if at is None:
        return
    at.parent.mkdir(parents=True, exist_ok=True)
    new = pathlib.Path(tempfile.mkdtemp(dir=at.parent, prefix=".new-"))
    data = server.dir / "data"
    with contextlib.closing(sqlite3.connect(data / "hufu.db")) as live, contextlib.closing(sqlite3.connect(new / "hufu.db")) as copy:
        live.backup(copy)
    shutil.copy(data / "kek", new / "kek")
    os.chmod(new / "hufu.db", 0o600)
    try:
        new.rename(at)
    except OSError:                 # another process was sooner
        shutil.rmtree(new)


def ended(server):
    """The server is put away: its store may be another one's, though not in this test."""
    with _lock:
        _living.discard(getattr(server, "store_of", None))
