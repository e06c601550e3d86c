"""What `plansync doctor` looks at: each part of a project that a sync stands on, with a way out where one is ill."""

from __future__ import annotations

import asyncio
import os
import shlex
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

from plansync.cli.context import open_plan, relative
from plansync.errors import Busy, Damaged, PlansyncError, StoreError
from plansync.model import Field
from plansync.store import git
from plansync.store.files import write_file

if TYPE_CHECKING:
    from plansync.config import Home
    from plansync.sync.events import Listener
    from plansync.wiring import Paths

ATTRIBUTES, DRIVER = "*.jsonl merge=plansync", "plansync state merge %O %A %B"


class Health(StrEnum):
    """How a part is: well, worth a word, or in the way of a sync."""

    WELL = "well"
    NOTE = "note"
    ILL = "ill"


@dataclass(frozen=True, slots=True)
class Finding:
    """One part that was looked at. `way`: the command or act that mends it; `mend` does it, where doctor can."""

    name: str
    health: Health
    text: str
    way: str = ""
    mend: Callable[[], None] | None = None


def examine(home: Home, plan: Path, listen: Listener = lambda event: None) -> Iterator[Finding]:
    """Look at one plan and all that its sync stands on; nothing is written, and one request is three at most."""
    from plansync import wiring

    paths = wiring.paths_of(home, plan)
    yield _file(plan)
    yield from _plan(home, plan)
    yield from _state(home, paths)
    yield from _git(paths)
    yield from _merging(paths)
    yield from _local(paths)
    yield from _tracker(home, listen)


def _file(plan: Path) -> Finding:
    """Tell of links: a replacement writes where a symbolic one leads, and in place where there is a hard one."""
    try:
        links = plan.stat().st_nlink
    except OSError as error:
        return Finding(
            "plan file", Health.ILL, f"{plan} cannot be read: {error.strerror}", "name a plan that is there"
        )
    if not os.access(plan, os.W_OK):
        return Finding(
            "plan file", Health.ILL, f"{plan} is not writable for you", f"chmod u+w {shlex.quote(str(plan))}"
        )
    if links > 1:
        text = f"{plan} has {links} names (hard links); it is written in place, which a crash can cut in two"
        return Finding("plan file", Health.NOTE, text, "keep one name; plansync takes up a cut write again")
    where = f", which leads to {plan.resolve()}" if plan.is_symlink() else ""
    return Finding("plan file", Health.WELL, f"{plan}{where}")


def _plan(home: Home, plan: Path) -> Iterator[Finding]:
    from plansync.checks.finding import Severity
    from plansync.checks.run import check
    from plansync.cli.commands.check import beside_of, codes_of
    from plansync.cli.wording import counted

    try:
        document = open_plan(home, plan)
    except PlansyncError as error:
        yield Finding("plan", Health.ILL, str(error), "mend what it says")
        return
    found = check(document, beside_of(home, plan), codes_of(home.settings.check))
    errors = [f for f in found if f.severity is Severity.ERROR]
    fixable = sum(1 for f in found if f.fix)
    fix = shlex.join(["plansync", "check", *(["--fix"] if fixable else []), str(plan)])
    counts = f"{counted(len(errors), 'error')} and {counted(len(found) - len(errors), 'warning')} of check"
    said = f"{document.dialect.name}, {counts}"
    if errors:
        first = f"; the first: line {errors[0].line}: {errors[0].message}"
        yield Finding("plan", Health.ILL, said + first, fix)
    else:
        yield Finding("plan", Health.NOTE if found else Health.WELL, said, fix if found else "")


