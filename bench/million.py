"""A database of a million texts and a hundred thousand people, made in bulk and checked by Textbank's own functions, and what
pages and stations take on it: real HTTP against the real panel, one core.

Rows are those that `outbox`, `claims`, `flight` and `arrivals` leave behind, with their ledger chained as it has to be.
"""

import hashlib
import http.cookiejar
import random
import re
import secrets
import sqlite3
import subprocess
import sys
import tempfile
import time
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

from bench.group import WORDS, Group, environment
from bench.readings import cpu_s, p50, p95
from gateway import board, budget, claims, conversations, flight, inbox, ledger, listing, people, store
from gateway.policy import Limits
from hardware.virtual import VirtualBank

TEXTS, PEOPLE = 1_000_000, 100_000
AWAITING = 100_000  # of the texts: a list that came in today
WAITING = 2_000  # people whom nobody has answered
DAYS, REPLIED = 100, 0.2
NAMES = "Ada Ben Chen Dina Elif Femi Gus Hana Ivo Jing Kofi Lena Mo Nia Omar Pia Quinn Rosa Sam Tove Uma Vik Wen Yara Zoe".split()  # noqa: SIM905
FAMILIES = "Abara Brandt Costa Diaz Egede Fox Garcia Haddad Ito Jones Kim Lopez Meyer Nwosu Okafor Patel Quist Reyes Silva Tran".split()  # noqa: SIM905
SAID = (
    "yes",
    "Yes I will come",
    "no thanks",
    "Who is this?",
    "maybe, is there a bus to the library",
    "my heating is broken again",
    "STOP calling, text is fine",
    "call me on Thursday",
    "moved away last year",
)
KEY = secrets.token_bytes(32)


