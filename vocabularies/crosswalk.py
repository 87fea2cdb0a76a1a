"""The tool that formats are written with: a table of rows, read and written, with every leaf accounted for.

A `Row` says where a format keeps a field. Reading walks the rows; what no row took is reported, so nothing a source says is lost in silence.
Writing walks the same rows the other way (placing.py). Patterns are the specification's dotted keys (patterns.py).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple

import msgspec

from vocabularies import concepts, patterns, terms
from vocabularies.documents import Document, Scalar, key_path
from vocabularies.kinds import LANGUAGE, Kind, Unclean
from vocabularies.problems import PROBLEMS, Problem
from vocabularies.terms import Solution

MOST_PROBLEMS = 300  # of one document; the rest is counted
MOST_GUESSES = 20
MOST_JOINED = 50  # values of a joined row


class Reading(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What one document says. `solution` is None when nothing usable stands in it; `version` is the format's own."""

    format: str
    solution: Solution | None = None
    version: str = ""
    problems: tuple[Problem, ...] = ()
    facts: dict[str, str] = {}  # what a forge or Git says that is no field of a solution: archived, fork_of, ...

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
    checks: tuple[Callable[[Pass], None], ...] = ()
    spellings: frozenset[str] = frozenset()


class Found(NamedTuple):
    """A value met in a document: its path, the keys that `*` stood for with their paths, the value."""

    path: str
    captured: tuple[tuple[str, str], ...]
    value: Any


