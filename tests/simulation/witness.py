"""The witness: remembers what people wrote on either side, and judges every write of the engine.

For each field and side it keeps the values since the sides last agreed. The engine may replace a
value only by one that the other side held since then, and only where the replaced value is the
agreed one, or one that the other side passed through. It reads both sides by their looks, so it
shares no code and no memory with the engine. What it takes for right about states depends on the
look: where the steps say a task's state, or where its own box does.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass, field, replace
from difflib import SequenceMatcher

from plansync.model import OVERVIEW, State
from plansync.trackers.base import Thing
from tests.simulation.looks import BodySeen, Look, PlanSeen, TaskSeen, phase_word, read_body, word_of
from tests.simulation.memory import PLAN, TRACKER, Key, Memory, Sight, Times, Value, changed, nothing
from tests.simulation.world import Broken, Disk, Row, SimTracker

_DEPENDS = "**Dependencies**"
_ALIKE = 0.6
"""From here on two texts may be taken for one that was reworded."""


@dataclass(slots=True)
class Witness:
    """Watches one plan and its tracker. `is_strict`: values are judged too, not only shapes."""

    disk: Disk
    tracker: SimTracker
    look: Look
    is_strict: bool = True
    event: int = 0
    running_since: int = -1
    seen: Sight = field(init=False)
    states: StepsSay | BoxesSay = field(init=False)
    memory: Memory = field(default_factory=Memory)
    commits: list[Memory] = field(default_factory=list)
    owners: dict[str, str] = field(default_factory=dict)
    excused: set[str] = field(default_factory=set)
    doubted: dict[str, int] = field(default_factory=dict)
    late: set[str] = field(default_factory=set)
    came_back: dict[str, int] = field(default_factory=dict)
    cut_off: set[str] = field(default_factory=set)
    forgotten: set[str] = field(default_factory=set)
    argued: set[str] = field(default_factory=set)
    sent: dict[str, set[str]] = field(default_factory=dict)
    known: dict[str, set[str]] = field(default_factory=dict)
    unsure: set[str] = field(default_factory=set)
    left: bytes = b""
    left_states: dict[str, Value] = field(default_factory=dict)
    ended: int = -1
    _last: tuple[int, dict[str, Value]] = field(default_factory=lambda: (-1, {}))
    unheard: dict[Key, Value] = field(default_factory=dict)
    is_blind: bool = False
    around: dict[int, BodySeen] = field(default_factory=dict)
    rest: tuple[str, ...] = ()
    raw: dict[str, str] = field(default_factory=dict)
    frames: dict[str, tuple[str, str, State | None]] = field(default_factory=dict)
    _statuses: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.states = (BoxesSay if self.look.has_own_boxes else StepsSay)(self)
        self.seen = self._look()
        self.owners |= self.seen.owner
        for side, values in self.seen.values.items():
            for key, value in values.items():
                self.history[side, key] = [value]
        self._keep_text()

    @property
    def history(self) -> dict[tuple[str, Key], list[Value]]:
        return self.memory.history

    @property
    def times(self) -> dict[str, Times]:
        return self.memory.times

    @property
    def last_event(self) -> dict[tuple[str, Key], int]:
        return self.memory.last_event

    @property
    def met(self) -> set[tuple[str, Key]]:
        return self.memory.met

    # ------------------------------------------------------------------ look

    def _plan(self) -> PlanSeen:
        return self.look.read(self.disk.plan)

    def _look(self) -> Sight:
        sight = Sight({PLAN: {}, TRACKER: {}}, {}, {PLAN: {}, TRACKER: {}})
        self._show_plan(sight, self._plan())
        milestones = {m.ref: phase_word(m.title) for m in self.tracker.milestone_rows()}
        for row in self.tracker.milestone_rows():
            sight.values[TRACKER]["phase title", milestones[row.ref]] = row.title.rpartition(": ")[2]
        for row in self.tracker.issues():
            issue = _task_of(row, milestones)
            if issue is None:
                continue
            if issue.key in sight.order[TRACKER] and issue.key not in self.excused:
                raise Broken(f"two issues are there for {issue.key}: #{row.ref} is the second")
            self._show(sight, TRACKER, issue)
            if issue.key != "overview":
                sight.values[TRACKER]["state", issue.key] = row.state.value
                if row.estimate:
                    sight.values[TRACKER]["estimate", issue.key] = row.estimate
        return sight

    def _show_plan(self, sight: Sight, plan: PlanSeen) -> None:
        for task in plan.tasks.values():
            self._show(sight, PLAN, task)
            sight.optional |= {s.key for s in task.steps if s.is_optional}
            if self.look.has_own_boxes and task.state:
                sight.values[PLAN]["state", task.key] = task.state.value
            if self.tracker.keeps_estimates and task.minutes:
                sight.values[PLAN]["estimate", task.key] = task.minutes
        for name, (title, _) in plan.phases.items():
            sight.values[PLAN]["phase title", name] = title

    @staticmethod
    def _show(sight: Sight, side: str, task: TaskSeen) -> None:
        values = sight.values[side]
        sight.order[side][task.key] = [s.key for s in task.steps]
        if task.key != "overview":
            values["title", task.key] = task.title
            values["phase", task.key] = task.phase
        texts: dict[str, str] = {}
        for step in task.steps:
            if texts.setdefault(step.key, step.text) != step.text:
                sight.doubled.add(task.key)
            sight.owner[step.key] = task.key
            values["step", step.key] = True
            values["tick", step.key] = "dropped" if step.is_dropped else step.is_ticked
            values["text", step.key] = " ".join(step.text.split())

    def _keep_text(self) -> None:
        plan = self._plan()
        self.rest = self._untouched(plan)
        self.raw = {s.key: s.raw for t in plan.tasks.values() for s in t.steps}
        self.frames = {t.key: (t.frame, t.letter, t.state) for t in plan.tasks.values()}
        self.around = {r.ref: b for r in self.tracker.issues() if (b := read_body(r.body))}

    # ----------------------------------------------------------------- people

    def begins(self, event: int, *, is_clear: bool) -> None:
        """Note that a run begins; one whose lists may be stale may miss what happened, and so does one already on."""
        self.running_since = event
        self.ended, self.left_states = self._last
        self.known = {task: {*steps} for task, steps in self.seen.order[TRACKER].items()}
        self.is_blind = not is_clear
        self.cut_off.clear()

    def ends(self, deferred: Set[str] = frozenset()) -> None:
        """Note that a run ended: what it saw of the tracker it heard of, unless something came in between.

        `deferred`: the tasks of which it left something to a later run; what it saw of them it did not remember.
        """
        self.running_since = -1
        self._last = self.event, {t.key: t.state.value for t in self._plan().tasks.values() if t.state}
        if not self.is_blind:
            self.unheard = {k: v for k, v in self.unheard.items() if self.owners.get(k[1], k[1]) in deferred}

    def before_person(self) -> None:
        """Judge what the engine did until now: the next change is a person's."""
        self.judge()

    def after_person(self, side: str, *, is_old: bool = False) -> None:
        """Note what a person changed on one side.

        `is_old`: by putting an old copy of the plan over a newer one. Where a run knew it, what was done since comes
        back; where none did, it is edits. Either is right.
        """
        self.event += 1
        then, now = self.seen, self._look()
        self.owners |= now.owner
        for key in sorted(changed(then, now, side)):
            self._person_wrote(side, key, then.values[side].get(key), now.values[side].get(key), now, then)
            if is_old:
                self.excused.add(self.owners.get(key[1], key[1]))
        if side == PLAN and self.disk.before:
            self._excuse_taken_back(then, now)
        if side == PLAN:
            plan = self._plan()
            tasks = [t for t in plan.tasks.values() if t.key != "overview"]
            for task in tasks:
                if task.status_line != -1 or task.key in self._statuses:
                    self.times[task.key].status = self.event
                if task.status_line == -1 and task.key in self._statuses:
                    self.times[task.key].unsaid = self.event
                if not task.uid and self._is_retitled(task):
                    self.excused.add(task.key)
            self._excuse_nameless(plan)
        self._note_met(now)
        self.seen = now
        self._keep_text()
        if is_old and self.left:
            self._excuse_old()

    def _excuse_nameless(self, plan: PlanSeen) -> None:
        """Excuse phases that lost their marker and title: only their tasks, which may have moved, tell of them."""
        for name in plan.phases.keys() - {*plan.uids.values()}:
            titles = (self.history.get((side, ("phase title", name)), [None]) for side in (PLAN, TRACKER))
            if any(len(set(each)) > 1 for each in titles):
                self.excused.add(name)

    def _excuse_old(self) -> None:
        """Excuse what differs from the newer plan that a run left: it comes back with it."""
        left = Sight({PLAN: {}}, {}, {PLAN: {}})
        self._show_plan(left, self.look.read(self.left))
        moved = {k for (side, k), values in self.history.items() if side == PLAN and values[0] != values[-1]}
        for key in changed(left, self.seen, PLAN) | moved:
            self.excused.add(self.owners.get(key[1], key[1]))

    def _excuse_taken_back(self, then: Sight, now: Sight) -> None:
        """Excuse what a person put back before any run knew that it was written: as if it never had been."""
        before = Sight({PLAN: {}}, {}, {PLAN: {}})
        self._show_plan(before, self.look.read(self.disk.before))
        for key in changed(then, now, PLAN):
            was, is_ = before.values[PLAN].get(key), now.values[PLAN].get(key)
            if was == is_:
                self.excused.add(now.owner.get(key[1]) or then.owner.get(key[1]) or key[1])

    def _is_retitled(self, task: TaskSeen) -> bool:
        keys = (("title", task.key), ("phase", task.key), ("phase title", task.phase))
        return any(len(set(self.history.get((s, k), [None]))) > 1 for k in keys for s in (PLAN, TRACKER))

    def _person_wrote(self, side: str, key: Key, old: Value, new: Value, now: Sight, then: Sight) -> None:
        owner = now.owner.get(key[1]) or then.owner.get(key[1]) or key[1]
        value = new if key[0] != "step" else bool(new)
        self.history.setdefault((side, key), [nothing(key)]).append(value)
        self._note(self.memory, side, key, old, new, owner)
        is_blind = self.is_blind or self.running_since >= 0
        if side == TRACKER and is_blind and key in self.unheard and new == self.unheard[key]:
            self.excused.add(owner)  # it came back before a run looked: nobody can tell that it was away
        elif key[0] == "state" and side == TRACKER and self.unheard.get(key) == new:
            self.came_back[owner] = self.event
        elif side == TRACKER:
            self.unheard.setdefault(key, old)
            self.is_blind = self.is_blind or self.running_since >= 0
        is_unknown = owner in now.order[TRACKER] and self._is_unknown(self.memory, owner)
        if side == PLAN and key[0] == "tick" and owner in self.cut_off:
            self.forgotten.add(owner)  # a tick that is again what it was before that run is no edge
        steps = now.order[side].get(owner, ()) if key[0] == "text" else ()
        if any(self._has_rival(side, step) for step in steps):
            self.forgotten.add(owner)  # nor is that of a step which was reworded so that it is another one
        for memory in self.commits:
            memory.add(side, key, value)
            if side == TRACKER:
                self._note(memory, side, key, old, new, owner)
        pasts = (m.history for m in (self.memory, *self.commits))
        has_alikes = key[0] == "step" and any(self._has_look_alikes(p, side, owner, now) for p in pasts)
        if key[0] == "step" and (has_alikes or (is_unknown and not new)):
            self.excused.add(owner)  # and where nothing was agreed yet, what is gone here was added there

    @staticmethod
    def _is_unknown(memory: Memory, task: str) -> bool:
        """Say whether nothing was agreed about a task yet."""
        return memory.history.get((TRACKER, ("title", task)), [None])[0] is None

    def _note(self, memory: Memory, side: str, key: Key, old: Value, new: Value, owner: str) -> None:
        """Note what a person did, in the memory of one copy."""
        kind, times = key[0], memory.times[owner]
        times.decided = max(times.decided, self.running_since)  # the run goes on in another round
        agreed = memory.history[side, key][0]
        memory.last_event[side, key] = self.event
        memory.met.discard((side, key))
        if kind == "tick" and new is True and old is False:
            times.tick = self.event
            times.real_tick = self.event if agreed is False else times.real_tick
        if kind == "tick" and new is False:
            times.open_ = self.event
        if (kind == "step" and not new) or new == "dropped":
            times.removal = self.event
        if kind == "state":
            times.state = self.event
        if kind == "state" and new == State.TODO.value and agreed != State.TODO.value and old is not None:
            times.reopen = self.event
        if kind == "state" and new != State.TODO.value:
            times.close = self.event
        self.states.person_wrote(memory, side, key, new, owner)

    def _has_look_alikes(
        self, history: Mapping[tuple[str, Key], list[Value]], side: str, task: str, now: Sight
    ) -> bool:
        """Say whether a step that is gone and a new one read alike: nobody can tell that from a rewording."""
        gone, new = list[str](), list[str]()
        for (where, (kind, step)), values in history.items():
            if where != side or kind != "step" or self.owners.get(step) != task:
                continue
            texts = [str(t) for t in history.get((side, ("text", step)), []) if t]
            shown = now.values[side].get(("text", step))
            if bool(values[0]) is not bool(
                values[-1]
            ):  # gone is what was agreed, however it was reworded first
                (new if values[-1] else gone).extend([str(shown)] if shown else {*texts[:1], *texts[-1:]})
        pairs = ((a, b) for a in gone for b in new)
        return any(_are_alike(a, b) for a, b in pairs)

    def _has_rival(self, side: str, step: str) -> bool:
        """Say whether a reworded step is no rewording (semantics §2.1).

        It may be too unlike what it was, or a step of its task that is new or reworded as well is like it: it is one
        that was removed and one that was added, so a removal on the other side is no removal of that.
        """
        texts = self.history.get((side, ("text", step)), [None])
        if texts[0] is None or texts[0] == texts[-1]:
            return False
        if min(_likeness(str(texts[0]), str(texts[-1]))) < _ALIKE:
            return True
        rivals = (s for s in self.seen.order[side].get(self.owners.get(step, ""), ()) if s != step)
        pasts = [self.history.get((side, ("text", s)), [None]) for s in rivals]
        return any(
            _are_alike(str(texts[0]), str(past[-1])) or _are_alike(str(past[0]), str(texts[-1]))
            for past in pasts
            if past[0] != past[-1]
        )

    def _note_met(self, now: Sight) -> None:
        """Note what both sides say: whoever said it was heard."""
        for key, value in now.values[PLAN].items():
            if now.values[TRACKER].get(key) == value:
                self.met.update(((PLAN, key), (TRACKER, key)))

    def doubt(self, task: str, since: int) -> None:
        """Note that nobody knows whether a state was written: what it rested on may be forgotten.

        `since`: the event at which that run began.
        """
        self.doubted.setdefault(task, since)

    def died(self, tasks: Iterable[str]) -> None:
        """Note that a run died which had written about these tasks.

        A step that it sent, and that somebody took out of the plan again, is to the next run one that the plan never
        had, where that shows just the steps that were there before the run. It comes back: no words are lost by it.
        """
        for task in tasks:
            self.cut_off.add(task)
            known = self.known.get(task, set())
            self.sent |= {step: known for step in self.seen.order[TRACKER].get(task, ()) if step not in known}

    def argue(self, task: str) -> None:
        """Note a conflict about a task's steps; see `check` of its look for what may come of it."""
        self.argued.add(task)

    # -------------------------------------------------------------------- git

    def commit(self) -> Memory:
        """Put by what this copy knows now; what others do from here on will be news to it."""
        self.judge()
        self.commits.append(replace(self.memory.copy(), statuses={*self._statuses}))
        return self.commits[-1]

    def check_out(self, memory: Memory, unsettled: Iterable[str] = ()) -> None:
        """Note that plan and state file are as they were: the copy's past is that of then.

        `unsettled`: tasks about which a run that died had written. A step that it had removed and that stands in the
        plan again is one that was put back, or one of then: either is right, and nobody's words are lost by it. An
        issue that it made is known by what it was made with alone: what the plan says otherwise may be edits.
        """
        self.unsure |= {*unsettled}
        # what was sent and has not come through yet says what the files of then know nothing of
        self.excused |= {
            word_of("t", late.row.title) for late in self.tracker.late if late.thing is Thing.ISSUE
        }
        gone = [
            k[1] for (side, k), v in memory.history.items() if side == PLAN and k[0] == "step" and not v[-1]
        ]
        owners = {
            self.owners.get(step, step) for step in gone
        }  # of what was not agreed yet it was added there
        tasks = {k[1] for side, k in memory.history if side == PLAN and k[0] == "title"}
        self.excused |= {t for t in {*(tasks & {*unsettled}), *owners} if self._is_unknown(memory, t)}
        self._take(memory.copy())

    def owe(self) -> None:
        """Note that another branch is checked out: who owes a close that steps say is not told to that one."""
        self.forgotten |= {
            n for n, o in self.seen.order[PLAN].items() if all(self.seen.values[PLAN]["tick", s] for s in o)
        }

    def restore_state(self, memory: Memory) -> None:
        """Note that only the state file is as it was: what the plan holds since then is no longer agreed.

        A plan that is to the byte as the last run left it may be measured by what that run knew, as an old copy is by
        its own state file: what was agreed in between is not judged.
        """
        then = memory.copy()
        if self.disk.plan == self.left:
            keys = {key for _, key in {*then.history, *self.history}}
            self.excused |= {self.owners.get(k[1], k[1]) for k in keys if self._is_news_to(then, k)}
        for key, values in memory.plan_since.items():
            then.history.setdefault((PLAN, key), [nothing(key)]).extend(values)
            owner = self.owners.get(key[1], key[1])
            if key[0] == "step" and not values[-1] and self._is_unknown(then, owner):
                self.excused.add(owner)
            sides = (self.seen.values[side].get(key) for side in (PLAN, TRACKER))
            is_new = not then.history.get((PLAN, ("step", key[1])), [False])[0]
            if key[0] == "text" and is_new and len({*sides}) > 1:
                self.excused.add(owner)  # two new steps to that file, which has never known them as one
        for task, times in self.times.items():
            known = then.times[task]  # what went there and back since is nothing to that file
            then.times[task] = replace(known.joined(times), reopen=known.reopen, undone=known.undone)
            # and what the plan says of a state, or says no more, is to it what its author says
            then.times[task].unsaid = self.event if task in memory.statuses - self._statuses else known.unsaid
            said = memory.plan_since.get(("state", task), [State.TODO.value])[-1]
            then.times[task].close = self.event if said != State.TODO.value else then.times[task].close
        for (kind, step), values in memory.plan_since.items():
            if kind == "tick" and values[-1] is True:  # to that file it is ticked just now
                then.times[self.owners.get(step, step)].tick = self.event
        then.last_event |= self.last_event
        self._take(then)

    def has_status_line(self, task: str) -> bool:
        """Say whether the plan has a line for a task's state."""
        return task in self._statuses

    def _is_news_to(self, memory: Memory, key: Key) -> bool:
        now, then = (
            [m.history.get((s, key), [None])[0] for s in (PLAN, TRACKER)] for m in (self.memory, memory)
        )
        return now != then

    def merge(self, fork: Memory, other: Memory) -> None:
        """Note that git merged another branch in: each value comes with the past of the branch that changed it.

        What both branches changed is not judged.
        """
        merged, other = self.memory.copy(), other.copy()
        for name in {key for _, key in (*merged.history, *other.history)}:
            (then, _), (ours, seen), (theirs, seen_there) = (
                tuple(m.history.get((side, name), []) for side in (PLAN, TRACKER))
                for m in (fork, merged, other)
            )
            is_later = seen[-len(seen_there) :] == seen_there  # the branch agreed with the tracker later
            if theirs not in (ours, then) and ours not in (theirs, then):
                self.excused.add(self.seen.owner.get(name[1]) or name[1])
            elif theirs not in (ours, then) and not is_later and seen == ours == theirs[:1]:
                merged.history[PLAN, name] = theirs  # what it changed was agreed here meanwhile
            elif theirs not in (ours, then) or (theirs == ours and is_later):
                merged.history |= {(PLAN, name): theirs} if theirs else {}
                merged.history |= {(TRACKER, name): seen_there} if seen_there else {}
        merged.times |= {  # what only the branch worked on is as it left it
            t: times if merged.times[t] == fork.times.get(t) else merged.times[t].joined(times)
            for t, times in other.times.items()
        }
        merged.last_event |= {k: max(v, merged.last_event.get(k, -1)) for k, v in other.last_event.items()}
        self._take(merged)

    def _take(self, memory: Memory) -> None:
        self.event += 1
        self.memory = memory
        self.disk.before = b""
        plan = self._plan()
        tasks = [t for t in plan.tasks.values() if t.key != "overview"]
        self._statuses = {t.key for t in plan.tasks.values() if t.status_line >= 0}
        self.excused |= {t.key for t in tasks if not t.uid and self._is_retitled(t)}
        then, self.seen = self.seen, self._look()
        for key in changed(then, self.seen, PLAN):
            for put_by in self.commits:
                put_by.add(PLAN, key, self.seen.values[PLAN].get(key, nothing(key)))
        self._keep_text()

    # ------------------------------------------------------------------ judge

    def judge(self) -> None:
        """Look at what the engine changed since the last look, and object where it must not.

        Raises: Broken.
        """
        then, now = self.seen, self._look()
        self.owners |= now.owner
        self.excused |= now.doubled  # two texts of one step side by side: nothing is lost, a person tidies up
        past = {k: list(v) for k, v in self.history.items() if k[1][0] == "state"}
        self.late = {
            word_of("t", self.tracker.rows[Thing.ISSUE, ref].title) for ref in self.tracker.came_late
        }
        self.tracker.came_late.clear()
        for side in (PLAN, TRACKER):
            for key in sorted(changed(then, now, side)):
                self._engine_wrote(side, key, then, now, past)
        self._judge_text(then, now)
        self._statuses = {t.key for t in self._plan().tasks.values() if t.status_line >= 0}
        self._note_met(now)
        self.seen = now
        self._keep_text()

    def _untouched(self, plan: PlanSeen) -> tuple[str, ...]:
        """List the lines of a plan that no operation may touch: estimates, where the tracker keeps none."""
        return plan.rest if self.tracker.keeps_estimates else (*plan.rest, *plan.times)

    def _judge_text(self, then: Sight, now: Sight) -> None:
        plan = self._plan()
        rest = self._untouched(plan)
        if _unlinked(rest) != _unlinked(self.rest):
            gone, new = set(self.rest) - set(rest), set(rest) - set(self.rest)
            raise Broken(f"the engine changed other lines of the plan: {sorted(gone)} became {sorted(new)}")
        if plan.doubled:
            raise Broken(f"the plan holds {plan.doubled} twice")
        for task in plan.tasks.values():
            self._judge_frame(task)
            for step in task.steps if task.key not in self.excused else ():
                keys: list[Key] = [("tick", step.key), ("text", step.key)]
                is_same = all(then.values[PLAN].get(k) == now.values[PLAN].get(k) for k in keys)
                was = self.raw.get(step.key, step.raw)
                if is_same and was != step.raw and not self._is_there_twice(task, step.key, was):
                    raise Broken(f"the line of {step.key} changed: {was!r} to {step.raw!r}")
        for row in self.tracker.issues():
            old, new_ = self.around.get(row.ref), read_body(row.body)
            if old and new_ and (old.around != new_.around or old.notes - new_.notes):
                raise Broken(f"the engine changed what a person wrote around the block of #{row.ref}")
            if old and not new_:
                raise Broken(f"the block of #{row.ref} is gone")
        if b"\r\n" in self.disk.plan and self.disk.plan.count(b"\n") != self.disk.plan.count(b"\r\n"):
            raise Broken("a plan with CRLF got a line that ends otherwise")

    def _is_there_twice(self, task: TaskSeen, step: str, line: str) -> bool:
        """Say whether a step stands beside another wording of it, its own line as it was.

        Two copies that reword a step which neither saw the other send have added two (semantics §2.4, S6: different =
        both): nothing tells that from two steps. One copy alone never has that excuse.
        """
        lines = [s.raw for s in task.steps if s.key == step]
        return not self.is_strict and len(lines) > 1 and line in lines

    def _judge_frame(self, task: TaskSeen) -> None:
        frame, letter, state = self.frames.get(task.key, (task.frame, task.letter, task.state))
        is_same = not self.look.has_own_boxes or task.state is state
        if task.frame != frame or (is_same and task.letter != letter):
            raise Broken(
                f"the line of {task.key} changed: {frame} [{letter}] to {task.frame} [{task.letter}]"
            )

    def _engine_wrote(
        self, side: str, key: Key, then: Sight, now: Sight, past: Mapping[tuple[str, Key], list[Value]]
    ) -> None:
        kind, name = key
        other = TRACKER if side == PLAN else PLAN
        default = nothing(key)
        old = then.values[side].get(key, default)
        new = now.values[side].get(key, default)
        history = self.history.setdefault((side, key), [default])
        there = self.history.get((other, key), [default])
        owner = now.owner.get(name) or then.owner.get(name) or name
        if self.is_strict and owner not in self.excused:
            if kind == "state":
                self.states.engine_wrote(side, name, old, new, history, past.get((other, key), there))
            elif kind == "step":
                self._step_wrote(side, name, bool(new), history, there)
            elif old is not None and new is not None:
                is_heard = old in _passed(history, there) or (side, key) in self.met
                # a tick that a run implied before it died, and git was asked for older files, is still its own (R4)
                is_ours = owner in self.unsure and new is False and self.states.is_derived(kind, new, owner)
                is_ours = is_ours or self.states.saw(side, key, new, owner)
                if old != history[0] and not (is_heard or is_ours):
                    raise Broken(f"lost: the {side}'s {kind} of {name} was {old!r} by a person, now {new!r}")
                if new not in there and not self.states.is_derived(kind, new, owner):
                    raise Broken(f"invented: {new!r} as the {side}'s {kind} of {name}; {other} had {there}")
        self.history[side, key] = [new]
        self.met.discard((side, key))
        for memory in self.commits:
            memory.add(side, key, new)
            is_news = memory.history.get((PLAN, key), [None])[-1] != new
            if side == TRACKER and is_news:  # to an older copy it is news like any other
                self._note(memory, side, key, old, new, owner)
        is_copied = new in there and (new == there[-1] or not self.states.is_derived(kind, new, owner))
        is_late = side == TRACKER and owner in self.late  # it was decided on before the plan's last values
        if is_copied and not is_late and (kind != "state" or self.look.has_own_boxes):
            after = there[len(there) - 1 - there[::-1].index(new) :]
            self.history[other, key] = after

    def _step_wrote(
        self, side: str, name: str, is_there: bool, history: list[Value], there: list[Value]
    ) -> None:
        task = self.owners.get(name, "")
        is_never = name in self.sent and self.sent[name] == {*self.seen.order[PLAN].get(task, ())}
        is_rival = self._has_rival(PLAN if side == TRACKER else TRACKER, name)
        is_back = is_there and (task in self.unsure or is_never or is_rival)
        is_heard = history[-1] in there[1:] or (side, ("step", name)) in self.met
        if history[-1] != history[0] and not (is_heard or is_back):
            raise Broken(f"lost: a person {'added' if history[-1] else 'removed'} {name} in the {side}")
        if is_there not in there:
            raise Broken(f"invented: {name} in the {side} is {'there' if is_there else 'gone'}")
        if not is_there:
            for kind in ("tick", "text"):
                values = self.history.get((side, (kind, name)), [None])
                other = TRACKER if side == PLAN else PLAN
                theirs = self.history.get((other, (kind, name)), [])
                shown = [v for v in theirs if v is not None][-1:]  # what stood there when it was removed
                if values[-1] not in (values[0], *theirs[1:], *shown):
                    raise Broken(f"lost: {name} was removed from the {side} with a person's {kind}")

    def finished(
        self, since: int, disputed: Iterable[str], unread: Set[str], *, is_whole: bool, is_clear: bool
    ) -> None:
        """A run that began at event `since` ended well: what it saw alike on both sides is agreed.

        `is_clear`: nothing it read was stale. `unread`: the tasks whose issues it could not read.

        The state of issues is agreed by every run that listened to the tracker, and heard it as it was.
        """
        disputes = set(disputed)
        keys = {*self.seen.values[PLAN], *self.seen.values[TRACKER]}
        for key in keys:
            if max(self.last_event.get((s, key), -1) for s in (PLAN, TRACKER)) > since:
                continue
            if self.owners.get(key[1], key[1]) in unread:
                continue
            one, two = (self.seen.values[s].get(key) for s in (PLAN, TRACKER))
            if key[0] == "state" and not self.look.has_own_boxes:
                if is_clear and key[1] not in disputes:
                    self.history[TRACKER, key] = [two]
            elif one == two:
                self.history[PLAN, key] = [one]
                self.history[TRACKER, key] = [two]
            elif key[0] == "tick" and ("step", key[1]) not in self.seen.values[TRACKER] and not disputes:
                self.history[PLAN, key] = [one]  # a pull agrees to a new step as well, and owes it
        self._consume(since, disputes, is_whole=is_whole and is_clear)

    def _consume(self, since: int, disputes: set[str], *, is_whole: bool) -> None:
        """Take states that a run may have seen for decided on; after a whole run ticks and open steps are old news."""
        for name, times in self.times.items():
            if name not in disputes:
                times.decided = max(times.decided, since)
                if is_whole:
                    times.news_tick = {s: event for s, event in times.news_tick.items() if event > since}
                    times.news_open = {s: event for s, event in times.news_open.items() if event > since}

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
            if owner in self.excused or owner not in self.seen.order[TRACKER]:
                continue
            if kind == "state" and not self.states.is_compared(name, plan.get(key), there.get(key)):
                continue
            if kind == "estimate" and key not in there and (TRACKER, key) in self.last_event:
                continue  # a person took it away: the plan keeps its own, and says so
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
            if name != "overview":
                self.states.check(name, order)


