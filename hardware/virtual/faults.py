"""The set of fault switches that one modem has thrown.

A switch stays thrown until cleared, or for its next `times` occasions. An unknown name or a value of the wrong kind is
refused in words (VirtualError). The switches themselves are in `switches`.
"""

from collections import Counter
from collections.abc import Iterable

from hardware.virtual.errors import VirtualError
from hardware.virtual.switches import AT_STATES, SWITCHES, Switch, Value

__all__ = ["AT_STATES", "SWITCHES", "Faults", "Value", "state_of"]


class Faults:
    """The switches one modem has thrown."""

    def __init__(self) -> None:
        self._on: dict[str, tuple[Value, int | None]] = {}
        self.struck: Counter[str] = (
            Counter()
        )  # how often each changed what the modem did, or was looked at to do so

    def throw(self, name: str, value: Value | None = None, times: int | None = None) -> Value:
        """Throw a switch; its value is returned. Raises VirtualError when there is no such switch or value."""
        switch = SWITCHES.get(name)
        if switch is None:
            raise VirtualError(
                f"There is no fault called {name!r}; there are: {', '.join(sorted(SWITCHES))}."
            )
        if times is not None and (isinstance(times, bool) or not isinstance(times, int) or times < 1):
            raise VirtualError(f"How often a fault happens is a whole number from 1, not {times!r}.")
        chosen = switch.default if value is None or value is True else value
        _check(name, chosen, switch)
        self._on[name] = (chosen, times)
        return chosen

    def clear(self, name: str | None = None) -> None:
        """Take one switch back, or all of them."""
        if name is None:
            self._on.clear()
        elif name in SWITCHES:
            self._on.pop(name, None)
        else:
            raise VirtualError(f"There is no fault called {name!r}.")

    def peek(self, name: str) -> Value | None:
        """The value of a thrown switch, None when it is not thrown. It stays thrown for as many occasions as before."""
        thrown = self._on.get(name)
        if thrown is None:
            return None
        self.struck[name] += 1
        return thrown[0]

    def waits(self, name: str) -> Value | None:
        """Like peek, by whoever asks whether this is an occasion at all."""
        thrown = self._on.get(name)
        return thrown[0] if thrown else None

    def first(self, names: Iterable[str]) -> str:
        """The first of these that is thrown, "" for none."""
        name = next((name for name in names if name in self._on), "") if self._on else ""
        if name:
            self.struck[name] += 1
        return name

    def take(self, name: str) -> Value | None:
        """The value of a thrown switch; this was one of its occasions."""
        thrown = self._on.get(name)
        if thrown is None:
            return None
        self.struck[name] += 1
        value, times = thrown
        if times is not None:
            if times <= 1:
                del self._on[name]
            else:
                self._on[name] = (value, times - 1)
        return value

    def number(self, name: str) -> float | None:
        """Like take, for a switch whose value is a number."""
        value = self.take(name)
        return None if value is None or isinstance(value, (str, dict)) else float(value)

    def reading(self, name: str, otherwise: float) -> float:
        """The number of a thrown switch, or what holds otherwise. It stays thrown."""
        value = self.peek(name)
        return otherwise if value is None or isinstance(value, (str, dict)) else float(value)

    def use(self, name: str) -> bool:
        """Whether one of so many (the switch's value) is left; this was one of them."""
        left = self.peek(name)
        if left is None or isinstance(left, (str, dict)):
            return False
        if left <= 1:
            self.clear(name)
        else:
            self._on[name] = (left - 1, self._on[name][1])
        return True

    def all(self) -> dict[str, dict[str, object]]:
        """What is thrown: {name: {"value", "times"}}."""
        return {name: {"value": value, "times": times} for name, (value, times) in self._on.items()}


def _check(name: str, value: Value, switch: Switch) -> None:
    """Refuse a value that the switch could not use."""
    default = switch.default
    number = isinstance(value, (int, float)) and not isinstance(value, bool)
    if not (isinstance(value, switch.also) and not isinstance(value, bool)):
        if default is True and value is not True:
            raise VirtualError(f"The fault {name} takes no value; {value!r} was given.")
        if isinstance(default, (int, float)) and not isinstance(default, bool) and not number:
            raise VirtualError(f"The fault {name} takes a number; {value!r} was given.")
        if isinstance(default, str) and not isinstance(value, str):
            raise VirtualError(f"The fault {name} takes a word such as {default!r}; {value!r} was given.")
    words = AT_STATES if name in ("reboot_at", "usb_drop_at") else switch.words
    said = state_of(value) if words is AT_STATES else word_of(value)
    if words and said is not None and said not in words:
        raise VirtualError(f"The fault {name} takes one of {', '.join(words)}; {value!r} was given.")


def state_of(value: Value) -> str:
    """The state named by the value of reboot_at or usb_drop_at."""
    return str(value.get("state", "")) if isinstance(value, dict) else str(value)


def word_of(value: Value) -> str | None:
    """The word in a value, or the kind in one of several fields; None when it is neither."""
    if isinstance(value, dict):
        return str(value["kind"]) if "kind" in value else None
    return value if isinstance(value, str) else None


def field_of(value: Value | None, name: str, otherwise: object) -> object:
    """One field of a value of several, or what holds otherwise."""
    return value.get(name, otherwise) if isinstance(value, dict) else otherwise
