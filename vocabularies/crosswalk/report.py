"""The problems of one document, each at its place in the text."""

from __future__ import annotations

import re

from vocabularies import concepts
from vocabularies.problems import Problem
from vocabularies.syntax.documents import Document

MOST_GUESSES = 20
_BROKEN_OFF = frozenset(("syntax", "too-deep", "too-many"))  # problems after which nothing more was read


class Report:
    """Collects problems, beginning with those of the document's syntax.

    `whole` is False if the text of the document broke off.
    """

    def __init__(self, document: Document) -> None:
        self.problems: list[Problem] = list(document.problems)
        self.whole = not any(problem.code in _BROKEN_OFF for problem in document.problems)
        self._document = document
        self._noted: set[tuple[str, str]] = set()
        self._guesses = 0

    def note(self, code: str, path: str = "", **values: str) -> None:
        """Report a problem at a path.

        A value `guess` names the scheme in which the nearest code is looked for.
        """
        line, column = self._place(path)
        if "guess" in values:
            values["guess"] = self._guess(values["guess"], values["value"])
        texts = {name: str(value) for name, value in values.items()}  # a Scalar is no str to msgspec
        self.problems.append(Problem(code=code, path=path, line=line, column=column, values=texts))

    def note_once(self, code: str, path: str = "", **values: str) -> None:
        """Report a problem that several rows may meet."""
        if self._is_new(code, path):
            self.note(code, path, **values)

    def note_branch(self, code: str, path: str, **values: str) -> None:
        """Report a problem that all items of a list may have, once for all of them."""
        key = re.sub(r"\[\d+\]", "", path)
        if self._is_new(code, key):
            self.note(code, path, key=key or path, **values)

    def _is_new(self, code: str, path: str) -> bool:
        new = (code, path) not in self._noted
        self._noted.add((code, path))
        return new

    def _guess(self, scheme: str, word: str) -> str:
        """Did you mean? Comparing takes milliseconds, so only the first words of a file are worth it."""
        self._guesses += 1
        code = concepts.suggest(scheme, word) if self._guesses <= MOST_GUESSES else ""
        return f"‘{code}’?" if code else ""

    def _place(self, path: str) -> tuple[int, int]:
        """(line, column) of the path or of the nearest one above it; (0, 0) in a document without data."""
        while path and path not in self._document.marks:
            path = path[: max(path.rfind("."), path.rfind("["), 0)]
        return self._document.marks.get(path, (1, 1) if self._document.data is not None else (0, 0))
