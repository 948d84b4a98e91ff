"""`textbank virtual`: a bank of virtual modems for any program to use, until it is interrupted."""

import json
import signal
from pathlib import Path

import click

from gateway.commands._latency import latency_option
from hardware.virtual import VirtualBank, VirtualError
from hardware.virtual.people import People
from hardware.virtual.personality import PERSONALITIES


@click.command()
@click.option("--count", default=1, show_default=True, type=click.IntRange(1, 200), help="How many modems.")
@click.option(
    "--dir",
    "folder",
    required=True,
    type=click.Path(file_okay=False, path_type=Path),
    help="Where the ports modem0, modem1... and the socket control appear.",
)
@click.option(
    "--personality",
    "personalities",
    multiple=True,
    type=click.Choice(list(PERSONALITIES)),
    help="Which model; given several times, the modems take turns. Without it: generic.",
)
@latency_option
@click.option("--people", is_flag=True, help="People behind the other numbers answer by themselves.")
@click.option(
    "--pace",
    default=1.0,
    show_default=True,
    type=click.FloatRange(0.0, 100.0),
    help="Scales how long people take to answer.",
)
@click.option("--seed", default=0, show_default=True, help="The same seed, the same chances.")
@click.option("--json", "as_json", is_flag=True, help="Print the modems as one JSON document.")
def virtual(
    count: int,
    folder: Path,
    personalities: tuple[str, ...],
    latency: str,
    people: bool,
    pace: float,
    seed: int,
    as_json: bool,
) -> None:
    """Virtual modems on pseudo terminals, with a network that joins them."""
    quick = latency == "none"
    stop = {signal.SIGINT, signal.SIGTERM}
    signal.pthread_sigmask(signal.SIG_BLOCK, stop)
    try:
        bank = VirtualBank(
            count,
            folder,
            personality=list(personalities) or "generic",
            send_latency=latency,
            seed=seed,
            carry_s=0.0 if quick else 1.0,
            report_s=0.0 if quick else 2.0,
            people=People(seed, pace=pace) if people else None,
        )
    except (VirtualError, OSError) as error:
        raise click.ClickException(str(error)) from None
    with bank:
        rows = [{**row, "port": port} for row, port in zip(bank.modems(), bank.ports, strict=True)]
        if as_json:
            click.echo(json.dumps({"control": str(folder / "control"), "modems": rows}))
        else:
            for row in rows:
                click.echo(f"{row['port']}  {row['number']}  {row['personality']}")
            click.echo(f"{folder / 'control'}  takes requests, one JSON object a line")
            click.echo("Interrupt (Ctrl-C) to stop.")
        signal.sigwait(stop)
