"""A README in Markdown, reStructuredText or AsciiDoc: its first paragraph, and whether it wants to be listed.

Headings, badges, pictures, HTML, code, tables, tables of contents, lists of links and metadata at the top are
passed over. No more than the beginning is read, line by line; nothing is rendered.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from itertools import islice

from vocabularies.crosswalk.rows import Reading
from vocabularies.facts import SET
from vocabularies.syntax import documents
from vocabularies.terms import Solution

LONGEST = 400  # characters of the answer
_MAX_LENGTH = 60_000  # characters that are read
_MAX_PARAGRAPH = 4_000  # characters of a paragraph that are read
_MAX_BLOCKS = 100  # that are looked at
_MAX_METADATA = 100  # lines at the top
# Of a line without blanks around it: where two patterns of blanks meet, a line of blanks costs their product.
_IGNORE = re.compile(
    r"(?:(?:<!--|#|//|\.\.|\[//\]: # \()\s*)?allmende:\s*ignore(?:\s*(?:-->|\)))?", re.IGNORECASE
)

# How a line begins that is no prose.
_NO_PROSE_BEGINNINGS = (
        r"#{1,6}(\s|$)", r"=+\s",  # a heading
        r"[-*+]\s", r"\d+[.)]\s",  # a list
        r"\|", r"\+[-=]",  # a table
        r">\s?\[!",  # the quotation mark of an admonition
        r"\.\.\s", r":[\w!-]+:(?:\s+\S+){0,2}$",  # a directive
        r"\[[^\]]+\]:\s",  # the definition of a link
        r"!\[", r"image::", r"include::", r"\[[\w#.,=\" -]+\]$", r"toc::",
        r"(?:[-=_*~^`'\"+#.:]\s?){3,}$",  # a rule
        r"\{[%{]",  # a template
        r"(?:translations?|languages?|sprachen?|read this[^:]{0,20}|lesen sie[^:]{0,20})\s*:",
)  # fmt: skip
_NO_PROSE = re.compile("|".join(_NO_PROSE_BEGINNINGS), re.IGNORECASE)
_UNDERLINE = re.compile(r"([=\-~^\"'`#*+.:_])\1{2,}\s*")
_FENCE = re.compile(r"\s*(```+|~~~+)")
_LINK = re.compile(
    r"!?\[((?:[^\[\]]|\[[^\[\]]*\]){0,300})\]\([^()\s]{0,2000}(?:\([^()\s]*\)[^()\s]*)?(?:\s+\"[^\"]*\")?\)"
)
# Each quantifier has an end: a text of nothing but brackets must not cost more than one of words.
_MARKUP: tuple[tuple[re.Pattern[str], str], ...] = (
    # A footnote, the name of an emoji
    (re.compile(r"\[\^[^\]\s]{1,40}\]|(?<![\w:]):[a-z][a-z0-9_+-]{1,30}:(?![\w`])"), " "),
    (re.compile(r"<!--.*?(?:-->|$)"), " "),
    (re.compile(r"!\[[^\[\]]{0,300}\](?:\([^()]{0,2000}\)|\[[^\[\]]{0,100}\])"), " "),  # a picture
    (re.compile(r"\[\s*\](?:\([^()]{0,2000}\)|\[[^\[\]]{0,100}\])"), " "),  # a link around a picture
    (re.compile(r"`([^`<>]{1,300}?)\s*<[^<>]{1,2000}>`__?"), r"\1"),  # reStructuredText
    (re.compile(r"<(https?://[^\s<>]{1,2000})>"), r"\1"),
    (re.compile(r"</?[A-Za-z][^<>]{0,2000}>"), " "),
    (re.compile(r"\[([^\[\]]{1,300})\](?:\([^()]{0,2000}\)|\[[^\[\]]{0,100}\])"), r"\1"),
    (re.compile(r"https?://[^\s\[\]]{1,2000}\[([^\[\]]{1,300})\]"), r"\1"),  # AsciiDoc
    (re.compile(r"\[(?![ xX]\])([^\[\]]{1,100})\](?![(\[:])"), r"\1"),  # a link by its own name
    (re.compile(r"\b([A-Za-z0-9-]{2,40})__?(?![\w])"), r"\1"),
    (re.compile(r":[a-z-]{1,30}:`([^`]{1,300})`"), r"\1"),
    (re.compile(r"\|([^|\s][^|]{0,80})\|_{0,2}"), " "),  # a substitution
    (re.compile(r"`{1,3}([^`]{1,300})`{1,3}_{0,2}"), r"\1"),
    (re.compile(r"(?<!\w)(\*\*\*|\*\*|\*|___|__|_)(?=\S)(.{1,400}?)(?<=\S)\1(?!\w)"), r"\2"),
    (re.compile(r"\\([\\`*_{}\[\]()#+.!|-])"), r"\1"),
)
# Small words by which a language is recognised.
_WORDS = {
    "de": frozenset(
        "der die das und ist ein eine für mit von den dem des im auf zu wird werden nicht sich auch als bei"
        " oder zur zum aus".split()
    ),
    "en": frozenset(
        "the and is a an for with of to in on that this it are be by as from or your you can"
        " which not".split()
    ),
}


def parse(content: bytes) -> Reading:
    """`text` is the first paragraph, in the language it seems to be in.

    The fact `ignore` is set if a line says `allmende: ignore`.
    """
    source = documents.decoded(content)[:_MAX_LENGTH].replace("\r\n", "\n").replace("\r", "\n")
    facts = {"ignore": SET} if any(_IGNORE.fullmatch(line.strip()) for line in source.split("\n")) else {}
    text = first_paragraph(source)
    solution = Solution(text={language_of(text): text}) if text else None
    return Reading(format="readme", solution=solution, facts=facts)


def first_paragraph(source: str) -> str:
    """The first paragraph that says something, cut at the end of a sentence or a word; "" if there is none.

    >>> first_paragraph("# Pothole\\n\\n[![](ci.svg)](ci)\\n\\nCitizens *report* [potholes](x.md) by phone.")
    'Citizens report potholes by phone.'
    """
    for block in islice(_blocks(source.split("\n")), _MAX_BLOCKS):
        text = plain(" ".join(block))
        if _says_something(text, " ".join(block)):
            return shortened(text)
    return ""


def _blocks(lines: list[str]) -> Iterator[list[str]]:
    """Runs of lines that may be prose. One that begins with no prose (a list, HTML) is passed over whole."""
    block: list[str] = []
    for line in [*_visible(lines), ""]:
        if line.strip():
            block.append(line)
            continue
        prose = _prose(block)
        if prose:
            yield prose
        block = []


def _visible(lines: list[str]) -> Iterator[str]:
    """Without metadata at the top, code and comments; each of these leaves an empty line."""
    fence, in_comment = "", False
    for line in lines[_after_metadata(lines) :]:
        if fence:
            if line.strip().startswith(fence):
                fence = ""
            continue
        if in_comment:
            in_comment = "-->" not in line
            continue
        match = _FENCE.match(line)
        fence = match[1][:3] if match else ""
        in_comment = not fence and "<!--" in line and "-->" not in line
        hidden = fence or in_comment or line.startswith(("    ", "\t"))
        yield "" if hidden else line


def _after_metadata(lines: list[str]) -> int:
    if lines and lines[0].strip() in ("---", "+++"):
        for index, line in enumerate(lines[1:_MAX_METADATA], 1):
            if line.strip() == lines[0].strip():
                return index + 1
    return 0


def _prose(block: list[str]) -> list[str]:
    """The block's lines of prose, without a heading directly above and without the marks of a quotation."""
    lines = [re.sub(r"^\s{0,3}>\s?", "", line).strip() for line in block]
    underlines = [index for index, line in enumerate(lines[:3]) if _UNDERLINE.fullmatch(line)]
    if underlines and len(lines) > 1:
        lines = lines[underlines[-1] + 1 :]
    while lines and re.match(r"#{1,6}\s|={1,5}\s|:[\w!-]+:(?:\s+\S+){0,2}$", lines[0]):
        lines = lines[1:]
    if not lines or any(_is_admonition(line) for line in lines):
        return []
    if _NO_PROSE.match(lines[0]) and not _is_badge(lines[0]):
        return []
    return [line for line in lines if not _is_badge(line)] if not _only_html(lines) else []


