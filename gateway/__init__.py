"""The daemon, its store and its rules: knows hardware, not the web."""
