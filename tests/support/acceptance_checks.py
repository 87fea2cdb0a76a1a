"""What the acceptance tests check a crawled catalogue with.

Another reader of the files, a walk of the feed, the official shapes, axe.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import Path
from typing import Any

import pyshacl
import rdflib
import yaml
from playwright.sync_api import Browser
from waitress.server import create_server

from catalog.operations.services import Services
from catalog.outlets.dcat_feed import PageRequest
from catalog.views import application
from tests.support import corpus_on_forges
from tests.support.observed_page import axe, visit, widest
from vocabularies.rdf.turtle import serialise

SHAPES = {
    "dcat-ap-3.0.1": ["shapes-dcat-ap-3.0.1/dcat-ap-SHACL.ttl"],
    "dcat-ap-de-3.0": [
        f"shapes-dcat-ap-de-3.0/{name}.ttl"
        for name in (
            "base-dcat-ap-3.0.0-SHACL",
            "dcat-ap-SHACL-DE",
            "dcat-ap-spec-german-additions",
            "dcat-ap-de-deprecated",
            "dcat-ap-de-controlledvocabularies",
        )
    ],
}


def said_names(place: corpus_on_forges.Place) -> set[str]:
    """The names a file gives, read by another reader than ours; empty if that reader cannot read it."""
    text = place.file.read_text(encoding="utf-8", errors="replace")
    try:
        data = json.loads(text) if place.format == "codemeta" else yaml.safe_load(text)
    except (ValueError, yaml.YAMLError):
        return set()
    if not isinstance(data, dict):
        return set()
    found = [data.get("name"), data.get("title"), *(_localised(data.get("description")))]
    return {" ".join(str(name).split()) for name in found if isinstance(name, str) and name.strip()}


def _localised(description: Any) -> Iterator[Any]:
    for texts in description.values() if isinstance(description, dict) else ():
        if isinstance(texts, dict):
            yield texts.get("localisedName")


def feed_pages(services: Services) -> list[list[str]]:
    """The pages of the feed, lines of N-Triples each, by following its cursor from the beginning."""
    pages, after, seen = [], "", set()
    while True:
        with services.database.read() as session:
            page = services.feed.page(session, PageRequest("ttl", after))
        pages.append(page.lines)
        assert after not in seen, "a cursor came twice"
        seen.add(after)
        if not page.next:
            return pages
        assert page.next > after
        after = page.next


def datasets(pages: list[list[str]]) -> list[str]:
    """The IRIs of the entries on these pages, as often as they stand there."""
    type_ = "<http://www.w3.org/1999/02/22-rdf-syntax-ns#type> <http://www.w3.org/ns/dcat#Dataset> ."
    lines = chain.from_iterable(pages)
    return [line.split(" ", 1)[0][1:-1] for line in lines if line.endswith(type_)]


def violations(page: list[str], folder: Path, *, shapes: str) -> str:
    """What these shapes have against a page as a portal reads it, "" if nothing."""
    shape_graph = rdflib.Graph()
    for name in SHAPES[shapes]:
        shape_graph.parse(folder / name)
    graph = rdflib.Graph().parse(data=b"".join(serialise(page, "ttl")), format="turtle")
    conforms, _, text = pyshacl.validate(
        graph, shacl_graph=shape_graph, allow_warnings=True, do_owl_imports=False
    )
    return "" if conforms else str(text)


def inaccessible(services: Services, browser: Browser, paths: Iterable[str]) -> dict[str, list[str]]:
    """What axe finds on these pages, and what sticks out of them.

    German and light at 320 px, English and dark at 1280 px in turn.
    """
    faults: dict[str, list[str]] = {}
    server = create_server(application(services), host="127.0.0.1", port=0, threads=4)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    base = f"http://127.0.0.1:{server.effective_port}"
    observers = [visit(browser, "de", "light", width=320), visit(browser, "en", "dark", width=1280)]
    for number, path in enumerate(paths):
        observed = observers[number % 2]
        page = observed.open(base + path)
        faults[path] = axe(page) + [f"too wide: {one}" for one in widest(page)] + observed.faults(base)
    for observed in observers:
        observed.page.context.close()
    server.close()
    thread.join(timeout=10)
    return {path: found for path, found in faults.items() if found}
