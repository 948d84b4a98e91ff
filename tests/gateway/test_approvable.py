"""What may be approved: nothing to who may have asked to stop, nothing that cannot leave, nothing that is another than it shows."""

import sqlite3
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from gateway import (
    arrivals,
    assignments,
    campaigns,
    cards,
    enrolment,
    inbox,
    outbox,
    recording,
    reminders,
    scriptedit,
    store,
)
from gateway.errors import Refused
from gateway.planning import SimRoom
from gateway.policy import Limits
from gateway.rules import DAY_MS, HOUR_MS, Rules
from hardware.pdu import encode_deliver, segment
from tests.campaigning import FACTS, SIMS, bring_in, drafted
from tests.gateway.conftest import ADA, ICCID, NOON, Desk, Room
from tests.gateway.test_campaigns import send_next, started

ROSA, LUIS = "+12025550100", "+12025550101"
EVE = int(datetime(2026, 12, 1, 21, 0, tzinfo=UTC).timestamp() * 1000)  # a day before the reminder is due
PERHAPS = "STOP the bill! count me in"


def wrote(db: sqlite3.Connection, rules: Rules, number: str, text: str, *, now: int = NOON) -> int:
    """They wrote this; returns their conversation."""
    pdu = "00" + encode_deliver(number, segment(text), timestamp=store.moment(now)).hex()
    arrivals.keep(db, [arrivals.Received(pdu, "SM", 1)], arrivals.Seen("north", ICCID), rules, now=now)
    return int(db.execute("SELECT id FROM conversation WHERE number=?", [number]).fetchone()["id"])


def texted(db: sqlite3.Connection, number: str) -> int:
    """They have had their first text; returns their target."""
    row = db.execute(
        "SELECT t.id FROM target t JOIN conversation c ON c.id=t.conversation_id WHERE c.number=?", [number]
    ).fetchone()
    db.execute("UPDATE target SET state='texted', texted_at=? WHERE id=?", [NOON, row["id"]])
    return int(row["id"])


def names(db: sqlite3.Connection, user: object, rules: Rules, *, now: int = NOON) -> list[str]:
    """Whose cards come up one after the other, each put off for later."""
    found: list[str] = []
    while (card := cards.next_card(db, user, rules=rules, now=now)) and card.name not in found:  # type: ignore[arg-type]
        found.append(card.name)
        outbox.later(db, card.id, by=user, now=now)  # type: ignore[arg-type]
    return found


def test_whoever_may_have_asked_to_stop_has_no_card_until_somebody_says_no_go_on(
    db: sqlite3.Connection, room: Room, rules: Rules
) -> None:
    campaign_id = started(db, room, rules)
    assignments.take(db, campaign_id, room.volunteer, rules, SIMS, now=NOON)
    rosa = wrote(db, rules, ROSA, PERHAPS)
    assert cards.counts(db, room.volunteer, now=NOON).to_send == 5
    assert "Rosa" not in names(db, room.volunteer, rules)

    inbox.not_opt_out(db, rosa, by=room.volunteer, now=NOON)
    card = next(c for c in iter(lambda: send_next(db, room.volunteer, rules), None) if c.name == "Rosa")
    assert card.waiting == PERHAPS  # and what they wrote stands on it


def test_a_card_that_was_open_when_they_may_have_asked_to_stop_does_not_go(
    db: sqlite3.Connection, room: Room, rules: Rules
) -> None:
    campaign_id = started(db, room, rules)
    assignments.take(db, campaign_id, room.volunteer, rules, SIMS, now=NOON)
    card = cards.next_card(db, room.volunteer, rules=rules, now=NOON)
    assert card is not None
    wrote(db, rules, ROSA, PERHAPS)
    row = outbox.load(db, card.id)
    assert not cards.decides(db, row, room.volunteer, now=NOON)
    with pytest.raises(Refused, match="may have asked to stop"):
        outbox.approve(db, card.id, by=room.volunteer, seen=outbox.seen(row), rules=rules, now=NOON)
    assert "Rosa" not in names(db, room.volunteer, rules)


