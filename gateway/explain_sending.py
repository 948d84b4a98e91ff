"""The sentences about sending: why a modem sends nothing for a while, and what became odd about what it sends.

Pure. As `gateway/explain.py`: what happened, the evidence, what we did, what you do next. The first argument is the station.
"""

from gateway.notice import BY_ITSELF, KEPT, Notice, sentence


def roaming(station: str) -> Notice:
    """A foreign network, and the configuration says not to send there."""
    return Notice(
        f"The modem {station} is in a foreign network, and sends nothing there.",
        "It is roaming, and send_while_roaming is false for it in the configuration: texts may cost more.",
        f"It still receives. {KEPT}",
        f"{BY_ITSELF} To send all the same, write send_while_roaming = true under the station {station} and restart.",
    )


def unreadable(station: str) -> Notice:
    """A record on the SIM reads in another way each time."""
    return Notice(
        f"The modem {station} waits: it holds a text that cannot be read.",
        "It reads in another way each time: a cable, a hub, or another program at the port damages it.",
        f"It is read again every few seconds. Nothing is sent meanwhile, for it may be a stop. {KEPT}",
        "Put the stick into a socket of the machine itself; “textbank doctor” names programs at its port. "
        "After 15 minutes it sends again, and the text stays on the SIM.",
    )


def rings_in_vain(station: str) -> Notice:
    """It tells of texts, and none is found."""
    return Notice(
        f"The modem {station} rings again and again for texts that are not there.",
        "It told of one again and again, and every reading found nothing new.",
        f"We read all the same after each ring, and send between the readings, which is slower. {KEPT}",
        "Unplug the modem, count to ten, plug it in again. If it goes on, try another modem or another SIM.",
    )


def lay_nowhere(station: str, *, handed_over: bool) -> Notice:
    """It told of texts that it did not show; `handed_over`: they come in another way now."""
    look = "Look for what came before on the stick's own web page, if it has one, and opt out by hand whoever wrote STOP there."
    where = "It rang for them, and they lay in none of its memories: some sticks move them to an inbox of their own."
    if not handed_over:
        return Notice(
            f"The modem {station} tells of texts, and neither shows them nor hands them over.",
            where,
            "It goes on sending.",
            f"Use another modem: what is sent to this one may be read by nobody. {look}",
        )
    return Notice(
        f"The modem {station} told of texts, and did not show them.",
        where,
        "From now on it hands texts over as they come. It goes on sending.",
        look,
    )


def no_prompt(station: str, waited_s: float, *, helpless: bool = False) -> Notice:
    """It was told that a text comes, and did not ask for it; `helpless`: that goes on."""
    if helpless:
        return takes_no_texts(station)
    return Notice(
        f"The modem {station} answers, and did not ask for a text.",
        f"It was told that one comes, and asked for none within {waited_s:.0f} seconds. Nothing left.",
        f"We set it up anew and try again; after three times it is restarted. {KEPT}",
        f"{BY_ITSELF} If this goes on, unplug the modem, count to ten, and plug it in again.",
    )


def takes_no_texts(station: str) -> Notice:
    """So it goes on, whatever was done about it. The same words each time: each others are a line in the modem's history."""
    return Notice(
        f"The modem {station} answers, and takes no texts.",
        "Text after text it did not ask for the text, or had a fault of its own. Nothing left.",
        f"We restart it in every way that is open to us, and try each text again, in the end every quarter of an hour. {KEPT}",
        "Unplug it, count to ten, plug it in again. If that does not help, “textbank doctor” tells whether this is its port "
        "for texts; else use another modem.",
    )


def one_operator(station: str) -> Notice:
    """No network, and it looks for none but one operator's."""
    return Notice(
        f"The modem {station} has no network, and was told to use one operator only.",
        "Its operator was chosen by hand (AT+COPS=1), and modems keep that, also for another operator's SIM.",
        f"{KEPT} We did not change that: it may be meant so.",
        "If it is not, let it choose by itself: it takes AT+COPS=0 for that, from a terminal. Else move its antenna to a window.",
    )


def not_now(station: str, why: str, wait_s: int, *, in_doubt: bool = False) -> Notice:
    """The network or the modem takes nothing for a while; `in_doubt`: no person ends that."""
    span = f"{wait_s} seconds" if wait_s < 90 else f"{round(wait_s / 60)} minutes"
    sooner = "" if in_doubt else " To try now, press Pause and then Go on at the modem's page."
    return Notice(
        f"The modem {station} waits before it sends more.",
        sentence(why),
        f"Trying at once would not help, so it waits {span}. {KEPT}",
        f"{BY_ITSELF}{sooner}",
    )


def no_texts_by(station: str, technology: str, count: int, to_3g: str) -> Notice:
    """Texts get no clear answer on this technology though the modem is registered; `to_3g` is the command that leaves it."""
    how = f" This modem takes {to_3g} for that, from a terminal." if to_3g else ""
    return Notice(
        f"The modem {station} is paused: its texts do not seem to go by {technology}.",
        f"It is signed on, and {count} texts in a row on {technology} got no clear answer.",
        f"Neither is sent again by itself. {KEPT}",
        f"Let the modem use 3G or 2G only, or ask the operator for texts over {technology}; then press Go on.{how}",
    )


def reports_stopped(station: str, reported: int, of: int) -> Notice:
    """Texts are accepted as before, and hardly any is reported delivered any more."""
    return Notice(
        f"The texts of {station} are taken by the network, but hardly any is reported delivered.",
        f"Of its last {of} texts {reported} were reported; before, most were.",
        "It goes on sending.",
        "Text your own phone. If nothing comes, pause this modem and ask the operator about its credit and limits.",
    )


def opened_anew(station: str, why: str) -> Notice:
    """The modem answers, and says something after which only a new start helps."""
    return Notice(
        f"The modem {station} is started anew.",
        sentence(why),
        f"Its port is closed and opened, and the modem set up again. {KEPT}",
        BY_ITSELF,
    )
