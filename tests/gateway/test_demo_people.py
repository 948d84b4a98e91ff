"""The demo's people answer what the shipped scripts ask: each first text, in both languages, meets the lines that are meant for it."""

import pytest

from gateway.kinds import KINDS, LANGUAGES, kind
from gateway.merge import merge
from hardware.virtual.asked import ASKED

VALUES = {
    "first_name": "Rosa",
    "my_name": "Maya",
    "organisation": "Elm Street Tenants",
    "event": "the rent hearing",
    "election": "the city election",
    "action": "call Senator Lee",
    "issue": "the rent law",
    "cause": "the strike fund",
    "task": "phone night",
    **dict.fromkeys(
        ("day", "hour", "place", "goal", "currency", "polls_open", "shifts", "count", "link"), "4"
    ),
}
MEANT = {  # what one who says yes says to the first text
    ("voter", "en"): "Yes, I always vote",
    ("voter", "es"): "Sí, siempre voto",
    ("event", "en"): "Yes, count me in!",
    ("event", "es"): "Sí, ahí estaré",
    ("recruitment", "en"): "Yes, happy to help",
    ("recruitment", "es"): "Sí, con gusto",
    ("advocacy", "en"): "Yes, I will call today",
    ("advocacy", "es"): "Sí, hoy lo hago",
    ("fundraising", "en"): "Yes, of course",
    ("fundraising", "es"): "Sí, claro",
}


def lines(text: str) -> dict[str, tuple[str, ...]] | None:
    lowered = merge(text, VALUES).text.lower()
    return next((said for words, said in ASKED if any(word in lowered for word in words)), None)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", KINDS)
def test_people_answer_in_character_whatever_kind_of_campaign_is_made(name: str, language: str) -> None:
    script = kind(name).scripts[language]
    for text in script.first.texts:
        said = lines(text)
        assert said is not None, text
        assert said["yes"][0] == MEANT[name, language]
    questions = [choice.text for step in script.steps for choice in step.choices if "?" in choice.text]
    for text in [*questions, *(reminder.text for reminder in script.reminders)]:
        assert lines(text) is not None, text
