"""Facts of a `Reading` that are yes or no: kept as text, as all facts are, and only where they are set.

Which there are: `Forge.facts` in vocabularies/formats/forges.py, and `ignore`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

SET = "true"


def is_set(facts: Mapping[str, Any], name: str) -> bool:
    """Whether this is said to be so; what is not said is not.

    >>> is_set({"fork": SET}, "fork"), is_set({"fork": "false"}, "fork"), is_set({}, "fork")
    (True, False, False)
    """
    return bool(facts.get(name) == SET)
