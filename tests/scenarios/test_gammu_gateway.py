"""The real gateway with a phone behind libgammu: it texts and is texted, its process is killed and hangs, others go on."""

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.config import load
from hardware.virtual import VirtualBank
from tests.gammu_bench import alive, libgammu, stop
from tests.scenarios.group import ADA, CONFIG, LUIS, Group, went_to

LONG = "I would like to come, but my shift ends at eight and the bus takes forty minutes from there. " * 3


class WithPhone(Group):
    """s0 is a phone behind gammu; s1, when it is wanted, an AT modem."""

    def __init__(self, folder: Path, bank: VirtualBank, *, with_modem: bool) -> None:
        super().__init__(folder, bank)
        stations = f'[[stations]]\nname = "s0"\nport = "{bank.ports[0]}"\ndriver = "gammu"\nper_minute = 0\n'
        if with_modem:
            stations += f'[[stations]]\nname = "s1"\nport = "{bank.ports[1]}"\nper_minute = 0\n'
        self.config_path.write_text(CONFIG + stations)
        self.config = load(self.config_path)

    def station(self, name: str) -> tuple[str, str]:
        row = self.db.execute("SELECT state, reason FROM station WHERE name=?", [name]).fetchone()
        return (row["state"], row["reason"] or "") if row else ("", "")

    def ready(self, name: str) -> None:
        self.until(lambda: self.station(name)[0] == "ready", f"{name} is ready")

    def phone_process(self) -> int:
        """The process in which libgammu lives; 0 while there is none."""
        assert self.process is not None
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit() and alive(int(entry.name)):
                parent = (entry / "stat").read_text().rpartition(")")[2].split()[1]
                if int(parent) == self.process.pid and b"gammu_process" in (entry / "cmdline").read_bytes():
                    return int(entry.name)
        return 0

    def inbox(self) -> list[tuple[str, str]]:
        return [(row["number"], row["text"]) for row in self.db.execute("SELECT * FROM inbound ORDER BY id")]


@pytest.fixture
def bank(tmp_path: Path) -> Iterator[VirtualBank]:
    libgammu()
    with VirtualBank(2, tmp_path / "m") as bank:
        yield bank


@pytest.fixture
def alone(tmp_path: Path, bank: VirtualBank) -> Iterator[WithPhone]:
    group = WithPhone(tmp_path, bank, with_modem=False)
    yield group
    group.close()


@pytest.fixture
def both(tmp_path: Path, bank: VirtualBank) -> Iterator[WithPhone]:
    group = WithPhone(tmp_path, bank, with_modem=True)
    yield group
    group.close()


def test_a_phone_behind_gammu_sends_receives_and_is_emptied(alone: WithPhone) -> None:
    alone.bank.inbound(0, LUIS, LONG)
    alone.bank.wait_stored(0, 2)
    alone.start()
    alone.ready("s0")
    alone.until(lambda: alone.inbox() == [(LUIS, LONG)], "what lay there is read, both segments as one")
    alone.bank.wait_stored(0, 0)
    message_id = alone.approved(ADA, "Can you come? {at 7} €5 👋")
    alone.until(lambda: alone.state(message_id) == "sent", "sent")
    [record] = alone.bank.air()
    assert (record.to, record.text, record.report) == (ADA, "Can you come? {at 7} €5 👋", True)
    row = alone.db.execute("SELECT mr FROM message WHERE id=?", [message_id]).fetchone()
    assert row["mr"] == record.mr
    alone.bank.inbound(0, ADA, "Stop")
    alone.until(lambda: (ADA, "Stop") in alone.inbox(), "the answer is found without a sign from the phone")
    alone.bank.wait_stored(0, 0)
    [shown] = alone.json("stations")
    modem = alone.bank.modems()[0]
    assert (shown["imei"], shown["imsi"], shown["iccid"]) == (modem["imei"], modem["imsi"], None)
    assert (shown["operator"], shown["signal_dbm"]) == ("Textbank Mobile", -71)


def test_f94_a_phone_process_killed_after_the_handover_leaves_the_text_uncertain_and_the_station_goes_on(
    alone: WithPhone,
) -> None:
    alone.start()
    alone.ready("s0")
    first = alone.phone_process()
    alone.bank.fault(0, "cmgs_silent", "sent", times=1)
    message_id = alone.approved(ADA)
    alone.until(lambda: went_to(alone, ADA) == 1, "on the air")
    os.kill(first, signal.SIGKILL)
    alone.until(lambda: alone.state(message_id) == "uncertain", "uncertain")
    alone.until(lambda: alone.phone_process() not in (0, first), "a new process")
    said = " ".join(row["reason"] or "" for row in alone.db.execute("SELECT reason FROM station_event"))
    assert "The program that drives the phone s0 ended." in said
    assert "unplugged, or" not in said, "nobody need try another cable"
    other = alone.approved(LUIS)
    alone.until(lambda: alone.state(other) == "sent", "the next text is sent")
    assert went_to(alone, ADA) == 1
    assert alone.state(message_id) == "uncertain"


def test_f94_a_phone_that_hangs_holds_up_neither_the_other_station_nor_the_end(both: WithPhone) -> None:
    both.start()
    both.ready("s0")
    both.ready("s1")
    hung = both.phone_process()
    stop(hung)
    message_id = both.approved(ADA)
    both.until(lambda: both.state(message_id) in ("sent", "delivered"), "the other station sends it")
    assert [record.modem for record in both.bank.air()] == [1]
    began = time.monotonic()
    both.end(signal.SIGTERM)
    assert time.monotonic() - began < 30
    both.until(lambda: not alive(hung), "nothing is left of it")


def test_an_unplugged_phone_is_found_again(alone: WithPhone) -> None:
    alone.start()
    alone.ready("s0")
    alone.bank.unplug(0)
    alone.until(lambda: alone.station("s0")[0] == "lost", "lost")
    message_id = alone.approved(ADA)
    alone.bank.plug(0)
    alone.until(lambda: alone.state(message_id) == "sent", "sent after it is back")
    assert went_to(alone, ADA) == 1


def test_a_cable_that_is_not_the_phones_is_said_in_words(alone: WithPhone) -> None:
    written = alone.config_path.read_text()
    alone.config_path.write_text(written.replace('"gammu"\n', '"gammu"\ngammu_connection = "dku2"\n'))
    alone.start()
    alone.until(lambda: alone.station("s0")[0] == "failed", "failed")
    reason = alone.station("s0")[1]
    assert "gammu_connection" in reason
    assert "disabled on compile time" in reason
