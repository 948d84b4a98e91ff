"""The process in which libgammu lives: it may crash, hang or leak there, and nobody else is harmed.

    python -P -m hardware.gammu_process SOCKET PARENT      (started by hardware.gammu_child and by nobody else)

One JSON document a packet. A request is {"do": "list", ...}; its answer ends with {"ok": {...}} or with
{"failed": "ERR_TIMEOUT", "words": "..."}. Before that, "list" gives {"item": {...}} for each text, and {"looked": place} for each
place that it asks for by its number, and "send" says
{"handed": true} at the point of no return, immediately before libgammu gets the text. Unasked, at any moment:
{"notice": "waiting" | "direct" | "call", ...}.

Promises: libgammu asks the phone everything once (Init without repeats), sends one text for one "send" and nothing
by itself, and writes no log, which would hold texts and the PIN. What it would encode in other words than ours is
refused before it is handed over. A text is deleted only while the very same one still lies there. The process ends
with its parent, whatever it is doing.
"""

from __future__ import annotations

import contextlib
import ctypes
import faulthandler
import json
import os
import select
import signal
import socket
import sys
from bisect import bisect_right
from collections.abc import Callable, Generator, Iterator
from typing import Any

from hardware.facts import NOT_READ
from hardware.gammu_sms import UNREADABLE, differs, is_received, message_of, pdu_of
from hardware.pdu import PduError

MOST_OCTETS = 1 << 16  # of a packet
LISTEN_S = 0.2  # between looks at what the phone says unasked
MOST_UNREADABLE = 20  # records in a row that libgammu cannot read
MEMORY = 100_000  # the places of an AT phone's second memory are counted from here
# What libgammu says of one record that it cannot read: surely, and perhaps.
BROKEN = ("ERR_CORRUPTED", "ERR_INVALIDDATA")
PERHAPS_BROKEN = ("ERR_NOTSUPPORTED", "ERR_UNKNOWN", "ERR_UNKNOWNRESPONSE")
NOT_GIVEN = f"{NOT_READ} a text that the phone did not keep, a flash text most likely. It is lost. Ask whoever wrote to write again."
HAS_PLACES = ("at", "dku2at")  # what lies in each place of these can be asked for by its number
PR_SET_PDEATHSIG = 1

Say = Callable[[dict[str, Any]], None]
Pdus = list[str]
Records = list[dict[str, Any]]
Items = Generator[dict[str, Any], None, int | None]


