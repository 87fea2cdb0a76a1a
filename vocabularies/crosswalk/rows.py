"""The parts of a crosswalk: rows, nested rows, the reading they give, and how values are put into a field."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple

import msgspec

from vocabularies import fields, terms
from vocabularies.crosswalk import patterns
from vocabularies.fields import Shape
from vocabularies.problems import Problem, Severity
from vocabularies.terms import Solution
from vocabularies.values.kinds import Kind

MOST_PROBLEMS = 300  # of one document; the rest is counted
MOST_JOINED = 50  # values of a joined row


class Reading(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What one document says.

    `solution` is None when nothing usable stands in it; `version` is the format's own. `facts` are what a
    forge or Git says that is no field of a solution: archived, fork_of, ...
    """

    format: str
    solution: Solution | None = None
    version: str = ""
    problems: tuple[Problem, ...] = ()
    facts: dict[str, str] = {}

    @property
    def valid(self) -> bool:
        """No error among the problems."""
        return not any(problem.severity is Severity.ERROR for problem in self.problems)


class Row(NamedTuple):
    """Where a format keeps a field.

    `source` is the key pattern, `field` the field it fills (dotted for one level of nesting), `kind` the kind
    of value. `language` fixes the language of a text whose key does not say it; `needed` makes its absence an
    error; `instead` marks a deprecated key and says what to use; `read_only` rows are old or foreign
    spellings that are never written; several values of a row that fills a single field are put together with
    `joined`.
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
    """A value that is a group of keys.

    `of` is its type, `rows` its table; a plain text fills `plain`; `fixed` are values it always has. `when`
    says which values of the field this row writes. `then` takes out of it what the field holds, for a field
    that is no group itself; such a value is written as a plain text. With `alternatives` the rows say the
    same in several ways: the first that can be read counts, the others need no remark. With `brief` a value
    that says no more than `plain` is written as a plain text.
    """

    of: type[msgspec.Struct]
    rows: tuple[Row, ...]
    plain: str = ""
    fixed: dict[str, Any] = {}  # noqa: RUF012
    when: Callable[[Any], bool] = bool
    then: Callable[[Any], Any] | None = None
    alternatives: bool = False
    brief: bool = False


class Crosswalk(NamedTuple):
    """A format: its rows in the order of its specification, the keys it ignores and why, and its checks.

    A key that is ignored for the reason "" is part of the format's own syntax and says nothing of the
    software. Checks look at several keys; each is called with the DocumentReader. `spellings` are other
    spellings of keys that need no remark.
    """

    name: str
    rows: tuple[Row, ...]
    ignored: dict[str, str] = {}  # noqa: RUF012
    checks: tuple[Callable[[Any], None], ...] = ()
    spellings: frozenset[str] = frozenset()


class Lookup(NamedTuple):
    """What a crosswalk's rows say together. `names` are keys that are no misspelling of another."""

    rows: tuple[Row, ...]
    names: frozenset[str]
    known: patterns.KnownKeys


_LOOKUPS: dict[int, Lookup] = {}  # by the identity of the rows, which are kept in the value and so stay alive


def lookup(crosswalk: Crosswalk) -> Lookup:
    """Made once for each table of rows."""
    key = id(crosswalk.rows)
    if key not in _LOOKUPS:
        sources = list(_sources(crosswalk.rows))
        names: set[str] = set()
        for source in sources:
            for part in patterns.parts(source):
                names.update(part.split("+"))
        known = patterns.known_keys(sources, crosswalk.ignored)
        _LOOKUPS[key] = Lookup(crosswalk.rows, frozenset(names), known)
    return _LOOKUPS[key]


def _sources(rows: Iterable[Row], above: str = "") -> Iterator[str]:
    """The patterns of rows and of the rows nested in them."""
    for row in rows:
        yield above + row.source
        if isinstance(row.kind, Nested):
            yield from _sources(row.kind.rows, f"{above}{row.source}.")


def plain_row(kind: Nested) -> Row:
    """The row that a plain text fills."""
    return next(row for row in kind.rows if row.field == kind.plain)


_REPEATED = (Shape.TEXT_LISTS, Shape.SET, Shape.LIST)


def add(values: dict[str, Any], row: Row, value: Any, *, language: str, of: type[msgspec.Struct]) -> bool:
    """Put a value into its field of `of`; False if the field says something else already.

    A kind may give several values as a tuple.
    """
    name, _, inner = row.field.partition(".")
    if inner:
        agent = values.setdefault(name, {})
        return add(agent, row._replace(field=inner), value, language=language, of=terms.Agent)
    shape = fields.shape(name, of)
    if shape is Shape.TEXTS:
        return bool(values.setdefault(name, {}).setdefault(language, value) == value)
    if shape in _REPEATED:
        items = values.setdefault(name, {} if shape is Shape.TEXT_LISTS else [])
        if shape is Shape.TEXT_LISTS:
            items = items.setdefault(language, [])
        items.extend(value if isinstance(value, tuple) else (value,))
        return True
    if row.joined and values.setdefault(name, value) != value:
        return _join(values, name, value, separator=row.joined)
    return bool(values.setdefault(name, value) == value)


def _join(values: dict[str, Any], name: str, value: str, *, separator: str) -> bool:
    """Put a further value behind those of a single field; False if there are too many."""
    parts = values[name].split(separator)
    if value not in parts:
        values[name] = separator.join([*parts, value][:MOST_JOINED])
    return len(parts) < MOST_JOINED


def built(values: dict[str, Any], of: type[msgspec.Struct]) -> dict[str, Any]:
    """Lists to tuples: unique, sorted unless the field is ordered; halves of an Agent to the Agent."""
    for name, value in values.items():
        shape = fields.shape(name, of)
        ordered = fields.is_ordered(name, of)
        if shape is Shape.TEXT_LISTS:
            values[name] = {
                language: unique(items, ordered=ordered) for language, items in sorted(value.items())
            }
        elif shape is Shape.TEXTS:
            values[name] = dict(sorted(value.items()))
        elif shape in (Shape.SET, Shape.LIST):
            values[name] = unique(value, ordered=ordered)
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


_RANK = {Severity.ERROR: 0, Severity.WARNING: 1, Severity.INFO: 2}
_LAST = 1_000_000  # a line that no document has


def sorted_problems(problems: Iterable[Problem]) -> tuple[Problem, ...]:
    """In the order of the file; those without a place come last.

    Of very many the gravest stay, and the number of the others.
    """
    by_place = sorted(problems, key=_place)
    if len(by_place) <= MOST_PROBLEMS:
        return tuple(by_place)
    by_gravity = sorted(range(len(by_place)), key=lambda index: (_RANK[by_place[index].severity], index))
    more = Problem(code="more-problems", values={"count": str(len(by_place) - MOST_PROBLEMS)})
    return (*(by_place[index] for index in sorted(by_gravity[:MOST_PROBLEMS])), more)


def _place(problem: Problem) -> tuple[int, int, int, str, str]:
    rank = _RANK[problem.severity]
    return (problem.line or _LAST, problem.column, rank, problem.path, problem.code)
