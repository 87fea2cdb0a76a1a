"""The table of fields and predicates, and a Solution written as RDF by it; graph_reader.py reads it back.

Nobody else says which predicate means what. A payload holds everything that is written: what is in both
views, what only sources say, and what is derived for harvesters (dcat_ap.py), which is never read back. So
`from_graph(to_graph(s)) == s`, and one canonical byte string serves all outputs (docs/rdf.md, "Views").
"""

from __future__ import annotations

from enum import StrEnum
from typing import Any, NamedTuple

import msgspec

from vocabularies import terms
from vocabularies import triples as rdf
from vocabularies.namespaces import ALLMENDE, CM, DCAT, DCT, FOAF, ORG, PROV, RDF, SCHEMA, VCARD
from vocabularies.rdf import dcat_ap
from vocabularies.rdf.dcat_ap import Context
from vocabularies.terms import (
    Agent,
    Attribution,
    ContactPoint,
    Dependency,
    Distribution,
    Service,
    Solution,
)
from vocabularies.triples import Triple
from vocabularies.values import kinds
from vocabularies.values.kinds import COUNTRY, DATE, EMAIL, FLAG, LINE, PATH, PERIOD, URI, URL, Kind

TYPE = rdf.iri(RDF.type)


class View(StrEnum):
    """In which outputs a field stands.

    BOTH is all; SOURCE is documents and the event stream only, exactly as a source said it.
    """

    BOTH = "both"
    SOURCE = "source"


BOTH, SOURCE = View


class Text(Kind):
    """A text with its line breaks, as it stands."""

    def value(self, term: str) -> Any:
        return None if rdf.is_iri(term) else rdf.parts(term)[0]


class Property(NamedTuple):
    """One row. `kind` is a value kind or the table of a nested thing.

    The texts of a `joined` list are one literal for each language, a line for each text: RDF keeps no order.
    """

    field: str
    predicate: str
    kind: Kind | Table
    view: View = BOTH
    joined: bool = False


class Table(NamedTuple):
    """The rows of one type.

    A nested thing gets the IRI `<solution>#<fragment>-<n>` unless it has an id of its own.
    """

    of: type[msgspec.Struct]
    classes: tuple[str, ...]
    rows: tuple[Property, ...]
    fragment: str = ""


TEXT = Text()

AGENT_ROWS = (
    Property("name", FOAF.name, LINE),
    Property("uri", SCHEMA.identifier, TEXT),
    Property("homepage", FOAF.homepage, URL),
    Property("kind", DCT.term("type"), kinds.AGENT_TYPE),
    Property("affiliation", SCHEMA.affiliation, LINE),
)
PUBLISHER = Table(Agent, (FOAF.Agent, ORG.FormalOrganization), AGENT_ROWS, "publisher")
AUTHOR = Table(Agent, (FOAF.Agent,), AGENT_ROWS, "author")
AGENT = Table(Agent, (FOAF.Agent,), AGENT_ROWS, "agent")
CONTACT = Table(ContactPoint, (VCARD.Kind,), (
    Property("name", VCARD.fn, LINE),
    Property("email", VCARD.hasEmail, EMAIL),
    Property("phone", VCARD.term("tel"), LINE),
    Property("affiliation", VCARD.term("organization-name"), LINE),
    Property("url", SCHEMA.url, URL),
), "contact")  # fmt: skip
ATTRIBUTION = Table(Attribution, (PROV.Attribution,), (
    Property("agent", PROV.agent, AGENT),
    Property("role", DCAT.hadRole, kinds.ROLE),
    Property("until", SCHEMA.endDate, DATE),
    Property("email", SCHEMA.email, LINE),
), "attribution")  # fmt: skip
DEPENDENCY = Table(Dependency, (SCHEMA.SoftwareApplication,), (
    Property("name", SCHEMA.name, LINE),
    Property("kind", ALLMENDE.dependencyKind, LINE),
    Property("version", SCHEMA.softwareVersion, LINE),
    Property("version_min", ALLMENDE.versionMin, LINE),
    Property("version_max", ALLMENDE.versionMax, LINE),
    Property("optional", ALLMENDE.optional, FLAG),
), "dependency")  # fmt: skip
DISTRIBUTION = Table(Distribution, (DCAT.Distribution,), (
    Property("access_url", DCAT.accessURL, URL),
    Property("download_url", DCAT.downloadURL, URL),
    Property("title", DCT.term("title"), LINE),
    Property("media_type", SCHEMA.encodingFormat, LINE),
), "dist")  # fmt: skip
SERVICE = Table(Service, (SCHEMA.GovernmentService,), (
    Property("leika_id", ALLMENDE.leikaId, LINE),
    Property("ozg_id", ALLMENDE.ozgId, LINE),
    Property("topic", ALLMENDE.topicField, LINE),
    Property("life_situation", ALLMENDE.lifeSituation, LINE),
), "service")  # fmt: skip

