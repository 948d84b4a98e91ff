"""What a campaign's numbers count: the first yes has the seat, and what comes after its end is not its own."""

from datetime import date

from gateway import campaigns, enrolment, optouts, places, recording, results
from gateway.kinds import kind
from gateway.rules import DAY_MS, HOUR_MS
from tests.campaigning import FACTS, Hall, bring_in
from tests.gateway.conftest import NOON

TODAY = date(2026, 11, 24)


def texted(hall: Hall, *, list_id: int | None = None, now: int = NOON, name: str = "Rent hearing") -> int:
    """A campaign that has texted everybody of its list."""
    by = hall.users["coordinator"]
    campaign_id = hall.drafted(list_id or bring_in(hall.db, now=now), name)

    hall.enrol(campaign_id, now=now)
    enrolment.start(hall.db, campaign_id, by=by, rules=hall.rules, now=now, needs_review=False)
    hall.db.execute("UPDATE target SET state='texted', texted_at=? WHERE campaign_id=?", [now, campaign_id])
    return campaign_id


def writes(hall: Hall, who: str, *, now: int) -> None:
    hall.db.execute("UPDATE conversation SET last_in_at=?, waiting_at=? WHERE name=?", [now, now, who])
    hall.db.execute(
        "INSERT INTO inbound (conversation_id, number, kind, text, station, iccid, received_at) "
        "SELECT id, number, 'text', 'yes', 'north', '8901', ? FROM conversation WHERE name=?",
        [now, who],
    )


def counted(hall: Hall, campaign_id: int, *, now: int) -> tuple[int, int, int]:
    found = results.results(hall.db, hall.load(campaign_id), today=TODAY, now=now)
    return found.answered, found.stops, found.waiting


def test_whoever_said_yes_first_keeps_the_seat_when_they_say_how_many_they_are(hall: Hall) -> None:
    campaign_id = texted(hall)
    hall.change(campaign_id, facts={**FACTS, "seats": "1"})
    rosa, luis = [row["id"] for row in hall.db.execute("SELECT id FROM target ORDER BY id LIMIT 2")]
    by = hall.users["volunteer"].id
    for target, field, value, at in (
        (rosa, "status", "yes", 0), (luis, "status", "yes", 5), (luis, "seats", "1", 5), (rosa, "status", "yes", 10), (rosa, "seats", "1", 10),
    ):  # fmt: skip
        hall.db.execute(
            "INSERT INTO answer (target_id, field, value, by_id, at) VALUES (?,?,?,?,?)",
            [target, field, value, by, NOON + at * 60_000],
        )
    seats = places.bookings(kind("event"), hall.load(campaign_id).facts, results.people(hall.db, campaign_id))
    assert [(seat.person.name, seat.waits) for seat in seats] == [("Rosa", False), ("Luis", True)]


def test_whoever_takes_their_yes_back_and_says_it_again_stands_at_the_end_of_the_queue(hall: Hall) -> None:
    campaign_id = texted(hall)
    hall.change(campaign_id, facts={**FACTS, "seats": "1"})
    rosa, luis = [row["id"] for row in hall.db.execute("SELECT id FROM target ORDER BY id LIMIT 2")]
    for at, (target, value) in enumerate(((rosa, "yes"), (luis, "yes"), (rosa, "no"), (rosa, "yes"))):
        recording.record(hall.db, target, "status", value, by=hall.users["volunteer"], now=NOON + at)
    seats = places.bookings(kind("event"), hall.load(campaign_id).facts, results.people(hall.db, campaign_id))
    assert [(seat.person.name, seat.waits) for seat in seats] == [("Luis", False), ("Rosa", True)]


def test_what_comes_after_a_campaigns_close_is_not_counted_as_its_answer(hall: Hall) -> None:
    campaign_id = texted(hall)
    writes(hall, "Ada", now=NOON + HOUR_MS)
    hall.db.execute("UPDATE conversation SET waiting_at=NULL")
    campaigns.close(hall.db, campaign_id, by=hall.users["coordinator"], now=NOON + DAY_MS)
    before = counted(hall, campaign_id, now=NOON + DAY_MS)
    assert before == (1, 0, 0)
    later = NOON + 20 * DAY_MS
    writes(hall, "Rosa", now=later)
    writes(hall, "Ada", now=later)
    luis = hall.db.execute("SELECT id FROM conversation WHERE name='Luis'").fetchone()["id"]
    optouts.opt_out(hall.db, luis, source="text", by=None, reason="", now=later, confirm=False)
    assert counted(hall, campaign_id, now=later) == before
    wordings = results.results(hall.db, hall.load(campaign_id), today=TODAY, now=later).wordings
    assert sum(each.answered for each in wordings) <= 1
    answered = [row[7] for row in results.csv_rows(hall.db, hall.load(campaign_id))][1:]
    assert answered == ["no", "no", "yes", "no", "no", "no"]


def test_an_answer_to_the_next_campaign_is_the_next_ones(hall: Hall) -> None:
    """Whoever waits at the close and then is texted by another campaign answers that one."""
    list_id = bring_in(hall.db, now=NOON)
    first = texted(hall, list_id=list_id)
    campaigns.close(hall.db, first, by=hall.users["coordinator"], now=NOON + HOUR_MS)
    second = texted(hall, list_id=list_id, now=NOON + 5 * DAY_MS, name="Second")
    writes(hall, "Rosa", now=NOON + 6 * DAY_MS)
    now = NOON + 6 * DAY_MS
    assert counted(hall, first, now=now) == (0, 0, 0)
    assert counted(hall, second, now=now) == (1, 0, 1)


def test_who_waits_when_it_closes_is_still_shown_as_waiting(hall: Hall) -> None:
    campaign_id = texted(hall)
    writes(hall, "Rosa", now=NOON + HOUR_MS)
    campaigns.close(hall.db, campaign_id, by=hall.users["coordinator"], now=NOON + 2 * HOUR_MS)
    assert counted(hall, campaign_id, now=NOON + 2 * HOUR_MS) == (1, 0, 1)


def test_who_asks_to_stop_after_the_close_is_not_counted_out_of_it(hall: Hall) -> None:
    """An opt-out file of the next month moved people of every old campaign from "Nobody had taken them" to "Asked to stop"."""
    campaign_id = hall.started()
    rosa, luis = hall.db.execute("SELECT conversation_id FROM target ORDER BY id LIMIT 2").fetchall()

    def stops(conversation: int, now: int) -> tuple[int, list[tuple[str, int]]]:
        optouts.opt_out(hall.db, conversation, source="text", by=None, reason="", now=now, confirm=False)
        return enrolment.progress(hall.db, campaign_id).open, enrolment.left_out(hall.db, campaign_id)

    stood = (5, [("Asked to stop.", 1)])
    assert stops(rosa["conversation_id"], NOON + 1) == stood
    campaigns.close(hall.db, campaign_id, by=hall.users["coordinator"], now=NOON + HOUR_MS)
    assert stops(luis["conversation_id"], NOON + DAY_MS) == stood
