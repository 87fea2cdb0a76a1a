"""A backup is one state of a catalogue that goes on working.

It begins again anywhere, in a new epoch, and no damage passes unseen.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import stat
import threading
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select, update

from catalog.base import clock
from catalog.base.errors import BadForm
from catalog.base.tables import AccountRow, Base, ChangeRow, LogHeadRow, SolutionRow
from catalog.changes import log
from catalog.changes.followers import Lock, catch_up
from catalog.operations import archive, backup
from catalog.operations.services import Services
from catalog.people import accounts
from catalog.search.follower import IndexFollower
from tests.support.instance import publiccode
from tests.support.servers import git_http
from tests.support.servers.git_http import GitServer

OWN_EPOCH = {"change", "log_head"}  # what a restore adds to


def state(services: Services) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every table."""
    with services.database.read() as session:
        return {
            table.name: sorted((tuple(row) for row in session.execute(select(table))), key=repr)
            for table in Base.metadata.sorted_tables
        }


def fill(services: Services, forge: GitServer, *, number: int = 3) -> None:
    """Listed entries, a failure, an account."""
    for place in range(number):
        url = f"{forge.url}/stadt/tool{place}"
        git_http.create(
            forge.root,
            f"stadt/tool{place}",
            {"publiccode.yml": publiccode(url, f"Werkzeug {place}"), "README.md": "ä ".encode() * 500},
        )
        services.harvest().run(services.source(url))
    with services.database.write() as session:
        accounts.add(session, "anna", "correct horse battery")


@pytest.fixture
def filled(services: Services, forge: GitServer) -> Services:
    fill(services, forge)
    return services


@pytest.fixture
def file(filled: Services, tmp_path: Path) -> Path:
    target = tmp_path / "backup.zip"
    backup.backup(filled, target)
    return target


def test_everything_comes_back(
    filled: Services, file: Path, make_services: Callable[..., Services], tmp_path: Path
) -> None:
    before = state(filled)
    again = make_services(data_dir=tmp_path / "again")
    restored = backup.restore(again, file)
    after = state(again)
    assert {name: rows for name, rows in after.items() if name not in OWN_EPOCH} == {
        name: rows for name, rows in before.items() if name not in OWN_EPOCH
    }
    assert restored.rows == sum(len(rows) for rows in before.values())
    assert restored.solutions == 3
    assert again.secret == filled.secret
    assert stat.S_IMODE((tmp_path / "again" / "secret.key").stat().st_mode) == 0o600
    with again.database.read() as session:
        assert accounts.verify(session, "anna", "correct horse battery")


def test_a_new_epoch_says_all_that_lives_and_time_never_goes_back(
    filled: Services, make_services: Callable[..., Services], tmp_path: Path
) -> None:
    future = clock.later(clock.now(), days=400)  # the machine that made the backup had a clock that ran ahead
    with filled.database.write() as session:
        session.execute(update(LogHeadRow).values(published=future))
    backup.backup(filled, tmp_path / "b.zip")
    again = make_services(data_dir=tmp_path / "again")
    restored = backup.restore(again, tmp_path / "b.zip")
    with filled.database.read() as old, again.database.read() as new:
        was, head = log.head(old), log.head(new)
        assert (head.epoch, head.seq) == (restored.epoch, 3)
        assert head.epoch != was.epoch
        assert head.published > future
        changes = log.changes(new, epoch=head.epoch, after=0, payload=True)
        assert [change.seq for change in changes] == [1, 2, 3]
        assert all(change.published > future and change.event == "Create" for change in changes)
        living = {
            change.subject: change.payload
            for change in log.changes(old, epoch=was.epoch, after=0, payload=True)
        }
        assert {change.subject: change.payload for change in changes} == living
        ids = list(old.scalars(select(SolutionRow.id)))
        assert (
            log.payloads(new, [f"{again.settings.base_url}/id/solution/{one}" for one in ids]).keys()
            == living.keys()
        )


def test_what_was_withdrawn_stays_so(
    filled: Services, make_services: Callable[..., Services], tmp_path: Path
) -> None:
    from catalog.entries import moderation

    with filled.database.write() as session:
        gone = session.scalars(select(SolutionRow.id).order_by(SolutionRow.id)).first()
        assert gone
        moderation.withdraw(session, gone, reason="x", account="anna", settings=filled.settings)
    backup.backup(filled, tmp_path / "b.zip")
    again = make_services(data_dir=tmp_path / "again")
    assert backup.restore(again, tmp_path / "b.zip").solutions == 2


