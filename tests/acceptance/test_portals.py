"""The feed walked by the harvesters of CKAN and udata themselves.

They find every entry once, with its name and addresses.

CKAN_PYTHON and UDATA_PYTHON name Pythons that have `ckan[requirements]` and ckanext-dcat, and udata and
mongomock; their pins do not go with ours.
"""

from __future__ import annotations

import json
import os
import subprocess
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from waitress.server import create_server

from catalog.base.tables import SolutionRow
from catalog.entries import store
from catalog.operations.services import Services
from catalog.views import application
from tests.support import corpus_on_forges
from tests.support.servers.ports import free_port
from vocabularies.rdf import dcat_ap

pytestmark = pytest.mark.proof
HERE = Path(__file__).parents[1] / "support"


@pytest.fixture(scope="module")
def feed(tmp_path_factory: pytest.TempPathFactory, shared: Path) -> Iterator[Services]:
    """The real corpus, crawled and served at its own address."""
    base = f"http://127.0.0.1:{free_port()}"
    with corpus_on_forges.three_forges(tmp_path_factory.mktemp("git")) as forges:
        corpus_on_forges.fill(forges, corpus_on_forges.files(shared / "corpus"))
        services = forges.services(tmp_path_factory.mktemp("data"), base_url=base)
        corpus_on_forges.crawl(services, forges)
        server = create_server(
            application(services), host="127.0.0.1", port=int(base.rpartition(":")[2]), threads=2
        )
        thread = threading.Thread(target=server.run, daemon=True)
        thread.start()
        yield services
        server.close()
        thread.join(timeout=10)
        services.close()


def read(portal_: str, address: str) -> list[dict[str, list[str]]]:
    """What that portal makes of each page."""
    python = os.environ.get(f"{portal_.upper()}_PYTHON", "")
    if not python:
        pytest.skip(f"{portal_.upper()}_PYTHON names no Python with {portal_}")
    done = subprocess.run(
        [python, str(HERE / f"{portal_}_reads.py"), address],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3_000:]
    assert "Traceback" not in done.stderr, done.stderr[
        -3_000:
    ]  # rdflib's word on a value that is not what it claims to be
    return [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]


def licensed(services: Services) -> dict[str, SolutionRow]:
    rows = corpus_on_forges.rows(services, "listed").values()
    return {
        f"{services.settings.base_url}/id/solution/{row.id}": row
        for row in rows
        if store.solution_of(row).licence
    }


@pytest.mark.parametrize("suffix", ["ttl", "rdf", "jsonld"])
@pytest.mark.parametrize("harvester", ["ckan", "udata"])
def test_a_portal_finds_every_entry(
    feed: Services, harvester: str, suffix: str, evidence: Callable[[str, Any], None]
) -> None:
    pages = read(harvester, f"{feed.settings.base_url}/dcat/catalog.{suffix}")
    entries = licensed(feed)
    found: dict[str, list[str]] = {}
    for page in pages:
        found.update(page)
    assert len(pages) == 2
    assert sum(map(len, pages)) == len(found)
    assert found.keys() == entries.keys()
    for iri, (title, identifier, *addresses) in found.items():
        solution = store.solution_of(entries[iri])
        assert title in {dcat_ap.name(solution, "de"), *solution.name.values()}
        assert identifier == iri
        assert solution.repository in addresses
    evidence(f"entries read by {harvester} from {suffix}", len(found))
