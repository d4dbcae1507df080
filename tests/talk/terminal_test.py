"""A password typed on a terminal: never shown, asked twice, and the terminal is as before however it ends."""
import os, pty, select, signal, subprocess, termios

import pytest

from server import clean_env, remember
from talker import World, get_code

TYPED = remember("typed-at-a-terminal-71c0")


@pytest.fixture(scope="module")
def w():
    with World("modern") as world:
        yield world


class Terminal:
    """A program with a terminal of its own; `said` is all that stood on it."""

    def __init__(self, *command, interrupt=signal.SIG_DFL):
        env = clean_env(LC_ALL="C.UTF-8", ASAN_OPTIONS="detect_leaks=0")        # one that a signal ends looks for no leaks
        self.said = b""
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            signal.signal(signal.SIGINT, interrupt)
            os.execve(command[0], list(command), env)

    def read(self):
        """What came, b"" at the end."""
        if not select.select([self.fd], [], [], 20)[0]:
            raise AssertionError("nothing came within 20 s behind %r" % self.said)
        try:
            got = os.read(self.fd, 4096)
        except OSError:                         # the last process that had it open is gone
            got = b""
        self.said += got
        return got

    def until(self, text):
        while text.encode() not in self.said:
            assert self.read(), self.said
        return self

    def type(self, text):
        os.write(self.fd, text if isinstance(text, bytes) else text.encode())
        return self

    def echoes(self):
        return bool(termios.tcgetattr(self.fd)[3] & termios.ECHO)

    def end(self):
        """(exit status, what it said); a signal counts as minus its number."""
        while self.read():
            pass
        status = os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])
        os.close(self.fd)
        return status, self.said.decode()


def hufu(w, *args, **more):
    return Terminal(str(w.build / "hufu"), "--config", str(w.conf), *args, "user", "set-password", "alice", **more)


def asked(w, **more):
    t = hufu(w, **more).until("Password: ")
    assert not t.echoes()
    return t


def test_typed_twice_it_is_the_password(w):
    status, said = asked(w).type(TYPED + "\n").until("Again: ").type(TYPED + "\n").end()
    assert status == 0 and TYPED not in said, said
    assert get_code(w, password=TYPED)


def test_typed_ahead_of_the_prompt_it_is_not_shown(w):
    status, said = asked(w).type(TYPED + "\n" + TYPED + "\n").end()
    assert status == 0 and TYPED not in said


def test_two_that_differ_change_nothing(w):
    before = w.control({"do": "user.show", "realm": "main", "name": "alice"})["user"]
    status, said = asked(w).type("one-password-here\n").until("Again: ").type("another-password\n").end()
    assert status == 1 and "the two passwords differ" in said and "one-password" not in said
    assert w.control({"do": "user.show", "realm": "main", "name": "alice"})["user"] == before


@pytest.mark.parametrize("typed", ["\n", b"\x04"])
def test_an_empty_line_and_the_end_of_input(w, typed):
    status, said = asked(w).type(typed).end()
    assert status == 1 and "the password is empty" in said and "Again" not in said


def test_longer_than_allowed(w):
    status, said = asked(w).type("x" * 1500 + "\n").end()
    assert status == 1 and "longer than 1024 bytes" in said and "Again" not in said and "xx" not in said
    status, said = asked(w).type("y" * 1024 + "\n").until("Again: ").type("y" * 1024 + "\n").end()
    assert status == 0, said


@pytest.mark.parametrize("at", ["Password: ", "Again: "])
def test_interrupted_the_terminal_echoes_again(w, at):
    """Control and C: hufu ends by that signal, at once, and what follows is shown."""
    script = "trap : INT\n%s --config %s user set-password alice; echo \"ended with $?\"; stty -a | grep -o -- '[-]*echo '" % (w.build / "hufu", w.conf)
    t = Terminal("/bin/sh", "-c", script)           # a shell outlives what ends its command
    t.until("Password: ")
    if at == "Again: ":
        t.type(TYPED + "\n").until(at)
    assert not t.echoes()
    t.type(b"half a line\x03")
    _, said = t.end()
    assert "ended with 130" in said and said.rstrip().endswith("echo") and "-echo" not in said and "half" not in said, said


def test_an_interrupt_that_is_ignored_ends_nothing(w):
    t = asked(w, interrupt=signal.SIG_IGN).type(b"half a line\x03" + TYPED.encode() + b"\n").until("Again: ")
    assert t.type(TYPED + "\n").end()[0] == 0


def test_told_to_end_from_outside(w):
    t = asked(w)
    os.kill(t.pid, signal.SIGTERM)
    assert t.end()[0] == -signal.SIGTERM


def test_without_a_terminal_it_says_what_to_do(w):
    r = subprocess.run([str(w.build / "hufu"), "--config", str(w.conf), "user", "set-password", "alice"], stdin=subprocess.DEVNULL, capture_output=True, text=True,
                       env=clean_env(LC_ALL="C.UTF-8"), start_new_session=True, timeout=60)
    assert r.returncode == 2 and "--password-stdin" in r.stderr and not r.stdout


def test_in_chinese(w):
    t = hufu(w, "--lang", "zh").until("密码：").type(TYPED + "\n").until("再输一次：")
    status, said = t.type("x\n").end()
    assert status == 1 and "两次输入的密码不同" in said
