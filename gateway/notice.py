"""The four parts of everything that goes wrong: what happened, the evidence, what we did, what you do next.

Pure. The sentences themselves are in `gateway/explain.py` and `gateway/outcomes.py`.
"""

from dataclasses import dataclass

KEPT = "The texts for this SIM wait; none is lost."
BY_ITSELF = "Nothing to do: it goes on by itself."
LONGEST = 160


@dataclass(frozen=True, slots=True)
class Notice:
    """What a person is told; each part is one or two sentences."""

    what: str
    evidence: str
    done: str
    next: str

    def __str__(self) -> str:
        """One paragraph, for the command line and a log."""
        return " ".join(part for part in (self.what, self.evidence, self.done, self.next) if part)

    def lines(self) -> str:
        """As a row keeps it: a line for each part, also for one that is empty."""
        return "\n".join((self.what, self.evidence, self.done, self.next))


def sentence(words: str) -> str:
    """One line of bounded length that ends as a sentence does."""
    line = " ".join(words.split())
    if len(line) > LONGEST:
        line = line[: LONGEST - 3].rstrip() + "…"
    return line if not line or line[-1] in ".!?…" else f"{line}."


def seen(saw: str, evidence: str) -> str:
    """What was seen, with the evidence behind it when there is any."""
    return sentence(f"{saw}: {evidence}" if evidence.strip() else saw)
