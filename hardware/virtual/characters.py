"""How the simulated people answer: their characters, how common each is, and what they write. Pure, seeded by dice."""

import random
from dataclasses import dataclass

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
        ("Great, see you then.", "Perfect, thank you!"),
        ("👍", "Thanks!"),
    ),
    "question": (
        (
            "What time does it start?",
            "Who is this?",
            "Where is it? Is there parking?",
            "Can I bring my kids?",
        ),
        ("OK that works, thanks. I'll come.", "Good to know. And is it wheelchair accessible?"),
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
        ("That is good to hear. I will tell the neighbors on my floor and we will see you there.",),
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
        ("Muchas gracias, mañana confirmo.", "Perfecto, nos vemos allá."),
        ("Gracias",),
    ),
    "later": (
        ("Let me check with my husband and get back to you", "Not sure yet, ask me again on Friday?"),
        ("OK we can come, two of us.",),
        ("Thanks, see you!",),
    ),
}


# What somebody asks in a text, by words of it, with what each character answers to just that. The first that fits counts.
ASKED: tuple[tuple[tuple[str, ...], dict[str, tuple[str, ...]]], ...] = (
    (
        ("how many of you",),
        {
            "yes": ("2 of us", "Just me"),
            "emoji": ("3 of us 👭", "2 🙌"),
            "question": ("Two of us, thanks", "Just me. Is it wheelchair accessible?"),
            "spanish": ("Somos 2", "Solo yo"),
            "later": ("2 of us, I think",),
            "long": (
                "The three of us from the third floor, and we bring a chair for the neighbor who cannot stand long.",
            ),
        },
    ),
    (
        ("can you come", "will you be at", "puedes venir"),
        {
            "yes": ("Yes, count me in!", "YES 2, me and my mom", "Yes I'll be there"),
            "question": ("Is there parking?", "Can I bring my kids?", "Who is this?"),
            "no": ("Sorry, I can't make it this time.", "No, I work that evening."),
            "emoji": ("Yes 🎉🎉", "Yesss 🙌", "👍"),
            "spanish": ("Sí, ahí estaré. ¡Gracias!", "¿Me lo puede mandar en español, por favor?"),
            "later": ("Maybe, let me check with my husband", "Not sure yet"),
        },
    ),
    (
        ("will you vote", "vas a votar"),
        {
            "yes": ("Yes, I always vote", "Yes!"),
            "question": ("Where do I vote?", "Can somebody drive me there?"),
            "no": ("No, not this time", "I moved away last year"),
            "emoji": ("Yes 🗳️", "👍"),
            "spanish": ("Sí, claro", "Ya voté"),
            "later": ("Not sure yet, when are polls open?",),
            "long": (
                "Yes, I will vote. My mother wants to vote too, but she does not walk well and the place has stairs. Last "
                "time nobody could tell us about a ramp, so could somebody drive us and find that out before the day?",
            ),
        },
    ),
    (
        ("take a shift", "tomar un turno"),
        {
            "yes": ("Yes, happy to help", "Yes, I can"),
            "question": ("What would I be doing?",),
            "no": ("No, sorry, I work that day",),
            "emoji": ("Yes 💪", "👍"),
            "spanish": ("Sí, con gusto", "Ahora no, luego"),
            "later": ("Later, exams this week",),
        },
    ),
    (
        ("decided by", "se decide"),
        {
            "yes": ("Yes, I will call today", "Yes"),
            "question": ("What do I say to them?", "Who is this?"),
            "no": ("No time, sorry",),
            "emoji": ("Done ✊", "Yes 📞"),
            "spanish": ("Sí, hoy llamo",),
            "later": ("Tomorrow, busy today",),
        },
    ),
    (
        ("reach it", "nos ayudas"),
        {
            "yes": ("Yes, of course", "Yes, 20 dollars"),
            "question": ("What is the money for?", "Can I give in cash?"),
            "no": ("No, not this year",),
            "emoji": ("Yes ❤️",),
            "spanish": ("Sí, con gusto", "Luego, en la quincena"),
            "later": ("Later, after payday",),
        },
    ),
)


def _lines(character: str, text: str, answered: int) -> tuple[str, ...]:
    """What they may say to these words: to what is asked, else whatever they say at this point of a conversation."""
    for asked, lines in ASKED:
        if character in lines and any(words in text for words in asked):
            return lines[character]
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
