"""A real Git server on loopback.

`git http-backend` behind a threaded HTTP/1.1 server that counts what passes.

    with serve(root) as server:
        ... f"{server.url}/owner/name" ...
        server.requests["owner/name"], server.bytes["owner/name"]

A repository lies at `root/owner/name.git` (or `root/owner/name`) and answers to both spellings.
"""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import threading
from collections import Counter
from collections.abc import Iterator, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, TypeVar, cast
from urllib.parse import urlsplit

S = TypeVar("S", bound=ThreadingHTTPServer)

_PROGRAMS = subprocess.run(["git", "--exec-path"], capture_output=True, text=True, check=True).stdout.strip()
BACKEND = Path(_PROGRAMS, "git-http-backend")
SERVICES = ("/info/refs", "/git-upload-pack")
Answered = tuple[int, dict[str, str], bytes]  # status, headers, content


class GitServer(ThreadingHTTPServer):
    """`requests` and `bytes` (both ways, headers included) count by repository path without `.git`.

    `log` holds every request.

    `filter=False` and `version=0` make an old server; `spelling` is "both", "git" (only with `.git`) or
    "plain" (only without). `renamed` maps an old path to a new one (301), `status` a path to a status it
    answers with. All may be changed while it runs.
    """

    daemon_threads = True
    request_queue_size = 64

    def __init__(self, root: Path, *, filter: bool, version: int, spelling: str) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.root, self.filter, self.version, self.spelling = Path(root), filter, version, spelling
        self.renamed: dict[str, str] = {}
        self.status: dict[str, int] = {}
        self.requests: Counter[str] = Counter()
        self.bytes: Counter[str] = Counter()
        self.log: list[tuple[str, str, int]] = []
        self.lock = threading.Lock()

    @property
    def authority(self) -> str:
        return f"127.0.0.1:{self.server_port}"

    @property
    def url(self) -> str:
        return f"http://{self.authority}"

    def note(self, name: str, line: tuple[str, str, int], *, passed: int) -> None:
        with self.lock:
            self.requests[name] += 1
            self.bytes[name] += passed
            self.log.append(line)

    def forget(self) -> None:
        """Set the counters back."""
        with self.lock:
            self.requests.clear()
            self.bytes.clear()
            self.log.clear()

    def directory(self, name: str) -> Path | None:
        """Where a repository lies, if it does."""
        if any(part in ("", ".", "..") for part in name.split("/")):
            return None
        for path in (self.root / f"{name}.git", self.root / name):
            if (path / "HEAD").is_file():
                return path
        return None


@contextlib.contextmanager
def serve(
    root: Path, *, filter: bool = True, version: int = 2, spelling: str = "both"
) -> Iterator[GitServer]:
    """Serve the bare repositories below `root` until the block ends."""
    with running(GitServer(root, filter=filter, version=version, spelling=spelling)) as server:
        yield server


