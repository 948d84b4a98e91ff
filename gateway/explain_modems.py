"""More of the sentences about modems: PINs that are kept back, restarts, USSD, questions, self-tests, SIMs on hold.

Pure. As `gateway/explain.py`, whose reader is the same.
"""

from gateway.notice import KEPT, Notice, seen, sentence


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


def sim_stays_busy(station: str, minutes: int) -> Notice:
    """The SIM cannot be read for minutes."""
    return Notice(
        f"The modem {station} has not been able to use its SIM for {minutes} minutes.",
        "It says that the card is busy or fails.",
        f"We restarted the modem, as we do once for this. {KEPT}",
        "If it stays, take the SIM out, wipe its contacts, put it back; or try it in a telephone.",
    )


def restarted(station: str, rung: str, what: str) -> Notice:
    """A rung of the ladder was tried."""
    how = {
        "command": "told it to restart",
        "usb": "reset its USB connection",
        "power": "took its power for a moment",
    }[rung]
    return Notice(
        f"The modem {station} did not answer, so we {how}.",
        sentence(what),
        f"We do this at most once in ten minutes. {KEPT}",
        "Wait a minute. If it stays silent, we try what is left, and then say so here.",
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
        sentence(why),
        f"We go on to the next thing that may help. {KEPT}",
        "Nothing to do yet.",
    )


def nothing_helped(station: str) -> Notice:
    """The ladder's end: a person has to come."""
    return Notice(
        f"The modem {station} does not answer, and nothing that we can do from here helped.",
        "We opened its port anew and restarted it in every way that is open to us.",
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


# Answers to what a person asked, as one line for the page.


def reset_done(what: str) -> str:
    """The button Reset: it was done."""
    return f"The modem was told to restart: {what}. It is back in about a minute."


def reset_not_now(why: str, wait_s: float) -> str:
    """The button Reset: it may not be now."""
    minutes = max(1, round(wait_s / 60))
    span = "a minute" if minutes == 1 else f"{minutes} minutes"
    return f"Nothing was done: {why}. Try again in {span}."


def reset_not_possible(why: str) -> str:
    """The button Reset: it cannot be."""
    return f"The modem could not be told to restart: {why}. Unplug it, count to ten, plug it in again."


def ussd_not_harmless(code: str) -> str:
    """A code that may change a setting."""
    return (
        f"{code} was not asked: it is no code that only asks, such as *100#, or it may change a setting of the line, such as "
        "call forwarding or the PIN. Use a telephone for those."
    )


def ussd_failed(why: str) -> str:
    """The network did not answer a code."""
    return f"The network gave no answer: {sentence(why)} Check the code with the operator, and that the modem has a network."


def query_refused(command: str) -> str:
    """A command that does more than ask the modem about itself."""
    return (
        f"{command[:40]} was not asked. Only commands that read the modem's own state are, one at a time, such as AT+CSQ, "
        "AT+CREG? or AT+COPS?. Texts, PINs and settings are not to be reached from here."
    )


def not_started(state: str) -> str:
    """The modem is not there to be asked."""
    return f"Nothing was asked: the modem is {state}. Its page says what to do."


def modem_refused(why: str) -> str:
    """The modem answered a question with an error."""
    return f"The modem does not answer this: {sentence(why)}"


def no_partner(station: str) -> str:
    """There is no other modem for a self-test."""
    return (
        f"Nothing was sent: a test from {station} needs another modem that is ready and whose SIM's number is known. "
        "Write the number down at that modem's page."
    )


def self_test_began(station: str, receiver: str) -> str:
    """A self-test is under way."""
    return f"{station} sends a test text to {receiver}. It ends within three minutes; the page shows how it went."
