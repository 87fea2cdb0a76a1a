"""One request, one answer, both whole: connected to a checked address, within a number of bytes and of seconds."""

from __future__ import annotations

import contextlib
import logging
import socket
import threading
import zlib
from http.client import HTTPException, IncompleteRead
from types import TracebackType
from typing import Any

import msgspec
import requests
import ssrfguard
import urllib3
from ssrfguard.requests import SafeAdapter

from crawlers.faults import CrawlError
from crawlers.net.address import shown, split
from crawlers.net.guard import Guard, lookup_failed

CONNECT_SECONDS = 6.0
_PIECE = 65_536
_ERROR_PAGE = 65_536  # of an answer that is no success only the beginning can matter
_FAILURES = (
    OSError,
    ValueError,
    HTTPException,
    zlib.error,
    urllib3.exceptions.HTTPError,
    ssrfguard.SSRFGuardError,
)
_CLOSED = (ConnectionResetError, BrokenPipeError)  # the first includes http.client.RemoteDisconnected
_CUT_OFF = (IncompleteRead, urllib3.exceptions.IncompleteRead, urllib3.exceptions.InvalidChunkLength)
_current = threading.local()
# It would put a stranger's bytes and the whole address into the log; the answer is judged by what could be read of it.
logging.getLogger("urllib3.connection").addFilter(
    lambda record: not str(record.msg).startswith("Failed to parse headers")
)


class Answer(msgspec.Struct, frozen=True):
    """What came back. Names of headers are in lower case; `content` is decoded; `received` is the bytes on the wire, about."""

    status: int
    headers: dict[str, str]
    content: bytes
    received: int


class _Deadline:
    """Ends what is going on after some seconds, however slowly the bytes drip: a timer shuts the socket down.

    A socket's own timeout begins again with each byte, and the headers are read where no loop of ours can look at a clock.
    """

    def __init__(self, seconds: float) -> None:
        self.passed = False
        self.fresh = False  # whether a connection was opened for this exchange
        self._levers: list[socket.socket] = []
        self._lock = threading.Lock()
        self._timer = threading.Timer(max(seconds, 0.001), self._cut)
        self._timer.daemon = True

    def __enter__(self) -> _Deadline:
        _current.deadline = self
        self._timer.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._timer.cancel()
        _current.deadline = None
        with self._lock:
            for lever in self._levers:
                lever.close()
            self._levers.clear()

    def hold(self, connected: socket.socket) -> None:
        """Take a second handle to the connection, which survives its being wrapped in TLS or handed to a response."""
        lever = socket.fromfd(connected.fileno(), connected.family, connected.type)
        with self._lock:
            self._levers.append(lever)
            if self.passed:
                _shut(lever)

    def _cut(self) -> None:
        with self._lock:
            self.passed = True
            for lever in self._levers:
                _shut(lever)


def _shut(lever: socket.socket) -> None:
    with contextlib.suppress(OSError):
        lever.shutdown(socket.SHUT_RDWR)


def _held(pool: Any) -> Any:
    """A pool class like `pool` whose connections put themselves under the deadline of the thread that uses them."""

    class Connection(pool.ConnectionCls):  # type: ignore[misc]
        def _new_conn(self) -> socket.socket:
            connected: socket.socket = super()._new_conn()
            _hold(connected, fresh=True)
            return connected

        def request(self, *arguments: Any, **options: Any) -> Any:
            if self.sock is not None:
                _hold(self.sock)
            return super().request(*arguments, **options)

    return type(pool.__name__, (pool,), {"ConnectionCls": Connection})


def _hold(connected: socket.socket, *, fresh: bool = False) -> None:
    deadline: _Deadline | None = getattr(_current, "deadline", None)
    if deadline is not None:
        deadline.fresh |= fresh
        deadline.hold(connected)


class Transport(SafeAdapter):
    """Keeps at most one connection open for each host, under one set of rules of the guard."""

    def __init__(self, rules: ssrfguard.Policy, *, guard: Guard, certificates: str = "") -> None:
        self._certificates = certificates
        super().__init__(
            policy=rules, resolver=guard.look_up, pool_connections=64, pool_maxsize=1, max_retries=0
        )

    def init_poolmanager(self, *arguments: Any, **options: Any) -> None:
        super().init_poolmanager(*arguments, **options)
        pools = self.poolmanager.pool_classes_by_scheme
        self.poolmanager.pool_classes_by_scheme = {scheme: _held(pool) for scheme, pool in pools.items()}

    def exchange(self, request: requests.PreparedRequest, *, limit: int, seconds: float) -> Answer:
        """The whole answer to `request`, redirects not followed; CrawlError for whatever hinders it. `limit` is decoded bytes."""
        url = request.url or ""
        timeout = (max(min(CONNECT_SECONDS, seconds), 0.001), max(seconds, 0.001))
        with _Deadline(seconds) as deadline:
            late = CrawlError("timeout", host=split(url).host, seconds=f"{seconds:.3g}")
            while True:
                try:
                    response = self.send(
                        request, stream=True, timeout=timeout, verify=self._certificates or True
                    )
                    with contextlib.closing(response):
                        answer = _read(response, limit=limit)
                except _FAILURES as error:
                    if deadline.passed or isinstance(
                        error, requests.ReadTimeout | urllib3.exceptions.ReadTimeoutError
                    ):
                        raise late from error
                    # A host may close a connection that it has kept open, just when it is used again. That is no fault.
                    if not deadline.fresh and any(isinstance(cause, _CLOSED) for cause in _causes(error)):
                        continue
                    raise _failure(error, url=url) from error
                if deadline.passed:  # without a length, a connection that was cut looks like the end
                    raise late
                return answer


