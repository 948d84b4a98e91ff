"""Does this text ask us to stop? (signatures; the body follows)"""

from dataclasses import dataclass
from typing import Literal

Kind = Literal["stop", "ask", "start", "help", "reply"]


@dataclass(frozen=True, slots=True)
class Triage:
    """What a text asks for, and the word (as listed) that said so; "" for a reply."""

    kind: Kind
    word: str = ""


def triage(text: str) -> Triage: ...
