"""Guards: what a run refuses to do by itself, asked before its first write."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence

from plansync.errors import ConfigError, SafetyStop
from plansync.model import (
    OVERVIEW,
    Base,
    Field,
    Kind,
    Operation,
    Side,
    Snapshot,
    State,
    Tick,
    Uid,
    Value,
    owner_of,
    uids_of,
)
from plansync.reconcile.reasons import DUPLICATE
from plansync.store.header import NO_CONFIG
from plansync.text import cut
from plansync.trackers.base import Repository

Tell = Callable[[str], None]


def quiet(text: str) -> None:
    """Tell nobody."""


MASS_FLOOR, MASS_SHARE = 5, 0.2
_ALL_FLOOR, _UNREADABLE_FLOOR, _UNREADABLE_MOST, _GONE_FLOOR = 10, 2, 10, 3
ALLOWED = (
    "empty-plan",
    "rewritten-plan",
    "unreadable-issues",
    "mass-change",
    "all-changed",
    "mass-create",
    "look-alikes",
    "other-repository",
    "settings-changed",
)
"""The names that `--allow` takes."""


def require_known(allow: Collection[str]) -> None:
    """Refuse a name of no guard: whoever misspelt one thinks that it would pass.

    Raises: ConfigError.
    """
    if unknown := [name for name in allow if name not in ALLOWED]:
        raise ConfigError(f"--allow takes one of {', '.join(ALLOWED)}; not {', '.join(unknown)}")


SETTINGS = (
    "milestones, overview, prose, title, links, dialect, ticks, dropped_labels, dependencies, estimates, risk_label, "
    "[people], [when]"
)
"""The settings of which a fingerprint is kept; it does not tell which of them is another one."""


def check(
    base: Base,
    local: Snapshot,
    operations: Sequence[Operation],
    absent: int,
    *,
    allow: Collection[str],
    max_creates: int,
    is_attended: bool,
    tell: Tell = quiet,
) -> None:
    """Stop a run that would do what a mistake looks like; `tell` hears of each that `allow` lets pass.

    Raises: SafetyStop, which names the option that lets it pass once.
    """
    linked = [u for u, i in base.remote.items() if i.kind is Kind.TASK and i.at is not None]
    if linked and not any(i.kind is Kind.TASK for i in local.values()):
        _stop(
            "empty-plan", f"the plan has no task left, but {len(linked)} issues are linked to it", allow, tell
        )
    _check_readable(len(linked), absent, allow, tell)
    _check_rewritten(linked, local, operations, allow, tell)
    changed = _changed(operations) & set(linked)
    if len(linked) >= _ALL_FLOOR and len(changed) == len(linked):
        _stop(
            "all-changed",
            f"every one of the {len(linked)} linked tasks changes its words at once",
            allow,
            tell,
        )
    destroyed = _destroyed(base, operations)
    if len(destroyed) > max(MASS_FLOOR, MASS_SHARE * len(linked)):
        what = "would be closed as won't do, reopened, or lose ticks, steps or dependencies"
        words = f"{len(destroyed)} of {len(linked)} tasks {what}"
        _stop("mass-change", words, allow, tell)
    creates = sum(op.kind == "create-issue" for op in operations)
    if creates > max_creates and not is_attended:
        issues = "1 issue" if creates == 1 else f"{creates} issues"
        words = f"{issues} would be made, more than max_creates = {max_creates}"
        _stop("mass-create", words, allow, tell)


def _check_readable(linked: int, absent: int, allow: Collection[str], tell: Tell) -> None:
    """Stop where so many issues cannot be read that the access is broken, not the issues."""
    is_most = absent >= _UNREADABLE_MOST or (absent >= _UNREADABLE_FLOOR and absent > MASS_SHARE * linked)
    if linked and (absent >= linked or is_most):
        which = "none" if absent >= linked else f"only {linked - absent}"
        _stop("unreadable-issues", f"{which} of the {linked} linked issues can be read", allow, tell)


def _check_rewritten(
    linked: Sequence[Uid],
    local: Snapshot,
    operations: Sequence[Operation],
    allow: Collection[str],
    tell: Tell,
) -> None:
    """Stop where half of the tasks or more are gone, and as many new ones would get issues.

    Where half of the ids or more are gone, one task that is gone may be one that is new: nobody can tell.
    """
    gone = [uid for uid in linked if uid not in local]
    nameless = [uid for uid in linked if uid in local and not local[uid].fields.get(Field.MARKER)]
    creates = sum(op.kind == "create-issue" for op in operations)
    is_half_new = len(gone) >= max(_GONE_FLOOR, len(linked) / 2) and 2 * creates >= len(gone)
    is_retold = nameless and 2 * len([*gone, *nameless]) >= len(linked)
    if is_half_new or (is_retold and gone and creates):
        ones = "1 new one" if creates == 1 else f"{creates} new ones"
        words = (
            f"{len(gone)} of {len(linked)} linked tasks are gone from the plan and {ones} would get "
            "issues; if it was written anew, put the ids back first (plansync check --fix does where titles tell)"
        )
        _stop("rewritten-plan", words, allow, tell)


def _changed(operations: Sequence[Operation]) -> set[Uid]:
    """List the tasks whose titles or texts change; ticks, states and our own marks are progress."""
    texts = (Field.TITLE, Field.FRAME, Field.TEXT, Field.PROSE, Field.STEPS, Field.PHASE)
    return {
        owner_of(op.uid)
        for op in operations
        if not op.kind.startswith("create-")
        and any(c.field in texts and c.old is not None for c in op.changes)
    }


def check_look_alikes(alike: Sequence[tuple[int, str]]) -> None:
    """Stop a first push that would make issues which are there already, made by hand.

    Raises: SafetyStop.
    """
    if alike:
        listed = ", ".join(f"#{ref} “{cut(title, 40)}”" for ref, title in alike[:3])
        noun = "issue has the title of a task" if len(alike) == 1 else "issues have the titles of tasks"
        raise SafetyStop(
            f"stopped before any write: {len(alike)} open {noun} here ({listed}"
            f"{', …' if len(alike) > 3 else ''}). `plansync link --suggest` lists how to link those that are the same "
            "work; to make new ones all the same, add --allow look-alikes"
        )


def check_repository(
    known: str,
    repository: Repository,
    *,
    allow: Collection[str],
    tell: Tell = quiet,
    place: str = "repository",
) -> None:
    """Stop where the target is not the repository that it was: one made anew has other issues under old numbers.

    Raises: SafetyStop.
    """
    if known and repository.node and known != repository.node:
        _stop(
            "other-repository",
            f"{repository.name} is not the {place} that this plan was synced with",
            allow,
            tell,
        )


_OTHER = f"a setting that says what becomes what ({SETTINGS}) is not as it was in the last run"


def check_settings(known: str, now: str, *, allow: Collection[str], tell: Tell = quiet) -> None:
    """Stop where other settings than in the last run would write what nobody changed.

    Raises: SafetyStop.
    """
    if _are_other(known, now):
        _stop("settings-changed", _OTHER, allow, tell, "see first what it changes: plansync diff")


def about_settings(known: str, now: str) -> str:
    """Say of a run that only looks what one that writes would stop at; empty where the settings are the same."""
    if not _are_other(known, now):
        return ""
    return f"{_OTHER}: what is shown may come of that; a run stops before it writes, unless --allow settings-changed"


def _are_other(known: str, now: str) -> bool:
    return known != NO_CONFIG and known != now


def _stop(name: str, what: str, allow: Collection[str], tell: Tell, look: str = "") -> None:
    if name not in allow:
        hint = f"; {look}" if look else ""
        raise SafetyStop(
            f"stopped before any write: {what}{hint}. If that is what you want, add --allow {name}"
        )
    tell(f"{what}; that was let pass (--allow {name})")


def _destroyed(base: Base, operations: Sequence[Operation]) -> set[Uid]:
    """List the tasks that would lose something, once each. Undoing our own ticks is no loss."""
    found: set[Uid] = set()
    for op in operations:
        owner = owner_of(op.uid)
        implied = uids_of(base.agreed.get(owner), Field.IMPLIED)
        for change in op.changes:
            is_untick = change.field is Field.TICK and change.old == Tick.TICKED and change.uid not in implied
            is_dropping = (
                op.side is Side.REMOTE
                and change.field is Field.STATE
                and change.new == State.DROPPED
                and change.rule != DUPLICATE
            )
            is_reopening = op.kind == "reopen-issue"
            is_cut = op.side is Side.REMOTE and change.field in (Field.STEPS, Field.DEPENDS, Field.EDGES)
            is_removal = op.kind == "remove-step" or (is_cut and _is_shorter(change.old, change.new))
            if owner != OVERVIEW and (is_untick or is_dropping or is_reopening or is_removal):
                found.add(owner)
    return found


def _is_shorter(old: Value | None, new: Value | None) -> bool:
    """Say whether something of a list is gone."""
    return isinstance(old, tuple) and isinstance(new, tuple) and not set(old) <= set(new)
