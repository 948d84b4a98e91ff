"""A whole configuration document against its rules: what is good, and every fault with its place."""

from collections.abc import Iterable, Iterator
from typing import Any

import voluptuous as v

from gateway import configrules as rules
from gateway.configfile import KeyPath

Fault = tuple[
    KeyPath, str, str
]  # where it stands, what the key is called, what was found and what is allowed
SECTION_SCHEMAS = {
    name: v.Schema({v.Optional(key): rule for key, rule in table.items()})
    for name, table in rules.SECTIONS.items()
}
STATION_SCHEMA = v.Schema(
    {(v.Required if key == "name" else v.Optional)(key): rule for key, rule in rules.STATION.items()}
)


def check(document: dict[str, Any]) -> tuple[dict[str, Any], list[Fault]]:
    """The good values of the document, made Python's own, and every fault."""
    checked: dict[str, Any] = {}
    faults: list[Fault] = []
    for name, value in document.items():
        if name == "stations":
            checked[name] = list(_stations(value, faults))
        elif name in rules.SECTIONS:
            checked[name] = _table((name,), name, value, faults)
        else:
            known = [*rules.SECTIONS, "stations"]
            faults.append(((name,), _printable(name), _unknown(name, known)))
    return checked, faults


def _stations(value: Any, faults: list[Fault]) -> Iterator[dict[str, Any]]:
    """Each station by itself: voluptuous stops at the first bad item of a list."""
    if not isinstance(value, list):
        sentence = (
            f"found {rules.found(value)}; allowed is [[stations]] in double brackets, once for each modem"
        )
        faults.append((("stations",), "stations", sentence))
        return
    seen: dict[tuple[str, str], str] = {}
    for index, item in enumerate(value):
        label = f"stations[{index + 1}]"
        station = _table(("stations", index), label, item, faults)
        if station.get("imei") and "port" in station:
            sentence = f"found {rules.found(station['imei'])} beside port; allowed is one of the two"
            faults.append((("stations", index, "imei"), f"{label}.imei", sentence))
        for key in ("name", "port", "imei"):
            if not station.get(key):
                continue
            same = station[key].lower() if key == "name" else station[key]
            first = seen.setdefault((key, same), label)
            if first != label:
                found = rules.found(station[key])
                sentence = f"found {found}, as in {first}; allowed is one that no other station has"
                faults.append((("stations", index, key), f"{label}.{key}", sentence))
        port_is_bad = isinstance(item, dict) and "port" in item and "port" not in station
        fault = None if port_is_bad else rules.unreachable(station)
        if fault is not None:
            faults.append((("stations", index, "driver"), f"{label}.driver", fault))
        yield station


def _table(where: KeyPath, label: str, value: Any, faults: list[Fault]) -> dict[str, Any]:
    """One table against its schema; what is good comes back also when other keys are bad."""
    name = str(where[0])
    keys = rules.SECTIONS.get(name, rules.STATION)
    if not isinstance(value, dict):
        faults.append((where, label, f"found {rules.found(value)}; allowed is a table with {_words(keys)}"))
        return {}
    try:
        return dict(SECTION_SCHEMAS.get(name, STATION_SCHEMA)(value))
    except v.MultipleInvalid as invalid:
        bad = {str(error.path[0]): error for error in invalid.errors}
    for key, error in bad.items():
        if key not in keys:
            sentence = _unknown(key, keys)
        elif key not in value:
            sentence = f"found no {key}; allowed is {_allowed(keys[key])}"
        else:
            sentence = (
                f"found {rules.found(value[key], secret=key == 'pin')}; allowed is {error.error_message}"
            )
        faults.append(((*where, key), f"{label}.{_printable(key)}", sentence))
    return {key: keys[key](item) for key, item in value.items() if key not in bad}


def _allowed(rule: rules.Rule) -> str:
    """What a rule allows, in the words it refuses with."""
    try:
        rule(None)
    except v.Invalid as invalid:
        return str(invalid.error_message)
    return "anything"


def _unknown(key: str, known: Iterable[str]) -> str:
    """The sentence for a key that does not exist here; it names a section that has it."""
    homes = [section for section, table in rules.SECTIONS.items() if key in table]
    homes += ["stations"] if key in rules.STATION else []
    question = rules.nearest(key, known) or (f'; did you mean "{key}" under {homes[0]}?' if homes else "")
    return f"found the unknown key {rules.found(key)}; allowed are {_words(known)}{question}"


def _words(names: Iterable[str]) -> str:
    *first, last = names
    return f"{', '.join(first)} and {last}" if first else last


def _printable(key: str) -> str:
    return key if key.replace("-", "").replace("_", "").isalnum() and key.isascii() else rules.found(key)
