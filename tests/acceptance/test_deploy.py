"""What stands in deploy/ works as far as this machine can tell.

Gunicorn serves, believes one proxy, logs JSON and ends when asked.
"""

from __future__ import annotations

import configparser
import contextlib
import json
import os
import re
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path

import pytest
import yaml

from catalog.base.errors import SettingError
from catalog.base.http_policy import policy
from catalog.base.settings import PREFIX, Settings, read
from tests.support.packages import ROOT
from tests.support.servers.ports import free_port

DEPLOY = ROOT / "deploy"


@pytest.fixture
def site(tmp_path: Path) -> Iterator[tuple[str, Path, subprocess.Popen[bytes]]]:
    """(address, log, process) of gunicorn with the configuration we ship."""
    port, log = free_port(), tmp_path / "log"
    environment = {
        "PATH": os.environ["PATH"],
        "GUNICORN_BIND": f"127.0.0.1:{port}",
        "WEB_CONCURRENCY": "1",
        "ALLMENDE_DATA_DIR": str(tmp_path / "data"),
        "ALLMENDE_TRUSTED_PROXIES": "1",
        "ALLMENDE_BASE_URL": "https://allmende.example.org",
        "HOME": str(tmp_path),
    }
    command = [
        sys.executable,
        "-m",
        "gunicorn",
        "--config",
        str(DEPLOY / "gunicorn.conf.py"),
        "app:create_app()",
    ]
    with (
        log.open("wb") as out,
        subprocess.Popen(command, cwd=ROOT, env=environment, stdout=out, stderr=out) as process,
    ):
        try:
            address = f"http://127.0.0.1:{port}"
            wait(address + "/healthz", process, log)
            yield address, log, process
        finally:
            process.kill()


