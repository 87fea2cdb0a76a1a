"""Brings one request to one host and its answer back: paced, waited for where asked, tried again after a fault."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import requests

from crawlers.faults import CrawlError
from crawlers.net.guard import Guard, Policy
from crawlers.net.pacing import Host
from crawlers.net.transport import Answer, Transport

_AGAIN = {"unreachable", "truncated", "server-error"}  # may be over in a moment
_FAULTS = {*_AGAIN, "timeout", "tls", "unknown-host"}  # count for the breaker


class Delivery:
    """Thread-safe; one request at a time for each host. `requests` and `bytes` (both ways, headers estimated) are totals."""

    def __init__(
        self,
        policy: Policy,
        *,
        guard: Guard,
        clock: Callable[[], float],
        wait: Callable[[float], None],
        random: Callable[[], float],
    ) -> None:
        self._policy, self._guard = policy, guard
        self._clock, self._wait, self._random = clock, wait, random
        self._lock = threading.Lock()
        self._hosts: dict[str, Host] = {}
        self._transports: dict[str, Transport] = {}
        self.requests = 0
        self.bytes = 0

    def answer(
        self, request: requests.PreparedRequest, *, limit: int, seconds: float, patience: float | None = None
    ) -> tuple[Answer, float]:
        """An answer that is neither the wish to wait nor a fault of the host, and the seconds spent on the wire."""
        host, transport = self._ways(request.url or "")
        patience, spent = self._policy.patience if patience is None else patience, 0.0
        for attempt in range(self._policy.retries + 1):
            patience -= self._admitted(host, patience=patience)
            last = attempt == self._policy.retries
            error, seen = None, None
            with host.line:
                began = time.monotonic()
                try:
                    seen = self._sent(transport, request, limit=limit, seconds=seconds - spent)
                except CrawlError as caught:
                    error = caught
                finally:
                    spent += time.monotonic() - began
                    if seen is None and error is None:
                        host.released()
            if seen is not None and host.heard(seen.status, seen.headers, seen.content):
                if last:
                    raise host.rate_limit(status=seen.status)
                continue
            if seen is not None and seen.status < 500:
                return seen, spent
            if seen is not None:
                error = CrawlError("server-error", host=host.name, status=seen.status)
            assert error is not None
            pause = None if last or spent >= seconds or error.code not in _AGAIN else host.backoff(attempt)
            if pause is None or pause > patience:
                (host.failed if error.code in _FAULTS else host.released)()
                raise error
            self._wait(pause)
            patience -= pause
        raise AssertionError("the last attempt returns or raises")

    def count(self, *, requests: int = 0, bytes: int = 0) -> None:
        """Add to the totals."""
        with self._lock:
            self.requests += requests
            self.bytes += bytes

    def close(self) -> None:
        """Close the connections that are kept open."""
        with self._lock:
            for transport in self._transports.values():
                transport.close()

    def _admitted(self, host: Host, *, patience: float) -> float:
        """Wait for a place in the row, and as long as the host has asked for: that costs patience and is returned."""
        waited = self._held_back(host, patience=patience)
        if pause := host.admit():
            self._wait(pause)
        try:
            return waited + self._held_back(host, patience=patience - waited)
        except CrawlError:
            host.released()
            raise

    def _held_back(self, host: Host, *, patience: float) -> float:
        waited = 0.0
        while pause := host.asked():
            if pause > patience - waited:
                raise host.rate_limit()
            self._wait(pause)
            waited += pause
        return waited

    def _sent(
        self, transport: Transport, request: requests.PreparedRequest, *, limit: int, seconds: float
    ) -> Answer:
        headers = sum(len(name) + len(value) + 4 for name, value in request.headers.items())
        line = len(
            f"{request.method} {request.url} HTTP/1.1\r\nHost: \r\n\r\n"
        )  # the host stands in the address or in its line
        self.count(requests=1, bytes=line + headers + len(request.body or b""))
        answer = transport.exchange(request, limit=limit, seconds=seconds)
        self.count(bytes=answer.received)
        return answer

    def _ways(self, target: str) -> tuple[Host, Transport]:
        """What is known of the host, and its transport. Listed private hosts have one of their own."""
        address = self._guard.check(target)
        key = address.origin if self._guard.is_private(address) else ""
        with self._lock:
            if address.origin not in self._hosts:
                rate = self._policy.requests_per_second
                self._hosts[address.origin] = Host(
                    address.host,
                    interval=1 / rate if rate else 0.0,
                    burst=self._policy.burst,
                    clock=self._clock,
                    random=self._random,
                )
            if key not in self._transports:
                rules = self._guard.rules(address)
                self._transports[key] = Transport(
                    rules, guard=self._guard, certificates=self._policy.certificates
                )
            return self._hosts[address.origin], self._transports[key]
