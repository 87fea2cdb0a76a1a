"""Curated entries: a Solution of our own making as JSON, for a repository that was not read yet."""

from __future__ import annotations

import msgspec

from vocabularies.crosswalk.rows import Reading
from vocabularies.problems import Problem
from vocabularies.terms import Solution

NAME = "curated"


def parse(content: bytes) -> Reading:
    """Read what catalog/harvesting/seed.py wrote from the files of data/."""
    try:
        return Reading(format=NAME, solution=msgspec.json.decode(content, type=Solution))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return Reading(format=NAME, problems=(Problem(code="not-usable"),))
