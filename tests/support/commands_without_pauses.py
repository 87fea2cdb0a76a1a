"""Allmende's programs for tests that kill them: without the pauses between requests.

`python -m tests.support.commands_without_pauses crawl URL` is `allmende crawl URL`; gunicorn serves
`tests.support.commands_without_pauses:create_app()`.
"""

from __future__ import annotations

import catalog.operations.services
from app import create_app, main
from catalog.base.settings import Settings
from crawlers.net.http import Policy

__all__ = ["create_app"]
_polite = catalog.operations.services.policy


def _without_pauses(settings: Settings) -> Policy:
    policy = _polite(settings)
    told = {name: getattr(policy, name) for name in policy.__struct_fields__}
    return Policy(**{**told, "requests_per_second": 0, "retries": 0})


catalog.operations.services.policy = _without_pauses

if __name__ == "__main__":
    main()
