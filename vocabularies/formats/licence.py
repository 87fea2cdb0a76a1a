"""A licence text: which licence it is, or nothing."""

from __future__ import annotations

import re

from vocabularies import kinds
from vocabularies.crosswalk import Reading
from vocabularies.terms import Solution


def parse(content: bytes) -> Reading:
    """The licence an SPDX-License-Identifier line names."""
    found = re.search(r"SPDX-License-Identifier:[ \t]*([^\r\n*]+)", content[:200_000].decode("utf-8", "replace"))
    expression = kinds.spdx(found[1].strip()) if found else ""
    return Reading(format="licence", solution=Solution(licence=expression) if expression else None)
