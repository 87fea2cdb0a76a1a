"""Kinds of value that are codes of a scheme: concepts, languages, countries, licences."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

from vocabularies import concepts
from vocabularies import triples as rdf
from vocabularies.namespaces import SPDX_LICENCE
from vocabularies.values.kind import Kind, Note, Unclean, short
from vocabularies.values.spdx import spdx


class Language(Kind):
    """A BCP 47 tag in lower case; in RDF the EU language table where it has the language."""

    expects = "a language code"

    def of_text(self, text: str, note: Note) -> str:
        tag = text.replace("_", "-")
        if not re.fullmatch(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{1,8}){0,4}", tag):
            code = concepts.find("language", text)
            if not code:
                raise Unclean("bad-language", value=short(text))
            note("code-mended", value=short(text), right=code)
            return code
        primary, _, rest = tag.lower().partition("-")
        # BCP 47 takes the shortest code of ISO 639.
        shortest = concepts.find("language", primary) if len(primary) == 3 else ""
        if shortest:
            tag = f"{shortest}-{rest}" if rest else shortest
            note("code-mended", value=short(text), right=tag)
        return tag.lower()

    def term(self, value: Any, base: str = "", language: str = "") -> str:
        if value in concepts.scheme("language").concepts:
            return rdf.iri(concepts.iri("language", value, base))
        return rdf.literal(value)

    def value(self, term: str) -> Any:
        if not rdf.is_iri(term):
            return rdf.value(term).lower() or None
        return _by_iri("language").get(rdf.value(term))


class Country(Kind):
    """ISO 3166-1 alpha-2 in capitals; in RDF the EU country table."""

    expects = "a country code"

    def of_text(self, text: str, note: Note) -> str:
        code = text.upper()
        if code not in concepts.scheme("country").concepts:
            code = concepts.find("country", text)
            if not code:
                raise Unclean("bad-country", value=short(text))
            note("code-mended", value=short(text), right=code)
        elif code != text:
            note("country-case", right=code)
        return code

    def term(self, value: Any, base: str = "", language: str = "") -> str:
        return rdf.iri(concepts.iri("country", value, base))

    def value(self, term: str) -> Any:
        return _by_iri("country").get(rdf.value(term))


@cache
def _by_iri(scheme: str) -> dict[str, str]:
    return {concept.iri: code for code, concept in concepts.scheme(scheme).concepts.items() if concept.iri}


class Concept(Kind):
    """A code of one of our schemes.

    `open_` keeps unknown words as they stand; publiccode allows them for some keys.
    """

    expects = "a word of a list"

    def __init__(self, scheme: str, *, open_: bool = False) -> None:
        self.scheme = scheme
        self.open = open_

    def of_text(self, text: str, note: Note) -> str:
        if text in concepts.scheme(self.scheme).concepts:
            return text
        code = concepts.find(self.scheme, text)
        if code:
            note("code-mended", value=short(text), right=code)
            return code
        if not self.open:
            raise Unclean("unknown-code", value=short(text), guess=self.scheme)
        note("unknown-word", value=short(text), guess=self.scheme)
        return text

    def term(self, value: Any, base: str = "", language: str = "") -> str:
        if value not in concepts.scheme(self.scheme).concepts:
            return rdf.literal(value)
        return rdf.iri(concepts.iri(self.scheme, value, base))

    def value(self, term: str) -> Any:
        if not rdf.is_iri(term):
            return (rdf.value(term) or None) if self.open else None
        match = re.search(r"/def/([a-z-]+)/([^#]+)$", rdf.value(term))
        if match and match[1] == self.scheme:
            return match[2].replace("%2F", "/")
        return _by_iri(self.scheme).get(rdf.value(term))


class Word(Concept):
    """A code where one is meant, else the word as it stands: for formats without a list, so no remark."""

    def of_text(self, text: str, note: Note) -> str:
        return concepts.find(self.scheme, text) or text


class Licence(Kind):
    """An SPDX licence expression (SPDX 2.3, annex D).

    Wild spellings are mended; what cannot be read is kept as its source wrote it.
    """

    expects = "a licence"

    def of_text(self, text: str, note: Note) -> str:
        expression = spdx(text)
        if expression:
            self._note_deprecated(expression, note)
            return expression
        code = concepts.find("licence", text)
        if code:
            note("licence-mended", value=short(text), right=code)
            self._note_deprecated(code, note)
            return code
        note("bad-licence", value=short(text), guess="licence")
        return text

    @staticmethod
    def _note_deprecated(expression: str, note: Note) -> None:
        for code in re.findall(r"\b(?:A?GPL|LGPL|GFDL)-\d\.\d\b(?!-)", expression):
            note("licence-deprecated", value=code)

    def term(self, value: Any, base: str = "", language: str = "") -> str:
        if re.fullmatch(r"[A-Za-z0-9.+-]+", value) and spdx(value):
            return rdf.iri(SPDX_LICENCE + value)
        return rdf.literal(value)

    def value(self, term: str) -> Any:
        text = rdf.value(term)
        if not rdf.is_iri(term):
            return text or None
        for prefix in (SPDX_LICENCE, "https://spdx.org/licenses/"):
            text = text.removeprefix(prefix)
        return text.removesuffix(".html") or None
