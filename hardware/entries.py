"""What AT+CMGL and AT+CMGR answer: each header with the lines behind it, and the text in them (27.005 3.4). Pure; what is no text gives nothing."""

import itertools
import re

from hardware import framing
from hardware.asking import fields
from hardware.facts import Stored


def split_entries(lines: list[str], name: str) -> list[list[str]]:
    """Each header that begins with `name`, with the lines behind it."""
    entries: list[list[str]] = []
    for line in lines:
        if line.startswith(name):
            entries.append([line])
        elif entries:
            entries[-1].append(line)
    return entries


def lacks_a_header(lines: list[str]) -> bool:
    """Whether a PDU of this list stands behind none, at its beginning or behind another PDU."""
    if lines and not lines[0].startswith("+CMGL:"):
        return True
    for header, *body in split_entries(lines, "+CMGL:"):
        length = fields(header)[-1]
        pdu = _joined(body, int(length) if length.isdigit() else None)
        if sum(len(line) for line in body if re.fullmatch(r"[0-9A-Fa-f]{20,}", line)) > len(pdu):
            return True
    return False


def lacks_a_body(entry: list[str]) -> int | None:
    """The slot of a received text of which nothing stands behind its header, which tells its length; None for any other."""
    head = fields(entry[0])
    alone = not any(map(framing.may_be_pdu, entry[1:])) and len(head) > 2 and head[1] in ("0", "1")
    told = alone and re.fullmatch(r"\d{1,5}", head[0]) and re.fullmatch(r"0*[1-9]\d{0,3}", head[-1])
    return int(head[0]) if told else None


def is_torn(lines: list[str]) -> bool:
    """Whether a piece of a PDU stands before the first header, at its beginning or behind the rest of one: what it was of is not known."""
    first = itertools.takewhile(lambda line: not line.startswith(("+CMGL:", "+CMGR:")), lines)
    return any(re.fullmatch(r"[0-9A-Fa-f]{2,}", line.strip()) for line in first)


def stored_in(entry: list[str], storage: str) -> Stored | None:
    """The text in "+CMGL: <index>,<stat>,[<alpha>],<length>" and its PDU; None for drafts and empty slots."""
    head = fields(entry[0])
    index = int(head[0]) if re.fullmatch(r"\d{1,5}", head[0]) else None
    stat = head[1] if len(head) > 2 else ""
    pdu = _joined(entry[1:], int(head[-1]) if len(head) > 1 and head[-1].isdigit() else None)
    if index is None or stat in ("2", "3") or not pdu.rstrip("Ff").strip("0"):
        return None
    return None if not stat and _is_submit(pdu) else Stored(storage, index, pdu)


def _joined(lines: list[str], octets: int | None) -> str:
    """The PDU; a line that was cut in two by an unsolicited one is put together, up to its announced length."""
    pdu = ""
    damaged = [] if octets == 0 else lines
    for line in [line for line in lines if framing.may_be_pdu(line)] or damaged:
        part = re.sub(r",\d$", "", line.strip())
        if pdu and (octets is None or not re.fullmatch(r"[0-9A-Fa-f]+", part)):
            break
        pdu += part
        smsc = int(pdu[:2], 16) if re.match(r"[0-9A-Fa-f]{2}", pdu) else 0
        if octets is None or len(pdu) >= 2 * (1 + smsc + octets):
            break
    return pdu


def _is_submit(pdu: str) -> bool:
    """Whether the TPDU is a SUBMIT, for headers that do not say what they hold."""
    octets = bytes.fromhex(pdu[:40]) if re.fullmatch(r"(?:[0-9A-Fa-f]{2})+", pdu[:40]) else b""
    return len(octets) > 1 and len(octets) > 1 + octets[0] and octets[1 + octets[0]] & 3 == 1


def with_index(header: str, index: int) -> str:
    """A +CMGR header in the form of +CMGL; one that gives only a length, or nothing, says no stat."""
    head = fields(header)
    stat, length = (head[0], head[-1]) if len(head) > 1 else ("", head[0])
    return f"+CMGL: {index},{stat},,{length}"
