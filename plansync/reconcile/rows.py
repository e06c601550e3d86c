"""How one field is decided and compared: a row of a table for each, and the rules that the rows name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

from plansync.model import SECTIONS, TITLE_MAX, Field, Kind, State, Value
from plansync.reconcile.sections import same_section
from plansync.text import cut, folded, heading_words, same_lines, words
from plansync.titles import PLAIN


class Case(NamedTuple):
    """One field: what was agreed, what each side held then, what it shows now. `None`: not shown."""

    agreed: Value | None
    then_local: Value | None
    then_remote: Value | None
    local: Value | None
    remote: Value | None
    is_ahead: bool
    same: Callable[[Value | None, Value | None], bool]

    @property
    def has_base(self) -> bool:
        """Whether anything is remembered of this field."""
        return self.agreed is not None

    @property
    def local_moved(self) -> bool:
        """Whether the plan changed it."""
        return not self.same(self.local, self.then_local)

    @property
    def remote_moved(self) -> bool:
        """Whether the tracker changed it, or may have and changed it back."""
        return self.is_ahead or not self.same(self.remote, self.then_remote)

    def knew(self, value: Value | None, then: Value | None) -> bool:
        """Whether a side held what was agreed when it changed its value, or came to it by itself.

        A side that showed nothing then owed nothing: it said it in another way (boxes for a state).
        """
        return then is None or self.same(then, self.agreed) or self.same(value, self.agreed)


class Verdict(NamedTuple):
    """What is agreed (`None`: nothing), by which rule, and whether that is a conflict."""

    value: Value | None
    rule: str
    is_conflict: bool = False


CONFLICT = Verdict(None, "conflict", True)
Rule = Callable[[Case], Verdict]


def three_way(case: Case) -> Verdict:
    """Decide a field that both sides may change."""
    if case.local is None or case.remote is None:
        return Verdict(None, "unknown")
    is_quiet = case.has_base and not case.local_moved and not case.remote_moved
    if case.same(case.local, case.remote) and not is_quiet:
        is_kept = case.has_base and case.same(case.agreed, case.local)
        return Verdict(case.agreed if is_kept else case.local, "agree")
    if not case.has_base:
        return CONFLICT
    match case.local_moved, case.remote_moved:
        case True, True:
            return CONFLICT
        case True, False:
            return Verdict(case.local, "push") if case.knew(case.local, case.then_local) else CONFLICT
        case False, True:
            return Verdict(case.remote, "pull") if case.knew(case.remote, case.then_remote) else CONFLICT
        case _:  # one side still owes what was agreed, or both do (a rule gave a value that neither had)
            is_done = case.same(case.local, case.agreed) and case.same(case.remote, case.agreed)
            return Verdict(case.agreed, "agree" if is_done else "finish")


def three_way_state(case: Case) -> Verdict:
    """Decide a task's state; a plan whose boxes carry it shows none.

    A status line that stood there and is gone says todo. Closed stays closed where only the reason
    differs and only the plan changed it.
    """
    if case.local is None and case.then_local in (State.DONE, State.DROPPED):
        case = case._replace(local=State.TODO.value)
    if case.local is None:
        if not case.has_base or case.remote is None:
            return Verdict(case.agreed, "unknown")
        if case.remote == case.then_remote:
            return Verdict(case.agreed, "agree" if case.remote == case.agreed else "finish")
        return Verdict(case.remote, "pull") if case.knew(case.remote, case.then_remote) else CONFLICT
    verdict = three_way(case)
    if verdict.rule == "push" and State.TODO not in (case.local, case.remote):
        return Verdict(None, "reason differs")
    return verdict


def plan_wins(case: Case) -> Verdict:
    """Decide a field that only the plan writes: a tracker that differs is noted, never overwritten.

    Where the plan changed it too, or the tracker was still owed what the plan said, both did: a conflict.
    """
    if case.local is None or case.remote is None:
        return Verdict(None, "unknown")
    if case.same(case.local, case.remote):
        return Verdict(case.local, "agree")
    if not case.has_base:
        return CONFLICT
    is_edited = not case.same(case.remote, case.then_remote)
    if is_edited:
        is_owed = case.then_remote is not None and not case.same(case.then_remote, case.agreed)
        is_both = case.local_moved or is_owed
        return CONFLICT if is_both else Verdict(None, "edited on the tracker")
    if not case.local_moved and case.same(case.remote, case.agreed):
        return Verdict(case.agreed, "agree")  # somebody chose to leave the tracker's text
    return Verdict(case.local, "push" if case.local_moved else "finish")


def each_element(case: Case) -> Verdict:
    """Decide a set element by element, each as a field of two values; only those that the plan named are ours.

    Who moved one has it his way, and an element that both moved is there. So a person who takes a label of ours
    off an issue is left alone. "pull": something is gone from the tracker that the plan still says.
    """
    if case.local is None or case.remote is None:
        return Verdict(None, "unknown")
    local, remote, agreed, then_local, then_remote = (
        by_key(value) for value in (case.local, case.remote, case.agreed, case.then_local, case.then_remote)
    )
    kept = dict[str, str]()
    for key, name in {**agreed, **then_local, **local}.items():
        here, there = key in local, key in remote
        has_moved_here = here != (key in then_local)
        has_moved_there = case.then_remote is not None and there != (key in then_remote)
        if here == there:
            is_in = here
        elif not case.has_base or has_moved_here:
            is_in = here or has_moved_there
        else:
            is_in = there if has_moved_there else key in agreed
        if is_in:
            kept[key] = name
    is_gone_there = any(key in then_remote and key not in remote for key in local.keys() - kept.keys())
    is_quiet = kept.keys() == local.keys() and kept.keys() <= remote.keys()
    return Verdict(tuple(kept.values()), "pull" if is_gone_there else "agree" if is_quiet else "push")


def by_key(value: Value | None) -> dict[str, str]:
    """Name the elements of a set by what a tracker tells them apart by: labels and accounts know no case."""
    return {folded(name): name for name in value} if isinstance(value, tuple) else {}


def when_said(case: Case) -> Verdict:
    """Decide a value that is written where the plan says one, and that a person's own one is asked about.

    A plan that says none any more takes back its own; what a person made of it is theirs.
    """
    if case.local is None and case.has_base and not case.remote_moved:
        case = case._replace(local="", then_local=case.then_local or "")
    if case.local and case.remote == "" and not case.has_base:
        return Verdict(case.local, "push")
    return plan_wins(case)


def effort(case: Case) -> Verdict:
    """Decide how long a task takes; nothing (0) gives way to a time, and a time that a tracker lost is a note.

    A plan that says no time any more takes back its own, and owes that (0 is agreed) until it landed; a tracker's, or
    one that an undo brought back there, has no line to go to and stays there.
    """
    if case.local is None and case.remote:
        is_said_no_more = case.agreed == case.remote and case.local_moved
        is_ours = (is_said_no_more or case.agreed == 0) and not case.remote_moved
        return Verdict(0, "push") if is_ours else Verdict(None, "no line")
    if case.local is None or case.remote is None:
        return Verdict(None, "unknown")
    if not case.has_base and 0 in (case.local, case.remote) and case.local != case.remote:
        return Verdict(case.local, "push") if case.local else Verdict(case.remote, "pull")
    if case.remote == 0 and case.has_base and case.local_moved:
        return Verdict(case.local, "push")
    verdict = three_way(case)
    return Verdict(None, "edited on the tracker") if verdict == Verdict(0, "pull") else verdict


def plan_says(case: Case) -> Verdict:
    """Decide what stands around a title: written when the plan changes it, whatever people made of it on the tracker.

    A plan that shows none any more, because the settings want none, wants the bare title.
    """
    if case.local is None and case.has_base:
        case = case._replace(local=PLAIN)
    if case.local is None or case.remote is None:
        return Verdict(None, "unknown")
    if case.same(case.local, case.remote):
        return Verdict(case.local, "agree")
    if not case.same(case.local, case.agreed):
        return Verdict(case.local, "push")
    is_edited = not case.same(case.remote, case.then_remote)
    return Verdict(None, "edited on the tracker") if is_edited else Verdict(case.local, "finish")


def alike(a: Value | None, b: Value | None) -> bool:
    """Compare as they are."""
    return a == b


def same_words(a: Value | None, b: Value | None) -> bool:
    """Compare texts by their words."""
    return a == b or ((a is None) == (b is None) and words(a) == words(b))


def same_title(a: Value | None, b: Value | None) -> bool:
    """Compare titles as far as a tracker holds them."""
    return a == b or ((a is None) == (b is None) and cut(words(a), TITLE_MAX) == cut(words(b), TITLE_MAX))


def same_heading(a: Value | None, b: Value | None) -> bool:
    """Compare phase titles without their number, as far as a tracker holds them: renumbering is no renaming."""
    return a == b or ((a is None) == (b is None) and _heading(a) == _heading(b))


def _heading(title: Value | None) -> str:
    return heading_words(cut(words(title), TITLE_MAX))


def same_text(a: Value | None, b: Value | None) -> bool:
    """Compare running text by lines."""
    return a == b or ((a is None) == (b is None) and same_lines(a) == same_lines(b))


def same_names(a: Value | None, b: Value | None) -> bool:
    """Compare sets of names in which case says nothing."""
    return by_key(a).keys() == by_key(b).keys() if isinstance(a, tuple) and isinstance(b, tuple) else a == b


def same_set(a: Value | None, b: Value | None) -> bool:
    """Compare lists whose order says nothing."""
    return set(a) == set(b) if isinstance(a, tuple) and isinstance(b, tuple) else a == b


class Row(NamedTuple):
    """How one field is decided and compared."""

    rule: Rule = three_way
    same: Callable[[Value | None, Value | None], bool] = alike


ROWS: Mapping[tuple[Kind, Field], Row] = {
    (Kind.PLAN, Field.TITLE): Row(plan_wins, same_title),
    (Kind.PLAN, Field.PROSE): Row(plan_wins, same_text),
    (Kind.PHASE, Field.TITLE): Row(same=same_heading),
    (Kind.PHASE, Field.DUE): Row(when_said),
    (Kind.TASK, Field.TITLE): Row(same=same_title),
    (Kind.TASK, Field.FRAME): Row(plan_says, same_words),
    (Kind.TASK, Field.STATE): Row(three_way_state),
    (Kind.TASK, Field.PHASE): Row(),
    (Kind.TASK, Field.PROSE): Row(plan_wins, same_text),
    (Kind.TASK, Field.REQUIREMENTS): Row(plan_wins, same_words),
    (Kind.TASK, Field.ESTIMATE): Row(plan_wins, same_words),
    (Kind.TASK, Field.EFFORT): Row(effort),
    (Kind.TASK, Field.DEPENDS): Row(plan_wins, same_set),
    (Kind.TASK, Field.EDGES): Row(each_element, same_set),
    (Kind.TASK, Field.LABELS): Row(each_element, same_names),
    (Kind.TASK, Field.OWNERS): Row(each_element, same_names),
    (Kind.STEP, Field.TEXT): Row(same=same_words),
    (Kind.STEP, Field.TICK): Row(),
}
"""Every field that is merged. Order and membership of steps are decided by `_merge_steps`."""


def same(kind: Kind, name: Field) -> Callable[[Value | None, Value | None], bool]:
    """Say how a field is compared."""
    if name in SECTIONS:
        return same_section
    row = ROWS.get((kind, name))
    return row.same if row else alike
