"""Controlled vocabularies: code <-> IRI <-> labels (German, English) <-> the words people really write.

Schemes are read when first asked for, and kept. A code is what records store; everything else is looked up
here.
"""

from __future__ import annotations

import difflib
import itertools
import re
import unicodedata
from collections.abc import Iterable, Iterator
from functools import cache, lru_cache
from types import MappingProxyType

from vocabularies.schemes.files import EXTERNAL, Concept, Scheme, read

__all__ = [
    "SCHEMES", "Concept", "Scheme",
    "code_of", "find", "fold", "having", "iri", "label", "scheme", "scheme_iri", "suggest", "topics",
]  # fmt: skip

SCHEMES: tuple[str, ...] = (
    "agent-type", "category", "community", "country", "data-theme", "dataset-status", "dependency",
    "file-type", "language", "licence", "licence-kind", "life", "maintenance", "municipality-type",
    "operator-model", "platform", "project", "role", "scope", "software-type", "state", "status", "topic",
)  # fmt: skip

_LONGEST = 200  # characters; no name in a scheme is longer, and a foreign word costs no more than this
_NEAR = 0.8  # of difflib's similarity, for a "did you mean"


@cache
def scheme(code: str) -> Scheme:
    """The scheme with this code. Raises KeyError for one that is not in SCHEMES."""
    if code not in SCHEMES:
        raise KeyError(code)
    return read(code)


def label(scheme_code: str, code: str, language: str) -> str:
    """The concept's name, in another language if need be; the code itself if there is no such concept."""
    concept = scheme(scheme_code).concepts.get(code)
    if concept is None:
        return code
    return concept.labels.get(language.split("-")[0].lower()) or next(iter(concept.labels.values()), code)


def find(scheme_code: str, word: str) -> str:
    """The code meant by a code, a label, a synonym, a known misspelling or an IRI.

    "" if none is meant, or if more than one could be.

    >>> find("licence", "GNU AGPL v3 or later"), find("licence", "Apache")
    ('AGPL-3.0-or-later', '')
    >>> find("category", "Geographic_Information-Systems")
    'geographic-information-systems'
    """
    if len(word) > _LONGEST:
        return ""
    if word in scheme(scheme_code).concepts:
        return word
    if "://" in word and (named := code_of(word, "")) and named[0] == scheme_code:
        return named[1]
    index = _index(scheme_code)
    return next((index[key] for key in _keys(word) if key in index), "")


@lru_cache(maxsize=2048)
def suggest(scheme_code: str, word: str) -> str:
    """The code whose spelling is nearest, for a "did you mean", never to decide by; "" if nothing is near."""
    key = fold(word[:_LONGEST])
    index = _index(scheme_code)
    near = difflib.get_close_matches(key, index, n=1, cutoff=_NEAR) if len(key) > 2 else []
    return index[near[0]] if near else ""


def iri(scheme_code: str, code: str, base: str) -> str:
    """The concept's IRI; `base` is the base URL of whoever publishes our own schemes.

    Raises KeyError for an unknown code.
    """
    return _absolute(scheme(scheme_code).concepts[code].iri, base)


def scheme_iri(scheme_code: str, base: str) -> str:
    """What `skos:inScheme` points to."""
    return _absolute(scheme(scheme_code).path, base)


def _absolute(iri: str, base: str) -> str:
    return base.rstrip("/") + iri if iri.startswith("/") else iri


def code_of(iri: str, base: str) -> tuple[str, str] | None:
    """(scheme, code) of an IRI: one of ours below `base`, of an external scheme, or of an exact match.

    `base` is "" for whoever publishes it. None if it is no concept that we know.
    """
    publisher, _, path = iri.partition("/def/")
    scheme_code, _, code = path.partition("/")
    if (
        scheme_code in SCHEMES
        and publisher == (base.rstrip("/") or publisher)
        and scheme_code not in EXTERNAL
    ):
        return (scheme_code, code) if code in scheme(scheme_code).concepts else None
    address = _address(iri)
    for scheme_code, prefixes in _PREFIXES.items():
        for prefix in prefixes:
            code = _code_at(scheme_code, address, prefix) if address.startswith(prefix) else ""
            if code:
                return scheme_code, code
    return None


