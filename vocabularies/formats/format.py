"""A format as one row.

What it is called, what counts more, which files are of it, how it is read and written.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from vocabularies.crosswalk.rows import Reading, Row
from vocabularies.terms import Solution

LAST = 99  # the rank of what nobody knows


class Format(NamedTuple):
    """One kind of document about a solution.

    `name` is the key under which records are stored; it never changes.

    `label` is what people call it, in English ("" for the name of its file; a forge's record is called as the
    forge). `rank`: in a merge the lowest counts most, below 1 before everything else. `metadata`: somebody
    describes the software in it, and so it makes an entry; other documents only fill gaps. `by_operator`:
    whoever runs this instance says it, not the repository. `original_key`: the key that names the repository
    which the software is from, so that a file that names another one may be in a copy; "" if none does.

    What of a row decides how a text is read stands in vocabularies/reading.py.
    """

    name: str
    rank: int
    label: str = ""
    metadata: bool = False
    by_operator: bool = False
    original_key: str = ""
    # How it is read; None for what comes as no document.
    parse: Callable[[bytes], Reading] | None = None
    # The files in a repository's root that are of it: called as `names` has it, or as the regular expression
    # `pattern` does, whatever the case. Of several at most `most` are read (0: all), those first that
    # `preferred` names (in lower case), then the shorter ones.
    names: tuple[str, ...] = ()
    pattern: str = ""
    preferred: tuple[str, ...] = ()
    most: int = 0
    # Endings by which `allmende check` takes a file with another name for one of it.
    suffixes: tuple[str, ...] = ()
    # How a solution is written as such a file, the same bytes for the same solution, and that file's media
    # type.
    write: Callable[[Solution], bytes] | None = None
    media_type: str = ""
    # Its table, for docs/mapping.md.
    rows: tuple[Row, ...] = ()

    @property
    def file_name(self) -> str:
        """What its files should be called, "" for what comes as no file of one name."""
        return next(iter(self.names), "")

    @property
    def title(self) -> str:
        """What it is called: a message id, if `label` says anything."""
        return self.label or self.file_name or self.name

    @property
    def public(self) -> bool:
        """Whether its text may be shown: its publisher wrote it for the public.

        A forge's answer may name persons.
        """
        return self.metadata and not self.by_operator