ROWS: tuple[Property, ...] = (
    Property("aliases", SCHEMA.identifier, TEXT, SOURCE),
    Property("repository", SCHEMA.codeRepository, URL),
    Property("name", SCHEMA.name, LINE, SOURCE),
    Property("alternative_name", SCHEMA.alternateName, LINE, SOURCE),
    Property("generic_name", ALLMENDE.genericName, LINE, SOURCE),
    Property("short_text", SCHEMA.abstract, LINE),
    Property("text", SCHEMA.description, TEXT, SOURCE),
    Property("features", SCHEMA.featureList, TEXT, joined=True),
    Property("keywords", SCHEMA.keywords, LINE, SOURCE),
    Property("awards", SCHEMA.award, TEXT, SOURCE, joined=True),
    Property("category", SCHEMA.applicationCategory, LINE, SOURCE),
    Property("community", ALLMENDE.community, kinds.COMMUNITY),
    Property("scope", ALLMENDE.scope, LINE, SOURCE),
    Property("kind", ALLMENDE.softwareType, LINE, SOURCE),
    Property("status", CM.developmentStatus, LINE),
    Property("suite", SCHEMA.isPartOf, LINE, SOURCE),
    Property("derived_from", PROV.wasDerivedFrom, URL),
    Property("landing_page", SCHEMA.url, URL),
    Property("documentation", ALLMENDE.documentation, TEXT, SOURCE, joined=True),
    Property("api_documentation", ALLMENDE.apiDocumentation, TEXT, SOURCE, joined=True),
    Property("roadmap", ALLMENDE.roadmap, URL),
    Property("issue_tracker", CM.issueTracker, URL),
    Property("logo", SCHEMA.image, PATH),
    Property("screenshots", ALLMENDE.screenshots, TEXT, SOURCE, joined=True),
    Property("videos", ALLMENDE.videos, TEXT, SOURCE, joined=True),
    Property("licence", SCHEMA.license, kinds.LICENCE),
    Property("copyright_owner", SCHEMA.copyrightHolder, LINE),
    Property("publisher", DCT.publisher, PUBLISHER),
    Property("authors", DCT.creator, AUTHOR),
    Property("contacts", DCAT.contactPoint, CONTACT),
    Property("attributions", PROV.qualifiedAttribution, ATTRIBUTION),
    Property("maintenance", ALLMENDE.maintenance, LINE),
    Property("version", DCAT.version, LINE),
    Property("release_date", SCHEMA.datePublished, PERIOD),
    Property("first_published", SCHEMA.dateCreated, PERIOD),
    Property("issued", DCT.issued, DATE),
    Property("modified", DCT.modified, DATE),
    Property("platforms", SCHEMA.operatingSystem, LINE),
    Property("programming_languages", SCHEMA.programmingLanguage, LINE),
    Property("localisation_ready", ALLMENDE.localisationReady, FLAG),
    Property("ui_languages", SCHEMA.inLanguage, LINE, SOURCE),
    Property("countries", ALLMENDE.country, COUNTRY, SOURCE),
    Property("unsupported_countries", ALLMENDE.unsupportedCountry, COUNTRY, SOURCE),
    Property("spatial", ALLMENDE.regionalKey, LINE, SOURCE),
    Property("dependencies", SCHEMA.softwareRequirements, DEPENDENCY, SOURCE),
    Property("standards", ALLMENDE.supports, URI, SOURCE),
    Property("services", ALLMENDE.service, SERVICE, SOURCE),
    Property("input_types", ALLMENDE.inputType, LINE, SOURCE),
    Property("output_types", ALLMENDE.outputType, LINE, SOURCE),
    Property("distributions", DCAT.distribution, DISTRIBUTION),
    Property("references", SCHEMA.citation, URL, SOURCE),
    Property("programme", ALLMENDE.programme, kinds.PROJECT),
    Property("as_of", ALLMENDE.asOf, PERIOD),
)  # fmt: skip
SOLUTION = Table(Solution, (DCAT.Dataset, DCAT.Resource, SCHEMA.SoftwareSourceCode), ROWS)

