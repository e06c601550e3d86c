"""Runs that a process may die in, at every point: whoever runs again comes to the same end.

A scenario is a small plan that was pushed, some edits, and one sync. Its points are counted, and it dies
before each of them once (or before each pair of points, the second one inside recovery); after a calm
run or two plan, issues and conflicts must be those of the sync that nothing cut off.
"""

from __future__ import annotations

import asyncio
import itertools
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from random import Random
from typing import NamedTuple

from plansync.errors import PlansyncError
from plansync.model import State
from plansync.sync.events import Report
from tests.simulation.driver import Action, History, running
from tests.simulation.looks import BOXES, TEMPLATE, Look
from tests.simulation.memory import PLAN, TRACKER
from tests.simulation.people import TRACKER_ACTS
from tests.simulation.world import Broken, Row, Weather

_CALM_RUNS_MAX = 3
_OURS = re.compile(r"(?P<what>rev|op|plan)=\w+")
_HEADINGS = """\
# Implementation Plan: harbour velvet plan1

## Phase 1: compass quartz p1

### Task 1.1: ladder meadow t1

- [ ] falcon cinder orbit s1
- [ ] walnut tunnel glacier s2

### Task 1.2: pepper anchor t2

- [ ] thimble copper lantern s3

**Dependencies**: Task 1.1

## Phase 2: saddle bishop p2

### Task 2.1: marble cactus t3

- [ ] ribbon trumpet vessel s4
- [ ] kettle jungle puzzle s5

## Success Criteria

- [ ] summit oyster fabric s6

**Completion**: 0% (0/3 tasks completed)
"""
_BOXES = """\
# harbour velvet plan1

## Phase 1: compass quartz p1

- [ ] 1.1 ladder meadow t1
  - [ ] falcon cinder orbit s1
  - [ ] walnut tunnel glacier s2
- [ ] 1.2 pepper anchor t2
  - [ ] thimble copper lantern s3

## Phase 2: saddle bishop p2

- [ ] 2.1 marble cactus t3
"""


class Edit(NamedTuple):
    """What somebody does between two runs: on `side`, `change` with the stage in hand."""

    side: str
    change: Callable[[Stage], None]


@dataclass(frozen=True, slots=True)
class Golden:
    """One scenario. `before` and `after`: what people do before and after a calm sync; the next one dies.

    `then` is what people do once it is dead, so its end is another one and the witness alone judges it.
    `holds` are texts that the plan must hold at the end, `once` those it may hold once, `conflicts` how many there
    must be.
    `has_git`: files go back in time, so values are held against `holds`, not against their history.
    """

    name: str
    before: tuple[Edit, ...] = ()
    after: tuple[Edit, ...] = ()
    then: tuple[Edit, ...] = ()
    look: Look = TEMPLATE
    holds: tuple[str, ...] = ()
    once: tuple[str, ...] = ()
    conflicts: int = 0
    has_git: bool = False
    is_first_push: bool = False


class End(NamedTuple):
    """How a scenario ends, in what people see: `conflicts` by item and field."""

    plan: str
    issues: tuple[tuple[str, ...], ...]
    conflicts: tuple[tuple[str, str], ...]


# ------------------------------------------------------------------- edits


def plan(old: str, new: str, *, if_there: bool = False) -> Edit:
    """Replace a text of the plan, in an editor."""

    def change(stage: Stage) -> None:
        disk = stage.first.disk
        assert if_there or old.encode() in disk.plan, old
        stage.has_acted = old.encode() in disk.plan
        disk.plan = disk.plan.replace(old.encode(), new.encode(), 1)

    return Edit(PLAN, change)


def issue(word: str, change: Callable[[Row, Stage], Row]) -> Edit:
    """Change the issue, or milestone, whose title holds a word."""

    def act(stage: Stage) -> None:
        (thing, _), row = next((k, r) for k, r in stage.tracker.rows.items() if word in r.title.split())
        stage.tracker.put(thing, change(row, stage))

    return Edit(TRACKER, act)


def state(word: str, value: State) -> Edit:
    """Close or reopen an issue."""
    return issue(word, lambda row, _: replace(row, state=value))


def text(word: str, old: str, new: str, *, if_there: bool = False) -> Edit:
    """Replace a text in an issue's body."""

    def change(row: Row, _: Stage) -> Row:
        assert if_there or old in row.body, old
        return replace(row, body=row.body.replace(old, new, 1))

    return issue(word, change)


def title(word: str, old: str, new: str) -> Edit:
    """Replace a word of an issue's title, or a milestone's."""
    return issue(word, lambda row, _: replace(row, title=row.title.replace(old, new)))


