"""What a table of rows makes of a document.

Each value at its place, each remark with what a person needs to mend it.
"""

from __future__ import annotations

from typing import Any

import pytest

from vocabularies.crosswalk import report
from vocabularies.crosswalk.descriptions import short_or_long
from vocabularies.crosswalk.reader import DocumentReader, read
from vocabularies.crosswalk.rows import Crosswalk, Nested, Row
from vocabularies.problems import Problem
from vocabularies.syntax import documents
from vocabularies.terms import Agent, Solution
from vocabularies.values.kinds import COMMUNITY, LINE, PROSE, URL

_AGENT = Nested(
    Agent,
    (Row("name", "name", LINE, needed=True), Row("site", "homepage", URL)),
    plain="name",
    fixed={"kind": "x"},
)
TABLE = Crosswalk(
    "invented",
    (
        Row("title", "name", LINE, needed=True),
        Row("summary.*", "short_text", LINE),
        Row("english", "short_text", LINE, language="en"),
        Row("text.*", "text", PROSE),
        Row("home", "landing_page", URL),
        Row("licences[]", "licence", LINE, joined=" OR "),
        Row("systems[]", "platforms", COMMUNITY),
        Row("makers[]", "authors", _AGENT),
        Row("owner.name", "publisher.name", LINE),
        Row("owner.site", "publisher.homepage", URL),
        Row("gone", "suite", LINE, instead="home"),
        Row(
            "site",
            "documentation",
            Nested(
                Agent,
                (Row("page", "homepage", URL), Row("other", "uri", URL)),
                then=lambda agent: agent.homepage or agent.uri,
                alternatives=True,
            ),
        ),
    ),
    {"secret": "it is secret", "version": "", "group.mail": "it is private"},
    spellings=frozenset(("Titel", "HOME")),
)


def opened(text: str, table: Crosswalk = TABLE) -> DocumentReader:
    return read(table, documents.parse(text.encode(), "YAML"))


def remarks(text: str) -> list[tuple[str, str, dict[str, str]]]:
    return [(problem.code, problem.path, problem.values) for problem in opened(text).problems]


def values(text: str) -> dict[str, Any]:
    return opened(text).values


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("home: https://a.example/", ("missing", "title", {"key": "title"})),
        ("title: T\ngone: x", ("deprecated", "gone", {"key": "gone", "instead": "home"})),
        ("title: T\nsecret: {a: 1}", ("ignored", "secret", {"key": "secret", "reason": "it is secret"})),
        (
            "title: T\nenglish: A\nsummary: {en: B}",
            ("ignored", "english", {"key": "english", "reason": "another key says it already"}),
        ),
        ("title: T\nshoe: {a: 1}", ("not-read", "shoe", {"key": "shoe"})),
        ("title: T\nmakers: [{name: A, shoe: 1}]", ("not-read", "makers[0].shoe", {"key": "makers.shoe"})),
        (
            "title: T\nmakers: [[a]]",
            ("wrong-type", "makers[0]", {"expected": "a group of keys", "found": "a list"}),
        ),
        (
            "title: T\nowner: Stadt",
            ("wrong-type", "owner", {"expected": "a group of keys", "found": "a single value"}),
        ),
        (
            "title: T\nsite: https://a.example/",
            ("wrong-type", "site", {"expected": "a group of keys", "found": "a single value"}),
        ),
        (
            "title: T\nsite:",
            ("empty-value", "site", {"expected": "a group of keys", "found": "a single value"}),
        ),
        ("title: T\nowner: {}", ("empty-value", "owner", {})),
        ("title: T\nhome: x", ("bad-url", "home", {"value": "x"})),
        ("title: T\nLicences: MIT", ("misspelt-key", "Licences", {"key": "Licences", "right": "licences"})),
        (
            "title: T\nmakers: [{name: A, Site: b}]",
            ("misspelt-key", "makers[0].Site", {"key": "Site", "right": "site"}),
        ),
    ],
)
def test_a_remark_says_what_and_where(text: str, expected: tuple[str, str, dict[str, str]]) -> None:
    code, path, said = expected
    found = [one for one in remarks(text) if one[:2] == (code, path)]
    assert len(found) == 1, remarks(text)
    assert said.items() <= found[0][2].items()


def test_a_remark_is_made_once_for_all_items_and_once_for_all_rows() -> None:
    text = "title: T\nmakers: [{name: A, shoe: 1}, {name: B, shoe: 2}]\n"
    text += "summary: {deutschland: a}\ntext: {deutschland: b}"
    assert [(code, path) for code, path, _ in remarks(text)] == [
        ("bad-language", "summary.deutschland"),
        ("bad-language", "text.deutschland"),
        ("not-read", "makers[0].shoe"),
    ]


def test_a_remark_stands_at_its_line_and_column() -> None:
    """A value's own, or that of the nearest thing above it."""
    places = {
        problem.code: (problem.line, problem.column)
        for problem in opened("title: T\nhome: x\nmakers:\n- name: A\n  shoe: 1\n").problems
    }
    assert places == {"bad-url": (2, 1), "not-read": (5, 3)}
    missing = opened("home: https://a.example/\n").problems
    assert [(problem.code, problem.line, problem.column) for problem in missing] == [("missing", 1, 1)]
    text = "title: T\nhome: xyz\nLicences: [MIT]\nmakers:\n- name: A\n  shoe: 1\n"
    about = {}
    for problem in opened(text).problems:
        assert problem.span is not None
        about[problem.code] = text[problem.span.offset : problem.span.end_offset]
    assert about == {"bad-url": "xyz", "misspelt-key": "Licences", "not-read": "shoe"}
    nothing = read(TABLE, documents.parse(b"", "YAML")).problems
    assert {(problem.line, problem.column) for problem in nothing} <= {(0, 0), (1, 1)}


