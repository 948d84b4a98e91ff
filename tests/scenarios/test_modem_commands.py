"""The technician's command line against a real gateway process with virtual modems on ptys."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway import people, store
from hardware.virtual import VirtualBank
from tests.scenarios.group import Group


@pytest.fixture
def group(tmp_path: Path) -> Iterator[Group]:
    with VirtualBank(2, tmp_path / "m") as bank:
        group = Group(tmp_path, bank)
        for name in ("technician", "admin"):
            people.create(group.db, name, name, now=store.wall_ms())
        yield group
        group.close()


def test_balance_question_reset_and_self_test(group: Group) -> None:
    group.start()
    group.until(lambda: [row["state"] for row in group.json("stations")] == ["ready", "ready"], "ready")
    tess = ("--as", "technician")
    assert group.run("ussd", "s0", "*100#", *tess).stdout == "Your balance is $10.00.\n"
    assert group.json("stations")[0]["balance"] == "Your balance is $10.00."
    assert "+CSQ: " in group.run("query", "s0", "AT+CSQ", *tess).stdout
    for words, asked in (
        ("was not asked", ("query", "s0", "AT+CMGL=4")),
        ("was not asked", ("ussd", "s0", "*21#")),
        ("Try again in", ("reset", "s0")),
        ("has to approve once", ("self-test", "s0")),
    ):
        refused = group.run(*asked, *tess)
        assert (refused.returncode, refused.stdout) == (1, "")
        assert words in refused.stderr
    refused = group.run("ussd", "s0", "*100#", "--as", "Vera")
    assert (refused.returncode, refused.stdout) == (1, "")
    assert group.run("self-test", "--allow", *tess).returncode == 1
    assert "Approved" in group.run("self-test", "--allow", "--as", "admin").stdout
    told = group.run("self-test", "s0", "s1", *tess).stdout
    assert "It passed: sent after" in told
    assert "reported after" in told
    assert group.json("inbox") == []
    assert "+12025550144" in group.run("sim-number", "s1", "(202) 555-0144", *tess).stdout
    assert group.json("stations")[1]["number"] == "+12025550144"
    ledger = group.run("verify-ledger")
    assert ledger.returncode == 0, ledger.stdout
