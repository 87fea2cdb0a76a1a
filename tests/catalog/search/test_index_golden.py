"""What people type and what they must find first, in both engines.

Written from the need, not from what the code happens to do.
"""

from __future__ import annotations

import pytest

from catalog.search import SearchIndex
from tests.catalog.search.conftest import Search, found
from tests.support.invented_solutions import SOLUTIONS

# Query -> the best hits in order, up to three, and others that must be among the hits. Without either:
# nothing is found.
GOLDEN: dict[str, tuple[list[str], set[str]]] = {
    # German compounds, found by their parts, and from their parts
    "Melder": (["S001"], set()),
    "Mängel": (["S001"], {"S020"}),
    "Baumkataster": (["S006"], set()),
    "Straßen Baum": (["S006"], set()),
    "Terminvergabe": (["S003"], set()),
    "Termine": (["S003"], {"S014"}),
    "Datenplattform": (["S007"], set()),
    "Hochwasserwarnung": (["S019"], set()),
    "Wahl Helfer": (["S011"], set()),
    "Sensor Baum": (["S005"], set()),
    "Schulwege planen": (["S040"], set()),
    "Bewässerung von Bäumen": (["S005"], set()),
    # Umlauts, ß, case, plural, other endings
    "strassenbaum": (["S006"], set()),
    "MÜLLKALENDER": (["S014"], set()),
    "Muellkalender": (["S014"], set()),
    "Schlaglöcher": (["S001"], {"S002"}),
    "Schlagloch": (["S001"], {"S002"}),
    "Kita Platz": (["S021"], set()),
    "Giesskanne": (["S004"], set()),
    "baeume giessen": (["S004"], set()),
    # Synonyms, from the schemes
    "Schadensmeldung": (["S001"], set()),
    "smart parking": (["S029"], {"S012"}),
    "UDP": (["S007"], set()),
    "digital twin": (["S009"], set()),
    # Names, identifiers, signs
    "Open Parking": (["S029"], set()),
    "stadt app": (["S020"], set()),
    "C++": (["S008"], set()),
    "C#": (["S037"], set()),
    ".NET": (["S037"], set()),
    "NGSI-LD": ([], {"S007", "S008"}),
    "NGSILD": ([], {"S007", "S008"}),
    "x-öv": (["S024"], set()),
    "OParl": (["S010"], set()),
    "lorawan": (["S030"], {"S005", "S012"}),
    "eGovernment": (["S024"], set()),
    "DMS": (["S025"], set()),
    # English
    "sensors": (["S030"], {"S029", "S008", "S005"}),
    "counting bikes": (["S028"], set()),
    # Phrases, exclusion, sentences
    '"künstlicher Intelligenz"': (["S027"], set()),
    '"offene Haushalte"': ([], set()),
    "Müll -Kalender": (["S027"], {"S001"}),
    "Bürger sollen Schlaglöcher melden können": (["S001"], set()),
    "Wie bekommen wir freie Parkplätze angezeigt?": (["S012"], set()),
}
TYPOS = {
    "Mängelmeldr": "Mängelmelder",
    "Trminvergabe": "Terminvergabe",
    "Bewaserung": "Bewässerung",
    "OPral": "OParl",
    "Gieskanne": "Gießkanne",
}


@pytest.mark.parametrize("text", GOLDEN)
def test_first_hits(text: str, search: Search) -> None:
    first, others = GOLDEN[text]
    results = search(text)
    assert found(results)[: len(first)] == first, found(results)
    assert others <= set(found(results)), found(results)
    assert bool(results.total) == bool(first or others)


@pytest.mark.parametrize("text", TYPOS)
def test_typos_are_mended(text: str, search: Search) -> None:
    results = search(text)
    assert results.total == 0
    assert results.suggestion == TYPOS[text]
    assert search(results.suggestion).total


def test_every_solution_is_first_for_its_own_name(golden: SearchIndex, search: Search) -> None:
    for solution in SOLUTIONS:
        for name in solution.name.values():
            assert found(search(name))[0] == solution.id, name
            assert found(search(name.upper()))[0] == solution.id, name
