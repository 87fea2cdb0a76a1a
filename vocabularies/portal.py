"""What harvesters need besides what the sources said: the triples derived for DCAT-AP 3.0.1 and DCAT-AP.de 3.0, and the stubs of a page.

Everything here narrows (keywords to CKAN's rule, statuses and licences to the EU tables, Markdown to text) and is never read back.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cache
from typing import NamedTuple

from vocabularies import concepts, kinds
from vocabularies import triples as rdf
from vocabularies.namespaces import ADMS, AGS, DCAT, DCATDE, DCT, FOAF, NAL, RDF, SCHEMA, SKOS, SPDX_LICENCE, VCARD, XSD
from vocabularies.terms import Agent, Solution
from vocabularies.triples import Triple


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
        description = plain_text(solution.text.get(language) or solution.short_text.get(language) or "") or summary(
            solution, language
        )
        yield DCT.description, rdf.literal(description, language)
    for language, words in solution.keywords.items():
        for word in sorted({clean for word in words if (clean := keyword(word))}):
            yield DCAT.keyword, rdf.literal(word, language or languages[0])
    for theme in themes(solution):
        yield DCAT.theme, rdf.iri(NAL + "data-theme/" + theme)
    for scheme, codes in (("category", solution.category), ("scope", solution.scope), ("community", solution.community)):
        for code in codes:
            if code in concepts.scheme(scheme).concepts:
                yield DCT.subject, rdf.iri(concepts.iri(scheme, code, context.base))
    yield DCT.term("type"), rdf.iri(_SOFTWARE)
    for code in solution.kind:
        if code in concepts.scheme("software-type").concepts:
            yield DCT.term("type"), rdf.iri(concepts.iri("software-type", code, context.base))
    yield DCT.accessRights, rdf.iri(_PUBLIC)
    yield DCAT.landingPage, rdf.iri(f"{context.base}/solutions/{context.slug}" if context.slug else solution.id)
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
            yield DCATDE.politicalGeocodingLevelURI, rdf.iri("http://dcat-ap.de/def/politicalGeocoding/Level/" + levels[len(key)])


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
        yield node, rdf.iri(DCT.issued), kinds.DATE.term(solution.release_date)
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
    return NAL + "licence/" + concept.attributes["nal"] if concept and concept.attributes.get("nal") else SPDX_LICENCE + identifier


def licence_document(solution: Solution) -> str:
    """The IRI of dct:license: the EU table, else SPDX, else a document of our own that carries the expression; "" without a licence."""
    if not solution.licence:
        return ""
    # A deprecated identifier means a current one; the expression as said stands in schema:license.
    code = solution.licence if solution.licence in concepts.scheme("licence").concepts else concepts.find("licence", solution.licence)
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


# --- narrowing ----------------------------------------------------------------------------------------------------------------------


def main_languages(solution: Solution) -> list[str]:
    """The languages an entry is described in, German first; German alone if none is said."""
    found = {language for texts in (solution.text, solution.short_text) for language in texts if language}
    return sorted(found, key=lambda language: (not language.startswith("de"), language != "en", language)) or ["de"]


def name(solution: Solution, language: str) -> str:
    """The name in a language: its own there, else the one without language, else any."""
    names = solution.name
    return names.get(language) or names.get("") or (names[min(names)] if names else solution.repository.rsplit("/", 1)[-1] or "?")


def summary(solution: Solution, language: str) -> str:
    """The best short description for a reader of that language; the name if there is none."""
    for texts in (solution.short_text, solution.text):
        for key in (language, "", "en", "de", *sorted(texts)):
            if texts.get(key):
                return plain_text(texts[key])
    return name(solution, language)


def agent_name(solution: Solution) -> str:
    """The publisher's name, "" if nobody is named."""
    names = solution.publisher.name if solution.publisher else {}
    return names.get("") or names.get("de") or (names[min(names)] if names else "")


def pages(solution: Solution) -> list[str]:
    """Their landing page and documentation."""
    lists = [*solution.documentation.values(), *solution.api_documentation.values()]
    return sorted({page for page in [solution.landing_page, *(page for pages in lists for page in pages)] if page})


def themes(solution: Solution) -> list[str]:
    """EU data themes of the categories, at least one (TECH)."""
    known = concepts.scheme("category").concepts
    return sorted({known[code].theme for code in solution.category if code in known and known[code].theme}) or ["TECH"]


