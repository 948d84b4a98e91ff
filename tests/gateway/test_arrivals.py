"""I3: what a modem gives is kept once, whole, and never lost; and what follows from it (opt-outs, approvals taken back)."""

import itertools
import sqlite3
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from gateway import arrivals, cards, inbox, optouts, outbox, schema, sims, slots, store
from gateway.arrivals import Received, Seen
from gateway.rules import DAY_MS
from hardware.gammu_process import NOT_GIVEN
from hardware.pdu import encode_deliver, segment
from tests.gateway.conftest import ADA, ICCID, NOON, Desk

SEEN = Seen("north", ICCID)
SENT_AT = datetime(2026, 11, 24, 16, 59, tzinfo=UTC)


def deliver(text: str, sender: str = ADA, *, at: datetime = SENT_AT, ref: int = 1) -> list[str]:
    """The PDUs of a text as a modem gives them, with an empty SMSC address."""
    plan = segment(text)
    return [
        "00" + encode_deliver(sender, plan, seq=seq, timestamp=at, ref=ref).hex().upper()
        for seq in range(1, plan.count + 1)
    ]


@pytest.fixture
def arrive(desk: Desk) -> Callable[..., int]:
    """Hand PDUs over as a station does."""

    def hand_over(*pdus: str, storage: str = "ME", slot: int = 0, now: int = NOON) -> int:
        items = [Received(pdu, storage, slot + i) for i, pdu in enumerate(pdus)]
        return arrivals.keep(desk.db, items, SEEN, desk.rules, now=now)

    return hand_over


def texts(db: sqlite3.Connection) -> list[str]:
    return [row["text"] for row in db.execute("SELECT text FROM inbound ORDER BY id")]


def empty(db: sqlite3.Connection, now: int) -> None:
    slots.emptied(db, slots.present(db, ICCID).values(), now=now)


def test_a_text_is_kept_with_sender_words_and_both_times(desk: Desk, arrive: Callable[..., int]) -> None:
    assert arrive(*deliver("Yes, I come")) == 1
    row = desk.db.execute("SELECT * FROM inbound").fetchone()
    assert (row["number"], row["text"], row["kind"], row["station"]) == (ADA, "Yes, I come", "text", "north")
    assert (row["received_at"], row["stamped_at"]) == (NOON, NOON - 60_000)


def test_the_same_text_read_again_is_one_text(desk: Desk, arrive: Callable[..., int]) -> None:
    pdus = deliver("Yes")
    arrive(*pdus)
    arrive(*pdus, now=NOON + 60_000)
    arrive(*pdus, storage="SM", slot=7, now=NOON + 120_000)
    arrive(*pdus, now=NOON + 3 * DAY_MS)  # a slot that was never seen empty
    assert texts(desk.db) == ["Yes"]


@pytest.mark.parametrize("centre", ["07912120550591F9", "07912120550591F8", "04912120F5"])
def test_a_repeat_by_another_text_centre_of_the_network_is_one_text(
    desk: Desk, arrive: Callable[..., int], centre: str
) -> None:
    [pdu] = deliver("Yes")
    arrive(pdu)
    arrive(centre + pdu[2:], slot=1)
    assert texts(desk.db) == ["Yes"]


def test_two_damaged_records_that_differ_only_where_a_centre_would_stand_are_both_kept(
    desk: Desk, arrive: Callable[..., int]
) -> None:
    arrive("07913366", "07913377")
    assert len(texts(desk.db)) == 2


