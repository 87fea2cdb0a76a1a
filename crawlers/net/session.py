"""Lends the guarded way out to libraries that insist on a requests session (PyGithub)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

import requests
from requests.adapters import BaseAdapter

_OURS = ("accept-encoding", "connection", "content-length", "host", "user-agent")


class Answered(Protocol):
    """What the adapter needs of an answer that was read whole."""

    @property
    def status(self) -> int: ...
    @property
    def headers(self) -> dict[str, str]: ...
    @property
    def content(self) -> bytes: ...


class Adapter(BaseAdapter):
    """Hands a session's requests to `send(request, headers)`. What the session says of proxies, time and TLS is not heard."""

    def __init__(self, send: Callable[[requests.PreparedRequest, dict[str, str]], Answered]) -> None:
        super().__init__()
        self._send = send

    def send(self, request: requests.PreparedRequest, *_: Any, **__: Any) -> requests.Response:
        answer = self._send(
            request, {name: value for name, value in request.headers.items() if name.lower() not in _OURS}
        )
        response = requests.Response()
        response.status_code, response.url, response.request = answer.status, request.url or "", request
        response.headers.update(
            {name: value for name, value in answer.headers.items() if name != "content-encoding"}
        )
        response.encoding = requests.utils.get_encoding_from_headers(response.headers)
        response._content, response._content_consumed = answer.content, True  # type: ignore[attr-defined]
        return response

    def close(self) -> None:
        """The connections are not the session's."""
