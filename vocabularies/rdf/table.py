"""The table of fields and predicates: what a thing's type, its fields and what is nested in it are in RDF.

Nobody else says which predicate means what. graph_writer.py and graph_reader.py go by these rows, for
whatever type; a type gets a Table here and, to be in the log, a row of catalog/changes/kinds.py.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from enum import StrEnum
from functools import cache
from typing import Any, NamedTuple

import msgspec

from vocabularies import fields
from vocabularies import triples as rdf
from vocabularies.fields import Shape
from vocabularies.namespaces import ALLMENDE, CM, DCAT, DCT, FOAF, ORG, PROV, SCHEMA, VCARD
from vocabularies.rdf import dcat_ap
from vocabularies.terms import (
    Agent,
    Attribution,
    ContactPoint,
    Dependency,
    Distribution,
    Service,
    Solution,
)
from vocabularies.values import kinds
from vocabularies.values.kinds import COUNTRY, DATE, EMAIL, FLAG, LINE, PATH, PERIOD, URI, URL, Kind


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

    RDF keeps no order. So the texts of a `joined` list are one literal for each language, a line for each
    text; other values whose order is the source's are an rdf:List; nested things have numbers.
    """

    field: str
    predicate: str
    kind: Kind | Table
    view: View = BOTH
    joined: bool = False


class Table(NamedTuple):
    """The rows of one type.

    A nested thing gets the IRI `<thing>#<fragment>-<n>` unless it has an id of its own. At the IRI
    `<thing><derived>` stands one that is made for harvesters and never read back.
    """

    of: type[msgspec.Struct]
    classes: tuple[str, ...]
    rows: tuple[Property, ...]
    fragment: str = ""
    derived: str = ""


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
), "contact", dcat_ap.CONTACT_FORM)  # fmt: skip
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
), "dist", dcat_ap.REPOSITORY)  # fmt: skip
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


@cache
def source_only(table: Table) -> frozenset[str]:
    """The predicates, as terms, that stand in a payload only for what a source said.

    A portal page leaves them out.

    Not those that a nested thing has in both views, as the schema:identifier of an agent.
    """
    hidden = {rdf.iri(row.predicate) for row in table.rows if row.view is SOURCE}
    return frozenset(hidden - set(_in_both(table)))


def _in_both(table: Table) -> Iterator[str]:
    for row in table.rows:
        if row.view is BOTH and isinstance(row.kind, Table):
            yield from (rdf.iri(nested.predicate) for nested in row.kind.rows if nested.view is BOTH)
            yield from _in_both(row.kind)


def faults(table: Table) -> list[str]:
    """Why things of this table would not be read back as they were written.

    None for a table that can be used.
    """
    return list(_faults(table))


def _faults(table: Table) -> Iterator[str]:
    name = table.of.__name__
    declared = {field.name: field for field in msgspec.structs.fields(table.of) if field.name != "id"}
    rows = {row.field: row for row in table.rows}
    yield from (f"{name}.{field} has no row" for field in declared.keys() - rows.keys())
    yield from (f"{name}.{field} is no field" for field in rows.keys() - declared.keys())
    if not table.classes:
        yield f"{name} has no class"
    nested = [row.kind for row in table.rows if isinstance(row.kind, Table)]
    for what, values in (
        ("predicate", [row.predicate for row in table.rows]),
        ("fragment", [inner.fragment for inner in nested]),
    ):
        yield from (f"{name} has twice the {what} {value}" for value, n in Counter(values).items() if n > 1)
    yield from (f"{inner.of.__name__} has no fragment" for inner in nested if not inner.fragment)
    for field in rows.keys() & declared.keys():
        yield from _row_faults(rows[field], table.of)
    for inner in nested:
        yield from _faults(inner)


def _row_faults(row: Property, of: type[msgspec.Struct]) -> Iterator[str]:
    shape = fields.shape(row.field, of)
    name = f"{of.__name__}.{row.field}"
    if fields.is_ordered(row.field, of) and shape is Shape.TEXT_LISTS and not row.joined:
        yield f"the order of {name} is lost: it is to be joined"
    if isinstance(row.kind, Table) and row.kind.of not in fields.nested_types(row.field, of):
        yield f"{name} holds no {row.kind.of.__name__}"
    default = fields.unsaid_value(row.field, of)
    empty = isinstance(default, bool | int | float) or default in (None, "", (), {}, msgspec.NODEFAULT)
    if not empty:
        yield f"{name} says something by itself, so that nobody could say nothing"