def fill(db: sqlite3.Connection, texts: int, persons: int, users: list[int], *, now: int) -> None:
    """Write it all, in one go and without fsync: nobody else has this database."""
    dice = random.Random(7)
    db.execute("PRAGMA synchronous=OFF")
    db.execute("BEGIN IMMEDIATE")
    salts = [hashlib.sha256(KEY + n.to_bytes(4, "big")).digest()[:16] for n in range(persons)]
    numbers = [f"+1{2010000000 + n * 61:010d}" for n in range(persons)]
    begin = now - DAYS * 86_400_000
    db.executemany(
        "INSERT INTO conversation (id, number, tail, name, salt, iccid, last_at) VALUES (?,?,?,?,?,?,?)",
        (
            (
                n + 1,
                numbers[n],
                numbers[n][-8:],
                f"{dice.choice(NAMES)} {dice.choice(FAMILIES)}",
                salts[n],
                f"89{n % 4}",
                begin,
            )
            for n in range(persons)
        ),
    )
    sent = texts - min(AWAITING, texts // 10)
    step = (now - begin - 86_400_000) // sent
    spread(db, _sent(sent, persons, numbers, salts, users, begin, step))
    db.executemany(
        "INSERT INTO message (conversation_id, kind, state, text, channel, created_at, expires_at) VALUES (?,3,'awaiting',?,'cli',?,?)",
        ((n % persons + 1, f"{WORDS} {n}", now, now + 86_400_000) for n in range(texts - sent)),
    )
    _replies(db, persons, numbers, dice, begin, now)
    db.execute("COMMIT")
    db.execute("PRAGMA synchronous=FULL")
    db.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _sent(
    count: int, persons: int, numbers: list[str], salts: list[bytes], users: list[int], begin: int, step: int
) -> Iterator[tuple[tuple[object, ...], tuple[object, ...], list[tuple[object, ...]]]]:
    """(Text, ledger row, events) of each text that was sent and delivered."""
    previous = ledger.START
    for n in range(count):
        who, user, at, number = n % persons, users[n % len(users)], begin + n * step, n + 1
        text = f"{WORDS} {n}"
        words = ledger.digest(salts[who], numbers[who], text)
        row: list[object] = [number, at, "approve", number, user, "panel", None, words.hex()]
        previous = ledger._mac(previous, row)
        reported = n % 5 > 0
        yield (
            (
                number,
                who + 1,
                3,
                "delivered" if reported else "sent",
                text,
                "cli",
                at - 60_000,
                number,
                user,
                at,
                at + 86_400_000,
                1,
                f"s{who % 4}",
                1,
                f"89{who % 4}",
                1,
                0,
                at + 36_000_000,
                n % 256,
                at + 5000,
                at + 7000,
                at + 20_000 if reported else None,
            ),
            (number, at, "approve", number, user, "panel", None, words, previous),
            [
                (number, "approve", f"user:{user}", at),
                (number, "submit", f"station:s{who % 4}", at + 5000),
                (number, "accept", f"station:s{who % 4}", at + 7000),
                *([(number, "report_delivered", "network", at + 20_000)] if reported else []),
            ],
        )


def spread(
    db: sqlite3.Connection,
    rows: Iterator[tuple[tuple[object, ...], tuple[object, ...], list[tuple[object, ...]]]],
) -> None:
    """Write them a thousand at a time."""
    texts, approvals, events = [], [], []
    columns = (
        "id, conversation_id, kind, state, text, channel, created_at, approval_id, approved_by, approved_at, expires_at, attempts, "
        "station, epoch, iccid, total, concat_ref, valid_until, mr, submitted_at, sent_at, reported_at"
    )
    marks = ",".join("?" * 22)
    for text, approval, happened in rows:
        texts.append(text)
        approvals.append(approval)
        events += happened
        if len(texts) == 1000:
            _flush(db, columns, marks, texts, approvals, events)
    _flush(db, columns, marks, texts, approvals, events)


def _flush(
    db: sqlite3.Connection,
    columns: str,
    marks: str,
    texts: list[tuple[object, ...]],
    approvals: list[tuple[object, ...]],
    events: list[tuple[object, ...]],
) -> None:
    db.executemany(
        "INSERT INTO ledger (id, at, act, message_id, user_id, channel, os_user, digest, mac) VALUES (?,?,?,?,?,?,?,?,?)",
        approvals,
    )
    db.executemany(f"INSERT INTO message ({columns}) VALUES ({marks})", texts)
    db.executemany("INSERT INTO event (message_id, event, actor, at) VALUES (?,?,?,?)", events)
    texts.clear()
    approvals.clear()
    events.clear()


def _replies(
    db: sqlite3.Connection, persons: int, numbers: list[str], dice: random.Random, begin: int, now: int
) -> None:
    """A fifth of the people wrote twice; some of them wait."""
    wrote = [n for n in range(persons) if dice.random() < REPLIED]
    step = (now - begin) // (2 * len(wrote))
    at = begin
    for turn in range(2):
        for n in wrote:
            at += step
            text = f"{dice.choice(SAID)} {n}" if turn else dice.choice(SAID)
            cursor = db.execute(
                "INSERT INTO inbound (conversation_id, number, kind, text, station, iccid, received_at, stamped_at) VALUES (?,?,'text',?,?,?,?,?)",
                [n + 1, numbers[n], text, f"s{n % 4}", f"89{n % 4}", at, at],
            )
            db.execute(
                "INSERT INTO arrival (iccid, digest, pdu, storage, slot, first_at, gone_at, inbound_id) VALUES (?,?,?,'SM',1,?,?,?)",
                [f"89{n % 4}", at, text.encode(), at, at, cursor.lastrowid],
            )
            db.execute("UPDATE conversation SET last_in_at=?, last_at=? WHERE id=?", [at, at, n + 1])
    for n in wrote[-min(WAITING, len(wrote)) :]:
        db.execute("UPDATE conversation SET waiting_at=last_in_at WHERE id=?", [n + 1])


class Browser:
    """A signed-in coordinator at the panel, over HTTP."""

    def __init__(self, base: str, link: str) -> None:
        self.base = base
        jar = http.cookiejar.CookieJar()
        self.opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(jar))
        self.opener.addheaders = [("Origin", base), ("User-Agent", "bench")]
        page = self.get(f"/s/{link}")
        self.post(f"/s/{link}", page)

    def get(self, path: str) -> str:
        """A page."""
        with self.opener.open(self.base + path, timeout=60) as answer:
            return str(answer.read().decode())

    def post(self, path: str, page: str, **form: str) -> str:
        """A form of `page`."""
        found = re.search(r'name="csrf_token" value="([^"]+)"', page)
        body = urllib.parse.urlencode({"csrf_token": found[1] if found else "", **form}).encode()
        with self.opener.open(self.base + path, body, timeout=60) as answer:
            return str(answer.read().decode())


def timed(act: Callable[[], object], times: int) -> tuple[float, float]:
    """(p50, p95) in ms."""
    taken = []
    for _ in range(times):
        began = time.perf_counter()
        act()
        taken.append((time.perf_counter() - began) * 1000)
    return p50(taken), p95(taken)


def approve_next(browser: Browser) -> None:
    """The send card, and a press on Send, which shows the next."""
    page = browser.get("/send")
    found = re.search(r'action="(/send/\d+/approve)"', page)
    seen = re.search(r'name="seen" value="([^"]+)"', page)
    if not found or not seen:
        raise SystemExit("The send card is missing: " + page[:2000])
    browser.post(found[1], page, seen=seen[1])


