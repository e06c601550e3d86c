"""`plansync status`: where a plan stands, from the file alone."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from plansync.cli.context import Common, find_plan
from plansync.cli.options import Plan
from plansync.errors import ConfigError, PlansyncError

if TYPE_CHECKING:
    from plansync.config import Home

_BAR = 20


def command(context: typer.Context, plan: Plan = None) -> None:
    """Show progress by phase and what comes next; works offline on any plan."""
    from plansync.cli.output import Writer, dumped

    common: Common = context.obj
    home = common.home()
    found = _status(home, find_plan(home, plan))
    if common.as_json:
        typer.echo(dumped(found))
    else:
        _print(Writer(common.has_color), found)


def _status(home: Home, path: Path) -> dict[str, Any]:
    from plansync import durations, wiring
    from plansync.document import bind
    from plansync.document.dialects import DIALECTS
    from plansync.document.tree import parse
    from plansync.model import OVERVIEW, Field, Kind, State, state_of, text_of, uids_of
    from plansync.planning.progress import progress, shown_state, tasks_in
    from plansync.store import state
    from plansync.store.files import read_plan
    from plansync.sync.session import require_plan

    document = parse(read_plan(path), DIALECTS[0])
    require_plan(document, str(path))
    items = bind.snapshot(document, path.stem).items
    paths = wiring.paths_of(wiring.bound(home, path), path)
    known = next((s for s in (paths.state, *paths.states) if s.is_file()), None)
    raw = known.read_bytes() if known else b""
    base = state.load(raw.decode("utf-8", "replace"), str(paths.state)).base if raw else None
    states = {
        uid: shown_state(items, uid, state_of(base.agreed.get(uid)) if base else None)
        for uid, item in items.items()
        if item.kind is Kind.TASK
    }

    def named(uid: str) -> dict[str, Any]:
        item = items[uid]  # type: ignore[index]
        there = base.remote.get(item.uid) if base else None
        label = document.nodes[item.at or 0].label
        return {
            "uid": uid,
            "label": label,
            "title": text_of(item, Field.TITLE),
            "ref": there.at if there else None,
        }

    def left(uid: str) -> int:
        duration = durations.read(text_of(items[uid], Field.ESTIMATE))  # type: ignore[index]
        return duration.high if duration else 0

    todo = [u for u, s in states.items() if s is State.TODO]
    waits = {u: [d for d in uids_of(items[u], Field.DEPENDS) if d in todo] for u in todo}
    phases = [
        {
            "uid": u,
            "title": text_of(i, Field.TITLE),
            **_counted(progress({t.uid: states[t.uid] for t in tasks_in(items, u)})),
        }
        for u, i in items.items()
        if i.kind is Kind.PHASE
    ]
    linked = (
        sum(1 for u, i in base.remote.items() if i.kind is Kind.TASK and i.at and u in items) if base else 0
    )
    conflicts = [c for i in base.agreed.values() for c in i.fields.get(Field.TOLD, ())] if base else []  # type: ignore[union-attr]
    return {
        "schema": "plansync/status/1",
        "path": str(path),
        "title": text_of(items[OVERVIEW], Field.TITLE),
        **_counted(progress(states)),
        "phases": phases,
        "next": [named(u) for u in todo if not waits[u]],
        "waiting": [{**named(u), "for": [named(d) for d in waits[u]]} for u in todo if waits[u]],
        "decisions": sorted(str(c) for c in conflicts),
        "left_min": sum(left(u) for u in todo),
        "linked": linked,
    }


def _counted(now: Any) -> dict[str, int]:
    return {"done": now.done, "total": now.total, "percent": now.percent}


def _print(writer: Any, found: dict[str, Any]) -> None:
    from plansync import durations
    from plansync.text import visible

    writer.heading(visible(found["title"]))
    width = max((len(visible(p["title"])) for p in found["phases"]), default=0)
    for phase in found["phases"]:
        writer.say(f"  {visible(phase['title']):<{width}}  {_bar(phase)}  {phase['done']}/{phase['total']}")
    left = f", {durations.write(found['left_min'])} left by the estimates" if found["left_min"] else ""
    writer.say(f"{found['percent']}% done: {found['done']} of {found['total']} tasks{left}")
    for task in found["next"][:3]:
        writer.say(f"Next:    {_named(task)}")
    for task in found["waiting"][:3]:
        writer.say(f"Waiting: {_named(task)} (for {', '.join(t['label'] for t in task['for'])})")
    more = len(found["waiting"]) - 3
    if more > 0:
        writer.say(f"         and {more} more")
    if found["decisions"]:
        writer.say(f"To decide: {len(found['decisions'])}; see plansync diff")
    if found["linked"]:
        writer.say(f"{found['linked']} tasks have an issue.")
    else:
        writer.say("Not on a tracker yet; see what a push would do: plansync diff")


def _named(task: dict[str, Any]) -> str:
    from plansync.text import visible

    number = f"  #{task['ref']}" if task["ref"] else ""
    return visible(f"{task['label']} {task['title']}{number}")


def _bar(phase: dict[str, Any]) -> str:
    full = int(phase["percent"]) * _BAR // 100
    return "█" * full + "░" * (_BAR - full)


def overview(common: Common) -> None:
    """Show the daily commands and one line of state: what a bare `plansync` prints."""
    from plansync.text import visible

    typer.echo("plansync keeps a Markdown plan and its issues telling the same story.\n")
    for verb, what in (
        ("status", "progress and what comes next, offline"),
        ("diff", "what a sync would do, both ways"),
        ("push", "plan → issues"),
        ("pull", "issues → plan"),
        ("sync", "both"),
    ):
        typer.echo(f"  plansync {verb:<8}{what}")
    typer.echo("\n  plansync demo    see it work, on this machine only\n  plansync --help  everything\n")
    try:
        home = common.home()
        found = _status(home, find_plan(home, None))
        done = f"{found['percent']}% ({found['done']}/{found['total']} tasks)"
        text = f"{found['path']}: {done}, {found['linked']} linked"
    except (ConfigError, PlansyncError) as error:
        text = str(error)
    typer.echo(visible(text))
