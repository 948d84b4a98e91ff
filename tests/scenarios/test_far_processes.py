"""The real gateway process, whose modems are on another machine behind a real ser2net that dies under load."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from gateway import outbox, people, stations, store
from hardware.virtual import VirtualBank
from tests.far import Ser2net
from tests.scenarios.group import ADA, Group, went_to

TEXTS = 40


@pytest.fixture
def far(need: Callable[..., str], tmp_path: Path) -> Iterator[tuple[Group, Ser2net]]:
    """One modem through RFC 2217, one through a plain socket."""
    with (
        VirtualBank(2, tmp_path / "m") as bank,
        Ser2net(need("ser2net"), bank.ports, tmp_path) as server,
    ):
        group = Group(tmp_path, bank, [server.urls(0)["rfc2217"], server.urls(1)["socket"]])
        yield group, server
        group.close()


def states(group: Group) -> set[str]:
    return {row["state"] for row in group.db.execute("SELECT state FROM station")}


def test_a_gateway_sends_receives_and_gets_reports_through_ser2net(far: tuple[Group, Ser2net]) -> None:
    group, _ = far
    group.start()
    message_id = group.approved(ADA, "Can you come? " * 20)
    group.until(lambda: group.state(message_id) == "delivered", "delivered")
    for modem in (0, 1):
        group.bank.inbound(modem, ADA, f"Yes {modem}")
    group.until(lambda: len(group.db.execute("SELECT 1 FROM inbound").fetchall()) == 2, "both replies")
    assert {row["text"] for row in group.json("inbox")} == {"Yes 0", "Yes 1"}
    group.bank.wait_stored(0, 0)


def test_ser2net_killed_again_and_again_under_load_loses_nothing_and_doubles_nothing(
    far: tuple[Group, Ser2net],
) -> None:
    group, server = far
    technician = people.create(group.db, "Tess", "technician", now=store.wall_ms())
    group.start()
    ids = [group.approved(f"+1202555{i:04d}") for i in range(TEXTS)]
    for _ in range(2):
        before = len(group.bank.air())
        group.until(lambda seen=before: len(group.bank.air()) >= min(seen + 5, TEXTS - 5), "texts")  # type: ignore[misc]
        server.kill()
        group.until(lambda: states(group) == {"lost"}, "both lost")
        server.start()

    def settled() -> bool:
        if "paused" in states(group):  # two uncertain in a row pause a station until a person says go on
            for name in ("s0", "s1"):
                stations.request(group.db, name, "resume", by=technician, now=store.wall_ms())
        return all(group.state(i) in ("sent", "delivered", "uncertain") for i in ids)

    group.until(settled, "every text settled")
    numbers = [str(outbox.load(group.db, i)["number"]) for i in ids]
    assert all(went_to(group, number) <= 1 for number in numbers)
    for message_id, number in zip(ids, numbers, strict=True):
        if group.state(message_id) != "uncertain":
            assert went_to(group, number) == 1
    assert sum(group.state(i) == "uncertain" for i in ids) <= 4  # one for each modem and cut
