"""A made-up catalogue in the real tables, of any size, loaded in bulk.

It is kept in benchmarks/scratch until tables or types change.

Every entry has its own document, record, alias and log payload, written by the same code as a real one; only
the way in is faster.
"""

from __future__ import annotations

import hashlib
import shutil
import zlib
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
from sqlalchemy import insert

from benchmarks.measuring import SCRATCH
from benchmarks.synthetic import solutions
from catalog.base import clock, ids
from catalog.base.settings import Settings
from catalog.base.tables import AliasRow, ChangeRow, LogHeadRow, RecordRow, RepositoryRow, SolutionRow
from catalog.changes import log
from catalog.changes.followers import lag, rebuild
from catalog.entries import publishers, store
from catalog.entries.merge import View, merge
from catalog.operations.services import Services
from catalog.search import Document
from catalog.search.follower import IndexFollower
from vocabularies import concepts, iris, reading
from vocabularies.crosswalk.rows import Reading
from vocabularies.rdf import dcat_ap, graph_writer, personal_data
from vocabularies.rdf.dcat_ap import Context
from vocabularies.terms import Agent, ContactPoint, Solution

BASE = "http://127.0.0.1:8000"
_CHUNK = 1_000
_MOMENT = "2026-01-01T00:00:00.000Z"
_TABLES = (SolutionRow, AliasRow, RecordRow, RepositoryRow, ChangeRow)


class Entry(NamedTuple):
    """A solution as its one file says it, and where it lies."""

    id: str
    repository: str
    solution: Solution


def settings(folder: Path) -> Settings:
    """Those of an instance that lives in `folder` and starts empty."""
    return Settings(base_url=BASE, data_dir=folder, seed=False, secret_key="benchmark" * 4)


def entries(count: int) -> Iterator[Entry]:
    """So many, always the same."""
    codes = sorted(concepts.scheme("category").concepts)
    for number, document in enumerate(solutions(count)):
        yield _entry(number, document, codes)


def _entry(number: int, document: Document, codes: list[str]) -> Entry:
    facets, publisher = document.facets, document.publisher_slug
    repository = f"https://git.example.org/{publisher}/solution-{number}"
    return Entry(
        document.id,
        repository,
        Solution(
            repository=repository,
            name=document.name,
            short_text=document.summary,
            text=document.text,
            features=document.features,
            keywords={language: tuple(sorted(set(words))) for language, words in document.keywords.items()},
            category=tuple(
                sorted(
                    {codes[int(code.removeprefix("category-")) % len(codes)] for code in facets["category"]}
                )
            ),
            kind=facets["kind"],
            status=facets["status"][0],
            licence=facets["licence"][0],
            landing_page=f"https://{publisher}.example.org/{number}",
            publisher=Agent(name={"de": document.publisher}),
            countries=facets["country"],
            ui_languages=facets["language"],
            platforms=facets["platform"],
            contacts=(ContactPoint(name="Digitales", email=f"it@{publisher}.example.org"),),
            maintenance="internal",
            version=f"1.{number % 40}",
            release_date=document.modified[:10],
            programming_languages=("Python",),
            localisation_ready=number % 2 == 0,
        ),
    )


def incoming(entry: Entry) -> store.Incoming:
    """The entry's file, read."""
    found = Reading(format="publiccode", solution=entry.solution, version="0.4")
    return store.Incoming(
        entry.repository,
        "publiccode",
        "publiccode.yml",
        uri=f"{entry.repository}/publiccode.yml",
        commit=f"{int(entry.id):040x}",
        content=msgspec.json.encode(entry.solution),
        fetched=datetime(2026, 1, 1, tzinfo=UTC),
        reading=found,
        reader=reading.version(),
    )


def record(solution: str, item: store.Incoming) -> dict[str, Any]:
    """The row that `store.put` makes of a document."""
    return store._row(solution, item, digest=hashlib.sha256(item.content).hexdigest())


