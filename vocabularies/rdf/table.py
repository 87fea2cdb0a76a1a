"""THE TABLE: field <-> predicate, kind and view. It writes a Solution as RDF and reads it back; nobody else says which predicate means what.

Views: BOTH stands in every output and is read; SOURCE carries what a source said, exactly, in the stream and in documents; PORTAL is derived for
harvesters (DCAT-AP 3.0.1, DCAT-AP.de 3.0; rdf.md sections 1.3 and 2.1) and never read back. `payload` holds all three, `portal` leaves SOURCE out.
So `from_graph(to_graph(s)) == s` (architecture.md, "the round trip"), and one canonical byte string serves all outputs.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

import msgspec

from vocabularies import terms
from vocabularies import triples as rdf
from vocabularies.namespaces import ALLMENDE, CM, DCAT, DCT, FOAF, ORG, PROV, RDF, SCHEMA, VCARD
from vocabularies.rdf import dcat_ap
from vocabularies.rdf.dcat_ap import Context
from vocabularies.terms import Agent, Attribution, ContactPoint, Dependency, Distribution, Service, Solution
from vocabularies.triples import Triple
from vocabularies.values import kinds
from vocabularies.values.kinds import COUNTRY, DATE, EMAIL, FLAG, LINE, PATH, PERIOD, URI, URL, Kind

BOTH, SOURCE = "both", "source"
TYPE = rdf.iri(RDF.type)


class Text(Kind):
    """A text with its line breaks, as it stands."""

    def value(self, term: str) -> Any:
        return None if rdf.is_iri(term) else rdf.parts(term)[0]


class Property(NamedTuple):
    """One row. `kind` is a value kind or the table of a nested thing."""

    field: str
    predicate: str
    kind: Kind | Table
    view: str = BOTH
    joined: bool = False


class Table(NamedTuple):
    """The rows of one type. A nested thing gets the IRI `<solution>#<fragment>-<n>` unless it has an id of its own."""

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

# Predicates that stand in a payload only for what a source said; a portal page leaves their lines out.
SOURCE_ONLY = frozenset(rdf.iri(row.predicate) for row in ROWS if row.view == SOURCE) - {
    rdf.iri(SCHEMA.identifier)
}


# --- writing ------------------------------------------------------------------------------------------------------------------------


def to_graph(solution: Solution, context: Context) -> list[Triple]:
    """All triples of a solution: what its sources said and what harvesters need. No blank nodes; not sorted, may repeat."""
    graph: list[Triple] = []
    _write(graph, rdf.iri(solution.id), solution, SOLUTION, context)
    graph.extend(dcat_ap.derived(solution, context))
    return graph


def payload(solution: Solution, context: Context) -> bytes:
    """The canonical byte string of a solution: sorted N-Triples."""
    return rdf.serialise(to_graph(solution, context))


def _write(graph: list[Triple], subject: str, thing: msgspec.Struct, table: Table, context: Context) -> None:
    graph.extend((subject, TYPE, rdf.iri(class_)) for class_ in table.classes)
    for row in table.rows:
        value = getattr(thing, row.field)
        if value in (None, "", (), {}) or (
            value is False and terms.shape(row.field, table.of) == "flag" and not _says_no(table, row)
        ):
            continue
        predicate = rdf.iri(row.predicate)
        for term, nested in _terms(subject, row, value, context):
            graph.append((subject, predicate, term))
            if nested is not None and isinstance(row.kind, Table):
                _write(graph, term, nested, row.kind, context)


def _says_no(table: Table, row: Property) -> bool:
    """Whether a false of this field is a statement (None would be "not said") and not the default."""
    return terms.is_optional(row.field, table.of)


def _terms(subject: str, row: Property, value: Any, context: Context) -> Iterator[tuple[str, Any]]:
    if isinstance(row.kind, Table):
        for number, item in enumerate(value if isinstance(value, tuple) else (value,), 1):
            yield (
                rdf.iri(item.id)
                if getattr(item, "id", "")
                else _fragment(subject, row.kind.fragment, number),
                item,
            )
    elif isinstance(value, dict):
        for language, text in value.items():
            if isinstance(text, str):
                yield row.kind.term(text, context.base, language), None
            elif row.joined:
                yield rdf.literal("\n".join(text), language), None  # one literal keeps the order
            else:
                yield from ((row.kind.term(item, context.base, language), None) for item in text)
    else:
        yield from (
            (row.kind.term(item, context.base), None)
            for item in (value if isinstance(value, tuple) else (value,))
        )


def _fragment(subject: str, name: str, number: int) -> str:
    iri = rdf.value(subject)
    return rdf.iri(f"{iri}-{name}-{number}" if "#" in iri else f"{iri}#{name}-{number}")


# --- reading ------------------------------------------------------------------------------------------------------------------------

Index = dict[str, dict[str, set[str]]]


def from_graph(graph: Iterable[Triple], iri: str = "") -> Solution | None:
    """The solution a graph describes: the one named `iri`, else the only dcat:Dataset. None if there is none."""
    index: Index = defaultdict(lambda: defaultdict(set))
    for s, p, o in graph:
        index[s][p].add(o)
    subject = rdf.iri(iri) if iri else _dataset(index)
    if subject not in index:
        return None
    values = _read(index, subject, SOLUTION)
    for field, derived in (("distributions", "#repository"), ("contacts", "#contact-form")):
        values[field] = tuple(item for item in values.get(field, ()) if not item.id.endswith(derived))
    return Solution(**{**values, "id": rdf.value(subject)})


def _dataset(index: Index) -> str:
    found = sorted(subject for subject, rows in index.items() if rdf.iri(DCAT.Dataset) in rows.get(TYPE, ()))
    return found[0] if found else ""


def _read(index: Index, subject: str, table: Table, depth: int = 0) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for row in table.rows:
        found = index[subject].get(rdf.iri(row.predicate))
        if found:
            value = (
                _nested(index, subject, found, row, depth)
                if isinstance(row.kind, Table)
                else _plain(found, row, table)
            )
            if value not in (None, "", (), {}):
                values[row.field] = value
    return values


def _nested(index: Index, subject: str, found: set[str], row: Property, depth: int) -> Any:
    table = row.kind
    assert isinstance(table, Table)
    items = []
    for term in sorted(found, key=_by_number):
        if depth < 3 and term in index and rdf.is_iri(term):
            values = _read(index, term, table, depth + 1)
            own = rdf.value(term)
            generated = re.fullmatch(re.escape(rdf.value(subject)) + rf"[#-]{table.fragment}-\d+", own)
            if "id" in table.of.__struct_fields__ and not generated:
                values["id"] = own
            try:
                items.append(table.of(**values))
            except TypeError:  # a mandatory part is missing: not a thing we could show
                continue
    if terms.shape(row.field, Attribution if row.field == "agent" else Solution) == "one":
        return items[0] if items else None
    return tuple(items)


def _by_number(term: str) -> tuple[str, int, str]:
    match = re.fullmatch(r"(.*?)(\d+)>?", term)
    return (match[1], int(match[2][:9]), "") if match else (term, 0, "")


def _plain(found: set[str], row: Property, table: Table) -> Any:
    kind = row.kind
    assert isinstance(kind, Kind)
    how = terms.shape(row.field, table.of)
    pairs = [(term, value) for term in sorted(found) if (value := kind.value(term)) is not None]
    if how == "texts":
        return {language: value for term, value in reversed(pairs) for language in [rdf.parts(term)[1]]}
    if how == "text-lists":
        lists: dict[str, list[str]] = defaultdict(list)
        joined = row.joined
        for term, value in pairs:
            lists[rdf.parts(term)[1]].extend(value.split("\n") if joined else [value])
        return {
            language: tuple(items if joined else sorted(set(items)))
            for language, items in sorted(lists.items())
        }
    values = [value for _, value in pairs]
    if how in ("set", "list"):
        return tuple(sorted(set(values)))
    return values[0] if values else None


def published(solution: Solution, context: Context) -> Solution:
    """What leaves the instance: without personal mailboxes unless the operator decided otherwise (architecture.md, "privacy")."""
    if context.emails:
        return solution
    contacts = tuple(
        msgspec.structs.replace(c, email=c.email if dcat_ap.is_function_mailbox(c.email) else "", phone="")
        for c in solution.contacts
    )
    given = tuple(
        msgspec.structs.replace(a, email=a.email if dcat_ap.is_function_mailbox(a.email) else "")
        for a in solution.attributions
    )
    return msgspec.structs.replace(solution, contacts=contacts, attributions=given)
