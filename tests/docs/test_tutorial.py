"""The tutorial's command lines, typed one after the other in an empty folder, do what it says."""

from __future__ import annotations

import shlex
from pathlib import Path

from tests.docs.pages import fenced
from tests.support.people import Copy, environment


def test_the_tutorial_can_be_followed(tmp_path: Path) -> None:
    home = tmp_path / "home"
    (folder := tmp_path / "work").mkdir()
    home.mkdir()
    copy = Copy(folder, environment(home))
    lines = [line for block in fenced("docs/tutorial.md", "sh") for line in block.splitlines() if line]
    served = [line for line in lines if line == "plansync sandbox"]  # it serves until it is stopped

    said = {line: copy.run(*shlex.split(line)[1:]).out for line in lines if line not in served}

    assert len(served) == 1 and len(said) == 5
    assert "issues and" in said["plansync push garden.md --yes"]
    assert "plan and tracker agree" in said["plansync sync garden.md"]
    assert (folder / "garden.md").read_text().count("<!-- plansync:") > 5
