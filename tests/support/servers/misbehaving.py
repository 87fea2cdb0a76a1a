"""An HTTP server that misbehaves: it answers as a list says, or misbehaves in one of the ways below.

with serve() as server:
    server.answers["/a"] = [answer(429, "Retry-After: 30"), answer(200, content=b"at last")]
    ... f"{server.url}/slow-body"
"""

from __future__ import annotations

import contextlib
import gzip
import socket
import threading
import zlib
from collections import Counter
from collections.abc import Callable, Iterator
from functools import cache

Answer = bytes | Callable[[socket.socket], None]


def answer(status: int, *headers: str, content: bytes = b"") -> bytes:
    """An honest answer."""
    lines = [f"HTTP/1.1 {status} X", f"Content-Length: {len(content)}", *headers]
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + content


class MisbehavingServer:
    """`answers` maps a path to what is sent, one after the other, the last for ever.

    `hits` and `heads` are what was asked, `streamed` how many pieces without end were taken.
    """

    def __init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port: int = self._listener.getsockname()[1]
        self.answers: dict[str, list[Answer]] = {}
        self.hits: Counter[str] = Counter()
        self.streamed = 0
        self.heads: list[bytes] = []
        self.accepted = 0
        self._connections: list[socket.socket] = []
        self._ended = threading.Event()
        self._lock = threading.Lock()

    @property
    def authority(self) -> str:
        return f"127.0.0.1:{self.port}"

    @property
    def url(self) -> str:
        return f"http://{self.authority}"

    def run(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            with self._lock:
                self.accepted += 1
                self._connections.append(connection)
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def stop(self) -> None:
        self._ended.set()
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        with self._lock:
            for connection in self._connections:
                with contextlib.suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)
                connection.close()

    def drip(self, connection: socket.socket, before: bytes, byte: bytes, *, every: float = 0.03) -> None:
        """Send a beginning at once and then a byte now and then, until the client has enough."""
        connection.sendall(before)
        while not self._ended.wait(every):
            connection.sendall(byte)

    def _serve(self, connection: socket.socket) -> None:
        with connection, contextlib.suppress(OSError):
            received = b""
            while True:
                while b"\r\n\r\n" not in received:
                    more = connection.recv(65_536)
                    if not more:
                        return
                    received += more
                head, _, received = received.partition(b"\r\n\r\n")
                length = next(
                    (
                        int(line[15:])
                        for line in head.lower().split(b"\r\n")
                        if line.startswith(b"content-length:")
                    ),
                    0,
                )
                while len(received) < length:
                    received += connection.recv(65_536)
                received = received[length:]
                path = head.split(b" ")[1].decode("latin-1")
                with self._lock:
                    self.hits[path] += 1
                    self.heads.append(head)
                    said = self._next(path)
                if isinstance(said, bytes):
                    connection.sendall(said)
                else:
                    said(connection)
                    return

    def _next(self, path: str) -> Answer:
        if listed := self.answers.get(path):
            return listed.pop(0) if len(listed) > 1 else listed[0]
        if behaviour := BEHAVIOURS.get(path.strip("/")):
            return lambda connection: behaviour(self, connection)
        return answer(404)


@contextlib.contextmanager
def serve() -> Iterator[MisbehavingServer]:
    """Misbehave on a port of loopback until the block ends."""
    server = MisbehavingServer()
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.stop()
        thread.join()


@cache
def bomb(megabytes: int = 100) -> bytes:
    """Gzip of that many megabytes of nothing, a thousandth of their size."""
    packer, packed = zlib.compressobj(wbits=31), bytearray()
    for _ in range(megabytes):
        packed += packer.compress(bytes(1_000_000))
    return bytes(packed + packer.flush())


def _stream(server: MisbehavingServer, connection: socket.socket, head: str, *, piece: bytes) -> None:
    connection.sendall(head.encode())
    while not server._ended.is_set():
        connection.sendall(piece)
        server.streamed += 1


