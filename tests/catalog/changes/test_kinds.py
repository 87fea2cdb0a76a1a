"""A kind of log entry is one row: an invented one, with types nested in it, goes wherever a solution goes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
from sqlalchemy.orm import Session

from catalog.base import clock
from catalog.base.tables import MetaRow
from catalog.changes import forgetting, kinds, log
from catalog.changes.followers import catch_up
from catalog.operations import backup, rebase
from catalog.operations.services import Services
from catalog.outlets import dcat_feed, export
from catalog.search.follower import IndexFollower
from tests.support.invented_kind import KIND, Statement, example
from vocabularies import triples as rdf
from vocabularies.rdf import table
from vocabularies.rdf.dcat_ap import Context

OTHER = "https://other.example"
FOREIGN = example(OTHER, 7)
NEW = "https://new.example"


@pytest.fixture(autouse=True)
def _row(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(kinds.KINDS, KIND.name, KIND)


def write(statement: Statement, base: str) -> bytes:
    return KIND.write(statement, Context(base))


def say(
    session: Session, statement: Statement, *, base: str, origin: str = "", in_feed: bool = False
) -> bytes:
    payload = write(statement, base)
    kinds.append(session, KIND, statement.id, event="Create", payload=payload, origin=origin, in_feed=in_feed)
    return payload


@pytest.fixture
def said(services: Services) -> dict[str, bytes]:
    """Subject -> payload: two statements of ours, the second said twice, one of another instance."""
    base = services.settings.base_url
    with services.database.write() as session:
        first, second = example(base, 1), example(base, 2)
        say(session, msgspec.structs.replace(second, count=99), base=base)
        found = {first.id: say(session, first, base=base), second.id: say(session, second, base=base)}
        found[FOREIGN.id] = say(session, FOREIGN, base=OTHER, origin=OTHER)
    return found


def alive(services: Services) -> dict[str, tuple[bytes, str]]:
    """Subject -> payload and origin of what the newest epoch says."""
    with services.database.read() as session:
        head = log.head(session)
        entries = log.changes(session, epoch=head.epoch, after=0, payload=True)
        return {one.subject: (one.payload, one.origin) for one in entries if one.payload is not None}


def payloads(services: Services) -> dict[str, bytes]:
    return {subject: payload for subject, (payload, _) in alive(services).items()}


def exported(services: Services) -> list[str]:
    with services.database.read() as session:
        return list(export.lines(session))


def test_a_thing_is_read_back_from_its_entry(services: Services, said: dict[str, bytes]) -> None:
    base = services.settings.base_url
    assert KIND.read(said[example(base, 1).id], example(base, 1).id) == example(base, 1)
    assert KIND.read(said[FOREIGN.id], FOREIGN.id) == FOREIGN


def test_the_export_has_it(services: Services, said: dict[str, bytes]) -> None:
    assert (
        "\n".join(exported(services)) + "\n" == b"".join(said[subject] for subject in sorted(said)).decode()
    )


def test_compaction_drops_what_was_said_anew_and_keeps_the_rest(
    services: Services, said: dict[str, bytes]
) -> None:
    with services.database.write() as session:
        assert forgetting.compact(session, before=clock.later(clock.now(), days=1)) == 1
    assert payloads(services) == said


def test_a_backup_restores_it_in_a_new_epoch_byte_for_byte(
    services: Services, said: dict[str, bytes], make_services: Callable[..., Services], tmp_path: Path
) -> None:
    before = alive(services)
    backup.backup(services, tmp_path / "backup.zip")
    again = make_services(data_dir=tmp_path / "again")
    restored = backup.restore(again, tmp_path / "backup.zip")
    with services.database.read() as session:
        assert restored.epoch != log.head(session).epoch
    assert alive(again) == before
    assert payloads(again) == said
    assert exported(again) == exported(services)


def test_a_new_base_writes_ours_anew_and_leaves_the_foreign_as_it_is(
    services: Services, said: dict[str, bytes], make_services: Callable[..., Services]
) -> None:
    old = services.settings.base_url
    with services.database.write() as session:
        session.merge(MetaRow(key="base_url", value=old))
    moved = make_services(base_url=NEW)
    rebase.rebase(moved)
    expected = {example(NEW, number).id: write(example(NEW, number), NEW) for number in (1, 2)}
    foreign = {FOREIGN.id: said[FOREIGN.id]}
    assert without_texts(payloads(moved)) == without_texts(expected | foreign)
    for subject in expected:
        assert _replaced(said[subject.replace(NEW, old)], old) == payloads(moved)[subject]
    assert payloads(moved)[FOREIGN.id] == said[FOREIGN.id]


def without_texts(found: dict[str, bytes]) -> dict[str, set[rdf.Triple]]:
    """Whatever a text says of an address is what somebody wrote, and stays."""
    return {
        subject: {one for one in rdf.lines(payload) if "@" not in one[2]}
        for subject, payload in found.items()
    }


def _replaced(payload: bytes, old: str) -> bytes:
    """The payload with the base replaced in its IRIs and in literals that are an identifier."""
    lines = rdf.lines(payload)
    return rdf.serialise(tuple(_renamed(term, old) for term in line) for line in lines)  # type: ignore[misc]


def _renamed(term: str, old: str) -> str:
    identifies = term.startswith((f"<{old}/", f'"{old}/id/'))
    return term.replace(old, NEW, 1) if identifies else term


@pytest.fixture
def in_feed(services: Services, monkeypatch: pytest.MonkeyPatch) -> tuple[dcat_feed.Feed, bytes]:
    """A statement of a kind that may be in the feed for portals."""
    fed = KIND._replace(in_portal_feed=True)
    monkeypatch.setitem(kinds.KINDS, KIND.name, fed)
    statement, base = example(services.settings.base_url, 3), services.settings.base_url
    with services.database.write() as session:
        payload = write(statement, base)
        kinds.append(session, fed, statement.id, event="Create", payload=payload, in_feed=True)
    return dcat_feed.Feed(services.settings), payload


def test_the_feed_for_portals_carries_it_if_its_row_says_so(
    services: Services, in_feed: tuple[dcat_feed.Feed, bytes]
) -> None:
    feed, payload = in_feed
    with services.database.read() as session:
        page = feed.page(session, dcat_feed.PageRequest())
        turtle = b"".join(feed.turtle(session, dcat_feed.PageRequest()))
    source_only = [line for line in payload.decode().splitlines() if "invented-said" in line]
    assert source_only
    assert set(payload.decode().splitlines()) - set(page.lines) == set(source_only)
    assert example(services.settings.base_url, 3).id.encode() in turtle


def test_the_feed_for_portals_leaves_out_what_may_not_be_in_it(
    services: Services, said: dict[str, bytes]
) -> None:
    with services.database.write() as session:
        say(session, example(services.settings.base_url, 4), base=services.settings.base_url, in_feed=True)
    with services.database.read() as session:
        page = dcat_feed.Feed(services.settings).page(session, dcat_feed.PageRequest())
    assert not [line for line in page.lines if "/id/statement/" in line]


def test_followers_pass_it_and_the_index_stays_as_it_is(services: Services, said: dict[str, bytes]) -> None:
    follower = IndexFollower(services.index, services.settings)
    catch_up(services.database, follower)
    with services.database.read() as session:
        assert follower.cursor.seq == log.head(session).seq
    assert not services.index.ids()


def test_a_kind_without_a_row_is_refused(services: Services) -> None:
    with pytest.raises(KeyError), services.database.write() as session:
        kinds.append(session, KIND._replace(name="unheard"), "x", event="Create", payload=b"")


def test_what_another_instance_says_of_our_subject_does_not_silence_us(services: Services) -> None:
    statement, base = example(services.settings.base_url, 5), services.settings.base_url
    with services.database.write() as session:
        ours = say(session, statement, base=base)
        theirs = say(session, msgspec.structs.replace(statement, count=6), base=base, origin=OTHER)
    with services.database.read() as session:
        newest = log.newest(session, statement.id)
        foreign = log.newest(session, statement.id, origin=OTHER)
        batches = list(log.living(session, kind=KIND.name))
        assert log.payloads(session, [statement.id]).keys() == {statement.id}
    assert newest is not None
    assert foreign is not None
    assert (newest.payload, foreign.payload) == (ours, theirs)
    assert [subject for subject, _ in batches[0]] == [statement.id, statement.id]


def test_every_row_has_a_table_by_which_things_are_read_back() -> None:
    found: dict[str, list[str]] = {name: table.faults(kind.table) for name, kind in kinds.KINDS.items()}
    assert not any(found.values()), found
    paths = [kind.path for kind in kinds.KINDS.values()]
    assert len(paths) == len(set(paths))


@pytest.mark.parametrize(
    ("term", "moved"),
    [
        ("<{base}/id/x/1>", True),
        ("<{base}>", True),
        ("<{base}#a>", True),
        ("<{base}?a=b>", True),
        ('"{base}/id/x/1"', True),
        ('"{base}/solutions/x"^^<http://www.w3.org/2001/XMLSchema#anyURI>', True),
        ('"{base}"^^<http://www.w3.org/2001/XMLSchema#anyURI>', True),
        ('"{base}/solutions/x"', False),
        ('"{base}/solutions/x"@de', False),
        ('"see {base}/id/x/1"', False),
        ("<{base}0/id/x/1>", False),
        ("<{base}.example/id/x/1>", False),
        ('"{base}.example/"^^<http://www.w3.org/2001/XMLSchema#anyURI>', False),
    ],
)
def test_addresses_and_identifiers_move_with_the_base_and_texts_stay(term: str, moved: bool) -> None:
    line = f"<http://a> <http://b> {term.format(base=OTHER)} .\n"
    after = f"<http://a> <http://b> {term.format(base=NEW if moved else OTHER)} .\n"
    assert kinds.rebased(line.encode(), OTHER, NEW) == after.encode()
