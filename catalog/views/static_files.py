"""The files every page needs: ours, and of KERN unchanged only what the pages use and its licences."""

from __future__ import annotations

import gzip
from functools import cache
from importlib.resources import files
from pathlib import Path

from catalog.base.settings import resource

# What is served as a file, with its type. Of KERN only what the pages use and the licences of it.
_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".woff2": "font/woff2",
    ".txt": "text/plain; charset=utf-8",
}
_KERN = (
    "kern.min.css",
    "LICENSE.txt",
    "fonts/fira-sans/OFL.txt",
    "fonts/fira-sans/FiraSans-Regular.woff2",
    "fonts/fira-sans/FiraSans-Italic.woff2",
    "fonts/fira-sans/FiraSans-Medium.woff2",
    "fonts/fira-sans/FiraSans-SemiBold.woff2",
)


@cache
def _allowed() -> dict[str, Path]:
    """Name -> file: the list is made once, so that no name of a visitor ever becomes a path."""
    kern = Path(str(files("mkdocs_kern_ux"))) / "kern-ux" / "vendor" / "kern"
    own = resource("static")
    found = {path.relative_to(own).as_posix(): path for path in own.rglob("*") if path.suffix in _TYPES}
    return found | {f"kern/{name}": kern / name for name in _KERN}


@cache
def _kept(path: Path) -> tuple[bytes, bytes, str]:
    content = path.read_bytes()
    return (
        content,
        b"" if path.suffix == ".woff2" else gzip.compress(content, 9, mtime=0),
        _TYPES[path.suffix],
    )


def find(name: str) -> tuple[bytes, bytes, str] | None:
    """(content, the same packed or b"", type)."""
    path = _allowed().get(name)
    return _kept(path) if path else None
