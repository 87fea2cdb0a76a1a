"""Texts for those who take less: names and summaries in one language, no Markdown, tags by CKAN's rule."""

from __future__ import annotations

import re

from vocabularies import concepts
from vocabularies.terms import Solution


def main_languages(solution: Solution) -> list[str]:
    """The languages an entry is described in, German first; German alone if none is said."""
    languages = {*solution.text, *solution.short_text} - {""}
    return sorted(languages, key=_by_preference) or ["de"]


def _by_preference(language: str) -> tuple[bool, bool, str]:
    return (not language.startswith("de"), language != "en", language)


def name(solution: Solution, language: str) -> str:
    """The name in a language: its own there, else the one without language, else any."""
    names = solution.name
    if names.get(language) or names.get(""):
        return names.get(language) or names[""]
    if names:
        return names[min(names)]
    return solution.repository.rsplit("/", 1)[-1] or "?"


def summary(solution: Solution, language: str) -> str:
    """The best short description for a reader of that language; the name if there is none."""
    for texts in (solution.short_text, solution.text):
        for key in (language, "", "en", "de", *sorted(texts)):
            text = plain_text(texts.get(key, ""))
            if text:
                return text
    return name(solution, language)


def agent_name(solution: Solution) -> str:
    """The publisher's name, "" if nobody is named."""
    names = solution.publisher.name if solution.publisher else {}
    return names.get("") or names.get("de") or next((names[key] for key in sorted(names)), "")


def pages(solution: Solution) -> list[str]:
    """The source's landing page and documentation, sorted."""
    addresses = {solution.landing_page}
    for by_language in (solution.documentation, solution.api_documentation):
        addresses.update(*by_language.values())
    return sorted(addresses - {""})


def themes(solution: Solution) -> list[str]:
    """EU data themes of the categories, sorted, at least one (TECH)."""
    categories = concepts.scheme("category").concepts
    codes = {categories[code].theme for code in solution.category if code in categories}
    return sorted(codes - {""}) or ["TECH"]


_MAX_KEYWORD, _MIN_KEYWORD = 100, 2  # characters


def keyword(word: str) -> str:
    """CKAN's rule for tags: letters, digits, `-_.` and blanks, 2 to 100 characters; "" if nothing is left.

    >>> keyword("IoT/LoRaWAN, Sensorik"), keyword("C")
    ('IoT LoRaWAN Sensorik', '')
    """
    clean = " ".join(re.sub(r"[^\w\s.-]", " ", word).split())[:_MAX_KEYWORD].strip()
    return clean if len(clean) >= _MIN_KEYWORD else ""


# (one of what a text must have in it, pattern, replacement): looking for a letter costs next to nothing.
# Each quantifier has an end: a text of nothing but brackets must not cost more than one of words.
_MARKDOWN = (
    (("](",), re.compile(r"!\[([^\]]{0,500})\]\([^)]{0,2000}\)"), r"\1"),
    (("](",), re.compile(r"\[([^\[\]]{1,500})\]\([^()]{0,2000}\)"), r"\1"),
    (("#",), re.compile(r"^\s{0,3}#{1,6}\s+", re.MULTILINE), ""),
    ((">",), re.compile(r"^\s{0,3}>\s?", re.MULTILINE), ""),
    (("**", "__"), re.compile(r"(\*\*|__)(?=\S)(.{1,500}?)(?<=\S)\1"), r"\2"),
    (("*",), re.compile(r"(?<![\w*])\*(?=\S)([^*\n]{1,500}?)(?<=\S)\*(?!\w)"), r"\1"),
    (("`",), re.compile(r"`([^`\n]{1,500})`"), r"\1"),
    (("<",), re.compile(r"<[^<>\n]{1,300}>"), ""),
    (("\n\n\n",), re.compile(r"\n{3,}"), "\n\n"),
)


def plain_text(markdown: str) -> str:
    """Simple Markdown as text; what is no Markdown stays.

    >>> plain_text("## Was\\n**Stadt**Puls [zeigt](https://x) *viel*")
    'Was\\nStadtPuls zeigt viel'
    """
    for needed, pattern, replacement in _MARKDOWN:
        if any(mark in markdown for mark in needed):
            markdown = pattern.sub(replacement, markdown)
    return markdown.strip()


# Whole words, not beginnings: geo* would be every Georg. Beginnings only where no name begins so.
_FUNCTION = re.compile(
    r"("
    r"info|kontakt|contact|mail|post|poststelle|support|service|services|hilfe|help|helpdesk|servicedesk"
    r"|digital\w*|smart|smart-?city\w*|smart(region|village)\w*"
    r"|open|open(data|source|code|desk|gov)\w*|it|edv|ikt|ict|gis"
    r"|geo|geo(daten|data|info|informationen|portal|service|basis|informatik)"
    r"|daten\w*|data|data(hub|base|portal|platform)"
    r"|team|projekte?|projekt(team|buero|leitung|management)|projects?|presse|press|office|buero"
    r"|admins?|administration|webmaster|hostmaster"
    r"|stadt|stadt(verwaltung|entwicklung|planung|werke|archiv)"
    r"|gemeinde(verwaltung)?|kreis|kreisverwaltung|landkreis|verwaltung\w*|amt|amts(verwaltung|leitung)"
    r"|rathaus|buergermeister(in)?"
    r"|hello|hallo|security|dev|devs|devops|devel|developers?|development"
    r"|entwicklung|software|code|source|oss|foss|ospo|public|publiccode"
    r"|assistenza|protocollo|urp|segreteria|zentrale|zentraler?|noreply|no|reply"
    r"|maintainers?|community|redaktion|innovation|city|labs?|hub|feedback|datenschutz"
    r")\d*",
    re.IGNORECASE,
)


def is_function_mailbox(address: str) -> bool:
    """Whether a mailbox belongs to a function, not to a person: every word of it must be one of a function.

    >>> is_function_mailbox("info@stadt.example")
    True
    >>> is_function_mailbox("erika.muster@stadt.example"), is_function_mailbox("georg.it@stadt.example")
    (False, False)
    """
    mailbox, _, host = address.partition("@")
    return bool(mailbox and host) and all(_FUNCTION.fullmatch(word) for word in re.split(r"[.+_-]+", mailbox))
