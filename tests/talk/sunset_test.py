"""An issuer that is to end: Deprecation, Sunset and Link in its answers; hours at which it gives nothing new; hufu config check, hufu legacy report."""
import datetime, json, time

import pytest

from talker import APP_SECRET, PASSWORD, SERVICE_SECRET, World, audit_of, authorize_url, basic, form, get, post, tokens

LINK = "https://docs.example/next"
SETTINGS = {"spring": {"deprecation": "2026-12-01", "sunset": "2027-06-30", "sunset_link": LINK}}
NEVER = {"Deprecation", "Sunset", "Link"}


def fields(r):
    return {name: r.all(name) for name in NEVER}


@pytest.fixture(scope="module")
def w():
    with World("modern", "spring", settings=SETTINGS) as world:
        yield world


def test_every_answer_says_it(w):
    url = w.at("spring", "")
    for r in [post(url + "/oauth/token", {"grant_type": "client_credentials"}, basic("service", SERVICE_SECRET)), post(url + "/oauth/token", {}), get(url + "/login"),
              get(url + "/oauth/token_key"), get(url + "/oauth/token_key"), get(url + "/nowhere"), post(url + "/oauth/check_token", {"token": "x"})]:
        assert fields(r) == {"Deprecation": ["@%d" % datetime.datetime(2026, 12, 1, tzinfo=datetime.timezone.utc).timestamp()], "Sunset": ["Wed, 30 Jun 2027 00:00:00 GMT"],
                             "Link": ['<%s>; rel="deprecation", <%s>; rel="sunset"' % (LINK, LINK)]}, r


def test_the_other_issuer_does_not(w):
    for path in ["/login", "/jwks", "/token", "/nowhere"]:
        assert not any(fields(get(w.at("modern", path))).values())


def test_the_report(w):
    status, out, _ = w.hufu("legacy", "report")
    assert status == 0 and "Issuer spring is to end on 2027-06-30, in " in out
    status, out, _ = w.hufu("legacy", "report", "--json")
    assert [(e["issuer"], e["sunset"]) for e in json.loads(out)["endings"]] == [("spring", "Wed, 30 Jun 2027 00:00:00 GMT")]
    assert "计划于 2027-06-30 停用" in w.hufu("--lang", "zh", "legacy", "report")[1]


DAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]


def turn_to(w, weekday, hour, minute):
    """The daemon's clock to the next such moment, in UTC."""
    now = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(milliseconds=w.turned)
    then = now.replace(hour=hour, minute=minute, second=0, microsecond=0) + datetime.timedelta(days=(weekday - now.weekday()) % 7)
    if then < now:
        then += datetime.timedelta(days=7)
    ms = int((then - now).total_seconds() * 1000)
    w.turned += ms
    assert w.hufu("debug", "turn-clock", str(ms))[0] == 0


def test_a_brownout():
    hours = "tue 10:00-10:05, daily 23:59-24:00"
    with World("modern", "spring", settings={"modern": {"brownout": hours}, "spring": {"brownout": hours}}) as w:
        def asked():
            return post(w.at("modern", "/token"), {"grant_type": "client_credentials"}, basic("service", SERVICE_SECRET))
        turn_to(w, 1, 9, 59)
        t = tokens(w)
        assert asked().status == 200
        turn_to(w, 1, 10, 0)
        r = asked()
        assert r.status == 503 and r.json()["error"] == "temporarily_unavailable" and 290 <= int(r.all("Retry-After")[0]) <= 300
        assert audit_of(w, error_id=r.get("X-Hufu-Error-Id"))["reason"] == "brownout"
        r = get(authorize_url(w))
        assert r.status == 503 and r.all("Retry-After")
        r = post(w.at("spring", "/oauth/token"), {"grant_type": "client_credentials"}, basic("service", SERVICE_SECRET))
        assert r.status == 503 and "error" in r.json()
        # a code and a refresh token come to no harm, and what is out is still known
        assert get(w.at("modern", "/jwks")).status == 200 and get(w.at("modern", "/.well-known/openid-configuration")).status == 200
        assert post(w.at("modern", "/introspect"), {"token": t["access_token"]}, basic("app", APP_SECRET)).json()["active"] is True
        assert post(w.at("modern", "/token"), {"grant_type": "refresh_token", "refresh_token": t["refresh_token"]}, basic("app", APP_SECRET)).status == 503
        turn_to(w, 1, 10, 5)
        assert asked().status == 200
        assert post(w.at("modern", "/token"), {"grant_type": "refresh_token", "refresh_token": t["refresh_token"]}, basic("app", APP_SECRET)).status == 200
        turn_to(w, 3, 23, 59)
        assert asked().status == 503
        turn_to(w, 4, 0, 0)
        assert asked().status == 200


@pytest.mark.parametrize("setting, value, wrong", [
    ("sunset", "2027-02-29", "is no day"), ("sunset", "30.06.2027", "is no day"), ("deprecation", "soon", "is no day"), ("sunset_link", "docs.example", "URL of a page"),
    *(("brownout", v, "no time of a brown-out") for v in ["tuesday 10:00-10:05", "tue 10:05-10:00", "tue 10-11", "tue", "10:00-10:05", "tue 24:01-24:02", ", tue 10:00-10:05", ",".join(["daily 00:00-00:01"] * 17)])])
def test_what_is_badly_written(w, tmp_path, setting, value, wrong):
    conf = w.conf.read_text().replace('    sunset: "2027-06-30"\n', '    sunset: "2027-06-30"\n') + ""
    lines = [line for line in conf.split("\n") if not line.strip().startswith(setting + ":")]
    at = next(i for i, line in enumerate(lines) if line.strip() == "spring:" and "issuers:" in lines[:i])
    lines.insert(at + 1, "    %s: %s" % (setting, json.dumps(value)))
    path = tmp_path / "hufu.yaml"
    path.write_text("\n".join(lines))
    status, out, err = w.hufu("--config", str(path), "config", "check")
    assert status == 1 and wrong in out + err, (out, err)


def test_sunset_before_deprecation(w, tmp_path):
    path = tmp_path / "hufu.yaml"
    path.write_text(w.conf.read_text().replace("2027-06-30", "2026-06-30"))
    status, out, err = w.hufu("--config", str(path), "config", "check")
    assert status == 1 and "before deprecation" in out + err
