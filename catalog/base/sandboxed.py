"""Reading inside the sandbox: the one way a stranger's document becomes a Reading.

Needs nothing of the server.
"""

from __future__ import annotations

import msgspec

from sandbox import Sandbox, SandboxError
from vocabularies import reading
from vocabularies.crosswalk.rows import Reading
from vocabularies.problems import Problem


def read(sandbox: Sandbox, format_: str, content: bytes) -> Reading:
    """Read a document in the sandbox; a text that is too much for it gives a reading with that problem."""
    request = msgspec.msgpack.encode(reading.Request(format_, content))
    try:
        return msgspec.msgpack.decode(sandbox.run("vocabularies.reading:read", request), type=Reading)
    except SandboxError:
        return Reading(format=format_, problems=(Problem(code="too-slow"),))
