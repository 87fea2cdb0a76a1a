"""A made-up catalogue of any size.

The same seed gives the same solutions. 60 % German, about 190 words each, many compounds.

Words are drawn as in real texts: few very often, most of them rarely. Nothing in it means anything.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from itertools import accumulate

from catalog.search import Document
from catalog.search.analysis import stop_words, word_list

_ENGLISH = """
access account agency alert analysis application archive area asset audit building bus calendar camera
capacity care census centre chart citizen city class climate code community complaint consent contact
council county course culture dashboard data database deadline department design device digital district
document draft driver education emergency employee energy engine event exchange family feedback field fire
fleet flood form forum garden gateway graph green health heritage home household housing identity image
incident index information infrastructure inspection interface inventory issue journey junction knowledge
land language layer library licence light list local location lock map market measure meeting member message
meter mobile model module monitoring museum nature neighbourhood network noise notice office order park
parking participation payment people permit person plan planning platform playground policy pool portal
position process profile program project property public quality query queue rain rating reading record
refuse region register registry report request research resident resource response road role room route rule
safety schedule school sensor server service session shop signal site software solar space sport staff
station statistics status storage store street student survey system table tax team template test ticket
time tool tourism town track traffic training transport tree trip twin unit update user vehicle venue
version view village visitor volunteer vote warning waste water weather website wind winter worker workflow
workshop youth zone
""".split()
_ENDINGS = ("", "", "", "s", "ing", "ed", "er", "ly")
_COMMON = {"de": ["Daten", "Stadt", "Bürger", "Plattform"], "en": ["data", "city", "open", "platform"]}
_LICENCES = (
    "EUPL-1.2",
    "MIT",
    "Apache-2.0",
    "AGPL-3.0-or-later",
    "GPL-3.0-or-later",
    "BSD-3-Clause",
    "MPL-2.0",
)
_STATES = tuple(f"DE-{code}" for code in "BW BY BE BB HB HH HE MV NI NW RP SL SN ST SH TH".split())
_KINDS = ("standalone/web", "standalone/mobile", "library", "addon", "configurationFiles", "standalone/iot")
_STATUS = ("stable", "beta", "development", "concept", "obsolete")


class _Words:
    """The vocabulary of one language, to be drawn from."""

    def __init__(self, language: str, chance: random.Random) -> None:
        parts = [word.capitalize() for word in word_list("words.txt")] if language == "de" else _ENGLISH
        made = (self._compound if language == "de" else self._derived)(parts, chance)
        chance.shuffle(parts := list(parts))
        self.words = [*_COMMON[language], *parts[:1500], *made]
        self._weights = list(accumulate(1 / (rank + 8) ** 0.85 for rank in range(len(self.words))))
        self._small = sorted(word for word in stop_words() if word.isalpha() and len(word) < 6)
        self._chance = chance

    @staticmethod
    def _compound(parts: list[str], chance: random.Random) -> list[str]:
        return [
            chance.choice(parts) + chance.choice(("", "s", "")) + chance.choice(parts).lower()
            for _ in range(30_000)
        ]

    @staticmethod
    def _derived(parts: list[str], chance: random.Random) -> list[str]:
        return [
            chance.choice(parts) + chance.choice(("", "-")) + chance.choice(parts) + chance.choice(_ENDINGS)
            for _ in range(15_000)
        ]

    def some(self, count: int) -> list[str]:
        """Words, the frequent more often."""
        return self._chance.choices(self.words, cum_weights=self._weights, k=count)

    def text(self, count: int) -> str:
        """Sentences without sense."""
        found = self.some(count)
        for place in range(1, count, 3):
            found[place] = self._chance.choice(self._small)
        return ". ".join(" ".join(found[start : start + 12]) for start in range(0, count, 12)) + "."


def solutions(count: int, seed: int = 1) -> Iterator[Document]:
    """So many solutions."""
    chance = random.Random(seed)
    vocabulary = {language: _Words(language, chance) for language in ("de", "en")}
    for number in range(count):
        yield _solution(number, "de" if chance.random() < 0.6 else "en", vocabulary, chance=chance)


def _solution(
    number: int, language: str, vocabulary: dict[str, _Words], *, chance: random.Random
) -> Document:
    words = vocabulary[language]
    publisher = f"stadt-{int(200 * chance.random() ** 2)}"
    facets = {
        "topic": tuple(
            f"topic-{topic}" for topic in sorted({int(12 * chance.random() ** 2) for _ in range(2)})
        ),
        "category": tuple(
            f"category-{category}" for category in sorted({chance.randrange(60) for _ in range(3)})
        ),
        "licence": (chance.choice(_LICENCES),),
        "status": (chance.choice(_STATUS),),
        "kind": (chance.choice(_KINDS),),
        "publisher": (publisher,),
        "country": ("DE",),
        "state": (chance.choice(_STATES),),
        "language": ("de", "en") if chance.random() < 0.4 else (language,),
        "platform": tuple(sorted(set(chance.choices(("web", "linux", "android", "ios", "windows"), k=2)))),
    }
    return Document(
        id=f"01{number:024d}",
        name={language: " ".join(words.some(2))},
        summary={language: words.text(18)},
        text={language: words.text(140)},
        features={language: tuple(" ".join(words.some(3)) for _ in range(6))},
        keywords={language: tuple(words.some(6))},
        publisher=f"Stadt {publisher}",
        publisher_slug=publisher,
        facets=facets,
        modified=_moment(chance),
    )


def _moment(chance: random.Random) -> str:
    year, month, day = chance.randrange(18, 27), chance.randrange(1, 13), chance.randrange(1, 29)
    return f"20{year}-{month:02d}-{day:02d}T08:00:00.000Z"
