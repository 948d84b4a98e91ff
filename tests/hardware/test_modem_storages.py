"""Reading and deleting, with the forms that real modems answer in."""

import pytest

from hardware.entries import stored_in
from hardware.errors import CommandRefused
from hardware.modem import Stored
from hardware.storage import UNTOLD_S
from tests.hardware.bench import DELIVER, Bench
from tests.scripted import Late, Silence

GOOD = Stored("SM", 3, DELIVER)


def _entry(header: str, *body: str) -> Stored | None:
    return stored_in([header, *body], "SM")


@pytest.mark.parametrize(
    ("header", "body", "pdu"),
    [
        ("+CMGL: 3,0,,23", [DELIVER], DELIVER),
        ("+CMGL: 3,1,,23", [DELIVER], DELIVER),
        ('+CMGL: 3,0,"",23', [DELIVER], DELIVER),
        ('+CMGL: 3,0,"Ada, \'x",23', [DELIVER], DELIVER),
        ('+CMGL: 3,0,"broken,23', [DELIVER], DELIVER),
        ("+CMGL: 3,0,23", [DELIVER], DELIVER),
        ("+CMGL:3,0,,23", [DELIVER + ",0"], DELIVER),
        ("+CMGL: 3,0,,23", [DELIVER.lower()], DELIVER.lower()),
        ("+CMGL: 3,0,,23", [DELIVER[:20], DELIVER[20:]], DELIVER),
        ("+CMGL: 3,0,,23", [DELIVER[:20]], DELIVER[:20]),
        ("+CMGL: 3,0,,23", ["RSSI LEVEL 3", DELIVER], DELIVER),
        ("+CMGL: 3,0,,23", [DELIVER[:20], "SIM READY", DELIVER[20:]], DELIVER),
        ("+CMGL: 3,0,,0", ["SIM READY"], None),
        ("+CMGL: 3,0,,23", ["?? ??"], "?? ??"),
        (
            "+CMGL: 3,0,,164",
            ["0BD04259303784=96p331p71160016D02B5FFFF"],
            "0BD04259303784=96p331p71160016D02B5FFFF",
        ),
        ("+CMGL: 3,,,92", [DELIVER], DELIVER),
        ("+CMGL: 3,0,,23", [DELIVER + "FFFFFF"], DELIVER + "FFFFFF"),
        ("+CMGL: 3,2,,23", [DELIVER], None),
        ("+CMGL: 3,3,,29", ["C474795E968388E9"], None),
        ("+CMGL: 3,0,,0", [], None),
        ("+CMGL: 3,0,,0", ["00"], None),
        ("+CMGL: 3,0,,0", ["00FFFFFFFFFFFF"], None),
        ("+CMGL: 3,,,35", ["0011000B912120555521F30000AA04F4F29C0E"], None),
        ("+CMGL: x,0,,23", [DELIVER], None),
    ],
)
def test_entries_as_modems_write_them(header: str, body: list[str], pdu: str | None) -> None:
    assert _entry(header, *body) == (None if pdu is None else Stored("SM", 3, pdu))


@pytest.mark.parametrize(
    "header", ["+CMGR: 1,,23", "+CMGR: 0,23", "+CMGR: 23", "+CMGR: ,,23", '+CMGR: 0,"",23']
)
def test_without_cmgl_slots_are_read_one_by_one(header: str) -> None:
    rules = {
        "AT+CMGL=4": "ERROR",
        "AT+CMGR=3": f"{header}\n{DELIVER}",
        "AT+CMGR=5": "+CMGR: 2,,23\n" + DELIVER,
    }
    bench = Bench(
        {
            **rules,
            "AT+CMGR=0": "+CMS ERROR: 321",
            "AT+CMGR=1": "+CMGR: 0,,0",
            "AT+CMGR=2": "ERROR",
            "AT+CMGR=*": "OK",
        }
    )
    assert bench.modem.list(everything=False) == [GOOD]
    bench.modem.list(everything=False)
    assert bench.scripted.written.count("AT+CMGL=4") == 2, "once more in PDU mode, and then never again"
    assert "AT+CMGR=30" in bench.scripted.written
    assert "AT+CMGR=31" not in bench.scripted.written


COUNTED = '+CPMS: "SM",{0},30,"SM",{0},30,"SM",{0},30'


