"""The one way out: HTTP requests to checked addresses, at a limited pace, with limits of time and size."""

from __future__ import annotations

import contextlib
import copy
import socket
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from random import random as real_random
from urllib.parse import urljoin

import requests

from crawlers.faults import CrawlError
from crawlers.net.address import shown, split
from crawlers.net.delivery import Delivery
from crawlers.net.guard import Guard, Lookup, Policy
from crawlers.net.message import DEADLINE, LIMIT, Message, without_secrets
from crawlers.net.meter import Meter
from crawlers.net.pauses import Pauses, monotonic_epoch
from crawlers.net.response import Response, successful
from crawlers.net.session import Adapter

__all__ = ["Http", "Policy", "Response"]

MOST_REDIRECTS = 3
_REDIRECTS = (301, 302, 303, 307, 308)


class Http:
    """All requests of a process. Thread-safe. `wait(seconds)` must advance `clock()` (epoch seconds).

    Processes that name the same folder as `shared` are one visitor to each host.
    """

    def __init__(
        self,
        policy: Policy,
        *,
        clock: Callable[[], float] = monotonic_epoch,
        wait: Callable[[float], None] | None = None,
        random: Callable[[], float] = real_random,
        lookup: Lookup = socket.getaddrinfo,
        shared: Path | None = None,
    ) -> None:
        self.policy = policy
        self.guard = Guard(policy, lookup=lookup)
        self.meter = Meter()
        self._pauses = Pauses()
        self._delivery = Delivery(
            policy,
            guard=self.guard,
            clock=clock,
            wait=wait or self._pauses,
            random=random,
            shared=shared,
        )

    def metered(self) -> Http:
        """The same way out, which counts its requests for itself as well: one for each run."""
        counted = copy.copy(self)
        counted.meter = Meter(self.meter)
        return counted

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

        `limit` is in bytes after decoding, `deadline` in seconds on the wire, pauses excluded; `anonymous`
        sends no token. `patience` replaces the policy's for this request: with 0 there is no second try and
        no waiting.
        """
        extra = dict(headers or {})
        if etag:
            extra["If-None-Match"] = etag
        message = Message(
            headers=extra, limit=limit, deadline=deadline, anonymous=anonymous, patience=patience
        )
        response = self._follow("GET", url, message=message, redirects=MOST_REDIRECTS)
        return successful(response, conditional=bool(etag))

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
        """Send `content`, a query without effect: it may be sent again, after a fault or a redirect."""
        message = Message(
            headers=headers or {}, content=content, limit=limit, deadline=deadline, anonymous=anonymous
        )
        most = MOST_REDIRECTS if redirects else 0
        return successful(self._follow("POST", url, message=message, redirects=most))

    def session(
        self, url: str, *, deadline: float | None = None, patience: float | None = None
    ) -> requests.Session:
        """A session for a library that needs one, with the same checks and limits. Tokens are added here.

        Its answers have any status, except that rate limits and faults of the server are CrawlErrors as
        everywhere.
        """
        self.guard.target(url)
        session = requests.Session()
        session.trust_env = False
        session.max_redirects = MOST_REDIRECTS
        for scheme in ("https://", "http://"):
            send = partial(self._send_of_session, deadline=deadline, patience=patience)
            session.mount(scheme, Adapter(send))
        return session

    def _send_of_session(
        self,
        request: requests.PreparedRequest,
        headers: dict[str, str],
        *,
        deadline: float | None,
        patience: float | None,
    ) -> Response:
        """The answer, redirects not followed but with the named address in `Location`."""
        body = request.body.encode() if isinstance(request.body, str) else request.body
        message = Message(
            headers=headers, content=body or None, deadline=deadline or DEADLINE, patience=patience
        )
        url = request.url or ""
        response = self._follow(request.method or "GET", url, message=message, redirects=None)
        if location := response.headers.get("location"):
            target = self.guard.target(url)
            substituted = target != response.final_url
            response.headers["location"] = self._redirect(target, location, substituted=substituted)
        return response

    def target(self, url: str) -> str:
        """The address that is fetched for `url`, after `fetch_from`."""
        return self.guard.target(url)

    def resolve(self, url: str) -> tuple[str, ...]:
        """The checked IP addresses of the host that `url` is fetched from."""
        return self.guard.resolve(self.guard.target(url))

    def count(self, *, requests: int, bytes: int) -> None:
        """Add what a child process has sent and received."""
        self.meter.add(requests=requests, bytes=bytes)

    def turn(self, url: str, *, requests: int) -> contextlib.AbstractContextManager[int | None]:
        """For a child process that sends so many requests to the host of `url`: its slots and its connection.

        The file whose lock is the connection, if other processes share it. CrawlError if the host asks to
        wait for longer than the policy's patience, or is left alone.
        """
        return self._delivery.turn(self.guard.target(url), requests=requests)

    def end_pauses(self) -> None:
        """The process ends: who waits for a host, and who would, gets Interrupted."""
        self._pauses.end()

    def close(self) -> None:
        """Close the connections that are kept open."""
        self._delivery.close()

    def _follow(self, method: str, url: str, *, message: Message, redirects: int | None) -> Response:
        """The answer after at most `redirects`, each checked as the first address is; None returns them."""
        named = str(self.guard.check(url))
        target = self.guard.target(url)
        substituted = named != target
        headers = self._headers(message, target=target)
        content = message.content
        seconds = message.deadline
        for remaining in range(redirects or 0, -1, -1):
            request = requests.Request(method, target, headers=headers, data=content).prepare()
            answer, spent = self._delivery.send(
                request,
                meter=self.meter,
                limit=message.limit,
                seconds=max(seconds, 0.001),
                patience=message.patience,
            )
            seconds -= spent
            location = answer.headers.get("location", "")
            if answer.status not in _REDIRECTS or not location or redirects is None:
                return Response(
                    url=url,
                    final_url=named,
                    status=answer.status,
                    headers=answer.headers,
                    content=answer.content,
                )
            if not remaining:
                break
            named = self._redirect(target, location, substituted=substituted)
            next_target = self.guard.target(named)
            self.guard.check_hop(target, next_target)
            if split(next_target).origin != split(target).origin:
                headers = without_secrets(headers)
            if answer.status == 303:
                method = "GET"
                content = None
            target = next_target
        raise CrawlError("redirects", url=shown(url), limit=redirects or 0)

    def _redirect(self, target: str, location: str, *, substituted: bool) -> str:
        """The named address to which a Location header leads from `target`.

        `substituted` says whether `target` is fetched instead of another address, by `fetch_from`.
        """
        with contextlib.suppress(UnicodeError):
            location = location.encode("latin-1").decode("utf-8")
        try:
            url = str(split(urljoin(target, location)))
        except ValueError as error:
            raise CrawlError("no-url", url=shown(location)) from error
        return self.guard.named_address(url) if substituted else url

    def _headers(self, message: Message, *, target: str) -> dict[str, str]:
        headers = {"User-Agent": self.policy.user_agent, "Accept-Encoding": "gzip", **message.headers}
        token = self.policy.tokens.get(split(target).authority)
        if token and not message.anonymous:
            headers.setdefault("Authorization", token)
        return headers

    @property
    def requests(self) -> int:
        """Requests sent so far."""
        return self.meter.requests

    @property
    def bytes(self) -> int:
        """Bytes sent and received so far, headers estimated."""
        return self.meter.bytes
