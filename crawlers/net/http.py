"""The one way out: HTTP requests that are guarded, paced, capped and honest about who asks."""

from __future__ import annotations

import contextlib
import socket
import time
from collections.abc import Callable, Mapping
from functools import partial
from random import random as real_random
from typing import Any
from urllib.parse import urljoin

import msgspec
import requests

from crawlers.faults import CrawlError
from crawlers.net.address import shown, split
from crawlers.net.delivery import Delivery
from crawlers.net.guard import Guard, Lookup, Policy
from crawlers.net.session import Adapter

__all__ = ["Http", "Policy", "Response"]

LIMIT = 5_000_000
DEADLINE = 30.0
HOPS = 3
_REDIRECTS = (301, 302, 303, 307, 308)
_SECRETS = ("authorization", "cookie")
_STATUS = {404: "not-found", 410: "gone"}
_STARTED = time.time() - time.monotonic()


def steady() -> float:
    """Seconds since the epoch that never jump, whatever happens to the machine's clock after the start."""
    return _STARTED + time.monotonic()


class Response(msgspec.Struct, frozen=True):
    """An answer read whole. `url` is what was named, `final_url` what answered after redirects, both before `fetch_from`."""

    url: str
    final_url: str
    status: int
    headers: dict[str, str]
    content: bytes

    def json(self) -> Any:
        """The content as JSON values; CrawlError "not-json" if it is none."""
        try:
            return msgspec.json.decode(self.content)
        except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
            raise CrawlError("not-json", url=shown(self.url)) from error


class _Call(msgspec.Struct, frozen=True, kw_only=True):
    headers: Mapping[str, str]
    content: bytes | None = None
    limit: int = LIMIT
    deadline: float = DEADLINE
    anonymous: bool = False
    patience: float | None = None


