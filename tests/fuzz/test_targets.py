"""The fuzzed targets, always the same: every seed, every input that once broke a promise, and some thousand mutations of them."""

import random
from pathlib import Path

import pytest

from tests.fuzz.targets import TARGETS

FOUND = sorted((Path(__file__).parent / "found").glob("*-*"))
TRIES = {"pdu": 2500, "lines": 400, "modem": 60}


def mutated(octets: bytes, other: bytes, chance: random.Random) -> bytes:
    """Some octets changed, cut out, doubled, or joined with another input's end."""
    changed = bytearray(octets)
    for _ in range(chance.randint(1, 4)):
        at = chance.randrange(len(changed) + 1)
        match chance.randrange(5):
            case 0 if at < len(changed):
                changed[at] = chance.choice(
                    (0, 0xFF, 0x1A, 0x1B, 0x0D, changed[at] ^ 1 << chance.randrange(8))
                )
            case 1:
                del changed[at : at + chance.randint(1, 12)]
            case 2:
                changed[at:at] = changed[at : at + chance.randint(1, 20)] * chance.randint(1, 5)
            case 3:
                changed[at:] = other[chance.randrange(len(other) + 1) :]
            case _:
                changed[at:at] = chance.randbytes(chance.randint(1, 6))
    return bytes(changed)


@pytest.mark.parametrize("name", TARGETS)
def test_no_mutation_of_a_seed_breaks_a_promise(name: str) -> None:
    target, chance = TARGETS[name], random.Random(name)
    seeds = target.seeds()
    assert len(seeds) > 9
    for seed in seeds if name != "modem" else seeds[:4]:
        target.run(seed)
    for _ in range(TRIES[name]):
        octets = mutated(chance.choice(seeds), chance.choice(seeds), chance)
        try:
            target.run(octets)
        except Exception as broken:
            broken.add_note(f"{name}: {octets!r}")
            raise


def test_what_once_broke_a_promise_breaks_it_no_more() -> None:
    for path in FOUND:
        TARGETS[path.name.partition("-")[0]].run(path.read_bytes())
