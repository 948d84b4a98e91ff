"""Modems that hand texts over and wait for AT+CNMA (27.005 3.4.4)."""

import pytest

from hardware.modem import Direct, Restarted
from tests.hardware.bench import TPDU
from tests.hardware.start_bench import Bench
from tests.scripted import Late, Raw

PDU = "07913366003051F5040B913366304381F900005180719120348004D4F29C0E"
ONLY_DIRECT = {
    "AT+CNMI=2,2,0,1,0": "OK",
    "AT+CNMI=*": "+CMS ERROR: 303",
    "AT+CNMI?": "+CNMI: 2,2,0,1,0",
}


def direct(**rules: object) -> Bench:
    bench = Bench({**rules, **{k: v for k, v in ONLY_DIRECT.items() if k not in rules}}).start()
    bench.scripted.written.clear()
    return bench


def test_a_modem_that_cannot_store_is_told_that_we_acknowledge() -> None:
    bench = Bench(ONLY_DIRECT).start()
    assert bench.scripted.written.index("AT+CSMS=1") < bench.scripted.written.index("AT+CNMI=2,2,0,1,0")


def test_a_modem_that_direct_reports_hang_hands_over_texts_alone() -> None:
    """Novatel's wait for an acknowledgement of each report, and refuse it: it was dead until it was unplugged."""
    bench = Bench({"AT+CGMI": "Novatel Wireless Incorporated", "AT+CGMM": "MC545 HSPA"}).start()
    assert bench.modem.hand_over_texts()
    assert not [
        text
        for text in bench.scripted.written
        if text.startswith("AT+CNMI=") and text.split(",")[3:4] == ["1"]
    ]


def test_android_s_own_form_is_asked_for_before_a_modem_is_called_unreadable() -> None:
    """Android's emulators (goldfish, Cuttlefish) list nothing and take the one form that its radio layer sends, ended by CR alone."""
    unknown = dict.fromkeys(("AT+CNMI=*", "AT+CPMS*", "AT+CMGL*", "AT+CMGR*"), "+CME ERROR: 4")
    bench = Bench({"AT+CNMI=1,2,2,1,1": "OK", **unknown}).start()
    assert bench.modem.list(everything=True) == []
    bench.link.arrive(f"+CMT: 0\r{PDU}\r")
    bench.modem.wait(bench.clock.monotonic() + 1)
    assert bench.modem.notices() == [Direct("deliver", PDU)]


def test_what_was_handed_over_is_acknowledged_in_the_plain_form() -> None:
    bench = direct()
    bench.link.arrive(f"\r\n+CMT: ,23\r\n{PDU}\r\n")
    bench.modem.wait(bench.clock.monotonic() + 1)
    assert bench.modem.notices() == [Direct("deliver", PDU)]
    bench.modem.acknowledge()
    assert bench.scripted.written == ["AT+CNMA"]


def test_a_modem_that_stores_and_answers_by_itself_gets_no_acknowledgement() -> None:
    bench = Bench().start()
    bench.scripted.written.clear()
    bench.modem.acknowledge()
    assert bench.scripted.written == []


def test_one_that_will_not_answer_by_itself_is_acknowledged_too() -> None:
    bench = Bench({"AT+CSMS=0": "ERROR", "AT+CSMS?": "+CSMS: 1,1,1,1"}).start()
    bench.scripted.written.clear()
    bench.modem.acknowledge()
    assert bench.scripted.written == ["AT+CNMA"]


def test_a_refused_acknowledgement_is_harmless_while_the_indications_stand() -> None:
    bench = direct(**{"AT+CNMA": "+CMS ERROR: 340"})
    bench.modem.acknowledge()
    assert bench.scripted.written == ["AT+CNMA", "AT+CNMI?"]
    assert bench.modem.notices() == []


def test_indications_that_ended_with_a_late_acknowledgement_are_set_again() -> None:
    read = ["+CNMI: 2,2,0,1,0", "+CNMI: 2,0,0,0,0"]
    bench = direct(**{"AT+CNMA": "+CMS ERROR: 340", "AT+CNMI?": read})
    bench.modem.acknowledge()
    assert bench.scripted.written == ["AT+CNMA", "AT+CNMI?", "AT+CNMI=2,2,0,1,0"]
    assert bench.modem.notices() == []


def test_a_modem_that_will_not_be_armed_again_is_started_anew() -> None:
    answers = ["OK", "ERROR"]
    bench = Bench(
        {
            "AT+CNMA": "+CMS ERROR: 340",
            "AT+CNMI=2,2,0,1,0": answers,
            "AT+CNMI=*": "ERROR",
            "AT+CNMI?": ["+CNMI: 2,2,0,1,0", "+CNMI: 2,0,0,0,0"],
        }
    ).start()
    bench.modem.acknowledge()
    assert [type(notice) for notice in bench.modem.notices()] == [Restarted]


CUT = [
    f"\r\n+CMT: ,23\r\n{PDU[:1]}\r\n+CREG: 1\r\n{PDU[1:]}\r\n",
    f"\r\n+CMT: ,23\r\n{PDU[:24]}\r\n+CREG: 1\r\n{PDU[24:]}\r\n",
    f"\r\n+CMT: ,23\r\n{PDU[:24]}\r\n{PDU[24:]}\r\n",
    f"\r\n+CMT: ,23\r\n+CSQ: 17,99\r\n\r\nOK\r\n{PDU}\r\n",
    f"\r\n+CMT: ,23\r\n\r\nOK\r\n{PDU}\r\n",
    f"\r\n+CMT: ,23\r\n{PDU[:24]}\r\n+CSQ: 17,99\r\n\r\nOK\r\n{PDU[24:]}\r\n",
]


