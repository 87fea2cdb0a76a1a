"""What harvesters need besides what sources said: the triples derived for DCAT-AP 3.0.1 and DCAT-AP.de 3.0.

Everything here narrows (keywords to CKAN's rule, statuses and licences to the EU tables, Markdown to text)
and is never read back. What is derived from what, and why: docs/rdf.md, "Derived for harvesters".
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from vocabularies import concepts, iris
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
    "CONTACT_FORM", "REPOSITORY", "Context", "agent_name", "derived", "is_function_mailbox", "licence_iri",
    "main_languages", "name", "plain_text", "summary",
]  # fmt: skip


class Context(NamedTuple):
    """What an instance adds when it writes a solution.

    `base` is its address, `slug` the name of the solution's page, `emails` whether personal mailboxes are
    published, `contributor` its id in DCAT-AP.de, `licence` the licence of the metadata (SPDX).
    """

    base: str
    slug: str = ""
    emails: bool = False
    contributor: str = ""
    licence: str = ""

    def page(self) -> str:
        """The address of the solution's page, "" if it has none."""
        return iris.page(self.base, self.slug) if self.slug else ""


# The end of the IRIs of derived nodes that are no node of the source.
REPOSITORY, CONTACT_FORM = "#repository", "#contact-form"
TYPE = rdf.iri(RDF.type)
_SOFTWARE = "http://purl.org/dc/dcmitype/Software"
_PUBLIC = NAL + "access-right/PUBLIC"
_HTML = NAL + "file-type/HTML"
_LEVEL = "http://dcat-ap.de/def/politicalGeocoding/Level/"
_LEVELS = {2: "state", 5: "administrativeDistrict", 8: "municipality"}  # by the digits of an official key


def derived(solution: Solution, context: Context) -> Iterator[Triple]:
    """The derived triples of a solution: itself, its repository, identifiers, contacts, record and links."""
    subject = rdf.iri(solution.id)
    for pairs in (
        _described(solution),
        _classified(solution, context),
        _linked(solution, context),
        _places(solution),
    ):
        for predicate, term in pairs:
            yield subject, rdf.constant(predicate), term
    yield from _distribution(solution, subject)
    yield from _identifiers(solution, subject)
    yield from _contact_form(solution, subject, context)
    yield from _record(solution, subject, context)
    yield from _typed(solution, context)


def _described(solution: Solution) -> Iterator[tuple[str, str]]:
    languages = main_languages(solution)
    yield DCT.identifier, rdf.literal(solution.id)
    for language in languages:
        yield DCT.term("title"), rdf.literal(name(solution, language), language)
        text = solution.text.get(language) or solution.short_text.get(language) or ""
        yield DCT.description, rdf.literal(plain_text(text) or summary(solution, language), language)
    for language, words in solution.keywords.items():
        for word in sorted({keyword(word) for word in words} - {""}):
            yield DCAT.keyword, rdf.literal(word, language or languages[0])


def _classified(solution: Solution, context: Context) -> Iterator[tuple[str, str]]:
    for theme in themes(solution):
        yield DCAT.theme, rdf.iri(NAL + "data-theme/" + theme)
    yield from _concepts(DCT.subject, "category", solution.category, base=context.base)
    yield from _concepts(DCT.subject, "scope", solution.scope, base=context.base)
    yield from _concepts(DCT.subject, "community", solution.community, base=context.base)
    yield DCT.term("type"), rdf.iri(_SOFTWARE)
    yield from _concepts(DCT.term("type"), "software-type", solution.kind, base=context.base)
    yield from _concepts(DCT.language, "language", solution.ui_languages, base=context.base)
    yield DCT.accessRights, rdf.iri(_PUBLIC)
    status = concepts.scheme("status").concepts.get(solution.status)
    if status and status.attributes.get("nal"):
        yield ADMS.status, rdf.iri(NAL + "dataset-status/" + status.attributes["nal"])


def _concepts(predicate: str, scheme: str, codes: Iterable[str], *, base: str) -> Iterator[tuple[str, str]]:
    """The codes that are concepts of the scheme; words that sources made up are left out."""
    for code in codes:
        if code in concepts.scheme(scheme).concepts:
            yield predicate, rdf.iri(concepts.iri(scheme, code, base))


def _linked(solution: Solution, context: Context) -> Iterator[tuple[str, str]]:
    yield DCAT.landingPage, rdf.iri(context.page() or solution.id)
    for page in pages(solution):
        yield FOAF.page, rdf.iri(page)
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
    for key in solution.spatial:
        if len(key) == 8:
            yield DCT.spatial, rdf.iri(AGS + key)
        if len(key) in _LEVELS:
            yield DCATDE.politicalGeocodingLevelURI, rdf.iri(_LEVEL + _LEVELS[len(key)])


