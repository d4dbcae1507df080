"""docs/site/build: the documents as a static site: every page in the menu of its language, no dead link, a search that knows Chinese words."""
import functools, http.server, importlib.machinery, importlib.util, json, re, subprocess, threading

import pytest

from browser.driver import Browser, Driver
from server import ROOT

BUILD = ROOT / "docs/site/build"


def loaded():
    loader = importlib.machinery.SourceFileLoader("site_build", str(BUILD))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader("site_build", loader))
    loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    folder = tmp_path_factory.mktemp("site") / "out"
    r = subprocess.run([str(BUILD), str(folder)], capture_output=True, text=True, timeout=280)
    assert r.returncode == 0, r.stdout + r.stderr
    assert r.stdout.strip() == str(folder / "index.html")
    return folder


def test_every_page_is_there_and_in_the_menu(site):
    names = set(loaded().pages().values())
    there = {p.name for p in site.glob("*.html")}
    assert {n[:-3] + ".html" for n in names} <= there and len(names) > 100
    for front, end in (("index.html", ".md"), ("index.zh-CN.html", ".zh-CN.md")):
        page = (site / front).read_text(encoding="utf-8")
        own = [n for n in names if n.endswith(".zh-CN.md") == (end == ".zh-CN.md")]
        missing = [n for n in own if 'href="%s"' % (n[:-3] + ".html") not in page and n[:-3] + ".html" != front]
        assert [n for n in missing if not n.startswith("architecture")] == []


def test_a_dead_link_is_found(site, tmp_path):
    b = loaded()
    (tmp_path / "one.html").write_text('<h1 id="top">x</h1><a href="two.html">a</a><a href="#nowhere">b</a><a href="#top">c</a><a href="https://example.com/x">d</a>')
    assert b.dead_links(tmp_path) == ["one.html links #nowhere, which has no such place", "one.html links two.html, which is not there"]
    assert b.dead_links(site) == []


def test_the_site_asks_nobody_else(site):
    for p in (site / "index.html", site / "security.zh-CN.html"):
        page = p.read_text(encoding="utf-8")
        assert re.findall(r'<(?:script|link|img)[^>]*(?:src|href)="(?:https?:)?//[^"]*"', page) == []


def test_the_search_has_chinese_words(site):
    docs = json.loads((site / "search/search_index.json").read_text(encoding="utf-8"))["docs"]
    text = "".join(d["text"] for d in docs if d["location"].startswith("security.zh-CN"))
    assert "\u200b令牌\u200b" in text and "\u200b密码\u200b" in text
    assert any(d["location"].startswith("languages.html") for d in docs)


@pytest.fixture(scope="module")
def reader(site):
    """A browser at the site, and its address."""
    quiet = type("Quiet", (http.server.SimpleHTTPRequestHandler,), {"log_message": lambda *a: None})
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(quiet, directory=str(site)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    driver = Driver()
    b = Browser(driver)
    yield b, "http://127.0.0.1:%d/" % server.server_address[1]
    b.close()
    driver.close()
    server.shutdown()


@pytest.mark.parametrize("front,word,found", [
    ("index.html", "passkey", "passkeys.html"), ("index.html", "introspection", "introspection.html"),
    ("index.zh-CN.html", "通行密钥", "passkeys.zh-CN.html"), ("index.zh-CN.html", "令牌", "zh-CN.html"),
])
def test_somebody_searches(reader, front, word, found):
    b, url = reader
    b.goto(url + front)
    b.type(".md-search__input", word)
    b.wait(lambda b: b.has(".md-search-result__link"), 30)
    assert any(found in e.attr("href") for e in b.all(".md-search-result__link"))
