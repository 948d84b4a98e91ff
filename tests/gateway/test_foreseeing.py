"""How many texts a campaign will be: each wording in the share in which people get it, also where few of a long list are looked at."""

import pytest

from gateway import conversations, enrolment, foreseeing, optouts, scriptedit
from gateway.foreseeing import Foreseen
from tests.campaigning import Hall, bring_in
from tests.gateway.conftest import NOON

LONG = (
    "{organisation}: will you come to the rent hearing? STOP to end. " + "We need everybody there. " * 14
)  # 3 segments


def long_list(hall: Hall, people: int, *, wordings: int = 2) -> int:
    """A draft for so many people; the first wording makes one segment, the last one three."""
    made = hall.drafted(bring_in(hall.db, tuple(f"P{at}" for at in range(people)), now=NOON))
    script = scriptedit.with_wording(hall.load(made).script, "0", "{organisation}: come? STOP to end.")
    while len(script.first.texts) > 1:
        script = scriptedit.without_wording(script, "1")
    for _ in range(wordings - 1):
        script = scriptedit.with_wording(script, "new", LONG)
    hall.change(made, script=script)
    return made


def foreseen(hall: Hall, campaign_id: int, people: int) -> Foreseen:
    by = hall.users["coordinator"]
    return foreseeing.foresee(hall.db, hall.load(campaign_id), by, hall.rules, people, now=NOON)


@pytest.mark.parametrize("wordings", [2, 3, 4])
def test_a_long_list_of_which_every_fourth_is_looked_at_counts_all_wordings(
    hall: Hall, monkeypatch: pytest.MonkeyPatch, wordings: int
) -> None:
    """20,000 people with wordings of 1 and 3 segments "made 20,000 texts": every tenth had the same wording."""
    monkeypatch.setattr(foreseeing, "LOOKED_AT", 60)
    made = long_list(hall, 240, wordings=wordings)
    found = foreseen(hall, made, 240)
    assert not found.exact
    assert found.segments == pytest.approx(240 * (1 + 3 * (wordings - 1)) / wordings, rel=0.05)
    assert (found.people, found.each) == (240, "1 to 3 texts each")


def test_what_is_foreseen_is_what_the_start_shares_out(hall: Hall) -> None:
    """A list whose people all get the same wording, as one that follows from a wording does."""
    made = long_list(hall, 12)
    hall.db.execute("DELETE FROM list_member WHERE contact_id % 2=0")
    found = foreseen(hall, made, 6)
    assert (found.people, found.segments, found.each) == (6, 18, "3 texts each")
    hall.enrol(made)
    enrolment.start(
        hall.db, made, by=hall.users["coordinator"], rules=hall.rules, now=NOON, needs_review=False
    )
    going = foreseeing.to_go(hall.db, hall.load(made), hall.users["coordinator"], hall.rules)
    assert (going.people, going.segments, going.each) == (6, 18, "3 texts each")


def test_while_it_runs_only_those_count_who_may_still_be_texted(hall: Hall) -> None:
    """12 people "nobody has taken", and one of them had come off by a file of opt-outs."""
    made = hall.started()
    someone = hall.db.execute("SELECT id FROM conversation WHERE name='Sam'").fetchone()["id"]
    optouts.opt_out(hall.db, someone, source="import", by=None, reason="", now=NOON)
    going = foreseeing.to_go(hall.db, hall.load(made), hall.users["coordinator"], hall.rules)
    assert (going.people, going.segments, going.each) == (5, 5, "")
    stands = enrolment.progress(hall.db, made)
    assert (stands.open, stands.out, stands.people) == (5, 1, 5)
    assert enrolment.left_out(hall.db, made) == [("Asked to stop.", 1)]
    assert hall.take(made) == 5
    held = hall.db.execute("SELECT count(*) FROM target WHERE conversation_id=? AND state='held'", [someone])
    assert held.fetchone()[0] == 0, "nobody takes who asked to stop"
    optouts.undo(
        hall.db, someone, by=hall.users["coordinator"], reason="It was another number.", now=NOON + 1
    )
    assert enrolment.progress(hall.db, made).open == 1
    assert conversations.open_opt_out(hall.db, "+12025550103") is None


def test_whoever_is_erased_while_the_others_are_looked_at_breaks_no_page(
    hall: Hall, monkeypatch: pytest.MonkeyPatch
) -> None:
    made, some = hall.started(), foreseeing._some_to_go
    monkeypatch.setattr(foreseeing, "_some_to_go", lambda *of: [99_999, *some(*of)])
    going = foreseeing.to_go(hall.db, hall.load(made), hall.users["coordinator"], hall.rules)
    assert (going.people, going.segments) == (6, 6)
