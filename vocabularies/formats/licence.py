"""A licence text: which licence it is, by phrases that only this one has, or by an SPDX-License-Identifier.

"Unknown" rather than a guess: a text with two licences, or with a condition added to one, gives none. The
text of the GPL does not say whether later versions are allowed, that is said where it is applied; so it gives
SPDX's old identifiers, `GPL-3.0`, which leave it open (and a metadata file, which ranks above, can say it).
"""

from __future__ import annotations

import re
import unicodedata
from typing import NamedTuple

from vocabularies import concepts
from vocabularies.crosswalk.rows import Reading
from vocabularies.syntax import documents
from vocabularies.terms import Solution
from vocabularies.values import kinds

_MAX_LENGTH = 150_000  # characters that are read
_TOP = 600  # characters in which a licence is named that must be named early
_MAX_NAME, _MAX_NOTICE = 200, 4_000  # characters of a file that only names its licence, and of a notice


class Marks(NamedTuple):
    """By what a licence is known: phrases in folded spelling (see `fold`), as regular expressions.

    `all` must stand in the text, none of `none` may, and `early` must stand at its top.
    """

    licence: str
    all: tuple[str, ...]
    none: tuple[str, ...] = ()
    early: str = ""


def _creative_commons(licence: str, name: str) -> Marks:
    """A Creative Commons licence of version 4.0."""
    return Marks(licence, (f"{name} 4.0 international",), early=f"{name} 4.0")


_MIT = "permission is hereby granted free of charge to any person obtaining a copy of this software"
_MIT_NOTICE = "this permission notice shall be included in all copies or substantial portions"
_ADVERTISING = "shall not be used in advertising"
_BSD = (
    "redistribution and use in source and binary forms with or without modification"
    " are permitted provided that"
)
_BSD_NAME = r"neither the names? of|may not be used to endorse|neither [\w ]{2,80} nor the names? of"
_BSD_RELATED = ("advertising materials", "apache software", "patent rights", "nuclear")
_APACHE_NOTICE = "this product includes software developed by the apache"
_FREE_OF_CHARGE = "distribute this software for any purpose with or without fee is hereby granted"
_ISC = rf"permission to use copy modify and( or)? {_FREE_OF_CHARGE} provided that"
_ISC_0 = rf"permission to use copy modify and or {_FREE_OF_CHARGE}\.? the software is provided"
_POSTGRESQL = (
    "permission to use copy modify and distribute this software and its documentation for any purpose"
    " without fee"
)
_GPL_3 = "gnu general public license version 3 29 june 2007"
_LGPL_3 = "gnu lesser general public license version 3 29 june 2007"
_CDDL = "common development and distribution license"
_EARLY_CDDL = "common development"
_CECILL = "cecill"
_CC_BY = "attribution 4.0 international"
_CC_BY_3 = "attribution 3.0 unported"
_CC_BY_SA_3 = "attribution sharealike 3.0 unported"