def _is_admonition(line: str) -> bool:
    return line.startswith("[!") and not line.startswith("[![")


def _is_badge(line: str) -> bool:
    return not plain(line) or (line.startswith(("[![", "![")) and len(plain(line)) < 3)


def _only_html(lines: list[str]) -> bool:
    """A block of tags with a banner or a menu between them, not one with a paragraph of its own."""
    text = " ".join(lines)
    if not text.startswith("<") or re.match(r"<p[^>]*>[^<]{80,}", text):
        return False
    return re.search(r"<a\b|<img\b|<td\b|<li\b|<h\d", text) is not None


def plain(text: str) -> str:
    """A line of Markdown, reStructuredText or AsciiDoc without its markup.

    >>> plain("A **bold** `tool` for [towns](https://town.example) &amp; more")
    'A bold tool for towns & more'
    """
    text = text[:_MAX_PARAGRAPH]
    for pattern, instead in _MARKUP:
        text = pattern.sub(instead, text)
    text = html.unescape(text)
    text = "".join(character for character in text if character.isprintable())
    return re.sub(r"\s+([.,;:!?])(?=\s|$)", r"\1", " ".join(text.split()))


def _says_something(text: str, source: str) -> bool:
    """Several words, most of them no link: no menu, no call to see elsewhere."""
    words = re.findall(r"[^\W\d_]{2,}", text)
    linked = sum(len(match[1]) for match in _LINK.finditer(source))
    return len(words) >= 5 and len(text) >= 25 and linked <= len(text) * 0.6


def shortened(text: str, limit: int = LONGEST) -> str:
    """At most `limit` characters: to the end of a sentence if one ends in the second half, else to a word."""
    if len(text) <= limit:
        return text
    head = text[:limit]
    end = max(head.rfind(mark) for mark in (". ", "! ", "? "))
    if end > limit // 2:
        return head[: end + 1]
    return head[: limit - 1].rsplit(" ", 1)[0].rstrip(" ,;:–-") + "…"


def language_of(text: str) -> str:
    """The language, "de" or "en", by its small words; "" if neither is clearly ahead.

    >>> language_of("Eine Anwendung für die Verwaltung von Terminen"), language_of("Lorem")
    ('de', '')
    >>> language_of("The app that shows which bins are full")
    'en'
    """
    words = re.findall(r"[^\W\d_]+", text.lower())
    counts = {language: sum(map(small.__contains__, words)) for language, small in _WORDS.items()}
    (_, fewer), (best, most) = sorted(counts.items(), key=lambda pair: pair[1])
    return best if most >= 2 and most >= 2 * fewer and most != fewer else ""