def test_whoever_may_have_asked_to_stop_is_answered_and_not_reminded(
    db: sqlite3.Connection, room: Room, rules: Rules
) -> None:
    started(db, room, rules)
    recording.record(db, texted(db, ROSA), "status", "yes", by=room.volunteer, now=NOON)
    rosa = wrote(db, rules, ROSA, PERHAPS)
    assert reminders.draft_due(db, rules, now=EVE) == 0
    answer = inbox.reply(
        db, rosa, "Shall we stop texting you?", by=room.volunteer, key="asked", rules=rules, now=NOON
    )
    assert outbox.load(db, answer)["state"] == "approved"

    inbox.not_opt_out(db, rosa, by=room.volunteer, now=NOON)
    assert reminders.draft_due(db, rules, now=EVE) == 1
    wrote(db, rules, ROSA, "please STOP the noise and see you there", now=EVE)
    assert cards.next_card(db, room.other, rules=rules, now=EVE) is None
    (reminder,) = db.execute("SELECT id FROM message WHERE kind=2").fetchall()
    seen = outbox.seen(outbox.load(db, reminder["id"]))
    with pytest.raises(Refused, match="may have asked to stop"):
        outbox.approve(db, reminder["id"], by=room.volunteer, seen=seen, rules=rules, now=EVE)


ARABIC = "مرحبا بكم في الاجتماع "  # 70 of such letters make a segment


def worded(db: sqlite3.Connection, room: Room, rules: Rules, words: str, **cells: str) -> int:
    """A running campaign whose one first text is `words`; `cells` stand in the list, Rosa's own under `rosa`."""
    list_id = bring_in(db, now=NOON)
    rosas = cells.pop("rosa", None)
    for column, cell in cells.items():
        path = f"$.{column}"
        db.execute("UPDATE contact SET fields=json_set(fields, ?, ?)", [path, cell])
        if rosas is not None:
            db.execute(
                "UPDATE contact SET fields=json_set(fields, ?, ?) WHERE first_name='Rosa'", [path, rosas]
            )
    campaign_id = drafted(db, room.coordinator, list_id, now=NOON)
    reword(db, room, rules, campaign_id, words)
    enrolment.enrol(db, campaign_id, now=NOON)
    enrolment.start(db, campaign_id, by=room.coordinator, rules=rules, now=NOON, needs_review=False)
    return campaign_id


def reword(db: sqlite3.Connection, room: Room, rules: Rules, campaign_id: int, words: str) -> None:
    """Its one first text is this from now on, as the script's page keeps it."""
    campaign = campaigns.load(db, campaign_id)
    script = campaign.script
    while len(script.first.texts) > 1:
        script = scriptedit.without_wording(script, "1")
    campaigns.save(
        db,
        campaign_id,
        by=room.coordinator,
        now=NOON,
        seen_revision=campaign.revision,
        script=scriptedit.with_wording(script, "0", words),
        blocking=lambda changed: enrolment.blocking(db, changed, rules),
    )


def left_out(db: sqlite3.Connection) -> list[tuple[str, str]]:
    rows = db.execute(
        "SELECT c.name, t.reason FROM target t JOIN conversation c ON c.id=t.conversation_id WHERE t.state='out'"
    )
    return [tuple(row) for row in rows]


@pytest.mark.parametrize("words", [ARABIC * 40, "come to the hearing " * 77])
def test_a_first_text_that_no_modem_could_send_starts_nothing(
    db: sqlite3.Connection, room: Room, rules: Rules, words: str
) -> None:
    with pytest.raises(Refused, match="more than 10 texts long"):
        worded(db, room, rules, "{organisation}: " + words + "STOP to end.")


