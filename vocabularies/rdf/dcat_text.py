"""What narrows an entry for those who take less: names and summaries in one language, text without Markdown, tags after CKAN's rule."""

from __future__ import annotations

import re

from vocabularies import concepts
from vocabularies.terms import Solution


def main_languages(solution: Solution) -> list[str]:
    """The languages an entry is described in, German first; German alone if none is said."""
    found = {language for texts in (solution.text, solution.short_text) for language in texts if language}
    return sorted(
        found, key=lambda language: (not language.startswith("de"), language != "en", language)
    ) or ["de"]


def name(solution: Solution, language: str) -> str:
    """The name in a language: its own there, else the one without language, else any."""
    names = solution.name
    return (
        names.get(language)
        or names.get("")
        or (names[min(names)] if names else solution.repository.rsplit("/", 1)[-1] or "?")
    )


def summary(solution: Solution, language: str) -> str:
    """The best short description for a reader of that language; the name if there is none."""
    for texts in (solution.short_text, solution.text):
        for key in (language, "", "en", "de", *sorted(texts)):
            if texts.get(key) and (text := plain_text(texts[key])):
                return text
    return name(solution, language)


def agent_name(solution: Solution) -> str:
    """The publisher's name, "" if nobody is named."""
    names = solution.publisher.name if solution.publisher else {}
    return names.get("") or names.get("de") or (names[min(names)] if names else "")


def pages(solution: Solution) -> list[str]:
    """Their landing page and documentation."""
    lists = [*solution.documentation.values(), *solution.api_documentation.values()]
    return sorted(
        {page for page in [solution.landing_page, *(page for pages in lists for page in pages)] if page}
    )


def themes(solution: Solution) -> list[str]:
    """EU data themes of the categories, at least one (TECH)."""
    known = concepts.scheme("category").concepts
    return sorted(
        {known[code].theme for code in solution.category if code in known and known[code].theme}
    ) or ["TECH"]


def keyword(word: str) -> str:
    """CKAN's rule for tags: letters, digits, `-_.` and blanks, 2 to 100 characters (rdf.md 1.2 and pitfall 9); "" if nothing is left.

    >>> keyword("IoT/LoRaWAN, Sensorik"), keyword("C")
    ('IoT LoRaWAN Sensorik', '')
    """
    clean = " ".join(re.sub(r"[^\w\s.-]", " ", word).split())[:100].strip()
    return clean if len(clean) >= 2 else ""


# Each quantifier has an end: a text of nothing but brackets must not cost more than one of words.
_MARKDOWN = (
    (re.compile(r"!\[([^\]]{0,500})\]\([^)]{0,2000}\)"), r"\1"),
    (re.compile(r"\[([^\[\]]{1,500})\]\([^()]{0,2000}\)"), r"\1"),
    (re.compile(r"^\s{0,3}#{1,6}\s+", re.MULTILINE), ""),
    (re.compile(r"^\s{0,3}>\s?", re.MULTILINE), ""),
    (re.compile(r"(\*\*|__)(?=\S)(.{1,500}?)(?<=\S)\1"), r"\2"),
    (re.compile(r"(?<![\w*])\*(?=\S)([^*\n]{1,500}?)(?<=\S)\*(?!\w)"), r"\1"),
    (re.compile(r"`([^`\n]{1,500})`"), r"\1"),
    (re.compile(r"<[^<>\n]{1,300}>"), ""),
    (re.compile(r"\n{3,}"), "\n\n"),
)


def plain_text(markdown: str) -> str:
    """Simple Markdown as text; what is no Markdown stays.

    >>> plain_text("## Was\\n**Stadt**Puls [zeigt](https://x) *viel*")
    'Was\\nStadtPuls zeigt viel'
    """
    for pattern, replacement in _MARKDOWN:
        markdown = pattern.sub(replacement, markdown)
    return markdown.strip()


# Words whole, not beginnings: geo* would be every Georg. Beginnings only where no name begins so.
_FUNCTION = re.compile(
    r"(info|kontakt|contact|mail|post|poststelle|support|service|services|hilfe|help|helpdesk|servicedesk|digital\w*|smart|smart-?city\w*|smart(region|village)\w*"
    r"|open|open(data|source|code|desk|gov)\w*|it|edv|ikt|ict|gis|geo|geo(daten|data|info|informationen|portal|service|basis|informatik)|daten\w*|data|data(hub|base|portal|platform)"
    r"|team|projekte?|projekt(team|buero|leitung|management)|projects?|presse|press|office|buero|admins?|administration|webmaster|hostmaster|stadt|stadt(verwaltung|entwicklung|planung|werke|archiv)"
    r"|gemeinde(verwaltung)?|kreis|kreisverwaltung|landkreis|verwaltung\w*|amt|amts(verwaltung|leitung)|rathaus|buergermeister(in)?|hello|hallo|security|dev|devs|devops|devel|developers?|development"
    r"|entwicklung|software|code|source|oss|foss|ospo|public|publiccode|assistenza|protocollo|urp|segreteria|zentrale|zentraler?|noreply|no|reply|maintainers?|community|redaktion|innovation|city|labs?|hub|feedback|datenschutz)\d*",
    re.IGNORECASE,
)


def is_function_mailbox(address: str) -> bool:
    """Whether a mailbox belongs to a function, not to a person. In doubt it is a person's: every word of it must be one of a function.

    >>> is_function_mailbox("info@stadt.example"), is_function_mailbox("erika.muster@stadt.example"), is_function_mailbox("georg.it@stadt.example")
    (True, False, False)
    """
    name, _, host = address.partition("@")
    return bool(name and host) and all(_FUNCTION.fullmatch(word) for word in re.split(r"[.+_-]+", name))
