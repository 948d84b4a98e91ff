"""What a technician asks of a modem: each request reaches its station, its answer stands where it was asked, and its limits are said."""

import re
from collections.abc import Callable
from dataclasses import replace

import pytest
from flask import Flask

from gateway import board, codes, consent, numbers, policy, readings, selftests, sims, stations, store
from gateway.errors import Refused
from tests.web.conftest import Visitor
from tests.web.world import ICCIDS, World, modems

Visit = Callable[..., Visitor]
NUMBERS = {"north": "+15185550117", "south": "+15185550162"}


@pytest.fixture
def ready(world: World) -> World:
    """Two ready modems with their numbers."""
    modems(world)
    now = store.wall_ms()
    for name, number in NUMBERS.items():
        sims.seen(world.db, ICCIDS[name], number=number, now=now)
        stations.set_facts(world.db, name, number=number)
        stations.set_state(world.db, name, "ready", "", now=now)
    return world


def ted(visit: Visit) -> Visitor:
    visitor = visit("technician")
    visitor.get("/modems/north")
    return visitor


def taken(world: World) -> tuple[str, str | None]:
    asked = stations.take_request(world.db, "north", now=store.wall_ms())
    assert asked is not None
    return asked.what, asked.argument


def place(page: str, name: str) -> str:
    """The place of an answer on the page, without its marks."""
    found = re.search(rf'id="asked-{name}".*?</div>', page, re.DOTALL)
    assert found
    return " ".join(re.sub(r"<[^>]+>", " ", found[0]).split())


@pytest.mark.parametrize(
    ("path", "form", "asked", "where"),
    [
        ("balance", {"code": " *101# "}, ("ussd", "*101#"), "ussd"),
        ("query", {"command": "AT+CSQ", "typed": "AT+COPS?"}, ("query", "AT+CSQ"), "query"),
        ("query", {"typed": " at+cops? "}, ("query", "at+cops?"), "query"),
        (
            "query",
            {"typed": "AT+CMGS=20"},
            ("query", "AT+CMGS=20"),
            "query",
        ),  # the gateway refuses it in words
        ("reset", {"from": "one"}, ("reset", None), "reset"),
        ("restart", {"from": "one"}, ("restart", None), "restart"),
    ],
)
def test_what_is_asked_reaches_the_station_and_the_answer_its_place(
    ready: World, visit: Visit, path: str, form: dict[str, str], asked: tuple[str, str | None], where: str
) -> None:
    visitor = ted(visit)
    answer = visitor.post(f"/modems/north/{path}", **form)
    assert answer.headers["Location"] == f"/modems/north#asked-{where}"
    assert "when it has a moment" in place(visitor.get("/modems/north").get_data(as_text=True), where)
    assert taken(ready) == asked
    assert "Ted asked" in place(visitor.get("/modems/north").get_data(as_text=True), where)
    row = stations.latest_results(ready.db, "north", asked[0], 1)[0]
    stations.answer(ready.db, row["id"], "Line one\n+X: <b>", now=store.wall_ms())
    page = visitor.get("/modems/north").get_data(as_text=True)
    assert "Line one\n+X: &lt;b&gt;" in page
    assert "answered" in place(page, where)


def test_the_place_of_the_answer_has_the_focus_once(ready: World, visit: Visit) -> None:
    visitor = ted(visit)
    visitor.post("/modems/north/query", command="AT+CSQ")
    assert re.search(r'id="asked-query"[^>]* data-focus', visitor.get("/modems/north").get_data(as_text=True))
    again = visitor.get("/modems/north").get_data(as_text=True)
    assert not re.search(r'id="asked-query"[^>]* data-focus', again)


def test_a_request_that_nobody_takes_says_why(ready: World, visit: Visit) -> None:
    technician = ready.users["technician"]
    stations.request(ready.db, "north", "reset", by=technician, now=store.wall_ms() - 60_000)
    assert "had no moment for this yet" in place(
        ted(visit).get("/modems/north").get_data(as_text=True), "reset"
    )


