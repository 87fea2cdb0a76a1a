"""What an operator has taken away is told nowhere, not even by what repeats it.

And what nobody can see stays out of every feed.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

import pytest

from catalog import views
from catalog.base.tables import SolutionRow
from catalog.entries import publishing
from catalog.harvesting import registration
from catalog.operations.services import Services
from tests.catalog.views.conftest import Site
from tests.support import invented_catalogue


@pytest.fixture
def own_site(tmp_path: Path) -> Iterator[Site]:
    """An entry was hidden, or withdrawn, after another one had been recognised as its copy."""
    services, ids = invented_catalogue.instance(tmp_path / "data")
    yield Site(services, views.application(services), ids, base=services.settings.base_url)
    services.close()


def take_away(services: Services, number: str, how: str) -> None:
    with services.database.write() as session:
        if how == "withdrawn":
            publishing.withdraw(session, number, reason="", settings=services.settings)
        else:
            row = session.get(SolutionRow, number)
            assert row is not None
            row.hidden, row.name = "x", "Geheimer Name"
            publishing.publish(session, number, settings=services.settings)
            row.name = "Geheimer Name"


@pytest.mark.parametrize("how", ["hidden", "withdrawn"])
def test_a_copy_tells_nothing_of_an_original_that_was_taken_away(own_site: Site, how: str) -> None:
    services, ids = own_site.services, own_site.ids
    with services.database.read() as session:
        copy, original = (
            session.get(SolutionRow, ids["copy"]),
            session.get(SolutionRow, ids["Schlaglochfinder"]),
        )
    assert copy is not None
    assert original is not None
    assert (copy.state, copy.copy_of) == ("copy", original.id)
    address = f"/solutions/{original.slug}"
    assert f'href="{address}"' in own_site.client().get(f"/solutions/{copy.slug}").text
    take_away(services, original.id, how)
    shown = own_site.client().get(f"/solutions/{copy.slug}")
    assert shown.status_code == 200
    assert f'{address}"' not in shown.text
    assert "Geheimer Name" not in shown.text
    assert "konnte nicht bestätigt werden" not in shown.text
    with services.database.read() as session:
        outcome = registration._known(session, copy.repository)
    assert outcome == registration.Outcome("known", copy.repository, copy.id)


@pytest.mark.parametrize("sign", ["%01", "%08", "%0b", "%0c", "%1b", "%1f", "%7f", "%ef%bf%be", "%ef%bf%bf"])
def test_a_feed_of_a_search_stays_xml_whatever_was_searched_for(site: Site, sign: str) -> None:
    for address in (
        f"/solutions.atom?q=Dorf{sign}bus",
        f"/solutions.atom?topic=x{sign}",
        f"/dcat/catalog.rdf?q=Dorf{sign}bus",
    ):
        answer = site.client().get(address)
        assert answer.status_code == 200, address
        ElementTree.fromstring(answer.data)
