"""The tests' Git server in a process of its own, with made-up histories to serve.

So its work is not counted as anybody's.
"""

from __future__ import annotations

import multiprocessing
import os
import random
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks.synthetic import solutions
from tests.support.servers import git_http

ENVIRONMENT = {
    "PATH": os.environ["PATH"],
    "HOME": "/nonexistent",
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_TERMINAL_PROMPT": "0",
}


class Served(NamedTuple):
    """A running server. `passed()` gives (requests, bytes) by repository since it was last asked."""

    url: str
    authority: str
    pipe: Any

    def passed(self) -> dict[str, tuple[int, int]]:
        """What has passed both ways, headers included."""
        self.pipe.send("passed")
        found: dict[str, tuple[int, int]] = self.pipe.recv()
        return found


@contextmanager
def served(root: Path) -> Iterator[Served]:
    """Serve the bare repositories below `root` until the block ends."""
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe()
    child = context.Process(target=_serve, args=(str(root), there))
    child.start()
    try:
        url, authority = here.recv()
        yield Served(url, authority, here)
    finally:
        here.send("end")
        child.join()


def _serve(root: str, pipe: Any) -> None:
    with git_http.serve(Path(root)) as server:
        pipe.send((server.url, server.authority))
        while pipe.recv() == "passed":
            pipe.send({name: (server.requests[name], count) for name, count in server.bytes.items()})
            server.forget()


def history(root: Path, name: str, *, commits: int, seed: int) -> str:
    """A repository as towns have them.

    Source files that change a few lines at a time, some pictures, metadata; the last commit.
    """
    chance = random.Random(seed)
    texts: list[str] = []
    for document in solutions(200, seed):
        texts += ". ".join(document.text.values()).split(". ")
    files = {
        f"src/part{number % 9}/file{number}.py": chance.choices(texts, k=chance.randrange(40, 300))
        for number in range(30 + commits // 5)
    }
    stream = bytearray()
    for number in range(commits):
        stream += b"commit refs/heads/main\ncommitter A <a@example.org> %d +0000\ndata 8\nA change\n" % (
            1_600_000_000 + number * 9000
        )
        changed = files if number == 0 else {path: files[path] for path in chance.sample(sorted(files), 3)}
        for path, lines in changed.items():
            place = chance.randrange(len(lines))
            lines[place : place + 4] = chance.choices(texts, k=6)
            stream += _file(path, "\n".join(lines).encode())
        if number % 25 == 0:
            stream += _file(f"docs/picture{number}.png", chance.randbytes(chance.randrange(20_000, 200_000)))
        if number == commits - 1:
            for path, size in (("README.md", 60), ("LICENSE", 90), ("publiccode.yml", 40)):
                stream += _file(path, "\n".join(chance.choices(texts, k=size)).encode())
    directory = root / f"{name}.git"
    git_http.git("init", "-q", "--bare", "--initial-branch=main", str(directory))
    git_http.git(f"--git-dir={directory}", "fast-import", "--quiet", content=bytes(stream))
    git_http.git(f"--git-dir={directory}", "repack", "-adfq")
    return git_http.git(f"--git-dir={directory}", "rev-parse", "refs/heads/main").decode().strip()


def _file(path: str, content: bytes) -> bytes:
    return b"M 100644 inline %s\ndata %d\n%s\n" % (path.encode(), len(content), content)