@pytest.mark.parametrize("code", ["", "hello", "101", "*101", "AT+CMGS=1", "*101#;ATD", "*" * 30 + "#"])
def test_a_code_that_is_none_is_refused_and_nobody_is_asked(ready: World, visit: Visit, code: str) -> None:
    answer = ted(visit).post("/modems/north/balance", code=code)
    assert answer.status_code == 409
    assert "looks like *100#" in answer.get_data(as_text=True)
    assert stations.take_request(ready.db, "north", now=store.wall_ms()) is None


def test_the_code_stays_with_the_sim(ready: World, visit: Visit) -> None:
    visitor = ted(visit)
    visitor.post("/modems/north/balance", code="*100*1#")
    assert 'value="*100*1#"' in visitor.get("/modems/north").get_data(as_text=True)
    assert codes.known(ready.db, ICCIDS["south"]) == ""
    ready.db.execute("UPDATE station SET iccid=? WHERE name='south'", [ICCIDS["north"]])
    assert 'value="*100*1#"' in visitor.get("/modems/south").get_data(as_text=True)


def test_the_balance_is_on_the_card(ready: World, visit: Visit) -> None:
    sims.set_balance(ready.db, ICCIDS["north"], "Your balance is 4.20 USD.", now=store.wall_ms())
    for who in ("technician", "coordinator"):
        assert "Your balance is 4.20 USD." in visit(who).get("/modems").get_data(as_text=True)


def test_a_reset_is_possible_every_ten_minutes(ready: World, visit: Visit) -> None:
    button = 'action="/modems/north/reset"'
    assert button in ted(visit).get("/modems/north").get_data(as_text=True)
    stations.set_facts(ready.db, "north", reset_at=store.wall_ms() - 60_000)
    page = ted(visit).get("/modems/north").get_data(as_text=True)
    assert button not in page
    assert "The next one is possible from" in page
    for at in (-601_000, 365 * 86_400_000):  # the second by a clock that was ahead
        stations.set_facts(ready.db, "north", reset_at=store.wall_ms() + at)
        assert button in ted(visit).get("/modems/north").get_data(as_text=True)


@pytest.mark.parametrize(("form", "status"), [({}, 409), ({"typed": "  "}, 409), ({"typed": "A" * 121}, 400)])
def test_a_question_that_is_none_is_refused(
    ready: World, visit: Visit, form: dict[str, str], status: int
) -> None:
    assert ted(visit).post("/modems/north/query", **form).status_code == status
    assert stations.take_request(ready.db, "north", now=store.wall_ms()) is None


def test_a_coordinator_sees_neither_answers_nor_what_can_be_asked(ready: World, visit: Visit) -> None:
    asked = stations.request(ready.db, "north", "query", by=ready.users["technician"], now=store.wall_ms())
    stations.answer(ready.db, asked, "+CIMI 310260123456789", now=store.wall_ms())
    page = visit("coordinator").get("/modems/north").get_data(as_text=True)
    assert "+CIMI" not in page
    assert "asked-query" not in page
    for path in ("balance", "query", "test", "number", "reset"):
        assert visit("coordinator").post(f"/modems/north/{path}").status_code == 403


def test_self_tests_wait_for_an_admin_who_allows_them_once(ready: World, visit: Visit) -> None:
    page = ted(visit).get("/modems").get_data(as_text=True)
    assert "an admin allows it once" in page
    assert "Test all modems" not in page
    assert visit("technician").post("/modems/tests/allow").status_code == 403
    ana = visit("admin")
    page = ana.get("/modems").get_data(as_text=True)
    assert selftests.WORDS.split("{")[0] in page  # exactly these words
    assert ana.post("/modems/tests/allow").status_code == 303
    page = ted(visit).get("/modems").get_data(as_text=True)
    assert "Test all modems" in page
    assert "allowed it" in page


