"""Sends requests: one at a time for each host, after the wait that it asks for, again after a fault."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import requests

from crawlers.faults import CrawlError
from crawlers.net.address import Address
from crawlers.net.guard import Guard, Policy
from crawlers.net.meter import Meter
from crawlers.net.pacing import Host
from crawlers.net.shared_pace import SharedPace
from crawlers.net.transport import Answer, Transport

_RETRIED = {"unreachable", "truncated", "server-error"}  # may be over in a moment
# Seconds for the connection: a visitor is told to come back, a crawl waits for a clone of another process.
_VISITORS_TURN, _CRAWLS_TURN = 10.0, 120.0
_HOST_FAULTS = {*_RETRIED, "timeout", "tls", "unknown-host"}  # count for the breaker


class _Turn(NamedTuple):
    """Seconds waited as the host asked, and the lock of its connection."""

    waited: float
    file: int | None


class Delivery:
    """Thread-safe; one request at a time for each host."""

    def __init__(
        self,
        policy: Policy,
        *,
        guard: Guard,
        clock: Callable[[], float],
        wait: Callable[[float], None],
        random: Callable[[], float],
        shared: Path | None = None,
    ) -> None:
        self._policy = policy
        self._guard = guard
        self._clock = clock
        self._wait = wait
        self._random = random
        self._shared = shared
        self._lock = threading.Lock()
        self._hosts: dict[str, Host] = {}
        self._transports: dict[str, Transport] = {}

    def send(
        self,
        request: requests.PreparedRequest,
        *,
        meter: Meter,
        limit: int,
        seconds: float,
        patience: float | None = None,
    ) -> tuple[Answer, float]:
        """The answer, and the seconds spent on the wire.

        `meter` counts the bytes of both directions, headers estimated.

        CrawlError if the host is at fault or asks to wait for longer than `patience`, the policy's if None.
        """
        host, transport = self._connection(request.url or "")
        seconds_for_turn = _CRAWLS_TURN if patience is None else _VISITORS_TURN
        if patience is None:
            patience = self._policy.patience
        spent = 0.0
        for attempt in range(self._policy.retries + 1):
            last = attempt == self._policy.retries
            with self._turn(host, patience=patience, seconds=seconds_for_turn) as turn:
                patience -= turn.waited
                began = time.monotonic()
                try:
                    answer = self._exchange(
                        transport, request, meter=meter, limit=limit, seconds=seconds - spent
                    )
                except CrawlError as caught:
                    error = caught
                else:
                    if host.record_answer(answer.status, answer.headers, answer.content):
                        if last:
                            raise host.rate_limit(status=answer.status)
                        continue
                    if answer.status < 500:
                        return answer, spent + time.monotonic() - began
                    error = CrawlError("server-error", host=host.name, status=answer.status)
                finally:
                    spent += time.monotonic() - began
            retried = not last and spent < seconds and error.code in _RETRIED
            pause = host.backoff(attempt) if retried else None
            if pause is None or pause > patience:
                _record(error, host)
                raise error
            self._wait(pause)
            patience -= pause
        raise AssertionError("the last attempt returns or raises")

    def close(self) -> None:
        """Close the connections that are kept open."""
        with self._lock:
            for transport in self._transports.values():
                transport.close()

    @contextlib.contextmanager
    def turn(self, target: str, *, requests: int) -> Iterator[int | None]:
        """The one connection of a host, for a program of its own that sends this many requests."""
        host, _ = self._connection(target)
        with self._turn(host, patience=self._policy.patience, seconds=_CRAWLS_TURN, slots=requests) as turn:
            yield turn.file

    @contextlib.contextmanager
    def _turn(self, host: Host, *, patience: float, seconds: float, slots: int = 1) -> Iterator[_Turn]:
        """The host's one connection, when its slot has come and it does not ask to wait.

        Interrupted if others have the connection for so many seconds. What is not recorded until the turn
        ends says nothing of the host.
        """
        waited = self._wait_as_requested(host, patience=patience)
        with host.connection(seconds=seconds, wait=self._wait) as file:
            pause = host.reserve_slot(slots)
            try:
                if pause:
                    self._wait(pause)
                waited += self._wait_as_requested(host, patience=patience - waited)
                yield _Turn(waited, file)
            finally:
                host.release_probe()

    def _wait_as_requested(self, host: Host, *, patience: float) -> float:
        waited = 0.0
        while pause := host.requested_wait():
            if pause > patience - waited:
                raise host.rate_limit()
            self._wait(pause)
            waited += pause
        return waited

    def _exchange(
        self,
        transport: Transport,
        request: requests.PreparedRequest,
        *,
        meter: Meter,
        limit: int,
        seconds: float,
    ) -> Answer:
        # The host stands in the address here, and in a line of its own on the wire.
        first_lines = f"{request.method} {request.url} HTTP/1.1\r\nHost: \r\n\r\n"
        headers = sum(len(name) + len(value) + 4 for name, value in request.headers.items())
        meter.add(requests=1, bytes=len(first_lines) + headers + len(request.body or b""))
        answer = transport.exchange(request, limit=limit, seconds=seconds)
        meter.add(bytes=answer.received)
        return answer

    def _connection(self, target: str) -> tuple[Host, Transport]:
        """The host of `target` and its transport. Each listed private host has a transport of its own."""
        address = self._guard.check(target)
        key = address.origin if self._guard.is_private(address) else ""
        with self._lock:
            if address.origin not in self._hosts:
                self._hosts[address.origin] = self._new_host(address)
            if key not in self._transports:
                self._transports[key] = Transport(
                    self._guard.rules(address), guard=self._guard, certificates=self._policy.certificates
                )
            return self._hosts[address.origin], self._transports[key]

    def _new_host(self, address: Address) -> Host:
        rate = self._policy.requests_per_second
        return Host(
            address.host,
            interval=1 / rate if rate else 0.0,
            burst=self._policy.burst,
            clock=self._clock,
            random=self._random,
            shared=SharedPace(address.origin, folder=self._shared, clock=self._clock),
        )


def _record(error: CrawlError, host: Host) -> None:
    """Note the end of a request that failed."""
    if error.code in _HOST_FAULTS:
        host.record_failure()
    else:
        host.release_probe()
