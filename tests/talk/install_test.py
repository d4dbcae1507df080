"""make install: what it puts where, that it runs from there, what a second one leaves alone; manual pages, completion, units."""
import pathlib, re, subprocess

import pytest

from server import BUILD, clean_env

ROOT = pathlib.Path(__file__).resolve().parents[2]
VERSION = (ROOT / "VERSION").read_text().strip()


def make(*args):
    return subprocess.run(["make", "-s", "MODE=" + BUILD.name, *args], cwd=ROOT, capture_output=True, text=True, check=True, env=clean_env())


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    """Where it is installed: below it as below /."""
    root = tmp_path_factory.mktemp("root")
    make("install", "prefix=%s/usr" % root, "sysconfdir=%s/etc" % root)
    return root


def run(*command, **more):
    return subprocess.run([str(c) for c in command], capture_output=True, text=True, env=clean_env(**more))


def test_everything_has_its_place_and_nothing_else_is_there(root):
    man = ["man8/hufud.8", "man1/hufu.1", "man5/hufu.yaml.5"]
    wanted = {"usr/sbin/hufud", "usr/bin/hufu", "etc/hufu/hufu.yaml", "usr/lib/systemd/system/hufud.service", "usr/lib/systemd/system/hufud.socket",
              "usr/lib/sysusers.d/hufu.conf", "usr/share/bash-completion/completions/hufu", "usr/share/zsh/site-functions/_hufu",
              "usr/share/fish/vendor_completions.d/hufu.fish", "usr/share/hufu/acme-deploy", *("usr/share/man/" + m for m in man), *("usr/share/man/zh_CN/" + m for m in man)}
    there = {str(p.relative_to(root)) for p in root.rglob("*") if p.is_file()}
    documents = {p for p in there if p.startswith("usr/share/doc/hufu/")}
    assert there - documents == wanted
    assert {"usr/share/doc/hufu/docs/" + p.name for p in (ROOT / "docs").glob("*.md")} < documents


def test_the_version_is_the_trees(root):
    assert run(root / "usr/sbin/hufud", "--version").stdout == "hufud %s\n" % VERSION
    assert run(root / "usr/bin/hufu", "--version").stdout == "hufu %s\n" % VERSION
    for page in ("CHANGELOG.md", "CHANGELOG.zh-CN.md"):
        assert re.search(r"^## (\S+?)[ （]", (ROOT / page).read_text(encoding="utf-8"), re.M)[1] == VERSION, page


def test_the_first_settings_are_sound(root, tmp_path):
    r = run(root / "usr/sbin/hufud", "--config", root / "etc/hufu/hufu.yaml", "--check", HUFU_DATA=str(tmp_path / "data"), HUFU_ADMIN__SOCKET=str(tmp_path / "s"))
    assert r.returncode == 0, r.stderr


def test_settings_of_the_operator_stay(root):
    settings = root / "etc/hufu/hufu.yaml"
    before = settings.read_text()
    settings.write_text("# mine\n" + before)
    make("install", "prefix=%s/usr" % root, "sysconfdir=%s/etc" % root)
    assert settings.read_text() == "# mine\n" + before
    settings.write_text(before)


def test_destdir_is_written_into_no_file(tmp_path):
    make("install", "DESTDIR=%s" % tmp_path, "prefix=/usr")
    unit = (tmp_path / "usr/lib/systemd/system/hufud.service").read_text()
    assert "ExecStart=/usr/sbin/hufud --config /etc/hufu/hufu.yaml\n" in unit and "@" not in re.sub(r"SystemCallFilter=.*", "", unit)
    assert str(tmp_path) not in unit
    make("uninstall", "DESTDIR=%s" % tmp_path, "prefix=/usr")
    assert [p for p in tmp_path.rglob("*") if p.is_file()] == [tmp_path / "etc/hufu/hufu.yaml"]


# --- manual pages -------------------------------------------------------------------------------------------------------------------

def plain(page):
    """As a terminal shows it, without its marks and breaks."""
    out = subprocess.run("groff -K utf8 -man -ww -T utf8 -P -cbou '%s'" % page, shell=True, capture_output=True, text=True)
    return re.sub(r"\s+|‐\n *", "", out.stdout), out.stderr


