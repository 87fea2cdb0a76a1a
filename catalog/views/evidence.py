"""For those who build and check: where each fact of a solution comes from, what was read, and what could be better."""

from __future__ import annotations

from typing import NamedTuple

from catalog.base.language import N_, Translator, problem
from catalog.entries import store
from catalog.entries.merge import Origin
from catalog.views import present
from catalog.views.details import Value
from catalog.views.field_labels import FIELDS
from crawlers.forges.registry import FORGES
from vocabularies.formats.lookup import row_of

SEVERITIES = {"error": N_("Error"), "warning": N_("Warning"), "info": N_("Note")}
_ORDER = ("error", "warning", "info")
_MOST = 100  # problems shown of a file
_LINE = 80  # letters of what a document says otherwise


class Evidence(NamedTuple):
    """Where a field comes from. `others` are the documents that say something else, and what they say if it is short."""

    field: str
    source: str
    uri: str
    commit: str
    others: tuple[Value, ...]


class Remark(NamedTuple):
    """One problem of a document, translated."""

    severity: str
    title: str
    path: str
    place: str
    message: str
    hint: str


class Document(NamedTuple):
    """A document as it was read. `raw`: whether its text is shown (forge answers are not, they may name persons)."""

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
    return [
        Evidence(
            words.gettext(title),
            source(origin.format, words),
            origin.uri,
            origin.commit[:10],
            tuple(
                Value(source(name, words), note=_said(field, name, stored, words)) for name in origin.others
            ),
        )
        for field, title in FIELDS.items()
        if (origin := origins.get(field))
    ]


def _said(field: str, format: str, stored: list[store.Stored], words: Translator) -> str:
    """What the documents of this format say of a field; "" for what takes more than a line."""
    for one in stored:
        value = getattr(one.reading.solution, field, None) if one.format == format else None
        text = (
            present.best(value, words.language).text
            if isinstance(value, dict) and all(isinstance(item, str) for item in value.values())
            else value
        )
        if isinstance(text, str) and text:
            return present.clean(text) if len(text) <= _LINE else present.clean(text[:_LINE]).rstrip() + " …"
    return ""


def source(format: str, words: Translator) -> str:
    """What a kind of document is called: what a forge says as the forge, else as its format's row has it."""
    return FORGES[format].label if format in FORGES else words.gettext(row_of(format).title)


def documents(stored: list[store.Stored], words: Translator) -> list[Document]:
    """The documents a solution was made of, with their remarks, the worst first."""
    found = []
    for item in stored:
        ranked = sorted(
            item.reading.problems, key=lambda one: (_ORDER.index(one.severity), one.line, one.column)
        )
        remarks = [
            Remark(
                one.severity,
                words.gettext(SEVERITIES[one.severity]),
                one.path,
                _place(one.line, one.column, words),
                *problem(words, one),
            )
            for one in ranked[:_MOST]
        ]
        found.append(
            Document(
                item.format,
                source(item.format, words),
                item.path,
                item.repository,
                item.uri,
                item.commit[:10],
                item.fetched,
                remarks,
                len(ranked) - len(remarks),
                row_of(item.format).public,
            )
        )
    return found


def _place(line: int, column: int, words: Translator) -> str:
    return words.gettext("line {line}, column {column}", line=line, column=column) if line else ""


def only_curated(stored: list[store.Stored]) -> bool:
    """Whether all that is known comes from our own list, and nothing from the repository yet."""
    return bool(stored) and all(row_of(item.format).by_operator for item in stored)
