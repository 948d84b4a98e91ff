"""Faults of what texts are (F10, F47 to F57, F81 to F84 of the catalogue): whole stations, judged by the conversation's page."""

import sqlite3
from datetime import UTC, datetime, timedelta, timezone

import pytest

from gateway.machineclock import SetClock
from hardware.pdu import Address, encode_deliver, segment
from hardware.pdu.septets import pack
from tests.scenarios.receiving import Make, pdu, pdus, read
from tests.simulated import ADA, House


def raw(
    house: House, pid: int, dcs: int, body: str, *, first: int = 0x04, sender: str = "0B912120551032F3"
) -> str:
    """A DELIVER from octets: `body` is TP-UDL and TP-UD in hex."""
    stamp = encode_deliver(ADA, segment("x"), timestamp=house.clock.now())[10:17].hex()
    return f"07912120550591F9{first:02X}{sender}{pid:02X}{dcs:02X}{stamp}{body}".upper()


SENDER = "+12025501233"  # of `raw`


def test_f47_a_name_as_sender_is_kept_and_cannot_be_answered(house: House) -> None:
    house.arrive("Your code is 4711", sender="MyBank")
    house.until(lambda: house.shown("MyBank") == ["Your code is 4711"], "shown")


@pytest.mark.parametrize("sender", ["3200", "50367", "12345"])
def test_f48_a_short_code_is_kept_as_it_came(house: House, sender: str) -> None:
    house.arrive("Pay now", sender=sender)
    house.until(lambda: house.shown(sender) == ["Pay now"], "shown")


def test_f49_a_text_without_a_sender_is_shown_as_from_nobody_known(house: House) -> None:
    house.arrive_pdu(raw(house, 0, 0, "02C834", sender="0080"))
    house.until(lambda: house.shown("unknown") == ["Hi"], "shown")


def test_f50_a_replace_type_takes_the_place_of_the_one_before_and_the_history_stays(house: House) -> None:
    for pid, text in (
        (0x41, "1 new message"),
        (0x42, "Balance 5"),
        (0x41, "2 new messages"),
        (0, "Plain"),
        (0x41, "3 new"),
    ):
        house.arrive_pdu(pdu(house, text, pid=pid))
        house.until(lambda text=text: text in house.texts(), "kept")  # type: ignore[misc]
        house.run(5)
    assert house.shown() == ["Balance 5", "Plain", "3 new"]
    assert house.page()[2].earlier == 2
    assert len(house.texts()) == 5


def test_f50_a_replace_type_that_comes_back_or_is_read_late_hides_no_newer_one(house: House) -> None:
    """From a slot that could not be emptied, by a network that missed the answer, or from the modem's other storage."""
    older = pdu(house, "We meet at 4", pid=0x41)
    house.run(60)
    old = pdu(house, "We meet at 5", pid=0x41)
    house.run(60)
    house.arrive_pdu(old)
    house.run(1_200)
    house.arrive_pdu(pdu(house, "We meet at 6", pid=0x41))
    house.until(lambda: house.shown() == ["We meet at 6"], "shown")
    for late in (old, older):
        house.arrive_pdu(late)
        house.run(120)
        assert house.shown() == ["We meet at 6"]
    assert house.page()[0].earlier == 2
    house.arrive_pdu(pdu(house, "We meet at 7", pid=0x41))
    house.until(lambda: house.shown() == ["We meet at 7"], "replaced")


def test_f50_a_replace_type_of_somebody_else_replaces_nothing(house: House) -> None:
    house.arrive_pdu(pdu(house, "One", pid=0x41))
    house.arrive_pdu(pdu(house, "Two", sender="+12025550147", pid=0x41))
    house.until(lambda: len(house.texts()) == 2, "kept")
    assert (house.shown(), house.shown("+12025550147")) == (["One"], ["Two"])