class StepsSay:
    """States where the steps say them: the plan shows none, but for a status line."""

    def __init__(self, witness: Witness) -> None:
        self.witness = witness

    def person_wrote(self, memory: Memory, side: str, key: Key, new: Value, owner: str) -> None:
        """Note nothing beyond what is noted of every plan."""

    def saw(self, side: str, key: Key, new: Value, owner: str) -> bool:
        """Say whether who closed an issue saw the open step that is ticked for it."""
        was = self.witness.last_event.get((side, key), -1)
        is_tick = side == TRACKER and key[0] == "tick" and new is True
        return is_tick and was < self.witness.times[owner].close

    def is_derived(self, kind: str, new: Value, owner: str) -> bool:
        """Say whether a tick may come from a state."""
        times = self.witness.times[owner]
        if kind != "tick":
            return False
        return max(times.close, times.status) >= 0 if new else max(times.state, times.status) >= 0

    def engine_wrote(
        self, side: str, name: str, old: Value, new: Value, history: list[Value], there: list[Value]
    ) -> None:
        """Judge a state that the engine gave an issue.

        A close that a person made where nobody knows whether a run that died had made it is taken for that run's: a
        step that was opened since the run began reopens the issue (semantics §2.4, R3).
        """
        times = self.witness.times[name]
        if old is None:
            return
        news = times.tick if new == State.DONE.value else max(times.open_, times.unsaid)
        is_ours = new == State.TODO.value and self.witness.doubted.get(name, news) < news
        is_back = self.witness.came_back.get(name) == times.state  # to a run it never was away
        if old != history[0] and news <= times.state and not (is_ours or is_back):
            raise Broken(f"lost: a person made the issue of {name} {old}, now it is {new}")
        if new == State.DONE.value and max(times.tick, times.status) <= times.reopen:
            raise Broken(f"the issue of {name} was closed again without a tick after its reopening")
        is_quiet = max(times.open_, times.status, times.unsaid, times.removal) < 0
        if new == State.TODO.value and is_quiet and not self._had_addition(name):
            raise Broken(f"the issue of {name} was reopened though nobody unticked or added a step")

    def _had_addition(self, task: str) -> bool:
        keys = [k for (_, k), values in self.witness.history.items() if k[0] == "step"]
        return any(self.witness.seen.owner.get(name) == task for _, name in keys)

    def is_compared(self, name: str, ours: Value, theirs: Value) -> bool:
        """Say whether the states of both sides must be alike: here the plan shows none."""
        return False

    def check(self, name: str, order: list[str]) -> None:
        """Hold an issue's state against the steps of its task.

        A close that met a conflict among the steps ticks none of them: a status line says that the task is done.
        """
        values = self.witness.seen.values
        state = values[TRACKER].get(("state", name))
        times = self.witness.times[name]
        is_all = bool(order) and all(values[PLAN]["tick", s] for s in order)
        is_said = times.status >= 0 or (name in self.witness.argued and self.witness.has_status_line(name))
        if state == State.DONE.value and order and not is_all and not is_said:
            raise Broken(f"settled, but {name} is done with open steps")
        is_held = max(times.state, times.removal, times.status) >= 0 or name in self.witness.forgotten
        if state == State.TODO.value and is_all and not is_held and times.real_tick >= 0:
            raise Broken(f"settled, but {name} is open with all steps ticked by a person")


