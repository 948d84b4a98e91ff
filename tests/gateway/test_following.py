"""The rest of a long text that was uncertain follows once it is known that all that may have left did, and nothing came between."""

import pytest

from gateway import claims, flight, reports, settling
from gateway.claims import Job, Seat
from gateway.flight import Accepted
from gateway.policy import Limits
from tests.campaigning import Hall
from tests.gateway.conftest import ADA, NOON, Desk, take_seat
from tests.gateway.test_begun_texts import SHORTER, TALLY
from tests.gateway.test_flight import HOUR_MS, LONG, claim, submit

MINUTE_MS = 60_000


@pytest.fixture
def lost(desk: Desk, seat: Seat) -> Job:
    """The answer to the first segment never came; the others have not left."""
    desk.approved(text=LONG)
    job = claim(desk, seat)
    submit(desk, seat, job, 1)
    flight.lose(desk.db, seat, job, 1, "no answer", now=NOON + MINUTE_MS)
    return job


def reported(desk: Desk, seat: Seat, *, now: int, status: int = 0) -> None:
    reports.keep(desk.db, seat.sim.iccid, reports.Arrived(ADA, 7, status, NOON + 5_000), now=now)


def late(desk: Desk, seat: Seat, job: Job, *, now: int) -> None:
    flight.settle_late(desk.db, seat, job, 1, 7, now=now)


def rest_of(desk: Desk, seat: Seat, now: int) -> Job | None:
    return claims.claim_next(desk.db, seat, desk.rules, now=now)[0]


@pytest.mark.parametrize("evidence", ["report", "late answer"])
def test_what_is_known_not_to_have_left_follows_once_the_rest_is_known_to_have(
    desk: Desk, seat: Seat, lost: Job, evidence: str
) -> None:
    """A foreign modem that lost every tenth answer left half texts on phones, and nobody's press could send the other half."""
    now = NOON + 2 * MINUTE_MS
    assert rest_of(desk, seat, now) is None
    reported(desk, seat, now=now) if evidence == "report" else late(desk, seat, lost, now=now)
    job = rest_of(desk, seat, now)
    assert job is not None
    assert (job.todo, job.concat_ref) == ((2, 3), lost.concat_ref)
    for seq in job.todo:
        submit(desk, seat, job, seq, now=now)
        flight.accept(desk.db, seat, Accepted(job, seq, 7 + seq, now))
    assert desk.state(job.message_id) == "sent"


def test_an_answer_that_comes_after_the_report_says_nothing_of_the_rest(
    desk: Desk, seat: Seat, lost: Job
) -> None:
    now = NOON + 2 * MINUTE_MS
    reported(desk, seat, now=now)
    job = rest_of(desk, seat, now)
    assert job is not None
    submit(desk, seat, job, 2, now=now)
    flight.lose(desk.db, seat, job, 2, "no answer", now=now + MINUTE_MS)
    late(desk, seat, lost, now=now + 2 * MINUTE_MS)
    assert desk.state(job.message_id) == "uncertain"
    refusal = "The network refused it."
    flight.refuse_late(desk.db, seat, lost, 1, refusal, for_good=True, now=now + 2 * MINUTE_MS)
    assert desk.state(job.message_id) == "uncertain"


def test_the_rest_waits_for_a_person_when_the_phone_did_not_get_what_left(
    desk: Desk, seat: Seat, lost: Job
) -> None:
    reported(desk, seat, now=NOON + 2 * MINUTE_MS, status=0x46)
    assert desk.state(lost.message_id) == "uncertain"
    assert rest_of(desk, seat, NOON + 2 * MINUTE_MS) is None


def test_the_rest_waits_for_a_person_when_the_evidence_comes_too_late(
    desk: Desk, seat: Seat, lost: Job
) -> None:
    reported(desk, seat, now=NOON + HOUR_MS)  # nine minutes before its validity ends at the latest
    assert desk.state(lost.message_id) == "uncertain"


