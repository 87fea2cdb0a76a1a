"""The command line over a few repositories.

What it prints, what it writes, and that whatever goes wrong is one sentence.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from itertools import chain
from pathlib import Path
from typing import Any, NamedTuple

import click
import pytest
import rdflib
from sqlalchemy import create_engine, select, text

from app import create_app
from catalog import cli
from catalog.base import clock
from catalog.base import database as databases
from catalog.base.errors import StorageFull
from catalog.base.settings import Settings, read
from catalog.base.tables import AuditRow, SourceRow
from catalog.changes import log
from tests.catalog.conftest import ENGINES
from tests.catalog.harvesting.test_harvest import APP, app
from tests.support import corpus_on_forges
from tests.support.scripted_catalogue import Repository, ScriptedCatalogue, publiccode

HOST = f"https://{corpus_on_forges.HOSTS['gitea']}"


class Output(NamedTuple):
    code: object
    out: str
    err: str


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., Output]:
    """`run("crawl", "...")` runs the command in this process.

    The code is a number, or the sentence it ended with.
    """

    def command(*arguments: str, **environment: str) -> Output:
        with monkeypatch.context() as patch:
            for name in ("LC_ALL", "LC_MESSAGES"):  # the terminal's own, which would stand before LANG
                patch.delenv(name, raising=False)
            for name, value in {"LANG": "C.UTF-8", **environment}.items():
                patch.setenv(name, value)
            patch.setattr(sys, "argv", ["allmende", *arguments])
            code: object = 0
            try:
                cli.main(create_app)
            except SystemExit as end:
                code = end.code or 0
        said = capsys.readouterr()
        return Output(code, said.out, said.err)

    return command


@pytest.fixture(scope="module")
def forges(tmp_path_factory: pytest.TempPathFactory) -> Iterator[corpus_on_forges.ThreeForges]:
    with corpus_on_forges.three_forges(tmp_path_factory.mktemp("git")) as made:
        made.add(
            "gitea",
            "town",
            "app",
            files={"publiccode.yml": publiccode("App", url=f"{HOST}/town/app"), "README.md": b"# App\n"},
        )
        made.add("gitea", "town", "broken", files={"publiccode.yml": b"name: [unclosed\n"})
        yield made


@pytest.fixture
def environment(forges: corpus_on_forges.ThreeForges, data_dir: Path) -> dict[str, str]:
    """The way to the forges, as an operator would set it."""
    pairs = " ".join("=".join(pair) for pair in forges.server.fetch_from(forges.git))
    return {
        "ALLMENDE_BASE_URL": "https://allmende.example.org",
        "ALLMENDE_DATA_DIR": str(data_dir),
        "ALLMENDE_SEED": "false",
        "ALLMENDE_ALLOWED_PRIVATE_HOSTS": " ".join(forges.server.hosts(forges.git)),
        "ALLMENDE_FETCH_FROM": pairs,
    }


@pytest.mark.parametrize("engine", ENGINES)
def test_crawl_says_what_came_of_it_and_is_found_at_once(
    run: Callable[..., Output],
    environment: dict[str, str],
    make_settings: Callable[..., Settings],
    engine: str,
) -> None:
    environment["ALLMENDE_DATABASE_URL"] = make_settings(engine).database_url
    said = run("crawl", f"{HOST}/town", **environment)
    assert said.code == 0
    rows = {
        line.split(maxsplit=1)[1].strip(): line.split()[0] for line in said.out.splitlines() if line.strip()
    }
    assert (rows["repositories found"], rows["new"], rows["files with errors"]) == ("2", "2", "1")
    again = run("crawl", f"{HOST}/town/", **{**environment, "LANG": "de_DE.UTF-8"})
    assert again.code == 0
    assert "unverändert" in again.out
    listed = run("source", "list", **environment)
    assert f"active   gitea      {HOST}/town  read on" in listed.out
    assert run("source", "add", f"{HOST}/town", **environment).out.strip() == listed.out.split()[0], (
        "known already"
    )
    assert run("index", "rebuild", **environment).out.strip() == "1"
    assert run("reread", **environment).out == "0 read, 0 changed\n"


def test_what_cannot_be_crawled_is_said_in_a_sentence(
    run: Callable[..., Output], environment: dict[str, str]
) -> None:
    nobody = run("crawl", f"{HOST}/nobody", **environment)
    assert str(nobody.code).startswith("allmende: There is no organisation, group or user at")
    assert str(run("crawl", "99", **environment).code) == "allmende: There is no such source."
    assert str(run("crawl", "https://127.0.0.1/x/y", **environment).code).startswith(
        "allmende: 127.0.0.1 leads to a private"
    )
    gone = run("crawl", f"{HOST}/town/missing", **{**environment, "LC_ALL": "de_DE.UTF-8"})
    assert gone.code == 1
    assert "gibt es nicht oder ist nicht öffentlich" in gone.out


def test_sources_are_paused_resumed_and_forgotten(
    run: Callable[..., Output], environment: dict[str, str]
) -> None:
    number = run("source", "add", f"{HOST}/town", **environment).out.strip()
    for command, state in (("pause", "paused"), ("resume", "active")):
        assert run("source", command, number, **environment).code == 0
        assert f" {state} " in run("source", "list", **environment).out
    assert run("crawl", number, **environment).code == 0
    assert run("source", "remove", number, **environment).code == 0
    assert run("source", "list", **environment).out == ""
    assert run("source", "pause", number, **environment).code == "allmende: There is no such source."
    assert len(exported(run, environment, "nt")) > 50, "its entries stay"


def exported(run: Callable[..., Output], environment: dict[str, str], form: str) -> rdflib.Graph:
    file = Path(environment["ALLMENDE_DATA_DIR"]).parent / f"export.{form}"
    assert run("export", "--format", form, "--output", str(file), **environment).code == 0
    return rdflib.Graph().parse(
        file, format={"ttl": "turtle", "trig": "turtle", "rdf": "xml", "jsonld": "json-ld", "nt": "nt"}[form]
    )


@pytest.mark.filterwarnings("ignore:ConjunctiveGraph is deprecated:DeprecationWarning")
def test_every_export_is_the_same_catalogue(run: Callable[..., Output], environment: dict[str, str]) -> None:
    assert run("crawl", f"{HOST}/town", **environment).code == 0
    graphs = {form: set(exported(run, environment, form)) for form in ("ttl", "nt", "rdf", "jsonld", "trig")}
    assert len({len(graph) for graph in graphs.values()}) == 1
    assert all(graph == graphs["nt"] for graph in graphs.values())
    assert (
        set(rdflib.Graph().parse(data=run("export", "--format", "nt", **environment).out, format="nt"))
        == graphs["nt"]
    )
    said = run("export", "--output", "/nowhere/at/all.ttl", **environment)
    assert str(said.code).startswith("allmende: /nowhere/at")


@pytest.mark.filterwarnings("ignore:ConjunctiveGraph is deprecated:DeprecationWarning")
def test_an_empty_catalogue_exports_an_empty_graph(
    run: Callable[..., Output], environment: dict[str, str]
) -> None:
    for form in ("ttl", "nt", "rdf", "jsonld"):
        assert len(exported(run, environment, form)) == 0


def test_an_export_into_a_pipe_that_closes_ends_quietly(
    run: Callable[..., Output], environment: dict[str, str]
) -> None:
    assert run("crawl", f"{HOST}/town", **environment).code == 0
    inward, outward = os.pipe()
    os.close(inward)
    done = subprocess.run(
        [sys.executable, "-m", "app", "export"],
        stdout=outward,
        stderr=subprocess.PIPE,
        text=True,
        env={"PATH": os.environ["PATH"], **environment},
        cwd=Path(cli.__file__).parents[2],
        check=False,
    )
    os.close(outward)
    assert "Traceback" not in done.stderr
    assert "Exception" not in done.stderr


@pytest.mark.parametrize(
    ("setting", "sentence"),
    [
        ({"ALLMENDE_BASE_URLL": "x"}, "There is no setting ALLMENDE_BASE_URLL."),
        ({"ALLMENDE_BASE_URL": "example.org"}, "ALLMENDE_BASE_URL is not usable; expected: a web address"),
        ({"ALLMENDE_SEARCH": "elastic"}, "ALLMENDE_SEARCH is not usable; expected: tantivy or whoosh."),
        ({"ALLMENDE_CRAWL_HOURS": "soon"}, "ALLMENDE_CRAWL_HOURS is not usable; expected: a whole number."),
        (
            {"ALLMENDE_DATABASE_URL": "mysql://x/y"},
            "ALLMENDE_DATABASE_URL is not usable; expected: an address",
        ),
        ({"ALLMENDE_DATABASE_URL": "nonsense"}, "ALLMENDE_DATABASE_URL is not usable; expected: an address"),
        (
            {"ALLMENDE_DATABASE_URL": "postgresql://u:hidden@127.0.0.1:1/x"},
            "The database cannot be reached: ",
        ),
        (
            {"ALLMENDE_DATA_DIR": "/proc/nowhere"},
            "ALLMENDE_DATA_DIR: the folder /proc/nowhere cannot be made",
        ),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else None,
)
def test_a_bad_setting_is_one_sentence(
    run: Callable[..., Output], environment: dict[str, str], setting: dict[str, str], sentence: str
) -> None:
    said = run("source", "list", **{**environment, **setting})
    assert str(said.code).startswith(f"allmende: {sentence}")
    assert "\n" not in str(said.code)
    assert "hidden" not in str(said.code) + said.err


@pytest.mark.parametrize("engine", ENGINES)
def test_a_newer_schema_is_left_alone(
    run: Callable[..., Output],
    environment: dict[str, str],
    make_settings: Callable[..., Settings],
    engine: str,
) -> None:
    settings = make_settings(engine)
    environment["ALLMENDE_DATABASE_URL"] = settings.database_url
    opened = create_engine(settings.database)
    with opened.begin() as connection:
        old = connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one()
        connection.execute(text("UPDATE alembic_version SET version_num = 'ffff'"))
    said = run("source", "list", **environment)
    with opened.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = :old"), {"old": old})
    opened.dispose()
    assert (
        said.code
        == "allmende: The database was written by a newer version of Allmende. Please install that version."
    )


def test_a_database_file_that_is_none(
    run: Callable[..., Output], environment: dict[str, str], data_dir: Path
) -> None:
    (data_dir / "allmende.sqlite").write_bytes(b"this is no database, but a note somebody saved here" * 100)
    said = run("source", "list", **environment)
    assert str(said.code).startswith("allmende: The database cannot be reached: file is not a database")


# --- a full disk ----------------------------------------------------------------------------------------


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """Six megabytes."""
    folder = tmp_path / "small"
    folder.mkdir()
    mounted = (
        os.geteuid() == 0
        and shutil.which("mount")
        and subprocess.run(
            ["mount", "-t", "tmpfs", "-o", "size=6m", "tmpfs", folder], capture_output=True, check=False
        ).returncode
        == 0
    )
    if not mounted:
        pytest.skip("a small disk can only be mounted by root")
    yield folder
    subprocess.run(["umount", "-l", folder], check=True)


def test_a_full_disk_is_said_and_costs_nothing(
    small_disk: Path, sqlite_template: Path, sandbox: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copy(sqlite_template, small_disk / "allmende.sqlite")
    settings = read({}, base_url="https://allmende.example.org", data_dir=small_disk, seed=False)
    database = databases.connect(settings)
    with database.write() as session:
        log.start(session)
    catalogue = ScriptedCatalogue(database, settings, sandbox, monkeypatch=monkeypatch)
    catalogue.crawl(app())
    room = small_disk / "ballast"
    free = databases.free_bytes(small_disk)
    room.write_bytes(b"x" * (free - 200_000))
    noise = os.urandom(200_000).hex()
    big = [
        Repository(f"{APP}{number}", {"README.md": f"# App\n\n{noise}".encode()}, id=200 + number)
        for number in range(8)
    ]
    with pytest.raises(StorageFull):
        catalogue.crawl(*big)
    assert catalogue.states()[APP] == "listed", "reading goes on"
    catalogue.check()
    room.unlink()
    assert catalogue.crawl(*big).failed == 0
    assert len(catalogue.solutions()) == 9
    catalogue.check()
    database.close()


def test_json_of_a_check_needs_no_database(run: Callable[..., Output], tmp_path: Path) -> None:
    file = tmp_path / "publiccode.yml"
    file.write_bytes(publiccode("App", url=APP))
    said = run(
        "check", "--offline", "--format", "json", str(file), ALLMENDE_DATA_DIR=str(tmp_path / "unused")
    )
    assert json.loads(said.out)["format"] == "publiccode"
    assert not (tmp_path / "unused").exists()


def test_the_address_may_change_until_something_was_published(
    run: Callable[..., Output], environment: dict[str, str]
) -> None:
    assert run("db", "upgrade", **environment).code == 0
    moved = {**environment, "ALLMENDE_BASE_URL": "https://other.example.org"}
    run("crawl", f"{HOST}/town", **moved)
    assert run("rebase", **moved).out.strip() == "0", "nothing was written with the first address"
    written = Path(environment["ALLMENDE_DATA_DIR"]) / "whole.nt"
    run("export", "--format", "nt", "--output", str(written), **moved)
    assert "<https://other.example.org/id/solution/" in written.read_text()
    assert "allmende.example.org/id/" not in written.read_text()


# --- in both languages ----------------------------------------------------------------------------------


def _commands(command: click.Command, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    yield path
    for name, one in command.commands.items() if isinstance(command, click.Group) else ():
        yield from _commands(one, (*path, name))


def test_every_help_is_german_in_a_german_terminal_and_english_again_after(
    run: Callable[..., Output],
) -> None:
    for path in _commands(cli.commands):
        german, english = (
            " ".join(run(*path, "--help", LANG=lang).out.split()) for lang in ("de_DE.UTF-8", "C.UTF-8")
        )
        assert german.startswith("Aufruf: ")
        assert english.startswith("Usage: ")
        for sentence in cli.click_translations.helps(cli.commands):
            if sentence[-1] == "." and len(sentence) > 25:
                assert sentence not in german, (path, sentence)


@pytest.mark.parametrize(
    ("arguments", "setting", "german", "english"),
    [
        (["nothing"], {}, "Einen Befehl 'nothing' gibt es nicht.", "No such command 'nothing'."),
        (["crawl"], {}, "Es fehlt die Angabe 'TARGETS...'.", "Missing argument 'TARGETS...'."),
        (
            ["export", "--format", "x"],
            {},
            "Unbrauchbarer Wert für '--format': 'x' ist keines von",
            "'x' is not one of",
        ),
        (["db", "upgrade", "x"], {}, "Eine Angabe zu viel (x)", "Got unexpected extra argument (x)"),
        (
            ["source", "list"],
            {"ALLMENDE_SEARCH": "x"},
            "erwartet wird: tantivy oder whoosh.",
            "expected: tantivy or whoosh.",
        ),
        (
            ["source", "list"],
            {"ALLMENDE_KEEP_DAYS": "x"},
            "erwartet wird: eine ganze Zahl.",
            "expected: a whole number.",
        ),
        (
            ["source", "list"],
            {"ALLMENDE_X": "x"},
            "Eine Einstellung ALLMENDE_X gibt es nicht.",
            "There is no setting ALLMENDE_X.",
        ),
        (
            ["source", "list"],
            {"ALLMENDE_CERTIFICATES": "/x"},
            "eine Datei mit Zertifikaten in PEM-Form",
            "a file of certificates in PEM form",
        ),
        (
            ["source", "list"],
            {"ALLMENDE_DATA_DIR": "/proc/x"},
            "Der Ordner /proc/x lässt sich nicht anlegen",
            "the folder /proc/x cannot be made",
        ),
        (
            ["source", "add", "nonsense"],
            {},
            "„nonsense“ ist keine Internetadresse",
            "‘nonsense’ is not a web address",
        ),
        (["source", "pause", "9"], {}, "Diese Quelle gibt es nicht.", "There is no such source."),
        (
            ["restore", "/x.zip"],
            {},
            "/x.zip: Diese Datei oder diesen Ordner gibt es nicht.",
            "/x.zip: There is no such file or folder.",
        ),
        (
            ["restore", str(Path(__file__))],
            {},
            "ist keine Sicherung von Allmende",
            "is no backup of Allmende",
        ),
        (
            ["backup", "/x/y.zip"],
            {},
            "/x/y.zip: Diese Datei oder diesen Ordner gibt es nicht.",
            "/x/y.zip: There is no such file or folder.",
        ),
        (
            ["draft", "/x"],
            {},
            "Eine Datei oder einen Ordner „/x“ gibt es nicht.",
            "There is no file or folder ‘/x’.",
        ),
        (
            ["user", "add", "a b", "--password", "correct horse battery"],
            {},
            "Ein Kontoname hat",
            "An account name has",
        ),
        (
            ["user", "add", "anna", "--password", "short"],
            {},
            "Ein Passwort hat mindestens",
            "A password has at least",
        ),
        (
            ["user", "remove", "nobody"],
            {},
            "Ein Konto dieses Namens gibt es nicht.",
            "There is no account of this name.",
        ),
        (
            ["release", "https://x.example/a/b", "--same"],
            {},
            "wird nicht (mehr) in Ruhe gelassen",
            "is not left alone (any more)",
        ),
        (
            ["release", "https://x.example/a/b"],
            {},
            "entweder --same oder --other",
            "either --same or --other",
        ),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else None,
)
def test_what_goes_wrong_is_said_in_both_languages(
    run: Callable[..., Output],
    environment: dict[str, str],
    arguments: list[str],
    setting: dict[str, str],
    german: str,
    english: str,
) -> None:
    for lang, sentence in (("de_DE.UTF-8", german), ("C.UTF-8", english)):
        said = run(*arguments, **{**environment, **setting, "LANG": lang})
        assert said.code != 0
        assert sentence in str(said.code) + said.err
        assert "Traceback" not in said.err


def test_what_was_done_is_said_beside_what_a_script_reads(
    run: Callable[..., Output], environment: dict[str, str], tmp_path: Path
) -> None:
    german = {**environment, "LANG": "de_DE.UTF-8"}
    made = run("user", "add", "Anna", "--password", "correct horse battery", **german)
    assert made == (
        0,
        "",
        "Das Konto „anna“ ist angelegt. Anmelden kann es sich unter https://allmende.example.org/sign-in.\n",
    )
    assert run("user", "list", **german).out.split()[::2] == ["operator", "anna"]
    assert (
        "überall abgemeldet"
        in run("user", "password", "ANNA", "--password", "another horse battery", **german).err
    )
    added = run("source", "add", f"{HOST}/town", **german)
    assert (added.out.strip().isdigit(), added.err) == (
        True,
        "Die Quelle wird gelesen, sobald ein Arbeitsprozess frei ist.\n",
    )
    file = tmp_path / "b.zip"
    assert "enthält" in run("backup", str(file), **german).err
    assert (
        "wiederhergestellt"
        in run("restore", str(file), **{**german, "ALLMENDE_DATA_DIR": str(tmp_path / "again")}).err
    )
    assert run("user", "list", **{**german, "ALLMENDE_DATA_DIR": str(tmp_path / "again")}).out.endswith(
        "anna\n"
    )
    assert "ist entfernt" in run("user", "remove", "anna", **german).err
    assert run("user", "list", **german).out == ""


def test_a_source_that_was_added_is_due_at_once_and_noted(
    run: Callable[..., Output], environment: dict[str, str]
) -> None:
    number = run("source", "add", f"{HOST}/town", **environment).out.strip()
    run("source", "pause", number, **environment)
    database = databases.connect(read({}, data_dir=Path(environment["ALLMENDE_DATA_DIR"])))
    with database.read() as session:
        row = session.scalars(select(SourceRow)).one()
        noted = [
            (line.account, line.action) for line in session.scalars(select(AuditRow).order_by(AuditRow.id))
        ]
    database.close()
    assert row.due <= clock.now()
    assert noted == [("allmende", "source-now"), ("allmende", "source-pause")]


def test_a_draft_is_commented_in_the_terminals_language_or_the_one_asked_for(
    run: Callable[..., Output], tmp_path: Path
) -> None:
    (tmp_path / "README.md").write_text("# Werkzeug\n\nEin Werkzeug, das etwas tut, was jemand braucht.\n")
    german, english = run("draft", str(tmp_path), LANG="de_DE.UTF-8").out, run("draft", str(tmp_path)).out
    assert german.startswith("# Ein erster Entwurf")
    assert english.startswith("# A first draft")
    assert run("draft", "--lang", "de", str(tmp_path)).out == german
    assert [line for line in german.splitlines() if line[0] != "#"] == [
        line for line in english.splitlines() if line[0] != "#"
    ]
    nothing = run("draft", "--lang", "de", str(tmp_path / "{x}"))
    assert str(nothing.code).endswith("{x}“ gibt es nicht.")


@pytest.mark.parametrize("kind", ["gitea", "gitlab", "github"])
def test_an_address_taken_by_another_repository_is_released(
    run: Callable[..., Output], environment: dict[str, str], forges: corpus_on_forges.ThreeForges, kind: str
) -> None:
    """A real forge gives the address another number.

    Nothing is taken over until somebody at the terminal has decided.
    """
    forge = next(one for one in forges.model.forges if one.kind == kind)
    path = f"desk-{kind}/app"
    url = forges.add(
        kind,
        f"desk-{kind}",
        "app",
        files={"publiccode.yml": publiccode("First", url=f"https://{forge.host}/{path}")},
    )
    owner = url.rpartition("/")[0]

    def crawl() -> Output:
        return run("crawl", owner, **environment)

    def taken_by(name: str, number: int) -> None:
        found = forge.find(path)
        assert found is not None
        found.id, found.pushed = number, f"2026-05-{number % 20 + 2:02}T08:00:00Z"
        forges.commit(url, {"publiccode.yml": publiccode(name, url=url)})

    assert crawl().code == 0
    taken_by("Second", 777_001)
    said = crawl()
    assert f"{url} is another repository now" in said.out
    assert "is another repository now" in run("source", "list", **environment).out
    assert run("release", **environment).out.split()[::2] == [url, f"{forge.host}#777001"]
    assert (
        run("release", url, "--same", **environment).err
        == "The address is read again as soon as a worker is free.\n"
    )
    assert run("release", **environment).out == ""
    said = crawl()
    assert said.code == 0
    assert "another repository" not in said.out
    assert names(run, environment) == ["Second"]
    taken_by("Third", 777_002)
    assert crawl().code == 1
    assert run("release", url, "--other", "It belongs to somebody else now", **environment).code == 0
    assert crawl().code == 0
    assert names(run, environment) == ["Third"]


def names(run: Callable[..., Output], environment: dict[str, str]) -> list[str]:
    """What the listed solutions are called."""
    title = rdflib.URIRef("http://purl.org/dc/terms/title")
    graph = exported(run, environment, "nt")
    datasets = graph.subjects(rdflib.RDF.type, rdflib.URIRef("http://www.w3.org/ns/dcat#Dataset"))
    titles = chain.from_iterable(graph.objects(dataset, title) for dataset in datasets)
    return sorted({str(text) for text in titles})