@pytest.mark.parametrize("lang", ["", "zh_CN/"])
@pytest.mark.parametrize("page", ["man8/hufud.8", "man1/hufu.1", "man5/hufu.yaml.5"])
def test_pages_are_sound_roff(root, lang, page):
    text, complaints = plain(root / "usr/share/man" / (lang + page))
    assert not [c for c in complaints.splitlines() if "break line" not in c and "adjust" not in c] and len(text) > 500      # an address has no blanks


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_pages_say_what_help_and_the_reference_say(root, lang):
    man = root / "usr/share/man" / ("zh_CN" if lang == "zh" else "")
    squeeze = lambda s: re.sub(r"[\s‐]+", "", s)
    said = squeeze(plain(man / "man8/hufud.8")[0])
    options = re.findall(r"^  (--\S+(?: \S+)?) +(.*)$", run(root / "usr/sbin/hufud", "--help", "--lang", lang).stdout, re.M)
    rows = re.findall(r"^DAEMON_OPTION", (ROOT / "src/setup/hufud.def").read_text(), re.M)
    assert len(options) == len(rows) and [o for o, what in options if squeeze(o + what) not in said] == []
    said = squeeze(plain(man / "man1/hufu.1")[0])
    commands = re.findall(r"^  (hufu [a-z-]+.*?)  +", run(root / "usr/bin/hufu", "help", "--lang", lang).stdout, re.M)
    assert len(commands) > 60 and [c for c in commands if squeeze(c) not in said] == []
    said = squeeze(plain(man / "man5/hufu.yaml.5")[0])
    rows = re.findall(r"^\| `([^`]+)` \|.*\| ([^|]*) \|$", run(root / "usr/bin/hufu", "--lang", lang, "config", "manual").stdout, re.M)
    bare = lambda s: squeeze(re.sub(r"\[([^]]*)\]\([^)]*\)|[`*]", r"\1", s)).replace("-", "")
    assert len(rows) > 150 and [k for k, what in rows if bare(k) not in said.replace("-", "") or bare(what) not in re.sub(r"[`*-]", "", said)] == []


@pytest.mark.parametrize("words", [("manual", "nothing"), ("completion", "tcsh"), ("manual",), ("completion",)])
def test_there_is_no_such_page_or_shell(root, words):
    r = run(root / "usr/bin/hufu", *words)
    assert r.returncode == 2 and r.stdout == "" and r.stderr


# --- completion ---------------------------------------------------------------------------------------------------------------------

def in_bash(root, *words):
    """What is offered for the last of the words."""
    line = 'source "$1"; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _hufu; printf "%s\\n" "${COMPREPLY[@]}"'
    r = run("bash", "--norc", "-c", line, "bash", root / "usr/share/bash-completion/completions/hufu", *words)
    assert r.returncode == 0 and not r.stderr, r
    return set(r.stdout.split())


def in_zsh(root, *words):
    stubs = "_describe() { print -l -- ${${(P)2}%%:*} }; compadd() { print -l -- $@ }; _files() { print FILES }; f() { source $1 }"
    line = stubs + '; words=("${@[2,-1]}"); CURRENT=$#words; f $1'
    r = run("zsh", "-fc", line, "zsh", root / "usr/share/zsh/site-functions/_hufu", *words)
    assert r.returncode == 0 and not r.stderr, r
    return {w for w in r.stdout.split() if w.startswith(words[-1])}


def in_fish(root, *words):
    r = run("fish", "--no-config", "-c", "source %s; complete -C '%s'" % (root / "usr/share/fish/vendor_completions.d/hufu.fish", " ".join(words)), HOME=str(root))
    assert r.returncode == 0 and not r.stderr, r
    return {line.split("\t")[0] for line in r.stdout.splitlines()}


SHELLS = pytest.mark.parametrize("offered", [in_bash, in_zsh, in_fish], ids=["bash", "zsh", "fish"])


@SHELLS
def test_completion_knows_the_commands(root, offered):
    nouns = set(re.findall(r"^  hufu ([a-z-]+)", run(root / "usr/bin/hufu", "help").stdout, re.M))
    assert len(nouns) > 20 and nouns <= offered(root, "hufu", "")
    assert offered(root, "hufu", "cl") == {"client"}
    assert {"create", "list", "delete"} <= offered(root, "hufu", "client", "")
    assert "client" not in offered(root, "hufu", "client", "")


@SHELLS
def test_completion_knows_the_options(root, offered):
    options = set(re.findall(r"^  (--[a-z-]+)", run(root / "usr/bin/hufu", "client", "create", "--help").stdout.split("\n\n")[1], re.M))
    assert {"--redirect-uri", "--scope"} <= options and options <= offered(root, "hufu", "client", "create", "--")
    assert "--redirect-uri" in offered(root, "hufu", "--config", "/x", "client", "create", "--red")     # a value in front is no noun
    assert "--redirect-uri" not in offered(root, "hufu", "status", "--red")


def test_bash_completes_languages_and_files(root, tmp_path):
    assert in_bash(root, "hufu", "--lang", "") == {"en", "zh"}
    (tmp_path / "mine.yaml").touch()
    assert in_bash(root, "hufu", "--config", str(tmp_path / "m")) == {str(tmp_path / "mine.yaml")}


# --- units --------------------------------------------------------------------------------------------------------------------------

def test_systemd_finds_nothing_wrong_with_the_units(root):
    units = root / "usr/lib/systemd/system"
    r = run("systemd-analyze", "verify", "--man=no", units / "hufud.service", units / "hufud.socket")
    assert r.returncode == 0 and r.stdout + r.stderr == "", r


def test_the_unit_is_as_closed_as_the_documents_say(root):
    r = run("systemd-analyze", "security", "--offline=true", "--no-pager", "--threshold=20", root / "usr/lib/systemd/system/hufud.service")
    score = re.search(r"Overall exposure level for hufud.service: ([\d.]+)", r.stdout)
    assert r.returncode == 0 and score, r
    for page in ("docs/install.md", "docs/install.zh-CN.md"):
        assert score[1] in (ROOT / page).read_text(encoding="utf-8"), page
