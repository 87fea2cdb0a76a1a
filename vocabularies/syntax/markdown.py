"""Foreign Markdown as HTML that can stand inside a page: no script, no picture, no id, no style.

Runs in the sandbox. Two defences: markdown-it takes no HTML from the text, and nh3 lets through only what
ALLOWED names.
"""

from __future__ import annotations

import re

import nh3
from markdown_it import MarkdownIt
from markdown_it.token import Token

ALLOWED = frozenset(
    "p ul ol li strong em a h2 h3 h4 h5 code pre blockquote br hr table thead tbody tr th td".split()
)
MAX_SOURCE = 100_000  # characters that are read
MAX_HTML = 400_000  # characters of the answer; beyond it the text is shown without its markup
# What turns the reading direction around or cannot be seen; isolating a text is up to the page.
_INVISIBLE = re.compile("[\u202a-\u202e\u2066-\u2069\u200b\ufeff\x00-\x08\x0b-\x1f\x7f]")
_LOWEST = 5  # heading level


def _parser() -> MarkdownIt:
    options = {"html": False, "linkify": False, "typographer": False, "maxNesting": 20}
    return MarkdownIt("commonmark", options).enable("table").disable("image")


def html(markdown: bytes) -> bytes:
    """UTF-8 Markdown to UTF-8 HTML. Links go only to http and https, and recommend nobody.

    >>> html(b"# Hi\\n<script>x</script>")
    b'<h3>Hi</h3>\\n<p>&lt;script&gt;x&lt;/script&gt;</p>\\n'
    >>> html(b"[a](javascript:b) [c](https://d.example)")
    b'<p>[a](javascript:b) <a href="https://d.example" rel="nofollow noopener">c</a></p>\\n'
    """
    return _html(markdown, highest=3)  # page and section have h1 and h2


def page(markdown: bytes) -> bytes:
    """The same for a text that is a page's whole content: its headings begin below the page's own.

    >>> page(b"# Hi")
    b'<h2>Hi</h2>\\n'
    """
    return _html(markdown, highest=2)


def _html(markdown: bytes, *, highest: int) -> bytes:
    text = _INVISIBLE.sub("", markdown.decode("utf-8", "replace"))[:MAX_SOURCE]
    parser = _parser()
    tokens = parser.parse(text)
    _level(tokens, highest=highest)
    rendered = parser.renderer.render(tokens, parser.options, {})
    if len(rendered) > MAX_HTML:
        rendered = f"<p>{nh3.clean_text(text)}</p>"
    return nh3.clean(
        rendered,
        tags=set(ALLOWED),
        attributes={"a": {"href"}, "*": set()},
        attribute_filter=_absolute,
        url_schemes={"http", "https"},
        link_rel="nofollow noopener",
    ).encode()


def _absolute(tag: str, attribute: str, value: str) -> str | None:
    """A relative address means a file in the author's repository; here it would lead to a page of ours."""
    return value if attribute != "href" or value.lower().startswith(("https://", "http://")) else None


def _level(tokens: list[Token], *, highest: int) -> None:
    """Headings begin at `highest` and go down one step at a time, whatever the text uses (WCAG 1.3.1)."""
    above: list[str] = []
    for token in tokens:
        if token.type == "heading_open":
            while above and above[-1] >= token.tag:
                above.pop()
            above.append(token.tag)
        if token.type in ("heading_open", "heading_close"):
            token.tag = f"h{min(highest + len(above) - 1, _LOWEST)}"
