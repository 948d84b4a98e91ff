"""What a modem hands over and stores nowhere is on the disk as soon as it was heard, whatever the station waits for: a kill, or a power
cut, in the middle of that loses nothing.
"""

from typing import Any

import pytest

from gateway import flight
from gateway.station import sending
from tests.gateway.bench import Blocker
from tests.scenarios.office import EVE, Office
from tests.scenarios.receiving import pdu
from tests.scenarios.test_faults_direct import forgetful as forgetful
from tests.scenarios.test_late_answers import KilledError
from tests.simulated import ADA, LUIS


def kill(office: Office, after: str, *, seconds: float, arrives: str = "") -> None:
    """Once this is written: a text from Ada arrives, and so many seconds later the gateway is killed and started again."""
    at: list[float] = []

    def strike() -> bool:
        last = office.written[0][-1]
        if not at and last.startswith(after):
            at.append(office.now())
            if arrives:
                office.arrive(arrives, ADA)
        elif at and office.now() >= at[0] + seconds:
            raise KilledError
        return False

    office.cut_when = strike
    with pytest.raises(KilledError):
        office.run(600)
    office.cut_when = None
    office.restart()
    flight.recover_all(office.db, now=office.wall())


def test_a_stop_that_is_handed_over_while_no_prompt_comes_is_kept_at_once(forgetful: Office) -> None:
    """It lay in memory until the command was given up: a power cut took it, and her next text left."""
    office = forgetful
    office.fault("prompt_missing", "silent", 1)
    office.approved(LUIS)
    kill(office, "AT+CMGS=", seconds=5, arrives="STOP")
    assert office.texts() == ["STOP"]


def test_a_stop_that_is_handed_over_while_a_technician_asks_the_network_is_kept_at_once(
    forgetful: Office,
) -> None:
    office = forgetful
    office.fault("ussd", "never")
    office.ask("ussd", argument="*100#")
    kill(office, "AT+CUSD=1", seconds=5, arrives="STOP")
    assert office.texts() == ["STOP"]


def test_a_stop_that_is_handed_over_during_a_start_is_kept_at_once(forgetful: Office) -> None:
    office = forgetful
    office.fault("no_smsc")
    office.restart()
    kill(office, "AT+CSCA?", seconds=3, arrives="STOP")
    assert office.texts() == ["STOP"]


def test_a_report_that_is_handed_over_while_another_answer_is_awaited_is_kept_at_once(
    forgetful: Office,
) -> None:
    """It lay in memory for up to three minutes, and no modem says it twice: the text stayed without its report for ever."""
    office = forgetful
    office.fault("report_late", 20.0, 1)
    reported = office.approved(EVE)
    office.until_state(reported, "sent")
    office.fault("cmgs_late", 120_000, 1)
    office.approved(LUIS)
    kill(office, "AT+CMGS=", seconds=60)
    assert office.state(reported) == "delivered"


def test_a_report_of_the_very_text_whose_answer_is_awaited_settles_it_after_a_kill(forgetful: Office) -> None:
    """It was the only witness that the text had arrived."""
    office = forgetful
    office.fault("cmgs_silent", times=1)
    text = office.approved(LUIS)
    kill(office, "AT+CMGS=", seconds=60)
    assert office.state(text) == "delivered"


def while_committed(office: Office, monkeypatch: pytest.MonkeyPatch, *lines: str) -> None:
    """The modem says this while the next submit is committed on a busy card, as many do also between the prompt and Ctrl-Z."""
    submit = sending._submit

    def slowly(*of: Any) -> None:
        submit(*of)
        monkeypatch.setattr(sending, "_submit", submit)
        office.clock.advance(1.5)
        office.world.modems[0].urc(*lines, now=office.now(), urgent=True)

    monkeypatch.setattr(sending, "_submit", slowly)


