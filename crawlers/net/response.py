"""An answer of HTTP, read whole."""

from __future__ import annotations

from typing import Any

import msgspec

from crawlers.faults import CrawlError
from crawlers.net.address import shown, split

_CODES = {404: "not-found", 410: "gone"}


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


def successful(response: Response, *, conditional: bool = False) -> Response:
    """The response if it is a success, or a 304 to a conditional request; else its CrawlError."""
    if 200 <= response.status < 300 or (conditional and response.status == 304):
        return response
    code = _CODES.get(response.status, "refused")
    host = split(response.final_url).host
    raise CrawlError(code, url=shown(response.url), host=host, status=response.status)
