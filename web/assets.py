"""Files of the panel: fingerprinted addresses, and icons drawn into the page.

Icons stand in the page itself (not in a sprite file), so that they take the page's two inks in light and dark.
"""

import hashlib
import re
from pathlib import Path

from flask import Flask, url_for
from markupsafe import Markup

ROOT = Path(__file__).parent
ICONS = ROOT / "static" / "vendor" / "lucide"
MARKS = ROOT / "marks"
_SVG = re.compile(r"<svg[^>]*?viewBox=\"([^\"]+)\"[^>]*>(.*)</svg>", re.DOTALL)


def shapes(folder: Path) -> dict[str, tuple[str, Markup]]:
    """Each drawing of a folder: name to (viewBox, what is inside)."""
    found = {}
    for path in sorted(folder.glob("*.svg")):
        match = _SVG.search(path.read_text("utf-8"))
        if match is None:
            raise ValueError(f"{path.name} is not a drawing with a viewBox")
        inside = re.sub(r"\s*\n\s*", "", match[2]).strip()
        found[path.stem] = (match[1], Markup(inside))  # noqa: S704 - our own file
    return found


def fingerprint(folder: Path) -> str:
    """Changes with any file of the folder: an address that carries it can be kept for ever."""
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            digest.update(path.read_bytes())
    return digest.hexdigest()[:12]


def install(app: Flask) -> None:
    """Give templates `asset(file)`, `icon(name)` and `mark(name)`."""
    icons, marks, version = shapes(ICONS), shapes(MARKS), fingerprint(ROOT / "static")

    def asset(filename: str) -> str:
        return url_for("static", filename=filename, v=version)

    def icon(name: str, more: str = "") -> Markup:
        box, inside = icons[name]
        return Markup('<svg class="i {}" viewBox="{}" aria-hidden="true">{}</svg>').format(more, box, inside)

    def mark(name: str) -> Markup:
        box, inside = marks[name]
        return Markup('<svg class="mark" viewBox="{}" aria-hidden="true">{}</svg>').format(box, inside)

    app.jinja_env.globals.update(asset=asset, icon=icon, mark=mark, build=version)
