"""The tool that formats are written with: a table of rows, read and written, with every leaf accounted for.

A `Row` says where a format keeps a field. Reading walks the rows; what no row took is reported, so nothing a source says is lost in silence.
Writing walks the same rows the other way. Patterns are the specification's dotted keys: `*` is any key (a language), `[]` each item of a list.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple

import msgspec

from vocabularies import terms
from vocabularies.documents import Document, Scalar, key_path
from vocabularies.kinds import LANGUAGE, Kind, Unclean
from vocabularies.problems import PROBLEMS, Problem
from vocabularies.terms import Solution


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
    and says what to use; `read_only` rows are old or foreign spellings that are never written.
    """

    source: str
    field: str
    kind: Kind | Nested
    language: str = ""
    needed: bool = False
    instead: str = ""
    read_only: bool = False


class Nested(NamedTuple):
    """A value that is a group of keys: `of` is its type, `rows` its table; a plain text fills `plain`; `fixed` are values it always has."""

    of: type[msgspec.Struct]
    rows: tuple[Row, ...]
    plain: str = ""
    fixed: dict[str, str] = {}  # noqa: RUF012
    when: Callable[[Any], bool] = bool  # which values of the field this row writes


class Crosswalk(NamedTuple):
    """A format: its rows in the order of its specification, the keys that are not taken and why, and checks that look at several keys."""

    name: str
    rows: tuple[Row, ...]
    ignored: dict[str, str] = {}  # noqa: RUF012
    checks: tuple[Callable[[Pass], None], ...] = ()


class Found(NamedTuple):
    """A value met in a document: its path, the keys that `*` stood for, the value."""

    path: str
    captured: tuple[str, ...]
    value: Any


