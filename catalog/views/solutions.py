"""Finding solutions and reading about one: as a page, as JSON, as a feed of news, and as the documents it was read from."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
from flask import Blueprint, Response, jsonify, make_response, render_template, request
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict

from catalog.base import ids
from catalog.base import language as languages
from catalog.base.errors import SolutionNotFound, SolutionWithdrawn
from catalog.base.states import UNSEEN, VISIBLE, EntryState
from catalog.base.tables import SolutionRow
from catalog.changes import log
from catalog.entries import copies, publishing, store
from catalog.search import Query, Results
from catalog.views import details, evidence, filter_suggestions, markdown, present, schemaorg, searching
from catalog.views.access import OPERATOR, PUBLIC, access, account
from catalog.views.page import conditional, page, private, services, translator
from vocabularies import iris
from vocabularies.formats import lookup
from vocabularies.rdf import dcat_ap, personal_data
from vocabularies.terms import Solution
from vocabularies.values import kinds

blueprint = Blueprint("solutions", __name__)
_NEWS = 50
_RDF = (
    ("ttl", "Turtle"),
    ("jsonld", "JSON-LD"),
    ("rdf", "RDF/XML"),
    ("nt", "N-Triples"),
    *((name, name) for name in lookup.written()),
)


# --- finding ------------------------------------------------------------------------------------------------------------------------


@blueprint.route("/solutions")
@access(PUBLIC)
def results() -> Response:
    """The results of a search, or all solutions."""
    return conditional(_results)


def _results() -> Response:
    words = translator()
    query = searching.asked(request.args, words.language)
    found = services().index.query(query)
    with services().database.read() as session:
        rows = searching.rows(session, found)
        names = _names(session, query, found)
    path, asked = "/solutions", searching.pairs(query)
    narrowed = bool(query.text or query.filters)
    return page(
        "results.html",
        query=query,
        results=found,
        facets=searching.facets(query, found, names, words),
        active=searching.active(query, path, names, words),
        pages=searching.pages(query, found.total, path),
        sorts={code: words.gettext(label) for code, label in searching.SORTS.items()},
        cards=[
            present.card(rows[hit.id], words, hit=hit if query.text else None)
            for hit in found.hits
            if hit.id in rows
        ],
        suggested=searching.address(path, searching.pairs(query, text=found.suggestion))
        if found.suggestion
        else "",
        without_filters=searching.address(path, [("q", query.text)] if query.text else []),
        robots="noindex, follow" if narrowed or query.page > 1 else "",
        links={
            name: searching.address(to, asked)
            for name, to in (
                ("json", "/solutions.json"),
                ("atom", "/solutions.atom"),
                ("rdf", "/dcat/catalog"),
            )
        },
        topics=_topics(words) if not found.total else [],
        meant=filter_suggestions.filters(query, services().index, words),
    )


def _topics(words: languages.Translator) -> list[tuple[str, str, int]]:
    """(code, label, count) of the topics that hold most, to go on with where nothing was found."""
    found = services().index.query(Query(size=0, facets=("topic",), highlight=False)).facets.get("topic", ())
    return [(code, present.label("topic", code, words), count) for code, count in found[:12]]


def _names(session: Session, query: Query, found: Results) -> dict[str, str]:
    codes = [
        *query.filters.get("publisher", ()),
        *(code for code, _ in found.facets.get("publisher", ())[: searching.MOST]),
    ]
    return searching.publisher_names(session, codes) if codes else {}


@blueprint.route("/solutions.json")
@access(PUBLIC)
def results_json() -> Response:
    """The same search as data."""
    return conditional(_results_json)


def _results_json() -> Response:
    words = translator()
    size = request.args.get("size", "20")
    query = searching.asked(
        request.args,
        words.language,
        size=int(size)
        if size.isascii() and size.isdecimal() and len(size) < 4 and 0 < int(size) <= 100
        else 20,
    )
    found = services().index.query(msgspec.structs.replace(query, highlight=False))
    with services().database.read() as session:
        rows = searching.rows(session, found)
        names = _names(session, query, found)
    facets = searching.facets(query, found, names, words)
    return jsonify(
        total=found.total,
        page=query.page,
        size=query.size,
        suggestion=found.suggestion,
        relaxed=found.relaxed,
        apart=found.apart,
        items=[_item(rows[hit.id]) for hit in found.hits if hit.id in rows],
        facets={
            facet.name: [
                {"code": value.code, "label": value.label, "count": value.found}
                for value in (*facet.values, *facet.rest)
            ]
            for facet in facets
        },
    )


def _item(row: SolutionRow) -> dict[str, Any]:
    solution, words, base = store.solution_of(row), translator(), services().settings.base_url
    return {
        "id": ids.solution(base, row),
        "slug": row.slug,
        "url": iris.page(base, row.slug),
        "json": f"{base}/solutions/{row.slug}.json",
        "name": dcat_ap.name(solution, words.language),
        "summary": present.summary(solution, words.language).text,
        "publisher": {"name": dcat_ap.agent_name(solution), "slug": row.publisher},
        "repository": solution.repository,
        "licence": solution.licence,
        "licences": kinds.licences(solution.licence),
        "status": solution.status,
        "version": solution.version,
        "release_date": solution.release_date,
        "modified": row.modified,
        "life": row.life,
        "life_since": row.life_since,
    }


@blueprint.route("/solutions.atom", defaults={"asked": True}, endpoint="results_atom")
@blueprint.route("/feed.atom", defaults={"asked": False}, endpoint="news")
@access(PUBLIC)
def results_atom(asked: bool) -> Response:
    """What is new in this search, or at all, for feed readers (RFC 4287)."""
    return conditional(
        lambda: _atom(searching.asked(request.args if asked else _NOTHING, translator().language, size=_NEWS))
    )


_NOTHING: MultiDict[str, str] = MultiDict()


def _atom(query: Query) -> Response:
    newest = msgspec.structs.replace(query, sort="recency", page=1, facets=(), highlight=False)
    found = services().index.query(newest)
    with services().database.read() as session:
        rows = searching.rows(session, found)
        published = log.head(session).published
        names = searching.publisher_names(session, query.filters.get("publisher", ()))
    entries = [
        (rows[hit.id], present.card(rows[hit.id], translator())) for hit in found.hits if hit.id in rows
    ]
    asked = searching.pairs(msgspec.structs.replace(query, sort="relevance", page=1))
    base = services().settings.base_url
    body = render_template(
        "atom.xml",
        entries=entries,
        about=[query.text, *(one.label for one in searching.active(query, "", names, translator()))],
        updated=max((row.modified for row, _ in entries), default=published or "2026-01-01T00:00:00Z"),
        itself=searching.address(base + request.path, asked),
        html=searching.address(f"{base}/solutions", asked),
    )
    return Response(body, content_type="application/atom+xml; charset=utf-8")


# --- one solution -------------------------------------------------------------------------------------------------------------------


def _shown(session: Session, slug: str) -> SolutionRow:
    """The row this visitor may see: operators also what is hidden or waits. Raises SolutionWithdrawn with the date, SolutionNotFound."""
    row = store.get(session, slug=slug)
    if row.state == EntryState.WITHDRAWN:
        raise SolutionWithdrawn(slug=row.slug, date=row.withdrawn)
    if row.state in UNSEEN and not _operator():
        raise SolutionNotFound
    return row


def _answer(slug: str, make: Callable[[Session, SolutionRow], Response]) -> Response:
    """What everybody may see is kept by caches and costs no query while it is the same; what only operators see is not."""

    def made() -> Response:
        with services().database.read() as session:
            row = _shown(session, slug)
            response = make(session, row)
        return private(response) if row.state in UNSEEN else response

    return conditional(made)


def _operator() -> bool:
    signed_in = account()
    return signed_in is not None and signed_in.role == OPERATOR


@blueprint.route("/solutions/<slug>")
@access(PUBLIC)
def detail(slug: str) -> Response:
    """Everything about one solution: first for the town hall, then for those who build and check."""
    return _answer(slug, _detail)


def _detail(session: Session, row: SolutionRow) -> Response:
    words, settings = translator(), services().settings
    solution, stored = store.solution_of(row), copies.remarked(session, row, store.records(session, row.id))
    urls = [one.url for one in store.repositories(session, row.id)]
    text = present.best(solution.text, words.language)
    origin = _original(session, row)
    return page(
        "solution.html",
        row=row,
        solution=solution,
        card=present.card(row, words, known=solution),
        text=text,
        body=markdown.html(services().sandbox, text.text),
        summary=present.plain(solution.short_text, words.language),
        features=present.all_lists(solution.features, words.language),
        facts=details.facts(solution, words),
        technical=details.technical(solution, words),
        contacts=details.contacts(solution),
        involved=details.involved(solution),
        homepage=solution.publisher.homepage if solution.publisher else "",
        projects=[(code, present.label("project", code, words)) for code in solution.programme],
        life=present.life(row, words),
        life_reason=present.life_reason(row, words),
        repositories=details.repositories(row, solution, urls),
        evidence=evidence.evidence(store.provenance_of(row), stored, words),
        documents=evidence.documents(stored, words),
        only_curated=evidence.only_curated(stored),
        as_of=present.day(solution.as_of, words),
        copies=_copies(session, row),
        origin=origin,
        rdf=_RDF,
        robots="" if row.state == EntryState.LISTED else "noindex",
        original_address=iris.page(settings.base_url, origin.slug) if origin else "",
        data=schemaorg.software(row, solution, base=settings.base_url, language=words.language)
        if row.state == EntryState.LISTED
        else None,
    )


def _original(session: Session, row: SolutionRow) -> SolutionRow | None:
    """What a copy is a copy of; None if visitors may not see that."""
    origin = session.get(SolutionRow, row.copy_of) if row.copy_of else None
    return origin if origin is not None and origin.state in VISIBLE else None


def _copies(session: Session, row: SolutionRow) -> list[SolutionRow]:
    return list(
        session.scalars(
            select(SolutionRow)
            .where(SolutionRow.copy_of == row.id, SolutionRow.state == EntryState.COPY)
            .order_by(SolutionRow.slug)
        )
    )


@blueprint.route("/solutions/<slug>.json")
@access(PUBLIC)
def detail_json(slug: str) -> Response:
    """The same as data: the merged description, where each field comes from, and what was remarked."""
    return _answer(slug, _detail_json)


def _detail_json(session: Session, row: SolutionRow) -> Response:
    settings, words = services().settings, translator()
    context = publishing.context(row, settings)
    known: Solution = personal_data.published(store.solution_of(row), context)
    return jsonify(
        **_item(row),
        state=row.state,
        claims=row.claims,
        solution=msgspec.to_builtins(known),
        provenance=msgspec.to_builtins(store.provenance_of(row)),
        documents=[
            _document(one, words) for one in copies.remarked(session, row, store.records(session, row.id))
        ],
    )


def _document(one: store.Stored, words: languages.Translator) -> dict[str, Any]:
    problems = []
    for problem in one.reading.problems:
        message, hint = languages.problem(words, problem)
        place = {"path": problem.path, "line": problem.line, "column": problem.column}
        problems.append(
            {"severity": problem.severity, "code": problem.code, **place, "message": message, "hint": hint}
        )
    about = {
        "format": one.format,
        "path": one.path,
        "repository": one.repository,
        "uri": one.uri,
        "commit": one.commit,
    }
    return {**about, "fetched": one.fetched, "valid": one.reading.valid, "problems": problems}


@blueprint.route("/solutions/<slug>/source/<format>")
@access(PUBLIC)
def source(slug: str, format: str) -> Response:
    """A metadata file as it was read, byte for byte, as plain text that no browser will run."""
    return _answer(slug, lambda session, row: _source(session, row, format))


def _source(session: Session, row: SolutionRow, format: str) -> Response:
    stored = reversed(store.records(session, row.id))
    shown = {one.format: one for one in stored if lookup.row_of(one.format).public}
    if format not in shown:
        raise SolutionNotFound
    response = make_response(shown[format].content)
    response.headers["Content-Type"] = "text/plain; charset=utf-8"
    response.headers["Content-Security-Policy"] = "sandbox; default-src 'none'"
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response
