"""From a document to a Reading: which format reads what, and the version of the tables that read it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from functools import cache
from pathlib import Path

import msgspec

from vocabularies.crosswalk import Reading
from vocabularies.formats import citation, codemeta, curated, forges, licence, publiccode, readme, repository

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
    "publiccode.yml": "publiccode", "publiccode.yaml": "publiccode", "codemeta.json": "codemeta", "citation.cff": "citation",
}  # fmt: skip


class Request(msgspec.Struct):
    """What crosses into the sandbox."""

    format: str
    content: bytes


def read(request: bytes) -> bytes:
    """Runs in the sandbox: a msgpack `Request` to a msgpack `Reading`."""
    asked = msgspec.msgpack.decode(request, type=Request)
    return msgspec.msgpack.encode(FORMATS[asked.format](asked.content))


@cache
def version() -> str:
    """A hash of everything that decides how a text is read; stored beside each reading, so that `reread` knows what is old."""
    digest = hashlib.sha256()
    for file in sorted(Path(__file__).parent.rglob("*")):
        if file.suffix in (".py", ".toml"):
            digest.update(file.relative_to(Path(__file__).parent).as_posix().encode() + b"\0" + file.read_bytes())
    return digest.hexdigest()[:16]
