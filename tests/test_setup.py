"""Set-up on machines that lack something: one line that says what to install, and nothing half done."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
TOOLS = [
    "cat",
    "true",
    "cut",
    "dirname",
    "env",
    "find",
    "flock",
    "grep",
    "head",
    "id",
    "mktemp",
    "rm",
    "sha256sum",
    "tail",
    "sh",
]


class Machine:
    """A folder with a copy of the project's set-up, on a machine that has only the programs we give it."""

    def __init__(self, folder: Path) -> None:
        self.project = folder / "project"
        self.project.mkdir()
        for name in ("setup.sh", "requirements.lock", "requirements-dev.lock", "pyproject.toml"):
            shutil.copy(ROOT / name, self.project)
        self.bin = folder / "bin"
        self.bin.mkdir()
        for name in TOOLS:
            found = shutil.which(name)
            assert found
            (self.bin / name).symlink_to(found)

    def has(self, name: str, script: str) -> None:
        """Give the machine a program."""
        path = self.bin / name
        path.unlink(missing_ok=True)
        path.write_text(f"#!/bin/sh\n{script}\n")
        path.chmod(0o755)

    def setup(self, what: str = "run") -> tuple[int, str]:
        """Exit code and what a person reads."""
        environment = {"PATH": str(self.bin), "PYTHON": "python3", "LC_ALL": "C.UTF-8"}
        done = subprocess.run(
            ["./setup.sh", what],
            cwd=self.project,
            env=environment,
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert done.stdout == ""
        return done.returncode, done.stderr


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def test_called_wrongly(machine: Machine) -> None:
    assert machine.setup("walk") == (
        1,
        "set-up: call it as ./setup.sh run, ./setup.sh test or ./setup.sh peers\n",
    )


def test_no_python_and_not_debian(machine: Machine) -> None:
    code, said = machine.setup()
    assert code == 1
    assert said == (
        "set-up: Textbank needs Python 3.11 or newer with venv. "
        "Run: install: python3 python3-venv (there is no apt-get here)\n"
    )


@pytest.mark.parametrize("python", [None, "exit 1"], ids=["no python", "python without venv"])
def test_somebody_who_is_not_root_is_told_in_one_line(machine: Machine, python: str | None) -> None:
    if python:
        machine.has("python3", python)
    machine.has("apt-get", "echo called >>/dev/stderr")
    machine.has("id", "echo 1000")
    machine.has("sudo", "exit 1")  # it would ask for a password
    assert machine.setup() == (
        1,
        "set-up: Textbank needs Python 3.11 or newer with venv. Run: sudo apt-get install python3 python3-venv\n",
    )
    assert not (machine.project / ".venv").exists()


@pytest.mark.parametrize("user", ["root", "sudo without a password"])
def test_who_may_gets_it_installed(machine: Machine, user: str, tmp_path: Path) -> None:
    log = tmp_path / "apt"
    machine.has("id", "echo 0" if user == "root" else "echo 1000")
    machine.has("sudo", 'shift; exec "$@"')
    machine.has("apt-get", f'echo "$DEBIAN_FRONTEND $@" >>{log}; exit 100')
    code, said = machine.setup()
    assert code == 1  # this apt-get fails, and the last line says what would mend it
    assert "set-up: apt-get install python3 python3-venv" in said
    assert said.splitlines()[-1].endswith("Run: sudo apt-get install python3 python3-venv")
    called = log.read_text().splitlines()
    assert all(line.startswith("noninteractive -qq ") for line in called)
    assert any(line.endswith(" update") for line in called)
    assert any("install -y --no-install-recommends python3 python3-venv" in line for line in called)


def test_a_second_run_does_nothing(machine: Machine, tmp_path: Path) -> None:
    log = tmp_path / "python"
    venv = machine.project / ".venv"
    script = f'echo "$@" >>{log}\ncase "$*" in *venv*) mkdir -p .venv/bin; cp "$0" .venv/bin/python;; esac\n'
    script += 'case "$*" in *--editable*) cp "$0" .venv/bin/textbank;; esac'
    for name in ("mkdir", "cp"):
        (machine.bin / name).symlink_to(str(shutil.which(name)))
    machine.has("python3", script)
    code, said = machine.setup()
    assert code == 0, said
    assert [line for line in log.read_text().splitlines() if "--require-hashes -r requirements.lock" in line]
    log.unlink()
    assert machine.setup() == (0, "")
    assert "pip install" not in log.read_text()

    with (machine.project / "requirements.lock").open("a") as lock:
        lock.write("# another\n")
    assert "packages from requirements.lock" in machine.setup()[1]
    assert (venv / "stamp-run").exists()


def test_an_environment_that_is_linked_from_elsewhere_is_left_alone(machine: Machine, tmp_path: Path) -> None:
    """A second clone had .venv as a link to the first one's: `make` emptied that, under all who worked with it."""
    theirs = tmp_path / "first" / ".venv"
    theirs.mkdir(parents=True)
    (theirs / "folder").write_text(str(theirs.parent))
    venv = machine.project / ".venv"
    venv.symlink_to(theirs)
    machine.has(
        "python3",
        f'case "$*" in "-m venv"*) exec {sys.executable} -m venv --without-pip --clear .venv;; esac',
    )
    machine.setup()
    assert (theirs / "folder").read_text() == str(theirs.parent)
    assert (venv / "bin" / "python").exists()
    assert not venv.is_symlink()


def test_the_script_is_plain_sh() -> None:
    for shell in filter(None, map(shutil.which, ("dash", "bash"))):
        subprocess.run([shell, "-n", str(ROOT / "setup.sh")], check=True, timeout=10)
    assert os.access(ROOT / "setup.sh", os.X_OK)
    assert os.access(ROOT / ".ci/run", os.X_OK)
