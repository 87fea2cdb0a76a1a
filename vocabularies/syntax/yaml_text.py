"""YAML as events, by the C parser: no aliases, no tags, no guessing of types."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import yaml

from vocabularies.problems import Problem
from vocabularies.syntax.events import Event, Scalar, Stop

_NUMBER = re.compile(r"[-+]?(\d[\d_]*(\.\d*)?|\.\d+)([eE][-+]?\d+)?")
_BOOLEAN = frozenset(["true", "false", "yes", "no", "on", "off"])
_NULL = frozenset(("", "~", "null", "Null", "NULL"))
# What the parser says, in words for those who do not know it.
SENTENCES = {
    "did not find expected key": "the indentation or the quotation marks of the lines above are wrong",
    "could not find expected ':'": "there is no colon after the key, or the text of several lines is not indented",
    "mapping values are not allowed in this context": "a text with a colon must stand in quotation marks",
    "did not find expected '-' indicator": "the items of this list are not indented alike",
    "found character that cannot start any token": "a text that begins with this character must stand in quotation marks",
    "found a tab character that violates indentation": "a tab stands where blanks are needed",
    "found a tab character where an indentation space is expected": "a tab stands where blanks are needed",
    "found unexpected end of stream": "a quotation mark is not closed",
    "block sequence entries are not allowed in this context": "a list must begin on a line of its own",
    "found unknown escape character": "a backslash stands in double quotation marks; use single ones",
    "did not find expected ',' or ']'": "a square bracket is not closed",
    "did not find expected ',' or '}'": "a curly bracket is not closed",
    "did not find expected node content": "a value is missing",
    "did not find expected <document start>": "what stands here does not belong to the value above",
}


def events(text: str, problems: list[Problem]) -> Iterator[Event]:
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    documents = 0
    try:
        event: Any
        for event in yaml.parse(text, Loader=loader):
            line, column = event.start_mark.line + 1, event.start_mark.column + 1
            if isinstance(event, yaml.DocumentStartEvent):
                documents += 1
                if documents > 1:
                    problems.append(Problem(code="several-documents", line=line, column=column))
                    return
            elif isinstance(event, yaml.AliasEvent):
                problems.append(Problem(code="alias", line=line, column=column))
                yield Event("scalar", None, line, column)
            elif isinstance(event, yaml.ScalarEvent):
                yield Event("scalar", _yaml_scalar(event, problems), line, column)
            elif isinstance(event, yaml.CollectionStartEvent):
                yield Event("{" if isinstance(event, yaml.MappingStartEvent) else "[", None, line, column)
            elif isinstance(event, yaml.CollectionEndEvent):
                yield Event("end", None, line, column)
    except yaml.YAMLError as error:
        raise Stop(_yaml_problem(error, text)) from None


def _yaml_scalar(event: Any, problems: list[Problem]) -> Scalar | None:
    if event.tag and event.tag != "!":
        line, column = event.start_mark.line + 1, event.start_mark.column + 1
        problems.append(Problem(code="tag", line=line, column=column, values={"tag": str(event.tag)}))
    if not event.implicit[0]:
        return Scalar(event.value)
    if event.value in _NULL:
        return None
    return Scalar(event.value, _looks_like(event.value))


def _looks_like(value: str) -> str:
    if value.lower() in _BOOLEAN:
        return "boolean"
    return "number" if _NUMBER.fullmatch(value) else "string"


def _yaml_problem(error: yaml.YAMLError, text: str) -> Problem:
    reason = str(getattr(error, "problem", None) or getattr(error, "reason", None) or "")
    mark: Any = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    if reason == "found unexpected end of stream":
        mark = getattr(error, "context_mark", None) or mark  # where the quotation mark was opened
    line, column = (mark.line + 1, mark.column + 1) if mark else (0, 0)
    rows = text.split("\n", line)
    if 0 < line <= len(rows) and rows[line - 1][column - 1 : column] == "\t":
        reason = "found a tab character that violates indentation"
    return Problem(
        code="syntax",
        line=line,
        column=column,
        values={"format": "YAML", "reason": SENTENCES.get(reason, reason)},
    )
