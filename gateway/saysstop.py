"""Whether a row of a list says itself that its person wants no texts, as programs and forms write it.

Promises: every column that is kept is heard, for some programs have several for it; what somebody wants of e-mail is another
matter, and so is the link by which they could unsubscribe. Who said no where they were asked never agreed. In doubt they stay out, and
the list shows their row.
"""

import re
from collections.abc import Sequence
from functools import lru_cache

from gateway.columns import NAMES, Meaning, placeholder
from gateway.letters import fold
from gateway.rowreading import MOST_NAME, one_line

NOT_SO = "|no|n|false|f|0|none|never|null|n/a|opted in|opt in|subscribed|nein|non|nao|falso"
NO = frozenset(NOT_SO.split("|"))
# The way to unsubscribe is no word of whoever has it.
LEADS = re.compile(r"<?(?:(?:https?://|www\.)\S+|\S+@\S+)", re.IGNORECASE)
STOPPED = (  # in whatever column: "Status: Opted out"
    "stop|stopped|opt out|asked to stop|asked us to stop|stop texting|stop texts|don t text|dont text|no sms|"
    "replied stop|texted stop|sent stop|said stop|wrote stop|do not text call|do not text or call|do not call text|do not call or text|"
    "take off list|take off the list|take off your list|remove from the list|remove from this list|remove from your list|remove from texts|"
    "remove from text list|asked to be removed|don t text or call|don t call or text|does not want texts|no text|dada de baja|"
    "mochte keine sms|möchte keine sms|ne veut plus de sms|no mandar más mensajes|no mandar mas mensajes|"
    "no text messages|no more texts|no more sms|no more messages|wants no texts|remove from list|keine sms mehr|pas de sms|plus de sms|"
    "no mandar mensajes|no quiere mensajes|no mensajes|não contatar|não contactar|nie kontaktować|désinscrit|désinscrite|désabonné|désabonnée|"
    "отписался"
)
# What such a column is called is what is said in others, too; but a way out is offered to everybody, and a low priority is “baja”.
SAID_STOP = frozenset([*STOPPED.split("|"), *NAMES["opted_out"].split("|")]) - {"unsubscribe", "baja"}
# Without any of these a row says nothing of it: that is quick to see.
PERHAPS = tuple({said[:3] for said in SAID_STOP})
# "Unsubscribed (SMS)", "Stop by text"; "Stop by" is a visit.
BESIDE = re.compile(r" ?\b(?:(?:of|from|by|via) )?(?:sms|texts?)\b")
# Each of several tags is heard: "Volunteer, do not text".
PIECES = re.compile(r"[,;|\n]")
# "Do not text - asked 3/4", "No texts (calls only)".
LEAD = re.compile(r"([^(:]*?)(?:\s[-–—]+\s|\s?[(:])(.*)", re.DOTALL)
# Of "Stop (bus 7)" and "Opted out - dues" the rest may say of what; where these stand it is of texts, whatever of e-mail stands behind it.
ABOUT = re.compile(r"te?xt|sms|mensaj|messag|[ck]onta[ck]t")
ASKED_SO = re.compile(r"\s*(?:ask|said|told|te?xt|repl|wrote)")
NONE_YET = re.compile(r"\s*(?:new|yet|never|sent)\b")  # "No texts - new" counts what was sent
COUNT = re.compile(r"[2-9]|[1-9]\d{1,3}")  # of "No. SMS"
BESIDES = re.compile(r"\d{1,4}(?:[./-]\d{1,4}){1,2}|\b(?:please|pls|bitte|me|us|on|since|am|le|el)\b")
# Columns, as placeholders, in which a yes says so.
STOPS = frozenset(placeholder(name) for name in NAMES["opted_out"].split("|"))
OUT = re.compile(  # or are called so: "has_opted_out", "optout_time"
    r"(?:(?:is|has|was|sms|texts?|texting|messages?|mobile|phone|cell|global|user|contact)_?)*"
    r"(?:opt_?out|opted_?out|unsubscribed?|(?:do_?not|don_t)_?(?:text|sms)|stop_sms|desinscription)"
    r"(?:_(?:at|on|le|am|date|datum|time|timestamp|flag|status|sms|texts?|of_texts?|of_sms))*"
    r"|no_?(?:sms|texts?|texting|text_messages)"  # of "Contact no. (SMS)" a yes is none
    r"|(?:et4ae5_)?has_?opted_?out_?of_?(?:mobile|sms|texts?)|opted_?out_?of_?text_messages|(?:replied|texted)_stop|sin_sms|no_enviar_sms|"
    r"baja_sms|pas_de_sms|plus_de_sms|keine_sms_mehr"
    r"|sms_stop|opposition_sms|desinscrite?_le|fecha_de_baja|abmeldedatum"
)
BEHIND = re.compile(r"_(?:\d+|c)$")  # a second one of that name, and what Salesforce adds: "Do_Not_Text__c"
AGREED = (  # columns, as placeholders, in which a no says so
    "sms_consent|text_consent|accepts_sms|accepts_texts|textable|einwilligung_erteilt|can_text|may_text|ok_to_text|okay_to_text|wants_texts|receives_texts|"
    "sms_subscribed|subscribedsms|subscribed_sms|consent|consented|agreed|einwilligung|zustimmung|consentement|consentimiento|consenso"
)
OPTED_IN = frozenset(AGREED.split("|"))
IN = re.compile(  # "cell_phone_opt_in", "smsOptIn"
    r"(?:(?:is|has|was|sms|texts?|texting|messages?|mobile|phone|cell|user|contact)_?)*(?:opt_?in|opted_?in)(?:_(?:flag|status|sms|texts?))*"
    r"|(?:sms|texts?)_(?:marketing_)?(?:subscription_|consent_)?status"
)
TEXTING = frozenset(("text", "texts", "texted", "texting", "sms", "mensaje", "mensajes", "textos"))
PERMIT = (
    "can|may|ok|okay|want|wants|like|agree|agrees|agreed|consent|permission|receive|receives|subscribe|subscribed|accept|accepts|opt|optin|"
    "enabled|allowed|permitted|receiving|permitido|permitidos|autorises|gewunscht|alerts|reminders|updates|erlaubt|einwilligung|zustimmung|darf|mochte|accepte|accepter|autorise|consentement|recevoir|accetta|consenso|aceita|"
    "acepta|acepto|autoriza|autorizo|consentimiento|desea|deseo|gustaria|permite|podemos|puede|quiere|quiero|recibir"
)
PERMITS = frozenset(PERMIT.split("|"))
BETWEEN = (
    "a|about|and|at|be|by|cell|do|for|from|get|given|granted|erteilt|donne|i|in|is|it|marketing|me|message|messages|mobile|my|number|on|phone|send|status|that|"
    "the|this|to|us|via|we|will|with|would|you|your|al|celular|de|el|enviar|enviarle|enviarte|le|mandar|mandarle|mandarte|nos|"
    "numero|para|por|que|se|si|su|te|telefono|texto|tu|usted|un|unos|per|les|des|par|bekommen|erhalten|ich|wir"
)
# Of such words is a form's question: "Is it OK to text you?"
ASKED = TEXTING | PERMITS | frozenset(BETWEEN.split("|"))
NOT_AGREED = (
    "no|n|false|f|0|nein|non|nao|não|falso|declined|denied|refused|revoked|withdrawn|did not consent|not consented|not opted in|"
    "not subscribed|non subscribed|nonsubscribed|never subscribed|never|none|not given|abgelehnt|widerrufen|refusé|refuse|rechazado|revocado"
)
DENIED = frozenset(NOT_AGREED.split("|"))
CUT = 36  # characters: the last word of a longer name may be cut