def milestone(word: str, there: str) -> Edit:
    """Put an issue into another milestone."""

    def change(row: Row, stage: Stage) -> Row:
        ref = next(r.ref for r in stage.tracker.milestone_rows() if there in r.title.split())
        return replace(row, milestone=ref)

    return issue(word, change)


SYNC = Edit("", lambda stage: stage.sync_meanwhile())
COMMIT = Edit("", lambda stage: stage.commits.append(stage.first.disk.commit()))
CHECK_OUT = Edit("", lambda stage: stage.first.disk.check_out(stage.commits[-1]))
CHECK_OUT_FIRST = Edit("", lambda stage: stage.first.disk.check_out(stage.commits[0]))
LOSE_STATE = Edit("", lambda stage: stage.first.disk.forget_state())


def _ticked(step: str) -> tuple[str, str]:
    return f"- [ ] {step}", f"- [x] {step}"


S1, S2, S3 = "falcon cinder orbit s1", "walnut tunnel glacier s2", "thimble copper lantern s3"
S4, S5 = "ribbon trumpet vessel s4", "kettle jungle puzzle s5"

GOLDEN = (
    Golden("first push", is_first_push=True),
    Golden(
        "a closed issue and ticked boxes are pulled",
        after=(state("t1", State.DONE), text("t3", *_ticked(S4)), text("t2", *_ticked(S3))),
    ),
    Golden(
        "the last tick in the plan closes the issue",
        after=(plan(*_ticked(S3)), plan(*_ticked(S1)), plan("summit oyster", "summit napkin")),
    ),
    Golden(
        "a conflict beside a neighbour",
        after=(
            plan(S1, "falcon cinder violin s1"),
            text("t1", S1, "falcon cinder wagon s1"),
            plan(*_ticked(S2)),
            plan(*_ticked(S4)),
            text("t2", *_ticked(S3)),
        ),
    ),
    Golden(
        "a reopened issue takes back the ticks that its close made",
        before=(plan(*_ticked(S1)), state("t1", State.DONE)),
        after=(state("t1", State.TODO), plan(*_ticked(S4))),
    ),
    Golden(
        "an unticked step reopens the issue",
        before=(plan(*_ticked(S3)),),
        after=(plan(f"- [x] {S3}", f"- [ ] {S3}"), text("t3", *_ticked(S5))),
    ),
    Golden(
        "steps come, go and change places on both sides",
        after=(
            plan(f"- [ ] {S1}\n", f"- [ ] pillow magnet donkey s7\n- [ ] {S1}\n"),
            plan(f"- [ ] {S4}\n- [ ] {S5}\n", f"- [ ] {S5}\n- [ ] {S4}\n"),
            text("t1", f"- [ ] {S2}", f"- [ ] {S2}\n- [x] chimney barrel napkin s8"),
            text("t2", f"- [ ] {S3}\n", ""),
        ),
    ),
    Golden(
        "tasks and phases are renamed on both sides",
        after=(
            plan("compass quartz p1", "compass tractor p1"),
            plan("ladder meadow t1", "ladder violin t1"),
            title("t3", "cactus", "jungle"),
            title("p2", "bishop", "sphinx"),
        ),
    ),
    Golden(
        "tasks move between phases on both sides",
        after=(milestone("t3", "p1"), plan("pepper anchor t2", "pepper wagon t2"), text("t3", *_ticked(S4))),
    ),
    Golden(
        "a dropped issue is said by a status line",
        after=(state("t2", State.DROPPED), plan(*_ticked(S1)), text("t3", S5, "kettle jungle wagon s5")),
    ),
    Golden(
        "a new task that others depend on",
        after=(
            plan(
                "## Phase 2:",
                "### Task 1.3: violin pillow t9\n\n- [ ] tractor wagon magnet s9\n\n## Phase 2:",
            ),
            plan("**Dependencies**: Task 1.1", "**Dependencies**: Task 1.1, Task 1.3"),
            text("t1", *_ticked(S1)),
        ),
    ),
    Golden(
        "own boxes say states on both sides",
        look=BOXES,
        after=(
            plan("- [ ] 2.1", "- [x] 2.1"),
            state("t2", State.DONE),
            text("t1", *_ticked(S1)),
            plan(*_ticked(S2)),
        ),
    ),
    Golden(
        "a commit from before the first push is checked out",
        after=(CHECK_OUT_FIRST, plan(*_ticked(S4))),
        holds=(f"- [x] {S4}",),
        has_git=True,
    ),
    Golden(
        "a commit from before a tick and a close is checked out",
        before=(COMMIT, text("t1", *_ticked(S1)), state("t2", State.DONE)),
        after=(CHECK_OUT, plan(*_ticked(S4))),
        holds=(f"- [x] {S1}", f"- [x] {S3}", f"- [x] {S4}"),
        has_git=True,
    ),
    Golden(
        "a tick went there and back while an old commit was away",
        before=(COMMIT, plan(*_ticked(S1)), SYNC, plan(f"- [x] {S1}", f"- [ ] {S1}")),
        after=(CHECK_OUT, plan(*_ticked(S1))),
        holds=(f"- [x] {S1}",),
        conflicts=1,
        has_git=True,
    ),
    Golden(
        "an untick meets a state file that is lost",
        before=(plan(*_ticked(S1)),),
        after=(plan(f"- [x] {S1}", f"- [ ] {S1}"), LOSE_STATE),
        holds=(f"- [ ] {S1}",),
        conflicts=1,
        has_git=True,
    ),
    Golden(
        "an issue that a person opened again stays open",
        before=(plan(*_ticked(S3)), SYNC, state("t2", State.TODO)),
        after=(plan(*_ticked(S1)),),
        holds=(f"- [x] {S3}",),
    ),
    Golden(
        "a tick is taken back after it was sent",
        before=(plan(*_ticked(S1)),),
        after=(plan(f"- [x] {S1}", f"- [ ] {S1}"),),
        holds=(f"- [ ] {S1}",),
    ),
    Golden(
        "half of what was written into the plan is taken back before anybody knows of it",
        after=(text("t1", *_ticked(S1)), text("t3", *_ticked(S4))),
        then=(plan(f"- [x] {S1}", f"- [ ] {S1}", if_there=True),),
        holds=(f"- [ ] {S1}",),
    ),
    Golden(
        "a tick that landed is taken back on the tracker before anybody knows of it",
        after=(plan(*_ticked(S1)),),
        then=(text("t1", f"- [x] {S1}", f"- [ ] {S1}", if_there=True),),
    ),
    Golden(
        "an issue is renamed before anybody knows whether it was closed",
        after=(text("t2", *_ticked(S3)),),
        then=(title("t2", "anchor", "wagon"),),
    ),
    Golden(
        "a removed step is reworded before its removal comes to the plan",
        after=(
            text("t1", f"- [ ] {S1}\n", ""),
            text("t3", f"- [ ] {S5}", f"- [ ] {S5}\n- [ ] chimney napkin s8"),
        ),
        then=(plan("cinder orbit s1", "cinder wagon orbit s1", if_there=True),),
    ),
    Golden(
        "an added step is reworded before anybody knows that it was added",
        after=(text("t1", f"- [ ] {S1}", f"- [ ] {S1}\n- [ ] chimney napkin s8"),),
        then=(plan("chimney napkin s8", "chimney wagon napkin s8", if_there=True),),
        once=("napkin s8",),
    ),
    Golden(
        "a status line is deleted that a run wrote and did not live to remember",
        after=(state("t2", State.DROPPED),),
        then=(plan("**Status**: Dropped\n", "", if_there=True),),
    ),
)
"""Played on each change at every single point; `--crash-points` has pairs of points and edits too."""