class Pass:
    """One reading of one document: collects values, problems and the paths that were taken."""

    def __init__(self, document: Document) -> None:
        self.data, self.marks = document.data, document.marks
        self.problems: list[Problem] = list(document.problems)
        self.values: dict[str, Any] = {}
        self._taken: set[str] = set()

    def note(self, code: str, path: str = "", **values: str) -> None:
        """Report a problem at a path."""
        line, column = self._mark(path)
        self.problems.append(Problem(code=code, path=path, line=line, column=column, values=values))

    def _mark(self, path: str) -> tuple[int, int]:
        while path and path not in self.marks:
            path = path[: max(path.rfind("."), path.rfind("["), 0)]
        return self.marks.get(path, (1, 1) if self.data is not None else (0, 0))

    def take(self, path: str) -> None:
        """Account for a leaf or a whole branch."""
        self._taken.add(path)

    def taken(self, path: str) -> bool:
        """Whether the path or a branch above it was accounted for."""
        return any(prefix in self._taken for prefix in _prefixes(path))

    def rows(self, rows: Iterable[Row], data: Any, at: str = "", of: type[msgspec.Struct] = Solution) -> dict[str, Any]:
        """The values that the rows find below `at`, ready for the constructor of `of`."""
        values: dict[str, Any] = {}
        for row in rows:
            found = list(self._find(data, _parts(row.source), at))
            for item in found:
                self._row(row, item, values, of)
            if row.needed and not found:
                self.note("missing", at, key=key_path(at, row.source.replace(".*", "").replace("[]", "")))
        return _built(values, of)

    def _row(self, row: Row, found: Found, values: dict[str, Any], of: type[msgspec.Struct]) -> None:
        self.take(found.path)
        if row.instead:
            self.note("deprecated", found.path, key=row.source, instead=row.instead)
        try:
            value = self._value(row, found)
            language = self._language(row, found)
        except Unclean as unclean:
            self.note(unclean.code, found.path, **unclean.values)
            return
        if value is not None and not _add(values, row.field, value, language, of):
            self.note("ignored", found.path, key=row.source, reason="another key says it already")

    def _value(self, row: Row, found: Found) -> Any:
        kind = row.kind
        if isinstance(kind, Kind):
            return kind.clean(found.value, lambda code, **values: self.note(code, found.path, **values))
        if isinstance(found.value, Scalar) and kind.plain:
            data: Any = {_plain_key(kind): found.value}
        elif not isinstance(found.value, dict):
            raise Unclean("wrong-type" if found.value is not None else "empty-value", expected="a group of keys", found="a single value")
        else:
            data = found.value
            self._taken.discard(found.path)
        before = len(self.problems)
        values = self.rows(kind.rows, data, found.path, kind.of)
        if not values:
            return None if len(self.problems) > before else None
        try:
            return kind.of(**{**kind.fixed, **values})
        except TypeError:  # a mandatory part is missing; said above by `needed`
            return None

    def _language(self, row: Row, found: Found) -> str:
        if not found.captured:
            return row.language
        return str(LANGUAGE.clean(found.captured[0]))

    def _find(self, data: Any, parts: tuple[str, ...], at: str, captured: tuple[str, ...] = ()) -> Iterator[Found]:
        if not parts:
            yield Found(at, captured, data)
        elif parts[0] == "[]":
            yield from self._find_items(data, parts[1:], at, captured)
        elif isinstance(data, dict):
            if parts[0] == "*":
                for key, value in data.items():
                    yield from self._find(value, parts[1:], key_path(at, key), (*captured, key))
            else:
                key = self._key(data, parts[0], at)
                if key is not None:
                    yield from self._find(data[key], parts[1:], key_path(at, key), captured)

    def _find_items(self, data: Any, parts: tuple[str, ...], at: str, captured: tuple[str, ...]) -> Iterator[Found]:
        if isinstance(data, list):
            for index, item in enumerate(data):
                yield from self._find(item, parts, f"{at}[{index}]", captured)
        elif data is not None:
            if not self.taken(at):
                self.note("single-value", at)
            yield from self._find(data, parts, at, captured)
        else:
            self.take(at)

    def _key(self, data: dict[str, Any], name: str, at: str) -> str | None:
        """The key as written; another case or separator is understood and reported once."""
        if name in data:
            return name
        for key in data:
            if _folded(key) == _folded(name):
                path = key_path(at, key)
                if not any(problem.code == "misspelt-key" and problem.path == path for problem in self.problems):
                    self.note("misspelt-key", path, key=key, right=name)
                return key
        return None

    def leaves(self) -> Iterator[tuple[str, Any]]:
        """Every scalar (and every empty container) of the document with its path."""
        stack: list[tuple[str, Any]] = [("", self.data)]
        while stack:
            path, value = stack.pop()
            if isinstance(value, dict) and value:
                stack.extend((key_path(path, key), item) for key, item in reversed(value.items()))
            elif isinstance(value, list) and value:
                stack.extend((f"{path}[{index}]", item) for index, item in reversed(list(enumerate(value))))
            else:
                yield path, value


def read(crosswalk: Crosswalk, document: Document) -> Pass:
    """Read a document by a table: `pass.values` is for `Solution(**values)`, `pass.problems` say the rest."""
    reading = Pass(document)
    if document.data is None:
        return reading
    if not isinstance(document.data, dict):
        reading.note("not-a-mapping")
        return reading
    reading.values = reading.rows(crosswalk.rows, document.data)
    for check in crosswalk.checks:
        check(reading)
    _report_rest(reading, crosswalk)
    return reading


def _report_rest(reading: Pass, crosswalk: Crosswalk) -> None:
    """The audit: each leaf that no row took is ignored for a stated reason, of the wrong shape, empty or unknown."""
    groups = {_shape(".".join(parts[:count])) for row in crosswalk.rows for parts in [_dotted(row.source)] for count in range(1, len(parts))}
    for path, value in reading.leaves():
        if not path or reading.taken(path):
            continue
        reason = next((why for key, why in crosswalk.ignored.items() if _is_below(path, key)), "")
        if reason:
            reading.note("ignored", path, key=path, reason=reason)
        elif value is None or value in ({}, []):
            reading.note("empty-value", path)
        elif _shape(path) in groups and not isinstance(value, dict | list):
            reading.note("wrong-type", path, expected="a group of keys", found="a single value")
        else:
            reading.note("not-read", path, key=path)


