"""The one way in which this package says no."""


class PduError(ValueError):
    """What cannot be decoded or encoded. `str()` is a sentence for a person.

    field: the field at fault in the words of 3GPP 23.040 ("TP-OA", "TP-UDL", "SMSC"), or the argument ("text").
    octet: where it stands in the PDU as given, counted from 0; None when no octet is to blame.
    """

    def __init__(self, sentence: str, field: str, octet: int | None = None) -> None:
        super().__init__(sentence)
        self.field = field
        self.octet = octet

    def __reduce__(self) -> tuple[type["PduError"], tuple[str, str, int | None]]:
        """Errors that cross a process (the gammu driver's) keep their field."""
        return type(self), (str(self), self.field, self.octet)


def one_octet(value: int, field: str) -> int:
    """The value, when an octet can hold it. PduError(field)."""
    if not 0 <= value <= 0xFF:
        raise PduError(f"{field} lies between 0 and 255.", field)
    return value
