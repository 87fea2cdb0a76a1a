"""The first start: curated solutions and the places of the model projects, without any network."""

from __future__ import annotations

import tomllib
from typing import Any

import msgspec
from sqlalchemy import select
from sqlalchemy.orm import Session

from catalog.base import clock, ids
from catalog.base.database import Database
from catalog.base.language import LANGUAGES
from catalog.base.settings import Settings, resource
from catalog.base.tables import MetaRow, RecordRow, SourceRow
from catalog.entries import identity, minting, publishing, store
from vocabularies import concepts, reading
from vocabularies.crosswalk.rows import Reading, unique
from vocabularies.formats import curated
from vocabularies.terms import Agent, Attribution, Solution
from vocabularies.values import kinds

# Keys that are taken as they stand; the rest of an entry is turned below.
_SAME = ("landing_page", "status", "maintenance", "copyright_owner", "short_text", "text", "as_of")
_CODES = ("category", "community", "scope", "platforms")


def load(database: Database, settings: Settings) -> tuple[int, int]:
    """Put the seed into a fresh catalogue, once.

    (solutions, sources) that were added; (0, 0) if it was there already.
    """
    with database.read() as session:
        if session.get(MetaRow, "seed") is not None:
            return 0, 0
    with database.write() as session:
        added = sum(_solution(session, entry, settings) for entry in _toml("solutions.toml")["solution"])
        sources = sum(_source(session, entry) for entry in _toml("sources.toml")["source"])
        session.add(MetaRow(key="seed", value=clock.now()))
    return added, sources


def _toml(name: str) -> dict[str, Any]:
    return tomllib.loads((resource("data") / name).read_text())


def _solution(session: Session, entry: dict[str, Any], settings: Settings) -> bool:
    solution = solution_of(entry)
    repository = solution.repository or identity.unlocated(ids.slugify(entry["name"]))
    if session.scalars(select(RecordRow.id).where(RecordRow.repository == repository)).first() is not None:
        return False
    aliases = [*solution.aliases, *_upstream(entry)]
    number = minting.solution_for(session, repository, aliases, name=entry["name"])
    document = store.Incoming(
        repository=repository,
        format=curated.NAME,
        path="",
        uri="",
        commit="",
        content=msgspec.json.encode(solution),
        fetched=clock.moment(clock.now()),
        reading=Reading(format=curated.NAME, solution=solution),
        reader=reading.version(),
    )
    store.put(session, number, [document])
    publishing.publish(session, number, settings=settings)
    return True


def solution_of(entry: dict[str, Any]) -> Solution:
    """An entry of data/solutions.toml as a Solution."""
    values = {key: entry[key] for key in _SAME if key in entry}
    values |= {key: unique(entry[key], ordered=False) for key in _CODES if key in entry}
    licence = entry.get("licence") or entry.get("licence_as_published", "")
    users = (Agent(name={"": name}) for name in entry.get("used_by", []))
    return Solution(
        **values,
        name={"": entry["name"]},
        repository=entry.get("repository", ""),
        aliases=unique(entry.get("aliases", []), ordered=False),
        licence=kinds.LICENCE.clean(licence) if licence else "",
        kind=(entry["kind"],) if entry.get("kind") else (),
        keywords=_keywords(entry),
        programme=unique(entry.get("project", []), ordered=False),
        publisher=_publisher(entry),
        attributions=tuple(Attribution(agent=user, role="deployer") for user in users),
        references=unique([*entry.get("sources", []), *_upstream(entry)], ordered=False),
    )


def _upstream(entry: dict[str, Any]) -> list[str]:
    """Where the software is developed, if not in the entry's own repository."""
    return [entry["upstream"]] if entry.get("upstream") else []


def _keywords(entry: dict[str, Any]) -> dict[str, tuple[str, ...]]:
    """The keywords with the name of the topic, in both languages; none without a topic."""
    topic = entry.get("topic")
    if not topic:
        return {}
    own = entry.get("keywords", [])
    keywords = {}
    for language in LANGUAGES:
        keywords[language] = unique([concepts.label("topic", topic, language), *own], ordered=False)
    return keywords


def _publisher(entry: dict[str, Any]) -> Agent | None:
    if not entry.get("publisher"):
        return None
    return Agent(name={"": entry["publisher"]}, kind=entry.get("publisher_kind", ""))


def _source(session: Session, entry: dict[str, Any]) -> bool:
    if session.scalars(select(SourceRow.id).where(SourceRow.url == entry["url"])).first() is not None:
        return False
    now = clock.now()
    scope = {"scope": entry["scope"]} if entry.get("scope") else {}
    session.add(
        SourceRow(
            kind=entry["kind"],
            url=entry["url"],
            options=msgspec.json.encode(scope).decode(),
            project=entry.get("project", ""),
            added=now,
            due=now,
        )
    )
    return True
