"""Typed, labelled stubs for the code-list IRIs of a page, so that it conforms by itself (rdf.md 0.3)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache

from vocabularies import concepts
from vocabularies import triples as rdf
from vocabularies.namespaces import DCT, NAL, RDF, SKOS, SPDX_LICENCE
from vocabularies.triples import Triple

TYPE = rdf.iri(RDF.type)

# Scheme -> the class its concepts have on a page instead of skos:Concept (what the shapes ask for).
_STUB_CLASS = {
    "language": DCT.LinguisticSystem,
    "country": DCT.Location,
    "file-type": DCT.MediaTypeOrExtent,
    "licence": DCT.LicenseDocument,
}
# Code lists that are no scheme of ours: prefix -> class. The list's own address is the prefix without its last character.
_LISTS = {
    SPDX_LICENCE: DCT.LicenseDocument,
    NAL + "licence/": DCT.LicenseDocument,
    NAL + "dataset-status/": SKOS.Concept,
    NAL + "access-right/": DCT.RightsStatement,
    NAL + "file-type/": DCT.MediaTypeOrExtent,
    "http://purl.org/dc/dcmitype/": SKOS.Concept,
    "http://dcat-ap.de/def/politicalGeocoding/Level/": SKOS.Concept,
    "http://dcat-ap.de/def/contributors/": SKOS.Concept,
}
_THEMES = NAL + "data-theme"


def stubs(iris: Iterable[str], base: str) -> list[Triple]:
    """Typed, labelled stubs for the code-list IRIs among `iris`, so that a page conforms by itself (rdf.md 0.3). Sorted, unique."""
    graph: set[Triple] = set()
    for iri in iris:
        if found := _stub(iri, base):
            graph.update(found)
    return sorted(graph)


@lru_cache(maxsize=8_192)
def _stub(iri: str, base: str) -> tuple[Triple, ...]:
    if iri == _THEMES:
        labels = [
            (SKOS.prefLabel, "Datenthema", "de"),
            (SKOS.prefLabel, "Data theme", "en"),
            (DCT.term("title"), "Datenthema", "de"),
            (DCT.term("title"), "Data theme", "en"),
        ]
        subject = rdf.iri(iri)
        return (subject, TYPE, rdf.iri(SKOS.ConceptScheme)), *(
            (subject, rdf.iri(p), rdf.literal(text, language)) for p, text, language in labels
        )
    found = concepts.code_of(iri, base)
    if found:
        scheme, code = found
        labels_of = concepts.scheme(scheme).concepts[code].labels
        return tuple(
            _stub_triples(
                iri, _STUB_CLASS.get(scheme, SKOS.Concept), concepts.scheme_iri(scheme, base), labels_of
            )
        )
    for prefix, class_ in _LISTS.items():
        if iri.startswith(prefix):
            return tuple(_stub_triples(iri, class_, prefix[:-1], {"en": iri.removeprefix(prefix)}))
    return ()


def _stub_triples(iri: str, class_: str, scheme: str, labels: dict[str, str]) -> Iterator[Triple]:
    subject = rdf.iri(iri)
    yield subject, TYPE, rdf.iri(class_)
    yield subject, rdf.iri(SKOS.inScheme), rdf.iri(scheme)
    for language, text in labels.items():
        yield subject, rdf.iri(SKOS.prefLabel), rdf.literal(text, language)
