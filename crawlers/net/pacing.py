"""Rate limit, retry budget and circuit breaker for one host."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from crawlers.faults import CrawlError
from crawlers.net.shared_pace import SharedPace, Times

FAILURES = 5  # in a row, until the breaker opens
OPEN_SECONDS = (60.0, 3600.0)  # at first, at most
SECONDARY_SECONDS = 60.0  # a rate limit without a time; doubles each time
LONGEST_WAIT = 86_400.0
BACKOFF_SECONDS = 30.0
RETRY_SHARE = 0.1  # retries are at most this share of the requests ...
RETRY_RESERVE = 10.0  # ... above these
_MENTIONS_LIMIT = re.compile(rb"rate.?limit|abuse detection|too many requests", re.I)


class Host:
    """The state of one host: its next slot, the wait it has asked for, failures in a row, retries left.

    Thread-safe. Times are seconds of `clock`, which counts from the epoch and never jumps. The pace and the
    connection are `shared` with the other processes; failures and retries are this process's own.
    """

    def __init__(
        self,
        name: str,
        *,
        interval: float,
        burst: int,
        clock: Callable[[], float],
        random: Callable[[], float],
        shared: SharedPace | None = None,
    ) -> None:
        self.name = name
        self._shared = shared or SharedPace(name, clock=clock)
        self._interval = interval
        self._burst_seconds = interval * (burst - 1)
        self._clock = clock
        self._random = random
        self._lock = threading.Lock()
        self._limits_in_a_row = 0
        self._failures_in_a_row = 0
        self._open_until = 0.0  # the breaker
        self._probing = False  # the breaker is half open: one request is on its way
        self._retries_left = RETRY_RESERVE

    def connection(
        self, *, seconds: float, wait: Callable[[float], None]
    ) -> AbstractContextManager[int | None]:
        """Held while a request is on its way: one connection a host. As `SharedPace.connection`."""
        return self._shared.connection(seconds=seconds, wait=wait)

    def requested_wait(self) -> float:
        """Seconds for which the host has asked to wait; 0 if it has not."""
        with self._shared.times() as times:
            return max(times.limited_until - self._clock(), 0.0)

    def reserve_slot(self, slots: int = 1) -> float:
        """Take the next slots; seconds until the first comes. CrawlError "breaker" while that is open."""
        with self._lock:
            now = self._clock()
            if self._open_until and (now < self._open_until or self._probing):
                until = utc_minute(self._open_until)
                raise CrawlError("breaker", host=self.name, count=self._failures_in_a_row, until=until)
            self._probing = bool(self._open_until)
            self._retries_left = min(self._retries_left + RETRY_SHARE, RETRY_RESERVE)
        with self._shared.times() as times:
            pause = max(times.next_slot - self._burst_seconds - now, 0.0)
            times.next_slot = max(times.next_slot, now) + self._interval * slots
            return pause

    def record_answer(self, status: int, headers: Mapping[str, str], content: bytes) -> bool:
        """Note an answer. True if it only asks to wait: `requested_wait` then says how long."""
        with self._lock, self._shared.times() as times:
            self._probing = False
            now = self._clock()
            wait = wait_of_answer(status, headers, content, now=now)
            if status < 500 or wait is not None:
                self._failures_in_a_row = 0
                self._open_until = 0.0
            if wait is not None:
                if wait <= 0:
                    wait = SECONDARY_SECONDS * 2.0**self._limits_in_a_row
                _limit(times, wait, now=now)
                self._limits_in_a_row = min(self._limits_in_a_row + 1, 10)
                return True
            self._limits_in_a_row = 0
            if until_reset := _seconds_to_reset(headers, now=now):
                _limit(times, until_reset, now=now)
            return False

    def rate_limit(self, *, status: int = 0) -> CrawlError:
        """The error for a request that cannot wait as long as the host has asked for."""
        with self._shared.times() as times:
            until = times.limited_until
        return CrawlError(
            "rate-limit", host=self.name, until=utc_minute(until), status=status, retry_at=until
        )

    def record_failure(self) -> None:
        """Note that a request and its retries failed by the host's fault."""
        with self._lock:
            self._probing = False
            self._failures_in_a_row += 1
            if self._failures_in_a_row >= FAILURES:
                doublings = min(self._failures_in_a_row - FAILURES, 10)
                open_seconds: float = OPEN_SECONDS[0] * 2.0**doublings
                self._open_until = self._clock() + min(open_seconds, OPEN_SECONDS[1])

    def release_probe(self) -> None:
        """Note that a request ended in a way that says nothing about the host."""
        with self._lock:
            self._probing = False

    def backoff(self, attempt: int) -> float | None:
        """Seconds before try number `attempt` + 2, None if no retries are left.

        They are random up to a limit that doubles from one second ("full jitter").
        """
        with self._lock:
            if self._retries_left < 1.0:
                return None
            self._retries_left -= 1.0
            return self._random() * min(BACKOFF_SECONDS, 2.0**attempt)


def _limit(times: Times, seconds: float, *, now: float) -> None:
    times.limited_until = max(times.limited_until, now + min(seconds, LONGEST_WAIT))


def wait_of_answer(status: int, headers: Mapping[str, str], content: bytes, *, now: float) -> float | None:
    """The seconds that an answer asks to wait, in the forms that forges use.

    0 if it asks to wait but does not say how long, None if it does not ask.
    """
    if status not in (403, 429, 503):
        return None
    if (after := _retry_after(headers, now=now)) is not None:
        return after
    if status == 503:
        return None
    if (reset := _seconds_to_reset(headers, now=now)) is not None:
        return reset
    return 0.0 if status == 429 or _MENTIONS_LIMIT.search(content) else None


def _retry_after(headers: Mapping[str, str], *, now: float) -> float | None:
    value = headers.get("retry-after", "").strip()
    if re.fullmatch(r"[0-9]{1,9}", value):
        return float(value)
    if (date := _epoch(value)) is not None:
        return max(date - _server_time(headers, now=now), 0.0)
    return None


def _seconds_to_reset(headers: Mapping[str, str], *, now: float) -> float | None:
    """Seconds until a used-up limit is reset, None if requests remain; 0 if the header makes no sense.

    GitHub, Gitea and GitLab send the moment of the reset, in seconds since the epoch by the server's clock.
    """
    for prefix in ("x-ratelimit-", "ratelimit-"):
        remaining = headers.get(prefix + "remaining", "").strip()
        text = headers.get(prefix + "reset", "").strip()
        if remaining != "0" or not re.fullmatch(r"[0-9]{1,11}", text):
            continue
        reset = float(text)
        for clock in (_server_time(headers, now=now), now):
            if 0 < reset - clock <= LONGEST_WAIT:
                return reset - clock + 1.0  # whole seconds, rounded down
        # The drafts of the header without X- mean the seconds that are left.
        return reset if prefix == "ratelimit-" and 0 < reset <= 3600 else 0.0
    return None


def _server_time(headers: Mapping[str, str], *, now: float) -> float:
    return _epoch(headers.get("date", "")) or now


def _epoch(date: str) -> float | None:
    try:
        return parsedate_to_datetime(date).timestamp()
    except (ValueError, TypeError, OverflowError):
        return None


def utc_minute(epoch: float) -> str:
    """A moment as people read it, to the minute, in UTC."""
    return datetime.fromtimestamp(epoch, UTC).strftime("%Y-%m-%d %H:%M UTC")
