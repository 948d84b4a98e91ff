"""Contacts: find a person of the lists by name or number; one person with their lists, consent and conversation."""

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import NotFound

from gateway import contacts
from gateway.errors import Refused
from web import data
from web.access import needs

bp = Blueprint("contacts", __name__, url_prefix="/contacts")
MOST_WORDS = 80


@bp.get("")
@needs("draft")
def page() -> ResponseReturnValue:
    """Who has these words in their name, or these digits in their number; without words the newest."""
    asked = request.args.get("q", "")[:MOST_WORDS]
    return render_template(
        "contacts.html", asked=asked, found=contacts.search(data.db(), asked), most=contacts.MOST_FOUND
    )


@bp.get("/<id:contact_id>")
@needs("draft")
def detail(contact_id: int) -> ResponseReturnValue:
    """One person."""
    try:
        person = contacts.by_id(data.db(), contact_id)
    except Refused as gone:
        raise NotFound(str(gone)) from None
    values = contacts.merge_values(person)
    return render_template(
        "contact.html",
        person=person,
        lists=contacts.lists_of(data.db(), contact_id),
        others=[
            row for row in contacts.household(data.db(), person["conversation_id"]) if row["id"] != contact_id
        ],
        values={
            name: value
            for name, value in values.items()
            if name not in ("first_name", "last_name", "language")
        },
    )
