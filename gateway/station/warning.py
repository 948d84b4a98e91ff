"""What a technician should know of a modem that works: another program is at its port, its storage was full, fills up, or holds what it
will not let go, or rings for nothing.
"""

from gateway import explain, explain_modems, explain_sending, readings
from gateway.explain import Notice
from gateway.filling import Level, hours_left, worth_a_word
from gateway.station import seeking
from gateway.station.desk import Desk
from hardware.gammu_sms import is_whole
from hardware.modem import Health, Stored

LOOK_BACK_MS = 86_400_000


def storage_warning(desk: Desk, health: Health, stuck: list[Stored], *, emptying: bool) -> Notice | None:
    """The one thing to say, the worst first; None when all is well. `stuck`: what lies in slots that could not be emptied; `emptying`:
    something was found there that is ours to delete.
    """
    used, total = health.storage_used, health.storage_total
    was_full, desk.was_full = desk.was_full, False
    full = used is not None and bool(total) and used >= (total or 0)
    if full and (stuck or not emptying):
        return explain_modems.memory_taken(desk.name, used or 0, total or 0)
    if was_full or full:
        return explain.storage_full(desk.name, *((used or 0, total or 0) if full else (0, 0)))
    if desk.company.stubborn:
        return explain_modems.still_shared(desk.name, desk.port, seeking.holder_of(desk.port))
    if used and total:
        levels = [
            Level(row["at"], row["storage_used"], row["storage_total"])
            for row in readings.samples(desk.db, desk.name, since=desk.now_ms() - LOOK_BACK_MS)
            if row["storage_used"] is not None and row["storage_total"]
        ]
        levels.append(Level(desk.now_ms(), used, total))
        if worth_a_word(levels[-1:] if stuck else levels):  # what stays there is no pace
            return explain.storage_nearly_full(desk.name, used, total, hours_left(levels))
    if stuck:
        if desk.spec.driver == "gammu" and (cut := [item for item in stuck if not is_whole(item.pdu)]):
            return explain_modems.only_on_the_phone(desk.name, len(cut))
        return explain.slot_stuck(desk.name, stuck[0].storage, stuck[0].index, count=len(stuck))
    if desk.bells.nowhere:
        return explain_sending.lay_nowhere(desk.name, handed_over=desk.bells.handed_over)
    return explain_sending.rings_in_vain(desk.name) if desk.bells.in_vain else None
