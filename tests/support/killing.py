"""Real kills: `python -m tests.support.killing --kills 500`.

Commands at work on both sides are killed (SIGKILL) at a moment that a seed draws from the time they take;
some of those that go on are killed as well. Then the command is run until it ends, and everything must be
as a run that nobody killed leaves it: plan, memory, tracker, no issue twice, nothing left to do.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from random import Random
from typing import Any

from tests.support.mortals import KILLED, Mortals
from tests.support.outline import nameless
from tests.support.people import LIMIT_S, Copy, Person, Ran
from tests.support.sandbox import Sandbox

EXAMPLE = Path(__file__).parents[2] / "examples" / "implementation-plan.md"
_AGAIN = 0.3
"""How many of the runs that follow a kill are killed as well."""
_RUNS_MAX = 5
_KEPT_OF_ISSUES = ("number", "title", "body", "state", "state_reason", "labels", "milestone")
_STAMPS = ("rev", "op", "crc", "node")

World = dict[str, str]
"""Plan, state file and tracker, without what chance adds."""


# ------------------------------------------------------------------- scenarios


def _nothing(copy: Copy, person: Person) -> None:
    """A plan that is not on the tracker yet."""


def _work(copy: Copy, person: Person) -> None:
    """A plan that is on the tracker, and a day's work on either side since."""
    copy.push()
    plan = copy.outline
    copy.tick("1.2", plan.task("2.1").steps[0])
    copy.replace(f"- [ ] {plan.task('2.2').steps[1]}\n", f"- [ ] {plan.task('2.2').steps[1]}, soon\n")
    copy.replace(f"Task 3.1: {plan.task('3.1').title}", "Task 3.1: Renamed in the plan")
    copy.replace(
        f"- [ ] {plan.task('3.3').steps[0]}\n", f"- [ ] {plan.task('3.3').steps[0]}\n- [ ] New here\n"
    )
    person.close(plan.task("1.1").title)
    person.tick(plan.task("1.3").title, plan.task("1.3").steps[2])
    person.close(plan.task("2.3").title, "not_planned")
    person.rename(plan.task("4.1").title, "Renamed on the tracker")
    person.move(plan.task("4.3").title, plan.phases[0])


def _disputed(copy: Copy, person: Person) -> None:
    """Two titles that both sides changed, beside ticks on both."""
    copy.push()
    plan = copy.outline
    for number in ("1.1", "3.2"):
        title = plan.task(number).title
        copy.replace(f"Task {number}: {title}", f"Task {number}: Ours of {number}")
        person.rename(title, f"Theirs of {number}")
    copy.tick("2.1")
    person.close(plan.task("4.2").title)
    copy.sync(exits=4)


def _saved(copy: Copy, person: Person) -> None:
    _work(copy, person)
    copy.run("diff", "--out", "changes.json", "--json")


def _done(copy: Copy, person: Person) -> None:
    """A day's work that was synced, with the name of the run that did it in a file."""
    _work(copy, person)
    (copy.folder / "run").write_text(copy.sync().json["run"])


@dataclass(frozen=True)
class Scenario:
    """What is there, and the command that is killed in it. `refuses`: it may say that its work is done already."""

    name: str
    prepare: Callable[[Copy, Person], None]
    command: tuple[str, ...]
    refuses: bool = False

    def words(self, copy: Copy) -> list[str]:
        """Write the command; `RUN` is the run that was made before."""
        return [(copy.folder / "run").read_text() if word == "RUN" else word for word in self.command]


SCENARIOS = (
    Scenario("first push", _nothing, ("push", "--yes")),
    Scenario("push", _work, ("push", "--yes")),
    Scenario("pull", _work, ("pull",)),
    Scenario("sync", _work, ("sync", "--yes")),
    Scenario("resolve", _disputed, ("resolve", "--all", "--take", "issue", "--yes"), refuses=True),
    Scenario("apply", _saved, ("apply", "changes.json", "--yes"), refuses=True),
    Scenario("undo", _done, ("undo", "RUN", "--yes", "--allow", "mass-change"), refuses=True),
)


