"""Queries made to hurt.

Each is answered within a second or refused with a sentence, in both engines, from any thread.
"""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.base.errors import QueryRefused
from catalog.search import FACETS, MAX_CHARACTERS, Query, Results, SearchIndex
from tests.catalog.search.conftest import found
from tests.support.cost import cpu

SECONDS = 1.0
LETTERS = "abcdefghijklmnopqrst"
HOSTILE: tuple[str, ...] = (
    # wildcards, ranges, regular expressions, field and boolean syntax of other engines
    "*",
    "?",
    "*a*",
    "a*",
    "**",
    "*:*",
    "?" * 256,
    "*" * 256,
    "*a* OR *b* OR *c*",
    " OR ".join(f"*{letter}*" for letter in LETTERS),
    "[a TO z]",
    "[* TO *]",
    "{a TO z}",
    "[TO]",
    "name:*",
    "all:müll",
    "id:S001",
    "cursor:*",
    "surface:a",
    "phrase:|",
    "title:*",
    "_all:x",
    "/.*/",
    "/(a+)+$/",
    "(a+)+$",
    "^(([a-z])+.)+[A-Z]([a-z])+$",
    "a{1,99999}",
    "müll~",
    "müll~99",
    '"müll kalender"~999',
    "müll^99999999",
    "AND",
    "OR",
    "NOT",
    "AND OR NOT",
    "NOT NOT NOT",
    "NOT " * 60,
    "a AND",
    "AND a",
    "a OR",
    "-AND",
    "(((((",
    ")))))",
    "(" * 256,
    "()" * 128,
    "((a) AND (b",
    "+a +b",
    "&&",
    "||",
    "!",
    "a && b || !c",
    "a-",
    "-",
    "--",
    "---a",
    "- -",
    "-" * 256,
    "-a " * 60,
    "+",
    "++",
    "+" * 256,
    # quotation marks
    '"',
    '""',
    '"""',
    '"' * 255,
    '"a',
    'a"',
    '-"',
    '-"a',
    '-""',
    '" "',
    '"' + "a " * 16 + '"',
    '"a" ' * 15,
    '"-a"',
    "„a“ «b» ”c“ “",
    "'a'",
    "`a`",
    '"und der die"',
    '"|"',
    '"a | b"',
    "|",
    "| | |",
    # Unicode
    "\0",
    "a\0b",
    "\x01\x02\x1b[31m",
    "\x1e\x1f\x1d",
    "wd\x1emuell\x1fMüll",
    "\u202emüll\u202c",
    "\u2066a\u2069",
    "\u200b" * 256,
    "\ufeffmüll",
    "\ud800",
    "a\udfffb",
    "\ud83d" * 200,
    "\ufffe\uffff",
    "\U0010ffff",
    "e" + "\u0301" * 255,
    "Z͑ͫ̓ͪ̂ͫ̽͏̴̙̤̞͉͚̯̞̠͍A̴̵̜̰͔ͫ͗͢L̠ͨͧͩ͘G̴̻͈͍͔̹̑͗̎̅͛́Ǫ̵̹̻̝̳͂̌̌͘!͖̬̰̙̗̿̋ͥͥ̂ͣ̐́́͜͞",
    "ﬃﬃﬃ",
    "ß" * 256,
    "İ" * 256,
    "ŉ" * 200,
    "ﷺ" * 256,
    "🙂" * 128,
    "日本語の検索",
    "한국어",
    "שלום",
    "مرحبا",
    "ǅ",
    "①②③",
    "½⅓",
    "K℡",
    "．ＮＥＴ",
    "ＭÜＬＬ",
    "a\u00adb\u00adc",
    "­",
    "ſ",
    "µ",
    # long, many, empty
    "",
    " ",
    "\t\n\r",
    "\u3000",
    "a" * 256,
    "ä" * 256,
    "straßen" * 36,
    "datenstadtbaum" * 18,
    "a " * 128,
    "a-" * 128,
    "a.b." * 64,
    "a/b:c_d" * 36,
    " ".join(LETTERS),
    " ".join(LETTERS[:16]),
    "-".join(LETTERS),
    "stadt " * 42,
    "und " * 64,
    "der die das und in of the a to",
    "e " * 16,
    " ".join(f"stadt{number}" for number in range(16)),
    " ".join(["verwaltungsdatenplattform"] * 9),
    "x" * 255 + " y",
    "1" * 256,
    "1.2.3.4.5.6.7.8",
    # other languages' injections
    "'; DROP TABLE solution; --",
    "<script>alert(1)</script>",
    "{{7*7}}",
    "${jndi:ldap://x}",
    "%00",
    "%s%n",
    "../../etc/passwd",
    "\\",
    '\\\\"',
    "{0}",
    "{name}",
    "{0.__class__}",
    "$$$",
    "#",
    "##c##",
    "c+++",
    "c##",
    "...",
    ".net.net",
    "..net",
    ".",
    "@",
    "http://[::1]:80/?q=*",
    "a@b.c",
    "=1+1",
    "\r\nX: y",
)


def answered(index: SearchIndex, query: Query) -> Results | str:
    """The results, or the sentence of a refusal. Anything else is a failure."""
    answers: list[Results | str] = []

    def ask() -> None:
        try:
            answers.append(index.query(query))
        except QueryRefused as refused:
            answers.append(str(refused))

    assert cpu(ask, enough=SECONDS) < SECONDS, query.text
    return answers[0]


def test_the_corpus_is_large_enough() -> None:
    assert len(set(HOSTILE)) >= 150
    assert all(len(text) <= 4 * MAX_CHARACTERS for text in HOSTILE)


def test_from_the_main_thread(golden: SearchIndex) -> None:
    for text in HOSTILE:
        answer = answered(golden, Query(text=text, facets=FACETS))
        assert isinstance(answer, str) or answer.total >= len(answer.hits)


def test_from_other_threads(golden: SearchIndex) -> None:
    assert threading.current_thread() is threading.main_thread()
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda text: answered(golden, Query(text=text)), HOSTILE))
    refused = [answer for answer in answers if isinstance(answer, str)]
    assert 1 <= len(refused) < len(HOSTILE) // 3


def test_in_filters_pages_and_completions(golden: SearchIndex) -> None:
    for text in HOSTILE:
        answered(golden, Query(filters={"topic": (text, "umwelt")}, facets=("topic",)))
        golden.complete(text, "de")
        golden.complete("a", text)
        answered(golden, Query(text="müll", language=text))
    for page, size in ((0, 20), (-5, 20), (1, 0), (1, -1), (10**30, 20), (1, 10**30), (2, 100), (10**30, 0)):
        answered(golden, Query(text="müll", page=page, size=size, facets=("topic",)))


@pytest.mark.parametrize(
    "text", ["*", "a*", "?", "müll*", "name:müll", "/müll/", "(müll)", "müll~1", "[müll]", "müll^5", "müll?"]
)
def test_other_engines_syntax_means_nothing(golden: SearchIndex, text: str) -> None:
    """A wildcard alone is no word, so it finds what an empty query does; beside a word it is a mere sign."""
    plain = " ".join(word for word in ("name", "müll") if word in text)
    plain += " 1" * ("1" in text) + " 5" * ("5" in text) + "a" * (text == "a*")
    assert found(golden.query(Query(text=text))) == found(golden.query(Query(text=plain)))


@given(text=st.text(max_size=300), more=st.lists(st.sampled_from(HOSTILE), max_size=3))
def test_anything(golden: SearchIndex, text: str, more: list[str]) -> None:
    answered(golden, Query(text=" ".join([text, *more])[:400], facets=("kind",)))
    golden.complete(text, "en")
