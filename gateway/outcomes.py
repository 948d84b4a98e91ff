"""The sentences about one text: what became of it, and what the person who sent it does next.

Pure. One function for each outcome that needs words; the first argument is whom it is for, as the caller
names them: a name, or a masked number.
"""

from datetime import datetime

from gateway.notice import BY_ITSELF, Notice, seen, sentence


def quiet_hours(person: str, local: datetime, opens: datetime | None) -> Notice:
    """Night at the person's place; both times are on their clock. None: their day hours never meet."""
    if opens is None:
        return Notice(
            f"The text to {person} cannot go out: we do not know where they are.",
            "Their number may be in places whose day hours never meet.",
            "It stays here.",
            "Set the time zone of this person, then send it again.",
        )
    tomorrow = " tomorrow" if opens.date() > local.date() else ""
    return Notice(
        f"It is quiet time for {person}.",
        f"Their clock says {local:%H:%M}.",
        f"The text waits until {opens:%H:%M}{tomorrow}.",
        BY_ITSELF,
    )


def opted_out(person: str, since: datetime | None) -> Notice:
    """The person asked to stop."""
    return Notice(
        f"{person} asked to stop. The text did not go out.",
        f"They asked on {since:%d %B %Y}." if since else "Their stop is on the list.",
        "Nothing more goes to them from any SIM, but for one text that confirms it.",
        "Take the next one. Only they can undo it by texting START, or a coordinator with a reason.",
    )


def uncertain(person: str, station: str, evidence: str) -> Notice:
    """It may have gone out, or not."""
    return Notice(
        f"The text to {person} may have gone out, or not.",
        seen(f"{station} handed it over and got no clear answer", evidence),
        "It is kept aside. It will not be sent again by itself.",
        f"Ask {person}, or wait for a report. Then choose It arrived, It did not, or Resend.",
    )


def uncertain_long(person: str, station: str, accepted: int, unknown: int, pending: int) -> Notice:
    """A text of several segments of which some may have gone out."""
    return Notice(
        f"The text to {person} may have gone out only in part.",
        f"{station}: {accepted} of {accepted + unknown + pending} accepted, {unknown} unknown, {pending} not sent.",
        "It is kept aside. It will not be sent again by itself.",
        f"Ask {person} what they got. Then choose It arrived, It did not, or Resend.",
    )


def failed(person: str, reason: str) -> Notice:
    """Refused for good."""
    return Notice(
        f"The text to {person} did not go out.",
        sentence(reason),
        "We stopped trying.",
        "Check the number. If it is right, tell a coordinator; else take the next one.",
    )


def deferred(person: str, reason: str, not_before: datetime | None) -> Notice:
    """Not taken now; it is tried again. `not_before` is on the reader's clock."""
    again = f" It is tried again at {not_before:%H:%M}." if not_before else ""
    return Notice(
        f"The text to {person} waits.", sentence(reason), f"Nothing went out yet.{again}", BY_ITSELF
    )


def expired(person: str) -> Notice:
    """Its own time ran out."""
    return Notice(
        f"The text to {person} was not sent in time.",
        "Its time ran out before a modem could take it.",
        "It did not go out, and it will not.",
        "If it still makes sense, write it again.",
    )


def undelivered(person: str, reason: str) -> Notice:
    """The network reports that the phone did not get it."""
    return Notice(
        f"The text to {person} did not arrive.",
        sentence(reason or "The network reported that the phone did not get it"),
        "The report is kept. It is not sent again by itself.",
        "The phone may be off, or the number out of use. Try another way to reach them.",
    )
