"""Why a text is not sent, or goes nowhere: registration, credit, service centre, a full storage, the radio it is on."""

from typing import TYPE_CHECKING

from hardware.virtual.faults import field_of

if TYPE_CHECKING:
    from hardware.virtual.engine import Engine

NO_CENTRE, NO_CREDIT = 330, 38
WRONG_CENTRE = "+12025550198"


def why_not(modem: "Engine", *, own_centre: bool) -> object | None:
    """The error that sending ends in now, in the forms of `cmgs_error`; None when nothing is in the way."""
    if not modem.served:
        code = field_of(modem.faults.peek("registered"), "code", None)
        return code if code is not None else modem.refusal("no_service").code
    if not own_centre and not modem.service_centre:
        return NO_CENTRE
    wrong = modem.faults.peek("wrong_smsc")
    if wrong not in (None, "swallowed") and _centre_is_wrong(modem, own_centre=own_centre):
        return wrong
    full = modem.faults.peek("full_blocks_sending")
    if full is not None and is_full(modem):
        return full
    error = modem.faults.take("cmgs_error")
    if error is not None:
        return error
    if modem.technology == modem.personality.technology and modem.faults.take("lte_send_fail"):
        return {"words": "Unknown error"}
    credit = modem.faults.peek("no_credit")
    if credit is not None and _used_up(modem, credit) and field_of(credit, "text", None) is None:
        return field_of(credit, "code", NO_CREDIT)
    return None


def swallowed(modem: "Engine", now: float, *, own_centre: bool) -> bool:
    """Whether the text that leaves now arrives nowhere. An operator that lets it be paid for writes that it was not."""
    credit = modem.faults.peek("no_credit")
    if credit is not None:
        text = field_of(credit, "text", None)
        if _used_up(modem, credit) and text is not None:
            modem.carrier.operator_writes(modem, str(text), now)
            return True
        modem.credit_used += 1
    if modem.faults.waits("wrong_smsc") == "swallowed" and _centre_is_wrong(modem, own_centre=own_centre):
        return True
    return bool(modem.faults.take("swallowed"))


def is_full(modem: "Engine") -> bool:
    """Whether the storage for arriving texts has no slot left."""
    storage = modem.storage(modem.settings.memory[2])
    return bool(modem.faults.peek("memory_full")) or storage.used(modem.clock_s) >= storage.size


def _used_up(modem: "Engine", credit: object) -> bool:
    after = credit.get("after", 0) if isinstance(credit, dict) else credit
    return modem.credit_used >= int(float(str(after)))


def _centre_is_wrong(modem: "Engine", *, own_centre: bool) -> bool:
    return not own_centre and modem.service_centre == WRONG_CENTRE
