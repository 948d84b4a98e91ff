"""The group's settings as the store's functions need them: one frozen value made from the configuration."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from gateway.policy import Quiet

if TYPE_CHECKING:
    from gateway.config import Config

HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS


@dataclass(frozen=True)
class Rules:
    """What decides when a text may be approved and when it may leave."""

    organisation: str
    region: str  # how numbers without + are read
    zone: str  # the group's own, for people whose zone nobody knows
    quiet: Quiet
    undo_ms: int = 5_000
    allow_cli: bool = False
    delivery_reports: bool = True
    answers_at_night: bool = False  # to somebody who wrote within the hour


def rules_of(config: "Config") -> Rules:
    """The rules that this configuration sets."""
    return Rules(
        organisation=config.organisation.name,
        region=config.organisation.region,
        zone=config.organisation.timezone,
        quiet=Quiet(config.sending.quiet_from, config.sending.quiet_until),
        undo_ms=config.sending.undo_seconds * 1000,
        allow_cli=config.sending.allow_cli_approval,
        delivery_reports=config.sending.delivery_reports,
        answers_at_night=config.sending.answers_at_night,
    )
