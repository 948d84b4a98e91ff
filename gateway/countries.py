"""Countries as lists write them, by their two letters: the names are those of the IANA's table, which comes with the time zones, and a few
that people write instead.

Promises: what is no country is "". Never fails.
"""

from functools import cache
from importlib.resources import files

from gateway.letters import fold

ALSO = {  # two letters: what people write, too
    "AT": "österreich",
    "BR": "brasil",
    "CH": "schweiz|suisse|svizzera",
    "DE": "deutschland|allemagne",
    "ES": "españa",
    "GB": "uk|united kingdom|great britain|england|scotland|wales",
    "IT": "italia",
    "MX": "méxico",
    "NL": "holland|nederland|the netherlands",
    "PL": "polska",
    "US": "usa|u.s.|u.s.a.|united states of america|estados unidos|ee. uu.",
}


def code_of(said: str) -> str:
    """The two letters of a country by its name or letters, in capitals or not; "" where it is none."""
    return _codes().get(fold(said).strip(), "")


@cache
def _codes() -> dict[str, str]:
    table = (files("tzdata") / "zoneinfo" / "iso3166.tab").read_text(encoding="utf-8")
    rows = (line.split("\t") for line in table.splitlines() if line and not line.startswith("#"))
    named = {fold(written): code for code, name in rows for written in (code, name)}
    return named | {fold(written): code for code, every in ALSO.items() for written in every.split("|")}