def asked_to_stop(cells: Sequence[str], meaning: Meaning) -> bool:
    """Whether the row itself says that this person wants no texts: whatever stands in a column for that, but a no, a link or an e-mail
    address; or the plain words in another column that is kept, or a no where they would have agreed.
    """
    at = meaning.fields.get("opted_out")
    if at is not None and _is_yes(one_line(cells, at, MOST_NAME)):
        return True
    whole = _plain(" ".join(cells))
    perhaps = any(said in whole for said in PERHAPS)
    heard = meaning.kept if perhaps else telling(tuple(meaning.kept))
    return any(_says_stop(name, cells[at]) for name in heard if (at := meaning.kept[name]) < len(cells))


def spared(rows: Sequence[Sequence[str]], meaning: Meaning) -> int:
    """How many of these rows say that they did not ask to stop, where the file has a column for that: with a no, or with nothing where
    most have nothing there. None does that says so elsewhere: "Do not contact: no, SMS opt-in: no".
    """
    ours = meaning.fields.get("opted_out")
    columns = [
        at for at in (ours, *(at for name, at in meaning.kept.items() if _stops(name))) if at is not None
    ]
    rest = [cells for cells in rows if columns and not asked_to_stop(cells, meaning)]
    said = [[one_line(cells, at, MOST_NAME) for at in columns] for cells in rest]
    silent = sum(not any(each) for each in said)
    no = sum(any(each) and all(_plain(fold(cell)) in NO for cell in each) for each in said)
    return no + silent if no or 2 * silent > len(rows) else 0


