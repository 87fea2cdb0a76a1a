"""How the catalogue's values are shown: the right language, labels for codes, one card for a solution.

Knows no request.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from babel.dates import format_date

from catalog.base.language import N_, Translator, sentence
from catalog.base.states import BROKEN, EntryState, Life
from catalog.base.tables import SolutionRow
from catalog.entries import store
from catalog.search import Fragments, Hit, indexing
from crawlers.faults import Fault
from vocabularies import concepts
from vocabularies.rdf import dcat_ap
from vocabularies.terms import Solution, TextLists, Texts
from vocabularies.values import kinds

Tag = tuple[str, str]  # (kind of note or "", text)
# The last row is what no XML may hold, and so no feed for readers.
_INVISIBLE = re.compile(
    "[\u202a-\u202e\u2066-\u2069\u200e\u200f\u200b\ufeff"
    "\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]"
)


class TaggedText(NamedTuple):
    """A text of a publisher and the tag of its language; `lang` is "" where it has none."""

    text: str
    lang: str = ""


class Card(NamedTuple):
    """The short form of a solution. The `_marked` pieces are from a search, () otherwise."""

    id: str
    slug: str
    name: TaggedText
    summary: TaggedText
    publisher: str
    publisher_slug: str
    tags: tuple[Tag, ...]
    name_marked: Fragments = ()
    summary_marked: Fragments = ()
    snippets: tuple[Fragments, ...] = ()


def clean(text: str) -> str:
    """A text without the characters that turn the reading direction or cannot be seen.

    See docs/security.md, "invisible characters".
    """
    return _INVISIBLE.sub("", text)


def is_link(address: str) -> bool:
    """Whether an address that a stranger gave may become a link: only http and https do."""
    return address.startswith(("https://", "http://"))


def best(texts: Mapping[str, str], language: str) -> TaggedText:
    """The text for a reader.

    In their language or a regional kind of it, else without language, else English, else any.
    """
    regional = sorted(tag for tag in texts if tag.startswith(f"{language}-"))
    tags = [language, *regional, "", "en", "de", *sorted(texts)]
    return next((TaggedText(clean(texts[tag]), tag) for tag in tags if texts.get(tag)), TaggedText(""))


def all_lists(lists: TextLists, language: str) -> tuple[tuple[str, ...], str]:
    """(the list for a reader, its language), chosen as `best` does."""
    found = best({tag: "x" for tag, values in lists.items() if values}, language)
    return tuple(clean(value) for value in lists.get(found.lang, ())), found.lang


def plain(texts: Texts, language: str) -> TaggedText:
    """As `best`, without Markdown."""
    found = best(texts, language)
    return TaggedText(dcat_ap.plain_text(found.text), found.lang)


def summary(solution: Solution, language: str, *, length: int = 320) -> TaggedText:
    """What it is, in a sentence or two."""
    found = plain(solution.short_text or solution.text, language)
    if len(found.text) <= length:
        return found
    return TaggedText(found.text[:length].rsplit(" ", 1)[0].rstrip(" ,.;:") + " …", found.lang)


def label(scheme: str, code: str, words: Translator) -> str:
    """The label of a code; of no scheme, the code itself."""
    return clean(concepts.label(scheme, code, words.language) if scheme else code)


def labels(scheme: str, codes: Iterable[str], words: Translator) -> tuple[str, ...]:
    """The labels of several codes, in the alphabet's order."""
    return tuple(sorted((label(scheme, code, words) for code in codes), key=str.casefold))


def meaning(scheme: str, code: str, language: str) -> str:
    """What a code means in our own words, "" where we say nothing."""
    concept = concepts.scheme(scheme).concepts.get(code)
    if concept is None:
        return ""
    return concept.definition.get(language) or next(iter(concept.definition.values()), "")


def licences(expression: str, words: Translator) -> list[tuple[str, str, str]]:
    """(code, name, our explanation) of each licence in an SPDX expression.

    The kind of a licence explains it where we say nothing else.
    """
    return [(code, *_licence(code, words)) for code in kinds.licences(expression)]


