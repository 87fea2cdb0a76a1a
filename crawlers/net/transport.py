"""Sends one request to a checked address and reads its whole answer, within a limit of bytes and seconds."""

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
from crawlers.net.gunzip import Gunzip

CONNECT_SECONDS = 6.0
_READ_BYTES = 65_536
_ERROR_BYTES = 65_536  # of an answer that is no success only the beginning can matter
_FAILURES = (
    OSError,
    ValueError,
    HTTPException,
    zlib.error,
    urllib3.exceptions.HTTPError,
    ssrfguard.SSRFGuardError,
)
_CLOSED = (ConnectionResetError, BrokenPipeError)  # the first includes http.client.RemoteDisconnected
_TRUNCATED = (IncompleteRead, urllib3.exceptions.IncompleteRead, urllib3.exceptions.InvalidChunkLength)
_TIMEOUTS = (requests.ReadTimeout, urllib3.exceptions.ReadTimeoutError)
_current = threading.local()  # its `deadline` is that of the exchange in this thread
# urllib3 would put foreign bytes and the whole address into the log; the answer is what could be read of it.
logging.getLogger("urllib3.connection").addFilter(
    lambda record: not str(record.msg).startswith("Failed to parse headers")
)


class Answer(msgspec.Struct, frozen=True):
    """An answer. Names of headers are in lower case, `content` is decoded, `received` estimates all bytes."""

    status: int
    headers: dict[str, str]
    content: bytes
    received: int


class _Deadline:
    """Ends an exchange after some seconds, however slowly its bytes arrive: a timer shuts the socket down.

    A socket's own timeout begins again with each byte, and the headers are read inside http.client, where no
    loop of ours can look at a clock.
    """

    def __init__(self, seconds: float) -> None:
        self.passed = False
        self.new_connection = False  # whether a connection was opened for this exchange
        self._handles: list[socket.socket] = []
        self._lock = threading.Lock()
        self._timer = threading.Timer(max(seconds, 0.001), self._expire)
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
            for handle in self._handles:
                handle.close()
            self._handles.clear()

    def watch(self, connection: socket.socket) -> None:
        """Keep a second handle of a connection: it stays valid when TLS or a response takes the first."""
        handle = socket.fromfd(connection.fileno(), connection.family, connection.type)
        with self._lock:
            self._handles.append(handle)
            if self.passed:
                _shut_down(handle)

    def _expire(self) -> None:
        with self._lock:
            self.passed = True
            for handle in self._handles:
                _shut_down(handle)


def _shut_down(handle: socket.socket) -> None:
    with contextlib.suppress(OSError):
        handle.shutdown(socket.SHUT_RDWR)


def _pool_with_deadlines(pool: Any) -> Any:
    """A subclass of a pool class, whose connections are watched by the deadline of the current thread."""

    class Connection(pool.ConnectionCls):  # type: ignore[misc]
        def _new_conn(self) -> socket.socket:
            connection: socket.socket = super()._new_conn()
            _watch(connection, new=True)
            return connection

        def request(self, *arguments: Any, **options: Any) -> Any:
            if self.sock is not None:
                _watch(self.sock)
            return super().request(*arguments, **options)

    return type(pool.__name__, (pool,), {"ConnectionCls": Connection})


def _watch(connection: socket.socket, *, new: bool = False) -> None:
    deadline: _Deadline | None = getattr(_current, "deadline", None)
    if deadline is not None:
        deadline.new_connection |= new
        deadline.watch(connection)


