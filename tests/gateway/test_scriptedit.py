"""A script is changed piece by piece, and what comes out always holds together; the checks carry mends that mend."""

import contextlib
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway import scriptedit, scripts
from gateway.errors import Refused
from gateway.kinds import KINDS, kind
from gateway.scriptcheck import Ground, Mend, of_text
from gateway.scripts import Choice, Ready, Reminder, Script, Step

EVENT = kind("event").scripts["en"]
GROUND = Ground("Elm Street Tenants", 1284, {"first_name": 1284, "building": 1200}, {"event": "hearing"})


def test_new_parts_get_a_name_of_their_own() -> None:
    script = EVENT
    for _ in range(2):
        script = scriptedit.with_choice(script, "first", Choice("new", "Not coming"))
    assert [choice.id for choice in script.first.choices][-2:] == ["not_coming", "not_coming_2"]
    script = scriptedit.with_choice(script, "first", Choice("new", "¿…?"))
    script = scriptedit.with_choice(script, "first", Choice("new", "New"))
    assert [choice.id for choice in script.first.choices][-2:] == ["part", "new_2"]


def test_what_led_to_a_question_that_is_taken_out_stays_where_it_is() -> None:
    script = scriptedit.without_step(EVENT, "coming")
    yes = script.first.choice("yes")
    assert yes is not None
    assert (yes.next, yes.counted_next) == ("seats", "")
    assert [reminder.step for reminder in script.reminders] == ["", "first"]


@pytest.mark.parametrize(
    ("by", "order"),
    [(-1, "maybe yes no wrong"), (1, "yes no maybe wrong"), (-5, "maybe yes no wrong"), (9, "yes no wrong maybe"), (0, "yes maybe no wrong")],
)  # fmt: skip
def test_an_answer_moves_among_the_answers_of_its_step_and_no_further(by: int, order: str) -> None:
    moved = scriptedit.moved_choice(EVENT, "first", "maybe", by)
    assert " ".join(choice.id for choice in moved.first.choices) == order
    assert scripts.same_words(moved, EVENT)
    assert moved.steps[1:] == EVENT.steps[1:]


def test_the_last_wording_cannot_be_taken_out_and_a_sixth_not_added() -> None:
    script = scriptedit.without_wording(EVENT, "1")
    with pytest.raises(Refused, match="no first text"):
        scriptedit.without_wording(script, "0")
    for _ in range(4):
        script = scriptedit.with_wording(script, "new", "x")
    with pytest.raises(Refused, match="more than 5 wordings"):
        scriptedit.with_wording(script, "new", "x")


@pytest.mark.parametrize(
    "change",
    [
        lambda script: scriptedit.with_wording(script, "7", "x"),
        lambda script: scriptedit.without_wording(script, "new"),
        lambda script: scriptedit.with_step(script, "gone", "x"),
        lambda script: scriptedit.without_choice(script, "first", "gone"),
        lambda script: scriptedit.moved_choice(script, "first", "gone", 1),
        lambda script: scriptedit.moved_choice(script, "gone", "yes", 1),
        lambda script: scriptedit.with_whole_step(script, Step("gone", "x")),
        lambda script: scriptedit.with_choice(script, "first", Choice("gone", "x")),
        lambda script: scriptedit.without_ready(script, "-1"),
        lambda script: scriptedit.with_reminder(script, Reminder("gone", "x", "y")),
        lambda script: scriptedit.without_reminder(script, "gone"),
    ],
)
def test_a_part_that_a_colleague_took_out_is_said_to_be_gone(change: object) -> None:
    with pytest.raises(Refused, match="not there any more"):
        change(EVENT)  # type: ignore[operator]


@given(
    st.sampled_from(KINDS),
    st.lists(st.tuples(st.sampled_from(["wording", "choice", "step", "ready", "reminder"]), st.text(max_size=30)), max_size=12),
)  # fmt: skip
def test_any_changes_leave_a_script_that_can_be_kept(name: str, changes: list[tuple[str, str]]) -> None:
    script: Script = kind(name).scripts["es"]
    acts = {
        "wording": lambda text: scriptedit.with_wording(script, "new", text),
        "choice": lambda text: scriptedit.with_choice(script, script.steps[-1].id, Choice("new", text)),
        "step": lambda text: scriptedit.with_step(script, "new", text),
        "ready": lambda text: scriptedit.with_ready(script, "new", Ready(text, text)),
        "reminder": lambda text: scriptedit.with_reminder(script, Reminder("new", text, text)),
    }
    for what, text in changes:
        with contextlib.suppress(Refused):  # said in words; the script is as it was
            script = acts[what](text)
        assert scripts.load(scripts.dump(script)) == script


