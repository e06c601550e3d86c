"""A project as the README tells to make it, the real command, and a tracker on loopback."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.docs.pages import ROOT, fenced
from tests.support.sandbox import Sandbox


@dataclass(frozen=True)
class Person:
    """Somebody on the tracker, with nothing but its HTTP API."""

    api_url: str
    repo: str
    token: str

    def call(self, method: str, path: str, body: object = None) -> Any:
        """Send one request."""
        answer = httpx.request(
            method,
            f"{self.api_url}/repos/{self.repo}/{path}",
            json=body,
            headers={"authorization": f"Bearer {self.token}"},
            verify=False,  # loopback without TLS
        )
        answer.raise_for_status()
        return answer.json()

    def close(self, number: int) -> None:
        """Close an issue as completed."""
        self.call("PATCH", f"issues/{number}", {"state": "closed", "state_reason": "completed"})

    def retitle(self, number: int, title: str) -> None:
        """Give an issue another title."""
        self.call("PATCH", f"issues/{number}", {"title": title})


Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Put `plansync` into a folder of its own, for PATH."""
    folder = tmp_path_factory.mktemp("bin")
    command = folder / "plansync"
    command.write_text(
        f'#!/bin/sh\nPYTHONPATH="{ROOT}" exec "{sys.executable}" -m plansync "$@"\n', encoding="utf-8"
    )
    command.chmod(0o755)
    return folder


@pytest.fixture
def run(program: Path, tmp_path: Path) -> Run:
    """Run a shell script as a reader or a job would; returns what it printed and its exit code."""

    def go(
        script: str, cwd: Path = tmp_path, env: Mapping[str, str] | None = None, shell: str = "sh -c"
    ) -> subprocess.CompletedProcess[str]:
        who = {
            f"GIT_{role}_{what}": "somebody" for role in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")
        }
        path = f"{program}{os.pathsep}{os.environ['PATH']}"
        return subprocess.run(
            [*shell.split(), script],
            cwd=cwd,
            env={**os.environ, **who, "PATH": path, **(env or {})},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )

    return go


@pytest.fixture
def person(sandbox: Sandbox) -> Person:
    """Somebody on a tracker on loopback; it is empty now."""
    sandbox.restore(sandbox.empty)
    return Person(sandbox.place.api_url, sandbox.place.repo, sandbox.place.token)


@pytest.fixture
def plan(tmp_path: Path) -> Path:
    """Save the README's example as PLAN.md."""
    path = tmp_path / "PLAN.md"
    path.write_text(fenced("README.md", "markdown")[0], encoding="utf-8")
    return path


@pytest.fixture
def settings(person: Person) -> str:
    """Give a settings file that names the tracker on loopback."""
    return f'tracker = "github"\nrepo = "{person.repo}"\napi_url = "{person.api_url}"\n'
