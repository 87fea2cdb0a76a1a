"""kill -9 of web, worker and crawl over real Git.

No answer that was given is forgotten, no commit that was seen is lost.
"""

from __future__ import annotations

import contextlib
import os
import random
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import requests
from sqlalchemy import select, text, update

from catalog.base.tables import ChangeRow, SolutionRow, SourceRow
from catalog.changes import log
from catalog.changes.followers import Lock, catch_up
from catalog.entries import identity, store
from catalog.operations.services import Services
from catalog.search import open_index
from catalog.search.follower import IndexFollower
from tests.acceptance.conftest import ENGINES
from tests.run import ROOT
from tests.support import corpus_on_forges
from tests.support.scripted_catalogue import check_log, publiccode
from tests.support.servers.ports import free_port

OWNER, REPOSITORIES = "town", 9
PROGRAM = "tests.support.commands_without_pauses"
KINDS = list(corpus_on_forges.HOSTS)


@dataclass
class Deployment:
    """Forges whose repositories change from round to round, and the programs of one Allmende."""

    forges: corpus_on_forges.ThreeForges
    services: Services
    environment: dict[str, str]
    folder: Path
    port: int
    version: int = 0
    running: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def change(self) -> None:
        """Every repository has a new version of its file, or now and then none.

        Each forge says that somebody pushed.
        """
        self.version += 1
        for number in range(REPOSITORIES):
            forge = self.forges.model.forges[number % 3]
            path = f"{OWNER}/app{number}"
            url = f"https://{forge.host}/{path}"
            there = (self.version + number) % 5 != 0
            files = (
                {"publiccode.yml": publiccode(f"App {number}", url=url, softwareVersion=str(self.version))}
                if there
                else {"README.md": b"# App\n"}
            )
            if self.version == 1:
                self.forges.add(forge.kind, OWNER, f"app{number}", files=files)
            else:
                self.forges.commit(url, files)
            repository = forge.find(path)
            assert repository
            repository.pushed = f"2026-05-02T{self.version // 60:02}:{self.version % 60:02}:00Z"
        with self.services.database.write() as session:
            session.execute(
                update(SourceRow)
                .where(SourceRow.state == "active")
                .values(due="2026-01-01T00:00:00.000Z", leased_until="")
            )

    def start(self, *words: str) -> subprocess.Popen[bytes]:
        """A program in a process group of its own, which is what kill -9 will meet."""
        with (self.folder / "said").open("ab") as said:
            process = subprocess.Popen(
                [sys.executable, "-m", *words],
                cwd=ROOT,
                env=self.environment,
                stdout=said,
                stderr=said,
                start_new_session=True,
            )
        self.running.append(process)
        return process

    def program(self, role: str) -> subprocess.Popen[bytes]:
        if role == "web":
            return self.start(
                "gunicorn", "--config", str(ROOT / "deploy/gunicorn.conf.py"), f"{PROGRAM}:create_app()"
            )
        if role == "worker":
            return self.start(PROGRAM, "worker")
        return self.start(
            PROGRAM, "crawl", f"https://{self.forges.model.forges[self.version % 3].host}/{OWNER}"
        )

    def said(self) -> str:
        return (self.folder / "said").read_text(errors="replace")[-4_000:]

    def answers(self) -> None:
        """Wait until the site does."""
        end = time.monotonic() + 60
        while time.monotonic() < end:
            with contextlib.suppress(requests.RequestException):
                if requests.get(f"http://127.0.0.1:{self.port}/healthz", timeout=5).ok:
                    return
        pytest.fail(self.said())

    def end(self) -> None:
        for process in self.running:
            kill(process)


