"""Licence texts: those of the packages that are installed here, whose own metadata says what they are."""

from __future__ import annotations

import random
import re
from importlib.metadata import Distribution, distributions
from pathlib import Path

import pytest

from vocabularies.formats.licence import MARKS, licence_of, parse
from vocabularies.values import kinds

ROOT = Path(__file__).parents[3]
# The texts of these do not say which versions are allowed; SPDX's old identifiers say just that.
_OPEN = {
    "LGPL-3.0-only": "LGPL-3.0",
    "LGPL-3.0-or-later": "LGPL-3.0",
    "GPL-3.0-or-later": "GPL-3.0",
    "AGPL-3.0-or-later": "AGPL-3.0",
}


def _texts() -> list[tuple[str, str, str]]:
    """(package, what its metadata says, text of its only licence file)."""
    found = []
    for package in distributions():
        said = str(package.metadata.get("License-Expression") or "")
        files = [file for file in _licence_files(package) if file.is_file()]
        if len(kinds.licences(said)) == 1 and len(files) == 1:
            found.append((str(package.metadata.get("Name")), said, files[0].read_text("utf-8", "replace")))
    return found


def _licence_files(package: Distribution) -> list[Path]:
    names = [
        file for file in package.files or () if re.match(r"(licen[sc]e|copying)", file.name, re.IGNORECASE)
    ]
    return [Path(str(name.locate())) for name in names if ".dist-info" in str(name)]


def test_no_installed_licence_is_mistaken_and_nearly_all_are_recognised() -> None:
    texts = _texts()
    assert len(texts) > 20
    answers = [(name, said, licence_of(text)) for name, said, text in texts]
    assert [answer for answer in answers if answer[2] not in ("", answer[1], _OPEN.get(answer[1]))] == []
    unknown = [answer for answer in answers if not answer[2]]
    assert len(unknown) <= len(answers) // 10, unknown


def test_our_own() -> None:
    for file in sorted((ROOT / "LICENSES").glob("*.txt")):
        answer = parse(file.read_bytes()).solution
        assert answer is not None
        assert answer.licence == file.stem


@pytest.mark.parametrize("licence", [marks.licence for marks in MARKS])
def test_every_identifier_is_one_of_spdx(licence: str) -> None:
    assert kinds.spdx(licence) == licence


def test_more_than_forty_licences_are_known() -> None:
    assert len({marks.licence for marks in MARKS}) == len(MARKS) > 40


def test_half_a_text_is_that_licence_or_unknown() -> None:
    """Cut anywhere and wrapped otherwise, a text never becomes another licence of another family."""
    chance = random.Random(7)
    for name, said, text in _texts()[:25]:
        at = chance.randrange(len(text))
        family = re.split(r"[-\d]", said)[0]
        for piece in (text[:at], text[at:], " ".join(text.split()), text.upper(), text.replace("\n", "\r\n")):
            answer = licence_of(piece)
            assert answer == "" or answer.startswith((family, "0BSD", "ISC")), (name, said, answer)
