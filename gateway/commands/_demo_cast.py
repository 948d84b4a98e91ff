"""Who is in the demo: five campaigns, their people, and what was said so far. Data only; `_demo_day.py` plays it.

A line of `people` is the list's row; `talks` says by first name what somebody wrote and which answer of the script was given
("yes 2": the answer `yes` with the number 2), in turns; whoever wrote last waits for an answer.
"""

from collections.abc import Mapping
from dataclasses import dataclass

TEXTED = 10  # of each list, the first so many were texted: as many as go ahead to see if they arrive


@dataclass(frozen=True)
class Play:
    """One campaign. A fact that begins with + is so many days from today."""

    name: str
    kind: str
    language: str
    column: str
    facts: Mapping[str, str]
    people: tuple[tuple[str, str], ...]  # name, and what stands in `column`
    talks: Mapping[str, tuple[str, ...]]
    source: str


LIVE = (
    "Ada",
    "Luis",
    "Rosa",
    "Sam",
    "Mei",
    "Jonas",
    "Fatima",
    "Theo",
    "Priya",
    "Walter",
)  # not texted yet: Vera's

PLAYS = (
    Play(
        "Rent hearing",
        "event",
        "en",
        "Building",
        {
            "event": "the rent hearing",
            "day": "+8",
            "hour": "18:00",
            "place": "Union Hall, 14 Oak St",
            "seats": "40",
            "next_event": "in two weeks",
        },
        (
            ("Olu Adebayo", "14 Oak St"),
            ("Bea Lindqvist", "14 Oak St"),
            ("Nadia Petrov", "16 Oak St"),
            ("Marcus Hill", "16 Oak St"),
            ("Ines Duarte", "3 Elm St"),
            ("Tom Becker", "3 Elm St"),
            ("Yuki Mori", "5 Elm St"),
            ("Grace Obi", "5 Elm St"),
            ("Hank Miller", "7 Elm St"),
            ("Lena Fischer", "7 Elm St"),
            *((name, f"{20 + at} Elm St") for at, name in enumerate(LIVE)),
        ),
        {
            "Olu": ("YES 2, me and my mom! Is there a ramp?", "yes 2", "Thank you, see you there"),
            "Bea": ("Yes, just me", "yes 1"),
            "Nadia": ("Maybe, I work late that day", "maybe"),
            "Marcus": ("No, I moved to Albany", "no"),
            "Ines": ("Yes! 4 of us", "yes 4"),
            "Tom": ("STOP",),
            "Yuki": ("Yes, I will be there", "yes"),
            "Hank": ("who is this? wrong number", "wrong"),
        },
        "Sign-up sheet, street fair",
    ),
    Play(
        "Votar en la ciudad",
        "voter",
        "es",
        "Distrito",
        {"election": "la elección de la ciudad", "day": "+12", "polls_open": "7 am a 8 pm"},
        (
            ("Carmen Ruiz", "12"),
            ("Diego Morales", "12"),
            ("Sofia Herrera", "12"),
            ("Mateo Vargas", "14"),
            ("Lucia Campos", "14"),
            ("Pedro Salinas", "14"),
            ("Elena Rojas", "15"),
            ("Andres Molina", "15"),
            ("Paula Cortes", "15"),
            ("Jorge Navarro", "15"),
            ("Marta Leon", "15"),
        ),
        {
            "Carmen": ("Sí, claro", "will", "por la mañana", "morning", "sí, en la escuela", "knows"),
            "Diego": ("ya voté", "voted"),
            "Sofia": ("Sí, pero no tengo cómo llegar", "ride", "Calle Oak 14, a las 10"),
            "Mateo": ("No, esta vez no", "will_not"),
            "Lucia": ("Si", "will", "en la tarde", "evening"),
            "Elena": ("Sí voy a votar",),
        },
        "Puerta a puerta, distritos 12 a 15",
    ),
    Play(
        "Phone night crew",
        "recruitment",
        "en",
        "Helped before",
        {
            "task": "phone night",
            "day": "+5",
            "place": "Elm Street office",
            "slot_a": "Mon 5 to 7 pm",
            "slot_a_needed": "4",
            "slot_b": "Mon 7 to 9 pm",
            "slot_b_needed": "4",
            "day_b": "+5",
        },
        (
            ("Amir Haddad", "street fair"),
            ("Joy Carter", "phone night"),
            ("Ben Osei", "food table"),
            ("Kira Novak", "street fair"),
            ("Leo Park", ""),
            ("Maya Singh", "phone night"),
            ("Noah Green", ""),
            ("Ruth Cohen", "food table"),
            ("Tariq Aziz", ""),
            ("Vicky Lam", "street fair"),
            ("Zoe Hart", ""),
        ),
        {
            "Amir": ("Yes, happy to", "yes", "A please", "a", "I take the bus", "own"),
            "Joy": ("Yes", "yes", "B", "b", "I would need a lift", "needs"),
            "Ben": ("Later, exams this week", "later"),
            "Kira": ("no sorry", "no"),
            "Maya": ("What would I be doing?", "skills", "I speak Hindi and Spanish"),
        },
        "Volunteer form on our site",
    ),
    Play(
        "Call about the rent law",
        "advocacy",
        "en",
        "Ward",
        {
            "issue": "the rent law",
            "action": "call Senator Lee",
            "how": "Call 518-555-0142",
            "say": "I rent in this city. Please vote for the rent law.",
            "day": "+6",
            "goal": "50",
        },
        (
            ("Aisha Bell", "3"),
            ("Carl Jensen", "3"),
            ("Dora Klein", "4"),
            ("Emil Hansen", "4"),
            ("Flora Reyes", "4"),
            ("Gus Walker", "5"),
            ("Hana Sato", "5"),
            ("Ivan Kozak", "5"),
            ("Judy Stone", "6"),
            ("Ken Brooks", "6"),
            ("Lily Chen", "6"),
        ),
        {
            "Aisha": ("Yes", "yes", "Done, I got his office", "done", "They said he has not decided", "told"),
            "Carl": ("Yes I can", "yes", "busy all day, not yet", "not_yet"),
            "Dora": ("I already called", "already"),
            "Emil": ("I am against it, I own two flats", "against"),
            "Gus": ("No time, sorry", "no"),
            "Ivan": ("Stop the rent hikes! What do I say to them?",),
        },
        "Petition for the rent law",
    ),
    Play(
        "Strike fund",
        "fundraising",
        "en",
        "Gave last year",
        {
            "cause": "the strike fund",
            "goal": "5000",
            "currency": "$",
            "day": "+20",
            "link": "elmstreet.example/give",
        },
        (
            ("Alma Reed", "40"),
            ("Boris Lang", "25"),
            ("Clara Weiss", ""),
            ("Dev Patel", "100"),
            ("Erin Walsh", "20"),
            ("Felix Braun", ""),
            ("Gina Rossi", "15"),
            ("Hugo Silva", "50"),
            ("Irma Kahn", ""),
            ("Jack Doyle", "30"),
            ("Kofi Mensah", "60"),
        ),
        {
            "Alma": ("Yes of course", "yes", "50 dollars", "amount 50", "I gave it just now", "gave"),
            "Boris": ("Yes", "yes", "30", "amount 30"),
            "Dev": ("Later, after payday", "later"),
            "Erin": ("I gave already, 20", "gave 20"),
            "Hugo": ("no, not this year", "no"),
            "Gina": ("What is the money for?",),
        },
        "Members' meeting",
    ),
)
STRANGER = ("+12025550188", "Hi, my neighbor says you help with rent problems. Can I join?")