MARKS: tuple[Marks, ...] = (
    Marks("EUPL-1.2", ("eupl", "2007 2016"), early=r"eupl"),
    Marks("EUPL-1.1", ("eupl", "european community 2007"), early=r"v ?\. ?1\.1"),
    Marks("EUPL-1.0", ("eupl", "european community 2007"), early=r"v ?\. ?1\.0"),
    Marks("AGPL-3.0", ("gnu affero general public license version 3 19 november 2007",)),
    Marks("GPL-3.0", (_GPL_3,), none=(_LGPL_3,)),
    Marks("GPL-2.0", ("gnu general public license version 2 june 1991",)),
    Marks("GPL-1.0", ("gnu general public license version 1 february 1989",)),
    Marks("LGPL-3.0", (_LGPL_3,)),
    Marks("LGPL-2.1", ("gnu lesser general public license version 2.1 february 1999",)),
    Marks("LGPL-2.0", ("gnu library general public license version 2 june 1991",)),
    Marks("Apache-2.0", ("apache license version 2.0 january 2004",)),
    Marks("Apache-1.1", (_BSD, "apache software foundation", _APACHE_NOTICE)),
    Marks("MPL-2.0", ("mozilla public license version 2.0 1. definitions",)),
    Marks("MPL-1.1", ("mozilla public license version 1.1",), none=("mozilla public license version 2.0",)),
    Marks("EPL-2.0", ("eclipse public license v 2.0",), early="eclipse public license"),
    Marks("EPL-1.0", ("eclipse public license v 1.0",), early="eclipse public license"),
    Marks("CDDL-1.0", (_CDDL, "version 1.0"), none=("version 1.1",), early=_EARLY_CDDL),
    Marks("CDDL-1.1", (_CDDL, "version 1.1"), early=_EARLY_CDDL),
    Marks("MIT", (_MIT, _MIT_NOTICE), none=(_ADVERTISING, "university of illinois", "open font license")),
    Marks("X11", (_MIT, _MIT_NOTICE, _ADVERTISING, "x consortium")),
    Marks("MIT-0", (_MIT,), none=("permission notice", "conditions")),
    Marks("NCSA", (_MIT, "university of illinois ncsa open source license")),
    Marks("BSD-2-Clause", (_BSD,), none=(_BSD_NAME, *_BSD_RELATED, "servicemarks")),
    Marks("BSD-3-Clause", (_BSD, _BSD_NAME), none=_BSD_RELATED),
    Marks("BSD-4-Clause", (_BSD, _BSD_NAME, "advertising materials mentioning features")),
    Marks("ZPL-2.1", (_BSD, "servicemarks", "zope public license")),
    Marks("GFDL-1.3", ("gnu free documentation license version 1.3 3 november 2008",)),
    Marks("GFDL-1.2", ("gnu free documentation license version 1.2 november 2002",)),
    Marks("ISC", (_ISC,)),
    Marks("0BSD", (_ISC_0,)),
    Marks("Zlib", ("altered source versions must be plainly marked as such", "must not be misrepresented")),
    Marks("BSL-1.0", ("boost software license version 1.0",)),
    Marks("PostgreSQL", (_POSTGRESQL, "postgresql")),
    Marks("Python-2.0", ("python software foundation license version 2",)),
    Marks("Artistic-2.0", ("the artistic license 2.0",)),
    Marks("OSL-3.0", ("open software license", "licensed under the open software license version 3.0")),
    Marks("AFL-3.0", ("academic free license", "licensed under the academic free license version 3.0")),
    Marks("MS-PL", ("microsoft public license ms pl",), none=("microsoft reciprocal license",)),
    Marks("MS-RL", ("microsoft reciprocal license ms rl",)),
    Marks("CECILL-2.1", (_CECILL, r"version 2.1 (dated|du) 2013")),
    Marks("CECILL-2.0", (_CECILL, r"version 2.0 (dated|du) 2006")),
    Marks("CECILL-B", ("cecill b",), early="cecill b"),
    Marks("CECILL-C", ("cecill c",), early="cecill c"),
    Marks("Unlicense", ("this is free and unencumbered software released into the public domain",)),
    Marks("WTFPL", ("do what the fuck you want to public license",)),
    Marks("CC0-1.0", ("cc0 1.0 universal",)),
    Marks("CC-BY-4.0", (_CC_BY, "creative commons"), early=_CC_BY),
    _creative_commons("CC-BY-SA-4.0", "attribution sharealike"),
    _creative_commons("CC-BY-NC-4.0", "attribution noncommercial"),
    _creative_commons("CC-BY-ND-4.0", "attribution noderivatives"),
    _creative_commons("CC-BY-NC-SA-4.0", "attribution noncommercial sharealike"),
    _creative_commons("CC-BY-NC-ND-4.0", "attribution noncommercial noderivatives"),
    Marks("CC-BY-3.0", (_CC_BY_3,), early=_CC_BY_3),
    Marks("CC-BY-SA-3.0", (_CC_BY_SA_3,), early=_CC_BY_SA_3),
    Marks("OFL-1.1", ("sil open font license version 1.1",)),
    Marks("ODbL-1.0", ("open database license odbl", "database"), early="open database license"),
    Marks("DL-DE-BY-2.0", ("datenlizenz deutschland namensnennung version 2.0",)),
    Marks("DL-DE-ZERO-2.0", ("datenlizenz deutschland zero version 2.0",)),
    Marks("etalab-2.0", (r"(licence ouverte|open licence) 2.0",), early="2.0"),
    # Not free, and so worth knowing
    Marks("BUSL-1.1", ("business source license 1.1",)),
    Marks("SSPL-1.0", ("server side public license version 1",)),
    Marks("Elastic-2.0", ("elastic license 2.0",), early="elastic license"),
)

