"""Nothing that a stranger names leads into the operator's network.

Shown by the connections that are not made.
"""

from __future__ import annotations

import dataclasses
import socket
import threading
from collections.abc import Callable, Iterator
from ipaddress import IPv4Network
from pathlib import Path
from typing import Any

import pytest

from crawlers.faults import CrawlError
from crawlers.git import shallow
from crawlers.git.process import Clone
from crawlers.net import guard
from crawlers.net.guard import Guard
from crawlers.net.http import Http, Policy
from tests.support.servers.misbehaving import MisbehavingServer, answer

LISTED = [
    line for line in Path(__file__).with_name("hostile_addresses.txt").read_text("utf-8").splitlines() if line
]
ODD = LISTED[
    LISTED.index("# Whole addresses: other schemes, credentials, ports, and what parsers disagree about.")
    + 1 :
]
NUMBERS = LISTED[1 : -len(ODD) - 1]
# What no line of a file can hold.
ODD += [
    "https://x.example/\r\nHost: 127.0.0.1",
    "https://public\t.example/",
    " https://127.0.0.1/",
    "https://10.0.0.1 /",
    "",
]
# Names of an attacker's own name server.
NAMES: dict[str, list[str]] = {
    "localhost": ["127.0.0.1"],
    "LOCALHOST": ["127.0.0.1"],
    "localhost.": ["127.0.0.1"],
    "ⓛⓞⓒⓐⓛⓗⓞⓢⓣ": ["127.0.0.1"],
    "app.localhost": ["127.0.0.1"],
    "localhost.localdomain": ["127.0.0.1"],
    "intranet": ["10.0.0.5"],
    "internal.example": ["10.0.0.5"],
    "internal.example.": ["10.0.0.5"],
    "metadata.google.internal": ["169.254.169.254"],
    "loop.example": ["127.0.0.1"],
    "loop-six.example": ["::1"],
    "mapped.example": ["::ffff:127.0.0.1"],
    "compatible.example": ["::127.0.0.1"],
    "nat.example": ["64:ff9b::7f00:1"],
    "six-to-four.example": ["2002:7f00:1::"],
    "site-local.example": ["fec0::1"],
    "carrier.example": ["100.64.0.1"],
    "both.example": ["93.184.215.14", "127.0.0.1"],
    "both-families.example": ["93.184.215.14", "::1"],
    "zero.example": ["0.0.0.0"],
    "127.0.0.1.nip.example": ["127.0.0.1"],
}


REFUSALS = {"no-url", "not-https", "credentials", "forbidden-address", "forbidden-port", "unknown-host"}


def look_up(name: str, port: int, *_: Any) -> list[Any]:
    """A name server that the attacker owns. Numbers are answered as the platform does, in all its forms."""
    bare = name.rstrip(".").lower()
    table = {key.rstrip(".").lower(): value for key, value in NAMES.items()} | {
        "public.example": ["93.184.215.14"]
    }
    if bare not in table:
        return socket.getaddrinfo(name, port, type=socket.SOCK_STREAM)
    six = [
        (socket.AF_INET6, socket.SOCK_STREAM, 6, "", (number, port, 0, 0))
        for number in table[bare]
        if ":" in number
    ]
    return six + [
        (socket.AF_INET, socket.SOCK_STREAM, 6, "", (number, port))
        for number in table[bare]
        if ":" not in number
    ]


@pytest.fixture
def canary() -> Iterator[MisbehavingServer]:
    """Listens on 127.0.0.1 and on ::1, at one port; nobody may ever come."""
    server = MisbehavingServer()
    threads = [threading.Thread(target=server.run, daemon=True)]
    six = None
    if socket.has_ipv6:
        six = MisbehavingServer.__new__(MisbehavingServer)
        six.__dict__.update(server.__dict__)
        six._listener = socket.create_server(("::1", server.port), family=socket.AF_INET6)
        threads.append(threading.Thread(target=six.run, daemon=True))
    for thread in threads:
        thread.start()
    yield server
    if six is not None:
        assert six.accepted == 0
        six.stop()
    server.stop()


