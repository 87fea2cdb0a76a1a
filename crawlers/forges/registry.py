"""The forges we know, one row each; everything that is true of one of them is asked of its row."""

from __future__ import annotations

from crawlers.forges import gitea, github, gitlab
from crawlers.forges.forge import Forge

FORGES: dict[str, Forge] = {
    "github": github.FORGE,
    "gitlab": gitlab.FORGE,
    "gitea": gitea.FORGE,
}
