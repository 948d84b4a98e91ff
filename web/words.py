"""How screens say things: states with their marks, people's names, numbers, times. Filters and helpers for the templates."""

import json
import math
import re
from datetime import date, datetime
from typing import cast
from zoneinfo import ZoneInfo

from flask import Flask, current_app, flash, g, request
from markupsafe import Markup, escape

from gateway import (
    board,
    cards,
    conversations,
    kinds,
    numbers,
    optoutlist,
    places,
    rowreading,
    rude,
    seating,
    stations,
    visible,
)
from gateway.campaigns import Campaign
from gateway.message import KINDS
from gateway.store import moment, rfc3339
from web import access, data

CAMPAIGN_STATES = {  # state of a campaign: (mark, word, class of the word)
    "draft": ("draft", "Draft", "idle"),
    "review": ("eyes", "Waits for a second reader", "turn"),
    "running": ("ready", "Runs", ""),
    "paused": ("paused", "Paused", "turn"),
    "closed": ("out", "Closed", "idle"),
}
STATES = {  # state of a text: (mark, word, class of the word)
    "awaiting": ("draft", "Waits for a Send", "idle"),
    "approved": ("approved", "Approved", ""),
    "claimed": ("going", "Going out", ""),
    "submitted": ("going", "Going out", ""),
    "sent": ("sent", "Sent", ""),
    "delivered": ("delivered", "Delivered", ""),
    "undelivered": ("failed", "Did not arrive", "bad"),
    "uncertain": ("ask", "Uncertain", "turn"),
    "skipped": ("out", "Skipped", "idle"),
    "withdrawn": ("out", "Taken back", "idle"),
    "expired": ("held", "Ran out of time", "idle"),
    "failed": ("failed", "Failed", "bad"),
}
STATIONS = {  # state of a station: (mark, word, class of the word)
    "starting": ("start", "Starting", "idle"),
    "ready": ("ready", "Ready", ""),
    "waiting": ("wait", "Waits", "idle"),
    "paused": ("paused", "Paused", "idle"),
    "lost": ("lost", "Not reached", "turn"),
    "failed": ("failed", "Needs help", "bad"),
}
COUNTED = (
    "no",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
)
MASTED_DBM = (-105, -95, -85, -75, -65)  # one bar more from each on
SIGNAL_WORDS = ("No signal", "Very weak", "Weak", "Fair", "Good", "Very good")
KIND_WORDS = {
    "mms": "A picture or long message (MMS). This box cannot show it; ask them to send words.",
    "voicemail": "A voicemail notice from the network.",
    "binary": "A message for a program, not for people.",
    "undecoded": "A text that could not be read. It is kept as it came.",
}


def shown(value: object) -> object:
    """What every `{{ }}` of every page goes through: words from outside are shown, whatever they would do; markup of ours passes."""
    return visible.words(value) if type(value) is str else value


def count(number: int, one: str, many: str) -> str:
    """ "1 person", "4 people"."""
    return f"{number:,} {one if number == 1 else many}"


def counted(number: int) -> str:
    """ "four", "25"."""
    return COUNTED[number] if 0 <= number < len(COUNTED) else f"{number:,}"


def person(row: object) -> str:
    """What this person is called here: the name, else "A number ending in 08"."""
    name, number = _field(row, "name"), _field(row, "number")
    return visible.line(name or (numbers.pretty(number) if access.can("see_numbers") else masked(number)))


def masked(number: str) -> str:
    """A number for who may not see it whole; names of senders that are no number stay as they are."""
    digits = [character for character in number if character.isdigit()]
    hides = len(digits) > numbers.SHORT_CODE_DIGITS and not any(map(str.isalpha, number))
    return f"A number ending in {''.join(digits[-2:])}" if hides else number


def number_line(number: str) -> str:
    """The number as this reader may see it, for a second line."""
    if access.can("see_numbers"):
        return visible.line(numbers.pretty(number))
    said = visible.line(masked(number))
    return said.replace("A number ending", "number ends") if said.startswith("A number") else said


def sim_number(number: str) -> str:
    """One of the group's own numbers, which are no secret."""
    return numbers.pretty(number)


def first_name(row: object) -> str:
    """The word for a key: "Send to Rosa"; without a name the number, or its end: "Send to …08"."""
    name = _field(row, "name")
    if name.split():
        return name.split()[0]
    said = person(row)
    return "…" + said[-2:] if said.startswith("A number ending") else said


def _field(row: object, key: str) -> str:
    value = row[key] if hasattr(row, "keys") else getattr(row, key)  # type: ignore[index]
    return str(value or "")


def local(at: int, zone: str | None = None) -> datetime:
    """The moment on the wall of `zone`, or of the group."""
    return moment(at).astimezone(ZoneInfo(zone or data.rules().zone))


def clock(at: int | None, how: str = "clock") -> Markup:
    """A time for people: plain here, in the reader's own habit once the page's script has seen it.

    how: "clock" (time of day, with the day when it is not today), "ago", "since" (a length), "second", "date" (with the weekday).
    """
    if at is None:
        return Markup("never")
    here = local(at)
    today = local(data.now()).date()
    same_day = here.date() == today
    year = "" if here.year == today.year else f" {here.year}"
    plain = f"{here:%H:%M:%S}" if how == "second" else f"{here:%H:%M}"
    if how == "ago":
        minutes = max(0, data.now() - at) // 60_000
        plain = "just now" if minutes < 1 else f"{minutes} min" if minutes < 60 else plain
    if how == "date":
        plain = f"{here:%a %d %b}{year}, {here:%H:%M}"
    elif not same_day:
        plain = f"{here:%d %b}{year} {plain}"
    return Markup('<time datetime="{}" data-how="{}">{}</time>').format(rfc3339(at), how, plain)


