"""Modems that refuse to list texts and to read one, for a moment or for good."""

import pytest

from hardware.errors import CommandRefused
from hardware.modem import Stored
from hardware.shelf import WALKED_S
from tests.hardware.bench import DELIVER, Bench


@pytest.mark.parametrize("hands_over", ["OK", "ERROR"])
def test_a_modem_that_listed_and_for_a_moment_refuses_everything_is_not_called_unreadable(
    hands_over: str,
) -> None:
    """A passing fault of its SIM turned it, unsaid, into one that hands texts over and stores none."""
    passing = ["+CMS ERROR: 500", "+CMS ERROR: 500"]
    bench = Bench(
        {"AT+CMGL=4": ["OK", *passing, f"+CMGL: 3,0,,23\n{DELIVER}"], "AT+CMGR=*": "+CMS ERROR: 500"}
    )
    assert bench.modem.list(everything=False) == []
    bench.scripted.rules |= {"AT+CSMS=1": hands_over, "AT+CNMI=*": hands_over}
    with pytest.raises(CommandRefused):
        bench.modem.list(everything=False)
    assert not [text for text in bench.scripted.written if text.startswith(("AT+CSMS=", "AT+CNMI="))]
    assert bench.modem.list(everything=False) == [Stored("SM", 3, DELIVER)]


def test_what_was_read_elsewhere_is_kept_when_a_modem_is_told_to_hand_over_what_it_does_not_let_be_read() -> (
    None
):
    """A stop in the other storage was read, dropped with the refusal of this one, and texts left before it was read again."""
    text = f"+CMGL: 3,0,,23\n{DELIVER}"
    bench = Bench(
        {"AT+CPMS=?": '+CPMS: ("SM","ME"),("SM"),("SM")', "AT+CMGL=4": "ERROR", "AT+CMGR=*": "ERROR"}
    )

    def contents(command: str) -> str:
        current = next(text for text in reversed(bench.scripted.written) if text.startswith("AT+CPMS="))
        return text if '="ME"' in current else "ERROR"

    bench.scripted.rules["AT+CMGL=4"] = contents
    assert bench.modem.list(everything=True) == [Stored("ME", 3, DELIVER)]


def test_a_list_that_was_refused_for_a_moment_is_asked_for_again_later() -> None:
    """Slot by slot takes a second and more on a real line, and stops are then looked for only every ten seconds."""
    bench = Bench({"AT+CMGL=4": ["ERROR", "ERROR", "OK"], "AT+CMGR=*": "OK"})
    bench.modem.list(everything=False)
    bench.scripted.written.clear()
    bench.clock.advance(WALKED_S)
    bench.modem.list(everything=False)
    assert bench.scripted.written == ["AT+CMGL=4"]
