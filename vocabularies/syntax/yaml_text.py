"""YAML as events, by the C parser: no aliases, no tags, no guessing of types."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import yaml

from vocabularies.problems import Problem
from vocabularies.syntax.events import Event, EventKind, Scalar, ScalarType, Stop

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


def events(text: str, problems: list[Problem]) -> Iterator[Event]:
    """The events of the first document; what can be passed over is added to `problems`. Raises Stop."""
    documents = 0
    try:
        event: Any
        for event in yaml.parse(text, Loader=_LOADER):
            line, column = event.start_mark.line + 1, event.start_mark.column + 1
            if isinstance(event, yaml.ScalarEvent):
                yield Event(EventKind.SCALAR, _scalar(event, problems), line, column)
            elif isinstance(event, yaml.CollectionStartEvent):
                mapping = isinstance(event, yaml.MappingStartEvent)
                yield Event(EventKind.MAPPING if mapping else EventKind.LIST, None, line, column)
            elif isinstance(event, yaml.CollectionEndEvent):
                yield Event(EventKind.END, None, line, column)
            elif isinstance(event, yaml.AliasEvent):
                problems.append(Problem(code="alias", line=line, column=column))
                yield Event(EventKind.SCALAR, None, line, column)
            elif isinstance(event, yaml.DocumentStartEvent):
                documents += 1
                if documents > 1:
                    problems.append(Problem(code="several-documents", line=line, column=column))
                    return
    except yaml.YAMLError as error:
        raise Stop(_syntax_problem(error, text)) from None


def _scalar(event: Any, problems: list[Problem]) -> Scalar | None:
    if event.tag and event.tag != "!":
        line, column = event.start_mark.line + 1, event.start_mark.column + 1
        problems.append(Problem(code="tag", line=line, column=column, values={"tag": str(event.tag)}))
    if not event.implicit[0]:
        return Scalar(event.value)
    if event.value in _NULL:
        return None
    return Scalar(event.value, _type_of(event.value))


def _type_of(value: str) -> ScalarType:
    if value.lower() in _BOOLEAN:
        return ScalarType.BOOLEAN
    return ScalarType.NUMBER if _NUMBER.fullmatch(value) else ScalarType.STRING


def _syntax_problem(error: yaml.YAMLError, text: str) -> Problem:
    reason = _reason(error)
    line, column = _position(error, reason)
    rows = text.split("\n", line)
    if 0 < line <= len(rows) and rows[line - 1][column - 1 : column] == "\t":
        reason = _TAB
    values = {"format": "YAML", "reason": SENTENCES.get(reason, reason)}
    return Problem(code="syntax", line=line, column=column, values=values)


def _reason(error: yaml.YAMLError) -> str:
    if isinstance(error, yaml.MarkedYAMLError):
        return str(error.problem or "")
    return str(getattr(error, "reason", ""))  # of a character that YAML does not allow


def _position(error: yaml.YAMLError, reason: str) -> tuple[int, int]:
    """(line, column), (0, 0) if the error names no place."""
    if not isinstance(error, yaml.MarkedYAMLError):
        return (0, 0)
    mark = error.problem_mark or error.context_mark
    if reason == _OPEN_QUOTE and error.context_mark:  # where the quotation mark was opened
        mark = error.context_mark
    return (mark.line + 1, mark.column + 1) if mark else (0, 0)