class Transport(SafeAdapter):
    """Exchanges under one set of rules of the guard. At most one connection is kept open for each host."""

    def __init__(self, rules: ssrfguard.Policy, *, guard: Guard, certificates: str = "") -> None:
        self._certificates = certificates
        super().__init__(
            policy=rules, resolver=guard.look_up, pool_connections=64, pool_maxsize=1, max_retries=0
        )

    def init_poolmanager(self, *arguments: Any, **options: Any) -> None:
        super().init_poolmanager(*arguments, **options)
        pools = self.poolmanager.pool_classes_by_scheme
        self.poolmanager.pool_classes_by_scheme = {
            scheme: _pool_with_deadlines(pool) for scheme, pool in pools.items()
        }

    def exchange(self, request: requests.PreparedRequest, *, limit: int, seconds: float) -> Answer:
        """The whole answer to `request`, redirects not followed. `limit` is in decoded bytes.

        CrawlError for every failure on the way.
        """
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
                except CrawlError as error:
                    if deadline.passed and error.code == "truncated":  # by us, who shut it down
                        raise late from error
                    raise
                except _FAILURES as error:
                    if deadline.passed or isinstance(error, _TIMEOUTS):
                        raise late from error
                    # A host may close a kept connection just when it is used again. That is no fault.
                    closed = any(isinstance(cause, _CLOSED) for cause in _causes(error))
                    if closed and not deadline.new_connection:
                        continue
                    raise _failure(error, url=url) from error
                if deadline.passed:  # without a length, a connection that was shut down looks like the end
                    raise late
                return answer


def _read(response: requests.Response, *, limit: int) -> Answer:
    url = response.url
    headers = {name.lower(): value for name, value in response.headers.items()}
    coding = headers.get("content-encoding", "identity").strip().lower()
    if coding not in ("identity", "", "gzip", "x-gzip"):
        raise CrawlError("encoding", host=split(url).host)
    gunzip = Gunzip() if "gzip" in coding else None
    success = 200 <= response.status_code < 300
    most = limit if success else min(limit, _ERROR_BYTES)
    body_bytes = 0
    content = bytearray()
    while piece := response.raw.read(_READ_BYTES, decode_content=False):
        body_bytes += len(piece)
        content += gunzip.feed(piece, most + 1 - len(content)) if gunzip else piece
        if len(content) > most:
            break
    if success and len(content) > most:
        raise CrawlError("too-large", url=shown(url), limit=limit)
    if success and gunzip and body_bytes and not gunzip.whole:
        raise CrawlError("truncated", url=shown(url))
    header_bytes = 17 + sum(len(name) + len(value) + 4 for name, value in headers.items())
    return Answer(
        status=response.status_code,
        headers=headers,
        content=bytes(content[:most]),
        received=header_bytes + body_bytes,
    )


def _failure(error: Exception, *, url: str) -> CrawlError:
    """The error for a failed exchange, by what caused it."""
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
        return CrawlError("tls", host=host, reason=_certificate_fault(causes))
    if any(
        isinstance(cause, requests.ConnectTimeout | urllib3.exceptions.ConnectTimeoutError)
        for cause in causes
    ):
        return CrawlError("unreachable", host=host, reason="it does not answer")
    if any(isinstance(cause, ConnectionRefusedError) for cause in causes):
        return CrawlError("unreachable", host=host, reason="it accepts no connection")
    if any(isinstance(cause, _TRUNCATED) for cause in causes):
        return CrawlError("truncated", url=shown(url))
    return CrawlError("unreachable", host=host, reason="the connection was broken off")


def _certificate_fault(causes: list[BaseException]) -> str:
    for cause in causes:
        message = getattr(cause, "verify_message", "")
        if not message:
            continue
        if message.startswith(("Hostname", "IP address")):
            return "it was issued for another name"
        return str(message)[:100]  # in OpenSSL's words; the frequent ones have a translation
    return "no secure connection"


def _causes(error: BaseException) -> list[BaseException]:
    """The exceptions inside an exception: requests and urllib3 wrap them as arguments, reasons and causes."""
    causes: list[BaseException] = []
    queue: list[object] = [error]
    while queue and len(causes) < 30:
        item = queue.pop(0)
        if isinstance(item, BaseException) and item not in causes:
            causes.append(item)
            queue += [*item.args, getattr(item, "reason", None), item.__cause__, item.__context__]
    return causes
