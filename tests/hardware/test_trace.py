"""The trace: every byte, bounded, private, and never a PIN."""

import stat
from pathlib import Path

import pytest

from hardware.trace import FROM_MODEM, TO_MODEM, Trace
from tests.scripted import FakeClock

PDU = "0021000B912120555521F3000004F4F29C0E"


def text(path: Path) -> str:
    return path.read_text()


def test_every_byte_with_time_and_direction(tmp_path: Path) -> None:
    clock = FakeClock()
    trace = Trace(tmp_path / "trace", clock, full=True)
    trace.record(TO_MODEM, b"AT+CSQ\r")
    clock.advance(0.25)
    for byte in b"\r\n+CSQ: 17,99\r\n\r\nOK\r\n":
        trace.record(FROM_MODEM, bytes([byte]))
        clock.advance(0.001)
    trace.close()
    assert text(tmp_path / "trace").splitlines() == [
        "2026-11-24T12:00:00.000000Z 1000.0000 > b'AT+CSQ\\r'",
        "2026-11-24T12:00:00.250000Z 1000.2500 < b'\\r'",
        "2026-11-24T12:00:00.251000Z 1000.2510 < b'\\n'",
        "2026-11-24T12:00:00.252000Z 1000.2520 < b'+CSQ: 17,99\\r' +0.011",
        "2026-11-24T12:00:00.264000Z 1000.2640 < b'\\n'",
        "2026-11-24T12:00:00.265000Z 1000.2650 < b'\\r'",
        "2026-11-24T12:00:00.266000Z 1000.2660 < b'\\n'",
        "2026-11-24T12:00:00.267000Z 1000.2670 < b'OK\\r' +0.002",
        "2026-11-24T12:00:00.270000Z 1000.2700 < b'\\n'",
    ]


def test_whole_lines_are_one_entry(tmp_path: Path) -> None:
    trace = Trace(tmp_path / "trace", FakeClock(), full=True)
    trace.record(TO_MODEM, PDU.encode() + b"\x1a")
    trace.record(FROM_MODEM, b"\r\n+CMGS: 5\r\n\r\nOK\r\n")
    assert PDU in text(tmp_path / "trace")
    trace.close()
    assert len(text(tmp_path / "trace").splitlines()) == 4


@pytest.mark.parametrize("full", [True, False])
@pytest.mark.parametrize("chunk", [1, 3, 1000])
def test_a_pin_is_never_written(tmp_path: Path, full: bool, chunk: int) -> None:
    trace = Trace(tmp_path / "trace", FakeClock(), full=full)
    for direction in (TO_MODEM, FROM_MODEM):
        for command in (b'AT+CPIN="4711"\r', b"at+cpin=4711\r", b'AT+CPIN="12345678","4711"\r\n'):
            for at in range(0, len(command), chunk):
                trace.record(direction, command[at : at + chunk])
    trace.close()
    assert "4711" not in text(tmp_path / "trace")
    assert "****" in text(tmp_path / "trace")


def test_pdus_and_numbers_are_hidden_unless_full(tmp_path: Path) -> None:
    trace = Trace(tmp_path / "trace", FakeClock())
    trace.record(
        FROM_MODEM, f'+CMGL: 1,0,,23\r\n{PDU}\r\n+CLIP: "+12025550123",145\r\n+CSQ: 17,99\r\n'.encode()
    )
    trace.record(FROM_MODEM, b'+CUSD: 0,"Your balance is 3.00",15\r\n')
    trace.close()
    said = text(tmp_path / "trace")
    assert "2025550" not in said
    assert PDU not in said
    assert "balance" not in said
    assert "<36 hex digits>" in said
    assert "+CSQ: 17,99" in said


def test_the_ring_is_bounded_and_private(tmp_path: Path) -> None:
    trace = Trace(tmp_path / "trace", FakeClock(), limit_bytes=20_000, full=True)
    for number in range(2000):
        trace.record(TO_MODEM, b"AT+CMGR=%d\r" % number)
    trace.close()
    files = sorted(tmp_path.iterdir())
    assert [file.name for file in files] == ["trace", "trace.1"]
    assert sum(file.stat().st_size for file in files) <= 20_000
    assert all(stat.S_IMODE(file.stat().st_mode) == 0o600 for file in files)
    assert "AT+CMGR=1999" in text(tmp_path / "trace")


def test_a_flood_without_line_ends_is_bounded_too(tmp_path: Path) -> None:
    trace = Trace(tmp_path / "trace", FakeClock(), limit_bytes=20_000, full=True)
    for _ in range(10):
        trace.record(FROM_MODEM, b"\xff" * 65536)
    trace.close()
    assert sum(file.stat().st_size for file in tmp_path.iterdir()) <= 20_000


def test_a_trace_that_cannot_be_written_stops_itself(tmp_path: Path) -> None:
    trace = Trace(tmp_path / "missing" / "trace", FakeClock())
    trace.record(TO_MODEM, b"AT\r")
    trace.record(TO_MODEM, b"AT\r")
    assert "missing" in trace.failed
    trace.close()


def test_a_pdu_that_is_written_in_pieces_is_hidden_to_its_end(tmp_path: Path) -> None:
    """Old modems take 18 octets at a time and echo each: the last piece, shorter than any number, stood there to be read."""
    trace = Trace(tmp_path / "trace", FakeClock())
    sent = PDU.encode() + b"C8329BFD06\x1a"
    for at in range(0, len(sent), 18):
        trace.record(TO_MODEM, sent[at : at + 18])
        trace.record(FROM_MODEM, sent[at : at + 18].replace(b"\x1a", b""))
    trace.record(FROM_MODEM, b"\r\n+CMGS: 5\r\nOK\r\n")
    trace.close()
    written = text(tmp_path / "trace")
    assert "C832" not in written
    assert "FD06" not in written
    assert "OK" in written


@pytest.mark.parametrize("chunk", [1, 7, 4096])
def test_the_words_of_a_text_are_hidden_also_when_another_program_has_put_the_modem_into_text_mode(
    tmp_path: Path, chunk: int
) -> None:
    """There a text stands in the open behind its header, and a technician could read it: in a trace that is sent to somebody."""
    trace = Trace(tmp_path / "trace", FakeClock())
    said = (
        b'\r\n+CMT: "+12025550123","Ada N",,"26/11/24,12:00:00-20"\r\nIs there a ramp?\r\nI use a wheelchair\r\n'
        b'\r\n+CMGL: 1,"REC UNREAD","Ada",,\r\n+OK see you at six\r\n\r\nOK the door is blue\r\nAT home by then\r\n'
        b'\x00+CMGR: "REC READ","+12025550123"\r\nthe blue door\r\nOK\r\nand bring cake\r\n\r\nOK\r\n'
        b"> can you come to the hearing\r\n"
    )
    after = b"RING\r\n+CMT: ,23\r\n" + PDU.encode() + b"\r\nRING\r\n^BOOT:1,0\r\n+CSQ: 17,99\r\nOK\r\n"
    for at in range(0, len(said + after), chunk):
        trace.record(FROM_MODEM, (said + after)[at : at + chunk])
    trace.close()
    written = text(tmp_path / "trace")
    for words in ("ramp", "wheelchair", "see you", "door", "home", "cake", "Ada", "hearing", "5550123"):
        assert words not in written, words
    assert written.count("RING") == 2
    for kept in ("<16 characters>", "^BOOT:1,0", "+CSQ: 17,99", "+CMT: ,23", "<36 hex digits>"):
        assert kept in written, kept