@pytest.fixture
def open_port(canary: MisbehavingServer, monkeypatch: pytest.MonkeyPatch) -> int:
    """The canary's port made one of the usual ones, so that it is the address that is judged and not the
    port.
    """
    monkeypatch.setattr(guard, "PUBLIC_PORTS", (80, 443, canary.port))
    return canary.port


def hostile(port: int) -> list[str]:
    return [f"https://{host}:{port}/x" for host in (*NUMBERS, *NAMES)] + ODD


def clients(http: Http) -> dict[str, Callable[[str], object]]:
    return {
        "get": http.get,
        "post": lambda url: http.post(url, content=b"x", redirects=True),
        "session": lambda url: http.session(url).get(url, timeout=5),
        "resolve": http.resolve,
        "git.head": lambda url: shallow.head(url, http),
        "git program": lambda url: Clone(url, http).__enter__(),
    }


@pytest.mark.parametrize("client", ["get", "post", "session", "resolve", "git.head", "git program"])
def test_no_hostile_address_is_ever_connected_to(
    client: str,
    canary: MisbehavingServer,
    open_port: int,
    make_http: Callable[..., Http],
    connections: list[Any],
    evidence: Callable[[str, Any], None],
) -> None:
    http = make_http(lookup=look_up)
    call = clients(http)[client]
    addresses = hostile(open_port)
    for url in addresses:
        with pytest.raises(CrawlError) as refused:
            call(url)
        assert refused.value.code in REFUSALS, url
    assert connections == []
    assert canary.accepted == 0
    assert len(addresses) >= 150
    evidence(f"hostile addresses refused by {client}", len(addresses))


def test_the_canary_sings_when_it_is_allowed(
    canary: MisbehavingServer, make_http: Callable[..., Http]
) -> None:
    """Otherwise the test above would prove nothing."""
    canary.answers["/x"] = [answer(200, content=b"sung")]
    assert make_http(canary).get(f"{canary.url}/x").content == b"sung"
    assert canary.accepted == 1


def test_the_canary_sings_when_the_table_of_addresses_is_torn_up(
    canary: MisbehavingServer, open_port: int, make_http: Callable[..., Http]
) -> None:
    """By the very way of the test above: nothing but the judgement of the address stands between."""
    http = make_http(lookup=look_up)
    rules = dataclasses.replace(http.guard._public, allowed_networks=(IPv4Network("127.0.0.0/8"),))
    http.guard._public = rules
    canary.answers["/x"] = []
    with pytest.raises(CrawlError) as failed:
        http.get(f"https://loop.example:{open_port}/x", deadline=0.3)
    assert failed.value.code in ("timeout", "tls", "unreachable")
    assert canary.accepted == 1


def test_a_public_address_passes_the_guard(make_http: Callable[..., Http]) -> None:
    assert make_http(lookup=look_up).resolve("https://public.example/x") == ("93.184.215.14",)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("how", ["get", "post", "git.head"])
def test_no_redirect_leads_there_either(
    status: int,
    how: str,
    misbehaving_server: MisbehavingServer,
    canary: MisbehavingServer,
    open_port: int,
    make_http: Callable[..., Http],
    connections: list[Any],
) -> None:
    http = make_http(misbehaving_server, lookup=look_up)
    call = clients(http)[how]
    places = [
        f"https://{host}:{open_port}/x"
        for host in ("127.0.0.1", "[::1]", "localhost", "loop.example", "both.example")
    ]
    places += [
        f"http://127.0.0.1:{open_port}/",
        f"//127.0.0.1:{open_port}/",
        "file:///etc/passwd",
        "http://169.254.169.254/latest/",
    ]
    places += [
        f"http://user@{misbehaving_server.authority}/",
        "https://public.example/",
        "ext::sh",
        "\\\\127.0.0.1\\x",
        "http://[::1",
    ]
    for place in places:
        for path in (
            "/go",
            "/go.git/git-upload-pack",
            "/go/git-upload-pack",
            "/go.git/info/refs?service=git-upload-pack",
        ):
            misbehaving_server.answers[path] = [answer(status, f"Location: {place}")]
        with pytest.raises(CrawlError):
            call(f"{misbehaving_server.url}/go")
    assert {address[1] for address in connections} == {misbehaving_server.port}
    assert canary.accepted == 0


