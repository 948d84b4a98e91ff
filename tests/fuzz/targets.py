"""What is fuzzed: each target takes any octets and raises only when a promise is broken. Its seeds are what real modems said.

Promises tried: of the PDU codec only PduError leaves, in bounded time, and what it read it can write and read again; of the AT channel and the modem
only HardwareError leaves, and how the octets were cut into reads makes no difference to their lines.
"""

import contextlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from hardware import framing
from hardware.at import At
from hardware.errors import HardwareError
from hardware.pdu import (
    Deliver,
    PduError,
    StatusReport,
    Submit,
    decode,
    describe,
    encode_deliver,
    encode_status_report,
    join,
    segment,
    submit_tpdus,
)
from tests.hardware import test_framing_transcripts as transcripts
from tests.hardware.test_modem_garbage import test_garbage_gives_only_hardware_errors
from tests.scripted import FakeClock, Raw, Scripted, ScriptedLink

TESTS = Path(__file__).parents[1]
BETWEEN = b"\x1e"  # between two answers of a modem
LONGEST_S = 700.0  # of the clock: a patient command waits 600 s
converse = test_garbage_gives_only_hardware_errors.hypothesis.inner_test  # type: ignore[attr-defined]


@dataclass(frozen=True)
class Target:
    """A function that takes octets, and what it begins with."""

    run: Callable[[bytes], None]
    seeds: Callable[[], list[bytes]]


def pdu(octets: bytes) -> None:
    """Octets, or characters when the first is odd, as a modem gave them."""
    given: bytes | str = octets[1:].decode("latin-1") if octets[:1] and octets[0] & 1 else octets[1:]
    for smsc in (None, True, False):
        try:
            tpdu = decode(given, smsc)
            describe(given, smsc)
        except PduError as damage:
            refusal = damage
        else:
            (tpdu.text or "").encode()
            again(tpdu)
            continue
        assert refusal.field, refusal
        assert str(refusal).endswith("."), refusal


def again(tpdu: Deliver | Submit | StatusReport) -> None:
    """What was read is written anew and read again: the same number, words and times."""
    try:
        octets = written(tpdu)
    except PduError:
        return  # it can be read and not written: an address or a time of a kind that nobody sends
    back = [decode(each, smsc=False) for each in octets]
    if isinstance(tpdu, StatusReport):
        for report in back:
            assert isinstance(report, StatusReport)
            assert (report.mr, report.status, report.timestamp) == (tpdu.mr, tpdu.status, tpdu.timestamp)
            assert report.recipient.number == tpdu.recipient.number
    elif back:
        assert join(back) == tpdu.text, (join(back), tpdu.text)  # type: ignore[arg-type]
        numbers = {each.recipient.number if isinstance(each, Submit) else each.sender.number for each in back}  # type: ignore[union-attr]
        assert numbers == {tpdu.recipient.number if isinstance(tpdu, Submit) else tpdu.sender.number}


def written(tpdu: Deliver | Submit | StatusReport) -> list[bytes]:
    """It as our own encoder writes it; [] for what it has no words or no time of. PduError."""
    if isinstance(tpdu, StatusReport):
        if tpdu.timestamp is None or tpdu.discharge_time is None:
            return []
        one = encode_status_report(
            tpdu.recipient,
            mr=tpdu.mr,
            timestamp=tpdu.timestamp,
            discharge_time=tpdu.discharge_time,
            status=tpdu.status,
        )
        return [one]
    if not tpdu.text:
        return []
    plan = segment(tpdu.text)
    if isinstance(tpdu, Submit):
        return submit_tpdus(tpdu.recipient.number, plan, ref=7)
    if tpdu.timestamp is None:
        return []
    return [
        encode_deliver(tpdu.sender, plan, timestamp=tpdu.timestamp, seq=seq, ref=7)
        for seq in range(1, plan.count + 1)
    ]


def lines(octets: bytes) -> None:
    """Octets as they come from a port: whole and in pieces of the size that the first octet says."""
    size, said = 1 + (octets[0] % 16 if octets else 0), octets[1:]
    whole, pieces = framing.Splitter(), framing.Splitter()
    found = whole.feed(said)
    cut = [line for at in range(0, len(said), size) for line in pieces.feed(said[at : at + size])]
    assert found == cut, (found, cut)
    assert whole.partial == pieces.partial
    assert all(len(line) <= framing.LINE_LIMIT for line in found)
    for line in found:
        framing.final(line)
        framing.unasked(line, "+CSQ")
        framing.Echo("AT+CSQ").strip(line)
    clock = FakeClock()
    at = At(ScriptedLink(clock, Scripted({"AT*": Raw(said), "<pdu>": Raw(said)}), size), clock)
    for act in (lambda: at.command("AT+CSQ"), lambda: at.prompt("AT+CMGS=20")):
        before = clock.monotonic()
        with contextlib.suppress(HardwareError):
            act()
        assert clock.monotonic() - before < LONGEST_S


def modem(octets: bytes) -> None:
    """The whole modem: after so many proper answers as the first octet says, it answers anything."""
    head, said = octets[:1] or b"\0", octets[1:]
    converse([Raw(answer) for answer in said.split(BETWEEN)][:40], head[0] % 32, (None, 1, 4)[head[0] % 3])


def pdu_seeds() -> list[bytes]:
    """The corpus, as octets and as characters."""
    corpus = json.loads((TESTS / "data/pdu-corpus.json").read_text())["vectors"]
    plain = [b"\0" + bytes.fromhex(found["pdu"]) for found in corpus if len(found["pdu"]) % 2 == 0]
    return plain + [b"\1" + found["pdu"].encode() for found in corpus[::10]]


def line_seeds() -> list[bytes]:
    """The transcripts."""
    return [b"\3" + found.said for found in transcripts.TRANSCRIPTS]


def modem_seeds() -> list[bytes]:
    """Some transcripts, each as the answers of one start."""
    said = [found.said for found in transcripts.TRANSCRIPTS]
    return [bytes([at % 32]) + BETWEEN.join(said[at : at + 8]) for at in range(0, len(said), 3)]


TARGETS = {
    "pdu": Target(pdu, pdu_seeds),
    "lines": Target(lines, line_seeds),
    "modem": Target(modem, modem_seeds),
}
