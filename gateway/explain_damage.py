"""What people are told when the database itself is damaged, or will be gone.

Pure.
"""

import shlex

from gateway.notice import Notice


def in_memory(folder: str) -> Notice:
    """The database lies in a file system that the next start has forgotten."""
    return Notice(
        "The database is in this machine's memory.",
        f"A power cut takes what was written in {folder}: who asked to stop, and what has left, which may leave again.",
        "Textbank works with it all the same.",
        "Switch the overlay off (sudo raspi-config, Performance, Overlay File System), or set [database] path to a folder on a disk.",
    )


def log_awaited(database: str, why: str) -> Notice:
    """Somebody deleted the database's log, and what stood in it cannot be brought in yet; the gateway alone has it."""
    return Notice(
        "What was written last is not in the database yet, so nothing is sent.",
        f"It is {database}. Its log was deleted while Textbank worked with it, and cannot be brought in: {why}.",
        "Everything stopped. Texts that come in wait on their SIMs. It goes on by itself once that is in.",
        "Free some space there if it is full, and end what else reads it, such as a backup. Do not stop Textbank before, and restore nothing: "
        "what was written last would be lost.",
    )


def database_damaged(database: str, evidence: str, backup: str, made: str, *, other: bool = False) -> Notice:
    """The database cannot be trusted, or (`other`) is not the one that was worked with. `backup`: the newest good one, "" when none was found;
    `made`: when, in words.
    """
    what = (
        "The database is not the one that Textbank worked with, so nothing is sent."
        if other
        else "The database is damaged, so nothing is sent."
    )
    if backup:
        of = f", that of {made}," if made else ""
        follows = (
            f"To put the newest backup that is whole{of} in its place, run `textbank restore {shlex.quote(backup)}`. "
            "What was done since is not in it."
        )
    else:
        what += " No good backup was found."
        follows = (
            "Plug in the stick with the backups, or copy one here, then run `textbank doctor`. "
            f"Keep every file whose name begins with {database}."
        )
    return Notice(
        what,
        " ".join(part for part in (f"It is {database}.", evidence) if part),
        "Everything stopped, and the file was left as it is. Texts that come in wait on their SIMs. Nothing is restored by itself.",
        follows,
    )