def test_an_admin_takes_the_permission_back(ready: World, visit: Visit) -> None:
    selftests.approve_standing(ready.db, by=ready.users["admin"], channel="panel", now=store.wall_ms())
    rows = ready.db.execute("SELECT count(*) FROM ledger").fetchone()[0]
    assert "Allow no more self-tests" not in ted(visit).get("/modems").get_data(as_text=True)
    assert ted(visit).post("/modems/tests/forbid").status_code == 403
    assert selftests.standing(ready.db)
    ana = visit("admin")
    assert "Allow no more self-tests" in ana.get("/modems").get_data(as_text=True)
    assert ana.post("/modems/tests/forbid").status_code == 303
    assert selftests.standing(ready.db) is None
    assert ready.db.execute("SELECT count(*) FROM ledger").fetchone()[0] == rows
    assert ted(visit).post("/modems/north/test", to="south").status_code == 409
    with pytest.raises(Refused):
        consent.withdraw(ready.db, by=ready.users["technician"])


def test_a_text_goes_to_a_whole_number_of_another_sim(ready: World, visit: Visit) -> None:
    selftests.approve_standing(ready.db, by=ready.users["admin"], channel="panel", now=store.wall_ms())
    offered = 'name="to" value="south"'
    assert offered in ted(visit).get("/modems/north").get_data(as_text=True)
    stations.set_facts(ready.db, "south", number="0518555")  # as it stands on the card, nobody knows where
    assert offered not in ted(visit).get("/modems/north").get_data(as_text=True)
    assert "is no whole number" in ted(visit).get("/modems/south").get_data(as_text=True)
    stations.set_facts(ready.db, "south", number=NUMBERS["north"], iccid=ICCIDS["north"])
    assert offered not in ted(visit).get("/modems/north").get_data(as_text=True)


def test_a_gammu_phone_is_not_asked_what_it_cannot_tell(ready: World, app: Flask, visit: Visit) -> None:
    config = app.config["TEXTBANK"]
    phone = replace(config.stations[0], driver="gammu")
    app.config["TEXTBANK"] = replace(config, stations=(phone, config.stations[1]))
    stations.set_facts(ready.db, "north", iccid="310260123456789")  # known by its IMSI: gammu tells no ICCID
    visitor = ted(visit)
    page = visitor.get("/modems/north").get_data(as_text=True)
    assert "asked on the phone itself" in page
    assert "/modems/north/query" not in page
    assert "/modems/north/balance" not in page
    assert '<dt>SIM\'s ICCID</dt><dd class="mono">it does not tell</dd>' in page
    assert '<dt>SIM\'s IMSI</dt><dd class="mono">310260123456789</dd>' in page
    assert "its IMSI ends in 6789" in page
    for path, form in (("balance", {"code": "*100#"}), ("query", {"command": "AT+CSQ"})):
        assert visitor.post(f"/modems/north/{path}", **form).status_code == 409
    assert stations.take_request(ready.db, "north", now=store.wall_ms()) is None
    assert "/modems/south/query" in visitor.get("/modems/south").get_data(as_text=True)


def test_a_test_is_begun_and_its_times_are_shown(ready: World, visit: Visit) -> None:
    now = store.wall_ms()
    selftests.approve_standing(ready.db, by=ready.users["admin"], channel="panel", now=now)
    visitor = ted(visit)
    assert visitor.post("/modems/north/test", to="south").headers["Location"] == "/modems/north#asked-test"
    assert "Under way" in visitor.get("/modems/north").get_data(as_text=True)
    refused = visitor.post("/modems/north/test", to="south")
    assert refused.status_code == 409
    assert "under way" in refused.get_data(as_text=True)
    ready.db.execute(
        "UPDATE self_test SET sent_at=started_at+1400, received_at=started_at+3900, reported_at=started_at+12000, ended_at=?, passed=1",
        [now],
    )
    for path in ("/modems/north", "/modems/south", "/modems"):
        page = visitor.get(path).get_data(as_text=True)
        for said in ("Passed", "1.4 s", "3.9 s", "12 s"):
            assert said in page, (path, said)


