"""The documents behind identifiers: each solution and organisation as RDF and metadata files, and our vocabularies as SKOS."""

from __future__ import annotations

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
from vocabularies.triples import Triple

blueprint = Blueprint("documents", __name__)

_FILES = written()


@blueprint.route("/id/solution/<ulid>")
@access(PUBLIC)
def solution(ulid: str) -> Response:
    """The identifier of a solution: on to its page or its document, by Accept."""
    with services().database.read() as session:
        row = store.visible(session, id=ulid)
    suffix = negotiation.negotiated(tuple(MEDIA_TYPES), html=True)
    if row.state == EntryState.WITHDRAWN:
        return _tombstone(row, suffix) if suffix else negotiation.see(f"/solutions/{row.slug}")
    return negotiation.see(f"/solutions/{row.slug}" if not suffix else f"/id/solution/{row.id}.{suffix}")


@blueprint.route("/id/solution/<string(length=26):ulid>.<path:suffix>")
@access(PUBLIC)
def document(ulid: str, suffix: str) -> Response:
    """All that is known of a solution, as RDF or as a metadata file."""
    if suffix not in MEDIA_TYPES and suffix not in _FILES:
        raise SolutionNotFound
    with services().database.read() as session:
        row = store.visible(session, id=ulid)
    if row.state == EntryState.WITHDRAWN:
        return _tombstone(row, suffix if suffix in MEDIA_TYPES else "ttl")
    return conditional(lambda: _document(row, suffix))


def _document(row: SolutionRow, suffix: str) -> Response:
    settings = services().settings
    known = store.solution_of(row)
    context = publishing.context(row, settings)
    known = personal_data.published(known, context)
    form = _FILES.get(suffix)
    if form is not None and form.write is not None:
        return Response(form.write(known), content_type=form.media_type)
    lines = (
        graph_writer.payload(known, context).decode()[:-1].split("\n")
    )  # splitlines() would also cut at U+2028 and its kin
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
    response = negotiation.rdf_response(
        b"".join(serialise([f"{s} {p} {o} ." for s, p, o in sorted(graph)], suffix)), suffix
    )
    response.status_code = 410
    return response


@blueprint.route("/id/record/<ulid>")
@access(PUBLIC)
def record(ulid: str) -> Response:
    """The catalogue record of a solution is described in the solution's document."""
    with services().database.read() as session:
        row = store.visible(session, id=ulid)
    return negotiation.see(
        f"/id/solution/{row.id}.{negotiation.negotiated(tuple(MEDIA_TYPES), html=True) or 'ttl'}"
    )


@blueprint.route("/id/org/<slug>")
@access(PUBLIC)
def organisation(slug: str) -> Response:
    """An organisation: its page, or what is known of it as RDF."""
    suffix = negotiation.negotiated(tuple(MEDIA_TYPES), html=True)
    if not suffix:
        return negotiation.see(f"/publishers/{slug}")
    with services().database.read() as session:
        name = publishers.name_of(session, slug)
    if not name:
        raise PublisherNotFound
    iri = iris.thing(services().settings.base_url, iris.ORGANISATION, slug)
    graph = [
        (rdf.iri(iri), rdf.iri(RDF.type), rdf.iri(class_)) for class_ in (FOAF.Agent, ORG.FormalOrganization)
    ]
    graph.append((rdf.iri(iri), rdf.iri(FOAF.name), rdf.literal(name)))
    return negotiation.rdf_response(
        b"".join(serialise([f"{s} {p} {o} ." for s, p, o in sorted(graph)], suffix)), suffix
    )


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
    if code and (
        code not in concepts.scheme(scheme).concepts or not concepts.iri(scheme, code, base).startswith(base)
    ):
        raise ConceptNotFound
    suffix = suffix or negotiation.negotiated(tuple(MEDIA_TYPES))
    return conditional(
        lambda: negotiation.rdf_response(b"".join(serialise(_skos(scheme, code, base), suffix)), suffix),
        max_age=3600,
    )


def _skos(scheme: str, only: str, base: str) -> list[str]:
    found = concepts.scheme(scheme)
    subject = rdf.iri(concepts.scheme_iri(scheme, base))
    graph: set[Triple] = {(subject, rdf.iri(RDF.type), rdf.iri(SKOS.ConceptScheme))}
    graph |= {
        (subject, rdf.iri(DCT.term("title")), rdf.literal(text, language))
        for language, text in found.title.items()
    }
    for code, concept in found.concepts.items():
        if only in ("", code):
            node = rdf.iri(concepts.iri(scheme, code, base))
            graph |= {
                (node, rdf.iri(RDF.type), rdf.iri(SKOS.Concept)),
                (node, rdf.iri(SKOS.inScheme), subject),
                (node, rdf.iri(SKOS.notation), rdf.literal(code)),
            }
            graph |= {
                (node, rdf.iri(SKOS.prefLabel), rdf.literal(text, language))
                for language, text in concept.labels.items()
            }
            graph |= {
                (node, rdf.iri(SKOS.altLabel), rdf.literal(word, language))
                for language, words in concept.synonyms.items()
                for word in words
            }
            graph |= {
                (node, rdf.iri(SKOS.definition), rdf.literal(text, language))
                for language, text in concept.definition.items()
            }
            graph |= {(node, rdf.iri(SKOS.exactMatch), rdf.iri(match)) for match in concept.match}
            if concept.broader:
                graph.add((node, rdf.iri(SKOS.broader), rdf.iri(concepts.iri(scheme, concept.broader, base))))
    return sorted(f"{s} {p} {o} ." for s, p, o in graph)