# Conditions that turn a free licence into another one: whoever adds them uses no licence of this list.
_ADDED = (
    "commons clause",
    "non commercial use only",
    "for non commercial purposes only",
    "nur zu nicht kommerziellen zwecken",
)
_GNU = re.compile(r"gnu (affero |lesser |library )?general public license")
_LATER = re.compile(
    r"version (\d(?:\.\d)?) of the license or at your option any later version"
    r"|version (\d(?:\.\d)?) or any later version"
)
_MPL_NOTICES = (
    "subject to the terms of the mozilla public license v. 2.0",
    "mozilla public license v 2.0",
)
_IDENTIFIER = re.compile(r"SPDX-License-Identifier:[ \t]*([^\r\n]{1,200})")


def parse(content: bytes) -> Reading:
    """A solution with nothing but its licence, or none."""
    expression = licence_of(documents.decoded(content)[:_MAX_LENGTH])
    return Reading(format="licence", solution=Solution(licence=expression) if expression else None)


def licence_of(text: str) -> str:
    """The SPDX identifier of the licence that a text is, "" if it is none or more than one.

    >>> licence_of("SPDX-License-Identifier: EUPL-1.2"), licence_of("All rights reserved.")
    ('EUPL-1.2', '')
    """
    folded = fold(text)
    if any(phrase in folded for phrase in _ADDED):
        return ""
    identifiers = {kinds.spdx(line.rstrip(" */#->").strip()) for line in _IDENTIFIER.findall(text)}
    if identifiers:
        return identifiers.pop() if len(identifiers) == 1 else ""
    if len(folded) < _MAX_NAME and len(text.strip().splitlines()) <= 3:
        return _named(text)
    licences = [marks.licence for marks in MARKS if _fits(marks, folded)]
    if not licences:
        return _notice(folded)
    return _applied(licences[0], folded) if len(licences) == 1 else ""


def fold(text: str) -> str:
    """A text as the phrases are written: small letters, digits, dots inside numbers, one blank between words.

    >>> fold("GNU GENERAL PUBLIC LICENSE\\n   Version 3, 29 June 2007")
    'gnu general public license version 3 29 june 2007'
    """
    text = unicodedata.normalize("NFKC", text).casefold().replace("ß", "ss").replace("licence", "license")
    text = re.sub(r"[^\w.]+|_", " ", text)
    text = re.sub(r"(?<!\d)\.(?!\d)|(?<=[a-z])\.", " ", text)
    return " ".join(re.sub(r"\.(?=\s|$)", "", text).split())


def _fits(marks: Marks, folded: str) -> bool:
    if not all(_stands_in(phrase, folded) for phrase in marks.all):
        return False
    if any(_stands_in(phrase, folded) for phrase in marks.none):
        return False
    return not marks.early or _stands_in(marks.early, folded[:_TOP])


def _stands_in(phrase: str, folded: str) -> bool:
    return re.search(phrase.replace("licence", "license"), folded) is not None


def _named(text: str) -> str:
    """A file that only names its licence."""
    for line in (text, *text.splitlines()):
        line = " ".join(line.split()).strip(" .#")
        expression = kinds.spdx(line) or (concepts.find("licence", line) if line else "")
        if expression:
            return expression
    return ""


def _applied(licence: str, folded: str) -> str:
    """Whether what stands before the text of a GPL says that later versions are allowed."""
    if not re.fullmatch(r"[AL]?GPL-\d\.\d", licence):
        return licence
    title = _GNU.search(folded)
    return f"{licence}-or-later" if title and _LATER.search(folded[: title.start()]) else licence


def _notice(folded: str) -> str:
    """A notice without the text it speaks of."""
    if "licensed under the apache license version 2.0" in folded:
        return "Apache-2.0"
    if any(phrase in folded for phrase in _MPL_NOTICES):
        return "MPL-2.0"
    if re.search(r"licensed under the eupl,? (v(ersion)? ?\.? ?)?1\.2", folded):
        return "EUPL-1.2"
    gnu = _GNU.search(folded)
    later = _LATER.search(folded)
    if not gnu or not later or len(folded) >= _MAX_NOTICE:
        return ""
    prefix = {"affero ": "A", "lesser ": "L", "library ": "L"}.get(gnu[1] or "", "")
    version = later[1] or later[2]
    if "." not in version:
        version += ".0"
    return kinds.spdx(f"{prefix}GPL-{version}-or-later")
