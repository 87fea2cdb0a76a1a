"""For machines: the portal feed, the documents of each solution, and our vocabularies. Absolute addresses come from BASE_URL, never from the request."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from email.utils import format_datetime

from flask import Blueprint, Response, redirect, request
from sqlalchemy.orm import Session

from catalog import clock, log, publishing, store
from catalog.errors import ConceptNotFound, PublisherNotFound, SolutionNotFound
from catalog.indexing import FACETS
from catalog.search import MAX_SIZE, Query
from catalog.tables import SolutionRow
from catalog.views.access import PUBLIC, access
from catalog.views.page import conditional, services
from vocabularies import concepts, portal, profile, writing
from vocabularies import triples as rdf
from vocabularies.namespaces import DCT, FOAF, ORG, PROV, RDF, SKOS
from vocabularies.serialising import MEDIA_TYPES, serialise
from vocabularies.triples import Triple

blueprint = Blueprint("feeds", __name__)
_FEED_FORMATS = ("ttl", "rdf", "jsonld", "nt")
_DOCUMENTS: dict[str, str] = {**MEDIA_TYPES, "codemeta.json": "application/ld+json", "publiccode.yml": "application/yaml"}
_KEPT_PAGES = 64


class _Pages:
    """The bytes of the feed pages that were asked for last; a page is made once for each state of the log."""

    def __init__(self) -> None:
        self._pages: OrderedDict[tuple[str, ...], bytes] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: tuple[str, ...], make: Callable[[], bytes]) -> bytes:
        with self._lock:
            if key in self._pages:
                self._pages.move_to_end(key)
                return self._pages[key]
        made = make()
        with self._lock:
            self._pages[key] = made
            while len(self._pages) > _KEPT_PAGES:
                self._pages.popitem(last=False)
        return made


_pages = _Pages()


def negotiated(formats: tuple[str, ...], *, html: bool = False) -> str:
    """The suffix that Accept likes best: the first of `formats` for `*/*`, "" for HTML where that is offered and liked."""
    types = (
        {MEDIA_TYPES[suffix]: suffix for suffix in formats} | ({"text/html": ""} if html else {}) | {"application/json": "jsonld"}
    )
    order = (["text/html"] if html else []) + list(types)
    return types[request.accept_mimetypes.best_match(order, default=order[0]) or order[0]]


def _rdf(body: bytes, suffix: str) -> Response:
    charset = "; charset=utf-8" if suffix in ("ttl", "nt", "trig") else ""
    return Response(body, content_type=MEDIA_TYPES[suffix] + charset)


@blueprint.route("/dcat/catalog")
@access(PUBLIC)
def catalog() -> Response:
    """The feed, its format negotiated; answered directly, never by a redirect."""
    return _feed(negotiated(_FEED_FORMATS), named="")


@blueprint.route("/dcat/catalog.<suffix>")
@access(PUBLIC)
def catalog_as(suffix: str) -> Response:
    """The feed in the format of the suffix."""
    if suffix not in _FEED_FORMATS:
        raise SolutionNotFound
    return _feed(suffix, named=suffix)


def _feed(suffix: str, *, named: str) -> Response:
    query = [(name, value) for name, value in request.args.items(multi=True) if name == "q" or name in FACETS]
    after = request.args.get("after", "")

    def make() -> Response:
        only = frozenset(matching(query)) if query else None
        with services().database.read() as session:
            head = log.head(session)
            key = (
                services().settings.base_url,
                services().build,
                head.epoch,
                str(head.seq),
                suffix,
                named,
                after,
                repr(sorted(query)),
            )
            body = _pages.get(key, lambda: _page(session, suffix, named, after, only, query))
        response = _rdf(body, suffix)
        response.headers["Last-Modified"] = format_datetime(
            clock.moment(max(head.published, "1971-01-01T00:00:00.000Z")), usegmt=True
        )
        return response

    return conditional(make)


def _page(
    session: Session, suffix: str, named: str, after: str, only: frozenset[str] | None, query: list[tuple[str, str]]
) -> bytes:
    page = services().feed.page(session, suffix=named, after=after, only=only, query=query)
    return b"".join(serialise(page.lines, suffix))


def matching(query: list[tuple[str, str]]) -> set[str]:
    """The ids of all solutions a filter finds. Raises QueryRefused."""
    filters: dict[str, tuple[str, ...]] = {}
    for name, value in query:
        if name != "q":
            filters[name] = (*filters.get(name, ()), value)
    text, found, number = dict(query).get("q", ""), set[str](), 1
    while True:
        results = services().index.query(
            Query(text=text, filters=filters, sort="name", page=number, size=MAX_SIZE, highlight=False)
        )
        found.update(hit.id for hit in results.hits)
        if number * MAX_SIZE >= results.total:
            return found
        number += 1


@blueprint.route("/id/solution/<ulid>")
@access(PUBLIC)
def solution(ulid: str) -> Response:
    """The identifier of a solution: on to its page or its document, by Accept."""
    with services().database.read() as session:
        row = store.visible(session, id=ulid)
    suffix = negotiated(tuple(MEDIA_TYPES), html=True)
    if row.state == "withdrawn":
        return _tombstone(row, suffix) if suffix else _see(f"/solutions/{row.slug}")
    return _see(f"/solutions/{row.slug}" if not suffix else f"/id/solution/{row.id}.{suffix}")


def _see(path: str) -> Response:
    response = redirect(services().settings.base_url + path, code=303)
    response.vary.add("Accept")
    return response  # type: ignore[return-value]


@blueprint.route("/id/solution/<string(length=26):ulid>.<path:suffix>")
@access(PUBLIC)
def document(ulid: str, suffix: str) -> Response:
    """All that is known of a solution, as RDF, codemeta.json or publiccode.yml."""
    if suffix not in _DOCUMENTS:
        raise SolutionNotFound
    with services().database.read() as session:
        row = store.visible(session, id=ulid)
    if row.state == "withdrawn":
        return _tombstone(row, suffix if suffix in MEDIA_TYPES else "ttl")
    return conditional(lambda: _document(row, suffix))


def _document(row: SolutionRow, suffix: str) -> Response:
    settings = services().settings
    known = store.solution_of(row)
    context = publishing.context(row, settings)
    known = profile.published(known, context)
    if suffix == "codemeta.json":
        return Response(writing.codemeta(known), content_type=_DOCUMENTS[suffix])
    if suffix == "publiccode.yml":
        return Response(writing.publiccode(known), content_type=_DOCUMENTS[suffix] + "; charset=utf-8")
    lines = profile.payload(known, context).decode().splitlines()
    objects = {line.split(" ", 2)[2][1:-3] for line in lines if line.split(" ", 2)[2].startswith("<")}
    lines += [f"{s} {p} {o} ." for s, p, o in portal.stubs(objects, settings.base_url)]
    return _rdf(b"".join(serialise(sorted(set(lines)), suffix)), suffix)


def _tombstone(row: SolutionRow, suffix: str) -> Response:
    """410 with what a machine needs to know: that it was here, and since when it is not."""
    iri = row.iri or f"{services().settings.base_url}/id/solution/{row.id}"
    graph: list[Triple] = [
        (rdf.iri(iri), rdf.iri(RDF.type), rdf.iri("https://www.w3.org/ns/activitystreams#Tombstone")),
        (
            rdf.iri(iri),
            rdf.iri(PROV.invalidatedAtTime),
            rdf.literal(row.withdrawn, datatype="http://www.w3.org/2001/XMLSchema#dateTime"),
        ),
        (rdf.iri(iri), rdf.iri(DCT.term("title")), rdf.literal(row.name)),
    ]
    response = _rdf(b"".join(serialise([f"{s} {p} {o} ." for s, p, o in sorted(graph)], suffix)), suffix)
    response.status_code = 410
    return response


@blueprint.route("/id/record/<ulid>")
@access(PUBLIC)
def record(ulid: str) -> Response:
    """The catalogue record of a solution is described in the solution's document."""
    with services().database.read() as session:
        row = store.visible(session, id=ulid)
    return _see(f"/id/solution/{row.id}.{negotiated(tuple(MEDIA_TYPES), html=True) or 'ttl'}")