@pytest.mark.parametrize("counted", [COUNTED.format(1), "+CPMS: 1,30,1,30,1,30"])
def test_a_slot_that_seems_empty_at_first_is_read_again_while_the_modem_counts_what_lies_there(
    counted: str,
) -> None:
    """F42 without CMGL: a stop that had just come was walked past, and a text to this person left (seed 775430)."""
    bench = Bench(
        {
            "AT+CMGL=4": "ERROR",
            "AT+CPMS?": counted,
            "AT+CMGR=3": [*["+CMS ERROR: 321"] * 3, f"+CMGR: 0,,23\n{DELIVER}"],
            "AT+CMGR=*": "+CMS ERROR: 321",
        }
    )
    began = bench.clock.monotonic()
    assert bench.modem.list(everything=False) == [GOOD]
    assert 1.0 <= bench.clock.monotonic() - began < 1.5


def _walked(bench: Bench) -> int:
    """How often each slot is looked into while nothing is found."""
    before = bench.scripted.written.count("AT+CMGR=3")
    assert bench.modem.list(everything=False) == []
    return bench.scripted.written.count("AT+CMGR=3") - before


def test_what_is_counted_too_much_for_a_minute_is_how_this_modem_counts_until_it_counts_otherwise() -> None:
    rules = {
        "AT+CPMS=?": '+CPMS: ("SM"),("SM"),("SM")',
        "AT+CMGL=4": "ERROR",
        "AT+CPMS?": COUNTED.format(12),
        "AT+CMGR=3": "+CMS ERROR: 321",
        "AT+CMGR=*": "+CMS ERROR: 321",
    }
    bench = Bench(rules)
    assert _walked(bench) == 4
    assert _walked(bench) == 4
    bench.clock.time_s += 60
    assert _walked(bench) == 1
    # It counts right again, and what it counts now is a text that it does not show at first.
    bench.scripted.rules["AT+CPMS?"] = COUNTED.format(1)
    bench.scripted.rules["AT+CMGR=3"] = ["+CMS ERROR: 321", f"+CMGR: 0,,23\n{DELIVER}"]
    assert bench.modem.list(everything=False) == [GOOD]


def test_a_modem_that_is_slow_slot_by_slot_is_looked_through_once_more_and_no_more() -> None:
    bench = Bench(
        {"AT+CMGL=4": "ERROR", "AT+CPMS?": COUNTED.format(1), "AT+CMGR=*": Late(0.3, "+CMS ERROR: 321")}
    )
    assert _walked(bench) == 2


def test_a_modem_that_does_not_answer_how_much_it_holds_is_asked_once() -> None:
    bench = Bench({"AT+CMGL=4": "ERROR", "AT+CPMS?": "ERROR", "AT+CMGR=*": "+CMS ERROR: 321"})
    assert [_walked(bench), _walked(bench)] == [1, 1]
    assert bench.scripted.written.count("AT+CPMS?") == 1


def test_a_modem_that_does_not_say_where_it_reads_is_not_waited_for_at_each_deletion() -> None:
    bench = Bench({"AT+CMGL=4": f"+CMGL: 3,0,,23\n{DELIVER}"})
    bench.scripted.rules["AT+CPMS?"] = Silence()
    for _ in range(3):
        [found] = bench.modem.list(everything=False)
        bench.modem.delete(found)
    assert bench.scripted.written.count("AT+CPMS?") == 1


def test_a_draft_is_counted_and_not_looked_for() -> None:
    bench = Bench(
        {
            "AT+CMGL=4": "ERROR",
            "AT+CPMS?": COUNTED.format(1),
            "AT+CMGR=5": "+CMGR: 2,,23\n" + DELIVER,
            "AT+CMGR=*": "+CMS ERROR: 321",
        }
    )
    assert bench.modem.list(everything=False) == []
    assert bench.scripted.written.count("AT+CMGR=3") == 1


