"""Logs: one JSON object a line, without secrets and personal data."""

from __future__ import annotations

import json
import logging
import re
import sys
from datetime import UTC, datetime
from pathlib import Path

_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}
# What turns the order of letters around, breaks lines or steers a terminal is written as JSON's escape
# (docs/security.md, "invisible characters").
_UNSEEN = re.compile("[\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ud800-\udfff\ufeff]")
_SECRETS = re.compile(
    r"(?i)(bearer|token|basic|password|secret|authorization)([\s=:\"']+)[^\s\"',;&]+|://[^/\s@]+@"
)


def clean(text: str) -> str:
    """A text without what looks like a secret.

    >>> clean("Authorization: Bearer abc, https://me:pw@host/")
    'Authorization: …, https://…@host/'
    """
    text = re.sub(r"(?i)(authorization\s*[:=]\s*)(?:bearer|token|basic)\s+[^\s,;]+", r"\1…", text)
    return _SECRETS.sub(_hidden, text)


def _hidden(match: re.Match[str]) -> str:
    """What stands in a log for a secret; a token whose value is hidden already stays as it is."""
    if match[1] is None:
        return "://…@"
    return match[0] if "…" in match[0] else match[1] + match[2] + "…"


class JsonLines(logging.Formatter):
    """One line a record; line breaks inside are escaped by JSON."""

    def format(self, record: logging.LogRecord) -> str:
        entry: dict[str, str | int | float] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": clean(record.getMessage()),
        }
        for key, value in vars(record).items():
            if key not in _STANDARD and isinstance(value, str | int | float):
                entry.setdefault(key, clean(value) if isinstance(value, str) else value)
        if record.exc_info:
            entry["exception"] = clean(self.formatException(record.exc_info))
        return _UNSEEN.sub(lambda match: f"\\u{ord(match[0]):04x}", json.dumps(entry, ensure_ascii=False))


def configure(level: str, *, beside: Path | None = None) -> None:
    """Log to standard error, or to the file `beside`: a person at a terminal reads sentences, not JSON."""
    handler = logging.FileHandler(beside, encoding="utf-8") if beside else logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for quiet in ("apscheduler", "alembic", "waitress", "urllib3"):
        logging.getLogger(quiet).setLevel(max(logging.WARNING, logging.getLevelName(level)))
