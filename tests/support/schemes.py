"""Every scheme and every concept that the product carries, for the tests of both."""

from __future__ import annotations

import tomllib
from typing import Any

import pytest

from vocabularies import concepts
from vocabularies.schemes.files import FOLDER

EVERY: list[tuple[str, concepts.Concept]] = []
for _code in concepts.SCHEMES:
    EVERY += [(_code, _concept) for _concept in concepts.scheme(_code).concepts.values()]
each_scheme = pytest.mark.parametrize("code", concepts.SCHEMES)


def table(code: str) -> dict[str, Any]:
    """A scheme's file as it stands."""
    return tomllib.loads((FOLDER / f"{code}.toml").read_text(encoding="utf-8"))
