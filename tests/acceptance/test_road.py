"""From real repositories to entries, search hits and a valid feed.

The acceptance of the road, on both pairs of engines.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import rdflib
from playwright.sync_api import Browser

from catalog.changes import log
from catalog.entries import store
from catalog.outlets import export
from catalog.outlets.dcat_feed import PageRequest
from catalog.search import Query
from tests.acceptance.conftest import Crawled
from tests.support import corpus_on_forges
from tests.support.acceptance_checks import SHAPES, datasets, feed_pages, inaccessible, said_names, violations
from vocabularies import concepts
from vocabularies.rdf import dcat_ap
from vocabularies.rdf.turtle import turtle

# Files of the corpus that say neither a name nor what the software does.
HOPELESS = {"codemeta__codemeta-invalid-example.json"}


def test_every_repository_was_read(crawled: Crawled, evidence: Callable[[str, Any], None]) -> None:
    assert len(crawled.forges.places) >= 60
    assert sum(summary.found for summary in crawled.first) == len(crawled.forges.places)
    assert not [summary for summary in crawled.first if summary.failures or summary.error]
    evidence("repositories crawled", len(crawled.forges.places))
    evidence("bytes", sum(summary.bytes for summary in crawled.first))


def test_every_readable_file_became_the_right_entry(crawled: Crawled) -> None:
    entries = corpus_on_forges.rows(crawled.services)
    wrong = {}
    for place in crawled.forges.places:
        entry = entries.get(place.url)
        if place.file.name in HOPELESS:
            assert entry is not None
            assert entry.state == "draft"
            continue
        if entry is None or entry.state != "listed":
            wrong[place.file.name] = entry.state if entry else "no entry"
            continue
        names = said_names(place)
        if names and not set(store.solution_of(entry).name.values()) <= names:
            wrong[place.file.name] = f"{store.solution_of(entry).name} is not among {names}"
    assert not wrong


def test_the_second_crawl_costs_a_request_for_each_hundred_repositories(crawled: Crawled) -> None:
    forges = crawled.forges
    with crawled.services.database.read() as session:
        before = log.head(session)
    forges.git.forget()
    forges.server.log.clear()
    summaries = corpus_on_forges.crawl(crawled.services, forges)
    assert sum(summary.unchanged for summary in summaries) == len(forges.places)
    assert sum(forges.git.requests.values()) == 0
    assert len(forges.server.log) == len(summaries)
    with crawled.services.database.read() as session:
        after = log.head(session)
    assert after == before._replace(facts=before.facts + len(summaries)), "each source was read, nothing else"


def test_every_entry_is_found_by_its_name(crawled: Crawled) -> None:
    lost = {}
    for repository, entry in corpus_on_forges.rows(crawled.services, "listed").items():
        name = dcat_ap.name(store.solution_of(entry), "de")
        wanted = [hit.id for hit in crawled.services.index.query(Query(text=name[:200], size=100)).hits]
        if entry.id not in wanted:
            lost[repository] = name
    assert not lost


@pytest.fixture
def german(crawled: Crawled) -> str:
    """The id of an entry whose words are German compounds."""
    text = """
publiccodeYmlVersion: "0.4"
name: Schlaglochkarte
url: https://gitlab.example.org/town9/karte
categories: [help-desk]
description:
  de:
    shortDescription: Bürgerinnen melden Straßenschäden über eine Anliegenverwaltung.
    longDescription: Die Mängelmelderplattform nimmt Meldungen entgegen.
    features: [Terminvergabe]
