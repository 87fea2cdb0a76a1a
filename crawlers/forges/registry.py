"""The forges we know, one row each; everything that is true of one of them is asked of its row."""

from __future__ import annotations

from crawlers.forges import (
    gitea,
    github,
    gitlab,
)
from crawlers.forges.forge import Forge

_ROWS = (
    github.FORGE,
    gitlab.FORGE,
    gitea.FORGE,
)
FORGES: dict[str, Forge] = {row.name: row for row in _ROWS}
