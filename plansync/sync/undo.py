"""Undoing a run: its changes, in reverse, as choices for an ordinary changeset against today's values.

A value is set back where both sides still hold what the run wrote, or what stood there before. What moved
since is somebody's work: it is told, and left alone. Markers, links and milestones stay.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from plansync.errors import ConfigError
from plansync.model import (
    OVERVIEW,
    SECTIONS,
    Changeset,
    Choice,
    Field,
    Item,
    Kind,
    Note,
    Operation,
    Side,
    State,
    Take,
    Uid,
    Value,
    is_step,
    owner_of,
    steps_of,
    text_of,
    uids_of,
)
from plansync.reconcile.reasons import DUPLICATE, UNDO
from plansync.reconcile.rows import same
from plansync.store.files import digest
from plansync.store.history import History, Told, ToldChange, ToldStep
from plansync.sync.decision import decide
from plansync.sync.derived import is_derived
from plansync.sync.prune import CLOSED
from plansync.sync.session import Former, Session
from plansync.text import cut, words

_STAYS = ("create-milestone", "set-marker", "set-link")
_FOLLOWS = (
    Field.COMPLETION,
    Field.CURRENT_PHASE,
    Field.OVERALL,
    Field.MARKER,
    Field.LINK,
    Field.FRAME,
    *SECTIONS,
)
_BY_STATE = (Field.STATE, Field.STATUS)
_SHOWN_MAX = 60


@dataclass(frozen=True, slots=True)
class Undo:
    """Decides what undoes one run, as often as it is asked."""

    run: str

    def decide(self, session: Session) -> Changeset:
        """Decide twice: what holds today, then with the old values as choices; nothing else is settled.

        Raises: ConfigError for a run that is not in the history.
        """
        history = History(session.project.journal(session.lineage).db, session.lineage)
        told = self._told(history)
        session.choices, session.settles, session.left, session.pruned = {}, None, [], {}
        undoing = _Undoing(session, decide(session), f"{UNDO}{self.run}")
        undoing.undo(told)
        chosen = undoing.choices
        session.choices, session.left, session.pruned = chosen, undoing.left, undoing.turned
        session.settles = lambda uid, name: (uid, name) in chosen or name in SECTIONS
        session.former = _former(history, self.run, session.digest)
        return _narrowed(decide(session), {owner_of(uid) for uid, _ in chosen} | undoing.turned.keys())

    def _told(self, history: History) -> list[Told]:
        kept = history.operations(self.run)
        if not kept:
            raise ConfigError(
                f"no run {self.run} of this plan is remembered here; plansync log lists those that are"
            )
        if not all(k.is_whole for k in kept):
            raise ConfigError(
                f"run {self.run} was made by an earlier plansync, which kept too little to undo it"
            )
        return [k.told for k in kept if k.has_landed]


def _former(history: History, run: str, now: str) -> Former:
    """Find what the plan was before the run, where nobody edited it since."""
    writes = history.plan_writes(run)
    if not writes or writes[-1][1] != now:
        return Former()
    contents = {digest(each): each for each in history.before(run, "plan")}
    return Former(now, tuple(contents[pre] for pre, _ in writes if pre in contents))


def _narrowed(changeset: Changeset, owners: set[Uid]) -> Changeset:
    """Leave out what else waits; what is computed follows only where something is undone."""

    def is_undoing(op: Operation) -> bool:
        is_own = op.kind not in (*_STAYS, "create-issue") and not is_derived(op)
        return owner_of(op.uid) in owners and is_own

    def is_following(op: Operation) -> bool:
        return is_derived(op) or op.kind in ("close-milestone", "reopen-milestone")

    is_due = any(map(is_undoing, changeset.operations))
    operations = [op for op in changeset.operations if is_undoing(op) or (is_due and is_following(op))]
    return replace(changeset, operations=tuple(operations), conflicts=())


@dataclass(slots=True)
class _Written:
    """What a run did to one field, on either side: the first old value and the last new one of each."""

    label: str
    base: Value | None
    old: dict[Side, Value | None]
    new: dict[Side, Value | None]

    def values(self) -> list[Value]:
        return [v for v in (*self.old.values(), *self.new.values()) if v is not None]

    def former(self) -> Value | None:
        """Give the value to go back to; where the sides had different ones, what was agreed."""
        old = list(self.old.values())
        return old[0] if all(v == old[0] for v in old) else self.base


def _is_of_the_removed(rule: str) -> bool:
    """Say whether a rule closed the issue of a task that is gone, or an undo of such a run turned it back."""
    return rule == CLOSED.rule or rule.startswith(UNDO)


class _Undoing:
    """Turns what is told of a run into choices; what moved since into notes."""

    def __init__(self, session: Session, today: Changeset, rule: str) -> None:
        self.session, self.agreed, self.rule = session, today.agreed, rule
        self.local, self.remote = session.local, session.remote
        self.choices: dict[tuple[Uid, Field], Choice] = {}
        self.turned: dict[Uid, Choice] = {}
        self.left: list[Note] = []
        self.texts: dict[Uid, set[str]] = {}
        self.added: set[Uid] = set()

    def undo(self, told: Sequence[Told]) -> None:
        """Make every choice."""
        made = {t.item: t for t in told if t.kind == "create-issue"}
        twins = [
            t for t in told if self.session.twin(Uid(t.item)) or any(c.rule == DUPLICATE for c in t.changes)
        ]
        rest = [t for t in told if t.kind not in _STAYS and not (t.side is Side.REMOTE and t.item in made)]
        rest = [t for t in rest if t not in twins]
        for each in twins:
            self._turn_back(Uid(each.item), each)
        for each in rest:
            self._learn(each)
        for each in reversed(list(made.values())):
            self._unmake(each)
        for each in {t.item: t for t in told if any(c.rule == "adopt" for c in t.changes)}.values():
            self._leave(Uid(each.item), each.title, f"#{each.ref} was there before, and stays its issue")
        for owner in reversed(list(dict.fromkeys(owner_of(Uid(t.item)) for t in rest))):
            self._steps(owner, [t for t in rest if owner_of(Uid(t.item)) == owner])
        for (uid, name), written in reversed(list(_fields(rest).items())):
            self._field(uid, name, written)
        for owner in dict.fromkeys(owner_of(Uid(t.item)) for t in rest):
            self._state(owner, [t for t in rest if owner_of(Uid(t.item)) == owner])

    def _learn(self, told: Told) -> None:
        """Note by which texts a step was known: its number alone may have been given to another since."""
        for change in told.changes:
            if is_step(Uid(change.item)):
                values = (change.label, *((change.old, change.new) if change.field is Field.TEXT else ()))
                self.texts.setdefault(Uid(change.item), set()).update(words(v) for v in values if v)

    def _choose(self, uid: Uid, name: Field, value: Value) -> None:
        self.choices[uid, name] = Choice(Take.VALUE, value, self.rule, is_forced=True)

    def _leave(self, uid: Uid, name: str, why: str) -> None:
        label = cut(name or self.session.label_of(uid), _SHOWN_MAX)
        self.left.append(Note(uid, f"{label}: {why}; it is left as it is"))

    def _shown(self, uid: Uid, name: Field) -> list[tuple[Kind, Value]]:
        items = [side[uid] for side in (self.local, self.remote) if uid in side]
        return [(item.kind, item.fields[name]) for item in items if name in item.fields]

    # -------------------------------------------------------------- fields

    def _field(self, uid: Uid, name: Field, written: _Written) -> None:
        former = written.former()
        owner = owner_of(uid)
        if former is None or (is_step(uid) and uid in self.added):
            return
        if owner not in self.local or (owner not in self.remote and owner != OVERVIEW):
            self._leave(uid, written.label, "it is not on both sides any more")
        elif not self._is_known(uid):
            self._leave(uid, written.label, "the step was removed or reworded since")
        elif any(not _is_one_of(written.values(), kind, name, now) for kind, now in self._shown(uid, name)):
            self._leave(uid, written.label, f"its {_named(name)} was changed since")
        elif name is Field.PHASE and former and former not in self.remote:
            self._leave(uid, written.label, "the phase that it stood in is not there any more")
        elif any(not same(kind, name)(now, former) for kind, now in self._shown(uid, name)):
            self._choose(uid, name, former)

    def _is_known(self, uid: Uid) -> bool:
        if not is_step(uid):
            return True
        known = self.texts.get(uid, set())
        sides = (self.local, self.remote)
        return all(uid in side and words(text_of(side[uid], Field.TEXT)) in known for side in sides)

    # --------------------------------------------------------------- state

    def _state(self, owner: Uid, told: Sequence[Told]) -> None:
        """Set a task's state back with its steps; where the run did not change it, hold it against the rules."""
        item = self.remote.get(owner)
        changed = [c for t in told for c in t.changes if c.field in (*_BY_STATE, Field.TICK, Field.STEPS)]
        then, after = told[0].state_then, told[-1].state_agreed
        if item is None and owner in self.local and any(c.field in _BY_STATE for c in changed):
            self._leave(owner, told[0].title, "its issue is gone, so the plan alone says its state")
        if item is None or item.kind is not Kind.TASK or not changed or then is None:
            return
        if owner not in self.local and any(_is_of_the_removed(c.rule) for c in changed):
            self._turn_back(owner, told[0])
            return
        has_changed = any(c.field in _BY_STATE for c in changed) or after not in (None, then)
        shown = {str(value) for _, value in self._shown(owner, Field.STATE)}
        if not shown <= {then, after}:
            if has_changed:
                self._leave(owner, told[0].title, "its state was changed since")
            return
        if has_changed:
            self._choose(owner, Field.STATE, then)
            self._choose(owner, Field.IMPLIED, told[0].implied_then)
        elif self._is_touched(owner):
            self._choose(owner, Field.STATE, then)

    def _turn_back(self, owner: Uid, told: Told) -> None:
        """Give an issue that no task of the plan has the state that it had before, unless somebody changed it since."""
        (change,) = (c for c in told.changes if c.field is Field.STATE)
        if change.old is not None and text_of(self.remote.get(owner), Field.STATE) == change.new:
            self.turned[owner] = Choice(Take.VALUE, change.old, self.rule)
        else:
            self._leave(owner, told.title, "its state was changed since")

    def _is_touched(self, owner: Uid) -> bool:
        return any(owner_of(uid) == owner for uid, _ in self.choices)

    def _unmake(self, told: Told) -> None:
        """Close an issue that the run made, as not planned; unless somebody has worked on it since."""
        uid = Uid(told.item)
        if uid == OVERVIEW:
            self.left.append(Note(uid, f"#{told.ref}: the overview issue stays; close it by hand"))
            return
        if uid not in self.local or uid not in self.remote:
            self._leave(uid, told.title, "it is not on both sides any more")
            return
        if told.ref not in (None, self.remote[uid].at):
            self._leave(uid, told.title, f"#{told.ref} is not its issue any more")
            return
        state = text_of(self.remote[uid], Field.STATE)
        moved = [c for c in told.changes if not self._is_as_made(c)]
        if state == State.DONE or moved or self._has_other_steps(uid, told):
            what = "its state" if state == State.DONE else _named(moved[0].field) if moved else "its steps"
            self._leave(uid, told.title, f"#{told.ref} was worked on since ({what})")
            return
        self._choose(uid, Field.STATE, State.DROPPED.value)

    def _is_as_made(self, change: ToldChange) -> bool:
        uid, name = Uid(change.item), change.field
        if name is Field.STEPS or change.new is None:
            return True
        return all(same(kind, name)(now, change.new) for kind, now in self._shown(uid, name))

    def _has_other_steps(self, uid: Uid, told: Told) -> bool:
        made = next((c.new for c in told.changes if c.field is Field.STEPS), None) or ()
        return any(now != made for _, now in self._shown(uid, Field.STEPS))

    # --------------------------------------------------------------- steps

    def _steps(self, owner: Uid, told: Sequence[Told]) -> None:
        """Take added steps away, put removed ones back, and give the others their former order."""
        today = self.agreed.get(owner)
        orders = _orders(told)
        if not orders or today is None or Field.STEPS not in today.fields:
            if orders:
                self._leave(owner, told[0].title, "its steps are in conflict, or cannot be read")
            return
        known = {uid: step for t in told for uid, step in t.steps.items()}
        steps = list(uids_of(today, Field.STEPS))
        for old, new in reversed(orders):
            steps = _reordered(steps, old, new)
            for uid in (u for u in new if u not in old):
                steps = self._taken(owner, steps, uid, known.get(uid))
            for uid in (u for u in old if u not in new):
                steps = self._put_back(owner, steps, uid, known.get(uid), old)
        texts = {words(step.text) for step in known.values()}
        ours = {u for pair in orders for each in pair for u in each}
        ours |= {u for u in steps if words(text_of(self.agreed.get(u), Field.TEXT)) in texts}
        if tuple(steps) != uids_of(today, Field.STEPS) or self._is_half(owner, steps, ours):
            self._choose(owner, Field.STEPS, tuple(steps))
            self._settle_pending(steps)

    def _is_half(self, owner: Uid, steps: Sequence[Uid], ours: set[Uid]) -> bool:
        """Say whether a side has yet to get its steps back, where an undo was cut off before."""
        wanted = [u for u in steps if u in ours]
        sides = (uids_of(side.get(owner), Field.STEPS) for side in (self.local, self.remote))
        return any([u for u in side if u in ours] != wanted for side in sides)

    def _taken(self, owner: Uid, steps: list[Uid], uid: Uid, step: ToldStep | None) -> list[Uid]:
        if uid not in steps or step is None:
            return steps
        self.added.add(uid)
        items = [side[uid] for side in (self.local, self.remote) if uid in side]
        if any(not _is_as_told(item, step) for item in items):
            self._leave(owner, step.text, "the step was changed since")
            return steps
        return [u for u in steps if u != uid]

    def _put_back(
        self, owner: Uid, steps: list[Uid], uid: Uid, step: ToldStep | None, old: Sequence[Uid]
    ) -> list[Uid]:
        sides = (self.local, self.remote)
        texts = {words(text_of(s, Field.TEXT)) for side in sides for s in steps_of(side, owner)}
        if step is None or words(step.text) in texts:
            return steps
        name = self._free(owner, uid)
        self._choose(name, Field.TEXT, step.text)
        self._choose(name, Field.TICK, step.tick)
        self._choose(name, Field.LEVEL, step.level)
        before = next((u for u in reversed(old[: old.index(uid)]) if u in steps), None)
        at = steps.index(before) + 1 if before else 0
        return [*steps[:at], name, *steps[at:]]

    def _free(self, owner: Uid, uid: Uid) -> Uid:
        """Give a step its own name back, or the next one where another step bears it by now."""
        base = self.session.base
        taken = {
            u
            for side in (self.local, self.remote, base.local, base.remote, base.agreed, self.agreed)
            for u in side
            if owner_of(u) == owner and is_step(u)
        } | {u for u, _ in self.choices}
        if uid not in taken:
            return uid
        numbers = [int(u.rpartition("/")[2]) for u in taken if u.rpartition("/")[2].isdigit()]
        return Uid(f"{owner}/{max(numbers, default=0) + 1}")

    def _settle_pending(self, steps: Iterable[Uid]) -> None:
        """Where a list of steps is written, those in it that one side does not have yet come along."""
        for uid in steps:
            if (uid in self.local and uid in self.remote) or (uid, Field.TEXT) in self.choices:
                continue
            for name, value in self.agreed[uid].fields.items():
                self._choose(uid, name, value)


