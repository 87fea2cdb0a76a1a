"""A page observed in a real Chromium.

What it complains of, whom it asks, what axe finds, what sticks out of it.
"""

from __future__ import annotations

from typing import Any

from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import Browser, BrowserContext, Page

# Language, colour scheme and width of the window.
VARIANTS = [
    ("de", "light", 320),
    ("en", "light", 320),
    ("de", "dark", 320),
    ("en", "dark", 320),
    ("de", "light", 1280),
    ("en", "light", 1280),
    ("de", "dark", 1280),
    ("en", "dark", 1280),
]
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


class ObservedPage:
    """A page with all it complained of, and every address it asked for."""

    def __init__(self, context: BrowserContext) -> None:
        self.complaints: list[str] = []
        self.asked: list[str] = []
        self.page = context.new_page()
        self.page.on("console", lambda message: self.complaints.append(message.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("request", lambda request: self.asked.append(request.url))

    def open(self, address: str) -> Page:
        """Open the address; what it complains of is counted from here."""
        self.complaints.clear()
        self.page.goto(address)
        return self.page

    def faults(self, base: str) -> list[str]:
        """Complaints and requests to somebody else.

        A 404 or 410 is announced on the console and is no fault.
        """
        away = [address for address in self.asked if not address.startswith((base + "/", "data:"))]
        return away + [
            text
            for text in self.complaints
            if not text.startswith("Failed to load resource: the server responded with a status of 4")
        ]


def visit(
    browser: Browser, language: str = "de", scheme: str = "light", *, width: int = 1280, **more: Any
) -> ObservedPage:
    """A visitor who reads this language, likes it light or dark, and has a window so many pixels wide."""
    options: dict[str, Any] = {
        "viewport": {"width": width, "height": 900},
        "color_scheme": scheme,
        "locale": language,
    }
    return ObservedPage(browser.new_context(**(options | more)))


def widest(page: Page) -> list[str]:
    """The elements that stick out of the window to the right, unless something around them scrolls."""
    found: list[str] = page.evaluate(
        """() => {
            const edge = document.documentElement.clientWidth + 1;
            const sticksOut = (element) =>
                element.getBoundingClientRect().right > edge && !element.closest('.scroll, pre, .sr, .skip');
            const wide = [...document.body.querySelectorAll('*')].filter(sticksOut);
            return wide.map((element) => element.outerHTML.slice(0, 120));
        }"""
    )
    return found


def axe(page: Page) -> list[str]:
    """What axe finds, a line each."""
    found = Axe().run(page, options={"runOnly": RULES}).response["violations"]
    lines = []
    for violation in found:
        lines += [f"{violation['id']}: {node['html'][:160]}" for node in violation["nodes"]]
    return lines
