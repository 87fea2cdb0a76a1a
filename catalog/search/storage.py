"""Where an index lies on the disk.

A folder for each engine and version of the analysis, one writers' lock, broken ones aside.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import logging
import os
import shutil
import time
from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from pathlib import Path

import snowballstemmer

from catalog.base.errors import IndexBusy
from catalog.search import FACETS

_LOG = logging.getLogger("allmende.search")
_PATIENCE = 60.0  # seconds a writer waits for another
# Whatever decides which terms lie in an index. After a change in one of these the index is made anew.
_ANALYSIS = ("analysis.py", "compounds.py", "fields.py", "surface.py", "words.txt")


@cache
def version(engine: str) -> str:
    """A name for how this version of the code writes an index."""
    digest = hashlib.sha256(str(getattr(snowballstemmer, "__version__", "")).encode())
    digest.update(" ".join(FACETS).encode())
    room = files("catalog.search")
    engines = sorted(file.name for file in (room / "engines").iterdir() if file.name.endswith(".py"))
    for name in (*(f"engines/{file}" for file in engines), *_ANALYSIS):
        digest.update((room / name).read_bytes())
    return f"{engine}-{digest.hexdigest()[:12]}"


class Storage:
    """The folder of one engine's index inside the folder for indexes."""

    def __init__(self, root: Path, engine: str) -> None:
        self._root = root
        self._engine = engine
        self.folder = root / version(engine)

    @contextlib.contextmanager
    def lock(self, patience: float = _PATIENCE) -> Iterator[None]:
        """The right to write. Waits; raises IndexBusy if another process does not let go.

        Free at once when its holder dies.
        """
        self._root.mkdir(parents=True, exist_ok=True)
        handle = os.open(self._root / "writer.lock", os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
        try:
            deadline = time.monotonic() + patience
            while not _taken(handle):
                if time.monotonic() >= deadline:
                    raise IndexBusy
                time.sleep(0.02)
            yield
        finally:
            os.close(handle)

    def move_aside(self) -> None:
        """Keep a broken index for whoever wants to know why; the one kept before goes."""
        aside = self._root / f"{self.folder.name}.broken"
        if not self.folder.exists():
            return
        shutil.rmtree(aside, ignore_errors=True)
        os.replace(self.folder, aside)
        _LOG.warning("the search index was broken; it was moved to %s and is made anew", aside)

    def tidy(self) -> None:
        """Remove what other versions of the analysis have left.

        Only with the lock, and when this version's index is whole.
        """
        for other in self._root.glob(f"{self._engine}-*"):
            if other.name.partition(".")[0] != self.folder.name:
                shutil.rmtree(other, ignore_errors=True)


def _taken(handle: int) -> bool:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
