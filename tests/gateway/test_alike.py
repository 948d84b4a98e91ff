"""Two answers of one step that read alike are pointed out, with mends that mend."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway import scriptedit, scripts
from gateway.alike import alike
from gateway.kinds import KINDS, LANGUAGES, kind
from gateway.scriptcheck import Ground, of_step, problems, unmeant
from gateway.scripts import Choice, Script, Step
from gateway.suggest import suggestion

FIRST = "{organisation}: coming? STOP to end."


def step(*choices: Choice) -> Step:
    return Step("first", "Coming?", (FIRST,), choices)


YES = Choice("yes", "Yes", {"status": "yes"}, reads=("yes", "sure"), text="See you!")


@pytest.mark.parametrize("name", KINDS)
@pytest.mark.parametrize("language", LANGUAGES)
def test_no_template_has_answers_that_read_alike(name: str, language: str) -> None:
    assert [each.title for one in kind(name).scripts[language].steps for each in alike(one)] == []


@pytest.mark.parametrize("label", ["Yes", "YES", " yes!", "¡Yés!"])
def test_buttons_that_differ_by_case_accents_or_punctuation_are_pointed_out(label: str) -> None:
    other = Choice("other", label, {"status": "maybe"})
    (found,) = alike(step(YES, other))
    assert found.title in ("Two buttons say “Yes”.", f"“Yes” and “{label}” read alike.")
    (mend,) = found.mends
    assert mend.label == f"Call the second “{label} (maybe)”"
    assert list(alike(mend.step)) == []
    assert mend.step.choices[0] == YES
    assert mend.step.choices[1].records == other.records


def test_buttons_that_do_the_same_are_made_one_with_both_ones_words() -> None:
    found = list(alike(step(YES, replace(YES, id="other", label="yes", reads=("count me in",)))))
    assert [(each.title, [mend.label for mend in each.mends]) for each in found] == [
        ("“Yes” and “yes” read alike.", ["Make them one"])
    ]
    assert found[0].mends[0].step.choices == (replace(YES, reads=("yes", "sure", "count me in")),)


def test_different_emoji_do_not_read_alike() -> None:
    assert list(alike(step(Choice("up", "👍"), Choice("down", "👎")))) == []
    assert len(list(alike(step(Choice("up", "👍"), Choice("too", "👍"))))) == 1


def test_a_reply_that_reads_as_both_is_pointed_out_and_left_to_one() -> None:
    both = step(YES, Choice("ride", "Needs a ride", reads=("Sure!", "ride")))
    assert suggestion(both, "sure") is None
    (found,) = alike(both)
    assert found.title == "“sure” reads as “Yes” and as “Needs a ride”."
    for mend, chosen in zip(found.mends, ("yes", "ride"), strict=True):
        assert list(alike(mend.step)) == []
        meant = suggestion(mend.step, "sure")
        assert meant is not None
        assert meant.choice.id == chosen
    assert [mend.label for mend in found.mends] == ["Leave it to “Yes”", "Leave it to “Needs a ride”"]


def test_a_longer_phrase_that_holds_a_shorter_one_is_no_finding() -> None:
    """The longer one wins: "not sure" is maybe, though "sure" is yes."""
    maybe = Choice("maybe", "Maybe", reads=("not sure",))
    assert list(alike(step(YES, maybe))) == []
    said = suggestion(step(YES, maybe), "not sure")
    assert said is not None
    assert said.choice.id == "maybe"


def test_many_shared_words_are_counted() -> None:
    words = ("a", "b", "c", "d", "e")
    (found,) = alike(step(Choice("x", "X", reads=words), Choice("y", "Y", reads=words)))
    assert found.title == "“a”, “b”, “c” and 2 more read as “X” and as “Y”."


def test_the_check_says_it_as_a_hint_that_stops_no_start() -> None:
    script = Script((step(YES, replace(YES, id="two", label="Two")),))
    found = problems(script, Ground("Elm Street", 10, {}, {}))
    assert [(each.level, each.where) for each in found] == [("decide", "“Coming?”")]
    assert unmeant(found, {found[0].key}) == []
    changed = scriptedit.with_choice(script, "first", replace(YES, id="two", label="Two", reads=("sure",)))
    assert len(unmeant(of_step(changed.first), {found[0].key})) == 1, "other words are another hint"


words = st.sampled_from(["yes", "Yes", "YES!", "no", "¿no?", "si", "👍", "sure thing", "Sure, thing"])
choices = st.builds(
    Choice, id=st.just(""), label=words, records=st.sampled_from([{}, {"status": "yes"}]),
    reads=st.lists(words, max_size=3).map(tuple), text=st.sampled_from(["", "x"]),
)  # fmt: skip


@settings(max_examples=30)
@given(st.lists(choices, min_size=2, max_size=6))
def test_mending_until_nothing_is_found_ends_and_leaves_a_script_that_holds(made: list[Choice]) -> None:
    now = step(*(replace(choice, id=f"c{at}") for at, choice in enumerate(made)))
    for _ in range(60):
        found = next(alike(now), None)
        if found is None:
            break
        now = found.mends[-1].step
        assert scripts.load(scripts.dump(Script((now,)))) == Script((now,))
    assert list(alike(now)) == []
