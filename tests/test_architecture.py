"""The walls: which folder may import which, what is pure, how long a file and a function may be, what is
never left in the code.
"""

import ast
import io
import re
import sys
import tokenize
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
MAY_IMPORT = {"hardware": {"hardware"}, "gateway": {"gateway", "hardware"}, "web": {"web", "gateway"}}
LAYERS = tuple(MAY_IMPORT)
MUST_BE_PURE = (
    "message",
    "conversation",
    "policy",
    "hours",
    "verdict",
    "optout",
    "stopwords",
    "script",
    "explain",
)
MAY_DRIVE = (
    "gateway/station/",
    "gateway/daemon.py",
    "gateway/finding.py",
    "gateway/commands/",
)  # hardware beyond hardware.pdu
# The codec, the seams Clock and Link, and what a modem tells, as plain records.
FOR_ALL = ("hardware.pdu", "hardware.link", "hardware.facts")
CALLS_OF_NOW = {"now", "utcnow", "today", "time", "time_ns", "monotonic", "monotonic_ns", "perf_counter"}
FILE_LINES, FUNCTION_LINES = 400, 60
IMPURE = {
    "sqlite3",
    "socket",
    "threading",
    "subprocess",
    "random",
    "secrets",
    "time",
    "os",
    "pathlib",
    "logging",
}
LEFT_UNDONE = re.compile(r"\b(TODO|FIXME|XXX|HACK|NotImplementedError)\b")


def sources(*folders: str) -> list[Path]:
    return sorted(path for folder in folders for path in (ROOT / folder).rglob("*.py"))


def name_of(path: Path) -> str:
    """gateway/store.py is gateway.store, gateway/__init__.py is gateway."""
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


@cache
def imports(path: Path) -> tuple[str, ...]:
    """Every module that a file names, also inside functions and under TYPE_CHECKING, by its absolute name."""
    return tuple(_imports(path))