def test_the_index_is_made_anew(
    filled: Services, file: Path, make_services: Callable[..., Services], tmp_path: Path
) -> None:
    stale = tmp_path / "again" / "index"
    stale.mkdir(parents=True)
    (stale / "of-somebody-else").touch()
    again = make_services(data_dir=tmp_path / "again")
    backup.restore(again, file)
    assert not stale.exists()
    catch_up(again.database, IndexFollower(again.index, again.settings))
    assert len(again.index.ids()) == 3


def test_the_catalogue_goes_on_after_a_restore(
    file: Path, forge: GitServer, make_services: Callable[..., Services], tmp_path: Path
) -> None:
    again = make_services(data_dir=tmp_path / "again")
    backup.restore(again, file)
    url = f"{forge.url}/stadt/neu"
    git_http.create(forge.root, "stadt/neu", {"publiccode.yml": publiccode(url, "Neu")})
    assert again.harvest().run(again.source(url)).new == 1
    with again.database.read() as session:
        assert log.head(session).seq == 4


@pytest.mark.postgresql
def test_from_one_database_to_the_other_and_back(
    filled: Services,
    file: Path,
    make_services: Callable[..., Services],
    empty_postgresql_url: str,
    tmp_path: Path,
    forge: GitServer,
) -> None:
    large = make_services(data_dir=tmp_path / "large", database_url=empty_postgresql_url)
    backup.restore(large, file)
    before, there = state(filled), state(large)
    assert {name: rows for name, rows in there.items() if name not in OWN_EPOCH} == {
        name: rows for name, rows in before.items() if name not in OWN_EPOCH
    }
    with large.database.write() as session:  # numbers go on where they were
        accounts.add(session, "otto", "correct horse battery")
    url = f"{forge.url}/stadt/neu"
    git_http.create(forge.root, "stadt/neu", {"publiccode.yml": publiccode(url, "Neu")})
    assert large.harvest().run(large.source(url)).new == 1
    backup.backup(large, tmp_path / "back.zip")
    home = make_services(data_dir=tmp_path / "home")
    assert backup.restore(home, tmp_path / "back.zip").solutions == 4
    with home.database.read() as session:
        assert list(session.scalars(select(AccountRow.name).order_by(AccountRow.name))) == ["anna", "otto"]


def test_copies_made_while_others_write_are_whole(
    filled: Services,
    make_services: Callable[..., Services],
    tmp_path: Path,
    amount: Callable[[int, int], int],
) -> None:
    """Each copy is the log up to one seq and exactly the entry that belongs to it.

    The writer changes both in one transaction.
    """
    stop, began = threading.Event(), threading.Event()

    def write() -> None:
        number = 0
        while not stop.is_set():
            number += 1
            with filled.database.write() as session:
                change = log.append(
                    session, kind="test", subject="urn:x", event="Update", payload=b"%d" % number
                )
                session.execute(update(AccountRow).values(created=f"{change.seq}"))
            began.set()

    writer = threading.Thread(target=write)
    writer.start()
    assert began.wait(20)
    files = [tmp_path / f"{number}.zip" for number in range(amount(10, 20))]
    try:
        manifests = [backup.backup(filled, one) for one in files]
    finally:
        stop.set()
        writer.join()
    assert manifests[-1].seq > manifests[0].seq  # it did write meanwhile
    for file, manifest in zip(files, manifests, strict=True):
        assert archive.read_manifest(file) == manifest
        with filled.database.read() as session:
            rows = log.changes(session, epoch=manifest.epoch, after=0, limit=10**9)
        expected = hashlib.sha256("\n".join(row.digest for row in rows[: manifest.seq]).encode()).hexdigest()
        with zipfile.ZipFile(file) as copy:
            names = manifest.tables["change"].columns
            copied = [
                dict(zip(names, json.loads(line), strict=True))
                for line in copy.read("tables/change.jsonl").splitlines()
            ]
            account = json.loads(copy.read("tables/account.jsonl").splitlines()[0])
        assert hashlib.sha256("\n".join(row["digest"] for row in copied).encode()).hexdigest() == expected
        assert dict(zip(manifest.tables["account"].columns, account, strict=True))["created"] == str(
            manifest.seq
        )
    last = make_services(data_dir=tmp_path / "last")
    backup.restore(last, files[-1])
    with last.database.engine.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA integrity_check").scalar() == "ok"


