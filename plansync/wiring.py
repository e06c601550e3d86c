"""The composition root: picks the concrete classes, and nothing else does."""

from __future__ import annotations

import asyncio
import contextlib
import math
import os
import re
import secrets
import shutil
import time
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import AbstractContextManager, AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

from plansync import config, remotes
from plansync.config import Home, Settings, dialect_of
from plansync.document.marking import Marking
from plansync.errors import AuthError, Busy, ConfigError, PlansyncError, StoreError, Unreadable
from plansync.model import Field
from plansync.reconcile.given import Policy
from plansync.sandbox.app import REPO, TOKEN, app
from plansync.sandbox.records import Records
from plansync.store import places, shelf, state
from plansync.store.branch import other_branch
from plansync.store.files import PlanFiles, read_state
from plansync.store.header import command as state_command
from plansync.store.journal import Journal
from plansync.store.lock import is_held, locked
from plansync.store.moments import Commits
from plansync.store.state import Target
from plansync.sync.events import Answered, Listener, Waiting
from plansync.sync.project import Project
from plansync.sync.reading import Parse, reader
from plansync.sync.stopping import Stop
from plansync.trackers.addresses import is_loopback
from plansync.trackers.base import Repository, Tracker, Traits
from plansync.trackers.credentials import Kind, find_gitlab_token, find_token, own_token, sign_in_advice
from plansync.trackers.http import in_process
from plansync.trackers.registry import adapter
from plansync.trackers.token import Token

SANDBOX_URL = "http://127.0.0.1:7526"


@dataclass(frozen=True, slots=True)
class Paths:
    """Where one plan's things are. `name` is the plan's path from the root, with slashes."""

    plan: Path
    root: Path
    name: str
    state: Path
    local: Path

    @property
    def states(self) -> tuple[Path, ...]:
        """Every state file the plan can have: with a tracker, and with the sandbox."""
        return tuple(places.file_of(self.root, self.name, is_local=is_local) for is_local in (False, True))

    @property
    def is_local(self) -> bool:
        """Whether the state file is this machine's own: the sandbox's."""
        return self.state.is_relative_to(self.local)

    @property
    def former(self) -> places.Kept | None:
        """The state file that the plan left behind when it was moved."""
        return places.left_behind(self.root, self.plan, self.state, is_local=self.is_local)

    @property
    def others(self) -> tuple[places.Kept, ...]:
        """The state files of the project's other plans."""
        found = places.kept(self.root, is_local=self.is_local)
        return tuple(k for k in found if k.file != self.state)

    @property
    def database(self) -> Path:
        """The local database."""
        return self.local / "plansync.db"

    @property
    def pulse(self) -> Path:
        """Where it is written when the plan was last synced here."""
        return self.local / f"{_short(self)}.pulse"

    @property
    def sandbox(self) -> Path:
        """The embedded tracker's records."""
        return self.local / "sandbox.db"


def paths_of(home: Home, plan: Path) -> Paths:
    """Find a plan's root, state file and local folder."""
    home = config.for_plan(home, plan)
    root = config.root_of(home, plan)
    name = plan.resolve().relative_to(root.resolve()).as_posix()
    is_local = home.settings.kind == "sandbox"
    state_file = places.file_of(root, name, is_local=is_local)
    return Paths(plan, root, name, state_file, root / places.FOLDER / places.LOCAL)


def bound(home: Home, plan: Path) -> Home:
    """Give the settings for one plan; where none names a tracker, that of its committed state file goes on."""
    home = config.for_plan(home, plan)
    settings = home.settings
    if settings.tracker is not None or settings.repo or settings.api_url:
        return home
    target = _committed_target(home, plan)
    if target is None or target.kind == "sandbox":
        return home
    if not _is_trusted(target, config.root_of(home, plan)):
        raise ConfigError(
            f"the state file says that this plan is synced with {target}, and nothing else here names that place. If "
            f"it is right, say so: add {' '.join(flags_of(target))}"
        )
    named = {"tracker": target.kind, "repo": target.project, "api_url": target.api}
    return home.model_copy(update={"settings": settings.model_copy(update=named)})