def kill(process: subprocess.Popen[bytes]) -> None:
    """kill -9 for all of it."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait(timeout=30)


class Visitor(threading.Thread):
    """Registers one repository after another; `told` are those that the site said it has."""

    def __init__(self, deployment: Deployment, *, first: int) -> None:
        super().__init__(daemon=True)
        self.deployment, self.first = deployment, first
        self.told: list[str] = []
        self.answered, self.ended = threading.Event(), threading.Event()

    def run(self) -> None:
        number = self.first
        while not self.ended.is_set():
            forge = self.deployment.forges.model.forges[number % 3]
            url = f"https://{forge.host}/visitor{number}/thing{number}"
            self.deployment.forges.commit(url, {"publiccode.yml": publiccode(f"Thing {number}", url=url)})
            with contextlib.suppress(requests.RequestException):
                if self.register(url, client=f"203.0.113.{number % 250}"):
                    self.told.append(url)
                    self.answered.set()
            number += 1

    def register(self, url: str, *, client: str) -> bool:
        headers = {
            "X-Forwarded-For": client,
            "X-Forwarded-Proto": "https",
            "Host": "allmende.example.org",
            "Referer": "https://allmende.example.org/register",
        }
        address = f"http://127.0.0.1:{self.deployment.port}/register"
        form = requests.get(address, headers=headers, timeout=30)
        token = re.search(r'name="csrf_token" value="([^"]+)"', form.text)
        if not token:
            return False
        cookie = form.headers.get("Set-Cookie", "").split(";")[0]
        answer = requests.post(
            address, {"url": url, "csrf_token": token[1]}, headers={**headers, "Cookie": cookie}, timeout=30
        )
        return answer.status_code == 200


@pytest.fixture(params=ENGINES)
def deployment(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Deployment]:
    engine, search = request.param
    given: dict[str, Any] = {"search": search, "trusted_proxies": 1}
    if engine == "postgresql":
        given["database_url"] = request.getfixturevalue("empty_postgresql_url")
    with corpus_on_forges.three_forges(tmp_path / "git") as forges:
        services = forges.services(tmp_path / "data", **given)
        settings, port = services.settings, free_port()
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(tmp_path),
            "LANG": "C.UTF-8",
            "GUNICORN_BIND": f"127.0.0.1:{port}",
            "WEB_CONCURRENCY": "1",
            "ALLMENDE_BASE_URL": settings.base_url,
            "ALLMENDE_DATA_DIR": str(settings.data_dir),
            "ALLMENDE_DATABASE_URL": settings.database_url,
            "ALLMENDE_SEARCH": search,
            "ALLMENDE_SEED": "false",
            "ALLMENDE_TRUSTED_PROXIES": "1",
            "ALLMENDE_LOG_LEVEL": "WARNING",
            "ALLMENDE_ALLOWED_PRIVATE_HOSTS": " ".join(settings.allowed_private_hosts),
            "ALLMENDE_FETCH_FROM": " ".join(f"{here}={there}" for here, there in settings.fetch_from),
        }
        made = Deployment(forges, services, environment, folder=tmp_path, port=port)
        try:
            yield made
        finally:
            made.end()
            services.close()


def committed(deployment: Deployment) -> set[tuple[int, str, str, str]]:
    """What anybody can see of the log now."""
    with deployment.services.database.read() as session:
        return {(row.seq, row.subject, row.event, row.digest) for row in session.scalars(select(ChangeRow))}


def sound(deployment: Deployment, seen: set[tuple[int, str, str, str]], told: list[str]) -> None:
    """SQL is whole, holds all that was seen and told; and the index becomes equal to it."""
    database, settings = deployment.services.database, deployment.services.settings
    with database.read() as session:
        if database.sqlite:
            assert session.execute(text("PRAGMA integrity_check")).scalar() == "ok"
        check_log(settings, session)
        for url in told:
            owners = identity.owners(session, [url])
            assert owners, f"the site said that it has {url}"
            assert store.get(session, id=owners[0]).state == "pending"
        listed = set(session.scalars(select(SolutionRow.id).where(SolutionRow.state == "listed")))
        head = log.head(session)
    assert seen <= committed(deployment)
    lock, index = (
        Lock(database, settings.data_dir, "index", per_node=True),
        open_index(settings.search, settings.data_dir / "index", write=True),
    )
    assert lock.acquire(), "the lock outlived its holder"
    catch_up(database, IndexFollower(index, settings))
    assert index.ids() == listed
    assert index.cursor == (head.epoch, head.seq, head.facts)
    lock.release()
    index.close()


def settled(deployment: Deployment) -> None:
    """After a restart a crawl of everything brings the entries to what lies in Git today."""
    for forge in deployment.forges.model.forges:
        summary = deployment.services.harvest().run(
            deployment.services.source(f"https://{forge.host}/{OWNER}")
        )
        assert not summary.failed, summary.failures
    for repository, row in corpus_on_forges.rows(deployment.services, "listed").items():
        assert store.solution_of(row).version == str(deployment.version), repository
    for number in range(REPOSITORIES):
        host = corpus_on_forges.HOSTS[KINDS[number % 3]]
        state = corpus_on_forges.rows(deployment.services)[f"https://{host}/{OWNER}/app{number}"].state
        assert state == ("draft" if (deployment.version + number) % 5 == 0 else "listed")


def test_web_worker_and_crawl_killed_at_any_moment(
    deployment: Deployment, amount: Callable[[int, int], int], evidence: Callable[[str, Any], None]
) -> None:
    """Each round one of two running programs dies.

    The site while somebody registers and another crawls, or the one that crawls.
    """
    chance, rounds, kills, told = (
        random.Random(31),
        amount(4, 100),
        {"web": 0, "worker": 0, "crawl": 0},
        list[str](),
    )
    deployment.change()
    for forge in deployment.forges.model.forges:
        deployment.services.source(f"https://{forge.host}/{OWNER}")
    web = deployment.program("web")
    for number in range(rounds):
        deployment.change()
        deployment.answers()
        visitor = Visitor(deployment, first=1000 * number)
        visitor.start()
        role = ("worker", "crawl")[number % 2]
        other = deployment.program(role)
        time.sleep(chance.random() * 4)  # not to wait for anything: this is where it dies
        if number == rounds - 1 and not told:  # a slow machine: somebody has to have been answered
            assert visitor.answered.wait(timeout=60), deployment.said()
        seen, answered = committed(deployment), list(visitor.told)
        victim = "web" if number % 4 in (1, 2) else role
        kill(web if victim == "web" else other)
        kills[victim] += 1
        visitor.ended.set()
        if victim == "web" and role == "crawl":
            assert other.wait(timeout=120) == 0, deployment.said()
        kill(other)
        visitor.join(timeout=60)
        told = [*told, *answered]
        sound(deployment, seen, told)
        settled(deployment)
        if victim == "web":
            web = deployment.program("web")
    assert told
    assert "Traceback" not in deployment.said(), deployment.said()
    dialect = deployment.services.database.engine.dialect.name
    for victim, count in kills.items():
        evidence(f"{victim} killed over real Git on {dialect}, nothing acknowledged lost", count)
    evidence(f"registrations answered on {dialect} and found again", len(told))
