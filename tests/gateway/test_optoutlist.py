"""Opt-outs as a list: brought from a file, undone by number, kept when the person is erased, and what each one stopped."""

import io
import json
from itertools import count
from pathlib import Path

import pytest
from click.testing import CliRunner

from gateway import (
    conversations,
    erasing,
    inbox,
    journal,
    listcsv,
    listfile,
    lists,
    optoutfile,
    optoutlist,
    optouts,
    store,
    taking,
)
from gateway.cli import cli
from gateway.errors import Refused
from gateway.listfile import OPT_OUTS
from tests.web.world import HELLO, World, modems


@pytest.fixture
def world(world: World) -> World:
    modems(world)
    return world


def begin(world: World, content: str, who: str = "coordinator") -> int:
    upload = listfile.keep(io.BytesIO(content.encode()), world.path)
    now = store.wall_ms()
    return optoutfile.bring(world.db, upload, name="stops.csv", region="US", database=world.path, by=world.users[who], now=now)  # fmt: skip


def result(world: World, made: int) -> optoutfile.Result:
    return optoutfile.result(lists.by_id(world.db, made, brings=OPT_OUTS))


def bring(world: World, content: str, who: str = "coordinator") -> int:
    made = begin(world, content, who)
    world.work()
    return made


def test_numbers_that_nobody_here_knows_are_out_before_any_list_can_bring_them(world: World) -> None:
    brought = bring(
        world, "Phone;Name\n(202) 555-0141;Rosa\n+12025550142;\n2025550141;again\n1.20255E+10;\n;nobody\n"
    )
    assert result(world, brought) == optoutfile.Result(out=2, known=1, rejected=2)
    assert [row["row"] for row in lists.not_taken(world.db, brought)] == [5, 6]
    assert lists.all_of(world.db) == [], "nobody to text is in it"
    with pytest.raises(Refused, match="no such list"):
        lists.by_id(world.db, brought)
    list_id = world.list_of("Name,Tel\nRosa,2025550141\nAda,2025550143\n")
    assert world.db.execute("SELECT count(*) FROM list_member WHERE list_id=?", [list_id]).fetchone()[0] == 1
    assert world.db.execute("SELECT count(*) FROM message").fetchone()[0] == 0, "nobody is texted about it"


def test_a_file_with_the_other_form_of_a_mobile_stops_its_person(world: World) -> None:
    """Written down without the 9, as one dials in Argentina: the person of the list went on to be texted."""
    now = store.wall_ms()
    known = conversations.ensure(world.db, "+5491123456789", now=now)
    assert result(world, bring(world, "Phone\n+541123456789\n")).out == 1
    row = world.db.execute("SELECT opted_out_at FROM conversation WHERE id=?", [known]).fetchone()
    assert row["opted_out_at"] is not None


@pytest.mark.parametrize(
    "first",
    ["\u202a+1 202 555 0141\u202c", "+1 202‑555‑0141", "’+12025550141", "+12025550141;", "*2025550141"],
)
def test_the_first_number_of_a_file_without_a_header_is_no_header(world: World, first: str) -> None:
    """As telephones and word processors copy it; it was taken for the name of the column, and nobody was told."""
    brought = bring(world, f'"{first}"\n2025550142\n2025550143\n')
    assert result(world, brought) == optoutfile.Result(out=3, known=0, rejected=0)
    assert optoutlist.out_since(world.db, "+12025550141")


def test_a_first_row_that_cannot_be_read_is_told(world: World) -> None:
    brought = bring(world, "2025550141 or 12\n2025550142\n2025550143\n")
    assert result(world, brought) == optoutfile.Result(out=3, known=0, rejected=1)


@pytest.mark.parametrize("between", [" or ", ", ", " / ", ";", " & ", "\n"])
def test_both_numbers_that_stand_in_one_cell_are_out(world: World, between: str) -> None:
    """The row was rejected, and whoever stopped was texted at either."""
    both = f'"2025550141{between}(202) 555-0149"'
    assert result(world, bring(world, f"Name,Tel\nRosa,{both}\n")) == optoutfile.Result(2, 0, 0)
    made = world.list_of(f"Name,Tel,Opted out\nLuis,{both.replace('01', '02')},yes\nLuis,2025550249,no\n")
    assert list(lists.members(world.db, made)) == []


