"""`check` and `draft`: crawl and read a file, a folder or a repository without storing anything.

Works without the server's dependencies.

How the outcome is told stands in report.py.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import chain
from pathlib import Path

import msgspec

from catalog.base import language
from catalog.base.errors import Unread
from catalog.base.http_policy import policy
from catalog.base.language import Translator
from catalog.base.sandboxed import read
from catalog.base.settings import Settings
from catalog.base.wanted_files import wanted_files
from catalog.checking import report
from catalog.checking.report import NO_METADATA, Checked, plain
from catalog.entries.merge import View, merge
from crawlers.faults import CrawlError, Fault
from crawlers.forges.addresses import canonical
from crawlers.net.address import shown
from crawlers.net.http import Http
from crawlers.registry import crawl, source_for
from crawlers.source import Failed, Source, SourceRecord
from sandbox import Sandbox
from vocabularies import reading, writing
from vocabularies.crosswalk.rows import Reading
from vocabularies.formats import lookup, repository
from vocabularies.formats.format import Format
from vocabularies.problems import Problem, Severity
from vocabularies.terms import Solution

FILE_BYTES = 512_000
_ADDRESS = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://|[\w.-]+@[\w.-]+:")
_BARE = re.compile(r"(?:[A-Za-z0-9-]+\.)+[A-Za-z]{2,}/\S+/\S+")
_REMOTE = re.compile(r'\[remote "origin"\][^\[]*?^\s*url\s*=\s*(\S+)', re.M)


def check(target: str, *, http: Http | None, sandbox: Sandbox, offline: bool = False) -> list[Checked]:
    """Each metadata file at a path or address. A place without one gives one Checked that says so."""
    found = list(look(target, http=http, sandbox=sandbox, offline=offline))
    files = [item for item in found if item.reading is None or lookup.row_of(item.reading.format).metadata]
    if files:
        return files
    place = found[0].repository or found[0].source if found else target
    return [Checked(place, None, Fault(NO_METADATA))]


def look(target: str, *, http: Http | None, sandbox: Sandbox, offline: bool = False) -> Iterator[Checked]:
    """Every document at a path or address, texts and forge facts too, as it is read."""
    path = Path(target)
    if _ADDRESS.match(target) or (_BARE.fullmatch(target) and not path.exists()):
        try:
            yield from _crawled(target, http=None if offline else http, sandbox=sandbox)
        except CrawlError as error:
            yield Checked(shown(target), None, error.fault)
    elif path.is_dir():
        yield from _folder(path, sandbox=sandbox)
    else:
        yield _file(path, lookup.described_by(path.name), sandbox=sandbox)


def main(
    targets: Sequence[str],
    *,
    form: str,
    offline: bool,
    words: Translator,
    say: Callable[[str], None],
    settings: Settings,
) -> int:
    """The command `check`: tell all inputs in the form "text", "json" or "sarif"; gives the exit code."""
    checked: list[Checked] = []
    with _tools(settings) as (http, sandbox):
        for target in targets:
            for item in check(target, http=http, sandbox=sandbox, offline=offline):
                checked.append(item)
                if form == "json":
                    say(report.as_json(item, words))
                elif form == "text":
                    say(report.as_text(item, words))
    if form == "sarif":
        say(report.as_sarif(checked, words))
    return report.exit_code(checked)


def draft(target: str, *, settings: Settings, words: Translator | None = None) -> str:
    """The command `draft`. Raises Unread."""
    with _tools(settings) as (http, sandbox):
        return drafted(target, http=http, sandbox=sandbox, words=words)


@contextmanager
def _tools(settings: Settings) -> Iterator[tuple[Http, Sandbox]]:
    http = Http(policy(settings))
    sandbox = Sandbox()
    try:
        yield http, sandbox
    finally:
        http.close()
        sandbox.close()


def drafted(
    target: str,
    *,
    http: Http | None,
    sandbox: Sandbox,
    offline: bool = False,
    words: Translator | None = None,
) -> str:
    """A first publiccode.yml from what a folder or repository shows, with a list of what is still to be said.

    Raises Unread.
    """
    found = list(look(target, http=http, sandbox=sandbox, offline=offline))
    readings = [(item, item.reading) for item in found if item.reading is not None]
    if not readings:
        fault = found[0].failure if found else None
        raise Unread(fault.code, **fault.values) if fault else Unread("no-such-file", path=target)
    views = [
        View(read_.format, read_.solution, item.source, repository=item.repository)
        for item, read_ in readings
        if read_.solution
    ]
    return draft_of(merge(views)[0], words=words)


def draft_of(solution: Solution, *, words: Translator | None = None) -> str:
    """A solution as a publiccode.yml, its gaps named in comments at the top."""
    words = words or language.translator("en")
    content = writing.publiccode(solution)
    problems = reading.parse("publiccode", content).problems
    gaps = [problem for problem in problems if problem.severity is Severity.ERROR]
    lines = [
        words.gettext("A first draft, made from what the repository shows. Please check every line."),
        *_gaps(gaps, words),
    ]
    return "".join(f"# {plain(line)}\n" for line in lines) + content.decode()


def _gaps(gaps: Iterable[Problem], words: Translator) -> Iterator[str]:
    said = list(dict.fromkeys(" ".join(filter(None, language.problem(words, gap))) for gap in gaps))
    if said:
        yield words.gettext("Still to be added:")
        yield from (f"- {text}" for text in said)


# --- looking --------------------------------------------------------------------------------------------


def single(url: str, http: Http) -> Source:
    """The source of the one repository at an address.

    CrawlError if it names none, Unread if it names many.
    """
    source = source_for(url, http)
    if source.options.get("scope", "repository") != "repository":
        raise Unread("several-repositories", url=shown(url))
    return source


def _crawled(url: str, *, http: Http | None, sandbox: Sandbox) -> Iterator[Checked]:
    if http is None:
        yield Checked(shown(url), None, Fault("offline", {"url": shown(url)}))
        return
    try:
        source = single(url, http)
    except Unread as error:
        yield Checked(shown(url), None, error.fault)
        return
    source = msgspec.structs.replace(source, files=wanted_files())
    for event in chain.from_iterable(task.read(http) for task in crawl(source, http)):
        if isinstance(event, SourceRecord):
            yield Checked(event.uri, read(sandbox, event.format, event.content), repository=event.repository)
        elif isinstance(event, Failed):
            yield Checked(event.repository, None, event.error.fault)


def _folder(folder: Path, *, sandbox: Sandbox) -> Iterator[Checked]:
    """The metadata files and texts of a folder's root, and where its Git configuration says it comes from."""
    origin = _origin(folder, sandbox=sandbox)
    yield origin
    for path in sorted(folder.iterdir()):
        format_ = lookup.of_file(path.name)
        if format_ is not None and path.is_file():
            yield _file(path, format_, sandbox=sandbox)._replace(repository=origin.repository)


