"""The catalogues that old releases wrote, under tests/fixtures/upgrades.

One folder a release, with its SQLite file, its dump and its backup.
"""

from __future__ import annotations

import gzip
import zlib
from functools import cached_property
from itertools import chain
from typing import Any, NamedTuple
from zipfile import ZipFile

import msgspec

from catalog.operations import archive
from tests.support.packages import ROOT

FOLDER = ROOT / "tests" / "fixtures" / "upgrades"
RELEASES = tuple(sorted(path.name for path in FOLDER.iterdir() if path.is_dir()))
PASSWORD = "correct horse battery"  # of both accounts
PUBLIC = ("listed", "draft", "copy")


class Entry(NamedTuple):
    """An entry as the release left it. `files` are its documents by format."""

    id: str
    slug: str
    name: str
    state: str
    life: str
    publisher: str
    in_feed: bool
    copy_of: str
    files: dict[str, bytes]


class Fault(NamedTuple):
    """A CrawlError as the release stored it, and the page (of operators, if it begins so) that shows it."""

    page: str
    code: str
    values: dict[str, str]


class Release:
    """What a release wrote, read from its backup: the truth that an upgrade is compared with."""

    def __init__(self, name: str) -> None:
        self.folder = FOLDER / name
        self.backup = self.folder / "backup.zip"

    @cached_property
    def manifest(self) -> archive.Manifest:
        return archive.read_manifest(self.backup)

    def sqlite(self) -> bytes:
        return gzip.decompress((self.folder / "allmende.sqlite.gz").read_bytes())

    def dump(self) -> bytes:
        return gzip.decompress((self.folder / "postgresql.sql.gz").read_bytes())

    @cached_property
    def tables(self) -> dict[str, list[dict[str, Any]]]:
        """Table -> its rows, by the names that the release's columns had."""
        with ZipFile(self.backup) as source:
            return {name: self._rows(source, name) for name in self.manifest.tables}

    def _rows(self, source: ZipFile, table: str) -> list[dict[str, Any]]:
        contents = self.manifest.tables[table]
        return list(chain.from_iterable(archive.batches(source, table, contents)))

    @cached_property
    def entries(self) -> list[Entry]:
        files: dict[str, dict[str, bytes]] = {}
        for row in self.tables["record"]:
            files.setdefault(row["solution"], {})[row["format"]] = zlib.decompress(row["content"])
        return [_entry(row, files.get(row["id"], {})) for row in self.tables["solution"]]

    @cached_property
    def listed(self) -> set[str]:
        """The ids of what search and log know."""
        return {entry.id for entry in self.entries if entry.state == "listed"}

    @cached_property
    def taken_over(self) -> dict[str, list[str]]:
        """The addresses of entries at which another repository stands now, each with that one's numbers."""
        known = {row["alias"] for row in self.tables["alias"]}
        faults = {row["url"]: row["error"] for row in self.tables["repository"] if row["url"] in known}
        replaced = {url: error for url, error in faults.items() if error.startswith('{"code":"replaced"')}
        return {
            url: msgspec.json.decode(error)["values"]["numbers"].split() for url, error in replaced.items()
        }

    @cached_property
    def faults(self) -> list[Fault]:
        """Every stored error that a page explains."""
        faults = [_fault(f"/operator/runs/{row['run']}", row["error"]) for row in self.tables["run_problem"]]
        for row in self.tables["run"]:
            if row["error"]:
                faults.append(_fault(f"/operator/runs/{row['id']}", row["error"]))
        for row in self.tables["source"]:
            if row["error"] and row["state"] == "active":
                faults += [_fault("/sources", row["error"]), _fault("/operator/sources", row["error"])]
        for row in self.tables["solution"]:
            if row["life"] in ("failing", "gone") and row["state"] in PUBLIC:
                faults.append(_fault(f"/solutions/{row['slug']}", row["life_reason"]))
        return faults


def _entry(row: dict[str, Any], files: dict[str, bytes]) -> Entry:
    return Entry(**{name: row[name] for name in Entry._fields if name != "files"}, files=files)


def _fault(page: str, error: str) -> Fault:
    stored = msgspec.json.decode(error)
    return Fault(page, stored["code"], stored["values"])
