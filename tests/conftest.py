"""What holds for every test: a home of its own, no token of the person who runs it, a quiet environment."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest

from tests.support.mortals import Mortals
from tests.support.sandbox import Sandbox

ROOT = Path(__file__).parents[1]
CORPUS = ROOT.parent / "shared" / "corpus"

_FOREIGN = ("PLANSYNC_", "GH_", "GITHUB_", "GITLAB_", "CI_", "XDG_", "GIT_")
_ALSO_FOREIGN = (
    *("OAUTH_TOKEN", "CI", "TYPER_USE_RICH", "NO_COLOR", "FORCE_COLOR", "CLICOLOR_FORCE", "COLUMNS"),
    *("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"),
)
_homes = count()

IN_MEMORY = Path("/dev/shm")
_ROOM_BYTES = 2**30


def _quick_files() -> str | None:
    """Find a file system in memory: what the tests write is synced to the disk hundreds of times, for nobody."""
    if not IN_MEMORY.is_dir() or not os.access(IN_MEMORY, os.W_OK):
        return None
    runs_programs = not os.statvfs(IN_MEMORY).f_flag & os.ST_NOEXEC
    return str(IN_MEMORY) if runs_programs and shutil.disk_usage(IN_MEMORY).free >= _ROOM_BYTES else None


if (place := _quick_files()) is not None:
    os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", place)


def _settle_in(patch: pytest.MonkeyPatch, home: Path) -> None:
    for name in os.environ:
        if name.upper().startswith(_FOREIGN) or name.upper() in _ALSO_FOREIGN:
            patch.delenv(name)
    patch.setenv("HOME", str(home))
    for name in ("CONFIG", "CACHE", "DATA", "STATE"):
        patch.setenv(f"XDG_{name}_HOME", str(home / name.casefold()))
    patch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    patch.setenv("GIT_CONFIG_NOSYSTEM", "1")


@pytest.fixture(scope="session")
def _homes_root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("homes")


@pytest.fixture(scope="session", autouse=True)
def _settled_session(_homes_root: Path) -> Iterator[None]:
    """Cover the fixtures that live longer than a test."""
    with pytest.MonkeyPatch.context() as patch:
        home = _homes_root / "session"
        home.mkdir()
        _settle_in(patch, home)
        yield


@pytest.fixture(autouse=True)
def home(_homes_root: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give each test an empty home folder."""
    home = _homes_root / str(next(_homes))
    home.mkdir()
    _settle_in(monkeypatch, home)
    return home


@pytest.fixture(scope="session")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    """The sandbox, served; whoever uses it puts its records back first."""
    started = Sandbox(tmp_path_factory.mktemp("sandbox"))
    yield started
    started.close()


@pytest.fixture(scope="session")
def forks(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mortals]:
    """Runs of the command without its start-up."""
    with Mortals(tmp_path_factory.mktemp("forks")) as runs:
        yield runs


@pytest.fixture(scope="session")
def corpus() -> Path:
    """Find the folder of real plans; it lies beside the repository, not in it."""
    if not CORPUS.is_dir():
        pytest.skip("the corpus of real plans is not beside this clone (../shared/corpus)")
    return CORPUS
