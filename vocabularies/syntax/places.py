"""Places in a text: offsets, and the lines and columns they stand for.

The text is the decoded one, without a byte order mark, as it came: not normalised, line breaks as they stand.
An offset is a number of characters (code points) before a place; lines and columns count from 1, and a column
counts characters too. A span ends behind its last character. Lines end as in an editor: with LF, CR or CR LF.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from functools import cached_property

import msgspec

# Two offsets: of the first character, and behind the last.
Extent = tuple[int, int]
_BREAK = re.compile(r"\r\n?|\n")


class Span(msgspec.Struct, frozen=True, array_like=True):
    """Where a key or a value begins and ends."""

    line: int
    column: int
    offset: int
    end_line: int
    end_column: int
    end_offset: int


class Lines:
    """A text whose offsets can be told as lines and columns."""

    def __init__(self, text: str) -> None:
        self.text = text

    def position(self, offset: int) -> tuple[int, int]:
        """(line, column) of an offset.

        >>> Lines("a\\r\\nbc").position(4)
        (2, 2)
        """
        line = bisect_right(self._starts, offset)
        return line, offset - self._starts[line - 1] + 1

    def span(self, extent: Extent) -> Span:
        """The span between two offsets."""
        start, end = extent
        line, column = self.position(start)
        end_line, end_column = self.position(end)
        return Span(line, column, start, end_line=end_line, end_column=end_column, end_offset=end)

    @cached_property
    def _starts(self) -> list[int]:
        """The offset at which each line begins."""
        return [0, *(match.end() for match in _BREAK.finditer(self.text))]
