"""src/hufu/texts.def: every text stands in both languages, is said somewhere, and what the help should say it says, in both."""
import pathlib, re

import pytest

from talker import World

ROOT = pathlib.Path(__file__).resolve().parents[2]
STRING = r'"((?:[^"\\]|\\.)*)"'


def plain(pieces):
    return "".join(re.findall(STRING, pieces)).replace('\\"', '"').replace("\\n", "\n").replace("\\\\", "\\")


def texts():
    """{id: (English, Chinese)} of the list."""
    source = (ROOT / "src/hufu/texts.def").read_text(encoding="utf-8")
    strings = r"((?:\s*%s)+)" % STRING.replace("((?:", "(?:(?:")
    return {m[1]: (plain(m[2]), plain(m[3])) for m in re.finditer(r"^TEXT\((\w+),%s,%s\)" % (strings, strings), source, re.M)}


TEXTS = texts()


@pytest.fixture(scope="module")
def w():
    with World("modern") as world:
        yield world


def test_every_text_is_there_in_both_languages():
    rows = re.findall(r"^TEXT\((\w+)", (ROOT / "src/hufu/texts.def").read_text(encoding="utf-8"), re.M)
    assert len(rows) > 400 and set(rows) == set(TEXTS)
    for id, (en, zh) in TEXTS.items():
        assert en and zh and re.findall(r"%\w", en) == re.findall(r"%\w", zh), id
        assert not re.search(r"[\u4e00-\u9fff]", en), id


def test_every_text_is_said_somewhere():
    source = "".join(p.read_text(encoding="utf-8") for p in (ROOT / "src/hufu").glob("*.[ch]"))
    assert [id for id in TEXTS if not re.search(r"\bT_%s\b" % id, source)] == []


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_help_says_what_commands_and_options_do(w, lang):
    """Texts d_... of commands and o_... of options, each in the list of commands or on the page of one."""
    top = w.hufu("--lang", lang, "help")[1]
    commands = [line.split() for line in re.findall(r"^  hufu ([a-z-]+(?: [a-z-]+)?)", top, re.M)]
    said = " ".join([top] + [w.hufu("--lang", lang, *command, "--help")[1] for command in commands])
    said = re.sub(r"\s+", "", said)
    wanted = {id: text[lang == "zh"] for id, text in TEXTS.items() if re.match(r"[do]_", id)}
    assert len(commands) > 50 and len(wanted) > 150
    assert [id for id, text in wanted.items() if re.sub(r"\s+", "", text) not in said] == []
