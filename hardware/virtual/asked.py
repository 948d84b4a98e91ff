"""What simulated people answer to what a text asks: words of the question, in English and Spanish, with what each character says. Data only.

Promises: every question has lines for every character who answers, its own or those of `ANYBODY`; the first question whose words stand in
a text counts, so that what is asked in one conversation after another comes before what a campaign begins with.
"""

ANYBODY = "anybody"

_EVENT_ES = {
    "yes": ("Sí, ahí estaré", "Sí, cuenten conmigo", "SI 2, mi mamá y yo"),
    "question": ("¿Hay dónde estacionarse?", "¿Puedo llevar a mis hijos?", "¿Quién es?"),
    "no": ("No puedo, trabajo esa noche", "No, gracias"),
    "emoji": ("Sí 🎉🎉", "Ahí estaremos 🙌"),
    "later": ("Quizás, déjame preguntar a mi esposo", "No sé todavía"),
    "long": (
        "Hola, gracias por escribir. Vivo en el edificio desde hace once años y la calefacción falla cada invierno. Quiero ir, pero "
        "cuido a mi mamá por las tardes, ¿me pueden contar después qué se decidió?",
    ),
    "spanish": ("Sí, ahí estaré. ¡Gracias!",),
}
_AGREES = {
    ANYBODY: ("Yes", "Yes, still good"),
    "emoji": ("Yes 👍",),
    "spanish": ("Sí, claro",),
    "no": ("No, sorry, something came up",),
}
_AGREES_ES = {ANYBODY: ("Sí", "Sí, claro"), "emoji": ("Sí 👍",), "no": ("No, ya no puedo",)}

