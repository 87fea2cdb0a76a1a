"""Every sentence in the visitor's language: one gettext catalogue for pages, problems and crawl errors.

English is the message id; `translations/<language>/*.po` are read as one when first needed (no compiled files
to forget). A sentence takes its values by str.format and never fails on one that is missing: a half-filled
sentence is better than no page.
"""

from __future__ import annotations

import datetime as dt
import gettext
import io
import re
from collections.abc import Iterable, Mapping
from functools import cache, lru_cache
from pathlib import Path
from typing import Protocol

from babel import Locale
from babel.dates import format_date, format_datetime
from babel.lists import format_list
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import format_decimal

from catalog.base.sentences import EVERY
from catalog.base.settings import resource
from vocabularies.problems import PROBLEMS

LANGUAGES = ("de", "en")
_LOCALES = {"de": Locale("de", "DE"), "en": Locale("en", "GB")}  # British English: 22 November 2026
# Values of problems and crawl errors that are words of ours, so message ids of their own. All other values
# are foreign text.
WORDS = frozenset(("expected", "found", "instead", "reason"))
_RANGE = re.compile(r"([a-z]{1,8}|\*)(?:-[a-z0-9]{1,8})*(?:\s*;\s*q\s*=\s*(0(?:\.\d{0,3})?|1(?:\.0{0,3})?))?")


class _Values(dict[str, object]):
    def __missing__(self, key: str) -> str:
        return "?"


class Coded(Protocol):
    """What went wrong as a code and its values.

    A `Fault`, an error that holds one, a problem of a document.
    """

    @property
    def code(self) -> str: ...
    @property
    def values(self) -> Mapping[str, str]: ...


def N_(message: str) -> str:
    """Marks a message id that stands in a table and is translated when it is shown."""
    return message


def fill(sentence: str, values: Mapping[str, object]) -> str:
    """
    >>> fill("‘{name}’ was found {n} times.", {"name": "{n}"})
    '‘{n}’ was found ? times.'
    """
    try:
        return sentence.format_map(_Values(values))
    except (ValueError, IndexError, AttributeError):
        # A sentence with a stray brace; tests/catalog/base/test_language.py names it.
        return sentence


class Translator:
    """One language.

    Its methods are what templates call `_`, `ngettext`, `date`, `number`; safe to share among threads.
    """

    def __init__(self, language: str, messages: gettext.NullTranslations) -> None:
        self.language = language
        self.locale = _LOCALES[language]
        self._messages = messages

    def gettext(self, message: str, /, **values: object) -> str:
        """The sentence, filled.

        Without values its placeholders stay, for a caller who fills in markup after escaping.
        """
        sentence = self._messages.gettext(message) if message else ""
        return fill(sentence, values) if values else sentence

    def ngettext(self, singular: str, plural: str, n: int, /, **values: object) -> str:
        """The right of the two sentences; `{n}` in it is the number as this language writes it."""
        return fill(self._messages.ngettext(singular, plural, n), {"n": self.number(n), **values})

    def date(self, iso: str) -> str:
        """A date or moment of ISO 8601 as a day in words; a mere year, or what is no date, as it stands.

        >>> translator("de").date("2026-03-01T10:00:00.000Z"), translator("en").date("2026-03-01")
        ('1. März 2026', '1 March 2026')
        """
        try:
            day = dt.date.fromisoformat(iso[:10])
        except ValueError:
            return iso
        return format_date(day, "long", self.locale)

    def moment(self, iso: str) -> str:
        """A moment in UTC with hour and minute; what is none, as `date` gives it."""
        try:
            moment = dt.datetime.fromisoformat(iso)
        except ValueError:
            return self.date(iso)
        if "T" not in iso:
            return self.date(iso)
        moment = moment.astimezone(dt.UTC) if moment.tzinfo else moment
        day = format_date(moment, "long", self.locale)
        return f"{day}, {format_datetime(moment, 'HH:mm', locale=self.locale)} UTC"

    def number(self, number: float) -> str:
        """
        >>> translator("de").number(1234567.5), translator("en").number(1234)
        ('1.234.567,5', '1,234')
        """
        return _decimal(number, self.language)

    def join(self, words: Iterable[str], *, style: str = "standard") -> str:
        """A list in words: ‘a, b und c’; with style "or" ‘a, b oder c’."""
        return format_list(list(words), style=style, locale=self.locale)  # type: ignore[arg-type]


