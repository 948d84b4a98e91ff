"""What happened to a modem and is no trouble, for the list on its page: who asked for what, why it starts again, what was changed.

Pure. Short sentences; a `Notice` where it is also why the modem starts, a string where nothing else changed.
"""

from gateway.notice import KEPT, Notice, seen, sentence

ASKED = {
    "pause": "{} pressed Pause.",
    "resume": "{} pressed Go on.",
    "restart": "{} pressed Start anew.",
    "pin": "{} typed the SIM's PIN, which is tried once.",
    "reset": "{} pressed Reset.",
    "self_test": "{} asked for a self-test.",
}


def textbank_started() -> Notice:
    """The gateway began, and with it all its modems."""
    return Notice("Textbank was started.", "", "", "")


def asked(person: str, what: str) -> str:
    """A person asked for one of `stations.ASKED`; "" for what only asks the modem a question."""
    return ASKED.get(what, "").format(person)


def was_refused(words: str, why: str) -> str:
    """It was not done."""
    return f"{words} {sentence(why)}"


def began_anew(evidence: str, *, just_opened: bool) -> Notice:
    """The modem lost its settings, its SIM was changed or can be read only now, or its radio was off, by no doing of ours; or it sought no network.

    `just_opened`: its boot may go on yet.
    """
    if "can be read now" in evidence:
        done = f"We set the modem up again. {KEPT}"
        why = "It told nothing when the modem was started, as behind a bad contact."
        return Notice(
            "Its SIM can be read now.", why, done, "If it happens again, clean the SIM and sit it firmly."
        )
    if "SIM" in evidence:
        return Notice(
            "Its SIM was changed or taken out.", sentence(evidence[:1].upper() + evidence[1:]), KEPT, ""
        )
    if "quarter of an hour" in evidence:
        why = "It looked for none for a quarter of an hour, perhaps refused by one: some ask no more until their radio was off."
        return Notice("It asked the network anew.", why, f"We switched its radio off and on. {KEPT}", "")
    if "radio" in evidence:
        done = f"We switched it on. {KEPT}"
        return Notice("Its radio was switched off.", "The modem said so when it had no network.", done, "")
    what = "It began anew just after it was opened." if just_opened else "It restarted by itself."
    return Notice(what, seen("What tells it", evidence), KEPT, "")


def opened_by_schedule(hours: int) -> Notice:
    """`reopen_hours` of the configuration."""
    return Notice("Its port was opened anew.", f"The configuration wants this every {hours} hours.", "", "")


def shared_no_more(*, stubborn: bool) -> Notice:
    """Another program worked at the port; `stubborn`: it still does, and we waited for long enough."""
    what = (
        "Another program is still at its port, and we go on beside it."
        if stubborn
        else "Another program worked at its port, and is quiet now."
    )
    return Notice(what, "It may have changed the modem's settings.", f"We set them anew. {KEPT}", "")


def another_sim(iccid: str, before: str, number: str) -> str:
    """Another card than at the last start."""
    known = f", {number}" if number else ""
    return f"Another SIM is in it: {iccid}{known}. Before it was {before}."


def spared(command: str) -> str:
    """What its modem does not survive."""
    return f"Twice in a row it stopped when it was asked {command}. We do not ask that for a day; it sends and receives without."


def another_modem(model: str, imei: str, before: str) -> str:
    """Another modem than at the last start."""
    return f"Another modem is here: {model or 'model unknown'}, IMEI {imei}. Before it was {before}."