def keyword(word: str) -> str:
    """CKAN's rule for tags: letters, digits, `-_.` and blanks, 2 to 100 characters (rdf.md 1.2 and pitfall 9); "" if nothing is left.

    >>> keyword("IoT/LoRaWAN, Sensorik"), keyword("C")
    ('IoT LoRaWAN Sensorik', '')
    """
    clean = " ".join(re.sub(r"[^\w\s.-]", " ", word).split())[:100].strip()
    return clean if len(clean) >= 2 else ""


_MARKDOWN = (
    (re.compile(r"!\[([^\]]*)\]\([^)]*\)"), r"\1"), (re.compile(r"\[([^\]]+)\]\([^)]*\)"), r"\1"), (re.compile(r"^\s{0,3}#{1,6}\s+", re.MULTILINE), ""),
    (re.compile(r"^\s{0,3}>\s?", re.MULTILINE), ""), (re.compile(r"(\*\*|__)(?=\S)(.+?)(?<=\S)\1"), r"\2"), (re.compile(r"(?<![\w*])\*(?=\S)([^*\n]+?)(?<=\S)\*(?!\w)"), r"\1"),
    (re.compile(r"`([^`\n]+)`"), r"\1"), (re.compile(r"<[^<>\n]{1,300}>"), ""), (re.compile(r"\n{3,}"), "\n\n"),
)  # fmt: skip


def plain_text(markdown: str) -> str:
    """Simple Markdown as text; what is no Markdown stays.

    >>> plain_text("## Was\\n**Stadt**Puls [zeigt](https://x) *viel*")
    'Was\\nStadtPuls zeigt viel'
    """
    for pattern, replacement in _MARKDOWN:
        markdown = pattern.sub(replacement, markdown)
    return markdown.strip()


_FUNCTIONS = re.compile(
    r"(info|kontakt|contact|mail|post|poststelle|support|service|hilfe|help|digital\w*|smart\w*|open\w*|it|edv|gis|geo\w*|daten\w*|data\w*|team|projekt\w*|project\w*"
    r"|presse|press|office|admin\w*|webmaster|stadt\w*|gemeinde\w*|kreis\w*|verwaltung\w*|amt\w*|hello|hallo|security|dev\w*|software|code|oss|foss|assistenza|protocollo|urp|segreteria"
    r"|smartcity\w*|zentrale\w*|noreply|no-reply|developers?|entwicklung|maintainers?|community|redaktion)([.+_-].*)?",
    re.IGNORECASE,
)


def is_function_mailbox(address: str) -> bool:
    """Whether a mailbox belongs to a function, not to a person. In doubt it is a person's.

    >>> is_function_mailbox("info@stadt.example"), is_function_mailbox("erika.muster@stadt.example")
    (True, False)
    """
    return bool(_FUNCTIONS.fullmatch(address.partition("@")[0])) if "@" in address else False


# --- the stubs of a page ------------------------------------------------------------------------------------------------------------

# Scheme -> the class its concepts have on a page instead of skos:Concept (what the shapes ask for).
_STUB_CLASS = {
    "language": DCT.LinguisticSystem,
    "country": DCT.Location,
    "file-type": DCT.MediaTypeOrExtent,
    "licence": DCT.LicenseDocument,
}
# Code lists that are no scheme of ours: prefix -> class. The list's own address is the prefix without its last character.
_LISTS = {
    SPDX_LICENCE: DCT.LicenseDocument, NAL + "licence/": DCT.LicenseDocument, NAL + "dataset-status/": SKOS.Concept, NAL + "access-right/": DCT.RightsStatement,
    NAL + "file-type/": DCT.MediaTypeOrExtent, "http://purl.org/dc/dcmitype/": SKOS.Concept,
    "http://dcat-ap.de/def/politicalGeocoding/Level/": SKOS.Concept, "http://dcat-ap.de/def/contributors/": SKOS.Concept,
}  # fmt: skip
_THEMES = NAL + "data-theme"


def stubs(iris: Iterable[str], base: str) -> list[Triple]:
    """Typed, labelled stubs for the code-list IRIs among `iris`, so that a page conforms by itself (rdf.md 0.3). Sorted, unique."""
    graph: set[Triple] = set()
    for iri in iris:
        graph.update(_stub(iri, base))
    return sorted(graph)


@cache
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
        return tuple(_stub_triples(iri, _STUB_CLASS.get(scheme, SKOS.Concept), concepts.scheme_iri(scheme, base), labels_of))
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
