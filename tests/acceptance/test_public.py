"""The road with repositories brought from the public.

Real packs and real histories that nobody prepared, served by `git http-backend`.

PUBLIC_REPOSITORIES names a folder in which `owner+name/repo` (or `owner+name/repo/.git`) is a Git directory.
Nothing of it is committed.
"""

from __future__ import annotations

import os
import subprocess
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser

from catalog.changes import log
from catalog.changes.followers import catch_up
from catalog.entries import store
from catalog.harvesting.harvest import Summary
from catalog.operations.services import Services
from catalog.search import Query
from catalog.search.follower import IndexFollower
from catalog.views import application
from tests.support import corpus_on_forges
from tests.support.acceptance_checks import SHAPES, datasets, feed_pages, inaccessible, said_names, violations
from vocabularies.rdf import dcat_ap

pytestmark = pytest.mark.proof
# In the order in which they decide the name.
FILES = {
    "publiccode.yml": "publiccode",
    "publiccode.yaml": "publiccode",
    "codemeta.json": "codemeta",
    "CITATION.cff": "citation",
}


@dataclass
class Public:
    """The forges, an Allmende that has crawled each repository by its address, and what its runs came to."""

    forges: corpus_on_forges.ThreeForges
    services: Services
    empty: set[str] = field(default_factory=set)
    runs: dict[str, Summary] = field(default_factory=dict)

    def crawl(self) -> None:
        for place in self.forges.places:
            self.runs[place.url] = self.services.harvest().run(self.services.source(place.url))
        catch_up(self.services.database, IndexFollower(self.services.index, self.services.settings))


def git(directory: Path, *words: str) -> bytes:
    done = subprocess.run(["git", f"--git-dir={directory}", *words], capture_output=True, check=False)
    return done.stdout if done.returncode == 0 else b""


@pytest.fixture(scope="module")
def public(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Public]:
    folder = os.environ.get("PUBLIC_REPOSITORIES", "")
    if not folder:
        pytest.skip("PUBLIC_REPOSITORIES names no folder with repositories brought from the public")
    root, files = tmp_path_factory.mktemp("git"), tmp_path_factory.mktemp("files")
    with corpus_on_forges.three_forges(root) as forges:
        for above in sorted(path for path in Path(folder).iterdir() if "+" in path.name):
            owner, _, name = above.name.partition("+")
            directory = next(
                path for path in (above / "repo/.git", above / "repo") if (path / "HEAD").is_file()
            )
            served = root / "github.com" / owner.lower() / f"{name.lower()}.git"
            served.parent.mkdir(parents=True, exist_ok=True)
            served.symlink_to(directory)
            forges.model.forges[0].repository(f"{owner}/{name}")
            file = files / above.name
            here = next(
                (form for form in FILES if git(directory, "cat-file", "-t", f"HEAD:{form}") == b"blob\n"), ""
            )
            file.write_bytes(git(directory, "show", f"HEAD:{here}") if here else b"")
            forges.places.append(
                corpus_on_forges.Place("github", f"{owner}/{name}", FILES.get(here, ""), file=file)
            )
        made = Public(forges, forges.services(tmp_path_factory.mktemp("data")))
        made.crawl()
        yield made
        made.services.close()


def _served(forges: corpus_on_forges.ThreeForges, place: corpus_on_forges.Place) -> Path:
    return (forges.root / f"{place.url.removeprefix('https://')}.git").resolve()


def test_every_repository_became_the_right_entry(
    public: Public, evidence: Callable[[str, Any], None]
) -> None:
    entries, states, wrong = corpus_on_forges.rows(public.services), Counter[str](), {}
    for place in public.forges.places:
        run, entry = public.runs[place.url], entries.get(place.url)
        names = said_names(place) if place.format else set()
        if run.error or run.failures or entry is None:
            wrong[place.path] = run.error or run.failures or "no entry"
        elif names and not set(store.solution_of(entry).name.values()) <= names:
            wrong[place.path] = f"{store.solution_of(entry).name} is not among {names}"
        elif (entry.state == "draft") != (not place.format) and entry.state != "copy":
            wrong[place.path] = f"{entry.state} with {place.format or 'no metadata file'}"
        else:
            states[entry.state] += 1
    assert not wrong
    assert states["listed"]
    evidence("public repositories crawled", dict(states))


def test_a_first_crawl_costs_a_hundredth_and_a_second_one_request(
    public: Public, evidence: Callable[[str, Any], None]
) -> None:
    first = sum(run.bytes for run in public.runs.values())
    packs = 0
    for place in public.forges.places:
        files = _served(public.forges, place).glob("objects/pack/*.pack")
        packs += sum(file.stat().st_size for file in files)
    assert first * 100 <= packs
    with public.services.database.read() as session:
        before = log.head(session)
    again = Public(public.forges, public.services)
    public.forges.git.forget()
    public.forges.server.log.clear()
    again.crawl()
    assert all(run.unchanged == 1 for run in again.runs.values()), again.runs
    assert max(run.requests for run in again.runs.values()) == 1
    assert max(run.bytes for run in again.runs.values()) < 2_000
    with public.services.database.read() as session:
        assert log.head(session) == before
    evidence("bytes of the first crawl", first)
    evidence("bytes of their packs", packs)
    evidence("bytes of the second crawl", sum(run.bytes for run in again.runs.values()))


def test_every_entry_is_found_by_its_name(public: Public) -> None:
    for entry in corpus_on_forges.rows(public.services, "listed").values():
        name = dcat_ap.name(store.solution_of(entry), "de")
        assert entry.id in [
            hit.id for hit in public.services.index.query(Query(text=name[:200], size=10)).hits
        ], name


@pytest.mark.parametrize("shapes", SHAPES)
def test_the_feed_holds_what_is_listed_and_conforms(public: Public, shared: Path, shapes: str) -> None:
    pages, listed = feed_pages(public.services), corpus_on_forges.rows(public.services, "listed").values()
    wanted = [
        f"https://allmende.example.org/id/solution/{entry.id}"
        for entry in listed
        if store.solution_of(entry).licence
    ]
    assert sorted(datasets(pages)) == sorted(wanted)
    for page in pages:
        assert not violations(page, shared / "data" / "rdf", shapes=shapes)


@pytest.mark.parametrize("language", ["de", "en"])
def test_every_page_and_document_of_an_entry_answers(public: Public, language: str) -> None:
    client, bad = application(public.services).test_client(), []
    for entry in corpus_on_forges.rows(public.services, "listed", "draft").values():
        pages = [f"/solutions/{entry.slug}", f"/solutions/{entry.slug}.json"]
        documents = (
            ("ttl", "nt", "rdf", "jsonld", "codemeta.json", "publiccode.yml")
            if entry.state == "listed"
            else ()
        )
        for path in [*pages, *(f"/id/solution/{entry.id}.{suffix}" for suffix in documents)]:
            answer = client.get(path, headers={"Accept-Language": language})
            if answer.status_code != 200:
                bad.append((path, answer.status_code))
    assert not bad


def test_the_pages_pass_axe(public: Public, browser: Browser, evidence: Callable[[str, Any], None]) -> None:
    paths = [
        f"/solutions/{entry.slug}"
        for entry in corpus_on_forges.rows(public.services, "listed", "draft").values()
    ]
    both_ways = [*paths, *([] if len(paths) % 2 else paths[:1]), *paths]
    assert inaccessible(public.services, browser, both_ways) == {}
    evidence("pages of public repositories without a violation", len(paths))
