"""The USSD code with which a SIM tells its balance: the one that each SIM was asked last is remembered.

Promises: an answer that tells no balance (an error, a menu) never takes the place of one. What does not look like a code is
refused before anybody is asked; whether a code only asks is judged where it is sent (`hardware.ussd`), and the refusal
comes back as the answer. Fails with `Refused`.
"""

import re
import sqlite3

from gateway.errors import Refused
from gateway.store import write

CODE = re.compile(r"[*#]{1,2}[0-9]{1,8}(?:\*[0-9]{0,20}){0,3}#")

_MENU = re.compile(r"(?:^|\s)([12])\s?[.):=\-]?\s(?=[^\W\d])")
_AMOUNT = re.compile(r"\d[.,]\d")


def tells_balance(words: str) -> bool:
    """Whether an answer may be a balance: it has a number, and is no menu ("1 Balance 2 Offers")."""
    menu = set(_MENU.findall(words)) >= {"1", "2"}
    return bool(_AMOUNT.search(words)) or (any(c.isdigit() for c in words) and not menu)


def checked(code: str) -> str:
    """The code without spaces, when it is one."""
    plain = "".join(code.split())
    if not CODE.fullmatch(plain):
        raise Refused(
            "A balance code looks like *100# or *100*1#. Nothing was asked. It is on the operator's leaflet or page."
        )
    return plain


def keep(db: sqlite3.Connection, iccid: str, code: str) -> None:
    """Remember the code with which this SIM is asked."""
    if known(db, iccid) == code:
        return
    with write(db):
        db.execute(
            "INSERT INTO setting (key, value) VALUES (?,?) ON CONFLICT (key) DO UPDATE SET value=excluded.value",
            [f"balance_code:{iccid}", code],
        )


def known(db: sqlite3.Connection, iccid: str) -> str:
    """The code this SIM was asked with last; "" when it never was."""
    row = db.execute("SELECT value FROM setting WHERE key=?", [f"balance_code:{iccid}"]).fetchone()
    return "" if row is None else str(row["value"])
