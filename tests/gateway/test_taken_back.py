"""A reply that was taken back or ran out: who waits, and where the campaign's script stands with them."""

import pytest

from gateway import campaigns, inbox, outbox, purgedates, recording
from gateway.arrivals import Received, Seen, keep
from gateway.moves import move
from gateway.rules import DAY_MS
from tests.campaigning import Hall
from tests.gateway.conftest import ICCID, NOON
from tests.gateway.test_arrivals import deliver

ROSA = "+12025550100"


@pytest.fixture
def rosa(hall: Hall) -> int:
    """She was texted and wrote back; returns her conversation."""
    hall.batch()
    sent(hall, hall.send().id)
    keep(hall.db, [Received(pdu, "SM", 1) for pdu in deliver("yes", ROSA)], Seen("north", ICCID), hall.rules, now=NOON + 1)  # fmt: skip
    return int(hall.db.execute("SELECT id FROM conversation WHERE number=?", [ROSA]).fetchone()["id"])


def sent(hall: Hall, message_id: int) -> None:
    hall.db.execute(
        "UPDATE message SET state='sent', iccid=?, submitted_at=? WHERE id=?", [ICCID, NOON, message_id]
    )


def replies(hall: Hall, conversation_id: int, step: str, records: dict[str, str], *, at: int) -> int:
    """Maya's answer to her, by a button of the script."""
    target = hall.db.execute("SELECT id FROM target WHERE conversation_id=?", [conversation_id]).fetchone()["id"]  # fmt: skip
    return inbox.reply(
        hall.db,
        conversation_id,
        "Great!",
        by=hall.users["volunteer"],
        key=f"reply {at}",
        rules=hall.rules,
        now=at,
        campaigning=inbox.Campaigning(target, records, step),
    )


def waits(hall: Hall, conversation_id: int) -> bool:
    row = hall.db.execute("SELECT waiting_at FROM conversation WHERE id=?", [conversation_id]).fetchone()
    return row["waiting_at"] is not None


def test_an_undone_reply_that_is_sent_again_leaves_nobody_waiting(hall: Hall, rosa: int) -> None:
    assert waits(hall, rosa)
    reply = replies(hall, rosa, "", {}, at=NOON + 2)
    assert not waits(hall, rosa)
    outbox.undo(hall.db, reply, by=hall.users["volunteer"], now=NOON + 3)
    assert waits(hall, rosa)
    hall.approve(reply, now=NOON + 4)
    assert not waits(hall, rosa)


def test_after_a_reply_that_ran_out_the_script_stands_where_the_one_before_had_led_it(
    hall: Hall, rosa: int
) -> None:
    sent(hall, replies(hall, rosa, "yes", {"status": "yes"}, at=NOON + 2))
    late = replies(hall, rosa, "no", {"status": "no"}, at=NOON + 3)
    person = "SELECT id, step FROM target WHERE conversation_id=?"
    assert hall.db.execute(person, [rosa]).fetchone()["step"] == "no"
    outbox.expire(hall.db, now=outbox.load(hall.db, late)["expires_at"])
    row = hall.db.execute(person, [rosa]).fetchone()
    assert (row["step"], recording.current(hall.db, row["id"])) == ("yes", {"status": "yes"})


@pytest.mark.parametrize("closed", [False, True], ids=["open", "closed after the answer"])
@pytest.mark.parametrize("event", ["fail", "report_undelivered", "expire"])
def test_whose_answer_did_not_reach_them_waits_for_one_again(
    hall: Hall, rosa: int, event: str, closed: bool
) -> None:
    """Nobody looks at the thread any more once it was answered, and least of all when it was closed on the strength of that."""
    reply = replies(hall, rosa, "", {}, at=NOON + 2)
    if closed:
        inbox.close(hall.db, rosa, by=hall.users["volunteer"], now=NOON + 3)
    if event != "expire":
        sent(hall, reply)
    if event == "fail":
        hall.db.execute("UPDATE message SET state='submitted' WHERE id=?", [reply])
    move(hall.db, event, reply, actor="network", now=NOON + 4, reason="It did not arrive.")
    assert waits(hall, rosa)
    assert not hall.db.execute("SELECT 1 FROM conversation WHERE closed_at IS NOT NULL").fetchone()


def test_who_was_sent_the_answer_again_does_not_wait_when_the_first_one_is_known_not_to_have_come(
    hall: Hall, rosa: int
) -> None:
    """The second one had arrived and the conversation was closed: it waited again, for somebody to answer a third time."""
    first, again = (replies(hall, rosa, "", {}, at=NOON + at) for at in (2, 3))
    sent(hall, again)
    hall.db.execute("UPDATE message SET resend_of=? WHERE id=?", [first, again])
    sent(hall, first)
    hall.db.execute("UPDATE message SET state='uncertain', station='north', total=1 WHERE id=?", [first])
    inbox.close(hall.db, rosa, by=hall.users["volunteer"], now=NOON + 4)
    move(hall.db, "settle_undelivered", first, actor="network", now=NOON + 5, reason="It did not arrive.")
    assert not waits(hall, rosa)


def test_words_that_nobody_sent_open_no_conversation_that_was_closed_without_them(
    hall: Hall, rosa: int
) -> None:
    """Maya took her answer back, then found that there was nothing to say."""
    reply = replies(hall, rosa, "", {}, at=NOON + 2)
    outbox.undo(hall.db, reply, by=hall.users["volunteer"], now=NOON + 3)
    inbox.close(hall.db, rosa, by=hall.users["volunteer"], now=NOON + 4)
    outbox.skip(hall.db, reply, by=hall.users["volunteer"], now=NOON + 5)
    assert not waits(hall, rosa)


def test_whose_answer_went_back_because_the_campaign_was_changed_waits_for_one(hall: Hall, rosa: int) -> None:
    """It waited for the morning, and its volunteer went home: its card is theirs and a coordinator's, the person is everybody's."""
    replies(hall, rosa, "", {}, at=NOON + 2)
    [campaign_id] = hall.db.execute("SELECT id FROM campaign").fetchone()
    campaign = campaigns.load(hall.db, campaign_id)
    facts = {**campaign.facts, "place": "School"}
    coordinator = hall.users["coordinator"]
    campaigns.save(
        hall.db, campaign_id, by=coordinator, now=NOON + 3, seen_revision=campaign.revision, facts=facts
    )
    assert waits(hall, rosa)


def test_the_purge_takes_the_unsent_words_to_people_who_were_never_texted(hall: Hall) -> None:
    """Their cards were written and not sent; with the campaign gone nothing else would ever take those words away."""
    campaign_id = hall.batch()
    card = hall.card()
    outbox.skip(hall.db, card.id, by=hall.users["volunteer"], now=NOON)
    hall.card()  # the next one is only looked at
    campaigns.close(hall.db, campaign_id, by=hall.users["coordinator"], now=NOON)
    hall.db.execute("UPDATE campaign SET options=json_set(options, '$.purge_list', 1)")
    purgedates.purge(hall.db, now=NOON + 91 * DAY_MS, zone=hall.rules.zone)
    for table in ("target", "message", "event", "contact", "conversation"):
        assert hall.db.execute(f"SELECT count(*) FROM {table}").fetchone()[0] == 0, table