@pytest.mark.parametrize(
    ("text", "label", "mended"),
    [
        ("{organisation}: {frist_name}? STOP to end.", "Use {first_name}", "{organisation}: {first_name}? STOP to end."),
        ("{organisation}: {building}? STOP to end.", "Give a fall-back", "{organisation}: {building|your building}? STOP to end."),
        ("{organisation}: {nickname}? STOP to end.", "Give a fall-back", "{organisation}: {nickname|friend}? STOP to end."),
        ("{organisation}: coming?\n", "Add “STOP to end.”", "{organisation}: coming? STOP to end."),
        ("Coming? STOP to end.", "Add “{organisation}: ” in front", "{organisation}: Coming? STOP to end."),
        ("{organisation}: it’s on, " + "x" * 70 + " STOP to end.", "Straighten it", "{organisation}: it's on, " + "x" * 70 + " STOP to end."),
    ],
)  # fmt: skip
def test_one_tap_mends(text: str, label: str, mended: str) -> None:
    mends = [mend for problem in of_text(text, GROUND, first=True) for mend in problem.mends]
    found = next(mend for mend in mends if mend.label == label)
    assert found.applied(text) == mended
    assert [mend.key for mend in mends].count(found.key) == 1
    assert not [p for p in of_text(mended, GROUND, first=True) if label in (m.label for m in p.mends)]


def test_a_mend_of_one_placeholder_is_not_that_of_another() -> None:
    assert Mend("Give a fall-back", "{a}", "{a|x}").key != Mend("Give a fall-back", "{b}", "{b|x}").key


def test_the_number_stands_only_where_a_reply_said_one() -> None:
    assert [p.level for p in of_text("We keep {count}.", GROUND)] == ["blocks"]
    assert of_text("We keep {count}.", GROUND, counted=True) == []


def test_a_group_that_is_called_stop_something_still_says_how_to_stop() -> None:
    ground = Ground("Stop Evictions", 10, {}, {"link": "https://give.example.org"})
    assert [p.title for p in of_text("Stop evictions here: coming?", ground, first=True)] == ["No way out."]
    assert of_text("Stop Evictions here. STOP to end.", ground, first=True) == []
    linked = of_text("{organisation}: give {link} STOP to end.", ground, first=True)
    assert [p.title for p in linked] == ["A link stands in the first text."], "also when a fact brings it in"


def test_another_alphabet_is_no_slip_that_is_pointed_out() -> None:
    text = "مرحبا {first_name}، معك {organisation}. هل ستأتي؟ أرسل قف للتوقف. " * 2
    assert of_text(text, GROUND, first=True) == []
    assert "One ’ makes this 2 texts, not 1." in [
        p.title for p in of_text("it’s " + "x" * 100, GROUND, first=True)
    ]


def test_a_changed_wording_keeps_everything_else() -> None:
    script = scriptedit.with_wording(EVENT, "0", "{organisation}: coming? STOP to end.")
    first = replace(EVENT.first, texts=("{organisation}: coming? STOP to end.", EVENT.first.texts[1]))
    assert script == replace(EVENT, steps=(first, *EVENT.steps[1:]))


@pytest.mark.parametrize(
    ("words", "sent"), [("Give here: {Link}", {"link_sent": "yes"}), ("Thank you for {count}!", {}), ("", {})]
)
def test_that_the_link_was_sent_is_written_down_only_with_words_that_have_it(
    words: str, sent: dict[str, str]
) -> None:
    """Its words without {link}: "Link sent" was written down all the same, and nobody was asked to send it."""
    script = kind("fundraising").scripts["en"]
    yes = script.first.choice("yes")
    assert yes is not None
    changed = scriptedit.with_choice(script, "first", replace(yes, counted=words)).first.choice("yes")
    assert changed is not None
    assert changed.counted_records == sent
