"""Every screenshot of the list is taken by some test, when all of them ran."""
import pathlib

from .web import taken, wanted


def test_every_screenshot_was_taken(request):
    ran = {pathlib.Path(str(item.path)).name for item in request.session.items}
    here = {p.name for p in pathlib.Path(__file__).parent.glob("*_test.py")}
    if ran == here and not request.session.testsfailed:
        assert taken == set(wanted())
