"""Reading about one solution: as a page, as JSON, and as the documents it was read from."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
from flask import Blueprint, Response, jsonify, make_response
from sqlalchemy import select
from sqlalchemy.orm import Session

from catalog.base import ids
from catalog.base.errors import SolutionNotFound, SolutionWithdrawn
from catalog.base.language import Translator
from catalog.base.states import UNSEEN, VISIBLE, EntryState
from catalog.base.tables import SolutionRow
from catalog.entries import copies, publishing, store
from catalog.people.permissions import Permission
from catalog.views import details, evidence, markdown, present, schemaorg, solution_json
from catalog.views.access import PUBLIC, access, may
from catalog.views.page import conditional, page, private, services, translator
from vocabularies import iris
from vocabularies.formats import lookup
from vocabularies.rdf import personal_data
from vocabularies.terms import Solution

blueprint = Blueprint("solutions", __name__)
_RDF = (
    ("ttl", "Turtle"),
    ("jsonld", "JSON-LD"),
    ("rdf", "RDF/XML"),
    ("nt", "N-Triples"),
    *((name, name) for name in lookup.written()),
)


def _shown(session: Session, slug: str) -> SolutionRow:
    """The row this visitor may see: operators also what is hidden or waits.

    Raises SolutionWithdrawn with the date, SolutionNotFound.
    """
    row = store.get(session, slug=slug)
    if row.state == EntryState.WITHDRAWN:
        raise SolutionWithdrawn(slug=row.slug, date=row.withdrawn)
    if row.state in UNSEEN and not may(Permission.PREVIEW):
        raise SolutionNotFound
    return row


def _answer(slug: str, make: Callable[[Session, SolutionRow], Response]) -> Response:
    """What everybody may see is kept by caches and costs no query while it is the same.

    What only operators see is not.
    """

    def made() -> Response:
        with services().database.read() as session:
            row = _shown(session, slug)
            response = make(session, row)
        return private(response) if row.state in UNSEEN else response

    return conditional(made)


@blueprint.route("/solutions/<slug>")
@access(PUBLIC)
def detail(slug: str) -> Response:
    """Everything about one solution: first for the town hall, then for those who build and check."""
    return _answer(slug, _detail)


def _detail(session: Session, row: SolutionRow) -> Response:
    words = translator()
    solution = store.solution_of(row)
    stored = copies.remarked(session, row, store.records(session, row.id))
    urls = [repository.url for repository in store.repositories(session, row.id)]
    text = present.best(solution.text, words.language)
    origin = _original(session, row)
    listed = row.state == EntryState.LISTED
    return page(
        "solution.html",
        row=row,
        iri=ids.solution(services().settings.base_url, row),
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
        homepage=_homepage(solution),
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
        robots="" if listed else "noindex",
        original_address=_address(origin),
        data=_schemaorg(row, solution, words) if listed else None,
    )


def _homepage(solution: Solution) -> str:
    return solution.publisher.homepage if solution.publisher else ""


def _address(entry: SolutionRow | None) -> str:
    return iris.page(services().settings.base_url, entry.slug) if entry else ""


def _schemaorg(row: SolutionRow, solution: Solution, words: Translator) -> dict[str, Any]:
    return schemaorg.software(row, solution, base=services().settings.base_url, language=words.language)


def _original(session: Session, row: SolutionRow) -> SolutionRow | None:
    """What a copy is a copy of; None if visitors may not see that."""
    origin = session.get(SolutionRow, row.copy_of) if row.copy_of else None
    return origin if origin is not None and origin.state in VISIBLE else None


def _copies(session: Session, row: SolutionRow) -> list[SolutionRow]:
    copied = (SolutionRow.copy_of == row.id) & (SolutionRow.state == EntryState.COPY)
    return list(session.scalars(select(SolutionRow).where(copied).order_by(SolutionRow.slug)))


@blueprint.route("/solutions/<slug>.json")
@access(PUBLIC)
def detail_json(slug: str) -> Response:
    """The same as data: the merged description, where each field comes from, and what was remarked."""
    return _answer(slug, _detail_json)


def _detail_json(session: Session, row: SolutionRow) -> Response:
    settings = services().settings
    words = translator()
    context = publishing.context(row, settings)
    known: Solution = personal_data.published(store.solution_of(row), context)
    records = copies.remarked(session, row, store.records(session, row.id))
    return jsonify(
        **solution_json.item(row, words, base=settings.base_url),
        state=row.state,
        claims=row.claims,
        solution=msgspec.to_builtins(known),
        provenance=msgspec.to_builtins(store.provenance_of(row)),
        documents=[solution_json.document(record, words) for record in records],
    )


@blueprint.route("/solutions/<slug>/source/<format>")
@access(PUBLIC)
def source(slug: str, format: str) -> Response:
    """A metadata file as it was read, byte for byte, as plain text that no browser will run."""
    return _answer(slug, lambda session, row: _source(session, row, format))


def _source(session: Session, row: SolutionRow, format: str) -> Response:
    records = store.records(session, row.id)
    record = next((item for item in records if item.format == format and lookup.row_of(format).public), None)
    if record is None:
        raise SolutionNotFound
    response = make_response(record.content)
    response.headers["Content-Type"] = "text/plain; charset=utf-8"
    response.headers["Content-Security-Policy"] = "sandbox; default-src 'none'"
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response
