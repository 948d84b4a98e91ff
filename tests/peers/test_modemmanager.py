"""ModemManager on a bus of its own: probes the virtual modem, enables it, sends, lists, receives, takes a report, deletes.

It is started without udev, and given the modem through its Test interface: there a port is a socket, behind which a
thread relays to the modem's pty. It sees nothing of this machine's modems and this machine's bus sees nothing of it.
"""

import contextlib
import json
import os
import selectors
import socket
import threading
from datetime import UTC, datetime
from pathlib import Path

import pytest

from hardware.pdu import encode_deliver, segment
from hardware.virtual import VirtualBank

OUTSIDE = "+12025550170"
BUS = """<busconfig><type>session</type><listen>{address}</listen><auth>EXTERNAL</auth>
<policy context="default"><allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/><allow own="*"/></policy></busconfig>"""


class SocketPort:
    """An abstract unix socket that is a modem's port: what is written there goes to the pty, and back."""

    def __init__(self, device, name):
        self._device = device
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(f"\0{name}")
        self._listener.listen()
        self._stop, self._stopped = socket.socketpair()
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def _serve(self):
        while True:
            if not self._wait(self._listener):
                return
            connection, _ = self._listener.accept()
            terminal = os.open(self._device, os.O_RDWR | os.O_NOCTTY)
            try:
                with connection, contextlib.suppress(ConnectionError):
                    self._relay(connection, terminal)
            finally:
                os.close(terminal)

    def _relay(self, connection, terminal):
        while ready := self._wait(connection, terminal):
            if connection in ready:
                data = connection.recv(4096)
                if not data:
                    return
                os.write(terminal, data)
            if terminal in ready:
                connection.sendall(os.read(terminal, 4096))

    def _wait(self, *ends):
        """Those that can be read; none when it is over."""
        with selectors.DefaultSelector() as selector:
            for end in (*ends, self._stopped):
                selector.register(end, selectors.EVENT_READ)
            ready = [key.fileobj for key, _ in selector.select()]
        return [] if self._stopped in ready else ready

    def close(self):
        self._stop.send(b".")
        self._thread.join()
        for end in (self._listener, self._stop, self._stopped):
            end.close()


@pytest.fixture
def bank(tmp_path):
    with VirtualBank(1, tmp_path / "bank") as bank:
        yield bank


@pytest.fixture
def mmcli(need, programs, bank, tmp_path, until):
    """ModemManager with the modem enabled; a function: its answer to mmcli's arguments, read from JSON."""
    name = f"textbank{os.getpid()}"
    address = f"unix:abstract={name}-bus"
    (tmp_path / "bus.conf").write_text(BUS.format(address=address))
    programs.environment |= {"DBUS_SYSTEM_BUS_ADDRESS": address, "DBUS_SESSION_BUS_ADDRESS": address}
    programs.start(need("dbus-daemon"), "--nofork", f"--config-file={tmp_path}/bus.conf")
    until(lambda: f"@{name}-bus" in Path("/proc/net/unix").read_text(), "the bus")
    options = ("--test-session", "--test-no-udev", "--test-no-suspend-resume", "--test-no-qrtr")
    daemon = need("ModemManager", package="modemmanager")
    programs.start(daemon, *options, "--test-enable", "--debug")
    program, send = need("mmcli", package="modemmanager"), need("dbus-send", package="dbus-bin")

    def mmcli(*arguments):
        said = programs.run(program, *arguments, "-J")
        return json.loads(said) if said.startswith("{") else said

    bus_name = "org.freedesktop.ModemManager1"
    until(lambda: "was acquired" in (tmp_path / "ModemManager-1.log").read_text(), "ModemManager on the bus")
    port = SocketPort(bank.ports[0], f"abstract:{name}")
    try:
        programs.run(
            send, "--session", "--print-reply", f"--dest={bus_name}", "/org/freedesktop/ModemManager1",
            f"{bus_name}.Test.SetProfile", "string:textbank", "string:generic", f"array:string:abstract:{name}",
        )  # fmt: skip
        until(lambda: mmcli("-L")["modem-list"], "the modem")
        until(lambda: mmcli("-m", "any")["modem"]["generic"]["state"] == "disabled", "the modem probed")
        mmcli("-m", "any", "--enable")
        until(lambda: mmcli("-m", "any")["modem"]["generic"]["state"] == "registered", "the network")
        yield mmcli
    finally:
        programs.stop()
        port.close()


