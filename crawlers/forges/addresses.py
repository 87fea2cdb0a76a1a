"""Addresses on forges.

The one spelling under which a repository is known, and what the forge's row says of them.
"""

from __future__ import annotations

import re
from itertools import chain
from urllib.parse import quote, unquote

import msgspec

from crawlers.faults import CrawlError
from crawlers.forges.forge import Forge, Place
from crawlers.forges.registry import FORGES
from crawlers.net.address import DEFAULT_PORTS, Address, shown, split

_SCP_FORM = re.compile(r"(?P<user>[A-Za-z0-9._-]+)@(?P<host>[A-Za-z0-9.-]+):(?P<path>(?!//)[^:]+)")
_WITHOUT_SCHEME = re.compile(r"(?:[a-z0-9-]+\.)+[a-z]{2,}/", re.I)
_SCHEMES = {"https", "http", "git", "ssh"}


def canonical(url: str) -> str:
    """The address under which a repository is known, from any spelling of it. CrawlError if it is none.

    `http` without a port becomes `https`; with a port it stays, for hosts inside an organisation.

    >>> canonical("git@GitHub.com:Italia/PublicCode-Editor.git")
    'https://github.com/italia/publiccode-editor'
    >>> canonical("https://gitlab.opencode.de/Group/Sub/Name/-/tree/main?ref_type=heads")
    'https://gitlab.opencode.de/Group/Sub/Name'
    """
    address = _web_address(url.strip())
    host = address.host
    while host.startswith("www.") and "." in host[4:]:
        host = host[4:]
    segments = _repository_segments(_decoded_segments(address.path, url=url), host=host)
    if not segments or segments[-1] in (".", ".."):
        raise CrawlError("not-a-repository", url=shown(url))
    path = "/" + "/".join(quote(segment, safe="~!$&'()*+,;=:@") for segment in segments)
    if any(host in forge.ignores_case for forge in FORGES.values()):
        path = path.lower()
    if address.scheme not in DEFAULT_PORTS or address.port == DEFAULT_PORTS[address.scheme]:
        return str(Address(scheme="https", host=host, port=DEFAULT_PORTS["https"], path=path))
    return str(Address(scheme=address.scheme, host=host, port=address.port, path=path))


def _web_address(url: str) -> Address:
    """The parts of an address; it may be written as `git@host:path`, `ssh://git@host/path` or `host/path`."""
    if scp := _SCP_FORM.fullmatch(url):
        url = f"ssh://{scp['user']}@{scp['host']}/{scp['path']}"
    elif _WITHOUT_SCHEME.match(url):
        url = "https://" + url
    url = re.sub(r"^git\+(?=\w+://)", "", url, flags=re.I)
    if ssh := re.match(r"ssh://([^/@:]*)@", url, re.I):
        if ssh[1] != "git" and not any(ssh[1] in forge.ssh_users for forge in FORGES.values()):
            raise CrawlError("credentials")
        url = "ssh://" + url[ssh.end() :]
    address = split(url)
    if address.scheme not in _SCHEMES:
        raise CrawlError("not-https", url=shown(url))
    return address


def _decoded_segments(path: str, *, url: str) -> list[str]:
    """The segments of a path. CrawlError "no-url" if one could be mistaken for a part of a path."""
    try:
        segments = [unquote(segment, errors="strict") for segment in path.split("/") if segment]
    except UnicodeDecodeError as error:
        raise CrawlError("no-url", url=shown(url)) from error
    if any(segment in (".", "..") or re.search(r"[\x00-\x1f\x7f/\\]", segment) for segment in segments):
        raise CrawlError("no-url", url=shown(url))
    return segments


def _repository_segments(segments: list[str], *, host: str) -> list[str]:
    """The segments that name a repository, without views of it and `.git`; empty if they name none."""
    no_owners = _no_owners(host)
    while True:
        shortened = [*segments[:-1], segments[-1].removesuffix(".git")] if segments else []
        shortened = shortened[: 2 if no_owners is not None else _before_view(shortened)]
        if shortened and not shortened[-1]:
            shortened.pop()
        if shortened == segments:
            break
        segments = shortened
    if no_owners is not None and (len(segments) < 2 or segments[0].lower() in no_owners):
        return []
    return segments


def _no_owners(host: str) -> frozenset[str] | None:
    """The first segments that are no owner, on a host where a repository is always owner/name; else None."""
    for forge in FORGES.values():
        if host in forge.owners_not:
            return forge.owners_not[host]
    return None


def _before_view(segments: list[str]) -> int:
    """How many segments there are before a view of the repository. Any host may be any forge."""
    views = list(chain.from_iterable(forge.views for forge in FORGES.values()))
    for position in range(2, len(segments)):
        if any(tuple(segments[position : position + len(view)]) == view for view in views):
            return position
    return len(segments)


def forge_of(url: str) -> Forge | None:
    """The forge of an address, as far as its host tells: by name, or by its first label."""
    host = split(url).host
    for forge in FORGES.values():
        if host in forge.hosts:
            return forge
    label = host.partition(".")[0]
    return next((forge for forge in FORGES.values() if label in forge.host_labels), None)


def file_page(repository: str, commit: str, path: str, *, forge: Forge | None = None) -> str:
    """The address of a file at a commit: the forge's page of it, or else `repository#commit:path`.

    >>> file_page("https://codeberg.org/town/app", "1f0e", "publiccode.yml")
    'https://codeberg.org/town/app/src/commit/1f0e/publiccode.yml'
    """
    forge = forge or forge_of(repository)
    return _file(repository, commit, path, form=forge.file_page if forge else "")


def raw_file(repository: str, commit: str, path: str, *, forge: Forge | None = None) -> str:
    """The address of a file itself at a commit, if the forge is known, or else `repository#commit:path`.

    >>> raw_file("https://github.com/town/app", "HEAD", "docs/logo.svg")
    'https://github.com/town/app/raw/HEAD/docs/logo.svg'
    """
    forge = forge or forge_of(repository)
    return _file(repository, commit, path, form=forge.raw_file if forge else "")


def _file(repository: str, commit: str, path: str, *, form: str) -> str:
    if not form:
        return f"{repository}#{commit}:{quote(path)}"
    return repository + form.format(commit=commit, path=quote(path))


def place(url: str) -> Place:
    """The place that an address on a forge names, as people write it. CrawlError if it is no address."""
    written = url.strip()
    if "://" not in written and "@" not in written:
        written = f"https://{written}"
    try:
        address = split(canonical(written))
    except CrawlError as error:
        if error.code != "not-a-repository":
            raise
        address = _without_repository(written)
    segments = [unquote(segment) for segment in address.path.split("/") if segment]
    return Place(address.origin, segments)


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