# Words that ask, and by character what is answered. First what is asked on the way, then what a campaign begins with.
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
            ANYBODY: ("Just me",),
        },
    ),
    (("cuántas personas",), {ANYBODY: ("Somos 2", "Solo yo"), "emoji": ("2 🙌",)}),
    (
        ("when will you go",),
        {
            ANYBODY: ("Morning", "In the evening, after work", "Midday"),
            "spanish": ("Por la mañana",),
            "emoji": ("Morning ☀️",),
        },
    ),
    (("a qué hora vas",), {ANYBODY: ("Por la mañana", "En la tarde"), "emoji": ("Temprano ☀️",)}),
    (
        ("polling place",),
        {
            ANYBODY: ("Yes, I walk", "Yes, at the school"),
            "question": ("Not sure, where is it?",),
            "spanish": ("Sí, ya sé",),
            "later": ("I would need a ride",),
        },
    ),
    (("dónde te toca",), {ANYBODY: ("Sí, ya sé", "Sí, caminando"), "question": ("No sé, ¿dónde es?",)}),
    (
        ("pick you up", "street address", "te recogemos", "tu calle"),
        {ANYBODY: ("14 Oak St, at 10",), "spanish": ("Calle Oak 14, a las 10",)},
    ),
    (
        ("which one?", "which shift"),
        {ANYBODY: ("A please", "B"), "spanish": ("La A, por favor",), "emoji": ("B 💪",)},
    ),
    (("qué turno",), {ANYBODY: ("El A, por favor", "B")}),
    (("should we check back",), {ANYBODY: ("Next week is better",), "spanish": ("La otra semana",)}),
    (("te preguntamos otra vez",), {ANYBODY: ("La otra semana",)}),
    (
        ("good at", "te guste hacer"),
        {
            ANYBODY: ("I speak Spanish and can drive", "I like cooking"),
            "spanish": ("Hablo español y manejo",),
        },
    ),
    (
        ("on your own?",),
        {
            ANYBODY: ("Yes, I take the bus", "Yes"),
            "question": ("I would need a lift",),
            "spanish": ("Sí, en camión",),
        },
    ),
    (("por tu cuenta",), {ANYBODY: ("Sí, en camión", "Sí")}),
    (
        ("what did they say",),
        {
            ANYBODY: ("They said they have not decided", "I left a message"),
            "spanish": ("Que lo van a pensar",),
        },
    ),
    (("qué te dijeron",), {ANYBODY: ("Que lo van a pensar", "Dejé un mensaje")}),
    (
        ("get a chance to",),
        {ANYBODY: ("Done", "Not yet, tomorrow"), "spanish": ("Sí, ya llamé",), "emoji": ("Done ✊",)},
    ),
    (("pudiste ",), {ANYBODY: ("Sí, ya", "Todavía no, mañana")}),
    (
        ("put you down for?",),
        {
            ANYBODY: ("20 dollars", "50"),
            "question": ("What do others give?",),
            "spanish": ("20 dólares",),
            "emoji": ("25 ❤️",),
        },
    ),
    (("con cuánto",), {ANYBODY: ("20 dólares", "Con 50")}),
    (("your pledge",), {ANYBODY: ("Done", "Not yet, this week"), "spanish": ("Ya di",)}),
    (("tu promesa",), {ANYBODY: ("Ya di", "Todavía no")}),
    (("still coming", "still good"), _AGREES),
    (("contamos contigo", "sigue en pie"), _AGREES_ES),
    (
        ("will you vote",),
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
        ("vas a votar",),
        {
            "yes": ("Sí, siempre voto", "¡Sí!"),
            "question": ("¿Dónde me toca votar?", "¿Me pueden llevar?"),
            "no": ("No, esta vez no", "Me mudé el año pasado"),
            "emoji": ("Sí 🗳️", "Sí 👍"),
            "spanish": ("Sí, claro", "Ya voté"),
            "later": ("No sé todavía, ¿a qué hora abren?",),
            "long": (
                "Sí voy a votar. Mi mamá también quiere, pero no camina bien y el lugar tiene escaleras. La última vez nadie supo "
                "decirnos si hay rampa, ¿nos pueden llevar y averiguarlo antes?",
            ),
        },
    ),
    (
        ("take a shift",),
        {
            "yes": ("Yes, happy to help", "Yes, I can"),
            "question": ("What would I be doing?", "Do I need experience?"),
            "no": ("No, sorry, I work that day",),
            "emoji": ("Yes 💪", "👍"),
            "spanish": ("Sí, con gusto", "Ahora no, luego"),
            "later": ("Later, exams this week",),
            "long": (
                "Yes, I can help. I did this two years ago and liked it, only the evening ran long and the last bus was gone "
                "when we had counted everything, so an early shift would be better for me, or one from which somebody drives home.",
            ),
        },
    ),
    (
        ("tomar un turno",),
        {
            "yes": ("Sí, con gusto", "Sí, puedo"),
            "question": ("¿Qué tendría que hacer?",),
            "no": ("No, trabajo ese día",),
            "emoji": ("Sí 💪",),
            "spanish": ("Sí, con gusto", "Ahora no, luego"),
            "later": ("Luego, tengo exámenes",),
            "long": (
                "Sí, puedo ayudar. Lo hice hace dos años y me gustó, pero la noche se alargó y ya no había camión cuando terminamos, "
                "así que me queda mejor un turno temprano.",
            ),
        },
    ),
    (
        ("chip in", "reach the goal", "raising"),
        {
            "yes": ("Yes, of course", "Yes, 20 dollars"),
            "question": ("What is the money for?", "Can I give in cash?"),
            "no": ("No, not this year", "No, sorry, money is tight"),
            "emoji": ("Yes ❤️",),
            "spanish": ("Sí, con gusto", "Luego, en la quincena"),
            "later": ("Later, after payday",),
            "long": (
                "Yes, I want to give something. My brother was on strike last year and without a fund like this he would have lost "
                "his flat, so I know what it is for. I get paid at the end of the month, would that still be in time for you?",
            ),
        },
    ),
    (
        ("nos ayudas", "queremos juntar"),
        {
            "yes": ("Sí, claro", "Sí, con 20 dólares"),
            "question": ("¿Para qué es el dinero?", "¿Puedo dar en efectivo?"),
            "no": ("No, este año no puedo",),
            "emoji": ("Sí ❤️",),
            "spanish": ("Sí, con gusto", "Luego, en la quincena"),
            "later": ("Luego, en la quincena",),
            "long": (
                "Sí, quiero dar algo. Mi hermano estuvo en huelga el año pasado y sin un fondo así habría perdido su casa. Me pagan a "
                "fin de mes, ¿todavía sirve?",
            ),
        },
    ),
    (
        ("a decision on", "decided by", "will you call", "will you write", "will you sign", "will you email"),
        {
            "yes": ("Yes, I will call today", "Yes"),
            "question": ("What do I say to them?", "Who is this?"),
            "no": ("No time, sorry",),
            "emoji": ("Done ✊", "Yes 📞"),
            "spanish": ("Sí, hoy llamo",),
            "later": ("Tomorrow, busy today",),
            "long": (
                "I called them about this last spring already, and the woman on the phone was friendly, but nothing came of it. I will "
                "call again if you tell me what exactly they decide this time, and whom I should ask for.",
            ),
        },
    ),
    (
        ("deciden sobre", "se decide"),
        {
            "yes": ("Sí, hoy lo hago", "Sí"),
            "question": ("¿Qué les digo?", "¿Quién es?"),
            "no": ("No tengo tiempo, perdón",),
            "emoji": ("Hecho ✊", "Sí 📞"),
            "spanish": ("Sí, hoy llamo",),
            "later": ("Mañana, hoy no puedo",),
            "long": (
                "Ya les llamé en primavera y la señora fue muy amable, pero no pasó nada. Llamo otra vez si me dicen qué deciden "
                "exactamente y por quién pregunto.",
            ),
        },
    ),
    (
        ("can you come", "will you be at", "will you join us", "if you can come"),
        {
            "yes": ("Yes, count me in!", "YES 2, me and my mom", "Yes I'll be there"),
            "question": ("Is there parking?", "Can I bring my kids?", "Who is this?"),
            "no": ("Sorry, I can't make it this time.", "No, I work that evening."),
            "emoji": ("Yes 🎉🎉", "Yesss 🙌", "👍"),
            "spanish": ("Sí, ahí estaré. ¡Gracias!", "¿Me lo puede mandar en español, por favor?"),
            "later": ("Maybe, let me check with my husband", "Not sure yet"),
            "long": (
                "I'd love to, but first a question: last time the meeting was on the fourth floor and the elevator was out "
                "of order, so two of my neighbors could not get up there. If it is downstairs this time, all three of us "
                "will come, and we can bring chairs and coffee as well.",
            ),
        },
    ),
    (("puedes venir", "nos acompañas"), _EVENT_ES),
)

SPANISH = ("¡", "¿", "gracias", "hola", "puedes")  # words of a text that is in Spanish
