"""Parser events: values with their places, starts and ends of containers; the problem that ends a parse."""

from __future__ import annotations

import re
import unicodedata
from enum import Enum, StrEnum
from typing import Any, NamedTuple

from vocabularies.problems import Problem
from vocabularies.syntax.places import Extent, Lines

MAX_DEPTH = 50
CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufffe\uffff]|[\ud800-\udfff]")


class ScalarType(StrEnum):
    """What a scalar would be to a YAML or JSON reader that guesses types."""

    STRING = "string"
    NUMBER = "number"
    BOOLEAN = "boolean"


class Scalar(str):
    """A value as its author wrote it, and its `type`."""

    __slots__ = ("type",)
    type: ScalarType

    def __new__(cls, text: str, type: ScalarType = ScalarType.STRING) -> Scalar:
        scalar = super().__new__(cls, text)
        scalar.type = type
        return scalar


def unescaped(text: str) -> Scalar:
    """A text whose escapes are resolved.

    In NFC, with � for a control character that was written as an escape.
    """
    if text.isascii() and text.isprintable():
        return Scalar(text)
    return Scalar(unicodedata.normalize("NFC", CONTROL.sub("\ufffd", text)))


class EventKind(Enum):
    """A container starts or ends, or a scalar stands here."""

    MAPPING = "mapping"
    LIST = "list"
    END = "end"
    SCALAR = "scalar"


class Event(NamedTuple):
    """`value` is the Scalar or, for null, None. The end of a container ends where the container does."""

    kind: EventKind
    value: Any
    extent: Extent


class Stop(Exception):
    """Ends a parse with this problem; what was read before stays."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem


def problem_at(code: str, lines: Lines, extent: Extent, *, path: str = "", **values: str) -> Problem:
    """A problem with what stands between two offsets."""
    span = lines.span(extent)
    return Problem(code=code, path=path, line=span.line, column=span.column, span=span, values=values)
