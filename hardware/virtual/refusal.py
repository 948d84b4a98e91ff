"""An error a virtual modem answers with, and its three forms: bare, numbered, in words (27.007 9.2, 27.005 3.2.5)."""

from hardware.codes import cme_text, cms_text


class Refusal(Exception):  # noqa: N818 (says what happened)
    """A command that ends in an error.

    Family "CMS" or "CME" with a code, or "ERROR" for the bare one. `words` stands instead of the code or the bare word.
    """

    def __init__(self, family: str = "ERROR", code: int = 0, words: str = "") -> None:
        super().__init__(f"{family} {code} {words}".strip())
        self.family = family
        self.code = code
        self.words = words

    def line(self, *, cmee: int, plain: bool, text: bool) -> str:
        """The final line as this modem prints it now. +CMS ERROR does not wait for CMEE (27.005 3.2.5)."""
        if plain:
            return "ERROR"
        if self.family == "ERROR":
            return self.words or "ERROR"
        if self.family == "CME" and cmee == 0 and not text:
            return "ERROR"
        told = self.words
        if not told and (cmee == 2 or text):
            told = cms_text(self.code) if self.family == "CMS" else cme_text(self.code)
        return f"+{self.family} ERROR: {told or self.code}"
