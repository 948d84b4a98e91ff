"""The personalities by name. The rows are in `models`; a test takes one by name, with some of its fields changed.

Sources: 27.005 and 27.007 for `generic`; the logs gathered in the modem catalogue and vendors' AT manuals for the others.
"""

from dataclasses import replace

from hardware.virtual.errors import VirtualError
from hardware.virtual.models import GENERIC, ROWS, Personality

__all__ = ["PERSONALITIES", "Personality", "personality"]

PERSONALITIES: dict[str, Personality] = {row.name: row for row in ROWS} | {"generic-27005": GENERIC}


def personality(name: str, **changes: object) -> Personality:
    """The personality of this name, with some of its fields changed (a smaller storage for a test, say)."""
    try:
        row = PERSONALITIES[name]
    except KeyError:
        raise VirtualError(
            f"There is no personality called {name!r}; there are: {', '.join(PERSONALITIES)}."
        ) from None
    return replace(row, **changes) if changes else row  # type: ignore[arg-type]
