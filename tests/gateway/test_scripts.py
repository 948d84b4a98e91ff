"""Scripts: the templates, merging, the checks that block a start, and what a reply reads as."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway import factwords, merge, scripts
from gateway.errors import Refused
from gateway.kinds import KINDS, LANGUAGES, kind
from gateway.scriptcheck import BLANK, Ground, of_text, problems, right
from gateway.scripts import Choice, Script, Step
from gateway.suggest import suggestion
from gateway.wayout import offers_a_way_out
from hardware.pdu import segment

FILLED = {"date": "2026-03-12", "time": "18:00", "number": "120", "money": "5000", "text": "Union Hall"}
ORGANISATION = "Elm Street Tenants"


def filled(name: str) -> dict[str, str]:
    return {fact.name: FILLED[fact.type] for fact in kind(name).facts if fact.required}


def ground(**changes: object) -> Ground:
    values: dict[str, object] = {
        "organisation": ORGANISATION,
        "people": 1284,
        "columns": {"first_name": 1284},
        "facts": {},
    }
    return Ground(**{**values, **changes})  # type: ignore[arg-type]


def script(first: str, *choices: Choice) -> Script:
    return Script((Step("first", "Coming?", (first,), choices),))


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", KINDS)
def test_every_template_can_start_once_its_facts_are_filled_in(name: str, language: str) -> None:
    of = kind(name)
    facts = factwords.words(of, factwords.checked(of, filled(name)), language, "US")
    found = problems(
        of.scripts[language], ground(facts=facts, columns={"first_name": 900}, language=language)
    )

    assert [(p.where, p.title) for p in found] == []


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", KINDS)
def test_every_template_records_only_what_its_kind_knows(name: str, language: str) -> None:
    of = kind(name)
    for step in of.scripts[language].steps:
        for choice in step.choices:
            if choice.number:
                assert of.field(choice.number) is not None
            for field, value in choice.records.items():
                known = of.field(field)
                assert known is not None, (choice.label, field)
                assert known.type != "choice" or value in known.values, (choice.label, field, value)


@pytest.mark.parametrize("name", KINDS)
def test_both_languages_of_a_template_have_the_same_steps_and_answers(name: str) -> None:
    shapes = [
        [
            (step.id, [(c.id, dict(c.records), c.next) for c in step.choices])
            for step in kind(name).scripts[language].steps
        ]
        for language in LANGUAGES
    ]
    assert shapes[0] == shapes[1]


@pytest.mark.parametrize("name", KINDS)
def test_first_texts_of_the_templates_leave_in_the_phones_own_alphabet_and_every_text_in_two(
    name: str,
) -> None:
    for language in LANGUAGES:
        facts = factwords.words(kind(name), factwords.checked(kind(name), filled(name)), language, "US")
        values = {
            **facts,
            "organisation": ORGANISATION,
            "my_name": "Maya",
            "first_name": "Rosa",
            "count": "2",
        }
        script = kind(name).scripts[language]
        for where, text in script.texts():
            merged = segment(merge.merge(text, values).text)
            assert merged.count <= 2, (where, text)
            assert merged.coding == "gsm7" or text not in script.first.texts, text


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", KINDS)
def test_no_fact_is_glued_to_a_full_stop_that_would_break_its_link(name: str, language: str) -> None:
    for where, text in kind(name).scripts[language].texts():
        assert "{how}." not in text, where
        assert "{link}." not in text, where


def test_a_script_survives_being_kept() -> None:
    for name in KINDS:
        for kept in kind(name).scripts.values():
            assert scripts.load(scripts.dump(kept)) == kept


@pytest.mark.parametrize(
    ("broken", "said"),
    [
        ({"steps": []}, "no first text"),
        ({"steps": [{"id": "first", "label": "x", "texts": [""]}]}, "no first text"),
        ({"steps": [{"id": "first", "label": "x", "texts": ["hi"], "choices": [{"id": "a", "label": "A", "next": "gone"}]}]}, "leads to a step"),
        ({"steps": [{"id": "first", "label": "x", "texts": ["hi"], "choices": [{"id": "a", "label": "A"}] * 2}]}, "the same name"),
        ({"steps": [{"id": "first", "label": "x", "texts": ["x" * 2000]}]}, "at most 1600"),
        ({"steps": "first"}, "no script"),
        ({}, "no script"),
    ],
)  # fmt: skip
def test_a_script_that_does_not_hold_together_is_refused_in_words(
    broken: dict[str, object], said: str
) -> None:
    with pytest.raises(Refused, match=said):
        scripts.load(broken)


def test_a_value_with_braces_is_only_a_value() -> None:
    merged = merge.merge("Hi {first_name}, {place|somewhere}", {"first_name": "{place}", "place": ""})
    assert merged.text == "Hi {place}, somewhere"
    assert merged.parts == (("plain", "Hi "), ("mark", "{place}"), ("plain", ", "), ("mark", "somewhere"))


def test_a_hole_is_named() -> None:
    merged = merge.merge("Hi {Nick Name}!", {})
    assert (merged.gaps, merged.text) == (("nick_name",), "Hi {Nick Name}!")


@given(st.text(), st.dictionaries(st.text(), st.text()))
def test_merging_anything_never_fails_and_keeps_what_is_plain(text: str, values: dict[str, str]) -> None:
    merged = merge.merge(text, values)
    if "{" not in text:
        assert merged.text == text


def test_one_curly_apostrophe_is_counted_and_can_be_made_plain() -> None:
    text = "it’s " + "x" * 100
    found = merge.odd(text)
    assert found is not None
    assert (found.characters, found.segments, found.without, found.can_be_plain) == ("’", 2, 1, True)
    assert segment(merge.straightened(text)).coding == "gsm7"


def test_the_mock_of_the_design_finds_its_three_problems() -> None:
    text = (
        "Hi {nickname}, it’s {my_name} from {organisation}. The {event} is {day}. Can you come? YES, MAYBE or NO."
        + " " * 40
        + "x"
    )
    found = problems(
        script(text),
        ground(columns={"first_name": 1284, "nick": 1284}, facts={"event": "hearing", "day": "Thursday"}),
    )
    assert [p.level for p in found] == ["blocks", "blocks", "decide"]
    assert found[0].title == "“{nickname}” is not a column of your list."
    assert found[0].evidence == "All 1,284 people would read a hole."
    assert found[1].title == "No way out."
    assert found[2].title.startswith("One ’ makes this")


def test_a_column_that_is_empty_for_some_blocks_and_says_for_how_many() -> None:
    found = problems(
        script("{organisation}: hi {building}. STOP to end."),
        ground(columns={"building": 1200, "first_name": 1284}),
    )
    assert [p.title for p in found] == ["“{building}” is empty for 84 of 1,284 people."]


def test_a_fact_that_is_not_filled_in_blocks() -> None:
    found = problems(script("{organisation}: {day}? STOP to end."), ground(facts={"day": ""}))
    assert found[0].title == "“{day}” is a fact of this campaign that is not filled in."


def test_the_organisation_by_name_is_enough() -> None:
    assert problems(script("elm street tenants here. Coming? STOP to end."), ground()) == []


@pytest.mark.parametrize(
    ("text", "way"),
    [
        ("STOP to end.", True), ("Responde ALTO para salir.", True), ("Text “stop” to opt out", True), ("Para ti", False),
        ("The end is near", False), ("Un alto honor", False), ("Nothing here", False),
        ("Will you help us stop the pipeline? YES or NO.", False), ("{organisation}: don't cancel your plans, come Friday!", False),
        ("Help us STOP the pipeline", False), ("STOP EVICTIONS! Come on Friday", False), ("It must STOP. Are you in?", False),
        ("Thanks for your text. Stop by on Friday!", False), ("Write to stop the bill", False), ("Basta ya, ven el viernes", False),
        ("Text us back with stop if this is not for you", True), ("YES, NO or STOP?", True), ("Not for you? Reply STOP.", True),
        ("Envía la palabra baja para salir", True), ("Opt out: STOP", True), ("STOP=end", True), ("STOP 2 quit", True),
        ("STOP anytime", True), ("أرسل توقف للإلغاء", True), ("Отправьте СТОП", True), ("Répondez STOP au 36111", True),
    ],
)  # fmt: skip
def test_a_way_out_is_a_word_that_people_are_told_to_send(text: str, way: bool) -> None:
    assert offers_a_way_out(text) is way


def test_a_stray_brace_blocks() -> None:
    found = problems(script("{organisation}: hi {first_name. STOP to end."), ground())
    assert "A brace stands alone" in found[0].title


def test_what_is_right_is_said() -> None:
    said = right(["{organisation}: {first_name}, coming? STOP to end."], ground())
    assert said == [
        "Says who is writing",
        "Says how to stop",
        "No link in a first text",
        "{first_name} filled for all",
    ]


def test_a_fact_that_is_still_empty_is_not_called_filled() -> None:
    draft = ground(facts={"place": BLANK, "day": "", "event": "Hearing"})
    assert right(["{event} at {place}, {day}"], draft) == [
        "No link in a first text",
        "{event} filled for all",
    ]


def test_what_a_character_costs_is_counted_over_those_who_get_that_wording() -> None:
    long = "{organisation}: " + "come and bring a friend to the hall " * 3 + "ó. STOP to end."
    (cost,) = [
        found for found in of_text(long, ground(people=9, wordings=2), first=True) if found.rule == "odd"
    ]
    assert cost.title == "One ó makes this 3 texts, not 1."
    assert cost.evidence == "It costs 10 more texts over the 5 people who get it."


@pytest.mark.parametrize(
    ("reply", "meant"),
    [
        ("YES 2", ("yes", 2)), ("yes", ("yes", None)), ("Sí, dos", ("yes", 2)), ("we are 3, yes", ("yes", 3)),
        ("no thanks", ("no", None)), ("Not sure yet", ("maybe", None)), ("yes, no problem", ("yes", None)), ("No problem", None), ("maybe not", None),
        ("2", ("yes", 2)), ("ok", None), ("", None), ("👍", None), ("yes or no? what is it about", None),
        ("yes, see you at six", ("yes", None)),
        ("Yesss 🙌", ("yes", None)), ("Can't wait, bringing my sister", ("yes", None)), ("Noooo", ("no", None)),
        ("I'd love to, but first a question: last time the elevator was out, so two neighbors could not get up there.", None),
        ("No, I work every Thursday evening until nine and then I fetch the kids, another time", ("no", None)),
        ("It is a long way, my sister would have to drive me there and back again. Yes, if she is home.", ("yes", None)),
    ],
)  # fmt: skip
def test_what_a_reply_to_an_invitation_reads_as(reply: str, meant: tuple[str, int | None] | None) -> None:
    found = suggestion(kind("event").scripts["en"].first, reply)
    assert (found and (found.choice.id, found.number)) == meant


@pytest.mark.parametrize("name", KINDS)
def test_who_is_this_is_no_wrong_number_and_there_is_an_answer_to_it(name: str) -> None:
    for language, asked, stop in (("en", "Who is this?", "STOP"), ("es", "¿Quién es?", "ALTO")):
        script = kind(name).scripts[language]
        found = suggestion(script.first, asked)
        assert found is None or found.choice.id != "wrong"
        assert "{organisation}" in script.ready[0].text
        assert stop in script.ready[0].text


def test_a_shift_that_does_not_exist_is_not_texted() -> None:
    of = kind("recruitment")
    facts = factwords.checked(of, {"slot_a": "Mon 5 to 7 pm", "slot_b": "", "slot_c": "Tue 6 pm"})
    assert factwords.words(of, facts, "en", "US")["shifts"] == "A: Mon 5 to 7 pm  C: Tue 6 pm"
    for language in LANGUAGES:
        assert not any("|-}" in text for _, text in of.scripts[language].texts())


@given(st.text(max_size=2000))
def test_any_reply_can_be_looked_at(reply: str) -> None:
    for name in KINDS:
        suggestion(kind(name).scripts["es"].first, reply)


def test_facts_are_read_and_said_in_both_habits() -> None:
    of = kind("event")
    facts = factwords.checked(
        of,
        {"event": "Hearing", "day": "2026-03-12", "hour": "18:30", "seats": "1,200", "junk": "x"},
    )
    assert factwords.words(of, facts, "en", "US")["day"] == "Thursday, March 12"
    assert factwords.words(of, facts, "es", "ES")["day"] == "jueves 12 de marzo"
    assert factwords.words(of, facts, "en", "US")["hour"] == "6:30 pm"
    assert factwords.words(of, facts, "en", "DE")["hour"] == "18:30"
    assert (facts["seats"], "junk" in facts) == ("1200", False)


@pytest.mark.parametrize(
    ("name", "value"), [("day", "12.3.2026"), ("hour", "6 pm"), ("seats", "many"), ("place", "x" * 300)]
)
def test_a_fact_that_cannot_be_read_is_refused_by_name(name: str, value: str) -> None:
    with pytest.raises(Refused, match="“"):
        factwords.checked(kind("event"), {name: value})


def test_a_placeholder_in_a_fact_is_refused_for_nobody_fills_it_in() -> None:
    """ "Will you join us for the hearing at {place}, Thursday …" went out to everybody as it stands."""
    with pytest.raises(Refused, match="place}” in it"):
        factwords.checked(kind("event"), {"event": "the hearing at {place}"})


@pytest.mark.parametrize(
    "written",
    ["[First name]", "<first_name>", "[[first_name]]", "%first_name%", "｛first_name｝", "«First name»"],
)
def test_a_placeholder_as_another_program_writes_it_blocks_and_is_mended_by_one_tap(written: str) -> None:
    """ "Hi [First name]," went out to the whole list."""
    on = ground(columns={"first_name": 1284})
    text = f"Hi {written}, it's {{organisation}}. Coming? STOP to end."
    (found,) = of_text(text, on, first=True)
    assert (found.level, found.title) == ("blocks", f"“{written}” is no placeholder.")
    assert found.mends[0].applied(text) == "Hi {first_name}, it's {organisation}. Coming? STOP to end."
    assert of_text(found.mends[0].applied(text), on, first=True) == []


def test_what_may_still_be_to_fill_in_is_a_hint_and_a_share_or_a_quotation_none() -> None:
    assert [(p.level, p.title) for p in of_text("See [insert link]", ground())] == [
        ("decide", "“[insert link]” would leave as it stands.")
    ]
    assert of_text("Rent is up 20% of what was 80%. I <3 our «Casa»", ground()) == []
    assert of_text("[Elm Street Tenants] Coming? [1] yes, [2] no", ground()) == []
