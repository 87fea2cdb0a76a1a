"""A document that the sandbox could not read, and what says nothing of the document."""

from __future__ import annotations

import pytest

from catalog.base.sandboxed import read
from sandbox import PATIENCE, Reason, Sandbox, SandboxError


class Failing(Sandbox):
    """A sandbox whose calls fail for these reasons, in turn, before they are tried."""

    def __init__(self, *reasons: Reason) -> None:
        super().__init__(workers=1)
        self.reasons = list(reasons)

    def run(self, name: str, argument: bytes, *, seconds: float = 5.0, patience: float = PATIENCE) -> bytes:
        if self.reasons:
            raise SandboxError(self.reasons.pop(0))
        return super().run(name, argument, seconds=seconds, patience=patience)


@pytest.mark.parametrize(
    ("reasons", "codes"),
    {
        (Reason.CRASH,): [],
        (Reason.MEMORY,): [],
        (Reason.CRASH, Reason.MEMORY): ["too-slow"],
        (Reason.TIME,): ["too-slow"],
    }.items(),
    ids=str,
)
def test_one_failure_by_the_way_is_not_the_texts(reasons: tuple[Reason, ...], codes: list[str]) -> None:
    sandbox = Failing(*reasons)
    try:
        reading = read(sandbox, "publiccode", b"publiccodeYmlVersion: '0.4'\nname: Town\n")
    finally:
        sandbox.close()
    assert [problem.code for problem in reading.problems if problem.code == "too-slow"] == codes


def test_a_closed_sandbox_says_nothing_of_a_text() -> None:
    sandbox = Sandbox(workers=1)
    sandbox.close()
    with pytest.raises(SandboxError) as caught:
        read(sandbox, "publiccode", b"name: Town\n")
    assert caught.value.reason == Reason.CLOSED