class Http:
    """All requests of a process. Thread-safe. `wait(seconds)` must let `clock()` (seconds since the epoch) pass."""

    def __init__(
        self,
        policy: Policy,
        *,
        clock: Callable[[], float] = steady,
        wait: Callable[[float], None] = time.sleep,
        random: Callable[[], float] = real_random,
        lookup: Lookup = socket.getaddrinfo,
    ) -> None:
        self.policy = policy
        self.guard = Guard(policy, lookup=lookup)
        self._delivery = Delivery(policy, guard=self.guard, clock=clock, wait=wait, random=random)

    def get(
        self,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        limit: int = LIMIT,
        deadline: float = DEADLINE,
        etag: str = "",
        anonymous: bool = False,
        patience: float | None = None,
    ) -> Response:
        """Fetch `url`: an answer with status 2xx, or 304 if `etag` was given; anything else is a CrawlError.

        `limit` is in bytes after decoding, `deadline` in seconds on the wire (pauses excluded); `anonymous` sends no token.
        `patience` is for this request what the policy's is for all: with 0 there is no second try and no waiting.
        """
        extra = {**(headers or {}), **({"If-None-Match": etag} if etag else {})}
        call = _Call(headers=extra, limit=limit, deadline=deadline, anonymous=anonymous, patience=patience)
        return _judged(self._follow("GET", url, call=call), conditional=bool(etag))

    def post(
        self,
        url: str,
        *,
        content: bytes,
        headers: Mapping[str, str] | None = None,
        limit: int = LIMIT,
        deadline: float = DEADLINE,
        redirects: bool = False,
        anonymous: bool = False,
    ) -> Response:
        """Send `content`, which must be a question: it may be sent again, after a fault or to where a redirect leads."""
        call = _Call(
            headers=headers or {}, content=content, limit=limit, deadline=deadline, anonymous=anonymous
        )
        return _judged(self._follow("POST", url, call=call, hops=HOPS if redirects else 0))

    def session(
        self, url: str, *, deadline: float | None = None, patience: float | None = None
    ) -> requests.Session:
        """A session for a library that wants one, with the same checks and caps; tokens are added here.

        Its answers come as they are, except that rate limits and faults of the server are CrawlErrors as everywhere.
        """
        self.guard.target(url)
        session = requests.Session()
        session.trust_env = False
        session.max_redirects = HOPS
        for scheme in ("https://", "http://"):
            session.mount(scheme, Adapter(partial(self._raw, deadline=deadline, patience=patience)))
        return session

    def _raw(
        self,
        request: requests.PreparedRequest,
        headers: dict[str, str],
        *,
        deadline: float | None,
        patience: float | None,
    ) -> Response:
        """The answer as it came, a redirect's Location put back to what is named."""
        body = request.body.encode() if isinstance(request.body, str) else request.body
        call = _Call(
            headers=headers,
            content=body or None,
            limit=LIMIT,
            deadline=deadline or DEADLINE,
            patience=patience,
        )
        url = request.url or ""
        response = self._follow(request.method or "GET", url, call=call, hops=None)
        if location := response.headers.get("location"):
            target = self.guard.target(url)
            located = self.located(target, location, elsewhere=target != response.final_url)
            response.headers["location"] = located
        return response

    def target(self, url: str) -> str:
        """Where `url` is really fetched, after `fetch_from`."""
        return self.guard.target(url)

    def resolve(self, url: str) -> tuple[str, ...]:
        """The checked IP addresses of the host that `url` is fetched from."""
        return self.guard.resolve(self.guard.target(url))

    def count(self, *, requests: int, bytes: int) -> None:
        """Add what a child process has sent and received."""
        self._delivery.count(requests=requests, bytes=bytes)

    def close(self) -> None:
        """Close the connections that are kept open."""
        self._delivery.close()

    def _follow(self, method: str, url: str, *, call: _Call, hops: int | None = HOPS) -> Response:
        """The answer after at most `hops` redirects, each judged like the first address; None gives redirects back."""
        named, target = str(self.guard.check(url)), self.guard.target(url)
        elsewhere = named != target
        headers, content, left = self._headers(call, target=target), call.content, call.deadline
        for remaining in range(hops or 0, -1, -1):
            request = requests.Request(method, target, headers=headers, data=content).prepare()
            answer, spent = self._delivery.answer(
                request, limit=call.limit, seconds=max(left, 0.001), patience=call.patience
            )
            left -= spent
            location = answer.headers.get("location", "")
            if answer.status not in _REDIRECTS or not location or hops is None:
                return Response(
                    url=url,
                    final_url=named,
                    status=answer.status,
                    headers=answer.headers,
                    content=answer.content,
                )
            if not remaining:
                break
            named = self.located(target, location, elsewhere=elsewhere)
            following = self.guard.target(named)
            self.guard.check_hop(target, following)
            if split(following).origin != split(target).origin:
                headers = {name: value for name, value in headers.items() if name.lower() not in _SECRETS}
            if answer.status == 303:
                method, content = "GET", None
            target = following
        raise CrawlError("redirects", url=shown(url), limit=hops or 0)

    def located(self, target: str, location: str, *, elsewhere: bool) -> str:
        """The name of the place that a Location header leads to from `target`; `elsewhere` if `target` stands for a name."""
        with contextlib.suppress(UnicodeError):
            location = location.encode("latin-1").decode("utf-8")
        try:
            url = str(split(urljoin(target, location)))
        except ValueError as error:
            raise CrawlError("no-url", url=shown(location)) from error
        return self.guard.named(url) if elsewhere else url

    def _headers(self, call: _Call, *, target: str) -> dict[str, str]:
        headers = {"User-Agent": self.policy.user_agent, "Accept-Encoding": "gzip", **call.headers}
        token = self.policy.tokens.get(split(target).authority)
        if token and not call.anonymous:
            headers.setdefault("Authorization", token)
        return headers

    @property
    def requests(self) -> int:
        """Requests sent so far."""
        return self._delivery.requests

    @property
    def bytes(self) -> int:
        """Bytes sent and received so far, headers estimated."""
        return self._delivery.bytes


def _judged(response: Response, *, conditional: bool = False) -> Response:
    if 200 <= response.status < 300 or (conditional and response.status == 304):
        return response
    code = _STATUS.get(response.status, "refused")
    host = split(response.final_url).host
    raise CrawlError(code, url=shown(response.url), host=host, status=response.status)
