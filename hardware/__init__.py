"""Speaks to modems: knows no gateway and no web."""
