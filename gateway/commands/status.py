"""`stations` and `verify-ledger`: what the modems do, and whether the approvals are whole."""

import sys
from dataclasses import replace

import click

from gateway import explain_modems, ledger, lock, visible
from gateway import stations as store
from gateway.commands._context import config_of, database, many, print_json, refusals
from gateway.config import Config
from gateway.policy import day_of
from gateway.store import moment, rfc3339, wall_ms


def station_rows(config: Config) -> list[dict[str, object]]:
    """`stations --json`: each modem and SIM of the configuration."""
    runs = lock.is_held(config.database.path)
    today = day_of(moment(wall_ms()), config.organisation.timezone).isoformat()
    with database(config) as db:
        rows = store.rows(db, {spec.name: spec.per_day for spec in config.stations}, today)
    return [
        {
            "name": row.name,
            "state": row.state,
            "reason": " ".join(row.reason.split("\n")) or None,
            "port": row.port or None,
            "imei": row.imei or None,
            "iccid": row.card or None,
            "imsi": row.imsi or None,
            "number": row.number or None,
            "operator": row.operator or None,
            "registration": row.registration or None,
            "signal_dbm": row.signal_dbm,
            "storage_used": row.storage_used,
            "storage_total": row.storage_total,
            "sent_today": row.sent_today,
            "budget": row.budget,
            "place": row.place or None,
            "revision": row.revision or None,
            "technology": row.technology or None,
            "temperature_c": row.temperature_c,
            "voltage_mv": row.voltage_mv,
            "reset_at": rfc3339(row.reset_at),
            "balance": row.balance,
            "sim_paused_reason": row.sim_paused_reason,
        }
        for row in (rows if runs else map(_undriven, rows))
    ]


def _undriven(row: store.StationRow) -> store.StationRow:
    """A modem while no gateway runs, however that ended: what it was last is not what it is. A pause and a failure stay."""
    row = replace(row, operator="", registration="", technology="", signal_dbm=None)
    if row.state in ("paused", "failed"):
        return row
    return replace(row, state="failed", reason=str(explain_modems.nobody_drives(row.name)))


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print a JSON list.")
@click.pass_context
@refusals
def stations(ctx: click.Context, as_json: bool) -> None:
    """Every modem and SIM: state, signal, operator, budget."""
    rows = station_rows(config_of(ctx))
    if as_json:
        print_json(rows)
        return
    if not rows:
        click.echo("No modem has been started yet. Start the gateway with `textbank run`.")
    for row in rows:
        signal = "no signal known" if row["signal_dbm"] is None else f"{row['signal_dbm']} dBm"
        budget = many(int(str(row["sent_today"])), "segment today", "segments today") + (
            f" of {row['budget']}" if row["budget"] else ""
        )
        click.echo(
            f"{row['name']}: {row['state']}, {visible.line(str(row['operator'] or 'no network'))}, {signal}, {budget}"
        )
        facts = (
            (row["balance"], f"the operator said: {row['balance']}"),
            (row["temperature_c"] is not None, f"{row['temperature_c']} °C"),
            (row["voltage_mv"] is not None, f"{(row['voltage_mv'] or 0) / 1000:.2f} V"),  # type: ignore[operator]
        )
        if known := ", ".join(words for there, words in facts if there):
            click.echo(f"  {' '.join(visible.line(known).split())}")
        if row["reason"]:
            click.echo(f"  {visible.line(str(row['reason']))}")


@click.command(name="verify-ledger")
@click.option("--json", "as_json", is_flag=True, help="Print {intact, rows, erased, head, broken}.")
@click.pass_context
@refusals
def verify_ledger(ctx: click.Context, as_json: bool) -> None:
    """Check the chain of approvals, and every text that left against it."""
    with database(config_of(ctx)) as db:
        found = ledger.verify(db)
    if as_json:
        print_json(
            {
                "intact": found.intact,
                "rows": found.rows,
                "erased": found.erased,
                "head": found.head,
                "broken": list(found.broken),
            }
        )
    else:
        click.echo(
            f"{many(found.rows, 'approval', 'approvals')}, {found.erased} of people who were erased, head {found.head}."
        )
        for line in found.broken:
            click.echo(f"NOT INTACT: {line}.")
        if found.intact:
            click.echo(
                "The ledger is intact: every row follows from the one before, and what left is what was approved."
            )
    if not found.intact:
        sys.exit(1)
