"""What the codec's tests are made of: the vectors of tests/data and hypothesis strategies for texts, numbers and times."""

import json
import re
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

DATA = Path(__file__).parents[2] / "data"
NOW = datetime(2026, 11, 24, 11, 30, tzinfo=UTC)
GSM7 = (
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
EXTENSION = "\f^{}\\[~]|€"


def load(name: str) -> dict[str, Any]:
    """One file of tests/data."""
    found: dict[str, Any] = json.loads((DATA / f"{name}.json").read_text(encoding="utf-8"))
    return found


def text_of(case: dict[str, Any]) -> str:
    """The text of an encode case, which may be given as a rule."""
    if "text" in case:
        return str(case["text"])
    rule = re.fullmatch(r'first (\d+) characters of \("(.*)" repeated\)', case["text_rule"])
    assert rule is not None
    length, words = int(rule[1]), rule[2]
    return (words * (length // len(words) + 1))[:length]


plain = st.text(st.sampled_from(GSM7), max_size=400)
gsm7 = st.text(st.sampled_from(GSM7 + EXTENSION * 3), max_size=400)
anything = st.text(st.characters(exclude_categories=["Cs"]), max_size=200)
emoji = st.text(st.sampled_from("ж😀👨\u200d👩🇩🇪"), max_size=200)
texts = gsm7 | anything | emoji
numbers = st.from_regex(r"\+?[0-9]{3,15}", fullmatch=True)
names = st.text(st.sampled_from(GSM7), min_size=1, max_size=11).filter(
    lambda name: not name.lstrip("+").isdigit()
)
zones = st.integers(-48, 56).map(lambda quarters: timezone(timedelta(minutes=15 * quarters)))
times = st.builds(
    lambda when, zone: when.replace(microsecond=0, tzinfo=zone),
    st.datetimes(datetime(1970, 1, 2), datetime(2069, 12, 30)),  # noqa: DTZ001 (zones are put to them)
    zones,
)
