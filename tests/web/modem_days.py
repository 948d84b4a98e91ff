"""Days of modems for the technician's screens, written through the gateway's own store as stations would have written them."""

import math

from gateway import codes, explain, readings, selftests, sims, stations, store
from tests.web.world import ICCIDS, World, modems

MINUTE = 60_000
HOUR = 60 * MINUTE


def restless_day(world: World, *, now: int | None = None) -> int:
    """A day of north: started ten hours ago, three drops of voltage that pulled it off, and a slow network. Returns now."""
    now = store.wall_ms() if now is None else now
    modems(world)
    world.db.execute("DELETE FROM station_event")
    begin = now - 10 * HOUR
    stations.set_state(world.db, "south", "ready", "", now=begin)
    stations.set_state(world.db, "north", "starting", "", now=begin)
    stations.set_state(world.db, "north", "ready", "", now=begin + 9_000)
    falls = (begin + 2 * HOUR, begin + 5 * HOUR + 20 * MINUTE, begin + 9 * HOUR)
    for n in range(118):
        at = begin + n * 5 * MINUTE
        if any(fall <= at < fall + 7 * MINUTE for fall in falls):
            continue
        readings.sample(
            world.db,
            "north",
            now=at,
            signal_dbm=round(-79 + 9 * math.sin(n / 9) + 3 * math.sin(n / 2)),
            registration="searching" if 60 <= n < 66 else "home",
            technology="LTE",
            temperature_c=41 + n // 20,
            voltage_mv=3780 - n,
            storage_used=3 + n % 30,
            storage_total=40,
        )
    for n, fall in enumerate(falls):
        readings.host_event(
            world.db, "undervoltage", "hwmon: in0_lcrit_alarm (Undervoltage detected!)", now=fall - 1_000
        )
        readings.host_event(world.db, "usb_lost", "usb 1-1.3: USB disconnect, device number 7", now=fall)
        gone = str(explain.port_gone("north", "/dev/ttyUSB0", "")).replace(". ", ".\n")
        stations.set_state(world.db, "north", "lost", gone, now=fall + 1_000)
        stations.set_state(world.db, "north", "starting", "", now=fall + (5 + n) * MINUTE)
        stations.set_state(world.db, "north", "ready", "", now=fall + (6 + n) * MINUTE)
    waits = "The modem north has no network.\nIt is searching for one.\nWe look again every few seconds.\nMove the modem to a window."
    stations.set_state(world.db, "north", "waiting", waits, now=now - 40 * MINUTE)
    stations.set_state(world.db, "north", "ready", "", now=now - 25 * MINUTE)
    _traffic(world, begin, now)
    day = store.moment(now).date().isoformat()
    for code, times in (("CMS 38", 4), ("CME 14", 2), ("silence", 1), ("port gone", 3), ("CMS 999", 1)):
        for n in range(times):
            readings.count_error(world.db, "north", code, day=day, now=now - n * HOUR)
    world.db.execute(
        "UPDATE station SET temperature_c=46, voltage_mv=3662, place='1-1.3', revision='21.318.01.00.541' WHERE name='north'"
    )
    return now


def _traffic(world: World, begin: int, now: int) -> None:
    """Texts of the day, spread over its hours: the rows of real texts, with their times moved back."""
    ids = [
        world.draft(f"Person {n}", f"+120255502{n:02d}", "Hi, it's Elm Street Tenants. STOP to end.")
        for n in range(40)
    ]
    for message_id in ids:
        world.approve(message_id)
    for n in range(len(ids)):
        world.fly("failed" if n % 13 == 5 else "sent")
        if n % 3 == 0:
            world.receive(f"+120255502{n:02d}", f"Answer {n}")
    for table, column in (("event", "at"), ("inbound", "received_at")):
        rows = [row[0] for row in world.db.execute(f"SELECT id FROM {table} ORDER BY id")]
        for n, row_id in enumerate(rows):
            share = 0.5 - 0.5 * math.cos(math.pi * n / len(rows))
            world.db.execute(
                f"UPDATE {table} SET {column}=? WHERE id=?", [begin + int(share * (now - begin)), row_id]
            )


FOUND = "modem-356938035643809"


def everything_asked(world: World) -> None:
    """After a restless day: a request in every state, self-tests with every end, a found modem whose name is long."""
    now, ted = store.wall_ms(), world.users["technician"]
    selftests.approve_standing(world.db, by=world.users["admin"], channel="panel", now=now - 30 * HOUR)
    for name, number in (("north", "+15185550117"), ("south", "+15185550162")):
        sims.seen(world.db, ICCIDS[name], number=number, now=now)
        stations.set_facts(world.db, name, number=number)
    sims.set_balance(
        world.db, ICCIDS["north"], "Your balance is 4.20 USD. Valid until 03/31.", now=now - HOUR
    )
    codes.keep(world.db, ICCIDS["north"], "*100#")
    answers = {
        "ussd": "Your balance is 4.20 USD. Valid until 03/31.",
        "query": 'AT+CPMS?\n+CPMS: "SM",3,40,"SM",3,40,"SM",3,40\nOK',
        "restart": None,
        "reset": "Nothing was done: the last reset was 2 minutes ago. Try again in 8 minutes.",
    }
    for what, words in answers.items():
        asked = stations.request(world.db, "north", what, by=ted, now=now - MINUTE, argument="*100#")
        stations.take_request(world.db, "north", now=now - MINUTE + 1_000)
        if words is not None:
            stations.answer(world.db, asked, words, now=now - MINUTE + 3_000)
    stations.request(world.db, "south", "ussd", by=ted, now=now - 1_000, argument="*100#")
    stations.request(world.db, "south", "query", by=ted, now=now - MINUTE, argument="ATI")
    stations.set_facts(world.db, "south", reset_at=now - 2 * MINUTE)
    _tests(world, now)
    stations.ensure(world.db, FOUND, now=now)
    stations.set_facts(
        world.db,
        FOUND,
        found=1,
        model="Quectel EC25-E revision EC25EFAR06A06M4G",
        imei="356938035643809",
        port="/dev/ttyUSB6",
    )
    waits = explain.pin_required(FOUND)
    stations.set_state(
        world.db, FOUND, "paused", "\n".join((waits.what, waits.evidence, waits.done, waits.next)), now=now
    )


def _tests(world: World, now: int) -> None:
    lost = (
        "south sent the text, and it did not come to north within three minutes. "
        "Check the number of the SIM in north, its signal, and the credit of the SIM in south."
    )
    rows = (
        ("north", "south", 1_400, 3_900, 5_200, 1, None),
        ("south", "north", 2_100, None, None, 0, lost),
        ("north", "south", 900, None, None, None, None),
    )
    for n, (sender, receiver, sent, came, told, passed, reason) in enumerate(rows):
        at = now - (30 - 10 * n) * MINUTE
        times = [None if after is None else at + after for after in (sent, came, told)]
        ended = None if passed is None else at + 180_000
        world.db.execute(
            "INSERT INTO self_test (sender, receiver, token, started_at, sent_at, received_at, reported_at, ended_at, passed, reason) "
            "VALUES (?,?,?,?,?,?,?,?,?,?)",
            [sender, receiver, f"TOKEN{n}", at, *times, ended, passed, reason],
        )
