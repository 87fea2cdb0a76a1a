"""Allmende's entrance for tests that kill it: the same programs, which wait for no forge.

`python -m tests.acceptance.unhurried crawl URL` is `allmende crawl URL`; gunicorn serves `tests.acceptance.unhurried:create_app()`.
"""

from __future__ import annotations

import catalog.services
from app import create_app, main
from catalog.settings import Settings
from crawlers.http import Policy

__all__ = ["create_app"]
_patient = catalog.services.policy


def _impatient(settings: Settings) -> Policy:
    policy = _patient(settings)
    told = {name: getattr(policy, name) for name in policy.__struct_fields__}
    return Policy(**{**told, "requests_per_second": 0, "retries": 0})


catalog.services.policy = _impatient

if __name__ == "__main__":
    main()
