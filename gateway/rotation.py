"""Which backups are kept, when the next one is due, and until when those of today stay.

Pure. Days, weeks (Monday to Sunday) and months are those of the group's zone; of each the newest backup counts.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

LONGEST_DAYS = 3660


@dataclass(frozen=True)
class Rotation:
    """How many days, weeks and months keep a backup, and when the daily one is made (`at`, in `zone`)."""

    at: time
    daily: int
    weekly: int
    monthly: int
    zone: str

    def kept(self, stamps: Iterable[datetime]) -> set[datetime]:
        """Those of these that are kept; the newest is always one of them."""
        newest_first = sorted(set(stamps), reverse=True)
        keep = set(newest_first[:1])
        here = ZoneInfo(self.zone)
        spans: tuple[tuple[int, Callable[[datetime], object]], ...] = (
            (self.daily, lambda at: at.date()),
            (self.weekly, lambda at: at.isocalendar()[:2]),
            (self.monthly, lambda at: (at.year, at.month)),
        )
        for most, span in spans:
            seen: dict[object, datetime] = {}
            for stamp in newest_first:
                seen.setdefault(span(stamp.astimezone(here)), stamp)
            keep |= set(list(seen.values())[:most])
        return keep

    def last_due(self, now: datetime) -> datetime:
        """The latest moment up to `now` at which a backup was to be made."""
        here = now.astimezone(ZoneInfo(self.zone))
        today = here.replace(hour=self.at.hour, minute=self.at.minute, second=0, microsecond=0)
        return today if today <= here else today - timedelta(days=1)

    def is_due(self, now: datetime, last: datetime) -> bool:
        """Whether one is due, the last one being of `last`. One from the future was made by a wrong clock and counts for nothing."""
        return last < self.last_due(now) or last > now + timedelta(days=1)

    def until(self, stamps: Iterable[datetime], now: datetime) -> datetime | None:
        """When the last of these will have been deleted, with a backup every day from now on; None: not within ten years."""
        old, all_ = set(stamps), set(stamps)
        for day in range(LONGEST_DAYS):
            at = now + timedelta(days=day)
            if not old & all_:
                return at
            all_ = self.kept({*all_, at})
        return None
