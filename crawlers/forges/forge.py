"""A kind of forge as one row: how it is recognised, listed and asked, and how its addresses are written."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

import msgspec

from crawlers.faults import CrawlError
from crawlers.net.address import shown
from crawlers.net.http import Http

FACTS_SECONDS = 5.0  # how long a single repository waits for the forge's facts
FACTS_BYTES = 500_000
REPOSITORY = "repository"  # the scope of an address that names a single one


class ListedRepository(msgspec.Struct, frozen=True, kw_only=True):
    """A repository as its forge lists it.

    `path` is its full name, `uri` its address in the API, `facts` the content of its record. `state` is a
    text that changes whenever the files may have changed, "" where the forge cannot tell.
    """

    id: str
    path: str
    uri: str
    facts: dict[str, Any]
    state: str = ""
    empty: bool = False


class Place(NamedTuple):
    """An address on a forge: its origin, and the decoded segments of its path."""

    origin: str
    segments: list[str]


class Probe(msgspec.Struct, frozen=True):
    """The answer to a request for a forge's version: names of headers in lower case, `content` decoded JSON.

    `status` is 0 where there was no answer that says anything about a forge.
    """

    status: int = 0
    headers: dict[str, str] = {}
    content: object = None


class Tokens(NamedTuple):
    """How an operator's tokens are given and sent.

    The setting, what it is for, the header, the usual API host.
    """

    setting: str
    help: str
    authorization: str = "Bearer {}"
    host: str = ""


class Forge(NamedTuple):
    """One kind of forge.

    `name` is the kind of its sources and the format of its records (vocabularies/formats).

    `scope` says what lies at a place (REPOSITORY, or a word that `listing` understands) and may ask the
    forge; `listing` gives the repositories there, None for one that not everybody may see; `look_up` gives
    one by its full name. CrawlError for what cannot be read.
    """

    name: str
    label: str  # as people call it
    scope: Callable[[Place, Http], str]
    listing: Callable[[str, Place, Http], Iterator[ListedRepository | None]]
    look_up: Callable[[str, str, Http], ListedRepository | None]  # origin, full name
    # The facts that are the repository's own addresses: at another host than the forge's they are left out.
    addresses: tuple[str, ...]
    # Recognising a host: by its name, by the first label of it, or by what it answers at `version_path`.
    hosts: tuple[str, ...] = ()
    host_labels: tuple[str, ...] = ()
    version_path: str = ""
    recognises: Callable[[Probe], bool] = lambda probe: False
    # Addresses of a file at a commit: the page about it, and the file itself. Below the repository's address.
    file_page: str = ""
    raw_file: str = ""
    # Segments that lead from a repository into a view of it: nothing behind them belongs to its name.
    views: tuple[tuple[str, ...], ...] = ()
    # First segments that may stand before an owner.
    owner_prefixes: tuple[str, ...] = ()
    # Who is asked for by SSH besides `git`: such an address names the same repository as one for the web.
    ssh_users: tuple[str, ...] = ()
    # Hosts where a repository is always owner/name, with the first segments there that are no owner.
    owners_not: Mapping[str, frozenset[str]] = {}
    # Hosts where upper and lower case name the same repository.
    ignores_case: tuple[str, ...] = ()
    tokens: Tokens | None = None


def no_such_owner(url: str) -> CrawlError:
    """The error for an address at which there is nothing to list."""
    return CrawlError("no-such-owner", url=shown(url))