def _read(response: requests.Response, *, limit: int) -> Answer:
    url = response.url
    headers = {name.lower(): value for name, value in response.headers.items()}
    coding = headers.get("content-encoding", "identity").strip().lower()
    if coding not in ("identity", "", "gzip", "x-gzip"):
        raise CrawlError("encoding", host=split(url).host)
    unzip = _Gunzip() if "gzip" in coding else None
    success = 200 <= response.status_code < 300
    most = limit if success else min(limit, _ERROR_PAGE)
    body, content = 0, bytearray()
    while piece := response.raw.read(_PIECE, decode_content=False):
        body += len(piece)
        content += unzip.feed(piece, most + 1 - len(content)) if unzip else piece
        if len(content) > most:
            break
    if success and len(content) > most:
        raise CrawlError("too-large", url=shown(url), limit=limit)
    if success and unzip and body and not unzip.whole:
        raise CrawlError("truncated", url=shown(url))
    received = body + 17 + sum(len(name) + len(value) + 4 for name, value in headers.items())
    return Answer(
        status=response.status_code, headers=headers, content=bytes(content[:most]), received=received
    )


class _Gunzip:
    """Unpacks a gzip stream, never more than is asked for: a megabyte can hold a gigabyte."""

    def __init__(self) -> None:
        self._stream = zlib.decompressobj(wbits=31)
        self.whole = False

    def feed(self, piece: bytes, most: int) -> bytes:
        out = bytearray()
        while piece and len(out) < most:
            if self._stream.eof:  # several members one after the other are one file
                self._stream = zlib.decompressobj(wbits=31)
            out += self._stream.decompress(piece, most - len(out))
            piece = self._stream.unused_data if self._stream.eof else b""
        self.whole = self._stream.eof
        return bytes(out)


def _failure(error: Exception, *, url: str) -> CrawlError:
    """What went wrong on the way, said by its cause."""
    host = split(url).host
    causes = _causes(error)
    for cause in causes:
        if isinstance(cause, ssrfguard.SSRFGuardError):
            return CrawlError("forbidden-address", host=host)
        if isinstance(cause, socket.gaierror):
            return lookup_failed(cause, host=host)
        if isinstance(cause, zlib.error):
            return CrawlError("encoding", host=host)
    if any(isinstance(cause, requests.exceptions.SSLError | urllib3.exceptions.SSLError) for cause in causes):
        return CrawlError("tls", host=host, reason=_certificate(causes))
    if any(
        isinstance(cause, requests.ConnectTimeout | urllib3.exceptions.ConnectTimeoutError)
        for cause in causes
    ):
        return CrawlError("unreachable", host=host, reason="it does not answer")
    if any(isinstance(cause, ConnectionRefusedError) for cause in causes):
        return CrawlError("unreachable", host=host, reason="it accepts no connection")
    if any(isinstance(cause, _CUT_OFF) for cause in causes):
        return CrawlError("truncated", url=shown(url))
    return CrawlError("unreachable", host=host, reason="the connection was broken off")


def _certificate(causes: list[BaseException]) -> str:
    for cause in causes:
        said = getattr(cause, "verify_message", "")
        if said:  # OpenSSL's own words; those that often come have a translation
            return (
                "it was issued for another name"
                if said.startswith(("Hostname", "IP address"))
                else str(said)[:100]
            )
    return "no secure connection"


def _causes(error: BaseException) -> list[BaseException]:
    """The exceptions inside an exception: requests and urllib3 wrap them as arguments, as `reason` and as causes."""
    found: list[BaseException] = []
    waiting: list[object] = [error]
    while waiting and len(found) < 30:
        one = waiting.pop(0)
        if isinstance(one, BaseException) and one not in found:
            found.append(one)
            waiting += [*one.args, getattr(one, "reason", None), one.__cause__, one.__context__]
    return found