_OK = b"HTTP/1.1 200 OK\r\n"
BEHAVIOURS: dict[str, Callable[[MisbehavingServer, socket.socket], None]] = {
    # slow
    "slow-body": lambda server, c: server.drip(c, _OK + b"Content-Length: 1000000\r\n\r\n", b"x"),
    "slow-endless-body": lambda server, c: server.drip(c, _OK + b"\r\n", b"x"),
    "slow-chunks": lambda server, c: server.drip(
        c, _OK + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n"
    ),
    # the header of a gzip with a file's name that never ends
    "slow-gzip": lambda server, c: server.drip(
        c, _OK + b"Content-Encoding: gzip\r\n\r\n\x1f\x8b\x08\x08" + bytes(6), b"x"
    ),
    "slow-status": lambda server, c: server.drip(c, b"HTTP/1.1 ", b"2"),
    "slow-header": lambda server, c: server.drip(c, _OK + b"X-A: ", b"x"),
    "slow-headers": lambda server, c: server.drip(c, _OK, b"X-A: b\r\n", every=0.05),
    "slow-continue": lambda server, c: server.drip(c, b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
    "silence": lambda server, c: server.drip(c, b"", b"", every=60),
    # endless
    "endless-body": lambda server, c: _stream(server, c, "HTTP/1.1 200 OK\r\n\r\n", piece=bytes(65_536)),
    "endless-chunks": lambda server, c: _stream(
        server,
        c,
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
        piece=b"10000\r\n" + bytes(65_536) + b"\r\n",
    ),
    "endless-error-page": lambda server, c: _stream(
        server, c, "HTTP/1.1 404 No\r\n\r\n", piece=bytes(65_536)
    ),
    "endless-header": lambda server, c: _stream(server, c, "HTTP/1.1 200 OK\r\nX-A: ", piece=b"x" * 65_536),
    "endless-headers": lambda server, c: _stream(
        server, c, "HTTP/1.1 200 OK\r\n", piece=b"X-A: b\r\n" * 1000
    ),
    # bombs
    "bomb": lambda server, c: c.sendall(
        _OK + b"Content-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(bomb()) + bomb()
    ),
    "bomb-in-an-error": lambda server, c: c.sendall(
        b"HTTP/1.1 404 No\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(bomb()) + bomb()
    ),
    "chained": lambda server, c: c.sendall(
        answer(200, "Content-Encoding: gzip, gzip", content=gzip.compress(bomb()))
    ),
    "chained-in-two-lines": lambda server, c: c.sendall(
        answer(200, "Content-Encoding: gzip", "Content-Encoding: gzip", content=gzip.compress(bomb()))
    ),
    "brotli": lambda server, c: c.sendall(
        answer(200, "Content-Encoding: br", content=b"\x0b\x02\x80hello\x03")
    ),
    "deflate": lambda server, c: c.sendall(
        answer(200, "Content-Encoding: deflate", content=zlib.compress(b"x"))
    ),
    "no-gzip": lambda server, c: c.sendall(answer(200, "Content-Encoding: gzip", content=b"this is plain")),
    # lies and cuts
    "short": lambda server, c: c.sendall(_OK + b"Content-Length: 100\r\n\r\nshort"),
    "cut-chunk": lambda server, c: c.sendall(_OK + b"Transfer-Encoding: chunked\r\n\r\n10\r\nshort"),
    "cut-gzip": lambda server, c: c.sendall(
        answer(200, "Content-Encoding: gzip", content=gzip.compress(b"x" * 999)[:-9])
    ),
    "bad-chunk": lambda server, c: c.sendall(
        _OK + b"Transfer-Encoding: chunked\r\n\r\nzz\r\nshort\r\n0\r\n\r\n"
    ),
    "two-lengths": lambda server, c: c.sendall(_OK + b"Content-Length: 5\r\nContent-Length: 7\r\n\r\nshort"),
    "no-http": lambda server, c: c.sendall(b"SSH-2.0-OpenSSH_9.2\r\n"),
    "nothing": lambda server, c: None,
    "bad-status": lambda server, c: c.sendall(b"HTTP/1.1 9999999 OK\r\n\r\n"),
}
