"""Peculiarities of modems that are not in the virtual one: three texts come and three go through each, once and told right.

A peculiarity is a row of `WAYS`: what the modem says, by a pattern and what stands there instead.
"""

from __future__ import annotations

import re
from collections import deque
from pathlib import Path

import pytest

from hardware.link import Link
from tests.scripted import Scripted, ScriptedLink
from tests.simulated import LUIS, House
from tests.virtual_link import VirtualLink

EVE = "+12025550161"
LONG = "We come, all of us, and bring the drum. " * 6
WAYS: dict[str, tuple[str, str]] = {
    "a result stands behind the echo of Ctrl-Z": (r"\A\r\n(?=\+CMGS)", "\x1a"),
    "words stand between header and PDU": (r"(\+CM(?:GL|GR|T): [^\r]*\r\n)", r"\1\r\nRSSI LEVEL 3\r\n\r\n"),
    "words stand before each answer": (r"\A(?=\r\n\+C)", "\r\nMISSED_CALL: 11:01AM 07712345678\r\n"),
    "the length has the service centre in it": (r"(\+CMGL: \d+,\d,[^,\r]*,)(\d+)", r"\g<1>1\2"),
    "PDUs are quoted": (r"(\+CMGL: [^\r]*\r\n)([0-9A-F]+)", r'\1"\2"'),
}


class Peculiar:
    """A link to a modem that says what stands in a row of `WAYS`. `octets`: each comes by itself."""

    def __init__(self, link: Link, way: str, *, octets: bool) -> None:
        self.name, self.write, self.wake, self.close = link.name, link.write, link.wake, link.close
        self._link, self._octets = link, octets
        pattern, self._instead = WAYS[way]
        self._pattern = re.compile(pattern)
        self._here: deque[bytes] = deque()

    def read(self, deadline: float) -> bytes:
        if not self._here:
            said = self._link.read(deadline).decode("latin-1")
            data = self._pattern.sub(self._instead, said).encode("latin-1")
            self._here += [bytes([octet]) for octet in data] if self._octets else [data]
        return self._here.popleft() if self._here else b""


@pytest.mark.parametrize("direct", [False, True], ids=["stored", "handed over"])
@pytest.mark.parametrize("way", WAYS)
def test_texts_come_and_go_once_whatever_the_modem_is_like(tmp_path: Path, way: str, direct: bool) -> None:
    def link(number: int) -> Link:
        house.world.tick(house.now())
        plain = VirtualLink(house.world, number, house.clock, began=house.began)
        return Peculiar(plain, way, octets=direct)

    house = House(tmp_path / "textbank.db", link=link)
    if direct:
        house.fault("cnma_required")
    house.until_ready()
    house.arrive("Yes")
    house.until(lambda: house.texts() == ["Yes"], "read", 120)
    texts = [
        house.approved(f"+1202555100{i}", text) for i, text in enumerate(("Can you come?", LONG, "At six"))
    ]
    house.arrive(LONG, LUIS)
    house.arrive("STOP", EVE)
    house.until(lambda: len(house.texts()) == 3, "read", 120)
    assert {*house.texts()} == {"Yes", LONG, "STOP"}
    stopped = "SELECT number FROM conversation WHERE opted_out_at IS NOT NULL"
    assert [row["number"] for row in house.db.execute(stopped)] == [EVE]
    house.until(lambda: all(house.state(text) in ("sent", "delivered") for text in texts), "sent", 120)
    assert sum(record.to.startswith("+1202555100") for record in house.world.network.air) == 4
    assert house.opened == [1]
    house.close()


def test_a_modem_that_knows_text_mode_alone_is_not_called_silent(tmp_path: Path) -> None:
    """It answered each command, and people were told that it does not, and to unplug it."""
    said = {"AT+CMGF=0": "ERROR", "AT+CMGF?": "+CMGF: 1"}
    house = House(tmp_path / "textbank.db", link=lambda number: ScriptedLink(house.clock, Scripted(said)))
    house.run(120)
    state, reason = house.said()
    assert (state, "answers, but refuses" in reason, "AT+CMGF=0" in reason) == ("waiting", True, True)
    house.close()


def test_a_storage_that_is_full_of_drafts_is_not_said_to_be_emptied(tmp_path: Path) -> None:
    """People were told to wait for an emptying that never came, while texts waited in the network until it dropped them."""
    house = House(tmp_path / "textbank.db")
    house.until_ready()
    modem = house.world.modems[0]
    draft = "0011000B912120551500F10000AA04D4F29C0E"
    for name, storage in modem.storages.items():
        for _ in range(storage.size):
            house.put(draft, name, status=2)
    house.run(180)
    assert "may not empty it" in house.said()[1]
    assert all(len(storage.slots) == storage.size for storage in modem.storages.values())
    house.close()