def _origin(folder: Path, *, sandbox: Sandbox) -> Checked:
    try:
        found = _REMOTE.search((folder / ".git" / "config").read_text(errors="replace"))
        url = canonical(found[1]) if found else ""
    except (OSError, CrawlError):
        url = ""
    said = Reading(format=repository.NAME, solution=Solution(name={"": folder.resolve().name}))
    if url:
        said = read(sandbox, repository.NAME, msgspec.json.encode({"url": url}))
    return Checked(str(folder), said, repository=url)


def _file(path: Path, format_: Format | None, *, sandbox: Sandbox) -> Checked:
    name = str(path)
    try:
        with path.open("rb") as file:
            content = file.read(FILE_BYTES + 1)
    except FileNotFoundError:
        return Checked(name, None, Fault("no-such-file", {"path": name}))
    except OSError as error:
        return Checked(name, None, Fault("file-unreadable", {"path": name, "reason": error.strerror or ""}))
    if format_ is None:
        known = ", ".join(row.file_name for row in lookup.public())
        return Checked(name, None, Fault("unknown-file", {"path": name, "known": known}))
    if len(content) > FILE_BYTES:
        size = str(path.stat().st_size)
        limit = str(FILE_BYTES)
        problem = Problem(code="too-large", values={"size": size, "limit": limit})
        return Checked(name, Reading(format=format_.name, problems=(problem,)))
    return Checked(name, read(sandbox, format_.name, content))