def test_a_repeat_by_the_network_within_ten_minutes_is_one_text_and_later_a_second_one_folded(
    desk: Desk, arrive: Callable[..., int]
) -> None:
    pdus = deliver("Yes")
    arrive(*pdus)
    empty(desk.db, NOON)
    arrive(*pdus, now=NOON + 9 * 60_000)
    empty(desk.db, NOON + 9 * 60_000)
    assert texts(desk.db) == ["Yes"]
    arrive(*pdus, now=NOON + 11 * 60_000)
    assert texts(desk.db) == ["Yes", "Yes"]
    row = desk.conversation()
    thread = inbox.thread(desk.db, row["id"], desk.room.volunteer, now=NOON)
    assert [(entry.text, entry.folded) for entry in thread.entries] == [("Yes", 1)]


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
def test_a_long_text_is_joined_in_any_order_and_over_a_restart(
    desk: Desk, path: str, order: tuple[int, ...]
) -> None:
    words = "The library is closed on Thursday, so we meet at the church hall instead. " * 5
    pdus = deliver(words)
    assert len(pdus) == 3
    for step, index in enumerate(order):
        with store.connect(path) as db:  # a new connection each time: nothing is remembered in memory
            schema.migrate(db)
            arrivals.keep(
                db, [Received(pdus[index], "ME", index)], SEEN, desk.rules, now=NOON + step * 3_600_000
            )
            assert texts(db) == ([words.strip()] if step == 2 else []) or texts(db) == [words]
        db.close()


@pytest.mark.parametrize("order", ["a1 b1 b2 a2", "a1 b1 a2 b2", "b2 a2 a1 b1", "b2 a2 b1 a1", "a2 b2 b1 a1"])
def test_two_long_texts_under_one_reference_stay_two(
    desk: Desk, arrive: Callable[..., int], order: str
) -> None:
    words = {"a": "An answer about Thursday. " * 8 + "Ada", "b": "Bring the keys of the hall. " * 8 + "Ada"}
    minutes_later = SENT_AT + timedelta(minutes=4)
    pdus = {"a": deliver(words["a"], ref=5), "b": deliver(words["b"], ref=5, at=minutes_later)}
    for slot, name in enumerate(order.split()):
        arrive(pdus[name[0]][int(name[1]) - 1], slot=slot)
    assert sorted(texts(desk.db)) == sorted(words.values())


def test_two_long_texts_under_one_reference_are_both_shown_when_neither_becomes_whole(
    desk: Desk, arrive: Callable[..., int]
) -> None:
    arrive(deliver("a" * 200, ref=5)[0], slot=1)
    arrive(deliver("b" * 200, ref=5)[0], slot=2)
    arrivals.show_incomplete(desk.db, now=NOON + DAY_MS + 1)
    assert texts(desk.db) == ["a" * 153 + arrivals.GAP, "b" * 153 + arrivals.GAP]
    rows = desk.db.execute("SELECT missing FROM inbound").fetchall()
    assert [row["missing"] for row in rows] == [1, 1]


def test_a_long_text_whose_segment_never_comes_is_shown_with_its_gap(
    desk: Desk, arrive: Callable[..., int]
) -> None:
    pdus = deliver("x" * 300)
    arrive(pdus[0])
    assert arrivals.show_incomplete(desk.db, now=NOON + DAY_MS - 1) == 0
    assert arrivals.show_incomplete(desk.db, now=NOON + DAY_MS + 1) == 1
    row = desk.db.execute("SELECT text, missing FROM inbound").fetchone()
    assert (row["text"], row["missing"]) == ("x" * 153 + arrivals.GAP, 1)


@pytest.mark.parametrize(
    "pdu", ["", "00", "00FFFFFFFF", "07913366", "not hex at all", "0BD04259303784=96p331p"]
)
def test_what_cannot_be_read_is_kept_raw_and_shown_as_such(
    desk: Desk, arrive: Callable[..., int], pdu: str
) -> None:
    arrive(pdu)
    row = desk.db.execute("SELECT kind, text FROM inbound").fetchone()
    assert row["kind"] == "undecoded"
    assert pdu in row["text"]


def test_of_what_gammu_could_not_read_its_own_sentence_is_shown_and_nothing_of_hexadecimal_digits(
    desk: Desk, arrive: Callable[..., int]
) -> None:
    arrive(NOT_GIVEN)
    assert desk.db.execute("SELECT kind, text FROM inbound").fetchone()[:] == ("undecoded", NOT_GIVEN)


