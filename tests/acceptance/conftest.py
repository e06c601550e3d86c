"""What every acceptance test starts from: a plan, a tracker, a working copy and a person on the tracker.

The command runs in a process of its own, mostly one that is forked from a process that has started
already (`tests/support/dying.py`); the tracker runs in another; they talk HTTP on loopback. Nothing
of the person who runs the tests is visible to either. A tracker lives as long as the session and its
records are put back before each test, and a first push that many tests begin with is made once.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import pytest

from tests.support.canary import CANARY, leaks
from tests.support.gitlab import GitLabPerson
from tests.support.mortals import Mortals
from tests.support.outline import Outline, in_crlf, outline
from tests.support.people import Copy, Person, Place
from tests.support.sandbox import Sandbox
from tests.support.small_server import TOKEN as SMALL_TOKEN
from tests.support.small_server import SmallServer

ROOT = Path(__file__).parents[2]
REFERENCE = ROOT.parent / "shared" / "corpus" / "000-phase-task-seed-template.md"
EXAMPLE = ROOT / "examples" / "implementation-plan.md"


@dataclass(frozen=True)
class Source:
    """A plan to work on. `is_live`: its footer holds values, not choices and placeholders."""

    kind: str
    content: bytes
    is_live: bool

    @property
    def outline(self) -> Outline:
        return outline(self.content)


def source(kind: str) -> Source:
    """Read `reference` or `example`, as it is or, with `-crlf`, in CRLF with a byte order mark."""
    name, _, form = kind.partition("-")
    path = REFERENCE if name == "reference" else EXAMPLE
    if not path.exists():
        pytest.skip(f"there is no {path.parent.name}/{path.name} beside this checkout")
    content = path.read_bytes()
    return Source(kind, in_crlf(content) if form else content, name == "example")


@pytest.fixture
def plan(request: pytest.FixtureRequest) -> Source:
    """The example, in the form that is harder to keep; the main job is asked of every plan and form."""
    return source(getattr(request, "param", "example-crlf"))


in_every_form = pytest.mark.parametrize(
    "plan", ["reference", "reference-crlf", "example-crlf"], indirect=True
)


class Stage(Protocol):
    """A tracker whose records can be put back."""

    @property
    def place(self) -> Place: ...
    @property
    def empty(self) -> Any: ...
    def remember(self) -> Any: ...
    def restore(self, records: Any) -> None: ...


@pytest.fixture(scope="session")
def small_server() -> Iterator[SmallServer]:
    """A server that shares nothing with plansync."""
    started = SmallServer()
    yield started
    started.close()


@pytest.fixture(autouse=True)
def _no_token_is_left(tmp_path: Path) -> Iterator[None]:
    """Search what a test leaves behind for the tokens that its runs were given."""
    yield
    assert leaks(tmp_path, {CANARY, SMALL_TOKEN}) == [], "a token was written into a file"


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Ask for both trackers what a module with `BOTH = True` tests, but for what is marked as one's own."""
    is_both = getattr(metafunc.module, "BOTH", False)
    if is_both and "kind" in metafunc.fixturenames and not metafunc.definition.get_closest_marker("github"):
        metafunc.parametrize("kind", ["github", "gitlab"], indirect=True)


@pytest.fixture
def kind(request: pytest.FixtureRequest) -> str:
    """Which kind of tracker is there: GitHub, unless the module names `TRACKER`, or asks for both."""
    return str(getattr(request, "param", getattr(request.module, "TRACKER", "github")))


class GitLabStage:
    """The sandbox, by its other door."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox, self.empty, self.place = sandbox, sandbox.empty, sandbox.gitlab

    def remember(self) -> Path:
        return self.sandbox.remember()

    def restore(self, records: Path) -> None:
        self.sandbox.restore(records)


@pytest.fixture
def stage(sandbox: Sandbox, kind: str) -> Stage:
    """The tracker of these tests; a module may name another."""
    return GitLabStage(sandbox) if kind == "gitlab" else sandbox


@pytest.fixture
def tracker(stage: Stage) -> Place:
    """Where the tracker is; it is empty now."""
    stage.restore(stage.empty)
    return stage.place


@pytest.fixture
def person(tracker: Place) -> Iterator[Person]:
    """Somebody who works on the tracker."""
    somebody = (GitLabPerson if tracker.kind == "gitlab" else Person)(tracker)
    yield somebody
    somebody.leave()


@pytest.fixture
def fresh(
    plan: Source, tracker: Place, tmp_path: Path, forks: Mortals, request: pytest.FixtureRequest
) -> Copy:
    """A working copy whose plan is not on the tracker yet; a module that is about start-ups says `QUICK = False`."""
    is_quick = getattr(request.module, "QUICK", True)
    return Copy.of(plan.content, tmp_path / "work", tracker, forked=forks.run, is_quick=is_quick)


@pytest.fixture(scope="session")
def first_pushes(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[Path, Any]]:
    """Folder and tracker as a first push left them, by tracker and plan."""
    return {}


@pytest.fixture
def copy(
    plan: Source,
    stage: Stage,
    fresh: Copy,
    first_pushes: dict[str, tuple[Path, Any]],
    tmp_path_factory: pytest.TempPathFactory,
) -> Copy:
    """A working copy whose plan is on the tracker."""
    key = f"{type(stage).__name__} {plan.kind}"
    if key not in first_pushes:
        fresh.push()
        kept = tmp_path_factory.mktemp("first") / "push"
        shutil.copytree(fresh.folder, kept)
        first_pushes[key] = kept, stage.remember()
    folder, records = first_pushes[key]
    shutil.copytree(folder, fresh.folder, dirs_exist_ok=True)
    stage.restore(records)
    return fresh
