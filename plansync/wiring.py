"""The composition root: picks the concrete classes, and nothing else does."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import secrets
import shutil
import time
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import AbstractContextManager, AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

from plansync import config
from plansync.config import Home, Settings, dialect_of
from plansync.errors import AuthError, Busy, ConfigError, PlansyncError, StoreError
from plansync.reconcile.rules import Policy
from plansync.sandbox.app import REPO, TOKEN, app
from plansync.sandbox.records import Records
from plansync.store import shelf, state
from plansync.store.branch import other_branch
from plansync.store.files import PlanFiles, read_plan
from plansync.store.journal import Journal
from plansync.store.lock import locked
from plansync.store.state import Target
from plansync.sync.events import Listener, Waiting
from plansync.sync.reading import Parse, reader
from plansync.sync.session import Project
from plansync.trackers.base import Tracker
from plansync.trackers.credentials import find_token, sign_in_advice
from plansync.trackers.http import Token, in_process, is_loopback
from plansync.trackers.registry import TRACKERS

GITHUB_API = "https://api.github.com"
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
        return self.root / ".plansync" / f"{self.name}.jsonl", self.local / f"{self.name}.jsonl"

    @property
    def database(self) -> Path:
        """The local database."""
        return self.local / "plansync.db"

    @property
    def sandbox(self) -> Path:
        """The embedded tracker's records."""
        return self.local / "sandbox.db"


def paths_of(home: Home, plan: Path) -> Paths:
    """Find a plan's root, state file and local folder."""
    root = config.root_of(home, plan)
    name = plan.resolve().relative_to(root.resolve()).as_posix()
    local = root / ".plansync" / "local"
    base = local if home.settings.kind == "sandbox" else root / ".plansync"
    return Paths(plan, root, name, base / f"{name}.jsonl", local)


def bound(home: Home, plan: Path) -> Home:
    """Where nothing names a tracker, go on with the one that the plan's committed state file names."""
    settings = home.settings
    if settings.tracker is not None or settings.repo or settings.api_url:
        return home
    known = paths_of(home, plan).states[0]
    try:
        raw = known.read_text(encoding="utf-8", errors="replace") if known.is_file() else ""
    except OSError as error:
        raise StoreError(f"the state file {known} cannot be read: {error.strerror}") from None
    target = state.load(raw, str(known)).target if raw else None
    if target is None or target.kind == "sandbox":
        return home
    named = {"tracker": target.kind, "repo": target.project, "api_url": target.api}
    return home.model_copy(update={"settings": settings.model_copy(update=named)})


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
    return Target("github", (settings.api_url or GITHUB_API).rstrip("/"), settings.repo)


@asynccontextmanager
async def project(home: Home, plan: Path, listen: Listener, *, is_dry: bool) -> AsyncIterator[Project]:
    """Open a plan with everything a run needs.

    A dry run leaves no trace on disk, nor does a first one that fails before it wrote anything.
    """
    paths = paths_of(home, plan)
    target = target_of(home.settings)
    is_new = not paths.local.exists()
    async with AsyncExitStack() as stack:
        if is_new and not is_dry:
            stack.push(lambda kind, error, trace: _leave_no_trace(paths, error))
        yield await _opened(stack, home, paths, target, listen, is_dry)


async def _opened(
    stack: AsyncExitStack, home: Home, paths: Paths, target: Target, listen: Listener, is_dry: bool
) -> Project:
    settings = home.settings
    caches, durable = _databases(paths, is_dry)
    stack.callback(durable.close)
    stack.callback(caches.close)
    records = _records(paths, is_dry) if settings.kind == "sandbox" else None
    if records is not None:
        stack.callback(records.close)
    tracker = _tracker(settings, target, shelf.Shelf(caches, f"http {target}"), records, listen)
    stack.push_async_callback(tracker.aclose)
    at = datetime.now(UTC).isoformat(timespec="seconds")
    others = _others(paths)
    gone = _moved_here(paths, others)
    return Project(
        name=paths.plan.stem,
        path=paths.name,
        parse=reads(home, paths),
        files=plan_files(paths, former=next((file for file, path in gone.values()), None)),
        target=target,
        tracker=tracker,
        keeper=shelf.Shelf(caches, f"records {target}"),
        journal=lambda lineage: Journal(durable, lineage, at),
        lock=lock(paths),
        now=lambda: datetime.now().astimezone(),
        new_id=lambda: secrets.token_hex(4),
        sleep=asyncio.sleep,
        monotonic=time.monotonic,
        policy=Policy(**settings.when.model_dump()),
        links=settings.links and settings.kind != "sandbox",
        milestones=settings.milestones,
        place=config.plan_title(paths.plan),
        branch=other_branch(paths.plan.resolve().parent, settings.default_branch, os.environ),
        max_creates=settings.max_creates,
        settle_wait_s=settings.settle_s,
        claimed={lineage: path for lineage, (_, path) in others.items() if lineage not in gone},
    )


