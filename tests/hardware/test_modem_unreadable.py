"""Modems that refuse to list texts and to read one, for a moment or for good."""

import pytest

from hardware.errors import CommandRefused
from hardware.modem import Stored
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
