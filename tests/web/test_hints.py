"""Hints on the pages of a campaign: mended with one press, kept as they are, pointed out again; and answers that change places."""

import html
import re
from collections.abc import Callable
from dataclasses import replace

import pytest

from gateway import campaigns, scriptedit, store
from gateway.scripts import Choice, Script
from tests.campaigning import bring_in, drafted
from tests.web.conftest import Visitor
from tests.web.world import World

Visit = Callable[..., Visitor]
LINKED = "{organisation}: see elmstreet.example.org. STOP to end."


@pytest.fixture
def made(world: World) -> int:
    """A draft with a link in its first text and two answers that both read “sure”."""
    now, lead = store.wall_ms(), world.users["coordinator"]
    campaign_id = drafted(world.db, lead, bring_in(world.db, now=now), now=now)
    script = scriptedit.with_wording(campaigns.load(world.db, campaign_id).script, "0", LINKED)
    maybe = script.first.choice("maybe")
    assert maybe is not None
    script = scriptedit.with_choice(script, "first", replace(maybe, reads=("maybe", "Sure!")))
    campaigns.save(world.db, campaign_id, by=lead, now=now, seen_revision=2, script=script)
    return campaign_id


def script(world: World, campaign_id: int) -> Script:
    return campaigns.load(world.db, campaign_id).script


def said(page: str) -> str:
    return " ".join(html.unescape(re.sub(r"<[^>]+>", "", page)).split())


def hint(page: str, title: str) -> dict[str, str]:
    """The fields of the form under the notice with this title."""
    notice = html.unescape(page).split(title, 1)[1].split("</form>", 1)[0]
    return dict(re.findall(r'name="(key|revision|back)" value="([^"]*)"', notice))


def test_two_answers_that_read_alike_are_mended_with_one_press(world: World, made: int, visit: Visit) -> None:
    cleo, path = visit("coordinator"), f"/campaigns/{made}"
    title = "“sure” reads as “Yes” and as “Maybe”."
    for address, back in ((f"{path}/words", ""), (path, "campaign")):
        page = cleo.get(address).get_data(as_text=True)
        assert f"{title} A reply that says so is suggested as neither." in said(page)
        assert "Leave it to “Yes”" in said(page)
        assert hint(page, title)["back"] == back
    stale = {**hint(page, title), "revision": "1"}
    assert "Somebody changed this campaign" in said(cleo.post(f"{path}/words/hint", do="mend:0", **stale).get_data(as_text=True))  # fmt: skip
    after = cleo.post(f"{path}/words/hint", follow=True, do="mend:0", **hint(page, title))
    assert title not in said(after.get_data(as_text=True))
    assert "As they read it" in said(after.get_data(as_text=True)), "back on the page that it was on"
    maybe = script(world, made).first.choice("maybe")
    assert maybe is not None
    assert maybe.reads == ("maybe",)


def test_a_hint_is_kept_where_it_is_read_and_found_again(world: World, made: int, visit: Visit) -> None:
    cleo, path = visit("coordinator"), f"/campaigns/{made}"
    title = "A link stands in the first text."
    page = cleo.get(path).get_data(as_text=True)
    kept = cleo.post(f"{path}/words/hint", follow=True, do="keep", **hint(page, title))
    assert title not in said(kept.get_data(as_text=True))
    page = cleo.get(f"{path}/words").get_data(as_text=True)
    assert "1 hint kept as it is" in said(page)
    assert f"{title} In the first text, wording 1. Kept by Cleo." in said(page)
    again = cleo.post(f"{path}/words/hint", follow=True, do="again", key=hint(page, title)["key"])
    assert f"{title} Networks take links" in said(again.get_data(as_text=True))


def test_in_the_editor_it_is_kept_with_the_words_as_they_were_typed(
    world: World, made: int, visit: Visit
) -> None:
    cleo, path = visit("coordinator"), f"/campaigns/{made}"
    address = f"{path}/words/first/0"
    typed = f"Hello! {LINKED}"
    cleo.get(address)
    look = cleo.post(f"{address}/look", text=typed).get_data(as_text=True)
    key = re.search(r'value="meant:(\w+)"', look)[1]  # type: ignore[index]
    page = cleo.post(address, follow=True, revision="3", text=typed, do=f"meant:{key}").get_data(as_text=True)
    assert script(world, made).first.texts[0] == typed
    assert "A link stands" not in said(page)
    revision = cleo.field(page, "revision")
    cleo.post(address, revision=revision, text=f"{typed} Yes?")
    assert "A link stands in the first text." in said(cleo.get(address).get_data(as_text=True))


def test_what_is_no_hint_any_more_is_refused_in_words(world: World, made: int, visit: Visit) -> None:
    cleo, path = visit("coordinator"), f"/campaigns/{made}"
    cleo.get(path)
    for do in ("keep", "mend:0", "mend:9"):
        answer = cleo.post(f"{path}/words/hint", do=do, key="0" * 16, revision="3")
        assert "That is not so any more. Nothing was changed" in said(answer.get_data(as_text=True))
    assert campaigns.load(world.db, made).options.meant == {}


def test_answers_change_places_by_plain_forms(world: World, made: int, visit: Visit) -> None:
    cleo, path = visit("coordinator"), f"/campaigns/{made}"
    page = cleo.get(f"{path}/words").get_data(as_text=True)
    assert "Move the answer Yes down" in said(page)
    moved = cleo.post(f"{path}/words/answer/first.yes/move", revision="3", do="down")
    assert "at=down-first.yes" in moved.headers["Location"]
    page = cleo.get(moved.headers["Location"]).get_data(as_text=True)
    assert "“Yes” is number 2 of 4 now." in html.unescape(page)
    assert [choice.id for choice in script(world, made).first.choices] == ["maybe", "yes", "no", "wrong"]
    late = cleo.post(f"{path}/words/answer/first.yes/move", revision="3", do="down")
    assert "Somebody changed this campaign meanwhile" in said(late.get_data(as_text=True))
    top = cleo.post(f"{path}/words/answer/first.maybe/move", revision="4", do="up")
    assert top.status_code == 303
    assert campaigns.load(world.db, made).revision == 4, "nothing moved, nothing changed"
    gone = cleo.post(f"{path}/words/answer/first.gone/move", revision="4", do="up")
    assert "not there any more" in said(gone.get_data(as_text=True))


def test_a_label_from_outside_does_nothing_to_the_page(world: World, made: int, visit: Visit) -> None:
    now, lead = store.wall_ms(), world.users["coordinator"]
    before = campaigns.load(world.db, made)
    worse = scriptedit.with_choice(before.script, "first", Choice("new", "<b>x", reads=("maybe",)))
    campaigns.save(world.db, made, by=lead, now=now, seen_revision=3, script=worse)
    page = visit("coordinator").get(f"/campaigns/{made}/words").get_data(as_text=True)
    assert "<b>x" not in page
    assert "reads as “Maybe” and as “<b>x”." in html.unescape(page)
