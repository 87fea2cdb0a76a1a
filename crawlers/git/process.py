"""The `git` program in fetters, for servers that our own reader cannot ask: one shallow clone, bare, never checked out."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType

from crawlers.faults import CrawlError
from crawlers.git.remote import TREE_BYTES
from crawlers.net.address import shown, split
from crawlers.net.http import Http

SECONDS = 60
FILE_BYTES = 64 * 1024 * 1024  # no file of the clone may grow larger
MEMORY_BYTES = 1024 * 1024 * 1024
_ENVIRONMENT = {
    "HOME": "/nonexistent",
    "LC_ALL": "C",
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_ASKPASS": "/bin/false",
    "GIT_NO_LAZY_FETCH": "1",
}
_FETTERS = (
    "http.followRedirects=false",
    "http.proxy=",
    "http.lowSpeedLimit=1024",
    "http.lowSpeedTime=20",
    "core.hooksPath=/dev/null",
    "core.symlinks=false",
    "transfer.fsckObjects=true",
    "transfer.bundleURI=false",
    "credential.helper=",
    "gc.auto=0",
    "protocol.version=2",
    "pack.threads=1",
)


class Clone:
    """A temporary clone of HEAD; a context manager. CrawlError "bad-repository" if git cannot make or read it."""

    def __init__(self, endpoint: str, http: Http) -> None:
        self._endpoint, self._http = endpoint, http
        self._place = tempfile.TemporaryDirectory(prefix="allmende-git-", ignore_cleanup_errors=True)
        self._directory = Path(self._place.name) / "repository.git"

    def __enter__(self) -> Clone:
        try:
            target = split(self._http.target(self._endpoint))
            addresses = ",".join(f"[{ip}]" if ":" in ip else ip for ip in self._http.resolve(self._endpoint))
            options = [f"http.curloptResolve={name}:{target.port}:{addresses}" for name in ("*", target.host)]
            options.append(f"http.userAgent=git/2 {self._http.policy.user_agent}")
            if self._http.policy.certificates:
                options.append(f"http.sslCAInfo={self._http.policy.certificates}")
            # A server without filters is told so by git itself, which then takes the whole of the one commit.
            arguments = "clone -q --bare --depth=1 --single-branch --no-tags --filter=blob:limit=512k --no-recurse-submodules"
            self._run(
                [*arguments.split(), "--template=", "--", str(target), str(self._directory)],
                options,
                scheme=target.scheme,
            )
            # It must not know where it comes from, or git would go back to the server for what was left out.
            (self._directory / "config").write_text("[core]\n\trepositoryformatversion = 0\n\tbare = true\n")
            size = sum(path.stat().st_size for path in self._directory.rglob("*.pack"))
            self._http.count(requests=3, bytes=size)  # at least: what git says on the way is not known
        except BaseException:
            self._place.cleanup()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._place.cleanup()

    def root(self) -> tuple[str, bytes]:
        """The commit's id and its root tree as Git stores it."""
        answers = self._cat("--batch-check", ["HEAD", "HEAD^{tree}"]).split(b"\n")
        words = [answer.split() for answer in answers[:2]]
        if (
            len(words) != 2
            or [word[1:2] for word in words] != [[b"commit"], [b"tree"]]
            or int(words[1][2]) > TREE_BYTES
        ):
            raise self._failure()
        return words[0][0].decode(), self._contents([words[1][0].decode()])[0]

    def blobs(self, names: Sequence[str], *, limit: int) -> Mapping[str, bytes | None]:
        """The blobs by object id; None where one is larger than `limit` (or was left out of the clone for its size)."""
        sizes = {}
        for answer in self._cat("--batch-check", names).split(b"\n"):
            words = answer.split()
            if words[1:2] == [b"blob"]:
                sizes[words[0].decode()] = int(words[2])
        small = [name for name in names if sizes.get(name, limit + 1) <= limit]
        found: dict[str, bytes | None] = dict.fromkeys(names)
        return found | dict(zip(small, self._contents(small), strict=True))

    def _contents(self, names: Sequence[str]) -> list[bytes]:
        answer, contents, at = self._cat("--batch", names), [], 0
        for _ in names:
            end = answer.index(b"\n", at)
            size = int(answer[at:end].split()[2])
            contents.append(answer[end + 1 : end + 1 + size])
            at = end + 1 + size + 1
        return contents

    def _cat(self, how: str, names: Sequence[str]) -> bytes:
        question = "".join(f"{name}\n" for name in names).encode()
        return self._run(
            [f"--git-dir={self._directory}", "cat-file", how], (), scheme="none", question=question
        )

    def _run(
        self, arguments: Sequence[str], options: Sequence[str], *, scheme: str, question: bytes = b""
    ) -> bytes:
        """Run git without a shell, under limits, in a process group that is ended as a whole; only `scheme` may be spoken."""
        tools = [shutil.which(tool) for tool in ("prlimit", "timeout", "git")]
        if not all(tools):  # without the limits it is not done at all
            raise self._failure("the programs git, prlimit and timeout are needed for this server")
        prlimit, timeout, git = (str(tool) for tool in tools)
        fetters = [word for option in (*_FETTERS, *options) for word in ("-c", option)]
        limits = [
            prlimit,
            f"--fsize={FILE_BYTES}",
            f"--as={MEMORY_BYTES}",
            "--cpu=30",
            timeout,
            "-k",
            "2",
            str(SECONDS),
        ]
        process = subprocess.Popen(  # noqa: S603 - a list, no shell, and `--` before what a stranger named
            [*limits, git, *fetters, *arguments],
            env={**_ENVIRONMENT, "PATH": os.environ.get("PATH", os.defpath), "GIT_ALLOW_PROTOCOL": scheme},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd=self._place.name,
            start_new_session=True,
        )
        late = CrawlError("timeout", host=split(self._endpoint).host, seconds=SECONDS)
        with process:
            try:
                answer, _ = process.communicate(question, timeout=SECONDS + 5)
            except subprocess.TimeoutExpired as error:
                raise late from error
            finally:
                if process.poll() is None:
                    os.killpg(process.pid, signal.SIGKILL)
        if process.returncode == 124:
            raise late
        if process.returncode != 0:
            raise self._failure()
        return answer

    def _failure(self, reason: str = "git cannot read it") -> CrawlError:
        return CrawlError("bad-repository", url=shown(self._endpoint), reason=reason)
