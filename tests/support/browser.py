"""A visitor of the site, in process.

Flask's test client that keeps cookies, sends the token of the last form and says where it came from.
"""

from __future__ import annotations

import html
import re
from typing import Any

from flask import Flask
from werkzeug.test import TestResponse

BASE = "https://allmende.example.org"


class Browser:
    """`get` and `post` as a browser does them; `post(..., token=False)` as another site's form does."""

    def __init__(self, app: Flask, *, address: str = "192.0.2.1") -> None:
        self.client = app.test_client()
        self.address = address
        self._token = ""

    def get(self, path: str, **given: Any) -> TestResponse:
        return self._open("GET", path, **given)

    def post(
        self, path: str, data: dict[str, str] | None = None, *, token: bool = True, **given: Any
    ) -> TestResponse:
        form = dict(data or {})
        if token:
            form["csrf_token"] = self.token()
        return self._open("POST", path, data=form, headers={"Referer": BASE + "/"}, **given)

    def token(self) -> str:
        """The session's token for forms, as a page shows it."""
        self._token = self._token or self._shown()
        return self._token

    def _shown(self) -> str:
        found = re.search(r'name="csrf_token" value="([^"]+)"', self.get("/register").text)
        assert found
        return found[1]

    def open(self, method: str, path: str) -> TestResponse:
        return self._open(method, path, headers={"Referer": BASE + "/"})

    def sign_in(
        self, name: str = "anna", password: str = "correct horse battery", **data: str
    ) -> TestResponse:
        answer = self.post("/sign-in", {"name": name, "password": password, **data})
        self._token = ""  # the session begins anew
        return answer

    def _open(self, method: str, path: str, **given: Any) -> TestResponse:
        return self.client.open(
            path, method=method, base_url=BASE, environ_base={"REMOTE_ADDR": self.address}, **given
        )


def words(response: TestResponse) -> str:
    """What a page says, without its markup."""
    body = re.sub(r"(?s)<head>.*?</head>|<(script|style).*?</\1>", " ", response.text)
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", body)).split())


def fault(response: TestResponse) -> str:
    """The sentence beside a field."""
    found = re.search(r'<p class="fault"[^>]*>(.*?)</p>', response.text, re.S)
    return html.unescape(found[1]) if found else ""