def _fields(told: Iterable[Told]) -> dict[tuple[Uid, Field], _Written]:
    """Gather what was written to each field by itself; states, lists of steps and their members have their own way."""
    found: dict[tuple[Uid, Field], _Written] = {}
    for each, change in ((t, c) for t in told for c in t.changes):
        uid, name = Uid(change.item), change.field
        is_member = is_step(uid) and (change.old is None or change.new is None)
        if name in (*_FOLLOWS, *_BY_STATE, Field.STEPS) or is_member:
            continue
        written = found.setdefault((uid, name), _Written(change.label, change.base, {}, {}))
        written.old.setdefault(each.side, change.old)
        written.new[each.side] = change.new
    return found


def _orders(told: Iterable[Told]) -> list[tuple[tuple[Uid, ...], tuple[Uid, ...]]]:
    """List how the run changed a list of steps, each way once."""
    found: dict[tuple[tuple[Uid, ...], tuple[Uid, ...]], None] = {}
    for change in (c for t in told for c in t.changes if c.field is Field.STEPS):
        if isinstance(change.old, tuple) and isinstance(change.new, tuple):
            found[tuple(Uid(u) for u in change.old), tuple(Uid(u) for u in change.new)] = None
    return list(found)


def _reordered(steps: list[Uid], old: Sequence[Uid], new: Sequence[Uid]) -> list[Uid]:
    """Give steps their former order where they still stand in the one that the run gave them."""
    common = [u for u in new if u in old and u in steps]
    former = [u for u in old if u in common]
    if [u for u in steps if u in common] != common or former == common:
        return steps
    turn = iter(former)
    return [next(turn) if u in common else u for u in steps]


def _is_as_told(item: Item, step: ToldStep) -> bool:
    return words(text_of(item, Field.TEXT)) == words(step.text) and item.fields.get(Field.TICK) == step.tick


def _is_one_of(values: Iterable[Value], kind: Kind, name: Field, now: Value) -> bool:
    return any(same(kind, name)(now, value) for value in values)


def _named(name: Field) -> str:
    return {Field.TICK: "tick", Field.DEPENDS: "dependencies"}.get(name, name.value.replace("_", " "))
