"""The measures: Textbank beside the peers, its own paths, a million texts, and faults. `python -m bench --help`."""
