"""Saved changesets: applied only where nothing that they touch moved; else that is said, item by item."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import pytest

from plansync.errors import SafetyStop, StoreError
from plansync.model import State
from plansync.reconcile import Policy
from plansync.store.files import digest
from plansync.sync import saved
from plansync.sync.events import Report, Status
from tests.unit.sync.bench import PLAN, Bench, kinds, notes

Make = Callable[..., Bench]
NOW = "2026-01-01T00:00:00Z"


def _save(bench: Bench) -> dict[str, Any]:
    kept: dict[str, Any] = {}
    bench.run(is_dry=True, decided=lambda session, chosen: kept.update(saved.document(session, chosen, NOW)))
    return kept


def _apply(bench: Bench, kept: dict[str, Any]) -> Report:
    decide = saved.load(json.dumps(kept).encode(), "changeset.json").decide
    return bench.run(decide=decide, lineage=kept["lineage"])


def _sealed(kept: dict[str, Any]) -> dict[str, Any]:
    """Seal what was edited, as one who knows how would."""
    written = {name: value for name, value in kept.items() if name != "check"}
    text = json.dumps(written, sort_keys=True, ensure_ascii=False)
    return written | {"check": digest(text.encode())}


def test_a_first_push_that_was_done_meanwhile_has_nothing_left_to_do(bench: Bench) -> None:
    kept = _save(bench)
    assert {op["kind"] for op in kept["operations"]} >= {"create-issue", "set-link"}
    assert len(kinds(_apply(bench, kept), "applied")) == len(kept["operations"])

    again = _apply(bench, kept)

    assert again.done == []
    assert "all of this changeset is done already; nothing is left to write" in notes(again)


def test_an_issue_that_is_there_by_now_is_told_with_its_number(bench: Bench) -> None:
    kept = _save(bench)
    _apply(bench, kept)
    bench.edit("### Task 2.1: Paint", "### Task 2.1: Varnish")
    bench.run()

    with pytest.raises(SafetyStop, match=rf"Task 1.1: its issue is #{bench.issue('Dig').ref} \(was none\)"):
        _apply(bench, kept)


def test_an_item_that_is_gone_is_told(synced: Bench) -> None:
    synced.tick("Dig", "Mark the corners")
    kept = _save(synced)
    text = synced.text
    synced.files.plan = (text[: text.index("### Task 1.1")] + text[text.index("### Task 1.2") :]).encode()

    with pytest.raises(
        SafetyStop, match=r"what this changeset touches moved since it was saved. .*edited in the plan"
    ):
        _apply(synced, kept)
    assert "Mark the corners" not in synced.text


def test_the_close_of_an_issue_whose_task_is_gone_can_be_saved(make: Make) -> None:
    bench = make(policy=Policy(task_removed="close"))
    bench.run()
    text = bench.text
    bench.files.plan = (text[: text.index("### Task 2.1")] + text[text.index("## Success") :]).encode()
    kept = _save(bench)

    assert kinds(_apply(bench, kept), "applied") == ["close-issue", "update-issue"], "the overview follows"
    assert bench.issue("Paint").state is State.DROPPED


def test_an_issue_that_changed_is_told(synced: Bench) -> None:
    synced.tick("Dig", "Mark the corners")
    kept = _save(synced)
    synced.tick("Dig", "Take the turf off")

    with pytest.raises(SafetyStop, match=rf"Task 1.1: #{synced.issue('Dig').ref} changed on the tracker \("):
        _apply(synced, kept)


def test_an_item_that_another_run_synced_is_told(synced: Bench) -> None:
    """It remembers more of it now, while plan and issue are as they were."""
    synced.edit("Fill with gravel", "Fill with sand")
    synced.edit("- [ ] Mark the corners", "- [x] Mark the corners")
    kept = _save(synced)
    synced.run("pull")

    with pytest.raises(SafetyStop, match=r"Task 1.2: synced by another run since"):
        _apply(synced, kept)


def test_settings_that_decide_something_else_are_noticed(synced: Bench) -> None:
    synced.edit("- [ ] Buy paint", "- [x] Buy paint")
    kept = _save(synced)
    synced.fields["policy"] = Policy(steps_done="nothing")

    with pytest.raises(SafetyStop, match="something else would be decided today than what was saved"):
        _apply(synced, kept)


def test_what_it_does_not_touch_is_left(make: Make) -> None:
    bench = make(f"{PLAN}\n**Completion**: 0% (0/3 tasks completed)\n")
    bench.run()
    bench.tick("Dig", "Mark the corners")
    kept = _save(bench)
    assert "update-summary" not in [op["kind"] for op in kept["operations"]]
    bench.tick("Paint", "Buy paint")

    report = _apply(bench, kept)

    assert "- [x] Mark the corners" in bench.text
    assert "- [ ] Buy paint" in bench.text
    assert "**Completion**: 0%" in bench.text
    assert not any("computed lines" in note for note in notes(report))


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (b"no json", "is no saved changeset"),
        (b"[" * 100_000, "is no saved changeset"),
        (b"[]", "is no saved changeset"),
        (b'{"schema": "plansync/run/1"}', "is no saved changeset"),
        (b'{"schema": "plansync/changeset/2"}', "was written by a later plansync"),
        (b'{"schema": "plansync/changeset/1", "check": "x"}', "was edited or cut since it was saved"),
    ],
)
def test_a_file_that_is_none_is_refused(raw: bytes, said: str) -> None:
    with pytest.raises(StoreError, match=f"changeset.json {said}"):
        saved.load(raw, "changeset.json")


def test_a_step_that_was_removed_meanwhile_is_done(synced: Bench) -> None:
    body = synced.issue("Dig").body
    synced.touch("Dig", body=body.replace("- [ ] Take the turf off\n", ""))
    kept = _save(synced)
    assert [op["kind"] for op in kept["operations"]] == ["remove-step"]
    synced.run()

    assert "all of this changeset is done already; nothing is left to write" in notes(_apply(synced, kept))


def test_computed_lines_that_say_something_else_by_now_are_left(make: Make) -> None:
    bench = make(f"{PLAN}\n**Completion**: 0% (0/3 tasks completed)\n")
    bench.run()
    bench.tick("Paint", "Buy paint")
    kept = _save(bench)
    assert "update-summary" in [op["kind"] for op in kept["operations"]]
    bench.tick("Level", "Fill with gravel")
    bench.run(only=("1.2",))

    report = _apply(bench, kept)

    assert "what is computed of the plan says something else by now; it is left to the next sync" in notes(
        report
    )
    assert "- [x] Buy paint" in bench.text
    assert "**Completion**: 66%" not in bench.text
    bench.run()
    assert "**Completion**: 66% (2/3 tasks completed)" in bench.text


def test_a_changeset_of_another_plan_or_target_is_refused(synced: Bench) -> None:
    synced.tick("Paint", "Buy paint")
    kept = _save(synced)

    with pytest.raises(StoreError, match=r"is of other.md \(plan \w+\), not of plan.md"):
        _apply(synced, _sealed(kept | {"plan": "other.md"}))
    with pytest.raises(StoreError, match=r"for .*other/one"):
        _apply(synced, _sealed(kept | {"target": {**kept["target"], "project": "other/one"}}))


@pytest.mark.parametrize(
    "damage",
    [
        lambda kept: {name: value for name, value in kept.items() if name != "lineage"},
        lambda kept: kept | {"items": []},
        lambda kept: kept | {"target": {"what": "ever"}},
        lambda kept: kept | {"operations": [{"kind": "tick"}]},
        lambda kept: kept | {"operations": [kept["operations"][0] | {"side": "neither"}]},
    ],
    ids=["a key is missing", "items", "target", "operation", "side"],
)
def test_a_sealed_file_that_makes_no_sense_is_refused(
    synced: Bench, damage: Callable[[dict[str, Any]], dict[str, Any]]
) -> None:
    synced.tick("Paint", "Buy paint")

    with pytest.raises(StoreError, match=r"changeset.json is damaged; save it again"):
        _apply(synced, _sealed(damage(_save(synced))))


def test_a_mark_that_somebody_deleted_elsewhere_is_put_back_by_the_next_sync_only(make: Make) -> None:
    bench = make(f"{PLAN}\n**Completion**: 0% (0/3 tasks completed)\n")
    bench.run()
    bench.tick("Dig", "Mark the corners")
    kept = _save(bench)
    (mark,) = re.findall(r"Task 2.1: Paint( <!-- plansync:\w+ -->)", bench.text)
    bench.edit(mark, "")
    bench.edit("**Completion**: 0%", "**Completion**: 12%")

    _apply(bench, kept)

    assert "- [x] Mark the corners" in bench.text
    assert mark not in bench.text
    assert "**Completion**: 12%" in bench.text
    bench.run()
    assert mark in bench.text
    assert "**Completion**: 0%" in bench.text


def test_what_is_computed_of_the_plan_meanwhile_is_no_part_of_what_was_saved(make: Make) -> None:
    bench = make()
    bench.run()
    bench.tick("Implementation Plan: Shed", "It stays dry")
    kept = _save(bench)
    bench.edit("- [ ] Buy paint", "- [x] Buy paint")

    report = _apply(bench, kept)

    assert kinds(report, Status.APPLIED) == ["set-criterion"]
    assert not any("computed" in text for text in notes(report))
