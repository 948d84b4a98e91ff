"""`textbank pdu` and `textbank segments`: what a PDU says, and how a text would leave.

Nothing is sent and nothing kept. Exit 0 when all was well, 1 when something is malformed or cannot be encoded (with the
reason in words), 2 when called wrongly. With --json one JSON document goes to standard output and nothing else.
"""

import json
import re
import sys
from collections.abc import Iterable

import click

from hardware.pdu import PduError, Ports, Segmentation, describe, segment

Json = dict[str, object]
LINE_MOST, INPUT_MOST = 65_536, 16_000_000  # octets of standard input: whatever is there, memory stays small

_KINDS = {
    "deliver": "A text that came in (DELIVER)",
    "submit": "A text to send (SUBMIT)",
    "status_report": "A delivery report (STATUS REPORT)",
}
_CODINGS = {"gsm7": "GSM 7-bit alphabet", "8bit": "8-bit data", "ucs2": "UCS2"}
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]")  # and what turns the writing round


@click.command()
@click.argument("hexes", metavar="HEX...", nargs=-1, required=True)
@click.option(
    "--no-smsc", is_flag=True, help="The PDU begins with the TPDU: no service centre octets come first."
)
@click.option("--json", "as_json", is_flag=True, help="One JSON document instead of words.")
def pdu(hexes: tuple[str, ...], no_smsc: bool, as_json: bool) -> None:
    """Decode PDUs as a modem gives them.

    HEX is a PDU in hexadecimal, with or without the service centre's octets: which of the two is found out by the
    lengths inside. "-" reads PDUs from standard input, one a line.

    With --json, one HEX gives one object; several, or "-", give a list in the same order. A PDU that is malformed
    gives {"error": a sentence, "field": where, "octet": which, from 0, or null} in its place, and exit code 1.
    """
    many = len(hexes) > 1 or hexes[0] == "-"
    found = [_decoded(line, no_smsc) for line in _lines(hexes)]
    if as_json:
        click.echo(json.dumps(found if many else found[0]))
    else:
        click.echo("\n\n".join(_words(item) for item in found))
    if any("error" in item for item in found):
        sys.exit(1)


def _lines(hexes: Iterable[str]) -> Iterable[str]:
    for text in hexes:
        if text == "-":
            left = INPUT_MOST
            while line := sys.stdin.buffer.readline(LINE_MOST):
                left -= len(line)
                if left < 0:
                    raise click.ClickException(
                        f"More than {INPUT_MOST // 1_000_000} MB came. Give fewer PDUs at a time."
                    )
                if words := line.decode("utf-8", "replace").strip().lstrip("\ufeff"):
                    yield words
        else:
            yield text


def _decoded(text: str, no_smsc: bool) -> Json:
    try:
        return describe(text, False if no_smsc else None)
    except PduError as damage:
        return _refusal(damage)


def _refusal(damage: PduError) -> Json:
    return {"error": str(damage), "field": damage.field, "octet": damage.octet}


def _words(item: Json) -> str:
    """A decoded PDU, or its refusal, for people."""
    if "error" in item:
        place = "" if item["octet"] is None else f", octet {item['octet']} counted from 0"
        return f"Malformed: {item['error']} ({item['field']}{place})"
    lines = [_KINDS[str(item["kind"])]]
    rows = (
        ("Service centre", item["smsc"]),
        ("From" if item["kind"] == "deliver" else "To", item["number"] or "nobody named"),
        ("Service centre's time", item.get("timestamp")),
        ("Settled at", item.get("discharge_time")),
        ("Status", _status(item)),
        ("Reference", item.get("mr")),
        ("Valid for", _validity(item.get("validity"))),
        ("Coding", _coding(item)),
        ("Segment", _segment_words(item.get("concat"))),
        ("Ports", _pair(item.get("ports"), "to {dst} from {src}")),
        ("National tables", _pair(item.get("national"), "locking {locking}, single {single}")),
        ("Voicemail lamp", _pair(item.get("mwi"), "{type}, active: {active}")),
        ("Set", _flags(item["flags"])),
    )
    lines += [f"  {name}: {_visible(str(value))}" for name, value in rows if value not in (None, "")]
    lines += [f"  Problem: {problem}" for problem in _list(item.get("problems"))]
    if "text" in item:
        lines += ["  Text:", *(f"    {_visible(line)}" for line in str(item["text"]).split("\n"))]
    if "data_hex" in item:
        lines.append(f"  Data: {item['data_hex'] or 'none'}")
    return "\n".join(lines)


def _list(value: object) -> list[object]:
    return value if isinstance(value, list) else []


def _pair(value: object, form: str) -> str | None:
    return form.format(**value) if isinstance(value, dict) else None


def _status(item: Json) -> str | None:
    return f"{item['status']} ({item['status_class']})" if "status" in item else None


