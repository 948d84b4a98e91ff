"""Fuzz by coverage, with atheris (libFuzzer): `python -m tests.fuzz --seconds 600 [--only pdu]`.

One process a target, one after another. What breaks a promise is written to tests/fuzz/found/, where `make test` tries it ever after.
"""

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.fuzz.targets import TARGETS

FOUND = Path(__file__).parent / "found"
LONGEST_S, MOST_MB, MOST_OCTETS = 5, 1024, 4096


def fuzz(name: str, seconds: int, seed: int) -> int:
    """Run libFuzzer on one target in a process of its own, which it ends; returns its exit code."""
    with tempfile.TemporaryDirectory() as folder:
        for number, octets in enumerate(TARGETS[name].seeds()):
            (Path(folder) / f"{number:04}").write_bytes(octets)
        FOUND.mkdir(exist_ok=True)
        options = [
            f"-max_total_time={seconds}",
            f"-timeout={LONGEST_S}",
            f"-rss_limit_mb={MOST_MB}",
            f"-max_len={MOST_OCTETS}",
            f"-seed={seed}",
            f"-artifact_prefix={FOUND}/{name}-",
            "-print_final_stats=1",
        ]
        return subprocess.run(
            [sys.executable, "-m", "tests.fuzz", "--inside", name, *options, folder], check=False
        ).returncode


def inside(name: str, options: list[str]) -> None:
    """Become libFuzzer, with our own code instrumented."""
    import atheris

    with atheris.instrument_imports(include=["hardware"]):
        for module in [module for module in sys.modules if module.split(".")[0] in ("hardware", "tests")]:
            if module != "tests.fuzz.__main__":
                del sys.modules[module]
        from tests.fuzz.targets import TARGETS as INSTRUMENTED

    atheris.Setup([sys.argv[0], *options], INSTRUMENTED[name].run)
    atheris.Fuzz()


def main() -> int:
    """Fuzz each target for its share of the time; 1 when one broke a promise."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=300, help="in all")
    parser.add_argument("--seed", type=int, default=0, help="0: another one each time")
    parser.add_argument("--only", choices=list(TARGETS))
    options = parser.parse_args()
    names = [options.only] if options.only else list(TARGETS)
    share = max(1, options.seconds // len(names))
    failed = [name for name in names if fuzz(name, share, options.seed)]
    print(
        "A promise was broken: " + ", ".join(failed)
        if failed
        else f"No promise was broken: {', '.join(names)}, {share} s each."
    )
    return 1 if failed else 0


if __name__ == "__main__":
    if sys.argv[1:2] == ["--inside"]:
        inside(sys.argv[2], sys.argv[3:])
    sys.exit(main())
