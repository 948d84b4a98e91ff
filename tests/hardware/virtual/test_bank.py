"""A bank in this process: real ptys, the control socket, the client. Waits are for the thing itself."""

import errno
import fcntl
import json
import os
import select
import socket
import struct
import termios
import threading
import tty

import pytest

from hardware.virtual import ControlClient, VirtualBank, VirtualError
from hardware.virtual.people import People

OUTSIDE = "+12025550170"
TIOCGEXCL = 0x80045440
MOST_S = 10


class Port:
    """A program at a port: raw, non-blocking."""

    def __init__(self, path):
        self.fd = os.open(path, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
        tty.setraw(self.fd)

    def until(self, end):
        """What came, once it ends so. b"" in it is a hang-up."""
        heard = b""
        while not heard.endswith(end):
            assert select.select([self.fd], [], [], MOST_S)[0], f"only {heard!r} came"
            heard += os.read(self.fd, 4096)
        return heard

    def say(self, line, end=b"OK\r\n"):
        os.write(self.fd, line.encode() + b"\r")
        return self.until(end)

    def close(self):
        os.close(self.fd)


@pytest.fixture
def bank(tmp_path):
    with VirtualBank(2, tmp_path / "bank") as bank:
        yield bank


@pytest.fixture
def port(bank):
    port = Port(bank.ports[0])
    yield port
    port.close()


@pytest.fixture
def client(bank):
    with ControlClient(bank.folder / "control") as client:
        yield client


def test_a_text_goes_from_one_port_to_the_other(bank, port):
    second = Port(bank.ports[1])
    second.say("ATE0;+CNMI=2,1,0,0,0")
    port.say("ATE0")
    port.say("AT+CMGS=18", end=b"> ")
    os.write(port.fd, b"0001000B912120550501F1000005E8329BFD06\x1a")
    assert b"+CMGS: " in port.until(b"OK\r\n")
    assert second.until(b"\r\n") == b'\r\n+CMTI: "SM",1\r\n'
    (sent,) = bank.air()
    assert (sent.to, sent.text, sent.modem) == ("+12025550101", "hello", 0)
    second.close()


def test_an_unplugged_port_hangs_up_and_comes_back_without_a_memory(bank, port):
    port.say("ATE0")
    bank.unplug(0)
    assert not os.path.lexists(bank.ports[0])
    assert select.select([port.fd], [], [], MOST_S)[0]
    try:
        assert os.read(port.fd, 1) == b""
    except OSError as gone:  # which of the two depends on the kernel
        assert gone.errno == errno.EIO  # noqa: PT017
    bank.plug(0)
    again = Port(bank.ports[0])
    while True:  # it is deaf while it starts
        os.write(again.fd, b"AT\r")
        if select.select([again.fd], [], [], 0.3)[0]:
            break
    assert again.until(b"OK\r\n").startswith(b"AT\r")
    again.close()


def test_a_program_that_leaves_takes_its_exclusiveness_and_what_was_said_with_it(bank, client):
    port = Port(bank.ports[0])
    port.say("AT+CNMI=2,1,0,0,0")
    fcntl.ioctl(port.fd, termios.TIOCEXCL)
    port.close()
    bank.inbound(0, OUTSIDE, "Nobody hears this")
    bank.wait_stored(0, 1)
    after = Port(bank.ports[0])
    assert struct.unpack("i", fcntl.ioctl(after.fd, TIOCGEXCL, b"\0" * 4)) == (0,)
    assert after.say("AT") == b"AT\r\r\nOK\r\n"
    after.close()


def test_answers_longer_than_a_tty_holds_arrive_whole(bank, port):
    port.say("ATE0")
    for _ in range(30):
        bank.put(0, "07912120550591F9" + "AB" * 168)
    listed = port.say("AT+CMGL=4")
    assert listed.count(b"+CMGL:") == 30
    assert len(listed) > 10_000


def test_waiting_for_texts_ends_with_a_sentence(bank):
    with pytest.raises(VirtualError, match=r"0 of 1 texts left in 0\.05 s\."):
        bank.wait_air(1, timeout_s=0.05)
    with pytest.raises(VirtualError, match="Modem 0 holds 0 texts, not 1"):
        bank.wait_stored(0, 1, timeout_s=0.05)


def test_the_client_does_what_the_bank_does(bank, client):
    assert client.modems() == bank.modems()
    assert client.inbound(0, "ELMSTREET", "Hello 👋") == 1
    client.wait_stored(0, 1)
    assert client.put(0, "00FF") == 2
    assert client.stored(0) == bank.stored(0)
    client.fault(0, "cmgs_error", {"code": 38}, times=2)
    assert bank.modems()[0]["faults"] == {"cmgs_error": {"value": {"code": 38}, "times": 2}}
    client.clear(0, "cmgs_error")
    client.unreachable(OUTSIDE, "refused")
    client.unplug(1)
    assert not bank.modems()[1]["plugged"]
    client.plug(1)
    assert os.path.lexists(bank.ports[1])


def test_the_client_waits_for_what_leaves(bank, client, port):
    found = []
    waiting = threading.Thread(target=lambda: found.extend(client.wait_air(1, timeout_s=MOST_S)))
    waiting.start()
    port.say("AT+CMGS=18", end=b"> ")
    os.write(port.fd, b"0001000B912120550501F1000005E8329BFD06\x1a")
    waiting.join()
    assert found == bank.air()
    assert client.air(since=1) == []


@pytest.mark.parametrize(
    ("line", "error"),
    [
        (b"{", "wrong kind"),
        (b"[]", "one JSON object"),
        (b'{"do": "dance"}', "There is no request 'dance'; there are: inbound"),
        (b'{"do": "inbound", "modem": 0}', "needs a text"),
        (b'{"do": "inbound"}', "lacks 'modem'"),
        (b'{"do": "inbound", "modem": 7, "text": "x"}', "There is no modem 7; they are 0 to 1."),
        (b'{"do": "inbound", "modem": 0, "from": "+1202555017x", "text": "x"}', "neither a number"),
        (b'{"do": "inbound", "modem": 0, "data": "zz"}', "no DELIVER"),
        (b'{"do": "fault", "modem": 0, "name": "gremlins"}', "There is no fault called 'gremlins'"),
        (b'{"do": "fault", "modem": 0, "name": "drop_cmti", "value": 3}', "takes no value"),
        (b'{"do": "fault", "modem": 0, "name": "hang", "value": "long"}', "takes a number"),
        (b'{"do": "fault", "modem": 0, "name": "hang", "times": 0}', "a whole number from 1"),
        (b'{"do": "fault", "modem": 0, "name": "reboot_at", "value": "noon"}', "takes one of command, cmgs"),
        (b'{"do": "clear", "modem": 0, "name": "gremlins"}', "There is no fault called 'gremlins'"),
        (
            b'{"do": "put", "modem": 0, "record": "00", "storage": "XX"}',
            "has no storage 'XX'; it has SM, ME.",
        ),
        (b'{"do": "wait_air", "count": "many"}', "wrong kind"),
    ],
)
def test_a_request_that_makes_no_sense_is_answered_in_words(bank, line, error):
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(str(bank.folder / "control"))
        lines = connection.makefile("rb")
        connection.sendall(line + b"\n" + b'{"do": "air"}\n')
        reply = json.loads(lines.readline())
        assert reply["ok"] is False
        assert error in reply["error"]
        assert json.loads(lines.readline()) == {"ok": True, "air": []}


def test_nobody_at_the_socket_is_said_in_words(tmp_path):
    with pytest.raises(VirtualError, match=r"No bank of virtual modems listens at .*: No such file"):
        ControlClient(tmp_path / "control")


def test_a_bank_that_closes_leaves_nothing_behind(tmp_path):
    before = threading.active_count(), len(os.listdir("/proc/self/fd"))
    bank = VirtualBank(2, tmp_path / "bank")
    bank.close()
    assert list((tmp_path / "bank").iterdir()) == []
    assert (threading.active_count(), len(os.listdir("/proc/self/fd"))) == before


def test_two_banks_do_not_share_a_folder_but_a_dead_one_is_followed(bank, tmp_path):
    with pytest.raises(VirtualError, match="Another bank of virtual modems runs in"):
        VirtualBank(1, bank.folder)
    dead = tmp_path / "dead"
    dead.mkdir()
    with socket.socket(socket.AF_UNIX) as left_behind:
        left_behind.bind(str(dead / "control"))
    (dead / "modem0").symlink_to("/dev/pts/nowhere")
    with VirtualBank(1, dead) as follower:
        port = Port(follower.ports[0])
        assert port.say("AT") == b"AT\r\r\nOK\r\n"
        port.close()


def test_people_answer_over_the_port(tmp_path):
    with VirtualBank(1, tmp_path / "bank", people=People(3, pace=0.0)) as bank:
        yes = next(
            n for n in (f"+120255501{i}" for i in range(70, 99)) if People(3).person(n).character == "yes"
        )
        digits = yes.lstrip("+") + "F"
        swapped = "".join(digits[at + 1] + digits[at] for at in range(0, len(digits), 2))
        port = Port(bank.ports[0])
        port.say("AT+CMGS=18", end=b"> ")
        os.write(port.fd, f"0001000B91{swapped}000005E8329BFD06\x1a".encode())
        bank.wait_stored(0, 1)
        port.close()


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"count": 0}, "1 to 200 modems"),
        ({"count": 1, "personality": "nokia-3310"}, "There is no personality called 'nokia-3310'"),
        ({"count": 1, "send_latency": "slow"}, "none, realistic, or seconds"),
    ],
)
def test_a_bank_that_cannot_be_is_refused_in_words(tmp_path, wrong, sentence):
    with pytest.raises(VirtualError, match=sentence):
        VirtualBank(wrong.pop("count"), tmp_path / "bank", **wrong)


def test_a_file_in_the_way_is_left_alone(tmp_path):
    (tmp_path / "modem0").write_text("mine")
    with pytest.raises(VirtualError, match=r"modem0 is in the way"):
        VirtualBank(1, tmp_path)
    assert (tmp_path / "modem0").read_text() == "mine"