def _committed_target(home: Home, plan: Path) -> Target | None:
    """Read where the plan's committed state file, or the one it left behind, says that it is synced.

    Raises: StoreError where it cannot be read: nothing else says where the issues are.
    """
    paths = paths_of(home, plan)
    known = paths.states[0]
    if not known.is_file():
        moved = places.left_behind(paths.root, plan, known, is_local=False)
        known = moved.file if moved else known
    if not known.is_file():
        return None
    try:
        raw = read_state(known)
    except OSError as error:
        raise StoreError(f"the state file {known} cannot be read: {error.strerror}") from None
    try:
        return state.load(raw.decode("utf-8", "replace"), str(known), str(plan)).target if raw else None
    except Unreadable:
        mend = state_command("rebuild", str(plan), "-R", "OWNER/NAME")
        raise StoreError(
            f"{known} cannot be read, and only it said where the plan's issues are. Name the place, and it is rebuilt "
            f"from them: `{mend}`"
        ) from None


def _is_trusted(target: Target, root: Path) -> bool:
    """Say whether a place that only a committed file names may be sent a token: it may come from anybody."""
    host = host_of(target.api)
    if target.api == adapter(target.kind).api_url or is_loopback(host):
        return True
    own = re.search(r"(?:@|://(?:[^@/]*@)?)([^/:@]+)", remotes.git_remote(root))
    return own is not None and host.removeprefix("api.") == own[1]


def flags_of(target: Target) -> tuple[str, ...]:
    """Write a target as the options that name it."""
    if target.kind == "sandbox":
        return ("--tracker", "sandbox")
    kind = () if target.kind == "github" else ("--tracker", target.kind)
    address = () if target.api == adapter(target.kind).api_url else ("--api-url", target.api)
    return (*kind, *address, "-R", target.project)


def target_of(settings: Settings) -> Target:
    """Say where the settings point.

    Raises: ConfigError where a tracker is named without its repository.
    """
    if settings.kind == "sandbox":
        return Target("sandbox", "sandbox", REPO)
    if settings.repo is None:
        raise ConfigError(
            'no repository is named: add -R OWNER/NAME, or repo = "OWNER/NAME" in plansync.toml'
        )
    api = settings.api_url or adapter(settings.kind).api_url
    if not api:
        raise ConfigError(f"a tracker of the kind {settings.kind!r} needs its address: add --api-url URL")
    return Target(settings.kind, api.rstrip("/"), settings.repo)


@dataclass(frozen=True, slots=True)
class Limits:
    """How long a run may take: until `deadline` (seconds of the monotonic clock), or until it is stopped."""

    stop: Stop = field(default_factory=Stop)
    deadline: float = math.inf

    def left_s(self) -> float:
        """Say how many seconds the run still has."""
        return 0.0 if self.stop.is_asked else self.deadline - time.monotonic()


@asynccontextmanager
async def project(
    home: Home, plan: Path, listen: Listener, *, is_dry: bool, limits: Limits | None = None
) -> AsyncIterator[Project]:
    """Open a plan with everything a run needs.

    A dry run leaves no trace on disk, nor does a first one that fails before it wrote anything.
    """
    paths = paths_of(home, plan)
    target = target_of(home.settings)
    is_new = not paths.local.exists()
    async with AsyncExitStack() as stack:
        if is_new and not is_dry:
            stack.push(lambda kind, error, trace: _leave_no_trace(paths, error))
        yield await _opened(stack, home, paths, target, listen, is_dry, limits or Limits())


async def _opened(
    stack: AsyncExitStack,
    home: Home,
    paths: Paths,
    target: Target,
    listen: Listener,
    is_dry: bool,
    limits: Limits,
) -> Project:
    settings = home.settings
    caches, durable = _databases(paths, is_dry)
    stack.callback(durable.close)
    stack.callback(caches.close)
    records = _records(paths, is_dry) if settings.kind == "sandbox" else None
    if records is not None:
        stack.callback(records.close)
    tracker = _tracker(settings, target, caches, records, listen, limits)
    stack.push_async_callback(tracker.aclose)
    at = datetime.now(UTC).isoformat(timespec="seconds")
    former = paths.former
    return Project(
        name=paths.plan.stem,
        path=paths.name,
        parse=reads(home, paths),
        named=str(paths.plan),
        config=config.fingerprint(home, paths.plan, str(target)),
        config_at=lambda former: config.fingerprint(home, paths.plan, str(former)),
        files=plan_files(paths),
        target=target,
        tracker=tracker,
        keeper=shelf.Shelf(caches, f"records {target}"),
        journal=lambda lineage: Journal(durable, lineage, at),
        lock=lock(paths),
        now=lambda: datetime.now().astimezone(),
        new_id=new_id,
        sleep=asyncio.sleep,
        monotonic=time.monotonic,
        policy=Policy(**settings.when.model_dump()),
        links=settings.links and settings.kind != "sandbox",
        milestones=settings.milestones,
        marking=marking(settings, tracker.traits),
        has_links=settings.dependencies == "links",
        overview=settings.overview,
        prose=settings.prose,
        title=settings.title,
        link=config.plan_link(paths.plan, target.api, target.project),
        place=config.plan_title(paths.plan),
        branch=other_branch(paths.plan.resolve().parent, settings.default_branch, os.environ),
        max_creates=settings.max_creates,
        settle_wait_s=settings.settle_s,
        flags=flags_of(target),
        commits=(commits := Commits(paths.plan, paths.state)),
        former_paths=lambda: commits.former_paths(paths.root),
        is_there=lambda name: os.path.exists(paths.root / name),  # noqa: PTH110 - it raises for no name
        first_lineage=lambda uids: _first_lineage(target, paths.name, uids),
        claimed={k.lineage: k.path for k in paths.others if former is None or k.lineage != former.lineage},
    )