def test_one_cell_that_makes_a_text_too_long_leaves_its_person_out_and_holds_up_nobody(
    db: sqlite3.Connection, room: Room, rules: Rules
) -> None:
    words = "{organisation}: {note}. " + "We would like to see you at the hearing. " * 7 + "STOP to end."
    campaign_id = worded(db, room, rules, words, note="ok", rosa=ARABIC * 20)
    assert assignments.take(db, campaign_id, room.volunteer, rules, SIMS, now=NOON) == 6
    card = cards.next_card(db, room.volunteer, rules=rules, now=NOON)
    assert card is not None
    assert card.name == "Luis"
    ((name, why),) = left_out(db)
    assert name == "Rosa"
    assert "too long" in why


def test_a_card_that_other_words_made_too_long_is_taken_back_when_it_is_opened(
    db: sqlite3.Connection, room: Room, rules: Rules
) -> None:
    campaign_id = worded(db, room, rules, "{organisation}: come! STOP to end.", note="ok", rosa=ARABIC * 20)
    assignments.take(db, campaign_id, room.volunteer, rules, SIMS, now=NOON)
    rosas = cards.next_card(db, room.volunteer, rules=rules, now=NOON)
    assert rosas is not None
    assert rosas.name == "Rosa"
    reword(
        db,
        room,
        rules,
        campaign_id,
        "{organisation}: {note}. " + "Come to the hearing. " * 14 + "STOP to end.",
    )
    with pytest.raises(Refused, match=r"Rosa .*too long"):
        cards.card(db, rosas.id, room.volunteer, rules=rules, now=NOON)
    assert outbox.load(db, rosas.id)["state"] == "withdrawn"
    assert cards.next_card(db, room.volunteer, rules=rules, now=NOON).name == "Luis"  # type: ignore[union-attr]


def test_a_card_on_the_way_that_cannot_be_written_any_more_is_passed_over(
    db: sqlite3.Connection, room: Room, rules: Rules
) -> None:
    campaign_id = worded(db, room, rules, "{organisation}: come! STOP to end.", note="ok", rosa=ARABIC * 20)
    assignments.take(db, campaign_id, room.volunteer, rules, SIMS, now=NOON)
    cards.next_card(db, room.volunteer, rules=rules, now=NOON)
    reword(
        db,
        room,
        rules,
        campaign_id,
        "{organisation}: {note}. " + "Come to the hearing. " * 14 + "STOP to end.",
    )
    assert names(db, room.volunteer, rules) == ["Luis", "Ada", "Sam", "Mei", "Theo"]
    assert [name for name, _ in left_out(db)] == ["Rosa"]


def test_a_fact_that_is_not_filled_in_does_not_hide_the_lists_column(
    db: sqlite3.Connection, room: Room, rules: Rules
) -> None:
    list_id = bring_in(db, now=NOON)
    db.execute("UPDATE contact SET fields=json_set(fields, '$.seats', '2')")
    campaign_id = drafted(db, room.coordinator, list_id, now=NOON)
    campaigns.save(
        db, campaign_id, by=room.coordinator, now=NOON, seen_revision=2, facts={**FACTS, "seats": ""}
    )
    reword(db, room, rules, campaign_id, "{organisation}: you took {seats} seats. Again? STOP to end.")
    enrolment.enrol(db, campaign_id, now=NOON)
    enrolment.start(db, campaign_id, by=room.coordinator, rules=rules, now=NOON, needs_review=False)
    assignments.take(db, campaign_id, room.volunteer, rules, SIMS, now=NOON)
    card = send_next(db, room.volunteer, rules)
    assert card.text == "Elm Street: you took 2 seats. Again? STOP to end."
    assert "".join(words for _, words in card.parts) == outbox.load(db, card.id)["text"]


