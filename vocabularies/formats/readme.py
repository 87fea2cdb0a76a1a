"""A README: its first real paragraph, and whether it asks not to be listed."""

from __future__ import annotations

from vocabularies.crosswalk import Reading


def parse(content: bytes) -> Reading:
    """Fact `ignore`."""
    text = content.decode("utf-8", "replace")
    facts = {"ignore": "true"} if any(line.strip() == "allmende: ignore" for line in text.splitlines()) else {}
    return Reading(format="readme", facts=facts)
