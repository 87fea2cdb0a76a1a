"""What harvesters need besides what the sources said: the triples derived for DCAT-AP 3.0.1 and DCAT-AP.de 3.0, and the stubs of a page.

Everything here narrows (keywords to CKAN's rule, statuses and licences to the EU tables, Markdown to text) and is never read back.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from vocabularies import concepts
from vocabularies import triples as rdf
from vocabularies.namespaces import (
    ADMS,
    AGS,
    DCAT,
    DCATDE,
    DCT,
    FOAF,
    NAL,
    RDF,
    SCHEMA,
    SKOS,
    SPDX_LICENCE,
    VCARD,
    XSD,
)
from vocabularies.rdf.code_list_labels import stubs
from vocabularies.rdf.dcat_text import (
    agent_name,
    is_function_mailbox,
    keyword,
    main_languages,
    name,
    pages,
    plain_text,
    summary,
    themes,
)
from vocabularies.terms import Agent, Solution
from vocabularies.triples import Triple
from vocabularies.values import kinds

__all__ = [
    "Context",
    "agent_name",
    "derived",
    "is_function_mailbox",
    "licence_iri",
    "main_languages",
    "name",
    "plain_text",
    "record_iri",
    "stubs",
    "summary",
]


class Context(NamedTuple):
    """What an instance adds when it writes: its address, the slug of the page, whether personal mailboxes are published, its DCAT-AP.de id, the metadata's licence (SPDX)."""

    base: str
    slug: str = ""
    emails: bool = False
    contributor: str = ""
    licence: str = ""


TYPE = rdf.iri(RDF.type)
_SOFTWARE = "http://purl.org/dc/dcmitype/Software"
_PUBLIC = NAL + "access-right/PUBLIC"
_HTML = NAL + "file-type/HTML"


def derived(solution: Solution, context: Context) -> Iterator[Triple]:
    """The PORTAL triples of a solution, its repository's distribution, identifiers, contact form and record among them."""
    subject = rdf.iri(solution.id)
    for predicate, term in _own(solution, context):
        yield subject, rdf.iri(predicate), term
    yield from _distribution(solution, subject)
    yield from _identifiers(solution, subject)
    yield from _contact_form(solution, subject, context)
    yield from _record(solution, subject, context)
    yield from _typed(solution, context)


def _own(solution: Solution, context: Context) -> Iterator[tuple[str, str]]:
    languages = main_languages(solution)
    yield DCT.identifier, rdf.literal(solution.id)
    for language in languages:
        yield DCT.term("title"), rdf.literal(name(solution, language), language)
        description = plain_text(
            solution.text.get(language) or solution.short_text.get(language) or ""
        ) or summary(solution, language)
        yield DCT.description, rdf.literal(description, language)
    for language, words in solution.keywords.items():
        for word in sorted({clean for word in words if (clean := keyword(word))}):
            yield DCAT.keyword, rdf.literal(word, language or languages[0])
    for theme in themes(solution):
        yield DCAT.theme, rdf.iri(NAL + "data-theme/" + theme)
    for scheme, codes in (
        ("category", solution.category),
        ("scope", solution.scope),
        ("community", solution.community),
    ):
        for code in codes:
            if code in concepts.scheme(scheme).concepts:
                yield DCT.subject, rdf.iri(concepts.iri(scheme, code, context.base))
    yield DCT.term("type"), rdf.iri(_SOFTWARE)
    for code in solution.kind:
        if code in concepts.scheme("software-type").concepts:
            yield DCT.term("type"), rdf.iri(concepts.iri("software-type", code, context.base))
    yield DCT.accessRights, rdf.iri(_PUBLIC)
    yield (
        DCAT.landingPage,
        rdf.iri(f"{context.base}/solutions/{context.slug}" if context.slug else solution.id),
    )
    for page in pages(solution):
        yield FOAF.page, rdf.iri(page)
    for code in solution.ui_languages:
        if code in concepts.scheme("language").concepts:
            yield DCT.language, rdf.iri(concepts.iri("language", code, context.base))
    yield from _places(solution)
    status = concepts.scheme("status").concepts.get(solution.status)
    if status and status.attributes.get("nal"):
        yield ADMS.status, rdf.iri(NAL + "dataset-status/" + status.attributes["nal"])
    for standard in solution.standards:
        if standard.startswith("http"):
            yield DCT.conformsTo, rdf.iri(standard)
    for pictures in solution.screenshots.values():
        yield from ((SCHEMA.screenshot, rdf.iri(picture)) for picture in pictures if "://" in picture)
    if context.contributor:
        yield DCATDE.contributorID, rdf.iri(context.contributor)


def _places(solution: Solution) -> Iterator[tuple[str, str]]:
    for code in solution.countries:
        yield DCT.spatial, rdf.iri(concepts.iri("country", code, ""))
    levels = {2: "state", 5: "administrativeDistrict", 8: "municipality"}
    for key in solution.spatial:
        if len(key) == 8:
            yield DCT.spatial, rdf.iri(AGS + key)
        if len(key) in levels:
            yield (
                DCATDE.politicalGeocodingLevelURI,
                rdf.iri("http://dcat-ap.de/def/politicalGeocoding/Level/" + levels[len(key)]),
            )


