"""Both programs speak the operator's language: start errors, findings, log and answers; what programs read stays as it is."""
import json, re, subprocess

import pytest

from server import BUILD, clean_env
from talker import World

HEAD = "data: data\nlisteners: {main: {bind: [\"127.0.0.1:1\"]}}\n"
ISSUER = "issuers: {a: {url: \"http://localhost:1\"}}\n"
MALFORMED = [
    "a: [1\n", "a: &x 1\n", "\tdata: x\n", HEAD, ISSUER, HEAD + ISSUER + "dada: x\n", HEAD + ISSUER + "http: {body_max: lots}\n",
    HEAD + ISSUER + "http: {idle_timeout: 9999999}\n", HEAD + ISSUER + "demo: perhaps\n", HEAD + ISSUER + "log: {level: loud}\n", HEAD + HEAD + ISSUER,
    HEAD + "issuers: {a: {url: \"ftp://x\"}}\n", HEAD + "issuers: {a: {url: \"http://localhost:1\", listener: [other]}}\n",
    HEAD + "issuers: {a: {url: \"http://localhost:1\", dialect: klingon}}\n", HEAD + "issuers: {a: {url: \"http://localhost:1\", accepts_from: [b]}}\n",
    HEAD + "issuers: {a: {url: \"http://localhost:1\", pkce: never}}\n", HEAD + "issuers: {a: {url: \"http://localhost:1\", grants: [password]}}\n",
    "data: data\nlisteners: {main: {bind: [\"127.0.0.1:x\"]}}\n" + ISSUER,
    "data: data\nlisteners: {main: {bind: [\"127.0.0.1:1\"], cert_file: c.pem}}\n" + ISSUER,
    HEAD + ISSUER + "dialects: {d: {based_on: klingon}}\n", HEAD + ISSUER + "dialects: {d: {based_on: spring, parameters: {nobody: x}}}\n",
    HEAD + ISSUER + "directories: {d: {urls: [\"ftp://x\"]}}\n", HEAD + ISSUER + "user_tables: {t: {realm: a, database: x}}\n",
    HEAD + ISSUER + "sms_gateways: {g: {kind: log}}\n",
]


def english(text):
    """Two words of small letters side by side, outside of `names`, quotations and what the operator wrote."""
    plain = re.sub(r"`[^`]*`|“[^”]*”|\"[^\"]*\"|/[^\s：`]+|\S+://\S*", " ", text)
    return re.search(r"\b[a-z]{2,} [a-z]{2,}\b", plain)


def findings(path, *args, **env):
    r = subprocess.run([str(BUILD / "hufud"), "--config", str(path), "--check", *args], capture_output=True, text=True, env=clean_env(**env), timeout=30)
    assert r.returncode == 1 and not r.stdout, (r.returncode, r.stdout, r.stderr)
    return [json.loads(line) for line in r.stderr.splitlines()]


@pytest.mark.parametrize("n", range(len(MALFORMED)))
def test_findings_are_chinese(tmp_path, n):
    path = tmp_path / "hufu.yaml"
    path.write_text(MALFORMED[n])
    en, zh, by_env = findings(path), findings(path, "--lang", "zh-CN"), findings(path, LC_ALL="zh_CN.UTF-8")
    assert [x["msg"] for x in zh] == [x["msg"] for x in by_env]
    assert len(en) == len(zh) and not [x for x in en if not english(x["msg"])]
    for x in zh:
        assert x["level"] == "error" and re.search(r"[\u4e00-\u9fff]", x["msg"]) and not english(x["msg"]), x["msg"]
        assert x["msg"].startswith("无法启动：")


def test_a_file_that_is_not_there_is_named(tmp_path):
    assert "nowhere.yaml" in findings(tmp_path / "nowhere.yaml")[0]["msg"]
    said = findings(tmp_path / "nowhere.yaml", "--lang", "zh")[0]["msg"]
    assert "nowhere.yaml" in said and "没有那个文件或目录" in said


def test_options():
    run = lambda *args: subprocess.run([str(BUILD / "hufud"), *args], capture_output=True, text=True, env=clean_env(), timeout=30)
    assert run("--help").stdout.startswith("hufud - OAuth 2.0 and") and run("--help", "--lang", "zh").stdout.startswith("hufud - OAuth 2.0 与")
    for args, what in ((("--lang", "fr"), "--lang"), (("--nonsense",), "--nonsense"), (("word",), "word"), (("--lang", "zh", "--nonsense"), "--nonsense")):
        r = run(*args)
        assert r.returncode == 2 and '"%s"' % what in r.stderr.replace("“", '"').replace("”", '"'), r.stderr
    assert "不是选项" in run("--lang", "zh", "--nonsense").stderr


def test_the_log_speaks_and_its_keys_stay():
    with World("modern", args=("--lang", "zh-CN")) as w:
        log = [json.loads(line) for line in w.log().splitlines() if line.startswith("{")]
        said = [x["msg"] for x in log if "msg" in x]
        assert any("毫秒后就绪" in x for x in said) and not [x for x in said if english(x)]
        assert [x["event"] for x in log if x["level"] == "record" and x["event"] == "daemon.ready"]
        assert w.hufu("--lang", "zh", "client", "show", "nobody")[2].startswith("hufu: 错误: 没有客户端“nobody”")
        assert w.hufu("--lang", "en", "client", "show", "nobody")[2].startswith('hufu: error: there is no client "nobody"')
        status, _, err = w.hufu("--lang", "zh", "client", "create", "x y", "--scope", "a")
        assert status == 1 and "客户端标识" in err and not english(err)


def test_an_english_daemon_answers_a_chinese_operator():
    with World("modern") as w:
        status, _, err = w.hufu("--lang", "zh", "user", "show", "nobody")
        assert status == 1 and "没有用户“nobody”" in err and "hufu user list 列出现有的用户" in err
        status, out, err = w.hufu("--lang", "zh", "client", "create", "note", "--grant", "client_credentials")
        assert status == 0 and "此客户端没有 scope" in err
        assert "there is no user" in w.hufu("user", "show", "nobody")[2]
        assert not re.search(r"[\u4e00-\u9fff]", w.log())
