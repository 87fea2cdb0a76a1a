"""Every sentence is there in German and English, with the same places for values, and somebody says it."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest
from babel.messages.catalog import Message
from hypothesis import given
from hypothesis import strategies as st

from catalog.base import language
from catalog.base.errors import AllmendeError
from catalog.base.sentences import EVERY, SENTENCES
from catalog.checking.report import NO_METADATA
from crawlers import faults
from crawlers.faults import Fault
from tests.support import messages
from vocabularies.problems import PROBLEMS, Problem

GERMAN = language.load(messages.ROOT / "translations", "de")
ENTRIES = [message for message in GERMAN if message.id]
DE, EN = language.translator("de"), language.translator("en")


def subclasses(error: type[AllmendeError]) -> list[type[AllmendeError]]:
    return [error, *error.__subclasses__()]


def _listing(lines: list[str]) -> str:
    return f"{len(lines)} found:\n" + "\n".join(sorted(lines))


def test_every_sentence_has_german() -> None:
    gaps = messages.untranslated(GERMAN)
    assert not gaps, _listing([f"{use.place}: {use.message!r}" for use in gaps])


@pytest.mark.parametrize(
    "table",
    [
        'SORTS = {"size": "Largest first"}',
        'PAGES = (("size", "Largest first"),)',
        'ROWS = [Row("size", label="Largest first")]',
        'def titles():\n    return {"size": "Largest first"}',
    ],
)
def test_a_sentence_in_a_table_is_seen(table: str) -> None:
    """It needs German whether or not it is marked by N_, and wherever it is translated."""
    assert messages.in_tables(table) == {"Largest first"}


def test_no_german_sentence_without_a_user() -> None:
    used = messages.literals()
    for use in messages.used():
        used |= {use.message, use.plural}
    stale = [
        f"{message.locations[0][0]}: {message.id!r}"
        for message in ENTRIES
        if not set(_texts(message.id)) <= used
    ]
    assert not stale, _listing(stale)


def test_placeholders_are_equal() -> None:
    differing = [message for message in ENTRIES if not _same_places(message)]
    wrong = [f"{message.locations[0][0]}: {message.id!r} -> {message.string!r}" for message in differing]
    assert not wrong, _listing(wrong)


def test_no_template_fills_by_percent() -> None:
    """`{% trans %}` would: its sentences need `%(name)s`, and a percent sign in one stops the page."""
    files = [file for file in (messages.ROOT / "templates").rglob("*") if file.is_file()]
    assert not [file.name for file in files if re.search(r"{%[-+]?\s*trans\b", file.read_text())]
    assert not [use for use in messages.used() if re.search(r"%\(\w+\)", use.message)]


def _texts(text: str | tuple[str, ...] | list[str] | None) -> tuple[str, ...]:
    return (text,) if isinstance(text, str) else tuple(text or ())


def _same_places(message: Message) -> bool:
    """The singular may leave out a number; the plural leaves out nothing."""
    ids, strings = _texts(message.id), _texts(message.string)
    needed = messages.placeholders(ids[-1])
    return messages.placeholders(strings[-1]) == needed and all(
        messages.placeholders(text) <= needed | {"n"} for text in strings
    )


@pytest.mark.parametrize("code", sorted(PROBLEMS))
def test_a_problem_can_be_said_with_and_without_its_values(code: str) -> None:
    rule = PROBLEMS[code]
    names = messages.placeholders(rule.message) | messages.placeholders(rule.hint)
    for words in (DE, EN):
        message, hint = language.problem(words, Problem(code=code, values=dict.fromkeys(names, "X{y}%s")))
        assert (message + hint).count("X{y}%s") >= len(names)
        assert "{" not in "".join(language.problem(words, Problem(code=code)))


def test_words_of_ours_inside_a_sentence_are_translated(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    _write(tmp_path, "a", "it does not answer", german="er antwortet nicht")
    _write(
        tmp_path,
        "b",
        "{host} could not be reached ({reason}).",
        german="{host} war nicht zu erreichen ({reason}).",
    )
    monkeypatch.setattr(language, "resource", lambda _: tmp_path)
    words = language.translator.__wrapped__("de")
    values = {"host": "it does not answer", "reason": "it does not answer"}
    assert (
        language.sentence(words, Fault("unreachable", values))
        == "it does not answer war nicht zu erreichen (er antwortet nicht)."
    )


def test_the_tables_of_sentences_do_not_overlap() -> None:
    assert not SENTENCES.keys() & faults.SENTENCES.keys()


def test_every_code_that_is_named_has_a_sentence() -> None:
    named = {"Fault", "CrawlError", *(error.__name__ for error in subclasses(AllmendeError))}
    codes: set[object] = set()
    for file in sorted(messages.ROOT.glob("[cv]*/**/*.py")):
        for node in ast.walk(ast.parse(file.read_bytes())):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") in named and node.args:
                codes |= {part.value for part in node.args[:1] if isinstance(part, ast.Constant)}
    assert len(codes) > 50
    assert codes <= {*EVERY, NO_METADATA}


@pytest.mark.parametrize("error", [*subclasses(AllmendeError)], ids=lambda error: error.__name__)
def test_every_error_says_a_sentence_with_a_status(error: type[AllmendeError]) -> None:
    assert error.usual in {"", *SENTENCES}
    assert 400 <= error.status < 600


def _write(folder: Path, name: str, english: str, *, german: str) -> None:
    (folder / "de").mkdir(exist_ok=True)
    (folder / "de" / f"{name}.po").write_text(
        f'msgid ""\nmsgstr ""\n\nmsgid "{english}"\nmsgstr "{german}"\n'
    )


def test_two_files_must_agree(tmp_path: Path) -> None:
    _write(tmp_path, "a", "Search", german="Suche")
    _write(tmp_path, "b", "Search", german="Suchen")
    with pytest.raises(ValueError, match=r"b\.po translates ‘Search’ otherwise"):
        language.load(tmp_path, "de")


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("de-AT,de;q=0.9,en;q=0.1", "de"),
        ("en-US,en;q=0.5", "en"),
        ("fr,it;q=0.9", "de"),
        ("fr, en;q=0.2", "en"),
        ("de;q=0, en;q=0.1", "en"),
        ("de;q=0", "de"),
        ("en;q=0.5, *;q=0.8", "de"),
        ("en;q=0.5, de;q=0.5", "de"),
        ("EN-gb", "en"),
        ("en;q=2", "de"),
        ("", "de"),
        (None, "de"),
        ("," * 100_000 + "en", "de"),
    ],
)
def test_accept_language(header: str | None, expected: str) -> None:
    assert language.negotiate(header) == expected


@given(st.text(alphabet="den-*;q=0.1, \t", max_size=80), st.sampled_from(language.LANGUAGES))
def test_any_accept_language_gives_one_of_ours(header: str, default: str) -> None:
    assert language.negotiate(header, default) in language.LANGUAGES


@given(st.text(), st.dictionaries(st.text(alphabet="abcn{}", min_size=1, max_size=3), st.text()))
def test_no_sentence_and_no_value_makes_filling_fail(sentence: str, values: dict[str, str]) -> None:
    assert isinstance(language.fill(sentence, values), str)


@given(st.text())
def test_a_value_is_inserted_verbatim(value: str) -> None:
    assert DE.gettext("‹{a}›", a=value) == f"‹{value}›"


def test_plurals_write_the_number_as_the_language_does() -> None:
    assert EN.ngettext("{n} solution", "{n} solutions", 1) == "1 solution"
    assert EN.ngettext("{n} solution", "{n} solutions", 12_000) == "12,000 solutions"
    assert DE.ngettext("{n} ohne Eintrag", "{n} ohne Einträge", 12_000) == "12.000 ohne Einträge"


def test_dates() -> None:
    assert DE.date("2026-11-22") == "22. November 2026"
    assert EN.date("2026-11-22T23:59:59.000Z") == "22 November 2026"
    assert EN.moment("2026-11-22T23:59:59.000Z") == "22 November 2026, 23:59 UTC"
    assert EN.moment("2026-11-22T23:59:59+02:00") == "22 November 2026, 21:59 UTC"
    assert DE.date("2026") == "2026"
    assert DE.moment("soon") == "soon"


def test_lists() -> None:
    assert DE.join(["Kiel", "Bonn", "Ulm"]) == "Kiel, Bonn und Ulm"
    assert EN.join(["one", "two"], style="or") == "one or two"
    assert EN.join([]) == ""
