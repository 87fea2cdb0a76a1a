"""Finding solutions: the results of a search as a page, as JSON, and as a feed of news."""

from __future__ import annotations

import msgspec
from flask import Blueprint, Response, jsonify, render_template, request
from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict

from catalog.base import ids
from catalog.base.errors import IndexMissing
from catalog.base.language import Translator
from catalog.changes import log
from catalog.search import MAX_SIZE, Query, Results
from catalog.views import filter_suggestions, present, searching, solution_json
from catalog.views.access import PUBLIC, access
from catalog.views.page import conditional, page, services, translator
from vocabularies import iris

blueprint = Blueprint("search", __name__)
_NEWS = 50  # entries of a feed for readers
_SIZE = 20  # of a page of JSON, unless another is asked for
_TOPICS = 12  # that are offered where nothing was found
_BEGINNING = "2026-01-01T00:00:00Z"  # when nothing was published yet
# Name of a link to the same search in another form -> its path.
_FORMS = {"json": "/solutions.json", "atom": "/solutions.atom", "rdf": iris.feed("")}


@blueprint.route("/solutions")
@access(PUBLIC)
def results() -> Response:
    """The results of a search, or all solutions."""
    return conditional(_results)


def _results() -> Response:
    words = translator()
    path = "/solutions"
    query = searching.query_of(request.args, words.language)
    found = _found(query)
    with services().database.read() as session:
        rows = searching.rows(session, found)
        names = _names(session, query, found)
    arguments = searching.pairs(query)
    first_of_all = not (query.text or query.filters or query.page > 1)
    shown = [(rows[hit.id], hit if query.text else None) for hit in found.hits if hit.id in rows]
    return page(
        "results.html",
        query=query,
        results=found,
        facets=searching.facets(query, found, names, words=words),
        active=searching.active(query, path, names, words=words),
        pages=searching.pages(query, found.total, path),
        sorts={code: words.gettext(label) for code, label in searching.SORTS.items()},
        cards=[present.card(row, words, hit=hit) for row, hit in shown],
        suggested=_suggested(query, found, path),
        without_filters=_without_filters(query, path),
        robots="" if first_of_all else "noindex, follow",
        links={name: searching.address(to, arguments) for name, to in _FORMS.items()},
        topics=_topics(words) if not found.total else [],
        suggested_filters=filter_suggestions.filters(query, services().index, words),
    )


def _suggested(query: Query, found: Results, path: str) -> str:
    """The address of the same search in the spelling that was suggested; "" if none was."""
    if not found.suggestion:
        return ""
    return searching.address(path, searching.pairs(query, text=found.suggestion))


def _without_filters(query: Query, path: str) -> str:
    return searching.address(path, [("q", query.text)]) if query.text else path


def _found(query: Query) -> Results:
    """What the index finds. Raises QueryRefused, and IndexMissing rather than say that there is nothing."""
    found = services().index.query(query)
    if not found.answered:
        raise IndexMissing
    return found


def _topics(words: Translator) -> list[tuple[str, str, int]]:
    """(code, label, count) of the topics that hold most, to go on with where nothing was found."""
    found = services().index.query(Query(size=0, facets=("topic",), highlight=False))
    topics = found.facets.get("topic", ())[:_TOPICS]
    return [(code, present.label("topic", code, words), count) for code, count in topics]


def _names(session: Session, query: Query, found: Results) -> dict[str, str]:
    """Slug -> name of the publishers that filters and facets show."""
    counted = found.facets.get("publisher", ())[: searching.MOST]
    codes = [*query.filters.get("publisher", ()), *(code for code, _ in counted)]
    return searching.publisher_names(session, codes) if codes else {}


@blueprint.route("/solutions.json")
@access(PUBLIC)
def results_json() -> Response:
    """The same search as data."""
    return conditional(_results_json)


def _results_json() -> Response:
    words = translator()
    base = services().settings.base_url
    query = searching.query_of(request.args, words.language, size=_wanted_size())
    found = _found(msgspec.structs.replace(query, highlight=False))
    with services().database.read() as session:
        rows = searching.rows(session, found)
        names = _names(session, query, found)
    facets = searching.facets(query, found, names, words=words)
    hits = [hit for hit in found.hits if hit.id in rows]
    return jsonify(
        total=found.total,
        page=query.page,
        size=query.size,
        suggestion=found.suggestion,
        relaxed=found.relaxed,
        apart=found.apart,
        items=[solution_json.item(rows[hit.id], words, base=base) for hit in hits],
        facets={facet.name: _values(facet) for facet in facets},
    )


def _wanted_size() -> int:
    """`?size=`, if it is one that is given."""
    text = request.args.get("size", "")
    if not text.isascii() or not text.isdecimal() or len(text) > 3:
        return _SIZE
    return int(text) if 0 < int(text) <= MAX_SIZE else _SIZE


def _values(facet: searching.Facet) -> list[dict[str, str | int]]:
    values = (*facet.values, *facet.rest)
    return [{"code": value.code, "label": value.label, "count": value.found} for value in values]


@blueprint.route("/feed.atom")
@access(PUBLIC)
def news() -> Response:
    """What is new at all, for feed readers (RFC 4287)."""
    return conditional(lambda: _atom(MultiDict()))


@blueprint.route("/solutions.atom")
@access(PUBLIC)
def results_atom() -> Response:
    """What is new in this search, for feed readers."""
    return conditional(lambda: _atom(request.args))


def _atom(arguments: MultiDict[str, str]) -> Response:
    words = translator()
    base = services().settings.base_url
    query = searching.query_of(arguments, words.language, size=_NEWS)
    newest = msgspec.structs.replace(query, sort="recency", page=1, facets=(), highlight=False)
    found = _found(newest)
    with services().database.read() as session:
        rows = searching.rows(session, found)
        published = log.head(session).published
        names = searching.publisher_names(session, query.filters.get("publisher", ()))
    shown = [rows[hit.id] for hit in found.hits if hit.id in rows]
    filters = searching.active(query, "", names, words=words)
    same = searching.pairs(msgspec.structs.replace(query, sort="relevance", page=1))
    body = render_template(
        "atom.xml",
        entries=[(row, present.card(row, words), ids.solution(base, row)) for row in shown],
        about=[query.text, *(item.label for item in filters)],
        updated=max((row.modified for row in shown), default=published or _BEGINNING),
        itself=searching.address(base + request.path, same),
        html=searching.address(f"{base}/solutions", same),
    )
    return Response(body, content_type="application/atom+xml; charset=utf-8")