def _code_at(scheme_code: str, address: str, prefix: str) -> str:
    """By its IRI or by an address known as a spelling; a licence also by a replaced identifier (GPL-3.0)."""
    code = _by_address(scheme_code).get(address, "")
    if not code and scheme_code == "licence":
        code = _index(scheme_code).get(fold(address.removeprefix(prefix)), "")
    return code


def having(scheme_code: str, attribute: str, value: str) -> tuple[str, ...]:
    """The codes whose attribute has this value, in the order of the scheme.

    `having("category", "topic", "mobility")` are the categories of a topic.
    """
    concepts = scheme(scheme_code).concepts
    return tuple(code for code, concept in concepts.items() if concept.attributes.get(attribute) == value)


def topics(
    *,
    category: Iterable[str] = (),
    scope: Iterable[str] = (),
    community: Iterable[str] = (),
    words: Iterable[str] = (),
) -> tuple[str, ...]:
    """The topics of a solution, in the order of scheme `topic`: of its codes, and those that a word names."""
    codes = {find("topic", word) for word in words}
    for scheme_code, members in (("category", category), ("scope", scope), ("community", community)):
        concepts = scheme(scheme_code).concepts
        codes |= {concepts[code].attributes.get("topic", "") for code in members if code in concepts}
    return tuple(code for code in scheme("topic").concepts if code in codes)


_SPELLED_OUT = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue"})


def fold(word: str) -> str:
    """A word without what people write differently: case, umlauts, accents, blanks, hyphens, dots.

    A plus sign stays.

    >>> fold("Mängel-Melder"), fold("GPL 3.0+")
    ('maengelmelder', 'gpl30+')
    """
    return _letters(unicodedata.normalize("NFC", word).casefold().translate(_SPELLED_OUT))


def _letters(word: str) -> str:
    letters = unicodedata.normalize("NFKD", word)
    return "".join(letter for letter in letters if letter.isalnum() or letter == "+")


@lru_cache(maxsize=4096)
def _keys(word: str) -> tuple[str, str]:
    """Mängel as Maengel, and as Mangel. A web address counts without what makes no difference."""
    word = _address(word) if "://" in word else word
    return fold(word), _letters(word.casefold())


@cache
def _index(scheme_code: str) -> MappingProxyType[str, str]:
    """Folded spelling -> code: codes come before labels, labels before synonyms, synonyms before the rest.

    What two concepts of one rank share means neither.
    """
    index: dict[str, str] = {}
    for rank in zip(*map(_spellings, scheme(scheme_code).concepts.values()), strict=True):
        codes: dict[str, set[str]] = {}
        for code, words in rank:
            for key in itertools.chain.from_iterable(map(_keys, words)):
                codes.setdefault(key, set()).add(code)
        index = {key: min(found) for key, found in codes.items() if len(found) == 1 and key} | index
    return MappingProxyType(index)


def _spellings(concept: Concept) -> Iterator[tuple[str, Iterable[str]]]:
    """(code, words) of each rank."""
    yield concept.code, (concept.code,)
    yield concept.code, concept.labels.values()
    yield concept.code, itertools.chain.from_iterable(concept.synonyms.values())
    yield concept.code, concept.hidden


def _address(iri: str) -> str:
    """An IRI without what makes no other thing of it: https, www., a file ending, a closing slash."""
    return re.sub(r"^https?://(www\.)?|(\.(html?|txt|rdf|json))?/?$", "", iri.strip())


# Where the concepts of others are, and other addresses of the same things.
_PREFIXES: dict[str, list[str]] = {code: [_address(base) + "/"] for code, (base, _) in EXTERNAL.items()}
_PREFIXES["dataset-status"] += ["purl.org/adms/status/"]
_PREFIXES["state"] = ["dcat-ap.de/def/politicalGeocoding/stateKey/"]
_PREFIXES["licence"] += [
    "opensource.org/licenses/",
    "opensource.org/license/",
    "publications.europa.eu/resource/authority/licence/",
    "creativecommons.org/",
    "dcat-ap.de/def/licenses/",
    "gnu.org/licenses/",
    "govdata.de/dl-de/",
]


@cache
def _by_address(scheme_code: str) -> dict[str, str]:
    codes: dict[str, str] = {}
    for concept in scheme(scheme_code).concepts.values():
        for word in (concept.iri, *concept.match, *concept.hidden):
            if "://" in word:
                codes[_address(word)] = concept.code
    return codes
