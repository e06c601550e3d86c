"""Where the state file of a plan lies that was moved."""

from __future__ import annotations

from pathlib import Path

import pytest

from plansync.model import Base, Item, Kind, Uid
from plansync.store import places, state
from plansync.store.places import file_of, kept, left_behind
from plansync.store.state import Saved

UIDS = ("k3f9a2c", "m4g8b3d", "n5h7c4f")
FOOTER = "<!-- plansync plan=abcd1234 -->\n"


def remember(root: Path, name: str, lineage: str, *uids: str, is_local: bool = False) -> Path:
    base = Base({Uid(u): Item(Uid(u), Kind.TASK) for u in uids}, {}, {})
    file = file_of(root, name, is_local=is_local)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(state.dump(Saved(lineage, name, None, base)))
    return file


def moved(root: Path, *uids: str, footer: str = "") -> Path:
    plan = root / "new.md"
    lines = [f"### Task: {u} <!-- plansync:{u} -->" for u in uids]
    plan.write_text("\n".join([*lines, "", footer]), encoding="utf-8")
    return plan


def found(root: Path, plan: Path, *, is_local: bool = False) -> Path | None:
    what = left_behind(root, plan, file_of(root, plan.name, is_local=is_local), is_local=is_local)
    return what.file if what else None


def test_it_is_known_by_the_last_line(tmp_path: Path) -> None:
    file = remember(tmp_path, "docs/old.md", "abcd1234", *UIDS)
    remember(tmp_path, "other.md", "zzzzzzzz", *UIDS)

    assert found(tmp_path, moved(tmp_path, footer=FOOTER)) == file
    assert found(tmp_path, moved(tmp_path, *UIDS, footer=FOOTER.replace("abcd", "eeee"))) is None


def test_without_a_last_line_it_is_known_by_most_of_its_ids(tmp_path: Path) -> None:
    file = remember(tmp_path, "old.md", "abcd1234", *UIDS)

    assert found(tmp_path, moved(tmp_path, *UIDS[:2], "ddddddd")) == file
    assert found(tmp_path, moved(tmp_path, UIDS[0], "ddddddd")) is None
    assert found(tmp_path, moved(tmp_path)) is None
    remember(tmp_path, "older.md", "zzzzzzzz", *UIDS)
    assert found(tmp_path, moved(tmp_path, *UIDS)) is None, "never a guess between two"


def test_one_whose_plan_is_there_is_never_meant(tmp_path: Path) -> None:
    remember(tmp_path, "old.md", "abcd1234", *UIDS)
    (tmp_path / "old.md").touch()

    assert found(tmp_path, moved(tmp_path, *UIDS, footer=FOOTER)) is None


def test_a_file_that_was_moved_with_its_plan_is_no_orphan(tmp_path: Path) -> None:
    file = remember(tmp_path, "old.md", "abcd1234", *UIDS)
    file.rename(file_of(tmp_path, "beside.md", is_local=False))
    (tmp_path / "beside.md").touch()

    assert found(tmp_path, moved(tmp_path, *UIDS, footer=FOOTER)) is None


def test_the_sandboxes_are_looked_for_apart(tmp_path: Path) -> None:
    file = remember(tmp_path, "old.md", "abcd1234", *UIDS, is_local=True)
    plan = moved(tmp_path, footer=FOOTER)

    assert found(tmp_path, plan) is None
    assert found(tmp_path, plan, is_local=True) == file
    assert list(kept(tmp_path, is_local=False)) == []


def test_a_plan_with_a_state_file_of_its_own_has_left_no_other_plans_behind(tmp_path: Path) -> None:
    remember(tmp_path, "old.md", "abcd1234", *UIDS)
    remember(tmp_path, "new.md", "zzzzzzzz")

    assert found(tmp_path, moved(tmp_path, *UIDS, footer=FOOTER)) is None


def test_files_that_cannot_be_read_are_passed_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = remember(tmp_path, "old.md", "abcd1234", *UIDS)
    file.with_name("bad.jsonl").write_bytes(b"\xff\x00")
    file.with_name("folder.jsonl").mkdir()
    plan = moved(tmp_path, *UIDS)

    assert found(tmp_path, plan) == file
    monkeypatch.setattr(places, "_FILE_MAX_BYTES", 10)
    assert found(tmp_path, plan) is None


def test_one_that_a_dead_run_did_not_take_away_is_known_beside_the_new_one(tmp_path: Path) -> None:
    file = remember(tmp_path, "old.md", "abcd1234", *UIDS)
    remember(tmp_path, "gone.md", "zzzzzzzz", *UIDS)
    plan = moved(tmp_path, *UIDS, footer=FOOTER)
    own = remember(tmp_path, "new.md", "abcd1234", *UIDS)

    assert found(tmp_path, plan) == file
    own.write_bytes(b"damaged\n")
    assert found(tmp_path, plan) is None
    file.unlink()
    assert found(tmp_path, plan) is None
