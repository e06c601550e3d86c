"""`plansync state`: look at what is remembered of a plan, and mend it."""

from __future__ import annotations

from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING, Annotated, Any

import typer

from plansync.cli.assent import require_assent
from plansync.cli.completing import Verb
from plansync.cli.context import Common, find_plan, name_of, relative, state_file
from plansync.cli.door import tell
from plansync.cli.options import Plan, Yes
from plansync.cli.worded import worded
from plansync.errors import ConfigError, ExitCode, SafetyStop, StoreError

if TYPE_CHECKING:
    from plansync.config import Home
    from plansync.store.files import PlanFiles
    from plansync.store.state import Saved, Target
    from plansync.wiring import Paths

app = typer.Typer(
    help="Look at what a sync remembers of a plan, and mend it",
    no_args_is_help=True,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.command(cls=Verb)
def show(context: typer.Context, plan: Plan = None) -> None:
    """Show what is remembered of a plan; offline.

    Each item with its issue: agreed, half still owed, not known, or in conflict.
    """
    from plansync.cli import memory
    from plansync.cli.each import Looking

    raise typer.Exit(Looking("state show", _shown, memory.print_memory).perform(context.obj, plan))


def _shown(home: Home, path: Path) -> dict[str, Any]:
    from plansync.cli import memory

    file = state_file(home, path)
    saved = _load(file, path) if file else None
    moved_from = saved.path if saved and saved.path != name_of(home, path) else ""
    return memory.document(str(path), str(relative(file)) if file else "", saved, moved_from)


@app.command(cls=Verb)
def rebuild(context: typer.Context, plan: Plan = None) -> int:
    """Read what is remembered anew, from the issues.

    Writes only the state file; the one that is there is kept aside. What plan and issues do not
    share is asked about by the next sync.
    """
    from plansync.cli.running import Request, perform

    return perform(context.obj, Request("state rebuild", plan, rebuild=True))


@app.command(cls=Verb)
@worded
def merge(
    context: typer.Context,
    files: Annotated[
        list[Path] | None,
        typer.Argument(help="PLAN whose state file holds git's conflict markers; or %O %A %B, from git."),
    ] = None,
) -> int:
    """Merge state files by item and field.

    With PLAN, where git left a conflict in its state file. With git's %O %A %B, as its merge driver:
    the result is written to %A.
    """
    named = files or []
    if len(named) == 3:
        return _drive(*named)
    if len(named) > 1:
        raise ConfigError(f"plansync state merge takes one plan, or git's %O %A %B; not {len(named)} files")
    _settle(context.obj, named[0] if named else None)
    return ExitCode.DONE


@app.command(cls=Verb)
@worded
def rekey(context: typer.Context, plan: Plan = None, yes: Yes = False) -> None:
    """Make a copied plan one of its own.

    It gets a new id, and loses the ids and links of the plan that it was copied from.
    """
    from plansync import wiring
    from plansync.cli.wording import ids_and_links
    from plansync.sync import mend

    home, path, paths = _opened(context, plan)
    if linked := _linked(paths):
        require_assent(context.obj, _loses(path, linked), "Make it a plan of its own?", yes=yes)
    files = [wiring.plan_files(paths, file) for file in paths.states]
    lineage = wiring.new_id()
    with wiring.locked_for_a_moment(paths, "state rekey"):
        count, asides = mend.rekey(files, wiring.reads(home, paths), lineage, str(path))
    were = "was" if count == 1 else "were"
    tell(f"{path} is plan {lineage} now; {ids_and_links(count)} of the other one {were} taken out.")
    _tell_aside(asides)
    tell(f"Issues stay as they are. See what its own first push would make: plansync diff {quote(str(path))}")


@app.command(cls=Verb)
@worded
def retarget(context: typer.Context, plan: Plan = None, yes: Yes = False) -> None:
    """Begin anew at another tracker, with the same ids.

    Name it with -R or --tracker, or in plansync.toml. The issues are forgotten: the next push is a
    first push.
    """
    from plansync import wiring
    from plansync.store import state
    from plansync.sync import mend

    home, path, paths = _opened(context, plan)
    target = _named_target(home)
    if target is None and paths.states[0].exists():
        paths = wiring.paths_of(home.with_tracker("github"), path)
    files = wiring.plan_files(paths)
    source = next((p for p in (paths.state, *paths.states) if p.is_file()), None) or _former(paths)
    if source is None:
        raise StoreError(
            f"{path} has no state file, so the next push is a first push already: `plansync diff {quote(str(path))}`"
        )
    known = _load(source, path)
    where = f"at {target}" if target else "wherever it is pushed next"
    if linked := _linked_in(known):
        require_assent(context.obj, _loses(path, linked), f"Begin anew {where}?", yes=yes)
    saved = mend.retargeted(known, target)
    with wiring.locked_for_a_moment(paths, "state retarget"):
        aside = mend.put_aside(files)
        files.write_state(state.dump(saved))
    tell(f"{path} keeps its ids and has no issues any more; it begins anew {where}.")
    _tell_aside([aside] if aside else [])
    flags = " ".join(wiring.flags_of(target)) if target else "-R OWNER/NAME"
    tell(f"See what a first push would make: plansync diff {flags} {quote(str(path))}")


@app.command(cls=Verb)
@worded
def lineage(
    context: typer.Context,
    plan: Plan = None,
    take: Annotated[
        str | None, typer.Option("--take", help="Make this the plan's own id.", metavar="ID")
    ] = None,
    new: Annotated[bool, typer.Option("--new", help="Give it an id that no issue bears.")] = False,
) -> None:
    """Show or choose a plan's own id.

    It stands in the plan's last line; the issues of the plan bear it.
    """
    from plansync import wiring

    home, path, paths = _opened(context, plan)
    if take is not None and new:
        raise ConfigError("--take and --new contradict each other; give one of them")
    if take is None and not new:
        _show_lineage(home, path, paths)
    else:
        _take_lineage(
            home, path, paths, _checked(take, paths) if take is not None else wiring.new_id(), is_new=new
        )


@app.command(cls=Verb)
@worded
def forget(
    context: typer.Context,
    path: Annotated[Path, typer.Argument(help="The plan that is gone, as it was named.")],
    yes: Yes = False,
) -> None:
    """Forget a plan that is gone.

    Deletes its state file. Its issues stay as they are.
    """
    from plansync import wiring

    common: Common = context.obj
    if path.exists():
        raise SafetyStop(f"{path} is there; to leave it: plansync unlink --all {quote(str(path))}")
    paths = wiring.paths_of(common.home(), path)
    known = [file for file in paths.states if file.is_file()]
    if not known:
        raise StoreError(f"nothing is remembered of {path} (looked for {relative(paths.states[0])})")
    names = ", ".join(str(relative(file)) for file in known)
    what = f"this would delete {names}, all that is remembered of {path}; its issues stay as they are"
    require_assent(common, what, "Go on?", yes=yes)
    with wiring.locked_for_a_moment(paths, "state forget"):
        for file in known:
            wiring.plan_files(paths, file).forget_state()
    tell(f"Forgot {path}: {names} deleted. Its issues stay as they are.")


# ------------------------------------------------------------------ what they share


def _opened(context: typer.Context, plan: Path | None) -> tuple[Home, Path, Paths]:
    from plansync import config, wiring

    home = context.obj.home()
    path = find_plan(home, plan)
    home = config.for_plan(home, path)
    return home, path, wiring.paths_of(home, path)


def _load(file: Path, plan: Path) -> Saved:
    """Read a state file.

    Raises: StoreError, with a way out.
    """
    from plansync.store import state

    return state.load(_text(file), str(relative(file)), str(plan))


def _text(file: Path) -> str:
    from plansync.store.files import read_state

    try:
        return read_state(file).decode("utf-8", "replace")
    except OSError as error:
        raise StoreError(f"{file} cannot be read: {error.strerror}") from None


def _tell_aside(asides: list[str]) -> None:
    for aside in asides:
        tell(f"The state file as it was is kept as {relative(Path(aside))}")


# ------------------------------------------------------------------------- merge


def _drive(ancestor: Path, ours: Path, theirs: Path) -> int:
    """Merge as git asks for it: the result is in `ours`. A file that is not there counts as empty."""
    from plansync.store import merging
    from plansync.store.files import replace_file

    texts = [_text(file) if file.exists() else "" for file in (ancestor, ours, theirs)]
    merged = merging.merge(*texts)
    replace_file(ours, merged.content)
    _tell_unknown(merged.unknown)
    return ExitCode.DONE


def _settle(common: Common, plan: Path | None) -> None:
    """Settle git's conflict in a plan's state file."""
    from plansync import config, wiring
    from plansync.store import merging, state
    from plansync.store.files import replace_file

    home = common.home()
    path = find_plan(home, plan)
    file = state_file(home, path)
    text = _text(file) if file else ""
    if file is None or not state.has_conflict(text):
        tell(f"There is no conflict in the state file of {path}.")
        return
    then, ours, theirs = merging.sides(text)
    then = config.git_ancestor(file) or then
    with wiring.locked_for_a_moment(wiring.paths_of(home, path), "state merge"):
        merged = merging.merge(then, ours, theirs, str(relative(file)))
        replace_file(file, merged.content)
    _tell_unknown(merged.unknown)
    tell(f"Merged. Now tell git: git add {quote(str(relative(file)))}")


def _tell_unknown(unknown: tuple[str, ...]) -> None:
    if unknown:
        names = ", ".join(unknown)
        tell(f"Both sides changed {names}; what differs there is compared anew by the next sync.", err=True)


# ------------------------------------------------------------ retarget, lineage, rekey


def _named_target(home: Home) -> Target | None:
    """Say where the options or the settings point, `None` where they name no place."""
    from plansync import wiring

    settings = home.settings
    is_named = settings.tracker is not None or settings.repo or settings.api_url
    return wiring.target_of(settings) if is_named else None


def _former(paths: Paths) -> Path | None:
    moved = paths.former
    return moved.file if moved else None


def _linked(paths: Paths) -> int:
    """Count the issues that a plan's state files know; a file that cannot be read counts as one."""
    count = 0
    for file in paths.states:
        if file.is_file():
            try:
                count += _linked_in(_load(file, paths.plan))
            except StoreError:
                count += 1
    return count


def _linked_in(saved: Saved) -> int:
    """Count what a state file knows of the tracker, milestones too."""
    from plansync.store import state

    return 0 if state.is_first(saved.base) else sum(i.at is not None for i in saved.base.remote.values())


def _loses(path: Path, linked: int) -> str:
    return f"{path} is linked to {linked} issues and milestones, which it would know no more"


def _files(paths: Paths) -> list[PlanFiles]:
    from plansync import wiring

    return [wiring.plan_files(paths, file) for file in paths.states]


def _show_lineage(home: Home, path: Path, paths: Paths) -> None:
    from plansync import wiring
    from plansync.store import state

    own = wiring.reads(home, paths)(_files(paths)[0].read()).lineage
    tell(f"The plan's last line:  {own or 'names none'}")
    for file in (*paths.states, *([former] if (former := _former(paths)) else [])):
        if file.is_file():
            first = state.header_in(file)
            tell(f"{relative(file)}:  {first.lineage if first else 'cannot be read'}")
    for other in paths.others:
        tell(f"Another plan, {other.path}:  {other.lineage}")


def _checked(take: str, paths: Paths) -> str:
    """Check an id that was typed.

    Raises: ConfigError for what is no id; SafetyStop for one that another plan here has.
    """
    from plansync.store.header import LINEAGE

    if not LINEAGE.fullmatch(take):
        raise ConfigError(f"--take: {take!r} is no plan's id; one is eight digits and lower-case letters")
    former = paths.former
    for other in paths.others:
        if other.lineage == take and other != former:
            raise SafetyStop(f"{take} is the id of {other.path}; two plans of one project cannot share it")
    return take


def _take_lineage(home: Home, path: Path, paths: Paths, lineage: str, *, is_new: bool) -> None:
    from plansync import wiring
    from plansync.store import state
    from plansync.store.header import command
    from plansync.sync import mend

    if is_new and _linked(paths):
        way = f"to make it a plan of its own: `{command('rekey', str(path), '--yes')}`"
        raise SafetyStop(f"{path} has issues under the id that it has; {way}")
    files = _files(paths)
    foreign = [f for f in files if (first := state.header_in(f.state)) and first.lineage != lineage]
    with wiring.locked_for_a_moment(paths, "state lineage"):
        is_changed = mend.take_lineage(files[0], wiring.reads(home, paths), lineage, str(path))
        asides = [mend.put_aside(f) for f in foreign]
    tell(f"{path} is plan {lineage}{' now' if is_changed or asides else ' already'}.")
    _tell_aside(asides)
