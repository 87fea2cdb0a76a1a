"""Routes under /id and /def: documents of solutions, organisations and terms, and tombstones.

Each solution and organisation as RDF and metadata files, and our vocabularies as SKOS.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from flask import Blueprint, Response

from catalog.base import ids
from catalog.base.errors import ConceptNotFound, PublisherNotFound, SolutionNotFound
from catalog.base.states import EntryState
from catalog.base.tables import SolutionRow
from catalog.entries import publishers, publishing, store
from catalog.views import negotiation
from catalog.views.access import PUBLIC, access
from catalog.views.page import conditional, services
from vocabularies import concepts, iris
from vocabularies import triples as rdf
from vocabularies.formats.lookup import written
from vocabularies.namespaces import DCT, FOAF, ORG, PROV, RDF, SKOS
from vocabularies.rdf import code_list_labels, graph_writer, personal_data
from vocabularies.rdf.turtle import MEDIA_TYPES, serialise
from vocabularies.schemes.files import Concept
from vocabularies.triples import Triple

blueprint = Blueprint("documents", __name__)

_FILES = written()


@blueprint.route("/id/solution/<ulid>")
@access(PUBLIC)
def solution(ulid: str) -> Response:
    """The identifier of a solution: on to its page or its document, by Accept."""
    with services().database.read() as session:
        row = store.visible(session, id=ulid)
    base = services().settings.base_url
    suffix = negotiation.negotiated(tuple(MEDIA_TYPES), html=True)
    if not suffix:
        return negotiation.see(iris.page(base, row.slug))
    if row.state == EntryState.WITHDRAWN:
        return _tombstone(row, suffix)
    return negotiation.see(iris.document(base, row.id, suffix))


@blueprint.route("/id/solution/<string(length=26):ulid>.<path:suffix>")
@access(PUBLIC)
def document(ulid: str, suffix: str) -> Response:
    """All that is known of a solution, as RDF or as a metadata file."""
    if suffix not in MEDIA_TYPES and suffix not in _FILES:
        raise SolutionNotFound
    return conditional(lambda: _document(ulid, suffix))


def _document(ulid: str, suffix: str) -> Response:
    with services().database.read() as session:
        row = store.visible(session, id=ulid)
    if row.state == EntryState.WITHDRAWN:
        return _tombstone(row, suffix if suffix in MEDIA_TYPES else "ttl")
    settings = services().settings
    known = store.solution_of(row)
    context = publishing.context(row, settings)
    known = personal_data.published(known, context)
    form = _FILES.get(suffix)
    if form is not None and form.write is not None:
        return Response(form.write(known), content_type=form.media_type)
    # splitlines() would also cut at U+2028 and its kin
    lines = graph_writer.payload(known, context).decode()[:-1].split("\n")
    objects = {line.split(" ", 2)[2][1:-3] for line in lines if line.split(" ", 2)[2].startswith("<")}
    lines += [f"{s} {p} {o} ." for s, p, o in code_list_labels.labels(objects, settings.base_url)]
    return negotiation.rdf_response(b"".join(serialise(sorted(set(lines)), suffix)), suffix)


def _tombstone(row: SolutionRow, suffix: str) -> Response:
    """410 with what a machine needs to know: that it was here, and since when it is not."""
    iri = ids.solution(services().settings.base_url, row)
    graph: list[Triple] = [
        (rdf.iri(iri), rdf.iri(RDF.type), rdf.iri("https://www.w3.org/ns/activitystreams#Tombstone")),
        (
            rdf.iri(iri),
            rdf.iri(PROV.invalidatedAtTime),
            rdf.literal(row.withdrawn, datatype="http://www.w3.org/2001/XMLSchema#dateTime"),
        ),
        (rdf.iri(iri), rdf.iri(DCT.term("title")), rdf.literal(row.name)),
    ]
    response = _rdf(graph, suffix)
    response.status_code = 410
    return response


def _rdf(graph: Iterable[Triple], suffix: str) -> Response:
    return negotiation.rdf_response(b"".join(serialise(_lines(graph), suffix)), suffix)


def _lines(graph: Iterable[Triple]) -> list[str]:
    """A small graph as sorted N-Triples lines without their ends."""
    return [f"{s} {p} {o} ." for s, p, o in sorted(graph)]


@blueprint.route("/id/record/<ulid>")
@access(PUBLIC)
def record(ulid: str) -> Response:
    """The catalogue record of a solution is described in the solution's document."""
    with services().database.read() as session:
        row = store.visible(session, id=ulid)
    suffix = negotiation.negotiated(tuple(MEDIA_TYPES), html=True) or "ttl"
    return negotiation.see(iris.document(services().settings.base_url, row.id, suffix))


