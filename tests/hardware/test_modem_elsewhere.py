"""Storages that take texts and do not show them."""

import pytest

from hardware.errors import CommandRefused
from hardware.modem import Stored
from hardware.shelf import BELIEVED_S
from hardware.storage import UNTOLD_S
from tests.hardware.bench import DELIVER, Bench

GOOD = Stored("SM", 3, DELIVER)


def test_where_nothing_that_is_counted_can_be_read_texts_arrive_in_another_storage() -> None:
    """EC200A (A24M16) stores 180 texts in ME and shows none: no list, no slot. A stop that came there was never seen."""
    me = "+CPMS: 1,180,1,180,1,180"
    bench = Bench({'AT+CPMS="ME"*': me, "AT+CPMS?": '+CPMS: "ME",1,180,"ME",1,180,"ME",1,180'})
    assert bench.modem.arrival_storage == "ME"
    assert bench.modem.list(everything=True) == []
    bench.clock.time_s += BELIEVED_S - 10
    assert bench.modem.list(everything=True) == []
    assert bench.modem.arrival_storage == "ME", "for a moment some count what they do not show yet"
    bench.clock.time_s += 20
    bench.modem.list(everything=True)
    assert bench.modem.arrival_storage == "SM"
    bench.scripted.written.clear()
    bench.scripted.rules["AT+CMGL=4"] = [f"+CMGL: 3,0,23\n{DELIVER}", "OK"]
    bench.scripted.rules["AT+CPMS?"] = '+CPMS: "SM",1,15,"SM",1,15,"SM",1,15'
    assert bench.modem.list(everything=False) == [GOOD]
    bench.modem.delete(GOOD)
    assert not [command for command in bench.scripted.written if "ME" in command]


def test_so_they_do_while_more_and_more_are_counted() -> None:
    bench = Bench({'AT+CPMS="ME"*': "+CPMS: 0,180,0,180,0,180"})
    for used in range(1, 5):
        counts = f"{used},180"
        bench.scripted.rules['AT+CPMS="ME"*'] = f"+CPMS: {counts},{counts},{counts}"
        bench.scripted.rules["AT+CPMS?"] = f'+CPMS: "ME",{counts},"ME",{counts},"ME",{counts}'
        bench.modem.list(everything=True)
        bench.clock.time_s += BELIEVED_S / 2
    assert bench.modem.arrival_storage == "SM"


def test_a_storage_that_gave_texts_stays_where_they_arrive_however_it_counts() -> None:
    me = "+CPMS: 1,180,1,180,1,180"
    bench = Bench({'AT+CPMS="ME"*': me, "AT+CPMS?": '+CPMS: "ME",1,180,"ME",1,180,"ME",1,180'})
    bench.scripted.rules["AT+CMGL=4"] = [f"+CMGL: 3,0,23\n{DELIVER}", "OK"]
    assert bench.modem.list(everything=False) == [Stored("ME", 3, DELIVER)]
    for _ in range(3):
        bench.clock.time_s += BELIEVED_S
        bench.modem.list(everything=True)
    assert bench.modem.arrival_storage == "ME"


@pytest.mark.parametrize("counts", ["ERROR", '+CPMS: "SM",0,30,"SM",0,30,"SM",0,30'])
def test_an_empty_list_may_be_a_refusal(counts: str) -> None:
    """oFono's phonesim has no slot to list and says 321: it was called unreadable, and told to hand over what it stores well."""
    bench = Bench({"AT+CPMS?": counts, "AT+CMGL=4": "+CMS ERROR: 321", "AT+CMGR=*": "ERROR"})
    assert bench.modem.list(everything=False) == []
    assert not [written for written in bench.scripted.written if "CNMI" in written or "CMGR" in written]
    bench.scripted.rules["AT+CMGL=4"] = f"+CMGL: 3,0,23\n{DELIVER}"
    assert bench.modem.list(everything=False) == [GOOD]


def test_what_is_counted_is_looked_for_behind_such_a_refusal() -> None:
    counts = '+CPMS: "SM",1,30,"SM",1,30,"SM",1,30'
    refused = "+CMS ERROR: 321"
    rules = {
        "AT+CPMS?": counts,
        "AT+CMGL=4": refused,
        "AT+CMGR=3": f"+CMGR: 0,,23\n{DELIVER}",
        "AT+CMGR=*": refused,
    }
    assert Bench(rules).modem.list(everything=False) == [GOOD]


@pytest.mark.parametrize("slots", [0, 50])
def test_a_sim_without_slots_for_texts_stops_nothing(slots: int) -> None:
    """Some eSIMs have none ("SM",0,0, ML307R): that they cannot be listed was taken for a SIM that fails, and ME was never read."""
    stands = {
        "AT+CPMS?": '+CPMS: "ME",1,99,"ME",1,99,"ME",1,99',
        'AT+CPMS="SM"*': f"+CPMS: 0,{slots},1,99,1,99",
    }
    bench = Bench({**stands, 'AT+CPMS="ME"*': "+CPMS: 1,99,1,99,1,99"})
    bench.scripted.rules["AT+CMGL=4"] = ["+CMS ERROR: 313", f"+CMGL: 3,0,23\n{DELIVER}", "OK"]
    if slots:
        with pytest.raises(CommandRefused):
            bench.modem.list(everything=True)
        return
    assert bench.modem.list(everything=True) == [Stored("ME", 3, DELIVER)]
    bench.clock.time_s += UNTOLD_S
    assert bench.modem.refused_since is None
