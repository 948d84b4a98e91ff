"""The command line: `textbank`, also `python -m gateway`.

Names every command and where it lives; a command's module is imported only when it is called, so that
`textbank --help` and the small tools start fast on a Pi. Exit codes: 0 done, 1 refused (with the reason in
words), 2 called wrongly.
"""

import codecs
import contextlib
import importlib
import io
import json
import os
import sys
from collections.abc import Iterator

import click

COMMANDS = {  # name: (module under gateway.commands, its click command)
    "init": ("people", "init"),
    "run": ("run", "run"),
    "gateway": ("run", "gateway"),
    "panel": ("run", "panel"),
    "demo": ("demo", "demo"),
    "send": ("texts", "send"),
    "approve": ("texts", "approve"),
    "outbox": ("texts", "outbox_command"),
    "inbox": ("texts", "inbox_command"),
    "stations": ("status", "stations"),
    "self-test": ("modems", "self_test"),
    "ussd": ("modems", "ussd"),
    "query": ("modems", "query"),
    "reset": ("modems", "reset"),
    "sim-number": ("modems", "sim_number"),
    "doctor": ("doctor", "doctor"),
    "verify-ledger": ("status", "verify_ledger"),
    "virtual": ("virtual", "virtual"),
    "backup": ("data", "backup"),
    "restore": ("data", "restore"),
    "export": ("data", "export"),
    "erase": ("data", "erase"),
    "opt-outs": ("optouts", "opt_outs"),
    "user": ("people", "user"),
    "pdu": ("codec", "pdu"),
    "segments": ("codec", "segments"),
}


AS_JSON = "textbank.json"
CONFIG = "config_path"
NEEDS_NONE = ("codec", "virtual")  # modules whose commands read no configuration


class LazyGroup(click.Group):
    """A click group whose commands are imported when asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module, name = COMMANDS[cmd_name]
        command: click.Command = getattr(importlib.import_module(f"gateway.commands.{module}"), name)
        if module not in NEEDS_NONE:
            _take_config(command)
        return command

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        ctx.meta[AS_JSON] = "--json" in args
        with _json_too(ctx):
            return super().parse_args(ctx, args)

    def invoke(self, ctx: click.Context) -> object:
        with _json_too(ctx):
            return super().invoke(ctx)


def _take_config(command: click.Command) -> None:
    """--config is as good behind a command's name as before it."""
    if not any(each.name == CONFIG for each in command.params):
        command.params.append(
            click.Option(
                ["--config", CONFIG],
                type=click.Path(dir_okay=False, readable=False),
                expose_value=False,
                callback=_name_config,
                help="The configuration file; also before the command's name.",
            )
        )
    if isinstance(command, click.Group):
        for each in command.commands.values():
            _take_config(each)


def _name_config(ctx: click.Context, _option: click.Parameter, path: str | None) -> None:
    if path is not None:
        ctx.find_root().obj = _named(path)


def _named(path: str | None) -> str | None:
    """The file that was named. A variable that is not set names none, and the file that lies here may be another group's."""
    if path == "":
        raise click.UsageError("--config is empty. Nothing was done. Name a file, or leave --config out.")
    return path


@contextlib.contextmanager
def _json_too(ctx: click.Context) -> Iterator[None]:
    """A program that asked for JSON finds {"error": sentence} where it looks, also when it called wrongly."""
    try:
        yield
    except click.ClickException as error:
        if ctx.meta[AS_JSON]:
            click.echo(json.dumps({"error": error.format_message()}))
        raise


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--config",
    CONFIG,
    envvar="TEXTBANK_CONFIG",
    type=click.Path(dir_okay=False, readable=False),
    help="The configuration file. Without it: ./textbank.toml, then /etc/textbank/textbank.toml.",
)
@click.version_option(package_name="textbank", prog_name="textbank")
@click.pass_context
def cli(ctx: click.Context, config_path: str | None) -> None:
    """Textbank: a self-hosted SMS gateway and text bank."""
    if sys.stdin is None:  # closed by whoever started this: as if nothing came
        sys.stdin = open(os.devnull)  # noqa: SIM115
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="textbank")
    ctx.obj = _named(config_path)


def _written(error: UnicodeError) -> tuple[bytes, int]:
    """What a stream writes in place of a character that it lacks: for an octet of a file name, which may be no UTF-8, that octet,
    else its number. What was done is so never hidden by a terminal that cannot show its words.
    """
    if not isinstance(error, UnicodeEncodeError):
        raise error
    bad = error.object[error.start]
    octet = "\udc80" <= bad <= "\udcff"
    return bad.encode("ascii", "surrogateescape" if octet else "backslashreplace"), error.start + 1


codecs.register_error("textbank", _written)


def main() -> None:
    """Run the command line; the entry point of the installed `textbank`."""
    try:
        cli(prog_name="textbank")
    except BrokenPipeError:
        # The reader (head, less) has seen enough; say so to nobody.
        _forget_the_rest()
        sys.exit(1)
    except OSError as error:
        with contextlib.suppress(OSError):  # the same disk may take what goes to standard error
            click.echo(
                f"Something could not be read or written: {error.strerror}. "
                "What was asked may have been done: look before you ask it again.",
                err=True,
            )
        _forget_the_rest()
        sys.exit(1)


def _forget_the_rest() -> None:
    """What the streams still hold would be tried again at the end, and give that end a code and words of Python's own."""
    for stream in filter(None, (sys.stdout, sys.stderr)):
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