def marking(settings: Settings, traits: Traits) -> Marking:
    """Say how labels and owners are made."""
    risk = traits.risk_label if settings.risk_label is None else settings.risk_label
    has_efforts = Field.EFFORT in traits.stores and settings.estimates == "text"
    return Marking(
        risk, settings.estimates == "label", config.people(settings), has_efforts, traits.scope_mark
    )


def new_id() -> str:
    """Make an id that nothing else has."""
    return secrets.token_hex(4)


def _first_lineage(target: Target, name: str, uids: Sequence[str]) -> str:
    """Make an id for a plan that is begun, of what any other copy of it knows as well."""
    return sha256("\n".join((str(target), name, *uids)).encode()).hexdigest()[:8]


def reads(home: Home, paths: Paths) -> Parse:
    """Say how this plan is read."""
    known = next((p for p in (paths.state, *paths.states) if p.is_file()), None)
    moved = paths.former if known is None else None
    form = state.form_in(moved.file if moved else known)
    return reader(paths.name, dialect_of(home, paths.plan), home.settings.ticks, form)


def _leave_no_trace(paths: Paths, error: BaseException | None) -> None:
    """Take away what a first run made that failed before its first write; the holder of a lock keeps all."""
    is_alone = len(list(paths.local.glob("*.lock"))) <= 1
    if not isinstance(error, PlansyncError) or isinstance(error, Busy) or not is_alone:
        return
    with contextlib.closing(shelf.connect(paths.database)) as db:
        has_begun = not Journal(db, "", "").is_empty()
    if not has_begun:
        shutil.rmtree(paths.local, ignore_errors=True)
        with contextlib.suppress(OSError):
            paths.local.parent.rmdir()


def _databases(paths: Paths, is_dry: bool) -> tuple[shelf.Database, shelf.Database]:
    if is_dry:
        memory = shelf.copy(paths.database) if paths.database.exists() else shelf.connect(None)
        return memory, memory
    return shelf.connect(paths.database, is_cache=True), shelf.connect(paths.database)


def _records(paths: Paths, is_dry: bool) -> Records:
    return Records(None if is_dry and not paths.sandbox.exists() else paths.sandbox)


def _tracker(
    settings: Settings,
    target: Target,
    caches: shelf.Database,
    records: Records | None,
    listen: Listener,
    limits: Limits,
) -> Tracker:
    cache = shelf.Shelf(caches, f"http {target}")

    def on_wait(seconds: float, reason: str) -> None:
        listen(Waiting(seconds, reason))

    def on_answer(method: str, path: str, status: int, took_s: float) -> None:
        listen(Answered(method, path, status, took_s))

    if records is not None:
        transport = in_process(app(records, token=TOKEN, repo=REPO))
        api = f"{SANDBOX_URL}/api/v3"
        return adapter("github").open(
            api,
            REPO,
            token=Token(TOKEN),
            cache=cache,
            transport=transport,
            is_paced=False,
            on_answer=on_answer,
        )
    token = token_of(target)
    is_usual = adapter(target.kind).is_paced and not is_loopback(host_of(target.api))
    is_paced = settings.pace == "on" or (settings.pace == "auto" and is_usual)
    ca_file = Path(settings.ca_file) if settings.ca_file else None
    return adapter(target.kind).open(
        target.api,
        target.project,
        dropped_labels=tuple(settings.dropped_labels),
        token=token,
        cache=cache,
        counters=shelf.Shelf(caches, "bucket"),
        sleep=limits.stop.pause,
        time_left_s=limits.left_s,
        is_paced=is_paced,
        ca_file=ca_file,
        max_wait_s=settings.max_wait_s,
        on_wait=on_wait,
        on_answer=on_answer,
    )


