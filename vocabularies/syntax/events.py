"""What a parser says of a text, piece by piece: values with their places, beginnings and ends, and the problem that ends the reading."""

from __future__ import annotations

import re
from typing import Any, NamedTuple

from vocabularies.problems import Problem

MAX_DEPTH = 50
CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufffe\uffff]|[\ud800-\udfff]")


class Scalar(str):
    """A value as its author wrote it. `type` is string, number or boolean: what it would be to a YAML or JSON reader."""

    __slots__ = ("type",)
    type: str

    def __new__(cls, text: str, type: str = "string") -> Scalar:
        scalar = super().__new__(cls, text)
        scalar.type = type
        return scalar


class Event(NamedTuple):
    kind: str  # "{", "[", "end", "scalar", "drop"
    value: Any
    line: int
    column: int


class Stop(Exception):
    """Ends the reading with this problem; what was read before stays."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem


def place(text: str, offset: int) -> tuple[int, int]:
    start = text.rfind("\n", 0, offset) + 1
    return text.count("\n", 0, start) + 1, offset - start + 1


def problem_at(code: str, event: Event, path: str = "", **values: str) -> Problem:
    return Problem(code=code, path=path, line=event.line, column=event.column, values=values)
