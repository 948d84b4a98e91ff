"""Whoever says that the number is wrong is a stranger: no later campaign writes to them, also one that has taken them in before they said it."""

import pytest

from gateway import campaigns, cards, recording
from gateway.errors import Refused
from gateway.rules import DAY_MS
from tests.campaigning import Hall, bring_in


@pytest.fixture
def second(hall: Hall) -> int:
    """The second campaign of one list; the first, in which everybody was texted, is closed."""
    list_id = bring_in(hall.db, ("Rosa", "Luis"), now=hall.now)
    first = hall.batch(list_id=list_id)
    for _ in range(2):
        hall.send()
    at = hall.now - 9 * DAY_MS
    hall.db.execute(
        "UPDATE message SET state='sent', submitted_at=?, sent_at=?, station='north', iccid='8901', total=1",
        [at, at],
    )
    campaigns.close(hall.db, first, by=hall.users["coordinator"], now=hall.now)
    return hall.started("Second", list_id=list_id)


def says_wrong(hall: Hall, name: str) -> None:
    """A late answer to the first campaign."""
    row = hall.db.execute(
        "SELECT t.id FROM target t JOIN contact k ON k.id=t.contact_id WHERE k.first_name=? ORDER BY t.id LIMIT 1",
        [name],
    ).fetchone()
    recording.record(hall.db, row["id"], "contact", "wrong_number", by=hall.users["volunteer"], now=hall.now)


def names(hall: Hall, campaign_id: int, state: str) -> list[tuple[str, str]]:
    rows = hall.db.execute(
        "SELECT k.first_name, t.reason FROM target t JOIN contact k ON k.id=t.contact_id WHERE t.campaign_id=? AND t.state=?",
        [campaign_id, state],
    )
    return [tuple(row) for row in rows]


def test_who_says_so_after_the_next_campaign_began_gets_no_first_text_of_it(hall: Hall, second: int) -> None:
    """The stranger was texted again, for only the start asked what had been said."""
    says_wrong(hall, "Rosa")
    hall.take(second)
    assert hall.send().name == "Luis"
    assert cards.next_card(hall.db, hall.users["volunteer"], rules=hall.rules, now=hall.now) is None
    assert names(hall, second, "out") == [("Rosa", "A wrong number, as they told us.")]


def test_who_says_so_while_their_card_is_open_is_not_sent_it(hall: Hall, second: int) -> None:
    hall.take(second)
    card = hall.card()
    assert card.name == "Rosa"
    says_wrong(hall, "Rosa")
    with pytest.raises(Refused, match="wrong number"):
        hall.approve(card.id)
    assert hall.send().name == "Luis", "it holds up nobody"
    assert names(hall, second, "out") == [("Rosa", "A wrong number, as they told us.")]


def test_who_is_the_right_one_after_all_is_texted(hall: Hall, second: int) -> None:
    says_wrong(hall, "Rosa")
    row = hall.db.execute("SELECT target_id FROM answer").fetchone()
    recording.record(hall.db, row["target_id"], "contact", "", by=hall.users["coordinator"], now=hall.now + 1)
    hall.take(second)
    assert hall.send().name == "Rosa"
