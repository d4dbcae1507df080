"""The id of a refusal: on the page, in the header and in the log, and hufu explain says the rest from there, in both languages."""
import json, subprocess

import pytest

from talker import SERVICE_SECRET, World, authorize_url, basic, get, post

SECRET = "hunter2-hunter2-hunter2-hunter2-hunter2"


@pytest.fixture(scope="module")
def w():
    with World("modern", "spring") as world:
        yield world


def refused(w, **more):
    r = get(authorize_url(w, **more))
    assert r.status == 400
    return r, r.all("X-Hufu-Error-Id")[0]


def explained(w, error_id, *args):
    status, out, err = w.hufu(*args, "explain", error_id, "--log", str(w.log_path))
    assert status == 0, err
    return out


def test_a_redirect_uri(w):
    r, i = refused(w, redirect_uri="https://app.example:8443/cb?token=" + SECRET)
    assert i in r.text and "error-came" not in r.text
    out = explained(w, i)
    assert "https://app.example:8443/cb?token=…" in out and "https://app.example/cb" in out and "the port" in out and "redirect_unregistered" in out
    zh = explained(w, i, "--lang", "zh")
    assert "端口" in zh and "此客户端没有登记这个 redirect_uri" in zh and "hufu client set" in zh
    line = json.loads(explained(w, i, "--json"))
    assert line["error_id"] == i and line["param"] == "redirect_uri" and line["differs"] == "port" and line["near"].startswith("https://app.example/cb")
    assert SECRET not in w.log()


def test_a_client_id(w):
    _, i = refused(w, client="apq")
    out = explained(w, i)
    assert "apq" in out and "app" in out.split("registered", 1)[1] and "hufu client list" in out
    _, i = refused(w, client=SECRET)
    assert SECRET not in explained(w, i) and "hunt…" in explained(w, i) and SECRET not in w.log()


def test_a_grant(w):
    r = post(w.at("modern", "/token"), {"grant_type": "authorisation_code"}, basic("service", SERVICE_SECRET))
    line = json.loads(explained(w, r.all("X-Hufu-Error-Id")[0], "--json"))
    assert line["param"] == "grant_type" and line["near"] == "authorization_code"


def test_from_a_pipe_with_what_a_journal_adds(w):
    _, i = refused(w, redirect_uri="https://app.example/cb/")
    explained(w, i)
    log = "".join("Nov 29 11:00:00 host hufud[7]: " + line + "\n" for line in w.log().splitlines())
    status, out, _ = w.hufu("explain", i, "--log", "-", input="no line of ours\n{broken\n" + log)
    assert status == 0 and "a slash at the end" in out, out


def test_what_cannot_be_explained(w):
    assert w.hufu("explain", "aaaaaaaa")[0] == 2 and "--log" in w.hufu("explain", "aaaaaaaa")[2]
    assert w.hufu("explain", "../etc", "--log", str(w.log_path))[0] == 2
    status, out, err = w.hufu("explain", "aaaaaaaa", "--log", str(w.log_path))
    assert status == 1 and not out and "aaaaaaaa" in err
    status, _, err = w.hufu("--lang", "zh", "explain", "aaaaaaaa", "--log", "/nowhere/x.log")
    assert status == 1 and "没有那个文件或目录" in err
