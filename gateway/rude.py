"""Whether a text is abuse: it is folded behind a tap, so that a volunteer chooses when to read it. Never dropped.

Pure. A short list of stems of insults and threats; a text that only swears in passing is not folded ("damn, I forgot").
Never fails.
"""

from gateway.letters import split

STEMS = (
    "fuck you", "fuck off", "fuck u", "go fuck", "motherfuck", "cunt", "bitch", "whore", "slut", "faggot", "nigger", "nigga",
    "retard", "kike", "spic", "wetback", "tranny", "chink", "kill you", "kill yourself", "rape you", "hope you die", "go to hell",
    "eat shit", "drop dead", "piss off", "fucking idiot", "fucking moron", "bunch of idiot", "bunch of fucking", "you idiot", "you moron",
    "you are an idiot", "youre an idiot", "scumbag", "piece of shit", "asshole", "dickhead", "suck my",
    "puta", "puto", "hijo de puta", "hija de puta", "chinga tu", "vete a la mierda", "vete al diablo", "pendejo", "pendeja",
    "cabron", "maricon", "te voy a matar", "muerete", "idiotas", "imbecil", "mierda de",
)  # fmt: skip
MOST_WORDS = 400


def abusive(text: str) -> bool:
    """Whether a text insults or threatens whoever reads it."""
    line = " " + " ".join(split(text)[0][:MOST_WORDS])
    return any(f" {stem}" in line for stem in STEMS)
