"""Every sentence that a person may read, read."""

import ast
import inspect
import re
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType

import pytest

from gateway import (
    answers,
    explain,
    explain_damage,
    explain_modems,
    explain_remote,
    explain_sending,
    outcomes,
    sightings,
)
from gateway.explain import Notice
from gateway.notice import KEPT

NIGHT = datetime(2026, 11, 24, 20, 4, tzinfo=UTC)
MORNING = datetime(2026, 11, 25, 9, 0, tzinfo=UTC)

SIGHTINGS = [
    sightings.storage("Huawei E3131", "1-1.3"),
    sightings.hilink("Huawei E353/E3131", "1-1.3"),
    sightings.mute("Quectel EC25/EG25-G", "1-1.3"),
    sightings.silent("Quectel EC25/EG25-G", "1-1.3", "/dev/ttyUSB2 and /dev/ttyUSB3"),
    sightings.held("Quectel EC25/EG25-G", "1-1.3", "ModemManager (process 812)"),
    sightings.held("Quectel EC25/EG25-G", "1-1.3", ""),
    sightings.denied("Quectel EC25/EG25-G", "1-1.3", "/dev/ttyUSB2", "permission denied"),
    sightings.no_modem(
        "Silicon Labs CP210x bridge", "1-1.3", "/dev/ttyUSB2", "it only repeats what it is told"
    ),
    sightings.quiet("Silicon Labs CP210x bridge", "1-1.3"),
]
LONG = max((str(one) for one in SIGHTINGS), key=len)
SAID = [
    explain_sending.rings_in_vain("north"),
    explain_modems.pin_kept_back("north", 1),
    explain_modems.pin_kept_back("north", 2),
    explain_modems.pin_tried_before("north"),
    explain_modems.nobody_drives("north"),
    explain_modems.unreadable("north", "it refuses to list texts, to read one, and to hand them over: ERROR"),
    explain_modems.restarted("north", "command", "It did not answer.", "AT+CFUN=1,1 was taken"),
    explain_modems.restarted("north", "usb", "It did not answer.", "the USB device 1-1.3 was reset"),
    explain_modems.restarted(
        "north", "power", "It did not answer.", "port 3 of the hub 1-1 was without power for 5 s"
    ),
    explain_modems.restart_not_possible("north", "command", "it refused AT+CFUN=1,1"),
    explain_modems.restart_not_possible("north", "usb", "we may not reset it"),
    explain_modems.restart_not_possible("north", "power", "the program uhubctl is not installed"),
    explain_modems.restarted(
        "north", "command", "It could not use its SIM for 5 minutes.", "AT+CFUN=1,1 was taken"
    ),
    explain_modems.nothing_helped("north", "14:36"),
    explain_modems.shared("north", "/dev/ttyUSB2", ""),
    explain_modems.shared("north", "/dev/ttyUSB2", "minicom (process 812)"),
    explain_modems.still_shared("north", "/dev/ttyUSB2", ""),
    explain_modems.silent("north", "14:36", [], ("command", "")),
    explain_modems.silent("north", "14:36", [("command", "14:41")], ("usb", "14:51")),
    explain_modems.silent(
        "north", "23:58 on 24 November", [("command", "14:41"), ("usb", "14:51")], ("reopen", "")
    ),
    explain_modems.power_was_low("north", "/dev/ttyUSB0", "no such device"),
    explain_modems.usb_forgot("north", "/dev/ttyUSB0", "usb 1-1.3: USB disconnect, device number 7"),
    explain_modems.self_test_runs("north", "south", 2),
    explain_modems.self_test_failed("north", "The text did not come."),
    explain.modem_absent("north", "huawei E1550 with the IMEI 356938035643809", "1-1.3", ()),
    explain.modem_absent("north", "modem", "", (LONG, LONG)),
    explain.looking_for_modem("north", ()),
    explain.looking_for_modem("north", (LONG,)),
    explain.cannot_find("north", "the system has no libudev (Debian's package libudev1)"),
    explain.port_not_opened("north", "/etc/passwd", "it is not a serial port"),
    explain.port_missing("north", "/dev/textbank/modem-356938035643809"),
    explain.port_busy("north", "/dev/ttyUSB0", "ModemManager (412)"),
    explain.port_busy("north", "/dev/ttyUSB0", ""),
    explain.port_gone("north", "/dev/ttyUSB0", "no such device"),
    explain.port_gone("north", "/dev/ttyUSB0", ""),
    explain.modem_silent("north", "AT+CSQ", 5.0),
    explain.modem_silent("north", "The modem answered nothing that we know", 0.0),
    explain.not_a_modem("north", "/dev/ttyUSB0", "$GPGGA,"),
    explain.not_a_modem("north", "/dev/ttyUSB0", "x" * 500),
    explain_modems.driver_unfit("north", "python-gammu is not installed.", installed=False),
    explain_modems.driver_unfit(
        "north", "Unknown connection type string. Check config file.", installed=True
    ),
    explain_modems.driver_gone("north", "the process that drives the phone was ended by SIGSEGV"),
    explain.second_port("north", "south", "/dev/ttyUSB3"),
    explain.other_port(
        "north", "The port /dev/ttyUSB1 is the GPS port of the Quectel EC25; its modem is on /dev/ttyUSB2"
    ),
    explain.pin_required("north"),
    explain.pin_refused("north"),
    explain.puk_required("north"),
    explain.sim_absent("north"),
    explain.sim_busy("north"),
    explain.sim_failure("north", "SIM failure"),
    explain.sim_failure("north", ""),
    explain_modems.refuses("north", "AT+CMGF=0 was refused after 0.0 s: ERROR (ERROR)"),
    explain_modems.memory_taken("north", 20, 20),
    explain_modems.modem_locked("north", "the SIM says +CPIN: PH-NET PIN"),
    explain.not_registered("north", "searching"),
    explain.not_registered("north", "none"),
    explain.not_registered("north", "unknown"),
    explain.registration_denied("north", "Telenor"),
    explain.registration_denied("north", ""),
    explain.smsc_missing("north"),
    explain.storage_nearly_full("north", 18, 20, None),
    explain.storage_nearly_full("north", 18, 20, 1.0),
    explain.storage_nearly_full("north", 18, 20, 1.4),
    explain.storage_nearly_full("north", 6, 20, 17.0),
    explain.storage_nearly_full("north", 6, 20, 80.0),
    explain.slot_stuck("north", "SM", 4, 1),
    explain.slot_stuck("north", "SM", 4, 3),
    explain_modems.only_on_the_phone("north", 1),
    explain_modems.only_on_the_phone("north", 3),
    explain.storage_full("north", 20, 20),
    explain.storage_full("north", 0, 0),
    explain.low_signal("north", -107),
    explain.budget_spent("north", "This SIM has used 200 of 200 segments today. It goes on tomorrow."),
    explain.refused_by_network("north", "The SIM's plan has no texts, or its credit is used up."),
    explain.uncertain_in_a_row("north", 2),
    explain_sending.no_texts_by("north", "LTE", 2, "AT+CNMP=14"),
    explain_sending.one_operator("north"),
    explain_sending.no_prompt("north", 15.0),
    explain_sending.takes_no_texts("north"),
    explain_sending.lay_nowhere("north", handed_over=True),
    explain_sending.lay_nowhere("north", handed_over=False),
    explain.not_registered("north", "emergency"),
    explain.not_registered("north", "limited"),
    explain.not_registered("north", "denied"),
    explain_sending.roaming("north"),
    explain_sending.unreadable("north"),
    explain_sending.opened_anew("north", "The modem finds no SIM."),
    explain_sending.not_now("north", "The network is out of order.", 600),
    explain_sending.reports_stopped("north", 1, 20),
    explain.crashed("north", "ZeroDivisionError in station.py, line 12"),
    explain.paused_by("north", "Ada"),
    explain.database_locked(30.0),
    explain.disk_full("/var/lib/textbank", 4_000_000),
    explain.disk_full("/var/lib/textbank", 0, (("backups/", 120_000_000), ("textbank.db", 4_100_000))),
    explain.read_only("/var/lib/textbank", "attempt to write a readonly database"),
    explain.not_written(
        "/var/lib/textbank", "[Errno 13] Permission denied: '/var/lib/textbank/textbank.db.acts'"
    ),
    explain_damage.database_damaged(
        "/var/lib/textbank/textbank.db",
        'Reading it failed: "database disk image is malformed".',
        "/media/stick/textbank-20261125T033000Z-6a3fd09564470e3f.db",
        "25 November 2026, 03:30 UTC",
    ),
    explain_damage.in_memory("/var/lib/textbank"),
    explain_damage.log_awaited("/var/lib/textbank/textbank.db", "database or disk is full"),
    explain_damage.database_damaged("/srv/textbank.db", "textbank.db is empty: 0 bytes.", "", ""),
    explain.clock_not_trusted("The clock says 1 January 1970"),
    explain_remote.missing("north", "rfc2217://pi2.local:7001", "nothing answers at this address"),
    explain_remote.gone("north", "rfc2217://pi2.local:7001", "the other end hung up"),
    explain_remote.taken("north", "rfc2217://pi2.local:7001", "Port already in use"),
    explain_remote.refused("north", "socket://10.0.0.7:7001", "Device open failure: Value or file not found"),
    explain_remote.contested("north", "socket://10.0.0.7:7001", 4, 2),
    outcomes.quiet_hours("Luis", NIGHT, MORNING),
    outcomes.quiet_hours("Luis", MORNING, MORNING.replace(hour=10)),
    outcomes.quiet_hours("Luis", NIGHT, None),
    outcomes.opted_out("Luis", NIGHT),
    outcomes.opted_out("Luis", None),
    outcomes.uncertain("Luis", "north", "no answer for 180 s"),
    outcomes.uncertain("Luis", "north", ""),
    outcomes.uncertain_long("Luis", "north", 1, 1, 1),
    outcomes.failed("Luis", "This number does not exist. The text did not go out."),
    outcomes.deferred("Luis", "The network is busy.", MORNING),
    outcomes.deferred("Luis", "The network is busy.", None),
    outcomes.expired("Luis"),
    outcomes.undelivered("Luis", ""),
    outcomes.undelivered("Luis", "The phone was off for three days"),
]