def token_of(target: Target) -> Token | None:
    """Find the token for a target; a tracker of another kind than ours may take none.

    Raises: AuthError where there is none.
    """
    match target.kind:
        case "github":
            token, advice = find_token(target.api, os.environ), sign_in_advice(target.api)
        case "gitlab":
            token = find_gitlab_token(target.api, os.environ)
            advice = sign_in_advice(target.api, Kind.GITLAB)
        case _:
            return own_token(os.environ)
    if token is None:
        raise AuthError(f"no token for {target.api}: {advice}")
    return token


@dataclass(frozen=True, slots=True)
class Standing:
    """What a repository is to the account that would write there. `is_protected`: its default branch, where known."""

    repository: Repository
    account: str
    is_protected: bool | None


async def look_at(settings: Settings, listen: Listener = lambda event: None) -> Standing:
    """Read where the settings point; nothing is written, there or here.

    Raises: AuthError where there is no token; the `TrackerError` family.
    """
    with contextlib.closing(shelf.connect(None)) as nothing:
        tracker = _tracker(settings, target_of(settings), nothing, None, listen, Limits())
        try:
            repository = await tracker.repository()
            branch = repository.default_branch
            account = await tracker.account()
            return Standing(repository, account, await tracker.is_protected(branch) if branch else None)
        finally:
            await tracker.aclose()


def host_of(address: str) -> str:
    """Read the host of an address."""
    host = address.partition("://")[2].partition("/")[0]
    return host.rpartition(":")[0] if host.rpartition(":")[2].isdigit() else host


def plan_files(paths: Paths, state: Path | None = None) -> PlanFiles:
    """Open a plan and its state file: the one for the settings, with what a moved plan left behind, or another."""
    record = paths.local / f"{_short(paths)}.record"
    if state is not None:
        return PlanFiles(paths.plan, state, record)
    moved = paths.former
    return PlanFiles(paths.plan, paths.state, record, moved.file if moved else None)


def lock(paths: Paths) -> Callable[[str], AbstractContextManager[None]]:
    """Make the lock of one plan; it is taken with the name of the command that holds it."""
    at = datetime.now().astimezone().isoformat(timespec="seconds")
    return lambda command: locked(paths.local / f"{_short(paths)}.lock", f"plansync {command}", at)


@contextmanager
def locked_alone(paths: Paths, command: str) -> Iterator[None]:
    """Hold the locks of all plans that were ever synced here, whose runs share the database.

    Raises: Busy where one of them is at work.
    """
    at = datetime.now().astimezone().isoformat(timespec="seconds")
    with contextlib.ExitStack() as held:
        for file in sorted(paths.local.glob("????????.lock")):
            held.enter_context(locked(file, f"plansync {command}", at))
        yield


def watcher(paths: Paths) -> AbstractContextManager[None]:
    """Make the lock of whoever watches a plan: one at a time, beside the runs.

    Raises: Busy where somebody does.
    """
    shelf.connect(paths.database).close()
    at = datetime.now().astimezone().isoformat(timespec="seconds")
    busy = f"{paths.name} is being watched already ({{holder}}); end that first"
    return locked(paths.local / f"{_short(paths)}.watch.lock", "plansync watch", at, busy)


def is_watched(paths: Paths) -> bool:
    """Say whether somebody watches a plan at this moment."""
    return is_held(paths.local / f"{_short(paths)}.watch.lock")


def _short(paths: Paths) -> str:
    """Name a plan in eight letters, for files of its own in the local folder."""
    return sha256(paths.name.encode()).hexdigest()[:8]


@contextmanager
def locked_for_a_moment(paths: Paths, command: str) -> Iterator[None]:
    """Hold a plan's lock for one replacement; where no run was ever made, no folder is left behind."""
    is_new = not paths.local.exists()
    try:
        with lock(paths)(command):
            yield
    finally:
        if is_new and paths.local.is_dir() and not paths.database.exists():
            for file in (*paths.local.glob("*.lock"), *paths.local.glob("*.holder")):
                file.unlink(missing_ok=True)
            for folder in (paths.local, paths.local.parent):
                with contextlib.suppress(OSError):
                    folder.rmdir()