def write(rows: Iterable[Row], values: msgspec.Struct) -> dict[str, Any]:
    """The document that the rows make of a value: nested dicts and lists of str, bool; keys in the order of the rows."""
    document: dict[str, Any] = {}
    for row in rows:
        if not row.read_only and not row.instead:
            for language, value in _of_field(values, row):
                _place(document, _parts(row.source), value, language)
    return document


def _of_field(values: msgspec.Struct, row: Row) -> Iterator[tuple[str, Any]]:
    value: Any = values
    for name in row.field.split("."):
        value = getattr(value, name, None) if value is not None else None
    if value in (None, "", (), {}):
        return
    if isinstance(value, dict):
        for language, text in sorted(value.items()):
            if ("*" in row.source and language) or (row.language == language and "*" not in row.source):
                for item in text if isinstance(text, tuple) else (text,):
                    yield language, item
        return
    for item in value if isinstance(value, tuple) else (value,):
        if not isinstance(row.kind, Nested):
            yield "", item
        elif row.kind.when(item):
            yield "", write(row.kind.rows, item)


def _place(document: dict[str, Any], parts: tuple[str, ...], value: Any, language: str) -> None:
    holder: Any = document
    for part, following in zip(parts, (*parts[1:], ""), strict=True):
        if part == "[]":
            holder.append(value)
            return
        key = language if part == "*" else part
        if not following:
            holder.setdefault(key, value)
            return
        holder = holder.setdefault(key, [] if following == "[]" else {})


# --- small parts --------------------------------------------------------------------------------------------------------------------


def _parts(pattern: str) -> tuple[str, ...]:
    """
    >>> _parts("description.*.features[]")
    ('description', '*', 'features', '[]')
    """
    return tuple(re.findall(r"\[\]|[^.\[\]]+", pattern))


def _dotted(pattern: str) -> list[str]:
    return pattern.split(".")


def _shape(path: str) -> str:
    """A path with its indices removed and languages starred, to compare it with patterns."""
    path = re.sub(r"\[\d*\]", "", path).lower()
    return re.sub(r"^description\.[^.]+", "description.*", path)


def _is_below(path: str, key: str) -> bool:
    shape, key = _shape(path), key.lower()
    return shape == key or shape.startswith(key + ".")


def _prefixes(path: str) -> Iterator[str]:
    yield path
    for match in reversed(list(re.finditer(r"[.\[]", path))):
        yield path[: match.start()]


def _folded(key: str) -> str:
    return re.sub(r"[-_ ]", "", key).lower()


def _plain_key(kind: Nested) -> str:
    return next(row.source for row in kind.rows if row.field == kind.plain)


def _add(values: dict[str, Any], field: str, value: Any, language: str, of: type[msgspec.Struct]) -> bool:
    """Put a value into its field; False if the field says something else already."""
    name, _, inner = field.partition(".")
    if inner:
        holder = values.setdefault(name, {})
        return _add(holder, inner, value, language, terms.Agent)
    how = terms.shape(name, of)
    if how == "texts":
        return bool(values.setdefault(name, {}).setdefault(language, value) == value)
    if how == "text-lists":
        values.setdefault(name, {}).setdefault(language, []).append(value)
        return True
    if how in ("set", "list"):
        values.setdefault(name, []).append(value)
        return True
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
    seen = []
    for item in items:
        if item not in seen:
            seen.append(item)
    return tuple(seen if ordered else sorted(seen))


def sorted_problems(problems: Iterable[Problem]) -> tuple[Problem, ...]:
    """In the order of the file; those without a place come last."""
    rank = {"error": 0, "warning": 1, "info": 2}
    return tuple(sorted(problems, key=lambda p: (p.line or 1_000_000, p.column, rank[PROBLEMS[p.code].severity], p.path, p.code)))
