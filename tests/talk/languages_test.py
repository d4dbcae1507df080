"""Languages of pages and mails: a file of texts adds one or changes one that is there; what does not fit is told (docs/languages.md)."""
import json, pathlib, re, subprocess

import pytest

from talker import Browser, World, authorize_url, get

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
HTML = {"Accept": "text/html"}


def hufu(w, *args):
    return w.hufu(*[str(a) for a in args])


def page(w, language, path="/login"):
    return get(w.at("modern", path), {**HTML, "Accept-Language": language})


def texts_of(exported):
    return dict(re.findall(r'^(\w+): "(.*)"$', exported, re.M))


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("languages")


@pytest.fixture(scope="module")
def w(folder):
    (folder / "de.yaml").write_text('language_name: Deutsch\nsign_in: "Anmelden <b>"\nlogin_heading: "{{issuer_name}}: Anmeldung"\n', encoding="utf-8")
    (folder / "words.yaml").write_text('sign_in: "登入公司帳號"\n', encoding="utf-8")
    top = "languages:\n  de: %s\n  zh-TW: %s" % (folder / "de.yaml", folder / "words.yaml")
    with World("modern", top=top, settings={"modern": {"brand": "Haus"}}) as world:
        yield world


def test_a_language_of_ones_own(w):
    p = page(w, "de-AT,en;q=0.5")
    assert p.get("Content-Language") == "de" and '<html lang="de"' in p.text
    assert "Haus: Anmeldung" in p.text and "Anmelden &lt;b&gt;" in p.text and "User name" in p.text and ">Deutsch</a>" in p.text
    b = Browser(w.url["modern"])
    assert b.get(w.at("modern", "/login") + "?ui_lang=de").get("Content-Language") == "de"
    assert b.get(w.at("modern", "/login")).get("Content-Language") == "de"
    assert json.loads(get(w.at("modern", "/.well-known/openid-configuration")).text)["ui_locales_supported"] == ["en", "zh-CN", "zh-TW", "de"]


def test_other_words_in_a_language_that_is_there(w):
    p = page(w, "zh-TW")
    assert "登入公司帳號" in p.text and "使用者名稱" in p.text


def test_an_application_has_a_name_in_each_language(w):
    url = authorize_url(w, prompt="consent")
    assert hufu(w, "client", "set", "app", "--name-in", "zh-TW=相簿 <b>", "--name-in", "de=Fotos")[0] == 0
    try:
        for language, name in (("zh-TW", "相簿 &lt;b&gt;"), ("de-AT", "Fotos"), ("zh-CN", None), ("en", None)):
            b = Browser(w.url["modern"], language=language)
            page = b.follow(b.get(url))
            assert (name in page.text) if name else ("Fotos" not in page.text and "相簿" not in page.text)
            consent = b.login(page, "alice", "correct horse battery staple")
            consent = b.follow(consent)
            assert name is None or name in consent.text
        assert "zh-TW=相簿" in hufu(w, "client", "show", "app")[1]
        status, _, err = hufu(w, "client", "set", "app", "--name-in", "nothing")
        assert status != 0 and "language tag" in err
    finally:
        assert hufu(w, "client", "set", "app", "--name-in", "")[0] == 0


def test_what_is_missing_is_told_at_the_start_and_stays_english(w):
    said = [line for line in w.log().splitlines() if "de lacks" in line]
    assert said and "which stay English: title_login" in said[0] and "zh-TW lacks" not in w.log()


def test_a_reload_takes_new_texts(w, folder):
    before = (folder / "de.yaml").read_text(encoding="utf-8")
    try:
        (folder / "de.yaml").write_text(before + 'username: "Benutzername"\n', encoding="utf-8")
        assert hufu(w, "reload")[0] == 0 and "Benutzername" in page(w, "de").text
        (folder / "de.yaml").write_text("- no texts\n", encoding="utf-8")
        status, _, err = hufu(w, "reload")
        assert status != 0 and "de.yaml:1" in err and "Benutzername" in page(w, "de").text
    finally:
        (folder / "de.yaml").write_text(before, encoding="utf-8")
    assert hufu(w, "reload")[0] == 0 and "Benutzername" not in page(w, "de").text


