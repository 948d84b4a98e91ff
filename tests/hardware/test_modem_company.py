"""Storages beside another program at the port, which takes answers to us and gets its own commands answered between ours."""

import pytest

from hardware.errors import CommandRefused
from hardware.modem import Stored
from tests.hardware.bench import DELIVER, Bench

GOOD = Stored("SM", 3, DELIVER)


def test_a_bare_ok_chooses_no_storage_that_the_modem_does_not_name() -> None:
    """The OK was of another program's AT: what lay in SM was listed once more as ME's, and deleted by its index when another text
    lay there (seed 802966)."""
    sm = '+CPMS: "SM",1,30,"SM",1,30,"SM",1,30'
    bench = Bench({'AT+CPMS="ME"*': "OK", "AT+CPMS?": sm, "AT+CMGL=4": f"+CMGL: 3,0,,23\n{DELIVER}"})
    assert {stored.storage for stored in bench.modem.list(everything=True)} == {"SM"}


def test_a_refusal_of_another_program_leaves_no_other_storage_chosen_unnoticed() -> None:
    """ME was chosen, and its answer was lost: SM is chosen anew before anything is read from it."""
    answers = {"AT+CPMS?": '+CPMS: "ME",0,99,"ME",0,99,"SM",1,30'}
    bench = Bench({**answers, 'AT+CPMS="ME"*': "ERROR"})
    bench.modem.list(everything=True)
    written = bench.scripted.written
    assert written.index('AT+CPMS="SM","SM","SM"') < written.index("AT+CMGL=4")


def test_where_another_program_was_heard_nothing_is_deleted_that_was_not_seen_to_lie_there() -> None:
    """The answer to its AT+CMGR=1 was taken for that of slot 3, which was emptied unread."""
    other = DELIVER[:-2] + "AA"
    bench = Bench({"AT+CMGL=4": "ERROR", "AT+CMGR=3": [f"+CMGR: 0,,23\n{text}" for text in (DELIVER, other)],
                   "AT+CMGR=*": "+CMS ERROR: 321"})  # fmt: skip
    bench.hear("\r\n+CMGR: 0,,0\r\n\r\nOK\r\n")
    assert bench.modem.list(everything=False) == [GOOD]
    with pytest.raises(CommandRefused):
        bench.modem.delete(GOOD)
    assert "AT+CMGD=3" not in bench.scripted.written


@pytest.mark.parametrize("counts", ['+CPMS: "SM",1,30,"SM",1,30,"SM",1,30', '0,"SM",1,30', "OK", "ERROR"])
def test_where_another_program_was_heard_none_is_there_only_when_none_is_counted(counts: str) -> None:
    """The "empty" was said to it, and it took the beginning of the count."""
    answers = {"AT+CMGL=4": "+CMS ERROR: 321", "AT+CPMS?": counts, "AT+CMGR=3": f"+CMGR: 0,,23\n{DELIVER}"}
    bench = Bench({**answers, "AT+CMGR=*": "+CMS ERROR: 321"})
    bench.hear("\r\n+COPS: 0\r\n\r\nOK\r\n")
    assert bench.modem.list(everything=False) == [GOOD]


@pytest.mark.parametrize(("company", "found"), [(True, [GOOD]), (False, [])])
def test_where_another_program_was_heard_an_empty_list_is_asked_for_once_more(
    *, company: bool, found: list[Stored]
) -> None:
    """It took the list, the OK of its ATZ ended ours, and a stop lay there while a text left (seed 1426901)."""
    bench = Bench({"AT+CMGL=4": ["OK", f"+CMGL: 3,0,,23\n{DELIVER}"]})
    if company:
        bench.hear("\r\n+COPS: 0\r\n\r\nOK\r\n")
    assert bench.modem.list(everything=False) == found


def test_where_another_program_was_heard_empty_slots_are_read_once_a_look() -> None:
    """Of a modem that is read by its slots and tells no count each look read all of them four times."""
    bench = Bench({"AT+CMGR=*": "+CMS ERROR: 321", "AT+CPMS?": "ERROR"})
    bench.modem.read_by_slot()
    bench.hear("\r\n+COPS: 0\r\n\r\nOK\r\n")
    bench.modem.list(everything=False)
    assert bench.scripted.written.count("AT+CMGR=1") == 1
