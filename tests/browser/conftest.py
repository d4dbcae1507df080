"""Fixtures of the browser tests: one chromedriver, a few browsers that are emptied between tests, the client's web server, hufud."""
import pytest

from .driver import Browser, Driver, WebError
from .firefox import Firefox
from .web import SCREENS, Callback, Site


def pytest_collection_modifyitems(items):
    """What counts the screenshots that were taken runs after all that take some, wherever its file sorts."""
    items.sort(key=lambda item: item.path.name == "screens_test.py")


@pytest.fixture(scope="session")
def driver():
    d = Driver()
    yield d
    d.close()


@pytest.fixture(scope="session")
def browsers(driver):
    """browsers(name, **options): the browser of that name, made when first asked for."""
    made = {}

    def get(name, **options):
        try:
            if name in made:
                made[name].forget()
                return made[name]
        except WebError:                # a test before closed its window, or its renderer died: that is no fault of this one
            made.pop(name).close()
        made[name] = Browser(driver, **options)
        made[name].forget()
        return made[name]

    yield get
    for b in made.values():
        b.close()


@pytest.fixture
def b(browsers):
    return browsers("en")


@pytest.fixture
def zh(browsers):
    return browsers("zh", language="zh-CN,zh")


@pytest.fixture
def tw(browsers):
    return browsers("tw", language="zh-TW,zh")


@pytest.fixture
def plain(browsers):
    """A browser with JavaScript switched off."""
    return browsers("plain", script=False)


@pytest.fixture(scope="session")
def foxes():
    """foxes(script=True): the Firefox with or without script, made when first asked for."""
    made = {}

    def get(script=True):
        if script not in made:
            made[script] = Firefox(script=script)
        made[script].forget()
        return made[script]

    yield get
    for b in made.values():
        b.close()


@pytest.fixture(params=["chromium", "chromium without script", "firefox", "firefox without script"])
def each(request, browsers, foxes):
    """Each browser in turn, with and without script."""
    script = not request.param.endswith("without script")
    if request.param.startswith("firefox"):
        return foxes(script)
    return browsers("en" if script else "plain", script=script)


@pytest.fixture(scope="session")
def callback():
    c = Callback()
    yield c
    c.close()


@pytest.fixture(scope="session")
def third():
    """Another web server, to which the client's callback may lead."""
    c = Callback()
    yield c
    c.close()


@pytest.fixture(scope="session")
def site(callback):
    with Site(callback, "modern", "spring", "taroco", "zlt", "rageframe", "connect", settings={"modern": {"brand": "Example ID", "account_deletion": "allowed"}}) as s:
        yield s


@pytest.fixture(autouse=True)
def unseen(callback, third):
    callback.forget()
    third.forget()


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item):
    """What a failing test saw is kept as build/screens/failed-TEST-BROWSER.png."""
    report = (yield).get_result()
    if report.when == "call" and report.failed:
        for name in ("b", "zh", "tw", "plain", "each"):
            if name in item.funcargs:
                try:
                    item.funcargs[name].screenshot(SCREENS / ("failed-%s-%s.png" % (item.name, name)))
                except (WebError, OSError):
                    pass
