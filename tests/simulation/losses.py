"""Histories in which issues and milestones are deleted, moved, copied or lose their block, and people decide.

What values do is judged by the other histories. Here it is what is there: nothing is made anew that nobody asked for,
nothing twice, no task leaves the plan by itself, and once all is decided both sides say the same and rest.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from random import Random
from typing import Any

from plansync.model import Conflict, Drift, Field, State, Take, Uid, conflict_id
from plansync.sync.events import Report
from plansync.sync.run import Direction, Options
from plansync.sync.settling import Settling
from plansync.sync.ways import How
from plansync.trackers.base import Absence, Record, Thing, Written
from tests.simulation.driver import GUARDS, RETOLD, Action, Copy, History, Result, acts_of, describe
from tests.simulation.gitlab import SimGitLab
from tests.simulation.looks import Look, TaskSeen, read_body
from tests.simulation.world import MARKED, Broken, Row, SimTracker, Weather

_CAST: Mapping[str, int] = {"plan": 20, "tracker": 20, "run": 30, "loss": 15, "decide": 15}
_LOSSES: Mapping[str, int] = {"delete": 6, "move": 3, "delete_milestone": 2, "strip": 2, "copy": 3}
_DECISIONS_MAX = 60


class Losing(SimTracker):
    """A tracker on which records can be lost. `bereft`: the ids whose record is, and was known to the plan.

    `granted`: those of them for which a person asked for a new one.
    """

    def lose(self, thing: Thing, ref: int, why: Absence) -> None:
        """Take a record away."""
        row = self.rows.pop((thing, ref))
        self._absent[thing, ref] = why
        self._bereave(row)
        if thing is Thing.MILESTONE:
            for issue in [i for i in self.issues() if i.milestone == ref]:
                self.put(Thing.ISSUE, replace(issue, milestone=None))

    def strip(self, row: Row) -> None:
        """Take our block out of an issue."""
        seen = read_body(row.body)
        assert seen is not None
        self._bereave(row)
        self.stripped.add(seen.uid)
        self.put(Thing.ISSUE, replace(row, body="".join(seen.around)))

    def _bereave(self, row: Row) -> None:
        if found := MARKED.search(row.body):
            self.bereft.add(found[2])
            self.granted.discard(found[2])

    def prepare(self) -> None:
        """Begin with nothing lost."""
        self._absent: dict[tuple[Thing, int], Absence] = {}
        self.bereft: set[str] = set()
        self.granted: set[str] = set()
        self.stripped: set[str] = set()

    async def look(self, thing: Thing, ref: int) -> Record | Absence:
        found = await super().look(thing, ref)
        return self._absent.get((thing, ref), found) if found is Absence.GONE else found

    def _check_single(self, thing: Thing, fields: Written) -> None:
        found = MARKED.search(fields.get("body", ""))
        if (
            found is None or found[2] not in self.bereft & self.granted
        ):  # beside a copy a new one may be wanted
            super()._check_single(thing, fields)
        if found and found[2] in self.bereft:
            if found[2] not in self.granted:
                raise Broken(
                    f"the {thing.value} of {found[2]} was lost, and is made anew though nobody asked for it"
                )
            self.bereft.discard(found[2])


class LosingGitHub(Losing):
    """As GitHub loses records."""


class LosingGitLab(Losing, SimGitLab):
    """As GitLab does."""


class Bystander:
    """Stands where a witness does, and judges nothing."""

    def __init__(self) -> None:
        self.event, self.left, self.excused = 0, b"", set[str]()

    def __getattr__(self, name: str) -> Any:
        return lambda *given, **named: None


class Losses(History):
    """Plays one history of losses."""

    def __init__(self, seed: int, look: Look) -> None:
        super().__init__(seed, look=look)
        chances = self.tracker.chances
        self.losing = (LosingGitLab if look.is_gitlab else LosingGitHub)(self.clock, self.log.append)
        self.losing.prepare()
        self.losing.chances = chances
        self.tracker = self.losing
        self.witness = Bystander()  # type: ignore[assignment]
        self.undecided: list[Conflict | Drift] = []
        self.ways: Mapping[tuple[Uid, Field], tuple[str, ...]] = {}
        self.settling: Settling | None = None
        self.is_full = self.followed = False
        self.had: set[str] = set()
        self.let_go: set[str] = set()
        self.doubles: dict[int, Row] = {}

    # ---------------------------------------------------------------- actions

    def act(self, action: Action) -> None:
        """Let one thing happen."""
        rng = Random(action.seed)
        match action.who:
            case "loss":
                self.clock.pass_(3.0)
                self._lose(action.what, rng)
            case "decide":
                self.clock.pass_(3.0)
                crash_at = rng.randint(1, 30) if rng.random() < 0.2 else 0
                self._decide(rng, Weather(rng, crash_at=crash_at, log=self.log.append))
            case _:
                self.is_full = rng.random() < 0.3
                super().act(action)

    def _touch(self, kind: str, rng: Random) -> None:
        super()._touch(kind, rng)
        rows = self.losing.rows
        self.doubles = {ref: rows[Thing.ISSUE, ref] for ref in self.doubles if (Thing.ISSUE, ref) in rows}

    def _known(self, thing: Thing) -> list[Row]:
        """List the records that the state file tells of."""
        rows = self.losing.issues() if thing is Thing.ISSUE else self.losing.milestone_rows()
        state = self.first.disk.state.decode()
        return [r for r in rows if MARKED.search(r.body) and f'"node":"{thing.value[0]}{r.ref}"' in state]

    def _lose(self, how: str, rng: Random) -> None:
        thing = Thing.MILESTONE if how == "delete_milestone" else Thing.ISSUE
        rows = [r for r in self._known(thing) if how != "strip" or read_body(r.body)]
        if not rows:
            return
        copied = [r for r in rows if self._is_copied(r)] if rng.random() < 0.5 else []
        row = rng.choice(copied or rows)
        self.log.append(f"somebody: {how} {thing.value} #{row.ref} {row.title}")
        if how == "copy":
            copy = replace(row, ref=self.losing.number(thing), created="")
            self.doubles[copy.ref] = self.losing.put(thing, copy)
        elif how == "strip":
            self.losing.strip(row)
        else:
            self.losing.lose(thing, row.ref, Absence.MOVED if how == "move" else Absence.GONE)

    def _decide(self, rng: Random, weather: Weather) -> None:
        """Do what `plansync resolve` does for one of the things that the last run asked about."""
        if not self.undecided:
            return
        about = rng.choice(self.undecided)
        ways = self.ways.get((about.uid, about.field), ())
        take = rng.choice((Take.PLAN, Take.ISSUE))
        how = How(rng.choice(ways)) if ways else None
        self.log.append(f"decides {about.uid} {about.field.value}: {how.value if how else take.value}")
        uid = about.uid.partition("/")[0]
        if how in (How.RECREATE, How.DROP):  # who takes a dropped task up again wants an issue for it
            self.losing.granted.add(uid)
        self.followed |= how in (How.FOLLOW, How.CLOSE, How.DROP)
        if how in (How.DROP, How.CLOSE, How.KEEP):
            self.let_go.add(uid)
        self.settling = Settling([conflict_id(about.uid, about.field)], take, how=how)
        try:
            self._run("sync", self.first, weather)
        finally:
            self.settling = None

    # ------------------------------------------------------------------- runs

    def options(self, direction: str, allow: Sequence[str]) -> Options:
        return Options(Direction(direction), allow=allow, settling=self.settling, full=self.is_full)

    def _run(
        self, direction: str, copy: Copy, weather: Weather, allow: Sequence[str] = GUARDS
    ) -> Report | None:
        self.losing.weather = weather
        before = self.look.read(copy.disk.plan)
        edits = [line for line in self.log if line.startswith("plan:")]
        report = super()._run(direction, copy, weather, allow)
        after = self.look.read(copy.disk.plan)
        is_edited = edits != [line for line in self.log if line.startswith("plan:")]
        is_unlinked = any("takes the link" in line for line in self.log)
        lines = [
            sorted(x.rstrip() for x in seen.lines if "**Dependencies**" in x) for seen in (before, after)
        ]
        if not is_edited and not is_unlinked and lines[0] != lines[1]:
            raise Broken(f"a run changed what tasks wait for: {lines}")
        if not is_edited and (gone := before.tasks.keys() - after.tasks.keys()):
            raise Broken(f"a run took {', '.join(gone)} out of the plan")
        self._check_doubles()
        self.had |= {found[2] for row in self.losing.issues() if (found := MARKED.search(row.body))}
        if report is not None:
            self.undecided = [*report.conflicts, *report.drifts]
            self.ways = dict(report.ways)
        return report

    def _is_of_the_plan(self, row: Row) -> bool:
        return f'"node":"i{row.ref}"' in self.first.disk.state.decode()

    def _check_doubles(self) -> None:
        """Hold what people copied against what it was: it is theirs until they say that it is the task's.

        One made before our second write may as well be what a run made anew that died: it can be taken for that.
        """
        for ref, copy in [*self.doubles.items()]:
            now = self.losing.rows.get((Thing.ISSUE, ref))
            if now is not None and self._is_of_the_plan(now) and not self.followed and self._has_own(copy):
                raise Broken(f"#{ref}, which is a copy that somebody made, is taken for the task's")
            if now is None or self._is_of_the_plan(now) or now.title != copy.title:
                del self.doubles[ref]
            elif (
                (now.body, now.state) != (copy.body, copy.state)
                and not self.followed
                and " rev=1 " not in copy.body
            ):
                raise Broken(f"a run wrote to #{ref}, which is a copy that somebody made")

    def _is_copied(self, row: Row) -> bool:
        mark = MARKED.search(row.body)
        return any(mark and (m := MARKED.search(c.body)) and m[2] == mark[2] for c in self.doubles.values())

    def _has_own(self, copy: Row) -> bool:
        """Say whether an issue that nobody copied bears a copy's mark: one that was wanted anew, say."""
        mark = MARKED.search(copy.body)
        own = (row for row in self.losing.issues() if row.ref not in self.doubles)
        return any(mark and (m := MARKED.search(row.body)) and m.groups() == mark.groups() for row in own)

    # ----------------------------------------------------------------- settle

    def settle(self) -> None:
        """Decide all that is asked; then it is quiet, and both sides say the same."""
        self.log.append("-- now all is calm")
        rng = Random(f"decisions {self.seed}")
        self.is_full = True
        for _ in range(_DECISIONS_MAX):
            self.clock.pass_(200)
            disk = self.first.disk
            before = disk.plan, disk.state, disk.writes, self.losing.requests.writes
            report = self._run("sync", self.first, Weather(Random(0)))
            if report is None and RETOLD in self.log[-1]:
                return
            if report is None or report.error is not None:
                raise Broken(f"a calm sync fails: {report.error if report else self.log[-1].strip()}")
            is_still = before == (disk.plan, disk.state, disk.writes, self.losing.requests.writes)
            if self.undecided:
                self._decide(rng, Weather(Random(0)))
            elif is_still:
                break
        else:
            raise Broken("it does not settle: every sync still writes, or asks")
        self._check()

    def _check(self) -> None:
        """Hold both sides against each other, now that nothing is left to decide."""
        marked = [(found[2], row) for row in self.losing.issues() if (found := MARKED.search(row.body))]
        rows = {uid: row for uid, row in marked if self._is_of_the_plan(row)}
        for key, task in self.look.read(self.first.disk.plan).tasks.items():
            if key == "overview" or not task.uid:
                continue
            row = rows.get(task.uid)
            if row is None:
                excused = self.let_go | self.losing.stripped
                if task.uid in self.had - excused and _is_open(task):
                    raise Broken(f"{key} has no issue any more, and nobody was asked")
                continue
            seen = read_body(row.body)
            if seen is None or task.uid in self.let_go:
                continue
            there = {step.text: step.is_ticked for step in seen.steps if not step.is_dropped}
            here = {step.text: step.is_ticked for step in task.steps if not step.is_dropped}
            if there != here:
                raise Broken(f"{key}: the plan says {here}, #{row.ref} says {there}")


