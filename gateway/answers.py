"""What a person is answered who asked a modem for something: Reset, a USSD code, a question, a self-test.

Pure. One function for each answer, one or two sentences: what was done or not, why, what to do. `test_explain.py` reads
them all.
"""

import re

from gateway.notice import sentence

CSQ = re.compile(r"^\+CSQ: *([0-2]?\d|3[01]) *,.*$", re.MULTILINE)


def reset_done(what: str) -> str:
    """The button Reset: it was done."""
    return f"The modem was told to restart: {what}. If it restarts, it is back in about a minute; its page shows it."


def reset_not_now(why: str, wait_s: float) -> str:
    """The button Reset: it may not be now."""
    minutes = max(1, round(wait_s / 60))
    span = "a minute" if minutes == 1 else f"{minutes} minutes"
    return f"Nothing was done: {why}. Try again in {span}."


def another_drives_it(other: str) -> str:
    """The button Reset, at the second port of another station's modem."""
    return f"Nothing was done: this modem is driven by {other}. Ask for it at that modem's page."


def reset_not_possible(why: str) -> str:
    """The button Reset: it cannot be."""
    return f"The modem could not be told to restart: {why}. Unplug it, count to ten, plug it in again."


def ussd_not_harmless(code: str) -> str:
    """A code that may change a setting."""
    return (
        f"{code} was not asked: it is no code that only asks, such as *100#, or it may change a setting of the line, such as "
        "call forwarding or the PIN, or it names a number or a voucher, as codes do that move credit. Use a telephone for those."
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


def with_dbm(lines: str) -> str:
    """The answer of a modem with dBm beside the number of its +CSQ, which nobody reads (3GPP TS 27.007 8.5)."""
    return CSQ.sub(lambda found: f"{found[0]}  (−{113 - 2 * int(found[1])} dBm)", lines)


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


def text_under_way() -> str:
    """A text's answer is awaited: nothing else may be written."""
    return "Nothing was asked: the answer to a text may still come, and must not be mixed up. Ask again in two minutes."