def test_a_list_without_its_beginning_is_asked_for_once_more() -> None:
    """Another program at the port took the header of the only text: the list was taken for an empty one."""
    whole = f"+CMGL: 3,0,,23\n{DELIVER}"
    bench = Bench({"AT+CMGL=4": [DELIVER, whole]})
    assert bench.modem.list(everything=False) == [GOOD]
    bench = Bench({"AT+CMGL=4": [f"{whole}\n{DELIVER}", f"{whole}\n+CMGL: 4,0,,23\n{DELIVER}"]})
    assert bench.modem.list(everything=False) == [GOOD, Stored("SM", 4, DELIVER)], "it took the second header"
    bench = Bench({"AT+CMGL=4": f"+CMGL: 3,0,,23\n{DELIVER[:20]}\n{DELIVER[20:]}"})
    assert bench.modem.list(everything=False) == [GOOD]
    assert bench.scripted.written == ["AT+CMGL=4", "AT+CMGR=3"], "a PDU in two lines lacks nothing"
    lies = {"AT+CMGR=3": f"+CMGR: 0,,23\n{DELIVER}", "AT+CMGR=*": "+CMS ERROR: 321"}
    for torn in (
        "+NEVER\n" + DELIVER,
        DELIVER[-10:],
    ):  # a text left behind a stop of which this was the end (seed 1100206)
        bench = Bench({"AT+CMGL=4": torn, **lies})
        assert bench.modem.list(everything=False) == [GOOD]
    bench = Bench(
        {"AT+CMGL=4": [",12", "3\n" + DELIVER], **lies}
    )  # a stop behind the end of its header (seed 1559925)
    assert bench.modem.list(everything=False) == [GOOD]
    bench = Bench({"AT+CMGL=4": DELIVER, **lies, "AT+CMGR=3": [DELIVER[:20], lies["AT+CMGR=3"]]})
    assert bench.modem.list(everything=False) == [GOOD]


def test_a_busy_sim_is_no_reason_to_read_slot_by_slot() -> None:
    bench = Bench({"AT+CMGL=4": "+CMS ERROR: 314"})
    with pytest.raises(CommandRefused):
        bench.modem.list(everything=False)
    assert bench.scripted.written == ["AT+CMGL=4"]


def test_a_modem_that_fell_into_text_mode_is_put_back() -> None:
    text = '+CMGL: 3,"REC UNREAD","+1202",,"24/10/07,18:38:27+8"\nhello'
    bench = Bench({"AT+CMGL=4": [text, f"+CMGL: 3,0,,23\n{DELIVER}"]})
    assert bench.modem.list(everything=False) == [GOOD]


def test_a_full_storage_of_255_texts_is_read_whole_byte_by_byte() -> None:
    texts = "\n".join(f"+CMGL: {index},1,,23\n{DELIVER}" for index in range(255))
    bench = Bench({"AT+CMGL=4": texts}, chunk=1)
    assert len(bench.modem.list(everything=False)) == 255


@pytest.mark.parametrize(
    ("lists", "now", "arrival", "readable"),
    [
        ('+CPMS: ("SM","ME"),("SM","ME"),("SM","ME")', "", "SM", ["SM", "ME"]),
        ('+CPMS: ("ME","SM","MT"),("ME","SM","MT"),("SM","MT")', "", "SM", ["SM", "ME"]),
        ('+CPMS: (ME", "SR"), ("ME", "SR"), ("ME")', "", "ME", ["ME", "SR"]),
        ('+CPMS: (("SM","BM","SR"),("SM"))', "", "SM", ["SM", "SR"]),
        ('+CPMS: "SM","SM","SM"', "", "SM", ["SM"]),
        ('+CPMS: "ME","MT","SM"', "", "SM", ["SM", "ME"]),
        ("+CPMS: (),(),()", '+CPMS: "ME",0,20,"ME",0,20,"ME",0,20', "ME", ["ME"]),
        ('+CPMS: ("SM", "ME", "SM_P", "ME_P", "MT"), ("SM"), ("SM")', "", "SM", ["SM", "ME", "SM_P", "ME_P"]),
        ('+CPMS: ("MT"),("MT"),("MT")', "", "MT", ["MT"]),
        ("ERROR", "ERROR", "SM", ["SM", "ME"]),
    ],
)
def test_storages(lists: str, now: str, arrival: str, readable: list[str]) -> None:
    rules = {"AT+CPMS=?": lists, "AT+CMGL=4": "OK"}
    bench = Bench({**rules, "AT+CPMS?": now} if now else rules)
    assert bench.modem.health().storage == arrival
    assert list(bench.modem._storages.readable) == readable


