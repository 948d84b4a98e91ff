"""Every transcript, on every wire: whole, byte by byte, and with an unsolicited line anywhere it may stand."""

from dataclasses import dataclass, field
from pathlib import Path

import pytest

from hardware.at import At
from hardware.errors import CommandRefused
from tests.scripted import FakeClock, Raw, Scripted, ScriptedLink

FOLDER = Path(__file__).parent.parent / "transcripts"
SIGNS = {"⏎": "\r\n", "␍": "\r", "␊": "\n", "^Z": "\x1a", "^@": "\0"}
INTRUDER = '+CMTI: "XX",7'


@dataclass
class Transcript:
    name: str
    action: str = "idle"
    text: str = ""
    enough: str = ""
    said: bytes = b""
    lines: list[str] = field(default_factory=list)
    refused: tuple[str, int | None] | None = None
    urcs: list[str] = field(default_factory=list)


def read(path: Path) -> Transcript:
    found = Transcript(path.stem)
    for row in path.read_text().splitlines():
        mark, _, rest = row.partition(" ")
        if mark in (">", "prompt", "send", "idle"):
            found.action = "command" if mark == ">" else mark
            found.text, _, found.enough = rest.partition(" enough=")
        elif mark == "<":
            for sign, character in SIGNS.items():
                rest = rest.replace(sign, character)
            found.said += rest.encode("latin-1")
        elif mark == "=":
            found.lines.append(rest)
        elif mark == "!":
            family, _, code = rest.partition(" ")
            found.refused = (family, int(code) if code else None)
        elif mark == "~":
            found.urcs.append(rest.replace(" | ", "\n"))
        else:
            assert mark == "#", row
    return found


TRANSCRIPTS = [read(path) for path in sorted(FOLDER.glob("*.txt"))]
each_transcript = pytest.mark.parametrize("transcript", TRANSCRIPTS, ids=lambda found: found.name)


def run(transcript: Transcript, said: bytes, chunk: int | None = None) -> tuple[list[str], object, list[str]]:
    """Lines, refusal and unsolicited lines that come out of the channel."""
    clock = FakeClock()
    key = "<pdu>" if transcript.action == "send" else transcript.text.replace("?", "[?]")
    modem = Scripted({transcript.text if "?" in key else key: Raw(said)})
    link = ScriptedLink(clock, modem, chunk)
    at = At(link, clock)
    lines: list[str] = []
    refused = None
    try:
        if transcript.action == "command":
            lines = at.command(transcript.text, enough=transcript.enough)
        elif transcript.action == "prompt":
            at.prompt(transcript.text)
        elif transcript.action == "send":
            at.prompt("AT+CMGS=18")
            lines = at.send(transcript.text)
        else:
            link.arrive(said)
    except CommandRefused as error:
        refused = (error.family, error.code)
    deadline = clock.monotonic() + 1.0
    while clock.monotonic() < deadline:
        at.listen(deadline)
    return lines, refused, list(at.urcs)


@each_transcript
@pytest.mark.parametrize("chunk", [None, 1, 3], ids=["whole", "bytes", "threes"])
def test_transcript(transcript: Transcript, chunk: int | None) -> None:
    lines, refused, urcs = run(transcript, transcript.said, chunk)
    assert (lines, refused, urcs) == (transcript.lines, transcript.refused, transcript.urcs)


def places(transcript: Transcript) -> list[int]:
    """Before the first line, behind each line end, and at every character of the echo."""
    said = transcript.said
    echo = transcript.text.encode() if transcript.action in ("command", "prompt") else b""
    inside = range(1, len(echo)) if echo and said.startswith(echo) else ()
    ends = [at + 1 for at, byte in enumerate(said) if byte == 0x0A]
    if transcript.action == "prompt":
        ends = [end for end in ends if b">" not in said[:end]]
    return sorted({0, *inside, *ends})


@each_transcript
@pytest.mark.parametrize("chunk", [None, 1], ids=["whole", "bytes"])
def test_unsolicited_line_anywhere(transcript: Transcript, chunk: int | None) -> None:
    for at in places(transcript):
        said = transcript.said[:at] + f"\r\n{INTRUDER}\r\n".encode() + transcript.said[at:]
        lines, refused, urcs = run(transcript, said, chunk)
        assert (lines, refused) == (transcript.lines, transcript.refused), f"at {at}: {said!r}"
        assert sorted(urcs) == sorted([*transcript.urcs, INTRUDER]), f"at {at}: {said!r}"


@each_transcript
def test_unsolicited_line_glued_into_the_echo(transcript: Transcript) -> None:
    """Without a line end before it, as an MBM modem writes when it is interrupted."""
    echo = transcript.text.encode()
    for at in (
        range(1, len(echo)) if transcript.action == "command" and transcript.said.startswith(echo) else ()
    ):
        said = transcript.said[:at] + f"{INTRUDER}\r\n".encode() + transcript.said[at:]
        lines, refused, urcs = run(transcript, said)
        assert (lines, refused) == (transcript.lines, transcript.refused), f"at {at}: {said!r}"
        assert INTRUDER in urcs
