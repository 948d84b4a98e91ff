"""Storages beside another program at the port, which takes answers to us and gets its own commands answered between ours."""

import pytest

from hardware.errors import CommandRefused, SubmitUncertain
from hardware.modem import LateSubmit, Stored
from tests.hardware.bench import DELIVER, TPDU, Bench
from tests.scripted import PDU, Raw, Silence

GOOD = Stored("SM", 3, DELIVER)
SPLICED = (
    "+CMGS: 0,12,0,12,0,12",  # of +CPMS, after it was chosen
    '+CMGS: "SM",0,12,"SM",0,12',
    '+CMGS: 0,0,"Textbank Mobile",2',  # +COPS
    "+CMGS: 1,1,1",  # +CSMS
    '+CMGS: "IRA"',  # +CSCS
    '+CMGS: ("SM","ME"),("SM")',  # of the questions what there is
    '+CMGS: (2,"Textbank Mobile","TB","26202",7)',
    "+CMGS: (0,1),(0,1)",
    "+CMGS: ,,1",
    '+CMGS: 0,"IRA"',
    "+CMGS: 0,12",
)


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
    bench = Bench({"AT+CMGL=4": "ERROR", "AT+CMGR=3": [f"+CMGR: 0,,23\n{text}" for text in (DELIVER, DELIVER, other)],
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


def test_while_the_result_of_a_command_is_owed_an_empty_list_is_asked_for_once_more() -> None:
    """ESC was not answered, another program's OK ended the list that it took, and a stop lay there while a text left (seed 1467515)."""
    bench = Bench({"AT+CMGL=4": ["OK", f"+CMGL: 3,0,,23\n{DELIVER}"]})
    with bench.modem.prompt(len(TPDU)):
        pass
    assert bench.modem.list(everything=False) == [GOOD]


@pytest.mark.parametrize("spliced", SPLICED)
def test_the_beginning_of_a_list_before_the_end_of_another_answer_is_no_acceptance(spliced: str) -> None:
    """Another program had read what stood between, and a text that was never sent was said to be (seed 1465344)."""
    bench = Bench()
    assert not [
        notice for notice in bench.hear(f"\r\n{spliced}\r\n\r\nOK\r\n") if isinstance(notice, LateSubmit)
    ]
    bench = Bench({PDU: [Raw(f"\r\n{spliced}\r\n\r\nOK\r\n".encode())]})
    with pytest.raises(SubmitUncertain):
        bench.send()


@pytest.mark.parametrize(
    "whole",
    [
        "+CMGS: 7",
        "+CMGS:7",
        "+CMGS: 7 SENT",
        "+CMGS: 7,",
        "+CMGS: 7,00016211422150630A",
        '+CMGS: 7,"26/11/24,12:05:03-20"',
    ],
)
def test_an_acceptance_may_bring_the_report_or_the_time_of_the_centre(whole: str) -> None:
    assert Bench({PDU: whole}).send() == 7
    assert Bench().hear(f"\r\n{whole}\r\n") == [LateSubmit(7)]


@pytest.mark.parametrize("error", ["+CME ERROR: 5", "+CMS ERROR: 31", "ERROR", "+CMS ERROR:", "+CME ERROR:"])
def test_an_error_behind_a_bare_ok_is_not_the_refusal_of_a_text(error: str) -> None:
    """Both were another program's, which had taken the acceptance: the text went twice, or once though it was "withdrawn" (seeds
    1477223, 1474928)."""
    bench = Bench({PDU: [Raw(f"\r\nOK\r\n\r\n{error}\r\n".encode()), Silence()]})
    with pytest.raises(SubmitUncertain):
        bench.send()


def test_what_another_program_chose_while_texts_are_deleted_is_not_deleted_from() -> None:
    """It came between two of them and chose ME: a text that nobody had read was deleted there."""
    bench = Bench({"AT+CMGL=4": f"+CMGL: 2,0,,23\n{DELIVER}\n+CMGL: 3,0,,23\n{DELIVER}"})
    texts = bench.modem.list(everything=False)
    bench.modem.delete(texts[1])
    bench.scripted.rules |= {"AT+CMGR=2": f"+CMGR: 0,,23\n{DELIVER[:-2]}AA"}
    bench.link.arrive("\r\n+CPMS: 1,20,1,20,1,20\r\n\r\nOK\r\n")
    with pytest.raises(CommandRefused):
        bench.modem.delete(texts[0])
    assert 'AT+CPMS="SM","SM","SM"' in bench.scripted.written
    assert "AT+CMGD=2" not in bench.scripted.written


@pytest.mark.parametrize("its", ['AT+CPMS="ME"\r', "+CPMS: 3,12,3,12,3,12"], ids=["command", "answer"])
def test_what_another_program_chose_behind_the_text_that_was_read_is_not_deleted_from(its: str) -> None:
    """Its answer ended ours, and an unread text was deleted that lay in the same slot of the other storage (dense seed 33000045)."""
    bench = Bench({"AT+CMGL=4": f"+CMGL: 3,0,,23\n{DELIVER}", "AT+CMGR=3": Raw(
        f"\r\n+CMGR: 0,,23\r\n{DELIVER}\r\n{its}\r\n\r\nOK\r\n".encode())})  # fmt: skip
    texts = bench.modem.list(everything=False)
    bench.link.arrive("\r\n+COPS: 0\r\n\r\nOK\r\n")
    with pytest.raises(CommandRefused):
        bench.modem.delete(texts[0])
    assert "AT+CMGD=3" not in bench.scripted.written
    bench.scripted.rules |= {"AT+CMGR=3": f"+CMGR: 0,,23\n{DELIVER}"}
    bench.modem.delete(bench.modem.list(everything=False)[0])
    assert "AT+CMGD=3" in bench.scripted.written


def test_what_comes_with_a_deletion_is_another_programs_answer() -> None:
    """It had the modem's word of another SIM, on which two unread texts were deleted in the slots of those before (dense seed 38000376)."""
    bench = Bench(
        {"AT+CMGL=4": f"+CMGL: 2,0,,23\n{DELIVER}\n+CMGL: 3,0,,23\n{DELIVER}", "AT+CMGD=3": DELIVER[-40:]}
    )
    texts = bench.modem.list(everything=False)
    bench.modem.delete(texts[1])
    bench.scripted.rules |= {"AT+CMGR=2": f"+CMGR: 0,,23\n{DELIVER[:-2]}AA"}
    with pytest.raises(CommandRefused):
        bench.modem.delete(texts[0])
    assert "AT+CMGD=2" not in bench.scripted.written


@pytest.mark.parametrize("behind", ["", f"\n+CMGL: 4,0,,23\n{DELIVER}"])
def test_a_text_of_which_only_the_header_came_is_read_in_its_place(behind: str) -> None:
    """Another program had read the rest, nothing told of it, and a stop lay there while a text left."""
    bench = Bench({"AT+CMGL=4": f"+CMGL: 3,0,,23{behind}", "AT+CMGR=3": f"+CMGR: 0,,23\n{DELIVER}"})
    assert bench.modem.list(everything=False)[0] == GOOD


def test_where_more_are_counted_than_were_listed_nothing_is_deleted_that_was_not_seen_to_lie_there() -> None:
    """Before it was heard another program read what stood between a header and the next one's text: the first was deleted unread."""
    other = DELIVER[:-2] + "AA"
    bench = Bench({"AT+CMGL=4": f"+CMGL: 3,0,,23\n{DELIVER}", "AT+CMGR=3": f"+CMGR: 0,,23\n{other}",
                   "AT+CPMS?": '+CPMS: "SM",2,30,"SM",2,30,"SM",2,30'})  # fmt: skip
    with pytest.raises(CommandRefused):
        bench.modem.delete(*bench.modem.list(everything=False))
    assert "AT+CMGD=3" not in bench.scripted.written


def test_an_echo_that_is_back_tells_that_the_modem_was_set_anew() -> None:
    """Another program's ATZ had chosen text mode: a PDU was about to go as words to the number 17 (seed 5010805)."""
    bench = Bench({"AT+CMGS=*": [Raw(b"AT+CMGS=17\r\r\n> ")]})
    assert not bench.modem.has_company
    with bench.modem.prompt(len(TPDU)):
        assert bench.modem.has_company


@pytest.mark.parametrize("listed", ["+CSQ: 17,99", "K"], ids=["its question", "the rest of an answer"])
def test_what_lies_among_no_texts_is_perhaps_of_another_program(listed: str) -> None:
    """It had chosen text mode, and the PDU went as words to the number 17 (dense seed 42001366)."""
    bench = Bench({"AT+CMGL=4": listed, "AT+CMGF?": "+CMGF: 0"})
    assert bench.modem.list(everything=False) == []
    with bench.modem.prompt(len(TPDU)):
        assert bench.scripted.written[-2:] == ["AT+CMGF?", f"AT+CMGS={len(TPDU)}"]


def test_a_text_that_is_refused_for_text_mode_tells_that_the_modem_was_set_anew() -> None:
    bench = Bench({PDU: "+CMS ERROR: 305", "AT+CMGF?": "+CMGF: 0"})
    with pytest.raises(CommandRefused):
        bench.send()
    with bench.modem.prompt(len(TPDU)):
        assert bench.scripted.written.count("AT+CMGF?") == 1


def test_a_modem_that_always_counts_one_more_is_not_asked_for_each_text_again() -> None:
    bench = Bench({"AT+CMGL=4": f"+CMGL: 3,0,,23\n{DELIVER}", "AT+CMGR=3": f"+CMGR: 0,,23\n{DELIVER}",
                   "AT+CPMS?": '+CPMS: "SM",2,30,"SM",2,30,"SM",2,30'})  # fmt: skip
    for _ in range(3):
        bench.modem.delete(*bench.modem.list(everything=False))
    assert bench.scripted.written.count("AT+CMGR=3") == 1
    assert bench.scripted.written.count("AT+CMGD=3") == 3


def test_a_text_that_is_shown_without_its_service_centre_is_the_same() -> None:
    bench = Bench({"AT+CMGL=4": f"+CMGL: 3,0,,23\n{DELIVER}", "AT+CMGR=3": f"+CMGR: 0,,23\n00{DELIVER[16:]}"})
    bench.hear("\r\n+COPS: 0\r\n\r\nOK\r\n")
    bench.modem.delete(*bench.modem.list(everything=False))
    assert "AT+CMGD=3" in bench.scripted.written


def test_an_ok_before_the_prompt_may_be_another_programs() -> None:
    """It had just chosen text mode, and the PDU was about to go as words to the number 17."""
    bench = Bench({"AT+CMGS=*": [Raw(b"\r\nOK\r\n\r\n> ")]})
    with bench.modem.prompt(len(TPDU)):
        assert bench.modem.has_company


def test_a_list_of_which_another_program_took_a_whole_text_is_asked_for_once_more() -> None:
    """A stop lay in the slot that was not listed, and a text left."""
    both = f"+CMGL: 3,0,,23\n{DELIVER}\n+CMGL: 4,0,,23\n{DELIVER[:-2]}AA"
    bench = Bench({"AT+CMGL=4": [f"+CMGL: 4,0,,23\n{DELIVER[:-2]}AA", both],
                   "AT+CPMS?": '+CPMS: "SM",2,30,"SM",2,30,"SM",2,30'})  # fmt: skip
    bench.hear("\r\n+COPS: 0\r\n\r\nOK\r\n")
    assert {stored.index for stored in bench.modem.list(everything=False)} == {3, 4}


def test_a_list_of_which_another_program_took_the_beginning_and_then_all_is_read_slot_by_slot() -> None:
    """A stop lay there, the second list was an OK alone, and a text left (dense seed 5020984)."""
    bench = Bench(
        {
            "AT+CMGL=4": [DELIVER[8:], "OK"],
            "AT+CMGR=3": f"+CMGR: 0,,23\n{DELIVER}",
            "AT+CMGR=*": "+CMS ERROR: 321",
        }
    )
    assert bench.modem.list(everything=False) == [GOOD]


def test_a_size_that_no_storage_has_is_none_that_is_looked_through() -> None:
    """The digits of two answers stood together, and the station read empty slots for ever (dense seed 5020951)."""
    bench = Bench({"AT+CPMS=*": "+CPMS: 0,123456,0,123456,0,123456", "AT+CMGL=4": "ERROR",
                   "AT+CMGR=3": f"+CMGR: 0,,23\n{DELIVER}", "AT+CMGR=*": "+CMS ERROR: 321"})  # fmt: skip
    assert [stored.index for stored in bench.modem.list(everything=False)] == [3]
    assert "AT+CMGR=1000" not in bench.scripted.written


OTHER = DELIVER[:-2] + "AA"


@pytest.mark.parametrize(
    ("places", "believed"),
    [
        ([DELIVER, DELIVER], DELIVER),
        ([OTHER], OTHER),
        ([DELIVER, OTHER], OTHER),  # else it may be cut in three readings in a row, kept so, and deleted
        ([DELIVER, DELIVER[:-2] + "BB"], OTHER[:-2]),
    ],
    ids=["the list was spliced", "it was not", "the place was", "nothing is read twice alike"],
)
def test_beside_another_program_a_text_is_believed_that_is_read_twice_alike(
    places: list[str], believed: str
) -> None:
    """The end of another text stood behind the beginning of this one, and what nobody wrote was shown (dense seed 5021612)."""
    in_place = [f"+CMGR: 0,,23\n{place}" for place in places]
    bench = Bench({"AT+CMGL=4": f"+CMGL: 3,0,,23\n{OTHER}", "AT+CMGR=3": in_place})
    bench.hear("\r\n+COPS: 0\r\n\r\nOK\r\n")
    assert bench.modem.list(everything=False) == [Stored("SM", 3, believed)]


def test_an_answer_about_the_mode_that_another_program_took_is_asked_for_once_more() -> None:
    """It had chosen text mode: that the modem does not tell its mode was believed, and a PDU went as words to the number 17."""
    bench = Bench({"AT+CMGF?": [Silence(), "+CMGF: 0"]})
    bench.hear("\r\n+COPS: 0\r\n\r\nOK\r\n")
    with bench.modem.prompt(len(TPDU)):
        assert [line for line in bench.scripted.written if line.startswith("AT+CMGF")][-4:] == [
            "AT+CMGF=0",
            "AT+CMGF?",
        ] * 2
