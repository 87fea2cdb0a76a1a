"""An ETag names a page exactly.

Whatever a page shows, a change of it changes the ETag, and a page is rendered once for each.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest
from flask.testing import FlaskClient
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from catalog import views
from catalog.base.settings import Settings
from catalog.base.states import SourceState
from catalog.base.tables import RecordRow, RepositoryRow, SolutionRow, SourceRow
from catalog.changes.followers import follow_now
from catalog.entries import moderation, publishing, store
from catalog.operations.services import Services
from catalog.search.engine import Found
from catalog.search.index import Index
from catalog.views.page_cache import PageCache
from tests.catalog.views.conftest import Site
from tests.conftest import ExpectLogs
from tests.support import invented_catalogue
from tests.support.invented_catalogue import HOST, Entry, Place, metadata, publiccode, repository

BUS = "Dorfbus"


@pytest.fixture
def writable_site(tmp_path: Path) -> Iterator[Site]:
    """An instance that is written to, with a folder for the operator's texts."""
    texts = tmp_path / "texts"
    texts.mkdir()
    services, ids = invented_catalogue.instance(tmp_path / "data", texts_dir=str(texts))
    yield Site(services, views.application(services), ids, base=services.settings.base_url)
    services.close()


def tag(site: Site, path: str) -> str:
    """The ETag of a page; the page comes back unchanged, as 304, as long as it is the same."""
    client = site.client()
    answer = client.get(path)
    assert answer.status_code == 200
    found = answer.headers["ETag"]
    assert client.get(path, headers={"If-None-Match": found}).status_code == 304
    return found


def row(site: Site, what: str) -> SolutionRow:
    with site.services.database.read() as session:
        return session.get_one(SolutionRow, site.ids[what])


def set_columns(site: Site, what: str, **columns: object) -> None:
    invented_catalogue.change(site.services, site.ids[what], **columns)


def entry(name: str) -> Entry:
    return next(one for one in invented_catalogue.ENTRIES if one.name == name)


def read_again(site: Site, name: str, **keys: object) -> None:
    """The repository of an entry is read once more, and its publiccode.yml says something else."""
    known = entry(name)
    invented_catalogue.add(site.services, repository(known), metadata(publiccode(known, **keys)))


def fails(site: Site) -> None:
    """A repository begins to fail."""
    set_columns(site, "Baumpate", life="failing", life_since="2026-11-25T00:00:00.000Z")


def is_active(site: Site) -> None:
    """Something happened in a repository that changes no file of ours."""
    set_columns(site, BUS, last_activity="2026-11-25T00:00:00Z")


def is_remarked(site: Site) -> None:
    """A file has a fault more, and says the same as before."""
    read_again(site, BUS, unknownKey="x")


def is_hidden(site: Site) -> None:
    with site.services.database.write() as session:
        moderation.hide(session, site.ids[BUS], reason="r", account="anna", settings=site.services.settings)


def is_corrected(site: Site) -> None:
    values = {"name_de": "Bürgerbus"}
    with site.services.database.write() as session:
        moderation.correct(
            session, site.ids["Baumpate"], values, account="anna", settings=site.services.settings
        )


def is_withdrawn(site: Site) -> None:
    with site.services.database.write() as session:
        publishing.withdraw(session, site.ids[BUS], reason="", settings=site.services.settings)


def copy_is_confirmed(site: Site) -> None:
    """Another entry turns out to repeat this one, which the page of the original shows."""
    set_columns(site, "Amtsblatt digital", state="copy", copy_of=site.ids["Baumpate"])


def new_entry(site: Site) -> None:
    other = entry("Baumpate")._replace(name="Neuling")
    invented_catalogue.add(site.services, f"{HOST}/neu/ling", metadata(publiccode(other)))


def file_is_gone(site: Site) -> None:
    with site.services.database.write() as session:
        ours = (RecordRow.solution == site.ids["Baumpate"]) & (RecordRow.format == "readme")
        session.execute(delete(RecordRow).where(ours))


def repository_is_added(site: Site) -> None:
    with site.services.database.write() as session:
        session.add(RepositoryRow(url=f"{HOST}/mirror/baum", solution=site.ids["Baumpate"]))


def _source(site: Site, **columns: object) -> None:
    with site.services.database.write() as session:
        first = session.scalars(select(SourceRow.id).order_by(SourceRow.id)).first()
        session.merge(SourceRow(id=first, **columns))


def source_fails(site: Site) -> None:
    _source(site, failing_since="2026-11-25T00:00:00.000Z", error='{"code":"tls","values":{}}')


def source_is_read(site: Site) -> None:
    _source(site, succeeded="2026-11-25T00:00:00.000Z")


def source_is_paused(site: Site) -> None:
    _source(site, state=SourceState.PAUSED)


def source_is_removed(site: Site) -> None:
    with site.services.database.write() as session:
        session.execute(delete(SourceRow))


def imprint_is_written(site: Site) -> None:
    Path(site.services.settings.texts_dir, "imprint.de.md").write_text("# Impressum\n\nRathaus")


