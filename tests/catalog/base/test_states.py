"""States that are shown have words in both languages."""

from __future__ import annotations

from catalog.base.states import Life
from vocabularies import concepts


def test_every_life_is_a_concept() -> None:
    assert set(Life) == concepts.scheme("life").concepts.keys()