FORBIDDEN = re.compile(
    r"\boops\b|\binvalid\b|\berror\s*:?\s*\d+|\+CM[SE]|\bfailed to\b|\bunfortunately\b|\bsorry\b|\byour fault\b"
    r"|\byou (should|must) have\b|\buser error\b|\bplease\b|(?-i:\bNone\b)|\b1 (?:hours|minutes|days|texts)\b|[{}]|  ",
    re.IGNORECASE,
)


ANSWERED = [
    answers.reset_done("AT+CFUN=1,1 was taken"),
    answers.reset_not_now("it was restarted less than ten minutes ago", 500.0),
    answers.reset_not_now("the answer to a text may still come", 20.0),
    answers.reset_not_possible("it refused AT+CFUN=1,1"),
    answers.ussd_not_harmless("**21*12#"),
    answers.ussd_failed("the network did not answer in time"),
    answers.query_refused("AT+CMGL=4"),
    answers.not_started("lost"),
    answers.text_under_way(),
    answers.another_drives_it("south"),
    answers.modem_refused("operation not supported"),
    answers.no_partner("north"),
    answers.self_test_began("north", "south"),
]


@pytest.mark.parametrize("words", ANSWERED)
def test_an_answer_is_whole_sentences_without_blame(words: str) -> None:
    assert words[-1] == "."
    assert len(words) <= 300
    assert not FORBIDDEN.search(words)


