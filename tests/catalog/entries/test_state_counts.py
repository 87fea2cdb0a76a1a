"""The counts of states that are kept in memory are those of the table, after whatever changes a state."""

from __future__ import annotations

from collections import Counter

from sqlalchemy import event, select

from catalog.base.tables import SolutionRow
from catalog.entries import moderation, publishing
from catalog.entries.state_counts import StateCounts
from tests.support.scripted_catalogue import HOST, Repository, ScriptedCatalogue, publiccode


def test_counts_follow_every_change(catalogue: ScriptedCatalogue) -> None:
    counts = StateCounts()

    def check() -> dict[str, int]:
        with catalogue.database.read() as session:
            counted = dict(Counter(session.scalars(select(SolutionRow.state))))
            assert counts.of(session) == counted
        return counted

    def app(number: int) -> Repository:
        url = f"{HOST}/town/app{number}"
        return Repository(url, {"publiccode.yml": publiccode(f"App {number}", url=url)}, id=number)

    assert check() == {}
    catalogue.crawl(app(1), app(2), Repository(f"{HOST}/town/draft", {"README.md": b"# D\n"}, id=9))
    assert check() == {"listed": 2, "draft": 1}
    first, second = catalogue.entry(app(1).url).id, catalogue.entry(app(2).url).id
    with catalogue.database.write() as session:
        publishing.withdraw(session, first, reason="on request", settings=catalogue.settings)
    assert check() == {"listed": 1, "draft": 1, "withdrawn": 1}
    with catalogue.database.write() as session:
        moderation.hide(session, second, reason="spam", settings=catalogue.settings, account="anna")
    assert check() == {"hidden": 1, "draft": 1, "withdrawn": 1}


def test_nothing_is_counted_twice(catalogue: ScriptedCatalogue) -> None:
    catalogue.crawl(Repository(f"{HOST}/town/draft", {"README.md": b"# D\n"}, id=9))
    counts, statements = StateCounts(), list[str]()
    event.listen(catalogue.database.engine, "before_cursor_execute", lambda *said: statements.append(said[2]))
    for _ in range(3):
        with catalogue.database.read() as session:
            counts.of(session)
    assert sum("GROUP BY" in statement for statement in statements) == 1
