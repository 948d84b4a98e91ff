"""How a station that has its modem stands: the first thing that keeps it from sending, in words, or that it is ready."""

from gateway import explain, explain_modems, explain_sending
from gateway.station import hearsay, refused, seeking
from gateway.station.desk import UNCERTAIN_IN_A_ROW, Desk
from gateway.station.proving import Proving
from gateway.station.refusing import Refusing
from hardware.modem import Health


def say_state(desk: Desk, proving: Proving, refusing: Refusing, health: Health, *, denied: bool) -> None:
    """Record it. `denied`: its registration is, so often that a person is told."""
    assert desk.modem is not None
    if desk.paused == "person":
        row = desk.db.execute(
            "SELECT u.name FROM station s JOIN user u ON u.id=s.paused_by WHERE s.name=?", [desk.name]
        ).fetchone()
        desk.say("paused", explain.paused_by(desk.name, row["name"] if row else "Somebody"))
    elif desk.paused == "uncertain":
        desk.say("paused", proving.words() or refused.lost_sight(desk, UNCERTAIN_IN_A_ROW))
    elif desk.paused:
        desk.say("paused", explain.refused_by_network(desk.name, desk.paused))
    elif desk.modem.smsc == "":
        desk.say("paused", explain.smsc_missing(desk.name))
    elif not refusing.has_room():
        desk.say("waiting", refusing.no_room())
    elif not desk.clock_is_trusted():
        desk.say("waiting", explain.clock_not_trusted(hearsay.evidence(desk)))
    elif not desk.registered:
        desk.say("waiting", _without_network(desk.name, health, denied=denied))
    elif desk.roaming and not desk.spec.send_while_roaming:
        desk.say("waiting", explain_sending.roaming(desk.name))
    elif desk.company.present:
        desk.say("waiting", explain_modems.shared(desk.name, desk.port, seeking.holder_of(desk.port)))
    elif desk.hold is not None:
        hold = desk.hold
        desk.say("waiting", explain_sending.not_now(desk.name, hold.why, hold.for_s, in_doubt=hold.in_doubt))
    else:
        _say_well(desk)


def _without_network(station: str, health: Health, *, denied: bool) -> explain.Notice:
    if health.operator_chosen:
        return explain_sending.one_operator(station)
    if denied:
        return explain.registration_denied(station, "")
    return explain.not_registered(station, health.registration)


def _say_well(desk: Desk) -> None:
    """The modem and the network are well."""
    if desk.unreadable:
        desk.say("waiting", explain_sending.unreadable(desk.name))
    elif desk.streak.helpless:
        desk.say("waiting", explain_sending.takes_no_texts(desk.name))
    elif desk.held_up:
        desk.say("waiting", explain.budget_spent(desk.name, desk.held_up))
    else:
        desk.say("ready", desk.warning or desk.unreported)
