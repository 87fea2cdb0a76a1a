"""Indexes of both engines to be asked."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from catalog.changes.cursor import Cursor
from catalog.search import ENGINES, Query, Results, SearchIndex, open_index
from catalog.search.engines import tantivy_facets
from tests.support.invented_solutions import SOLUTIONS, SYNONYMS

Search = Callable[..., Results]


@pytest.fixture(params=sorted(ENGINES), scope="session")
def engine(request: pytest.FixtureRequest) -> str:
    """The name of an engine; what asks for it is held to by each."""
    return str(request.param)


@pytest.fixture(params=["by values", "in groups"])
def counting(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Facets are counted each by its values, or as large results are: together, by their combinations."""
    if request.param == "in groups":
        monkeypatch.setattr(tantivy_facets, "_FEW", 0)


@pytest.fixture
def index(engine: str, tmp_path: Path) -> Iterator[SearchIndex]:
    """An empty index."""
    opened = open_index(engine, tmp_path / "index", write=True)
    yield opened
    opened.close()


@pytest.fixture(scope="session")
def golden(engine: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[SearchIndex]:
    """The invented catalogue. Only to be read."""
    opened = open_index(engine, tmp_path_factory.mktemp(f"golden-{engine}"), write=True, synonyms=SYNONYMS)
    opened.rebuild(SOLUTIONS, Cursor("golden", 1))
    yield opened
    opened.close()


@pytest.fixture
def search(golden: SearchIndex) -> Search:
    """`search("text", facets=...)` in the invented catalogue."""
    return lambda text="", **more: golden.query(Query(text=text, **more))


def found(results: Results) -> list[str]:
    """The ids of a page."""
    return [hit.id for hit in results.hits]
