"""Writes udev/72-textbank.rules from the table of USB modems (hardware/usb-ids.tsv): python -m udev.generate

The same table chooses the port in the code, so that a rule and the gateway never disagree. `test_udev.py` compares what
is committed with what this gives.
"""

from collections import defaultdict
from pathlib import Path

from hardware.usb import HUAWEI, HUAWEI_VID, Known, table

RULES = Path(__file__).parent / "72-textbank.rules"
HEAD = """\
# Textbank: what udev does for USB modems. Written by udev/generate.py from hardware/usb-ids.tsv; do not edit.
#
#   /dev/textbank/socket-1-1.3      the port for commands of the modem in this USB socket, as the modem's page calls it
#                                   (of an adapter with several channels: socket-1-1.3:1.0, socket-1-1.3:1.1...)
#   /dev/textbank/path-...          the same by ID_PATH, which names the controller too
#   /dev/textbank/modem-IMEI        the same by IMEI, for those whose USB serial number it is
#
# ModemManager leaves these modems alone, they are never put to sleep, and the group dialout may use and reset them.

ACTION=="remove", GOTO="textbank_end"
SUBSYSTEM=="usb", ENV{DEVTYPE}=="usb_device", GOTO="textbank_known"
SUBSYSTEM=="tty", SUBSYSTEMS=="usb", GOTO="textbank_known"
GOTO="textbank_end"

LABEL="textbank_known"
"""
DEVICE = """
ENV{TEXTBANK_MODEM}!="1", GOTO="textbank_end"
ENV{ID_MM_DEVICE_IGNORE}="1"
SUBSYSTEM=="tty", GOTO="textbank_tty"

# To reset its USB connection when it hangs.
GROUP="dialout", MODE="0660"
# A modem that is put to sleep comes back as another one, or sends a text twice.
TEST=="power/control", ATTR{power/control}="on"
GOTO="textbank_end"

LABEL="textbank_tty"
GROUP="dialout", MODE="0660"
SUBSYSTEMS=="usb", ATTRS{bInterfaceNumber}=="?*", ENV{TEXTBANK_INTERFACE}="$attr{bInterfaceNumber}"

# The interface that takes commands.
"""
LINKS = """
ENV{TEXTBANK_PORT}!="?*", GOTO="textbank_end"
ENV{TEXTBANK_PORT}=="channel", SUBSYSTEMS=="usb", ATTRS{bInterfaceNumber}=="?*", SYMLINK+="textbank/socket-$id"
ENV{TEXTBANK_PORT}=="channel", SUBSYSTEMS=="usb", ATTRS{bNumInterfaces}==" 1", SYMLINK+="textbank/socket-$id"
ENV{TEXTBANK_PORT}=="commands", SUBSYSTEMS=="usb", ATTRS{idVendor}=="?*", SYMLINK+="textbank/socket-$id"
ENV{ID_PATH}=="?*", SYMLINK+="textbank/path-$env{ID_PATH}"
ENV{TEXTBANK_PORT}=="commands", SUBSYSTEMS=="usb", ATTRS{serial}=="FIFTEEN_DIGITS", SYMLINK+="textbank/modem-$attr{serial}"

LABEL="textbank_end"
""".replace("FIFTEEN_DIGITS", "[0-9]" * 15)


def rules() -> str:
    """The whole file."""
    rows = [row for same in table().values() for row in same if row.mode in ("modem", "bridge")]
    return HEAD + _known(rows) + DEVICE + _ports(rows) + LINKS


def _known(rows: list[Known]) -> str:
    by_vendor: dict[str, list[Known]] = defaultdict(list)
    for row in rows:
        by_vendor[row.vid].append(row)
    lines = []
    for vid, of_vendor in sorted(by_vendor.items()):
        names = ", ".join(sorted({row.vendor for row in of_vendor}))
        lines.append(f'# {names}\n{_match(vid, of_vendor)}, ENV{{TEXTBANK_MODEM}}="1"\n')
    return "".join(lines)


def _ports(rows: list[Known]) -> str:
    """One line for each vendor and interface number; Huawei's by subclass and protocol; each channel of an adapter."""
    numbered: dict[tuple[str, int], list[Known]] = defaultdict(list)
    bridges: dict[str, list[Known]] = defaultdict(list)
    for row in rows:
        number = row.urc if row.urc is not None else next(iter(row.at), None)
        if row.mode == "bridge":
            bridges[row.vid].append(row)
        elif number is not None:
            numbered[row.vid, number].append(row)
    lines = []
    for (vid, number), same in sorted(numbered.items()):
        where = f'ENV{{TEXTBANK_INTERFACE}}=="{number:02x}"'
        lines.append(f'{where}, {_match(vid, same)}, ENV{{TEXTBANK_PORT}}="commands"\n')
    lines += [
        f'{_match(vid, same)}, ENV{{TEXTBANK_PORT}}="channel"\n' for vid, same in sorted(bridges.items())
    ]
    by_protocol = [row for row in rows if row.by_protocol]
    lines.append(f'{_match(HUAWEI_VID, by_protocol)}, ENV{{TEXTBANK_BY}}="protocol"\n')
    for (sub, protocol), role in HUAWEI.items():
        if role == "at":
            shape = f'ATTRS{{bInterfaceClass}}=="ff", ATTRS{{bInterfaceSubClass}}=="{sub}", ATTRS{{bInterfaceProtocol}}=="{protocol}"'
            lines.append(f'ENV{{TEXTBANK_BY}}=="protocol", {shape}, ENV{{TEXTBANK_PORT}}="commands"\n')
    return "".join(lines)


def _match(vid: str, rows: list[Known]) -> str:
    pids = "|".join(sorted({row.pid for row in rows}))
    return f'ATTRS{{idVendor}}=="{vid}", ATTRS{{idProduct}}=="{pids}"'


if __name__ == "__main__":
    RULES.write_text(rules(), encoding="utf-8")