@pytest.mark.parametrize(
    ("pid", "dcs", "body"),
    [
        (0x40, 0x00, "02C834"),
        (0x7F, 0xF6, "0430313233"),
        (0x7F, 0x12, "02C834"),
        (0x7D, 0x04, "0430313233"),
        (0x00, 0x00, "02C834"),
    ],
)
def test_f51_f53_f10_what_is_for_the_sim_or_a_silent_test_is_counted_and_never_shown_nor_answered(
    house: House, pid: int, dcs: int, body: str
) -> None:
    house.arrive_pdu(raw(house, pid, dcs, body))
    house.until(lambda: len(house.texts()) == 1 and not house.stored(), "kept and deleted")
    silent = pid != 0
    assert (house.shown(SENDER) == []) == silent
    assert (house.waiting() == []) == silent
    kinds = [row["kind"] for row in house.db.execute("SELECT kind FROM inbound")]
    assert kinds == ["silent" if silent else "text"]


@pytest.mark.parametrize("fault", ["sim_data_download", "type0"])
def test_f10_f51_faults_of_the_modem_that_are_for_the_sim_are_not_shown(house: House, fault: str) -> None:
    house.fault(fault)
    house.arrive("anything")
    house.until(lambda: len(house.texts()) == 1 and not house.stored(), "kept and deleted")
    house.run(120)
    assert (house.shown(), house.waiting(), house.world.network.air) == ([], [], [])


def test_f52_a_flash_text_that_is_stored_nowhere_is_kept_at_once_and_marked(house: House) -> None:
    house.fault("class0_cmt")
    house.arrive("Evacuate")
    house.until(lambda: house.shown() == ["Evacuate"], "shown", 3)
    assert house.page()[0].kind == "flash"


def test_f52_a_flash_text_that_comes_while_the_database_is_locked_is_not_lost(house: House) -> None:
    other = sqlite3.connect(house.path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    house.stations[0]._desk.db.execute("PRAGMA busy_timeout=50")
    house.fault("class0_cmt")
    house.arrive("Evacuate")
    house.run(20)
    assert house.texts() == []
    other.execute("ROLLBACK")
    house.until(lambda: house.shown() == ["Evacuate"], "shown", 5)
    other.close()


@pytest.mark.parametrize("how", ["discard", "store", "ie", "pid"])
def test_f54_a_voicemail_notice_says_so_and_its_slot_is_emptied(house: House, how: str) -> None:
    house.fault("voicemail", how)
    house.arrive("You have a message")
    house.until(read(house), "shown")
    [entry] = house.page()
    assert (entry.kind, entry.text) == ("voicemail", "You have a message")


def test_f54_a_lamp_without_words_says_whether_something_waits(house: House) -> None:
    house.arrive_pdu(raw(house, 0, 0xC8, "00"))
    house.arrive_pdu(raw(house, 0, 0xC0, "00"))
    house.until(lambda: len(house.page(SENDER)) == 2 and not house.stored(), "shown")
    assert house.shown(SENDER) == ["Voicemail waits for this number.", "Voicemail waits no more."]


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("0604010220" + "0100", "Voicemail waits for this number."),  # of the second profile of the line
        ("0604010207" + "0100", "A message waits for this number."),  # video
        ("0B08010280" + "0301028100" + "00", "Voicemail waits for this number."),  # and no fax
        ("0B08010280" + "0001028101" + "00", "A fax waits for this number."),  # and no voicemail
    ],
)
def test_f54_a_lamp_of_the_header_says_what_waits(house: House, body: str, words: str) -> None:
    """23.040 9.2.3.24.2: two bits say what, others whose; and each kind has an element. Voicemail that waited was said to be gone."""
    house.arrive_pdu(raw(house, 0, 0, body, first=0x44))
    house.until(lambda: len(house.page(SENDER)) == 1 and not house.stored(), "shown")
    assert house.shown(SENDER) == [words]
    assert house.waiting() == [SENDER]


def test_f55_a_picture_message_says_that_it_waits(house: House) -> None:
    house.fault("mms_wappush")
    house.arrive("anything")
    house.until(read(house), "shown")
    assert house.page()[0].kind == "mms"
    assert house.waiting() == [ADA]


@pytest.mark.parametrize(
    ("header", "said"),
    [
        ("0605040B8423F0", "WAP push"),
        ("06050423F40000", "vCard"),
        ("060504C34FC002", "OTA"),
        ("06050401020102", "port 258"),
    ],
)
def test_f55_data_for_a_port_says_what_it_is_and_asks_nobody(house: House, header: str, said: str) -> None:
    body = header + "414243"
    house.arrive_pdu(raw(house, 0, 0xF5, f"{len(body) // 2:02X}{body}", first=0x44))
    house.until(lambda: len(house.page(SENDER)) == 1 and not house.stored(), "shown")
    [entry] = house.page(SENDER)
    assert (entry.kind, said in entry.text, "414243" in entry.text) == ("binary", True, True)
    assert house.waiting() == []


