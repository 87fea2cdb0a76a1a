"""Class, scheme and labels of the code-list IRIs on a page, so that it conforms to the shapes by itself.

Why a page needs them: docs/rdf.md, "Labels of code lists".
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache

from vocabularies import concepts
from vocabularies import triples as rdf
from vocabularies.namespaces import DCT, NAL, RDF, SKOS, SPDX_LICENCE
from vocabularies.triples import Triple

TYPE = rdf.iri(RDF.type)

# Scheme -> the class its concepts have on a page instead of skos:Concept (what the shapes ask for).
_CLASSES = {
    "language": DCT.LinguisticSystem,
    "country": DCT.Location,
    "file-type": DCT.MediaTypeOrExtent,
    "licence": DCT.LicenseDocument,
}
# Code lists that are no scheme of ours: prefix -> class. The list's IRI is the prefix without its last sign.
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


def labels(iris: Iterable[str], base: str) -> list[Triple]:
    """Class, scheme and labels of the code-list IRIs among `iris`. Sorted, unique."""
    graph: set[Triple] = set()
    for iri in iris:
        graph.update(_labels_of(iri, base))
    return sorted(graph)


@lru_cache(maxsize=8_192)
def _labels_of(iri: str, base: str) -> tuple[Triple, ...]:
    if iri == _THEMES:
        return tuple(_data_themes())
    named = concepts.code_of(iri, base)
    if named:
        scheme, code = named
        class_ = _CLASSES.get(scheme, SKOS.Concept)
        texts = concepts.scheme(scheme).concepts[code].labels
        return tuple(_labelled(iri, class_, scheme=concepts.scheme_iri(scheme, base), texts=texts))
    for prefix, class_ in _LISTS.items():
        if iri.startswith(prefix):
            texts = {"en": iri.removeprefix(prefix)}
            return tuple(_labelled(iri, class_, scheme=prefix[:-1], texts=texts))
    return ()


def _data_themes() -> Iterator[Triple]:
    """The EU's scheme of data themes itself, which is the catalogue's dcat:themeTaxonomy."""
    subject = rdf.iri(_THEMES)
    yield subject, TYPE, rdf.iri(SKOS.ConceptScheme)
    for predicate in (SKOS.prefLabel, DCT.term("title")):
        yield subject, rdf.iri(predicate), rdf.literal("Datenthema", "de")
        yield subject, rdf.iri(predicate), rdf.literal("Data theme", "en")


def _labelled(iri: str, class_: str, *, scheme: str, texts: dict[str, str]) -> Iterator[Triple]:
    subject = rdf.iri(iri)
    yield subject, TYPE, rdf.iri(class_)
    yield subject, rdf.iri(SKOS.inScheme), rdf.iri(scheme)
    for language, text in texts.items():
        yield subject, rdf.iri(SKOS.prefLabel), rdf.literal(text, language)