@pytest.mark.parametrize("one", SIGHTINGS, ids=lambda one: one.found[:40])
def test_a_sighting_says_what_it_is_and_what_to_do(one: sightings.Sighting) -> None:
    for part in filter(None, (one.found, one.do)):
        assert part[-1] == "."
        assert not FORBIDDEN.search(part)
    assert one.do or one.ok
    assert len(str(one)) <= 240


def functions(module: ModuleType) -> set[str]:
    return {
        name
        for name, found in inspect.getmembers(module, inspect.isfunction)
        if found.__module__ == module.__name__ and not name.startswith("_")
    }


@pytest.mark.parametrize("notice", SAID, ids=[notice.what[:50] for notice in SAID])
def test_each_says_what_happened_the_evidence_what_was_done_and_what_comes_next(notice: Notice) -> None:
    for part in (notice.what, notice.evidence, notice.done, notice.next):
        assert part
        assert part[0].isupper() or part[0].isdigit() or part.startswith("north"), part
        assert part[-1] in ".!…", part
        assert not FORBIDDEN.search(part), part
        for sentence in re.split(r"(?<=[.!?])\s", part):
            assert len(sentence) <= 200, sentence
    assert str(notice) == f"{notice.what} {notice.evidence} {notice.done} {notice.next}"
    assert len(str(notice)) <= 480
    assert "\n" not in str(notice)