def test_the_rest_does_not_follow_what_somebody_wrote_in_its_place(desk: Desk, seat: Seat, lost: Job) -> None:
    again = settling.resend(
        desk.db,
        lost.message_id,
        by=desk.room.coordinator,
        key="k",
        rules=desk.rules,
        now=NOON + 2 * MINUTE_MS,
    )
    desk.approve(again, now=NOON + 2 * MINUTE_MS)
    reported(desk, seat, now=NOON + 2 * MINUTE_MS)
    assert desk.state(lost.message_id) == "uncertain"


def test_the_rest_does_not_follow_to_somebody_who_asked_to_stop_meanwhile(
    desk: Desk, seat: Seat, lost: Job
) -> None:
    desk.stop(ADA)
    reported(desk, seat, now=NOON + 2 * MINUTE_MS)
    assert rest_of(desk, seat, NOON + 2 * MINUTE_MS) is None
    assert desk.state(lost.message_id) == "withdrawn"
    assert desk.reason(lost.message_id).endswith(TALLY)


def test_the_rest_does_not_follow_an_answer_to_the_half_that_came(desk: Desk, seat: Seat, lost: Job) -> None:
    """The phone was off for an hour; they had written “what?” and read all of it in a volunteer's answer when the other half came."""
    desk.db.execute("UPDATE conversation SET last_in_at=?", [NOON + MINUTE_MS])
    reported(desk, seat, now=NOON + 2 * MINUTE_MS)
    assert desk.state(lost.message_id) == "uncertain"
    assert desk.reason(lost.message_id).endswith(TALLY)


def test_the_rest_does_not_follow_a_text_that_was_typed_since(desk: Desk, seat: Seat, lost: Job) -> None:
    """Resend was not pressed, but the words were written again."""
    desk.approved(text="The meeting is at seven.", kind="reply", now=NOON + MINUTE_MS)
    reported(desk, seat, now=NOON + 2 * MINUTE_MS)
    assert desk.state(lost.message_id) == "uncertain"


def test_what_was_written_before_it_left_does_not_keep_the_rest_back(desk: Desk, seat: Seat) -> None:
    message_id = desk.approved(text=LONG, kind="reply")
    desk.approved(text="And bring a friend.", kind="reply")
    job = claim(desk, seat)
    submit(desk, seat, job, 1)
    flight.lose(desk.db, seat, job, 1, "no answer", now=NOON + MINUTE_MS)
    reported(desk, seat, now=NOON + 2 * MINUTE_MS)
    assert (job.message_id, desk.state(message_id)) == (message_id, "approved")


@pytest.mark.parametrize(
    ("campaign", "state"), [("running", "approved"), ("paused", "uncertain"), ("closed", "uncertain")]
)
def test_the_rest_follows_only_while_its_campaign_runs(
    desk: Desk, seat: Seat, hall: Hall, lost: Job, campaign: str, state: str
) -> None:
    """Its words were wrong: nothing more was to leave, and an hour later a report had the other half follow."""
    campaign_id = hall.started()
    desk.db.execute("UPDATE message SET target_id=(SELECT id FROM target WHERE campaign_id=?)", [campaign_id])
    desk.db.execute("UPDATE campaign SET state=?", [campaign])
    reported(desk, seat, now=NOON + 2 * MINUTE_MS)
    assert desk.state(lost.message_id) == state


def test_what_may_still_follow_of_an_uncertain_text_is_kept_in_the_budget(desk: Desk) -> None:
    """Others took its place in the SIM's day, and the rest went over what the plan allows."""
    seat = take_seat(desk.db, limits=Limits(per_day=4))
    desk.approved(text=LONG, kind="reply")
    job = claim(desk, seat)
    submit(desk, seat, job, 1)
    flight.lose(desk.db, seat, job, 1, "no answer", now=NOON + MINUTE_MS)
    other = desk.approved("+12025550124", text=SHORTER, kind="reply")
    assert rest_of(desk, seat, NOON + MINUTE_MS) is None
    reported(desk, seat, now=NOON + 2 * MINUTE_MS)
    rest = rest_of(desk, seat, NOON + 2 * MINUTE_MS)
    assert rest is not None
    assert (rest.message_id, desk.state(other)) == (job.message_id, "approved")
