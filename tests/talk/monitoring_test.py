"""The alert rules and the dashboard name metrics and labels that there are; each alert has its entry in the run-book, in both languages."""
import json, pathlib, re, shutil, subprocess

import pytest
import yaml

from talker import World

ROOT = pathlib.Path(__file__).parents[2]
RULES = ROOT / "packaging/prometheus/hufu.rules.yml"
DASHBOARD = ROOT / "packaging/grafana/hufu.json"
FROM_PROMETHEUS = {"up", "job", "instance", "le"}
WORD = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*")
FUNCTIONS = {"sum", "by", "rate", "increase", "changes", "histogram_quantile"}


def metrics():
    """name: its labels; of a histogram also the names of its series."""
    found = {"up": set()}
    for name, kind, labels in re.findall(r'^METRIC\(\w+,\s*"(\w+)",\s*"(\w+)",\s*"([^"]*)"', (ROOT / "src/metrics/metrics.def").read_text(), re.M):
        for end in ("_bucket", "_count", "_sum") if kind == "histogram" else ("",):
            found[name + end] = set(labels.split())
    return found


def alerts():
    return [rule for group in yaml.safe_load(RULES.read_text())["groups"] for rule in group["rules"]]


def expressions():
    panels = json.loads(DASHBOARD.read_text())["panels"]
    return [a["expr"] for a in alerts()] + [t["expr"] for p in panels for t in p["targets"]]


def names_of(expr):
    """Metrics, and labels with the metrics they are asked of, in an expression."""
    known, used, labels = metrics(), set(), set()
    for metric, inside in re.findall(r"([a-z_]+)\{([^}]*)\}", expr):
        assert metric in known, "%s: there is no metric of this name" % metric
        used.add(metric)
        for label in re.findall(r"(\w+)\s*(?:=|!|~)", re.sub(r'"[^"]*"', "", inside)):
            assert label in known[metric] | FROM_PROMETHEUS, "%s has no label %s" % (metric, label)
    for group in re.findall(r"by \(([^)]*)\)", expr):
        labels |= set(re.split(r",\s*", group))
    for label in labels - FROM_PROMETHEUS:
        assert any(label in known[metric] for metric in used), "%s: no metric of it has the label %s" % (expr, label)
    rest = re.sub(r'\{[^}]*\}|\[[^\]]*\]|"[^"]*"|by \([^)]*\)', " ", expr)
    assert set(WORD.findall(rest)) <= FUNCTIONS | used, expr
    return used


@pytest.mark.parametrize("expr", expressions())
def test_an_expression_names_what_there_is(expr):
    assert names_of(expr)


def test_the_names_are_those_of_a_server():
    with World("modern") as w:
        told = set(re.findall(r"^# TYPE (\w+)", w.metrics(), re.M))
    for expr in expressions():
        for name in names_of(expr) - {"up"}:
            assert name in told or re.sub(r"_(bucket|count|sum)$", "", name) in told


def test_each_alert_has_its_entry_in_the_run_book():
    assert len({a["alert"] for a in alerts()}) == len(alerts()) > 10
    for page in ("docs/runbook.md", "docs/runbook.zh-CN.md"):
        entries = re.findall(r"^## (\w+)$", (ROOT / page).read_text(), re.M)
        assert entries == [a["alert"] for a in alerts()]
    for a in alerts():
        assert a["annotations"]["runbook"] == "docs/runbook.md#" + a["alert"].lower() and a["labels"]["severity"] in ("critical", "warning")


def test_reasons_that_rules_ask_for_are_reasons():
    reasons = {r.lower() for r in re.findall(r"^REASON\((\w+)", (ROOT / "src/oauth/reasons.def").read_text(), re.M)}
    for expr in expressions():
        for value in re.findall(r'reason=~?"([^"]*)"', expr):
            assert set(value.split("|")) <= reasons


def promtool(*args, input=None):
    r = subprocess.run(["promtool", "check", *args], capture_output=True, text=True, input=input)
    assert r.returncode == 0, r.stdout + r.stderr
    return r.stdout + r.stderr


NEEDED = pytest.mark.skipif(shutil.which("promtool") is None, reason="promtool is not installed: Debian's package prometheus has it")


@NEEDED
def test_promtool_takes_the_rules():
    assert "%d rules found" % len(alerts()) in promtool("rules", str(RULES))


@NEEDED
def test_promtool_takes_the_expressions_of_the_dashboard(tmp_path):
    """As recording rules, which is what it can judge: an expression of a dashboard is PromQL as well."""
    rows = [{"record": "dashboard:%d" % i, "expr": expr.replace("$__rate_interval", "5m")} for i, expr in enumerate(expressions())]
    (tmp_path / "dashboard.yml").write_text(yaml.safe_dump({"groups": [{"name": "dashboard", "rules": rows}]}))
    assert "%d rules found" % len(rows) in promtool("rules", str(tmp_path / "dashboard.yml"))
    (tmp_path / "dashboard.yml").write_text(yaml.safe_dump({"groups": [{"name": "d", "rules": [{"record": "d:0", "expr": "sum by (x rate(y[5m])"}]}]}))
    assert subprocess.run(["promtool", "check", "rules", str(tmp_path / "dashboard.yml")], capture_output=True).returncode != 0


@NEEDED
def test_promtool_reads_the_metrics_of_a_server():
    with World("modern") as w:
        w.hufu("status")
        assert promtool("metrics", input=w.metrics()) == ""
