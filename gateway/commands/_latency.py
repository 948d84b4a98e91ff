"""The option `--latency` of `virtual` and `demo`; a wrong one is told before anything starts."""

import contextlib

import click

SECONDS_MOST = 600


def _read(_ctx: click.Context, _param: click.Parameter, value: str) -> str:
    if value in ("realistic", "none"):
        return value
    with contextlib.suppress(ValueError):
        if 0 <= float(value) <= SECONDS_MOST:
            return value
    raise click.BadParameter(f"{value!r}: give realistic, none, or seconds from 0 to {SECONDS_MOST}.")


latency_option = click.option(
    "--latency",
    default="realistic",
    show_default=True,
    callback=_read,
    help="How long a text takes to be sent: realistic (0 to 10 s), none, or seconds.",
)