class Phone:
    """libgammu and one phone. Each public method is what a request may `do`; `gammu.GSMError` goes to the parent."""

    def __init__(self, gammu: Any, say: Say) -> None:
        self._gammu = gammu
        self._say = say
        self._machine = gammu.StateMachine()
        self._broken: tuple[type[Exception], ...] = (ValueError, *(getattr(gammu, name) for name in BROKEN))
        self._unreadable = (*self._broken, *(getattr(gammu, name) for name in PERHAPS_BROKEN))
        self._has_places = False
        self._missing = 0  # records that the phone counts and does not show
        self._centre = ""
        self.connected = False
        self.deaf = False  # it hears nothing any more

    def open(self, port: str, connection: str, model: str) -> dict[str, Any]:
        """Connect; who the phone is comes with `who`."""
        self._machine.SetConfig(
            0,
            {
                "Device": port,
                "Connection": connection,
                "Model": model,
                "SyncTime": False,
                "LockDevice": False,  # the parent holds the device
                "StartInfo": False,
                "DebugLevel": "nothing",
                "DebugFile": "",
                "UseGlobalDebugFile": False,
            },
        )
        self._machine.Init()
        self._has_places = connection.startswith(HAS_PLACES)
        self.connected = True
        return {}

    def who(self) -> dict[str, Any]:
        """What phone and SIM tell of themselves."""
        model = self._told(self._machine.GetModel) or ("", "")
        return {
            "imei": self._told(self._machine.GetIMEI) or "",
            "imsi": self._told(self._machine.GetSIMIMSI) or "",
            "manufacturer": self._told(self._machine.GetManufacturer) or "",
            "model": model[1] if model[0] in ("", "unknown") else model[0],
            "revision": (self._told(self._machine.GetFirmware) or ("",))[0],
        }

    def lock(self) -> dict[str, Any]:
        """Which code SIM or phone want: "PIN", "PUK", "Phone"...; "" for none."""
        return {"wants": self._machine.GetSecurityStatus() or ""}

    def pin(self, code: str) -> dict[str, Any]:
        """Enter the PIN, once."""
        self._machine.EnterSecurityCode("PIN", code)
        return {}

    def hear(self) -> dict[str, Any]:
        """Ask the phone to say what arrives (`bells`: it will) and who rings; the SIM's service centre."""
        self._machine.SetIncomingCallback(self._heard)
        bells = self._does(self._machine.SetIncomingSMS)
        self._does(self._machine.SetIncomingCall)
        return {"bells": bells, "smsc": self._told(self._service_centre)}

    def _service_centre(self) -> str:
        """Its number; "" when the SIM has none."""
        try:
            return str(self._machine.GetSMSC(1)["Number"])
        except self._gammu.ERR_EMPTY:
            return ""

    def health(self) -> dict[str, Any]:
        """Signal, network, memory and battery, each None when the phone does not tell."""
        return {
            "signal": self._told(self._machine.GetSignalQuality),
            "network": self._told(self._machine.GetNetworkInfo),
            "memory": self._told(self._machine.GetSMSStatus),
            "battery": self._told(self._machine.GetBatteryCharge),
        }

    def battery(self) -> dict[str, Any]:
        """Its charge in percent; None when the phone does not tell."""
        told = self._told(self._machine.GetBatteryCharge)
        percent = -1 if told is None else int(told["BatteryPercent"])
        return {"percent": percent if 0 <= percent <= 100 else None}

    def list(self, *, by_place: bool = False) -> dict[str, Any]:
        """Say each text and report that was received and still lies in the phone. `by_place`: without asking for a list."""
        for item in self._by_place() if by_place else self._listed():
            self._say({"item": item})
        return {}

    def _listed(self) -> Iterator[dict[str, Any]]:
        place: dict[str, Any] = {"Start": True}
        seen: set[int] = set()
        last = -1
        while True:
            try:
                found = self._machine.GetNextSMS(Folder=0, **place)
            except self._gammu.ERR_EMPTY:
                yield from self._passed_over(len(seen), last)
                return
            except (*self._unreadable, self._gammu.ERR_INVALIDLOCATION) as error:
                if self._has_places:
                    # At the start it may be the list that was refused: libgammu would go on with the one before.
                    is_of_one = bool(seen) or isinstance(error, self._broken)
                    unread = yield from self._by_place(last, until_unread=is_of_one)
                    if unread is None:
                        return
                    last, place = unread, {"Location": unread}
                    seen.add(unread)
                    continue
                if not isinstance(error, self._unreadable if seen else self._broken):
                    raise
                yield _unread(error, 0)
                return
            last = int(found[0]["Location"])
            if last in seen:  # libgammu goes in a circle
                return
            seen.add(last)
            yield from self._received(found)
            place = {"Location": last}

    def _received(self, found: Records) -> Iterator[dict[str, Any]]:
        for sms in found:
            if is_received(sms):
                yield _item(sms["Memory"] or "phone", int(sms["Location"]), _pdu(sms))

    def _passed_over(self, found: int, last: int) -> Iterator[dict[str, Any]]:
        """What lies behind a record, or in a memory, that the phone refused to give: libgammu takes that for the end. A phone that always
        counts more than it shows is looked through once.
        """
        memory = self._told(self._machine.GetSMSStatus) if self._has_places else None
        missing = memory["SIMUsed"] + memory["PhoneUsed"] - found if memory else 0
        if missing > self._missing:
            for item in self._by_place(last):
                missing -= 1
                yield item
        self._missing = max(0, missing)

    def _by_place(self, after: int = -1, *, until_unread: bool = False) -> Items:
        """Ask an AT phone for what lies in each place behind this one, or up to the first that cannot be read, which is returned."""
        memory, in_a_row = self._machine.GetSMSStatus(), 0
        phone = MEMORY if memory["SIMSize"] else 0  # where its places begin
        places: list[int] = [*range(memory["SIMSize"] + 1)] if phone else []
        places += range(phone, phone + min(memory["PhoneSize"], MEMORY - 2) + 1)  # from 0 or from 1 on
        for place in places[bisect_right(places, after) :]:
            self._say({"looked": place})
            try:
                found = self._machine.GetSMS(0, place)
            except (self._gammu.ERR_EMPTY, self._gammu.ERR_INVALIDLOCATION):
                continue
            except self._unreadable as error:
                in_a_row += 1
                if in_a_row >= MOST_UNREADABLE:
                    raise
                yield _unread(error, place)
                if until_unread:
                    return place
                continue
            in_a_row = 0
            yield from self._received(found)
        return None

    def delete(self, index: int, pdus: Pdus) -> dict[str, Any]:
        """Delete one record, if it still holds these texts and no other; `gone`: it was not there any more."""
        try:
            found = self._machine.GetSMS(0, index)
        except (self._gammu.ERR_EMPTY, self._gammu.ERR_INVALIDLOCATION):
            return {"gone": True}
        if [_pdu(sms) for sms in found] != pdus:
            raise PduError("Another text lies there now.", "slot")  # it is listed next time
        self._machine.DeleteSMS(0, index)
        return {"gone": False}

    def ready(self) -> dict[str, Any]:
        """Hear what the phone has to say, and see that it and its SIM answer: `send` needs the service centre."""
        self.listen()
        self._centre = self._service_centre()
        return {"smsc": self._centre}

    def send(self, tpdu: str) -> dict[str, Any]:
        """Hand one SUBMIT over; its MR, None when the phone does not tell. Not before libgammu's words are seen to be ours."""
        octets = bytes.fromhex(tpdu)
        message = message_of(octets, self._centre)
        encoded = self._gammu.EncodePDU(message, "Submit")
        difference = differs(encoded[1 + encoded[0] :], octets)  # behind the SMSC's
        if difference:
            raise PduError(f"libgammu would send something else: {difference}.", "TPDU")
        self._say({"handed": True})
        mr = self._machine.SendSMS(message)
        return {"mr": mr if 0 <= mr <= 255 else None}

    def restart(self) -> dict[str, Any]:
        """Switch the phone off and on."""
        self._machine.Reset(Hard=False)
        return {}

    def hang_up(self) -> dict[str, Any]:
        """Reject every call."""
        self._told(lambda: self._machine.CancelCall(ID=0, All=True))
        return {}

    def end(self) -> dict[str, Any]:
        """Leave the phone as it was found."""
        if self.connected:
            self._told(self._machine.Terminate)
        return {}

    def listen(self) -> None:
        """Take in what the phone has said unasked; `_heard` passes it on."""
        if self.connected:
            self._machine.ReadDevice(Wait=False)

    def _heard(self, machine: Any, kind: str, data: dict[str, Any]) -> None:
        if kind == "SMS" and data.get("Text") and data.get("SMSC"):
            self._say({"notice": "direct", "report": data["Type"] == "Status_Report", "pdu": _pdu(data)})
        elif kind == "SMS":
            self._say({"notice": "waiting"})
        elif kind == "Call" and data.get("Status") == "IncomingCall":
            self._say({"notice": "call", "number": data.get("Number") or ""})

    def not_given(self, lost: sys.UnraisableHookArgs) -> None:
        """python-gammu cannot make a dictionary of what the phone handed over. It tries that one again for ever, and nothing behind it comes."""
        if not self.deaf:
            self.deaf = True
            self._say({"notice": "direct", "report": False, "pdu": NOT_GIVEN})

    def _told(self, ask: Callable[[], Any]) -> Any:
        """The answer; None when the phone has none. A phone that does not answer at all is an error."""
        try:
            return ask()
        except self._gammu.ERR_TIMEOUT:
            raise
        except self._gammu.GSMError:
            return None

    def _does(self, switch: Callable[[bool], Any]) -> bool:
        try:
            switch(True)  # noqa: FBT003 (libgammu's form)
        except self._gammu.ERR_TIMEOUT:
            raise
        except self._gammu.GSMError:
            return False
        return True


