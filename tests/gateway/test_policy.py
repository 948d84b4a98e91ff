"""Quiet hours, approvals, roles and budgets: the tables are the rules, hypothesis finds what they miss."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway import policy
from gateway.policy import Leave, Limits, Quiet, Used

NIGHT = Quiet(time(20), time(9))
NOON = Quiet(time(12), time(13, 30))
OFF = Quiet(time(9), time(9))
MINUTE = timedelta(minutes=1)
NEW_YORK = ("America/New_York",)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def local(text: str, zone: str, fold: int = 0) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone), fold=fold).astimezone(UTC)


def quiet_at(at: datetime, zones: tuple[str, ...], quiet: Quiet) -> bool:
    """The rule itself, said as plainly as can be."""
    if quiet.from_ == quiet.until:
        return False
    for zone in zones:
        clock = at.astimezone(ZoneInfo(zone)).time()
        if quiet.from_ < quiet.until:
            inside = quiet.from_ <= clock < quiet.until
        else:
            inside = clock >= quiet.from_ or clock < quiet.until
        if inside:
            return True
    return False


LEAVING = [  # case, local now, zone, quiet, may leave, local not before
    ("in the day", "2026-11-24 12:00", "America/New_York", NIGHT, True, "2026-11-24 12:00"),
    ("exactly when they end", "2026-11-24 09:00", "America/New_York", NIGHT, True, "2026-11-24 09:00"),
    ("a second before they end", "2026-11-24 08:59:59", "America/New_York", NIGHT, False, "2026-11-24 09:00"),
    ("ten minutes before", "2026-11-24 19:50", "America/New_York", NIGHT, True, "2026-11-24 19:50"),
    ("less than ten minutes", "2026-11-24 19:50:01", "America/New_York", NIGHT, False, "2026-11-25 09:00"),
    ("as they begin", "2026-11-24 20:00", "America/New_York", NIGHT, False, "2026-11-25 09:00"),
    ("after midnight", "2026-11-25 03:00", "America/New_York", NIGHT, False, "2026-11-25 09:00"),
    ("within one day", "2026-11-24 12:30", "America/New_York", NOON, False, "2026-11-24 13:30"),
    ("before those", "2026-11-24 11:50", "America/New_York", NOON, True, "2026-11-24 11:50"),
    ("half an hour off", "2026-11-24 08:59", "Asia/Kolkata", NIGHT, False, "2026-11-24 09:00"),
    ("three quarters off", "2026-11-24 19:51", "Asia/Kathmandu", NIGHT, False, "2026-11-25 09:00"),
    ("the earliest clock", "2026-11-24 19:51", "Pacific/Kiritimati", NIGHT, False, "2026-11-25 09:00"),
    ("the latest clock", "2026-11-24 19:50", "Pacific/Pago_Pago", NIGHT, True, "2026-11-24 19:50"),
    ("a night with an hour less", "2027-03-13 21:00", "America/New_York", NIGHT, False, "2027-03-14 09:00"),
    ("a night with an hour more", "2026-10-31 21:00", "America/New_York", NIGHT, False, "2026-11-01 09:00"),
]


@pytest.mark.parametrize(
    ("now", "zone", "quiet", "ok", "then"), [row[1:] for row in LEAVING], ids=[r[0] for r in LEAVING]
)
def test_leaving(now: str, zone: str, quiet: Quiet, ok: bool, then: str) -> None:
    assert policy.may_leave(local(now, zone), (zone,), quiet) == Leave(ok, local(then, zone))


def test_equal_ends_switch_quiet_hours_off() -> None:
    now = local("2026-11-24 03:00", "America/New_York")
    assert policy.may_leave(now, NEW_YORK, OFF).ok
    assert policy.closes_at(now, NEW_YORK, OFF) is None
    assert policy.validity(now, NEW_YORK, OFF) == timedelta(days=1)


def test_every_zone_of_a_number_has_to_be_in_the_day() -> None:
    zones = ("America/New_York", "America/Los_Angeles")
    leave = policy.may_leave(local("2026-11-24 09:30", "America/New_York"), zones, NIGHT)
    assert leave == Leave(ok=False, not_before=local("2026-11-24 09:00", "America/Los_Angeles"))
    leave = policy.may_leave(local("2026-11-24 17:30", "America/Los_Angeles"), zones, NIGHT)
    assert leave == Leave(ok=False, not_before=local("2026-11-25 09:00", "America/Los_Angeles"))


def test_zones_whose_days_never_meet_are_said_to_be_so() -> None:
    leave = policy.may_leave(
        utc("2026-11-24 12:00"), ("Pacific/Kiritimati", "Pacific/Pago_Pago", "Europe/London"), NIGHT
    )
    assert leave.never
    assert not leave.ok
    assert leave.not_before is None


def test_an_answer_within_the_hour_may_leave_at_night_only_when_that_is_allowed() -> None:
    now = local("2026-11-24 22:00", "America/New_York")
    recent, old, ahead = now - timedelta(minutes=59), now - timedelta(minutes=61), now + MINUTE
    assert policy.may_leave(now, NEW_YORK, NIGHT, wrote_at=recent, answers_any_time=True).ok
    assert policy.validity(now, NEW_YORK, NIGHT, wrote_at=recent, answers_any_time=True) == timedelta(days=1)
    assert not policy.may_leave(now, NEW_YORK, NIGHT, wrote_at=recent).ok
    assert not policy.may_leave(now, NEW_YORK, NIGHT, wrote_at=old, answers_any_time=True).ok
    assert not policy.may_leave(now, NEW_YORK, NIGHT, wrote_at=ahead, answers_any_time=True).ok
    assert not policy.may_leave(now, NEW_YORK, NIGHT, answers_any_time=True).ok


def test_quiet_hours_that_touch_a_change_of_summer_time() -> None:
    zone, quiet = "Europe/Berlin", Quiet(time(2), time(2, 30))
    # The hour that exists twice is quiet twice.
    assert not policy.may_leave(local("2026-10-25 02:10", zone, fold=0), (zone,), quiet, timedelta(0)).ok
    assert policy.may_leave(local("2026-10-25 02:40", zone, fold=0), (zone,), quiet, timedelta(0)).ok
    assert not policy.may_leave(local("2026-10-25 02:10", zone, fold=1), (zone,), quiet, timedelta(0)).ok
    # The hour that does not exist is never quiet.
    before = local("2027-03-28 01:59", zone)
    assert policy.may_leave(before, (zone,), quiet).ok
    assert policy.closes_at(before, (zone,), quiet) == local("2027-03-29 02:00", zone)
    # A clock that jumps into quiet hours makes them begin there.
    late = Quiet(time(2, 30), time(9))
    assert policy.closes_at(before, (zone,), late) == local("2027-03-28 03:00", zone)
    assert not policy.may_leave(before, (zone,), late).ok


VALIDITIES = [  # local now, most, validity
    ("2026-11-24 12:00", timedelta(days=1), timedelta(hours=8)),
    ("2026-11-24 12:00:01", timedelta(days=1), timedelta(hours=7, minutes=55)),
    ("2026-11-24 19:50", timedelta(days=1), timedelta(minutes=10)),
    ("2026-11-24 19:55", timedelta(days=1), timedelta(minutes=5)),
    ("2026-11-24 19:55:30", timedelta(days=1), timedelta(0)),
    ("2026-11-24 20:00", timedelta(days=1), timedelta(0)),
    ("2026-11-24 23:00", timedelta(days=1), timedelta(0)),
    ("2026-11-24 12:00", timedelta(hours=1), timedelta(hours=1)),
]


@pytest.mark.parametrize(("now", "most", "expected"), VALIDITIES)
def test_validity(now: str, most: timedelta, expected: timedelta) -> None:
    assert policy.validity(local(now, "America/New_York"), NEW_YORK, NIGHT, most) == expected


@pytest.mark.parametrize(
    ("room", "step"),
    [  # minutes
        (0, 0),
        (4, 0),
        (5, 5),
        (719, 715),
        (720, 720),
        (749, 720),
        (750, 750),
        (785, 780),
        (1440, 1440),
        (2879, 1440),
        (2880, 2880),
        (60 * 24 * 34, 60 * 24 * 30),
        (60 * 24 * 36, 60 * 24 * 35),
        (60 * 24 * 7 * 99, 60 * 24 * 7 * 63),
        (-10, 0),
    ],
)
def test_validity_steps_are_those_that_the_header_can_carry(room: int, step: int) -> None:
    assert policy.validity_step(room * MINUTE) == step * MINUTE


zones = st.lists(st.sampled_from(sorted(available_timezones() - {"localtime"})), min_size=1, max_size=3).map(
    tuple
)
clocks = st.builds(time, st.integers(0, 23), st.integers(0, 59))
quiets = st.one_of(st.just(NIGHT), st.just(NOON), st.builds(Quiet, clocks, clocks))
instants = st.datetimes(datetime(2024, 1, 1), datetime(2036, 12, 31)).map(lambda at: at.replace(tzinfo=UTC))  # noqa: DTZ001
changes = st.tuples(  # around the changes of summer time of many zones
    st.sampled_from(
        ["2026-03-08 07:00", "2026-03-29 01:00", "2026-10-25 01:00", "2026-11-01 06:00", "2026-04-04 15:30"]
    ),
    st.integers(-1800, 1800),
).map(lambda row: utc(row[0]) + row[1] * MINUTE)
leads = st.integers(0, 45).map(lambda minutes: minutes * MINUTE)


@settings(max_examples=150, deadline=None)
@given(now=st.one_of(instants, changes), zones=zones, quiet=quiets, lead=leads)
def test_what_may_leave_leaves_outside_quiet_hours_and_their_lead(
    now: datetime, zones: tuple[str, ...], quiet: Quiet, lead: timedelta
) -> None:
    leave = policy.may_leave(now, zones, quiet, lead)
    if leave.ok:
        assert leave.not_before == now
        assert not quiet_at(now, zones, quiet)
    minutes = range(1, int(lead / MINUTE))
    assert not leave.ok or not any(quiet_at(now + m * MINUTE, zones, quiet) for m in minutes)


@settings(max_examples=80, deadline=None)
@given(now=st.one_of(instants, changes), zones=zones, quiet=quiets)
def test_not_before_is_allowed_and_nothing_earlier_is(
    now: datetime, zones: tuple[str, ...], quiet: Quiet
) -> None:
    now = now.replace(second=0, microsecond=0)
    leave = policy.may_leave(now, zones, quiet)
    if leave.not_before is not None:
        assert leave.not_before >= now
        assert policy.may_leave(leave.not_before, zones, quiet).ok
    last = leave.not_before or now + timedelta(days=7)
    for step in range(min(int((last - now) / MINUTE), 2000)):
        at = now + step * MINUTE
        assert any(quiet_at(at + ahead * MINUTE, zones, quiet) for ahead in range(10))


@settings(max_examples=150, deadline=None)
@given(now=st.one_of(instants, changes), zones=zones, quiet=quiets, most=st.integers(0, 3000))
def test_no_text_outlives_the_day(now: datetime, zones: tuple[str, ...], quiet: Quiet, most: int) -> None:
    period = policy.validity(now, zones, quiet, most * MINUTE)
    assert timedelta(0) <= period <= most * MINUTE
    for step in range(int(period / MINUTE)):
        assert not quiet_at(now + step * MINUTE, zones, quiet)
    closes = policy.closes_at(now, zones, quiet)
    assert closes is None or now + period <= closes or period == timedelta(0)


def test_zones_come_from_the_contact_then_the_number_then_the_gateway() -> None:
    assert policy.zones_of("Europe/Paris", ("America/Chicago",), "Asia/Tokyo") == ("Europe/Paris",)
    assert policy.zones_of(None, ("America/Chicago", "America/Denver"), "Asia/Tokyo") == (
        "America/Chicago",
        "America/Denver",
    )
    assert policy.zones_of("", (), "Asia/Tokyo") == ("Asia/Tokyo",)


def test_no_zone_and_no_offset_are_slips_not_permission() -> None:
    with pytest.raises(ValueError, match="at least one zone"):
        policy.may_leave(utc("2026-11-24 12:00"), (), NIGHT)
    with pytest.raises(ValueError, match="aware"):
        policy.closes_at(datetime(2026, 11, 24), NEW_YORK, NIGHT)  # noqa: DTZ001


APPROVALS = [  # role, own, kind, channel, allow_cli, author, allowed
    ("volunteer", True, "reply", "panel", False, "volunteer", True),
    ("volunteer", False, "first", "panel", False, None, True),
    ("volunteer", False, "reply", "panel", False, "trainee", False),
    ("volunteer", False, "reply", "panel", False, "volunteer", True),
    ("volunteer", True, "first", "cli", False, "volunteer", False),
    ("volunteer", False, "first", "cli", True, None, True),
    ("volunteer", False, "first", "api", True, None, False),
    ("trainee", False, "first", "panel", False, None, True),
    ("trainee", False, "reminder", "panel", False, None, True),
    ("trainee", True, "reply", "panel", False, "trainee", False),
    ("trainee", True, "first", "panel", False, "trainee", False),
    ("trainee", False, "reply", "panel", False, "trainee", False),
    ("trainee", False, "reply", "panel", False, None, False),
    ("trainee", True, "first", "cli", True, "trainee", False),
    ("coordinator", False, "reply", "panel", False, "trainee", True),
    ("coordinator", True, "first", "panel", False, "coordinator", True),
    ("coordinator", True, "first", "cli", False, "coordinator", False),
    ("admin", False, "reply", "panel", False, "trainee", True),
    ("technician", False, "first", "panel", False, None, False),
    ("technician", True, "first", "panel", True, "technician", False),
    ("technician", True, "confirmation", "cli", True, None, False),
    ("stranger", False, "first", "panel", False, None, False),
]


@pytest.mark.parametrize(("role", "own", "kind", "channel", "allow_cli", "author", "allowed"), APPROVALS)
def test_approving(
    role: str, own: bool, kind: str, channel: str, allow_cli: bool, author: str | None, allowed: bool
) -> None:
    answer = policy.may_approve(role, own=own, kind=kind, channel=channel, allow_cli=allow_cli, author=author)
    assert (answer is None) == allowed
    assert answer is None or (answer.endswith(".") and len(answer) < 200)


ROLES = [  # act, who may
    ("approve", "volunteer trainee coordinator admin"),
    ("answer", "volunteer trainee coordinator admin"),
    ("draft", "coordinator admin"),
    ("run_campaigns", "coordinator admin"),
    ("settle", "volunteer coordinator admin"),
    ("opt_out", "volunteer trainee coordinator admin"),
    ("undo_opt_out", "coordinator admin"),
    ("see_texts", "volunteer trainee coordinator admin"),
    ("see_numbers", "coordinator admin"),
    ("see_all_conversations", "coordinator admin"),
    ("hand_over", "coordinator admin"),
    ("see_stations", "coordinator technician admin"),
    ("control_stations", "technician admin"),
    ("enter_pin", "technician admin"),
    ("confirm_time", "coordinator admin"),
    ("see_ledger", "coordinator admin"),
    ("erase", "coordinator admin"),
    ("manage_users", "admin"),
    ("manage_data", "admin"),
    ("change_settings", "admin"),
]


@pytest.mark.parametrize(("act", "who"), ROLES)
def test_what_each_role_may(act: policy.Act, who: str) -> None:
    assert {role for role in policy.ROLES if policy.may(role, act)} == set(who.split())
    assert not policy.may("stranger", act)


def test_every_act_is_in_the_table_above() -> None:
    assert {row[0] for row in ROLES} == set(policy.MAY)
    with pytest.raises(KeyError):
        policy.may("admin", "fly")  # type: ignore[arg-type]


PLAN = Limits(per_minute=10, per_day=200, per_month=3000, people_per_month=50)
BUDGETS = [  # limits, used, segments, kind, new person, what must end
    (PLAN, Used(), 1, "first", True, None),
    (Limits(), Used(9999, 9999, 9999, 9999), 5, "first", True, None),
    (PLAN, Used(minute=9), 1, "first", False, None),
    (PLAN, Used(minute=10), 1, "first", False, "minute"),
    (PLAN, Used(minute=10), 1, "reply", False, "minute"),
    (PLAN, Used(minute=9), 2, "first", False, "minute"),
    (Limits(per_minute=2), Used(), 3, "first", False, None),  # a long text has a minute for itself
    (Limits(per_minute=2), Used(minute=1), 3, "first", False, "minute"),
    (PLAN, Used(day=179), 1, "first", False, None),
    (PLAN, Used(day=180), 1, "first", False, "day"),
    (PLAN, Used(day=180), 1, "reminder", False, "day"),
    (PLAN, Used(day=180), 1, "reply", False, None),
    (PLAN, Used(day=199), 1, "confirmation", False, None),
    (PLAN, Used(day=200), 1, "confirmation", False, "day"),
    (PLAN, Used(day=199), 2, "reply", False, "day"),
    (PLAN, Used(month=2700), 1, "first", False, "month"),
    (PLAN, Used(month=2700), 1, "reply", False, None),
    (PLAN, Used(month=3000), 1, "reply", False, "month"),
    (PLAN, Used(people=45), 1, "first", True, "month"),
    (PLAN, Used(people=45), 1, "first", False, None),
    (PLAN, Used(people=45), 1, "reply", True, None),
    (PLAN, Used(people=50), 1, "reply", True, "month"),
    (PLAN, Used(day=180, month=2700), 1, "first", False, "month"),
    (Limits(per_day=2), Used(), 3, "reply", False, "never"),
    (Limits(per_day=10), Used(), 10, "first", False, "never"),
    (Limits(per_day=10), Used(), 10, "reply", False, None),
    (Limits(per_day=1), Used(), 1, "first", False, None),
    (Limits(per_day=5), Used(day=4), 1, "first", False, "day"),
    (Limits(per_day=5), Used(day=4), 1, "reply", False, None),
]


@pytest.mark.parametrize(("limits", "used", "segments", "kind", "new", "until"), BUDGETS)
def test_budget(limits: Limits, used: Used, segments: int, kind: str, new: bool, until: str | None) -> None:
    spent = policy.budget(limits, used, segments, kind, new_person=new)
    assert (spent and spent.until) == until
    assert spent is None or (spent.sentence.endswith(".") and len(spent.sentence) < 200)


MONTHS = [  # utc now, zone, billing day, began, ends
    ("2026-11-24 12:00", "UTC", 1, "2026-11-01", "2026-12-01 00:00"),
    ("2026-11-24 12:00", "UTC", 24, "2026-11-24", "2026-12-24 00:00"),
    ("2026-11-24 12:00", "UTC", 25, "2026-10-25", "2026-11-25 00:00"),
    ("2027-01-05 12:00", "UTC", 20, "2026-12-20", "2027-01-20 00:00"),
    ("2027-02-27 12:00", "UTC", 31, "2027-01-31", "2027-02-28 00:00"),
    ("2027-02-28 12:00", "UTC", 31, "2027-02-28", "2027-03-31 00:00"),
    ("2027-03-30 12:00", "UTC", 31, "2027-02-28", "2027-03-31 00:00"),
    ("2026-12-01 02:00", "America/New_York", 1, "2026-11-01", "2026-12-01 05:00"),
    ("2026-11-30 23:30", "Asia/Kolkata", 1, "2026-12-01", "2026-12-31 18:30"),
]


@pytest.mark.parametrize(("now", "zone", "day", "began", "ends"), MONTHS)
def test_months_begin_on_the_billing_day_in_the_zone_of_the_sim(
    now: str, zone: str, day: int, began: str, ends: str
) -> None:
    assert policy.month_start(utc(now), zone, day) == date.fromisoformat(began)
    assert policy.budget_ends("month", utc(now), zone, day) == utc(ends)


def test_days_are_those_of_the_sim() -> None:
    assert policy.day_of(utc("2026-11-24 03:00"), "America/New_York") == date(2026, 11, 23)
    assert policy.budget_ends("day", utc("2026-11-24 03:00"), "America/New_York") == utc("2026-11-24 05:00")
    assert policy.budget_ends("minute", utc("2026-11-24 03:00"), "UTC") == utc("2026-11-24 03:01")
    assert policy.budget_ends("never", utc("2026-11-24 03:00"), "UTC") is None