def index_has_followed(site: Site) -> None:
    new_entry(site)
    tag(site, "/solutions")
    follow_now(site.services.database, site.services.followers, site.services.settings.data_dir)


BAUM = "/solutions/baumpate"
CHANGES: list[tuple[Callable[[Site], None], tuple[str, ...]]] = [
    (fails, (BAUM, f"{BAUM}.json", "/solutions", "/publishers/gemeinde-kleinhausen")),
    (is_active, ("/solutions/dorfbus.json",)),
    (is_remarked, ("/solutions/dorfbus", "/solutions/dorfbus.json")),
    (is_hidden, ("/", "/solutions", "/publishers", "/feed.atom", "/sitemap.xml", "/dcat/catalog")),
    (is_corrected, (BAUM, "/solutions.json", "/dcat/catalog.ttl")),
    (is_withdrawn, ("/solutions", "/programme", "/dcat/catalog.jsonld")),
    (copy_is_confirmed, (BAUM, f"{BAUM}.json")),
    (new_entry, ("/", "/publishers", "/suggest?q=neu", "/solutions.atom?q=neu")),
    (file_is_gone, (BAUM,)),
    (repository_is_added, (BAUM,)),
    (source_fails, ("/sources", "/programme/mpsc-01")),
    (source_is_read, ("/sources",)),
    (source_is_paused, ("/sources",)),
    (source_is_removed, ("/sources", "/programme/mpsc-01")),
    (imprint_is_written, ("/imprint",)),
    (index_has_followed, ("/solutions", "/", "/suggest?q=neu")),
]


@pytest.mark.parametrize(("change", "paths"), CHANGES, ids=[change.__name__ for change, _ in CHANGES])
def test_whatever_a_page_shows_changes_its_etag(
    writable_site: Site, change: Callable[[Site], None], paths: tuple[str, ...]
) -> None:
    before = {path: tag(writable_site, path) for path in paths}
    change(writable_site)
    after = {path: writable_site.client().get(path).headers.get("ETag") for path in paths}
    assert not [path for path in paths if after[path] == before[path]]


def test_a_text_of_the_operators_is_seen_as_soon_as_it_is_changed(writable_site: Site) -> None:
    """Also one that is exchanged for another of the same size, or within the same second."""
    file, seen = Path(writable_site.services.settings.texts_dir, "imprint.de.md"), []
    for number, text in enumerate(("Rathaus A", "Rathaus B", "Rathaus")):
        file.write_text(text)
        os.utime(file, ns=(number, number))
        seen.append(tag(writable_site, "/imprint"))
        assert text in writable_site.client().get("/imprint").text
    file.unlink()
    seen.append(tag(writable_site, "/imprint"))
    assert len(set(seen)) == 4


def test_what_changes_outside_the_log_leaves_the_feed_as_it_is(writable_site: Site) -> None:
    """A portal that asks again need not read a page whose entries say the same."""
    before, page = tag(writable_site, "/dcat/catalog.ttl"), tag(writable_site, BAUM)
    fails(writable_site)
    source_is_read(writable_site)
    assert tag(writable_site, "/dcat/catalog.ttl") == before
    assert tag(writable_site, BAUM) != page


# --- rendered once for each ETag ------------------------------------------------------------------------


