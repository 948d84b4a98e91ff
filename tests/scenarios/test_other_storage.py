"""Between a listing and the deleting the modem may come to stand in another storage: what lies there was not read."""

from collections.abc import Callable

import pytest

from gateway.station import receiving
from hardware import storage
from hardware.modem import Stored
from tests.scenarios.office import Office
from tests.scenarios.receiving import Make, pdu
from tests.simulated import ADA, LUIS, House


def restart(house: House) -> None:
    """It restarts, and is back before it is spoken to: the commit took that long."""
    house.world.modems[0].reboot(house.now())
    house.clock.advance(4)


def another_program(house: House) -> None:
    """F35: another program at the port reads the SIM."""
    house.world.modems[0].feed(b'AT+CPMS="SM"\r', house.now())


@pytest.mark.parametrize("meanwhile", [restart, another_program])
def test_a_text_is_deleted_where_it_was_read(
    house: House, monkeypatch: pytest.MonkeyPatch, meanwhile: Callable[[House], None]
) -> None:
    """The text that lay in the same place of the SIM was deleted unread."""
    unread, keep = pdu(house, "Unread", LUIS), receiving.Reader.keep

    def slowly(reader: receiving.Reader, received: list[receiving.Received]) -> int:
        new = keep(reader, received)
        if received[0].storage == "ME":
            monkeypatch.setattr(receiving.Reader, "keep", keep)
            house.put(unread, "SM")
            meanwhile(house)
        return new

    monkeypatch.setattr(receiving.Reader, "keep", slowly)
    house.put(pdu(house, "Read"), "ME")
    house.run(1)
    house.run(200)
    assert house.texts() == ["Read", "Unread"]
    assert house.stored() == []


def test_a_text_of_another_storage_than_was_meant_costs_none_its_place(house: House) -> None:
    """The SIM was read in the place of the modem's memory, and what lay there under the same number was deleted unread."""
    house.put(pdu(house, "Read"), "SM")
    house.put(pdu(house, "Unread", LUIS), "ME")
    another_program(house)
    house.world.modems[0].urc('+CMTI: "ME",1', now=house.now())
    house.run(200)
    assert sorted(house.texts()) == ["Read", "Unread"]
    assert house.stored() == []


@pytest.mark.parametrize("no_slot_is_read", [False, True])
def test_a_modem_that_chooses_no_storage_and_says_ok_loses_no_text(
    house: House, monkeypatch: pytest.MonkeyPatch, *, no_slot_is_read: bool
) -> None:
    """Seed 5020162: its one storage was read as two, and what came into a place just emptied was deleted unread as the other one's."""
    delete = storage.Storages.delete

    def meanwhile(storages: storage.Storages, stored: Stored) -> None:
        delete(storages, stored)
        monkeypatch.setattr(storage.Storages, "delete", delete)
        house.arrive("Late", LUIS)

    monkeypatch.setattr(storage.Storages, "delete", meanwhile)
    house.fault("only_ok", "+CPMS")
    if no_slot_is_read:
        house.fault("refuses", "+CMGR")
    house.put(pdu(house, "Read"))
    house.run(200)
    assert sorted(house.texts()) == ["Late", "Read"]
    assert house.stored() == []


@pytest.mark.parametrize("fault", ["refuses", "only_ok"])
def test_beside_another_program_a_modem_that_reads_no_slot_is_emptied_all_the_same(
    house: House, fault: str
) -> None:
    """Nothing was deleted, for no slot was seen to hold what had been read; with its storage full no text came any more."""
    house.until_ready()
    house.run(70)
    house.fault(fault, "+CMGR")
    for second in range(60):
        house.world.modems[0].feed(b"AT+CSQ\r", house.now())
        if second == 30:
            house.arrive("Read")
        house.run(1)
    assert (house.texts(), house.stored()) == (["Read"], [])


def test_where_another_program_was_heard_the_storage_is_chosen_before_it_is_read(office: Office) -> None:
    """The bell was lost, too: nothing was found where the other program had looked, and the text left."""
    office.until_ready()
    office.run(30)
    another_program(office)
    office.run(1)
    office.fault("drop_cmti", times=1)
    office.arrive("STOP")
    text = office.approved(ADA)
    office.run(100)
    assert (office.state(text), [to for to, words in office.air() if words == "Can you come?"]) == (
        "withdrawn",
        [],
    )


def test_a_stop_that_rang_and_is_not_where_it_should_be_is_sought_everywhere_before_a_text_leaves(
    office: Office,
) -> None:
    """F35: another program had chosen the SIM to be read, and the text left although the STOP had rung."""
    office.until_ready()
    office.run(30)
    another_program(office)
    text = office.approved(ADA)
    office.arrive("STOP")
    office.run(100)
    assert (office.state(text), [to for to, words in office.air() if words == "Can you come?"]) == (
        "withdrawn",
        [],
    )


def test_a_stop_is_read_where_it_came_although_nobody_knows_where_that_is(make: Make) -> None:
    """The modem did not say where texts arrive, and let only the storage be chosen that is read (seed 7302064 of denser houses)."""
    house = make(personality="a7670e")
    house.world.modems[0].run_line('AT+CPMS="ME","ME","ME"', 0.0)
    house.fault("only_ok", "+CPMS?")
    house.fault("cpms_error", 302, 1)
    house.until_ready(60)
    house.fault("drop_cmti")
    text = house.approved(ADA)
    house.arrive("STOP", ADA)
    house.until(lambda: house.state(text) in ("withdrawn", "sent", "delivered"), "read first", 60)
    assert house.state(text) == "withdrawn"
