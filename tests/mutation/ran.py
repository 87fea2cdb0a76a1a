"""The lines of instrumented functions that ran since it was emptied: (path of the file, number)."""

LINES: set[tuple[str, int]] = set()
