"""More of the sentences about modems: phones behind gammu, PINs that are kept back, restarts, self-tests, the power under them.

Pure. As `gateway/explain.py`, whose reader is the same.
"""

from collections.abc import Sequence

from gateway.notice import KEPT, Notice, seen, sentence

RESTARTED = ("We told the modem ", "We reset the USB connection ", "We took the power ")


def driver_unfit(station: str, evidence: str, *, installed: bool) -> Notice:
    """The driver gammu cannot drive what the configuration names."""
    if not installed:
        return Notice(
            f"The phone {station} needs python-gammu, which is not installed.",
            seen("Its driver in the configuration is gammu, and it says", evidence),
            f"Nothing was sent to the phone. {KEPT}",
            "Run `.venv/bin/pip install python-gammu` in Textbank's folder. The phone is started by itself within a minute.",
        )
    return Notice(
        f"The phone {station} cannot be reached as the configuration says.",
        seen("It says", evidence),
        f"Nothing was sent to the phone. {KEPT}",
        "Correct gammu_connection and gammu_model in the configuration; docs/gammu.md lists what there is.",
    )


def driver_gone(station: str, evidence: str) -> Notice:
    """The process in which gammu drives the phone is gone; no cable need be at fault."""
    return Notice(
        f"The program that drives the phone {station} ended.",
        sentence(evidence[0].upper() + evidence[1:]),
        f"We start it again by ourselves. {KEPT} A text that was on its way is marked as uncertain.",
        "Wait a minute. If it ends again and again, unplug the phone, switch it off and on, and plug it in again.",
    )


def only_on_the_phone(station: str, count: int) -> Notice:
    """gammu could not read them, or not to their end: they are left where they lie."""
    what = "A text lies" if count == 1 else f"{count} texts lie"
    return Notice(
        f"{what} on the phone {station} that gammu cannot read, or not to the end.",
        "The inbox shows what is known of it." if count == 1 else "The inbox shows what is known of each.",
        "We delete nothing of which the phone has the only copy. It goes on sending.",
        "Read it on the phone, then delete it there."
        if count == 1
        else "Read them on the phone, then delete them there.",
    )


def nobody_drives(station: str) -> Notice:
    """The gateway does not run: what the modem said last may be long ago."""
    return Notice(
        f"Nobody drives the modem {station}: Textbank's gateway does not run.",
        "Nobody holds the lock beside the database.",
        f"It neither sends nor reads. {KEPT}",
        "Start it: `textbank run`, or, where it is a service, `sudo systemctl start textbank-gateway`.",
    )


def pin_kept_back(station: str, left: int) -> Notice:
    """The SIM has too few tries left for the software to spend one."""
    tries = "one try is" if left == 1 else f"{left} tries are"
    return Notice(
        f"The SIM in {station} asks for its PIN, and a wrong one was entered before.",
        f"The modem says that {tries} left of three.",
        f"We entered nothing, so none was used up. {KEPT}",
        "Enter the PIN on the modem's page; the last try is for a telephone, where the right PIN gives all three back.",
    )


def pin_tried_before(station: str) -> Notice:
    """A technician typed a PIN that was tried on this SIM before."""
    return Notice(
        f"This PIN was tried on the SIM in {station} before, and it was not accepted.",
        "The attempt is noted, so that no try is wasted on the same digits.",
        f"We entered nothing. {KEPT}",
        "Check the PIN on the card's letter. If it must be tried again all the same, an admin can.",
    )


def refuses(station: str, evidence: str) -> Notice:
    """It answers, and refuses what every text needs."""
    return Notice(
        f"The modem {station} answers, but refuses what texts need.",
        seen("It said", evidence),
        f"We close its port, set it up anew and try again, every half minute at most. {KEPT}",
        "Wait two minutes: some refuse until they have their network. One that goes on refusing AT+CMGF=0 does not know texts as we "
        "hand them over: use another modem.",
    )


def memory_taken(station: str, used: int, total: int) -> Notice:
    """The storage is full, and nothing of it is ours to delete."""
    return Notice(
        f"The memory for incoming texts in {station} is full, and we may not empty it. New ones wait in the network.",
        f"{used} of {total} places are taken by drafts, by sent texts, or by texts that it does not let go.",
        "We delete only what came in, once it is kept here.",
        "Delete those with a telephone, soon: the network keeps a text for some days at most. Or use another SIM.",
    )


def modem_locked(station: str, evidence: str) -> Notice:
    """The modem is locked to another operator's SIMs, or to one SIM; the card itself is well."""
    return Notice(
        f"The modem {station} is locked, and does not take this SIM.",
        seen("It asks for a code that is not the SIM's own", evidence),
        f"We entered nothing. {KEPT}",
        "Use a SIM of the operator that sold this modem, have it unlocked there, or use another modem.",
    )


def unreadable(station: str, evidence: str) -> Notice:
    """It sends, perhaps, and whatever comes to it stays unseen: an answer, a stop."""
    return Notice(
        f"The modem {station} does not let us read the texts that come to it.",
        seen("It was asked in every way that we know", evidence),
        f"We send nothing by it, for nobody would hear a stop. We ask it again every half minute. {KEPT}",
        "If it is a telephone: many keep their texts to themselves. Put its SIM into a USB modem.",
    )


