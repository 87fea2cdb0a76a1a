"""The mutation run as a whole: which mutants, what became of them, and what `make proof` says of it."""

from __future__ import annotations

import tempfile
import time
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from tests.mutation import operators, trials
from tests.mutation.operators import Mutant
from tests.mutation.rooms import LEAST, MOST_MINUTES, NUMBER, ROOMS, SEED
from tests.mutation.trials import Trial
from tests.run import ROOT

TABLE = Path(__file__).with_name("survivors.toml")


class Verdict(NamedTuple):
    """All trials, how long they took, and why some of them have no explanation in survivors.toml."""

    trials: list[Trial]
    explained: dict[str, str]
    seconds: float
    whole: bool = True

    @property
    def survivors(self) -> list[Trial]:
        """Those that no test noticed."""
        return [trial for trial in self.trials if not trial.noticed]

    @property
    def faults(self) -> list[str]:
        """What is wrong with the tests, or with the table of explanations; empty if nothing is."""
        found = [
            f"not noticed and not explained: {trial.mutant.name}"
            for trial in self.survivors
            if trial.mutant.name not in self.explained
        ]
        if self.whole:
            names = {trial.mutant.name for trial in self.survivors}
            found += [
                f"explained, but noticed or gone: {name}" for name in self.explained if name not in names
            ]
        share = 1 - len(self.survivors) / max(len(self.trials), 1)
        if self.whole and share < LEAST:
            found.append(f"only {share:.1%} of the mutants were noticed; at least {LEAST:.0%} have to be")
        minutes = self.seconds / 60
        if self.whole and minutes > MOST_MINUTES:
            found.append(f"the run took {minutes:.0f} minutes; {MOST_MINUTES} are the most")
        return found

    def page(self) -> Iterator[str]:
        """Its part of docs/proof.md."""
        yield from ("| room | mutants | noticed | of 100 |", "| --- | ---: | ---: | ---: |")
        for room in (*ROOMS, ""):
            here = [trial for trial in self.trials if trial.mutant.path.startswith(room)]
            noticed = sum(trial.noticed for trial in here)
            share = 100 * noticed / max(len(here), 1)
            yield f"| {room or '**all**'} | {len(here)} | {noticed} | {share:.1f} |"
        yield from (
            "",
            f"In {self.seconds / 60:.0f} minutes.",
            "",
        )
        if self.faults:
            yield "> [!WARNING]"
            yield from (f"> - {fault}" for fault in self.faults)
            yield ""
        yield from (
            "Not noticed:",
            "",
            "| mutant | why that is so |",
            "| --- | --- |",
        )
        for trial in self.survivors:
            name = trial.mutant.name.replace("|", "\\|")
            yield f"| `{name}` | {self.explained.get(trial.mutant.name, 'NOT EXPLAINED')} |"


def all_mutants() -> list[Mutant]:
    """Every mutant of every room."""
    found: list[Mutant] = []
    for room in ROOMS:
        for file in sorted((ROOT / room).glob("*.py")):
            found += operators.mutants(file.relative_to(ROOT).as_posix(), file.read_bytes())
    return found


def explanations() -> dict[str, str]:
    """Why a mutant may stay unnoticed, by its name."""
    return {row["mutant"]: row["why"] for row in tomllib.loads(TABLE.read_text()).get("survivor", [])}


def run(part: str = "") -> Verdict:
    """Try the sample, or with `part` every mutant whose name has it.

    Prints a line for each that stays unnoticed.
    """
    begun = time.monotonic()
    chosen = operators.sample(all_mutants(), NUMBER, seed=SEED)
    if part:
        chosen = [mutant for mutant in all_mutants() if part in mutant.name]
    rooms = {room: tests for room, tests in ROOMS.items() if any(m.path.startswith(room) for m in chosen)}
    with tempfile.TemporaryDirectory(prefix="allmende-mutants-") as folder:
        found = trials.tried(chosen, rooms, Path(folder), say=_say)
    verdict = Verdict(found, explanations(), time.monotonic() - begun, whole=not part)
    print(f"{len(found) - len(verdict.survivors)} of {len(found)} mutants noticed in {verdict.seconds:.0f} s")
    for fault in verdict.faults:
        print(f"  {fault}")
    return verdict


def _say(trial: Trial) -> None:
    if not trial.noticed:
        print(
            f"  not noticed by {trial.tests} tests in {trial.seconds:.1f} s: {trial.mutant.name}", flush=True
        )
