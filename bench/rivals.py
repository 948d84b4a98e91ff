"""Textbank and the peers, each behind the same few acts: start, queue, count what came in, be killed.

Each peer runs at the best configuration that we know: `best` says what was done for it. Several modems are one process a
modem where the peer can only have one. Needs Debian's gammu-smsd, smstools and kannel (`./setup.sh peers`).
"""

import contextlib
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
import urllib.parse
import urllib.request
from abc import ABC, abstractmethod
from collections.abc import Callable
from pathlib import Path

from bench.group import Group
from hardware.virtual import VirtualBank

READY_S = 40.0
Text = tuple[str, str]  # number, words


def until(seen: Callable[[], object], what: str, timeout_s: float = READY_S, step_s: float = 0.001) -> None:
    """Wait for something that another process does."""
    ends = time.monotonic() + timeout_s
    while not seen():
        if time.monotonic() > ends:
            raise TimeoutError(f"{what}: not seen in {timeout_s:g} s")
        time.sleep(step_s)


def program(name: str) -> str | None:
    """Its path; Debian keeps daemons in sbin."""
    return shutil.which(name, path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")


class Rival(ABC):
    """One gateway on the modems of a bank, with its data in `folder`."""

    name = ""
    best = ""
    needs: tuple[str, ...] = ()

    def __init__(self, folder: Path, bank: VirtualBank) -> None:
        self.folder, self.bank = folder, bank
        self.processes: list[subprocess.Popen[bytes]] = []
        self.prepare()

    @classmethod
    def here(cls) -> bool:
        """Whether its programs are installed."""
        return all(program(name) for name in cls.needs)

    def run(self, *arguments: object) -> subprocess.Popen[bytes]:
        """One process of it, in a session of its own."""
        with (self.folder / "log").open("ab") as log:
            process = subprocess.Popen(
                [str(argument) for argument in arguments],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=self.folder,
                start_new_session=True,
            )
        self.processes.append(process)
        return process

    def pids(self) -> list[int]:
        """Its processes with all they started."""
        sessions = {process.pid for process in self.processes if process.poll() is None}
        found = []
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit():
                with contextlib.suppress(OSError):
                    fields = (entry / "stat").read_text().rsplit(")", 1)[1].split()
                    if int(fields[3]) in sessions:
                        found.append(int(entry.name))
        return found

    def kill(self) -> None:
        """kill -9 of all of it, at once."""
        for pid in self.pids():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        for process in self.processes:
            process.wait()
        self.processes.clear()

    def stop(self) -> None:
        """End it kindly, then not."""
        for process in self.processes:
            process.terminate()
        for process in self.processes:
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(10)
        self.kill()

    @abstractmethod
    def prepare(self) -> None:
        """Write its configuration; once."""

    @abstractmethod
    def start(self) -> None:
        """Start it, again after a kill; it is ready when this returns."""

    @abstractmethod
    def queue(self, texts: list[Text]) -> None:
        """Hand it texts that may leave at once."""

    @abstractmethod
    def stored(self) -> int:
        """How many texts it has taken in."""

    def asks(self) -> int:
        """How many texts it shows to a person because nobody knows whether they left; peers never do."""
        return 0


class Textbank(Rival):
    """The gateway process alone, as its systemd unit runs it; the texts are approved by this process as the panel does."""

    name = "Textbank"
    best = "as installed; undo 0 s"

    def prepare(self) -> None:
        self.group = Group(self.folder, self.bank)

    def start(self) -> None:
        self.run(sys.executable, "-m", "gateway", "--config", self.folder / "textbank.toml", "gateway")
        self.group.wait_ready()

    def queue(self, texts: list[Text]) -> None:
        self.group.approved(texts)

    def stored(self) -> int:
        return int(self.group.db.execute("SELECT count(*) FROM inbound").fetchone()[0])

    def asks(self) -> int:
        return int(
            self.group.db.execute("SELECT count(*) FROM message WHERE state='uncertain'").fetchone()[0]
        )

    def stop(self) -> None:
        super().stop()
        self.group.close()


class Files(Rival):
    """A gateway that is fed with files."""

    queued = 0

    def place(self, folder: Path, name: str, content: bytes) -> None:
        """A whole file at once, as their manuals ask for it."""
        part = self.folder / "draft"
        part.write_bytes(content)
        part.rename(folder / name)
        self.queued += 1


class GammuSmsd(Files):
    """gammu-smsd with its files, one daemon a modem, texts dealt out in turn."""

    name = "gammu-smsd"
    best = "FILES backend, loopsleep 0, commtimeout 1, receivefrequency 1, no checks of security, battery and signal, no log"
    needs = ("gammu-smsd",)

    def prepare(self) -> None:
        for i, port in enumerate(self.bank.ports):
            boxes = {name: self.folder / f"{name}{i}" for name in ("inbox", "outbox", "sent", "error")}
            for box in boxes.values():
                box.mkdir()
            (self.folder / f"rc{i}").write_text(
                f"[gammu]\ndevice = {port}\nconnection = at115200\n"
                "[smsd]\nservice = files\ninboxformat = unicode\ncommtimeout = 1\nloopsleep = 0\nreceivefrequency = 1\n"
                "statusfrequency = 0\nchecksecurity = 0\nchecknetwork = 0\ncheckbattery = 0\nchecksignal = 0\n"
                "sendtimeout = 30\nmaxretries = 3\nretrytimeout = 5\n"
                f"inboxpath = {boxes['inbox']}/\noutboxpath = {boxes['outbox']}/\n"
                f"sentsmspath = {boxes['sent']}/\nerrorsmspath = {boxes['error']}/\n"
            )

    def start(self) -> None:
        for i in range(len(self.bank.ports)):
            self.run(program("gammu-smsd"), "-c", self.folder / f"rc{i}")
        time.sleep(4)  # it says nowhere that it is ready; in this time it has read the modem once

    def queue(self, texts: list[Text]) -> None:
        for to, text in texts:
            box = self.folder / f"outbox{self.queued % len(self.bank.ports)}"
            name = f"OUTA20260101_{self.queued // 3600:02}{self.queued // 60 % 60:02}{self.queued % 60:02}_00_{to}_sms0.txt"
            self.place(box, name, text.encode())

    def stored(self) -> int:
        return sum(len(list(box.iterdir())) for box in self.folder.glob("inbox*"))


class Smstools(Files):
    """smstools' smsd, one daemon with a process a modem."""

    name = "smstools"
    best = "delaytime 1, keep_open, no checks of the network, no receive before send, quiet log"
    needs = ("smsd",)

    def prepare(self) -> None:
        self.boxes = {
            name: self.folder / name
            for name in ("outgoing", "checked", "failed", "incoming", "report", "sent")
        }
        for box in self.boxes.values():
            box.mkdir()
        names = [f"GSM{i + 1}" for i in range(len(self.bank.ports))]
        (self.folder / "conf").write_text(
            f"devices = {','.join(names)}\n"
            + "".join(f"{name} = {box}\n" for name, box in self.boxes.items())
            + f"logfile = {self.folder}/smsd.log\ninfofile = {self.folder}/running\npidfile = {self.folder}/pid\n"
            "loglevel = 3\ndelaytime = 1\ndelaytime_mainprocess = 1\nerrorsleeptime = 1\nblocktime = 5\n"
            "receive_before_send = no\nincoming_utf8 = yes\ninternational_prefixes = 1\nstats_interval = 0\n"
            + "".join(
                f"[{name}]\ndevice = {port}\nincoming = yes\nbaudrate = 115200\nkeep_open = yes\n"
                "check_network = no\npre_init = no\nneeds_wakeup_at = no\nsend_delay = -1\n"
                "init = AT+CNMI=2,1,0,0,0\nmessage_count_clear = 0\n"
                for name, port in zip(names, self.bank.ports, strict=True)
            )
        )

    def start(self) -> None:
        (self.folder / "pid").unlink(missing_ok=True)
        self.run(program("smsd"), "-t", f"-c{self.folder}/conf")
        time.sleep(3)

    def queue(self, texts: list[Text]) -> None:
        for to, text in texts:
            self.place(
                self.boxes["outgoing"], f"t{self.queued:05}", f"To: {to.lstrip('+')}\n\n{text}".encode()
            )

    def stored(self) -> int:
        return len(list(self.boxes["incoming"].iterdir()))


class Kannel(Rival):
    """Kannel's bearerbox with its AT driver, fed through smsbox."""

    name = "Kannel"
    best = "spool store, SIM buffering, quiet log"
    needs = ("bearerbox", "smsbox")

    def prepare(self) -> None:
        from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
        from threading import Thread

        from tests.far import free_ports

        came: list[str] = []

        class Application(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                came.append(self.path)
                self.send_response(200)
                self.end_headers()

            def log_message(self, *words: object) -> None:
                """Nothing: it is no log of ours."""

        self.came = came
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Application)
        Thread(target=self.server.serve_forever, daemon=True).start()
        admin, self.boxes, self.sending = free_ports(3)
        (self.folder / "spool").mkdir()
        modems = "".join(
            f"\ngroup = smsc\nsmsc = at\nsmsc-id = m{i}\nmodemtype = generic\ndevice = {port}\n"
            "my-number = +12025550100\nsms-center = +12025550199\nsim-buffering = true\n"
            for i, port in enumerate(self.bank.ports)
        )
        (self.folder / "conf").write_text(
            f"group = core\nadmin-port = {admin}\nadmin-interface = 127.0.0.1\nadmin-password = x\n"
            f"smsbox-port = {self.boxes}\nsmsbox-interface = 127.0.0.1\nbox-allow-ip = 127.0.0.1\n"
            f"log-file = {self.folder}/bearer.log\nlog-level = 4\nstore-type = spool\nstore-location = {self.folder}/spool\n"
            f"dlr-storage = internal\n{modems}\n"
            'group = modems\nid = generic\nname = generic\nspeed = 115200\ninit-string = "AT+CNMI=2,1,0,0,0"\n'
            "message-storage = SM\n\n"
            f"group = smsbox\nbearerbox-host = 127.0.0.1\nbearerbox-port = {self.boxes}\nsendsms-port = {self.sending}\n"
            "sendsms-interface = 127.0.0.1\nlog-level = 4\n\n"
            "group = sendsms-user\nusername = u\npassword = p\ndefault-sender = 1\n\n"
            f'group = sms-service\nkeyword = default\nget-url = "http://127.0.0.1:{self.server.server_port}/?t=%b"\n'
            "catch-all = true\nmax-messages = 0\n"
        )

    def start(self) -> None:
        from tests.far import listens

        self.run(program("bearerbox"), self.folder / "conf")
        until(lambda: listens(self.boxes), "bearerbox", step_s=0.05)
        self.run(program("smsbox"), self.folder / "conf")
        until(lambda: listens(self.sending), "smsbox", step_s=0.05)
        time.sleep(4)  # its modem starts meanwhile

    def queue(self, texts: list[Text]) -> None:
        for to, text in texts:
            query = urllib.parse.urlencode({"username": "u", "password": "p", "to": to, "text": text})
            with urllib.request.urlopen(
                f"http://127.0.0.1:{self.sending}/cgi-bin/sendsms?{query}", timeout=20
            ) as answer:
                answer.read()

    def stored(self) -> int:
        return len(self.came)

    def stop(self) -> None:
        super().stop()
        self.server.shutdown()
        self.server.server_close()


class GsmModem(Rival):
    """python-gsmmodem-new in the loop that its users write (bench/gsmmodem_loop.py): a table of texts, sent in order."""

    name = "python-gsmmodem"
    best = "a loop over a table of texts, one process a modem"

    def prepare(self) -> None:
        self.table = sqlite3.connect(self.folder / "texts.db", isolation_level=None)
        self.table.execute("PRAGMA journal_mode=WAL")
        self.table.execute(
            "CREATE TABLE out (id INTEGER PRIMARY KEY, modem INT, number, text, done INT DEFAULT 0)"
        )
        self.table.execute("CREATE TABLE came (id INTEGER PRIMARY KEY, number, text)")
        self.count = 0

    def start(self) -> None:
        ready = [self.folder / f"ready{i}" for i in range(len(self.bank.ports))]
        for i, port in enumerate(self.bank.ports):
            ready[i].unlink(missing_ok=True)
            self.run(
                sys.executable,
                Path(__file__).with_name("gsmmodem_loop.py"),
                port,
                i,
                self.folder / "texts.db",
                ready[i],
            )
        until(lambda: all(path.exists() for path in ready), "python-gsmmodem", step_s=0.01)

    def queue(self, texts: list[Text]) -> None:
        self.table.execute("BEGIN IMMEDIATE")
        for number, text in texts:
            modem = self.count % len(self.bank.ports)
            self.table.execute("INSERT INTO out (modem, number, text) VALUES (?,?,?)", [modem, number, text])
            self.count += 1
        self.table.execute("COMMIT")

    def stored(self) -> int:
        return int(self.table.execute("SELECT count(*) FROM came").fetchone()[0])

    def stop(self) -> None:
        super().stop()
        self.table.close()


ALL: tuple[type[Rival], ...] = (Textbank, GammuSmsd, Smstools, Kannel, GsmModem)
