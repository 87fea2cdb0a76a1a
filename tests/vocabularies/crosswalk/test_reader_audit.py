"""Whatever stands in a document, in known and unknown places: it is taken or a problem names it."""

from __future__ import annotations

import json
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from tests.support.cases import READ
from tests.support.leaf_audit import leaves, unaccounted
from vocabularies import reading
from vocabularies.crosswalk import patterns
from vocabularies.crosswalk.reader import read
from vocabularies.crosswalk.rows import Crosswalk, Nested, Reading, Row
from vocabularies.formats import citation, codemeta, publiccode
from vocabularies.syntax import documents
from vocabularies.terms import Agent, Solution
from vocabularies.values.kinds import LINE, PROSE, URL

CROSSWALKS = {
    "publiccode": publiccode.CROSSWALK,
    "citation": citation.CROSSWALK,
    "codemeta": codemeta.CROSSWALK,
}
Tree = dict[str, Any]


def _tree(rows: tuple[Row, ...], tree: Tree | None = None) -> Tree:
    """The keys of a table as nested dicts."""
    tree = {} if tree is None else tree
    for row in rows:
        here = tree
        *steps, last = [part for part in patterns.parts(row.source) if part[0] != "["]
        for part in steps:
            here = here.setdefault(part.rstrip("@") or part, {})
        for name in last.split("+"):
            below = here.setdefault(name, {})
            if isinstance(row.kind, Nested):
                _tree(row.kind.rows, below)
    return tree


_WORD = st.integers(0, 10**6).map("wort{}".format)
_TEXT = st.one_of(
    _WORD,
    _WORD,
    _WORD,
    st.integers(0, 10**6),
    st.sampled_from(["https://a.example/b", "2026-03-31", "x@y.example", "MIT", ""]),
    st.none(),
)


@st.composite
def _node(draw: st.DrawFn, tree: Tree, depth: int) -> dict[str, Any]:
    """Some keys of a table, and some that are none."""
    names = draw(
        st.lists(st.sampled_from([*tree, "unbekannt", "a.b"]), max_size=6 if depth > 2 else 3, unique=True)
    )
    return {("de" if name == "*" else name): draw(_value(tree.get(name, {}), depth - 1)) for name in names}


def _value(tree: Tree, depth: int) -> st.SearchStrategy[Any]:
    if depth <= 0:
        return _TEXT
    inner = _node(tree, depth)
    if tree:
        return st.one_of(inner, st.lists(inner, max_size=2), _TEXT)
    return st.one_of(_TEXT, _TEXT, st.lists(_TEXT, max_size=3), inner)


@pytest.mark.parametrize("format_", sorted(CROSSWALKS))
@given(data=st.data())
def test_nothing_is_lost_in_silence(format_: str, data: st.DataObject) -> None:
    document = data.draw(_node(_tree(CROSSWALKS[format_].rows), 4))
    document["name"] = document["title"] = "Schlaglochfinder"  # so that there is a solution to look into
    if format_ == "codemeta":
        content = json.dumps(document).encode()
    else:
        content = yaml.safe_dump(document, allow_unicode=True, sort_keys=False).encode()
    answer = reading.parse(format_, content)
    assert answer.solution is not None
    assert unaccounted(leaves(content, format_), answer, format_, strict=True) == []


@pytest.mark.parametrize("format_", sorted(READ))
@given(
    content=st.one_of(
        st.binary(max_size=300), st.text(max_size=300).map(lambda text: text.encode("utf-8", "replace"))
    )
)
def test_any_bytes_are_answered(format_: str, content: bytes) -> None:
    assert isinstance(reading.parse(format_, content), Reading)


# --- the tool itself ------------------------------------------------------------------------------------

_SMALL = Crosswalk(
    "small",
    (
        Row("title", "name", LINE, needed=True),
        Row("text.*", "text", PROSE),
        Row("links[]", "references", URL),
        Row("home", "landing_page", URL),
        Row("homepage", "landing_page", URL, read_only=True),
        Row(
            "authors[]",
            "authors",
            Nested(Agent, (Row("first+last", "name", LINE), Row("site", "homepage", URL)), plain="name"),
        ),
        Row("licences[]", "licence", LINE, joined=" OR "),
        Row("old", "suite", LINE, instead="Use nothing."),
    ),
    {"secret": "it is secret", "authors.mail": "it is private", "version": ""},
)


def _read(text: str) -> tuple[Solution, list[tuple[str, str]]]:
    answer = read(_SMALL, documents.parse(text.encode(), "YAML"))
    return Solution(**answer.values), [(problem.path, problem.code) for problem in answer.problems]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("title: T\nversion: 1", []),
        ("version: 1", [("title", "missing")]),
        ("title: T\nsecret: {a: {b: 1}, c: 2}", [("secret", "ignored")]),
        ("title: T\nauthors: [{first: A, mail: a}, {first: B, mail: b}]", [("authors[0].mail", "ignored")]),
        ("title: T\nauthors: [{first: A, shoe: 1}, {first: B, shoe: 2}]", [("authors[0].shoe", "not-read")]),
        ("title: T\nnew: {a: [1, {b: 2}]}", [("new", "not-read")]),
        ("title: T\nlinks: https://a.example/", [("links", "single-value")]),
        ("title: T\nlinks: [https://a.example/, x]", [("links[1]", "bad-url")]),
        ("title: T\ntext: schlicht", [("text", "wrong-type")]),
        ("title: T\ntext: {de: [1]}", [("text.de", "wrong-type")]),
        ("title: T\ntext: {deutschland: a}", [("text.deutschland", "bad-language")]),
        ("title: T\nhome: https://a.example/\nhomepage: https://b.example/", [("homepage", "ignored")]),
        ("title: T\nhome: https://a.example/\nhomepage: https://a.example/", []),
        ("title: T\nHome_Page: https://a.example/", [("Home_Page", "misspelt-key")]),
        ("title: T\nold: x", [("old", "deprecated")]),
        ("title: T\nlinks: []\nhome:", [("home", "empty-value"), ("links", "empty-value")]),
        ('title: T\n"": leer', [('[""]', "not-read")]),
        ('title: T\n"text.de": a', [('["text.de"]', "not-read")]),
        ("title: T\nauthors: [[a]]", [("authors[0]", "wrong-type")]),
        ("title: T\nlinks: [", [("", "syntax")]),
        ("links: [", [("", "syntax")]),  # what is missing may stand behind the error
    ],
)
def test_each_leaf_has_its_remark(text: str, expected: list[tuple[str, str]]) -> None:
    _, problems = _read(text)
    assert problems == expected


def test_names_are_joined_and_values_put_together() -> None:
    solution, _ = _read("title: T\nauthors: [{last: B, first: A}, {last: C}, D]\nlicences: [MIT, ISC, MIT]")
    assert [author.name[""] for author in solution.authors] == ["A B", "C", "D"]
    assert solution.licence == "MIT OR ISC"


def test_very_many_problems_are_counted() -> None:
    answer = publiccode.parse(
        b"name: T\nisBasedOn: ["
        + b"x, " * 1000
        + b"]\n"
        + b"".join(b"k%d: 1\n" % number for number in range(500))
    )
    assert len(answer.problems) == 301
    assert answer.problems[-1].code == "more-problems"
    assert sum(problem.code == "bad-url" for problem in answer.problems) > 280  # errors first
    assert not answer.valid


def test_a_file_that_is_too_large_is_not_read() -> None:
    answer = publiccode.parse(b"name: T\n" + b"#" * documents.MAX_BYTES)
    assert [problem.code for problem in answer.problems] == ["too-large"]
