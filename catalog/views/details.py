"""What the page of one solution says in plain words: facts for the town hall, and whom to ask."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple
from urllib.parse import quote

from catalog.base import ids
from catalog.base.language import N_, Translator
from catalog.base.tables import SolutionRow
from catalog.search import indexing
from catalog.views import present
from catalog.views.field_labels import FIELDS
from vocabularies import concepts
from vocabularies.rdf import dcat_ap
from vocabularies.terms import Agent, ContactPoint, Dependency, Distribution, Service, Solution

_EMAIL = re.compile(r"[^@\s<>\"',;]+@[^@\s<>\"',;]+\.[^@\s<>\"',;]+")


class Value(NamedTuple):
    """One value of a fact: text, an address of a stranger it leads to, a page of ours, our explanation."""

    text: str
    link: str = ""
    page: str = ""
    note: str = ""


class Fact(NamedTuple):
    """A line of the facts table."""

    title: str
    values: tuple[Value, ...]

    @property
    def short(self) -> bool:
        """Whether the values fit on a line: a few words each and nothing to explain."""
        return all(len(value.text) <= 40 and not value.note and not value.link for value in self.values)


class Person(NamedTuple):
    """A contact. `open` mailboxes belong to a function and are shown; others only on request."""

    name: str
    affiliation: str
    email: str
    mailto: str
    open: bool
    phone: str
    url: str


class Involved(NamedTuple):
    """An organisation in a role."""

    name: str
    uri: str
    until: str
    slug: str


def facts(solution: Solution, words: Translator) -> list[Fact]:
    """The facts a town asks for, only those that are known."""
    return [Fact(words.gettext(title), tuple(values)) for title, values in _facts(solution, words) if values]


def _facts(solution: Solution, words: Translator) -> Iterator[tuple[str, list[Value]]]:
    language = words.language
    yield FIELDS["status"], _explained("status", solution.status, words)
    yield FIELDS["maintenance"], _explained("maintenance", solution.maintenance, words)
    yield N_("May we use it?"), _licences(solution, words)
    yield FIELDS["version"], _plain((solution.version,))
    yield FIELDS["release_date"], _plain((present.day(solution.release_date, words),))
    yield FIELDS["first_published"], _plain((present.day(solution.first_published, words),))
    yield FIELDS["kind"], _coded("software-type", solution.kind, words, facet="kind")
    platforms = [concepts.find("platform", name) or name for name in solution.platforms]
    yield FIELDS["platforms"], _plain(present.labels("platform", platforms, words))
    ui_languages = [tag.split("-")[0] for tag in solution.ui_languages]
    yield FIELDS["ui_languages"], _plain(present.labels("language", ui_languages, words))
    yield N_("Topics"), _coded("topic", indexing.facets_of(solution)["topic"], words, facet="topic")
    yield FIELDS["category"], _coded("category", solution.category, words, facet="category")
    yield FIELDS["community"], _plain(present.labels("community", solution.community, words))
    yield FIELDS["countries"], _plain(present.labels("country", solution.countries, words))
    unsupported = present.labels("country", solution.unsupported_countries, words)
    yield FIELDS["unsupported_countries"], _plain(unsupported)
    yield FIELDS["services"], _plain(map(_service, solution.services))
    page = solution.landing_page
    yield FIELDS["landing_page"], [Value(page, page)] if page else []
    yield FIELDS["documentation"], _links(present.all_lists(solution.documentation, language)[0])
    yield FIELDS["roadmap"], _links((solution.roadmap,) if solution.roadmap else ())
    yield FIELDS["screenshots"], _links(present.all_lists(solution.screenshots, language)[0])
    yield FIELDS["videos"], _links(present.all_lists(solution.videos, language)[0])
    yield FIELDS["awards"], _plain(present.all_lists(solution.awards, language)[0])
    yield FIELDS["suite"], _plain((solution.suite,) if solution.suite else ())


def technical(solution: Solution, words: Translator) -> list[Fact]:
    """The facts developers ask for."""
    api_documentation = present.all_lists(solution.api_documentation, words.language)[0]
    found: list[tuple[str, list[Value]]] = [
        (FIELDS["programming_languages"], _plain(solution.programming_languages)),
        (FIELDS["dependencies"], [_dependency(item, words) for item in solution.dependencies]),
        (FIELDS["standards"], _links(solution.standards)),
        (FIELDS["api_documentation"], _links(api_documentation)),
        (FIELDS["issue_tracker"], _links((solution.issue_tracker,) if solution.issue_tracker else ())),
        (FIELDS["distributions"], [_download(item) for item in solution.distributions]),
        (FIELDS["input_types"], _plain(solution.input_types)),
        (FIELDS["output_types"], _plain(solution.output_types)),
        (FIELDS["derived_from"], _links(solution.derived_from)),
        (FIELDS["aliases"], _links(solution.aliases)),
        (FIELDS["references"], _links(solution.references)),
    ]
    return [Fact(words.gettext(title), tuple(values)) for title, values in found if values]


def _plain(texts: Iterable[str]) -> list[Value]:
    return [Value(present.clean(text)) for text in texts if text]


def _explained(scheme: str, code: str, words: Translator) -> list[Value]:
    if not code:
        return []
    return [Value(present.label(scheme, code, words), note=present.meaning(scheme, code, words.language))]


def _service(service: Service) -> str:
    parts = (service.ozg_id, service.leika_id, service.topic, service.life_situation)
    return ", ".join(filter(None, parts))


def _download(item: Distribution) -> Value:
    address = item.download_url or item.access_url
    return Value(item.title or address, address)


def _links(addresses: tuple[str, ...]) -> list[Value]:
    return [
        Value(present.clean(address), address if present.is_link(address) else "") for address in addresses
    ]


def _coded(scheme: str, codes: tuple[str, ...], words: Translator, *, facet: str) -> list[Value]:
    """The labels of codes; what the scheme knows leads to the solutions that have it."""
    known = concepts.scheme(scheme).concepts
    return [
        Value(present.label(scheme, code, words), page=f"{facet}={quote(code)}" if code in known else "")
        for code in codes
    ]


def _licences(solution: Solution, words: Translator) -> list[Value]:
    if not solution.licence:
        missing = words.gettext(
            "Without a licence nobody may use, change or pass on the software. Ask the publisher to add one."
        )
        return [Value(words.gettext("No licence stated"), note=missing)]
    found = present.licences(solution.licence, words)
    if not found:
        unknown = words.gettext("This is none of the licences we know. Please read it before use.")
        return [Value(present.clean(solution.licence), note=unknown)]
    return [Value(f"{name} ({code})" if name != code else code, note=means) for code, name, means in found]


def _dependency(item: Dependency, words: Translator) -> Value:
    version = item.version or " – ".join(filter(None, (item.version_min, item.version_max)))
    kind = present.label("dependency", item.kind, words) if item.kind else ""
    optional = words.gettext("optional") if item.optional else ""
    name = present.clean(" ".join(filter(None, (item.name, version))))
    return Value(name, note=", ".join(filter(None, (kind, optional))))


def contacts(solution: Solution) -> list[Person]:
    """Whom to ask, as the publisher declared it."""
    return [_person(contact) for contact in solution.contacts]


def _person(contact: ContactPoint) -> Person:
    fits = bool(_EMAIL.fullmatch(contact.email))
    return Person(
        name=present.clean(contact.name),
        affiliation=present.clean(contact.affiliation),
        email=present.clean(contact.email),
        mailto=f"mailto:{quote(contact.email, safe='@+')}" if fits else "",
        open=dcat_ap.is_function_mailbox(contact.email),
        phone=present.clean(contact.phone),
        url=contact.url,
    )


def involved(solution: Solution) -> dict[str, list[Involved]]:
    """Role -> organisations, in the source's order."""
    found: dict[str, list[Involved]] = {}
    for item in solution.attributions:
        found.setdefault(item.role, []).append(_involved(item.agent, item.until))
    return found


def _involved(agent: Agent, until: str = "") -> Involved:
    name = present.portal_name(agent.name) or agent.uri
    page = agent.uri if present.is_link(agent.uri) else ""
    return Involved(name=name, uri=agent.homepage or page, until=until, slug=ids.slugify(name, ""))


def repositories(row: SolutionRow, solution: Solution, urls: list[str]) -> list[str]:
    """The addresses of its code, the leading one first."""
    found = [row.repository, solution.repository, *urls]
    return list(dict.fromkeys(url for url in found if present.is_link(url)))
