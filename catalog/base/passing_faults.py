"""Faults that pass: what is answered in spite of one is no page to keep, and has no ETag."""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar
from typing import TypeVar

_NOTED: ContextVar[bool] = ContextVar("passing-fault", default=False)
T = TypeVar("T")


def note() -> None:
    """What is being answered lacks something that the next answer may have."""
    _NOTED.set(True)


def noted_while(make: Callable[[], T]) -> tuple[T, bool]:
    """What is made, and whether a fault was noted meanwhile.

    >>> noted_while(lambda: note() or "a page"), noted_while(lambda: "a page")
    (('a page', True), ('a page', False))
    """
    before = _NOTED.set(False)
    try:
        return make(), _NOTED.get()
    finally:
        _NOTED.reset(before)