def texts(mmcli):
    """Every text that ModemManager knows."""
    paths = mmcli("-m", "any", "--messaging-list-sms")["modem.messaging.sms"]
    return [mmcli("-s", path)["sms"] for path in paths]


def received(mmcli):
    return [text for text in texts(mmcli) if text["properties"]["pdu-type"] == "deliver"]


def create(mmcli, to, text, **more):
    """A text that waits in ModemManager; its path."""
    fields = {"number": f"'{to}'", "text": f'"{text}"', **more}
    mmcli(
        "-m", "any", "--messaging-create-sms=" + ",".join(f"{key}={value}" for key, value in fields.items())
    )
    return mmcli("-m", "any", "--messaging-list-sms")["modem.messaging.sms"][0]


def test_modemmanager_learns_who_the_modem_is(mmcli, bank):
    (row,) = bank.modems()
    told = mmcli("-m", "any")["modem"]
    assert told["3gpp"]["imei"] == row["imei"]
    assert told["3gpp"]["operator-code"] == "310410"
    assert told["3gpp"]["registration-state"] == "home"
    assert told["generic"]["own-numbers"] == [row["number"]]
    sim = mmcli("-i", told["generic"]["sim"])["sim"]["properties"]
    assert (sim["iccid"], sim["imsi"]) == (row["iccid"], row["imsi"])


def test_modemmanager_sends_and_takes_the_report(mmcli, bank, until):
    path = create(mmcli, OUTSIDE, "Hello from MM {€}", **{"delivery-report-request": "yes"})
    mmcli("-s", path, "--send")
    (sent,) = bank.wait_air(1)
    assert (sent.to, sent.text, sent.report) == (OUTSIDE, "Hello from MM {€}", True)
    assert mmcli("-s", path)["sms"]["properties"]["message-reference"] == str(sent.mr)
    until(
        lambda: [t["properties"]["delivery-state"] for t in texts(mmcli)].count("completed-received") == 1,
        "the delivery report",
    )


def test_modemmanager_receives_and_deletes(mmcli, bank, until):
    bank.inbound(0, OUTSIDE, "Is it today? ¿Sí? 👋")
    until(lambda: received(mmcli), "the text")
    (text,) = received(mmcli)
    assert text["content"]["number"] == OUTSIDE
    assert text["content"]["text"] == "Is it today? ¿Sí? 👋"
    mmcli("-m", "any", f"--messaging-delete-sms={text['dbus-path']}")
    bank.wait_stored(0, 0)


def test_modemmanager_sends_a_long_text(mmcli, bank, long_text):
    words = long_text.replace("'", "")
    path = create(mmcli, OUTSIDE, words)
    mmcli("-s", path, "--send")
    sent = bank.wait_air(3)
    assert "".join(record.text for record in sent) == words
    assert len({record.concat[:2] for record in sent}) == 1


def test_modemmanager_receives_a_long_text_whole(mmcli, bank, until, long_text, tmp_path):
    """Its segments come one by one: ModemManager 1.20 never reads what is announced while it reads another."""
    cut = segment(long_text)
    for seq in range(1, cut.count + 1):
        tpdu = encode_deliver(OUTSIDE, cut, timestamp=datetime.now(UTC), seq=seq, ref=7)
        bank.inbound(0, OUTSIDE, data="00" + tpdu.hex())
        part = f"(reference: '7', sequence: '{seq}/{cut.count}')"
        until(lambda part=part: part in (tmp_path / "ModemManager-1.log").read_text(), part)
    until(lambda: [t["properties"]["state"] for t in received(mmcli)] == ["received"], "the whole text")
    assert received(mmcli)[0]["content"]["text"] == long_text
