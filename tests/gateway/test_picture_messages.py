"""Whose picture message (MMS) waits at the network: the notice comes from the network's own short code, and names its sender within."""

import pytest

from gateway.conversations import ensure
from hardware.pdu import encode_deliver, segment
from tests.gateway.conftest import ADA, NOON, Desk
from tests.gateway.test_arrivals import SENT_AT
from tests.gateway.test_stop_and_start import arrive

PORTS, DATA, USER_DATA_HEADER = bytes.fromhex("05040B8423F0"), 0xF5, 0x40
ROOM = 128  # octets of a segment beside its header


def notice(sender: bytes) -> list[str]:
    """The notice of a message from `sender`, an address as the network writes it; b"": it is kept back."""
    told = b"\x80" + sender + b"\0" if sender else b"\x81"
    push = b"\x01\x06\x22application/vnd.wap.mms-message\0\xaf\x84\x8c\x82\x98T1234567890\0\x8d\x90\x89"
    push += bytes([len(told)]) + told + b"\x8a\x80\x8e\x02\x75\x30\x88\x05\x81\x03\x03\xf4\x80"
    push += b"\x83http://mms.example.org/servlets/mms?message-id=1234567890123456\0"
    pieces = [push[at : at + ROOM] for at in range(0, len(push), ROOM)]
    plain = encode_deliver("1111", segment(""), timestamp=SENT_AT)
    pdus = []
    for seq, piece in enumerate(pieces, 1):
        elements = bytes([0, 3, 7, len(pieces), seq]) + PORTS
        user_data = bytes([len(elements)]) + elements + piece
        head = bytes([plain[0] | USER_DATA_HEADER]) + plain[1:-9] + bytes([DATA]) + plain[-8:-1]
        pdus.append(f"00{(head + bytes([len(user_data)]) + user_data).hex().upper()}")
    return pdus


@pytest.mark.parametrize(
    "sender",
    [
        ADA.encode() + b"/TYPE=PLMN",
        b"12025550123/TYPE=PLMN",
        b"2025550123/TYPE=PLMN",
        b"\x17\xea" + ADA.encode() + b"/TYPE=PLMN",
    ],
)
@pytest.mark.parametrize("backwards", [False, True])
def test_a_picture_message_is_its_senders_and_stops_what_waits_for_them(
    desk: Desk, sender: bytes, backwards: bool
) -> None:
    """A telephone sends long words, or words to several, as one: it was a stranger's, and what had been approved left."""
    text = desk.approved()
    arrive(desk, *notice(sender)[:: -1 if backwards else 1])
    [row] = desk.db.execute("SELECT kind, conversation_id FROM inbound").fetchall()
    assert tuple(row) == ("mms", ensure(desk.db, ADA, now=NOON))
    assert desk.conversation()["waiting_at"] is not None
    assert desk.state(text) == "awaiting"


@pytest.mark.parametrize("sender", [b"", b"ana@example.org", b"12025550123"])
def test_a_notice_that_names_no_number_stays_the_networks(desk: Desk, sender: bytes) -> None:
    text = desk.approved()
    arrive(desk, *notice(sender))
    [row] = desk.db.execute("SELECT kind, number FROM inbound").fetchall()
    assert tuple(row) == ("mms", "1111")
    assert desk.state(text) == "approved"