def _distribution(solution: Solution, subject: str) -> Iterator[Triple]:
    """The repository as the distribution every entry has; the licence stands on it."""
    if not solution.repository:
        return
    node = rdf.iri(solution.id + REPOSITORY)
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
        yield node, rdf.iri(DCT.license), rdf.iri(licence)
        for number in range(1, len(solution.distributions) + 1):
            yield rdf.iri(f"{solution.id}#dist-{number}"), rdf.iri(DCT.license), rdf.iri(licence)
        if licence.startswith(solution.id):
            yield from _own_licence(solution, rdf.iri(licence))


def _own_licence(solution: Solution, document: str) -> Iterator[Triple]:
    """The document that carries an expression: dct:license takes one IRI and no expression."""
    yield document, TYPE, rdf.iri(DCT.LicenseDocument)
    yield document, rdf.iri(DCT.term("title")), rdf.literal(solution.licence)
    for code in kinds.licences(solution.licence):
        yield document, rdf.iri(SCHEMA.license), rdf.iri(SPDX_LICENCE + code)


def licence_iri(identifier: str) -> str:
    """The EU table's IRI of an SPDX identifier where it has one, else SPDX's."""
    concept = concepts.scheme("licence").concepts.get(identifier)
    if concept and concept.attributes.get("nal"):
        return NAL + "licence/" + concept.attributes["nal"]
    return SPDX_LICENCE + identifier


def licence_document(solution: Solution) -> str:
    """The IRI of dct:license, "" without a licence.

    The EU table's, else SPDX's, else that of a document of our own that carries the expression. A deprecated
    identifier means a current one; the expression as its source wrote it stands in schema:license.
    """
    if not solution.licence:
        return ""
    code = concepts.find("licence", solution.licence)
    return licence_iri(code) if code else solution.id + "#licence"


def _identifiers(solution: Solution, subject: str) -> Iterator[Triple]:
    addresses = [solution.repository, *(alias for alias in solution.aliases if alias != solution.repository)]
    for number, address in enumerate((address for address in addresses if ":" in address), 1):
        node = rdf.iri(f"{solution.id}#identifier-{number}")
        yield subject, rdf.iri(ADMS.identifier), node
        yield node, TYPE, rdf.iri(ADMS.Identifier)
        yield node, rdf.iri(SKOS.notation), rdf.literal(address, datatype=XSD.anyURI)


def _contact_form(solution: Solution, subject: str, context: Context) -> Iterator[Triple]:
    """Where to ask although no public mailbox is named: the form on the solution's page."""
    form = rdf.iri(f"{context.page()}#contact" if context.slug else solution.id)
    nodes = [f"{solution.id}#contact-{number}" for number in range(1, len(solution.contacts) + 1)]
    if not nodes:
        nodes = [solution.id + CONTACT_FORM]
        yield subject, rdf.iri(DCAT.contactPoint), rdf.iri(nodes[0])
        yield rdf.iri(nodes[0]), TYPE, rdf.iri(VCARD.Kind)
        yield rdf.iri(nodes[0]), rdf.iri(VCARD.fn), rdf.literal(agent_name(solution) or "Allmende")
    for node in nodes:
        yield rdf.iri(node), rdf.iri(VCARD.hasURL), form


def _record(solution: Solution, subject: str, context: Context) -> Iterator[Triple]:
    record = rdf.iri(iris.record_of(solution.id))
    yield record, TYPE, rdf.iri(DCAT.CatalogRecord)
    yield record, rdf.iri(FOAF.primaryTopic), subject
    for predicate, moment in ((DCT.issued, solution.issued), (DCT.modified, solution.modified)):
        if moment:
            yield record, rdf.iri(predicate), kinds.DATE.term(moment)
    if context.licence:
        yield record, rdf.iri(DCT.license), rdf.iri(licence_iri(context.licence))


def _typed(solution: Solution, context: Context) -> Iterator[Triple]:
    """The classes the shapes want of what is linked: pages, standards, places."""
    homepages = [agent.homepage for agent in _agents(solution)]
    links = {
        FOAF.Document: [*pages(solution), *homepages, context.page()],
        DCT.Standard: [*solution.standards],
        DCT.Location: [AGS + key for key in solution.spatial if len(key) == 8],
    }
    for class_, addresses in links.items():
        for address in addresses:
            if address.startswith("http"):
                yield rdf.iri(address), TYPE, rdf.iri(class_)


def _agents(solution: Solution) -> list[Agent]:
    publishers = [solution.publisher] if solution.publisher else []
    return [*publishers, *solution.authors, *(attribution.agent for attribution in solution.attributions)]