def test_a_stop_word_opts_out_takes_everything_back_and_confirms_once(
    desk: Desk, arrive: Callable[..., int]
) -> None:
    optouts.approve_confirmation(
        desk.db, "You are off our list.", by=desk.room.admin, channel="cli", now=NOON
    )
    waiting, approved = desk.draft(), desk.approved(text="Second")
    arrive(*deliver("Stop!"))
    arrive(*deliver("STOP", at=SENT_AT + timedelta(seconds=9)), slot=2)
    assert (desk.state(waiting), desk.state(approved)) == ("withdrawn", "withdrawn")
    rows = desk.db.execute("SELECT text, state FROM message WHERE kind=0").fetchall()
    assert [tuple(row) for row in rows] == [("You are off our list.", "approved")]
    assert desk.conversation()["opted_out_at"] == NOON


def test_a_stop_word_in_a_longer_text_asks_a_person(desk: Desk, arrive: Callable[..., int]) -> None:
    approved = desk.approved()
    arrive(*deliver("STOP the bill! count me in"))
    row = desk.conversation()
    assert (row["opted_out_at"], row["asks_opt_out"]) == (None, 1)
    assert desk.state(approved) == "awaiting"


def test_start_ends_an_opt_out_and_yes_does_not(desk: Desk, arrive: Callable[..., int]) -> None:
    arrive(*deliver("stop"))
    arrive(*deliver("YES"), slot=1)
    assert desk.conversation()["opted_out_at"] is not None
    arrive(*deliver("START"), slot=2)
    assert desk.conversation()["opted_out_at"] is None


@pytest.mark.parametrize("sender", ["12345", "MyBank"])
def test_a_machine_that_says_stop_gets_no_answer(desk: Desk, arrive: Callable[..., int], sender: str) -> None:
    optouts.approve_confirmation(
        desk.db, "You are off our list.", by=desk.room.admin, channel="cli", now=NOON
    )
    arrive(*deliver("STOP", sender))
    assert desk.db.execute("SELECT count(*) FROM message").fetchone()[0] == 0


def test_a_reply_takes_approvals_back_and_makes_an_open_card_stale(
    desk: Desk, arrive: Callable[..., int]
) -> None:
    approved, open_card = desk.approved(), desk.draft(text="Second")
    shown = outbox.seen(outbox.load(desk.db, open_card))
    arrive(*deliver("Who is this?"))
    assert desk.state(approved) == "awaiting"
    with pytest.raises(outbox.StaleMessage, match="wrote"):
        outbox.approve(desk.db, open_card, by=desk.room.coordinator, seen=shown, rules=desk.rules, now=NOON)


def test_a_volunteer_sees_free_conversations_and_their_own_but_nobody_elses(
    desk: Desk, arrive: Callable[..., int]
) -> None:
    arrive(*deliver("Hello"))
    conversation_id = desk.conversation()["id"]
    for reader in (desk.room.volunteer, desk.room.other):  # looking is no hold
        inbox.thread(desk.db, conversation_id, reader, now=NOON)
    inbox.begin(desk.db, conversation_id, desk.room.volunteer, now=NOON)
    with pytest.raises(outbox.Refused):
        inbox.thread(desk.db, conversation_id, desk.room.other, now=NOON)
    with pytest.raises(outbox.Refused):
        inbox.thread(desk.db, conversation_id, desk.room.technician, now=NOON)
    assert inbox.thread(desk.db, conversation_id, desk.room.coordinator, now=NOON).entries[0].text == "Hello"
    assert [
        r.mine for r in inbox.conversations_in(desk.db, desk.room.volunteer, box="waiting", now=NOON)
    ] == [True]
    assert inbox.conversations_in(desk.db, desk.room.other, box="waiting", now=NOON) == []


