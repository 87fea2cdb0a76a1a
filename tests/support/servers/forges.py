"""GitHub, GitLab and Gitea on loopback, answering as documented, out of a small model in memory.

    model = Model()
    gitlab = model.forge("gitlab", "gitlab.example.org")
    gitlab.repository("town/it/app", description="...", topics=["allmende"])
    with serve(model) as server:
        policy = Policy(allowed_private_hosts=server.hosts(git), fetch_from=server.fetch_from(git))

What is named stays `https://gitlab.example.org/...`; `fetch_from` leads its API here and its Git below
`{git.url}/{host}/` (GitHub's names in lower case). A forge that is the only one answers at `server.url`
itself too. The model may change while it is served. The clock is the model's `now`.
"""

from __future__ import annotations

import contextlib
import hashlib
import socket
import threading
from collections.abc import Iterator
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Protocol, cast
from urllib.parse import parse_qsl, urlsplit

from tests.support.servers.forge_answers import ROUTES, Answered, Call
from tests.support.servers.forge_model import API, NOW, Fault, Forge, Model, Repository

__all__ = ["NOW", "Fault", "Forge", "ForgeServer", "Model", "Repository", "serve"]


class Git(Protocol):
    @property
    def url(self) -> str: ...
    @property
    def authority(self) -> str: ...


class ForgeServer(ThreadingHTTPServer):
    """`log` holds every request as (host, path with query, status)."""

    daemon_threads = True
    request_queue_size = 64

    def __init__(self, model: Model) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.model = model
        self.log: list[tuple[str, str, int]] = []
        self.stopped = threading.Event()

    @property
    def authority(self) -> str:
        return f"127.0.0.1:{self.server_port}"

    @property
    def url(self) -> str:
        return f"http://{self.authority}"

    def hosts(self, git: Git | None = None) -> tuple[str, ...]:
        """For Policy.allowed_private_hosts."""
        return (self.authority, *([git.authority] if git else []))

    def fetch_from(self, git: Git | None = None) -> tuple[tuple[str, str], ...]:
        """For Policy.fetch_from. Without `git` whatever is no API leads here too and is not found."""
        pairs = []
        for forge in self.model.forges:
            pairs.append((forge.api, f"{self.url}/{forge.host}{API[forge.kind]}"))
            pairs.append(
                (
                    f"https://{forge.host}/",
                    f"{git.url}/{forge.host}/" if git else f"{self.url}/{forge.host}/git/",
                )
            )
        return tuple(pairs)


@contextlib.contextmanager
def serve(model: Model) -> Iterator[ForgeServer]:
    """Serve the model until the block ends."""
    server = ForgeServer(model)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.stopped.set()
        server.shutdown()
        thread.join()
        server.server_close()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 60

    def setup(self) -> None:
        super().setup()
        self.connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def do_GET(self) -> None:
        server = cast(ForgeServer, self.server)
        host, _, rest = self.path.lstrip("/").partition("/")
        forge = next((one for one in server.model.forges if one.host == host), None)
        if not forge and len(server.model.forges) == 1:
            forge, rest = server.model.forges[0], self.path.lstrip("/")
        status, headers, content = self.answered(server, forge, path="/" + rest) if forge else (404, {}, b"")
        server.log.append((host, "/" + rest, status))
        headers = {
            "Date": format_datetime(server.model.now, usegmt=True),
            "Content-Length": str(len(content)),
            **headers,
        }
        head = f"HTTP/1.1 {status} {self.responses.get(status, ('',))[0]}\r\n"
        head += "".join(f"{key}: {value}\r\n" for key, value in headers.items()) + "\r\n"
        with contextlib.suppress(OSError):  # who asked may have lost patience
            self.wfile.write(head.encode() + content)
        self.close_connection = self.close_connection or "Connection" in headers

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("content-length", 0)))
        self.do_GET()

    def answered(self, server: ForgeServer, forge: Forge, *, path: str) -> Answered:
        fault = server.model.fault(path)
        if fault and fault.kind == "slow":
            server.stopped.wait(fault.seconds)
            return 200, {"Connection": "close"}, b""
        if fault and fault.kind not in ("truncated", "short"):
            return _faulty(fault, server.model)
        parts = urlsplit(path)
        call = Call(
            forge,
            parts.path,
            query=dict(parse_qsl(parts.query, keep_blank_values=True)),
            member="Authorization" in self.headers,
        )
        status, headers, content = ROUTES[forge.kind](call)
        headers = {"Content-Type": "application/json; charset=utf-8", **headers}
        if status == 200:
            headers["ETag"] = f'W/"{hashlib.sha256(content).hexdigest()[:32]}"'
            if self.headers.get("If-None-Match") == headers["ETag"]:
                return 304, headers, b""
        if fault:
            whole, content = len(content), content[: len(content) // 2]
            if fault.kind == "short":
                headers |= {"Content-Length": str(whole), "Connection": "close"}
        return status, headers, content

    def log_message(self, format: str, *arguments: Any) -> None:
        """Silence: tests read `log`."""


def _faulty(fault: Fault, model: Model) -> Answered:
    limits = {"X-RateLimit-Limit": "60", "X-RateLimit-Reset": str(int(model.now.timestamp()) + fault.seconds)}
    json_type = {"Content-Type": "application/json"}
    if fault.kind == "html":
        return 200, {"Content-Type": "text/html"}, b"<!DOCTYPE html><title>Sign in</title><p>Please sign in."
    if fault.kind == "retry-after":
        return 429, {"Retry-After": str(fault.seconds), **json_type}, b'{"message": "Too Many Requests"}'
    if fault.kind == "remaining":
        said = b'{"message": "API rate limit exceeded for 192.0.2.1."}'
        return 403, {**limits, "X-RateLimit-Remaining": "0", **json_type}, said
    if fault.kind == "secondary":
        said = b'{"message": "You have exceeded a secondary rate limit. Please wait a few minutes."}'
        return 403, {**limits, "X-RateLimit-Remaining": "42", **json_type}, said
    return int(fault.kind), json_type, b'{"message": "as the test wishes"}'