def _distribution(solution: Solution, subject: str) -> Iterator[Triple]:
    """The repository as the distribution every entry has; the licence stands on it (rdf.md 1.3: 1. NAL, 2. SPDX)."""
    if not solution.repository:
        return
    node = rdf.iri(solution.id + "#repository")
    yield subject, rdf.iri(DCAT.distribution), node
    yield node, TYPE, rdf.iri(DCAT.Distribution)
    yield node, rdf.iri(DCT.term("title")), rdf.literal("Quellcode (Git-Repository)", "de")
    yield node, rdf.iri(DCT.term("title")), rdf.literal("Source code (Git repository)", "en")
    yield node, rdf.iri(DCAT.accessURL), rdf.iri(solution.repository)
    yield node, rdf.iri(DCT.term("format")), rdf.iri(_HTML)
    if solution.release_date:
        yield node, rdf.iri(DCT.issued), kinds.PERIOD.term(solution.release_date)
    licence = licence_document(solution)
    if licence:
        for number in range(1, len(solution.distributions) + 1):
            yield rdf.iri(f"{solution.id}#dist-{number}"), rdf.iri(DCT.license), rdf.iri(licence)
        yield node, rdf.iri(DCT.license), rdf.iri(licence)
        if licence.startswith(solution.id):
            yield rdf.iri(licence), TYPE, rdf.iri(DCT.LicenseDocument)
            yield rdf.iri(licence), rdf.iri(DCT.term("title")), rdf.literal(solution.licence)
            for code in kinds.licences(solution.licence):
                yield rdf.iri(licence), rdf.iri(SCHEMA.license), rdf.iri(SPDX_LICENCE + code)


def licence_iri(identifier: str) -> str:
    """The EU table's IRI of an SPDX identifier where it has one, else SPDX's."""
    concept = concepts.scheme("licence").concepts.get(identifier)
    return (
        NAL + "licence/" + concept.attributes["nal"]
        if concept and concept.attributes.get("nal")
        else SPDX_LICENCE + identifier
    )


def licence_document(solution: Solution) -> str:
    """The IRI of dct:license: the EU table, else SPDX, else a document of our own that carries the expression; "" without a licence."""
    if not solution.licence:
        return ""
    # A deprecated identifier means a current one; the expression as said stands in schema:license.
    code = (
        solution.licence
        if solution.licence in concepts.scheme("licence").concepts
        else concepts.find("licence", solution.licence)
    )
    return licence_iri(code) if code else solution.id + "#licence"


def _identifiers(solution: Solution, subject: str) -> Iterator[Triple]:
    addresses = [solution.repository, *(alias for alias in solution.aliases if alias != solution.repository)]
    for number, address in enumerate((address for address in addresses if ":" in address), 1):
        node = rdf.iri(f"{solution.id}#identifier-{number}")
        yield subject, rdf.iri(ADMS.identifier), node
        yield node, TYPE, rdf.iri(ADMS.Identifier)
        yield node, rdf.iri(SKOS.notation), rdf.literal(address, datatype=XSD.anyURI)


def _contact_form(solution: Solution, subject: str, context: Context) -> Iterator[Triple]:
    """Where to ask although no public mailbox is named: the form on our page (architecture.md, "privacy")."""
    form = rdf.iri(f"{context.base}/solutions/{context.slug}#contact" if context.slug else solution.id)
    nodes = [f"{solution.id}#contact-{number}" for number in range(1, len(solution.contacts) + 1)]
    if not nodes:
        nodes = [solution.id + "#contact-form"]
        yield subject, rdf.iri(DCAT.contactPoint), rdf.iri(nodes[0])
        yield rdf.iri(nodes[0]), TYPE, rdf.iri(VCARD.Kind)
        yield rdf.iri(nodes[0]), rdf.iri(VCARD.fn), rdf.literal(agent_name(solution) or "Allmende")
    for node in nodes:
        yield rdf.iri(node), rdf.iri(VCARD.hasURL), form


def _record(solution: Solution, subject: str, context: Context) -> Iterator[Triple]:
    record = rdf.iri(record_iri(solution.id))
    yield record, TYPE, rdf.iri(DCAT.CatalogRecord)
    yield record, rdf.iri(FOAF.primaryTopic), subject
    for predicate, moment in ((DCT.issued, solution.issued), (DCT.modified, solution.modified)):
        if moment:
            yield record, rdf.iri(predicate), kinds.DATE.term(moment)
    if context.licence:
        yield record, rdf.iri(DCT.license), rdf.iri(licence_iri(context.licence))


def record_iri(solution_iri: str) -> str:
    """
    >>> record_iri("https://a.example/id/solution/01J")
    'https://a.example/id/record/01J'
    """
    return solution_iri.replace("/id/solution/", "/id/record/")


def _typed(solution: Solution, context: Context) -> Iterator[Triple]:
    """The classes the shapes want of what is linked: pages, standards, licences, places (rdf.md 0.3)."""
    links = {
        FOAF.Document: [
            *pages(solution),
            *(agent.homepage for agent in _agents(solution)),
            f"{context.base}/solutions/{context.slug}" if context.slug else "",
        ],
        DCT.Standard: [*solution.standards],
        DCT.Location: [AGS + key for key in solution.spatial if len(key) == 8],
    }
    for class_, addresses in links.items():
        for address in addresses:
            if address.startswith("http"):
                yield rdf.iri(address), TYPE, rdf.iri(class_)


def _agents(solution: Solution) -> list[Agent]:
    found = [solution.publisher, *solution.authors, *(item.agent for item in solution.attributions)]
    return [agent for agent in found if agent]