@pytest.fixture
def rendered(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the templates that were rendered."""
    names: list[str] = []
    render = views.page.render_template

    def counted(template: str, **values: object) -> str:
        names.append(template)
        return render(template, **values)

    monkeypatch.setattr(views.page, "render_template", counted)
    return names


@pytest.mark.parametrize("path", ["/", "/solutions?q=baum", BAUM, "/publishers"])
def test_a_page_is_rendered_once_for_all_visitors(
    writable_site: Site, rendered: list[str], path: str
) -> None:
    answers = [writable_site.client().get(path) for _ in range(3)]
    assert len(rendered) == 1
    assert len({answer.data for answer in answers}) == 1
    assert len({tuple(sorted(answer.headers)) for answer in answers}) == 1
    fails(writable_site)
    assert writable_site.client().get(path).data
    assert len(rendered) == 2


def test_languages_and_forms_are_pages_of_their_own(writable_site: Site, rendered: list[str]) -> None:
    assert "Solutions" in writable_site.client("en").get("/solutions").text
    assert "Lösungen" in writable_site.client("de").get("/solutions").text
    assert len(rendered) == 2


def test_what_is_said_to_one_person_is_kept_for_nobody(writable_site: Site, rendered: list[str]) -> None:
    """A message that is shown once, and whatever somebody sees who is signed in."""
    client = writable_site.client()
    with client.session_transaction(base_url=writable_site.base) as session:
        session["_flashes"] = [("success", "Sie sind abgemeldet.")]
    answer = client.get("/", base_url=writable_site.base)
    assert "Sie sind abgemeldet." in answer.text
    assert answer.headers["Cache-Control"] == "private, no-store"
    assert "ETag" not in answer.headers
    assert "Sie sind abgemeldet." not in writable_site.client().get("/").text


def test_faults_are_not_kept(writable_site: Site) -> None:
    assert writable_site.client().get("/solutions/nirgends").status_code == 404
    invented_catalogue.add(
        writable_site.services,
        f"{HOST}/neu/nirgends",
        [Place("publiccode", publiccode(entry("Baumpate")._replace(name="Nirgends")), "publiccode.yml")],
    )
    assert writable_site.client().get("/solutions/nirgends").status_code == 200


@pytest.mark.parametrize(("megabytes", "times"), [(32, 1), (0, 3)])
def test_the_memory_for_pages_is_a_setting(
    tmp_path: Path, rendered: list[str], megabytes: int, times: int
) -> None:
    settings = replace(invented_catalogue.settings(tmp_path / "data"), page_cache_mb=megabytes)
    services = Services(settings)
    follow_now(services.database, services.followers, settings.data_dir)
    client: FlaskClient = views.application(services).test_client()
    for _ in range(3):
        assert client.get("/").status_code == 200
    assert len(rendered) == times
    services.close()


def test_the_memory_is_bounded_whatever_is_asked_for(site: Site) -> None:
    pages = PageCache(200_000)
    with site.app.test_request_context("/"):
        for number in range(500):
            answer = site.app.response_class("x" * (number * 37 % 9_000), 200)
            pages.put(str(number), answer)
            assert pages.size <= 200_000
        assert pages.get("499") is not None
        assert pages.get("0") is None
        pages.put("large", site.app.response_class("x" * 30_000, 200))
        assert pages.get("large") is None, "no page takes the place of all others"
        kept = pages.size
        pages.put("499", site.app.response_class("short", 200))
        again = pages.get("499")
        assert again is not None
        assert again.data == b"short"
        assert pages.size < kept


def test_settings_know_the_size(tmp_path: Path) -> None:
    assert Settings(data_dir=tmp_path).page_cache_mb == 32


def test_a_weak_etag_of_a_proxy_that_compresses_is_known_too(site: Site) -> None:
    """RFC 9110, section 13.1.2."""
    client = site.client()
    named = client.get("/about").headers["ETag"]
    for form in (named, f"W/{named}", f'"another", W/{named}'):
        assert client.get("/about", headers={"If-None-Match": form}).status_code == 304
    assert client.get("/about", headers={"If-None-Match": 'W/"another"'}).status_code == 200


def test_a_document_is_never_older_than_its_etag(
    writable_site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A correction that is committed while a visitor asks is not hidden under the new ETag."""
    site, visible = writable_site, store.visible
    number = site.ids[BUS]
    address = f"/id/solution/{number}.ttl"

    def corrected_meanwhile(session: Session, **of: str) -> SolutionRow:
        row = visible(session, **of)
        monkeypatch.setattr(store, "visible", visible)
        with site.services.database.write() as writing:
            correction = {"name_de": "Ganz anders"}
            moderation.correct(writing, number, correction, account="x", settings=site.services.settings)
        return row

    monkeypatch.setattr(store, "visible", corrected_meanwhile)
    client = site.client()
    first, second = client.get(address), client.get(address)
    assert "Ganz anders" not in first.text
    assert "Ganz anders" in second.text
    assert first.headers["ETag"] != second.headers["ETag"]


def test_what_a_passing_fault_of_the_index_made_is_not_kept(
    site: Site, monkeypatch: pytest.MonkeyPatch, expected_logs: ExpectLogs
) -> None:
    index = cast(Index, site.services.index)
    search = index._counts.search

    def failing_once(*of: Any) -> Found:
        monkeypatch.setattr(index._counts, "search", search)
        raise OSError("too many open files")

    monkeypatch.setattr(index._counts, "search", failing_once)
    client, path = site.client(), "/solutions.json?q=dorfbus"
    expected_logs("ERROR allmende.search: the search index failed to answer")
    first = client.get(path)
    assert first.status_code == 503, "nothing was looked at, which is not that nothing was found"
    assert "ETag" not in first.headers
    assert client.get(path).json["total"] > 0


def test_without_an_index_nobody_is_told_that_there_is_nothing(tmp_path: Path) -> None:
    """As after an upgrade, until the worker has made it: the log is told, and a search is put off."""
    settings = replace(invented_catalogue.settings(tmp_path / "data"), page_cache_mb=32)
    services = Services(settings)
    client: FlaskClient = views.application(services).test_client()
    for path in ("/solutions", "/solutions?q=bus", "/solutions.json", "/solutions.atom", "/feed.atom"):
        answer = client.get(path)
        assert answer.status_code == 503
        assert "ETag" not in answer.headers
    for path in ("/", "/publishers", "/programme", "/dcat/catalog"):
        assert client.get(path).status_code == 200
    assert client.get("/").headers["Cache-Control"] == "no-store"
    follow_now(services.database, services.followers, settings.data_dir)
    assert client.get("/solutions").status_code == 200
    assert "ETag" in client.get("/").headers
    services.close()
