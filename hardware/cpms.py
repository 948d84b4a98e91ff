"""What AT+CPMS? and AT+CPMS=? answer: which storages a modem has, which it reads, and what they hold (27.005 3.2.2). Pure; an answer that is no
such answer gives nothing.
"""

import re

from hardware.asking import fields, numbers


def counted(lines: list[str], name: str) -> tuple[int, int] | None:
    """Used and total slots of one storage in '+CPMS: "SM",3,30,...'; of several mentions the last, where texts arrive."""
    for line in lines:
        parts = [part.strip('"') for part in fields(line)]
        for at in range(len(parts) - 3, -1, -1):
            if parts[at] == name and parts[at + 1].isdigit() and parts[at + 2].isdigit():
                return int(parts[at + 1]), int(parts[at + 2])
    return None


def bare_count(lines: list[str]) -> tuple[int, int] | None:
    """Used and total slots of the storage that is read, in "+CPMS: 3,30,...": some name none."""
    for line in lines:
        counts = numbers(line)
        if line.startswith("+CPMS") and not names([line]) and len(counts) >= 2:
            return counts[0], counts[1]
    return None


def advertised(lines: list[str] | None) -> list[list[str]]:
    """The lists of "+CPMS: (...),(...),(...)", whatever became of brackets and quotes; [] when there are none."""
    text = "".join(line.partition(":")[2] for line in lines or [] if line.startswith("+CPMS"))
    lists = [re.findall(r"[A-Z][A-Z_]+", part) for part in re.split(r"\)\s*,?\s*\(", text)]
    if "(" not in text and lists[0]:
        return [lists[0]]  # iWow, MU609: bare names
    return [names for names in lists if names]


def names(lines: list[str] | None) -> list[str]:
    return re.findall(r'"([A-Z_]{2,5})"', "".join(line for line in lines or [] if line.startswith("+CPMS")))