def test_what_is_exported_is_complete(w, folder):
    for tag, word in (("en", "Sign in"), ("zh-CN", "登录"), ("zh-TW", "登入")):
        status, out, _ = hufu(w, "language", "export", tag)
        assert status == 0 and texts_of(out)["sign_in"] == word
        source = (ROOT / "src/page/languages" / (tag + ".def")).read_text(encoding="utf-8")
        assert list(texts_of(out)) == re.findall(r"^TEXT\((\w+)", source, re.M)
        (folder / "all.yaml").write_text(out, encoding="utf-8")
        status, out, err = hufu(w, "language", "check", folder / "all.yaml")
        assert status == 0 and "complete" in out, err
    status, _, err = hufu(w, "language", "export", "tlh")
    assert status == 1 and "tlh" in err and "language list" in err
    assert hufu(w, "language", "list")[1].splitlines() == ["en\tEnglish", "zh-CN\t简体中文", "zh-TW\t繁體中文"]
    assert json.loads(hufu(w, "language", "list", "--json")[1]) == {"en": "English", "zh-CN": "简体中文", "zh-TW": "繁體中文"}


@pytest.mark.parametrize("edit,said", [
    (lambda t: t.replace('sign_in: "Sign in"\n', ""), "`sign_in`: is missing"),
    (lambda t: t.replace("{{wait_s}}", "some"), "`wait`: it does not mention {{wait_s}}"),
    (lambda t: t.replace("{{wait_s}}", "{{wait_s}} {{client_name}}"), "`wait`: there is no {{client_name}}"),
    (lambda t: t.replace("{{wait_s}}", "{{weight}}"), "`wait`: what stands in {{braces}}"),
    (lambda t: t.replace("{{wait_s}}", "{{wait_s"), "`wait`: what stands in {{braces}}"),
    (lambda t: t + "singn_in: x\n", "`singn_in`: there is no text of this name"),
    (lambda t: t + 'sign_in: "again"\n', "`sign_in`: is given twice"),
    (lambda t: t.replace('"Sign in"', '""'), "it is empty"),
    (lambda t: t.replace('"Sign in"', "[a, b]"), "a text is one line"),
    (lambda t: t.replace('"Sign in"', '"a\\nb"'), "a text is one line"),
    (lambda t: t.replace('"Sign in"', '"%s"' % ("x" * 2001)), "at most 2000 bytes"),
    (lambda t: t.replace('"Sign in"', "&a x"), "anchors"),
    (lambda t: "- x\n", "must hold texts"),
    (lambda t: "", "is missing"),
    (lambda t: "%" * 100, ":1: "),
])
def test_what_is_wrong_is_named_with_its_line(w, folder, edit, said):
    whole = hufu(w, "language", "export", "en")[1]
    (folder / "wrong.yaml").write_text(edit(whole), encoding="utf-8")
    status, out, err = hufu(w, "language", "check", folder / "wrong.yaml")
    assert status == 1 and said in err and re.search(r"wrong\.yaml(:\d+)?: ", err), err
    status, out, _ = hufu(w, "language", "check", folder / "wrong.yaml", "--json")
    assert status == 1 and json.loads(out)["ok"] is False


def test_a_file_that_is_not_there_or_no_text(w, folder):
    assert "none.yaml" in hufu(w, "language", "check", folder / "none.yaml")[2]
    (folder / "bytes.yaml").write_bytes(b"sign_in: \xff\xfe\n")
    assert hufu(w, "language", "check", folder / "bytes.yaml")[0] == 1


def test_a_file_that_changes_a_few_texts_needs_no_more(w, folder):
    status, out, err = hufu(w, "language", "check", folder / "words.yaml", "--tag", "zh-TW")
    assert status == 0, err
    assert hufu(w, "language", "check", folder / "words.yaml")[0] == 1


@pytest.mark.parametrize("setting,said", [
    ("de_DE: x.yaml", "must be a language tag"), ("de: none.yaml", "none.yaml"), ("de: {file: x}", "must be the path"), ("de: \"\"", "must be the path"),
])
def test_settings_that_name_no_language(w, folder, setting, said):
    path = folder / "hufu.yaml"
    path.write_text("languages:\n  %s\nlisteners:\n  main:\n    bind: 127.0.0.1:0\nissuers:\n  one:\n    url: http://localhost\n" % setting, encoding="utf-8")
    r = subprocess.run([str(w.build / "hufu"), "--config", str(path), "config", "check"], capture_output=True, text=True, timeout=60)
    assert r.returncode == 1 and said in r.stderr, r.stderr
