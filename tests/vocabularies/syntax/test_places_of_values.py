"""Every key and value has its span: cut out of the text it is read as what it is."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterator
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from tests.support import yaml_texts
from vocabularies.formats import citation, publiccode
from vocabularies.problems import Problem
from vocabularies.syntax import documents, jsonld
from vocabularies.syntax.documents import Document, Mark, Scalar, key_path

_MARKS = st.sampled_from((b"", b"\xef\xbb\xbf"))


def nodes(data: Any, path: str = "") -> Iterator[tuple[str, Any, str | None]]:
    """(path, value, its key) of each value of a document."""
    waiting: list[tuple[str, Any, str | None]] = [(path, data, None)]
    while waiting:
        path, value, key = waiting.pop()
        yield path, value, key
        if isinstance(value, dict):
            waiting += [(key_path(path, name), inner, name) for name, inner in value.items()]
        elif isinstance(value, list):
            waiting += [(f"{path}[{index}]", inner, None) for index, inner in enumerate(value)]


def cut(document: Document, extent: tuple[int, int]) -> str:
    """The text between two offsets; in a block of YAML the first line is as far indented as the others."""
    start, end = extent
    text = document.lines.text
    return " " * (document.lines.position(start)[1] - 1) + text[start:end]


def assert_lines_fit(document: Document, mark: Mark) -> None:
    """Line and column of a span lead to its offsets."""
    text = document.lines.text
    lines = re.split(r"(?<=\r\n)|(?<=\n)|(?<=\r)(?!\n)", text)
    for extent in filter(None, mark):
        span = document.lines.span(extent)
        assert (span.offset, span.end_offset) == extent
        for line, column, offset in (
            (span.line, span.column, span.offset),
            (span.end_line, span.end_column, span.end_offset),
        ):
            assert len("".join(lines[: line - 1])) + column - 1 == offset
            assert 1 <= column <= len(lines[line - 1]) + 1


@given(yaml_texts.texts(), _MARKS)
def test_a_value_of_yaml_is_cut_out_by_its_span(written: yaml_texts.Text, mark: bytes) -> None:
    document = documents.parse(mark + written.text.encode(), "YAML")
    assert not document.problems or {one.code for one in document.problems} == {"tag"}
    assert document.data == written.data
    assert document.lines.text == written.text
    for path, value, key in nodes(document.data):
        place = document.marks[path]
        assert_lines_fit(document, place)
        again = documents.parse(cut(document, place.value).encode(), "YAML").data
        assert again == value
        assert getattr(again, "type", None) == getattr(value, "type", None)
        assert (place.key is None) == (key is None)
        if place.key:
            assert documents.parse(cut(document, place.key).encode(), "YAML").data == key
    assert document.marks.keys() == {path for path, _, _ in nodes(document.data)}


_TEXTS = st.text(st.sampled_from('aüß日😀\u0301e \\"/\t\n\x00\u2028'), max_size=6)
_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | _TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_TEXTS, inner, max_size=3),
    max_leaves=12,
)
_BLANKS = st.sampled_from(("", " ", "\t", "\n", "\r\n", "\r", " \n\t"))


def plain(data: Any) -> Any:
    """JSON as another parser reads it, in our types.

    Texts in NFC without control characters, numbers as texts.
    """
    if isinstance(data, dict):
        return {plain(key): plain(value) for key, value in data.items()}
    if isinstance(data, list):
        return [plain(value) for value in data]
    if isinstance(data, bool):
        return str(data).lower()
    return unicodedata.normalize("NFC", data.replace("\0", "\ufffd")) if isinstance(data, str) else data


def read(text: str) -> Any:
    return plain(json.loads(text, parse_int=str, parse_float=str))


@given(_JSON, _BLANKS, st.booleans(), _MARKS)
def test_a_value_of_json_is_cut_out_by_its_span(
    data: Any, blanks: str, ascii_only: bool, mark: bytes
) -> None:
    separators = (f"{blanks},{blanks}", f"{blanks}:{blanks}")
    text = blanks + json.dumps(data, ensure_ascii=ascii_only, separators=separators, indent=blanks or None)
    document = documents.parse(mark + text.encode(), "JSON")
    if any(problem.code == "duplicate-key" for problem in document.problems):
        return  # two keys that are one in NFC
    assert document.data == read(text)
    for path, value, key in nodes(document.data):
        place = document.marks[path]
        assert_lines_fit(document, place)
        assert read(text[slice(*place.value)]) == value
        if place.key:
            assert read(text[slice(*place.key)]) == key


_LINKED = """{
  "@context": "https://w3id.org/codemeta/3.0",
  "@graph": [
    {"@id": "#h", "@type": "Person", "schema:name": "Änne Beispiel"},
    {"@type": "SoftwareSourceCode", "http://schema.org/name": {"@language": "de", "@value": "Müllmelder"},
     "description": {"de": "Meldet", "en": "Reports"}, "author": {"@list": [{"@id": "#h"}]},
     "keywords": ["a", ["b", "😀"]], "codemeta:license": {"name": "Eigene"}}
  ]
}"""


def test_a_node_of_json_ld_still_knows_where_it_came_from() -> None:
    document = documents.parse(_LINKED.encode(), "JSON")
    expanded = jsonld.normalised(document, texts=frozenset(("name", "description"))).document
    found = {
        path: (value, _LINKED[slice(*expanded.marks[path].value)])
        for path, value, _ in nodes(expanded.data)
        if isinstance(value, Scalar)
    }
    assert found.pop("name@.de[0]") == ("Müllmelder", '{"@language": "de", "@value": "Müllmelder"}')
    described = {"description@.de[0]", "description@.en[0]", "@type[0]", "license[0].name[0]"}
    keywords = {"keywords[0]", "keywords[1]", "keywords[2]"}
    assert found.keys() == described | keywords | {"author[0].@id", "author[0].name[0]"}
    for value, text in found.values():
        assert json.loads(text) == value
    author = expanded.marks["author[0]"].value
    assert json.loads(_LINKED[slice(*author)]) == {"@id": "#h"}
    assert json.loads(_LINKED[slice(*expanded.marks[""].value)])["@type"] == "SoftwareSourceCode"


def spans(content: str, problems: tuple[Problem, ...]) -> dict[str, str]:
    """Code -> what of the text its problem is about."""
    return {one.code: content[one.span.offset : one.span.end_offset] for one in problems if one.span}


def test_a_problem_carries_the_span_of_its_value_or_of_its_key() -> None:
    content = (
        "cff-version: 1.2.0\r\ntitle: Müllmelder\r\nauthors:\r\n- alias: Ä\r\n"
        "date-released: 'im März'\r\nurl: *a\r\nfoo: {bar: 1}\r\n"
    )
    found = spans(content, citation.parse(content.encode()).problems)
    assert found == {"bad-date": "'im März'", "empty-value": "*a", "alias": "*a", "not-read": "foo"}


def test_the_place_of_a_problem_is_still_the_key() -> None:
    content = "name: x\nlegal:\n  license: >\n    Eigene\n    Lizenz\n"
    problem = next(one for one in publiccode.parse(content.encode()).problems if one.code == "bad-licence")
    assert (problem.line, problem.column) == (3, 3)
    assert problem.span is not None
    assert (problem.span.line, problem.span.column) == (3, 12)
    assert (problem.span.end_line, problem.span.end_column) == (6, 1)


def test_columns_count_characters_as_they_stand() -> None:
    """Not those of the normalised text, which an editor does not show."""
    document = documents.parse("{cafe\u0301: 1, x: 2}".encode(), "YAML")
    assert document.data == {"café": "1", "x": "2"}
    assert document.lines.span(document.marks["x"].value).column == 15


def test_a_block_ends_with_its_last_value() -> None:
    content = "a:\n  - b: 1\n    c:\n\n# of the next\nd: 2\n"
    document = documents.parse(content.encode(), "YAML")
    ends = {path: content[slice(*document.marks[path].value)] for path in ("a", "a[0]", "a[0].c")}
    assert ends == {"a": "- b: 1\n    c:", "a[0]": "b: 1\n    c:", "a[0].c": ""}


def test_a_text_that_breaks_off_has_the_spans_of_what_came_before() -> None:
    document = documents.parse(b"a: [1, {b: 2\nc: 3", "YAML")
    assert [one.code for one in document.problems] == ["syntax"]
    assert document.data["a"][0] == "1"
    for path, _, _ in nodes(document.data):
        start, end = document.marks[path].value
        assert start <= end <= len(document.lines.text)


def test_a_key_after_which_the_text_breaks_off_has_its_span() -> None:
    content = b'{"a": {"b": 1, "c" 2}}'
    document = documents.parse(content, "JSON")
    assert document.data == {"a": {"b": "1"}}
    assert document.marks["a.c"] == Mark((18, 18), (15, 18))
    assert content[slice(*document.marks["a"].value)] == b'{"b": 1, "c"'


def test_a_key_that_begins_with_an_escaped_nul_is_not_dropped_in_silence() -> None:
    content = b'name: x\n"\\0abc": 1\n"\\0duplicate":\n  a: 2\n'
    problems = publiccode.parse(content).problems
    assert [one.path for one in problems if one.code == "not-read"] == ["\ufffdabc", "\ufffdduplicate"]
