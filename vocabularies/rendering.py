"""Strangers' Markdown as HTML that can stand inside a page: no script, no picture, no id, no style. Runs in the sandbox.

Two fences: markdown-it takes no HTML from the text, and nh3 lets through only what ALLOWED names (threats.md, W1).
"""

from __future__ import annotations

import re

import nh3
from markdown_it import MarkdownIt

ALLOWED = frozenset(
    ("p", "ul", "ol", "li", "strong", "em", "a", "h3", "h4", "h5", "code", "pre", "blockquote", "br", "hr", "table", "thead", "tbody", "tr", "th", "td")
)  # fmt: skip
MAX_SOURCE = 100_000  # characters that are read
MAX_HTML = 400_000  # characters of the answer; beyond it the text is shown without its markup
# Page and section have h1 and h2; whatever the author began with goes below.
_SHIFT = {"h1": "h3", "h2": "h4", "h3": "h5", "h4": "h5", "h5": "h5", "h6": "h5"}
# What turns reading direction around or cannot be seen; isolation is the page's business.
_INVISIBLE = re.compile("[\u202a-\u202e\u2066-\u2069\u200b\ufeff\x00-\x08\x0b-\x1f\x7f]")


def _parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": False, "linkify": False, "typographer": False, "maxNesting": 20})
    return parser.enable("table").disable("image")


def html(markdown: bytes) -> bytes:
    """UTF-8 Markdown to UTF-8 HTML. Links go only to http and https, and recommend nobody.

    >>> html(b"# Hi\\n<script>x</script> [a](javascript:b) [c](https://d.example)")
    b'<h3>Hi</h3>\\n<p>&lt;script&gt;x&lt;/script&gt; [a](javascript:b) <a href="https://d.example" rel="nofollow noopener">c</a></p>\\n'
    """
    text = _INVISIBLE.sub("", markdown.decode("utf-8", "replace"))[:MAX_SOURCE]
    parser = _parser()
    tokens = parser.parse(_lowest_heading_first(text))
    for token in tokens:
        token.tag = _SHIFT.get(token.tag, token.tag)
    rendered = parser.renderer.render(tokens, parser.options, {})
    if len(rendered) > MAX_HTML:
        rendered = f"<p>{nh3.clean_text(text)}</p>"
    return nh3.clean(
        rendered, tags=set(ALLOWED), attributes={"a": {"href"}}, url_schemes={"http", "https"}, link_rel="nofollow noopener"
    ).encode()


def _lowest_heading_first(text: str) -> str:
    """A text that begins with `## ` means its highest heading: it is moved up, so that no level is left out."""
    levels = [len(mark) for mark in re.findall(r"^(#{1,6}) ", text, re.MULTILINE)]
    spare = min(levels, default=1) - 1
    return re.sub(r"^(#{1,6})(?= )", lambda found: found[1][spare:], text, flags=re.MULTILINE) if spare else text
