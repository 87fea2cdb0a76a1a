"""What a stranger repeats costs what it is long: four times the text, four times the time."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from functools import partial
from typing import TypeVar

import pytest

from tests.support.cost import cpu
from vocabularies import reading
from vocabularies.formats.registry import FORMATS
from vocabularies.rdf import dcat_text
from vocabularies.syntax import markdown

T = TypeVar("T", str, bytes)
LENGTH = 40_000  # characters
SECONDS = 0.05  # what is that quick needs no comparison
# Where patterns of blanks, of signs and of words could meet.
REPEATED = [
    *(" ", "\t", "\u00a0", "\u2028", "\n", " \n", "\n\n", "  x", "a", "a ", "a b ", "1", "1.", "x" * 9 + " "),
    *("*", "**", "_", "__a", "`", "`a <", "~", "#", "=", "-", "---", "===", "- ", "1. ", "> ", "|", "| a "),
    *("[", "[ ", "[^", "](", "![", "[]()", "(", "()", "(at)", "  [at]", "{", "}", "\\", "$", "^", "%"),
    *(
        "<",
        "<a ",
        "<p>",
        "</",
        "<!--",
        "&",
        '"',
        "'",
        "a'",
        ":",
        ":a",
        "a:",
        ".",
        "a.",
        "a,",
        "a;",
        "a-",
        "a_",
    ),
    *("@", "a@", "a@b", "/", "../", "http://", "https://a/", "allmende ", "Copyright ", "ä"),
]
FIELDS = {
    "publiccode": lambda text: {
        "publiccodeYmlVersion": "0.4",
        "name": text,
        "url": text,
        "landingURL": text,
        "softwareVersion": text,
        "releaseDate": text,
        "logo": text,
        "categories": [text],
        "description": {"de": {"shortDescription": text, "longDescription": text, "features": [text]}},
        "legal": {"license": text, "mainCopyrightOwner": text},
        "maintenance": {"contacts": [{"name": text, "email": text, "phone": text}]},
    },
    "codemeta": lambda text: {
        "@context": "https://doi.org/10.5063/schema/codemeta-2.0",
        **dict.fromkeys(("name", "description", "license", "codeRepository", "keywords", "version"), text),
        **dict.fromkeys(("datePublished", "operatingSystem", "identifier", "developmentStatus"), text),
        "author": [{"@type": "Person", "givenName": text, "email": text, "@id": text}],
    },
    "citation": lambda text: {
        "cff-version": "1.2.0",
        **dict.fromkeys(("title", "message", "abstract", "license", "repository-code", "doi"), text),
        "authors": [{"given-names": text, "email": text, "orcid": text}],
        "identifiers": [{"type": "doi", "value": text}],
    },
}
READ = [name for name, row in FORMATS.items() if row.parse is not None]


def documents(format_: str, text: str) -> Iterator[bytes]:
    """The text alone, between words, and in every field of the format that holds a text."""
    yield text.encode()
    yield f"# T\n\nallmende{text}x\n".encode()
    if format_ in FIELDS:
        yield json.dumps(FIELDS[format_](text)).encode()


@pytest.mark.parametrize("format_", READ)
def test_reading_grows_as_the_text_does(format_: str) -> None:
    slow = []
    for repeated in REPEATED:
        quarter = documents(format_, repeated * (LENGTH // 4 // len(repeated)))
        for short, long in zip(
            quarter, documents(format_, repeated * (LENGTH // len(repeated))), strict=True
        ):
            if not _linear(partial(reading.parse, format_), short, long):
                slow.append(repeated)
    assert not slow


@pytest.mark.parametrize("repeated", REPEATED, ids=repr)
def test_so_does_what_is_made_of_a_description(repeated: str) -> None:
    quarter = repeated * (LENGTH // 4 // len(repeated))
    whole = repeated * (LENGTH // len(repeated))
    for short, long in ((quarter, whole), (f"a{quarter}x", f"a{whole}x")):
        assert _linear(dcat_text.plain_text, short, long)
        assert _linear(lambda text: markdown.html(text.encode()), short, long)


def _linear(work: Callable[[T], object], short: T, long: T) -> bool:
    """Whether four times the text takes less than eight times as long; by the square it would be sixteen."""
    took = cpu(lambda: work(long), enough=SECONDS)
    return took < SECONDS or took < 8 * cpu(lambda: work(short))
