"""What the instance adds to what the documents of a solution say together."""

from __future__ import annotations

from typing import NamedTuple
from urllib.parse import urlsplit

import msgspec

from catalog.base import ids
from catalog.base.settings import Settings
from catalog.base.tables import SolutionRow
from catalog.entries.merge import Origin
from crawlers.forges.addresses import raw_file
from crawlers.forges.forge import Forge
from vocabularies.rdf import dcat_ap
from vocabularies.terms import Agent, Attribution, Distribution, Solution


def completed(
    merged: Solution,
    row: SolutionRow,
    settings: Settings,
    *,
    origins: dict[str, Origin],
    forge: Forge | None,
) -> Solution:
    """The merged solution with identity, a publisher with name and IRI, and whole addresses for pictures.

    `forge`: that of the repository, if it is known.
    """
    aliases = tuple(alias for alias in merged.aliases if alias != merged.repository)
    logo = _Pictures(merged.repository, origins.get("logo"), forge)
    screenshots = _Pictures(merged.repository, origins.get("screenshots"), forge)
    return msgspec.structs.replace(
        merged,
        id=ids.solution(settings.base_url, row),
        aliases=aliases,
        publisher=_publisher(merged, settings),
        issued=row.created,
        attributions=tuple(map(_with_named_agent, merged.attributions)),
        authors=tuple(map(_named, merged.authors)),
        distributions=tuple(map(_accessible, merged.distributions)),
        logo=logo.address(merged.logo),
        screenshots={
            language: tuple(map(screenshots.address, paths)) for language, paths in merged.screenshots.items()
        },
    )


def _publisher(merged: Solution, settings: Settings) -> Agent:
    """Who is behind it.

    As stated, else the owner of the rights, else the owner of the repository (shown as such).
    """
    stated = merged.publisher or Agent()
    owner = urlsplit(merged.repository).path.strip("/").split("/")[0]
    name = merged.copyright_owner or stated.uri or owner or settings.instance_name
    agent = msgspec.structs.replace(stated, name=stated.name or {"": name})
    shown = dcat_ap.agent_name(msgspec.structs.replace(merged, publisher=agent))
    return msgspec.structs.replace(agent, id=ids.organisation(settings.base_url, shown))


def _named(agent: Agent) -> Agent:
    """An agent that only has an address is called by it: harvesters demand a name."""
    if agent.name:
        return agent
    return msgspec.structs.replace(agent, name={"": agent.uri or agent.homepage or "?"})


def _with_named_agent(attribution: Attribution) -> Attribution:
    return msgspec.structs.replace(attribution, agent=_named(attribution.agent))


def _accessible(distribution: Distribution) -> Distribution:
    """Harvesters demand an address of access; a mere download is its own."""
    url = distribution.access_url or distribution.download_url
    return msgspec.structs.replace(distribution, access_url=url)


class _Pictures(NamedTuple):
    """The pictures that a field names.

    They are those of the commit at which the file that names them changed last: a push that changes nothing
    here is no event.
    """

    repository: str
    origin: Origin | None
    forge: Forge | None

    def address(self, path: str) -> str:
        """A path inside a repository as the address of the file; an address of another site as it stands."""
        if not path or "://" in path or not self.repository:
            return path
        commit = self.origin.commit if self.origin else ""
        return raw_file(self.repository, commit or "HEAD", path, forge=self.forge)
