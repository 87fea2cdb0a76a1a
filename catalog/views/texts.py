"""Imprint, privacy and accessibility statement.

The operator's files of TEXTS_DIR, else templates of ours that say what is missing.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from markupsafe import Markup

from catalog.base.language import N_, Translator
from catalog.base.settings import Settings, resource
from catalog.operations.services import Services
from catalog.views import markdown

TITLES = {"imprint": N_("Imprint"), "privacy": N_("Privacy"), "accessibility": N_("Accessibility")}


class Text(NamedTuple):
    """A text as it is shown: safe HTML, its language, and whether it is the operator's own."""

    title: str
    body: Markup
    language: str
    own: bool


def shown(services: Services, name: str, words: Translator) -> Text:
    """The text of this name, for a reader of this language."""
    found, language, own = _text(services.settings, name, words.language)
    values = {
        "operator": services.settings.operator,
        "contact": services.settings.contact,
        "instance": services.settings.instance_name,
        "address": services.settings.base_url,
    }
    missing = f"**[{words.gettext('to be filled in by the operator')}]**"
    for key, value in values.items():
        found = found.replace("{" + key + "}", value or missing)
    return Text(
        title=words.gettext(TITLES[name]),
        body=markdown.html(services.sandbox, found, whole=True),
        language=language,
        own=own,
    )


def stamp(settings: Settings, name: str) -> str:
    """What changes when an operator's file of this name does: the time and size of each that is there."""
    stamps = []
    for file in _files(settings, name):
        try:
            found = file.stat()
        except OSError:
            continue
        stamps.append(f"{file.name} {found.st_mtime_ns} {found.st_size}")
    return "\n".join(stamps)


def _files(settings: Settings, name: str) -> list[Path]:
    """Where the operator's own words may stand, in the order of the site's languages."""
    if not settings.texts_dir:
        return []
    return [Path(settings.texts_dir) / f"{name}.{code}.md" for code in settings.languages]


def _text(settings: Settings, name: str, language: str) -> tuple[str, str, bool]:
    """(Markdown, its language, whether it is the operator's).

    Own words in another language beat our template.
    """
    if settings.texts_dir:
        for code in dict.fromkeys((language, *settings.languages)):
            file = Path(settings.texts_dir) / f"{name}.{code}.md"
            if file.is_file():
                return file.read_text("utf-8"), code, True
    return (resource("templates") / "texts" / f"{name}.{language}.md").read_text("utf-8"), language, False
