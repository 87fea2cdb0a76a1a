"""Strangers' text under limits.

Whatever a parser does in a child, the parent gets an answer or a SandboxError in time.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from sandbox import Sandbox, SandboxError
from tests.run import ROOT

HERE = "tests.support.misbehaving_functions"


@pytest.fixture(scope="module")
def pool() -> Iterator[Sandbox]:
    made = Sandbox(workers=2)
    yield made
    made.close()


@pytest.mark.parametrize(
    ("function", "reason", "most"),
    [
        pytest.param("take_all_memory", "memory", 10.0, id="takes all memory"),
        pytest.param("never_end", "time", 3.0, id="never ends"),
        pytest.param("exit_at_once", "crash", 3.0, id="kills its process"),
        pytest.param("raise_an_error", "crash", 3.0, id="raises"),
        pytest.param("recurse_without_end", "crash", 3.0, id="recurses without end"),
        pytest.param("missing", "crash", 3.0, id="no such function"),
    ],
)
def test_what_misbehaves_is_stopped_and_replaced(
    pool: Sandbox, function: str, reason: str, most: float
) -> None:
    assert pool.run(f"{HERE}:echo", b"before") == b"before"
    begun = time.monotonic()
    with pytest.raises(SandboxError) as caught:
        pool.run(f"{HERE}:{function}", b"", seconds=9.0 if reason == "memory" else 1.0)
    assert caught.value.reason == reason
    assert time.monotonic() - begun < most
    assert pool.run(f"{HERE}:echo", b"after") == b"after"


def test_a_bomb_has_no_more_time_in_a_fresh_child() -> None:
    """The time a child needs to start is not the text's."""
    with Closing(workers=1) as sandbox:
        begun = time.monotonic()
        for _ in range(2):
            with pytest.raises(SandboxError, match="time"):
                sandbox.run(f"{HERE}:never_end", b"", seconds=0.3)
        assert time.monotonic() - begun < 8


def test_what_counts_is_the_childs_own_time() -> None:
    """A busy machine, or a child that is stopped for a while, says nothing of the text."""
    with Closing(workers=1) as sandbox:
        assert sandbox.run(f"{HERE}:sleep", b"0.6", seconds=0.2, patience=50.0)
        begun = time.monotonic()
        with pytest.raises(SandboxError, match="time"):
            sandbox.run(f"{HERE}:sleep", b"60", seconds=0.2, patience=2.0)
        assert time.monotonic() - begun < 8


def test_the_child_knows_no_secret(pool: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALLMENDE_GITHUB_TOKEN", "canary-token")
    monkeypatch.setenv("AWS_SECRET", "canary-secret")
    with Closing(workers=1) as sandbox:
        said = sandbox.run(f"{HERE}:environment", b"").decode()
    assert "canary" not in said
    assert {line.partition("=")[0] for line in said.splitlines()} <= {
        "PYTHONPATH",
        "PATH",
        "LC_ALL",
        "LC_CTYPE",
        "PYTHONDONTWRITEBYTECODE",
    }


def test_the_child_writes_no_file(pool: Sandbox, tmp_path: Path) -> None:
    with pytest.raises(SandboxError):
        pool.run(f"{HERE}:write_file", str(tmp_path / "evil").encode())
    assert not (tmp_path / "evil").exists() or (tmp_path / "evil").stat().st_size == 0


def test_what_a_parser_prints_is_no_answer(pool: Sandbox) -> None:
    assert pool.run(f"{HERE}:print_noise", b"the answer") == b"the answer"


@pytest.mark.parametrize("size", [0, 1, 65_536, 5_000_000])
def test_every_size_comes_back_whole(pool: Sandbox, size: int) -> None:
    argument = os.urandom(size)
    assert pool.run(f"{HERE}:echo", argument) == argument


def test_many_threads_get_their_own_answers(pool: Sandbox) -> None:
    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(lambda n: pool.run(f"{HERE}:echo", str(n).encode()), range(200)))
    assert answers == [str(number).encode() for number in range(200)]


def test_two_children_work_at_the_same_time(pool: Sandbox) -> None:
    with ThreadPoolExecutor(2) as threads:
        assert len(set(threads.map(lambda _: pool.run(f"{HERE}:sleep", b"0.4"), range(2)))) == 2


def test_one_child_serves_many_texts(pool: Sandbox) -> None:
    with Closing(workers=1) as sandbox:
        assert len({sandbox.run(f"{HERE}:process_id", b"") for _ in range(5)}) == 1


def test_a_child_that_died_while_idle_is_replaced_and_the_next_text_is_not_blamed() -> None:
    with Closing(workers=1) as sandbox:
        first = int(sandbox.run(f"{HERE}:process_id", b""))
        os.kill(first, signal.SIGKILL)
        until(lambda: sandbox._idle.queue[0].process.poll() is not None)
        assert int(sandbox.run(f"{HERE}:process_id", b"")) != first


def test_ctrl_c_in_the_terminal_does_not_reach_the_children() -> None:
    with Closing(workers=1) as sandbox:
        child = int(sandbox.run(f"{HERE}:process_id", b""))
        os.kill(child, signal.SIGINT)
        assert int(sandbox.run(f"{HERE}:process_id", b"")) == child


def test_a_closed_sandbox_refuses_instead_of_waiting() -> None:
    sandbox = Sandbox(workers=1)
    child = int(sandbox.run(f"{HERE}:process_id", b""))
    sandbox.close()
    with pytest.raises(SandboxError):
        sandbox.run(f"{HERE}:echo", b"")
    with pytest.raises(ProcessLookupError):
        os.kill(child, 0)


def test_the_children_die_with_their_parent() -> None:
    program = f"""
import time
from sandbox import Sandbox

sandbox = Sandbox(workers=1)
print(sandbox.run("{HERE}:process_id", b"").decode(), flush=True)
time.sleep(60)
"""
    parent = subprocess.Popen([sys.executable, "-c", program], cwd=ROOT, stdout=subprocess.PIPE)
    assert parent.stdout is not None
    child = int(parent.stdout.readline())
    parent.kill()
    parent.wait()
    parent.stdout.close()
    until(lambda: not _alive(child))


def test_a_module_beside_a_strangers_file_is_not_imported(tmp_path: Path) -> None:
    """`allmende check .` stands in a stranger's checkout."""
    marker = tmp_path / "marker"
    for name in ("sandbox.py", "json.py", "vocabularies.py", "msgspec.py"):
        (tmp_path / name).write_text(f"open({str(marker)!r}, 'w').write('ran'); raise SystemExit\n")
    program = f"""
import sys
sys.path.insert(0, {str(ROOT)!r})
from sandbox import Sandbox

print(Sandbox(workers=1).run("{HERE}:echo", b"fine").decode())
"""
    done = subprocess.run(
        [sys.executable, "-P", "-c", program], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.stdout == "fine\n", done.stderr
    assert not marker.exists()


class Closing(Sandbox):
    def __enter__(self) -> Sandbox:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _alive(number: int) -> bool:
    try:
        stat = Path(f"/proc/{number}/stat").read_text()
    except FileNotFoundError:
        return False
    return stat.rpartition(")")[2].split()[0] != "Z"


def until(what: Callable[[], bool], seconds: float = 10.0) -> None:
    end = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.01)