@contextlib.contextmanager
def running(server: S) -> Iterator[S]:
    """Serve until the block ends."""
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    raw_requestline: bytes
    timeout = 60

    def setup(self) -> None:
        super().setup()
        self.connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def do_GET(self) -> None:
        self.handle_git(b"")

    def do_POST(self) -> None:
        self.handle_git(self.body())

    def body(self) -> bytes:
        if self.headers.get("transfer-encoding", "").lower() != "chunked":
            return self.rfile.read(int(self.headers.get("content-length", 0)))
        body = b""
        while size := int(self.rfile.readline().split(b";")[0], 16):
            body += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return body

    def handle_git(self, body: bytes) -> None:
        server = cast(GitServer, self.server)
        parts = urlsplit(self.path)
        service = next((service for service in SERVICES if parts.path.endswith(service)), "")
        spelled = parts.path.removesuffix(service).strip("/")
        name = spelled.removesuffix(".git")
        status, headers, content = self.answer(
            server, name, spelled=spelled, service=service, query=parts.query, body=body
        )
        headers["Content-Length"] = str(len(content))
        head = f"HTTP/1.1 {status} {self.responses.get(status, ('',))[0]}\r\n"
        head += "".join(f"{key}: {value}\r\n" for key, value in headers.items()) + "\r\n"
        passed = len(self.raw_requestline) + len(bytes(self.headers)) + len(body) + len(head) + len(content)
        server.note(name, (self.command, self.path, status), passed=passed)
        self.wfile.write(head.encode() + content)

    def answer(
        self, server: GitServer, name: str, *, spelled: str, service: str, query: str, body: bytes
    ) -> tuple[int, dict[str, str], bytes]:
        if name in server.renamed:
            there = server.renamed[name] + (".git" if spelled.endswith(".git") else "")
            return 301, {"Location": f"{server.url}/{there}{service}" + (f"?{query}" if query else "")}, b""
        if name in server.status:
            return server.status[name], {"Content-Type": "text/plain"}, b"no\n"
        wrong = {"git": not spelled.endswith(".git"), "plain": spelled.endswith(".git"), "both": False}[
            server.spelling
        ]
        directory = server.directory(name)
        if wrong or not service or directory is None:
            return 404, {"Content-Type": "text/plain"}, b"not found\n"
        return self.backend(server, directory, service=service, query=query, body=body)

    def backend(
        self, server: GitServer, directory: Path, *, service: str, query: str, body: bytes
    ) -> tuple[int, dict[str, str], bytes]:
        settings = {
            "safe.directory": "*",
            "uploadpack.allowFilter": "true" if server.filter else "false",
            "uploadpack.allowAnySHA1InWant": "false",
        }
        variables = {
            **_settings(settings),
            "PATH": os.environ["PATH"],
            "HOME": "/nonexistent",
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_HTTP_EXPORT_ALL": "1",
            "GIT_PROJECT_ROOT": str(directory.parent),
            "PATH_INFO": f"/{directory.name}{service}",
            "QUERY_STRING": query,
            "REQUEST_METHOD": self.command,
            "CONTENT_TYPE": self.headers.get("content-type", ""),
            "CONTENT_LENGTH": str(len(body)),
            "HTTP_CONTENT_ENCODING": self.headers.get("content-encoding", ""),
            "REMOTE_ADDR": "127.0.0.1",
        }
        if server.version == 2:
            variables["GIT_PROTOCOL"] = self.headers.get("git-protocol", "")
        done = subprocess.run(
            [str(BACKEND)], input=body, env=variables, capture_output=True, check=False, timeout=60
        )
        head, _, content = done.stdout.partition(b"\r\n\r\n")
        headers = dict(line.split(": ", 1) for line in head.decode("latin-1").split("\r\n") if ": " in line)
        status = int(headers.pop("Status", "200 OK" if head else "500 ").split()[0])
        return status, headers, content

    def log_message(self, format: str, *arguments: Any) -> None:
        """Silence: tests read `log`."""


def _settings(settings: Mapping[str, str]) -> dict[str, str]:
    variables = {"GIT_CONFIG_COUNT": str(len(settings))}
    for number, (key, value) in enumerate(settings.items()):
        variables[f"GIT_CONFIG_KEY_{number}"], variables[f"GIT_CONFIG_VALUE_{number}"] = key, value
    return variables


def create(
    root: Path,
    name: str,
    files: Mapping[str, bytes],
    *,
    modes: Mapping[str, str] | None = None,
    branch: str = "main",
    message: str = "a commit",
    object_format: str = "sha1",
) -> str:
    """Commit `files` (all there are from now on) to the bare repository `root/name.git`, made if need be.

    The commit's id.

    `modes` sets a path's mode: "120000" for a link (its content is the target), "100755", "160000" (content:
    a commit's id).
    """
    directory = Path(root) / f"{name}.git"
    fresh = not directory.exists()
    if fresh:
        how = (f"--initial-branch={branch}", f"--object-format={object_format}")
        git("init", "-q", "--bare", *how, str(directory))
    stream = bytearray(
        f"commit refs/heads/{branch}\ncommitter Test <test@example.org> 1700000000 +0000\n".encode()
    )
    stream += b"data %d\n%s\n" % (len(message.encode()), message.encode())
    if not fresh and git(f"--git-dir={directory}", "for-each-ref", f"refs/heads/{branch}"):
        stream += f"from refs/heads/{branch}^0\n".encode()
    stream += b"deleteall\n"
    for path, content in files.items():
        mode = (modes or {}).get(path, "100644")
        if mode == "160000":
            stream += b"M 160000 %s %s\n" % (content, path.encode())
        else:
            stream += b"M %s inline %s\ndata %d\n%s\n" % (mode.encode(), path.encode(), len(content), content)
    git(f"--git-dir={directory}", "fast-import", "--quiet", "--force", content=bytes(stream))
    return git(f"--git-dir={directory}", "rev-parse", f"refs/heads/{branch}").decode().strip()


def git(*arguments: str, content: bytes = b"") -> bytes:
    """Run git with nobody's configuration."""
    variables = {
        **_settings({"safe.directory": "*", "core.compression": "1"}),
        "PATH": os.environ["PATH"],
        "HOME": "/nonexistent",
        "GIT_CONFIG_NOSYSTEM": "1",
    }
    return subprocess.run(
        ["git", *arguments], input=content, env=variables, capture_output=True, check=True
    ).stdout
