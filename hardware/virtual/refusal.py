"""An error a virtual modem answers with, and its three forms: bare, numbered, in words (27.007 9.2, 27.005 3.2.5)."""

WORDS: dict[str, dict[int, str]] = {
    "CME": {
        3: "operation not allowed",
        4: "operation not supported",
        10: "SIM not inserted",
        11: "SIM PIN required",
        12: "SIM PUK required",
        14: "SIM busy",
        16: "incorrect password",
        30: "no network service",
        50: "Incorrect parameters",
        100: "unknown",
    },
    "CMS": {
        28: "Unidentified subscriber",
        38: "Network out of order",
        41: "Temporary failure",
        42: "Congestion",
        50: "Requested facility not subscribed",
        302: "operation not allowed",
        303: "operation not supported",
        304: "invalid PDU mode parameter",
        305: "invalid text mode parameter",
        310: "SIM not inserted",
        311: "SIM PIN required",
        314: "SIM busy",
        316: "SIM PUK required",
        321: "invalid memory index",
        322: "memory full",
        330: "SMSC address unknown",
        331: "no network service",
        332: "network timeout",
        340: "no +CNMA acknowledgement expected",
        500: "unknown error",
    },
}


class Refusal(Exception):
    """A command that ends in an error. Family "CMS", "CME", or "ERROR" for the bare one; `words` overrides the table."""

    def __init__(self, family: str = "ERROR", code: int = 0, words: str = "") -> None:
        super().__init__(f"{family} {code} {words}".strip())
        self.family = family
        self.code = code
        self.words = words

    def line(self, *, cmee: int, plain: bool, text: bool) -> str:
        """The final line as this modem prints it now. +CMS ERROR does not wait for CMEE (27.005 3.2.5)."""
        if self.family == "ERROR" or plain:
            return "ERROR"
        if self.family == "CME" and cmee == 0 and not text:
            return "ERROR"
        told = self.words
        if not told and (cmee == 2 or text):
            told = WORDS[self.family].get(self.code, "Unknown error")
        return f"+{self.family} ERROR: {told or self.code}"
