"""What comes from others is exactly what VENDOR.toml says: name, version, tarball hash, licence, and each file's own hash."""

import hashlib
import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FOLDERS = (ROOT / "web/static/vendor", ROOT / "tests/browser/vendor")


@pytest.mark.parametrize("folder", FOLDERS, ids=["web", "browser tests"])
def test_every_vendored_file_is_listed_and_unchanged(folder: Path) -> None:
    listed: dict[str, str] = {}
    for package in tomllib.loads((folder / "VENDOR.toml").read_text())["vendor"]:
        assert re.fullmatch(r"sha512-[A-Za-z0-9+/]{86}==", package["tarball_sha512"])
        assert re.fullmatch(r"\d+\.\d+\.\d+", package["version"])
        assert package["licence"]
        assert package["licence_file"] in package["files"]
        listed |= package["files"]
    found = {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob("*")
        if path.is_file() and path.name != "VENDOR.toml"
    }
    assert found == listed


def test_only_icons_that_are_used_are_shipped() -> None:
    templates = "\n".join(path.read_text() for path in (ROOT / "web/templates").rglob("*.html"))
    used = set(re.findall(r'icon\("([a-z-]+)"', templates))
    assert used == {path.stem for path in (ROOT / "web/static/vendor/lucide").glob("*.svg")}