@pytest.mark.parametrize(
    "module",
    [answers, explain, explain_damage, explain_modems, explain_remote, explain_sending, outcomes, sightings],
)
def test_every_function_is_read_above(module: ModuleType) -> None:
    tree = ast.parse(Path(__file__).read_bytes())
    read = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    assert functions(module) - {"written", "read"} <= read  # those two carry sightings to the page


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ("+CSQ: 23,99", "+CSQ: 23,99  (−67 dBm)"),
        ("+CSQ: 0,99", "+CSQ: 0,99  (−113 dBm)"),
        ("+CSQ: 31,0", "+CSQ: 31,0  (−51 dBm)"),
        ("+CSQ: 99,99", "+CSQ: 99,99"),  # it does not know
        ("+CPMS: 23,99", "+CPMS: 23,99"),
    ],
)
def test_dbm_stands_beside_the_number_of_a_signal(line: str, shown: str) -> None:
    assert answers.with_dbm(f"AT+CSQ\n{line}\nOK") == f"AT+CSQ\n{shown}\nOK"


def test_no_two_states_open_with_the_same_words() -> None:
    opened: dict[str, str] = {}
    for notice in SAID:
        opened.setdefault(notice.what, notice.next)
        assert opened[notice.what] == notice.next


def test_whoever_reads_of_a_stopped_sim_reads_what_became_of_its_texts() -> None:
    stopped = [
        n for n in SAID if "north" in n.what and n.what.startswith(("The modem", "The SIM", "The network"))
    ]
    calm = ("goes on sending", "emptying", "fetch each", "may have")
    assert all(KEPT in n.done or any(word in n.done for word in calm) for n in stopped)


def test_night_is_said_by_the_clock_of_the_person() -> None:
    assert "20:04" in outcomes.quiet_hours("Luis", NIGHT, MORNING).evidence
    assert "09:00 tomorrow" in outcomes.quiet_hours("Luis", NIGHT, MORNING).done
    assert "tomorrow" not in outcomes.quiet_hours("Luis", MORNING, MORNING.replace(hour=10)).done


def test_an_uncertain_text_is_never_called_lost_or_sent() -> None:
    notice = outcomes.uncertain_long("Luis", "north", 1, 1, 1)
    assert "1 of 3 accepted, 1 unknown, 1 not sent" in notice.evidence
    assert "will not be sent again by itself" in notice.done


def test_evidence_is_one_line_of_bounded_length() -> None:
    notice = explain.not_a_modem("north", "/dev/ttyUSB0", "a\nb\tc " * 200)
    assert len(notice.evidence) <= 160
    assert "\n" not in notice.evidence


def test_what_is_plugged_in_is_read_as_it_was_written() -> None:
    seen = [sightings.storage("E3372 “x”", "1-1.3"), sightings.hilink("E3372", "1-1.4")]
    assert sightings.read(sightings.written(seen)) == seen
