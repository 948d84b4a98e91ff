"""Simulated people behind the numbers that are no modem: each has a character, reads, thinks, answers, or does not.

Pure and seeded: the same seed, number and texts give the same answers after the same delays. A person who wrote STOP
never writes again and answers nothing. Long texts are read when all segments are there.
"""

import random
from dataclasses import dataclass, field

from hardware.virtual import characters
from hardware.virtual.air import read_text
from hardware.virtual.octets import RawSubmit

FASTEST_S, SLOWEST_S = 4.0, 600.0


@dataclass(slots=True)
class Person:
    """One person: character, how many texts they answered, segments of a text that is not whole yet."""

    character: str
    dice: random.Random
    answered: int = 0
    stopped: bool = False
    segments: dict[tuple[int, int], dict[int, str]] = field(default_factory=dict)


class People:
    """Everybody without a modem. `pace` scales their delays: 1 is human (4 s to 10 min), 0.1 ten times as fast."""

    def __init__(self, seed: int = 0, *, pace: float = 1.0) -> None:
        self.seed = seed
        self.pace = pace
        self._people: dict[str, Person] = {}

    def person(self, number: str) -> Person:
        """Who answers this number."""
        if number not in self._people:
            dice = random.Random(f"{self.seed}/{number}")  # noqa: S311 (a simulator's dice)
            names = list(characters.SHARES)
            chosen = dice.choices(names, weights=list(characters.SHARES.values()))[0]
            self._people[number] = Person(chosen, dice)
        return self._people[number]

    def hear(self, submit: RawSubmit, sender: str, now: float) -> list[tuple[float, str]]:
        """One segment arrives; (delay in seconds, text) of each answer to `sender`."""
        person = self.person(submit.number)
        text = self._whole(person, submit)
        if text is None or person.stopped:
            return []
        answer = characters.answer(person.character, text, person.answered, person.dice)
        if answer is None:
            return []
        person.answered += 1
        person.stopped = answer.stops
        delay_s = min(max(person.dice.lognormvariate(3.0, 0.9), FASTEST_S), SLOWEST_S)
        return [(delay_s * self.pace, answer.text)]

    def _whole(self, person: Person, submit: RawSubmit) -> str | None:
        """The text, once all of its segments are there; None before, and for data."""
        text, concat = read_text(submit.octets)
        if text is None or concat is None:
            return text
        reference, total, sequence = concat
        parts = person.segments.setdefault((reference, total), {})
        parts[sequence] = text
        if len(parts) < total:
            return None
        del person.segments[(reference, total)]
        return "".join(parts[place] for place in sorted(parts))
