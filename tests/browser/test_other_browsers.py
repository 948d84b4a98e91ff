"""What Safari, Firefox and the browsers of old machines do otherwise or do not have, done to the one browser that is here."""

from collections.abc import Callable

from playwright.sync_api import expect

from tests.browser.conftest import DESK, Panel, Visit
from tests.browser.test_thread import Talk
from tests.browser.test_thread import talk as talk

Enter = Callable[..., Visit]
WORDS = "There is a ramp at the side door"


def test_who_types_goes_on_in_the_box_when_the_veil_is_gone(
    panel: Panel, talk: Callable[..., Talk], visit: Enter
) -> None:
    """Nothing had the focus then: the letters went on as keys, and "u" took the last text back."""
    visitor = visit("volunteer", DESK)
    page = visitor.go(talk("event").wrote("Is there a ramp?"))
    visitor.wait_live()
    box = page.get_by_label("Your answer to Elena")
    box.press_sequentially(WORDS)
    panel.stop()
    veil = page.get_by_role("alertdialog")
    expect(veil).to_be_visible()
    page.keyboard.type(" nu1")  # not a key behind the veil either
    panel.start()
    page.keyboard.press("Enter")  # on “Try now”
    expect(veil).to_be_hidden()
    expect(box).to_be_focused()
    page.keyboard.type(", and a lift.")
    expect(box).to_have_value(f"{WORDS}, and a lift.")
    visitor.complaints[:] = [line for line in visitor.complaints if "ERR_" not in line]