@blueprint.route("/id/catalog")
@access(PUBLIC)
def catalogue() -> Response:
    """The catalogue's identifier leads to the feed, or home."""
    suffix = negotiated(_FEED_FORMATS, html=True)
    return _see("/dcat/catalog." + suffix if suffix else "/")


@blueprint.route("/id/org/<slug>")
@access(PUBLIC)
def organisation(slug: str) -> Response:
    """An organisation: its page, or what is known of it as RDF."""
    suffix = negotiated(tuple(MEDIA_TYPES), html=True)
    if not suffix:
        return _see(f"/publishers/{slug}")
    with services().database.read() as session:
        name = store.publisher_name(session, slug)
    if not name:
        raise PublisherNotFound
    iri = f"{services().settings.base_url}/id/org/{slug}"
    graph = [(rdf.iri(iri), rdf.iri(RDF.type), rdf.iri(class_)) for class_ in (FOAF.Agent, ORG.FormalOrganization)]
    graph.append((rdf.iri(iri), rdf.iri(FOAF.name), rdf.literal(name)))
    return _rdf(b"".join(serialise([f"{s} {p} {o} ." for s, p, o in sorted(graph)], suffix)), suffix)


@blueprint.route("/def/<scheme>")
@blueprint.route("/def/<scheme>/<path:code>")
@access(PUBLIC)
def definition(scheme: str, code: str = "") -> Response:
    """A concept scheme of ours, or the scheme around one concept, as SKOS."""
    suffix = next((name for name in MEDIA_TYPES if scheme.endswith("." + name)), "")
    scheme = scheme.removesuffix("." + suffix) if suffix else scheme
    if scheme not in concepts.SCHEMES:
        raise ConceptNotFound
    base = services().settings.base_url
    if code and (code not in concepts.scheme(scheme).concepts or not concepts.iri(scheme, code, base).startswith(base)):
        raise ConceptNotFound
    suffix = suffix or negotiated(tuple(MEDIA_TYPES))
    return conditional(lambda: _rdf(b"".join(serialise(_skos(scheme, code, base), suffix)), suffix), max_age=3600)