def _is_open(task: TaskSeen) -> bool:
    """Say whether there is something left to do: for what is done or dropped nobody needs an issue."""
    if task.state is not None:
        return task.state is State.TODO
    return not task.steps or any(not (step.is_ticked or step.is_dropped) for step in task.steps)


def make_actions(seed: int, count: int, look: Look) -> tuple[Action, ...]:
    """Draw a history's actions."""
    rng = Random(f"losses {seed}")
    found = [Action("run", "push", rng.getrandbits(32))]
    while len(found) < count:
        who = rng.choices(list(_CAST), list(_CAST.values()))[0]
        table = (
            _LOSSES
            if who == "loss"
            else {"decide": 1}
            if who == "decide"
            else acts_of(who, look) or look.edits
        )
        found.append(Action(who, rng.choices(list(table), list(table.values()))[0], rng.getrandbits(32)))
    return tuple(found)


def play(seed: int, look: Look, actions: int = 25) -> Result:
    """Play the history of one seed."""
    return Losses(seed, look).play(make_actions(seed, actions, look))


def check(seeds: Iterable[int], look: Look) -> None:
    """Play histories, and tell the first that fails.

    Raises: AssertionError.
    """
    for seed in seeds:
        if (result := play(seed, look)).error:
            raise AssertionError("\n" + describe(result))
