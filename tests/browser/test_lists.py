"""A coordinator brings a list on a phone: from the file to its people in few presses, live, with every page as it should be."""

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import DESK, PHONE, Panel, Visit
from tests.browser.looking import in_order
from tests.web.world import HELLO, World, busy_day

Enter = Callable[..., Visit]
FAIR = (
    "First name;Last name;Cell phone;Building;Last hearing\n"
    "Rosa;Delgado;(202) 555-0141;14 Oak Street, the blue door at the very end of the yard;2026-03-12\n"
    "Maria-Magdalena;Papadimitriou-Konstantopoulou;2025550142;;\n"
    "Zoë;Nwosu;1,20255E+10;;\n"
    "Bea;Lindqvist;+12025550153;;\n"
)
SLOW_MS = 20_000


def test_a_list_is_brought_on_a_phone_in_few_presses(
    world: World, panel: Panel, visit: Enter, tmp_path: Path
) -> None:
    busy_day(world)
    many = "".join(f"P{n};Q;20255{60000 + n};{n} Oak;\n" for n in range(600))
    (tmp_path / "street fair.csv").write_text(FAIR + many)
    cleo = visit("coordinator", PHONE)
    page = cleo.go("/")
    page.get_by_role("link", name="Lists").click()
    in_order(page, "no list")
    page.set_input_files("#file", str(tmp_path / "street fair.csv"))
    page.get_by_role("button", name="Look at this file").click()
    expect(page.locator("#counts")).to_contain_text("asked to stop and stays out")
    page.get_by_text("Change what the columns hold").click()
    expect(page.get_by_label("Telephone number")).to_have_value("2")
    in_order(page, "columns open")
    page.get_by_label("Where their consent comes from").fill("Sign-up sheet, street fair")
    page.get_by_label("Since when they agree").fill("2026-10-03")
    page.get_by_role("button", name="Take this list").click()
    page.wait_for_selector("#taking, #result")
    expect(page.locator("#result")).to_contain_text(
        "602 people are in", timeout=SLOW_MS
    )  # by itself, without reloading
    expect(page.locator("#result")).to_contain_text("its last digits are lost")
    page.go_back()
    page.get_by_role("link", name="Contacts").click()
    page.get_by_label("Find somebody by name or number").fill("magdalena")
    page.keyboard.press("Enter")
    expect(page.locator("#found")).to_contain_text("1 person found")
    page.get_by_role("link", name="Maria-Magdalena").click()
    expect(page.locator("#person")).to_contain_text("Oct 3, 2026")
    page.go_back()
    page.get_by_role("link", name="Opt-outs").click()
    expect(page.locator("#all")).to_contain_text("Bea Lindqvist")


def test_a_file_that_is_too_large_is_said_before_it_is_sent_and_a_photo_after(
    world: World, panel: Panel, visit: Enter, tmp_path: Path
) -> None:
    large, photo = tmp_path / "large.csv", tmp_path / "photo.csv"
    with large.open("wb") as file:
        file.truncate(200 * 2**20)
    photo.write_bytes(b"\xff\xd8\xff\xe0" + bytes(range(256)) * 40)
    cleo = visit("coordinator", DESK)
    page = cleo.go("/lists")
    page.set_input_files("#file", str(large))
    expect(page.get_by_role("alert")).to_contain_text("This file has 200 MB, and up to 50 MB can be brought")
    page.get_by_role("button", name="Look at this file").click()
    expect(page.get_by_role("heading", name="No list yet")).to_be_visible()
    page.set_input_files("#file", str(photo))
    expect(page.locator("#file-wrong")).to_be_hidden()
    page.get_by_role("button", name="Look at this file").click()
    expect(page.get_by_role("alert")).to_contain_text("This file is a picture, not a list")
    in_order(page, "refused")
    cleo.complaints[:] = [
        line for line in cleo.complaints if "409" not in line
    ]  # Chromium lists every answer of that kind


@pytest.mark.parametrize("what", ["opt-outs", "erasure"])
def test_a_second_tap_on_a_slow_box_does_not_hide_what_the_first_one_did(
    world: World, visit: Enter, what: str
) -> None:
    """“No number is off every list by this file”, and “That did not go” of somebody whom the first tap had erased."""
    world.draft("Rosa Delgado", "+12025550147", HELLO)
    ana = visit("admin", DESK)
    page = ana.go("/opt-outs" if what == "opt-outs" else f"/inbox/{world.conversation('+12025550147')}/erase")
    if what == "opt-outs":
        file = {"name": "stops.csv", "mimeType": "text/csv", "buffer": b"phone\n+12025550111\n"}
        page.set_input_files("#file", file)  # type: ignore[arg-type]
    slow = {"offline": False, "latency": 400, "downloadThroughput": -1, "uploadThroughput": -1}
    ana.context.new_cdp_session(page).send("Network.emulateNetworkConditions", slow)
    place = page.locator("form[method=post]:not([data-swap]) button").last.bounding_box()
    assert place
    for wait_ms in (200, 0):
        page.mouse.click(place["x"] + place["width"] / 2, place["y"] + place["height"] / 2)
        page.wait_for_timeout(wait_ms)
    said = "1 number is off every list" if what == "opt-outs" else "Erased"
    expect(page.locator("main")).to_contain_text(said)