def _coding(item: Json) -> str | None:
    if "coding" not in item:
        return None
    compressed = ", compressed" if item.get("compressed") else ""
    message_class = "" if item.get("class") is None else f", class {item['class']}"
    return f"{_CODINGS[str(item['coding'])]}{compressed}{message_class}"


def _segment_words(concat: object) -> str | None:
    return _pair(concat, "{seq} of {total}, reference {ref}")


def _validity(validity: object) -> str | None:
    if not isinstance(validity, dict):
        return None
    if validity["format"] == "relative":
        return f"{validity['minutes']} minutes"
    if validity["format"] == "absolute":
        return f"until {validity['iso'] or 'no date'}"
    return (
        f"{validity['seconds']} seconds"
        if validity["seconds"] is not None
        else "as long as the network likes"
    )


def _flags(flags: object) -> str | None:
    names = (
        [name.replace("_", " ") for name, value in flags.items() if value is True and name != "udhi"]
        if isinstance(flags, dict)
        else []
    )
    return ", ".join(names) or None


def _visible(text: str) -> str:
    """A text that came from outside: what could steer a terminal is shown, not done."""
    return _CONTROL.sub(lambda found: ascii(found[0])[1:-1], text)


def _ports(_ctx: click.Context, _param: click.Parameter, value: str | None) -> Ports | None:
    if value is None:
        return None
    found = re.fullmatch(r"([0-9]{1,5})(?:[,:\s]+([0-9]{1,5}))?", value.strip())
    if not found or max(int(found[1]), int(found[2] or 0)) > 0xFFFF:
        raise click.BadParameter(
            f"{value!r}: give the destination and the source port, 0 to 65535, as 2948,9200."
        )
    return Ports(int(found[1]), int(found[2] or 0))


class _SegmentsCommand(click.Command):
    """Takes `--ports 2948 9200` for `--ports 2948,9200`."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if "--ports" in args:
            at = args.index("--ports") + 1
            if len(args) > at + 1 and args[at].isdecimal() and args[at + 1].isdecimal():
                args = [*args[:at], f"{args[at]},{args[at + 1]}", *args[at + 2 :]]
        return super().parse_args(ctx, args)


@click.command(cls=_SegmentsCommand)
@click.argument("text")
@click.option(
    "--coding", type=click.Choice(["auto", "gsm7", "8bit", "ucs2"]), default="auto", show_default=True
)
@click.option(
    "--locking", type=click.IntRange(0, 13), default=0, help="National locking table to use when needed."
)
@click.option(
    "--single", type=click.IntRange(0, 13), default=0, help="National single shift table to use when needed."
)
@click.option(
    "--ref-bits", type=click.Choice(["8", "16"]), default="8", help="Bits of the reference of a long text."
)
@click.option("--ports", metavar="DST,SRC", callback=_ports, help="Application ports, as 2948,9200.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document instead of words.")
def segments(
    text: str, coding: str, locking: int, single: int, ref_bits: str, ports: Ports | None, as_json: bool
) -> None:
    """Say how TEXT would leave: its alphabet, its segments, where it is cut and how much room is left.

    "-" reads the text from standard input. National tables: 1 Turkish, 2 Spanish, 3 Portuguese, 4 Bengali,
    5 Gujarati, 6 Hindi, 7 Kannada, 8 Malayalam, 9 Oriya, 10 Punjabi, 11 Tamil, 12 Telugu, 13 Urdu.
    """
    if text == "-":
        text = sys.stdin.buffer.read(INPUT_MOST).decode("utf-8", "surrogateescape")
    try:
        cut = segment(text, coding, locking, single, int(ref_bits), ports)
    except PduError as refusal:
        if as_json:
            click.echo(json.dumps(_refusal(refusal)))
        click.echo(f"It cannot leave: {refusal}", err=True)
        sys.exit(1)
    click.echo(json.dumps(cut.describe()) if as_json else _segments_words(cut))


def _segments_words(cut: Segmentation) -> str:
    unit = f"{cut.unit}s"
    lines = [
        f"{_CODINGS[cut.coding]}, {cut.count} segment{'s' if cut.count > 1 else ''}, {cut.total_units} {unit}; "
        f"{cut.left} {unit} left in the last one."
    ]
    if cut.coding == "ucs2":
        lines += _why_ucs2(cut.text)
    if cut.locking or cut.single:
        lines.append(f"National tables: locking {cut.locking}, single shift {cut.single}.")
    for number, part in enumerate(cut.segments, 1):
        words = _visible(cut.text[part.start : part.end])
        lines.append(f"  {number}. characters {part.start} to {part.end}, {part.units} {unit}: {words}")
    return "\n".join(lines)


def _why_ucs2(text: str) -> list[str]:
    outside = []
    for character in dict.fromkeys(text):
        try:
            segment(character, "gsm7")
        except PduError:
            outside.append(f"{_visible(character)} (U+{ord(character):04X})")
    return (
        [f"Not in the GSM 7-bit alphabet: {', '.join(outside[:10])}{' …' if len(outside) > 10 else ''}"]
        if outside
        else []
    )
