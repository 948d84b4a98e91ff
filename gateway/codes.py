"""The USSD code with which a SIM tells its balance: which codes may be asked, and the one that each SIM was asked last.

Promises: a code that changes something (forwarding, barring, waiting, a PIN) is refused, since the network would obey it.
Fails with `Refused`.
"""

import re
import sqlite3

from gateway.errors import Refused
from gateway.store import write

ASKING = re.compile(r"[*#][0-9]{2,8}(?:\*[0-9]{1,20}){0,3}#")
# Supplementary services, 3GPP TS 22.030 annex B: forwarding, barring, waiting, hiding the number, passwords and PINs.
CHANGES = {
    *("21", "61", "62", "67", "002", "004", "33", "330", "331", "332", "333", "35", "351", "353", "43"),
    *("03", "04", "042", "05", "052", "30", "31", "76", "77", "300", "66", "37"),
}


def checked(code: str) -> str:
    """The code without spaces, when it is one that only asks."""
    plain = "".join(code.split())
    if not ASKING.fullmatch(plain):
        raise Refused(
            "A balance code looks like *101# or *100*1#. Nothing was asked. It is on the operator's leaflet or page."
        )
    if re.split(r"[*#]", plain[1:], maxsplit=1)[0] in CHANGES:
        raise Refused(
            "This code changes a setting of the SIM's plan, such as forwarding or barring, so nothing was asked. "
            "Use the code that tells the balance."
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
