"""Telephone numbers (signatures; the body follows)."""


def normalise(raw: str, region: str) -> str:
    """E.164, or Refused."""
    ...


def is_landline(number: str) -> bool: ...


def is_person(number: str) -> bool:
    """E.164, so it may be answered; False for short codes and alphanumeric senders."""
    ...


def inbound_address(number: str, *, ton: int, region: str) -> str: ...


def zones_for(number: str) -> tuple[str, ...]: ...


def masked(number: str) -> str: ...


def pretty(number: str) -> str: ...
