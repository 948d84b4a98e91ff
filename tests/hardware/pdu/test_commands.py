"""`textbank pdu` and `textbank segments`, called as a person and as a program call them."""

import json
from typing import Any

import pytest
from click.testing import CliRunner, Result

from gateway.cli import cli
from tests.hardware.pdu.material import load, text_of

CORPUS = load("pdu-corpus")
CASES = {case["id"]: case for case in load("encode-cases")["cases"]}
FIRST, SECOND = CORPUS["vectors"][0], CORPUS["vectors"][1]
BAD = "07912143"


def run(*arguments: str, typed: str | None = None) -> Result:
    return CliRunner().invoke(cli, list(arguments), input=typed)


def test_one_pdu_is_one_object() -> None:
    result = run("pdu", "--json", FIRST["pdu"])
    said = json.loads(result.stdout)
    assert result.exit_code == 0
    assert {name: said[name] for name in FIRST["expected"]} == FIRST["expected"]
    assert said["smsc_present_in_pdu"] is True


def test_several_pdus_are_a_list_in_their_order() -> None:
    result = run("pdu", "--json", FIRST["pdu"], BAD, SECOND["pdu"])
    first, bad, second = json.loads(result.stdout)
    assert result.exit_code == 1
    assert first["number"] == FIRST["expected"]["number"]
    assert bad == {"error": "The PDU ends after 4 octets: SMSC is not whole.", "field": "SMSC", "octet": 4}
    assert second["data_hex"] == SECOND["expected"]["data_hex"]


@pytest.mark.parametrize("lines", [0, 1, 2])
def test_a_dash_reads_lines_and_gives_a_list(lines: int) -> None:
    result = run("pdu", "-", "--json", typed=f"\n {FIRST['pdu'].lower()} \r\n" * lines)
    assert result.exit_code == 0
    assert [said["kind"] for said in json.loads(result.stdout)] == ["deliver"] * lines


def test_a_file_that_an_editor_began_with_its_mark_is_read_from_its_first_line() -> None:
    """The first PDU of a file saved by Windows' editor was refused, for a character that nobody sees."""
    result = run("pdu", "-", "--json", typed=f"\ufeff{FIRST['pdu']}\r\n{SECOND['pdu']}\r\n")
    assert [said["kind"] for said in json.loads(result.stdout)] == ["deliver", "deliver"]
    assert json.loads(run("pdu", "--json", f"\ufeff{FIRST['pdu']}").stdout)["kind"] == "deliver"


def test_no_smsc_is_believed() -> None:
    tpdu = FIRST["pdu"][16:]
    for arguments in (("--no-smsc",), ()):
        said = json.loads(run("pdu", "--json", *arguments, tpdu).stdout)
        assert (said["smsc_present_in_pdu"], said["smsc"]) == (False, None)
        assert said["number"] == FIRST["expected"]["number"]
    assert run("pdu", "--json", "--no-smsc", FIRST["pdu"]).exit_code == 1


@pytest.mark.parametrize(
    "vector", CORPUS["vectors"][::7] + CORPUS["malformed"][::7], ids=lambda vector: vector["id"]
)
def test_every_pdu_has_words(vector: dict[str, Any]) -> None:
    result = run("pdu", vector["pdu"] or "")
    assert result.exit_code in (0, 1)
    assert ("Malformed" in result.stdout) is (result.exit_code == 1)
    assert "None" not in result.stdout


def test_a_text_cannot_steer_the_terminal() -> None:
    sneaky = "00040B912120550521F3000842209232958540" + "0A" + "001B005B0032004A0041"
    assert "\\x1b[2JA" in run("pdu", sneaky).stdout


def test_called_wrongly() -> None:
    assert run("pdu").exit_code == 2
    assert run("segments").exit_code == 2
    assert run("segments", "x", "--locking", "14").exit_code == 2
    assert run("segments", "x", "--coding", "utf-8").exit_code == 2
    assert run("segments", "x", "--ports", "70000").exit_code == 2


@pytest.mark.parametrize(
    "name", [name for name in CASES if "text" in CASES[name] and "surrogate" not in name]
)
def test_segments_are_those_of_the_cases(name: str) -> None:
    case = CASES[name]
    asked, expected = case["request"], dict(case["expected"])
    options = [
        "--coding",
        asked["coding"],
        "--locking",
        str(asked["locking"]),
        "--single",
        str(asked["single"]),
    ]
    options += ["--ref-bits", str(asked["ref_bits"])]
    if "ports" in asked:
        options += ["--ports", ",".join(map(str, asked["ports"]))]
    result = run("segments", "--json", *options, "--", text_of(case))
    said = json.loads(result.stdout)
    if expected.get("error"):
        assert result.exit_code == 1
        assert set(said) == {"error", "field", "octet"}
        return
    assert result.exit_code == 0
    expected.pop("grapheme_safe_alternative", None)
    assert {field: said[field] for field in expected} == expected


def test_ports_in_two_words() -> None:
    said = json.loads(run("segments", "x", "--ports", "2948", "9200", "--json").stdout)
    assert said["udh_elements"] == ["05040B8423F0"]


def test_segments_in_words() -> None:
    result = run("segments", "-", typed="Vote “now” " * 8)
    assert result.exit_code == 0
    assert (
        "UCS2, 2 segments, 88 UTF-16 code units; 46 UTF-16 code units left in the last one." in result.stdout
    )
    assert "“ (U+201C), ” (U+201D)" in result.stdout
    assert "GSM 7-bit alphabet, 1 segment, 2 septets; 158 septets left" in run("segments", "€").stdout
    assert "National tables: locking 1, single shift 0." in run("segments", "ş", "--locking", "1").stdout


def test_a_text_that_cannot_leave_is_refused_in_words() -> None:
    result = run("segments", "ж", "--coding", "gsm7")
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr == "It cannot leave: U+0436 is not in the GSM 7-bit alphabet.\n"
    asked = run("segments", "ж", "--coding", "gsm7", "--json")
    assert asked.stderr == result.stderr, "as of every refusal, also for a program"
