"""A search as the address bar has it.

Arguments to a Query, and back to links that add, remove or turn a page. All state is in the URL.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import islice
from typing import NamedTuple
from urllib.parse import urlencode

from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict

from catalog.base.language import N_, Translator
from catalog.base.states import EntryState
from catalog.base.tables import SolutionRow
from catalog.entries import publishers
from catalog.search import Query, Results
from catalog.search.indexing import FACETS
from catalog.views import present

SIZE = 20
SHOWN = 8  # values of a facet that are seen at once; the rest unfolds
MOST = 60  # values of a facet that are shown at all
TITLES = {
    "topic": N_("Topic"),
    "licence": N_("Licence"),
    "status": N_("Development status"),
    "life": N_("State of the repository"),
    "kind": N_("Kind of solution"),
    "state": N_("Federal state"),
    "platform": N_("Runs on"),
    "language": N_("Language of the interface"),
    "publisher": N_("Publisher"),
    "programme": N_("Model project"),
    "category": N_("Category of publiccode.yml"),
    "country": N_("Country"),
}
SORTS = {"relevance": N_("Best match"), "recency": N_("Newest first"), "name": N_("Name (A–Z)")}
_OPEN = ("topic", "status", "licence")

Pair = tuple[str, str]


class Value(NamedTuple):
    """One value of a facet."""

    code: str
    label: str
    found: int
    chosen: bool


class Facet(NamedTuple):
    """A facet with its values; `rest` are those behind "show more"."""

    name: str
    title: str
    values: list[Value]
    rest: list[Value]
    open: bool
    chosen: int


class Active(NamedTuple):
    """A filter in use and the address without it."""

    title: str
    label: str
    without: str


class Pages(NamedTuple):
    """The pages around the current one: (number, address), (0, "") for a gap."""

    current: int
    last: int
    numbers: list[tuple[int, str]]
    before: str
    after: str


def query_of(arguments: MultiDict[str, str], language: str, *, size: int = SIZE) -> Query:
    """The Query of these arguments; what is no argument of ours is left alone."""
    filters = {
        name: tuple(dict.fromkeys(code for code in arguments.getlist(name) if code))
        for name in FACETS
        if arguments.get(name)
    }
    page = arguments.get("page", "1")
    text = present.clean(arguments.get("q", "")).strip()
    return Query(
        text=text,
        filters={name: codes for name, codes in filters.items() if codes},
        sort=arguments.get("sort") or "relevance",
        page=max(1, int(page)) if page.isascii() and page.isdecimal() and len(page) < 7 else 1,
        size=size,
        language=language,
        facets=tuple(TITLES),
        values=MOST,
        highlight=bool(text),
    )


def pairs(query: Query, *, text: str | None = None, paged: bool = False) -> list[Pair]:
    """The arguments that ask this query; without sort and page if they are the usual ones."""
    words = query.text if text is None else text
    found = [("q", words)] if words else []
    for name, codes in query.filters.items():
        found += [(name, code) for code in codes]
    found += [("sort", query.sort)] if query.sort != "relevance" else []
    return found + ([("page", str(query.page))] if paged and query.page > 1 else [])


def address(path: str, arguments: Iterable[Pair]) -> str:
    """The path with these arguments."""
    asked_for = urlencode(list(arguments))
    return f"{path}?{asked_for}" if asked_for else path


def facets(query: Query, results: Results, names: dict[str, str], *, words: Translator) -> list[Facet]:
    """The facets that can narrow the search, chosen values first."""
    found = []
    for name, title in TITLES.items():
        chosen = query.filters.get(name, ())
        values = [
            Value(code, _label(name, code, names, words=words), count, chosen=code in chosen)
            for code, count in _values(results.facets.get(name, ()), chosen)
        ]
        if len(values) > 1 or chosen:
            cut = max(SHOWN, len(chosen))
            is_open = bool(chosen) or name in _OPEN
            found.append(
                Facet(
                    name,
                    words.gettext(title),
                    values[:cut],
                    rest=values[cut:],
                    open=is_open,
                    chosen=len(chosen),
                )
            )
    return found


def _values(counts: Sequence[tuple[str, int]], chosen: tuple[str, ...]) -> list[tuple[str, int]]:
    """(code, count) of what is shown: the chosen, then the most frequent; there may be thousands more."""
    found = dict(counts) if chosen else {}
    others = (pair for pair in counts if pair[0] not in chosen)
    return [*((code, found.get(code, 0)) for code in chosen), *islice(others, MOST)][:MOST]


def _label(facet: str, code: str, names: dict[str, str], *, words: Translator) -> str:
    return names.get(code, code) if facet == "publisher" else present.label(FACETS[facet], code, words)


def active(query: Query, path: str, names: dict[str, str], *, words: Translator) -> list[Active]:
    """The filters in use, each with the address of the search without it."""
    found = []
    for name, codes in query.filters.items():
        title = words.gettext(TITLES.get(name, name))
        for code in codes:
            without = address(path, [pair for pair in pairs(query) if pair != (name, code)])
            found.append(Active(title, _label(name, code, names, words=words), without))
    return found


def pages(query: Query, total: int, path: str) -> Pages:
    """First, last and the neighbours of the current page."""
    last = max(1, -(-total // query.size))
    wanted = sorted({1, last, *range(query.page - 1, query.page + 2)} & set(range(1, last + 1)))
    to = {
        number: address(path, [*pairs(query), *([("page", str(number))] if number > 1 else [])])
        for number in wanted
    }
    numbers: list[tuple[int, str]] = []
    for number in wanted:
        if numbers and number - numbers[-1][0] > 1:
            numbers.append((0, ""))
        numbers.append((number, to[number]))
    return Pages(
        query.page, last, numbers, before=to.get(query.page - 1, ""), after=to.get(query.page + 1, "")
    )


def rows(session: Session, results: Results) -> dict[str, SolutionRow]:
    """The rows of all hits by id, in one query. A hit that was taken away a moment ago is missing.

    Asked for by id alone: beside a condition on the state, SQLite would read every listed row.
    """
    ids = [hit.id for hit in results.hits]
    found = session.scalars(select(SolutionRow).where(SolutionRow.id.in_(ids)))
    return {row.id: row for row in found if row.state == EntryState.LISTED}


def publisher_names(session: Session, slugs: Iterable[str]) -> dict[str, str]:
    """Slug -> name of publishers, fit to be shown."""
    wanted = sorted(set(slugs))[: MOST + 40]
    return {slug: present.clean(name) for slug, name in publishers.names_of(session, wanted).items()}