def reads(home: Home, paths: Paths) -> Parse:
    """Say how this plan is read."""
    form = state.form_in(next((p for p in (paths.state, *paths.states) if p.is_file()), None))
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
    settings: Settings, target: Target, cache: shelf.Shelf, records: Records | None, listen: Listener
) -> Tracker:
    def on_wait(seconds: float, reason: str) -> None:
        listen(Waiting(seconds, reason))

    if records is not None:
        transport = in_process(app(records, token=TOKEN, repo=REPO))
        api = f"{SANDBOX_URL}/api/v3"
        return TRACKERS["github"](
            api, REPO, token=Token(TOKEN), cache=cache, transport=transport, is_paced=False
        )
    token = find_token(target.api, os.environ)
    if token is None:
        raise AuthError(f"no token for {target.api}: {sign_in_advice(target.api)}")
    is_paced = settings.pace == "auto" and not is_loopback(_host(target.api))
    ca_file = Path(settings.ca_file) if settings.ca_file else None
    return TRACKERS[target.kind](
        target.api,
        target.project,
        dropped_labels=tuple(settings.dropped_labels),
        token=token,
        cache=cache,
        is_paced=is_paced,
        ca_file=ca_file,
        on_wait=on_wait,
    )


def _host(address: str) -> str:
    host = address.partition("://")[2].partition("/")[0]
    return host.rpartition(":")[0] if host.rpartition(":")[2].isdigit() else host


def plan_files(paths: Paths, state: Path | None = None, former: Path | None = None) -> PlanFiles:
    """Open a plan and its state file."""
    return PlanFiles(paths.plan, state or paths.state, former)


def lock(paths: Paths) -> Callable[[str], AbstractContextManager[None]]:
    """Make the lock of one plan; it is taken with the name of the command that holds it."""
    name = sha256(paths.name.encode()).hexdigest()[:8]
    at = datetime.now().astimezone().isoformat(timespec="seconds")
    return lambda command: locked(paths.local / f"{name}.lock", f"plansync {command}", at)


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


def _moved_here(paths: Paths, others: Mapping[str, tuple[Path, str]]) -> Mapping[str, tuple[Path, str]]:
    """Find the state file that this plan left behind when it was moved: its lineage, and no plan there."""
    if paths.state.exists() or not paths.plan.is_file():
        return {}
    tail = read_plan(paths.plan).rstrip().rpartition(b"\n")[2].decode("utf-8", "replace")
    return {
        lineage: (file, path)
        for lineage, (file, path) in others.items()
        if f"plan={lineage} " in tail and not (paths.root / path).exists()
    }


def _others(paths: Paths) -> Mapping[str, tuple[Path, str]]:
    """List the root's other state files: lineage → file, and the path of its plan."""
    folder = paths.root / ".plansync"
    found: dict[str, tuple[Path, str]] = {}
    for other in sorted(folder.rglob("*.jsonl")) if folder.is_dir() else ():
        is_same_kind = other.is_relative_to(paths.local) == paths.state.is_relative_to(paths.local)
        if other != paths.state and is_same_kind:
            with (
                contextlib.suppress(ValueError, OSError),
                other.open(encoding="utf-8", errors="replace") as file,
            ):
                header = json.loads(file.readline())
                if isinstance(header, dict) and isinstance(header.get("plan"), str):
                    found[header["plan"]] = (other, str(header.get("path", "")))
    return found