def their_clock(zone: str) -> Markup:
    """What the clock of the other person shows now: "14:32 New York time"."""
    there = local(data.now(), zone)
    city = zone.rsplit("/", 1)[-1].replace("_", " ")
    return Markup('<time datetime="{}" data-how="there" data-zone="{}">{}</time> {} time').format(
        there.isoformat(timespec="seconds"), zone, f"{there:%H:%M}", city
    )


def filled(text: str, *values: str) -> Markup:
    """The text with the values that came from a list underlined, so that the eye checks what could be wrong."""
    known = "|".join(
        re.escape(value) for value in sorted(set(values), key=len, reverse=True) if len(value) > 1
    )
    if not known:
        return escape(text)
    pieces = re.split(rf"(?<!\w)({known})(?!\w)", text)
    marked = (
        Markup("<mark>{}</mark>").format(piece) if at % 2 else escape(piece)
        for at, piece in enumerate(pieces)
    )
    return Markup("").join(marked)


def day(iso: str | None) -> Markup:
    """A date as people write it: "3 October 2026" here, in the reader's own habit once the page's script has seen it."""
    if not iso:
        return Markup("not known")
    plain = kinds.day_words(date.fromisoformat(iso))
    return Markup('<time datetime="{}" data-how="day">{}</time>').format(iso, plain)


def cells(row: str) -> str:
    """The cells of a kept row (JSON) in one line."""
    return " · ".join(cell for cell in json.loads(row) if cell)


def signal_bars(dbm: int | None) -> int:
    """0 to 5."""
    return 0 if dbm is None else sum(dbm >= mark for mark in MASTED_DBM)


def counts() -> cards.Counts:
    """What waits, counted once a request."""
    if "counts" not in g:
        g.counts = cards.counts(data.db(), access.user(), now=data.now())
    return cast(cards.Counts, g.counts)


def none_sends() -> bool:
    """Whether no modem sends, nor will without a person."""
    return stations.none_works(data.db())


def greeting() -> str:
    """By the group's clock."""
    hour = local(data.now()).hour
    return "Good morning" if 4 <= hour < 12 else "Good afternoon" if 12 <= hour < 18 else "Good evening"


def tell(sentence: str, kind: str = "done") -> None:
    """A sentence for the next page: "done" is said quietly, "shown" can be read too, "refused" is an alert."""
    flash(sentence[:600], kind)


def page_pulse() -> str:
    """Where the database stood before this page read it; the browser asks for what came after."""
    if "pulse" not in g:
        hub = current_app.config["HUB"]
        g.pulse = str(hub.pulse(data.db())) if access.signed_in() and not g.get("plain") else ""
    return str(g.pulse)


def ask_again(in_s: float) -> None:
    """This page shows a number that was kept for a while: its browser asks for it once more after that, for nothing may change any more."""
    g.later_ms = max(g.get("later_ms", 0), math.ceil(1000 * in_s))


def theme() -> str:
    """The reader's choice: light, dark, or "" for the system's."""
    chosen = request.cookies.get("theme", "")
    return chosen if chosen in ("light", "dark") else ""


def letters() -> bool:
    """False when the reader switched the single-letter keys off."""
    return request.cookies.get("letters") != "off"


def opted_out(since_at: int, number: str) -> Markup:
    """How somebody came off the list, as a sentence: by their own wish, or by a file of opt-outs, as far as that is known."""
    row = conversations.open_opt_out(data.db(), number)
    said = Markup("They asked to stop {}.")
    if row is not None and optoutlist.from_beside(row):
        said = Markup("They asked to stop {}, or a file of opt-outs had their number then.")
    elif row is not None and row["source"] == "import":
        said = Markup("Their number stands in a file of opt-outs that was brought in {}.")
    return said.format(clock(since_at))


def campaign_state(campaign: Campaign) -> tuple[str, str, str]:
    """Mark, word and class of a campaign's state; one that somebody else has read is said to be."""
    if campaign.state == "review" and campaign.reviewed_by is not None:
        return "delivered", "Read by a second coordinator", ""
    return CAMPAIGN_STATES[campaign.state]


def roughly(number: int) -> str:
    """A number that is not counted one by one, as people say it: two digits and noughts; small ones as they are."""
    noughts = max(0, len(str(number)) - 2)
    return f"{round(number, -noughts):,}"


def install(app: Flask) -> None:
    """Give these to the templates; take the pulse before anything else is read."""

    @app.before_request
    def take_pulse() -> None:
        if request.method == "GET" and request.endpoint != "static":
            page_pulse()

    app.jinja_env.filters.update(
        cells=cells,
        day=day,
        person=person,
        first_name=first_name,
        number_line=number_line,
        clock=clock,
        counted=counted,
        sim_number=sim_number,
        language=rowreading.language_name,
    )
    app.jinja_env.globals.update(
        STATES=STATES,
        CAMPAIGN_STATES=CAMPAIGN_STATES,
        campaign_state=campaign_state,
        roughly=roughly,
        none_sends=none_sends,
        still_said=places.still_said,
        abusive=rude.abusive,
        STATIONS=STATIONS,
        SIGNAL_WORDS=SIGNAL_WORDS,
        KIND_WORDS=KIND_WORDS,
        KINDS=KINDS,
        count=count,
        their_clock=their_clock,
        filled=filled,
        opted_out=opted_out,
        signal_bars=signal_bars,
        greeting=greeting,
        page_pulse=page_pulse,
        theme=theme,
        letters=letters,
        user=access.user,
        organisation=lambda: data.rules().organisation,
        waiting_count=lambda: 0 if g.get("plain") else counts().waiting_answers,
        trouble_count=lambda: 0 if g.get("plain") else board.stations_in_trouble(data.db()),
        now=data.now,
        telling=seating.telling,
    )
