"""Starting a modem: open, initialise, enter the PIN at most once, begin a new epoch, read all that it holds.

`gateway/station/pins.py` remembers the attempts.
"""

import sqlite3

from gateway import (
    claims,
    explain,
    explain_modems,
    explain_sending,
    flight,
    happenings,
    numbers,
    sims,
    stations,
    unanswered,
)
from gateway.errors import Refused
from gateway.explain import Notice
from gateway.station import late, parting, seeking
from gateway.station.desk import UNCERTAIN_IN_A_ROW, Desk, StartAnew
from gateway.station.pins import Pins
from gateway.station.twins import other_port, still_taken
from gateway.streak import Streak
from hardware.errors import (
    CommandRefused,
    DriverUnfit,
    HardwareError,
    ModemSilent,
    NoPrompt,
    NotAModem,
    PinKeptBack,
    PinRefused,
    PortBusy,
    PortGone,
    PortMissing,
    SimNotReady,
    Unreadable,
)
from hardware.facts import DRIVER
from hardware.modem import Identity
from hardware.spared import Spared

RETRY_S = (1.0, 2.0, 5.0, 10.0, 30.0)
NAMELESS = "imei-"  # before the IMEI: a SIM that tells nothing of itself
LEAVE_ALONE_S = 300.0  # between looks at a port where something else than a modem speaks


def start(desk: Desk, *, again: bool) -> bool:
    """Bring the modem up; False when it cannot be now (the state says why). Raises HardwareError for what the loop explains.

    `again`: after a failure; what was said of it stays until the modem is up.
    """
    where = desk.find()
    if where.port is None:
        desk.say(*seeking.absent(desk))
        return False
    if still_taken(desk):
        return False
    if not again and not desk.twin:
        desk.say("starting", desk.because)
    desk.because = None
    desk.modem = desk.open_modem()
    parting.keeps_at_once(desk, desk.modem)
    desk.modem.beside(desk.company, desk.spared)
    if desk.opened_at is None:
        desk.opened_at = desk.clock.monotonic()
        desk.company.opened()
    pins = Pins(desk)
    try:
        desk.modem.start(pins.enter, tries_needed=pins.tries_needed)
    except PinRefused:
        pins.refused()
        raise
    except PinKeptBack:
        pins.asked_again(desk.modem.identity)
        raise
    except ModemSilent:
        if hint := seeking.wrong_port(desk.port):
            raise NotAModem(desk.port, hint) from None
        raise
    told = desk.modem.identity
    # The ICCID is read at its beginning, the IMSI at its end; some SIMs change their IMSI, and keep the ICCID. Of which another program at the
    # port may have had a part, and another digit stand there.
    if sims.was_another(desk.db, told.iccid, told.imsi) and not desk.modem.has_its_iccid():
        raise StartAnew("Its SIM was exchanged while the modem was started, or its ICCID was cut.")
    seeking.same_modem(desk, told)
    pins.accepted(told)
    card = _card(desk, told)
    if other_port(desk, told.imei, card):
        return False
    _begin(desk, told, card)
    return True


