"""The `git` program under limits, for servers that remote.py cannot read: a shallow bare clone of HEAD."""

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
from crawlers.git.object_format import SHA1, SHA256, ObjectFormat
from crawlers.git.remote import TREE_BYTES
from crawlers.net.address import Address, shown, split
from crawlers.net.http import Http

SECONDS = 60
REQUESTS = 3  # of a clone, at least: the rest of the conversation is not known
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
    "GIT_DEFAULT_REF_FORMAT": "files",  # what _CONFIG says of a clone
}
_OPTIONS = (
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
# The filter leaves out large files; for a server without filters git takes the whole of the one commit.
_CLONE = (
    "clone",
    "-q",
    "--bare",
    "--depth=1",
    "--single-branch",
    "--no-tags",
    "--filter=blob:limit=512k",
    "--no-recurse-submodules",
    "--template=",
)


# All that a clone knows of itself. Git reads names other than SHA-1's only where they are said.
_CONFIG = {
    SHA1: "[core]\n\trepositoryformatversion = 0\n\tbare = true\n",
    SHA256: "[core]\n\trepositoryformatversion = 1\n\tbare = true\n[extensions]\n\tobjectformat = sha256\n",
}


class Clone:
    """A temporary clone of HEAD; a context manager. CrawlError "bad-repository" if git cannot make it.

    It is bare and is never checked out; git runs without a configuration of the user or the system.
    """

    def __init__(self, endpoint: str, http: Http, *, object_format: ObjectFormat = SHA1) -> None:
        self._endpoint = endpoint
        self._format = object_format
        self._http = http
        self._folder = tempfile.TemporaryDirectory(prefix="allmende-git-", ignore_cleanup_errors=True)
        self._repository = Path(self._folder.name) / "repository.git"

    def __enter__(self) -> Clone:
        try:
            target = split(self._http.target(self._endpoint))
            command = (*_CLONE, "--", str(target), str(self._repository))
            with self._http.turn(self._endpoint, requests=REQUESTS) as lock:
                self._run(command, self._network_options(target), scheme=target.scheme, lock=lock)
            # It must not know its origin, or git would fetch from there what the filter has left out.
            (self._repository / "config").write_text(_CONFIG[self._format])
            size = sum(path.stat().st_size for path in self._repository.rglob("*.pack"))
            self._http.count(requests=REQUESTS, bytes=size)
        except BaseException:
            self._folder.cleanup()
            raise
        return self

    def _network_options(self, target: Address) -> list[str]:
        """The options that pin the host, and every other name, to the checked addresses."""
        addresses = ",".join(f"[{ip}]" if ":" in ip else ip for ip in self._http.resolve(self._endpoint))
        options = [f"http.curloptResolve={name}:{target.port}:{addresses}" for name in ("*", target.host)]
        options.append(f"http.userAgent=git/2 {self._http.policy.user_agent}")
        if self._http.policy.certificates:
            options.append(f"http.sslCAInfo={self._http.policy.certificates}")
        return options

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._folder.cleanup()

    def root(self) -> tuple[str, bytes]:
        """The commit's id and its root tree as Git stores it."""
        lines = self._cat("--batch-check", ["HEAD", "HEAD^{tree}"]).split(b"\n")
        if len(lines) < 2:
            raise self._failure()
        commit = lines[0].split()
        tree = lines[1].split()
        if commit[1:2] != [b"commit"] or tree[1:2] != [b"tree"] or int(tree[2]) > TREE_BYTES:
            raise self._failure()
        return commit[0].decode(), self._contents([tree[0].decode()])[0]

    def blobs(self, names: Sequence[str], *, limit: int) -> Mapping[str, bytes | None]:
        """The blobs by object id; None for one larger than `limit` or left out by the filter."""
        sizes = {}
        for line in self._cat("--batch-check", names).split(b"\n"):
            words = line.split()
            if words[1:2] == [b"blob"]:
                sizes[words[0].decode()] = int(words[2])
        small = [name for name in names if sizes.get(name, limit + 1) <= limit]
        blobs: dict[str, bytes | None] = dict.fromkeys(names)
        return blobs | dict(zip(small, self._contents(small), strict=True))

    def _contents(self, names: Sequence[str]) -> list[bytes]:
        """The contents of objects. For each git prints a line "id kind size", the content, a line break."""
        output = self._cat("--batch", names)
        contents = []
        position = 0
        for _ in names:
            end = output.index(b"\n", position)
            size = int(output[position:end].split()[2])
            contents.append(output[end + 1 : end + 1 + size])
            position = end + 1 + size + 1
        return contents

    def _cat(self, mode: str, names: Sequence[str]) -> bytes:
        command = (f"--git-dir={self._repository}", "cat-file", mode)
        names_as_input = "".join(f"{name}\n" for name in names).encode()
        return self._run(command, (), scheme="none", standard_input=names_as_input)

    def _run(
        self,
        command: Sequence[str],
        options: Sequence[str],
        *,
        scheme: str,
        standard_input: bytes = b"",
        lock: int | None = None,
    ) -> bytes:
        """The output of git, run without a shell, under limits, in a process group that is ended as a whole.

        The only protocol that it may use is `scheme`. It holds the file `lock` open, as we do: should we be
        killed, nobody else is at the host until it has ended too.
        """
        process = subprocess.Popen(  # noqa: S603 - a list, no shell, and `--` before what a stranger named
            [*self._program(), *_git_options((*_OPTIONS, *options)), *command],
            env={**_ENVIRONMENT, "PATH": os.environ.get("PATH", os.defpath), "GIT_ALLOW_PROTOCOL": scheme},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd=self._folder.name,
            start_new_session=True,
            pass_fds=() if lock is None else (lock,),
        )
        late = CrawlError("timeout", host=split(self._endpoint).host, seconds=SECONDS)
        with process:
            try:
                output, _ = process.communicate(standard_input, timeout=SECONDS + 5)
            except subprocess.TimeoutExpired as error:
                raise late from error
            finally:
                if process.poll() is None:
                    os.killpg(process.pid, signal.SIGKILL)
        if process.returncode == 124:
            raise late
        if process.returncode != 0:
            raise self._failure()
        return output

    def _program(self) -> list[str]:
        """The git program behind those that limit it. CrawlError if one is missing."""
        paths = [shutil.which(name) for name in ("prlimit", "timeout", "git")]
        if not all(paths):
            raise self._failure("the programs git, prlimit and timeout are needed for this server")
        prlimit, timeout, git = (str(path) for path in paths)
        limit = [prlimit, f"--fsize={FILE_BYTES}", f"--as={MEMORY_BYTES}", "--cpu=30"]
        return [*limit, timeout, "-k", "2", str(SECONDS), git]

    def _failure(self, reason: str = "git cannot read it") -> CrawlError:
        return CrawlError("bad-repository", url=shown(self._endpoint), reason=reason)


def _git_options(options: Sequence[str]) -> list[str]:
    """`-c option` for each."""
    words = []
    for option in options:
        words += ["-c", option]
    return words
