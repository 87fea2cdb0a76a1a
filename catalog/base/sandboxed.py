"""Reading inside the sandbox: the one way a stranger's document becomes a Reading.

Needs nothing of the server.
"""

from __future__ import annotations

import msgspec

from sandbox import Reason, Sandbox, SandboxError
from vocabularies import reading
from vocabularies.crosswalk.rows import Reading
from vocabularies.problems import Problem

# A child that something has killed, or that other texts left without memory, says nothing of this text.
_ATTEMPTS = 2


def read(sandbox: Sandbox, format_: str, content: bytes) -> Reading:
    """Read a document in the sandbox; a text that is too much for it gives a reading with that problem.

    SandboxError if the sandbox was closed: that says nothing of the text.
    """
    request = msgspec.msgpack.encode(reading.Request(format_, content))
    for _attempt in range(_ATTEMPTS):
        try:
            return msgspec.msgpack.decode(sandbox.run("vocabularies.reading:read", request), type=Reading)
        except SandboxError as error:
            if error.reason == Reason.CLOSED:
                raise
            if error.reason == Reason.TIME:
                break
    return Reading(format=format_, problems=(Problem(code="too-slow"),))
