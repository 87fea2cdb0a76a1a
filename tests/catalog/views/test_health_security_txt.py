"""/.well-known/security.txt says whom to tell, as RFC 9116 wants it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from app import create_app
from catalog.base import clock
from catalog.base.settings import read


@pytest.mark.parametrize(
    ("contact", "expected"),
    [
        ("sicherheit@stadt.example", "mailto:sicherheit@stadt.example"),
        ("", "https://allmende.example.org/imprint"),
    ],
)
def test_it_names_the_operator_and_is_not_out_of_date(data_dir: Path, contact: str, expected: str) -> None:
    application = create_app(
        read({}, data_dir=data_dir, base_url="https://allmende.example.org", contact=contact)
    )
    answer = application.test_client().get("/.well-known/security.txt")
    said = dict(line.split(": ", 1) for line in answer.text.splitlines())
    application.extensions["allmende"].close()
    assert answer.status_code == 200
    assert answer.mimetype == "text/plain"
    assert said["Contact"] == expected
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT[\d:.]+Z", said["Expires"])
    assert clock.now() < said["Expires"] < clock.later(clock.now(), days=366)
