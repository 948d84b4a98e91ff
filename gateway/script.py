"""What a text costs: its alphabet, its segments, how much of them it fills. Pure."""

from dataclasses import dataclass

from hardware.pdu import segment


@dataclass(frozen=True)
class Ruler:
    """How much of its segments a text fills; `used` and `capacity` (of one segment) are in units of the coding."""

    segments: int
    used: int
    capacity: int
    coding: str  # gsm7, ucs2

    @property
    def percent(self) -> float:
        """Filled part of all segments."""
        return min(100.0, 100 * self.used / (self.capacity * max(self.segments, 1)))


def ruler_of(text: str) -> Ruler:
    """Measure a text as it would leave (3GPP TS 23.040 9.2.3.24)."""
    plan = segment(text)
    capacity = plan.capacity_single if plan.count <= 1 else plan.capacity_per_part
    return Ruler(plan.count, capacity * max(plan.count, 1) - plan.left, capacity, plan.coding)
