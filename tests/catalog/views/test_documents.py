"""The routes stand where vocabularies/iris.py says that things are."""

from __future__ import annotations

import pytest

from tests.catalog.views.conftest import Site
from vocabularies import iris

ULID = "01J00000000000000000000000"


@pytest.mark.parametrize(
    ("address", "endpoint", "arguments"),
    [
        (iris.thing("", iris.SOLUTION, ULID), "documents.solution", {"ulid": ULID}),
        (iris.document("", ULID, "ttl"), "documents.document", {"ulid": ULID, "suffix": "ttl"}),
        (iris.thing("", iris.RECORD, ULID), "documents.record", {"ulid": ULID}),
        (iris.thing("", iris.ORGANISATION, "soest"), "documents.organisation", {"slug": "soest"}),
        (iris.catalogue(""), "feeds.catalogue", {}),
        (iris.feed(""), "feeds.catalog", {}),
        (iris.feed("", "ttl"), "feeds.catalog_as", {"suffix": "ttl"}),
        (iris.page("", "bus"), "solutions.detail", {"slug": "bus"}),
        (iris.page_data("", "bus"), "solutions.detail_json", {"slug": "bus"}),
        (iris.publisher_page("", "soest"), "publishers.detail", {"slug": "soest"}),
    ],
)
def test_an_address_that_is_built_is_answered(
    site: Site, address: str, endpoint: str, arguments: dict[str, str]
) -> None:
    assert site.app.url_map.bind("").match(address) == (endpoint, arguments)