@pytest.mark.parametrize(
    ("dcs", "words", "kind"),
    [
        ("04", "STOP", "text"),
        ("04", "STOP\0", "text"),
        ("F4", "Stop, s’il vous plaît", "flash"),
        ("F6", "STOP", "binary"),
        ("04", "\x01\x02AB", "binary"),
    ],
)
def test_words_of_eight_bits_are_words(house: House, dcs: str, words: str, kind: str) -> None:
    """A STOP that was written so was shown as data, and nobody was asked."""
    body = words.encode().hex()
    house.arrive_pdu(raw(house, 0, int(dcs, 16), f"{len(body) // 2:02X}{body}"))
    house.until(lambda: len(house.page(SENDER)) == 1 and not house.stored(), "shown")
    [entry] = house.page(SENDER)
    assert (entry.kind, entry.text == words.rstrip("\0")) == (kind, kind != "binary")
    [stopped] = house.db.execute(
        "SELECT opted_out_at IS NOT NULL FROM conversation WHERE number=?", [SENDER]
    ).fetchone()
    assert bool(stopped) == (kind != "binary")


@pytest.mark.parametrize("pid", [0x5E, 0x7C, 0x7D, 0x7F])
def test_a_stop_is_heard_whatever_protocol_it_names(house: House, pid: int) -> None:
    """One that a phone with EMS had sent (23.040 9.2.3.9: 5E, of old) was taken for a voicemail notice: they were texted on. One that names
    the SIM (7C, 7F) or the handset (7D) without being of its class, which a telephone shows, was shown to nobody.
    """
    house.arrive_pdu(pdu(house, "STOP", pid=pid))
    house.until(read(house), "shown")
    assert [entry.kind for entry in house.page()] == ["text"]
    stopped = house.db.execute("SELECT opted_out_at FROM conversation WHERE number=?", [ADA]).fetchone()
    assert stopped["opted_out_at"] is not None


def test_f56_a_compressed_text_is_kept_raw_and_never_read_as_text(house: House) -> None:
    house.arrive_pdu(raw(house, 0, 0x20, "0430313233"))
    house.until(lambda: len(house.page(SENDER)) == 1, "shown")
    [entry] = house.page(SENDER)
    assert (entry.kind, "30313233" in entry.text) == ("undecoded", True)


@pytest.mark.parametrize(
    ("locking", "single", "text"),
    [(0, 1, "ığşİ"), (1, 1, "çok iyi ığş"), (0, 2, "Sí, ahí estaré ç"), (3, 3, "não ª à")],
)
def test_f57_national_tables_are_read(house: House, locking: int, single: int, text: str) -> None:
    plan = segment(text, coding="gsm7", locking=locking, single=single)
    house.arrive_pdu("00" + encode_deliver(ADA, plan, timestamp=house.clock.now()).hex())
    house.until(lambda: house.shown() == [text], "shown")


def test_f57_an_unknown_national_table_is_read_by_the_default_one(house: House) -> None:
    header = bytes.fromhex("0324017F")  # single shift table 7F
    body = pack(b"Hi", header)
    house.arrive_pdu(raw(house, 0, 0, f"{5 + 2:02X}{body.hex()}", first=0x44))
    house.until(lambda: house.shown(SENDER) == ["Hi"], "shown")


@pytest.mark.parametrize("quarters", [-48, -20, 0, 23, 56])
def test_f81_the_stamps_zone_counts_in_quarter_hours_with_its_sign(house: House, quarters: int) -> None:
    at = house.clock.now().astimezone(timezone(timedelta(minutes=15 * quarters)))
    house.arrive_pdu(pdus("Hello", at=at)[0])
    house.until(read(house), "shown")
    [entry] = house.page()
    assert entry.stamped_at == int(at.timestamp()) * 1000


