"""A plan and its tracker, for programs: the same rules, guards and files as the command line, and no questions.

Whoever calls `apply` or `sync` has said yes. The guards hold all the same, and raise `SafetyStop`, which names what
lets it pass. Nothing is printed.
"""

from __future__ import annotations

import asyncio
import json
import os
import threading
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from plansync import config, durations, plans, wiring
from plansync.checks import catalogue
from plansync.checks import run as checks
from plansync.checks.context import Beside
from plansync.document.tree import Document
from plansync.document.view import View, snapshot
from plansync.errors import ConfigError
from plansync.library.values import Conflict, Operation, Problem, Result, Step, Task
from plansync.model import OVERVIEW, Base, Field, Item, Kind, Uid, conflict_id, steps_of, text_of
from plansync.planning.progress import shown_state
from plansync.store import state
from plansync.store.files import read_plan, read_requirements, read_state, replace_file
from plansync.sync import guards, saved
from plansync.sync.events import Done, Event, Report
from plansync.sync.run import Direction, Options, run

if TYPE_CHECKING:
    from plansync.store.state import Saved
    from plansync.sync.session import Session

Way = Literal["push", "pull", "sync"]
_Found = TypeVar("_Found")


def open_plan(
    path: str | os.PathLike[str],
    *,
    tracker: str | None = None,
    repo: str | None = None,
    api_url: str | None = None,
    settings: str | os.PathLike[str] | None = None,
    environ: Mapping[str, str] | None = None,
) -> Plan:
    """Open a plan, with the settings that hold where it lies; what is named here stands before them.

    `settings`: a settings file to use. `environ`: where variables are read, tokens excepted; the process's own.
    Raises: ConfigError for settings that cannot be acted on; PlanError for a plan that cannot be read.
    """
    file = Path(path)
    flags = {"tracker": tracker, "repo": repo, "api_url": api_url}
    known = os.environ if environ is None else environ
    home = config.load(plans.followed(file).parent, known, flags, Path(settings) if settings else None)
    plan = Plan(file, config.for_plan(home, file))
    plan.read()
    return plan


class Plan:
    """One plan. What it says is read when it is opened, by `read`, and after each run that may have written it."""

    def __init__(self, path: Path, home: config.Home) -> None:
        self.path = path
        self._home = home
        self._document: Document
        self._view: View
        self._saved: Saved | None = None

    def read(self) -> None:
        """Read the plan and what is remembered of it anew.

        Raises: PlanError, StoreError where that cannot be done.
        """
        paths = wiring.paths_of(self._home, self.path)
        self._document = wiring.reads(self._home, paths)(read_plan(self.path))
        self._view = snapshot(self._document, self.path.stem, milestones="phase")
        moved = paths.former
        kept = (paths.state, *paths.states, *([moved.file] if moved else []))
        file = next((known for known in kept if known.is_file()), None)
        text = read_state(file).decode("utf-8", "replace") if file else ""
        self._saved = state.load(text, str(file), str(self.path)) if text else None

    @property
    def title(self) -> str:
        """The plan's title."""
        return text_of(self._view.items[OVERVIEW], Field.TITLE)

    @property
    def dialect(self) -> str:
        """The form that it is written in."""
        return self._document.dialect.name

    @property
    def tasks(self) -> tuple[Task, ...]:
        """All tasks, in the plan's order."""
        items = self._view.items
        return tuple(self._task(item) for item in items.values() if item.kind is Kind.TASK)

    def _task(self, item: Item) -> Task:
        items, base = self._view.items, self._saved.base if self._saved else Base()
        duration = durations.read(text_of(item, Field.ESTIMATE))
        phase = items.get(Uid(text_of(item, Field.PHASE)))
        there = base.remote.get(item.uid)
        return Task(
            item.uid,
            self._document.nodes[item.at or 0].label,
            text_of(item, Field.TITLE),
            text_of(phase, Field.TITLE),
            shown_state(items, item.uid, base).value,
            tuple(
                Step(text_of(step, Field.TEXT), str(step.fields[Field.TICK]), self._line(step))
                for step in steps_of(items, item.uid)
            ),
            duration.high if duration else None,
            there.at if there else None,
            self._line(item),
        )

    def _line(self, item: Item) -> int:
        return self._document.line_no(self._document.nodes[item.at or 0].block.span.start)

    def check(self, *, select: Sequence[str] = (), ignore: Sequence[str] = ()) -> tuple[Problem, ...]:
        """Find what is wrong in the plan, by its lines; the codes are in docs/checks.md.

        Raises: ConfigError for a code that there is not.
        """
        chosen = self._home.settings.check
        if wrong := [text for code in (*select, *ignore) if (text := catalogue.misspelt(code))]:
            raise ConfigError(wrong)
        codes = catalogue.chosen(list(select) or chosen.select, list(ignore) or chosen.ignore)
        base, lineage = (self._saved.base, self._saved.lineage) if self._saved else (Base(), "")
        people = config.people(self._home.settings)
        beside = Beside(self.path.stem, read_requirements(self.path), base, lineage, people)
        return tuple(
            Problem(
                found.code,
                found.severity.value,
                found.line,
                found.column,
                found.message,
                found.help,
                bool(found.fix) and self._document.dialect.is_written,
            )
            for found in checks.check(self._document, beside, codes)
        )

    def diff(self, way: Way = "sync", *, only: Collection[str] = (), full: bool = False) -> Changes:
        """Decide what a run would do, and write nothing anywhere.

        `only`: tasks by number, title or id. `full`: each linked issue is read directly.
        Raises: the `PlansyncError` family.
        """
        shown: list[dict[str, Any]] = []

        def keep(session: Session, chosen: Sequence[Done]) -> None:
            at = session.project.now().isoformat(timespec="seconds")
            shown.append(saved.document(session, chosen, at))

        options = Options(_direction(way), is_dry=True, only=only, full=full, decided=keep)
        report = self._run("diff", options)
        return Changes(self, _result(report), json.dumps(shown[-1], ensure_ascii=False, indent=2).encode())

    def sync(
        self,
        way: Way = "sync",
        *,
        only: Collection[str] = (),
        allow: Collection[str] = (),
        full: bool = False,
    ) -> Result:
        """Bring plan and issues together, without showing it first; `allow` lets guards pass, once.

        Raises: the `PlansyncError` family, as long as nothing was written; later errors are in the result.
        """
        return self._done(way, Options(_direction(way), only=only, allow=allow, full=full))

    def _done(self, command: str, options: Options) -> Result:
        guards.require_known(options.allow)
        try:
            return _result(self._run(command, options))
        finally:
            self.read()

    def _run(self, command: str, options: Options) -> Report:
        home = wiring.bound(self._home, self.path)
        if home.settings.tracker is None and not home.settings.repo and not home.settings.api_url:
            raise ConfigError(f'no tracker is named for {self.path}; to try it here: tracker="sandbox"')

        async def go() -> Report:
            async with wiring.project(home, self.path, _unheard, is_dry=options.is_dry) as project:
                return await run(project, command, options)

        return _waited(go)