def test_a_reply_is_one_act_and_the_same_key_is_the_same_reply(
    desk: Desk, arrive: Callable[..., int]
) -> None:
    arrive(*deliver("Where?"))
    conversation_id = desk.conversation()["id"]
    ids = {
        inbox.reply(
            desk.db,
            conversation_id,
            "At the hall",
            by=desk.room.volunteer,
            key="n1",
            rules=desk.rules,
            now=NOON,
        )
        for _ in range(3)
    }
    assert [desk.state(i) for i in ids] == ["approved"]
    assert desk.conversation()["waiting_at"] is None


def test_two_volunteers_never_see_one_card(desk: Desk) -> None:
    desk.draft()
    desk.draft("+12025550147")
    mine = cards.next_card(desk.db, desk.room.volunteer, rules=desk.rules, now=NOON)
    theirs = cards.next_card(desk.db, desk.room.other, rules=desk.rules, now=NOON)
    assert mine is not None
    assert theirs is not None
    assert mine.id != theirs.id
    assert cards.next_card(desk.db, desk.room.volunteer, rules=desk.rules, now=NOON) == mine


def test_start_from_somebody_who_never_stopped_waits_for_an_answer(
    desk: Desk, arrive: Callable[..., int]
) -> None:
    arrive(*deliver("Start"))
    assert desk.conversation()["waiting_at"] == NOON


def test_a_text_whose_end_the_sim_lost_says_so(desk: Desk, arrive: Callable[..., int]) -> None:
    [whole] = deliver("I will come, but only after eight")
    arrive(whole[:-16])
    row = desk.db.execute("SELECT text, missing, kind FROM inbound").fetchone()
    assert row["text"].startswith("I will come, but on")
    assert row["text"].endswith(arrivals.GAP)
    assert (row["missing"], row["kind"]) == (1, "text")


def test_a_machine_that_writes_stop_in_a_sentence_asks_nobody(desk: Desk, arrive: Callable[..., int]) -> None:
    arrive(*deliver("Reply STOP to end these notices", "Verizon"))
    row = desk.conversation("Verizon")
    assert (row["asks_opt_out"], row["opted_out_at"]) == (0, None)


@pytest.fixture
def exchanged(desk: Desk) -> Callable[..., int]:
    """Hand PDUs over as read from another SIM, which was put in the place of the first; both are known."""
    for iccid in (ICCID, "another SIM"):
        sims.seen(desk.db, iccid, number="", now=NOON)

    def hand_over(*pdus: str, now: int) -> int:
        items = [Received(pdu, "SM", slot) for slot, pdu in enumerate(pdus)]
        return arrivals.keep(desk.db, items, Seen("north", "another SIM"), desk.rules, now=now)

    return hand_over


def test_a_text_read_once_more_as_that_of_an_exchanged_sim_is_folded_also_after_other_words(
    desk: Desk, arrive: Callable[..., int], exchanged: Callable[..., int]
) -> None:
    """Seed 400252: killed before the slot was emptied; the modem was slow to say that the SIM is in again."""
    arrive(*deliver("Yes"), storage="SM")
    arrive(*deliver("No, sorry", at=SENT_AT + timedelta(seconds=30)), slot=1)
    inbox.close(desk.db, desk.conversation()["id"], by=desk.room.volunteer, now=NOON)
    exchanged(*deliver("Yes"), now=NOON + 11 * 60_000)
    row = desk.conversation()
    entries = inbox.thread(desk.db, row["id"], desk.room.volunteer, now=NOON).entries
    assert [(entry.text, entry.folded) for entry in entries if entry.direction == "in"] == [
        ("Yes", 1),
        ("No, sorry", 0),
    ]
    assert row["waiting_at"] is None


def test_the_same_words_on_another_sim_at_another_second_are_a_second_text(
    desk: Desk, arrive: Callable[..., int], exchanged: Callable[..., int]
) -> None:
    arrive(*deliver("Yes"), storage="SM")
    inbox.close(desk.db, desk.conversation()["id"], by=desk.room.volunteer, now=NOON)
    exchanged(*deliver("Yes", at=SENT_AT + timedelta(seconds=1)), now=NOON + 60_000)
    assert texts(desk.db) == ["Yes", "Yes"]
    assert desk.conversation()["waiting_at"] == NOON + 60_000