def _state(home: Home, paths: Paths) -> Iterator[Finding]:
    """Look at what is remembered: whether it can be read, what is owed, open, unknown or told."""
    from plansync.cli.wording import counted
    from plansync.store import state
    from plansync.store.files import read_state
    from plansync.store.header import command

    if not paths.state.is_file():
        moved = paths.former
        text = (
            f"its state file stands at the plan's old path, {moved.file}"
            if moved
            else "nothing is remembered yet"
        )
        yield Finding("state file", Health.NOTE, text, "the next sync moves it" if moved else "plansync diff")
        return
    name = str(relative(paths.state))
    try:
        raw = read_state(paths.state).decode("utf-8", "replace")
        saved = state.load(raw, str(paths.state), str(paths.plan))
    except (OSError, PlansyncError) as error:
        yield Finding("state file", Health.ILL, f"{name}: {error}", command("rebuild", str(paths.plan)))
        return
    if saved.unknown:
        text = f"{name}: {len(saved.unknown)} items cannot be read; they are compared anew"
        yield Finding("state file", Health.NOTE, text, f"plansync sync {paths.plan}")
    twins = [k for k in paths.others if k.lineage == saved.lineage]
    for other in twins:
        text = f"{other.path} bears the same id: one of the two is a copy, and neither is synced"
        yield Finding("state file", Health.ILL, text, command("rekey", other.path))
    told = sum(bool(item.fields.get(Field.TOLD)) for item in saved.base.agreed.values())
    if told:
        what = f"{counted(told, 'item')} wait{'s' if told == 1 else ''} for a decision"
        yield Finding("conflicts", Health.NOTE, what, f"plansync resolve {paths.plan}")
    if not saved.unknown and not twins:
        linked = sum(item.at is not None for item in saved.base.remote.values())
        yield Finding("state file", Health.WELL, f"{name}: {linked} issues and milestones")


def _git(paths: Paths) -> Iterator[Finding]:
    """Say whether plan and state file travel together: both committed, neither ignored."""
    folder = paths.root
    if git.ask(folder, "rev-parse", "--is-inside-work-tree").strip() != b"true":
        yield Finding(
            "git", Health.NOTE, "not under git; copies of the plan elsewhere know nothing of its issues"
        )
        return
    if paths.is_local or not paths.state.is_file():
        return
    state, plan = str(paths.state), str(paths.plan.resolve())
    add = shlex.join(["git", "add", str(relative(paths.state)), str(relative(paths.plan.resolve()))])
    if git.ask(folder, "check-ignore", "--", state).strip():
        rule = git.ask(folder, "check-ignore", "-v", "--", state).decode("utf-8", "replace").split("\t")[0]
        text = f"the state file is ignored by git ({rule}); another clone would make every issue again"
        yield Finding("git", Health.ILL, text, f"take that rule away, then {add}")
        return
    if not git.ask(folder, "ls-files", "--", state).strip():
        text = "the state file is not committed; another clone would have to find its issues by their marks"
        yield Finding("git", Health.NOTE, text, add)
        return
    moved = (
        git.ask(folder, "status", "--porcelain", "--", state, plan).decode("utf-8", "replace").splitlines()
    )
    if len(moved) == 1:
        is_state = moved[0].rstrip('"').endswith(paths.state.name)
        text = "the state file; commit it" if is_state else f"{paths.plan.name}; sync it, then commit both"
        yield Finding(
            "git", Health.NOTE, f"changed since the last commit is only {text}", add if is_state else ""
        )
    else:
        yield Finding(
            "git", Health.WELL, "plan and state file are committed" + (", and changed since" if moved else "")
        )


def _merging(paths: Paths) -> Iterator[Finding]:
    """Say whether git merges state files item by item, also those that two branches changed."""
    if git.ask(paths.root, "rev-parse", "--is-inside-work-tree").strip() != b"true":
        return
    attributes = git.ask(paths.root, "check-attr", "merge", "--", str(paths.state)).decode("utf-8", "replace")
    driver = git.ask(paths.root, "config", "merge.plansync.driver").strip()
    is_named, is_known = "merge: plansync" in attributes, bool(driver)
    if is_named and is_known:
        yield Finding("merge driver", Health.WELL, "git merges what is remembered item by item")
        return
    lacking = " and ".join(
        part
        for part, is_there in (("its .gitattributes", is_named), ("its command in this clone", is_known))
        if not is_there
    )
    text = f"not set: {lacking}; where two branches changed one item, git leaves a conflict in the state file"
    way = f"git config merge.plansync.driver '{DRIVER}'" if is_named else "plansync doctor --fix"
    yield Finding("merge driver", Health.NOTE, text, way, lambda: prepare_merges(paths.root))