@pytest.mark.parametrize("said", CUT)
@pytest.mark.parametrize("asked", [False, True])
def test_a_text_handed_over_in_two_pieces_is_one_text(said: str, asked: bool) -> None:
    """A line of the network or of an answer stood between its header and its end: it was kept cut, or not at all."""
    answer = "" if "OK" in said else "\r\n+CSQ: 17,99\r\n\r\nOK\r\n"
    bench = direct(**{"AT+CSQ": Raw((said + answer).encode())} if asked else {})
    if asked:
        bench.modem.query("AT+CSQ")
    else:
        bench.link.arrive(said)
    bench.modem.last_words()
    assert [n for n in bench.modem.notices() if isinstance(n, Direct)] == [Direct("deliver", PDU)]


def test_a_text_whose_rest_never_comes_is_kept_as_far_as_it_came() -> None:
    bench = direct()
    bench.link.arrive(f"\r\n+CMT: ,23\r\n{PDU[:24]}\r\n+CREG: 1\r\n")
    bench.modem.wait(bench.clock.monotonic() + 60)
    bench.modem.notices()
    bench.modem.wait(bench.clock.monotonic() + 60)
    assert bench.modem.notices() == [Direct("deliver", PDU[:24])]
    assert bench.clock.monotonic() < 1030


def test_what_came_of_a_text_is_kept_while_an_answer_is_awaited_for_minutes() -> None:
    """A text whose rest was lost lay in memory until the answer was there, where a power cut takes it: it may be a stop."""
    kept: list[float] = []
    bench = direct()

    def keep(direct: Direct) -> bool:
        kept.append(bench.clock.monotonic())
        return True

    bench.modem.keep_at_once(keep)
    bench.scripted.rules["<pdu>"] = Late(100.0, "+CMGS: 7")
    with bench.modem.prompt(len(TPDU)) as prompt:
        began = bench.clock.monotonic()
        bench.link.arrive(f"\r\n+CMT: ,23\r\n{PDU[:-8]}\r\n", after_s=5.0)
        assert prompt.send(TPDU) == 7
    assert [at - began for at in kept] == [6.0]
    assert [n for n in bench.modem.notices() if isinstance(n, Direct)] == [
        Direct("deliver", PDU[:-8], kept=True)
    ]


@pytest.mark.parametrize("card", ["8944110065012345678", "89860318040220133897"])
def test_the_digits_of_a_card_are_not_the_rest_of_a_text(card: str) -> None:
    """Some models tell the ICCID without its name: it was taken for a piece of the text, and the SIM was not known."""
    answer = f"\r\n+CMT: ,23\r\n{PDU[:24]}\r\n{card}\r\n\r\nOK\r\n{PDU[24:]}\r\n"
    bench = Bench({"AT+CCID": [Raw(answer.encode()), card]}).start()
    assert bench.modem.identity.iccid == card
    assert [n for n in bench.modem.notices() if isinstance(n, Direct)] == [Direct("deliver", PDU)]


def test_the_digits_of_an_answer_are_not_the_rest_of_a_text() -> None:
    answer = f"\r\n+CMT: ,23\r\n{PDU[:24]}\r\n310260123456789\r\n\r\nOK\r\n{PDU[24:]}\r\n"
    bench = direct()
    bench.scripted.rules["AT+CIMI"] = Raw(answer.encode())
    bench.modem.health()
    bench.modem.last_words()
    assert [n for n in bench.modem.notices() if isinstance(n, Direct)] == [Direct("deliver", PDU)]
    bench.modem.health()
    assert not [n for n in bench.modem.notices() if isinstance(n, Restarted)]


def test_the_last_digit_of_a_text_is_not_the_echo_of_the_one_that_leaves() -> None:
    cut = f"\r\n+CMT: ,23\r\n{PDU[:-2]}0\r\n+CREG: 1\r\n0\r\n\r\n+CMGS: 7\r\n\r\nOK\r\n"
    bench = direct(**{"<pdu>": Raw(cut.encode())})
    with bench.modem.prompt(len(TPDU)) as prompt:
        assert prompt.send(TPDU) == 7
    heard = [n for n in bench.modem.notices() if isinstance(n, Direct)]
    assert heard == [Direct("deliver", PDU[:-2] + "00")]


def test_the_first_digits_of_a_report_are_not_the_echo_of_the_text_that_leaves() -> None:
    report = "0006070B912120551500F1621124610000406211246100004000"
    cut = f"\r\n+CDS: 25\r\n{report[:2]}\r\n+CREG: 1\r\n{report[2:]}\r\n\r\n+CMGS: 7\r\n\r\nOK\r\n"
    bench = direct(**{"<pdu>": Raw(cut.encode())})
    with bench.modem.prompt(len(TPDU)) as prompt:
        assert prompt.send(TPDU) == 7
    heard = [n for n in bench.modem.notices() if isinstance(n, Direct)]
    assert heard == [Direct("report", report)]


def test_a_list_within_a_text_that_is_handed_over_keeps_its_own() -> None:
    other = PDU[:-2] + "0F"
    bench = direct()
    bench.scripted.rules["AT+CMGL=4"] = Raw(
        f"\r\n+CMT: ,23\r\n+CMGL: 3,1,,23\r\n{other}\r\n\r\nOK\r\n{PDU}\r\n".encode()
    )
    assert [stored.pdu for stored in bench.modem.list(everything=False)] == [other]
    bench.modem.last_words()
    assert [n for n in bench.modem.notices() if isinstance(n, Direct)] == [Direct("deliver", PDU)]
