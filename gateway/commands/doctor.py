"""`textbank doctor`: looks at the machine and at every modem, and says what is wrong and what to do."""

import os
import sys

import click

from gateway import damage, lock
from gateway.commands import _checks
from gateway.commands._checks import Finding
from gateway.commands._context import another_user, print_json
from gateway.store import wall_ms


@click.command()
@click.option(
    "--find", "search", is_flag=True, help="Also ask the serial ports that no station names who is there."
)
@click.option("--json", "as_json", is_flag=True, help="Print [{check, ok, found, do}].")
@click.pass_context
def doctor(ctx: click.Context, search: bool, as_json: bool) -> None:
    """Check the machine and every modem: what is wrong, and what to do.

    Changes nothing. Exit code 1 when anything is bad.
    """
    findings = examine(ctx.find_root().obj, search=search)
    if as_json:
        print_json([vars(finding) for finding in findings])
    else:
        for finding in findings:
            click.echo(f"{'ok ' if finding.ok else 'BAD'} {finding.check}: {finding.found}")
            if finding.do:
                click.echo(f"    -> {finding.do}")
    if not all(finding.ok for finding in findings):
        sys.exit(1)


def examine(named: str | None, *, search: bool) -> list[Finding]:
    """Every finding, in the order in which a person would mend them."""
    findings = list(_checks.machine())
    config, said = _checks.configuration(named)
    findings += said
    if config is None:
        return findings
    findings += [_checks.zone(config), _checks.quiet_hours(config)]
    findings += _checks.database(config.database.path, damage.folders(config))
    if another_user(config.database.path):
        return findings  # whether a gateway runs, and has the modems, cannot be seen by this user
    if os.path.exists(config.database.path):  # Path.exists() fails where this user may not look
        findings += _checks.trusted_time(config.database.path)
        findings += _checks.backups(config, now=wall_ms())
    runs = lock.is_held(config.database.path)
    findings.append(_checks.panel(config.panel.host, config.panel.port, gateway_runs=runs))
    # Imported here: a machine whose hardware layer does not load still gets the findings above.
    from gateway.commands._modems import modems

    findings += modems(config, gateway_runs=runs, search=search)
    return findings
