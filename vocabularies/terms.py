"""What a solution is: frozen values, named after the standards. A new property begins as one line here.

Empty means "not said": "", () and {} are never facts. Language texts map a lower-case BCP 47 tag to a text;
the tag "" is a text whose language its source did not say. Codes are those of the concept schemes in
`schemes/`. Dates are ISO 8601. Repeated values are unique, and sorted unless their field is `Ordered`;
`crosswalk/rows.py` sees to both. How each field is said in RDF: docs/rdf.md.
"""

from __future__ import annotations

from typing import Annotated

import msgspec

Texts = dict[str, str]
TextLists = dict[str, tuple[str, ...]]


class Ordered:
    """Marks a field whose order is the source's and means something; all other repeated values are sorted."""


class Agent(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """foaf:Agent: an organisation or a person.

    `uri` is the identifier its source gives, `kind` a code of scheme `agent-type`.
    """

    name: Texts = {}
    id: str = ""
    uri: str = ""
    homepage: str = ""
    kind: str = ""
    affiliation: str = ""


class ContactPoint(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """vcard:Kind: whom to ask, as the publisher declared it."""

    name: str = ""
    email: str = ""
    phone: str = ""
    affiliation: str = ""
    url: str = ""
    id: str = ""


class Attribution(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """prov:Attribution: an agent and its role.

    `role` is a code of scheme `role` (contractor, deployer, funder), `until` a date.
    """

    agent: Agent
    role: str
    until: str = ""
    email: str = ""
    id: str = ""


class Dependency(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What must be there to run it.

    `kind` is open, proprietary or hardware; `optional` is what the source says.
    """

    name: str
    kind: str = ""
    version: str = ""
    version_min: str = ""
    version_max: str = ""
    optional: bool = False
    id: str = ""


class Distribution(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """dcat:Distribution: a way to get it besides the repository (an archive, an image).

    `media_type` is as registered with IANA.
    """

    access_url: str = ""
    download_url: str = ""
    title: str = ""
    media_type: str = ""
    id: str = ""


class Service(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A service of the German administration catalogue it helps to deliver (publiccode `de.leika`)."""

    leika_id: str = ""
    ozg_id: str = ""
    topic: str = ""
    life_situation: str = ""


class Solution(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One reusable solution (dcat:Dataset, schema:SoftwareSourceCode)."""

    # Identity. `id` is our IRI or the origin's; `aliases` are other names of it (URL, DOI, SWHID).
    id: str = ""
    aliases: tuple[str, ...] = ()
    repository: str = ""
    # What it is
    name: Texts = {}
    alternative_name: Texts = {}
    generic_name: Texts = {}
    short_text: Texts = {}
    text: Texts = {}  # Markdown
    features: Annotated[TextLists, Ordered] = {}
    keywords: TextLists = {}
    awards: Annotated[TextLists, Ordered] = {}
    category: tuple[str, ...] = ()  # scheme `category`; unknown words of a source stay as they are
    community: tuple[str, ...] = ()  # scheme `community`: the eight working communities
    scope: tuple[str, ...] = ()  # scheme `scope`
    kind: tuple[str, ...] = ()  # scheme `software-type`
    status: str = ""  # scheme `status`
    suite: str = ""
    derived_from: tuple[str, ...] = ()
    # Where to look
    landing_page: str = ""
    documentation: TextLists = {}
    api_documentation: TextLists = {}
    roadmap: str = ""
    issue_tracker: str = ""
    logo: str = ""
    screenshots: Annotated[TextLists, Ordered] = {}
    videos: Annotated[TextLists, Ordered] = {}
    # May we
    licence: str = ""  # SPDX expression where it is one, else the source's own words
    copyright_owner: str = ""
    # Who
    publisher: Agent | None = None
    authors: Annotated[tuple[Agent, ...], Ordered] = ()
    contacts: Annotated[tuple[ContactPoint, ...], Ordered] = ()
    attributions: Annotated[tuple[Attribution, ...], Ordered] = ()
    maintenance: str = ""  # scheme `maintenance`
    # Which version, since when
    version: str = ""
    release_date: str = ""
    first_published: str = ""
    issued: str = ""  # when this record was first published by its origin
    modified: str = ""  # when this record's content changed last
    # For whom, on what, with what
    platforms: tuple[str, ...] = ()
    programming_languages: tuple[str, ...] = ()
    localisation_ready: bool | None = None
    ui_languages: tuple[str, ...] = ()  # BCP 47
    countries: tuple[str, ...] = ()  # ISO 3166-1 alpha-2, upper case
    unsupported_countries: tuple[str, ...] = ()
    spatial: tuple[str, ...] = ()  # German official keys (AGS), 2 to 8 digits
    dependencies: Annotated[tuple[Dependency, ...], Ordered] = ()
    standards: tuple[str, ...] = ()  # URI or `alias:name`
    services: Annotated[tuple[Service, ...], Ordered] = ()
    input_types: tuple[str, ...] = ()
    output_types: tuple[str, ...] = ()
    distributions: Annotated[tuple[Distribution, ...], Ordered] = ()
    references: tuple[str, ...] = ()
    programme: tuple[str, ...] = ()  # scheme `project`: the 73 model projects it comes from
    as_of: str = ""  # curated entries: the date of the facts, not yet read from the repository