def test_a_name_that_changes_between_two_questions_is_judged_each_time(
    canary: MisbehavingServer, open_port: int, make_http: Callable[..., Http]
) -> None:
    """The first answer is public, all later ones are the canary's.

    The address that is checked is the one connected to.
    """
    asked: list[str] = []

    def rebind(name: str, port: int, *_: Any) -> list[Any]:
        asked.append(name)
        number = "93.184.215.14" if len(asked) % 2 else "127.0.0.1"
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (number, port))]

    http = make_http(lookup=rebind)
    for _ in range(100):
        http.resolve(f"https://rebind.example:{open_port}/")
        with pytest.raises(CrawlError, match="private"):
            http.get(f"https://rebind.example:{open_port}/")
    assert canary.accepted == 0
    assert len(asked) == 200  # one question for each connection, none after the check


def test_each_listed_host_is_listed_with_its_port_only(
    misbehaving_server: MisbehavingServer, canary: MisbehavingServer, make_http: Callable[..., Http]
) -> None:
    http = make_http(misbehaving_server)
    with pytest.raises(CrawlError):
        http.get(f"{canary.url}/x")
    with pytest.raises(CrawlError):
        http.get(f"http://localhost:{misbehaving_server.port}/x")
    misbehaving_server.answers["/to-the-other"] = [answer(302, f"Location: {canary.url}/x")]
    both = make_http(misbehaving_server, canary)
    canary.answers["/x"] = [answer(200)]
    assert both.get(f"{canary.url}/x").status == 200
    with pytest.raises(CrawlError, match="private"):
        both.get(f"{misbehaving_server.url}/to-the-other")
    assert canary.hits["/x"] == 1


def test_a_proxy_in_the_environment_is_not_used(
    misbehaving_server: MisbehavingServer,
    canary: MisbehavingServer,
    make_http: Callable[..., Http],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Any,
) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, canary.url)
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login somebody password SECRET\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    misbehaving_server.answers["/x"] = [answer(200)]
    http = make_http(misbehaving_server)
    http.get(f"{misbehaving_server.url}/x")
    http.session(misbehaving_server.url).get(f"{misbehaving_server.url}/x")
    with pytest.raises(CrawlError), Clone(f"{misbehaving_server.url}/x", http):
        pass
    assert canary.accepted == 0
    assert not any(b"authorization" in head.lower() for head in misbehaving_server.heads)


# fetch_from and tokens


def test_fetch_from_changes_where_and_not_what(
    misbehaving_server: MisbehavingServer, make_http: Callable[..., Http]
) -> None:
    misbehaving_server.answers["/hub/town/app"] = [answer(200, content=b"mirrored")]
    misbehaving_server.answers["/hub/town/old"] = [answer(301, "Location: https://github.com/town/app")]
    misbehaving_server.answers["/hub/town/older"] = [answer(301, "Location: app")]
    misbehaving_server.answers["/special"] = [answer(200, content=b"longest prefix")]
    special = ("https://github.com/town/special", f"{misbehaving_server.url}/special")
    http = make_http(
        misbehaving_server, fetch_from=(("https://github.com/", f"{misbehaving_server.url}/hub/"), special)
    )
    for old in ("app", "old", "older"):
        response = http.get(f"https://github.com/town/{old}")
        assert (response.url, response.final_url) == (
            f"https://github.com/town/{old}",
            "https://github.com/town/app",
        )
        assert response.content == b"mirrored"
    assert http.get("https://github.com/town/special").content == b"longest prefix"
    assert http.get("https://GITHUB.com:443/town/app").content == b"mirrored"
    assert http.target("https://github.com/a") == f"{misbehaving_server.url}/hub/a"
    assert http.target("https://gitlab.com/a") == "https://gitlab.com/a"
    with pytest.raises(CrawlError):
        http.get("https://github.com/../secret")
    with pytest.raises(CrawlError):
        http.get("https://github.com/%2e%2e/secret")


