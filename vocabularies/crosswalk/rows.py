"""The parts of a crosswalk: rows, nested rows, the reading they lead to, and how values come together in a field."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple

import msgspec

from vocabularies import terms
from vocabularies.crosswalk import patterns
from vocabularies.problems import PROBLEMS, Problem
from vocabularies.terms import Solution
from vocabularies.values.kinds import Kind

MOST_PROBLEMS = 300  # of one document; the rest is counted
MOST_JOINED = 50  # values of a joined row


class Reading(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What one document says. `solution` is None when nothing usable stands in it; `version` is the format's own."""

    format: str
    solution: Solution | None = None
    version: str = ""
    problems: tuple[Problem, ...] = ()
    facts: dict[
        str, str
    ] = {}  # what a forge or Git says that is no field of a solution: archived, fork_of, ...

    @property
    def valid(self) -> bool:
        """No error among the problems."""
        return not any(problem.severity == "error" for problem in self.problems)


class Row(NamedTuple):
    """`source` is the key pattern, `field` the field it fills (dotted for one level of nesting), `kind` what its value is.

    `language` fixes the language of a text whose key does not say it; `needed` makes its absence an error; `instead` marks a deprecated key
    and says what to use; `read_only` rows are old or foreign spellings that are never written; several values of a row that fills a single
    field are put together with `joined`.
    """

    source: str
    field: str
    kind: Kind | Nested
    language: str = ""
    needed: bool = False
    instead: str = ""
    read_only: bool = False
    joined: str = ""


class Nested(NamedTuple):
    """A value that is a group of keys: `of` is its type, `rows` its table; a plain text fills `plain`; `fixed` are values it always has.

    `then` takes out of it what the field holds, for a field that is no group itself; such a value is written as a plain text. With
    `alternatives` the rows say the same in several ways: the first that can be read counts, the others need no remark. With `brief` a
    value that says no more than `plain` is written as a plain text.
    """

    of: type[msgspec.Struct]
    rows: tuple[Row, ...]
    plain: str = ""
    fixed: dict[str, Any] = {}  # noqa: RUF012
    when: Callable[[Any], bool] = bool  # which values of the field this row writes
    then: Callable[[Any], Any] | None = None
    alternatives: bool = False
    brief: bool = False


class Crosswalk(NamedTuple):
    """A format: its rows in the order of its specification, the keys that are not taken and why, and checks that look at several keys.

    A key that is ignored for the reason "" is part of the format's own syntax and says nothing of the software. `spellings` are other
    spellings of keys that need no remark.
    """

    name: str
    rows: tuple[Row, ...]
    ignored: dict[str, str] = {}  # noqa: RUF012
    checks: tuple[Callable[[Any], None], ...] = ()
    spellings: frozenset[str] = frozenset()


class Found(NamedTuple):
    """A value met in a document: its path, the keys that `*` stood for with their paths, the value."""

    path: str
    captured: tuple[tuple[str, str], ...]
    value: Any


class Lookup(NamedTuple):
    """What a crosswalk's rows say together. `names` are keys that are no misspelling of another."""

    rows: tuple[Row, ...]
    names: frozenset[str]
    known: patterns.Known


_TABLES: dict[int, Lookup] = {}  # by the identity of the rows, which live as long as the programme


def table_of(crosswalk: Crosswalk) -> Lookup:
    if id(crosswalk.rows) not in _TABLES:
        sources = list(patterns_of(crosswalk.rows))
        names = frozenset(
            name for source in sources for part in patterns.parts(source) for name in part.split("+")
        )
        _TABLES[id(crosswalk.rows)] = Lookup(
            crosswalk.rows, names, patterns.known(sources, crosswalk.ignored)
        )
    return _TABLES[id(crosswalk.rows)]


def patterns_of(rows: Iterable[Row], below: str = "") -> Iterator[str]:
    for row in rows:
        yield below + row.source
        if isinstance(row.kind, Nested):
            yield from patterns_of(row.kind.rows, f"{below}{row.source}.")


def plain_row(kind: Nested) -> Row:
    return next(row for row in kind.rows if row.field == kind.plain)


def add(values: dict[str, Any], row: Row, value: Any, language: str, of: type[msgspec.Struct]) -> bool:
    """Put a value into its field; False if the field says something else already. A kind may give several values as a tuple."""
    name, _, inner = row.field.partition(".")
    if inner:
        return add(values.setdefault(name, {}), row._replace(field=inner), value, language, terms.Agent)
    how = terms.shape(name, of)
    if how == "texts":
        return bool(values.setdefault(name, {}).setdefault(language, value) == value)
    if how in ("text-lists", "set", "list"):
        held = (
            values.setdefault(name, {}).setdefault(language, [])
            if how == "text-lists"
            else values.setdefault(name, [])
        )
        held.extend(value if isinstance(value, tuple) else (value,))
        return True
    if row.joined and values.setdefault(name, value) != value:
        said = values[name].split(row.joined)
        if value not in said:
            values[name] = row.joined.join([*said, value][:MOST_JOINED])
        return len(said) < MOST_JOINED
    return bool(values.setdefault(name, value) == value)


def built(values: dict[str, Any], of: type[msgspec.Struct]) -> dict[str, Any]:
    """Lists to tuples: unique, sorted unless the field is ordered; halves of an Agent to the Agent."""
    for name, value in values.items():
        how = terms.shape(name, of)
        if how == "text-lists":
            values[name] = {
                language: unique(items, ordered=name in terms.ORDERED)
                for language, items in sorted(value.items())
            }
        elif how == "texts":
            values[name] = dict(sorted(value.items()))
        elif how in ("set", "list"):
            values[name] = unique(value, ordered=how == "list")
        elif isinstance(value, dict):
            values[name] = terms.Agent(**built(value, terms.Agent))
    return values


def unique(items: Iterable[Any], *, ordered: bool) -> tuple[Any, ...]:
    """Without repetitions, in the given order or sorted.

    >>> unique(["b", "a", "b"], ordered=True), unique(["b", "a", "b"], ordered=False)
    (('b', 'a'), ('a', 'b'))
    """
    seen = {item if isinstance(item, str) else msgspec.msgpack.encode(item): item for item in items}
    return tuple(seen.values() if ordered else sorted(seen.values()))


def sorted_problems(problems: Iterable[Problem]) -> tuple[Problem, ...]:
    """In the order of the file; those without a place come last. Of very many the gravest stay, and the number of the others."""
    rank = {"error": 0, "warning": 1, "info": 2}
    by_place = sorted(
        problems,
        key=lambda p: (p.line or 1_000_000, p.column, rank[PROBLEMS[p.code].severity], p.path, p.code),
    )
    if len(by_place) <= MOST_PROBLEMS:
        return tuple(by_place)
    gravest = sorted(range(len(by_place)), key=lambda index: (rank[by_place[index].severity], index))[
        :MOST_PROBLEMS
    ]
    more = Problem(code="more-problems", values={"count": str(len(by_place) - MOST_PROBLEMS)})
    return (*(by_place[index] for index in sorted(gravest)), more)