def _item(storage: str, index: int, pdu: str) -> dict[str, Any]:
    return {"storage": storage, "index": index, "pdu": pdu}


def _unread(error: Exception, place: int) -> dict[str, Any]:
    """`place` 0: nobody knows."""
    where = f", place {place % MEMORY} of the {'phone' if place > MEMORY else 'SIM'}" if place else ""
    return _item("", -1 - place, _unreadable(type(error).__name__ + where))


def _pdu(sms: dict[str, Any]) -> str:
    try:
        return pdu_of(sms)
    except PduError as error:
        return _unreadable(f"{error.field}, place {sms.get('Location')}, {sms.get('DateTime') or 'no date'}")


def _unreadable(why: str) -> str:
    """In place of a PDU; `why` also tells two of them apart, for the same words in two places are one text that was read twice."""
    return f"{UNREADABLE} ({why}). It stays on the phone: read it there, then delete it there."


def answer(phone: Phone, gammu: Any, request: dict[str, Any]) -> dict[str, Any]:
    """Do what is asked; the packet that ends it. No words of a text are in what is said of a failure."""
    do, what = request["do"], {name: value for name, value in request.items() if name != "do"}
    try:
        return {"ok": getattr(phone, do)(**what)}
    except gammu.GSMError as error:
        return {"failed": type(error).__name__, "words": str(error.args[0]["Text"])}
    except PduError as error:
        return {"failed": error.field, "words": str(error)}
    except Exception as error:  # whatever python-gammu makes of what libgammu gives
        return {"failed": type(error).__name__, "words": "libgammu gave something that cannot be read."}