def _is_yes(said: str) -> bool:
    """Whatever stands in a column of who stopped, their day or a cross, but a no and a link."""
    return _plain(fold(said)) not in NO and not LEADS.fullmatch(said)


@lru_cache(maxsize=16)
def telling(names: tuple[str, ...]) -> list[str]:
    """Those of these columns (placeholders) in which a yes or a no is enough."""
    return [name for name in names if _stops(name) or _asks(name)]


def _says_stop(name: str, cell: str) -> bool:
    """`name`: the column's placeholder. What somebody wants of e-mail is another matter."""
    said = re.findall(r"[^\W_]+", cell.lower())
    whole = " ".join(said)
    counted = name.startswith("no_") and COUNT.fullmatch(whole)
    if _stops(name) and not counted and _is_yes(" ".join(cell.split())[:MOST_NAME]):
        return True
    # Of a text that it sent a program says "No reply".
    silent = "status" in name and said[1:2] in (["reply"], ["response"], ["answer"])
    answers = name not in TEXTING and not silent and said[:1] in (["no"], ["nein"], ["non"])
    if _asks(name) and (whole in DENIED or answers):
        return True
    plain = BESIDES.sub(" ", cell.lower())
    # Of a text that was sent its pieces say nothing: "YES, NO or STOP".
    pieces = [whole, *([plain] if name in TEXTING else PIECES.split(plain))]
    lead = LEAD.match(plain) if name not in TEXTING else None
    if (
        lead is not None
        and (ABOUT.search(lead[1]) or ASKED_SO.match(lead[2]))
        and not NONE_YET.match(lead[2])
        and _plain(fold(lead[2])) not in NO
    ):
        pieces.append(lead[1])
    bare = [" ".join(re.findall(r"[^\W_]+", piece)) for piece in pieces]
    without = [BESIDE.sub("", piece).strip() for piece in bare]
    return not SAID_STOP.isdisjoint([*bare, *without]) and "mail" not in name


@lru_cache(maxsize=256)
def _stops(name: str) -> bool:
    bare = BEHIND.sub("", name)
    return bare in STOPS or OUT.fullmatch(bare) is not None


@lru_cache(maxsize=256)
def _asks(name: str) -> bool:
    """Whether a column asks if its people may be texted."""
    bare = BEHIND.sub("", name)
    *words, last = bare.split("_")
    known = last in ASKED or (len(name) > CUT and any(word.startswith(last) for word in ASKED))
    asked = (
        known
        and ASKED.issuperset(words)
        and not TEXTING.isdisjoint([*words, last])
        and not PERMITS.isdisjoint([*words, last])
    )
    return asked or bare in OPTED_IN or bare in ("sms", "texting") or IN.fullmatch(bare) is not None


def _plain(cell: str) -> str:
    """Programs write "opted-in" and "DO_NOT_TEXT"."""
    return " ".join(cell.lower().replace("-", " ").replace("_", " ").split())