def test_whoever_stopped_is_out_with_each_number_of_theirs(world: World) -> None:
    """A list that is brought later may have the other one."""
    brought = bring(
        world,
        "Member number;Mobile;Home phone;Name\n2025550188;2025550141;2025550142;Rosa\n2025550189;;2025550143;Luis\n"
        "2025550190;2025550144;ask Ada;Ada\n2025550191;;;Sam\n",
    )
    assert result(world, brought) == optoutfile.Result(out=4, known=0, rejected=2)
    assert [row["row"] for row in lists.not_taken(world.db, brought)] == [4, 5]
    assert optoutlist.out_since(world.db, "+12025550142")
    assert not optoutlist.out_since(world.db, "+12025550188"), "that is no telephone"
    assert result(
        world, bring(world, "2025550151;2025550152;a@b.org\n2025550153;;2026-05-01\n")
    ) == optoutfile.Result(3, 0, 0)


def test_when_somebody_stopped_is_no_number_of_theirs(world: World) -> None:
    """“15.01.2026” is a telephone number where some people live, and somebody was out whom no row named; elsewhere each row was told as
    one that cannot be read.
    """
    brought = bring(world, "Mobile;Mobile opted out on\n2025550141;2026-1-5\n2025550142;15.1.2026\n")
    assert result(world, brought) == optoutfile.Result(out=2, known=0, rejected=0)


def test_a_members_number_is_no_telephone_in_arabic_either(world: World) -> None:
    brought = bring(world, "الهاتف;رقم العضوية\n2025550141;2025550188\n2025550142;2025550189\n")
    assert result(world, brought) == optoutfile.Result(out=2, known=0, rejected=0)


def test_digits_of_a_file_without_a_header_that_nobody_can_be_texted_at_are_no_numbers(world: World) -> None:
    """Each row was told as one that cannot be read, by its moment or its social security number."""
    brought = bring(world, "2025550141;20260115103000;123-45-6789\n2025550142;20260116103000;123-45-6780\n")
    assert result(world, brought) == optoutfile.Result(out=2, known=0, rejected=0)


def test_so_is_whoever_stands_in_a_vcard(world: World) -> None:
    card = (
        "BEGIN:VCARD\nVERSION:3.0\nFN:Rosa\nTEL;TYPE=HOME:2025550142\nTEL;TYPE=CELL:2025550141\nEND:VCARD\n"
    )
    assert result(world, bring(world, card)) == optoutfile.Result(out=2, known=0, rejected=0)
    assert optoutlist.out_since(world.db, "+12025550142")


def test_a_file_without_numbers_or_from_a_volunteer_changes_nothing(world: World) -> None:
    with pytest.raises(Refused, match="No column"):
        bring(world, "Name\nRosa\n")
    with pytest.raises(Refused, match="Only a coordinator"):
        bring(world, "Tel\n2025550141\n", "volunteer")
    assert optoutlist.counts(world.db) == (0, 0)


@pytest.mark.parametrize(
    "rows",
    [
        "Opted out\nAna,2025550141,yes\nRosa,2025550142,no\n",
        "Do not SMS\nAna,2025550141,1\nRosa,2025550142,\nLuis,2025550143,\n",
    ],
)
def test_a_file_of_everybody_opts_nobody_out(world: World, rows: str) -> None:
    """The export of the whole list was brought here, for the page of lists says that such rows should be: everybody was out."""
    with pytest.raises(
        Refused,
        match=r"not only of people who asked to stop: [12] of its first [23] rows have a no, or nothing",
    ):
        begin(world, f"Name,Cell,{rows}")
    assert world.db.execute("SELECT count(*) FROM opt_out").fetchone()[0] == 0


def test_the_rows_that_a_list_left_out_take_nobody_off_who_did_not_ask(world: World) -> None:
    """The list's page says to bring who stopped here, and its file had whoever stood there twice, or rested, as well: all of them were out."""
    made = world.list_of(
        "Name,Cell,Status\nAna,2025550141,Opted out\nRosa,2025550142,\nRosa,2025550142,\nBad,12,\n"
    )
    with pytest.raises(Refused, match="2 of its first 3 rows have a no"):
        begin(world, "".join(listcsv.not_taken(world.db, made)))
    assert result(world, bring(world, "".join(listcsv.not_taken(world.db, made, stops=True)))).out == 1


@pytest.mark.parametrize("said", ["yes", "2026-03-01", "https://list.example.org/u?id=7"])
def test_a_file_of_stops_that_says_so_of_most_is_taken_whole(world: World, said: str) -> None:
    brought = bring(world, f"Cell,Unsubscribed\n2025550141,{said}\n2025550142,{said}\n2025550143,\n")
    assert result(world, brought).out == 3


