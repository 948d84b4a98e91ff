"""`textbank send --csv` with files as people's spreadsheets write them."""

from pathlib import Path

import pytest

from tests.gateway.test_commands import Shell


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    return Shell(tmp_path)


@pytest.mark.parametrize("between", [";", "\t"])
def test_a_csv_as_spreadsheets_of_other_countries_write_it_is_taken(
    shell: Shell, tmp_path: Path, between: str
) -> None:
    (tmp_path / "eu.csv").write_text(f"\ufeffTo{between}Text\r\n+12025550123{between}Hi, Ada\r\n", "utf-8")
    [row] = shell.json("send", "--csv", str(tmp_path / "eu.csv"))
    assert (row["to"], row["text"]) == ("+12025550123", "Hi, Ada")


def test_a_quote_that_is_not_closed_is_told_with_its_line(shell: Shell, tmp_path: Path) -> None:
    (tmp_path / "open.csv").write_text('to,text\n+12025550123,Hi\n+12025550147,"Hi\n+12025550151,Hi\n')
    assert "open.csv:3: " in shell.run("send", "--csv", str(tmp_path / "open.csv")).stderr
