"""The first paragraph of a README: plain, short, and in the language it is in."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vocabularies.formats.readme import LONGEST, first_paragraph, language_of, parse, plain, shortened

SENTENCE = "The roads department of the town sees all potholes on one map"


@pytest.mark.parametrize(
    "before",
    [
        "# Title\n\n",
        "Title\n=====\n\n",
        "Title\n=====\n",
        "<h1>Title</h1>\n\n",
        "[![b](c)](d)\n![e](f)\n\n",
        "![A long text that tells what the picture shows to those who cannot see it](a.png)\n\n",
        "* one\n* two\n\n",
        "1. one\n2. two\n\n",
        "- [Install](#install)\n- [Use this for whatever you like](#use)\n\n",
        "[Home](a) · [Docs](b) · [Chat about potholes and roads](c)\n\n",
        "| a | b |\n|---|---|\n| this is a table | of several words |\n\n",
        "```\nthis is no prose at all but code\n```\n\n",
        "    this is no prose at all but code\n\n",
        "<!-- this is a comment for the authors of this file -->\n\n",
        "<!--\nthis is a comment\n\nfor the authors of this file\n-->\n\n",
        "---\ntitle: this is metadata and no prose at all\n---\n\n",
        "> [!WARNING]\n> This is not finished and you should not use it yet.\n\n",
        ".. note::\n   This is not finished and you should not use it yet.\n\n",
        ":toc:\n:icons: font\n\n",
        "== Title\n\n",
        "Read this in: [English](a), [Deutsch](b)\n\n",
        '[ref]: https://a.example/a-page-with-a-name "and a title of some words"\n\n',
        "Too short.\n\n",
        "***\n\n",
        "{{< shortcode with several words in it >}}\n\n",
    ],
)
def test_what_is_no_prose_is_passed_over(before: str) -> None:
    assert (
        first_paragraph(
            f"{before}{SENTENCE}.\n\n## More\n\nAnother paragraph that is not the first of this file.\n"
        )
        == SENTENCE + "."
    )


@pytest.mark.parametrize(
    ("markup", "expected"),
    [
        ("**a** *b* `c` __d__ _e_ ***f***", "a b c d e f"),
        ("[a](b) [c][d] [e] <https://f.example>", "a c e https://f.example"),
        ("`a <https://b.example>`_ and `c`_ and docs_", "a and c and docs"),
        ("https://a.example[b] and :ref:`c`", "b and c"),
        ("a<br>b<!-- c --> &amp; &lt;d&gt;", "a b & <d>"),
        ("snake_case and 2*3*4 and a\\_b", "snake_case and 2*3*4 and a_b"),
        ("Done :tada: at 10:30:15", "Done at 10:30:15"),
        ("text [^1] and\u202e more\u200b", "text and more"),
    ],
)
def test_markup_is_taken_off(markup: str, expected: str) -> None:
    assert plain(markup) == expected


@given(st.text(max_size=600))
def test_any_text_becomes_at_most_one_short_line(text: str) -> None:
    answer = first_paragraph(text)
    assert len(answer) <= LONGEST
    assert answer == " ".join(answer.split())
    assert answer.isprintable() or not answer


@given(st.text(min_size=LONGEST, max_size=3 * LONGEST))
def test_a_long_text_is_cut(text: str) -> None:
    answer = shortened(text)
    assert len(answer) <= LONGEST
    assert text.startswith(answer.removesuffix("…"))


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Die Stadt und der Kreis zeigen alle Baustellen auf einer Karte.", "de"),
        ("This is a map of all the building sites in a town and its county.", "en"),
        ("Eine App for everybody", ""),
        ("Kaart van alle bouwplaatsen", ""),
        ("", ""),
    ],
)
def test_the_language_is_told_by_small_words(text: str, language: str) -> None:
    assert language_of(text) == language


@pytest.mark.parametrize(
    "line",
    [
        "allmende: ignore",
        "<!-- allmende: ignore -->",
        "  Allmende: Ignore",
        ".. allmende: ignore",
        "// allmende: ignore",
    ],
)
def test_a_line_keeps_a_repository_out(line: str) -> None:
    assert parse(f"# A\n\n{line}\n".encode()).facts == {"ignore": "true"}


def test_a_sentence_about_that_line_does_not() -> None:
    assert parse(b"Write allmende: ignore to be left out of the catalogue.\n").facts == {}
