"""Invented YAML in all its styles, with what it says: for tests that look for the places of values."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from typing import Any, NamedTuple

from hypothesis import strategies as st

_WORDS = ("alpha", "über", "日本語", "😀", "cafe\u0301", "x#y", "a:b", "it's", "\ufeffmark", "Ω1")
_BREAKS = ("\n", "\r\n", "\r")
_LITERAL = ("|", "|-", "|+", ">", ">-")


class Text(NamedTuple):
    """A document, and what it says: dicts, lists, texts and None."""

    text: str
    data: Any


class _Writer:
    """Writes values as it is told by `draw`; a line break is a `\\n` until the end."""

    def __init__(self, draw: Callable[[Any], Any]) -> None:
        self._draw = draw
        self._anchors = 0

    def _one_of(self, *choices: Any) -> Any:
        return self._draw(st.sampled_from(choices))

    def _words(self, most: int = 3) -> list[str]:
        return list(self._draw(st.lists(st.sampled_from(_WORDS), min_size=1, max_size=most)))

    def _gap(self, *, dash: bool) -> str:
        """What may stand between a colon or a dash and a scalar."""
        return str(self._one_of(" ", "  ") if dash else self._one_of(" ", "  ", " \t ", "\t"))

    def _end(self) -> str:
        return str(self._one_of("\n", " \n", "\n\n", " # ü\n", "\n# über\n"))

    def scalar(self, indent: int) -> tuple[str, Any]:
        """A scalar as it is written, and what it says. Further lines are indented by more than `indent`."""
        words = self._words()
        folded = "\n" + " " * (indent + 2)
        style = self._one_of(
            "plain", "lines", "single", "double", "escaped", "number", "null", "tag", "anchor"
        )
        if style == "null":
            return self._one_of(("", None), ("~", None), ("null", None))
        if style == "number":
            return "1.10", "1.10"
        if style == "lines":
            return folded.join(words), " ".join(words)
        if style == "single":
            return "'" + folded.join(words).replace("'", "''") + "'", " ".join(words)
        if style == "double":
            return '"' + folded.join(words) + '"', " ".join(words)
        if style == "escaped":
            return '"\\u00fc\\t\\0"', "ü\t\ufffd"
        if style == "anchor":
            self._anchors += 1
            return f"&a{self._anchors} {words[0]}", words[0]
        if style == "tag":
            return f"!!str {words[0]}", words[0]
        return " ".join(words), " ".join(words)

    def _literal(self, indent: int) -> tuple[str, str]:
        head, words = self._one_of(*_LITERAL), self._words()
        lines = "".join(" " * (indent + 2) + word + "\n" for word in words)
        said = " ".join(words) if head[0] == ">" else "\n".join(words)
        if head == "|+":
            return f"{head}\n{lines}\n\n", said + "\n\n\n"
        return f"{head}\n{lines}", said if head[1:] == "-" else said + "\n"

    def keys(self) -> list[str]:
        """Some keys, none of them twice, not even in another normal form."""
        keys = st.lists(st.sampled_from(_WORDS[:5]), min_size=1, max_size=3, unique=True)
        return list(self._draw(keys))

    def flow(self, indent: int, depth: int) -> tuple[str, Any]:
        """A list or mapping in brackets."""
        comma = self._one_of(", ", ",\n" + " " * (indent + 2), " ,\t")
        items = [self._in_flow(indent, depth) for _ in range(self._one_of(0, 1, 3))]
        if self._one_of(True, False):
            return "[" + comma.join(text or "~" for text, _ in items) + "]", [value for _, value in items]
        pairs = list(zip(self.keys(), items, strict=False))
        return (
            "{" + comma.join(f"{key}: {text}" for key, (text, _) in pairs) + "}",
            {key: value for key, (_, value) in pairs},
        )

    def _in_flow(self, indent: int, depth: int) -> tuple[str, Any]:
        if depth and self._one_of(True, False, False):
            return self.flow(indent, depth - 1)
        return self.scalar(indent)

    def block(self, indent: int, depth: int) -> tuple[str, Any]:
        """A list or mapping in lines; the first has no indentation, since a dash may stand before it."""
        blanks = " " * indent
        if self._one_of(True, False):
            entries = [(key, self._value(indent, depth)) for key in self.keys()]
            text = blanks.join(f"{self._key(key)}:{value}" for key, (value, _) in entries)
            return text, {key: value for key, (_, value) in entries}
        items = [self._value(indent, depth, compact=True) for _ in range(self._one_of(1, 2))]
        return blanks.join(f"-{text}" for text, _ in items), [value for _, value in items]

    def _key(self, key: str) -> str:
        return str(self._one_of(key, f'"{key}"', f"'{key}'" if "'" not in key else key))

    def _value(self, indent: int, depth: int, *, compact: bool = False) -> tuple[str, Any]:
        """What stands behind a colon or dash, up to the end of its last line."""
        style = self._one_of("scalar", "scalar", "literal", "flow", "block")
        if style == "literal":
            text, value = self._literal(indent)
            return self._gap(dash=compact) + text, value
        if style == "flow":
            text, flow = self.flow(indent, 1)
            return self._gap(dash=compact) + text + self._end(), flow
        if style == "block" and depth:
            text, block = self.block(indent + 2, depth - 1)
            opened = " " if compact else self._end() + " " * (indent + 2)
            return opened + text, block
        text, scalar = self.scalar(indent)
        return (self._gap(dash=compact) + text if text else "") + self._end(), scalar


def _normal(data: Any) -> Any:
    """In NFC, as a document is read."""
    if isinstance(data, dict):
        return {unicodedata.normalize("NFC", key): _normal(value) for key, value in data.items()}
    if isinstance(data, list):
        return [_normal(value) for value in data]
    return unicodedata.normalize("NFC", data) if isinstance(data, str) else data


@st.composite
def texts(draw: Callable[[Any], Any]) -> Text:
    """Documents with a list or mapping at the root."""
    text, data = _Writer(draw).block(0, 3)
    start = draw(st.sampled_from(("", "---\n", "# ü\n\n")))
    return Text((start + text).replace("\n", draw(st.sampled_from(_BREAKS))), _normal(data))
