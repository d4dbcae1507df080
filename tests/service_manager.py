"""A service manager for tests: hears what sd_notify(3) sends, keeps descriptors (FDSTORE=1), and passes sockets on as sd_listen_fds(3) expects them."""
import ctypes, os, pathlib, select, socket, subprocess, tempfile, time

FIRST_FD = 3


class Notices:
    """The socket behind NOTIFY_SOCKET. stored: {name: descriptor}, what is kept."""

    def __init__(self):
        self.path = str(pathlib.Path(tempfile.mkdtemp(prefix="hufu-notify-")) / "notify")
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(self.path)
        self.stored = {}

    def heard(self, line, wait=15):
        """What came up to a message that begins with this line; it and what was before it are forgotten. None when it does not come."""
        came = []
        while select.select([self.socket], [], [], wait)[0]:
            came.append(self.receive())
            if came[-1].split("\n")[0] == line:
                return came
        return None

    def receive(self):
        data, fds, _, _ = socket.recv_fds(self.socket, 4096, 8)
        text = data.decode()
        said = dict(line.partition("=")[::2] for line in text.split("\n"))
        if said.get("FDSTORE") == "1":
            self.keep(said["FDNAME"], *fds)
        elif said.get("FDSTOREREMOVE") == "1":
            os.close(self.stored.pop(said["FDNAME"]))
        return text

    def keep(self, name, fd):
        """What is there already is passed over."""
        if ":" not in name and os.fstat(fd).st_ino not in [os.fstat(f).st_ino for f in self.stored.values()]:
            self.stored[name] = fd
        else:
            os.close(fd)

    def keeps(self, names, wait=30):
        """True once these are kept, and no others."""
        until = time.time() + wait
        while set(self.stored) != set(names):
            if not select.select([self.socket], [], [], max(0, until - time.time()))[0]:
                return False
            self.receive()
        return True

    def close(self):
        for fd in self.stored.values():
            os.close(fd)
        self.socket.close()
        os.unlink(self.path)
        os.rmdir(os.path.dirname(self.path))


def with_sockets(command, sockets, env, stored={}, **more):
    """Start a program with these sockets, then what is stored, as descriptors 3, 4, ...; LISTEN_PID is its own number, which only it can know: a shell says it."""
    given = [s.fileno() for s in sockets] + list(stored.values())
    def pass_on():
        kept = [os.dup(fd) for fd in given]                     # none of them may stand where another one shall
        kept = [os.dup2(fd, 100 + i) for i, fd in enumerate(kept)]
        for i, fd in enumerate(kept):
            os.dup2(fd, FIRST_FD + i)
    env = {**env, "LISTEN_FDS": str(len(given)), "LISTEN_FDNAMES": ":".join(["hufud.socket"] * len(sockets) + list(stored))}
    fds = range(FIRST_FD, FIRST_FD + len(given))
    return subprocess.Popen(["/bin/sh", "-c", 'LISTEN_PID=$$ exec "$0" "$@"', *command], env=env, preexec_fn=pass_on, pass_fds=fds, **more)


# --- what the unit allows: systemd.exec(5) ------------------------------------------------------------------------------------------

def settings(unit):
    """[Service] of a unit file: {name: [values]}."""
    out = {}
    for line in pathlib.Path(unit).read_text(encoding="utf-8").splitlines():
        name, equals, value = line.partition("=")
        if equals and not line.startswith("#"):
            out.setdefault(name, []).append(value)
    return out


def calls_of(group):
    """The system calls of a group such as @system-service."""
    if not group.startswith("@"):
        return {group}
    lines = subprocess.run(["systemd-analyze", "syscall-filter", group], capture_output=True, text=True, check=True).stdout.splitlines()
    words = [line.strip() for line in lines[1:] if line.strip() and not line.strip().startswith("#")]
    return set().union(*(calls_of(w) for w in words))


def calls_allowed(unit):
    allowed = set()
    for value in settings(unit)["SystemCallFilter"]:
        named = set().union(*(calls_of(w) for w in value.lstrip("~").split()))
        allowed = allowed - named if value.startswith("~") else allowed | named
    return allowed


ERRNO_EPERM, ALLOW = 0x00050001, 0x7FFF0000


def confine(names):
    """In a new process: no new privileges, and EPERM for every other call than these, as the unit's filter has it."""
    lib = ctypes.CDLL("libseccomp.so.2", use_errno=True)
    lib.seccomp_init.restype = ctypes.c_void_p
    filter = ctypes.c_void_p(lib.seccomp_init(ERRNO_EPERM))
    for name in names:
        number = lib.seccomp_syscall_resolve_name(name.encode())
        if number >= 0 and lib.seccomp_rule_add(filter, ALLOW, number, 0) != 0:
            raise OSError("seccomp_rule_add: " + name)
    if ctypes.CDLL(None).prctl(38, 1, 0, 0, 0) != 0 or lib.seccomp_load(filter) != 0:      # PR_SET_NO_NEW_PRIVS
        raise OSError("seccomp_load")
