"""Whether a text is abuse: it is folded behind a tap, so that a volunteer chooses when to read it. Never dropped.

Pure. A short list of insults and threats; a text that only swears in passing is not folded ("damn, I forgot"), nor is one
whose words only begin so ("spicy"). Never fails.
"""

import re

from gateway.letters import split

STEMS = (
    "fuck you+", "fuck your", "fuck yourself", "fuck yourselves", "fuck off", "fuck u+", "go fuck", "motherfucker", "motherfucking", "cunt",
    "bitch", "bitches", "whore", "slut", "faggot", "nigger", "nigga", "niggaz", "retard", "retarded", "kike", "spic", "wetback", "tranny",
    "trannies", "chink", "kill you", "kill yourself", "kill yourselves", "rape you", "hope you die", "go to hell", "eat shit", "drop dead",
    "piss off", "fucking idiot", "fucking moron", "bunch of idiot", "bunch of fucking", "you idiot", "you moron", "you are an idiot",
    "youre an idiot", "scumbag", "piece of shit", "asshole", "dickhead", "suck my", "puta", "puto", "hijo de puta", "hija de puta",
    "chinga tu", "vete a la mierda", "vete al diablo", "pendejo", "pendeja", "cabron", "cabrones", "maricon", "maricones", "te voy a matar",
    "muerete", "idiotas", "imbecil", "imbeciles", "mierda de",
)  # fmt: skip
ABUSE = re.compile(rf"\b(?:{'|'.join(STEMS)})s?\b")
MOST_WORDS = 400


def abusive(text: str) -> bool:
    """Whether a text insults or threatens whoever reads it."""
    return ABUSE.search(" ".join(split(text)[0][:MOST_WORDS])) is not None
