"""A campaign is used again from its page: its name, its language, and what of its words comes along."""

import html
from collections.abc import Callable

from gateway import campaigns, scriptedit, store
from gateway.kinds import kind
from tests.campaigning import bring_in, drafted
from tests.web.conftest import Visitor
from tests.web.world import World

Visit = Callable[..., Visitor]


def draft(world: World) -> int:
    now = store.wall_ms()
    return drafted(world.db, world.users["coordinator"], bring_in(world.db, now=now), now=now)


def changed(world: World, campaign_id: int, texts: int) -> None:
    script = campaigns.load(world.db, campaign_id).script
    for at in range(texts):
        ready = script.ready[at]
        script = scriptedit.with_ready(script, str(at), type(ready)(ready.label, f"Ours, {at}."))
    by, now = world.users["coordinator"], store.wall_ms()
    campaigns.save(world.db, campaign_id, by=by, now=now, seen_revision=2, script=script)


def test_a_campaign_whose_words_stand_is_used_again_in_spanish(world: World, visit: Visit) -> None:
    path, cleo = f"/campaigns/{draft(world)}", visit("coordinator")
    assert f'href="{path}/clone"' in cleo.get(path).get_data(as_text=True)
    form = html.unescape(cleo.get(f"{path}/clone").get_data(as_text=True))
    assert "all of them are there in Spanish" in form
    assert "cannot be translated" not in form
    made = cleo.post(f"{path}/clone", name="Audiencia", language="es")
    page = html.unescape(cleo.get(made.headers["Location"]).get_data(as_text=True))
    assert "write “What is it? (“the rent hearing”)”, “Place” in Spanish." in page
    new = campaigns.load(world.db, int(made.headers["Location"].split("/")[2]))
    assert (new.name, new.language) == ("Audiencia", "es")
    assert new.script == kind("event").scripts["es"]
    assert new.facts["place"] == "Union Hall"


def test_words_that_were_changed_are_named_before_they_stay_behind(world: World, visit: Visit) -> None:
    made = draft(world)
    changed(world, made, 2)
    cleo = visit("coordinator")
    form = html.unescape(cleo.get(f"/campaigns/{made}/clone").get_data(as_text=True))
    assert "Texts that were changed cannot be translated" in form
    assert "You get the Spanish words of the template instead" in form
    assert "the ready answer “Where it is”" in form
    cleo.post(f"/campaigns/{made}/clone", name="Otra", language="es")
    assert campaigns.load(world.db, made + 1).script == kind("event").scripts["es"]
    cleo.post(f"/campaigns/{made}/clone", name="Ours again", language="en")
    assert campaigns.load(world.db, made + 2).script.ready[0].text == "Ours, 0."


def test_a_name_that_is_taken_leaves_what_was_typed_on_the_screen(world: World, visit: Visit) -> None:
    made = draft(world)
    cleo = visit("coordinator")
    cleo.get(f"/campaigns/{made}/clone")
    refused = cleo.post(f"/campaigns/{made}/clone", name="Rent hearing", language="es")
    page = html.unescape(refused.get_data(as_text=True))
    assert refused.status_code == 409
    assert "A campaign is called “Rent hearing” already." in page
    assert 'value="es" checked' in page
    assert cleo.post(f"/campaigns/{made}/clone", name="x", language="tlh").status_code == 400
