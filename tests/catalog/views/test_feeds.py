"""The feed for portals over HTTP: portals delete by absence, so what cannot be said whole is not said."""

from __future__ import annotations

import shutil

from catalog.changes.followers import follow_now
from catalog.operations.services import Services
from tests.support.browser import Browser


def test_a_filtered_feed_without_an_index_is_no_empty_feed(
    services: Services, visitor: Browser, entry: str
) -> None:
    settings = services.settings
    follow_now(services.database, services.followers, settings.data_dir)
    filtered = "/dcat/catalog.nt?licence=EUPL-1.2"
    assert entry in visitor.get(filtered).text
    services.index.close()
    shutil.rmtree(settings.data_dir / "index")
    assert visitor.get(filtered).status_code == 503
    assert entry in visitor.get("/dcat/catalog.nt").text, "the whole feed needs no index"