def _begin(desk: Desk, identity: Identity, card: str) -> None:
    """The station's new start: epoch and recovery, the SIM's seat, and what must be known before anything is sent."""
    epoch = flight.begin(desk.db, desk.name, now=desk.now_ms())
    row = desk.db.execute(
        "SELECT paused_by, uncertain_in_a_row, iccid, imsi, imei FROM station WHERE name=?", [desk.name]
    ).fetchone()
    desk.paused = "person" if row["paused_by"] is not None else sims.paused(desk.db, card)
    if not desk.paused and row["uncertain_in_a_row"] >= UNCERTAIN_IN_A_ROW:
        desk.paused = "uncertain"
    desk.smsc_asked = False
    sims.seen(desk.db, card, number=_own_number(desk, identity), now=desk.now_ms(), imsi=identity.imsi)
    if card == identity.imsi or card.startswith(NAMELESS):
        sims.tells_iccid(desk.db, card, identity.iccid)
    for command in desk.spared.untold():
        stations.note(desk.db, desk.name, happenings.spared(command), now=desk.now_ms())
    _note_changes(desk, identity, card, row)
    seat = claims.Seat(desk.name, epoch, desk.sim(card))
    stations.set_facts(
        desk.db,
        desk.name,
        port=desk.port,
        place=desk.where.place or seeking.socket_of(desk.port),
        model=" ".join((identity.manufacturer, identity.model)).strip(),
        imei=identity.imei or (row["imei"] if desk.where.place or card == row["iccid"] else ""),
        iccid=seat.sim.iccid,
        imsi=identity.imsi or (row["imsi"] if card == row["iccid"] else ""),
        number=sims.number_of(desk.db, card),
        revision=identity.revision,
    )
    # After the last commit of the start: one that fails there is begun anew, and has to find what is owed as this one does.
    fresh, another = not desk.card, desk.card != card
    answers = fresh or (desk.late is not None and desk.late.stayed)
    _another_card(desk, card)
    desk.seat = seat
    desk.remember_minute()
    if another:
        late.remember(desk, stayed=fresh, answers=answers)


def _note_changes(desk: Desk, identity: Identity, card: str, before: sqlite3.Row) -> None:
    """Another SIM or modem than before is told on the page; the last text that came in is this SIM's, as the last that left."""
    now = desk.now_ms()
    if identity.imei and before["imei"] and identity.imei != before["imei"]:
        desk.spared = Spared(desk.clock)
        words = happenings.another_modem(identity.model, identity.imei, before["imei"])
        stations.note(desk.db, desk.name, words, now=now)
    if before["iccid"] and card != before["iccid"]:
        words = happenings.another_sim(card, before["iccid"], sims.number_of(desk.db, card))
        stations.note(desk.db, desk.name, words, now=now)
        last = desk.db.execute("SELECT max(received_at) AS at FROM inbound WHERE iccid=?", [card]).fetchone()
        stations.set_facts(desk.db, desk.name, last_in_at=last["at"])


def _another_card(desk: Desk, card: str) -> None:
    """What was refused to another SIM, and what it still awaits, is not this one's. A port that was opened anew changes nothing."""
    known, after = unanswered.last_reference(desk.db, card)
    if desk.card == card and desk.last_mr == known:
        after = max(after, desk.unreferenced)  # rows do not tell of what was refused
    desk.last_mr, desk.unreferenced = known, after
    if desk.card != card:
        desk.late, desk.hold, desk.streak = None, None, Streak()
        desk.suspects.clear()
        desk.minute.clear()  # another SIM has a minute of its own
    elif desk.late is not None:
        desk.late.drains = False  # it answers again
    desk.card = card


def _card(desk: Desk, identity: Identity) -> str:
    """What this SIM is known by: its ICCID; one that does not answer this once, or of whose answer another program at the port
    took a part, is known by its IMSI from before. One that was met first with such a part, by its IMSI alone, or as the SIM of a modem
    that told neither, goes on under that, with what it spent and the conversations that it began. A modem that tells neither, as for a
    while after a start, holds the SIM that it held.
    """
    told = identity.iccid
    rows = desk.db.execute(
        "SELECT iccid FROM station WHERE :imsi<>'' AND imsi=:imsi AND iccid<>'' UNION ALL SELECT iccid FROM sim WHERE :imsi<>'' AND imsi=:imsi",
        {"imsi": identity.imsi},
    )
    for known in (str(row["iccid"]) for row in rows):
        if told in known or told.startswith(known) or known == identity.imsi or known.startswith(NAMELESS):
            return known
    if known := sims.known_as(desk.db, told):
        return known
    before = desk.db.execute("SELECT imei, iccid FROM station WHERE name=?", [desk.name]).fetchone()
    same_modem = identity.imei == before["imei"] or not (identity.imei and before["imei"])
    if not identity.iccid and not identity.imsi and before["iccid"] and same_modem:
        return str(before["iccid"])
    nameless = f"{NAMELESS}{identity.imei}"
    if identity.imsi and before["iccid"] == nameless and _is_free(desk, nameless):
        return nameless
    return identity.iccid or identity.imsi or nameless