# ------------------------------------------------------------------- one bench a scenario


@dataclass
class Bench:
    """A scenario that can be put back to its beginning, and how it ends where nobody kills."""

    scenario: Scenario
    sandbox: Sandbox
    mortals: Mortals
    copy: Copy
    person: Person
    kept: Path
    records: Path
    takes_s: float = 0.0
    end: World = field(default_factory=dict)

    @classmethod
    def made(
        cls, scenario: Scenario, folder: Path, sandbox: Sandbox, mortals: Mortals, person: Person
    ) -> Bench:
        sandbox.restore(sandbox.empty)
        copy = Copy.of(EXAMPLE.read_bytes(), folder / "work", sandbox.place, forked=mortals.run)
        scenario.prepare(copy, person)
        kept = folder / "kept"
        shutil.copytree(copy.folder, kept)
        return cls(scenario, sandbox, mortals, copy, person, kept, sandbox.remember()).undisturbed()

    def with_(self, scenario: Scenario) -> Bench:
        """Let another command be killed at the same beginning."""
        return replace(self, scenario=scenario).undisturbed()

    def undisturbed(self) -> Bench:
        """Find out how it ends where nobody kills, and how long that takes."""
        self.rewind()
        ran = self.run()
        assert ran.code == 0, ran
        self.takes_s = self.mortals.took_s
        self.run_to_the_end()
        self.end = self.world()
        return self

    def rewind(self) -> None:
        shutil.rmtree(self.copy.folder)
        shutil.copytree(self.kept, self.copy.folder)
        self.sandbox.restore(self.records)

    def run(self, lives_s: float = LIMIT_S) -> Ran:
        return self.mortals.run(self.copy, self.scenario.words(self.copy), lives_s=lives_s)

    def run_to_the_end(self) -> None:
        """Run the command until it ends, and then a sync, as people do."""
        ran: Ran | None = None
        for _ in range(_RUNS_MAX):
            ran = self.run()
            if ran.code == 0 or (self.scenario.refuses and ran.code in (2, 7)):
                break
        else:
            raise AssertionError(f"it does not end: {ran}")
        for _ in range(_RUNS_MAX):
            ran = self.mortals.run(self.copy, ["sync", "--yes", "--json"])
            assert ran.code == 0, ran
            if not ran.writes and not ran.json["operations"]:
                return
        raise AssertionError(f"it does not settle: {ran}")

    def world(self) -> World:
        issues = [{k: _plain(i[k]) for k in _KEPT_OF_ISSUES} for i in self.person.issues()]
        milestones = [{k: i[k] for k in ("number", "title", "state")} for i in self.person.milestones()]
        return {
            "plan": nameless(self.copy.text),
            "state file": _memory(self.copy.state),
            "tracker": nameless(json.dumps([*milestones, *issues], indent=1)),
        }


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return value["title"]
    return [each["name"] for each in value] if isinstance(value, list) else value


def _memory(state: Path) -> str:
    """Give the state file's items without the stamps of writes and the tracker's own names for its issues."""
    header, *lines = (json.loads(line) for line in state.read_text().splitlines())
    items = [{k: v for k, v in i.items() if k not in _STAMPS} if isinstance(i, dict) else i for i in lines]
    return "\n".join(json.dumps(each) for each in [header["path"], *items])


# ------------------------------------------------------------------- kills


@dataclass
class Tally:
    """What was tried. `found`: what was not as it should be, a text each."""

    kills: Counter[str] = field(default_factory=Counter)
    again: int = 0
    in_time: int = 0
    found: list[str] = field(default_factory=list)

    @property
    def count(self) -> int:
        return sum(self.kills.values())

    def __str__(self) -> str:
        each = ", ".join(f"{name} {number}" for name, number in sorted(self.kills.items()))
        return (
            f"{self.count} kills ({each}), {self.again} of them in the run after a kill; {self.in_time} runs ended "
            f"before they were killed: {len(self.found)} ended otherwise than without"
        )