def _licence(code: str, words: Translator) -> tuple[str, str]:
    """(name, our explanation).

    A mere "AGPL-3.0", as a licence file has it, leaves open whether later versions count.
    """
    known = concepts.scheme("licence").concepts
    named = next((one for one in (code, f"{code}-only") if one in known), "")
    name = label("licence", named or code, words)
    if named != code:
        name = name.removesuffix(" only")
    kind = known[named].attributes.get("kind", "") if named else ""
    means = meaning("licence", code, words.language)
    if not means and kind:
        means = meaning("licence-kind", kind, words.language)
    return name, means


def day(iso: str, words: Translator) -> str:
    """A date as exact as it was given: a day, a month or a year, in words."""
    if re.fullmatch(r"\d{4}-(0[1-9]|1[0-2])", iso):
        return format_date(datetime.date.fromisoformat(iso + "-01"), "LLLL y", words.locale)
    return words.date(iso)


_LIFE: dict[str, str] = {
    Life.ARCHIVED: N_("archived since {date}"),
    Life.FAILING: N_("not reached since {date}"),
    Life.GONE: N_("gone since {date}"),
}


def life(row: SolutionRow, words: Translator) -> Tag | None:
    """What is to be said of a repository that is not simply there; None for one that is."""
    if row.life not in _LIFE:
        return None
    kind = "danger" if row.life == Life.GONE else "warning"
    return kind, words.gettext(_LIFE[row.life], date=words.date(row.life_since))


def life_reason(row: SolutionRow, words: Translator) -> str:
    """The sentence behind `failing` and `gone`, "" if none is known."""
    if row.life in BROKEN and row.life_reason:
        return sentence(words, Fault.read(row.life_reason))
    return ""


def users(solution: Solution) -> list[str]:
    """The names of those who use it, as the maintainer reports."""
    return [
        clean(portal_name(item.agent.name))
        for item in solution.attributions
        if item.role == "deployer" and item.agent.name
    ]


def portal_name(names: Texts) -> str:
    """The name of an agent."""
    return clean(names.get("") or names.get("de") or names[min(names)]) if names else ""


def card(
    row: SolutionRow, words: Translator, *, hit: Hit | None = None, known: Solution | None = None
) -> Card:
    """The short form of a row, with the snippets of a hit."""
    solution = known or store.solution_of(row)
    snippets = {name: _cleaned(fragments) for name, fragments in (hit.snippets if hit else {}).items()}
    seen = snippets.get("name") or snippets.get("summary")
    elsewhere = [] if seen else [snippets[name] for name in ("features", "text") if snippets.get(name)][:1]
    name = clean(dcat_ap.name(solution, words.language))
    return Card(
        id=row.id,
        slug=row.slug,
        name=TaggedText(name, best(solution.name, words.language).lang),
        summary=summary(solution, words.language),
        publisher=clean(dcat_ap.agent_name(solution)),
        publisher_slug=row.publisher,
        tags=tuple(_tags(row, solution, words)),
        name_marked=snippets.get("name", ()),
        summary_marked=snippets.get("summary", ()),
        snippets=tuple(elsewhere),
    )


def _cleaned(fragments: Fragments) -> Fragments:
    """The fragments without invisible characters; () if nothing of the query is marked in them."""
    if not any(marked for _, marked in fragments):
        return ()
    return tuple((clean(text), marked) for text, marked in fragments)


def _tags(row: SolutionRow, solution: Solution, words: Translator) -> Iterator[Tag]:
    if row.state == EntryState.DRAFT:
        yield "warning", words.gettext("No metadata file yet")
    standing = life(row, words)
    if standing:
        yield standing
    if solution.status:
        yield "warning" if solution.status == "obsolete" else "", label("status", solution.status, words)
    for code in indexing.facets_of(solution)["topic"][:3]:
        yield "", label("topic", code, words)
    for code in kinds.licences(solution.licence)[:2]:
        yield "", code
    if not solution.licence:
        yield "warning", words.gettext("No licence stated")
    count = len(users(solution))
    if count:
        yield "success", words.ngettext("{n} known user", "{n} known users", count)
