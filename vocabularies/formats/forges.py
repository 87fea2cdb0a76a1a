"""What a forge says of a repository, in the API's own names, as crawlers/forges/ keeps them.

What all have in common.

Nobody can mend what a forge says, so these readings have no problems: what is no proper value is left out.
Under `activity` stands what changes daily; of it only the date of the last push is a fact.
"""

from __future__ import annotations

import re
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from vocabularies.crosswalk.reader import read
from vocabularies.crosswalk.rows import Crosswalk, Reading, Row
from vocabularies.facts import SET, is_set
from vocabularies.syntax import documents
from vocabularies.syntax.documents import Document
from vocabularies.terms import Solution
from vocabularies.values import kinds
from vocabularies.values.kinds import DATE, LINE, Kind, Note


class Recognised(Kind):
    """A licence that the forge recognised in a licence text, as an SPDX identifier."""

    def of_text(self, text: str, note: Note) -> str | None:
        if text.lower() in ("other", "noassertion"):
            return None
        return kinds.spdx(text) or None


_EMOJI_NAME = re.compile(r"(?<![\w:]):[a-z][a-z0-9_+-]{1,40}:(?!\w)")


class Sentence(kinds.Line):
    """A line without the names of emoji (":tada:")."""

    def of_text(self, text: str, note: Note) -> str | None:
        return " ".join(_EMOJI_NAME.sub(" ", text).split()) or None

    def clean(self, raw: Any, note: Note = kinds.silent) -> Any:
        return self.of_text(super().clean(raw, note), note)


RECOGNISED = Recognised()
SENTENCE = Sentence()
# What GitHub, GitLab, Gitea and their kin call alike.
COMMON = (
    Row("name", "name", LINE),
    Row("description", "short_text", SENTENCE),
    Row("topics[]", "keywords", LINE),
    Row("created_at", "first_published", DATE),
)


class Forge(NamedTuple):
    """A kind of forge.

    `facts` are (name, dotted key) of what is no field of a solution, addresses of other repositories last.
    `tracker` is the key that says whether there is an issue tracker, and its path below the repository.
    """

    crosswalk: Crosswalk
    facts: tuple[tuple[str, str], ...]
    tracker: tuple[str, str]


_ADDRESSES = frozenset(("fork_of", "mirror_of"))
IGNORE = "allmende-ignore"  # the topic by which an owner keeps a repository out
_NUMBER = re.compile(r"[A-Za-z0-9-]{1,64}")  # a count, or a UUID
_LONGEST_FACT = 200  # characters
_MOST_TOPICS = 50


def parse(forge: Forge, content: bytes) -> Reading:
    """Read what a forge says of a repository, by its tables."""
    document = documents.parse(content, "JSON")
    if not isinstance(document.data, dict):
        return Reading(format=forge.crosswalk.name)
    values = read(forge.crosswalk, document).values
    repository = values.get("repository", "")
    values["aliases"] = tuple(sorted({*values.get("aliases", ()), *_ids(document, repository)}))
    key, path = forge.tracker
    if repository and is_set(document.data, key):
        values["issue_tracker"] = repository + path
    if not kinds.spdx(values.get("licence", "")):
        values["licence"] = ""
    solution = Solution(**values) if values.get("name") or repository else None
    return Reading(format=forge.crosswalk.name, solution=solution, facts=_facts(forge, document.data))


def _ids(document: Document, repository: str) -> tuple[str, ...]:
    """The forge's number of the repository, which outlives every rename: "codeberg.org#123"."""
    number = document.data.get("id")
    if repository and isinstance(number, str) and _NUMBER.fullmatch(number):
        return (f"{urlsplit(repository).netloc}#{number}",)
    return ()


def _facts(forge: Forge, data: dict[str, Any]) -> dict[str, str]:
    """The facts that the forge gives, as text; a flag only if it is set."""
    facts: dict[str, str] = {}
    for name, key in forge.facts:
        value = _value(data, key)
        if isinstance(value, str) and value not in ("", "false"):
            facts[name] = _address(value) if name in _ADDRESSES else str(value)[:_LONGEST_FACT]
    if "fork_of" in facts:
        facts.setdefault("fork", SET)
    if not is_set(facts, "mirror"):
        facts.pop("mirror", None)
    if "mirror" in dict(forge.facts) and "mirror" not in facts:
        # Gitea keeps `original_url` also of a repository that was moved here once.
        facts.pop("mirror_of", None)
    facts |= _topic_facts(data.get(_topics_key(forge)))
    return {name: value for name, value in facts.items() if value}


def _value(data: Any, key: str) -> Any:
    """What stands under a dotted key, None if nothing does."""
    for part in key.split("."):
        data = data.get(part) if isinstance(data, dict) else None
    return data


def _topics_key(forge: Forge) -> str:
    """The key under which the forge keeps what others call topics: the words that fill `keywords`."""
    sources = (row.source for row in forge.crosswalk.rows if row.field == "keywords")
    return next(sources, "").removesuffix("[]")


def _topic_facts(topics: Any) -> dict[str, str]:
    names = [str(topic) for topic in topics if isinstance(topic, str)] if isinstance(topics, list) else []
    facts: dict[str, str] = {}
    if names:
        facts["topics"] = "\n".join(names[:_MOST_TOPICS])
    if IGNORE in names:
        facts["ignore"] = SET
    return facts


def _address(value: str) -> str:
    """The address of another repository without .git; the catalogue knows where case means nothing."""
    return kinds.mend_url(value).rstrip("/").removesuffix(".git")
