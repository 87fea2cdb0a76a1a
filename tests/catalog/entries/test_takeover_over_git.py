"""A takeover by a redirect, over real Git.

Somebody whose repository was accepted lets it redirect to another's, and lets it answer by itself again.
"""

from __future__ import annotations

from sqlalchemy import select

from catalog.base.tables import RecordRow, SolutionRow, SourceRow
from catalog.entries import identity, moderation
from catalog.operations.services import Services
from tests.support.browser import Browser
from tests.support.instance import publiccode
from tests.support.servers import git_http
from tests.support.servers.git_http import GitServer


def registered(visitor: Browser, services: Services, forge: GitServer, *, name: str) -> int:
    """The number of the source of a repository that was registered and accepted."""
    url = f"{forge.url}/{name}"
    git_http.create(forge.root, name, {"publiccode.yml": publiccode(url, name.replace("/", " "))})
    assert visitor.post("/register", {"url": url}).status_code == 200
    with services.database.write() as session:
        moderation.accept(
            session, identity.owners(session, [url])[0], account="anna", settings=services.settings
        )
        return session.scalars(select(SourceRow.id).where(SourceRow.url == url)).one()


def shown(services: Services) -> dict[str, tuple[str, str, str]]:
    with services.database.read() as session:
        return {row.repository: (row.id, row.state, row.name) for row in session.scalars(select(SolutionRow))}


def test_a_redirect_onto_another_entry_and_back(
    visitor: Browser, services: Services, forge: GitServer
) -> None:
    evil = registered(visitor, services, forge, name="evil/tool")  # the older entry: it once won
    victim = registered(visitor, services, forge, name="stadt/melder")
    before, conductor = shown(services), services.harvest()
    assert {state for _, state, _ in before.values()} == {"listed"}
    forge.renamed["evil/tool"] = "stadt/melder"
    assert [fault.code for _, fault in conductor.run(evil).failures] == ["redirects-elsewhere"]
    assert shown(services) == before
    assert not conductor.run(victim).failures
    forge.renamed.clear()
    git_http.create(forge.root, "evil/tool", {"codemeta.json": b'{"name": "Evil", "description": "Evil"}'})
    assert not conductor.run(evil).failures
    assert shown(services)[f"{forge.url}/stadt/melder"] == before[f"{forge.url}/stadt/melder"]
    with services.database.read() as session:
        owners = {record.repository: record.solution for record in session.scalars(select(RecordRow))}
    assert owners == {url: number for url, (number, _, _) in before.items()}


def test_registering_what_only_redirects_opens_no_door(
    visitor: Browser, services: Services, forge: GitServer
) -> None:
    registered(visitor, services, forge, name="stadt/melder")
    before = shown(services)
    forge.renamed["evil/door"] = "stadt/melder"
    assert visitor.post("/register", {"url": f"{forge.url}/evil/door"}).status_code == 200
    assert shown(services) == before
    forge.renamed.clear()
    git_http.create(forge.root, "evil/door", {"publiccode.yml": publiccode(f"{forge.url}/evil/door", "Evil")})
    with services.database.write() as session:
        source = session.scalars(select(SourceRow).where(SourceRow.url == f"{forge.url}/evil/door")).one()
        source.state = "active"
        number = source.id
    assert [fault.code for _, fault in services.harvest().run(number).failures] == ["address-taken-over"]
    assert shown(services) == before
