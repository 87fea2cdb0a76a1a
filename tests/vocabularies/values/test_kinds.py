"""What a kind of value makes of what people write, what it remarks, and that RDF gives back the same."""

from __future__ import annotations

from typing import Any

import pytest

from vocabularies.syntax.events import Scalar, ScalarType
from vocabularies.values import kinds
from vocabularies.values.kind import Kind, Unclean

NUMBER = Scalar("1.10", ScalarType.NUMBER)

CLEAN: list[tuple[Kind, str, Any, list[str]]] = [
    (kinds.LINE, " a\n b\u200b ", "a b", []),
    (kinds.VERSION, NUMBER, "1.10", ["number-as-text"]),
    (kinds.VERSION, "1.10", "1.10", []),
    (kinds.PROSE, "a \r\n\r\nb", "a\n\nb", []),
    (kinds.Prose(limit=3), "abcde", "abc…", ["too-long"]),
    (kinds.DATE, "2026-01-31", "2026-01-31", []),
    (kinds.DATE, "31.1.2026", "2026-01-31", ["date-mended"]),
    (kinds.DATE, "2026/1/31", "2026-01-31", ["date-mended"]),
    (kinds.DATE, "2026-01-31T12:00:00+02:00", "2026-01-31T10:00:00Z", []),
    (kinds.DATE, "2026-01-31T12:00:00Z+02:00", "2026-01-31T10:00:00Z", ["date-mended"]),
    (kinds.DATE, "2026-01-31 12:00:00.5", "2026-01-31T12:00:00.500Z", []),
    (kinds.PERIOD, "2026", "2026", []),
    (kinds.PERIOD, "2026-01", "2026-01", []),
    (kinds.FLAG, "true", True, []),
    (kinds.FLAG, "Nein", False, ["boolean-mended"]),
    (kinds.INTEGER, "-7", -7, []),
    (kinds.EMAIL, "mailto:it@stadt.example", "it@stadt.example", ["code-mended"]),
    (kinds.EMAIL, "it [ät] stadt.example", "it@stadt.example", ["code-mended"]),
    (kinds.MEDIA_TYPE, "Text/HTML", "text/html", []),
    (kinds.WORDS, "a, b;; c", ("a", "b", "c"), []),
    (kinds.URL, "https://A.example/a b", "https://a.example/a%20b", ["url-mended"]),
    (kinds.URL, "https://a.example/", "https://a.example/", []),
    (kinds.URI, "doi:10.5281/zenodo.1", "doi:10.5281/zenodo.1", []),
    (kinds.PATH, "./a b.png", "a%20b.png", []),
]
UNCLEAN: list[tuple[Kind, Any, str]] = [
    (kinds.LINE, "", "empty-value"),
    (kinds.LINE, "TODO", "placeholder"),
    (kinds.LINE, ["a"], "wrong-type"),
    (kinds.LINE, {"a": "b"}, "wrong-type"),
    (kinds.LINE, Scalar("true", ScalarType.BOOLEAN), "wrong-type"),
    (kinds.DATE, "soon", "bad-date"),
    (kinds.DATE, "31.2.2026", "bad-date"),
    (kinds.DATE, "2026-13", "bad-date"),
    (kinds.PERIOD, "2026-13", "bad-date"),
    (kinds.FLAG, "perhaps", "bad-boolean"),
    (kinds.INTEGER, "1.5", "wrong-type"),
    (kinds.INTEGER, "9" * 19, "wrong-type"),
    (kinds.EMAIL, "it@stadt", "bad-email"),
    (kinds.MEDIA_TYPE, "html", "bad-media-type"),
    (kinds.URL, "javascript:alert(1)", "bad-url"),
    (kinds.URL, "https://user:secret@a.example/", "bad-url"),
    (kinds.URL, "https://<name>/app", "placeholder"),
]


@pytest.mark.parametrize(("kind", "raw", "expected", "remarks"), CLEAN)
def test_what_people_write(kind: Kind, raw: str, expected: Any, remarks: list[str]) -> None:
    noted: list[str] = []
    written = raw if isinstance(raw, Scalar) else Scalar(raw)
    assert kind.clean(written, lambda code, **values: noted.append(code)) == expected
    assert noted == remarks


@pytest.mark.parametrize(("kind", "raw", "code"), UNCLEAN)
def test_what_nothing_can_be_kept_of(kind: Kind, raw: Any, code: str) -> None:
    with pytest.raises(Unclean) as refused:
        kind.clean(raw)
    assert refused.value.code == code


@pytest.mark.parametrize(("kind", "value"), [(row[0], row[2]) for row in CLEAN if row[0] is not kinds.WORDS])
def test_rdf_gives_back_the_same(kind: Kind, value: Any) -> None:
    assert kind.value(kind.term(value, base="https://allmende.example")) == value