@pytest.mark.parametrize(
    ("refused", "form"),
    [
        ({}, '"SM","SM","SM"'),
        ({'AT+CPMS="??","??","??"': "ERROR"}, '"SM","SM"'),
        ({'AT+CPMS="??","??*': "ERROR"}, '"SM"'),
    ],
)
def test_storages_are_set_with_three_two_or_one_argument(refused: dict[str, str], form: str) -> None:
    bench = Bench(refused)
    bench.modem.list(everything=True)
    bench.modem.list(everything=False)
    assert bench.scripted.written[-2:] == ["AT+CMGL=4", "AT+CMGL=4"]
    set_with = [written for written in bench.scripted.written if written.startswith("AT+CPMS=")]
    assert set_with[-1] == f"AT+CPMS={form}"


def test_a_sweep_reads_every_storage_and_returns_to_the_arrival_storage() -> None:
    def contents(command: str) -> str:
        current = next(text for text in reversed(bench.scripted.written) if text.startswith("AT+CPMS="))
        return f"+CMGL: 0,1,,23\n{DELIVER}" if '="SR"' in current else f"+CMGL: 1,0,,23\n{DELIVER}"

    bench = Bench({"AT+CPMS=?": '+CPMS: ("SM","ME","SR"),("SM"),("SM")'})
    bench.scripted.rules["AT+CMGL=4"] = contents
    found = bench.modem.list(everything=True)
    assert sorted((stored.storage, stored.index) for stored in found) == [("ME", 1), ("SM", 1), ("SR", 0)]
    assert bench.scripted.written[-2] == 'AT+CPMS="SM","SM","SM"'
    bench.scripted.written.clear()
    bench.modem.delete(Stored("SR", 0, DELIVER))
    assert bench.scripted.written == ["AT+CPMS?", 'AT+CPMS="SR","SM","SM"', "AT+CMGD=0"]


@pytest.mark.parametrize("cut", ['+CPMS: ("ME"', '+CPMS: ("ME","M', "ERROR"])
def test_what_lies_in_a_storage_that_a_cut_list_does_not_name_is_read(cut: str) -> None:
    """Seed 3105: another program at the port took part of the answer, and a text lay in SM for as long as the port was open."""

    def contents(command: str) -> str:
        current = next(text for text in reversed(bench.scripted.written) if text.startswith("AT+CPMS="))
        return f"+CMGL: 3,0,,23\n{DELIVER}" if '="SM"' in current else "OK"

    bench = Bench({"AT+CPMS=?": cut, "AT+CPMS?": '+CPMS: "ME",0,20,"ME",0,20,"ME",0,20'})
    bench.scripted.rules["AT+CMGL=4"] = contents
    assert bench.modem.arrival_storage == "ME"
    assert bench.modem.list(everything=True) == [GOOD]


def test_a_usual_storage_that_the_modem_refuses_is_not_asked_for_again_and_again() -> None:
    bench = Bench({"AT+CPMS=?": '+CPMS: ("SM"),("SM"),("SM")', 'AT+CPMS="ME"*': "ERROR", "AT+CMGL=4": "OK"})
    for _ in range(3):
        assert bench.modem.list(everything=True) == []
        assert bench.modem.refused_since is None  # it says which there are: nothing waits for another
    bench.clock.advance(UNTOLD_S)
    bench.scripted.written.clear()
    assert bench.modem.list(everything=True) == []
    assert bench.modem.refused_since is None
    assert 'AT+CPMS="ME","SM","SM"' not in bench.scripted.written


def test_a_storage_that_is_advertised_but_not_there_is_passed_over() -> None:
    bench = Bench({'AT+CPMS="ME"*': "ERROR", "AT+CMGL=4": f"+CMGL: 3,0,,23\n{DELIVER}"})
    assert bench.modem.list(everything=True) == [GOOD]


@pytest.mark.parametrize("answer", ["OK", "+CMS ERROR: 321", "+CME ERROR: 21", "ERROR"])
def test_deleting_what_is_gone_is_no_error(answer: str) -> None:
    Bench({"AT+CMGD=3": answer, "AT+CMGR=3": "OK"}).modem.delete(GOOD)


def test_a_slot_that_stays_full_is() -> None:
    bench = Bench({"AT+CMGD=3": "ERROR", "AT+CMGR=3": f"+CMGR: 1,,23\n{DELIVER}"})
    with pytest.raises(CommandRefused):
        bench.modem.delete(GOOD)