def serve(channel: socket.socket) -> None:
    """Answer requests until the parent lets go, or a new process is needed to hear anything."""

    def say(packet: dict[str, Any]) -> None:
        channel.sendall(json.dumps(packet).encode())

    try:
        import gammu
    except ImportError:
        channel.recv(MOST_OCTETS)
        say({"failed": "NOT_INSTALLED", "words": "python-gammu is not installed."})
        return
    phone = Phone(gammu, say)
    sys.unraisablehook = phone.not_given
    while not phone.deaf:
        ready, _, _ = select.select([channel], [], [], LISTEN_S if phone.connected else None)
        if not ready:
            phone.listen()
            continue
        packet = channel.recv(MOST_OCTETS)
        if not packet:
            return
        request = json.loads(packet)
        say(answer(phone, gammu, request))
        if request["do"] == "end":
            return


def die_with(parent: int) -> None:
    """From now on the kernel ends this process with the thread that started it, even while libgammu hangs."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)


def main(fd: int, parent: int) -> None:
    """The process. Its end is decided by its parent: a terminal's Ctrl-C or Ctrl-Z, or systemd's SIGTERM, let a text in hand finish."""
    die_with(parent)
    faulthandler.enable()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGTSTP):
        signal.signal(number, signal.SIG_IGN)
    with contextlib.suppress(ConnectionError), socket.socket(fileno=fd) as channel:
        serve(channel)
    os._exit(0)  # without libgammu's own farewell, which may hang


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
