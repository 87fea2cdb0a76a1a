"""Two guards around every test: nothing unexpected is logged, nothing leaves this machine.

They watch this process; a child process (git, Chromium, gunicorn) is watched by the test that starts it.
"""

from __future__ import annotations

import contextlib
import errno
import ipaddress
import logging
import re
import socket
import sys
from collections.abc import Mapping
from typing import Any

# Loggers whose warnings tell of a busy machine, not of a fault.
_BUSY = frozenset(("waitress.queue",))
# Names that are never registered, so never found (RFC 6761, RFC 2606): asking for them is no attempt to
# leave.
_NOWHERE = (".invalid", ".test", ".example")


class Logs(logging.Handler):
    """Everything logged as a warning or worse since it was last asked, as "LEVEL logger: message"."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.records: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        if record.name not in _BUSY:
            self.records.append(f"{record.levelname} {record.name}: {record.getMessage()}")

    def take(self) -> list[str]:
        records, self.records = self.records, []
        return records

    def complaints(self, expected: Mapping[str, bool]) -> list[str]:
        """What came unexpected, and what did not come.

        `expected` maps a pattern to whether it may stay away.
        """
        records = self.take()
        if self not in logging.getLogger().handlers:  # whoever runs `serve` or `worker` in a test's process
            logging.getLogger().addHandler(self)
            return ["the test took the handlers of the log away, and no later warning would be noticed"]
        unexpected = [
            record for record in records if not any(re.search(pattern, record) for pattern in expected)
        ]
        needed = [pattern for pattern, maybe in expected.items() if not maybe]
        missing = [pattern for pattern in needed if not any(re.search(pattern, record) for record in records)]
        return [f"unexpected log record: {record}" for record in unexpected] + [
            f"expected log record that did not come: {pattern}" for pattern in missing
        ]


class Network:
    """Refuses, and remembers, every connection and look-up that would leave this machine."""

    def __init__(self) -> None:
        self.attempts: list[str] = []

    def audit(self, event: str, arguments: tuple[Any, ...]) -> None:
        if event in ("socket.connect", "socket.sendto"):
            if not _here(arguments[1]):
                self.attempts.append(f"{event} {arguments[1]!r}")
                raise OSError(errno.ENETUNREACH, "tests reach only this machine")
        elif event in ("socket.getaddrinfo", "socket.gethostbyname") and not _needs_no_look_up(arguments[0]):
            if not str(arguments[0]).rstrip(".").endswith(_NOWHERE):
                self.attempts.append(f"{event} {arguments[0]!r}")
            raise socket.gaierror(socket.EAI_NONAME, "tests look up only this machine")

    def complaints(self) -> list[str]:
        attempts, self.attempts = self.attempts, []
        return [f"left this machine: {attempt}" for attempt in attempts]


LOGS = Logs()
NETWORK = Network()


def install() -> None:
    """Begin to watch; lasts until the process ends."""
    logging.getLogger().addHandler(LOGS)
    sys.addaudithook(NETWORK.audit)


def _here(address: Any) -> bool:
    if not isinstance(address, tuple):
        return True  # a socket in the file system
    if str(address[0]).rstrip(".").lower() == "localhost":
        return True
    with contextlib.suppress(ValueError):
        number = ipaddress.ip_address(str(address[0]).partition("%")[0])
        return (getattr(number, "ipv4_mapped", None) or number).is_loopback
    return False


def _needs_no_look_up(host: Any) -> bool:
    """Numbers are no names, and localhost is answered by this machine."""
    name = (
        (host.decode("ascii", "replace") if isinstance(host, bytes) else str(host or "")).rstrip(".").lower()
    )
    if not name or name == "localhost" or name.endswith(".localhost"):
        return True
    with contextlib.suppress(OSError):
        socket.inet_aton(name)
        return True
    with contextlib.suppress(ValueError):
        ipaddress.ip_address(name.partition("%")[0])
        return True
    return False
