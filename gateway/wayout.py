"""Whether a text says how to stop: a word that stops us when it is sent back, offered as one.

Pure. "Help us stop the pipeline" and "don't cancel your plans" use such a word and offer nothing; "STOP to end", "reply stop"
and "YES, NO or STOP?" offer it. In doubt it is none: the check then proposes words that are one.
"""

import re
from itertools import pairwise

from gateway import optout
from gateway.letters import fold

WORD = re.compile(r"\w+(?:['’]\w+)*")
BREAK = re.compile(r"[^\s\-–_]")  # more than a blank between two words
SENTENCE_ENDS = re.compile(r"[.!?…\n]")


def _words(said: str) -> frozenset[str]:
    return frozenset(said.split())


# An everyday word that also stops ("para", "end") is no offer: these are the ones that people are told to send.
WAY_OUT_WORDS = _words(
    "stop alto baja arret stopp unsubscribe parar sair basta dur стоп قف توقف 退订 停止 stopall cancel cancelar"
)
ASKING = _words(  # "text STOP", "responde ALTO"
    "text txt reply send write answer respond type return use responde responda responder contesta conteste envia envie enviar manda "
    "mande mandar escribe escriba texto repondez reponds envoyez envoie ecrivez antworte antworten sende senden schreibe "
    "rispondi invia odpisz wyslij отправьте ответьте ارسل أرسل"
)
BETWEEN = _words("back us me with by the word just only de la palabra con a al nos le mot par avec mit wort")
AFTER = _words(  # "STOP to end", "ALTO para salir"
    "to 2 and or if for at anytime any ends opts quits cancels para si y o u por pour si ou um zum und oder per se"
)
USED = _words(  # "help us STOP", "it must STOP"
    "to us we must can cannot will should would may not don't dont never let's lets that it they you who debe deben hay hacer"
)
OBJECTS = _words(
    "the this that these those a an our your all el la los las un una este esta esto tu tus su sus"
)


def offers_a_way_out(text: str, organisation: str = "") -> bool:
    """Whether somebody who reads the text is told what to send to be left alone; the name of "Stop Evictions" tells nothing."""
    if organisation:
        text = re.sub(re.escape(organisation), " | ", text, flags=re.IGNORECASE)
    found = list(WORD.finditer(text))
    words = [fold(each[0]) for each in found]
    gaps = [text[one.end() : other.start()] for one, other in pairwise(found)]
    return any(
        word in WAY_OUT_WORDS and _stops(words, at) and _offered(found[at][0], words, gaps, at)
        for at, word in enumerate(words)
    )


def _stops(words: list[str], at: int) -> bool:
    """Whether we stop when it comes back, alone or as a phrase of two."""
    return any(optout.triage(" ".join(words[at : at + size])).kind == "stop" for size in (1, 2))


def _offered(written: str, words: list[str], gaps: list[str], at: int) -> bool:
    follows = words[at + 1] if at < len(gaps) and not BREAK.search(gaps[at]) else ""
    if follows in OBJECTS:
        return False
    if _asked_for(words, gaps, at):
        return True
    if written != written.upper():
        return False
    if written == written.lower():  # letters without capitals: nobody can shout in them
        return True
    used = at > 0 and words[at - 1] in USED and not BREAK.search(gaps[at - 1])
    return not used and (not follows or follows in AFTER)


def _asked_for(words: list[str], gaps: list[str], at: int) -> bool:
    """ "Text STOP", "reply with stop", "envía la palabra ALTO"."""
    before = at - 1
    while before >= 0 and not SENTENCE_ENDS.search(gaps[before]):
        if words[before] in ASKING:
            return True
        if words[before] not in BETWEEN:
            return False
        before -= 1
    return False
