"""Real publiccode.yml files.

Each solution is found by its name, its words and its features, in both engines alike.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import chain
from pathlib import Path

import pytest

from catalog.changes.cursor import Cursor
from catalog.search import ENGINES, FACETS, Document, Query, SearchIndex, open_index
from catalog.search.fields import record, title
from tests.catalog.search.conftest import found
from vocabularies.formats import publiccode


def _documents(folder: Path) -> Iterator[Document]:
    for number, file in enumerate(sorted((folder / "corpus" / "publiccode").rglob("*.yml"))):
        solution = publiccode.parse(file.read_bytes()).solution
        if solution and solution.name:
            yield Document(
                id=f"{number:04d}",
                name=dict(solution.name),
                summary=dict(solution.short_text),
                text=dict(solution.text),
                features=dict(solution.features),
                keywords=dict(solution.keywords),
                facets={
                    "category": solution.category,
                    "status": (solution.status,) if solution.status else (),
                    "kind": solution.kind,
                },
            )


@pytest.fixture(scope="module")
def documents(shared: Path) -> list[Document]:
    """The readable files of the corpus."""
    return list(_documents(shared))


@pytest.fixture(scope="module")
def indexes(
    documents: list[Document], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, SearchIndex]]:
    """The corpus in each engine."""
    opened = {name: open_index(name, tmp_path_factory.mktemp(name), write=True) for name in ENGINES}
    for index in opened.values():
        index.rebuild(documents, Cursor("corpus", 1))
    yield opened
    for index in opened.values():
        index.close()


def test_each_is_found_first_by_its_name(documents: list[Document], indexes: dict[str, SearchIndex]) -> None:
    assert len(documents) >= 50
    for document in documents:
        for name in document.name.values():
            same = {
                other.id for other in documents if title(name) in {title(one) for one in other.name.values()}
            }
            for engine, index in indexes.items():
                if title(name) and len(name) <= 256:
                    assert set(found(index.query(Query(text=name)))[: len(same)]) == same, (
                        engine,
                        document.id,
                    )


def test_the_engines_agree(
    documents: list[Document], indexes: dict[str, SearchIndex], amount: Callable[[int, int], int]
) -> None:
    """On words, pairs, phrases and exclusions taken from the texts.

    Hits, counts, completions and suggestions.
    """
    asked = {"", "Bürger", "-data", "open source", '"open source"', "Termin", "datn"}
    for document in documents[: amount(25, 10_000)]:
        words = " ".join([*document.summary.values(), *document.text.values()]).split()
        asked |= {
            text[:200]
            for text in (
                " ".join(words[:2]),
                f'"{" ".join(words[3:6])}"',
                f"{' '.join(words[5:7])} -{' '.join(words[9:10])}",
            )
        }
    for text in sorted(asked):
        answers = [
            index.query(Query(text=text, size=100, facets=FACETS, sort="name", highlight=False))
            for index in indexes.values()
        ]
        assert found(answers[0]) == found(answers[1]), text
        assert answers[0] == answers[1], text
    for prefix in ("a", "da", "open", "bür", "ser"):
        assert len({index.complete(prefix, "de") for index in indexes.values()}) == 1


def test_each_is_found_by_a_feature(documents: list[Document], indexes: dict[str, SearchIndex]) -> None:
    for document in documents:
        terms = record(document).bags["features"].split()
        features = [
            feature
            for feature in chain.from_iterable(document.features.values())
            if len(feature.split()) <= 8 and '"' not in feature
        ]
        if terms and features:
            for index in indexes.values():
                assert document.id in found(
                    index.query(Query(text=features[0].replace("-", " "), size=100))
                ), features[0]
