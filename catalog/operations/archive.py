"""The file a backup is: a zip with each table as JSON lines and a manifest with their hashes.

Knows nothing of databases.
"""

from __future__ import annotations

import base64
import hashlib
import struct
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec

from catalog.base.atomic_files import whole_file
from catalog.base.errors import BadForm

FORMAT = 1
BATCH = 500
KEY, MANIFEST = "secret.key", "manifest.json"
_LINE = 200_000_000  # bytes of one row; nothing we write comes near it

# What zipfile and its like raise for a damaged file.
_DAMAGE = (
    OSError,
    KeyError,
    ValueError,
    RuntimeError,
    EOFError,
    OverflowError,
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    msgspec.MsgspecError,
)


class Contents(msgspec.Struct, frozen=True):
    """One table in a backup. `columns` are in the order of each line; `binary` ones are base64."""

    columns: tuple[str, ...]
    binary: tuple[str, ...]
    rows: int
    sha256: str


class Manifest(msgspec.Struct, frozen=True):
    """What a backup says of itself. `settings` has no secrets and is only for people to read."""

    format: int
    version: str
    revision: str
    made: str
    engine: str
    epoch: str
    seq: int
    published: str
    tables: dict[str, Contents]
    settings: dict[str, str]


@contextmanager
def creating(file: Path) -> Iterator[zipfile.ZipFile]:
    """A new archive that takes the place of `file` at the end, or leaves it as it was if anything goes wrong.

    Only its owner may read it.
    """
    with (
        whole_file(file) as handle,
        zipfile.ZipFile(handle, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive,
    ):
        yield archive


def write_table(
    archive: zipfile.ZipFile,
    name: str,
    rows: Iterable[Sequence[Any]],
    *,
    columns: Sequence[str],
    binary: Sequence[str],
) -> Contents:
    """One table, row by row."""
    digest = hashlib.sha256()
    count = 0
    with archive.open(f"tables/{name}.jsonl", "w", force_zip64=True) as out:
        for row in rows:
            line = msgspec.json.encode(tuple(row)) + b"\n"
            digest.update(line)
            out.write(line)
            count += 1
    return Contents(columns=tuple(columns), binary=tuple(binary), rows=count, sha256=digest.hexdigest())


def write_manifest(archive: zipfile.ZipFile, manifest: Manifest) -> None:
    """The last entry: an archive without it is none."""
    archive.writestr(MANIFEST, msgspec.json.format(msgspec.json.encode(manifest)))


def read_manifest(file: Path) -> Manifest:
    """What a backup says of itself, after each of its tables was read and compared with its hash.

    Raises BadForm.
    """
    try:
        with zipfile.ZipFile(file) as archive:
            manifest = msgspec.json.decode(archive.read(MANIFEST), type=Manifest)
            for name, contents in manifest.tables.items():
                digest = hashlib.sha256()
                for line in _lines(archive, name):
                    digest.update(line)
                if digest.hexdigest() != contents.sha256:
                    raise BadForm("no-backup", file=str(file), part=f"tables/{name}.jsonl")
            if KEY in archive.namelist():
                archive.read(KEY)
    except (FileNotFoundError, PermissionError, IsADirectoryError):
        raise
    except _DAMAGE as error:
        raise BadForm("no-backup", file=str(file), part=type(error).__name__) from error
    if manifest.format != FORMAT:
        raise BadForm("newer-backup", version=manifest.version)
    return manifest


def batches(archive: zipfile.ZipFile, name: str, contents: Contents) -> Iterator[list[dict[str, Any]]]:
    batch: list[dict[str, Any]] = []
    for line in _lines(archive, name):
        row = dict(zip(contents.columns, msgspec.json.decode(line), strict=True))
        for column in contents.binary:
            if row[column] is not None:
                row[column] = base64.b64decode(row[column])
        batch.append(row)
        if len(batch) == BATCH:
            yield batch
            batch = []
    if batch:
        yield batch


def _lines(archive: zipfile.ZipFile, name: str) -> Iterator[bytes]:
    with archive.open(f"tables/{name}.jsonl") as source:
        while line := source.readline(_LINE):
            yield line
