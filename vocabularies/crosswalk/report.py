"""The problems of one document, each at its place in the text."""

from __future__ import annotations

import re

import msgspec

from vocabularies import concepts
from vocabularies.problems import PROBLEMS, Problem
from vocabularies.syntax.documents import Document, Mark
from vocabularies.syntax.places import Extent

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
        if "guess" in values:
            values["guess"] = self._guess(values["guess"], values["value"])
        texts = {name: str(value) for name, value in values.items()}  # a Scalar is no str to msgspec
        self.problems.append(self._placed(Problem(code=code, path=path, values=texts)))

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

    def _placed(self, problem: Problem) -> Problem:
        """With the place of its path, or of the nearest one above it: the key if there is one."""
        path = problem.path
        while path and path not in self._document.marks:
            path = path[: max(path.rfind("."), path.rfind("["), 0)]
        mark = self._document.marks.get(path)
        if mark is None or not path:  # the document itself
            known = int(self._document.data is not None)
            return msgspec.structs.replace(problem, line=known, column=known)
        lines = self._document.lines
        line, column = lines.position((mark.key or mark.value)[0])
        span = lines.span(_extent(problem, mark, exact=path == problem.path))
        return msgspec.structs.replace(problem, line=line, column=column, span=span)


def _extent(problem: Problem, mark: Mark, *, exact: bool) -> Extent:
    """What a problem is about; without a mark of its own, it is about what is missing below a key."""
    if mark.key and (PROBLEMS[problem.code].of_key or not exact):
        return mark.key
    return mark.value