@blueprint.route("/id/org/<slug>")
@access(PUBLIC)
def organisation(slug: str) -> Response:
    """An organisation: its page, or what is known of it as RDF."""
    base = services().settings.base_url
    suffix = negotiation.negotiated(tuple(MEDIA_TYPES), html=True)
    if not suffix:
        return negotiation.see(iris.publisher_page(base, slug))
    with services().database.read() as session:
        name = publishers.name_of(session, slug)
    if not name:
        raise PublisherNotFound
    iri = iris.thing(base, iris.ORGANISATION, slug)
    graph = [
        (rdf.iri(iri), rdf.iri(RDF.type), rdf.iri(class_)) for class_ in (FOAF.Agent, ORG.FormalOrganization)
    ]
    graph.append((rdf.iri(iri), rdf.iri(FOAF.name), rdf.literal(name)))
    return _rdf(graph, suffix)


@blueprint.route("/def/<scheme>")
@blueprint.route("/def/<scheme>/<path:code>")
@access(PUBLIC)
def definition(scheme: str, code: str = "") -> Response:
    """A concept scheme of ours, or the scheme around one concept, as SKOS."""
    name, _, named = scheme.partition(".")
    if name not in concepts.SCHEMES or named not in ("", *MEDIA_TYPES):
        raise ConceptNotFound
    base = services().settings.base_url
    if code and code not in concepts.scheme(name).concepts:
        raise ConceptNotFound
    if code and not concepts.iri(name, code, base).startswith(base):  # a term of somebody else's
        raise ConceptNotFound
    suffix = named or negotiation.negotiated(tuple(MEDIA_TYPES))
    return conditional(lambda: _rdf(_skos(name, code, base), suffix), max_age=3600)


def _skos(scheme: str, only: str, base: str) -> set[Triple]:
    """The scheme and its concepts, or `only` one of them."""
    found = concepts.scheme(scheme)
    subject = rdf.iri(concepts.scheme_iri(scheme, base))
    graph: set[Triple] = {(subject, rdf.iri(RDF.type), rdf.iri(SKOS.ConceptScheme))}
    for language, text in found.title.items():
        graph.add((subject, rdf.iri(DCT.term("title")), rdf.literal(text, language)))
    for code, concept in found.concepts.items():
        if only in ("", code):
            node = rdf.iri(concepts.iri(scheme, code, base))
            graph.add((node, rdf.iri(SKOS.inScheme), subject))
            graph.add((node, rdf.iri(SKOS.notation), rdf.literal(code)))
            graph.update(_concept(node, concept))
            if concept.broader:
                broader = rdf.iri(concepts.iri(scheme, concept.broader, base))
                graph.add((node, rdf.iri(SKOS.broader), broader))
    return graph


def _concept(node: str, concept: Concept) -> Iterator[Triple]:
    """What a concept is called and means."""
    yield node, rdf.iri(RDF.type), rdf.iri(SKOS.Concept)
    for language, text in concept.labels.items():
        yield node, rdf.iri(SKOS.prefLabel), rdf.literal(text, language)
    for language, words in concept.synonyms.items():
        for word in words:
            yield node, rdf.iri(SKOS.altLabel), rdf.literal(word, language)
    for language, text in concept.definition.items():
        yield node, rdf.iri(SKOS.definition), rdf.literal(text, language)
    for match in concept.match:
        yield node, rdf.iri(SKOS.exactMatch), rdf.iri(match)
