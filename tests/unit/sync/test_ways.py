"""What a person can do about things that no value settles: issues that are gone, moved away or in a wrong place."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

import pytest

from plansync.errors import ConfigError, PlanError
from plansync.model import OVERVIEW, Conflict, Field, State, Take, Uid, conflict_id
from plansync.reconcile import Policy
from plansync.sync.events import Report
from plansync.sync.prune import Prune
from plansync.sync.settling import Settling
from plansync.sync.ways import WORDS, How, in_words
from plansync.trackers.base import Absence, Thing
from tests.unit.sync.bench import PLAN, Bench, kinds, notes

Make = Callable[..., Bench]


def _do(bench: Bench, how: How | None = None, take: Take = Take.PLAN, *ids: str) -> Report:
    return bench.run(settling=Settling(ids, take, how=how), allow=("mass-change",))


def _without(bench: Bench, first: str, end: str) -> None:
    text = bench.text
    bench.files.plan = (text[: text.index(first)] + text[text.index(end) :]).encode()


@pytest.fixture
def lost(synced: Bench) -> Bench:
    """The issue of a task was deleted."""
    synced.delete("Paint")
    report = synced.run()
    (conflict,) = report.conflicts
    assert (conflict.field, conflict.remote) == (Field.EXISTENCE, "deleted on the tracker")
    assert report.ways == {(conflict.uid, Field.EXISTENCE): ("recreate", "drop")}
    assert synced.run().conflicts == [conflict]
    return synced


# ---------------------------------------------------------------- issues that are gone


@pytest.mark.parametrize("how", [How.RECREATE, None])
def test_an_issue_that_is_gone_is_made_anew(lost: Bench, how: How | None) -> None:
    report = _do(lost, how)

    assert "create-issue" in kinds(report, "applied")
    assert [c.rule for d in report.done for c in d.operation.changes if c.field is Field.LINK] == ["relinked"]
    assert f"/issues/{lost.issue('Paint').ref}" in lost.text
    assert lost.is_settled()


def test_an_issue_of_a_task_that_is_done_is_made_anew_too_and_closed(synced: Bench) -> None:
    synced.edit("- [ ] Buy paint", "- [x] Buy paint")
    synced.run()
    synced.delete("Paint")
    synced.run(full=True)

    _do(synced, How.RECREATE)

    assert synced.issue("Paint").state is State.DONE
    assert f"/issues/{synced.issue('Paint').ref})" in synced.text
    assert synced.is_settled()


def test_an_issue_made_anew_is_the_tasks_whoever_copied_the_one_that_is_gone(
    synced: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(synced.tracker, "_check_single", lambda *given: None)  # here a second one is wanted
    gone = synced.issue("Paint")
    synced.delete("Paint")
    copied = synced.write("Paint", body=gone.body, labels=gone.labels)

    report = _do(synced, How.RECREATE)
    synced.run()

    assert "create-issue" in kinds(report, "applied")
    assert f"/issues/{copied + 1})" in synced.text
    assert synced.tracker.rows[Thing.ISSUE, copied].body == gone.body
    assert synced.is_settled()


def test_a_copy_that_was_left_once_is_left_when_the_new_issue_is_made_anew_too(
    synced: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(synced.tracker, "_check_single", lambda *given: None)  # here a second one is wanted
    gone = synced.issue("Paint")
    synced.delete("Paint")
    copied = synced.write("Paint", body=gone.body, labels=gone.labels)

    for number in (copied + 1, copied + 2):
        assert "create-issue" in kinds(_do(synced, How.RECREATE), "applied")
        synced.run()
        assert f"/issues/{number})" in synced.text
        assert synced.tracker.rows[Thing.ISSUE, copied].body == gone.body
        assert synced.is_settled()
        del synced.tracker.rows[Thing.ISSUE, number]


def test_tasks_go_on_waiting_for_one_whose_issue_another_run_made_anew(make: Make) -> None:
    bench = make(PLAN.replace("Paint\n", "Paint\n\n**Dependencies**: Task 1.1\n"))
    bench.run()
    gone = bench.issue("Dig")
    bench.delete("Dig")
    bench.write("Dig", body=re.sub(r" op=\w+", " op=0a1b2c3d", gone.body), labels=gone.labels)

    _do(bench, How.RECREATE)
    bench.run()

    assert "**Dependencies**: Task 1.1" in bench.text
    assert bench.issue("Dig").ref in bench.issue("Paint").blockers
    assert bench.is_settled()


class _Die(BaseException):
    """What kills a run."""


def _die() -> None:
    raise _Die


@pytest.mark.parametrize("point", ["sent create-issue", "landed create-issue", "intended plan"])
def test_an_issue_made_anew_by_a_run_that_died_is_the_only_one_that_its_task_names(
    lost: Bench, point: str
) -> None:
    lost.at[point] = _die
    with pytest.raises(_Die):
        _do(lost, How.RECREATE)

    lost.run()

    assert lost.text.count("**Issue**: ") == 3
    assert f"**Issue**: [#{lost.issue('Paint').ref}](" in lost.text
    assert lost.is_settled()


def test_an_issue_made_anew_while_the_plan_could_not_be_written_is_the_only_one_that_its_task_names(
    lost: Bench,
) -> None:
    lost.files.fails["replace"] = PlanError("the disk is full", "plan.md")
    assert _do(lost, How.RECREATE).error
    lost.files.fails.clear()

    lost.run()

    assert lost.text.count("**Issue**: ") == 3
    assert f"**Issue**: [#{lost.issue('Paint').ref}](" in lost.text
    assert lost.is_settled()


@pytest.mark.parametrize(("how", "take"), [(How.DROP, Take.PLAN), (None, Take.ISSUE)])
def test_a_task_whose_issue_is_gone_is_dropped(lost: Bench, how: How | None, take: Take) -> None:
    _do(lost, how, take)

    assert "Dropped" in lost.text
    assert lost.is_settled()


def test_a_task_that_was_dropped_and_is_taken_up_again_names_its_new_issue_alone(lost: Bench) -> None:
    _do(lost, How.DROP)
    (line,) = [line for line in lost.text.splitlines() if "Dropped" in line]
    lost.edit(f"{line}\n", "")

    assert "create-issue" in kinds(lost.run(), "applied")

    assert lost.text.count("**Issue**: ") == 3
    assert f"**Issue**: [#{lost.issue('Paint').ref}](" in lost.text
    assert lost.is_settled()


def test_a_line_about_an_issue_of_another_project_stays_whatever_number_is_gone_here(lost: Bench) -> None:
    _do(lost, How.DROP)
    (line,) = [line for line in lost.text.splitlines() if "Dropped" in line]
    lost.edit(f"{line}\n", "")
    number = lost.issue("Level").ref + 1
    theirs = f"**Issue**: [#{number}](https://tracker.test/owner/other/issues/{number})"
    lost.edit(f"**Issue**: [#{number}](https://tracker.test/owner/name/issues/{number})", theirs)

    assert "create-issue" in kinds(lost.run(), "applied")

    assert theirs in lost.text
    assert f"**Issue**: [#{lost.issue('Paint').ref}](" in lost.text


def test_a_task_that_the_plan_calls_dropped_needs_no_issue(synced: Bench) -> None:
    synced.touch("Paint", state=State.DROPPED)
    synced.run()
    synced.delete("Paint")

    assert synced.run().conflicts == []


def test_a_side_that_says_nothing_of_an_issue_that_is_gone_is_refused(lost: Bench) -> None:
    with pytest.raises(ConfigError, match=r"no side can be taken of Task 2.1; it takes --how recreate, drop"):
        _do(lost, None, Take.BASE)


def test_a_way_that_is_none_here_is_refused(lost: Bench) -> None:
    (conflict,) = lost.run().conflicts
    with pytest.raises(
        ConfigError, match=r"--how keep is no way out for Task 2.1; it takes --how recreate, drop"
    ):
        _do(lost, How.KEEP, Take.PLAN, conflict_id(conflict.uid, conflict.field))
    with pytest.raises(ConfigError, match="no conflict 12345678 is open here; open: "):
        _do(lost, How.KEEP, Take.PLAN, "12345678")


def test_where_nothing_is_open_that_is_said(synced: Bench) -> None:
    with pytest.raises(ConfigError, match="no conflict 12345678 is open here; nothing is to be decided"):
        _do(synced, None, Take.PLAN, "12345678")


def test_a_conflict_of_values_takes_a_side(synced: Bench) -> None:
    synced.touch("Paint", title="Stain")
    synced.edit("Task 2.1: Paint", "Task 2.1: Varnish")
    (conflict,) = synced.run().conflicts

    with pytest.raises(ConfigError, match="take a side: --take plan, --take issue or --take base"):
        _do(synced, How.DROP, Take.PLAN, conflict_id(conflict.uid, conflict.field))


def test_a_milestone_that_is_gone_is_made_anew_and_gets_its_issues(synced: Bench) -> None:
    synced.delete("Phase 2: Walls")
    synced.touch("Paint", milestone=None)
    assert [c.field for c in synced.run().conflicts] == [Field.EXISTENCE]

    report = _do(synced, How.RECREATE)

    assert {"create-milestone", "set-milestone"} <= set(kinds(report, "applied"))
    assert synced.issue("Paint").milestone == synced.issue("Phase 2: Walls").ref
    assert synced.is_settled()


def test_a_plan_may_do_without_a_milestone(synced: Bench) -> None:
    synced.delete("Phase 2: Walls")
    synced.touch("Paint", milestone=None)

    _do(synced, How.DROP)

    assert synced.run().conflicts == []
    assert "## Phase 2: Walls" in synced.text


def test_a_milestone_that_is_here_under_another_number_is_followed(synced: Bench) -> None:
    old = synced.issue("Phase 2: Walls")
    synced.delete("Phase 2: Walls")
    number = synced.tracker.number(Thing.MILESTONE)
    synced.tracker.put(Thing.MILESTONE, type(old)(number, old.title, old.body))
    synced.touch("Paint", milestone=number)

    _do(synced, How.FOLLOW)

    assert synced.is_settled()


def test_an_issue_that_went_to_another_repository_cannot_be_followed(synced: Bench) -> None:
    paint, look = synced.issue("Paint").ref, synced.tracker.look
    synced.delete("Paint")

    async def moved(thing: Thing, ref: int) -> object:
        return Absence.MOVED if (thing, ref) == (Thing.ISSUE, paint) else await look(thing, ref)

    synced.tracker.look = moved  # type: ignore[method-assign,assignment]
    report = synced.run(full=True)
    assert set(report.ways.values()) == {("recreate", "drop")}
    (conflict,) = report.conflicts

    with pytest.raises(
        ConfigError, match=r"for Task 2.1: it went to another repository, and a plan has one target; it takes"
    ):
        _do(synced, How.FOLLOW, Take.PLAN, conflict_id(conflict.uid, conflict.field))


# ------------------------------------------------------------------ what drifted


def test_an_issue_in_no_milestone_is_put_back_or_left(synced: Bench) -> None:
    synced.touch("Paint", milestone=None)
    (drift,) = synced.run().drifts
    assert drift.field is Field.PHASE

    _do(synced, How.RESTORE)
    assert synced.issue("Paint").milestone == synced.issue("Phase 2: Walls").ref
    assert synced.is_settled()
    synced.touch("Paint", milestone=None)
    _do(synced, How.ACCEPT)
    assert (synced.issue("Paint").milestone, synced.run().drifts) == (None, [])


def test_a_reason_that_differs_is_put_right(synced: Bench) -> None:
    synced.touch("Paint", state=State.DONE)
    synced.run()
    assert "- [x] Buy paint" in synced.text
    synced.edit("- [x] Buy paint", "- [x] Buy paint\n\n**Status**: Dropped")
    assert [d.field for d in synced.run().drifts] == [Field.REASON]

    _do(synced, How.FIX_REASON)

    assert synced.issue("Paint").state is State.DROPPED
    assert synced.is_settled()


# -------------------------------------------------------- a task that may be another copy's


@pytest.mark.parametrize("how", [How.RECREATE, None])
def test_a_task_that_is_none_of_another_copys_gets_its_own_issue(rival: Bench, how: How | None) -> None:
    report = _do(rival, how, Take.PLAN)

    assert kinds(report, "applied").count("create-issue") == 1
    assert [row.title for row in rival.tracker.issues()].count("Paint") == 1
    assert f"/issues/{rival.issue('Paint it').ref}" in rival.text
    assert rival.run().conflicts == []
    assert rival.issue("Paint").state is State.TODO


@pytest.mark.parametrize(("how", "take"), [(How.FOLLOW, Take.PLAN), (None, Take.ISSUE)])
def test_a_task_that_is_one_of_another_copys_takes_its_issue(
    rival: Bench, how: How | None, take: Take
) -> None:
    _do(rival, how, take)

    assert "Paint it" not in {row.title for row in rival.tracker.issues()}
    assert f"/issues/{rival.issue('Paint').ref}" in rival.text
    assert [c.field for c in rival.run().conflicts] == [Field.TITLE]
    _do(rival, None, Take.PLAN)
    assert "Ask whoever knows" in rival.issue("Paint it").body
    assert rival.is_settled()


def test_what_was_agreed_tells_nothing_of_a_task_that_may_be_another_copys(rival: Bench) -> None:
    with pytest.raises(
        ConfigError, match=r"no side can be taken of Task 2.1; it takes --how follow, recreate"
    ):
        _do(rival, None, Take.BASE)


# --------------------------------------------------------------- tasks that are gone


@pytest.mark.parametrize(
    ("how", "take", "state"),
    [
        (How.CLOSE, Take.PLAN, State.DROPPED),
        (None, Take.PLAN, State.DROPPED),
        (How.KEEP, Take.PLAN, State.TODO),
        (None, Take.ISSUE, State.TODO),
    ],
)
def test_the_issue_of_a_task_that_is_gone_is_closed_or_kept(
    make: Make, how: How | None, take: Take, state: State
) -> None:
    bench = make(policy=Policy(task_removed="ask"))
    bench.run()
    _without(bench, "### Task 1.2", "## Phase 2")
    report = bench.run()
    assert list(report.ways.values()) == [("close", "keep")]

    _do(bench, how, take)

    assert bench.issue("Level").state is state
    assert bench.run().conflicts == []


def _prune(bench: Bench, *names: str) -> Report:
    return bench.run(decide=Prune(names).decide, allow=("mass-change",))


def test_pruning_closes_what_nobody_touched_and_names_the_rest(synced: Bench) -> None:
    _without(synced, "### Task 1.1", "## Phase 2")
    synced.tick("Dig", "Mark the corners")
    ref = synced.issue("Dig").ref

    report = _prune(synced)

    assert kinds(report, "applied") == ["close-issue"]
    assert (synced.issue("Level").state, synced.issue("Dig").state) == (State.DROPPED, State.TODO)
    assert notes(report)[-1] == (
        f"#{ref} 'Dig' changed since its task was last in the plan; it stays open "
        f"(plansync prune {ref} closes it all the same)"
    )


@pytest.mark.parametrize("name", ["#{ref}", "{ref}", "Dig"])
def test_pruning_by_name_closes_what_changed_too(synced: Bench, name: str) -> None:
    _without(synced, "### Task 1.1", "## Phase 2")
    synced.tick("Dig", "Mark the corners")

    report = _prune(synced, name.format(ref=synced.issue("Dig").ref))

    assert kinds(report, "applied") == ["close-issue"]
    assert (synced.issue("Level").state, synced.issue("Dig").state) == (State.TODO, State.DROPPED)


def test_pruning_a_name_that_is_none_is_refused(synced: Bench) -> None:
    with pytest.raises(
        ConfigError, match="Dig: no open issue of a task that is gone from the plan; there is none"
    ):
        _prune(synced, "Dig")
    _without(synced, "### Task 1.2", "## Phase 2")
    with pytest.raises(ConfigError, match=f"there are #{synced.issue('Level').ref}"):
        _prune(synced, "Dig")


def test_where_nothing_is_to_be_pruned_that_is_said(synced: Bench) -> None:
    assert notes(_prune(synced)) == [
        "every open issue of this plan belongs to a task that is in it; nothing to prune"
    ]


def test_each_way_has_words_and_those_about_a_second_issue_are_its_own() -> None:
    gone = Conflict(Uid("d1gd1g2"), Field.EXISTENCE, "issue #3", "in the plan", "deleted")
    twin = replace(gone, field=Field.TWIN, base=None)
    assert {how: in_words(how, gone) for how in How} == WORDS
    assert in_words(How.CLOSE, twin) == "close the other one as a duplicate"
    assert in_words(How.ACCEPT, twin) == "leave both as they are"


def test_only_a_task_can_be_dropped_and_a_plan_goes_on_without_anything_else() -> None:
    gone = Conflict(Uid("d1gd1g2"), Field.EXISTENCE, "issue #3", "in the plan", "deleted")
    assert in_words(How.DROP, gone) == "mark the task as dropped"
    assert (
        in_words(How.DROP, gone, has_other=True)
        == "mark the task as dropped, and close that one as not planned"
    )
    for other in (replace(gone, base="milestone #3"), replace(gone, uid=OVERVIEW)):
        assert in_words(How.DROP, other) == "go on without one"


# ------------------------------------------------------------------ what waits for a block


@pytest.mark.parametrize(
    ("old", "new", "waiting"),
    [
        ("- [ ] Buy paint", "- [x] Buy paint", 1),
        ("- [ ] Buy paint\n", "Two coats.\n\n- [ ] Buy paint\n", 1),
        ("Task 2.1: Paint", "Task 2.1: Stain", 0),
        ("Mark the corners", "Mark all corners", 0),
    ],
)
def test_edits_that_wait_for_a_block_are_counted(synced: Bench, old: str, new: str, waiting: int) -> None:
    synced.touch("Paint", body=synced.issue("Paint").body.replace("<!-- plansync:end -->", ""))
    assert synced.run().waiting == 0
    synced.edit(old, new)

    assert synced.run().waiting == waiting
    assert synced.run().waiting == waiting
