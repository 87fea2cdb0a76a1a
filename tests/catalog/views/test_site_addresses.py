"""Addresses the visitor can write.

They round-trip, lead nowhere else, and name no file that is not offered.
"""

from __future__ import annotations

import gzip
from importlib.resources import files
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import pytest
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.datastructures import MultiDict

from catalog import views
from catalog.search import Query
from catalog.search.indexing import FACETS
from catalog.views import present, searching, site
from tests.support import invented_catalogue
from tests.support.markup import Page

words = st.text(min_size=1, max_size=12).filter(lambda text: text.strip() == text and text != "")
typed = words.filter(
    lambda text: present.clean(text) == text
)  # what cannot be seen is taken out of what was typed
queries = st.builds(
    Query,
    text=typed | st.just(""),
    filters=st.dictionaries(
        st.sampled_from(sorted(FACETS)),
        st.lists(words, min_size=1, max_size=3, unique=True).map(tuple),
        max_size=4,
    ),
    sort=st.sampled_from(("relevance", "recency", "name")),
    page=st.integers(1, 500),
)


@given(queries)
def test_a_search_is_the_same_after_going_through_its_address(query: Query) -> None:
    parts = urlsplit(searching.address("/solutions", searching.pairs(query, paged=True)))
    again = searching.query_of(MultiDict(parse_qsl(parts.query, keep_blank_values=True)), query.language)
    assert (again.text, again.filters, again.sort, again.page) == (
        query.text,
        query.filters,
        query.sort,
        query.page,
    )


@pytest.mark.parametrize("text", ["\x1b", "a\x00b", "\u202ea", "\ufeff"])
def test_what_cannot_be_seen_is_no_part_of_a_search(text: str) -> None:
    assert searching.query_of(MultiDict({"q": text}), "de").text == "".join(
        letter for letter in text if letter in "ab"
    )


@given(st.integers(1, 600), st.integers(0, 12_000))
def test_pagination(page: int, total: int) -> None:
    pages = searching.pages(Query(page=page, size=20), total, "/solutions")
    numbers = [number for number, _ in pages.numbers if number]
    assert numbers == sorted(set(numbers))
    assert numbers[0] == 1
    assert numbers[-1] == pages.last
    assert all(1 <= number <= pages.last for number in numbers)
    assert page > pages.last or page in numbers
    assert bool(pages.after) == (page < pages.last)


HOSTILE = (
    "https://evil.example",
    "//evil.example",
    "/\\evil.example",
    "\\\\evil.example",
    "///evil.example",
    "/\t/evil.example",
    "javascript:alert(1)",
    " //evil.example",
    "/%09/evil.example",
    "http:evil.example",
    "",
    "solutions",
    "/\n/evil.example",
)


@given(st.sampled_from(HOSTILE) | st.text() | st.text(alphabet="/\\:.@?#evil\t\n %"))
def test_going_back_leads_to_this_site_only(address: str) -> None:
    path = site.local_path(address)
    assert path.startswith("/")
    assert not path.startswith(("//", "/\\"))
    assert not set(path) & set("\r\n\t\\")


@pytest.mark.parametrize("address", HOSTILE)
def test_the_language_switch_is_no_open_door(address: str) -> None:
    location = site.local_path(address)
    assert urlsplit(location).netloc == ""
    assert location.startswith("/")


def test_kern_is_served_unchanged_and_nothing_else(german_visitor: FlaskClient) -> None:
    kern = Path(str(files("mkdocs_kern_ux"))) / "kern-ux" / "vendor" / "kern"
    assert german_visitor.get("/static/kern/kern.min.css").data == (kern / "kern.min.css").read_bytes()
    packed = german_visitor.get("/static/kern/kern.min.css?v=1", headers={"Accept-Encoding": "gzip"})
    assert gzip.decompress(packed.data) == (kern / "kern.min.css").read_bytes()
    assert len(packed.data) < 60_000
    assert "immutable" in packed.headers["Cache-Control"]
    for name in (
        "kern/js/kern-kopfzeile.js",
        "kern/../../../../base.html",
        "../templates/base.html",
        "..%2f..%2fapp.py",
        "kern/",
        "/etc/passwd",
    ):
        assert german_visitor.get(f"/static/{name}").status_code in (404, 308), name


def test_the_operators_own_text_takes_the_templates_place(tmp_path: Path) -> None:
    (tmp_path / "texts").mkdir()
    (tmp_path / "texts" / "imprint.de.md").write_text(
        "## Wir\n\n**Stadt Musterstadt**, {contact} <script>window.__xss=1</script>"
    )
    services, _ = invented_catalogue.instance(tmp_path / "data", texts_dir=str(tmp_path / "texts"))
    client = views.application(services).test_client()
    try:
        for language, own in (("de", True), ("en", True)):
            found = Page(client.get("/imprint", headers={"Accept-Language": language}).text)
            assert ("Stadt Musterstadt" in found.text("main")) == own
            assert "hallo@allmende.example" in found.text("main")
            assert not found.all("script")
            assert "Dies ist eine Vorlage" not in found.text("main")
        assert [
            element.attributes["lang"] for element in found.all("div") if "lang" in element.attributes
        ] == ["de"]
        assert "This is a template" in Page(
            client.get("/privacy", headers={"Accept-Language": "en"}).text
        ).text("main")
    finally:
        services.close()
