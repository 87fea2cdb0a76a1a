"""A requests adapter that sends through the guarded way out, for libraries that need a session (PyGithub)."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any, Protocol

import requests
from requests.adapters import BaseAdapter

_OWN_HEADERS = ("accept-encoding", "connection", "content-length", "host", "user-agent")


class WholeResponse(Protocol):
    """What the adapter needs of an answer that was read whole."""

    @property
    def status(self) -> int: ...
    @property
    def headers(self) -> dict[str, str]: ...
    @property
    def content(self) -> bytes: ...


class Adapter(BaseAdapter):
    """Hands requests to `send(request, headers)`; the session's proxies, timeouts and TLS are ignored."""

    def __init__(self, send: Callable[[requests.PreparedRequest, dict[str, str]], WholeResponse]) -> None:
        super().__init__()
        self._send = send

    def send(self, request: requests.PreparedRequest, *_: Any, **__: Any) -> requests.Response:
        headers = {name: value for name, value in request.headers.items() if name.lower() not in _OWN_HEADERS}
        answer = self._send(request, headers)
        response = requests.Response()
        response.status_code = answer.status
        response.url = request.url or ""
        response.request = request
        for name, value in answer.headers.items():
            if name != "content-encoding":  # the content is decoded already
                response.headers[name] = value
        response.encoding = requests.utils.get_encoding_from_headers(response.headers)
        response.raw = io.BytesIO(answer.content)
        return response

    def close(self) -> None:
        """The connections are not the session's."""
