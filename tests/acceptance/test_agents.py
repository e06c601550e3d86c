"""`init --agents`: assistants are told how to edit a plan, in the files that they read; all else there stays."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.acceptance.conftest import Source
from tests.support.people import Copy

BEGIN, END = "<!-- plansync:agents begin -->", "<!-- plansync:agents end -->"


@pytest.fixture
def alone(plan: Source, tmp_path: Path) -> Copy:
    return Copy.of(plan.content, tmp_path / "work")


def test_a_project_without_such_files_gets_one(alone: Copy) -> None:
    said = alone.run("init", "--yes", "--agents").out

    text = (alone.folder / "AGENTS.md").read_text()
    assert text.startswith(f"{BEGIN}\n## Editing the plan\n") and text.endswith(f"{END}\n")
    assert f"`{alone.name}`" in text and "plansync check" in text
    assert "AGENTS.md" in said and "plansync.toml" in said
    assert not (alone.folder / "CLAUDE.md").exists()


@pytest.mark.parametrize("eol", ["\n", "\r\n"])
@pytest.mark.parametrize("end", ["", "EOL"], ids=["no last line end", "a last line end"])
def test_each_file_that_is_there_gets_it_once_and_keeps_every_other_byte(
    alone: Copy, eol: str, end: str
) -> None:
    own = f"# House rules{eol}{eol}Be kind.{eol if end else ''}".encode()
    files = [alone.folder / "AGENTS.md", alone.folder / "CLAUDE.md"]
    (alone.folder / ".kiro" / "steering").mkdir(parents=True)
    for file in files:
        file.write_bytes(own)
    alone.run("init", "--yes", "--agents")
    first = [file.read_bytes() for file in files]
    (alone.folder / "AGENTS.md").write_bytes(
        first[0].replace(b"Tick a step", b"Never mind") + b"More of ours."
    )

    alone.run("init", "--agents")

    assert all(content.startswith(own) for content in first)
    assert files[0].read_bytes() == first[0] + b"More of ours."
    assert files[1].read_bytes() == first[1]
    assert first[0].count(b"\n") == first[0].count(eol.encode())
    assert BEGIN in (alone.folder / ".kiro" / "steering" / "plansync.md").read_text()


def test_what_says_it_all_already_is_not_touched(alone: Copy) -> None:
    alone.run("init", "--yes", "--agents")
    file = alone.folder / "AGENTS.md"
    before = file.stat().st_mtime_ns, file.read_bytes()

    assert "already" in alone.run("init", "--agents").out

    assert (file.stat().st_mtime_ns, file.read_bytes()) == before


@pytest.mark.parametrize(
    ("text", "line"), [(f"Hi\n{BEGIN}\nold\n", 2), (f"{END}\n", 1), (f"{BEGIN}\n{END}\n{BEGIN}\n{END}\n", 1)]
)
def test_a_block_that_is_cut_or_doubled_is_named_and_left_as_it_is(alone: Copy, text: str, line: int) -> None:
    alone.run("init", "--yes")
    file = alone.folder / "AGENTS.md"
    file.write_text(text)

    assert f"AGENTS.md:{line}: " in alone.run("init", "--agents", exits=2).err

    assert file.read_text() == text


def test_a_file_that_is_no_text_is_named_and_left_as_it_is(alone: Copy) -> None:
    alone.run("init", "--yes")
    (alone.folder / "AGENTS.md").write_bytes(b"\xff\xfe")

    assert "AGENTS.md" in alone.run("init", "--agents", exits=2).err

    assert (alone.folder / "AGENTS.md").read_bytes() == b"\xff\xfe"


def test_a_plan_is_read_as_before_beside_it(alone: Copy) -> None:
    """The block names an id as an example, and is no plan."""
    alone.run("init", "--yes", "--agents")

    assert "12 tasks" in alone.run("status").out or "of 12 tasks" in alone.run("status").out
