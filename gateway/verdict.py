"""The only place where a modem's refusal becomes a decision: what becomes of the text, and what the station
does.

Pure. `gateway/refusals.py` has the codes; here are the rules between them.

Promises: nothing before Ctrl-Z is ever uncertain, for nothing has left; after it, whatever is not a clear and
early "no" is uncertain and never tried again by itself. Where two rules meet, the one that cannot send a text
twice holds. Before Ctrl-Z the modem has seen a length and nothing else, so what it says is about itself: the
text waits as long as it may.
"""

from dataclasses import dataclass, replace
from typing import Literal

from gateway.refusals import BUSY_MODEM, Kind, Row, Station, find
from hardware.facts import OF_THE_MODEM, TO_ANY

Family = Literal["CMS", "CME", "ERROR", "TEXT", "SILENCE", "PORT", "RESET"]

LATE_S = (
    30.0  # near TR1M (35 to 45 s, 3GPP TS 24.011 10.1) a modem may report its own timer as a temporary error
)
# A modem that refuses for itself, for its SIM or its memory, does so at once; later it is said to another program, or when the text had left.
AT_ONCE_S = 5.0
# A SIM that was open for the prompt asks for its PIN or PUK: the modem has begun anew behind the text, or answers another program.
LOCKED = (("CMS", 311), ("CMS", 312), ("CMS", 316), ("CME", 11), ("CME", 12))
MOST_ATTEMPTS = 8
LONGEST_WAIT_S = 900
PAUSED_WAIT_S = 60  # a person has to act first; then the text need not wait long

NEVER_ANSWERED: dict[str, Row] = {  # before Ctrl-Z
    "SILENCE": Row("modem", "", "The modem did not answer.", 15, "wait"),
    "PORT": Row("modem", "", "The modem was unplugged before the text went out.", 10, "restart"),
    "RESET": Row("modem", "", "The modem restarted before the text went out.", 10, "restart"),
    "ERROR": Row("modem", "", "The modem would not take a text and did not say why.", 15, "wait"),
}
# Before the PDU, a complaint about text mode means that the modem restarted unnoticed and forgot AT+CMGF=0.
PDU_MODE, TEXT_MODE = "invalid PDU mode parameter", "invalid text mode parameter"
NOT_SPEAKING = Row("modem", TEXT_MODE, "The modem has forgotten how we speak to it.", 5, "restart")
# A text on its way out has no index: after Ctrl-Z this answers another program that reads at the same port.
NO_TEXTS = ("invalid memory index", "invalid index", "not found")
ANOTHERS = "The modem answered another program at its port."
LOST_SIGHT: dict[str, Row] = {  # after it
    "SILENCE": Row("unclear", "", "The modem took the text and then did not answer.", 0, "wait"),
    "PORT": Row("unclear", "", "The modem was unplugged while the text was going out.", 0, "restart"),
    "RESET": Row("unclear", "", "The modem restarted while the text was going out.", 0, "restart"),
    "ERROR": Row("unclear", "", "The modem took the text, then said “error” and not why."),
}


@dataclass(frozen=True, slots=True)
class Refusal:
    """What the hardware reports as a fact. `after_s` is counted from the command, or from Ctrl-Z after it."""

    stage: Literal["before", "after"]
    family: Family
    code: int | None = None
    text: str = ""
    after_s: float = 0.0
    errors: str = ""  # whose meanings its codes from 512 on have, as its profile says
    shared: bool = False  # another program was heard at the port
    beside: bool = False  # the rest of what was no answer to the text came before it

    @property
    def called(self) -> str:
        """Its short name in counts: "CMS 38", "silence", "port gone", or the modem's own words."""
        if self.code is not None:
            return f"{self.family} {self.code}"
        named = {"SILENCE": "silence", "PORT": "port gone", "RESET": "reset", "ERROR": "error"}
        return named.get(self.family) or self.text[:40] or self.family


@dataclass(frozen=True, slots=True)
class Decision:
    """What becomes of the text (`move`, from `wait_s` on when deferred, and why), and of the station (`refusals.Station`).

    `suspect`: count it; two numbers in a row are the SIM's fault (`others`). `kind` is that of the code's row, for
    `gateway/streak.py`, which may make more of several refusals in a row; `hold_s` is how long the station holds.
    """

    move: Literal["defer", "fail", "uncertain"]
    wait_s: int
    station: Station
    reason: str
    suspect: bool = False
    kind: Kind = "unclear"
    words: str = ""  # what the modem or the network said, as a sentence
    why: str = ""  # of the station's pause, where it is not the text's reason
    hold_s: int = 0


def decide(refusal: Refusal, attempts: int, *, others: int = 0) -> Decision:
    """Judge one refusal. `attempts` counts this one, from 1; `others` the other numbers whose refusal just before was
    `suspect` too, with nothing sent in between.
    """
    row = _row(refusal)
    first = attempts == 1 and not others and refusal.after_s < LATE_S
    # What another program wrote may have stood in its PDU, or a bad line lost an octet of it.
    if first and row.kind == "suspect" and (refusal.shared or (row.name == PDU_MODE and not refusal.beside)):
        row = row._replace(kind="once")
    decision = _judge(refusal, row, attempts, others)
    hold_s = _wait_s(row, attempts) if decision.station == "hold" else 0
    return replace(decision, kind=row.kind, words=row.words, hold_s=hold_s)


