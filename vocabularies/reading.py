"""From a document to a Reading: which format reads what, and the version of the tables that read it."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from functools import cache
from pathlib import Path

import msgspec

from vocabularies.crosswalk.rows import Reading
from vocabularies.formats import citation, codemeta, curated, forges, licence, publiccode, readme, repository
from vocabularies.problems import Problem

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


def read(request: bytes) -> bytes:
    """Runs in the sandbox: a msgpack `Request` to a msgpack `Reading`."""
    asked = msgspec.msgpack.decode(request, type=Request)
    found = FORMATS[asked.format](asked.content)
    return msgspec.msgpack.encode(msgspec.structs.replace(found, problems=tuple(map(_plain, found.problems))))


def _plain(problem: Problem) -> Problem:
    """A problem that repeats a stranger's words without what would turn the sentence around it (threats.md, W2)."""
    if not any(map(_STEERING.search, (problem.path, *problem.values.values()))):
        return problem
    values = {name: _STEERING.sub("�", value) for name, value in problem.values.items()}
    return msgspec.structs.replace(problem, path=_STEERING.sub("�", problem.path), values=values)


@cache
def version() -> str:
    """A hash of everything that decides how a text is read; stored beside each reading, so that `reread` knows what is old."""
    digest = hashlib.sha256()
    for file in sorted(Path(__file__).parent.rglob("*")):
        if file.suffix in (".py", ".toml"):
            digest.update(
                file.relative_to(Path(__file__).parent).as_posix().encode() + b"\0" + file.read_bytes()
            )
    return digest.hexdigest()[:16]
