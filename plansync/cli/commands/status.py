"""`plansync status`: where a plan stands, from the file alone; with --remote also beside its tracker."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from plansync.cli.context import Common, find_plans, gone_plans, parser, recalled
from plansync.cli.door import say
from plansync.cli.options import Plan
from plansync.errors import ConfigError, PlansyncError

if TYPE_CHECKING:
    from plansync.config import Home
    from plansync.document.tree import Document
    from plansync.document.view import View
    from plansync.durations import Duration
    from plansync.model import Base, Item, State, Uid
    from plansync.planning.graph import Graph


def command(
    context: typer.Context,
    plan: Plan = None,
    remote: Annotated[
        bool, typer.Option("--remote", help="Ask the tracker too: how much a sync would send and bring.")
    ] = False,
) -> None:
    """Show progress, what comes next, what waits and the critical path; works offline on any plan."""
    from plansync.cli import standing, standings
    from plansync.cli.each import Looking

    read = partial(_beside_tracker, context.obj) if remote else _status
    looking = Looking("status", read, standing.print_standing, standings.print_standings)
    raise typer.Exit(looking.perform(context.obj, plan))


def _beside_tracker(common: Common, home: Home, path: Path) -> dict[str, Any]:
    """Say where a plan stands, and how much a sync would do.

    Raises: the `PlansyncError` family.
    """
    from plansync.cli.running import Performer, Request
    from plansync.model import Side
    from plansync.sync.events import Status

    look = Request("diff", path, dry_run=True, format="json")
    report = Performer(common, look, home).run(path, catches=False).report
    return _status(home, path) | {
        "remote": {
            "to_tracker": report.count(Side.REMOTE, Status.PLANNED),
            "to_plan": report.count(Side.LOCAL, Status.PLANNED),
            "conflicts": len(report.conflicts),
            "requests": report.requests.total,
        }
    }


def _status(home: Home, path: Path) -> dict[str, Any]:
    from plansync.model import Base, Kind
    from plansync.planning.progress import shown_state

    document, view = _seen(home, path)
    items = view.items
    saved, is_known = recalled(home, path)
    base = saved.base if saved else Base()
    states = {uid: shown_state(items, uid, base) for uid, item in items.items() if item.kind is Kind.TASK}
    found = _Standing(document, view, base, states).document(path)
    gone = gone_plans(home, path)
    return found | {
        "gone": gone,
        "is_known": is_known,
        "dialect": document.dialect.name,
        "is_written": document.dialect.is_written,
        "remote": None,
    }


def _seen(home: Home, path: Path) -> tuple[Document, View]:
    """Read a plan: the document, and what it shows."""
    from plansync.document.view import snapshot
    from plansync.store.files import read_plan
    from plansync.sync.reading import settled

    source, parse = read_plan(path), parser(home, path)
    torn = settled(source, str(path), parse)
    document = parse(torn.source if torn else source)
    return document, snapshot(document, path.stem, milestones="phase")


class _Standing:
    """Puts what planning finds into the words of `docs/schemas/status-1.json`."""

    def __init__(self, document: Document, view: View, base: Base, states: Mapping[Uid, State]) -> None:
        from plansync.model import State
        from plansync.planning.estimates import estimates, times
        from plansync.planning.graph import graph

        items = view.items
        self.plan, self.items, self.base, self.states = document, items, base, states
        self.estimates = estimates(items)
        self.times = times(self.estimates)
        self.graph = graph(items, view.partly)
        self.todo = self.graph.only({u for u, s in states.items() if s is State.TODO})

    def document(self, path: Path) -> dict[str, Any]:
        """Write the whole document."""
        from plansync.model import OVERVIEW, Field, text_of

        return {
            "schema": "plansync/status/1",
            "path": str(path),
            "title": text_of(self.items[OVERVIEW], Field.TITLE),
            **self._counted(self.states),
            **self._phases(),
            "time": self._time(),
            "points": self._points(),
            "implied_order": self.graph.is_implied,
            "next": self._named(self.todo.ready),
            "waiting": [{**self._name(u), "for": self._named(n)} for u, n in self.todo.waiting.items()],
            "unclear": self._named(u for u in self.todo.needs if u in self.todo.unclear),
            "cycle": self._named(self.todo.cycle or self.graph.cycle),
            **self._scheduled(self.todo),
            **self._open(),
            "linked": sum(1 for u in self.states if self._ref(u)),
        }

    def _counted(self, states: Mapping[Uid, State]) -> dict[str, int]:
        from plansync.planning.effort import effort
        from plansync.planning.progress import progress

        now = progress(states)
        left = effort(states, self.times).left.high
        return {"done": now.done, "total": now.total, "percent": now.percent, "left_min": left}

    def _phases(self) -> dict[str, Any]:
        from plansync.model import Field, Uid, text_of
        from plansync.planning.progress import by_phase

        counts = {p: self._counted({u: self.states[u] for u in t}) for p, t in by_phase(self.items).items()}
        named = {Uid(p): count for p, count in counts.items() if p in self.items}
        return {
            "phases": [
                {"uid": u, "title": text_of(self.items[u], Field.TITLE), **count}
                for u, count in named.items()
            ],
            "unphased": counts.get(""),
        }

    def _time(self) -> dict[str, int]:
        from plansync.planning.effort import effort

        now = effort(self.states, self.times)
        return {
            "done_min": now.done.high,
            "total_min": now.total.high,
            "percent": now.percent,
            "left_low_min": now.left.low,
            "unestimated": now.unestimated,
        }

    def _points(self) -> dict[str, float]:
        from plansync.planning.effort import points

        return dict(points(self.states, self.estimates)._asdict())

    def _scheduled(self, todo: Graph) -> dict[str, Any]:
        """Lay out the work that is left."""
        from plansync.planning.schedule import schedule

        found = schedule(todo, self.times)
        if found is None or not found.timings:
            return {"critical_path": None, "schedule": []}
        return {
            "critical_path": {
                "tasks": self._named(found.critical_path),
                "left_min": found.length.high,
                "left_low_min": found.length.low,
            },
            "schedule": [
                {
                    "uid": uid,
                    "label": self._label(self.items[uid]),
                    **_ends(self.times.get(uid)),
                    "earliest_start_min": timing.earliest_start_min,
                    "earliest_finish_min": timing.earliest_finish_min,
                    "latest_start_min": timing.latest_start_min,
                    "latest_finish_min": timing.latest_finish_min,
                    "slack_min": timing.slack_min,
                    "critical": timing.is_critical,
                }
                for uid, timing in found.timings.items()
            ],
        }

    def _open(self) -> dict[str, Any]:
        """Say what is left of the last runs: conflicts to decide, and halves that are agreed and owed."""
        from plansync.cli import pending
        from plansync.model import owner_of

        local = pending.paired(self.base, self.items) if self.base.agreed else self.items

        def placed(found: dict[str, Any]) -> dict[str, Any]:
            owner = owner_of(found["task"])
            item = local.get(found["task"]) or local.get(owner)
            title = pending.title_of(owner, local, self.base)
            return {
                **found,
                "label": self._label(local.get(owner)),
                "title": title,
                "line": self._line(item),
            }

        return {
            "decisions": [placed(d) for d in pending.decisions(self.base, local)],
            "owed": [placed(o) for o in pending.owed(self.base, local)],
            "removed": pending.removed(self.base, local),
        }

    def _named(self, uids: Iterable[Uid]) -> list[dict[str, Any]]:
        return [self._name(u) for u in uids]

    def _name(self, uid: Uid) -> dict[str, Any]:
        from plansync.model import Field, text_of

        item = self.items[uid]
        return {
            "uid": uid,
            "label": self._label(item),
            "title": text_of(item, Field.TITLE),
            "ref": self._ref(uid),
            "estimate": text_of(item, Field.ESTIMATE),
        }

    def _label(self, item: Item | None) -> str:
        """Read a phase's or task's number as written."""
        return self.plan.nodes[item.at].label if item and item.at is not None and item.at >= 0 else ""

    def _line(self, item: Item | None) -> int:
        """Find the line of an item, 0 where it has none."""
        if item is None or item.at is None or item.at < 0:
            return 0
        return self.plan.line_no(self.plan.nodes[item.at].block.span.start)

    def _ref(self, uid: Uid) -> int | None:
        there = self.base.remote.get(uid)
        return there.at if there else None


def _ends(time: Duration | None) -> dict[str, int | None]:
    return {"low_min": time.low if time else None, "high_min": time.high if time else None}


def overview(common: Common) -> None:
    """Show the daily commands and one line of state: what a bare `plansync` prints."""
    from plansync.text import in_line

    say("plansync keeps a Markdown plan and its issues telling the same story.\n")
    for verb, what in (
        ("status", "progress and what comes next, offline"),
        ("diff", "what a sync would do, both ways"),
        ("push", "plan → issues"),
        ("pull", "issues → plan"),
        ("sync", "both"),
    ):
        say(f"  plansync {verb:<8}{what}")
    say("\n  plansync init    set up this project\n  plansync demo    see it work, on this machine only")
    say("  plansync --help  everything\n")
    try:
        home = common.home()
        text = "\n".join(_in_one_line(_status(home, path)) for path in find_plans(home, None))
    except (ConfigError, PlansyncError) as error:
        text = in_line(str(error))
    say(text)


def _in_one_line(found: dict[str, Any]) -> str:
    from plansync.text import in_line

    done = f"{found['percent']}% ({found['done']}/{found['total']} tasks)"
    linked = f"{found['linked']} linked" if found["is_known"] else "its state file cannot be read"
    return in_line(f"{found['path']}: {done}, {linked}")
