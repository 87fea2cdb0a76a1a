"""The corpus on three forges and one Allmende that has crawled it, for each pair of engines.

Made once a module.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from catalog.harvesting.harvest import Summary
from catalog.operations.services import Services
from catalog.outlets import dcat_feed
from tests.catalog.views.conftest import browser
from tests.conftest import Sampled
from tests.support import corpus_on_forges
from tests.support.servers import postgresql

__all__ = ["browser"]

ENGINES = [
    pytest.param(("sqlite", "tantivy"), id="sqlite-tantivy"),
    pytest.param(("postgresql", "whoosh"), id="postgresql-whoosh", marks=pytest.mark.postgresql),
]


@dataclass
class Crawled:
    """The forges, the Allmende, and what its first run came to."""

    forges: corpus_on_forges.ThreeForges
    services: Services
    first: list[Summary]


@pytest.fixture(scope="module", params=ENGINES)
def crawled(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, shared: Path, sampled: Sampled
) -> Iterator[Crawled]:
    """The whole corpus on the first pair, a sample on the second.

    The pages of the feed are as much smaller there.
    """
    database, engine = request.param
    every = corpus_on_forges.files(shared / "corpus")
    files = sampled(every, 75) if database == "postgresql" else every
    given: dict[str, Any] = {"search": engine}
    if database == "postgresql":
        given["database_url"] = request.getfixturevalue("module_postgresql_url")
    with (
        corpus_on_forges.three_forges(tmp_path_factory.mktemp("git")) as forges,
        pytest.MonkeyPatch.context() as patch,
    ):
        patch.setattr(dcat_feed, "SIZE", dcat_feed.SIZE * len(files) // len(every))
        corpus_on_forges.fill(forges, files)
        services = forges.services(tmp_path_factory.mktemp("data"), **given)
        first = corpus_on_forges.crawl(services, forges)
        yield Crawled(forges, services, first)
        services.close()


@pytest.fixture(scope="module")
def module_postgresql_url(postgresql_url: str, worker_id: str) -> str:
    """A database of this module's own, in this worker."""
    return postgresql.new_database(postgresql_url, f"acceptance_{worker_id}")