@pytest.mark.parametrize("zone", ["97", "79", "FF"])
def test_f81_a_zone_that_is_nowhere_is_clamped_and_the_raw_text_stays(house: House, zone: str) -> None:
    record = pdu(house, "Hello")
    at = record.index("0000", 18) + 4 + 12
    record = record[:at] + zone + record[at + 2 :]
    house.arrive_pdu(record)
    house.until(read(house), "shown")
    [entry] = house.page()
    hours = 0.0 if entry.stamped_at is None else abs(entry.stamped_at - house.wall()) / 3_600_000
    assert hours < 15
    assert house.db.execute("SELECT pdu FROM arrival").fetchone()["pdu"].endswith(bytes.fromhex(record)[1:])


def test_f82_texts_stand_in_the_order_of_their_arrival_with_both_times(house: House) -> None:
    years = (2031, 2018, 1999, 2026)
    for year in years:
        house.arrive_pdu(pdus(f"From {year}", at=datetime(year, 3, 9, 12, 36, 21, tzinfo=UTC))[0])
        house.run(2)
    house.until(lambda: len(house.page()) == 4, "shown")
    assert house.shown() == [f"From {year}" for year in years]
    assert [
        datetime.fromtimestamp(entry.stamped_at / 1000, UTC).year
        for entry in house.page()
        if entry.stamped_at
    ] == list(years)
    assert all(abs(entry.at - house.wall()) < 60_000 for entry in house.page())


def test_f82_a_stamp_that_is_no_date_is_no_time(house: House) -> None:
    record = pdu(house, "Hello")
    at = record.index("0000", 18) + 4
    house.arrive_pdu(record[:at] + "99999999999900" + record[at + 14 :])
    house.until(read(house), "shown")
    assert house.page()[0].stamped_at is None


def test_f83_the_modems_clock_is_neither_asked_nor_believed(make: Make) -> None:
    house = make(personality="sim800l", machine=SetClock(server=True))
    house.until_ready()
    for line in (
        "^NWTIME: 18/03/09,12:36:21+4,00",
        '*PSUTTZ: 1999,11,24,11,30,00,"-20",0',
        "+CTZV: 18/03/09,12:36:21+4",
    ):
        house.world.modems[0].urc(line, now=house.now())
    house.arrive("Hello")
    house.until(lambda: house.shown() == ["Hello"], "shown")
    assert abs(house.page()[0].at - house.wall()) < 5_000
    assert not any("CCLK" in line or "CTZR" in line for line in house.written[0])
    message_id = house.approved()
    house.until(lambda: house.state(message_id) == "delivered", "sent")


def test_f84_texts_are_read_in_pdu_mode_where_a_quarter_hour_is_one(make: Make) -> None:
    house = make(personality="a7670e")
    house.until_ready()
    at = datetime(2026, 10, 7, 18, 38, 27, tzinfo=timezone(timedelta(hours=2)))
    house.arrive_pdu(pdus("Test SMS", at=at)[0])
    house.until(read(house), "shown")
    assert house.page()[0].stamped_at == int(datetime(2026, 10, 7, 16, 38, 27, tzinfo=UTC).timestamp()) * 1000
    assert "AT+CMGF=1" not in house.written[0]


def test_f89_a_header_that_is_longer_than_its_text_is_kept_and_crashes_nothing(house: House) -> None:
    house.arrive_pdu(raw(house, 0, 0xF5, "0483128100", first=0x64))  # T45: UDHL 83h
    house.arrive_pdu(pdu(house, "Hello"))
    house.until(lambda: house.shown() == ["Hello"], "the others come")
    house.until(lambda: not house.stored(), "kept", 130)
    assert len(house.texts()) == 2


def test_a_reserved_type_is_kept_raw(house: House) -> None:
    house.put("00" + "07" + pdu(house, "Hello")[4:], "ME")
    house.until(lambda: not house.stored(), "kept", 130)
    assert [entry.kind for entry in house.page("unknown")] == ["undecoded"]


def test_an_address_of_an_odd_kind_is_shown(house: House) -> None:
    record = encode_deliver(Address("5036710", 2, 1), segment("Hello"), timestamp=house.clock.now())
    house.arrive_pdu("00" + record.hex())
    house.until(lambda: "Hello" in house.texts(), "kept")
