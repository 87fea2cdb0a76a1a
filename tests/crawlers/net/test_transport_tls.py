"""The address is pinned and the name is still what the certificate must bear; for the git program as well."""

from __future__ import annotations

import datetime as dt
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from crawlers.faults import CrawlError
from crawlers.git.process import Clone
from crawlers.net.http import Http
from tests.support.servers.git_http import GitServer, create

NOW = dt.datetime.now(dt.UTC)
DAY = dt.timedelta(days=1)


def certificate(folder: Path, name: str, *, ends: dt.datetime = NOW + DAY) -> Path:
    """A self-signed certificate for `name`, with its key, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    built = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(NOW - 2 * DAY)
        .not_valid_after(ends)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    file = folder / f"{name}-{ends:%Y%m%d}.pem"
    plain = serialization.NoEncryption()
    pem, pkcs8 = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    file.write_bytes(key.private_bytes(pem, pkcs8, plain) + built.public_bytes(pem))
    return file


class QuietServer(GitServer):
    """Does not print that a client went away because it did not like the certificate."""

    def get_request(self) -> Any:
        connection, address = self.socket.accept()
        return self.context.wrap_socket(connection, server_side=True, do_handshake_on_connect=False), address

    def handle_error(self, request: Any, client_address: Any) -> None:
        pass

    context: ssl.SSLContext


@pytest.fixture
def secure(repositories: Path) -> Iterator[Callable[[Path], GitServer]]:
    """`secure(file)`: a Git server with that certificate."""
    started: list[QuietServer] = []

    def start(file: Path) -> GitServer:
        server = QuietServer(repositories, filter=True, version=2, spelling="both")
        server.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        server.context.load_cert_chain(file)
        started.append(server)
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        return server

    yield start
    for server in started:
        server.shutdown()
        server.server_close()


def look_up(name: str, port: int, *_: Any) -> list[Any]:
    return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port))]


@pytest.fixture
def http(make_http: Callable[..., Http]) -> Callable[..., Http]:
    def make(server: GitServer, **policy: Any) -> Http:
        return make_http(f"git.example:{server.server_port}", lookup=look_up, **policy)

    return make


def test_a_certificate_for_the_name_is_accepted(
    secure: Callable[[Path], GitServer], http: Callable[..., Http], repositories: Path, tmp_path: Path
) -> None:
    commit = create(repositories, "town/secure", {"a": b"b"})
    file = certificate(tmp_path, "git.example")
    server = secure(file)
    url = f"https://git.example:{server.server_port}/town/secure.git"
    way = http(server, certificates=str(file))
    assert way.get(f"{url}/info/refs?service=git-upload-pack").status == 200
    with Clone(url, way) as clone:
        assert clone.root()[0] == commit


@pytest.mark.parametrize(
    ("name", "ends", "trusted", "reason"),
    [
        ("git.example", NOW + DAY, False, "self-signed certificate"),
        ("other.example", NOW + DAY, True, "it was issued for another name"),
        ("git.example", NOW - DAY, True, "certificate has expired"),
    ],
)
def test_any_other_certificate_is_refused_with_the_reason(
    name: str,
    ends: dt.datetime,
    trusted: bool,
    reason: str,
    secure: Callable[[Path], GitServer],
    http: Callable[..., Http],
    tmp_path: Path,
) -> None:
    file = certificate(tmp_path, name, ends=ends)
    server = secure(file)
    way = http(server, **({"certificates": str(file)} if trusted else {}))
    url = f"https://git.example:{server.server_port}/town/secure.git"
    with pytest.raises(CrawlError) as failed:
        way.get(url)
    assert failed.value.code == "tls"
    assert failed.value.values["reason"] == reason
    with pytest.raises(CrawlError), Clone(url, way):
        pass
    assert server.log == []


def test_no_secure_connection_is_no_connection(http: Callable[..., Http], git_server: GitServer) -> None:
    with pytest.raises(CrawlError) as failed:
        http(git_server).get(f"https://git.example:{git_server.server_port}/x")
    assert failed.value.code == "tls"