def test_all_modems_are_tested_in_a_ring(ready: World, visit: Visit) -> None:
    visitor = ted(visit)
    assert visitor.post("/modems/tests").status_code == 409  # nobody allowed it yet
    selftests.approve_standing(ready.db, by=ready.users["admin"], channel="panel", now=store.wall_ms())
    assert visitor.post("/modems/tests").headers["Location"] == "/modems"
    assert {(test["sender"], test["receiver"]) for test in selftests.latest(ready.db)} == {
        ("north", "south"),
        ("south", "north"),
    }
    stations.set_state(ready.db, "south", "lost", "Gone.", now=store.wall_ms())
    assert "two ready modems" in visitor.post("/modems/tests").get_data(as_text=True)


@pytest.mark.parametrize("to", ["north", "nobody", ""])
def test_a_test_to_nobody_is_refused_in_words(ready: World, visit: Visit, to: str) -> None:
    selftests.approve_standing(ready.db, by=ready.users["admin"], channel="panel", now=store.wall_ms())
    answer = ted(visit).post("/modems/north/test", to=to)
    assert answer.status_code == 409
    assert "Nothing was sent" in answer.get_data(as_text=True)


def test_a_sims_own_number_is_written_down(ready: World, visit: Visit) -> None:
    visitor = ted(visit)
    assert visitor.post("/modems/south/number", number="(518) 555-0199").status_code == 303
    assert sims.number_of(ready.db, ICCIDS["south"]) == "+15185550199"
    assert numbers.pretty("+15185550199") in visitor.get("/modems/south").get_data(as_text=True)
    for wrong in ("12", NUMBERS["north"]):
        assert visitor.post("/modems/south/number", number=wrong).status_code == 409
    assert sims.number_of(ready.db, ICCIDS["south"]) == "+15185550199"


def test_errors_are_told_in_words_with_their_counts(ready: World, visit: Visit) -> None:
    now = store.wall_ms()
    today = policy.day_of(store.moment(now), ready.rules.zone)
    for _ in range(3):
        readings.count_error(ready.db, "north", "CMS 38", day=today.isoformat(), now=now)
    readings.count_error(
        ready.db, "north", "CMS 38", day=today.replace(year=today.year - 1).isoformat(), now=now
    )
    page = ted(visit).get("/modems/north").get_data(as_text=True)
    assert "The network is out of order." in page
    assert "3 times today;" in page
    assert "CMS 38" in page
    assert "Errors of seven days" in ted(visit).get("/modems/south").get_data(as_text=True)


def test_a_paused_sim_says_so_in_whatever_modem_it_is(ready: World, visit: Visit) -> None:
    sims.pause(ready.db, ICCIDS["north"], "The SIM's plan has no texts.", now=store.wall_ms())
    page = ted(visit).get("/modems").get_data(as_text=True)
    assert "This SIM may not send." in page
    assert "The SIM&#39;s plan has no texts." in page


def test_what_the_pages_of_the_modems_show_changes_their_pulse(ready: World) -> None:
    db, now = ready.db, store.wall_ms()
    asked = stations.request(db, "north", "query", by=ready.users["technician"], now=now)
    steps = [
        lambda: stations.take_request(db, "north", now=now),
        lambda: stations.answer(db, asked, "OK", now=now),
        lambda: readings.sample(db, "north", now=now, signal_dbm=-80),
        lambda: readings.host_event(db, "undervoltage", "hwmon", now=now),
        lambda: sims.set_balance(db, ICCIDS["north"], "4 USD", now=now),
        lambda: sims.pause(db, ICCIDS["north"], "No credit.", now=now),
        lambda: sims.resume(db, ICCIDS["north"]),
        lambda: selftests.approve_standing(db, by=ready.users["admin"], channel="panel", now=now),
        lambda: selftests.begin(db, "north", "south", by=None, rules=ready.rules, now=now),
        lambda: db.execute("UPDATE self_test SET received_at=?", [now]),
    ]
    for step in steps:
        before = board.pulse(db)
        step()
        assert "stations" in board.pulse(db).topics(before), step