def test_only_the_first_words_are_worth_a_guess(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(report, "MOST_GUESSES", 2)
    found = remarks("title: T\nsystems: [citi-apps, open-sourze, smart-region]")
    assert [values["guess"] for _, _, values in found] == ["‘city-apps’?", "‘open-source’?", ""]
    assert [values["guess"] for _, _, values in remarks("title: T\nsystems: [qqqqqqqqqq]")] == [""]


@pytest.mark.parametrize(
    ("text", "usable"),
    [
        ("title: T", True),
        ("summary: {de: Kurz}", True),
        ("text: {de: Lang}", True),
        ("home: https://a.example/", False),
        ("{}", False),
    ],
)
def test_a_name_or_a_description_makes_a_solution(text: str, usable: bool) -> None:
    reader = opened(text)
    solution = reader.solution()
    assert (solution is not None) == usable
    assert ("not-usable" in [problem.code for problem in reader.problems]) != usable


def test_what_is_no_mapping_is_not_read() -> None:
    reader = opened("- a\n- b\n")
    assert [problem.code for problem in reader.problems] == ["not-a-mapping"]
    assert reader.values == {}
    assert opened("").values == {}


def test_values_come_to_their_fields() -> None:
    found = values(
        "title: T\nsummary: {en: Short, de: Kurz}\nowner: {name: Stadt, site: https://a.example/}\n"
        "makers: [{name: B, site: https://b.example/}, A, {name: B, site: https://b.example/}]\n"
        "site: {other: https://c.example/, page: https://d.example/}\nlicences: [MIT, ISC, MIT]\n"
    )
    assert found["name"] == {"": "T"}
    assert list(found["short_text"].items()) == [("de", "Kurz"), ("en", "Short")]
    assert found["publisher"] == Agent(name={"": "Stadt"}, homepage="https://a.example/")
    assert found["authors"] == (
        Agent(name={"": "B"}, homepage="https://b.example/", kind="x"),
        Agent(name={"": "A"}, kind="x"),
    )
    assert found["documentation"] == {"": ("https://d.example/",)}
    assert found["licence"] == "MIT OR ISC"


def test_of_several_ways_to_say_it_the_first_counts_and_the_others_need_no_remark() -> None:
    text = "title: T\nsite: {other: https://c.example/}"
    assert values(text)["documentation"] == {"": ("https://c.example/",)}
    assert (
        remarks(text)
        == remarks("title: T\nsite: {other: https://c.example/, page: https://d.example/}")
        == []
    )


def test_a_spelling_that_is_known_needs_no_remark() -> None:
    assert remarks("title: T\nHOME: https://a.example/") == []
    assert values("title: T\nHOME: https://a.example/")["landing_page"] == "https://a.example/"


@pytest.mark.parametrize(("number", "said"), [(50, 0), (51, 1)])
def test_so_many_are_put_together(number: int, said: int) -> None:
    text = f"title: T\nlicences: [{', '.join(f'L{one}' for one in range(number))}]"
    assert values(text)["licence"].count(" OR ") == 49
    assert len(remarks(text)) == said


@pytest.mark.parametrize(("number", "said"), [(49, []), (50, [("ignored", "more[0]")])])
def test_so_many_of_several_keys_are_put_together(number: int, said: list[tuple[str, str]]) -> None:
    rows = [Row(f"{key}[]", "licence", LINE, joined=" OR ") for key in ("licences", "more")]
    text = f"licences: [{', '.join(f'L{one}' for one in range(number))}]\nmore: [M]"
    found = opened(text, Crosswalk("two keys", tuple(rows)))
    assert found.values["licence"].count(" OR ") == 49
    assert [(problem.code, problem.path) for problem in found.problems] == said


@pytest.mark.parametrize(("length", "short"), [(300, True), (301, False)])
def test_a_description_of_one_short_paragraph_is_the_short_text(length: int, short: bool) -> None:
    text = "x" * length
    document = f'title: T\ntext: {{de: "{text}", en: "Two\\n\\nparts"}}\nsummary: {{fr: Court}}'
    found = opened(document, TABLE._replace(checks=(short_or_long,))).values
    assert found["short_text"] == ({"de": text, "fr": "Court"} if short else {"fr": "Court"})
    assert set(found["text"]) == ({"en"} if short else {"de", "en"})


def test_a_description_leaves_a_short_text_alone_that_is_there() -> None:
    found = opened(
        "title: T\ntext: {de: Lang}\nsummary: {de: Kurz}", TABLE._replace(checks=(short_or_long,))
    ).values
    assert (found["short_text"], found["text"]) == ({"de": "Kurz"}, {"de": "Lang"})


def test_problems_of_the_syntax_come_first() -> None:
    broken = opened("title: T\nhome: x\nlinks: [")
    assert not broken.whole
    assert broken.problems[0].code == "syntax"
    assert opened("title: T").whole
    assert isinstance(broken.problems[0], Problem)
    assert Solution(**broken.values).name == {"": "T"}