class Pass:
    """One reading of one document: collects values, problems and the paths that were taken. `whole` is False if its text broke off."""

    def __init__(self, document: Document) -> None:
        self.data, self.marks = document.data, document.marks
        self.problems: list[Problem] = list(document.problems)
        self.whole = not any(problem.code in ("syntax", "too-deep", "too-many") for problem in document.problems)
        self.values: dict[str, Any] = {}
        self.version = ""
        self._taken: set[str] = set()
        self._noted: set[tuple[str, str]] = set()
        self._guesses = 0
        self._spellings: dict[int, dict[str, str]] = {}
        self.names: frozenset[str] = frozenset()
        self.spellings: frozenset[str] = frozenset()

    def note(self, code: str, path: str = "", **values: str) -> None:
        """Report a problem at a path."""
        line, column = self._mark(path)
        if "guess" in values:
            values["guess"] = self._guess(values["guess"], values["value"])
        said = {name: str(value) for name, value in values.items()}  # a Scalar is no str to msgspec
        self.problems.append(Problem(code=code, path=path, line=line, column=column, values=said))

    def _guess(self, scheme: str, word: str) -> str:
        """Did you mean? Comparing takes milliseconds, so only the first words of a file are worth it."""
        self._guesses += 1
        code = concepts.suggest(scheme, word) if self._guesses <= MOST_GUESSES else ""
        return f"‘{code}’?" if code else ""

    def note_once(self, code: str, path: str = "", **values: str) -> None:
        """Report a problem that several rows may meet."""
        if (code, path) not in self._noted:
            self._noted.add((code, path))
            self.note(code, path, **values)

    def _mark(self, path: str) -> tuple[int, int]:
        while path and path not in self.marks:
            path = path[: max(path.rfind("."), path.rfind("["), 0)]
        return self.marks.get(path, (1, 1) if self.data is not None else (0, 0))

    def rows(self, rows: Iterable[Row], data: Any, at: str = "", of: type[msgspec.Struct] = Solution) -> dict[str, Any]:
        """The values that the rows find below `at`, ready for the constructor of `of`."""
        values: dict[str, Any] = {}
        for row in rows:
            found = list(self._find(data, patterns.parts(row.source), at))
            for item in found[:MOST_JOINED] if row.joined else found:
                self._row(row, item, values, of)
            if row.needed and not found and self.whole:
                path = ".".join(part for part in (at, row.source.replace(".*", "").partition("[")[0]) if part)
                self.note("missing", path, key=path)
        return _built(values, of)

    def _row(self, row: Row, found: Found, values: dict[str, Any], of: type[msgspec.Struct]) -> None:
        self._taken.add(found.path)
        if row.instead:
            self.note("deprecated", found.path, key=found.path, instead=row.instead)
        language = self._language(row, found)
        try:
            value = self._value(row, found) if language is not None else None
        except Unclean as unclean:
            self.note(unclean.code, found.path, **unclean.values)
            return
        if value is not None and language is not None and not _add(values, row, value, language, of):
            self.note("ignored", found.path, key=found.path, reason="another key says it already")

    def _value(self, row: Row, found: Found) -> Any:
        kind = row.kind
        if isinstance(kind, Kind):
            return kind.clean(found.value, self._noting(found.path))
        if isinstance(found.value, Scalar) and kind.plain:
            values = self._plain(kind, found)
        elif isinstance(found.value, dict):
            self._taken.discard(found.path)
            values = (
                self._alternatives(kind, found) if kind.alternatives else self.rows(kind.rows, found.value, found.path, kind.of)
            )
        else:
            found_word = "a list" if isinstance(found.value, list) else "a single value"
            raise Unclean(
                "wrong-type" if found.value is not None else "empty-value", expected="a group of keys", found=found_word
            )
        if not values:
            return None
        try:
            value = kind.of(**{**kind.fixed, **values})
        except TypeError:  # a mandatory part is missing
            if not any(row.needed for row in kind.rows):
                self.note("nameless", found.path)
            return None
        return kind.then(value) or None if kind.then else value

    def _alternatives(self, kind: Nested, found: Found) -> dict[str, Any]:
        values: dict[str, Any] = {}
        for row in kind.rows:
            if values:
                others = self._find(found.value, patterns.parts(row.source), found.path)
                self._taken.update(item.path for item in others if not isinstance(item.value, dict | list))
            else:
                values = self.rows((row,), found.value, found.path, kind.of)
        return values

    def _plain(self, kind: Nested, found: Found) -> dict[str, Any]:
        row = _plain_row(kind)
        assert isinstance(row.kind, Kind)
        values: dict[str, Any] = {}
        _add(values, row, row.kind.clean(found.value, self._noting(found.path)), row.language, kind.of)
        return _built(values, kind.of)

    def _noting(self, path: str) -> Callable[..., None]:
        return lambda code, **values: self.note(code, path, **values)

    def _language(self, row: Row, found: Found) -> str | None:
        """The language that a key says, None if it says none."""
        if not found.captured:
            return row.language
        key, path = found.captured[0]
        try:
            return str(LANGUAGE.clean(key, lambda code, **values: self.note_once(code, path, **values)))
        except Unclean as unclean:
            self.note_once(unclean.code, path, **unclean.values)
            return None

    def _find(self, data: Any, parts: tuple[str, ...], at: str, captured: tuple[tuple[str, str], ...] = ()) -> Iterator[Found]:
        if not parts:
            yield Found(at, captured, data)
        elif parts[0] in ("[]", "[?]"):
            if isinstance(data, list) or parts[0] == "[]":
                yield from self._find_items(data, parts[1:], at, captured)
            else:
                yield from self._find(data, parts[1:], at, captured)
        elif isinstance(data, dict):
            if parts[0] == "*":
                for key, value in data.items():
                    path = key_path(at, key)
                    yield from self._find(value, parts[1:], path, (*captured, (key, path)))
            elif "+" in parts[0]:
                yield from self._find_joined(data, parts[0].split("+"), at, captured)
            elif (named := self._key(data, parts[0], at)) is not None:
                yield from self._find(data[named], parts[1:], key_path(at, named), captured)

    def _find_items(self, data: Any, parts: tuple[str, ...], at: str, captured: tuple[tuple[str, str], ...]) -> Iterator[Found]:
        if isinstance(data, list):
            for index, item in enumerate(data):
                yield from self._find(item, parts, f"{at}[{index}]", captured)
        elif data is not None:
            self.note_once("single-value", at)
            yield from self._find(data, parts, at, captured)

    def _find_joined(
        self, data: dict[str, Any], names: list[str], at: str, captured: tuple[tuple[str, str], ...]
    ) -> Iterator[Found]:
        words: dict[str, str] = {}
        for name in names:
            key = self._key(data, name, at)
            value = data[key] if key is not None else None
            value = value[0] if isinstance(value, list) and len(value) == 1 else value
            if key is not None and isinstance(value, Scalar) and value.strip():
                words[key_path(at, key)] = value
        if words:
            self._taken.update(words)
            yield Found(next(iter(words)), captured, Scalar(" ".join(words.values())))

    def _key(self, data: dict[str, Any], name: str, at: str) -> str | None:
        """The key as written; another case or separator is understood and reported once, unless it is the name of another row."""
        if name in data:
            return name
        if id(data) not in self._spellings:
            self._spellings[id(data)] = {patterns.folded(key): key for key in reversed(data)}
        key = self._spellings[id(data)].get(patterns.folded(name))
        if key is None or key in self.names:
            return None
        if key not in self.spellings:
            self.note_once("misspelt-key", key_path(at, key), key=key, right=name)
        return key

    def leaves(self) -> Iterator[tuple[tuple[tuple[str, str], ...], Any]]:
        """Every scalar (and every empty container) of the document with its path, step by step as (key, path up to it)."""
        stack: list[tuple[tuple[tuple[str, str], ...], Any]] = [((), self.data)]
        while stack:
            trail, value = stack.pop()
            at = trail[-1][1] if trail else ""
            if isinstance(value, dict) and value:
                stack.extend(((*trail, (key, key_path(at, key))), item) for key, item in reversed(value.items()))
            elif isinstance(value, list) and value:
                stack.extend(((*trail, ("[]", f"{at}[{index}]")), value[index]) for index in range(len(value) - 1, -1, -1))
            else:
                yield trail, value

    def rest(self, crosswalk: Crosswalk) -> None:
        """The audit: each leaf that no row took is ignored for a stated reason, of the wrong shape, empty or unknown.

        A branch that the format does not know, or ignores, is named once, and once for all items of a list.
        """
        known = _table(crosswalk).known
        for trail, value in self.leaves():
            if not trail or any(path in self._taken for _, path in trail):
                continue
            place, path = patterns.place(known, trail), trail[-1][1]
            if place.verdict in ("ignored", "in-part"):
                if place.reason:
                    self._note_branch(place.verdict, place.at, reason=place.reason)
            elif place.verdict == "unknown":
                self._note_branch("not-read", place.at)
            elif value is None or value in ({}, []):
                if self.whole or value is None:  # the text may have broken off inside
                    self.note_once("empty-value", path)
            elif place.verdict == "group":
                self.note_once("wrong-type", path, expected="a group of keys", found="a single value")
            else:
                self._note_branch("not-read", path)

    def _note_branch(self, code: str, path: str, **values: str) -> None:
        key = re.sub(r"\[\d+\]", "", path)
        if (code, key) not in self._noted:
            self._noted.add((code, key))
            self.note(code, path, key=key or path, **values)


