"""The site in a process of its own, as `allmende serve` runs it, and visitors who ask it at once."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import cycle
from pathlib import Path
from typing import NamedTuple

from benchmarks.catalogue import BASE, SECRET
from tests.support.servers.ports import free_port

CONNECTIONS = 4
_ROOT = Path(__file__).parent.parent
_HOST = BASE.partition("//")[2]
_START_SECONDS = 900.0
COMMAND = (sys.executable, str(_ROOT / "app.py"))
_TICK = os.sysconf("SC_CLK_TCK")


class Answer(NamedTuple):
    """An answer, read to the end."""

    status: int
    headers: bytes
    body: bytes


class Connection:
    """A kept-alive connection that costs the machine little, so that the server is what is measured."""

    def __init__(self, port: int, *, cookie: str = "") -> None:
        self._socket = socket.create_connection(("127.0.0.1", port))
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._rest = b""
        self._headers = f"Host: {_HOST}\r\nAccept: text/html\r\nAccept-Language: de\r\n"
        if cookie:
            self._headers += f"Cookie: {cookie}\r\n"

    def get(self, path: str) -> Answer:
        """Ask for a page."""
        self._socket.sendall(f"GET {path} HTTP/1.1\r\n{self._headers}\r\n".encode())
        while b"\r\n\r\n" not in self._rest:
            self._receive()
        head, _, self._rest = self._rest.partition(b"\r\n\r\n")
        size = _size(head)
        while len(self._rest) < size:
            self._receive()
        body, self._rest = self._rest[:size], self._rest[size:]
        return Answer(int(head[9:12]), head, body)

    def _receive(self) -> None:
        piece = self._socket.recv(1 << 18)
        if not piece:
            raise ConnectionError("the server has closed the connection")
        self._rest += piece

    def close(self) -> None:
        """Hang up."""
        self._socket.close()


def _size(head: bytes) -> int:
    for line in head.split(b"\r\n"):
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            return int(value)
    raise ValueError("an answer without its length")


@dataclass(frozen=True)
class Site:
    """A running `allmende serve`."""

    folder: Path
    port: int
    process: subprocess.Popen[bytes]
    cookie: str
    _turns: dict[tuple[str, ...], cycle[str]] = field(default_factory=dict)

    def get(self, path: str, *, signed_in: bool = False) -> Answer:
        """One page, over a connection of its own."""
        connection = self._connected(signed_in)
        try:
            return connection.get(path)
        finally:
            connection.close()

    def _connected(self, signed_in: bool) -> Connection:
        return Connection(self.port, cookie=self.cookie if signed_in else "")

    def rate(self, paths: tuple[str, ...], *, seconds: float, signed_in: bool = False) -> float:
        """Answers a second to visitors who ask for these in turn, each over a connection of its own.

        The next time goes on where this one ended.
        """
        counts, begun = [0] * CONNECTIONS, time.perf_counter()
        turns = self._turns.setdefault(paths, cycle(paths))

        def visit(number: int) -> None:
            connection = self._connected(signed_in)
            while time.perf_counter() < begun + seconds:
                connection.get(next(turns))
                counts[number] += 1
            connection.close()

        threads = [threading.Thread(target=visit, args=(number,)) for number in range(CONNECTIONS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return sum(counts) / (time.perf_counter() - begun)

    def memory(self) -> dict[str, int]:
        """Megabytes: what is resident (`VmRSS`), the most that was (`VmHWM`), what is no file (`RssAnon`)."""
        text = Path(f"/proc/{self.process.pid}/status").read_text()
        fields = dict(line.split(":", 1) for line in text.splitlines())
        return {name: int(fields[name].split()[0]) // 1024 for name in ("VmRSS", "VmHWM", "RssAnon")}

    def cpu(self) -> float:
        """Seconds of CPU that the process has used."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / _TICK


def environment(folder: Path, *, page_cache_mb: int = 0) -> dict[str, str]:
    """That of every process of the instance in `folder`."""
    return {
        **{name: value for name, value in os.environ.items() if not name.startswith("ALLMENDE_")},
        "PYTHONPATH": str(_ROOT),
        "ALLMENDE_BASE_URL": BASE,
        "ALLMENDE_DATA_DIR": str(folder),
        "ALLMENDE_SEED": "no",
        "ALLMENDE_SECRET_KEY": SECRET,
        "ALLMENDE_PAGE_CACHE_MB": str(page_cache_mb),
    }


@contextmanager
def served(folder: Path, *, page_cache_mb: int = 0, cookie: str = "") -> Iterator[Site]:
    """Serve the catalogue in `folder` until the block ends; the block begins when the site is ready."""
    port = free_port()
    with (folder / "served.log").open("wb") as log:
        process = subprocess.Popen(
            [*COMMAND, "serve", "--port", str(port)],
            env=environment(folder, page_cache_mb=page_cache_mb),
            stdout=log,
            stderr=log,
        )
    try:
        site = Site(folder, port, process, cookie=cookie)
        _wait(site)
        yield site
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=60)


def _wait(site: Site) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline:
        if site.process.poll() is not None:
            raise RuntimeError("the site has ended; its folder has served.log")
        try:
            if site.get("/readyz").status == 200:
                return
        except OSError:
            pass
        time.sleep(0.1)
    raise RuntimeError("the site does not get ready")