def prepare_merges(root: Path) -> None:
    """Let git merge state files by item and field, in this clone.

    Raises: StoreError where that cannot be written.
    """
    name_driver(root)
    try:
        command = ["git", "-C", str(root), "config", "merge.plansync.driver", DRIVER]
        subprocess.run(command, check=True, capture_output=True, timeout=10)
    except (OSError, subprocess.SubprocessError) as error:
        raise StoreError(f"{root}: git cannot be told how state files are merged: {error}") from None


def name_driver(root: Path) -> Path:
    """Say in a file for git that state files are merged item by item; returns the file, which travels with them.

    Raises: StoreError where that cannot be written.
    """
    file = root / ".plansync" / ".gitattributes"
    line = ATTRIBUTES.encode()
    try:
        known = file.read_bytes() if file.is_file() else b""
        if line not in known.splitlines():
            file.parent.mkdir(exist_ok=True)
            end = b"" if known.endswith(b"\n") or not known else b"\n"
            write_file(file, b"%b%b%b\n" % (known, end, line))
    except OSError as error:
        raise StoreError(f"{file} cannot be written: {error.strerror}") from None
    return file


def _local(paths: Paths) -> Iterator[Finding]:
    """Look at this machine's own memory: whether it can be locked and read, and what a run left open."""
    from plansync import wiring

    if not paths.local.is_dir():
        yield Finding("local memory", Health.WELL, "no run was made on this machine yet")
        return
    try:
        with wiring.lock(paths)("doctor"):
            found = _database(paths)
    except Busy as error:
        yield Finding("lock", Health.NOTE, str(error), "wait for it")
    except Damaged as error:
        way = (
            f"move {relative(paths.database)} aside, as plansync doctor --fix does; the next run reads the tracker "
            "anew, and plansync log begins anew"
        )
        yield Finding("local memory", Health.ILL, str(error), way, lambda: _put_aside(paths))
    except StoreError as error:
        yield Finding("local memory", Health.ILL, str(error))
    else:
        yield found


def _put_aside(paths: Paths) -> None:
    """Put the database aside while nobody is at work with it.

    Raises: Busy where somebody is; StoreError where it cannot be done.
    """
    from plansync import wiring
    from plansync.store import shelf

    with wiring.locked_alone(paths, "doctor"):
        shelf.put_aside(paths.database)


def _database(paths: Paths) -> Finding:
    """Look at the database.

    Raises: Damaged where it is none any more; StoreError where it cannot be read.
    """
    from contextlib import closing

    from plansync.store import shelf

    if not paths.database.is_file():
        return Finding("local memory", Health.WELL, "empty; the next run reads the tracker anew")
    with closing(shelf.connect(paths.database)) as db:
        answer = shelf.soundness(db)
        if answer != "ok":
            raise Damaged(f"the local database {paths.database} is damaged: {answer}")
        sql = "SELECT state, count(*) FROM journal WHERE state NOT IN ('folded', 'refused') GROUP BY state"
        open_ = dict(db.execute(sql).fetchall())
    if not open_:
        return Finding("local memory", Health.WELL, "sound, and no run was cut off")
    words = ", ".join(f"{count} {state}" for state, count in sorted(open_.items()))
    text = f"a run was cut off ({words}); the next one finds out what landed, and makes nothing twice"
    return Finding("journal", Health.NOTE, text, f"plansync sync {paths.plan}")


def _tracker(home: Home, listen: Listener) -> Iterator[Finding]:
    """Ask the tracker: whether it answers, who we are there, and whether that may write."""
    from plansync import wiring

    if home.settings.kind == "sandbox":
        yield Finding("tracker", Health.WELL, "the sandbox, on this machine")
        return
    try:
        target = wiring.target_of(home.settings)
        found = asyncio.run(wiring.look_at(home.settings, listen))
    except PlansyncError as error:
        where = home.file.name if home.file else "the options"
        yield Finding("tracker", Health.ILL, str(error), f"which tracker is asked: see {where}")
        return
    place = found.repository
    who = f" as {found.account}" if found.account else ""
    if place.refusal:
        yield Finding(
            "tracker", Health.ILL, f"{target}{who}: {place.refusal}", "use an account that may write there"
        )
        return
    yield Finding("tracker", Health.NOTE if place.warning else Health.WELL, f"{target}{who}", place.warning)
    if found.is_protected:
        text = f"{place.default_branch} is protected: a job that commits the plan there is refused"
        yield Finding("default branch", Health.NOTE, text)
