"""Links to a next page that are none: a listing ends with a CrawlError, whatever a server writes there."""

from __future__ import annotations

import pytest

from crawlers.faults import CrawlError
from tests.crawlers.forges.test_listing import Canned, pages


@pytest.mark.parametrize("link", ["http://[", "//[::1", "https://[v1.]/?page=2", "http://x]/?page=2"])
def test_a_link_that_is_no_address(link: str) -> None:
    with pytest.raises(CrawlError, match="something else than the expected data"):
        pages(Canned(([{"id": 1}], {"link": f'<{link}>; rel="next"'})))


@pytest.mark.parametrize("page", ["x", "9" * 5000, "-", "%00"])
def test_a_page_that_is_no_number(page: str) -> None:
    first = ([{"id": 1}], {"link": f'<https://x.example/api?page={page}>; rel="next"'})
    with pytest.raises(CrawlError, match="something else than the expected data"):
        pages(Canned(first, ([{"id": 2}], {"x-total-count": "99"})))