def _imports(path: Path) -> Iterator[str]:
    package = name_of(path) if path.name == "__init__.py" else name_of(path).rpartition(".")[0]
    for node in ast.walk(ast.parse(path.read_bytes())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                above = package.split(".")[: len(package.split(".")) - node.level + 1]
                base = ".".join([*above, *filter(None, [node.module])])
            yield base
            yield from (
                f"{base}.{alias.name}" for alias in node.names if (base.split(".") or [""])[0] in LAYERS
            )


def relative(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def claims_to_be_pure(path: Path) -> bool:
    """A module whose docstring has a sentence that begins with "Pure" at the beginning of a line."""
    content = path.read_bytes()
    if b"Pure" not in content:  # every worker of pytest asks this of every file
        return False
    return bool(re.search(r"^Pure\b", ast.get_docstring(ast.parse(content)) or "", re.MULTILINE))


PURE = {f"gateway.{name}" for name in MUST_BE_PURE} | {
    name_of(path) for path in (*sources("gateway"), ROOT / "hardware" / "facts.py") if claims_to_be_pure(path)
}


def is_pure(path: Path) -> bool:
    name = name_of(path)
    return name.startswith("hardware.pdu") or name in PURE or name.rpartition(".")[0] in PURE


def test_imports_point_down_the_stack() -> None:
    wrong = [
        f"{relative(path)} imports {name}"
        for layer, allowed in MAY_IMPORT.items()
        for path in sources(layer)
        for name in imports(path)
        if name.split(".")[0] in set(LAYERS) - allowed
    ]
    assert not wrong


def test_only_hardware_knows_serial_ports() -> None:
    wrong = [
        relative(path)
        for path in sources("gateway", "web")
        for name in imports(path)
        if name.split(".")[0] == "serial"
    ]
    assert not wrong


def test_only_the_station_the_daemon_and_commands_drive_hardware() -> None:
    wrong = [
        f"{relative(path)} imports {name}"
        for path in sources("gateway")
        if not relative(path).startswith(MAY_DRIVE)
        for name in imports(path)
        if name.split(".")[0] == "hardware" and name != "hardware" and not name.startswith(FOR_ALL)
    ]
    assert not wrong


def test_pure_modules_import_only_what_is_pure() -> None:
    allowed = sys.stdlib_module_names | {"__future__"}
    wrong = [
        f"{relative(path)} imports {name}"
        for path in sources("hardware", "gateway")
        if is_pure(path)
        for name in imports(path)
        if name.split(".")[0] not in allowed
        and name not in ("hardware", "gateway")
        and not name.startswith("hardware.pdu")
        and not any(name == pure or name.startswith(f"{pure}.") for pure in PURE)
    ]
    assert not wrong


def test_pure_modules_touch_no_clock_file_or_chance() -> None:
    wrong = []
    for path in sources("hardware", "gateway"):
        if not is_pure(path):
            continue
        wrong += [
            f"{relative(path)} imports {name}" for name in imports(path) if name.split(".")[0] in IMPURE
        ]
        wrong += [
            f"{relative(path)}:{node.lineno} calls {node.func.attr}()"
            for node in ast.walk(ast.parse(path.read_bytes()))
            if isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and isinstance(node.func.value, ast.Name)
            and node.func.value.id in ("datetime", "date", "time")
            and node.func.attr in CALLS_OF_NOW
        ]
    assert not wrong


def test_the_pure_modules_that_exist_are_found() -> None:
    """A renamed module would leave the rules above with nothing to look at."""
    assert any(is_pure(path) for path in sources("hardware"))
    assert {path.stem for path in sources("gateway") if is_pure(path)} >= {"message"}


@pytest.mark.parametrize("folder", ["hardware", "gateway", "web", "tests", "bench"])
def test_files_and_functions_stay_short(folder: str) -> None:
    wrong = []
    for path in sources(folder):
        text = path.read_text(encoding="utf-8")
        if len(text.splitlines()) > FILE_LINES:
            wrong.append(f"{relative(path)} has {len(text.splitlines())} lines; {FILE_LINES} are allowed")
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                length = (node.end_lineno or node.lineno) - node.lineno + 1
                if length > FUNCTION_LINES:
                    wrong.append(f"{relative(path)}:{node.lineno} {node.name} has {length} lines")
    assert not wrong


def test_nothing_is_left_undone() -> None:
    """Words of unfinished work, in comments and in names; strings may speak of them (this file does)."""
    wrong = [
        f"{relative(path)}:{token.start[0]}: {token.string}"
        for path in sources("hardware", "gateway", "web", "tests", "bench")
        if LEFT_UNDONE.search(path.read_text(encoding="utf-8"))
        for token in tokenize.tokenize(io.BytesIO(path.read_bytes()).readline)
        if token.type in (tokenize.COMMENT, tokenize.NAME) and LEFT_UNDONE.search(token.string)
    ]
    assert not wrong


def catches_everything(handler: ast.ExceptHandler) -> bool:
    kind = handler.type
    return kind is None or (isinstance(kind, ast.Name) and kind.id in ("Exception", "BaseException"))


def test_no_broad_exception_is_swallowed() -> None:
    """`except Exception: pass` hides what a technician needs to read."""
    wrong = [
        f"{relative(path)}:{node.lineno}"
        for path in sources("hardware", "gateway", "web")
        for node in ast.walk(ast.parse(path.read_bytes()))
        if isinstance(node, ast.ExceptHandler)
        and catches_everything(node)
        and all(isinstance(step, ast.Pass | ast.Continue) for step in node.body)
    ]
    assert not wrong


@pytest.mark.parametrize("folder", LAYERS)
def test_every_module_says_what_it_is(folder: str) -> None:
    wrong = [
        relative(path)
        for path in sources(folder)
        if path.read_bytes().strip() and not ast.get_docstring(ast.parse(path.read_bytes()))
    ]
    assert not wrong