def _is_free(desk: Desk, nameless: str) -> bool:
    """Whether conversations began on a SIM that told nothing of itself, and none that did goes on under its name."""
    row = desk.db.execute("SELECT imsi FROM sim WHERE iccid=?", [nameless]).fetchone()
    begun = desk.db.execute("SELECT 1 FROM conversation WHERE iccid=? LIMIT 1", [nameless]).fetchone()
    return begun is not None and (row is None or not row["imsi"])


def _own_number(desk: Desk, identity: Identity) -> str:
    """The SIM's own number as E.164, so that our own texts are known as ours; as it stands when it cannot be read."""
    try:
        return numbers.normalise(identity.number, desk.rules.region) if identity.number else ""
    except Refused:
        return identity.number


def trouble(desk: Desk, error: HardwareError) -> tuple[str, Notice]:
    """The state and the words for what stopped this modem."""
    name, port = desk.name, desk.port
    match error:
        case SimNotReady(state="PIN") if desk.pin_spent:
            return "paused", desk.pin_spent
        case PortMissing(evidence=evidence) if evidence:
            return "lost", explain.port_not_opened(name, port, evidence)
        case PortMissing():
            return "lost", explain.port_missing(name, port)
        case PortBusy():
            return "lost", explain.port_busy(name, port, error.holder)
        case PortGone(evidence=evidence):
            return "lost", _gone(name, port, evidence)
        case DriverUnfit():
            return "failed", explain_modems.driver_unfit(name, error.evidence, installed=error.installed)
        case NotAModem():
            if hint := seeking.wrong_port(port):
                return "failed", explain.other_port(name, hint)
            return "failed", explain.not_a_modem(name, port, error.evidence)
        case SimNotReady():
            return _sim_trouble(name, error)
        case NoPrompt() if not seeking.holder_of(port):
            return "waiting", explain_sending.no_prompt(name, error.waited_s, helpless=desk.streak.helpless)
        case ModemSilent():
            return "lost", seeking.silence(name, port, error)
        case _:
            return _modem_trouble(name, error)


def _gone(name: str, port: str, evidence: str) -> Notice:
    if evidence.startswith(DRIVER):
        return explain_modems.driver_gone(name, evidence)
    return explain.port_gone(name, port, evidence)


def _modem_trouble(name: str, error: HardwareError) -> tuple[str, Notice]:
    match error:
        case Unreadable():
            return "failed", explain_modems.unreadable(name, str(error))
        case CommandRefused():
            return "waiting", explain_modems.refuses(name, str(error))
        case StartAnew():
            return "starting", explain_sending.opened_anew(name, str(error))
        case _:
            return "lost", explain.modem_silent(name, str(error), 0.0)


def _sim_trouble(name: str, error: SimNotReady) -> tuple[str, Notice]:
    match error:
        case PinRefused():
            return "paused", explain.pin_refused(name)
        case PinKeptBack():
            return "paused", explain_modems.pin_kept_back(name, error.left)
        case SimNotReady(state="PIN"):
            return "paused", explain.pin_required(name)
        case SimNotReady(state="PUK"):
            return "paused", explain.puk_required(name)
        case SimNotReady(state="ABSENT"):
            return "paused", explain.sim_absent(name)
        case SimNotReady(state="LOCKED"):
            return "paused", explain_modems.modem_locked(name, error.evidence)
        case SimNotReady(state="BUSY"):
            return "waiting", explain.sim_busy(name)
        case _:
            return "paused", explain.sim_failure(name, error.evidence)


def wait_after(error: HardwareError, failures: int) -> float:
    """Seconds until the next try after this error, the failures before it counted."""
    wait_s = RETRY_S[min(failures, len(RETRY_S) - 1)]
    match error:
        case SimNotReady(state="PIN" | "PUK" | "ABSENT") | Unreadable():
            return RETRY_S[-1]
        case PortGone():
            return min(wait_s, 2.0)
        case NotAModem():
            return LEAVE_ALONE_S
        case _:
            return wait_s