def opened(count: int, *, index: bool = False) -> Services:
    """A catalogue of so many entries, made now or kept from the last time.

    `index` fills the search index as well.
    """
    folder = SCRATCH / f"catalogue-{count}-{_fingerprint()}"
    if not (folder / "whole").exists():
        for old in SCRATCH.glob(f"catalogue-{count}-*"):
            shutil.rmtree(old)
        services = Services(settings(folder))
        load(services, entries(count))
        with services.database.write() as session:
            publishers.rebuild(session)
        services.close()
        (folder / "whole").touch()
    services = Services(settings(folder))
    if index:
        follower = IndexFollower(services.index, services.settings)
        with services.database.read() as session:
            behind = lag(session, follower).behind  # new, or emptied since the analysis has changed
        if behind:
            rebuild(services.database, follower)
    return services


def _fingerprint() -> str:
    """Of what decides what is loaded.

    Kept payloads may be older than the table that writes them: no number depends on that.
    """
    root = Path(__file__).parent.parent
    files = (
        "benchmarks/catalogue.py",
        "benchmarks/synthetic.py",
        "catalog/base/tables.py",
        "vocabularies/terms.py",
    )
    return hashlib.sha256(b"".join((root / file).read_bytes() for file in files)).hexdigest()[:10]


def load(services: Services, found: Iterable[Entry]) -> None:
    """Put the entries into the tables, a thousand in a transaction, numbered on in the change log."""
    rest = iter(found)
    while chunk := list(islice(rest, _CHUNK)):
        with services.database.write() as session:
            head = session.get_one(LogHeadRow, 1)
            rows = [
                _rows(entry, seq, head.epoch, chosen=services.settings)
                for seq, entry in enumerate(chunk, head.seq + 1)
            ]
            for place, rows_of in enumerate(_TABLES):
                session.execute(insert(rows_of), [row[place] for row in rows])
            head.seq, head.published = rows[-1][-1]["seq"], rows[-1][-1]["published"]


def _rows(entry: Entry, seq: int, epoch: str, chosen: Settings) -> tuple[dict[str, Any], ...]:
    """One row for each of the tables."""
    item = incoming(entry)
    merged, origins = merge(
        [View("publiccode", entry.solution, item.uri, commit=item.commit, repository=entry.repository)]
    )
    slug, iri, moment = (
        f"solution-{int(entry.id[2:])}",
        iris.thing(BASE, iris.SOLUTION, entry.id),
        clock.later(_MOMENT, milliseconds=seq),
    )
    publisher = msgspec.structs.replace(
        entry.solution.publisher or Agent(), id=ids.organisation(BASE, dcat_ap.agent_name(merged))
    )
    solution = msgspec.structs.replace(merged, id=iri, issued=moment, modified=moment, publisher=publisher)
    context = Context(
        BASE, slug, chosen.publish_emails, contributor=chosen.contributor_id, licence=chosen.data_licence
    )
    payload = graph_writer.payload(personal_data.published(solution, context), context)
    return (
        {
            "id": entry.id,
            "slug": slug,
            "state": "listed",
            "repository": entry.repository,
            "publisher": ids.slugify(dcat_ap.agent_name(merged)),
            "name": dcat_ap.name(solution, "de"),
            "document": msgspec.json.encode(solution).decode(),
            "provenance": msgspec.json.encode(origins).decode(),
            "digest": log.digest(payload),
            "created": moment,
            "modified": moment,
            "life_since": moment,
        },
        {"alias": entry.repository, "origin": "", "solution": entry.id},
        record(entry.id, item),
        {
            "url": entry.repository,
            "solution": entry.id,
            "marker": item.commit,
            "seen": moment,
            "reader": item.reader,
        },
        {
            "epoch": epoch,
            "seq": seq,
            "kind": "solution",
            "subject": iri,
            "event": "Create",
            "published": moment,
            "digest": log.digest(payload),
            "payload": zlib.compress(payload),
            "in_feed": True,
        },
    )