def wait(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    """Until it answers; a process that ended or a minute that passed is a failure."""
    until = time.monotonic() + 60
    while time.monotonic() < until and process.poll() is None:
        with contextlib.suppress(OSError):
            urllib.request.urlopen(url, timeout=10).close()
            return
    pytest.fail(log.read_text())


def test_gunicorn_serves_logs_and_ends(
    site: tuple[str, Path, subprocess.Popen[bytes]], tmp_path: Path
) -> None:
    address, log, process = site
    request = urllib.request.Request(
        address + "/publishers?q=geheim",
        headers={
            "X-Forwarded-For": "203.0.113.9",
            "X-Forwarded-Proto": "https",
            "Host": "allmende.example.org",
        },
    )
    with urllib.request.urlopen(request, timeout=30) as answer:
        assert answer.status == 200
        assert "max-age" in answer.headers["Strict-Transport-Security"]
    process.send_signal(signal.SIGTERM)
    assert process.wait(30) == 0
    lines = [json.loads(line) for line in log.read_text().splitlines()]  # all of them, gunicorn's own too
    assert any(line["logger"] == "gunicorn.error" and "Listening at" in line["message"] for line in lines)
    assert any(line["message"] == "GET /publishers 200" for line in lines)
    assert "geheim" not in log.read_text()
    assert "203.0.113.9" not in log.read_text()
    assert not (tmp_path / ".gunicorn").exists()


def _post(address: str, client: str) -> int:
    headers = {
        "X-Forwarded-For": f"198.51.100.66, {client}",
        "X-Forwarded-Proto": "https",
        "Host": "allmende.example.org",
        "Referer": "https://allmende.example.org/",
    }
    with urllib.request.urlopen(
        urllib.request.Request(address + "/register", headers=headers), timeout=30
    ) as form:
        token = re.search(r'name="csrf_token" value="([^"]+)"', form.read().decode())
        cookie = form.headers["Set-Cookie"].split(";")[0]
    assert token
    request = urllib.request.Request(
        address + "/register",
        data=f"url=&csrf_token={token[1]}".encode(),
        headers={**headers, "Cookie": cookie},
    )
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(request, timeout=30)
    with refused.value as answer:
        return answer.code


def test_the_proxy_is_believed_and_what_the_visitor_claims_is_not(
    site: tuple[str, Path, subprocess.Popen[bytes]],
) -> None:
    """The limit counts the address that the one proxy added, whatever stood before it."""
    address, _, _ = site
    assert [_post(address, "203.0.113.1") for _ in range(11)] == [400] * 10 + [429]
    assert _post(address, "203.0.113.2") == 400


def test_the_example_settings_are_settings() -> None:
    lines = (DEPLOY / "allmende.env.example").read_text().splitlines()
    given = dict(line.lstrip("#").split("=", 1) for line in lines if re.match(r"#?ALLMENDE_", line))
    assert read(given).trusted_proxies == 1
    compose = yaml.safe_load((ROOT / "compose.yaml").read_text())
    known = {PREFIX + item.name.upper() for item in fields(Settings)}
    for service in compose["services"].values():
        assert {name for name in service["environment"] if name.startswith(PREFIX)} <= known
        assert service["cap_drop"] == ["ALL"]


@pytest.mark.parametrize("unit", sorted(DEPLOY.glob("*.service")), ids=lambda unit: unit.name)
def test_a_unit_runs_a_command_there_is(unit: Path) -> None:
    parser = configparser.ConfigParser(strict=False, interpolation=None)
    parser.optionxform = str  # type: ignore[assignment,method-assign]
    parser.read(unit)
    service = parser["Service"]
    assert (service["User"], service["NoNewPrivileges"], service["UMask"]) == ("allmende", "true", "0077")
    from catalog.cli import commands

    for command in (service["ExecStart"], service.get("ExecStartPre", "")):
        found = re.search(r"bin/allmende (\w+)(?: (\w+))?", command)
        assert not found or found[1] in commands.commands


def test_the_image_is_pinned_by_hash_and_runs_as_nobody_in_particular() -> None:
    text = (DEPLOY / "Dockerfile").read_text()
    assert "--require-hashes -r requirements/run.txt" in text
    assert text.index("USER allmende") > text.index("RUN pip install --no-cache-dir --no-deps")


def test_a_setting_that_is_wrong_ends_gunicorn_with_its_sentence(tmp_path: Path) -> None:
    environment = {
        "PATH": os.environ["PATH"],
        "GUNICORN_BIND": f"127.0.0.1:{free_port()}",
        "ALLMENDE_DATA_DIR": str(tmp_path),
        "ALLMENDE_SEARCH": "elastic",
        "HOME": str(tmp_path),
    }
    command = [
        sys.executable,
        "-m",
        "gunicorn",
        "--config",
        str(DEPLOY / "gunicorn.conf.py"),
        "app:create_app()",
    ]
    done = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode != 0
    assert "ALLMENDE_SEARCH is not usable; expected: tantivy or whoosh." in done.stderr
    assert "Traceback" not in [line[:9] for line in done.stderr.splitlines()]


def test_forges_with_certificates_of_their_own(tmp_path: Path) -> None:
    """The setting reaches the guarded way out.

    tests/crawlers/net/test_transport_tls.py holds what it does there.
    """
    file = tmp_path / "own.pem"
    file.write_text("-----BEGIN CERTIFICATE-----\n")
    assert policy(read({"ALLMENDE_CERTIFICATES": str(file)})).certificates == str(file)
    assert policy(read({"ALLMENDE_CERTIFICATES": ""})).certificates == policy(read({})).certificates == ""
    file.write_text("-----BEGIN PRIVATE KEY-----\n")
    for wrong in (file, tmp_path, tmp_path / "missing.pem"):
        with pytest.raises(
            SettingError,
            match="ALLMENDE_CERTIFICATES is not usable; expected: a file of certificates in PEM form",
        ):
            read({"ALLMENDE_CERTIFICATES": str(wrong)})
