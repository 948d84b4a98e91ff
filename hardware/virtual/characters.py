"""How the simulated people answer: their characters, how common each is, and what they write. Pure, seeded by dice."""

import random
from dataclasses import dataclass

from hardware.virtual.asked import ANYBODY, ASKED, SPANISH

STOP_WORDS = ("stop", "unsubscribe", "opted out", "will not text", "won't text", "no longer")


@dataclass(frozen=True, slots=True)
class Answer:
    """What somebody writes back; after one that stops they write nothing more."""

    text: str
    stops: bool = False


SHARES = {  # how many of a hundred people
    "yes": 24,
    "question": 18,
    "no": 10,
    "stop": 8,
    "long": 8,
    "emoji": 8,
    "spanish": 8,
    "later": 6,
    "silent": 10,
}

LINES: dict[
    str, tuple[tuple[str, ...], ...]
] = {  # character: what they say to the first text, the second, later ones
    "yes": (
        (
            "Yes, count me in!",
            "Yes I'll be there",
            "Sure, happy to help.",
            "Yes! Thanks for letting me know.",
        ),
        ("Great, thank you!", "Perfect, thank you!"),
        ("👍", "Thanks!"),
    ),
    "question": (
        (
            "What time does it start?",
            "Who is this?",
            "Where is it? Is there parking?",
            "Can I bring my kids?",
        ),
        ("OK, thanks. Then yes.", "Good to know, thank you."),
        ("Thank you, that answers it.",),
    ),
    "no": (
        (
            "Sorry, I can't make it this time.",
            "No, I work that evening.",
            "I moved away last year, good luck though",
        ),
        ("Maybe next time.", "No worries, good luck!"),
        ("OK",),
    ),
    "stop": (("STOP", "Stop", "stop please", "STOP. I never signed up for this"),),
    "long": (
        (
            "Hi! Thanks for reaching out. I have lived in the building for eleven years and the heating has failed "
            "every single winter. I wrote to the management company three times and never got an answer. I would like "
            "to come, but I look after my mother in the evenings, so could somebody tell me afterwards what was decided?",
            "I'd love to, but first a question: last time the meeting was on the fourth floor and the elevator was out "
            "of order, so two of my neighbors could not get up there. If it is downstairs this time, all three of us "
            "will come, and we can bring chairs and coffee as well.",
        ),
        ("That is good to hear. I will tell the neighbors on my floor.",),
        ("Thank you for taking the time to write back.",),
    ),
    "emoji": (
        ("🎉🎉 I'll be there!", "Yesss 🙌", "👍", "Can't wait ❤️ bringing my sister 👭"),
        ("😊", "🙏🙏"),
        ("❤️",),
    ),
    "spanish": (
        (
            "Sí, ahí estaré. ¡Gracias!",
            "¿A qué hora es la reunión?",
            "¿Me lo puede mandar en español, por favor?",
        ),
        ("Muchas gracias.", "Perfecto, gracias."),
        ("Gracias",),
    ),
    "later": (
        ("Let me check with my husband and get back to you", "Not sure yet, ask me again on Friday?"),
        ("OK then, yes.",),
        ("Thanks!",),
    ),
}


def _lines(character: str, text: str, answered: int) -> tuple[str, ...]:
    """What they may say to these words: to what is asked, else whatever they say at this point of a conversation, in its language."""
    for asked, lines in ASKED:
        if any(words in text for words in asked):
            return lines.get(character) or lines[ANYBODY]
    if any(words in text for words in SPANISH):
        character = "spanish"
    return LINES[character][min(answered, len(LINES[character]) - 1)]


def answer(character: str, text: str, answered: int, dice: random.Random) -> Answer | None:
    """What this character writes to this text, having answered so often before; None is silence.

    Nobody answers the confirmation that they are out, and conversations end after three answers.
    """
    stages = LINES.get(character)
    lowered = text.lower()
    if stages is None or answered >= 3:
        return None
    if answered and any(word in lowered for word in STOP_WORDS):
        return None
    if character == "stop":
        return Answer(dice.choice(stages[0]), stops=True)
    if answered and dice.random() < 0.35:
        return None
    return Answer(dice.choice(_lines(character, lowered, answered)))
