"""What the search index knows of a solution: its texts, the words of its concepts, and its facets."""

from __future__ import annotations

from functools import cache
from itertools import chain

from catalog.base.settings import Settings
from catalog.base.tables import SolutionRow
from catalog.entries import store
from catalog.search import Document
from vocabularies import concepts
from vocabularies.rdf import dcat_ap
from vocabularies.terms import Solution, Texts
from vocabularies.values import kinds

# Facet -> the scheme whose labels its codes have; "" for names that are their own label.
FACETS: dict[str, str] = {
    "topic": "topic",
    "category": "category",
    "licence": "licence",
    "status": "status",
    "life": "life",
    "kind": "software-type",
    "publisher": "",
    "country": "country",
    "state": "state",
    "language": "language",
    "platform": "platform",
    "programme": "project",
}
_WORDED = (
    ("category", "category"),
    ("scope", "scope"),
    ("community", "community"),
    ("kind", "software-type"),
    ("programme", "project"),
)


def document(row: SolutionRow, settings: Settings) -> Document:
    """The index document of a listed solution."""
    solution = store.solution_of(row)
    publisher = dcat_ap.agent_name(solution)
    facets = facets_of(solution)
    life = store.life_of(row)
    return Document(
        id=row.id,
        name=_texts(solution.name),
        alternative=_texts({**solution.generic_name, **solution.alternative_name}),
        summary=_texts(solution.short_text),
        text={language: dcat_ap.plain_text(text) for language, text in solution.text.items()},
        features=solution.features,
        keywords=solution.keywords,
        publisher=publisher,
        publisher_slug=row.publisher,
        words=words_of(solution, facets.get("topic", ())),
        facets={
            **facets,
            "life": (life,) if life else (),
            "publisher": (row.publisher,) if row.publisher else (),
        },
        modified=solution.modified,
    )


def _texts(texts: Texts) -> Texts:
    return {language: dcat_ap.plain_text(text) for language, text in texts.items()}


def facets_of(solution: Solution) -> dict[str, tuple[str, ...]]:
    """Facet -> codes, without what only the row knows: publisher and life."""
    known = concepts.scheme("category").concepts
    spellings = list(chain.from_iterable(solution.keywords.values()))
    return {
        "topic": concepts.topics(
            category=solution.category, scope=solution.scope, community=solution.community, words=spellings
        ),
        "category": tuple(code for code in solution.category if code in known),
        "licence": kinds.licences(solution.licence),
        "status": (solution.status,) if solution.status else (),
        "kind": tuple(code for code in solution.kind if code in concepts.scheme("software-type").concepts),
        "country": solution.countries,
        "state": states_of(solution),
        "language": tuple(sorted({language.split("-")[0] for language in solution.ui_languages})),
        "platform": tuple(
            sorted({concepts.find("platform", word) or word.lower() for word in solution.platforms})
        ),
        "programme": solution.programme,
    }


def states_of(solution: Solution) -> tuple[str, ...]:
    """The German states it comes from: by regional keys, else by the funded projects."""
    states = concepts.scheme("state").concepts
    by_key = {concept.attributes.get("ags", ""): code for code, concept in states.items()}
    found = {by_key[key[:2]] for key in solution.spatial if key[:2] in by_key}
    projects = concepts.scheme("project").concepts
    found |= {projects[code].attributes.get("state", "") for code in solution.programme if code in projects}
    return tuple(sorted(found - {""}))


@cache
def _concept_words(scheme: str, code: str) -> dict[str, tuple[str, ...]]:
    concept = concepts.scheme(scheme).concepts.get(code)
    if concept is None:
        return {}
    languages = {*concept.labels, *concept.synonyms}
    return {
        language: (
            *((concept.labels[language],) if language in concept.labels else ()),
            *concept.synonyms.get(language, ()),
        )
        for language in languages
    }


def words_of(solution: Solution, topics: tuple[str, ...]) -> dict[str, tuple[str, ...]]:
    """Labels and synonyms of its concepts by language, so that it is found by what people call it."""
    codes: list[tuple[str, str]] = []
    for field, scheme in _WORDED:
        codes += ((scheme, code) for code in getattr(solution, field))
    codes += (("topic", code) for code in topics)
    words: dict[str, list[str]] = {}
    for scheme, code in codes:
        for language, found in _concept_words(scheme, code).items():
            words.setdefault(language, []).extend(found)
    return {language: tuple(dict.fromkeys(found)) for language, found in sorted(words.items())}


@cache
def synonyms() -> dict[str, tuple[str, ...]]:
    """Word -> words that mean the same, for queries: labels and synonyms of one category.

    A word of several categories means none of them alone.
    """
    concepts_of: dict[str, set[str]] = {}
    words = {}
    for code in concepts.scheme("category").concepts:
        words[code] = set(chain.from_iterable(_concept_words("category", code).values()))
    for code, together in words.items():
        for word in together:
            concepts_of.setdefault(concepts.fold(word), set()).add(code)
    same: dict[str, tuple[str, ...]] = {}
    for code, together in words.items():
        for word in together:
            if concepts_of[concepts.fold(word)] == {code}:
                same[word] = tuple(sorted(together - {word}))
    return same