# Predicates that stand in a payload only for what a source said; a portal page leaves their lines out. The
# schema:identifier of an agent stands in both views.
SOURCE_ONLY = frozenset(rdf.iri(row.predicate) for row in ROWS if row.view is SOURCE) - {
    rdf.iri(SCHEMA.identifier)
}


def to_graph(solution: Solution, context: Context) -> list[Triple]:
    """All triples of a solution: what its sources said and what harvesters need.

    No blank nodes; not sorted, may repeat.
    """
    writer = _GraphWriter(context.base)
    writer.write(rdf.iri(solution.id), solution, SOLUTION)
    writer.graph.extend(dcat_ap.derived(solution, context))
    return writer.graph


def payload(solution: Solution, context: Context) -> bytes:
    """The canonical byte string of a solution: sorted N-Triples."""
    return rdf.serialise(to_graph(solution, context))


class _GraphWriter:
    """Collects the triples of a thing and of what is nested in it; `base` is the address of the instance."""

    def __init__(self, base: str) -> None:
        self.graph: list[Triple] = []
        self._base = base

    def write(self, subject: str, thing: msgspec.Struct, table: Table) -> None:
        """Add the triples of a thing."""
        self.graph.extend((subject, TYPE, rdf.constant(class_)) for class_ in table.classes)
        for row in table.rows:
            value = getattr(thing, row.field)
            if value in (None, "", (), {}):
                continue
            if value is False and not terms.is_optional(row.field, table.of):
                continue  # the default: nothing was said
            predicate = rdf.constant(row.predicate)
            if isinstance(row.kind, Table):
                self._write_nested(subject, predicate, value, table=row.kind)
            else:
                self.graph.extend((subject, predicate, term) for term in self._terms(row, row.kind, value))

    def _write_nested(self, subject: str, predicate: str, value: Any, *, table: Table) -> None:
        for number, thing in enumerate(_several(value), 1):
            id_ = getattr(thing, "id", "")
            term = rdf.iri(id_) if id_ else _nested_iri(subject, table.fragment, number)
            self.graph.append((subject, predicate, term))
            self.write(term, thing, table)

    def _terms(self, row: Property, kind: Kind, value: Any) -> list[str]:
        if not isinstance(value, dict):
            return [kind.term(item, self._base) for item in _several(value)]
        if row.joined:
            return [rdf.literal("\n".join(texts), language) for language, texts in value.items()]
        literals: list[str] = []
        for language, texts in value.items():
            literals += [kind.term(text, self._base, language) for text in _several(texts)]
        return literals


def _several(value: Any) -> tuple[Any, ...]:
    return value if isinstance(value, tuple) else (value,)


def _nested_iri(subject: str, fragment: str, number: int) -> str:
    iri = rdf.value(subject)
    separator = "-" if "#" in iri else "#"
    return rdf.iri(f"{iri}{separator}{fragment}-{number}")


def published(solution: Solution, context: Context) -> Solution:
    """What leaves the instance: without personal mailboxes unless the operator decided otherwise."""
    if context.emails:
        return solution
    contacts = tuple(
        msgspec.structs.replace(contact, email=_function_mailbox(contact.email), phone="")
        for contact in solution.contacts
    )
    attributions = tuple(
        msgspec.structs.replace(attribution, email=_function_mailbox(attribution.email))
        for attribution in solution.attributions
    )
    return msgspec.structs.replace(solution, contacts=contacts, attributions=attributions)


def _function_mailbox(address: str) -> str:
    return address if dcat_ap.is_function_mailbox(address) else ""