@pytest.mark.parametrize("words", ["Can you come?", "Can you come on Saturday? " * 12], ids=["short", "long"])
def test_a_stop_that_comes_while_the_intention_is_committed_is_heard_before_the_text_leaves(
    forgetful: Office, monkeypatch: pytest.MonkeyPatch, words: str
) -> None:
    """It was read and on the disk, and then Ctrl-Z was written all the same."""
    office, stop = forgetful, pdu(forgetful, "STOP")
    while_committed(office, monkeypatch, f"+CMT: ,{len(stop) // 2 - 1}", stop)
    text = office.approved(ADA, words)
    office.run(60)
    assert (office.state(text), office.air(), office.texts()) == ("withdrawn", [], ["STOP"])
    assert [row["state"] for row in office.db.execute("SELECT state FROM segment")] in ([], ["pending"] * 3)
    assert office.sent_row(text)["attempts"] == 0, (
        "else a refusal that it meets later is its second and fails it"
    )


def test_a_stop_of_which_a_piece_has_come_while_the_intention_is_committed_is_awaited(
    forgetful: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It was shorter than its header told, so its rest was awaited for a second, and the text left meanwhile."""
    office, stop = forgetful, pdu(forgetful, "STOP")
    while_committed(office, monkeypatch, f"+CMT: ,{len(stop) // 2}", stop)
    text = office.approved(ADA)
    office.run(60)
    assert (office.state(text), office.air(), office.texts()) == ("withdrawn", [], ["STOP"])


def test_a_stop_whose_header_has_come_while_the_intention_is_committed_is_awaited(
    forgetful: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its PDU was still on the wire, which takes a third of a second at 9,600 baud, and the text left meanwhile."""
    office, stop, put_back = forgetful, pdu(forgetful, "STOP"), sending._put_back

    def and_then(*of: Any, **how: Any) -> None:
        monkeypatch.setattr(sending, "_put_back", put_back)
        office.world.modems[0].urc(stop, now=office.now(), urgent=True)
        put_back(*of, **how)

    while_committed(office, monkeypatch, f"+CMT: ,{len(stop) // 2 - 1}")
    monkeypatch.setattr(sending, "_put_back", and_then)
    text = office.approved(ADA)
    office.run(60)
    assert (office.state(text), office.air(), office.texts()) == ("withdrawn", [], ["STOP"])


@pytest.mark.parametrize("piece", ["", "0791", "07913366003051F5040B91336630"])
def test_a_text_that_never_comes_whole_holds_up_nothing(forgetful: Office, piece: str) -> None:
    """One answer after the other put off the end of the wait for its rest."""
    office, texts = forgetful, [forgetful.approved(LUIS, f"text {n}") for n in range(5)]
    office.world.modems[0].urc("+CMT: ,23", *filter(None, [piece]), now=office.now(), urgent=True)
    for text in texts:
        office.until_state(text, "sent", "delivered", limit_s=60)
    assert len(office.air()) == 5


def test_a_bell_that_rings_while_the_intention_is_committed_is_looked_for_before_the_text_leaves(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    office.until_ready()
    place = office.world.modems[0].settings.memory[2]
    read = type(office.stations[0]._reader).sweep

    def arrives(*of: Any, **how: Any) -> int:  # after the reading that comes before each text
        found = read(*of, **how)
        monkeypatch.undo()
        index = office.put(pdu(office, "STOP"), place)
        while_committed(office, monkeypatch, f'+CMTI: "{place}",{index}')
        return found

    monkeypatch.setattr(type(office.stations[0]._reader), "sweep", arrives)
    ada, luis = office.approved(ADA), office.approved(LUIS)
    office.run(60)
    assert [to for to, _ in office.air()] == [LUIS]
    assert (office.state(ada), office.state(luis)) == ("withdrawn", "delivered")
    spent = office.db.execute("SELECT sum(segments) FROM sim_day").fetchone()[0]
    assert spent == 1, "what was put back before Ctrl-Z counted against the plan of the SIM"


def test_a_restart_that_is_heard_together_with_a_text_while_the_database_is_locked_is_not_forgotten(
    forgetful: Office,
) -> None:
    """The text stayed in hand, and with the database's refusal went that the modem has forgotten all that was set."""
    office = forgetful
    office.stations[0]._desk.db.execute("PRAGMA busy_timeout=20")
    other = Blocker(office.path)
    office.run(30)
    other.lock()
    stop = pdu(office, "STOP")
    office.world.modems[0].say_raw(
        f"\r\n+CMT: ,{len(stop) // 2 - 1}\r\n{stop}\r\n\r\nRDY\r\n".encode(), office.now()
    )
    office.run(3)
    other.free()
    office.run(120)
    assert (office.texts(), office.opened) == (["STOP"], [2])
    other.close()


def test_what_comes_at_the_first_moment_of_a_start_with_another_sim_came_by_that_one(
    forgetful: Office,
) -> None:
    """Kept before the modem had told its SIM it would be the old one's, and no answer to her would ever leave."""
    office, text = forgetful, pdu(forgetful, "Who is this?", EVE)
    before = office.world.modems[0].card.iccid
    office.fault("sim_swap", {"sim": 1, "quiet": True})
    assert office.world.modems[0].card.iccid != before

    def strike() -> bool:
        if office.written[0][-1] == "ATZ":
            office.cut_when = None
            office.world.modems[0].urc(f"+CMT: ,{len(text) // 2 - 1}", text, now=office.now(), urgent=True)
        return False

    office.restart()
    office.cut_when = strike
    office.until(lambda: office.texts() == ["Who is this?"], "kept", 60)
    office.until_ready()
    [kept] = office.db.execute("SELECT iccid FROM conversation")
    assert kept["iccid"] == office.world.modems[0].card.iccid


def test_a_report_that_is_handed_over_while_the_next_text_to_the_same_person_is_refused_settles_its_own(
    forgetful: Office,
) -> None:
    """It was recorded for nobody while that answer was awaited, and asked about by nobody after the refusal: the one before stayed
    in doubt, and what somebody drafted in its place went to her a second time.
    """
    office = forgetful
    office.fault("report_late", 400.0, 1)
    office.fault("cmgs_silent", times=1)
    doubtful = office.approved(ADA)
    office.until_state(doubtful, "uncertain")
    office.run(200)
    office.fault("cmgs_error", {"code": 42, "after_s": 25}, 1)
    again = office.approved(ADA)
    office.db.execute("UPDATE message SET resend_of=? WHERE id=?", [doubtful, again])
    office.until(lambda: office.sent_row(again)["attempts"] == 1, "handed over", 120)
    office.run(600)
    assert (office.state(doubtful), office.state(again)) == ("delivered", "withdrawn")
    assert len(office.air()) == 1


def test_what_comes_during_a_start_with_a_sim_that_is_known_by_its_imsi_came_by_that_one(
    forgetful: Office,
) -> None:
    """It was kept under the ICCID that the modem told, by which no SIM is known here: no answer to her would ever have left."""
    office, text = forgetful, pdu(forgetful, "Who is this?", EVE)
    office.until_ready()
    office.db.execute("UPDATE station SET iccid=imsi")  # it did not tell its ICCID when it was met first

    def strike() -> bool:
        if office.written[0][-1] == "AT+CSCA?":
            office.cut_when = None
            office.world.modems[0].urc(f"+CMT: ,{len(text) // 2 - 1}", text, now=office.now(), urgent=True)
        return False

    office.restart()
    office.cut_when = strike
    office.until(lambda: office.texts() == ["Who is this?"], "kept", 60)
    office.until_ready()
    [kept] = office.db.execute("SELECT c.iccid, s.iccid AS known FROM conversation c, station s")
    assert kept["iccid"] == kept["known"]
