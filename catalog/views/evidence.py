"""For a solution's page: where each fact comes from, what was read, and what could be better in it."""

from __future__ import annotations

from typing import NamedTuple

from catalog.base import language
from catalog.base.language import N_, Translator
from catalog.entries import store
from catalog.entries.merge import Origin
from catalog.views import present
from catalog.views.details import Value
from catalog.views.field_labels import FIELDS
from crawlers.forges.registry import FORGES
from vocabularies.formats.lookup import row_of
from vocabularies.problems import Problem, Severity
from vocabularies.terms import Solution

_TITLES = {Severity.ERROR: N_("Error"), Severity.WARNING: N_("Warning"), Severity.INFO: N_("Note")}
_ORDER = tuple(_TITLES)  # the worst first
_MOST = 100  # problems shown of a file
_LINE = 80  # letters of what a document says otherwise


class Evidence(NamedTuple):
    """Where a field comes from.

    `others` are the documents that say something else, and what they say if it is short.
    """

    field: str
    source: str
    uri: str
    commit: str
    others: tuple[Value, ...]


class Remark(NamedTuple):
    """One problem of a document, translated."""

    severity: Severity
    title: str
    path: str
    place: str
    message: str
    hint: str


class Document(NamedTuple):
    """A document as it was read.

    `raw`: whether its text is shown (forge answers are not, they may name persons).
    """

    format: str
    title: str
    path: str
    repository: str
    uri: str
    commit: str
    fetched: str
    remarks: list[Remark]
    more: int
    raw: bool


def evidence(origins: dict[str, Origin], stored: list[store.Stored], words: Translator) -> list[Evidence]:
    """Where each field comes from, in the order of FIELDS."""
    return [_evidence(field, origins[field], stored, words=words) for field in FIELDS if field in origins]


def _evidence(field: str, origin: Origin, stored: list[store.Stored], *, words: Translator) -> Evidence:
    others = []
    for format in origin.others:
        solutions = [item.reading.solution for item in stored if item.format == format]
        others.append(Value(source(format, words), note=_statement(field, solutions, words)))
    return Evidence(
        field=words.gettext(FIELDS[field]),
        source=source(origin.format, words),
        uri=origin.uri,
        commit=origin.commit[:10],
        others=tuple(others),
    )


def _statement(field: str, solutions: list[Solution | None], words: Translator) -> str:
    """What documents say of a field; "" for what takes more than a line."""
    for solution in solutions:
        value = getattr(solution, field, None)
        if isinstance(value, dict) and all(isinstance(item, str) for item in value.values()):
            value = present.best(value, words.language).text
        if isinstance(value, str) and value:
            return _shortened(value)
    return ""


def _shortened(text: str) -> str:
    if len(text) <= _LINE:
        return present.clean(text)
    return present.clean(text[:_LINE]).rstrip() + " …"


def source(format: str, words: Translator) -> str:
    """What a kind of document is called: what a forge says as the forge, else as its format's row has it."""
    return FORGES[format].label if format in FORGES else words.gettext(row_of(format).title)


def documents(stored: list[store.Stored], words: Translator) -> list[Document]:
    """The documents a solution was made of, with their remarks, the worst first."""
    return [_document(item, words) for item in stored]


def _document(item: store.Stored, words: Translator) -> Document:
    ranked = sorted(item.reading.problems, key=_rank)
    return Document(
        format=item.format,
        title=source(item.format, words),
        path=item.path,
        repository=item.repository,
        uri=item.uri,
        commit=item.commit[:10],
        fetched=item.fetched,
        remarks=[_remark(problem, words) for problem in ranked[:_MOST]],
        more=max(0, len(ranked) - _MOST),
        raw=row_of(item.format).public,
    )


def _rank(problem: Problem) -> tuple[int, int, int]:
    return _ORDER.index(problem.severity), problem.line, problem.column


def _remark(problem: Problem, words: Translator) -> Remark:
    message, hint = language.problem(words, problem)
    return Remark(
        severity=problem.severity,
        title=words.gettext(_TITLES[problem.severity]),
        path=problem.path,
        place=_place(problem.line, problem.column, words),
        message=message,
        hint=hint,
    )


def _place(line: int, column: int, words: Translator) -> str:
    return words.gettext("line {line}, column {column}", line=line, column=column) if line else ""


def only_curated(stored: list[store.Stored]) -> bool:
    """Whether all that is known comes from our own list, and nothing from the repository yet."""
    return bool(stored) and all(row_of(item.format).by_operator for item in stored)