def _skos(scheme: str, only: str, base: str) -> list[str]:
    found = concepts.scheme(scheme)
    subject = rdf.iri(concepts.scheme_iri(scheme, base))
    graph: set[Triple] = {(subject, rdf.iri(RDF.type), rdf.iri(SKOS.ConceptScheme))}
    graph |= {(subject, rdf.iri(DCT.term("title")), rdf.literal(text, language)) for language, text in found.title.items()}
    for code, concept in found.concepts.items():
        if only in ("", code):
            node = rdf.iri(concepts.iri(scheme, code, base))
            graph |= {
                (node, rdf.iri(RDF.type), rdf.iri(SKOS.Concept)),
                (node, rdf.iri(SKOS.inScheme), subject),
                (node, rdf.iri(SKOS.notation), rdf.literal(code)),
            }
            graph |= {(node, rdf.iri(SKOS.prefLabel), rdf.literal(text, language)) for language, text in concept.labels.items()}
            graph |= {
                (node, rdf.iri(SKOS.altLabel), rdf.literal(word, language))
                for language, words in concept.synonyms.items()
                for word in words
            }
            graph |= {
                (node, rdf.iri(SKOS.definition), rdf.literal(text, language)) for language, text in concept.definition.items()
            }
            graph |= {(node, rdf.iri(SKOS.exactMatch), rdf.iri(match)) for match in concept.match}
            if concept.broader:
                graph.add((node, rdf.iri(SKOS.broader), rdf.iri(concepts.iri(scheme, concept.broader, base))))
    return sorted(f"{s} {p} {o} ." for s, p, o in graph)
