"""The comparison as one SVG for the manual: bars as ratios to Textbank, on a logarithmic scale, readable in light and dark.

Pure: figures in, text out.
"""

import html
import math

ROWS = (  # (measure, figure, what it says, unit, digits)
    ("0 s", "gap_p50_ms", "Between two texts, the modem taking none", "ms", 0),
    ("3 s", "took_s", "20 texts, the modem taking 3 s each", "s", 1),
    ("4 modems", "took_s", "80 texts by four modems at 0.5 s", "s", 1),
    ("idle", "idle_p50_ms", "From queue to modem, nothing else going on", "ms", 0),
    ("inbound", "inbound_p50_ms", "From modem to store, a text that comes in", "ms", 0),
    ("0.1 s", "cpu_ms_a_text", "CPU a text", "ms", 0),
    ("0.1 s", "kb_a_text", "Written to the disk a text", "KB", 0),
    ("idle", "memory_mb", "Memory", "MB", 0),
)
STYLE = (
    "text{font:14px system-ui,sans-serif;fill:#1d2733}.s{fill:#5b6876;font-size:12px}.o{fill:#0f6b5c}.p{fill:#9aa7b4}"
    ".l{stroke:#1d2733;stroke-width:1;stroke-dasharray:2 3}.h{font-weight:600}"
    "@media(prefers-color-scheme:dark){text{fill:#e7ecf1}.s{fill:#a3b0bd}.o{fill:#4cc3ad}.p{fill:#5f6f7f}.l{stroke:#e7ecf1}}"
)
LEFT, WIDTH, BAR, HEAD = 150, 430, 14, 30
LEAST, MOST = 1 / 8, 512.0  # ratios at the ends of the scale


def place(ratio: float) -> float:
    """Where a bar of this ratio ends, from the left edge of the scale."""
    ratio = min(max(ratio, LEAST), MOST)
    return (math.log(ratio) - math.log(LEAST)) / (math.log(MOST) - math.log(LEAST)) * WIDTH


def times(ratio: float) -> str:
    """ "420", "12", "2.4", "0.31"."""
    return f"{ratio:,.0f}" if ratio >= 10 else f"{ratio:.1f}" if ratio >= 1 else f"{ratio:.2f}"


def svg(found: dict[str, dict[str, dict[str, float]]], title: str) -> str:
    """The drawing; a measure that a gateway did not finish has no bar."""
    parts, y = [], 44
    for measure, figure, what, unit, digits in ROWS:
        values = {name: figures[figure] for name, figures in found.get(measure, {}).items()}
        ours = values.get("Textbank")
        if not ours:
            continue
        parts.append(f'<text class="h" x="10" y="{y + 12}">{html.escape(what)}</text>')
        y += 20
        top = y
        for name, value in values.items():
            ratio = value / ours
            kind = "o" if name == "Textbank" else "p"
            said = f"{value:,.{digits}f} {unit}" + ("" if name == "Textbank" else f" · {times(ratio)} ×")
            parts.append(f'<text x="{LEFT - 8}" y="{y + 12}" text-anchor="end">{html.escape(name)}</text>')
            parts.append(
                f'<rect class="{kind}" x="{LEFT}" y="{y}" width="{max(place(ratio), 2):.0f}" height="{BAR}" rx="2"/>'
            )
            parts.append(
                f'<text class="s" x="{LEFT + max(place(ratio), 2) + 6:.0f}" y="{y + 12}">{said}</text>'
            )
            y += BAR + 6
        line = f"{LEFT + place(1):.0f}"
        parts.append(f'<line class="l" x1="{line}" y1="{top - 3}" x2="{line}" y2="{y - 3}"/>')
        y += 12
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {LEFT + WIDTH + 130} {y}" role="img" aria-labelledby="t">'
        f'<title id="t">{html.escape(title)}</title><style>{STYLE}</style>'
        f'<text class="s" x="10" y="20">{html.escape(title)} Shorter is better; the scale is logarithmic.</text>'
        f"{''.join(parts)}</svg>\n"
    )
