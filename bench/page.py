"""What was measured, as the part of docs/bench.md between its two marks, and as docs/bench.json and docs/bench.svg.

Pure but for `write`.
"""

import json
from pathlib import Path

from bench.plot import svg, times

BEGIN, END = "<!-- measured: begin -->", "<!-- measured: end -->"
COLUMNS = (  # (measure, figure, head, digits)
    ("0 s", "a_minute", "texts a minute, the modem taking no time", 0),
    ("0 s", "gap_p50_ms", "ms between two texts, p50", 0),
    ("0 s", "gap_p95_ms", "p95", 0),
    ("0.1 s", "a_minute", "texts a minute at 0.1 s", 0),
    ("3 s", "took_s", "s for 20 texts at 3 s", 1),
    ("4 modems", "share", "four modems at 0.5 s, share of the ideal", 3),
    ("idle", "idle_p50_ms", "ms from queue to AT+CMGS, idle, p50", 0),
    ("idle", "idle_p95_ms", "p95", 0),
    ("inbound", "inbound_p50_ms", "ms from modem to store, p50", 0),
    ("inbound", "inbound_p95_ms", "p95", 0),
    ("0.1 s", "cpu_ms_a_text", "ms of CPU a text", 1),
    ("idle", "idle_cpu_percent", "% of a core, idle", 1),
    ("idle", "memory_mb", "MB of memory (PSS)", 0),
    ("0.1 s", "kb_a_text", "KB written a text", 1),
)
OUTCOMES = ("once", "asked", "doubled", "lost", "stuck")

Found = dict[str, dict[str, dict[str, float]]]
Kills = dict[str, dict[str, dict[str, int]]]


def table(found: Found, names: list[str]) -> str:
    """Every figure, a row a measure, with the ratio to Textbank."""
    lines = [f"| | {' | '.join(names)} |", "| --- |" + " ---: |" * len(names)]
    for measure, figure, head, digits in COLUMNS:
        if measure not in found:
            continue
        ours = found.get(measure, {}).get("Textbank", {}).get(figure)
        cells = []
        for name in names:
            value = found.get(measure, {}).get(name, {}).get(figure)
            cell = "did not finish" if value is None else f"{value:,.{digits}f}"
            if value is not None and ours and name != "Textbank":
                cell += f" ({times(value / ours)} ×)"
            cells.append(cell)
        lines.append(f"| {head} | {' | '.join(cells)} |")
    return "\n".join(lines)


def kill_table(kills: Kills) -> str:
    """What came of each kill."""
    lines = ["| | moment | " + " | ".join(OUTCOMES) + " |", "| --- | --- |" + " ---: |" * len(OUTCOMES)]
    for name, moments in kills.items():
        for moment, count in moments.items():
            lines.append(f"| {name} | {moment} | {' | '.join(str(count[what]) for what in OUTCOMES)} |")
    return "\n".join(lines)


def write(folder: Path, found: Found, kills: Kills, when: str, machine: str) -> None:
    """Put it all into the manual; a part that was not run keeps its figures from before."""
    kept = folder / "bench.json"
    if kept.exists() and not (found and kills):
        before = json.loads(kept.read_text())
        found, kills = found or before["measures"], kills or before["kills"]
    names = list(dict.fromkeys(name for figures in found.values() for name in figures))
    title = f"Textbank and its peers on the same virtual modems, {when}, {machine}."
    (folder / "bench.svg").write_text(svg(found, title))
    facts = {"when": when, "machine": machine, "measures": found, "kills": kills}
    kept.write_text(json.dumps(facts, indent=1) + "\n")
    page = (folder / "bench.md").read_text()
    head, _, rest = page.partition(BEGIN)
    _, _, tail = rest.partition(END)
    picture = "![Bars: Textbank's figures and those of each peer, as ratios](bench.svg)"
    measured = f"{title}\n\n{picture}\n\n{table(found, names)}\n\n{kill_table(kills)}"
    (folder / "bench.md").write_text(f"{head}{BEGIN}\n\n{measured}\n\n{END}{tail}")
