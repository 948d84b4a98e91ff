"""Words from outside reach pages, terminals and spreadsheets as words: shown, never obeyed."""

import csv
import json
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway import conversations, exporting, numbers, visible
from gateway.errors import Refused
from gateway.outbox import checked_text
from hardware.pdu import Address
from tests.hostile import CELLS, HOSTILE, SENDERS, receive_all
from tests.web import world as the_world

ANY = st.text(st.characters() | st.sampled_from("\x00\x1a\x1b\u202e\u2067\u2069'=+-@\t\r\n"), max_size=40)


@pytest.mark.parametrize(
    "text", ["Hi\n👩‍🌾 there\tyou", "مرحبا، 6pm", "שלום (2)", "می‌خواهم", "’t Hooft – ok", "👩🏽‍❤️‍👨"]
)
def test_ordinary_words_are_left_as_they_are(text: str) -> None:
    assert visible.words(text) == text == visible.plain(text)
    assert visible.clean_name(text.replace("\n", " ").replace("\t", " ")) == " ".join(text.split())
    assert not visible.acting(text)


def test_what_would_act_is_named_where_it_stood() -> None:
    assert visible.words("pay \u202e0001\x00\x1b[2J") == "pay ⟨right-to-left⟩0001␀␛[2J"
    assert visible.line("Ann\r\n\u2067b\u2069") == "Ann b"


@given(ANY)
def test_nothing_that_acts_comes_out(text: str) -> None:
    for shown in (visible.words(text), visible.line(text), visible.clean_name(text)):
        for character in shown:
            assert unicodedata.category(character) not in ("Cc", "Cs", "Zl", "Zp") or character in "\n\t"
        assert not set(shown) & set("\u202d\u202e")
    for one in (visible.line(text), visible.clean_name(text)):
        assert not set(one) & set("\n\t\u202a\u202b\u202c\u2066\u2067\u2068\u2069\u200e\u200f")


@given(ANY)
def test_json_says_the_same_and_acts_on_no_terminal(text: str) -> None:
    written = visible.in_json(json.dumps({"text": text}, ensure_ascii=False))
    assert json.loads(written) == {"text": text}
    assert all(c.isprintable() or unicodedata.category(c) not in ("Cc", "Cs") for c in written)
    written.encode()


@given(ANY)
def test_a_cell_is_no_formula_and_comes_back_exactly(text: str) -> None:
    cell = exporting.defused(text)
    assert cell[:1] not in set("=+-@\t\r\n＝＋－＠") or exporting.E164.fullmatch(cell)
    assert exporting.original(cell) == text


def test_an_override_is_refused_in_a_text_of_ours_and_taken_out_of_a_contacts_name(tmp_path: Path) -> None:
    with pytest.raises(Refused, match=r"U\+202E"):
        checked_text("Come at \u202e6 pm")
    with pytest.raises(Refused, match=r"U\+0085"):
        checked_text("Come\x85now")
    world = the_world.found(tmp_path)
    made = conversations.ensure(
        world.db, "+12025550123", now=1, name="\ufeff=cmd\u202e\x1b[31m\r\nAda\u2066\x00 "
    )
    assert (
        world.db.execute("SELECT name FROM conversation WHERE id=?", [made]).fetchone()[0] == "=cmd [31m Ada"
    )
    world.db.close()


def test_a_sender_that_poses_as_a_number_is_not_taken_for_that_person(tmp_path: Path) -> None:
    """Alphanumeric "+4512345678" was one conversation with the Dane of that number, and its STOP opted her out."""
    assert numbers.inbound_address("+4512345678", ton=5, region="US") == "“+4512345678”"
    world = the_world.found(tmp_path)
    dane = conversations.ensure(world.db, "+4512345678", now=1, name="Dane")
    receive_all(world, [(Address("+4512345678", 5, 0), "STOP")])
    row = world.db.execute("SELECT opted_out_at, last_in_at FROM conversation WHERE id=?", [dane]).fetchone()
    assert tuple(row) == (None, None)
    world.db.close()


def test_the_export_holds_every_hostile_text_and_no_formula(tmp_path: Path) -> None:
    world = the_world.found(tmp_path)
    receive_all(
        world,
        [("+12025550151", text) for text in HOSTILE + CELLS] + [(sender, "hello") for sender in SENDERS],
    )
    exporting.export(world.db, tmp_path / "out")
    kept = [row[0] for row in world.db.execute("SELECT text FROM inbound ORDER BY id")]
    with (tmp_path / "out" / "answers.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file, strict=True))
    assert len(rows) == len(kept) == len(HOSTILE + CELLS + SENDERS)
    for row, text in zip(rows, kept, strict=True):
        assert not row["text"].startswith(("=", "+", "-", "@", "\t", "\r"))
        assert not row["number"].startswith(("=", "-", "@"))
        assert exporting.original(row["text"]) == visible.plain(text)
    assert {exporting.original(row["text"]) for row in rows} >= set(CELLS)
    assert "\x1b" not in (tmp_path / "out" / "answers.csv").read_text()
    world.db.close()
