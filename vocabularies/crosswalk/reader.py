"""Reads a document by a table of rows, with every leaf accounted for.

A `Row` says where a format keeps a field. Reading walks the rows; what no row took is reported (audit.py), so
nothing a source says is lost in silence. Writing walks the same rows the other way (writer.py). Patterns are
the specification's dotted keys (patterns.py).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import msgspec

from vocabularies.crosswalk.audit import audit
from vocabularies.crosswalk.matching import Match, Matcher
from vocabularies.crosswalk.report import Report
from vocabularies.crosswalk.rows import MOST_JOINED, Crosswalk, Nested, Row, add, built, lookup, plain_row
from vocabularies.problems import Problem
from vocabularies.syntax.documents import Document, Scalar
from vocabularies.terms import Solution
from vocabularies.values.kinds import LANGUAGE, Kind, Unclean


class DocumentReader:
    """One document and what was read of it.

    `values` is for `Solution(**values)`; `version` is the version of the format, which its check finds out.
    """

    def __init__(self, document: Document, crosswalk: Crosswalk) -> None:
        self.data = document.data
        self.marks = document.marks
        self.values: dict[str, Any] = {}
        self.version = ""
        self._crosswalk = crosswalk
        self._report = Report(document)
        self._matcher = Matcher(self._report, names=lookup(crosswalk).names, spellings=crosswalk.spellings)

    @property
    def problems(self) -> list[Problem]:
        """What is wrong with the document, in the order it was met."""
        return self._report.problems

    @property
    def whole(self) -> bool:
        """False if the text of the document broke off."""
        return self._report.whole

    def solution(self) -> Solution | None:
        """The solution; None, which is reported, if the document says neither a name nor a description."""
        if any(self.values.get(field) for field in ("name", "short_text", "text")):
            return Solution(**self.values)
        if self.data is not None:
            self.note("not-usable")
        return None

    def note(self, code: str, path: str = "", **values: str) -> None:
        """Report a problem at a path."""
        self._report.note(code, path, **values)

    def read(self) -> None:
        """Fill `values` by the rows, call the checks, and account for the rest of the document."""
        self.values = self._struct(self._crosswalk.rows, self.data, path="", of=Solution)
        for check in self._crosswalk.checks:
            check(self)
        known = lookup(self._crosswalk).known
        audit(self.data, known=known, taken=self._matcher.taken, report=self._report)

    def _struct(
        self, rows: Iterable[Row], data: Any, *, path: str, of: type[msgspec.Struct]
    ) -> dict[str, Any]:
        """The values that the rows find below `path`, ready for the constructor of `of`."""
        values: dict[str, Any] = {}
        for row in rows:
            matches = self._matcher.matches(row.source, data, path)
            for match in matches[:MOST_JOINED] if row.joined else matches:
                self._take(row, match, values, of=of)
            if row.needed and not matches and self.whole:
                key = row.source.replace(".*", "").partition("[")[0]
                missing = ".".join(filter(None, (path, key)))
                self.note("missing", missing, key=missing)
        return built(values, of)

    def _take(self, row: Row, match: Match, values: dict[str, Any], *, of: type[msgspec.Struct]) -> None:
        self._matcher.taken.add(match.path)
        if row.instead:
            self.note("deprecated", match.path, key=match.path, instead=row.instead)
        language = self._language(row, match)
        if language is None:
            return
        try:
            value = self._value(row.kind, match)
        except Unclean as unclean:
            self.note(unclean.code, match.path, **unclean.values)
            return
        if value is not None and not add(values, row, value, language=language, of=of):
            self.note("ignored", match.path, key=match.path, reason="another key says it already")

    def _language(self, row: Row, match: Match) -> str | None:
        """The language that a key says, None if it says none."""
        if not match.captured:
            return row.language
        key, path = match.captured[0]
        try:
            return str(LANGUAGE.clean(key, self._note_at(path, once=True)))
        except Unclean as unclean:
            self._report.note_once(unclean.code, path, **unclean.values)
            return None

    def _note_at(self, path: str, *, once: bool = False) -> Callable[..., None]:
        note = self._report.note_once if once else self._report.note
        return lambda code, **values: note(code, path, **values)

    def _value(self, kind: Kind | Nested, match: Match) -> Any:
        if isinstance(kind, Kind):
            return kind.clean(match.value, self._note_at(match.path))
        values = self._group(kind, match)
        if not values:
            return None
        try:
            value = kind.of(**{**kind.fixed, **values})
        except TypeError:  # a mandatory part is missing
            if not any(row.needed for row in kind.rows):
                self.note("nameless", match.path)
            return None
        if kind.then:
            return kind.then(value) or None
        return value

    def _group(self, kind: Nested, match: Match) -> dict[str, Any]:
        """The values of a nested thing. Raises Unclean."""
        if isinstance(match.value, Scalar) and kind.plain:
            return self._plain(kind, match)
        if not isinstance(match.value, dict):
            code = "wrong-type" if match.value is not None else "empty-value"
            raise Unclean(
                code,
                expected="a group of keys",
                found="a list" if isinstance(match.value, list) else "a single value",
            )
        self._matcher.taken.discard(match.path)  # its keys are taken one by one
        if kind.alternatives:
            return self._first_alternative(kind, match)
        return self._struct(kind.rows, match.value, path=match.path, of=kind.of)

    def _first_alternative(self, kind: Nested, match: Match) -> dict[str, Any]:
        values: dict[str, Any] = {}
        for row in kind.rows:
            if not values:
                values = self._struct((row,), match.value, path=match.path, of=kind.of)
                continue
            for other in self._matcher.matches(row.source, match.value, match.path):
                if not isinstance(other.value, dict | list):
                    self._matcher.taken.add(other.path)
        return values

    def _plain(self, kind: Nested, match: Match) -> dict[str, Any]:
        row = plain_row(kind)
        assert isinstance(row.kind, Kind)
        values: dict[str, Any] = {}
        value = row.kind.clean(match.value, self._note_at(match.path))
        add(values, row, value, language=row.language, of=kind.of)
        return built(values, kind.of)


def read(crosswalk: Crosswalk, document: Document) -> DocumentReader:
    """Read a document by a table; without values if it is no mapping."""
    reader = DocumentReader(document, crosswalk)
    if isinstance(document.data, dict):
        reader.read()
    elif document.data is not None:
        reader.note("not-a-mapping")
    return reader
