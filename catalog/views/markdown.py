"""Strangers' Markdown as safe HTML, made in the sandbox and kept in memory by its digest."""

from __future__ import annotations

import hashlib
import logging
import threading
from collections import Counter, OrderedDict

from markupsafe import Markup, escape

from catalog.base import passing_faults
from sandbox import Sandbox, SandboxError

_KEPT = 1000
_TRIES = 3  # a busy machine may fail once; what always takes too long must not cost each visitor its time
_LOG = logging.getLogger("allmende.pages")
_made: OrderedDict[str, Markup] = OrderedDict()
_failed: Counter[str] = Counter()
_lock = threading.Lock()


def html(sandbox: Sandbox, text: str, *, whole: bool = False) -> Markup:
    """The text as HTML that may stand in a page; without its markup if rendering failed.

    `whole`: it is a page's whole content, and its headings begin there.
    """
    if not text:
        return Markup()
    content = text.encode("utf-8", "replace")
    function = "page" if whole else "html"
    key = function + hashlib.sha256(content).hexdigest()
    with _lock:
        if key in _made:
            _made.move_to_end(key)
            return _made[key]
    try:
        name = f"vocabularies.syntax.markdown:{function}"
        rendered = sandbox.run(name, content, seconds=2.0, patience=1.0)
        made = Markup(rendered.decode())  # noqa: S704  (cleaned by nh3)
    except SandboxError as error:
        _LOG.info("a description was shown without its markup (%s)", error.reason)
        made = Markup("").join(Markup("<p>{}</p>").format(part) for part in escape(text).split("\n\n"))
        if _may_pass(key):
            passing_faults.note()
            return made
    with _lock:
        _made[key] = made
        while len(_made) > _KEPT:
            _made.popitem(last=False)
    return made


def _may_pass(key: str) -> bool:
    """Whether it is worth another try."""
    with _lock:
        if len(_failed) >= _KEPT:
            _failed.clear()
        _failed[key] += 1
        return _failed[key] < _TRIES
