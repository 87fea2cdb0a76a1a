"""What narrows an entry for those who take less: names and summaries in one language, text without Markdown, tags after CKAN's rule."""

from __future__ import annotations

import re

from vocabularies import concepts
from vocabularies.terms import Solution


def main_languages(solution: Solution) -> list[str]:
    """The languages an entry is described in, German first; German alone if none is said."""
    found = {language for texts in (solution.text, solution.short_text) for language in texts if language}
    return sorted(found, key=lambda language: (not language.startswith("de"), language != "en", language)) or ["de"]


def name(solution: Solution, language: str) -> str:
    """The name in a language: its own there, else the one without language, else any."""
    names = solution.name
    return names.get(language) or names.get("") or (names[min(names)] if names else solution.repository.rsplit("/", 1)[-1] or "?")


def summary(solution: Solution, language: str) -> str:
    """The best short description for a reader of that language; the name if there is none."""
    for texts in (solution.short_text, solution.text):
        for key in (language, "", "en", "de", *sorted(texts)):
            if texts.get(key):
                return plain_text(texts[key])
    return name(solution, language)


def agent_name(solution: Solution) -> str:
    """The publisher's name, "" if nobody is named."""
    names = solution.publisher.name if solution.publisher else {}
    return names.get("") or names.get("de") or (names[min(names)] if names else "")


def pages(solution: Solution) -> list[str]:
    """Their landing page and documentation."""
    lists = [*solution.documentation.values(), *solution.api_documentation.values()]
    return sorted({page for page in [solution.landing_page, *(page for pages in lists for page in pages)] if page})


def themes(solution: Solution) -> list[str]:
    """EU data themes of the categories, at least one (TECH)."""
    known = concepts.scheme("category").concepts
    return sorted({known[code].theme for code in solution.category if code in known and known[code].theme}) or ["TECH"]


def keyword(word: str) -> str:
    """CKAN's rule for tags: letters, digits, `-_.` and blanks, 2 to 100 characters (rdf.md 1.2 and pitfall 9); "" if nothing is left.

    >>> keyword("IoT/LoRaWAN, Sensorik"), keyword("C")
    ('IoT LoRaWAN Sensorik', '')
    """
    clean = " ".join(re.sub(r"[^\w\s.-]", " ", word).split())[:100].strip()
    return clean if len(clean) >= 2 else ""


_MARKDOWN = (
    (re.compile(r"!\[([^\]]*)\]\([^)]*\)"), r"\1"), (re.compile(r"\[([^\]]+)\]\([^)]*\)"), r"\1"), (re.compile(r"^\s{0,3}#{1,6}\s+", re.MULTILINE), ""),
    (re.compile(r"^\s{0,3}>\s?", re.MULTILINE), ""), (re.compile(r"(\*\*|__)(?=\S)(.+?)(?<=\S)\1"), r"\2"), (re.compile(r"(?<![\w*])\*(?=\S)([^*\n]+?)(?<=\S)\*(?!\w)"), r"\1"),
    (re.compile(r"`([^`\n]+)`"), r"\1"), (re.compile(r"<[^<>\n]{1,300}>"), ""), (re.compile(r"\n{3,}"), "\n\n"),
)  # fmt: skip


def plain_text(markdown: str) -> str:
    """Simple Markdown as text; what is no Markdown stays.

    >>> plain_text("## Was\\n**Stadt**Puls [zeigt](https://x) *viel*")
    'Was\\nStadtPuls zeigt viel'
    """
    for pattern, replacement in _MARKDOWN:
        markdown = pattern.sub(replacement, markdown)
    return markdown.strip()


_FUNCTIONS = re.compile(
    r"(info|kontakt|contact|mail|post|poststelle|support|service|hilfe|help|digital\w*|smart\w*|open\w*|it|edv|gis|geo\w*|daten\w*|data\w*|team|projekt\w*|project\w*"
    r"|presse|press|office|admin\w*|webmaster|stadt\w*|gemeinde\w*|kreis\w*|verwaltung\w*|amt\w*|hello|hallo|security|dev\w*|software|code|oss|foss|assistenza|protocollo|urp|segreteria"
    r"|smartcity\w*|zentrale\w*|noreply|no-reply|developers?|entwicklung|maintainers?|community|redaktion)([.+_-].*)?",
    re.IGNORECASE,
)


def is_function_mailbox(address: str) -> bool:
    """Whether a mailbox belongs to a function, not to a person. In doubt it is a person's.

    >>> is_function_mailbox("info@stadt.example"), is_function_mailbox("erika.muster@stadt.example")
    (True, False)
    """
    return bool(_FUNCTIONS.fullmatch(address.partition("@")[0])) if "@" in address else False
