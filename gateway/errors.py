"""What a person is told instead of a traceback: one sentence that says what was found and what to do.

Pure.
"""


class Refused(Exception):  # noqa: N818 - named for what happened, not for a fault
    """The software said no, and says why: a sentence for a person."""


class StaleMessage(Refused):
    """The text is no longer what the person saw, or somebody was faster; nothing was done."""