def test_a_file_of_stops_whose_no_stands_where_they_would_have_agreed_is_taken(world: World) -> None:
    """It was refused as one of everybody, for its other column says no: NationBuilder exports both."""
    rows = "Cell,do_not_contact,mobile_opt_in\n2025550141,FALSE,FALSE\n2025550142,FALSE,FALSE\n"
    assert result(world, bring(world, rows)).out == 2


def test_whoever_stopped_is_out_wherever_their_country_is_theirs_or_the_numbers(world: World) -> None:
    """The country stood beside the number. A number of New Jersey was out, and the person in Mexico could still be texted; and then neither
    was, nor whoever came from Mexico, or from Guatemala, and lives here.
    """
    made = bring(
        world, "Country,Phone\n52,5512345678\n52,+525512345679\nUS,2025550141\nGuatemala,2025550142\n"
    )
    assert result(world, made) == optoutfile.Result(out=5, known=0, rejected=0)
    out = {
        row["number"]
        for row in world.db.execute("SELECT number FROM conversation WHERE opted_out_at IS NOT NULL")
    }
    assert {"+525512345678", "+15512345678", "+525512345679", "+12025550142"} <= out


def test_an_opt_out_says_what_it_stopped(world: World) -> None:
    world.draft("Rosa", "+12025550141", HELLO)
    world.approve(world.draft("Rosa", "+12025550141", "And a second one. STOP to end."))
    bring(world, "2025550141\n2025550142\n")
    assert optoutlist.counts(world.db) == (2, 2)
    found = [(one.number, one.stopped, one.source) for one in optoutlist.newest(world.db)]
    assert sorted(found, reverse=True) == [  # all of one moment
        ("+12025550142", 0, "From a file"),
        ("+12025550141", 2, "From a file"),
    ]
    lines = "".join(optoutlist.as_csv(world.db))
    assert "+12025550141,Rosa" in lines


def test_who_was_erased_stays_out_without_a_number_and_is_undone_by_who_knows_it(world: World) -> None:
    world.draft("Rosa", "+12025550141", HELLO)
    bring(world, "2025550141\n")
    erasing.erase(world.db, "+12025550141", now=store.wall_ms())
    assert [one.number for one in optoutlist.newest(world.db)] == [""]
    assert "+12025550141" not in "".join(optoutlist.as_csv(world.db))
    by = world.users["coordinator"]
    with pytest.raises(Refused, match="Nobody with this number"):
        optoutlist.undo_by_number(world.db, "+12025550199", reason="She rang", by=by, now=store.wall_ms())
    with pytest.raises(Refused, match="Give the reason"):
        optoutlist.undo_by_number(world.db, "+12025550141", reason=" ", by=by, now=store.wall_ms())
    assert optoutlist.out_since(world.db, "+12025550141") is not None
    optoutlist.undo_by_number(world.db, "+12025550141", reason="She rang", by=by, now=store.wall_ms())
    assert optoutlist.out_since(world.db, "+12025550141") is None


def test_somebody_who_rang_is_told_by_a_text_only_when_we_texted_them(world: World) -> None:
    world.approve(world.draft("Rosa", "+12025550141", HELLO))
    world.fly("sent")
    by = world.users["coordinator"]
    for number in ("+12025550141", "+12025550142"):
        assert optoutlist.by_number(world.db, number, reason="rang", by=by, now=store.wall_ms())
        assert not optoutlist.by_number(world.db, number, reason="rang", by=by, now=store.wall_ms())
    told = world.db.execute(
        "SELECT c.number FROM message m JOIN conversation c ON c.id=m.conversation_id WHERE m.kind=0"
    )
    assert [row["number"] for row in told] == ["+12025550141"]


def test_the_command_does_not_say_one_in_the_plural(world: World, tmp_path: Path) -> None:
    stops = tmp_path / "stops.csv"
    run = lambda *words: CliRunner().invoke(cli, ["--config", str(world.source), *words]).output  # noqa: E731
    stops.write_text("Tel\n2025550141\n")
    said = run("opt-outs", "bring", str(stops), "--as", "Cleo")
    assert said == "1 number is off every list now; off before already: 0.\n"
    stops.write_text("Tel\n2025550141\n2025550142\n2025550143\n")
    said = run("opt-outs", "bring", str(stops), "--as", "Cleo")
    assert said == "2 numbers are off every list now; off before already: 1.\n"
    assert "Erased, with 0 texts and 0 answers." in run("erase", "+12025550142", "--yes")