def read(crosswalk: Crosswalk, document: Document) -> Pass:
    """Read a document by a table: `pass.values` is for `Solution(**values)`, `pass.problems` say the rest."""
    reading = Pass(document)
    if document.data is None:
        return reading
    if not isinstance(document.data, dict):
        reading.note("not-a-mapping")
        return reading
    reading.names, reading.spellings = _table(crosswalk).names, crosswalk.spellings
    reading.values = reading.rows(crosswalk.rows, document.data)
    for check in crosswalk.checks:
        check(reading)
    reading.rest(crosswalk)
    return reading


class _Table(NamedTuple):
    """What a crosswalk's rows say together. `names` are keys that are no misspelling of another."""

    rows: tuple[Row, ...]
    names: frozenset[str]
    known: patterns.Known


_TABLES: dict[int, _Table] = {}  # by the identity of the rows, which live as long as the programme


def _table(crosswalk: Crosswalk) -> _Table:
    if id(crosswalk.rows) not in _TABLES:
        sources = list(_sources(crosswalk.rows))
        names = frozenset(name for source in sources for part in patterns.parts(source) for name in part.split("+"))
        _TABLES[id(crosswalk.rows)] = _Table(crosswalk.rows, names, patterns.known(sources, crosswalk.ignored))
    return _TABLES[id(crosswalk.rows)]


def _sources(rows: Iterable[Row], below: str = "") -> Iterator[str]:
    for row in rows:
        yield below + row.source
        if isinstance(row.kind, Nested):
            yield from _sources(row.kind.rows, f"{below}{row.source}.")


# --- small parts --------------------------------------------------------------------------------------------------------------------


def _plain_row(kind: Nested) -> Row:
    return next(row for row in kind.rows if row.field == kind.plain)


def _add(values: dict[str, Any], row: Row, value: Any, language: str, of: type[msgspec.Struct]) -> bool:
    """Put a value into its field; False if the field says something else already. A kind may give several values as a tuple."""
    name, _, inner = row.field.partition(".")
    if inner:
        return _add(values.setdefault(name, {}), row._replace(field=inner), value, language, terms.Agent)
    how = terms.shape(name, of)
    if how == "texts":
        return bool(values.setdefault(name, {}).setdefault(language, value) == value)
    if how in ("text-lists", "set", "list"):
        held = values.setdefault(name, {}).setdefault(language, []) if how == "text-lists" else values.setdefault(name, [])
        held.extend(value if isinstance(value, tuple) else (value,))
        return True
    if row.joined and values.setdefault(name, value) != value:
        said = values[name].split(row.joined)
        if value not in said:
            values[name] = row.joined.join([*said, value][:MOST_JOINED])
        return len(said) < MOST_JOINED
    return bool(values.setdefault(name, value) == value)


def _built(values: dict[str, Any], of: type[msgspec.Struct]) -> dict[str, Any]:
    """Lists to tuples: unique, sorted unless the field is ordered; halves of an Agent to the Agent."""
    for name, value in values.items():
        how = terms.shape(name, of)
        if how == "text-lists":
            values[name] = {language: unique(items, ordered=name in terms.ORDERED) for language, items in sorted(value.items())}
        elif how == "texts":
            values[name] = dict(sorted(value.items()))
        elif how in ("set", "list"):
            values[name] = unique(value, ordered=how == "list")
        elif isinstance(value, dict):
            values[name] = terms.Agent(**_built(value, terms.Agent))
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
    by_place = sorted(problems, key=lambda p: (p.line or 1_000_000, p.column, rank[PROBLEMS[p.code].severity], p.path, p.code))
    if len(by_place) <= MOST_PROBLEMS:
        return tuple(by_place)
    gravest = sorted(range(len(by_place)), key=lambda index: (rank[by_place[index].severity], index))[:MOST_PROBLEMS]
    more = Problem(code="more-problems", values={"count": str(len(by_place) - MOST_PROBLEMS)})
    return (*(by_place[index] for index in sorted(gravest)), more)
