"""One person's data: all of it as a file, and erasing them after a page that says what goes, what stays, and until when
backups keep it.

Promises: a look erases nobody; what was erased is said with what could not be emptied yet.
"""

import sqlite3
from contextlib import suppress

from flask import Blueprint, Response, render_template, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import BadRequest

from gateway import contacts, conversations, erasing, forgetting, keeping, oneperson, search
from web import data, words
from web.access import needs
from web.forms import go

bp = Blueprint("one", __name__, url_prefix="/inbox")


@bp.get("/<id:conversation_id>/everything.json")
@needs("erase")
def everything(conversation_id: int) -> ResponseReturnValue:
    """All that is here about them, to give to them."""
    told = oneperson.dump(oneperson.everything(data.db(), conversation_id))
    headers = {"Content-Disposition": f'attachment; filename="person-{conversation_id}.json"'}
    return Response(told, mimetype="application/json", headers=headers)


@bp.get("/<id:conversation_id>/erase")
@needs("erase")
def ask_erase(conversation_id: int) -> ResponseReturnValue:
    """Are you sure: what goes, what stays."""
    return draw(conversation_id)


def draw(conversation_id: int) -> str:
    """The page that asks."""
    db = data.db()
    found = oneperson.everything(db, conversation_id)
    return render_template(
        "erase.html",
        found=found,
        conversation_id=conversation_id,
        here=contacts.household(db, conversation_id),
        stays=conversations.open_opt_out(db, found["number"]) is not None,
        waiting_files=forgetting.waiting_files(db),
        elsewhere=keeping.elsewhere(data.config(), now=data.now()),
    )


@bp.post("/<id:conversation_id>/erase")
@needs("erase")
def erase(conversation_id: int) -> ResponseReturnValue:
    """Erase them."""
    if request.form.get("sure") != "yes":
        raise BadRequest
    db = data.db()
    gone = erasing.erase(db, oneperson.number_of(db, conversation_id), now=data.now())
    emptied = False
    with suppress(
        sqlite3.OperationalError
    ):  # they are erased: what is left the gateway does, this night and in a quiet moment
        search.forget(db)
        emptied = erasing.empty_log(db)
    said = [
        f"Erased, with {words.count(gone.texts, 'text', 'texts')} to them and {words.count(gone.answers, 'text', 'texts')} from them."
    ]
    if gone.opted_out:
        said.append("Their opt-out stays: nobody can text this number by mistake.")
    if not emptied:
        said.append("The last old pages are overwritten in a quiet moment.")
    words.tell(" ".join(said), "shown")
    return go("contacts.page")