# ------------------------------------------------------------------- play


class Stage(History):
    """A scenario up to the sync that dies."""

    def __init__(self, golden: Golden, loop: asyncio.AbstractEventLoop) -> None:
        source = _BOXES if golden.look is BOXES else _HEADINGS
        super().__init__(seed=0, look=golden.look, plan=source.encode())
        self.loop, self.golden, self.has_acted = loop, golden, False
        self.pen.count = 100  # the words below are taken
        self.commits: list[tuple[bytes, bytes]] = [self.first.disk.commit()]
        self.witness.is_strict = not golden.has_git

    def set_up(self) -> None:
        """Come to where the sync begins that dies."""
        if not self.golden.is_first_push:
            self.calm()
        if self.golden.before:
            self.do(self.golden.before)
            self.calm()
        self.do(self.golden.after)
        self.has_acted = False

    def do(self, edits: Sequence[Edit]) -> None:
        """Let people act, under the witness's eyes."""
        for edit in edits:
            self.clock.pass_(5)
            self.witness.before_person()
            edit.change(self)
            self.witness.after_person(edit.side or PLAN)

    def sync_meanwhile(self) -> None:
        """Sync between two edits."""
        self.calm()

    def die(self, at: int) -> bool:
        """Sync until point `at`; say whether there was one."""
        weather = Weather(Random(0), crash_at=at)
        self.clock.pass_(5)
        self._run("sync", self.first, weather)
        return weather.points >= at

    def calm(self) -> Report:
        """Sync to the end."""
        self.clock.pass_(60)
        report = self._run("sync", self.first, Weather(Random(0)))
        if report is None or report.error:
            raise Broken(f"a calm sync fails: {self.log[-1]}")
        return report

    def is_expected(self, act: Action | None) -> bool:
        """Say whether the end must hold what the scenario says it does."""
        return act is None and (self.has_acted or not self.golden.then)

    def end(self) -> End:
        """Sync until nothing is written, and say where that led to."""
        if not any(self._is_quiet(self.first) for _ in range(_CALM_RUNS_MAX)):
            raise Broken(f"{_CALM_RUNS_MAX} calm syncs are not enough")
        conflicts = sorted((c.uid, c.field.value) for c in self.calm().conflicts)
        return End(_known(self.first.disk.plan.decode()), tuple(sorted(self._issues())), tuple(conflicts))

    def _issues(self) -> Iterator[tuple[str, ...]]:
        names = {r.ref: r.title for r in self.tracker.milestone_rows()}
        for (thing, _), row in self.tracker.rows.items():
            yield thing.value, row.title, _known(row.body), row.state.value, names.get(row.milestone or 0, "")


