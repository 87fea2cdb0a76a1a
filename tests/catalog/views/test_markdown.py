"""Strangers' Markdown: what comes out holds no element, attribute or address that could do anything."""

from __future__ import annotations

import itertools
import re
from collections import Counter, OrderedDict
from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.base.passing_faults import noted_while
from catalog.views import markdown
from sandbox import Reason, Sandbox, SandboxError
from tests.support.markup import Page
from vocabularies.syntax import markdown as rendering

ATTACKS = (
    "<script>window.__xss=1</script>",
    "<img src=x onerror=window.__xss=1>",
    "![x](javascript:window.__xss=1)",
    "![x](https://evil.example/a.png)",
    "[a](javascript:window.__xss=1)",
    "[a](JaVaScRiPt:window.__xss=1)",
    "[a](java\nscript:window.__xss=1)",
    "[a](data:text/html,<script>1</script>)",
    "[a](vbscript:x)",
    "<javascript:window.__xss=1>",
    "<svg/onload=window.__xss=1>",
    "<iframe srcdoc='<script>1</script>'>",
    '[a](https://x.example "onmouseover=window.__xss=1")',
    "[a]: javascript:window.__xss=1\n\n[a]",
    '<a href="jav&#x09;ascript:window.__xss=1">x</a>',
    "<math><mtext><table><mglyph><style><img src=x onerror=window.__xss=1>",
    "<form id=document><input name=cookie>",
    "<a id=location name=location>x</a>",
    "```\n</code></pre><script>window.__xss=1</script>\n```",
    "`<script>window.__xss=1</script>`",
    "</div></main><script>window.__xss=1</script>",
    "<!-- --><script>window.__xss=1</script>",
    "&lt;script&gt;window.__xss=1&lt;/script&gt;",
    "\u202e<script>\u202c",
    "| a |\n|---|\n| <script>window.__xss=1</script> |",
    "# <img src=x onerror=window.__xss=1>",
    "<style>*{display:none}</style>",
    "[a](//evil.example)",
    "[a](\\\\evil.example)",
    "<a href=https://ok.example onclick=window.__xss=1>x</a>",
    "[<img src=x onerror=window.__xss=1>](https://ok.example)",
    '<noscript><p title="</noscript><img src=x onerror=1>">',
)


def faults(html: str) -> list[str]:
    """Whatever is not allowed, seen by a parser."""
    found = Page(html)
    wrong = [element.tag for element in found.elements if element.tag not in rendering.ALLOWED]
    for element in found.elements:
        allowed = {"href", "rel"} if element.tag == "a" else set()
        wrong += [name for name in element.attributes if name not in allowed]
    wrong += [link for link in found.links() if not link.startswith(("https://", "http://"))]
    return wrong + [
        letter for letter in html if letter in "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
    ]


@pytest.mark.parametrize("attack", ATTACKS)
def test_an_attack_becomes_text(attack: str) -> None:
    assert faults(rendering.html(attack.encode()).decode()) == []


@given(st.text())
def test_any_text_becomes_harmless(text: str) -> None:
    assert faults(rendering.html(text.encode("utf-8", "replace")).decode()) == []


@given(
    st.lists(
        st.sampled_from((*ATTACKS, "\n\n", "- ", "> ", "**", "`", "| a | b |\n|---|---|\n")), max_size=8
    ).map("".join)
)
def test_any_mixture_of_attacks_becomes_harmless(text: str) -> None:
    assert faults(rendering.page(text.encode("utf-8", "replace")).decode()) == []


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("## Was\n\n### Wie", "<h3>Was</h3>\n<h4>Wie</h4>\n"),
        ("# Was\n\n## Wie", "<h3>Was</h3>\n<h4>Wie</h4>\n"),
        ("- a\n- **b**", "<ul>\n<li>a</li>\n<li><strong>b</strong></li>\n</ul>\n"),
        (
            "[a](https://x.example/b?c=1&d=2)",
            '<p><a href="https://x.example/b?c=1&amp;d=2" rel="nofollow noopener">a</a></p>\n',
        ),
        ("a & b < c", "<p>a &amp; b &lt; c</p>\n"),
    ],
)
def test_simple_markdown(text: str, html: str) -> None:
    assert rendering.html(text.encode()).decode() == html


@given(st.lists(st.integers(1, 6), min_size=1, max_size=12))
def test_no_level_of_headings_is_left_out(levels: list[int]) -> None:
    """The first stands highest, a deeper one is one step deeper, equal ones below one heading stay equal.

    Whatever the author wrote.
    """
    text = "\n\n".join(f"{'#' * level} x" for level in levels)
    found = [int(level) for level in re.findall(r"<h(\d)>", rendering.html(text.encode()).decode())]
    assert found[0] == 3
    assert len(found) == len(levels)
    for (said, got), (next_said, next_got) in itertools.pairwise(zip(levels, found, strict=True)):
        assert next_got <= got + 1
        if next_said == said:
            assert next_got == got
        elif next_said > said:
            assert next_got == min(got + 1, 5)
        else:
            assert next_got <= got


@pytest.mark.parametrize(
    "text",
    [
        "[" * 50_000,
        "*a " * 30_000,
        "> " * 30_000 + "a",
        "`" * 60_000,
        "- " * 20_000,
        "|a" * 50_000,
        "![" * 50_000,
    ],
)
def test_a_text_made_to_take_long_does_not_stop_the_page(text: str) -> None:
    """It comes with markup or, after two seconds, without; never with a fault."""
    sandbox = Sandbox(workers=1)
    try:
        assert faults(str(markdown.html(sandbox, text))) == []
    finally:
        sandbox.close()


def test_what_was_made_once_is_kept() -> None:
    sandbox = Sandbox(workers=1)
    first = markdown.html(sandbox, "**einmal**")
    sandbox.close()
    assert markdown.html(sandbox, "**einmal**") is first  # a closed sandbox makes nothing


def test_what_failed_is_tried_again_but_not_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    """A busy machine may fail once; a text that always takes too long must not cost each visitor its time."""
    tries: list[str] = []

    class Slow:
        def run(self, function: str, request: bytes, **of: object) -> bytes:
            tries.append(function)
            raise SandboxError(Reason.TIME)

    monkeypatch.setattr(markdown, "_made", OrderedDict())
    monkeypatch.setattr(markdown, "_failed", Counter())
    made = [noted_while(lambda: markdown.html(cast(Sandbox, Slow()), "*slow*")) for _ in range(5)]
    assert [lacking for _, lacking in made] == [True, True, False, False, False]
    assert {str(text) for text, _ in made} == {"<p>*slow*</p>"}
    assert len(tries) == 3
