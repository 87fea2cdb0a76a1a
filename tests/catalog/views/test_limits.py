"""Rate limits hold for whoever has a whole network of addresses, and for whoever says to be somebody else."""

from __future__ import annotations

import pytest
from flask import Flask

from catalog.views.limits import client
from tests.support.browser import Browser


@pytest.mark.parametrize(
    ("address", "counted"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:ffff::", "2001:db8:1:2::/64"),
        ("2001:db8:1:3::1", "2001:db8:1:3::/64"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("fe80::1%eth0", "fe80::/64"),
        ("nonsense", "nonsense"),
        ("", ""),
    ],
)
def test_a_network_counts_as_one(app: Flask, address: str, counted: str) -> None:
    with app.test_request_context(environ_base={"REMOTE_ADDR": address}):
        assert client() == counted


@pytest.mark.usefixtures("limits")
def test_a_guesser_with_many_addresses_is_stopped(app: Flask) -> None:
    answers = [
        Browser(app, address=f"2001:db8::{number}").sign_in(f"name{number}", "wrong password").status_code
        for number in range(1, 9)
    ]
    assert answers == [401] * 5 + [429] * 3
    assert Browser(app, address="2001:db8:0:1::1").sign_in("name9", "wrong password").status_code == 401


@pytest.mark.usefixtures("limits")
def test_a_header_does_not_make_another_client(app: Flask) -> None:
    answers = []
    for number in range(7):
        browser = Browser(app)
        browser.client.environ_base |= {
            "HTTP_X_FORWARDED_FOR": f"192.0.2.{number}",
            "HTTP_X_REAL_IP": f"192.0.2.{number}",
            "HTTP_FORWARDED": f"for=192.0.2.{number}",
        }
        answers.append(browser.sign_in(f"name{number}", "wrong password").status_code)
    assert answers == [401] * 5 + [429] * 2
