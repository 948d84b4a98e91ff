"""What a person is told instead of a traceback: one sentence that says what was found and what to do.

Pure.
"""


class Refused(Exception):  # noqa: N818 - named for what happened, not for a fault
    """The software said no, and says why: a sentence for a person."""


class Held(Refused):
    """A colleague has it now: `holder` is who, `until` when it is everybody's again if they do nothing more (ms)."""

    def __init__(self, holder: str, until: int) -> None:
        super().__init__(f"{holder} has this conversation now. Nothing was sent twice.")
        self.holder, self.until = holder, until


class StaleMessage(Refused):
    """The text is no longer what the person saw, or somebody was faster; nothing was done."""
