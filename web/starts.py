"""How far the start of each campaign has come: a long list is taken in over several answers of the panel.

Promises: a start that is pressed again after a rest, a change of the campaign or a restart of the panel goes through the whole
list again, so that nobody is texted or left out for what held days ago.
"""

import time
from collections.abc import Callable

from gateway.campaigns import Campaign

REST_S = 60.0  # a page that goes on by itself is back much sooner


class Starts:
    """One for an application; used by all its threads."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._came: dict[int, tuple[int, int, float]] = {}  # campaign: (revision, contact, when)

    def where(self, campaign: Campaign) -> int:
        """The contact after which this start goes on; 0: it begins."""
        revision, after, at = self._came.get(campaign.id, (0, 0, 0.0))
        return after if revision == campaign.revision and self._clock() - at < REST_S else 0

    def came(self, campaign: Campaign, after: int | None) -> None:
        """So far it has come; None: everybody is in, and whoever presses next begins again."""
        if after is None:
            self._came.pop(campaign.id, None)
        else:
            self._came[campaign.id] = (campaign.revision, after, self._clock())