def _known(said: str) -> str:
    """Leave out what depends on how often we tried: revisions, operations, the lineage."""
    return _OURS.sub(r"\g<what>", said)


class Death(NamedTuple):
    """One play: how many of its `points` it died at, what somebody did then, how it ended, what was wrong."""

    golden: Golden
    points: tuple[int, ...]
    deaths: int
    act: str = ""
    end: End | None = None
    error: str = ""
    log: tuple[str, ...] = ()

    def __str__(self) -> str:
        at = " and ".join(str(p) for p in self.points)
        return "\n".join((f"{self.golden.name}, dead at {at} {self.act}", *self.log, f"BROKEN: {self.error}"))


def play_golden(golden: Golden, points: tuple[int, ...] = (), act: Action | None = None) -> Death:
    """Play a scenario that dies at each of these points; then `act` happens, and it is run to its end."""
    deaths, end, error = 0, None, ""
    with running() as loop:
        stage = Stage(golden, loop)
        with closing(stage.first.db):
            try:
                stage.set_up()
                for point in points:
                    if not stage.die(point):
                        break
                    deaths += 1
                if deaths:
                    stage.do(golden.then)
                if act is not None and deaths:
                    stage.act(act)
                if act is not None or golden.then:
                    stage.settle()
                end = stage.end()
                error = _missed(golden, end) if stage.is_expected(act) else ""
            except (Broken, PlansyncError) as broken:
                error = str(broken)
    return Death(golden, points, deaths, str(act or ""), end, error, tuple(stage.log))


def _missed(golden: Golden, end: End) -> str:
    """Say what a scenario's end lacks."""
    if doubled := [text for text in golden.once if end.plan.count(text) > 1]:
        return f"doubled {doubled}"
    lost = [held for held in golden.holds if held not in end.plan]
    if lost or (golden.conflicts and len(end.conflicts) != golden.conflicts):
        return f"lost {lost}, conflicts {end.conflicts}"
    return ""


def singles(golden: Golden) -> Iterator[Death]:
    """Die before each point, once; the first play dies nowhere."""
    yield (calm := play_golden(golden))
    wanted = calm.end
    for point in itertools.count(1):
        death = play_golden(golden, (point,))
        if not death.deaths:
            return
        yield _judged(death, wanted)


def doubles(golden: Golden) -> Iterator[Death]:
    """Die before each point, and then before each point of the run that follows."""
    wanted = play_golden(golden).end
    for first in itertools.count(1):
        for second in itertools.count(1):
            death = play_golden(golden, (first, second))
            if not death.deaths:
                return
            if death.deaths < 2:
                break
            yield _judged(death, wanted)


def with_acts(golden: Golden) -> Iterator[Death]:
    """Die before each point; then somebody does one of all the things that people do, and it must settle."""
    kinds = [("plan", kind) for kind in golden.look.edits] + [("tracker", kind) for kind in TRACKER_ACTS]
    for point in itertools.count(1) if not (golden.has_git or golden.then) else ():
        for who, kind in kinds:
            death = play_golden(golden, (point,), Action(who, kind, point))
            if not death.deaths:
                return
            yield death


PLAYS: Mapping[str, Callable[[Golden], Iterator[Death]]] = {
    "single": singles,
    "double": doubles,
    "acts": with_acts,
}


def _judged(death: Death, wanted: End | None) -> Death:
    """Hold a death's end against the one without it (P9)."""
    if death.error or death.end == wanted or death.golden.then or wanted is None:
        return death
    parts = zip(End._fields, wanted, death.end or (), strict=False)
    error = "; ".join(f"{name} ends as {now}, not as {then}" for name, then, now in parts if then != now)
    return death._replace(error=error)
