"""YAML as events, by the C parser: no aliases, no tags, no guessing of types."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from typing import Any

import yaml

from vocabularies.problems import Problem
from vocabularies.syntax.events import Event, EventKind, Scalar, ScalarType, Stop, problem_at, unescaped
from vocabularies.syntax.places import Extent, Lines

_NUMBER = re.compile(r"[-+]?(\d[\d_]*(\.\d*)?|\.\d+)([eE][-+]?\d+)?")
_BOOLEAN = frozenset(["true", "false", "yes", "no", "on", "off"])
_NULL = frozenset(("", "~", "null", "Null", "NULL"))
_TAB = "found a tab character that violates indentation"
_OPEN_QUOTE = "found unexpected end of stream"
# The C parser's message -> the reason in plain words.
SENTENCES = {
    "did not find expected key": "the indentation or the quotation marks of the lines above are wrong",
    "could not find expected ':'":
        "there is no colon after the key, or the text of several lines is not indented",
    "mapping values are not allowed in this context": "a text with a colon must stand in quotation marks",
    "did not find expected '-' indicator": "the items of this list are not indented alike",
    "found character that cannot start any token":
        "a text that begins with this character must stand in quotation marks",
    _TAB: "a tab stands where blanks are needed",
    "found a tab character where an indentation space is expected": "a tab stands where blanks are needed",
    _OPEN_QUOTE: "a quotation mark is not closed",
    "block sequence entries are not allowed in this context": "a list must begin on a line of its own",
    "found unknown escape character": "a backslash stands in double quotation marks; use single ones",
    "did not find expected ',' or ']'": "a square bracket is not closed",
    "did not find expected ',' or '}'": "a curly bracket is not closed",
    "did not find expected node content": "a value is missing",
    "did not find expected <document start>": "what stands here does not belong to the value above",
}  # fmt: skip
# PyYAML may have been built without the C parser.
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def events(lines: Lines, problems: list[Problem]) -> Iterator[Event]:
    """The events of the first document; what can be passed over is added to `problems`. Raises Stop."""
    documents, end = 0, 0
    try:
        event: Any
        for event in yaml.parse(lines.text, Loader=_LOADER):
            extent = (event.start_mark.index, event.end_mark.index)
            if isinstance(event, yaml.ScalarEvent):
                yield Event(EventKind.SCALAR, _scalar(event, lines, extent, problems=problems), extent)
            elif isinstance(event, yaml.CollectionStartEvent):
                mapping = isinstance(event, yaml.MappingStartEvent)
                yield Event(EventKind.MAPPING if mapping else EventKind.LIST, None, extent)
            elif isinstance(event, yaml.CollectionEndEvent):
                # A bracket. A block has none, and its end is noticed only where the next thing begins.
                extent = extent if extent[0] < extent[1] else (end, end)
                yield Event(EventKind.END, None, extent)
            elif isinstance(event, yaml.AliasEvent):
                problems.append(problem_at("alias", lines, extent))
                yield Event(EventKind.SCALAR, None, extent)
            elif isinstance(event, yaml.DocumentStartEvent):
                documents += 1
                if documents > 1:
                    problems.append(problem_at("several-documents", lines, extent))
                    return
            end = extent[1]
    except yaml.YAMLError as error:
        raise Stop(_syntax_problem(error, lines)) from None


def _scalar(event: Any, lines: Lines, extent: Extent, *, problems: list[Problem]) -> Scalar | None:
    if event.tag and event.tag != "!":
        problems.append(problem_at("tag", lines, extent, tag=str(event.tag)))
    if not event.implicit[0]:
        return unescaped(event.value)
    if event.value in _NULL:
        return None
    return Scalar(unicodedata.normalize("NFC", event.value), _type_of(event.value))


def _type_of(value: str) -> ScalarType:
    if value.lower() in _BOOLEAN:
        return ScalarType.BOOLEAN
    return ScalarType.NUMBER if _NUMBER.fullmatch(value) else ScalarType.STRING


def _syntax_problem(error: yaml.YAMLError, lines: Lines) -> Problem:
    reason = _reason(error)
    offset = _offset(error, reason)
    if offset is None:
        return Problem(code="syntax", values={"format": "YAML", "reason": SENTENCES.get(reason, reason)})
    if lines.text[offset : offset + 1] == "\t":
        reason = _TAB
    reason = SENTENCES.get(reason, reason)
    return problem_at("syntax", lines, (offset, offset), format="YAML", reason=reason)


def _reason(error: yaml.YAMLError) -> str:
    if isinstance(error, yaml.MarkedYAMLError):
        return str(error.problem or "")
    return str(getattr(error, "reason", ""))  # of a character that YAML does not allow


def _offset(error: yaml.YAMLError, reason: str) -> int | None:
    """Where the error lies, None if it names no place."""
    if not isinstance(error, yaml.MarkedYAMLError):
        return None
    mark = error.problem_mark or error.context_mark
    if reason == _OPEN_QUOTE and error.context_mark:  # where the quotation mark was opened
        mark = error.context_mark
    return int(mark.index) if mark else None