def test_a_list_that_is_refused_in_one_storage_is_no_reason_to_walk_the_others() -> None:
    def contents(command: str) -> str:
        current = next(text for text in reversed(bench.scripted.written) if text.startswith("AT+CPMS="))
        return "ERROR" if '="SR"' in current else f"+CMGL: 1,0,,23\n{DELIVER}"

    bench = Bench(
        {
            "AT+CPMS=?": '+CPMS: ("SM","SR"),("SM"),("SM")',
            'AT+CPMS="ME"*': "ERROR",
            "AT+CMGR=*": "+CMS ERROR: 321",
        }
    )
    bench.scripted.rules["AT+CMGL=4"] = contents
    bench.modem.list(everything=True)
    bench.scripted.written.clear()
    assert len(bench.modem.list(everything=True)) == 1
    assert bench.scripted.written.count("AT+CMGL=4") == 1


def test_a_modem_that_hangs_in_lists_is_never_asked_for_one() -> None:
    bench = Bench({"AT+CMGR=3": f"+CMGR: 0,,23\n{DELIVER}", "AT+CMGR=*": "OK", "AT+CMGL=4": "ERROR"})
    bench.modem.read_by_slot()
    assert bench.modem.list(everything=False) == [GOOD]
    assert "AT+CMGL=4" not in bench.scripted.written


def test_one_argument_chooses_what_is_read_and_not_where_texts_arrive() -> None:
    rules = {'AT+CPMS="??","??*': "ERROR", "AT+CPMS?": '+CPMS: "ME",0,20,"SM",0,30,"SM",0,30'}
    bench = Bench({**rules, 'AT+CPMS="ME"': "+CPMS: 0,99", "AT+CMGL=4": "OK"})
    assert bench.modem.arrival_storage == "SM"


def test_a_modem_that_lets_no_storage_be_chosen_is_read_where_it_stands() -> None:
    bench = Bench({"AT+CPMS=*": "+CMS ERROR: 302", "AT+CMGL=4": f"+CMGL: 3,0,,23\n{DELIVER}"})
    assert bench.modem.list(everything=True) == [GOOD]


def test_a_storage_that_only_an_indication_names_is_read_too() -> None:
    """A modem that advertises SM and ME put its reports into SR, said so, and they lay there."""
    bench = Bench({"AT+CPMS=?": '+CPMS: ("SM","ME"),("SM","ME"),("SM","ME")', "AT+CMGL=4": "OK"})
    bench.modem.also_read("SR")
    bench.modem.also_read('"; +CMGD=1')
    bench.scripted.written.clear()
    bench.modem.list(everything=True)
    chosen = [text for text in bench.scripted.written if text.startswith("AT+CPMS=")]
    assert any(text.startswith('AT+CPMS="SR"') for text in chosen)
    assert not any("CMGD" in text for text in bench.scripted.written)


def test_what_came_in_pieces_is_read_once_more_in_its_place() -> None:
    """Another program had taken the end, and its own AT+CIMI was answered in that place: the text ended in an IMSI."""
    cut, imsi = DELIVER[:-12], "310410123456"
    whole = f"+CMGR: 1,,23\n{DELIVER}"
    bench = Bench({"AT+CMGL=4": f"+CMGL: 3,1,,23\n{cut}\n{imsi}", "AT+CMGR=3": whole})
    assert bench.modem.list(everything=False) == [GOOD]
    other = whole.replace(DELIVER[:20], DELIVER[:20][::-1])  # it reads in another storage by now
    bench = Bench({"AT+CMGL=4": f"+CMGL: 3,1,,23\n{cut}\n{imsi}", "AT+CMGR=3": other})
    assert bench.modem.list(everything=False) == [Stored("SM", 3, cut + imsi)]
    bench.link.arrive("\r\n+COPS: 0\r\n\r\nOK\r\n")
    bench.clock.advance(1)
    assert bench.modem.list(everything=False) == [Stored("SM", 3, cut)], "which is not believed"


@pytest.mark.parametrize("beside", [False, True])
def test_words_before_a_record_in_pieces_are_not_its_beginning(beside: bool) -> None:
    """What the modem says between was compared with the record in its place, and kept instead of the text."""
    pieces = f"{DELIVER[:20]}\n{DELIVER[20:]}"
    said = f"+CMGL: 3,1,,23\nRSSI LEVEL 3\n{pieces}"
    bench = Bench({"AT+CMGL=4": said, "AT+CMGR=3": f"+CMGR: 1,,23\n{pieces}"})
    if beside:
        bench.link.arrive("\r\n+COPS: 0\r\n\r\nOK\r\n")
        bench.clock.advance(1)
    assert bench.modem.list(everything=False) == [GOOD]