def test_a_text_with_a_hole_is_nobodys_card_and_nobodys_reminder(
    db: sqlite3.Connection, room: Room, rules: Rules
) -> None:
    campaign_id = worded(db, room, rules, "{organisation}: still in {building}? STOP to end.")
    campaign = campaigns.load(db, campaign_id)
    reminder = replace(campaign.script.reminders[0], text="{building}, tomorrow at {hour}")
    script = replace(campaign.script, reminders=(reminder,))
    campaigns.save(
        db, campaign_id, by=room.coordinator, now=NOON, seen_revision=campaign.revision, script=script
    )
    recording.record(db, texted(db, ROSA), "status", "yes", by=room.volunteer, now=NOON)
    recording.record(db, texted(db, LUIS), "status", "yes", by=room.volunteer, now=NOON)
    db.execute(
        "UPDATE contact SET fields='{}' WHERE first_name IN ('Rosa', 'Ada')"
    )  # their rows were emptied
    assignments.take(db, campaign_id, room.volunteer, rules, SIMS, now=NOON)
    assert names(db, room.volunteer, rules) == ["Sam", "Mei", "Theo"]
    ((name, why),) = left_out(db)
    assert (name, "{building}" in why) == ("Ada", True)

    assert reminders.draft_due(db, rules, now=EVE) == 1
    (drafted_one,) = db.execute("SELECT text FROM message WHERE kind=2").fetchall()
    assert drafted_one["text"] == "1 Oak Street, tomorrow at 6 pm"


def test_no_more_long_texts_are_handed_out_than_the_sims_have_segments_for(
    db: sqlite3.Connection, room: Room, rules: Rules
) -> None:
    words = "{organisation}: Hi {first_name}, " + "please do come to our hearing. " * 12 + "STOP to end."
    campaign_id = worded(db, room, rules, words)  # three segments each
    campaign = campaigns.load(db, campaign_id)
    assert assignments.segments_each(db, campaign, rules) == 3
    nearly = [SimRoom("north", "8901", ready=True, limits=Limits(15, 30, 0), used_today=20)]  # room for 7
    assert assignments.take(db, campaign_id, room.volunteer, rules, nearly, now=NOON) == 2
    with pytest.raises(Refused, match="cannot take more first texts today"):
        assignments.take(db, campaign_id, room.other, rules, nearly, now=NOON)
    for _ in range(2):  # approved, they still wait for a modem with all their segments
        send_next(db, room.volunteer, rules)
    with pytest.raises(Refused, match="cannot take more first texts today"):
        assignments.take(db, campaign_id, room.other, rules, nearly, now=NOON)


def test_a_card_promises_no_hour_at_which_its_text_is_over(
    db: sqlite3.Connection, room: Room, rules: Rules
) -> None:
    """Review r6, 14: “this text leaves 09:00”, and then Send: “It can no longer leave today”."""
    texts = [outbox.draft(db, number, "Can you come?", kind=kind, key=None, channel="api", by=None, rules=rules, now=NOON)
             for number, kind in ((ROSA, "first"), (LUIS, "reply"))]  # fmt: skip
    evening = NOON + 9 * HOUR_MS
    db.execute("UPDATE message SET expires_at=? WHERE id=?", [evening + 3 * DAY_MS, texts[1]])
    over, kept = (
        cards.card(db, text, room.coordinator, rules=rules, now=evening).kept_until for text in texts
    )
    assert over is None
    assert kept == evening + 12 * HOUR_MS
    seen = outbox.seen(outbox.load(db, texts[0]))
    with pytest.raises(Refused, match="no longer leave today"):
        outbox.approve(db, texts[0], by=room.coordinator, seen=seen, rules=rules, now=evening)


def test_a_text_that_a_stop_withdrew_is_not_said_to_wait_for_a_tap_in_the_panel(
    desk: Desk, rules: Rules
) -> None:
    """After a restore `textbank approve` told of the mark first: somebody was to look for the card of a person who had asked to stop."""
    text = desk.draft()
    desk.stop()
    desk.db.execute("UPDATE conversation SET perhaps_texted_at=? WHERE number=?", [NOON, ADA])
    rules, row = replace(rules, allow_cli=True), outbox.load(desk.db, text)
    with pytest.raises(Refused, match="asked to stop"):
        outbox.approve(
            desk.db,
            text,
            by=desk.room.coordinator,
            seen=outbox.seen(row),
            rules=rules,
            now=NOON,
            channel="cli",
        )
