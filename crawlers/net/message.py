"""What is sent beside method and address, and the limits of what comes back."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

LIMIT = 5_000_000  # bytes of an answer
DEADLINE = 30.0  # seconds on the wire
_SECRET_HEADERS = ("authorization", "cookie")


class Message(msgspec.Struct, frozen=True, kw_only=True):
    """A request apart from method and address, and the limits of its answer; fields as in `Http.get`."""

    headers: Mapping[str, str]
    content: bytes | None = None
    limit: int = LIMIT
    deadline: float = DEADLINE
    anonymous: bool = False
    patience: float | None = None


def without_secrets(headers: Mapping[str, str]) -> dict[str, str]:
    """The headers that another host may see."""
    return {name: value for name, value in headers.items() if name.lower() not in _SECRET_HEADERS}
