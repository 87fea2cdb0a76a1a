"""Forges with Git that answer late, each on a port of its own, and a host that never answers; in one process.

All repositories of all forges have the same content, and Git answers the same question about it once: what is
measured is who waits for whom.
"""

from __future__ import annotations

import multiprocessing
import socket
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, NamedTuple, cast
from urllib.parse import parse_qsl, urlsplit

from tests.support.servers import git_http
from tests.support.servers.forge_answers import ROUTES, Call
from tests.support.servers.forge_model import Forge, Model

LATENCY = 0.2
OWNER = "town"
_FILES = {
    "README.md": b"# An application\n\nThis paragraph says at some length what the application is for.\n",
    "publiccode.yml": b"publiccodeYmlVersion: '0.4'\nname: An application\nplatforms: [web]\n"
    b"developmentStatus: stable\nsoftwareType: standalone/web\nlegal: {license: EUPL-1.2}\n",
    "LICENSE": b"EUPL\n",
}


class Served(NamedTuple):
    """Running forges: where each is on loopback, by name; where the silent host is."""

    hosts: dict[str, str]
    silent: str
    pipe: Any

    def requests(self) -> dict[str, int]:
        """How many requests each has answered."""
        self.pipe.send("requests")
        found: dict[str, int] = self.pipe.recv()
        return found


@contextmanager
def served(sizes: tuple[int, ...], *, latency: float = LATENCY) -> Iterator[Served]:
    """Serve a forge for each of the sizes until the block ends."""
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe()
    child = context.Process(target=_serve, args=(sizes, latency, there))
    child.start()
    try:
        hosts, silent_host = here.recv()
        yield Served(hosts, silent_host, here)
    finally:
        here.send("end")
        child.join()


def _serve(sizes: tuple[int, ...], latency: float, pipe: Any) -> None:
    with ExitStack() as stack:
        root = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        git_http.create(root, "same", _FILES)
        model = Model()
        servers = [
            stack.enter_context(git_http.running(_LateForge(root, _forge(model, number, size), latency)))
            for number, size in enumerate(sizes)
        ]
        silent = stack.enter_context(socket.create_server(("127.0.0.1", 0), backlog=64))
        hosts = {server.forge.host: server.authority for server in servers}
        pipe.send((hosts, f"127.0.0.1:{silent.getsockname()[1]}"))
        while pipe.recv() == "requests":
            pipe.send({server.forge.host: sum(server.requests.values()) for server in servers})


def _forge(model: Model, number: int, size: int) -> Forge:
    forge = model.forge("gitea", f"host{number}.example.org")
    for place in range(size):
        forge.repository(f"{OWNER}/app{place}", description=f"Application {place}")
    return forge


class _LateForge(git_http.GitServer):
    """One forge: its API, and Git, which has the same repository at every address."""

    def __init__(self, root: Path, forge: Forge, latency: float) -> None:
        super().__init__(root, filter=True, version=2, spelling="both")
        self.RequestHandlerClass = _Handler
        self.forge, self.latency = forge, latency
        self.known: dict[tuple[str, str, bytes], git_http.Answered] = {}

    def directory(self, name: str) -> Path | None:
        """The one there is, for every repository of the forge."""
        return super().directory("same") if self.forge.find(name) else None


class _Handler(git_http.Handler):
    def answer(
        self, server: git_http.GitServer, name: str, *, spelled: str, service: str, query: str, body: bytes
    ) -> git_http.Answered:
        late = cast(_LateForge, server)
        time.sleep(late.latency)
        parts = urlsplit(self.path)
        if not service:
            asked = dict(parse_qsl(parts.query, keep_blank_values=True))
            status, headers, content = ROUTES["gitea"](
                Call(late.forge, parts.path, query=asked, member=False)
            )
            return status, {"Content-Type": "application/json; charset=utf-8", **headers}, content
        question = (service, query, body)
        if question not in late.known:
            late.known[question] = super().answer(
                server, name, spelled=spelled, service=service, query=query, body=body
            )
        status, headers, content = late.known[question]
        return status, dict(headers), content