@pytest.mark.parametrize(
    "policy",
    [
        {"fetch_from": (("https://github.com/", "http://mirror.example:8080/"),)},
        {"fetch_from": (("github.com", "https://mirror.example/"),)},
        {"allowed_private_hosts": ("not a host",)},
        {"allowed_private_hosts": ("http://127.0.0.1:80",)},
    ],
)
def test_a_policy_that_cannot_be_meant_is_refused_at_once(policy: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"fetch_from|allowed_private_hosts"):
        Guard(Policy(**policy))


def authorizations(server: MisbehavingServer) -> list[bytes]:
    lines = b"\r\n".join(server.heads).split(b"\r\n")
    return [line[15:] for line in lines if line.lower().startswith(b"authorization: ")]


def test_a_token_goes_to_its_host_alone(
    misbehaving_server: MisbehavingServer, canary: MisbehavingServer, make_http: Callable[..., Http]
) -> None:
    misbehaving_server.heads.clear()
    misbehaving_server.answers["/x"] = canary.answers["/x"] = [answer(200)]
    http = make_http(
        misbehaving_server,
        canary,
        tokens={misbehaving_server.authority: "Bearer SECRET", "github.com": "Bearer OTHER"},
    )
    http.get(f"{misbehaving_server.url}/x")
    http.session(misbehaving_server.url).get(f"{misbehaving_server.url}/x")
    assert authorizations(misbehaving_server) == [b"Bearer SECRET"] * 2
    http.get(f"{misbehaving_server.url}/x", anonymous=True)
    http.get(f"{canary.url}/x")
    assert len(authorizations(misbehaving_server)) == 2
    assert authorizations(canary) == []
    assert "SECRET" not in repr(http.policy) + str(http.policy)


def test_a_token_is_left_behind_when_a_redirect_leaves_the_origin(
    misbehaving_server: MisbehavingServer,
    canary: MisbehavingServer,
    make_http: Callable[..., Http],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    misbehaving_server.heads.clear()
    misbehaving_server.answers["/a/x"] = [answer(302, "Location: /a/y")]
    misbehaving_server.answers["/a/y"] = [answer(200)]
    http = make_http(misbehaving_server)
    http.get(f"{misbehaving_server.url}/a/x", headers={"Authorization": "Bearer SECRET"})
    assert authorizations(misbehaving_server) == [b"Bearer SECRET"] * 2
    # Two listed hosts may not lead to each other, so two public ones: a name here, fetched from two ports.
    misbehaving_server.heads.clear()
    misbehaving_server.answers["/x"] = [answer(302, "Location: https://b.example/x")]
    canary.answers["/x"] = [answer(200)]
    pairs = (("https://a.example/", f"{misbehaving_server.url}/"), ("https://b.example/", f"{canary.url}/"))
    http = make_http(misbehaving_server, canary, fetch_from=pairs)
    monkeypatch.setattr(http.guard, "check_hop", lambda before, after: None)
    assert (
        http.get("https://a.example/x", headers={"Authorization": "Bearer SECRET", "Cookie": "SECRET"}).status
        == 200
    )
    assert authorizations(misbehaving_server) == [b"Bearer SECRET"]
    assert canary.hits["/x"] == 1
    assert not any(b"SECRET" in head for head in canary.heads)


def test_no_error_and_no_traceback_holds_a_token(
    misbehaving_server: MisbehavingServer, make_http: Callable[..., Http]
) -> None:
    http = make_http(misbehaving_server, tokens={misbehaving_server.authority: "Bearer SECRET"})
    for path in ("short", "nothing", "no-http", "bad-status", "404"):
        with pytest.raises(CrawlError) as failed:
            http.get(f"{misbehaving_server.url}/{path}?private_token=SECRET")
        assert "SECRET" not in f"{failed.value} {failed.value!r} {failed.value.values}"
