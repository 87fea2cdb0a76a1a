"""An index that is damaged, of another version, or gone.

Never an error page; set aside, said once in the log, made anew.
"""

from __future__ import annotations

import gc
import os
import random
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from catalog.base.errors import IndexBusy
from catalog.changes.cursor import START, Cursor
from catalog.search import Document, IndexLost, Query, SearchIndex, open_index, storage
from tests.catalog.search.conftest import found
from tests.support.invented_solutions import SOLUTIONS

# Whoosh leaves a file it cannot read to the garbage collector, which complains of it.
pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning")
BROKEN = "WARNING allmende.search: the search index was broken; it was moved to .*"
FAILED = "ERROR allmende.search: the search index failed to answer"


@pytest.fixture(autouse=True)
def _collected() -> Iterator[None]:
    yield
    gc.collect()


def _filled(engine: str, folder: Path) -> SearchIndex:
    index = open_index(engine, folder, write=True)
    index.rebuild(SOLUTIONS[:10], Cursor("e", 1))
    index.apply(SOLUTIONS[10:20], ["S001"], Cursor("e", 2))
    return index


def _files(folder: Path) -> list[Path]:
    return sorted(
        file for file in folder.rglob("*") if file.is_file() and not file.name.endswith((".lock", "LOCK"))
    )


def _ask_everything(index: SearchIndex) -> None:
    index.query(Query(text="müll straße", facets=("topic", "kind")))
    index.query(Query(text='"und der"', sort="name"))
    index.query(Query(text="Mängelmeldr"))
    index.complete("m", "de")
    index.ids()


def _empty(path: Path) -> None:
    path.write_bytes(b"")


def _cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def _garbage(path: Path) -> None:
    path.write_bytes(random.Random(path.stat().st_size).randbytes(path.stat().st_size))


def _remove(path: Path) -> None:
    path.unlink()


@pytest.mark.parametrize("damage", [_empty, _cut, _garbage, _remove])
def test_damaged_files(
    engine: str,
    damage: Callable[[Path], None],
    tmp_path: Path,
    expected_logs: Callable[..., None],
    amount: Callable[[int, int], int],
) -> None:
    """Each file of the index by itself.

    What cannot be noticed by reading answers as if nothing were wrong.
    """
    _filled(engine, tmp_path / "whole").close()
    files = _files(tmp_path / "whole")
    random.Random(f"{engine} {damage.__name__}").shuffle(files)
    for number, file in enumerate(files[: amount(5, len(files))]):
        folder = tmp_path / str(number)
        shutil.copytree(tmp_path / "whole", folder)
        damage(folder / file.relative_to(tmp_path / "whole"))
        for pattern in (BROKEN, FAILED):
            expected_logs(pattern, maybe=True)
        index = open_index(engine, folder, write=True)
        _ask_everything(index)
        _ask_everything(index)
        index.rebuild(SOLUTIONS, Cursor("f", 1))
        assert index.cursor == Cursor("f", 1)
        assert found(index.query(Query(text="Straßenbaumkataster")))[:1] == ["S006"]
        index.close()


def test_a_broken_index_is_set_aside_and_reported(
    engine: str, tmp_path: Path, expected_logs: Callable[..., None]
) -> None:
    _filled(engine, tmp_path).close()
    for file in _files(tmp_path):
        _garbage(file)
    expected_logs(BROKEN)
    index = open_index(engine, tmp_path, write=True)
    assert (index.cursor, index.ids()) == (START, set())
    assert [folder.name for folder in tmp_path.iterdir() if folder.is_dir()] == [
        f"{storage.version(engine)}.broken"
    ]
    index.close()


def test_a_reader_leaves_a_broken_index_where_it_is(
    engine: str, tmp_path: Path, expected_logs: Callable[..., None]
) -> None:
    _filled(engine, tmp_path).close()
    for file in _files(tmp_path):
        _garbage(file)
    expected_logs("WARNING allmende.search: the search index cannot be read: .*")
    index = open_index(engine, tmp_path, write=False)
    assert index.query(Query(text="müll")).total == 0
    assert (tmp_path / storage.version(engine)).exists()
    index.close()


def test_an_index_that_vanishes_is_not_written_on(engine: str, tmp_path: Path) -> None:
    """Else it would hold a few documents and a cursor that says all."""
    index = _filled(engine, tmp_path)
    assert index.cursor == Cursor("e", 2)
    shutil.rmtree(tmp_path / storage.version(engine))
    with pytest.raises(IndexLost):
        index.apply(SOLUTIONS[20:21], (), Cursor("e", 3))
    assert (index.cursor, index.ids()) == (START, set())
    index.rebuild(SOLUTIONS[:2], Cursor("e", 3))
    assert (index.cursor, index.ids()) == (Cursor("e", 3), {"S001", "S002"})
    index.close()


def test_another_analysis_begins_anew(engine: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _filled(engine, tmp_path).close()
    old = storage.version(engine)
    monkeypatch.setattr(storage, "version", lambda engine: f"{engine}-next")
    index = open_index(engine, tmp_path, write=True)
    assert index.cursor == START
    assert (tmp_path / old).exists(), "the old one stays until the new one is whole"
    index.rebuild(SOLUTIONS[:1], Cursor("e", 2))
    assert [folder.name for folder in tmp_path.iterdir() if folder.is_dir()] == [f"{engine}-next"]
    index.close()


def test_writers_take_turns(engine: str, tmp_path: Path) -> None:
    index = _filled(engine, tmp_path)
    with storage.Storage(tmp_path, engine).lock():
        with pytest.raises(IndexBusy), storage.Storage(tmp_path, engine).lock(0.05):
            pass
        assert index.query(Query(text="baum")).total, "reading goes on meanwhile"
    index.apply((), ("S002",), Cursor("e", 3))
    assert index.cursor == Cursor("e", 3)
    index.close()


def test_a_failing_commit_changes_nothing(engine: str, tmp_path: Path) -> None:
    index = _filled(engine, tmp_path)
    before = index.ids()

    def failing() -> object:
        yield SOLUTIONS[30]
        raise OSError("no space left on device")

    with pytest.raises(OSError, match="no space left"):
        index.rebuild(failing(), Cursor("e", 3))  # type: ignore[arg-type]
    assert (index.cursor, index.ids()) == (Cursor("e", 2), before)
    index.apply((), ("S002",), Cursor("e", 3))
    assert index.ids() == before - {"S002"}
    index.close()


def test_nothing_is_made_before_something_is_written(engine: str, tmp_path: Path) -> None:
    index = open_index(engine, tmp_path / "index", write=True)
    _ask_everything(index)
    assert index.cursor == START
    assert not os.listdir(tmp_path)
    index.apply([Document(id="a")], (), Cursor("e", 1))
    assert index.ids() == {"a"}
    index.close()


def test_another_facet_makes_another_index(engine: str, monkeypatch: pytest.MonkeyPatch) -> None:
    before = storage.version.__wrapped__(engine)
    monkeypatch.setattr(storage, "FACETS", (*storage.FACETS, "invented"))
    assert storage.version.__wrapped__(engine) != before == storage.version(engine)
