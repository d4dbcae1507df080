"""Let every conversation import the helpers that stand in this folder; and leave out, with the tables in PostgreSQL, what is about the embedded file."""
import os, pathlib, sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from server import ELSEWHERE  # noqa: E402


def pytest_configure(config):
    config.addinivalue_line("markers", "embedded(why): about the file of the embedded store by its nature; not run with the tables in PostgreSQL (tests/with-postgres)")


def pytest_collection_modifyitems(config, items):
    config.left_out = []
    for item in items if ELSEWHERE else ():
        mark = item.get_closest_marker("embedded")
        if mark is not None:
            (why,) = mark.args                                  # a reason is a must
            config.left_out.append((item.nodeid, why))
            item.add_marker(pytest.mark.skip(reason=why))


def pytest_terminal_summary(terminalreporter, config):
    left = getattr(config, "left_out", [])
    if not left:
        return
    terminalreporter.write_line("%d about the embedded store alone:" % len(left))
    for name, why in left:
        terminalreporter.write_line("  %s: %s" % (name, why))
    if os.environ.get("HUFU_LEFT_OUT"):
        with open(os.environ["HUFU_LEFT_OUT"], "a", encoding="utf-8") as f:
            f.writelines("%s: %s\n" % one for one in left)
