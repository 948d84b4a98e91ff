"""What refusals that follow each other say of the SIM, the modem and the network. One alone is `gateway/verdict.py`'s.

Pure. Nothing sends a text twice for it: it only adds to what the station does after a refusal.

Three in a row that may mean "this SIM may not" (no credit, no plan, the wrong text centre: networks give one of several
causes) pause the SIM. A temporary failure (cause 41) alone is given more time: a pause between texts that doubles, the
modem restarted after five, and the SIM paused when that did not help. A modem that gives no prompt, or has a fault of its
own, three times in a row is restarted.
"""

from dataclasses import dataclass, field, replace

from gateway.ladder import Rung
from gateway.verdict import LONGEST_WAIT_S, Decision, Refusal

ABOUT_SIM = frozenset({8, 10, 21, 38, 41, 50})
TEMPORARY_FAILURE = 41
PAUSE_AT = 3
RESET_AT = 5
ODD_AT = 3
HELPLESS_AT = 2 * ODD_AT  # by then it was restarted, or could not be
PAUSE_S = 15  # after the second temporary failure in a row; it doubles from there
UNSAID_AT = 2
OLD = ("GSM", "EDGE", "UMTS", "HSPA")  # where texts go if they go anywhere
SHORT_S, LONGEST_SHORT_S = 5, 60


@dataclass
class Streak:
    """Refusals with nothing taken between them, of one SIM in one modem."""

    causes: list[int] = field(default_factory=list)  # those of ABOUT_SIM
    odd: int = 0  # times that the modem gave no prompt, or had a fault of its own
    waits: int = 0  # refusals after which the station looked at network, SIM and storage
    unsaid: dict[str, int] = field(default_factory=dict)  # technology: texts whose fate was not told
    restarts: list[Rung] = field(default_factory=list)  # what was done about them

    def taken(self) -> None:
        """The network took a text: whatever was before is over."""
        if self.causes or self.odd or self.waits or self.unsaid:
            self.causes.clear()
            self.odd = self.waits = 0
            self.unsaid.clear()
            self.restarts.clear()

    def weigh(self, refusal: Refusal, decision: Decision, technology: str = "") -> Decision:
        """Count one refusal, and say what it means behind those before it."""
        if decision.kind == "modem":
            self.odd += 1
            return replace(decision, station="reset") if self._odd_enough() else decision
        if decision.move == "uncertain":
            if refusal.family in ("CMS", "CME", "ERROR", "TEXT"):
                self.unsaid[technology] = self.unsaid.get(technology, 0) + 1
            return decision
        if refusal.family == "CMS" and refusal.code in ABOUT_SIM and refusal.stage == "after":
            self.causes.append(refusal.code)
            return self._about_sim(decision)
        return self._not_at_once(decision) if decision.station == "wait" else decision

    @property
    def helpless(self) -> bool:
        """Whether the modem goes on taking no text after what was done about it."""
        return self.odd >= HELPLESS_AT

    def not_on(self, technology: str) -> bool:
        """Whether texts seem not to go by this technology, and may by an older one: their fate was not told, several times in a row."""
        return technology not in ("", *OLD) and self.unsaid.get(technology, 0) >= UNSAID_AT

    def _not_at_once(self, decision: Decision) -> Decision:
        """The first time a look is enough; a modem that says the same to each text is not asked by all of them."""
        self.waits += 1
        if self.waits < 2:
            return decision
        return replace(decision, hold_s=min(SHORT_S * 2 ** min(self.waits - 2, 10), LONGEST_SHORT_S))

    def _odd_enough(self) -> bool:
        return self.odd >= ODD_AT and self.odd % ODD_AT == 0

    def _about_sim(self, decision: Decision) -> Decision:
        count = len(self.causes)
        if decision.station == "pause":
            return decision
        if set(self.causes) == {TEMPORARY_FAILURE}:
            if count > RESET_AT:
                return _paused(decision, count, " Starting the modem anew did not help.")
            if count == RESET_AT:
                return replace(decision, station="reset")
            if count > 1:
                return replace(
                    decision, station="hold", hold_s=min(PAUSE_S * 2 ** (count - 2), LONGEST_WAIT_S)
                )
            return decision
        return _paused(decision, count, "") if count >= PAUSE_AT else decision


def _paused(decision: Decision, count: int, more: str) -> Decision:
    words = f"{decision.words} It was so {count} times in a row.{more}"
    return replace(decision, station="pause", hold_s=0, why=words)