def run(
    say: Callable[[str, str, str], None], *, texts: int = TEXTS, persons: int = PEOPLE, times: int = 60
) -> None:
    """Make the database and print every measure."""
    with tempfile.TemporaryDirectory(prefix="tb-") as name:
        folder = Path(name)
        with VirtualBank(1, folder / "m") as bank:
            group = Group(folder, bank)
            now = store.wall_ms()
            users = [
                group.user.id,
                *(people.create(group.db, f"V{n}", "volunteer", now=now).id for n in range(19)),
            ]
            began = time.monotonic()
            fill(group.db, texts, persons, users, now=now)
            say(
                f"{texts:,} texts and {persons:,} people written", f"{time.monotonic() - began:.0f} s", "none"
            )
            began = time.monotonic()
            verdict = ledger.verify(group.db)
            checked = group.db.execute("PRAGMA foreign_key_check").fetchall()
            if not verdict.intact or checked:
                raise SystemExit(
                    f"The database is not as Textbank leaves it: {verdict.broken[:3]} {checked[:3]}"
                )
            say("   ledger verified, every row", f"{time.monotonic() - began:.0f} s", "none")
            say("   the file", f"{group.config.database.path.stat().st_size / 1e6:.0f} MB", "none")
            pages(group, say, times)
            store_functions(group, say, times)
            group.close()


def pages(group: Group, say: Callable[[str, str, str], None], times: int) -> None:
    """Through HTTP."""
    port = group.config.panel.port
    panel = subprocess.Popen([sys.executable, "-m", "web"], env=environment(group), stderr=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + 30
        while True:
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{port}/alive", timeout=5).close()
                break
            except OSError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.1)
        browser = Browser(f"http://127.0.0.1:{port}", group.link)
        waiting = re.search(r'href="(/inbox/\d+)', browser.get("/inbox"))
        assert waiting, "nobody waits in the inbox"
        targets = "p95 < 100 ms"
        for what, act in (
            ("home", lambda: browser.get("/")),
            ("inbox, who waits", lambda: browser.get("/inbox")),
            ("inbox, everybody", lambda: browser.get("/inbox?box=all")),
            ("a thread", lambda: browser.get(waiting[1])),
            ("search, a rare word", lambda: browser.get("/inbox?q=19999")),
            ("search, two common words", lambda: browser.get("/inbox?q=heating+broken")),
            ("search, the beginning of a common word", lambda: browser.get("/inbox?q=ye")),
            ("search, a name", lambda: browser.get("/inbox?q=rosa+okafor")),
            ("search, the end of a number", lambda: browser.get("/inbox?q=4321")),
            ("send card", lambda: browser.get("/send")),
        ):
            cpu = cpu_s([panel.pid])
            middle, worst = timed(act, times)
            cpu = (cpu_s([panel.pid]) - cpu) / times * 1000
            say(
                f"   {what}, {times} times over HTTP",
                f"p50 {middle:.0f} p95 {worst:.0f} ms, CPU {cpu:.0f} ms",
                targets,
            )
        middle, worst = timed(lambda: approve_next(browser), times)
        say(
            f"   send card, Send and the next card, {times} times",
            f"p50 {middle:.0f} p95 {worst:.0f} ms",
            "p95 < 200 ms",
        )
    finally:
        panel.terminate()
        panel.wait(20)


def store_functions(group: Group, say: Callable[[str, str, str], None], times: int) -> None:
    """What stations and the live stream ask."""
    db, rules, now = group.db, group.rules, store.wall_ms()
    epoch = flight.begin(db, "s0", now=now)
    seat = claims.Seat("s0", epoch, budget.Sim("890", Limits(), rules.zone))

    def send_one() -> None:
        job, why = claims.claim_next(db, seat, rules, now=store.wall_ms())
        assert job is not None, why
        flight.submit(db, seat, job, 1, rules, valid_for=timedelta(hours=1), now=store.wall_ms())
        flight.accept(db, seat, flight.Accepted(job, 1, 7, store.wall_ms()))

    rows = db.execute(
        "SELECT m.id FROM message m JOIN conversation c ON c.id=m.conversation_id WHERE m.state='awaiting' AND c.iccid='890' "
        "ORDER BY m.kind, m.id LIMIT ?",
        [times + 5],
    ).fetchall()
    group.approve_all([row["id"] for row in rows])
    for what, act, target in (
        ("claim, submit and accept one text", send_one, "p95 < 40 ms"),
        ("a station's start", lambda: flight.recover(db, "s0", now=now), "p95 < 20 ms"),
        ("pulse of the live stream", lambda: board.pulse(db), "p95 < 5 ms"),
        ("say whose SIM is gone", lambda: conversations.say_homeless(db), "p95 < 100 ms"),
        ("textbank outbox, newest 1,000", lambda: listing.outbox_rows(db), "p95 < 200 ms"),
        (
            "textbank outbox --state uncertain",
            lambda: listing.outbox_rows(db, state="uncertain"),
            "p95 < 200 ms",
        ),
        (
            "inbox of everybody",
            lambda: inbox.conversations_in(db, group.user, box="all", now=now),
            "p95 < 20 ms",
        ),
    ):
        middle, worst = timed(act, times)
        say(f"   {what}, {times} times", f"p50 {middle:.1f} p95 {worst:.1f} ms", target)
