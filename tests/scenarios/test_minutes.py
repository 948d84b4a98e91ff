"""Segments a minute and a month: what a SIM sent in the last one still counts after whatever ended the gateway."""

from datetime import timedelta
from pathlib import Path

import pytest

from gateway import backup, erasing, store
from gateway.rules import DAY_MS
from tests.scenarios.office import NUMBERS, Office

LONG = "a longer text " * 20  # two segments
CLOCK_S = 0.001  # rows have milliseconds


def at_s(office: Office, text: int) -> list[float]:
    """When the segments of this text left."""
    number = office.db.execute(
        "SELECT c.number FROM message m JOIN conversation c ON c.id=m.conversation_id WHERE m.id=?", [text]
    ).fetchone()["number"]
    return [record.at_s for record in office.world.network.air if record.to == number]


@pytest.fixture
def office(tmp_path: Path) -> Office:
    office = Office(tmp_path / "textbank.db", per_minute=3)
    office.until_ready()
    return office


def test_every_segment_of_a_long_text_still_counts_after_a_kill(office: Office) -> None:
    """Seeds 400027 and 400163: a long text counted as one segment."""
    texts = [office.approved(NUMBERS[0], LONG), office.approved(NUMBERS[1])]
    for text in texts:
        office.until_state(text, "sent", "delivered")
    office.restart()
    after = office.approved(NUMBERS[2])
    office.until_state(after, "delivered")
    assert len(office.air()) == 4
    assert 60 <= at_s(office, after)[0] - at_s(office, texts[0])[0] + CLOCK_S < 65
    office.close()


def test_what_left_since_the_backup_still_counts_after_a_restore(office: Office, tmp_path: Path) -> None:
    """Seed 400148: no row tells of it but the day's count."""
    made = backup.make(office.path, tmp_path / "saved.db", now=office.wall())
    texts = [office.approved(NUMBERS[0], LONG), office.approved(NUMBERS[1])]
    for text in texts:
        office.until_state(text, "sent", "delivered")
    left = office.world.network.air[-1].at_s
    for station in office.stations:
        station.close()
    office.db.close()
    backup.restore(made.path, office.path, now=office.wall())
    office.db = store.connect(office.path)
    office.restart()
    after = office.approved(NUMBERS[2])
    office.until_state(after, "delivered")
    assert 60 <= at_s(office, after)[0] - left + CLOCK_S < 65
    office.close()


def test_what_left_before_the_clock_was_set_forward_still_counts_after_a_kill(office: Office) -> None:
    texts = [office.approved(NUMBERS[0], LONG), office.approved(NUMBERS[1])]
    for text in texts:
        office.until_state(text, "sent", "delivered")
    office.clock.start += timedelta(hours=1)
    office.machine.has_server = True
    office.restart()
    after = office.approved(NUMBERS[2])
    office.until_state(after, "delivered")
    assert 60 <= at_s(office, after)[0] - at_s(office, texts[0])[0] + CLOCK_S < 65
    office.close()


def test_whoever_is_erased_still_counts_in_the_minute_after_a_kill(office: Office) -> None:
    """Seed 900752: a text of somebody else left after the erased one's, so that the last one counted had its row."""
    texts = [office.approved(NUMBERS[0], LONG), office.approved(NUMBERS[1])]
    for text in texts:
        office.until_state(text, "sent", "delivered")
    first_at_s = at_s(office, texts[0])[0]
    erasing.erase(office.db, NUMBERS[0], now=office.wall())
    office.restart()
    after = office.approved(NUMBERS[2])
    office.until_state(after, "delivered")
    assert len(office.air()) == 4
    assert 60 <= at_s(office, after)[0] - first_at_s + CLOCK_S < 65
    office.close()


def test_a_text_that_was_put_back_does_not_hold_up_a_stick_that_was_pulled(office: Office) -> None:
    office.fault("usb_drop_at", {"state": "pdu", "back_after_s": 3.0}, times=1)
    text = office.approved(NUMBERS[0])
    assert office.until_state(text, "delivered") < 30
    office.close()


def test_a_sims_month_begins_on_its_billing_day(tmp_path: Path) -> None:
    """`billing_day` could not be set: every budget began anew on the first of the month."""
    start = Office(tmp_path / "start.db")
    tomorrow = store.moment(start.wall() + DAY_MS)
    start.close()
    office = Office(
        tmp_path / "month.db", per_month=2, billing_day=tomorrow.day
    )  # one of the two is kept for replies
    office.until_ready()
    first, second = (office.approved(number) for number in NUMBERS[:2])
    office.until_state(first, "sent", "delivered")
    office.run(600)
    assert "It goes on when the SIM's month begins again" in office.reason(second)
    office.until_state(second, "sent", "delivered", limit_s=86_400)
    assert store.moment(office.wall()).date() == tomorrow.date()
    office.close()
