"""The witness: remembers what people wrote on either side, and judges every write of the engine.

For each field and side it keeps the values since the sides last agreed. The engine may replace a
value only by one that the other side held since then, and only where the replaced value is the
agreed one, or one that the other side passed through. It reads both sides by their looks, so it
shares no code and no memory with the engine.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from plansync.model import OVERVIEW, State
from tests.simulation.people import BodySeen, TaskSeen, read_body, read_plan, word_of
from tests.simulation.world import Broken, Disk, Row, SimTracker

Key = tuple[str, str]
Value = str | bool | None
PLAN, TRACKER = "plan", "tracker"


@dataclass(slots=True)
class Sight:
    """Both sides at one moment, as a reader sees them."""

    values: dict[str, dict[Key, Value]]
    owner: dict[str, str]
    order: dict[str, dict[str, list[str]]]


@dataclass(slots=True)
class Times:
    """When people last did something to a task, in events."""

    tick: int = -1
    real_tick: int = -1
    open_: int = -1
    reopen: int = -1
    close: int = -1
    state: int = -1
    status: int = -1
    removal: int = -1


@dataclass(slots=True)
class Witness:
    """Watches one plan and its tracker. `is_strict`: values are judged too, not only shapes."""

    disk: Disk
    tracker: SimTracker
    is_strict: bool = True
    event: int = 0
    seen: Sight = field(init=False)
    history: dict[tuple[str, Key], list[Value]] = field(default_factory=dict)
    times: dict[str, Times] = field(default_factory=lambda: defaultdict(Times))
    excused: set[str] = field(default_factory=set)
    around: dict[int, BodySeen] = field(default_factory=dict)
    rest: tuple[str, ...] = ()
    raw: dict[str, str] = field(default_factory=dict)
    is_unmarked: bool = False
    _statuses: set[str] = field(default_factory=set)
    last_event: dict[tuple[str, Key], int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.seen = self._look()
        for side, values in self.seen.values.items():
            for key, value in values.items():
                self.history[side, key] = [value]
        self._keep_text()

    # ------------------------------------------------------------------ look

    def _look(self) -> Sight:
        sight = Sight({PLAN: {}, TRACKER: {}}, {}, {PLAN: {}, TRACKER: {}})
        plan = read_plan(self.disk.plan)
        for task in plan.tasks.values():
            self._show(sight, PLAN, task)
        for name, (title, _) in plan.phases.items():
            sight.values[PLAN]["phase title", name] = title
        milestones = {m.ref: word_of("p", m.title) for m in self.tracker.milestone_rows()}
        for row in self.tracker.milestone_rows():
            sight.values[TRACKER]["phase title", milestones[row.ref]] = row.title.partition(": ")[2]
        for row in self.tracker.issues():
            issue = _task_of(row, milestones)
            if issue is None:
                continue
            if issue.key in sight.order[TRACKER] and issue.key not in self.excused:
                raise Broken(f"two issues are there for {issue.key}: #{row.ref} is the second")
            self._show(sight, TRACKER, issue)
            sight.values[TRACKER]["state", issue.key] = row.state.value
        return sight

    @staticmethod
    def _show(sight: Sight, side: str, task: TaskSeen) -> None:
        values = sight.values[side]
        sight.order[side][task.key] = [s.key for s in task.steps]
        if task.key != "overview":
            values["title", task.key] = task.title
            values["phase", task.key] = task.phase
        for step in task.steps:
            sight.owner[step.key] = task.key
            values["step", step.key] = True
            values["tick", step.key] = step.is_ticked
            values["text", step.key] = " ".join(step.text.split())

    def _keep_text(self) -> None:
        plan = read_plan(self.disk.plan)
        self.rest = plan.rest
        self.raw = {s.key: s.raw for t in plan.tasks.values() for s in t.steps}
        self.around = {r.ref: b for r in self.tracker.issues() if (b := read_body(r.body))}

    # ----------------------------------------------------------------- people

    def before_person(self) -> None:
        """Judge what the engine did until now: the next change is a person's."""
        self.judge()

    def after_person(self, side: str) -> None:
        """Note what a person changed on one side."""
        self.event += 1
        then, now = self.seen, self._look()
        for key in _changed(then, now, side):
            self._person_wrote(side, key, then.values[side].get(key), now.values[side].get(key), now, then)
        if side == PLAN:
            plan = read_plan(self.disk.plan)
            marked = [t for t in plan.tasks.values() if t.uid]
            tasks = [t for t in plan.tasks.values() if t.key != "overview"]
            self.is_unmarked = len(marked) < len(tasks)
            for task in tasks:
                if task.status_line != -1 or task.key in self._statuses:
                    self.times[task.key].status = self.event
                if not task.uid and self._is_retitled(task):
                    self.excused.add(task.key)
        self.seen = now
        self._keep_text()

    def _is_retitled(self, task: TaskSeen) -> bool:
        keys = (("title", task.key), ("phase", task.key), ("phase title", task.phase))
        return any(len(set(self.history.get((s, k), [None]))) > 1 for k in keys for s in (PLAN, TRACKER))

    def _person_wrote(self, side: str, key: Key, old: Value, new: Value, now: Sight, then: Sight) -> None:
        kind, name = key
        history = self.history.setdefault((side, key), [None if kind != "step" else False])
        history.append(new if kind != "step" else bool(new))
        owner = now.owner.get(name) or then.owner.get(name) or name
        times = self.times[owner]
        self.last_event[side, key] = self.event
        if kind == "tick" and new is True and old is False:
            times.tick = self.event
            times.real_tick = self.event if history[0] is False else times.real_tick
        if kind == "tick" and new is False:
            times.open_ = self.event
        if kind == "step" and not new:
            times.removal = self.event
        if kind == "state":
            times.state = self.event
        if kind == "state" and new == State.TODO.value and history[0] != State.TODO.value:
            times.reopen = self.event
        if kind == "state" and new != State.TODO.value:
            times.close = self.event

    # ------------------------------------------------------------------ judge

    def judge(self) -> None:
        """Look at what the engine changed since the last look, and object where it must not.

        Raises: Broken.
        """
        then, now = self.seen, self._look()
        for side in (PLAN, TRACKER):
            for key in sorted(_changed(then, now, side)):
                self._engine_wrote(side, key, then, now)
        self._judge_text(then, now)
        self._statuses = {t.key for t in read_plan(self.disk.plan).tasks.values() if t.status_line >= 0}
        self.seen = now
        self._keep_text()

    def _judge_text(self, then: Sight, now: Sight) -> None:
        plan = read_plan(self.disk.plan)
        if plan.rest != self.rest:
            gone, new = set(self.rest) - set(plan.rest), set(plan.rest) - set(self.rest)
            raise Broken(f"the engine changed other lines of the plan: {sorted(gone)} became {sorted(new)}")
        if plan.doubled:
            raise Broken(f"the plan holds {plan.doubled} twice")
        for task in plan.tasks.values():
            for step in task.steps:
                keys: list[Key] = [("tick", step.key), ("text", step.key)]
                is_same = all(then.values[PLAN].get(k) == now.values[PLAN].get(k) for k in keys)
                if is_same and step.key in self.raw and self.raw[step.key] != step.raw:
                    raise Broken(f"the line of {step.key} changed: {self.raw[step.key]!r} to {step.raw!r}")
        for row in self.tracker.issues():
            old, new_ = self.around.get(row.ref), read_body(row.body)
            if old and new_ and (old.around != new_.around or old.notes - new_.notes):
                raise Broken(f"the engine changed what a person wrote around the block of #{row.ref}")
            if old and not new_:
                raise Broken(f"the block of #{row.ref} is gone")
        if b"\r\n" in self.disk.plan and self.disk.plan.count(b"\n") != self.disk.plan.count(b"\r\n"):
            raise Broken("a plan with CRLF got a line that ends otherwise")

    def _engine_wrote(self, side: str, key: Key, then: Sight, now: Sight) -> None:
        kind, name = key
        other = TRACKER if side == PLAN else PLAN
        default: Value = False if kind == "step" else None
        old = then.values[side].get(key, default)
        new = now.values[side].get(key, default)
        history = self.history.setdefault((side, key), [default])
        there = self.history.get((other, key), [default])
        owner = now.owner.get(name) or then.owner.get(name) or name
        if self.is_strict and owner not in self.excused:
            if kind == "state":
                self._state_wrote(name, old, new, history)
            elif kind == "step":
                self._step_wrote(side, name, bool(new), history, there)
            elif old is not None and new is not None:
                if old != history[0] and old not in there[1:] and not self._saw(side, key, new, owner):
                    raise Broken(f"lost: the {side}'s {kind} of {name} was {old!r} by a person, now {new!r}")
                if new not in there and not self._is_derived(kind, new, owner):
                    raise Broken(f"invented: {new!r} as the {side}'s {kind} of {name}; {other} had {there}")
        self.history[side, key] = [new]
        is_copied = new in there and (new == there[-1] or not self._is_derived(kind, new, owner))
        if kind != "state" and is_copied:
            after = there[len(there) - 1 - there[::-1].index(new) :]
            self.history[other, key] = after

    def _saw(self, side: str, key: Key, new: Value, owner: str) -> bool:
        """Say whether who closed an issue saw the open step that is ticked for it."""
        was = self.last_event.get((side, key), -1)
        return side == TRACKER and key[0] == "tick" and new is True and was < self.times[owner].close

    def _is_derived(self, kind: str, new: Value, owner: str) -> bool:
        times = self.times[owner]
        if kind != "tick":
            return False
        return max(times.close, times.status) >= 0 if new else max(times.state, times.status) >= 0

    def _step_wrote(
        self, side: str, name: str, is_there: bool, history: list[Value], there: list[Value]
    ) -> None:
        if history[-1] != history[0] and history[-1] not in there[1:]:
            raise Broken(f"lost: a person {'added' if history[-1] else 'removed'} {name} in the {side}")
        if is_there not in there:
            raise Broken(f"invented: {name} in the {side} is {'there' if is_there else 'gone'}")
        if not is_there:
            for kind in ("tick", "text"):
                values = self.history.get((side, (kind, name)), [None])
                other = TRACKER if side == PLAN else PLAN
                if values[-1] not in (values[0], *self.history.get((other, (kind, name)), [])[1:]):
                    raise Broken(f"lost: {name} was removed from the {side} with a person's {kind}")

    def _state_wrote(self, name: str, old: Value, new: Value, history: list[Value]) -> None:
        times = self.times[name]
        if old is None:
            return
        news = times.tick if new == State.DONE.value else times.open_
        if old != history[0] and news <= times.state:
            raise Broken(f"lost: a person made the issue of {name} {old}, now it is {new}")
        if new == State.DONE.value and max(times.tick, times.status) <= times.reopen:
            raise Broken(f"the issue of {name} was closed again without a tick after its reopening")
        is_quiet = max(times.open_, times.status, times.removal) < 0
        if new == State.TODO.value and is_quiet and not self._had_addition(name):
            raise Broken(f"the issue of {name} was reopened though nobody unticked or added a step")

    def _had_addition(self, task: str) -> bool:
        keys = [k for (_, k), values in self.history.items() if k[0] == "step"]
        return any(self.seen.owner.get(name) == task for _, name in keys)

    def finished(self, since: int, disputed: Iterable[str], *, is_whole: bool) -> None:
        """A run that began at event `since` ended well: what it saw alike on both sides is agreed.

        The state of issues is agreed by every run that listened to the tracker.
        """
        disputes = set(disputed)
        keys = {*self.seen.values[PLAN], *self.seen.values[TRACKER]}
        for key in keys:
            if max(self.last_event.get((s, key), -1) for s in (PLAN, TRACKER)) > since:
                continue
            one, two = (self.seen.values[s].get(key) for s in (PLAN, TRACKER))
            if key[0] == "state" and key[1] not in disputes:
                self.history[TRACKER, key] = [two]
            elif key[0] != "state" and one == two and is_whole:
                self.history[PLAN, key] = [one]
                self.history[TRACKER, key] = [two]

    # ------------------------------------------------------------------- end

    def check_settled(self, disputed: Iterable[tuple[str, str]]) -> None:
        """Hold both sides against each other at the end, but for what is in dispute.

        `disputed`: pairs of a task's (or phase's) word and a field's kind; `*` for all steps.
        Raises: Broken.
        """
        disputes = set(disputed)
        plan, there = self.seen.values[PLAN], self.seen.values[TRACKER]
        for key in sorted({*plan, *there}):
            kind, name = key
            owner = self.seen.owner.get(name, name)
            if kind == "state" or owner in self.excused or owner not in self.seen.order[TRACKER]:
                continue
            if owner not in self.seen.order[PLAN] or (owner, kind) in disputes or (owner, "*") in disputes:
                continue
            if plan.get(key) != there.get(key):
                raise Broken(
                    f"settled, but {kind} of {name} is {plan.get(key)!r} in the plan, {there.get(key)!r} on the tracker"
                )
        for name, order in self.seen.order[PLAN].items():
            other = self.seen.order[TRACKER].get(name)
            if other is None or name in self.excused or any(d[0] == name for d in disputes):
                continue
            if order != other:
                raise Broken(f"settled, but the steps of {name} stand as {order} in the plan, {other} there")
            self._check_state(name, order)

    def _check_state(self, name: str, order: list[str]) -> None:
        if name == "overview":
            return
        state = self.seen.values[TRACKER].get(("state", name))
        times = self.times[name]
        is_all = bool(order) and all(self.seen.values[PLAN]["tick", s] for s in order)
        if state == State.DONE.value and order and not is_all and times.status < 0:
            raise Broken(f"settled, but {name} is done with open steps")
        is_held = max(times.state, times.removal, times.status) >= 0
        if state == State.TODO.value and is_all and not is_held and times.real_tick >= 0:
            raise Broken(f"settled, but {name} is open with all steps ticked by a person")


def _task_of(row: Row, milestones: dict[int, str]) -> TaskSeen | None:
    body = read_body(row.body)
    if body is None:
        return None
    key = "overview" if body.uid == OVERVIEW else word_of("t", row.title)
    task = TaskSeen(key, row.title, milestones.get(row.milestone or 0, ""), ref=row.ref)
    task.steps = list(body.steps)
    return task


def _changed(then: Sight, now: Sight, side: str) -> set[Key]:
    old, new = then.values[side], now.values[side]
    return {k for k in {*old, *new} if old.get(k) != new.get(k)}