def load(folder: Path, language: str) -> Catalog:
    """All .po files of one language as one catalogue.

    Raises ValueError where a sentence is translated in two ways.
    """
    catalog = Catalog(locale=_LOCALES[language], fuzzy=False)
    for file in sorted((folder / language).glob("*.po")):
        with file.open("rb") as content:
            messages = read_po(content, locale=language, abort_invalid=True)
        for message in messages:
            if not message.id or message.fuzzy:
                continue
            known = catalog.get(message.id, message.context)
            if known and known.string != message.string:
                raise ValueError(f"{file.name} translates ‘{message.id}’ otherwise than a file before it.")
            catalog.add(
                message.id,
                message.string,
                context=message.context,
                locations=[(file.name, message.lineno or 0)],
            )
    return catalog


@lru_cache(maxsize=4_096, typed=True)
def _decimal(number: float, language: str) -> str:
    """A number as a language writes it, kept.

    A page of results has hundreds, and Babel takes 10 µs for each.
    """
    return format_decimal(number, locale=_LOCALES[language])


@cache
def translator(language: str) -> Translator:
    """The translator of one of LANGUAGES; another raises KeyError."""
    if language == "en":
        return Translator(language, gettext.NullTranslations())
    compiled = io.BytesIO()
    write_mo(compiled, load(resource("translations"), language))
    compiled.seek(0)
    return Translator(language, gettext.GNUTranslations(compiled))


def negotiate(header: str | None, default: str = "de") -> str:
    """The language an Accept-Language header (RFC 9110, 12.5.4) likes best.

    `default` where it names none of ours.

    >>> negotiate("fr, en-GB;q=0.8, de;q=0.3"), negotiate("*"), negotiate("nonsense;;")
    ('en', 'de', 'de')
    """
    return _negotiated((header or "")[:500], default)


@lru_cache(maxsize=1000)  # a few browsers say the same with every request
def _negotiated(header: str, default: str) -> str:
    liked: dict[str, float] = {}
    for part in header.lower().split(",")[:30]:
        match = _RANGE.fullmatch(part.strip())
        if match:
            language = default if match[1] == "*" else match[1]
            weight = float(match[2] or 1)
            liked.setdefault(language, weight)
    ours = [language for language in LANGUAGES if liked.get(language)]
    return max(ours, key=lambda language: (liked[language], language == default), default=default)


def problem(words: Translator, problem: Coded) -> tuple[str, str]:
    """(message, hint) of a `vocabularies.problems.Problem`; the hint may be empty."""
    rule = PROBLEMS[problem.code]
    values = _translated(words, problem.values)
    return fill(words.gettext(rule.message), values), fill(words.gettext(rule.hint), values).strip()


def sentence(words: Translator, fault: Coded) -> str:
    """The sentence of a `Fault` or of an error of that family, whichever room it comes from.

    >>> from catalog.base.errors import SettingError
    >>> error = SettingError("setting-unusable", name="A", expected="x or y or z", choices="x y z")
    >>> sentence(translator("de"), error)
    'A ist nicht brauchbar; erwartet wird: x, y oder z.'
    """
    values = _translated(words, fault.values)
    if "choices" in values:
        values["expected"] = words.join(values["choices"].split(), style="or")
    return fill(words.gettext(EVERY[fault.code]), values)


def _translated(words: Translator, values: Mapping[str, str]) -> dict[str, str]:
    return {key: words.gettext(value) if key in WORDS else value for key, value in values.items()}
