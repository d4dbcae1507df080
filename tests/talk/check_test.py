"""What CONTRIBUTING and ./check itself print of ./check and other tools works as it is printed."""
import os, pathlib, re, subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
PAGES = ["CONTRIBUTING.md", "CONTRIBUTING.zh-CN.md", "check"]


def read(path):
    return (ROOT / path).read_text(encoding="utf-8")


def examples(page):
    """The words behind ./check, in the order printed; those that are listed after one as well: "corpus, browser, crash"."""
    lines = [line for line in read(page).splitlines() if re.match(r"(?:# )?\./check [a-z]", line)]
    return [word for line in lines for word in [*re.findall(r"\./check ([a-z][\w/-]*)", line),
                                                *re.findall(r"[a-z][a-z-]+", (re.search(r"\./check ([a-z-]+(?:(?:, |、)[a-z-]+)+)", line) or [None, ""])[1])]]


EXAMPLES = sorted({word for page in PAGES for word in examples(page)})
CASES = {word for case in re.findall(r"^\t([\w |/*-]+)\) ", read("check").split("one() {")[1], re.M) for word in re.findall(r"[\w-]+", case)}
ROOMS = re.findall(r"^([a-z]+):", read("src/rooms"), re.M)
FILES = [word for word in EXAMPLES if word.split("/")[0] in ROOMS]


def test_the_examples_are_found():
    assert {"core", "oauth/grant/code", "talk/token", "corpus", "fresh", "base"} <= set(EXAMPLES) and FILES
    assert [sorted(examples(page)) for page in PAGES[:1]] == [sorted(examples(page)) for page in PAGES[1:2]]


@pytest.mark.parametrize("word", EXAMPLES)
def test_each_leads_to_tests(word):
    if word.startswith("talk/"):
        assert (ROOT / "tests" / (word + "_test.py")).exists()
    elif word in FILES:
        assert (ROOT / "tests" / "unit" / word.split("/")[0]).is_dir()
    else:
        assert word in CASES


def check(*args, **env):
    r = subprocess.run(["./check", *args], cwd=ROOT, env={**os.environ, **env}, capture_output=True, text=True, timeout=600)
    return r.returncode, r.stdout


@pytest.mark.skipif(not (ROOT / "build/asan/hufud").exists(), reason="./check has built it before")
@pytest.mark.parametrize("word", [*FILES, *(w for w in EXAMPLES if w.startswith("talk/"))])
def test_one_file_is_run(word):
    """Of conversations only which ones there are: they run by themselves."""
    status, out = check(word, PYTEST_ADDOPTS="--collect-only" if word.startswith("talk/") else "")
    assert status == 0 and re.search(r"^[1-9]\d* passed, 0 failed$", out, re.M), out[-2000:]
    assert word.startswith("talk/") == ("tests collected" in out)


@pytest.mark.skipif(not (ROOT / "build/asan/hufud").exists(), reason="./check has built it before")
@pytest.mark.parametrize("word", ["oauth/grant/no-such-file", "talk/no-such-file"])
def test_what_is_not_there_fails(word):
    assert check(word)[0] == 1


@pytest.mark.parametrize("page", PAGES[:2])
def test_the_other_tools_are_there(page):
    blocks = "\n".join(re.findall(r"^```\n(.*?)^```$", read(page), re.M | re.S))
    tools = re.findall(r"^(tests/[\w/]+)((?: [\w-]+)*)", blocks, re.M)
    assert len(tools) > 4
    for tool, args in tools:
        assert os.access(ROOT / tool, os.X_OK), tool
    assert (ROOT / "tests/fuzz" / (re.search(r"tests/fuzz/run (\w+)", blocks)[1] + "_fuzz.c")).exists()
    room, talks = re.search(r"tests/coverage (\w+) -- ([\w ]+?)  ", blocks).groups()
    assert room in ROOMS and all((ROOT / "tests/talk" / (talk + "_test.py")).exists() for talk in talks.split())