@pytest.mark.parametrize("kind", ["cut off", "another row", "no manifest", "no backup", "empty"])
def test_damage_is_noticed_before_anything_is_written(
    file: Path, make_services: Callable[..., Services], tmp_path: Path, kind: str
) -> None:
    broken = tmp_path / "broken.zip"
    content = file.read_bytes()
    if kind in ("another row", "no manifest"):
        with zipfile.ZipFile(file) as old, zipfile.ZipFile(broken, "w") as new:
            for name in old.namelist():
                text = old.read(name)
                text = text.replace(b"Werkzeug 1", b"Werkzeug 9") if kind == "another row" else text
                if not (kind == "no manifest" and name == archive.MANIFEST):
                    new.writestr(name, text)
    else:
        broken.write_bytes(
            {"cut off": content[:-200], "no backup": b"PK\x03\x04 what is this", "empty": b""}[kind]
        )
    again = make_services(data_dir=tmp_path / "again")
    with pytest.raises(BadForm) as refused:
        backup.restore(again, broken)
    assert refused.value.code == "no-backup"
    with again.database.read() as session:
        assert session.scalar(select(func.count()).select_from(SolutionRow)) == 0


def test_no_single_wrong_byte_changes_what_is_restored(
    file: Path, tmp_path: Path, amount: Callable[[int, int], int]
) -> None:
    """Either it is noticed, or it lies where it means nothing (a time stamp in a header)."""
    content, whole = file.read_bytes(), archive.read_manifest(file)
    broken, noticed, tries = tmp_path / "broken.zip", 0, amount(200, 5_000)
    for number in range(tries):
        place = len(content) * number // tries
        broken.write_bytes(
            content[:place] + bytes((content[place] ^ (1 << number % 8),)) + content[place + 1 :]
        )
        try:
            assert archive.read_manifest(broken) == whole
        except BadForm:
            noticed += 1
    assert noticed > tries * 0.8


def test_nothing_is_restored_over_a_catalogue(
    filled: Services, file: Path, make_services: Callable[..., Services]
) -> None:
    before = state(filled)
    with pytest.raises(BadForm, match="a catalogue here already"):
        backup.restore(make_services(), file)
    assert state(filled) == before


def test_nothing_is_restored_beside_a_running_process(
    file: Path, make_services: Callable[..., Services], tmp_path: Path
) -> None:
    again = make_services(data_dir=tmp_path / "again")
    lock = Lock(again.database, tmp_path / "again", "index", per_node=True)
    assert lock.acquire()
    try:
        with pytest.raises(BadForm, match="Another process"):
            backup.restore(make_services(data_dir=tmp_path / "again"), file)
    finally:
        lock.release()


def test_a_backup_of_a_newer_version_is_refused(
    file: Path, make_services: Callable[..., Services], tmp_path: Path
) -> None:
    newer = tmp_path / "newer.zip"
    with zipfile.ZipFile(file) as old, zipfile.ZipFile(newer, "w") as new:
        for name in old.namelist():
            text = old.read(name)
            new.writestr(
                name, text.replace(b'"revision": "', b'"revision": "9') if name == archive.MANIFEST else text
            )
    with pytest.raises(BadForm, match="newer version"):
        backup.restore(make_services(data_dir=tmp_path / "again"), newer)


def test_a_backup_that_fails_leaves_the_old_one(
    filled: Services, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = file.read_bytes()

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(archive, "write_manifest", full)
    with pytest.raises(OSError, match="No space"):
        backup.backup(filled, file)
    assert file.read_bytes() == before
    assert [path.name for path in file.parent.iterdir() if "backup" in path.name] == ["backup.zip"]


def test_the_file_is_the_owners_and_holds_no_secret_of_the_environment(
    forge: GitServer, make_services: Callable[..., Services], tmp_path: Path
) -> None:
    tokens = (("api.github.com", "Bearer ghp_canary"), ("gitlab.com", "Bearer canary-token"))
    services = make_services(secret_key="canary-key", forge_tokens=tokens)
    fill(services, forge, number=1)
    backup.backup(services, tmp_path / "b.zip")
    assert stat.S_IMODE((tmp_path / "b.zip").stat().st_mode) == 0o600
    with zipfile.ZipFile(tmp_path / "b.zip") as copy:
        assert archive.KEY not in copy.namelist()
        assert not [name for name in copy.namelist() if b"canary" in copy.read(name)]
    shutil.rmtree(services.settings.data_dir / "index", ignore_errors=True)


def test_a_restored_change_log_forgets_the_past_epochs_texts(
    file: Path, make_services: Callable[..., Services], tmp_path: Path
) -> None:
    again = make_services(data_dir=tmp_path / "again")
    restored = backup.restore(again, file)
    with again.database.read() as session:
        kept = session.scalars(select(ChangeRow).where(ChangeRow.payload.is_not(None))).all()
    assert {row.epoch for row in kept} == {restored.epoch}
