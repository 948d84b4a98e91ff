"""What the SIMs can still take: limits of the configuration beside what `sim_day` and `sim_person` have counted.

Reads only. A station without a place in the configuration (a modem that was found) has the default limits.
"""

import sqlite3

from gateway import budget
from gateway.budget import Sim
from gateway.config import Config, Station
from gateway.planning import SimRoom
from gateway.policy import Limits
from gateway.stations import WORKS


def rooms(db: sqlite3.Connection, config: Config, *, now: int) -> list[SimRoom]:
    """Every SIM that is in a modem, with its limits and what it has used of them."""
    specs = {spec.name: spec for spec in config.stations}
    found = []
    for row in db.execute(
        "SELECT name, state, iccid FROM station WHERE retired_at IS NULL AND iccid<>'' ORDER BY name"
    ).fetchall():
        spec = specs.get(row["name"], Station(name=row["name"], port=None))
        limits = Limits(spec.per_minute, spec.per_day, spec.per_month, spec.people_per_month)
        sim = Sim(row["iccid"], limits, config.organisation.timezone, spec.billing_day)
        used = budget.used(db, sim, now)
        found.append(
            SimRoom(
                row["name"],
                row["iccid"],
                row["state"] in WORKS,
                limits,
                used.day,
                used.month,
                used.people,
                spec.billing_day,
            )
        )
    return found