def test_the_command_brings_and_lists_them(world: World, tmp_path: Path) -> None:
    (tmp_path / "stops.csv").write_text("Tel\n2025550141\n12\n")
    run = lambda *words: CliRunner().invoke(cli, ["--config", str(world.source), "opt-outs", *words])  # noqa: E731
    brought = run("bring", str(tmp_path / "stops.csv"), "--as", "Cleo", "--json")
    assert brought.exit_code == 1, "a script took it for done, and a stop was not kept"
    assert json.loads(brought.output) | {"rejected": []} == {"out": 1, "known": 0, "rejected": []}
    assert [one["number"] for one in json.loads(run("list", "--json").output)] == ["+12025550141"]
    assert "+12025550141" in run("list").output
    assert "can still be texted" in run("bring", str(tmp_path / "stops.csv"), "--as", "Cleo").output
    (tmp_path / "whole.csv").write_text("Tel\n2025550142\n")
    assert run("bring", str(tmp_path / "whole.csv"), "--as", "Cleo").exit_code == 0
    refused = run("bring", str(tmp_path / "stops.csv"), "--as", "Maya")
    assert (refused.exit_code, "Only a coordinator" in refused.output) == (1, True)
    assert run("bring", str(tmp_path / "none.csv"), "--as", "Cleo").exit_code == 1


def test_a_file_of_thousands_that_is_interrupted_is_taken_once_and_each_number_is_out_with_its_piece(
    world: World,
) -> None:
    rows = 6_000  # more than was ever taken at once
    texted = world.approve(world.draft("Rosa", "+12025550000", HELLO))
    made = begin(world, "Tel\n" + "".join(f"202555{n:04}\n" for n in range(rows)))
    world.work(stop_after=3)
    so_far = result(world, made)
    assert 0 < so_far.out < rows
    assert optoutlist.counts(world.db) == (so_far.out, 1)
    assert world.state(texted) == "withdrawn"
    noted = {act["number"] for act in journal.of(world.db).acts("opt_out")}
    keys = {row["number_key"].hex() for row in world.db.execute("SELECT number_key FROM opt_out")}
    assert keys <= noted, "a restore knows them too"
    world.work()
    assert result(world, made) == optoutfile.Result(out=rows, known=0, rejected=0)
    assert optoutlist.counts(world.db) == (rows, 1)
    again = bring(world, "Tel\n" + "".join(f"202555{n:04}\n" for n in range(50)))
    assert result(world, again) == optoutfile.Result(out=0, known=50, rejected=0)
    assert len({one.number for one in optoutlist.everyone(world.db)}) == rows


def test_what_was_noted_beside_the_database_before_a_cut_is_out_after_the_next_try(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = begin(world, "Tel\n2025550141\n2025550142\n")
    with monkeypatch.context() as cut:
        cut.setattr(optoutfile.OptOuts, "put", lambda *_: (_ for _ in ()).throw(OSError("power")))
        with pytest.raises(OSError, match="power"):
            world.work()
    assert optoutlist.counts(world.db)[0] == 0
    world.work()
    assert result(world, made) == optoutfile.Result(out=2, known=0, rejected=0)


def test_journal_and_database_name_one_moment_for_each_opt_out(world: World) -> None:
    """A restore compares them; each look at the clock is another moment."""
    begin(world, "".join(f"20255502{at:02}\n" for at in range(50)))
    ticks = count(store.wall_ms())
    taking.work(world.path, world.db, world.rules, wait=lambda _: False, now=lambda: next(ticks))
    noted = {act["number"]: act["at"] for act in journal.of(world.db).acts("opt_out")}
    rows = world.db.execute("SELECT number_key, since_at FROM opt_out")
    assert noted == {row["number_key"].hex(): row["since_at"] for row in rows}
    assert len(noted) == 50


@pytest.mark.parametrize(("said", "waits"), [("Where is it?", True), ("STOP", False)])
def test_whoever_was_taken_off_by_mistake_waits_for_their_answer_again(
    world: World, said: str, waits: bool
) -> None:
    """A volunteer pressed it for the wrong person, who had asked something; a coordinator undid it."""
    world.receive("+12025550171", said)
    person, cleo = world.conversation("+12025550171"), world.users["coordinator"]
    optouts.opt_out(
        world.db, person, source="volunteer", by=world.users["volunteer"], reason="", now=store.wall_ms()
    )
    optouts.undo(world.db, person, by=cleo, reason="The wrong person.", now=store.wall_ms())
    rows = inbox.conversations_in(world.db, cleo, box="waiting", now=store.wall_ms())
    assert (person in [row.conversation_id for row in rows]) is waits
