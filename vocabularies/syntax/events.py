"""Parser events: values with their places, starts and ends of containers; the problem that ends a parse."""

from __future__ import annotations

import re
from enum import Enum, StrEnum
from typing import Any, NamedTuple

from vocabularies.problems import Problem

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


class EventKind(Enum):
    """A container starts or ends, or a scalar stands here."""

    MAPPING = "mapping"
    LIST = "list"
    END = "end"
    SCALAR = "scalar"


class Event(NamedTuple):
    """`value` is the Scalar or, for null, None; line and column count from 1."""

    kind: EventKind
    value: Any
    line: int
    column: int


class Stop(Exception):
    """Ends a parse with this problem; what was read before stays."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem


def position(text: str, offset: int) -> tuple[int, int]:
    """(line, column) of an offset, both from 1."""
    start = text.rfind("\n", 0, offset) + 1
    return text.count("\n", 0, start) + 1, offset - start + 1


def problem_at(code: str, event: Event, path: str = "", **values: str) -> Problem:
    """A problem at the place of an event."""
    return Problem(code=code, path=path, line=event.line, column=event.column, values=values)
