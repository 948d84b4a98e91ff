"""What stands beside a number in its row, or in an older list of the same person: its country, and how they write their name."""

import pytest

from gateway import lists
from tests.web.world import World, names


def test_a_number_of_another_country_is_no_strangers_of_this_one(world: World) -> None:
    """A form wrote the country beside the number: whoever has these digits in New Jersey and Maine was texted."""
    made = world.list_of(
        "Name,Country code,Phone,Country\nRosa,1,2025550141,US\nLuis,52,5512345678,\nAda,44,+447911123456,GB\nSam,,5512345679,MX\n"
        "Bo,0044,2079460000,\nDi,CA,4165550144,Canada\nEd,?,2025550145,\n"
    )
    assert names(world, made) == ["Rosa", "Ada", "Di", "Ed"]
    why = {row["row"]: (row["outcome"], row["reason"]) for row in lists.not_taken(world.db, made)}
    assert (why[3][0], why[3][1].partition(";")[0]) == (
        "rejected",
        "“5512345678” was read as a number of this country, and the column “country code” says 52. Write it with +52 in front",
    )
    assert {row: "country" in reason for row, (_, reason) in why.items()} == {3: True, 5: True, 6: True}


def test_a_number_of_here_is_of_here_wherever_its_person_came_from(world: World) -> None:
    """A tenants' list has in “Country” where they were born: nobody from Guatemala was taken, whose numbers are shorter than ours."""
    made = world.list_of(
        "Name,Phone,Country\nRosa,2025550141,Guatemala\nLuis,2025550142,Georgia\nAda,2025550143,China\nMei,13512345678,China\n"
    )
    assert names(world, made) == ["Rosa", "Luis", "Ada"]
    [left] = lists.not_taken(world.db, made)
    assert "Write it with +86" in left["reason"]


def test_a_name_that_is_corrected_in_the_file_is_corrected_here(world: World) -> None:
    """ "Hi DELGADO," went out again and again: a column was chosen wrong once, and the right list changed nothing."""
    world.list_of(
        "First name,Last name,Cell\nDELGADO,ROSA,2025550141\nZoë,Nwosu,2025550142\nAna Maria,Ruiz,2025550143\n"
    )
    again = "Rosa,Delgado,2025550141\nDelgado,Rosa,2025550141\nZOE,NWOSU,2025550142\nzoe,Nwosu,2025550142\n"
    later = world.list_of(f"First name,Last name,Cell\n{again}", "Corrected")
    assert names(world, later) == ["Rosa", "Zoë"], (
        "the first row of a list has the name, and letters that were lost take none away"
    )
    assert names(world, world.list_of("Name,Cell\nAna Maria Ruiz,2025550143\n", "One column")) == [
        "Ana Maria"
    ]
    in_one_cell = "Last name,First name,Cell\nRosa Delgado,,2025550141\n,Zoë Nwosu,2025550142\n"
    assert names(world, world.list_of(in_one_cell, "In one cell")) == ["Rosa", "Zoë"], (
        "their first names were gone"
    )
    called = world.db.execute("SELECT name FROM conversation WHERE number='+12025550141'").fetchone()["name"]
    assert called == "Rosa Delgado"


@pytest.mark.parametrize("country", ["Mexico", "MÉXICO", "mx", "+52", "0052"])
def test_a_country_is_known_by_its_name_too(world: World, country: str) -> None:
    made = world.list_of(
        f"Name,Phone,Country\nLuis,5512345678,{country}\nRosa,2025550141,USA\nAda,2025550142,Oz\nBo,4165550144,Canada\n"
    )
    assert names(world, made) == ["Rosa", "Ada", "Bo"]


@pytest.mark.parametrize(
    "above", ["Tenants of Elm Street,,\n", "Report: tenants\nGenerated on,2026-11-02\n\n"]
)
def test_a_title_above_the_names_of_the_columns_is_no_header(world: World, above: str) -> None:
    """Nobody had a first name, and the names of the columns were a person whose number could not be read."""
    made = world.list_of(
        f"{above}First name,Last name,Cell\nRosa,Delgado,2025550141\nLuis,Ortega,2025550142\n"
    )
    assert names(world, made) == ["Rosa", "Luis"]
    assert list(lists.not_taken(world.db, made)) == []