class BoxesSay:
    """States where a task's own box says them: both sides show one, and no state ticks a step."""

    def __init__(self, witness: Witness) -> None:
        self.witness = witness

    def person_wrote(self, memory: Memory, side: str, key: Key, new: Value, owner: str) -> None:
        """Note ticks and open steps that may change a state, until a run decided on them."""
        times, event = memory.times[owner], self.witness.event
        agreed = memory.history[side, key][0]
        is_counting = key[1] not in self.witness.seen.optional
        if key[0] == "tick" and new is True:
            times.news_tick[side] = event
            is_known = agreed is False and owner in self.witness.seen.order[TRACKER] and is_counting
            times.known_tick = event if is_known else times.known_tick
            times.redone = event
        elif key[0] == "tick" and new is False:
            times.news_open[side] = event
            if agreed is not False and is_counting and self._is_agreed_done(memory, owner):
                times.undone = event
        elif key[0] == "state" or (key[0] == "step" and not new) or new == "dropped":
            times.redone = event

    def _is_agreed_done(self, memory: Memory, task: str) -> bool:
        done = [State.DONE.value]
        if ("state", task) in self.witness.unheard:
            return False
        return all(memory.history.get((s, ("state", task))) == done for s in (PLAN, TRACKER))

    def saw(self, side: str, key: Key, new: Value, owner: str) -> bool:
        """Say that nobody who closes a task says anything about its steps."""
        return False

    def is_derived(self, kind: str, new: Value, owner: str) -> bool:
        """Say whether a state may come from steps; no tick comes from a state."""
        times = self.witness.times[owner]
        if kind != "state":
            return False
        if new == State.DONE.value:
            return max(times.news_tick.values(), default=-1) > times.reopen
        return new == State.TODO.value and bool(times.news_open)

    def engine_wrote(
        self, side: str, name: str, old: Value, new: Value, history: list[Value], there: list[Value]
    ) -> None:
        """Judge a state that the engine gave an issue, or a task's box."""
        if old is None or new is None:
            return
        is_heard = old in there or (side, ("state", name)) in self.witness.met
        if old != history[0] and not is_heard and not self._is_overtaken(side, name, new):
            raise Broken(f"lost: the {side}'s state of {name} was {old} by a person, now it is {new}")
        is_late = side == TRACKER and name in self.witness.late and name in self.witness.doubted
        if new not in there and not self.is_derived("state", new, name) and not is_late:
            raise Broken(f"invented: {name} is {new} in the {side}; the other side had {there}")

    def _is_overtaken(self, side: str, name: str, new: Value) -> bool:
        """Say whether who said a state did more since, or a run knew the state before somebody did more.

        A state that a person said while nobody knew whether a run that died had said it is taken for that run's.
        """
        times, ended = self.witness.times[name], self.witness.ended
        said = self.witness.last_event.get((side, ("state", name)), -1)
        was_left = side == PLAN and self.witness.left_states.get(name) == State.DONE.value
        if new == State.DONE.value:
            return max(times.news_tick.values(), default=-1) > said
        if (
            new == State.DROPPED.value
        ):  # a run took the task for done again by its steps, before somebody dropped it
            return any(said < event <= times.decided for event in times.news_tick.values())
        return new == State.TODO.value and any(
            self.witness.doubted.get(name, event) < event
            or (event > said and (where == side or max(times.decided, ended) >= said))
            or (
                event > ended >= 0 and was_left
            )  # it was that to the run, and is again: that it was away nobody sees
            for where, event in times.news_open.items()
        )

    def is_compared(self, name: str, ours: Value, theirs: Value) -> bool:
        """Say whether the states must be alike: one closed twice for different reasons may stay so."""
        is_closed_twice = State.TODO.value not in (ours, theirs)
        return not (is_closed_twice and (PLAN, ("state", name)) in self.witness.last_event)

    def check(self, name: str, order: list[str]) -> None:
        """Hold a task's state against its steps.

        Steps of a task that is dropped say nothing of its state (semantics §2.4, R8), nor do those of one with a
        conflict about them until that is over. Where nobody knew any more what a step was, and so was asked, its
        tick is no edge: it may have been ticked, and the task reopened, before.
        """
        seen = self.witness.seen
        state = seen.values[TRACKER].get(("state", name))
        times = self.witness.times[name]
        ticks = {s: seen.values[PLAN]["tick", s] for s in order if s not in seen.optional}
        counting = [tick for tick in ticks.values() if tick != "dropped"]
        is_all = bool(counting) and all(counting)
        is_dropped = seen.values[PLAN].get(("state", name)) == State.DROPPED.value
        is_undone = times.undone > times.redone and not is_dropped and name not in self.witness.argued
        if state == State.DONE.value and is_undone and name not in self.witness.doubted:
            raise Broken(f"settled, but {name} is done, and a step was opened after both sides were done")
        is_known = name not in self.witness.doubted
        if state == State.DONE.value and counting and not is_all and times.close < 0 and is_known:
            raise Broken(f"settled, but {name} is done with open steps, and nobody closed it")
        is_held = max(times.state, times.removal) >= 0 or name in self.witness.forgotten
        if (
            state == State.TODO.value
            and is_all
            and not is_held
            and times.known_tick >= 0
            and is_known
            and name not in self.witness.argued
        ):
            raise Broken(f"settled, but {name} is open with all steps ticked by a person")


def _passed(history: list[Value], there: list[Value]) -> list[Value]:
    """List what the other side went through since both agreed: also what it got then, where this side still owes it."""
    return there[1:] if there[0] == history[0] else there


def _are_alike(one: str, other: str) -> bool:
    """Say whether two texts may be taken for one that was reworded, whichever was first: that can make a difference."""
    return max(_likeness(one, other)) >= _ALIKE


def _likeness(one: str, other: str) -> tuple[float, float]:
    pairs = ((one, other), (other, one))
    first, second = (SequenceMatcher(None, *pair, autojunk=False).ratio() for pair in pairs)
    return first, second


def _task_of(row: Row, milestones: dict[int, str]) -> TaskSeen | None:
    body = read_body(row.body)
    if body is None:
        return None
    key = "overview" if body.uid == OVERVIEW else word_of("t", row.title)
    task = TaskSeen(key, row.title, milestones.get(row.milestone or 0, ""), ref=row.ref)
    task.steps = list(body.steps)
    return task


def _unlinked(lines: Iterable[str]) -> list[str]:
    """Look away from which tasks a dependency line names: a link that goes from the tracker goes from the line too."""
    return sorted(_DEPENDS if line.startswith(_DEPENDS) else line for line in lines)
