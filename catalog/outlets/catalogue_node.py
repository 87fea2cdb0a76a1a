"""The catalogue itself as a dcat:Catalog: what it is, who publishes it, under which licence."""

from __future__ import annotations

from collections.abc import Iterator

from catalog.base import ids
from catalog.base.settings import Settings
from vocabularies import triples as rdf
from vocabularies.namespaces import DCAT, DCT, FOAF, NAL, RDF, XSD
from vocabularies.rdf import dcat_ap
from vocabularies.triples import Triple


def catalogue_node(settings: Settings, catalogue: str, modified: str) -> Iterator[Triple]:
    """The catalogue itself: what it is, who publishes it, under which licence its metadata stand."""
    publisher = rdf.iri(ids.organisation(settings.base_url, settings.operator or settings.instance_name))
    yield catalogue, rdf.iri(RDF.type), rdf.iri(DCAT.Catalog)
    yield catalogue, rdf.iri(DCT.term("title")), rdf.literal(settings.instance_name, "de")
    yield catalogue, rdf.iri(DCT.term("title")), rdf.literal(settings.instance_name, "en")
    yield (
        catalogue,
        rdf.iri(DCT.description),
        rdf.literal("Nachnutzbare Open-Source-Lösungen der öffentlichen Hand", "de"),
    )
    yield (
        catalogue,
        rdf.iri(DCT.description),
        rdf.literal("Reusable open-source solutions of the public sector", "en"),
    )
    yield catalogue, rdf.iri(DCT.publisher), publisher
    yield publisher, rdf.iri(RDF.type), rdf.iri(FOAF.Agent)
    yield publisher, rdf.iri(FOAF.name), rdf.literal(settings.operator or settings.instance_name)
    yield catalogue, rdf.iri(FOAF.homepage), rdf.iri(settings.base_url + "/")
    yield rdf.iri(settings.base_url + "/"), rdf.iri(RDF.type), rdf.iri(FOAF.Document)
    for language in ("DEU", "ENG"):
        yield catalogue, rdf.iri(DCT.language), rdf.iri(NAL + "language/" + language)
    yield catalogue, rdf.iri(DCAT.themeTaxonomy), rdf.iri(NAL + "data-theme")
    yield (
        catalogue,
        rdf.iri(DCT.license),
        rdf.iri(dcat_ap.licence_iri(settings.data_licence)),
    )
    if modified > "1971":
        yield catalogue, rdf.iri(DCT.modified), rdf.literal(modified, datatype=XSD.dateTime)
