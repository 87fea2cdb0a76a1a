"""What the instance adds to what the documents of a solution say together."""

from __future__ import annotations

import msgspec

from catalog.base import ids
from catalog.base.settings import Settings
from catalog.base.tables import SolutionRow
from catalog.entries.merge import Origin
from crawlers.forges.addresses import raw_file
from crawlers.forges.forge import Forge
from vocabularies.rdf import dcat_ap
from vocabularies.terms import Agent, Solution


def completed(
    merged: Solution, origins: dict[str, Origin], row: SolutionRow, settings: Settings, *, forge: Forge | None
) -> Solution:
    """The merged solution with identity, a publisher that has a name and an IRI, and whole addresses for pictures.

    `forge`: that of the repository, if it is known. A picture is that of the commit at which the file that names it changed last: a push that changes nothing here is no event.
    """
    aliases = tuple(alias for alias in merged.aliases if alias != merged.repository)
    commits = {field: origins[field].commit for field in ("logo", "screenshots") if field in origins}
    return msgspec.structs.replace(
        merged,
        id=ids.solution(settings.base_url, row),
        aliases=aliases,
        publisher=_publisher(merged, settings),
        issued=row.created,
        attributions=tuple(
            msgspec.structs.replace(attribution, agent=_named(attribution.agent))
            for attribution in merged.attributions
        ),
        authors=tuple(_named(author) for author in merged.authors),
        distributions=tuple(
            msgspec.structs.replace(
                distribution, access_url=distribution.access_url or distribution.download_url
            )
            for distribution in merged.distributions
        ),
        logo=_picture(merged.logo, merged.repository, commits.get("logo", ""), forge),
        screenshots={
            language: _pictures(paths, merged.repository, commits["screenshots"], forge)
            for language, paths in merged.screenshots.items()
        },
    )


def _publisher(merged: Solution, settings: Settings) -> Agent:
    """Who is behind it: as stated, else the owner of the rights, else the owner of the repository (shown as such)."""
    stated = merged.publisher or Agent()
    owner = [*merged.repository.split("/"), "", "", "", ""][3]
    name = merged.copyright_owner or stated.uri or owner or settings.instance_name
    agent = msgspec.structs.replace(stated, name=stated.name or {"": name})
    return msgspec.structs.replace(
        agent,
        id=ids.organisation(
            settings.base_url, dcat_ap.agent_name(msgspec.structs.replace(merged, publisher=agent))
        ),
    )


def _named(agent: Agent) -> Agent:
    """An agent that only has an address is called by it: harvesters demand a name."""
    if agent.name:
        return agent
    return msgspec.structs.replace(agent, name={"": agent.uri or agent.homepage or "?"})


def _pictures(paths: tuple[str, ...], repository: str, commit: str, forge: Forge | None) -> tuple[str, ...]:
    return tuple(_picture(path, repository, commit, forge) for path in paths)


def _picture(path: str, repository: str, commit: str, forge: Forge | None) -> str:
    """A path inside a repository as the address of the file; an address of another site as it stands."""
    if not path or "://" in path or not repository:
        return path
    return raw_file(repository, commit or "HEAD", path, forge=forge)
