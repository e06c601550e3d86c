"""Whose plan it is: state files of other plans and places, copies, plans made anew, and plans that leave."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from dataclasses import replace

import pytest

from plansync.errors import ConfigError, NotFound, PlanError, SafetyStop, StoreError
from plansync.model import Field, State, Take
from plansync.store import state
from plansync.store.state import Target
from plansync.sync import leave, mend
from plansync.sync.events import Report
from plansync.sync.reading import reader
from plansync.sync.run import Declined
from plansync.trackers.base import Absence, Repository, Thing
from tests.simulation.world import Disk
from tests.unit.sync.bench import PLAN, TARGET, Bench, kinds, notes

Make = Callable[..., Bench]
PARSE = reader("plan.md")
FORGOTTEN = "what plan and issues share is read from the issues"


def _elsewhere(make: Make, there: Bench, plan: str = "", **fields: object) -> Bench:
    """The same tracker, and a machine that remembers nothing of it."""
    return make(plan or there.text, **fields).beside(there)


# --------------------------------------------------------------------- state files


def test_a_state_file_that_cannot_be_read_is_made_anew_from_the_issues_and_kept(synced: Bench) -> None:
    synced.files.state = b"no state file\n" + synced.files.state

    report = synced.run()

    assert report.is_rebuilt
    assert FORGOTTEN in notes(report)[0]
    assert "the state file as it was is kept as bad" in notes(report)
    assert synced.is_settled()


def test_a_state_file_with_gits_signs_in_it_stops_the_run(synced: Bench) -> None:
    synced.files.state += b"<<<<<<< HEAD\n"

    with pytest.raises(StoreError, match="git's conflict markers"):
        synced.run()


def test_lines_of_a_state_file_that_cannot_be_read_are_told_and_compared_anew(synced: Bench) -> None:
    uid = next(line for line in synced.files.state.decode().split("\n") if len(line) == 9).strip('"')
    synced.files.state = synced.files.state.replace(b'"crc":"', b'"crc":"00', 1)

    report = synced.run()

    assert any("the state file's lines of" in note and "compared anew" in note for note in notes(report)), uid
    assert synced.is_settled()


def test_a_state_file_of_another_plan_stops_the_run_and_names_both_ways_out(synced: Bench) -> None:
    synced.edit("plansync plan=00000002", "plansync plan=00000009")

    with pytest.raises(
        SafetyStop, match=r"says plan=00000009, its state file says 00000002.*--take 00000002"
    ):
        synced.run()


def test_a_state_file_of_another_place_stops_the_run(synced: Bench) -> None:
    synced.fields["target"] = Target("github", TARGET.api, "other/place")
    synced.tracker.here = replace(synced.tracker.here, node="R2")

    with pytest.raises(StoreError, match=r"is synced with owner/name at .*, not with other/place at"):
        synced.run()


@pytest.mark.parametrize(("kind", "api"), [("gitlab", TARGET.api), ("github", "https://other.example.com")])
def test_a_state_file_of_another_server_stops_the_run_unasked(synced: Bench, kind: str, api: str) -> None:
    synced.fields["target"] = Target(kind, api, "owner/name")

    with pytest.raises(StoreError, match="one plan has one target"):
        synced.run()


def test_a_place_of_another_name_is_the_same_where_its_lasting_id_is(synced: Bench) -> None:
    synced.fields["target"] = Target(TARGET.kind, TARGET.api, "other/place")
    synced.edit("Buy paint", "Buy red paint")

    synced.run()

    saved = state.load(synced.files.state.decode(), "the state file", "plan.md")
    assert saved.target == synced.fields["target"]
    assert synced.is_settled()


def test_a_place_of_another_name_that_is_not_there_is_another_one(synced: Bench) -> None:
    synced.fields["target"] = Target(TARGET.kind, TARGET.api, "other/place")

    async def gone() -> Repository:
        raise NotFound("there is no such repository")

    synced.tracker.repository = gone  # type: ignore[method-assign]
    with pytest.raises(StoreError, match="one plan has one target"):
        synced.run()


def test_an_adapter_hears_by_what_its_place_was_known_last(
    synced: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard: list[str] = []
    monkeypatch.setattr(synced.tracker, "known_as", heard.append, raising=False)

    synced.run()

    assert heard == ["R1"]


def test_a_copy_of_another_plan_in_the_project_stops_the_run(synced: Bench) -> None:
    synced.fields["claimed"] = {"00000002": "docs/first.md"}

    with pytest.raises(SafetyStop, match=r"plan.md carries the ids of docs/first.md: it is a copy"):
        synced.run()


@pytest.mark.parametrize("is_dry", [True, False])
def test_a_state_file_may_be_made_anew_on_purpose(synced: Bench, is_dry: bool) -> None:
    report = synced.run(rebuild=True, is_dry=is_dry)

    assert report.is_rebuilt
    first = "The first run will write" if is_dry else "This run writes"
    assert any(f"the state file of plan.md is made anew; {FORGOTTEN}" in note for note in notes(report))
    assert any(f"{first} only the state file" in note for note in notes(report))
    assert synced.is_settled()


def test_a_state_file_that_is_not_there_is_made_anew_and_nothing_is_kept(synced: Bench, make: Make) -> None:
    bench = _elsewhere(make, synced)

    report = bench.run(rebuild=True)

    assert report.is_rebuilt
    assert not any("is kept as" in note for note in notes(report))
    assert bench.is_settled()


def test_a_state_file_cannot_be_made_anew_where_no_issue_is(bench: Bench) -> None:
    with pytest.raises(StoreError, match=r"no issue of this plan .* so there is nothing to read it from"):
        bench.run(rebuild=True)


def test_a_name_that_no_task_has_is_refused(bench: Bench) -> None:
    with pytest.raises(ConfigError, match=r"--only 9.9: no task of plan.md has this number, title or id"):
        bench.run(only=("9.9",))


def test_what_nobody_confirms_is_not_written(bench: Bench) -> None:
    asked: list[Report] = []

    def decline(report: Report) -> bool:
        asked.append(report)
        return False

    with pytest.raises(Declined, match="nothing was written"):
        bench.run(confirm=decline)
    assert kinds(asked[0], "planned").count("create-issue") == 4
    assert (bench.tracker.rows, bench.text, bench.files.state) == ({}, PLAN, b"")


def test_a_plan_of_which_nothing_is_anywhere_gets_no_state_file(make: Make) -> None:
    bench = make("# Implementation Plan: Shed\n\n## Phase 1: Ground\n\n### Task 1.1: Dig\n\n- [x] Mark\n")

    report = bench.run()

    assert (report.done, bench.files.state, bench.tracker.rows) == ([], b"", {})


# ----------------------------------------------------------------- issues that are there


def test_two_tasks_that_name_one_issue_get_none(make: Make, synced: Bench) -> None:
    made = synced.write("Sweep")
    link = f"**Issue**: [#{made}](https://tracker.test/owner/name/issues/{made})"
    twins = f"### Task 2.2: Sweep\n\n{link}\n\n- [ ] a\n\n### Task 2.3: Sweep\n\n{link}\n\n- [ ] b\n\n"
    synced.edit("## Success", f"{twins}## Success")

    report = synced.run()

    assert (
        f"Task 2.2 and Task 2.3 name one issue, #{made}; nothing is done about them until only one of them does"
        in (notes(report))
    )
    assert synced.issue("Sweep").body == ""


def test_an_issue_that_only_the_state_file_names_is_left(synced: Bench) -> None:
    """Its block is gone, and so is the link to it in the plan: anybody may have written that state file."""
    ref = synced.issue("Paint").ref
    synced.touch("Paint", body="Nothing of ours.")
    synced.edit(f"**Issue**: [#{ref}](https://tracker.test/owner/name/issues/{ref})", "")
    synced.edit("- [ ] Buy paint", "- [x] Buy paint")

    report = synced.run()

    assert f"#{ref} bears no mark of ours and the plan does not name it; nothing is done about it" in notes(
        report
    )
    assert (synced.issue("Paint").body, synced.issue("Paint").state) == ("Nothing of ours.", State.TODO)


# ------------------------------------------------------------------- git's conflicts

TORN = """\
<<<<<<< ours
**Completion**: 33% (1/3 tasks completed)
=======
**Completion**: 0% (0/3 tasks completed).
>>>>>>> theirs
"""


def _completed(make: Make) -> Bench:
    bench = make(f"{PLAN}\n**Completion**: 0% (0/3 tasks completed)\n")
    bench.run()
    return bench


def test_computed_lines_in_which_git_left_a_conflict_are_computed_anew(make: Make) -> None:
    bench = _completed(make)
    bench.edit("**Completion**: 0% (0/3 tasks completed)\n", TORN)

    report = bench.run()

    assert any("git left a conflict in lines that plansync computes" in note for note in notes(report))
    assert "<<<<<<<" not in bench.text
    assert "**Completion**: 0% (0/3 tasks completed)" in bench.text
    assert bench.is_settled()


def test_any_other_conflict_that_git_left_stops_the_run(synced: Bench) -> None:
    synced.edit(
        "- [ ] Buy paint\n", "<<<<<<< ours\n- [ ] Buy paint\n=======\n- [ ] Buy stain\n>>>>>>> theirs\n"
    )

    with pytest.raises(SafetyStop, match=r"plan.md:\d+: git left a conflict here; settle it in the plan"):
        synced.run()


def test_tasks_that_are_left_alone_count_in_what_is_computed(make: Make) -> None:
    """One issue cannot be read; its task is done all the same, as far as anybody knows."""
    bench = _completed(make)
    bench.tick("Paint", "Buy paint")
    bench.run()
    assert "**Completion**: 33% (1/3 tasks completed)" in bench.text
    look, paint = bench.tracker.look, bench.issue("Paint").ref

    async def denied(thing: Thing, ref: int) -> object:
        return Absence.DENIED if (thing, ref) == (Thing.ISSUE, paint) else await look(thing, ref)

    bench.tracker.look = denied  # type: ignore[method-assign,assignment]
    bench.edit("- [ ] Fill with gravel", "- [x] Fill with gravel")

    report = bench.run(full=True)

    assert any(note.startswith(f"issue #{paint} is") for note in notes(report))
    assert "**Completion**: 66% (2/3 tasks completed)" in bench.text


# ---------------------------------------------------------------------- other plans


def test_a_file_without_phases_and_tasks_is_no_plan(make: Make) -> None:
    with pytest.raises(PlanError, match="no phases or tasks were found"):
        make("# Notes\n\nNothing to do.\n").run()


def test_a_plan_in_a_form_that_is_only_read_is_not_synced(make: Make) -> None:
    table = "# Plan\n\n| Task | Status |\n| --- | --- |\n| Dig | done |\n| Level | open |\n"
    bench = make(table, parse=reader("plan.md", "table"))

    with pytest.raises(PlanError, match="which plansync reads but does not write"):
        bench.run()


# ------------------------------------------------------------------------- leaving


def _lock(command: str) -> contextlib.AbstractContextManager[None]:
    return contextlib.nullcontext()


@pytest.mark.parametrize("strip", [True, False])
def test_a_plan_that_leaves_forgets_its_issues_and_may_be_given_back_as_it_was(
    synced: Bench, strip: bool
) -> None:
    marked = synced.text

    count = leave.unlink([synced.files], _lock, PARSE, strip=strip)

    assert synced.files.state == b""
    assert (synced.text, count > 5) == ((PLAN, True) if strip else (marked, False))


def test_a_plan_with_nothing_of_ours_is_not_written(bench: Bench) -> None:
    bench.files.fails["replace"] = PlanError("unused")

    assert leave.unlink([bench.files], _lock, PARSE, strip=True) == 0


def test_a_plan_becomes_one_of_its_own(synced: Bench) -> None:
    count, aside = mend.rekey([synced.files, Disk(b"")], PARSE, "0000000a", "plan.md")

    assert (count > 5, aside, synced.files.state) == (True, ["old"], b"")
    assert synced.text == f"{PLAN}<!-- plansync plan=0000000a -->\n"


def test_a_plan_takes_an_id_once(synced: Bench) -> None:
    assert mend.take_lineage(synced.files, PARSE, "0000000a", "plan.md")
    assert synced.text.endswith("<!-- plansync plan=0000000a -->\n")
    assert not mend.take_lineage(synced.files, PARSE, "0000000a", "plan.md")


def test_a_plan_that_ends_in_an_open_fence_takes_no_id(make: Make) -> None:
    bench = make(f"{PLAN}\n```\nopen\n")

    with pytest.raises(PlanError, match="its last line cannot be written"):
        mend.take_lineage(bench.files, PARSE, "0000000a", "plan.md")


@pytest.mark.parametrize("target", [None, Target("github", TARGET.api, "other/place")])
def test_a_plan_that_goes_elsewhere_keeps_its_ids_and_forgets_its_issues(
    synced: Bench, target: Target | None
) -> None:
    saved = state.load(synced.files.state.decode(), "it")

    there = mend.retargeted(saved, target)

    assert (there.lineage, there.target, there.form) == (saved.lineage, target, saved.form)
    assert there.base.local.keys() == {u for u in saved.base.local if "/" not in u} | set(
        saved.base.remote
    ) - {u for u in saved.base.remote if "/" in u}
    assert (there.base.remote, there.base.agreed) == ({}, {})
    assert not any(item.fields or item.at for item in there.base.local.values())


def test_marks_that_stand_on_what_is_no_task_any_more_are_taken_out_too(synced: Bench) -> None:
    synced.edit("- [ ] Buy paint", "- [ ] Buy paint <!-- plansync:m5n7p2r -->")

    leave.unlink([synced.files], _lock, PARSE, strip=True)

    assert synced.text == PLAN


def test_what_is_assumed_is_shown_and_not_agreed(synced: Bench, make: Make) -> None:
    bench = _elsewhere(make, synced)
    bench.touch("Dig", title="Dig a hole")

    report = bench.run(assume=Take.ISSUE)

    assert report.is_rebuilt
    assert "### Task 1.1: Dig a hole" not in bench.text
    assert [c.field for c in bench.run().conflicts] == [Field.TITLE]
    bench.run(assume=Take.ISSUE)
    assert "### Task 1.1: Dig a hole" in bench.text
    assert bench.is_settled()
