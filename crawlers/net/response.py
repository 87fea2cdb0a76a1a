"""An answer of HTTP, read whole."""

from __future__ import annotations

from typing import Any

import msgspec

from crawlers.faults import CrawlError
from crawlers.net.address import shown


class Response(msgspec.Struct, frozen=True):
    """An answer read whole. `url` was requested, `final_url` answered; both as before `fetch_from`."""

    url: str
    final_url: str
    status: int
    headers: dict[str, str]
    content: bytes

    def json(self) -> Any:
        """The content as JSON values. CrawlError "not-json" if it is none."""
        try:
            return msgspec.json.decode(self.content)
        except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
            raise CrawlError("not-json", url=shown(self.url)) from error
