"""A page as a parser sees it: elements with their attributes and text.

What a browser would run is looked for here, never by searching text.
"""

from __future__ import annotations

from html.parser import HTMLParser
from typing import NamedTuple

_VOID = frozenset(("br", "hr", "img", "input", "link", "meta"))


class Element(NamedTuple):
    """An element: its name, attributes and the text inside it."""

    tag: str
    attributes: dict[str, str]
    text: list[str]

    @property
    def content(self) -> str:
        """The text, its white space joined."""
        return " ".join("".join(self.text).split())


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[Element] = []
        self.open: list[Element] = []
        self.faults: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = [name for name, _ in attrs]
        if len(names) != len(set(names)):
            self.faults.append(f"<{tag}> has an attribute twice")
        element = Element(tag, {name: value or "" for name, value in attrs}, [])
        self.elements.append(element)
        if tag not in _VOID:
            self.open.append(element)

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open[-1].tag != tag:
            self.faults.append(f"</{tag}> closes {self.open[-1].tag if self.open else 'nothing'}")
        else:
            self.open.pop()

    def handle_data(self, data: str) -> None:
        for element in self.open:
            element.text.append(data)


class Page:
    """The elements of a page in order; `faults` where its tags do not fit into each other."""

    def __init__(self, html: str) -> None:
        reader = _Reader()
        reader.feed(html)
        reader.close()
        self.elements = reader.elements
        self.faults = reader.faults + [f"<{element.tag}> is never closed" for element in reader.open]

    def all(self, tag: str, **attributes: str) -> list[Element]:
        """The elements of this tag that have these attributes (`class_` for class)."""
        wanted = {name.rstrip("_").replace("_", "-"): value for name, value in attributes.items()}
        fitting = (element for element in self.elements if element.tag == tag)
        return [
            element
            for element in fitting
            if all(element.attributes.get(name) == value for name, value in wanted.items())
        ]

    def text(self, tag: str) -> str:
        """The text of the first element of this tag."""
        return self.all(tag)[0].content

    def links(self) -> list[str]:
        """All addresses that links lead to."""
        return [element.attributes["href"] for element in self.all("a") if "href" in element.attributes]