def shared(station: str, port: str, holder: str) -> Notice:
    """Another program (`holder`, "" when it is not seen) asks this modem things while we use it."""
    return Notice(
        f"The modem {station} waits: another program works at its port.",
        _asked_there(port, holder),
        f"We send nothing until it was quiet for 90 seconds, then set the modem up anew; after 15 minutes we go on beside it. "
        f"What comes in is read. {KEPT}",
        "Close that program: a terminal, gammu, a script. If it is ModemManager, `textbank doctor` says how to keep it away.",
    )


def still_shared(station: str, port: str, holder: str) -> Notice:
    """It has done so for a quarter of an hour, and we send all the same."""
    return Notice(
        f"Another program works at the port of the modem {station}, and does not stop.",
        _asked_there(port, holder),
        f"We waited 15 minutes and now send beside it. It may take an answer that is ours; that text is then uncertain. {KEPT}",
        "Close that program: a terminal, gammu, a script. If it is ModemManager, `textbank doctor` says how to keep it away.",
    )


def _asked_there(port: str, holder: str) -> str:
    also = f"{holder} has it open too." if holder else "We cannot see which program asked."
    return f"Answers came at {port} to questions that were not ours. {also}"


def restarted(station: str, rung: str, why: str, what: str) -> Notice:
    """A rung of the ladder was tried."""
    how = {  # RESTARTED knows them by their beginning
        "command": "told the modem {} to restart",
        "usb": "reset the USB connection of the modem {}",
        "power": "took the power of the modem {} for a moment",
    }[rung]
    return Notice(
        f"We {how.format(station)}.",
        _opening(f"{why} {what}"),
        f"We do this at most once in ten minutes. {KEPT}",
        "Wait a minute. If it does not come back, we try what is left, and then say so here.",
    )


def restart_not_possible(station: str, rung: str, why: str) -> Notice:
    """A rung of the ladder is not open here."""
    how = {
        "command": "by its own command",
        "usb": "over USB",
        "power": "by the power of its port",
    }[rung]
    return Notice(
        f"The modem {station} does not answer and cannot be restarted {how} here.",
        _opening(why),
        f"We go on to the next thing that may help. {KEPT}",
        "Nothing to do yet.",
    )


def silent(
    station: str, since: str, restarts: Sequence[tuple[str, str]], following: tuple[str, str]
) -> Notice:
    """It stays silent: `since` when ("14:36"), `restarts` what was done (rung and when), `following` the next rung and from when.

    A rung is "reopen" or one of `restarted`; a time "" is at once.
    """
    how = {
        "command": "told it to restart",
        "usb": "reset its USB connection",
        "power": "took its power for a moment",
    }
    done = ["opened its port anew", *(f"{how[rung]} at {at}" for rung, at in restarts)]
    coming = {
        "reopen": "open its port again",
        "command": "tell it to restart",
        "usb": "reset its USB connection, where that is open to us",
        "power": "switch its power off and on, where that is open to us",
    }
    rung, at = following
    first = f"Not before {at} we" if at else "Next we"
    return Notice(
        f"The modem {station} stays silent.",
        f"It has not answered since {since}.",
        f"We {_listed(done)}. {first} {coming[rung]}. {KEPT}",
        "Unplug the modem, count to ten, and plug it in again; or wait for that.",
    )


def nothing_helped(station: str, since: str) -> Notice:
    """The ladder's end: a person has to come. `since`: when it fell silent."""
    return Notice(
        f"The modem {station} does not answer, and nothing that we can do from here helped.",
        f"It has not answered since {since}. We opened its port anew and restarted it in every way that is open to us.",
        f"We look for it every half minute. {KEPT}",
        "Unplug the modem, count to ten, plug it in again. If it stays silent, try another socket, cable or power supply.",
    )


def power_was_low(station: str, port: str, evidence: str) -> Notice:
    """The port vanished while the machine's own power was too low."""
    return Notice(
        f"The modem {station} went away while the power of this computer was too low.",
        seen(f"Its port {port} disappeared just after an undervoltage", evidence),
        f"{KEPT} A text that was on its way is marked as uncertain.",
        "The modem is probably well: give the computer a stronger power supply, or the modem a hub with its own.",
    )


def usb_forgot(station: str, port: str, evidence: str) -> Notice:
    """The kernel reset or lost the USB device."""
    return Notice(
        f"The USB connection of the modem {station} was interrupted.",
        seen(f"Its port {port} disappeared, and the computer noted", evidence),
        f"{KEPT} A text that was on its way is marked as uncertain.",
        "If it happens again, try another cable or socket, or a hub with its own power supply.",
    )


def self_test_runs(station: str, receiver: str, count: int) -> Notice:
    """The station is paused for uncertain texts and tests itself."""
    return Notice(
        f"The modem {station} lost sight of {count} texts in a row and now tests itself.",
        f"It sends one text to {receiver}, our own other modem, and looks whether it arrives.",
        f"When that goes well it goes on by itself; this takes three minutes at most. {KEPT}",
        "Nothing to do yet. Settle the uncertain texts in the list.",
    )


def self_test_failed(station: str, reason: str) -> Notice:
    """The self-test of a paused station did not pass."""
    return Notice(
        f"The modem {station} is paused: it lost sight of texts in a row, and its self-test did not pass.",
        sentence(reason),
        f"Nothing is sent again by itself. {KEPT}",
        "Look at signal, credit and cable, then press Go on at the modem's page. Settle the uncertain texts in the list.",
    )


def _listed(parts: Sequence[str]) -> str:
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"


def _opening(words: str) -> str:
    """A technician's few words as a sentence of their own."""
    return sentence(words[:1].upper() + words[1:])
