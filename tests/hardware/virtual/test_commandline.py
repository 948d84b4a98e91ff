"""One line into its commands."""

import pytest

from hardware.virtual.commandline import Command, parameters, parse


@pytest.mark.parametrize(
    ("line", "commands"),
    [
        ("AT", []),
        ("at", []),
        ("ATE0", [Command("E", "set", "0", ("0",))]),
        ("ATZ", [Command("Z", "set", "", ("",))]),
        ("AT&F", [Command("&F", "set", "", ("",))]),
        ("AT&FE0", [Command("&F", "set", "", ("",)), Command("E", "set", "0", ("0",))]),
        ("ATS3=13", [Command("S", "set", "S3=13")]),
        ("ATD+12025550100;", [Command("D", "set", "+12025550100;")]),
        ("AT+CSQ", [Command("+CSQ", "exec")]),
        ("at+csq", [Command("+CSQ", "exec")]),
        ("AT+CPMS=?", [Command("+CPMS", "test")]),
        ("AT+CPMS?", [Command("+CPMS", "read")]),
        ('AT+CPMS="SM","ME"', [Command("+CPMS", "set", '"SM","ME"', ("SM", "ME"))]),
        ("AT+CREG=2;+CGREG?", [Command("+CREG", "set", "2", ("2",)), Command("+CGREG", "read")]),
        ('AT+CUSD=1,"a;b",15', [Command("+CUSD", "set", '1,"a;b",15', ("1", "a;b", "15"))]),
        ("AT^CURC=0", [Command("^CURC", "set", "0", ("0",))]),
        ("xxAT+CSQ", [Command("+CSQ", "exec")]),
        # Seed 928689: a question whose host died before its end, closed by the next one, emptied the SIM's text centre.
        ("AT+CSCA?999", [Command("+CSCA?999", "exec")]),
        ("AT+CSCA999", [Command("+CSCA999", "exec")]),
    ],
)
def test_a_line_is_its_commands(line: str, commands: list[Command]) -> None:
    assert parse(line) == tuple(commands)


@pytest.mark.parametrize("line", ["", "hello", "0011000B91"])
def test_a_line_without_at_is_none(line: str) -> None:
    assert parse(line) is None


@pytest.mark.parametrize(
    ("raw", "values"),
    [
        ("", ()),
        ("1", ("1",)),
        ("1,2", ("1", "2")),
        ("1,,2", ("1", "", "2")),
        (",2", ("", "2")),
        ("1,", ("1", "")),
        ('"a,b",1', ("a,b", "1")),
        ('"unclosed', ("unclosed",)),
    ],
)
def test_parameters_split_at_commas_outside_quotes(raw: str, values: tuple[str, ...]) -> None:
    assert parameters(raw) == values