def _judge(refusal: Refusal, row: Row, attempts: int, others: int) -> Decision:
    after = refusal.stage == "after"
    fault_of_sim = row.kind == "suspect" and others > 0
    for_good = row.kind in ("permanent", "suspect") and not fault_of_sim
    station = _station(row, attempts)
    if after and (row.kind in ("unclear", "taken") or _too_late(refusal, for_good=for_good)):
        late = (
            f" It said so only {refusal.after_s:.0f} s after it had the text."
            if row.kind not in ("unclear", "taken")
            else ""
        )
        return Decision("uncertain", 0, station, f"{row.words}{late} The text may have gone out, or not.")
    if fault_of_sim:
        words = f"{row.words} Another number just before got the same answer, so it is this SIM or modem: the text waits."
        why = f"{row.words} Two numbers in a row got this answer."
        return Decision("defer", PAUSED_WAIT_S, "pause", words, suspect=True, why=why)
    if row.kind in ("permanent", "suspect"):
        return Decision(
            "fail", 0, station, f"{row.words} The text did not go out.", suspect=row.kind == "suspect"
        )
    if row.kind == "sim":
        words = f"{row.words} The text did not go out; it waits until a technician has put that right."
        return Decision("defer", PAUSED_WAIT_S, station, words)
    most = 2 if row.kind == "once" else MOST_ATTEMPTS
    if after and row.kind != "storage" and attempts >= most:
        return Decision(
            "fail", 0, station, f"{row.words} We tried {attempts} times; the text did not go out."
        )
    wait_s = _wait_s(row, attempts)
    return Decision(
        "defer", wait_s, station, f"{row.words} It did not go out; we try again in {span(wait_s)}."
    )


def said_to_another(refusal: Refusal, decision: Decision) -> bool:
    """Whether what left a text uncertain may have been another program's answer: then the text's own is still owed."""
    return refusal.shared or refusal.beside or decision.words == ANOTHERS or _late_of_the_modem(refusal)


def _of_the_modem(refusal: Refusal) -> bool:
    return refusal.family == "CMS" and refusal.code in OF_THE_MODEM


def _late_of_the_modem(refusal: Refusal) -> bool:
    return _of_the_modem(refusal) and refusal.after_s >= AT_ONCE_S


def _too_late(refusal: Refusal, *, for_good: bool) -> bool:
    """Whether a "no" came so long after Ctrl-Z that it may not be one to this text."""
    if _of_the_modem(refusal):
        return _late_of_the_modem(refusal)
    return refusal.after_s >= LATE_S and not for_good


def _row(refusal: Refusal) -> Row:
    """The row of the table, as it reads at this stage."""
    before = refusal.stage == "before"
    if refusal.family in LOST_SIGHT:
        return (NEVER_ANSWERED if before else LOST_SIGHT)[refusal.family]
    row = find(refusal.family, refusal.code, refusal.text, refusal.errors)
    if row is None:
        row = Row("unclear", "", _unknown(refusal), 30, "wait" if before else "go on", 3 if before else 0)
    # Most modems refuse a text with +CMS ERROR (27.005 3.2.5), some with +CME ERROR: another program's questions get the latter, and those for
    # texts what the modem says of itself. One that starts, behind the text, is busy to whatever it is asked.
    to_any = (
        refusal.family == "CME"
        or row.words == BUSY_MODEM
        or (refusal.family == "CMS" and refusal.code in TO_ANY)
    )
    to_another = (refusal.shared or refusal.beside) and to_any
    if not before and (row.name in NO_TEXTS or to_another):
        return row._replace(kind="unclear", words=ANOTHERS)
    if not before and (refusal.family, refusal.code) in LOCKED:
        return row._replace(kind="unclear")
    if before and row.kind in ("unclear", "taken", "once"):
        return row._replace(kind="temporary", station="wait")
    if before and row.name == TEXT_MODE:
        return NOT_SPEAKING
    if before and row.kind == "permanent" and row.name != PDU_MODE:
        return row._replace(kind="suspect")  # the modem has not seen the number yet
    return row


def _unknown(refusal: Refusal) -> str:
    said = "".join(c for c in refusal.text if c.isprintable())[:40].strip()
    if refusal.family == "TEXT" and said:
        return f"The modem answered “{said}”, which we do not know."
    if refusal.code is None:
        return "The modem gave an answer that we do not know."
    return f"The modem gave the answer {refusal.family} {refusal.code}, which we do not know."


def _station(row: Row, attempts: int) -> Station:
    if row.kind == "sim":
        return "restart" if row.station == "restart" else "pause"
    return "restart" if row.restart_at and attempts >= row.restart_at else row.station


def _wait_s(row: Row, attempts: int) -> int:
    """Twice as long each time, up to a quarter of an hour, and never less than the row asks for."""
    doubled = int(row.wait_s * 2 ** min(max(attempts, 1) - 1, 16))
    return min(doubled, max(row.wait_s, LONGEST_WAIT_S))


def span(seconds: int) -> str:
    if seconds < 90:
        return f"{seconds} seconds"
    return f"{round(seconds / 60)} minutes" if seconds < 5400 else f"{round(seconds / 3600)} hours"
