"""How this instance goes out: who it says it is, where it may go, which token belongs to which host.

Works without the server's dependencies.
"""

from __future__ import annotations

from catalog.base.settings import Settings
from crawlers.net.http import Policy

VERSION = "0.1.0"


def policy(settings: Settings) -> Policy:
    """What the guarded way out is told, from the operator's settings."""
    contact = settings.contact or settings.base_url
    return Policy(
        user_agent=f"Allmende/{VERSION} (+{settings.base_url}; {contact})",
        allowed_private_hosts=settings.allowed_private_hosts,
        fetch_from=settings.fetch_from,
        tokens=dict(settings.forge_tokens),
        certificates=settings.certificates,
    )
