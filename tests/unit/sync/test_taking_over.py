"""Issues that people made: what is asked for, and what a run says where it cannot be done."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from plansync.errors import ConfigError, SafetyStop
from plansync.model import Field, State
from plansync.reconcile import Policy
from plansync.sync.intake import Intake
from plansync.sync.linking import Linking
from plansync.sync.lookalikes import read_titles
from plansync.sync.suggesting import Suggesting
from plansync.trackers.base import Absence, Thing
from tests.simulation.world import Row
from tests.unit.sync.bench import PLAN, Bench, kinds, notes

Make = Callable[..., Bench]


def _take_in(bench: Bench, ref: int, phase: str = "") -> list[str]:
    intake = Intake(f"#{ref}", phase)
    return kinds(bench.run(prepare=intake.prepare, decide=intake.decide), "applied")


# ------------------------------------------------------------------------- where


def test_an_issue_is_taken_into_the_phase_that_a_person_names(synced: Bench) -> None:
    made = synced.write("Sweep")

    assert "add-task" in _take_in(synced, made, "Phase 2: Walls")
    assert synced.text.index("Sweep") > synced.text.index("Paint")
    assert synced.is_settled()


def test_an_issue_that_is_taken_over_is_called_as_the_template_calls_all_of_the_plans(make: Make) -> None:
    bench = make(title="{number}: {title}")
    dig = bench.write("Dig")
    link = f"**Issue**: [#{dig}](https://tracker.test/owner/name/issues/{dig})"
    bench.edit("### Task 1.1: Dig\n", f"### Task 1.1: Dig\n\n{link}\n")
    (shown,) = (d for d in bench.run(is_dry=True).done if d.operation.kind == "update-issue")
    assert Field.FRAME in {change.field for change in shown.operation.changes}, "it is shown before"

    bench.run()

    assert "1.1: Dig" in {row.title for row in bench.tracker.issues()}
    assert bench.is_settled()
    made = bench.write("Sweep")
    _take_in(bench, made, "Phase 2: Walls")
    bench.run()
    assert {"2.2: Sweep"} <= {row.title for row in bench.tracker.issues()}
    assert bench.is_settled()


def test_an_issue_in_no_milestone_has_to_be_given_a_phase(synced: Bench) -> None:
    made = synced.write("Sweep")

    with pytest.raises(ConfigError, match="in no milestone of this plan; say where it is to stand"):
        _take_in(synced, made)


@pytest.mark.parametrize(
    ("phase", "said"),
    [
        ("1.1", "1.1 is a task, not a phase"),
        ("Phase 9", "no phase of plan.md has this number, title or id: Phase 9; `plansync inspect "),
        ("Phase 2: Walls", "is in the milestone of .*Ground; leave --phase"),
    ],
)
def test_a_phase_that_cannot_be_is_refused(synced: Bench, phase: str, said: str) -> None:
    made = synced.write("Sweep", milestone=synced.issue("Dig").milestone)

    with pytest.raises(ConfigError, match=said):
        _take_in(synced, made, phase)
    assert "Sweep" not in synced.text


def test_a_task_of_the_plan_stands_where_it_stands(synced: Bench) -> None:
    with pytest.raises(ConfigError, match="is a task of the plan already; leave --phase out"):
        _take_in(synced, synced.issue("Dig").ref, "Phase 2: Walls")


@pytest.mark.parametrize("milestones", ["plan", "none"])
def test_in_a_plan_whose_phases_are_no_milestones_it_goes_to_the_end(make: Make, milestones: str) -> None:
    bench = make(milestones=milestones)
    bench.run()
    made = bench.write("Sweep")

    with pytest.raises(ConfigError, match="no milestones, so a new task goes behind the last one"):
        _take_in(bench, made, "Phase 2: Walls")
    assert "add-task" in _take_in(bench, made)
    assert bench.text.index("Sweep") > bench.text.index("Paint")
    assert bench.is_settled()


def test_in_a_plan_without_phases_it_is_one_more_task(make: Make) -> None:
    bench = make("# Implementation Plan: Shed\n\n### Task 1: Dig\n\n- [ ] Mark the corners\n")
    bench.run()

    assert "add-task" in _take_in(bench, bench.write("Sweep"))
    assert "Sweep" in bench.text
    assert bench.is_settled()


def test_an_issue_that_is_a_task_already_stays_that_task(synced: Bench) -> None:
    assert _take_in(synced, synced.issue("Dig").ref) == []
    assert synced.is_settled()


def test_the_overview_becomes_no_task(synced: Bench) -> None:
    with pytest.raises(SafetyStop, match="is an issue of this plan already, and no task of it is to have it"):
        _take_in(synced, synced.issue("Implementation Plan: Shed").ref)


CHECKLIST = "# Shed\n\n## Ground\n\n- [ ] Dig\n- [ ] Level\n\n## Walls\n\n- [ ] Paint\n"


@pytest.mark.parametrize(("plan", "line"), [(CHECKLIST, "- [x] Sweep"), (PLAN, "Task 2.2: Sweep")])
def test_a_closed_issue_becomes_a_task_that_is_done(make: Make, plan: str, line: str) -> None:
    """In a checklist its own box says so, elsewhere a status line does."""
    bench = make(plan)
    bench.run()
    milestone = bench.issue("Paint").milestone

    _take_in(bench, bench.write("Sweep", state=State.DONE, milestone=milestone))

    assert line in bench.text
    assert ("**Status**" in bench.text) is (plan is PLAN)
    assert bench.is_settled()


# ------------------------------------------------------------------- by the settings


def test_an_issue_that_was_closed_since_the_list_is_not_taken_in(make: Make) -> None:
    """A list tells nothing of its text, so it is read itself before it becomes a task."""
    bench = make(policy=Policy(issue_added="all"))
    bench.run()
    made = bench.write("Sweep", milestone=bench.issue("Dig").milestone)
    look = bench.tracker.look

    async def late(thing: Thing, ref: int) -> object:
        if ref == made:
            bench.touch("Sweep", state=State.DONE)
        return await look(thing, ref)

    bench.tracker.look = late  # type: ignore[method-assign,assignment]

    assert not bench.run().done
    assert "Sweep" not in bench.text


@pytest.mark.parametrize(
    ("policy", "labels", "is_task"),
    [
        ("all", (), True),
        ("labelled", ("Plansync",), True),
        ("labelled", (), False),
        ("list", ("plansync",), False),
    ],
)
def test_issues_in_the_plans_milestones_become_tasks_by_the_settings(
    make: Make, policy: str, labels: tuple[str, ...], is_task: bool
) -> None:
    bench = make(policy=Policy(issue_added=policy))
    bench.run()
    where = bench.issue("Dig").milestone
    made = bench.write("Sweep", milestone=where, labels=labels, body="By hand.")

    report = bench.run(full=True)

    assert ("Task 1.3: Sweep" in bench.text) is is_task
    said = [note for note in notes(report) if note.startswith("1 open issue is in this plan's milestones")]
    assert len(said) == (0 if is_task else 1)
    assert not said or f"`plansync adopt {made}` takes one in" in said[0]


def test_many_issues_that_are_left_are_told_in_one_line(make: Make) -> None:
    bench = make(policy=Policy(issue_added="list"))
    bench.run()
    where = bench.issue("Dig").milestone
    made = [bench.write(f"Sweep {n}", milestone=where) for n in range(12)]

    said = [note for note in notes(bench.run()) if "open issues are" in note]

    listed = ", ".join(f"#{ref}" for ref in made[:10])
    assert said == [
        f"12 open issues are in this plan's milestones and not in the plan: {listed}, …; "
        f"`plansync adopt {made[0]}` takes one in"
    ]


# ------------------------------------------------------------------------- linking


def _link(bench: Bench, task: str, ref: str) -> None:
    linking = Linking(task, ref)
    bench.run(prepare=linking.prepare, decide=linking.decide)


def test_an_issue_that_may_not_be_there_at_all_is_not_said_to_be_hidden(synced: Bench) -> None:
    async def denied(thing: Thing, ref: int) -> object:
        return Absence.DENIED

    synced.tracker.look = denied  # type: ignore[method-assign,assignment]

    with pytest.raises(
        ConfigError, match=r"issue #99 of owner/name .* is not there, or this token may not read it"
    ):
        _link(synced, "2.1", "99")


def test_a_task_is_linked_to_an_issue_by_its_number_or_address(synced: Bench) -> None:
    synced.edit("## Success", "### Task 2.2: Sweep\n\n- [ ] Find a broom\n\n## Success")
    made = synced.write("Sweep", milestone=synced.issue("Phase 2: Walls").ref)

    with pytest.raises(
        ConfigError, match=r"'Sweep' names no issue of owner/name .*; give a number or an address"
    ):
        _link(synced, "2.2", "Sweep")
    with pytest.raises(ConfigError, match=r"is not in owner/name .*, with which this plan is synced"):
        _link(synced, "2.2", f"https://tracker.test/other/one/issues/{made}")
    with pytest.raises(ConfigError, match=r"issue #99 of owner/name .* is deleted on the tracker"):
        _link(synced, "2.2", "99")
    with pytest.raises(
        ConfigError,
        match=r"no task or phase of plan.md has this .* id: 7.7; `plansync inspect ",
    ):
        _link(synced, "7.7", str(made))
    _link(synced, "2.2", f"https://tracker.test/owner/name/issues/{made}?x=1#y")

    assert "Find a broom" in synced.issue("Sweep").body
    assert f"/issues/{made}" in synced.text
    assert synced.is_settled()


def test_a_task_is_linked_to_the_issue_that_another_copy_made_for_it(rival: Bench) -> None:
    """It is that task from here on, by its id; its steps are those of both, and which title holds is asked."""
    _link(rival, "2.1", str(rival.issue("Paint").ref))

    assert f"/issues/{rival.issue('Paint').ref}" in rival.text
    assert rival.issue("Paint").body.partition(" id=")[2][:7] in rival.text
    assert [row.title for row in rival.tracker.issues()].count("Paint it") == 0
    assert [(c.field, c.local, c.remote) for c in rival.run().conflicts] == [
        (Field.TITLE, "Paint it", "Paint")
    ]
    for text in (rival.text, rival.issue("Paint").body):
        assert "- [ ] Ask whoever knows" in text
        assert "- [ ] Buy paint" in text


def test_what_is_somebody_elses_is_not_linked(synced: Bench) -> None:
    other = synced.issue("Paint")
    made = synced.write("Sweep")
    foreign = synced.write("Else", body=other.body.replace("plan=00000002", "plan=00000009"))
    synced.edit("## Success", "### Task 2.2: Sweep\n\n- [ ] Find a broom\n\n## Success")

    with pytest.raises(
        SafetyStop, match=rf"Task 1.1 is #{synced.issue('Dig').ref} already, and has one at a time"
    ):
        _link(synced, "1.1", str(made))
    with pytest.raises(SafetyStop, match=rf"#{other.ref} is Task 2.1 already; two tasks cannot be one issue"):
        _link(synced, "2.2", str(other.ref))
    with pytest.raises(SafetyStop, match=rf"#{foreign} bears a mark of plansync's that is not this plan's"):
        _link(synced, "2.2", str(foreign))


def test_a_phase_is_linked_to_a_milestone_by_its_title(bench: Bench) -> None:
    number = bench.tracker.number(Thing.MILESTONE)
    bench.tracker.put(Thing.MILESTONE, Row(number, "Walls", "Until autumn."))

    with pytest.raises(
        ConfigError, match=r"names no milestone of .*; give a number, an address or the whole title"
    ):
        _link(bench, "Phase 2: Walls", "Roof")
    linking = Linking("Phase 2: Walls", "Walls")
    bench.run(prepare=linking.prepare, decide=linking.decide)
    bench.run()

    (_, walls) = sorted(bench.tracker.milestone_rows(), key=lambda row: row.ref != number, reverse=True)
    assert len(bench.tracker.milestone_rows()) == 2
    assert bench.tracker.rows[Thing.MILESTONE, number].body.startswith("Until autumn.")
    assert "plansync:milestone" in bench.tracker.rows[Thing.MILESTONE, number].body
    assert walls.ref == number


def test_a_title_that_two_tasks_have_names_none(make: Make) -> None:
    bench = make(PLAN.replace("Task 2.1: Paint", "Task 2.1: Dig"))
    made = bench.write("Dig a hole")

    with pytest.raises(
        ConfigError, match=r"2 tasks of plan.md are called dig; name one by its id: \w+ \(line 5\), "
    ):
        _link(bench, "dig", str(made))


def test_a_pull_request_is_no_task(bench: Bench) -> None:
    number = bench.tracker.number(Thing.ISSUE)
    bench.tracker.put(Thing.ISSUE, Row(number, "Dig", is_pull=True))

    with pytest.raises(ConfigError, match=f"#{number} is a pull request; only an issue can be a task"):
        _link(bench, "1.1", str(number))


def test_an_address_of_something_else_is_refused(bench: Bench) -> None:
    with pytest.raises(ConfigError, match="/milestone/1 is no issue"):
        _link(bench, "1.1", "https://tracker.test/owner/name/milestone/1")


# ------------------------------------------------------------------- likely the same


def test_a_huge_repository_is_read_only_so_far(bench: Bench) -> None:
    """The newest are read: fifty pages of the five issues that this tracker gives at once."""
    for number in range(260):
        bench.write(f"Issue {number}")
        bench.clock.pass_(1)
    found: list[str] = []

    async def read(session: object) -> None:
        found.extend(record.title for record in await read_titles(session))  # type: ignore[arg-type]

    bench.read(read)

    assert len(found) == 250
    assert "Issue 9" not in found
    assert "Issue 259" in found


def test_a_task_and_an_issue_are_suggested_once_each_in_their_best_pair(bench: Bench) -> None:
    best, _, other = (bench.write(title) for title in ("Level", "Levels", "Digs"))
    suggesting = Suggesting()

    report = bench.run(is_dry=True, prepare=suggesting.prepare, decide=suggesting.decide)

    lines = [line for line in notes(report) if line.startswith("plansync link")]
    assert lines == [
        f"plansync link 1.2 {best}  # same title: “Level”",
        f"plansync link 1.1 {other}  # 86% alike: “Digs”",
    ]


def test_a_first_push_stops_where_issues_of_the_same_titles_are(bench: Bench) -> None:
    made = bench.write("dig")

    with pytest.raises(SafetyStop, match=rf"1 open issue has the title of a task here \(#{made} “dig”\)"):
        bench.run()
    report = bench.run(is_dry=True)
    assert f"#{made} has the title of Task 1.1 and is in no plan" in notes(report)
    assert not bench.run(allow=("look-alikes",)).error


def test_a_link_of_the_plans_author_does_not_take_an_issue_of_another_plan(synced: Bench) -> None:
    body = synced.issue("Paint").body.replace("plan=00000002", "plan=00000009")
    made = synced.write("Sweep", body=body)
    link = f"**Issue**: [#{made}](https://tracker.test/owner/name/issues/{made})"
    synced.edit("## Success", f"### Task 2.2: Sweep\n\n{link}\n\n- [ ] Find a broom\n\n## Success")

    synced.run()

    assert synced.tracker.rows[Thing.ISSUE, made].body == body
    assert len([row for row in synced.tracker.issues() if row.title == "Sweep"]) == 2


def test_a_task_may_be_linked_to_the_issue_that_it_has(synced: Bench) -> None:
    linking = Linking("1.1", str(synced.issue("Dig").ref))

    assert synced.run(prepare=linking.prepare, decide=linking.decide).done == []
