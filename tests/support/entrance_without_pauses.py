"""Allmende's entrance for tests that kill it: the same programs, which wait for no forge.

`python -m tests.support.entrance_without_pauses crawl URL` is `allmende crawl URL`; gunicorn serves `tests.support.entrance_without_pauses:create_app()`.
"""

from __future__ import annotations

import catalog.operations.services
from app import create_app, main
from catalog.base.settings import Settings
from crawlers.net.http import Policy

__all__ = ["create_app"]
_patient = catalog.operations.services.policy


def _impatient(settings: Settings) -> Policy:
    policy = _patient(settings)
    told = {name: getattr(policy, name) for name in policy.__struct_fields__}
    return Policy(**{**told, "requests_per_second": 0, "retries": 0})


catalog.operations.services.policy = _impatient

if __name__ == "__main__":
    main()
