"""The manners towards one host: a steady pace, waiting when asked to, trying again rarely, leaving alone what is broken."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from crawlers.faults import CrawlError

FAILURES = 5  # in a row, until the breaker opens
OPEN_SECONDS = (60.0, 3600.0)  # at first, at most
SECONDARY_SECONDS = 60.0  # a rate limit without a time; doubles each time
LONGEST_WAIT = 86_400.0
BACKOFF_SECONDS = 30.0
RETRY_SHARE = 0.1  # retries are at most this share of the requests ...
RETRY_RESERVE = 10.0  # ... above these
_SAYS_LIMIT = re.compile(rb"rate.?limit|abuse detection|too many requests", re.I)


class Host:
    """What is known of one host. Thread-safe; times are seconds of `clock`, which counts from the epoch and never jumps."""

    def __init__(
        self,
        name: str,
        *,
        interval: float,
        burst: int,
        clock: Callable[[], float],
        random: Callable[[], float],
    ) -> None:
        self.name, self._interval, self._ahead = name, interval, interval * (burst - 1)
        self._clock, self._random = clock, random
        self._lock = threading.Lock()
        self._due = 0.0  # when the next request would be due if all came evenly
        self._closed_until = 0.0  # the host asked to wait
        self._strikes = 0
        self._failures = 0
        self._open_until = 0.0
        self._probing = False
        self._reserve = RETRY_RESERVE
        self.line = threading.Lock()  # held while a request is on its way: one connection a host

    def asked(self) -> float:
        """Seconds for which the host has asked to be left alone; 0 if it has not."""
        with self._lock:
            return max(self._closed_until - self._clock(), 0.0)

    def admit(self) -> float:
        """Take the next place in the row; seconds until it comes. CrawlError "breaker" if the host is left alone."""
        with self._lock:
            now = self._clock()
            if self._open_until and (now < self._open_until or self._probing):
                raise CrawlError(
                    "breaker", host=self.name, count=self._failures, until=when(self._open_until)
                )
            self._probing = bool(self._open_until)
            self._reserve = min(self._reserve + RETRY_SHARE, RETRY_RESERVE)
            pause = max(self._due - self._ahead - now, 0.0)
            self._due = max(self._due, now) + self._interval
            return pause

    def heard(self, status: int, headers: Mapping[str, str], content: bytes) -> bool:
        """Note an answer. True if it was no answer but the request to wait (then `asked` says how long)."""
        with self._lock:
            self._probing = False
            now = self._clock()
            asked = seconds_asked(status, headers, content, now=now)
            if status < 500 or asked is not None:
                self._failures, self._open_until = 0, 0.0
            if asked is not None:
                asked = SECONDARY_SECONDS * 2.0**self._strikes if asked <= 0 else asked
                self._closed_until = max(self._closed_until, now + min(asked, LONGEST_WAIT))
                self._strikes = min(self._strikes + 1, 10)
                return True
            self._strikes = 0
            if used_up := _reset(headers, now=now):
                self._closed_until = max(self._closed_until, now + min(used_up, LONGEST_WAIT))
            return False

    def rate_limit(self, *, status: int = 0) -> CrawlError:
        """The error for those who cannot wait that long."""
        until = self._closed_until
        return CrawlError("rate-limit", host=self.name, until=when(until), status=status, retry_at=until)

    def failed(self) -> None:
        """A request and its retries came to nothing by the host's fault."""
        with self._lock:
            self._probing = False
            self._failures += 1
            if self._failures >= FAILURES:
                longer: float = OPEN_SECONDS[0] * 2.0 ** min(self._failures - FAILURES, 10)
                self._open_until = self._clock() + min(longer, OPEN_SECONDS[1])

    def released(self) -> None:
        """A request ended in a way that says nothing of the host."""
        with self._lock:
            self._probing = False

    def backoff(self, attempt: int) -> float | None:
        """Seconds before try number `attempt` + 2: full jitter, doubling from one second. None if the retries are used up."""
        with self._lock:
            if self._reserve < 1.0:
                return None
            self._reserve -= 1.0
            return self._random() * min(BACKOFF_SECONDS, 2.0**attempt)


def seconds_asked(status: int, headers: Mapping[str, str], content: bytes, *, now: float) -> float | None:
    """How long an answer asks to wait, in the forms forges use; 0 if it does not say how long, None if it asks nothing."""
    if status not in (403, 429, 503):
        return None
    if (after := _retry_after(headers, now=now)) is not None:
        return after
    if status == 503:
        return None
    if (reset := _reset(headers, now=now)) is not None:
        return reset
    return 0.0 if status == 429 or _SAYS_LIMIT.search(content) else None


def _retry_after(headers: Mapping[str, str], *, now: float) -> float | None:
    said = headers.get("retry-after", "").strip()
    if re.fullmatch(r"[0-9]{1,9}", said):
        return float(said)
    if (date := _epoch(said)) is not None:
        return max(date - _server_time(headers, now=now), 0.0)
    return None


def _reset(headers: Mapping[str, str], *, now: float) -> float | None:
    """GitHub, Gitea and GitLab: nothing remains, and when that changes (seconds since the epoch, by the server's clock)."""
    for prefix in ("x-ratelimit-", "ratelimit-"):
        reset = headers.get(prefix + "reset", "").strip()
        if headers.get(prefix + "remaining", "").strip() == "0" and re.fullmatch(r"[0-9]{1,11}", reset):
            for clock in (_server_time(headers, now=now), now):
                if 0 < float(reset) - clock <= LONGEST_WAIT:
                    return float(reset) - clock + 1.0  # whole seconds, rounded down
            # The drafts of the header without X- mean the seconds that are left.
            return float(reset) if prefix == "ratelimit-" and 0 < float(reset) <= 3600 else 0.0
    return None


def _server_time(headers: Mapping[str, str], *, now: float) -> float:
    return _epoch(headers.get("date", "")) or now


def _epoch(date: str) -> float | None:
    try:
        return parsedate_to_datetime(date).timestamp()
    except (ValueError, TypeError, OverflowError):
        return None


def when(epoch: float) -> str:
    """A moment as people read it, to the minute, in UTC."""
    return datetime.fromtimestamp(epoch, UTC).strftime("%Y-%m-%d %H:%M UTC")
