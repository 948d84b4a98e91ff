"""What people are told when the database itself is damaged.

Pure.
"""

import shlex

from gateway.notice import Notice


def database_damaged(database: str, evidence: str, backup: str, made: str) -> Notice:
    """The database cannot be trusted. `backup`: the newest good one, "" when none was found; `made`: when, in words."""
    if backup:
        when = f" It is of {made}." if made else ""
        follows = (
            f"{backup} is the newest backup that is whole.{when} To put it in the place of the database, run: "
            f"textbank restore {shlex.quote(backup)}"
        )
    else:
        follows = (
            "No good backup was found. Plug in the stick with the backups, or copy one here, then run: textbank doctor. "
            f"Keep every file whose name begins with {database}."
        )
    return Notice(
        "The database is damaged, so nothing is sent.",
        " ".join(part for part in (f"It is {database}.", evidence) if part),
        "Everything stopped, and the file was left as it is. Texts that come in wait on their SIMs. Nothing is restored by itself.",
        follows,
    )
