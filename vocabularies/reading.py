"""From a document to a Reading: which format reads what, and the version of the tables that read it."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import msgspec

from vocabularies.crosswalk.rows import Reading
from vocabularies.fingerprint import Fingerprints
from vocabularies.formats.registry import FORMATS
from vocabularies.problems import Problem

# What of a format's row decides a reading; the rest of it can be changed without reading anything again.
_DECIDING = frozenset(("name", "parse", "names", "pattern", "preferred", "most"))
# Characters that turn the direction of a text, or cannot be seen.
_STEERING = re.compile("[\u202a-\u202e\u2066-\u2069\u200b\u200e\u200f\ufeff\x00-\x08\x0b-\x1f\x7f-\x9f]")


class Request(msgspec.Struct):
    """What crosses into the sandbox."""

    format: str
    content: bytes


def parse(format_: str, content: bytes) -> Reading:
    """Read a document by its format's row. KeyError for a format that nobody reads."""
    read_by = FORMATS[format_].parse
    if read_by is None:
        raise KeyError(format_)
    return read_by(content)


def read(message: bytes) -> bytes:
    """Runs in the sandbox: a msgpack `Request` to a msgpack `Reading`."""
    request = msgspec.msgpack.decode(message, type=Request)
    reading = parse(request.format, request.content)
    problems = tuple(map(_harmless, reading.problems))
    return msgspec.msgpack.encode(msgspec.structs.replace(reading, problems=problems))


def _harmless(problem: Problem) -> Problem:
    """A problem whose foreign words cannot turn the sentence around that repeats them, nor hide in it."""
    if not any(map(_STEERING.search, (problem.path, *problem.values.values()))):
        return problem
    values = {name: _STEERING.sub("�", value) for name, value in problem.values.items()}
    return msgspec.structs.replace(problem, path=_STEERING.sub("�", problem.path), values=values)


@cache
def version() -> str:
    """The version of all that decides how a text is read: a hash of this module and what it uses.

    Stored beside each reading, so that `reread` knows which are old. Code that is moved, formatted or
    commented anew keeps its version (fingerprint.py), and so does what a format's row says besides: its
    label, its rank, how it is written.
    """
    return fingerprints(Path(__file__).parents[1]).of(__name__)[:16]


def fingerprints(root: Path) -> Fingerprints:
    """Those of the vocabularies in this folder."""
    return Fingerprints(root, "vocabularies", counting={"Format": _DECIDING})
