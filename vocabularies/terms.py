"""What a solution is: frozen values, named after the standards (rdf.md 1.3). A new property begins as one line here.

Empty means "not said": "", () and {} are never facts. Language texts map a lower-case BCP 47 tag to a text; the tag ""
is a text whose language its source did not say. Codes are those of the concept schemes in `schemes/`. Dates are ISO 8601.
Repeated values are sorted and unique unless the field says *ordered*; `kinds.py` sees to both.
"""

from __future__ import annotations

import msgspec

Texts = dict[str, str]
TextLists = dict[str, tuple[str, ...]]


class Agent(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """foaf:Agent: an organisation or a person. `uri` is the identifier its source gives, `kind` a code of scheme `agent-type`."""

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
    """prov:Attribution: an agent and its role, a code of scheme `role` (contractor, deployer, funder). `until` is a date."""

    agent: Agent
    role: str
    until: str = ""
    email: str = ""
    id: str = ""


class Dependency(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What must be there to run it. `kind` is open, proprietary or hardware; `optional` as the source says it."""

    name: str
    kind: str = ""
    version: str = ""
    version_min: str = ""
    version_max: str = ""
    optional: bool = False
    id: str = ""


class Distribution(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """dcat:Distribution: a way to get it besides the repository (an archive, an image). `media_type` as registered with IANA."""

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

    # Identity. `id` is our IRI or the origin's; `aliases` are other addresses and ids of the same thing (URL, DOI, SWHID).
    id: str = ""
    aliases: tuple[str, ...] = ()
    repository: str = ""
    # What it is
    name: Texts = {}
    alternative_name: Texts = {}
    generic_name: Texts = {}
    short_text: Texts = {}
    text: Texts = {}  # Markdown
    features: TextLists = {}  # ordered
    keywords: TextLists = {}
    awards: TextLists = {}  # ordered
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
    screenshots: TextLists = {}  # ordered
    videos: TextLists = {}  # ordered
    # May we
    licence: str = ""  # SPDX expression where it is one, else the source's own words
    copyright_owner: str = ""
    # Who
    publisher: Agent | None = None
    authors: tuple[Agent, ...] = ()  # ordered
    contacts: tuple[ContactPoint, ...] = ()  # ordered
    attributions: tuple[Attribution, ...] = ()  # ordered
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
    dependencies: tuple[Dependency, ...] = ()  # ordered
    standards: tuple[str, ...] = ()  # URI or `alias:name`
    services: tuple[Service, ...] = ()  # ordered
    input_types: tuple[str, ...] = ()
    output_types: tuple[str, ...] = ()
    distributions: tuple[Distribution, ...] = ()  # ordered
    references: tuple[str, ...] = ()
    programme: tuple[str, ...] = ()  # scheme `project`: the 73 model projects it comes from
    as_of: str = ""  # curated entries: the date of the facts, not yet read from the repository


# Fields whose order is the source's and means something; all other repeated values are sorted sets.
ORDERED = frozenset(
    {
        "features",
        "awards",
        "screenshots",
        "videos",
        "authors",
        "contacts",
        "attributions",
        "dependencies",
        "services",
        "distributions",
    }
)


def shape(field: str, of: type[msgspec.Struct] = Solution) -> str:
    """How a field holds its values: "one", "set", "list" (ordered), "texts" or "text-lists" (by language), "flag"."""
    return _shapes(of)[field]


_SHAPES: dict[type, dict[str, str]] = {}
_BY_ANNOTATION = {
    "str": "one",
    "Texts": "texts",
    "TextLists": "text-lists",
    "bool": "flag",
    "bool | None": "flag",
}


def _shapes(of: type[msgspec.Struct]) -> dict[str, str]:
    if of not in _SHAPES:
        _SHAPES[of] = {
            name: _BY_ANNOTATION.get(str(kind))
            or (("list" if name in ORDERED else "set") if str(kind).startswith("tuple") else "one")
            for name, kind in of.__annotations__.items()
        }
    return _SHAPES[of]
