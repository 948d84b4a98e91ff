"""The texts in storage: CPMS, CMGL, CMGR, CMGD, CMGW (27.005 clauses 3.2.2, 3.4 and 4)."""

from typing import TYPE_CHECKING

from hardware.virtual import textmode
from hardware.virtual.commandline import Command
from hardware.virtual.octets import MalformedTpdu
from hardware.virtual.refusal import Refusal
from hardware.virtual.registry import answers, integer
from hardware.virtual.storage import READ, SENT, STATUS_WORDS, UNREAD, UNSENT, Joined, Slot, Storage

if TYPE_CHECKING:
    from hardware.virtual.engine import Engine

ALL = 4
DELETED_BY_FLAG = {1: {READ}, 2: {READ, SENT}, 3: {READ, SENT, UNSENT}, 4: {UNREAD, READ, SENT, UNSENT}}


@answers("+CPMS")
def memory(modem: "Engine", command: Command, now: float) -> list[str]:
    """Which storages to read, to write and to receive into; how full they are."""
    modem.check_texts()
    taken = [names or modem.storage_names() for names in modem.personality.memories]
    if command.form == "test":
        lists = ",".join("(" + ",".join(f'"{name}"' for name in names) + ")" for names in taken)
        return [f"+CPMS: {modem.personality.cpms_told or lists}"]
    if command.form == "read":
        parts = [f'"{name}",{_count(modem, name, now)}' for name in modem.settings.memory]
        return ["+CPMS: " + ",".join(parts)]
    if len(command.args) not in modem.personality.cpms_arguments:
        raise Refusal
    code = modem.faults.number("cpms_error")
    if code is not None or any(name not in names for name, names in zip(command.args, taken, strict=False)):
        raise Refusal("CMS", 302 if code is None else int(code))
    chosen = (*command.args, *modem.settings.memory[len(command.args) :])
    modem.settings.memory = (chosen[0], chosen[1], chosen[2])
    return ["+CPMS: " + ",".join(_count(modem, name, now) for name in modem.settings.memory)]


def _count(modem: "Engine", name: str, now: float) -> str:
    storage = modem.storage(name)
    if modem.faults.peek("memory_full"):
        return f"{storage.size},{storage.size}"
    return f"{storage.used(now, stale=bool(modem.faults.peek('cpms_stale_500ms')))},{storage.size}"


@answers("+CMGL")
def listing(modem: "Engine", command: Command, now: float) -> list[str] | None:
    """The texts of one status, 4 or ALL for every one. What was unread is read after."""
    if command.form == "test":
        words = ",".join(f'"{word}"' for word in (*STATUS_WORDS, "ALL"))
        return [f"+CMGL: ({words})"] if modem.settings.cmgf else ["+CMGL: (0-4)"]
    modem.check_texts()
    deaf_s = modem.faults.number("cmgl_hang")
    if deaf_s is not None:
        modem.deafen(now + deaf_s)
        modem.later(now + deaf_s, modem.silence)
        return None
    wanted = _wanted(modem, command)
    lines: list[str] = []
    for index, slot in modem.storage(modem.settings.memory[0]).listed(wanted):
        lines += _shown(modem, "+CMGL", f"{index},", slot)
        slot.status = READ if slot.status == UNREAD else slot.status
    return lines


def _wanted(modem: "Engine", command: Command) -> int | None:
    """The status asked for; None is every one."""
    if modem.settings.cmgf == 0:
        status = integer(command, 0, 0, ALL, UNREAD)
        return None if status == ALL else status
    word = command.arg(0, STATUS_WORDS[UNREAD]).upper()
    if word == "ALL":
        return None
    if word not in STATUS_WORDS:
        raise Refusal("CMS", 305)
    return STATUS_WORDS.index(word)


@answers("+CMGR")
def reading(modem: "Engine", command: Command, now: float) -> list[str]:
    """One text. An empty slot is refused, or answers OK alone, as the model does."""
    if command.form == "test":
        return []
    storage, index = _slot(modem, command)
    slot = storage.get(index)
    if slot is not None and modem.faults.use("cmgr_321_first"):
        raise Refusal("CMS", 321)
    if slot is None:
        if modem.personality.empty_slot == "OK":
            return []
        raise Refusal("CMS", int(modem.personality.empty_slot))
    lines = _shown(modem, "+CMGR", "", slot)
    if command.arg(1) != "1":
        slot.status = READ if slot.status == UNREAD else slot.status
    return lines


def _slot(modem: "Engine", command: Command) -> tuple[Storage | Joined, int]:
    """The storage read from and the index meant. Refused with 321 when there is no such index."""
    modem.check_texts()
    storage = modem.storage(modem.settings.memory[0])
    try:
        index = int(command.arg(0))
    except ValueError:
        raise Refusal("CMS", 305 if modem.settings.cmgf else 304) from None
    if not storage.holds_index(index):
        raise Refusal("CMS", 321)
    return storage, index


def _shown(modem: "Engine", name: str, index: str, slot: Slot) -> list[str]:
    """Header and PDU, or header and text."""
    if modem.settings.cmgf == 0:
        alpha = "" if modem.faults.peek("header_short") else ","
        tail = ",0" if modem.faults.peek("pdu_comma_zero") else ""
        return [f"{name}: {index}{slot.status},{alpha}{slot.length}", slot.pdu + tail]
    return textmode.stored_lines(modem.settings, name, index, slot)


@answers("+CMGD")
def deleting(modem: "Engine", command: Command, now: float) -> list[str]:
    """One text, or by flag every read, sent, unsent one, or all. An empty slot is no error."""
    if command.form == "test":
        held = ",".join(str(index) for index, _ in modem.storage(modem.settings.memory[0]).listed(None))
        return [f"+CMGD: ({held}),(0-4)"]
    flag = integer(command, 1, 0, 4, 0)
    storage, index = _slot(modem, command) if not flag else (modem.storage(modem.settings.memory[0]), 0)
    modem.check_texts()
    code = modem.faults.number("cmgd_refused")
    if code is not None:
        raise Refusal("CMS", int(code))
    if modem.faults.take("slot_sticks"):
        return []
    if flag:
        storage.purge(DELETED_BY_FLAG[flag])
    else:
        storage.remove(index)
    modem.carrier.ready(modem, now)
    return []


@answers("+CMGW")
def writing(modem: "Engine", command: Command, now: float) -> list[str] | None:
    """Keep a text to send later (AT+CMSS)."""
    if command.form == "test":
        return []
    modem.check_texts()
    text_mode = modem.settings.cmgf == 1
    length = 0 if text_mode else integer(command, 0, 1, 200)
    status = UNSENT if text_mode else integer(command, 1, UNREAD, SENT, UNSENT)
    number = command.arg(0)

    def entry(typed: bytes | None, moment: float) -> None:
        if typed is None:
            modem.escaped(moment)
            return
        try:
            if status in (UNSENT, SENT):
                tpdu = textmode.typed_submit(modem.settings, typed, length, number)
            else:
                tpdu = textmode.typed_tpdu(typed, length)
        except MalformedTpdu:
            modem.fail(Refusal("CMS", 305 if text_mode else 304), moment)
            return
        slot = Slot(status, "00" + tpdu.hex().upper(), len(tpdu), moment)
        place = modem.storage(modem.settings.memory[1]).put(slot)
        if place is None:
            modem.fail(modem.refusal("full"), moment)
        else:
            modem.resume([f"+CMGW: {place}"], moment)

    modem.prompt(entry, now)
    return None
