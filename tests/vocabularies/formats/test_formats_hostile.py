"""The largest files that are read, made to be slow: each is answered within a second.

The sandbox stands behind this (docs/security.md, "hostile documents").
"""

from __future__ import annotations

import pytest

from tests.support.cost import cpu
from vocabularies import reading
from vocabularies.syntax import documents

_SIZE = documents.MAX_BYTES - 2_000


def _many(piece: bytes) -> bytes:
    return piece * (_SIZE // len(piece))


def _counted(piece: bytes) -> bytes:
    return b"".join(piece % number for number in range(_SIZE // (len(piece) + 6)))


HOSTILE = {
    "items": ("publiccode", b"platforms:\n" + _many(b"- a\n")),
    "flow": ("publiccode", b"platforms: [" + _many(b"a,") + b"]"),
    "unknown flow": ("publiccode", b"x: [" + _many(b"a,") + b"]"),
    "keys": ("publiccode", _counted(b"k%d: a\n")),
    "a long key": ("publiccode", b"k" * 100_000 + b": [" + b"a," * 75_000 + b"]"),
    "aliases": ("publiccode", b"a: &a x\nb: [" + _many(b"*a,") + b"]"),
    "groups": ("publiccode", b"maintenance: {contacts: [" + _many(b"{a: b},") + b"]}"),
    "bad addresses": ("publiccode", b"isBasedOn: [" + _many(b"x,") + b"]"),
    "unknown words": ("publiccode", b"categories: [" + _counted(b"abcdef%d,") + b"]"),
    "complex keys": ("publiccode", _many(b"? a\n")),
    "open quotation mark": ("publiccode", b'a: "' + _many(b"\n") + b'"'),
    "deep and wide": ("publiccode", b"{a: " * 49 + b"[" + b"b," * 120_000 + b"]" + b"}" * 49),
    "a licence of brackets": ("publiccode", b'legal: {license: "' + b"(" * 140 + b"MIT" + b")" * 140 + b'"}'),
    "a long licence": ("publiccode", b'legal: {license: "' + b"GPL-2.0 OR " * 25 + b'MIT"}'),
    "authors": ("codemeta", b'{"name":"x","author":[' + _many(b'{"name":"a"},') + b'"b"]}'),
    "references in a graph": (
        "codemeta",
        b'{"@graph":[{"@type":"SoftwareSourceCode","name":"x","author":['
        + b'{"@id":"a"},' * 9_000
        + b'{"@id":"a"}]},{"@id":"a","affiliation":['
        + b'{"@id":"b"},' * 9_000
        + b'{"name":"c"}]},{"@id":"b","name":"b"}]}',
    ),
    "licences": ("codemeta", b'{"name":"x","license":[' + _counted(b'"a%d",') + b'"MIT"]}'),
    "keywords": ("codemeta", b'{"name":"x","keywords":"' + _many(b"a,") + b'"}'),
    "escapes": ("codemeta", b'{"name":"' + _many(b"\\u0061") + b'"}'),
    "joined names": ("citation", b"title: x\nauthors:\n" + _many(b"- {given-names: a, family-names: b}\n")),
    "stars": ("readme", b"# x\n\n" + _many(b"*a ")),
    "brackets": ("readme", _many(b"[")),
    "tags": ("readme", _many(b"<a ")),
    "comments": ("readme", _many(b"<!-- ")),
    "badges": ("readme", _many(b"[![a](b)](c)\n")),
    "paragraphs": ("readme", _many(b"ab\n\n")),
    "substitutions": ("readme", _many(b"x |a| ")),
    "phrases": ("licence", _many(b"neither gnu general public license version 3 ")),
    "topics": ("github", b'{"name":"x","topics":[' + _many(b'"a",') + b'"b"]}'),
    "a listing": ("repository", b'{"url":"https://a.example/b","listing":[' + b'"a",' * 900_000 + b'"b"]}'),
}


@pytest.mark.parametrize("name", sorted(HOSTILE))
def test_a_slow_file_is_answered_in_time(name: str) -> None:
    format_, content = HOSTILE[name]
    reading.parse(format_, content[:200])  # loads the lists of words
    assert cpu(lambda: reading.parse(format_, content), enough=1) < 1


@pytest.mark.parametrize("name", ["stars", "brackets", "tags", "comments", "paragraphs", "phrases"])
def test_twice_the_text_takes_no_more_than_thrice_the_time(name: str) -> None:
    format_, content = HOSTILE[name]
    half, whole = content[: len(content) // 4], content[: len(content) // 2]
    assert cpu(lambda: reading.parse(format_, whole)) < 3 * cpu(lambda: reading.parse(format_, half)) + 0.05
