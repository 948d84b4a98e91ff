"""Which segments make one long text. Pure.

References come round again (there are 256), some senders always use the same one, and two texts may be on their way at
once: what tells them apart is when the network stamped their segments, which leave a telephone one after the other. A
segment belongs to the text without it whose segments were stamped nearest, if that is near enough.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from hardware.pdu import Deliver

NEAR_MS = 60_000  # for each step between two segments of one text
FAR = float("inf")


@dataclass(frozen=True)
class Part:
    """One segment as it was kept: its arrival, the SIM it came on, when it came and when the network stamped it (ms)."""

    id: int
    iccid: str
    at: int
    stamped_at: int | None
    seq: int
    total: int
    tpdu: Deliver


Found = dict[int, Part]  # one text: seq to segment


def apart_ms(one: Part, other: Part) -> float:
    """How far the network's stamps of two segments are apart; `FAR` for what cannot be one text, unknown counts as near."""
    if one.total != other.total or (one.tpdu.text is None) != (other.tpdu.text is None):
        return FAR
    if one.stamped_at is None or other.stamped_at is None:
        return float(NEAR_MS)
    return float(abs(one.stamped_at - other.stamped_at))


def distance_ms(part: Part, found: Found) -> float:
    """To the nearest segment of a text; `FAR` when none is near enough."""
    near = [
        ms
        for other in found.values()
        if (ms := apart_ms(part, other)) <= NEAR_MS * max(1, abs(part.seq - other.seq))
    ]
    return min(near, default=FAR)


def sets(parts: Iterable[Part]) -> tuple[list[Found], list[tuple[Part, Part]]]:
    """The texts that these segments make, complete or not, and the repeats: (again, of which)."""
    texts: list[Found] = []
    repeats: list[tuple[Part, Part]] = []
    for part in sorted(parts, key=lambda part: (part.stamped_at or part.at, part.id)):
        twin = next((found[part.seq] for found in texts if _same(part, found.get(part.seq))), None)
        if twin is not None:
            repeats.append((part, twin))
            continue
        lacking = [(distance_ms(part, found), found) for found in texts if part.seq not in found]
        ms, home = min(lacking, key=lambda pair: pair[0], default=(FAR, {}))
        if ms == FAR:
            home = {}
            texts.append(home)
        home[part.seq] = part
    return texts, repeats


def by_sim(parts: Iterable[Part], *, across: bool, true_ms: int) -> list[list[Part]]:
    """The segments apart by the SIM that they came on. `across`: SIMs that have the same segment are as one; the same words of the
    same second are that, where the network's stamp can be true (no farther than `true_ms` from the arrival).
    """
    sims: dict[str, list[Part]] = {}
    for part in parts:
        sims.setdefault(part.iccid, []).append(part)
    groups: list[list[Part]] = []
    for group in sims.values():
        marks = _marks(group, true_ms) if across else set()
        same = [other for other in groups if marks & _marks(other, true_ms)]
        groups = [other for other in groups if other not in same]
        groups.append([part for each in (*same, group) for part in each])
    return groups


def _marks(parts: list[Part], true_ms: int) -> set[tuple[int, int, bytes]]:
    return {
        (part.seq, part.stamped_at, part.tpdu.body.units)
        for part in parts
        if part.stamped_at is not None and abs(part.at - part.stamped_at) < true_ms
    }


def joined(texts: list[Found]) -> list[Found]:
    """The same, with those put together that only together are whole: a telephone that was slow, or two SIMs of one number."""
    left = [*texts]
    whole: list[Found] = []
    while left:
        found, used = _with_others(left[0], left[1:])
        whole.append(found)
        left = [text for text in left[1:] if text not in used]
    return whole


def _with_others(first: Found, others: list[Found]) -> tuple[Found, list[Found]]:
    """`first`, complete with the nearest others that fit into its gaps, or as it was."""
    total = next(iter(first.values())).total
    found, used = {**first}, []
    for other in sorted(others, key=lambda other: _between(first, other)):
        if len(found) == total:
            break
        if _between(first, other) < FAR and not found.keys() & other.keys():
            found |= other
            used.append(other)
    return (found, used) if len(found) == total else (first, [])


def _between(one: Found, other: Found) -> float:
    return min(apart_ms(left, right) for left in one.values() for right in other.values())


def _same(part: Part, other: Part | None) -> bool:
    """The same segment once more: the same words, stamped near."""
    return (
        other is not None
        and part.tpdu.body.units == other.tpdu.body.units
        and apart_ms(part, other) <= NEAR_MS
    )