def kill(bench: Bench, rng: Random, tally: Tally) -> bool:
    """Kill a command once, perhaps twice, and see how it ends; says whether it could be killed."""
    bench.rewind()
    moments = [rng.uniform(0.03, 1)]
    if rng.random() < _AGAIN:
        moments.append(rng.uniform(0.03, 1))
    for number, moment in enumerate(moments):
        ran = bench.run(lives_s=moment * bench.takes_s)
        if ran.code != KILLED:
            tally.in_time += 1
            if not number:
                return False
            break
        tally.kills[bench.scenario.name] += 1
        tally.again += number
    try:
        bench.run_to_the_end()
        wrong = list(_differences(bench))
    except AssertionError as error:
        wrong = [str(error)]
    at = " and ".join(f"{moment * bench.takes_s:.3f} s" for moment in moments)
    tally.found += [f"{bench.scenario.name}, killed after {at}: {each}" for each in wrong]
    return True


def _differences(bench: Bench) -> Iterator[str]:
    titles = Counter(issue["title"] for issue in bench.person.issues())
    if twice := [title for title, number in titles.items() if number > 1]:
        yield f"issues were made twice: {twice}"
    if left := [p.name for p in bench.copy.folder.rglob(".*.plansync")]:
        yield f"files were left: {left}"
    now = bench.world()
    for what, then in bench.end.items():
        if now[what] != then:
            pairs = zip(then.splitlines(), now[what].splitlines(), strict=False)
            first = next((f"{a!r} became {b!r}" for a, b in pairs if a != b), "it is longer or shorter")
            yield f"the {what} is different: {first}"


@contextmanager
def benches(folder: Path, names: Sequence[str] = ()) -> Iterator[list[Bench]]:
    """Prepare scenarios against one sandbox; all of them, or those that are named."""
    home = folder / "sandbox"
    home.mkdir()
    sandbox = Sandbox(home)
    person = Person(sandbox.place)
    try:
        with Mortals(folder / "runs") as mortals:
            made: dict[Callable[[Copy, Person], None], Bench] = {}
            found = []
            for number, scenario in enumerate(s for s in SCENARIOS if not names or s.name in names):
                if known := made.get(scenario.prepare):
                    found.append(known.with_(scenario))
                else:
                    place = folder / str(number)
                    found.append(Bench.made(scenario, place, sandbox, mortals, person))
                    made[scenario.prepare] = found[-1]
            yield found
    finally:
        person.leave()
        sandbox.close()


def play(
    all_: Sequence[Bench], kills: int, seed: int, tell: Callable[[Tally], None] = lambda tally: None
) -> Tally:
    """Kill so many times, in every scenario about as often."""
    rng, tally = Random(seed), Tally()
    tries = 0
    while tally.count < kills and tries < 4 * kills:
        kill(all_[tries % len(all_)], rng, tally)
        tries += 1
        tell(tally)
    return tally


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.support.killing", description=__doc__)
    parser.add_argument("--kills", type=int, default=500)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--scenario", action="append", choices=[s.name for s in SCENARIOS])
    options = parser.parse_args()
    began, told = time.monotonic(), 0

    def tell(tally: Tally) -> None:
        nonlocal told
        for found in tally.found[told:]:
            sys.stdout.write(f"{found}\n")
            sys.stdout.flush()
        told = len(tally.found)

    with tempfile.TemporaryDirectory() as folder, benches(Path(folder), options.scenario or ()) as made:
        tally = play(made, options.kills, options.seed, tell)
    sys.stdout.write(f"{tally}; {time.monotonic() - began:.0f} s\n")
    return 1 if tally.found else 0


if __name__ == "__main__":
    sys.exit(main())