legal: {license: EUPL-1.2}
"""
    url = crawled.forges.add("gitlab", "town9", "karte", files={"publiccode.yml": text.encode()})
    corpus_on_forges.crawl(crawled.services, crawled.forges)
    return corpus_on_forges.rows(crawled.services)[url].id


@pytest.mark.parametrize(
    "words",
    [
        pytest.param("Schlagloch", id="a part of a compound in the name"),
        pytest.param("Verwaltung Anliegen", id="both parts the other way round"),
        pytest.param("strassenschaden", id="folded and stemmed"),
        pytest.param("termin", id="a part of a feature"),
        pytest.param("maengel", id="an umlaut spelled out"),
    ],
)
def test_found_by_a_part_of_a_compound(crawled: Crawled, german: str, words: str) -> None:
    assert german in [hit.id for hit in crawled.services.index.query(Query(text=words, size=100)).hits]


def test_found_by_a_synonym_of_its_category(crawled: Crawled, german: str) -> None:
    synonyms = concepts.scheme("category").concepts["help-desk"].synonyms["de"]
    assert synonyms
    for synonym in synonyms:
        assert german in [
            hit.id for hit in crawled.services.index.query(Query(text=synonym, size=100)).hits
        ], synonym


def test_the_feed_holds_exactly_what_is_listed_and_licensed(crawled: Crawled) -> None:
    listed = {
        f"https://allmende.example.org/id/solution/{entry.id}"
        for entry in corpus_on_forges.rows(crawled.services, "listed").values()
        if store.solution_of(entry).licence
    }
    pages = feed_pages(crawled.services)
    assert len(pages) == 2, "the catalogue should fill more than one page"
    found = datasets(pages)
    assert sorted(found) == sorted(listed)
    assert len(set(found)) == len(found)


def test_what_was_written_once_stands_on_the_page_as_if_written_anew(crawled: Crawled) -> None:
    """First all entries are written, then none, then the one that changed; and a filter leaves some out."""
    feed, page = crawled.services.feed, PageRequest("ttl")
    with crawled.services.database.read() as session:
        some = frozenset(
            row.id
            for row in corpus_on_forges.rows(crawled.services, "listed").values()
            if "a" in row.name.lower()
        )
        after = feed.page(session, page).next
        for asked in (
            page,
            page,
            PageRequest("ttl", after),
            PageRequest("ttl", only=some, query=(("q", "a"),)),
            page,
        ):
            assert (
                b"".join(feed.turtle(session, asked))
                == "".join(turtle(feed.page(session, asked).lines)).encode()
            )
    place = next(
        one
        for one in crawled.forges.places
        if one.format == "publiccode" and one.url in corpus_on_forges.rows(crawled.services, "listed")
    )
    crawled.forges.commit(
        place.url,
        {
            "publiccode.yml": place.file.read_bytes() + b"\nroadmap: https://example.org/roadmap\n",
            "LICENSE": b"EUPL-1.2",
        },
    )
    crawled.services.harvest().run(crawled.services.source(place.url))
    with crawled.services.database.read() as session:
        for asked in (page, PageRequest("ttl", after)):
            assert (
                b"".join(feed.turtle(session, asked))
                == "".join(turtle(feed.page(session, asked).lines)).encode()
            )


@pytest.mark.parametrize("shapes", SHAPES)
def test_every_page_of_the_feed_conforms(
    crawled: Crawled, shared: Path, shapes: str, evidence: Callable[[str, Any], None]
) -> None:
    pages = feed_pages(crawled.services)
    for page in pages:
        assert not violations(page, shared / "data" / "rdf", shapes=shapes)
    evidence(f"feed pages conforming to {shapes}", len(pages))


def test_the_pages_pass_axe(
    crawled: Crawled,
    browser: Browser,
    amount: Callable[[int, int], int],
    evidence: Callable[[str, Any], None],
) -> None:
    if crawled.services.settings.database_url:
        return  # the same pages again
    slugs = [
        entry.slug
        for entry in sorted(
            corpus_on_forges.rows(crawled.services, "listed", "draft").values(),
            key=lambda entry: entry.repository,
        )
    ]
    chosen = slugs[:: amount(len(slugs) // 6, 1)]
    assert inaccessible(crawled.services, browser, [f"/solutions/{slug}" for slug in chosen]) == {}
    evidence("pages of real metadata without a violation", len(chosen))


def test_the_export_is_the_sum_of_the_payloads(crawled: Crawled) -> None:
    with crawled.services.database.read() as session:
        lines = list(export.lines(session))
    assert len(lines) > 80 * len(crawled.forges.places)
    graph = rdflib.Graph().parse(data="\n".join(lines), format="nt")
    datasets = set(graph.subjects(rdflib.RDF.type, rdflib.DCAT.Dataset))
    assert len(datasets) == len(corpus_on_forges.rows(crawled.services, "listed"))


def test_a_rename_keeps_the_entry_and_becomes_an_alias(crawled: Crawled) -> None:
    forges, place = (
        crawled.forges,
        next(one for one in crawled.forges.places if one.kind == "gitea" and one.file.name not in HOPELESS),
    )
    before = corpus_on_forges.rows(crawled.services)[place.url]
    forge = next(one for one in forges.model.forges if one.kind == "gitea")
    owner, _, name = place.path.partition("/")
    forge.rename(place.path, f"{owner}/renamed-{name}")
    old = forges.root / corpus_on_forges.HOSTS["gitea"] / f"{place.path}.git"
    old.rename(old.with_name(f"renamed-{name}.git"))
    corpus_on_forges.crawl(crawled.services, forges)
    after = {entry.id: entry for entry in corpus_on_forges.rows(crawled.services).values()}
    assert after[before.id].state == "listed"
    assert after[before.id].slug == before.slug
    assert after[before.id].repository == f"https://{corpus_on_forges.HOSTS['gitea']}/{owner}/renamed-{name}"
    assert (
        len(
            [
                entry
                for entry in after.values()
                if entry.name == before.name and entry.repository.endswith(name)
            ]
        )
        == 1
    )


def test_an_outage_removes_nothing(crawled: Crawled) -> None:
    before = set(corpus_on_forges.rows(crawled.services, "listed"))
    crawled.forges.model.faults.append(corpus_on_forges.forges.Fault(pattern=".", kind=502))
    summaries = corpus_on_forges.crawl(crawled.services, crawled.forges)
    crawled.forges.model.faults.clear()
    assert all(summary.error for summary in summaries)
    assert set(corpus_on_forges.rows(crawled.services, "listed")) == before
