"""From a document to a Reading: which format reads what, and the version of the tables that read it."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from pathlib import Path

import msgspec

from vocabularies.crosswalk.rows import Reading
from vocabularies.fingerprint import Fingerprints
from vocabularies.formats import citation, codemeta, curated, forges, licence, publiccode, readme, repository
from vocabularies.problems import Problem

# Characters that turn the direction of a text, or cannot be seen.
_STEERING = re.compile("[\u202a-\u202e\u2066-\u2069\u200b\u200e\u200f\ufeff\x00-\x08\x0b-\x1f\x7f-\x9f]")

FORMATS: dict[str, Callable[[bytes], Reading]] = {
    "publiccode": publiccode.parse,
    "codemeta": codemeta.parse,
    "citation": citation.parse,
    "curated": curated.parse,
    "github": forges.parse_github,
    "gitlab": forges.parse_gitlab,
    "gitea": forges.parse_gitea,
    "repository": repository.parse,
    "readme": readme.parse,
    "licence": licence.parse,
}

# Which format a file is, by its name in a repository's root.
FILES: dict[str, str] = {
    "publiccode.yml": "publiccode",
    "publiccode.yaml": "publiccode",
    "codemeta.json": "codemeta",
    "citation.cff": "citation",
}


class Request(msgspec.Struct):
    """What crosses into the sandbox."""

    format: str
    content: bytes


def read(message: bytes) -> bytes:
    """Runs in the sandbox: a msgpack `Request` to a msgpack `Reading`."""
    request = msgspec.msgpack.decode(message, type=Request)
    reading = FORMATS[request.format](request.content)
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
    """The version of all that decides how a text is read: a hash of this module and what it imports.

    Stored beside each reading, so that `reread` knows which are old. Code that is moved, formatted or
    commented anew keeps its version (fingerprint.py).
    """
    return Fingerprints(Path(__file__).parents[1], "vocabularies").of(__name__)[:16]
