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
from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from benchmarks.measuring import SCRATCH
from benchmarks.synthetic import solutions
from catalog.base import clock, ids
from catalog.base.facts import UNSEEN
from catalog.base.settings import Settings
from catalog.base.states import SourceState
from catalog.base.tables import (
    AliasRow,
    ChangeRow,
    LogHeadRow,
    RecordRow,
    RepositoryRow,
    RunProblemRow,
    RunRow,
    SolutionRow,
    SourceRow,
)
from catalog.changes import log
from catalog.changes.followers import catch_up
from catalog.entries import publishers, store
from catalog.entries.merge import View, merge
from catalog.operations.services import Services
from catalog.search import Document
from catalog.search.follower import IndexFollower
from crawlers.faults import CrawlError
from vocabularies import concepts, iris, reading
from vocabularies.crosswalk.rows import Reading
from vocabularies.problems import Problem
from vocabularies.rdf import dcat_ap, graph_writer, personal_data
from vocabularies.rdf.dcat_ap import Context
from vocabularies.terms import Agent, Attribution, ContactPoint, Solution

BASE = "http://127.0.0.1:8000"
SECRET = "benchmark" * 4
_CHUNK = 1_000
_MOMENT = "2026-01-01T00:00:00.000Z"
_TABLES = (SolutionRow, AliasRow, RecordRow, RepositoryRow, ChangeRow)


class Entry(NamedTuple):
    """A solution as its one file says it, and where it lies."""

    id: str
    repository: str
    solution: Solution


def settings(folder: Path, *, page_cache_mb: int = 0) -> Settings:
    """Those of an instance that lives in `folder` and starts empty; it renders every page anew."""
    return Settings(
        base_url=BASE, data_dir=folder, seed=False, secret_key=SECRET, page_cache_mb=page_cache_mb
    )


def entries(count: int) -> Iterator[Entry]:
    """So many, always the same."""
    codes = sorted(concepts.scheme("category").concepts)
    for number, document in enumerate(solutions(count)):
        yield _entry(number, document, codes)


def _entry(number: int, document: Document, codes: list[str]) -> Entry:
    facets, (publisher, publisher_name) = document.facets, _publisher(number, document)
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
            publisher=Agent(name={"de": publisher_name}),
            attributions=_users(number),
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


def _publisher(number: int, document: Document) -> tuple[str, str]:
    """(part of its addresses, name): every other solution is of a large one, the others of small ones."""
    if number % 2:
        return document.publisher_slug, document.publisher
    return f"gemeinde-{number // 10}", f"Gemeinde {number // 10}"


def _users(number: int) -> tuple[Attribution, ...]:
    """Every fourteenth is used by the largest publisher too."""
    if number % 14:
        return ()
    return (Attribution(agent=Agent(name={"de": "Stadt stadt-0"}), role="deployer"),)


def incoming(entry: Entry) -> store.Incoming:
    """The entry's file, read."""
    problems = (
        ()
        if int(entry.id) % 10
        else (Problem(code="missing", path="legal.license", values={"key": "license"}),)
    )
    found = Reading(format="publiccode", solution=entry.solution, version="0.4", problems=problems)
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


def opened(count: int, *, index: bool = False, page_cache_mb: int = 0) -> Services:
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
            _load_sources(session, count // 10 + 1)
            publishers.rebuild(session)
        services.close()
        (folder / "whole").touch()
    services = Services(settings(folder, page_cache_mb=page_cache_mb))
    _reread(services)
    if index:  # new, or emptied since the analysis has changed
        catch_up(services.database, IndexFollower(services.index, services.settings))
    return services


def _reread(services: Services) -> None:
    """Mark the records as read by today's tables: no worker is to read anew what was never a file."""
    with services.database.write() as session:
        old = session.scalar(select(RecordRow.reader).where(RecordRow.reader != reading.version()).limit(1))
        if old is not None:
            marked = update(RecordRow).values(reader=reading.version())
            session.execute(marked.execution_options(**UNSEEN))


def _load_sources(session: Session, count: int) -> None:
    """So many sources, each with five runs, one of which had a problem."""
    session.execute(insert(SourceRow), [_source(number) for number in range(count)])
    session.execute(insert(RunRow), [_run(number) for number in range(5 * count)])
    session.execute(insert(RunProblemRow), [_run_problem(number) for number in range(count)])


def _source(number: int) -> dict[str, Any]:
    """A place that some ten entries come from, and that is not due as long as anybody measures."""
    return {
        "kind": "gitea",
        "url": f"https://git.example.org/town-{number}",
        "state": SourceState.ACTIVE,
        "added": _MOMENT,
        "due": "2999-01-01T00:00:00.000Z",
        "succeeded": _MOMENT,
    }


def _run(number: int) -> dict[str, Any]:
    """One of the five of a source."""
    counts = '{"found":10,"unchanged":10}'
    return {"source": number // 5 + 1, "started": _MOMENT, "ended": _MOMENT, "counts": counts}


def _run_problem(number: int) -> dict[str, Any]:
    """What went wrong in every fifth run."""
    address = f"https://git.example.org/town-{number}/away"
    error = CrawlError("not-found", url=address).fault.text()
    return {"run": number * 5 + 1, "repository": address, "error": error}


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


def _rows(entry: Entry, seq: int, epoch: str, *, chosen: Settings) -> tuple[dict[str, Any], ...]:
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
