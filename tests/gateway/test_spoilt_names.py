"""What programs leave in a list where they know nothing, or lost a letter, is nobody's name."""

import pytest

from gateway import people, rowreading, saysstop
from gateway.columns import Meaning
from gateway.contacts import Person


@pytest.mark.parametrize(
    "cell",
    [
        "NULL",
        "null",
        "(null)",
        "<null>",
        "\\N",
        "#N/A",
        "#REF!",
        "NaN",
        "undefined",
        "n/a",
        "Jos\ufffd",
        "Jos?",
        "Unknown",
        "None",
        "-",
        "+1 (202) 555-0147",
        "ana@example.org",
    ],
)
def test_what_a_program_wrote_for_nothing_is_nobodys_name(cell: str) -> None:
    """ "Hi NULL", "Hi #N/A": the text went out with it instead of with the words that stand there for people without a name."""
    meaning = Meaning({"number": 0, "first_name": 1}, {"ward": 2})
    assert rowreading.read(["2025550147", cell, "#N/A"], meaning, "US") == Person("+12025550147", "", "")


@pytest.mark.parametrize("cell", ["-", "--", "—", "?", "...", "_", "n/a"])
def test_a_dash_in_a_column_is_no_value(cell: str) -> None:
    """ "Your hearing is on -": the fall-back did not stand there, and nothing blocked the start."""
    read = rowreading.read(
        ["2025550147", cell, "C-4"], Meaning({"number": 0}, {"hearing": 1, "flat": 2}), "US"
    )
    assert read.fields == {"flat": "C-4"}


def test_a_number_in_the_place_of_a_name_is_none() -> None:
    """ "Hi 202,": a telephone saves so whoever has no name there, and volunteers read the whole number."""
    read = rowreading.read(["2025550147", "202 555 0147"], Meaning({"number": 0, "name": 1}), "US")
    assert (read.first_name, read.last_name) == ("", "")


@pytest.mark.parametrize(
    ("cell", "first", "last"),
    [
        ("Dr. Rosa Delgado", "Rosa", "Delgado"),
        ("Mr & Mrs Delgado", "", "Delgado"),
        ("Rosa Delgado, M.D.", "Rosa", "Delgado"),
        ("Delgado, Rosa", "Rosa", "Delgado"),
        ("Vance, J.D.", "J.D.", "Vance"),
        ("Rosa", "Rosa", ""),
        ("Srta. Ana Maria Ruiz", "Ana", "Maria Ruiz"),
        ("Mister", "", ""),
        ("Ana 🏠", "Ana", ""),
        ("❤️ Luis 👨‍🔧 Ortega", "Luis", "Ortega"),
        ("رها‌سا کریمی", "رها‌سا", "کریمی"),
    ],
)
def test_a_title_or_a_picture_is_not_the_first_name(cell: str, first: str, last: str) -> None:
    """ "Hi Dr.," and "Hi MD,": of a whole name in one column the first word, or what stands behind a comma, was the name. And "Hi Ana 🏠,"
    cost three texts.
    """
    read = rowreading.read(["2025550147", cell], Meaning({"number": 0, "name": 1}), "US")
    assert (read.first_name, read.last_name) == (first, last)


@pytest.mark.parametrize(
    ("name", "called"),
    [
        ("Maya Ruiz", "Maya"),
        ("Dr. Maya Ruiz", "Maya"),
        ("Dr. Ruiz", "Dr. Ruiz"),
        ("Maya", "Maya"),
        ("Miss", "Miss"),
    ],
)
def test_nor_is_a_volunteer_called_by_their_title(name: str, called: str) -> None:
    """ "it's Dr. from Elm Street Tenants" """
    assert people.first_name(name) == called


def test_names_and_answers_that_look_like_nothing_are_kept() -> None:
    meaning = Meaning({"number": 0, "first_name": 1, "last_name": 2}, {"link": 3})
    for first, last in (("Nan", "Null"), ("Na", "Nil"), ("D’Arcy", "St. John"), ("O'Neil", "-Smith")):
        found = rowreading.read(["2025550147", first, last, "https://example.org/a?b=1"], meaning, "US")
        assert (found.first_name, found.last_name, found.fields) == (
            first,
            last,
            {"link": "https://example.org/a?b=1"},
        )


@pytest.mark.parametrize("mark", ["✓", "*", "-x-", "?", "N/A?"])
def test_a_mark_in_the_column_of_stops_is_a_stop(mark: str) -> None:
    meaning = Meaning({"number": 0, "opted_out": 1}, {})
    assert saysstop.asked_to_stop(["2025550147", mark], meaning)