@pytest.mark.parametrize("left", [[0, 1], [1]])
def test_a_long_text_read_once_more_as_that_of_an_exchanged_sim_is_one_text(
    desk: Desk, arrive: Callable[..., int], exchanged: Callable[..., int], left: list[int]
) -> None:
    """What the kill left of it on the SIM is no second text with a gap."""
    pdus = deliver("x" * 300)
    arrive(*pdus, storage="SM")
    exchanged(*(pdus[index] for index in left), now=NOON + 11 * 60_000)
    arrivals.show_incomplete(desk.db, now=NOON + 2 * DAY_MS)
    assert texts(desk.db) == ["x" * 300]


def test_a_segment_read_as_that_of_an_exchanged_sim_is_no_text_beside_the_whole_one(
    desk: Desk, arrive: Callable[..., int], exchanged: Callable[..., int]
) -> None:
    pdus = deliver("x" * 300)
    arrive(pdus[0], storage="SM")
    exchanged(*pdus, now=NOON + 11 * 60_000)
    arrivals.show_incomplete(desk.db, now=NOON + 2 * DAY_MS)
    assert texts(desk.db) == ["x" * 300]


def test_a_long_text_to_two_sims_waits_for_neither(
    desk: Desk, arrive: Callable[..., int], exchanged: Callable[..., int]
) -> None:
    """Review r6, 17: the second SIM's first segment took the row of the first one's, which then waited half an hour for it."""
    pdus = deliver("x" * 300)
    arrive(pdus[0], storage="SM")
    exchanged(pdus[0], now=NOON + 1000)
    assert set(slots.present(desk.db, ICCID)) == {("SM", 0)}
    arrive(pdus[1], storage="SM", slot=1, now=NOON + 2000)
    assert texts(desk.db) == ["x" * 300]
    exchanged(*pdus, now=NOON + 3000)
    arrivals.show_incomplete(desk.db, now=NOON + 2 * DAY_MS)
    assert texts(desk.db) == ["x" * 300]


@pytest.mark.parametrize(("first", "second"), [([0, 1], [1, 2]), ([0, 2], [2, 1])])
def test_segments_that_two_sims_share_make_them_one_text_at_once(
    desk: Desk, arrive: Callable[..., int], exchanged: Callable[..., int], first: list[int], second: list[int]
) -> None:
    """A kill came between two deletes, and the card is another's now as far as the modem says."""
    pdus = deliver("x" * 400)
    arrive(*(pdus[index] for index in first), storage="SM")
    exchanged(*(pdus[index] for index in second), now=NOON + 1000)
    assert texts(desk.db) == ["x" * 400]


def test_a_text_with_a_gap_on_two_sims_is_shown_once(
    desk: Desk, arrive: Callable[..., int], exchanged: Callable[..., int]
) -> None:
    pdus = deliver("x" * 400)
    arrive(pdus[0], storage="SM")
    exchanged(pdus[0], pdus[2], now=NOON + 1000)
    arrivals.show_incomplete(desk.db, now=NOON + 2 * DAY_MS)
    (row,) = desk.db.execute("SELECT text, missing FROM inbound").fetchall()
    assert row["missing"] == 1


@pytest.mark.parametrize("words", ["Your credit ends today.", "Your credit ends. " * 20])
def test_what_a_network_tells_two_cards_in_one_second_stands_twice(
    desk: Desk, arrive: Callable[..., int], exchanged: Callable[..., int], words: str
) -> None:
    """Review r6, 18: whoever looks after the second card read only of the first."""
    pdus = deliver(words, "Verizon")
    arrive(*pdus, storage="SM")
    exchanged(*pdus, now=NOON + 1000)
    thread = inbox.thread(desk.db, desk.conversation("Verizon")["id"], desk.room.coordinator, now=NOON)
    assert [(entry.text, entry.folded) for entry in thread.entries] == [(words, 0)] * 2
