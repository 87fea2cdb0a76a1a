"""Every page of a catalogue with real arguments, and the status that each should answer with."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import NamedTuple
from xml.etree import ElementTree

import pyoxigraph
from flask import Flask
from werkzeug.test import TestResponse

from tests.support.browser import BASE
from tests.support.releases import Entry, Release
from vocabularies import concepts

RDF = {
    "ttl": pyoxigraph.RdfFormat.TURTLE,
    "nt": pyoxigraph.RdfFormat.N_TRIPLES,
    "rdf": pyoxigraph.RdfFormat.RDF_XML,
    "jsonld": pyoxigraph.RdfFormat.JSON_LD,
}
STATUS = {"listed": 200, "draft": 200, "copy": 200, "hidden": 404, "pending": 404, "withdrawn": 410}
Amount = Callable[[int, int], int]
SHOWN_FILES = ("publiccode", "codemeta", "citation")
_ALWAYS = (
    *("/", "/solutions", "/solutions?q=Stadt&sort=name", "/solutions?page=2", "/publishers", "/programme"),
    *("/feeds", "/about", "/sources", "/imprint", "/privacy", "/accessibility", "/register", "/sign-in"),
    *("/solutions.json", "/solutions.atom", "/feed.atom", "/suggest?q=Stadt", "/opensearch.xml"),
    *("/dcat/catalog", "/sitemap.xml", "/robots.txt", "/healthz", "/readyz", "/metrics"),
    *("/.well-known/security.txt", "/static/allmende.css"),
)


class Page(NamedTuple):
    """A path and what it answers with; `body` where that is known to the byte."""

    path: str
    status: int = 200
    body: bytes | None = None


def of_visitors(release: Release, amount: Amount) -> Iterator[Page]:
    """What anybody may ask for.

    Documents in several formats, projects and definitions are a sample, or all.
    """
    yield from (Page(path) for path in _ALWAYS)
    yield Page("/id/catalog", 303)
    yield from (Page(f"/dcat/catalog.{suffix}") for suffix in RDF)
    for number, entry in enumerate(release.entries):
        yield from _of_entry(entry)
        for suffix in _some((*RDF, "codemeta.json", "publiccode.yml"), number, amount(2, 6)):
            yield Page(f"/id/solution/{entry.id}.{suffix}", STATUS[entry.state])
    publishers = {entry.publisher for entry in release.entries if entry.state in ("listed", "draft")} - {""}
    for slug in sorted(publishers):
        yield Page(f"/publishers/{slug}")
        yield Page(f"/id/org/{slug}", 303)
    projects = list(concepts.scheme("project").concepts)
    yield from (Page(f"/programme/{code}") for code in projects[: amount(3, 1_000)])
    for number, scheme in enumerate(concepts.SCHEMES):
        yield from _of_scheme(scheme, number, amount)
    yield Page("/language/en", 303)  # the last, because it is remembered


def _of_entry(entry: Entry) -> Iterator[Page]:
    status = STATUS[entry.state]
    leads_on = 404 if status == 404 else 303
    yield Page(f"/solutions/{entry.slug}", status)
    yield Page(f"/solutions/{entry.slug}.json", status)
    yield Page(f"/id/solution/{entry.id}", leads_on)
    yield Page(f"/id/record/{entry.id}", leads_on)
    for name, content in entry.files.items():
        shown = status if status != 200 or name in SHOWN_FILES else 404
        yield Page(f"/solutions/{entry.slug}/source/{name}", shown, content if shown == 200 else None)


def _of_scheme(scheme: str, number: int, amount: Amount) -> Iterator[Page]:
    yield Page(f"/def/{scheme}")
    yield from (Page(f"/def/{scheme}.{suffix}") for suffix in _some(tuple(RDF), number, amount(1, 4)))
    for code in list(concepts.scheme(scheme).concepts)[: amount(1, 10_000)]:
        if concepts.iri(scheme, code, BASE).startswith(BASE):
            yield Page(f"/def/{scheme}/{code}")


def _some(suffixes: tuple[str, ...], number: int, count: int) -> tuple[str, ...]:
    """So many of them, others for each number."""
    return tuple(suffixes[(number + step) % len(suffixes)] for step in range(count))


def of_operators(release: Release) -> Iterator[Page]:
    """What only operators see."""
    for name in (
        "",
        "/entries",
        "/entries?q=stadt",
        "/problems",
        "/sources",
        "/runs",
        "/runs?page=2",
        "/audit",
    ):
        yield Page(f"/operator{name}")
    yield from (Page(f"/operator/runs/{row['id']}") for row in release.tables["run"])
    for entry in release.entries:
        yield Page(f"/operator/entries/{entry.id}")
        if entry.state not in ("listed", "copy"):
            yield Page(f"/operator/entries/{entry.id}/withdraw")
            yield Page(f"/solutions/{entry.slug}", 410 if entry.state == "withdrawn" else 200)


def view(app: Flask, page: Page) -> str:
    """The name of the view that answers."""
    name: str = app.url_map.bind("").match(page.path.partition("?")[0])[0]
    return name


def thinned(app: Flask, pages: list[Page], every: int) -> list[Page]:
    """Each so-many-th page, and at least one for each view and status."""
    first = {(view(app, page), page.status): page for page in reversed(pages)}.values()
    return [page for number, page in enumerate(pages) if number % every == 0 or page in first]


def views_of(app: Flask, role: str) -> set[str]:
    """The names of all views that a role may ask with GET."""
    readable = {rule.endpoint for rule in app.url_map.iter_rules() if "GET" in (rule.methods or ())}
    return {name for name in readable if app.view_functions[name].access == role}  # type: ignore[attr-defined]


def fault(response: TestResponse, page: Page, language: str) -> str:
    """What is wrong with an answer, "" if nothing is."""
    if response.status_code != page.status:
        return f"{page.path} answers {response.status_code} instead of {page.status}"
    if page.status == 303:
        return "" if response.location else f"{page.path} leads nowhere"
    kind = response.mimetype
    suffix = page.path.rpartition(".")[2]
    try:
        if page.body is not None:
            assert response.data == page.body
        elif kind == "text/html":
            assert f'<html lang="{language}"' in response.text
        elif suffix in RDF:
            assert list(pyoxigraph.parse(response.data, format=RDF[suffix]))
        elif kind in ("application/json", "application/ld+json"):
            assert json.loads(response.data)
        elif kind.endswith("xml"):
            ElementTree.fromstring(response.data)
        elif page.status == 200:
            assert response.data
    except (AssertionError, SyntaxError, ValueError) as error:
        return f"{page.path} answers {kind} that is none: {error!r}"
    return ""


def is_worded(app: Flask, page: Page) -> bool:
    """Whether a page is for people, and so says other words in another language."""
    return view(app, page).partition(".")[0] not in ("documents", "feeds", "health") and page.body is None
