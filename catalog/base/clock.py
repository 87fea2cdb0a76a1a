"""Moments as the database keeps them: UTC text to the millisecond, so that they sort as they happened."""

from __future__ import annotations

import datetime


def now() -> str:
    """This moment, as "2026-11-22T10:00:00.000Z"."""
    return text(datetime.datetime.now(datetime.UTC))


def text(moment: datetime.datetime) -> str:
    """A moment as the database keeps it."""
    return moment.astimezone(datetime.UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def moment(value: str) -> datetime.datetime:
    """The moment a text means."""
    return datetime.datetime.fromisoformat(value)


def later(value: str, **delta: float) -> str:
    """A moment moved by days=, hours=, minutes=, seconds= or milliseconds=.

    >>> later("2026-11-22T10:00:00.000Z", milliseconds=1)
    '2026-11-22T10:00:00.001Z'
    """
    return text(moment(value) + datetime.timedelta(**delta))
