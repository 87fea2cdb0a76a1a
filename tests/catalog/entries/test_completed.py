"""What the instance adds to the merged documents.

An identity, names for everybody, whole addresses for pictures.
"""

from __future__ import annotations

import pytest

from catalog.base import clock
from catalog.base.database import Database
from catalog.base.settings import Settings
from catalog.entries import minting, publishing, store
from crawlers.forges.registry import FORGES
from vocabularies.crosswalk.rows import Reading
from vocabularies.terms import Agent, Attribution, Distribution, Solution

HOME = "https://code.example.org/town/app"
COMMIT = "c" * 40
# How each forge gives a file itself. A forge that is added gets a row here.
PICTURES = {
    "github": f"{HOME}/raw/{COMMIT}/docs/logo%201.svg",
    "gitlab": f"{HOME}/-/raw/{COMMIT}/docs/logo%201.svg",
    "gitea": f"{HOME}/raw/commit/{COMMIT}/docs/logo%201.svg",
}


def _document(format: str, solution: Solution, *, commit: str = COMMIT) -> store.Incoming:
    return store.Incoming(
        repository=HOME,
        format=format,
        path=format,
        uri=f"{HOME}/{format}",
        commit=commit,
        content=b"",
        fetched=clock.moment(clock.now()),
        reading=Reading(format=format, solution=solution),
        reader="",
    )


def published(database: Database, settings: Settings, **said: Solution) -> Solution:
    """What is published of documents, by format."""
    with database.write() as session:
        number = minting.solution_for(session, HOME, name="App")
        store.put(session, number, [_document(format, solution) for format, solution in said.items()])
        publishing.publish(session, number, settings=settings)
        row = store.get(session, id=number)
        solution = store.solution_of(row)
        assert solution.id == f"{settings.base_url}/id/solution/{number}"
        assert solution.issued == row.created
    return solution


@pytest.mark.parametrize("forge", FORGES)
def test_a_picture_has_the_address_that_its_forge_gives_it(
    database: Database, settings: Settings, forge: str
) -> None:
    """The host tells nothing of the forge; that it was read there does."""
    pictures = {"": ("docs/logo 1.svg", "https://elsewhere.example.org/a.png")}
    document = Solution(name={"": "App"}, logo="docs/logo 1.svg", screenshots=pictures)
    found = published(database, settings, **{forge: Solution(name={"": "app"}), "publiccode": document})
    assert found.logo == PICTURES[forge]
    assert found.screenshots == {"": (PICTURES[forge], "https://elsewhere.example.org/a.png")}


def test_without_a_commit_a_picture_is_that_of_the_newest(database: Database, settings: Settings) -> None:
    with database.write() as session:
        number = minting.solution_for(session, HOME, name="App")
        document = Solution(name={"": "App"}, logo="docs/logo.svg")
        store.put(session, number, [_document("publiccode", document, commit="")])
        publishing.publish(session, number, settings=settings)
        found = store.solution_of(store.get(session, id=number))
    assert found.logo == f"{HOME}#HEAD:docs/logo.svg"


def test_a_picture_at_an_unknown_forge_is_named_as_well_as_can_be(
    database: Database, settings: Settings
) -> None:
    found = published(database, settings, publiccode=Solution(name={"": "App"}, logo="docs/logo 1.svg"))
    assert found.logo == f"{HOME}#{COMMIT}:docs/logo%201.svg"
    assert found.screenshots == {}


def test_everybody_has_a_name_and_every_distribution_an_address(
    database: Database, settings: Settings
) -> None:
    download = "https://x.example.org/app.zip"
    document = Solution(
        name={"": "App"},
        authors=(Agent(name={"": "Anna"}), Agent(uri="https://x.example.org/bert"), Agent()),
        attributions=(
            Attribution(agent=Agent(homepage="https://x.example.org/cora"), role="funder"),
            Attribution(agent=Agent(name={"": "Dora"}, uri="https://x.example.org/dora"), role="funder"),
        ),
        distributions=(
            Distribution(download_url=download),
            Distribution(access_url="https://x.example.org/", download_url=download),
        ),
        aliases=(HOME, "https://x.example.org/old"),
    )
    found = published(database, settings, publiccode=document)
    assert [author.name for author in found.authors] == [
        {"": "Anna"},
        {"": "https://x.example.org/bert"},
        {"": "?"},
    ]
    assert [one.agent.name for one in found.attributions] == [
        {"": "https://x.example.org/cora"},
        {"": "Dora"},
    ]
    assert [one.access_url for one in found.distributions] == [download, "https://x.example.org/"]
    assert found.aliases == ("https://x.example.org/old",)


@pytest.mark.parametrize(
    ("document", "name"),
    [
        pytest.param(Solution(publisher=Agent(name={"de": "Stadt"})), {"de": "Stadt"}, id="as stated"),
        pytest.param(
            Solution(publisher=Agent(uri="https://x.example.org/p"), copyright_owner="Kreis"),
            {"": "Kreis"},
            id="the owner of the rights",
        ),
        pytest.param(
            Solution(publisher=Agent(uri="https://x.example.org/p")),
            {"": "https://x.example.org/p"},
            id="an address",
        ),
        pytest.param(Solution(name={"": "App"}), {"": "town"}, id="the owner of the repository"),
    ],
)
def test_somebody_is_behind_it(
    database: Database, settings: Settings, document: Solution, name: dict[str, str]
) -> None:
    found = published(database, settings, publiccode=document)
    assert found.publisher is not None
    assert found.publisher.name == name
    assert found.publisher.id.startswith(f"{settings.base_url}/id/org/")
