"""P8: putting documents into the catalogue, against an ORM merge loop that stores the same rows.

All of them are changed, or all are new.

Both sides turn the same readings into the same rows (packing, hashing, JSON), then store them in one
transaction. What the first half costs is measured by itself: the goal is about storing, the whole is shown
beside it.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path

from sqlalchemy import select

from benchmarks import catalogue
from benchmarks.measuring import FAST, ROUNDS, Row, better, in_turn
from catalog.base.tables import RecordRow, SolutionRow
from catalog.entries import store
from catalog.operations.services import Services


def run(records: int = 300 if FAST else 2_000, rounds: int = ROUNDS) -> list[Row]:
    """Two rows for each kind of upsert: storing alone, and the whole."""
    items = [catalogue.incoming(entry) for entry in catalogue.entries(records)]
    with tempfile.TemporaryDirectory() as folder:
        sides = {side: _fresh(Path(folder, side)) for side in ("ours", "peer")}
        try:
            changed = _measured(sides, items, rounds, changed=True)
            return [*changed, *_measured(sides, items, rounds, changed=False)]
        finally:
            for services in sides.values():
                services.close()


def _fresh(folder: Path) -> Services:
    services = Services(catalogue.settings(folder))
    with services.database.write() as session:
        session.add(SolutionRow(id="0" * 26, slug="a", state="listed", created="", modified=""))
    return services


def _measured(
    sides: dict[str, Services], items: list[store.Incoming], rounds: int, *, changed: bool
) -> list[Row]:
    count = [0]

    def these() -> list[store.Incoming]:
        """The documents, each time of other repositories or each time a little longer."""
        count[0] += 1
        if changed:
            return [item._replace(content=item.content + b" " * count[0]) for item in items]
        return [item._replace(repository=f"{item.repository}-{count[0]}") for item in items]

    calls: dict[str, Callable[[], object]] = {
        "ours": lambda: _put(sides["ours"], these()),
        "rows": lambda: [catalogue.record("0" * 26, item) for item in these()],
        "peer": lambda: _merge(sides["peer"], these()),
    }
    took = in_turn(calls, rounds=rounds)
    what = f"CPU ms for {len(items)} {'changed' if changed else 'new'} records in one transaction"
    return [
        better(
            "P8",
            f"{what}, {part}: SQLAlchemy session.merge",
            ours=(took["ours"] - shared) * 1000,
            peer=(took["peer"] - shared) * 1000,
            at_least=8,
            again=calls["ours"],
        )
        for part, shared in (("storing the rows", took["rows"]), ("making and storing the rows", 0.0))
    ]


def _put(services: Services, items: list[store.Incoming]) -> None:
    with services.database.write() as session:
        assert store.put(session, "0" * 26, items) == len(items)


def _merge(services: Services, items: list[store.Incoming]) -> None:
    """The loop as it stands in many a harvester.

    Look for the record by what names it, as `put` does too, then merge.
    """
    with services.database.write() as session:
        for item in items:
            named = (
                RecordRow.repository == item.repository,
                RecordRow.format == item.format,
                RecordRow.path == item.path,
            )
            found = session.scalars(select(RecordRow.id).where(*named)).first()
            session.merge(RecordRow(id=found, **catalogue.record("0" * 26, item)))


if __name__ == "__main__":
    for row in run():
        print(row)
