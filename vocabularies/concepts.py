"""Controlled vocabularies: code <-> IRI <-> labels (German, English) <-> the words people really write.

Schemes are read when first asked for, and kept. A code is what records store; everything else is looked up here.
"""

from __future__ import annotations

import difflib
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
    "agent-type",
    "category",
    "community",
    "country",
    "data-theme",
    "dataset-status",
    "dependency",
    "file-type",
    "language",
    "licence",
    "licence-kind",
    "maintenance",
    "municipality-type",
    "operator-model",
    "platform",
    "project",
    "role",
    "scope",
    "software-type",
    "state",
    "status",
    "topic",
)

_LONGEST = 200  # characters; nothing we know by name is longer, and a stranger's word costs no more than this


@cache
def scheme(code: str) -> Scheme:
    """The scheme with this code. Raises KeyError for one that is not in SCHEMES."""
    if code not in SCHEMES:
        raise KeyError(code)
    return read(code)


def label(scheme_code: str, code: str, language: str) -> str:
    """The concept's name; in another language if need be, and the code itself where there is no such concept."""
    concept = scheme(scheme_code).concepts.get(code)
    if concept is None:
        return code
    return concept.labels.get(language.split("-")[0].lower()) or next(iter(concept.labels.values()), code)


def find(scheme_code: str, word: str) -> str:
    """The code meant by a code, a label, a synonym, a known misspelling or an IRI; "" if none is, or if more than one could be.

    >>> find("licence", "GNU AGPL v3 or later"), find("category", "Geographic_Information-Systems"), find("licence", "Apache")
    ('AGPL-3.0-or-later', 'geographic-information-systems', '')
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
    """The code whose spelling is nearest, for a "did you mean"; "" if nothing is near. Never use it to decide."""
    key = fold(word[:_LONGEST])
    index = _index(scheme_code)
    near = difflib.get_close_matches(key, index, n=1, cutoff=0.8) if len(key) > 2 else []
    return index[near[0]] if near else ""


def iri(scheme_code: str, code: str, base: str) -> str:
    """The concept's IRI; `base` is the base URL of whoever publishes our own schemes. Raises KeyError for an unknown code."""
    own = scheme(scheme_code).concepts[code].iri
    return base.rstrip("/") + own if own.startswith("/") else own


def scheme_iri(scheme_code: str, base: str) -> str:
    """What `skos:inScheme` points to."""
    path = scheme(scheme_code).path
    return base.rstrip("/") + path if path.startswith("/") else path


def code_of(iri: str, base: str) -> tuple[str, str] | None:
    """(scheme, code) of an IRI of ours below `base` ("" = whoever publishes it), of an external scheme, or of an exact match."""
    before, _, own = iri.partition("/def/")
    scheme_code, _, code = own.partition("/")
    if scheme_code in SCHEMES and before == (base.rstrip("/") or before) and scheme_code not in EXTERNAL:
        return (scheme_code, code) if code in scheme(scheme_code).concepts else None
    address = _address(iri)
    for scheme_code, prefixes in _PREFIXES.items():
        for prefix in prefixes:
            if address.startswith(prefix) and (
                code := _at(scheme_code, address, address.removeprefix(prefix))
            ):
                return scheme_code, code
    return None


def _at(scheme_code: str, address: str, tail: str) -> str:
    """By its IRI, by an address known as a spelling, and for licences by an identifier that SPDX has replaced (GPL-3.0)."""
    return _by_address(scheme_code).get(address) or (
        _index(scheme_code).get(fold(tail), "") if scheme_code == "licence" else ""
    )


def having(scheme_code: str, attribute: str, value: str) -> tuple[str, ...]:
    """The codes whose attribute has this value, in the scheme's order: `having("category", "topic", "mobility")`."""
    return tuple(
        code
        for code, concept in scheme(scheme_code).concepts.items()
        if concept.attributes.get(attribute) == value
    )


def topics(
    *,
    category: Iterable[str] = (),
    scope: Iterable[str] = (),
    community: Iterable[str] = (),
    words: Iterable[str] = (),
) -> tuple[str, ...]:
    """The topics a solution belongs to, in the order of scheme `topic`: by its codes, and by words that name a topic."""
    found = {find("topic", word) for word in words}
    for scheme_code, codes in (("category", category), ("scope", scope), ("community", community)):
        concepts = scheme(scheme_code).concepts
        found |= {concepts[code].attributes.get("topic", "") for code in codes if code in concepts}
    return tuple(code for code in scheme("topic").concepts if code in found)


_SPELLED_OUT = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue"})


def fold(word: str) -> str:
    """A word without what people write differently: case, umlauts, accents, blanks, hyphens, dots. A plus sign stays.

    >>> fold("Mängel-Melder"), fold("GPL 3.0+")
    ('maengelmelder', 'gpl30+')
    """
    return _letters(unicodedata.normalize("NFC", word).casefold().translate(_SPELLED_OUT))


def _letters(word: str) -> str:
    return "".join(
        letter for letter in unicodedata.normalize("NFKD", word) if letter.isalnum() or letter == "+"
    )


def _keys(word: str) -> tuple[str, str]:
    """Mängel as Maengel, and as Mangel. A web address counts without what makes no difference."""
    word = _address(word) if "://" in word else word
    return fold(word), _letters(word.casefold())


@cache
def _index(scheme_code: str) -> MappingProxyType[str, str]:
    """Folded spelling -> code. What two concepts share is nobody's; a code beats a label, a label a synonym."""
    index: dict[str, str] = {}
    for words in zip(*(_ranked(concept) for concept in scheme(scheme_code).concepts.values()), strict=True):
        rank: dict[str, set[str]] = {}
        for code, spellings in words:
            for word in spellings:
                for key in _keys(word):
                    rank.setdefault(key, set()).add(code)
        index = {key: min(codes) for key, codes in rank.items() if len(codes) == 1 and key} | index
    return MappingProxyType(index)


def _ranked(concept: Concept) -> Iterator[tuple[str, Iterable[str]]]:
    yield concept.code, (concept.code,)
    yield concept.code, concept.labels.values()
    yield concept.code, [word for words in concept.synonyms.values() for word in words]
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
    return {
        _address(one): concept.code
        for concept in scheme(scheme_code).concepts.values()
        for one in (concept.iri, *concept.match, *concept.hidden)
        if "://" in one
    }