class Changes:
    """What a run would do, as `Plan.diff` saw it. `apply` does exactly that, or nothing."""

    def __init__(self, plan: Plan, seen: Result, document: bytes) -> None:
        self._plan, self._seen, self._document = plan, seen, document

    @property
    def operations(self) -> tuple[Operation, ...]:
        """Every write, and those that are left to another run."""
        return self._seen.operations

    @property
    def conflicts(self) -> tuple[Conflict, ...]:
        """What is for somebody to decide."""
        return self._seen.conflicts

    @property
    def notes(self) -> tuple[str, ...]:
        """What else there is to say."""
        return self._seen.notes

    @property
    def is_empty(self) -> bool:
        """Whether nothing would be written."""
        return not any(op.status == "planned" for op in self._seen.operations)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write them to a file, for `plansync apply` or for later.

        Raises: StoreError where it cannot be written.
        """
        replace_file(Path(path).resolve(), self._document)

    def apply(self, *, allow: Collection[str] = ()) -> Result:
        """Do it, if nothing that it touches moved since; else nothing.

        Raises: SafetyStop where something moved, or a guard stops it; the rest of the `PlansyncError` family as long as
        nothing was written; later errors are in the result.
        """
        known = saved.load(self._document, "what was shown")
        options = Options(allow=allow, decide=known.decide, lineage=known.lineage, rounds=1)
        return self._plan._done("apply", options)


def _direction(way: Way) -> Direction:
    try:
        return Direction(way)
    except ValueError:
        raise ConfigError(f"a run goes push, pull or sync; not {way!r}") from None


def _unheard(event: Event) -> None:
    """Nobody listens."""


def _waited(go: Callable[[], Awaitable[_Found]]) -> _Found:
    """Let a coroutine come to its end; where a loop is at work in this thread, as in a notebook, in another one.

    Raises: whatever it raises.
    """

    async def whole() -> _Found:
        return await go()

    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(whole())
    found: list[_Found] = []
    failed: list[BaseException] = []

    def work() -> None:
        try:
            found.append(asyncio.run(whole()))
        except BaseException as error:  # noqa: BLE001 - it is raised again, in the thread that waits
            failed.append(error)

    thread = threading.Thread(target=work, name="plansync")
    thread.start()
    thread.join()
    if failed:
        raise failed[0]
    return found[0]


def _result(report: Report) -> Result:
    return Result(
        report.outcome,
        tuple(_operation(report, done) for done in report.done),
        tuple(
            Conflict(
                conflict_id(each.uid, each.field),
                each.uid,
                report.labels.get(each.uid, each.uid),
                each.field.value,
                each.base,
                each.local,
                each.remote,
            )
            for each in report.conflicts
        ),
        tuple(note.text for note in (*report.notes, *report.left)),
        str(report.error or ""),
    )


def _operation(report: Report, done: Done) -> Operation:
    op = done.operation
    return Operation(
        op.side.value,
        op.kind,
        op.uid,
        report.labels.get(op.uid, op.uid),
        done.status.value,
        done.ref,
        done.url,
        {change.field.value: (change.old, change.new) for change in op.changes},
        done.error,
    )
