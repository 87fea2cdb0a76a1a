"""The tool that formats are written with: a table of rows, read and written, with every leaf accounted for.

A `Row` says where a format keeps a field. Reading walks the rows; what no row took is reported, so nothing a source says is lost in silence.
Writing walks the same rows the other way (placing.py). Patterns are the specification's dotted keys (patterns.py).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import msgspec

from vocabularies import concepts
from vocabularies.crosswalk import patterns
from vocabularies.crosswalk.rows import (
    MOST_JOINED,
    Crosswalk,
    Found,
    Nested,
    Reading,
    Row,
    add,
    built,
    plain_row,
    sorted_problems,
    table_of,
    unique,
)
from vocabularies.problems import Problem
from vocabularies.syntax.documents import Document, Scalar, key_path
from vocabularies.terms import Solution
from vocabularies.values.kinds import LANGUAGE, Kind, Unclean

__all__ = ["Crosswalk", "Nested", "Pass", "Reading", "Row", "read", "sorted_problems", "unique"]

MOST_GUESSES = 20


class Pass:
    """One reading of one document: collects values, problems and the paths that were taken. `whole` is False if its text broke off."""

    def __init__(self, document: Document) -> None:
        self.data, self.marks = document.data, document.marks
        self.problems: list[Problem] = list(document.problems)
        self.whole = not any(
            problem.code in ("syntax", "too-deep", "too-many") for problem in document.problems
        )
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

    def rows(
        self, rows: Iterable[Row], data: Any, at: str = "", of: type[msgspec.Struct] = Solution
    ) -> dict[str, Any]:
        """The values that the rows find below `at`, ready for the constructor of `of`."""
        values: dict[str, Any] = {}
        for row in rows:
            found = list(self._find(data, patterns.parts(row.source), at))
            for item in found[:MOST_JOINED] if row.joined else found:
                self._row(row, item, values, of)
            if row.needed and not found and self.whole:
                path = ".".join(part for part in (at, row.source.replace(".*", "").partition("[")[0]) if part)
                self.note("missing", path, key=path)
        return built(values, of)

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
        if value is not None and language is not None and not add(values, row, value, language, of):
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
                self._alternatives(kind, found)
                if kind.alternatives
                else self.rows(kind.rows, found.value, found.path, kind.of)
            )
        else:
            found_word = "a list" if isinstance(found.value, list) else "a single value"
            raise Unclean(
                "wrong-type" if found.value is not None else "empty-value",
                expected="a group of keys",
                found=found_word,
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
        row = plain_row(kind)
        assert isinstance(row.kind, Kind)
        values: dict[str, Any] = {}
        add(values, row, row.kind.clean(found.value, self._noting(found.path)), row.language, kind.of)
        return built(values, kind.of)

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

    def _find(
        self, data: Any, parts: tuple[str, ...], at: str, captured: tuple[tuple[str, str], ...] = ()
    ) -> Iterator[Found]:
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

    def _find_items(
        self, data: Any, parts: tuple[str, ...], at: str, captured: tuple[tuple[str, str], ...]
    ) -> Iterator[Found]:
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
                stack.extend(
                    ((*trail, (key, key_path(at, key))), item) for key, item in reversed(value.items())
                )
            elif isinstance(value, list) and value:
                stack.extend(
                    ((*trail, ("[]", f"{at}[{index}]")), value[index])
                    for index in range(len(value) - 1, -1, -1)
                )
            else:
                yield trail, value

    def rest(self, crosswalk: Crosswalk) -> None:
        """The audit: each leaf that no row took is ignored for a stated reason, of the wrong shape, empty or unknown.

        A branch that the format does not know, or ignores, is named once, and once for all items of a list.
        """
        known = table_of(crosswalk).known
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
    reading.names, reading.spellings = table_of(crosswalk).names, crosswalk.spellings
    reading.values = reading.rows(crosswalk.rows, document.data)
    for check in crosswalk.checks:
        check(reading)
    reading.rest(crosswalk)
    return reading
