"""What pyproject.toml declares and requirements/ pin, by canonical package name."""

from __future__ import annotations

import re
import tomllib
from itertools import chain
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent


def canonical(name: str) -> str:
    """
    >>> canonical("Flask_WTF")
    'flask-wtf'
    """
    return re.sub(r"[-_.]+", "-", name).lower()


def declared(*groups: str) -> set[str]:
    """The direct dependencies of "core" and of the extras named."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    lists = {"core": project["dependencies"], **project["optional-dependencies"]}
    lines = chain.from_iterable(lists[group] for group in groups)
    return {canonical(re.split(r"[^\w.-]", line)[0]) for line in lines}


def locked(file: str) -> dict[str, list[str]]:
    """Package -> its hashes, of requirements/`file`. Raises ValueError for a line that is neither."""
    pins: dict[str, list[str]] = {}
    lines = (ROOT / "requirements" / file).read_text().replace("\\\n", " ").splitlines()
    for line in lines:
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        match = re.fullmatch(
            r"([A-Za-z0-9_.-]+)==(\S+)(?: ; [^#]*?)?((?:\s+--hash=sha256:[0-9a-f]{64})*)\s*", line
        )
        if not match:
            raise ValueError(f"requirements/{file} is not pinned here: {line}")
        pins[canonical(match[1])] = match[3].split()
    return pins
