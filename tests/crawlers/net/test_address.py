"""The parts of a web address, and what is none at all."""

from __future__ import annotations

import contextlib
import doctest

from hypothesis import given
from hypothesis import strategies as st

from crawlers.faults import CrawlError
from crawlers.net import address
from crawlers.net.address import hostname, shown, split

_BEGUN = st.builds("{}{}".format, st.sampled_from(["https://", "git@", "ssh://", "//"]), st.text())


@given(st.one_of(st.text(max_size=60), _BEGUN))
def test_whatever_is_typed_gives_an_address_or_our_error(text: str) -> None:
    with contextlib.suppress(CrawlError):
        split(text)
    assert len(shown(text)) <= 200


@given(st.text(max_size=80))
def test_a_host_is_a_plain_name_a_dotted_quad_or_ipv6(text: str) -> None:
    try:
        host = hostname(text)
    except ValueError:
        return
    assert host.isascii()
    assert host == host.lower()
    assert hostname(host) == host
    assert not host.endswith(".")


def test_the_examples_hold() -> None:
    assert doctest.testmod(address).failed == 0
