"""Addresses on a forge, as people write them: of a repository, of an owner, or of the forge itself."""

from __future__ import annotations

import re
from urllib.parse import unquote

import msgspec

from crawlers.faults import CrawlError
from crawlers.net.address import Address, canonical, shown, split


def place(url: str) -> tuple[str, list[str]]:
    """The origin and the decoded path segments of an address on a forge. CrawlError if it is no address."""
    written = url.strip()
    if "://" not in written and "@" not in written:
        written = f"https://{written}"
    try:
        address = split(canonical(written))
    except CrawlError as error:
        if error.code != "not-a-repository":
            raise
        address = _without_repository(written)
    return address.origin, [unquote(segment) for segment in address.path.split("/") if segment]


def _without_repository(url: str) -> Address:
    """The address of an owner or a forge, host and scheme as `canonical` spells a repository's."""
    address = split(url)
    host = re.sub(r"^www\.(?=[^.]+\.)", "", address.host)
    if address.scheme == "http" and address.port == 80:
        return msgspec.structs.replace(address, host=host, scheme="https", port=443)
    return msgspec.structs.replace(address, host=host)


def path_of(url: str) -> str:
    """The full name in the address of a repository.

    >>> path_of("https://gitlab.com/town/it/app")
    'town/it/app'
    """
    return unquote(split(url).path.strip("/"))


def no_such_owner(url: str) -> CrawlError:
    """The error for an address at which there is nothing to list."""
    return CrawlError("no-such-owner", url=shown(url))
