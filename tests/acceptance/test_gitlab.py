"""What GitLab alone has: time estimates, quick actions, the third box, scoped labels, group milestones, tiers.

Everything a person would see in the same way on GitHub is asked of both trackers in the other modules.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from plansync.sandbox.kinds import Fault, Tier
from tests.acceptance.conftest import Source, Stage
from tests.support.gitlab import DROPPED, DUPLICATE, Gauge, GitLabPerson, beneath
from tests.support.mortals import KILLED, Mortals
from tests.support.outline import body
from tests.support.people import Copy, Place, Ran
from tests.support.sandbox import Sandbox

TRACKER = "gitlab"
BOTH_NOT_PREMIUM = pytest.mark.parametrize("tier", [Tier.FREE, Tier.CE])
EVERY_TIER = pytest.mark.parametrize("tier", list(Tier))
TITLE, NUMBER = "Upload page", "3.1"
TIME = "**Estimated Time**: {}  \n**Dependencies**: Task 1.2"


def notes(ran: Ran) -> str:
    return "\n".join(note["text"] for note in ran.json["notes"])


def time_line(copy: Copy, number: str = NUMBER) -> str:
    (line,) = [each for each in copy.section(number).splitlines() if each.startswith("**Estimated")]
    return line.strip()


# ------------------------------------------------------------------ estimates


def test_each_estimate_of_the_plan_is_the_issues_own_in_minutes(copy: Copy, person: GitLabPerson) -> None:
    times = {task.title: person.minutes(task.title) for task in copy.outline.tasks}

    assert list(times.values()) == [120, 90, 180, 150, 240, 180, 120, 240, 90, 30, 120, 60]
    assert all("Estimated Time" not in issue["body"] for issue in person.tasks()), "it is not said twice"
    assert copy.is_settled()


@pytest.mark.parametrize(
    ("written", "minutes"),
    [("45 minutes", 45), ("1.5 days", 720), ("2 weeks", 4_800), ("2-3 hours", 180), ("1h 30m", 90)],
)
def test_an_estimate_that_the_plan_changes_is_changed_on_the_issue(
    copy: Copy, person: GitLabPerson, written: str, minutes: int
) -> None:
    copy.replace(TIME.format("2 hours"), TIME.format(written))
    before = copy.content

    ran = copy.sync()

    assert ran.kinds("tracker") == ["set-estimate"]
    assert ran.own_writes == 1
    assert person.minutes(TITLE) == minutes
    assert body(copy.since(before)) == [], "what the plan says stays as its author wrote it"
    assert copy.is_settled()


@pytest.mark.parametrize(
    ("written", "duration", "line"),
    [
        ("2 hours", "5h", "5 hours"),
        ("2 hours", "90m", "1.5 hours"),
        ("2 hours", "1h 1m", "1h 1m"),
        ("2 days", "3d", "3 days"),
        ("30 minutes", "45m", "45 minutes"),
        ("2 hours (with review)", "1h", "1 hour (with review)"),
        ("2-3 hours", "5h", "5 hours"),
    ],
)
def test_an_estimate_that_the_issue_changes_is_written_into_the_plans_line_in_its_own_unit(
    copy: Copy, person: GitLabPerson, written: str, duration: str, line: str
) -> None:
    if written != "2 hours":
        copy.replace(TIME.format("2 hours"), TIME.format(written))
    copy.sync()
    before = copy.content
    person.estimate(TITLE, duration)

    ran = copy.pull()

    assert body(copy.since(before)) == [(f"**Estimated Time**: {written}  ", f"**Estimated Time**: {line}  ")]
    assert ran.writes == 0
    copy.sync()
    assert copy.is_settled()


@pytest.mark.parametrize("where", ["comment", "description"])
def test_a_quick_action_of_a_person_sets_the_estimate_and_the_plan_follows(
    copy: Copy, person: GitLabPerson, where: str
) -> None:
    if where == "comment":
        person.comment(person.issue(TITLE)["number"], "/estimate 5h")
    else:
        person.edit(TITLE, lambda text: f"{text}\n\n/estimate 5h")

    copy.sync()

    assert time_line(copy) == "**Estimated Time**: 5 hours"
    assert person.minutes(TITLE) == 300
    assert copy.is_settled()


def test_an_estimate_that_both_sides_changed_is_a_conflict_and_a_person_decides(
    copy: Copy, person: GitLabPerson
) -> None:
    copy.replace(TIME.format("2 hours"), TIME.format("3 hours"))
    person.estimate(TITLE, "5h")

    ran = copy.sync(exits=4)

    (conflict,) = ran.json["conflicts"]
    assert (conflict["field"], conflict["base"], conflict["plan"], conflict["issue"]) == (
        "time_estimate",
        120,
        180,
        300,
    )
    assert (time_line(copy), person.minutes(TITLE)) == ("**Estimated Time**: 3 hours", 300)
    told = copy.run("resolve", exits=4).out
    assert "estimate differs" in told and ": 3h" in told and ": 5h" in told

    copy.run("resolve", conflict["id"], "--take", "issue", "--yes")

    assert time_line(copy) == "**Estimated Time**: 5 hours"
    assert copy.is_settled()


@pytest.mark.parametrize(("take", "minutes"), [("plan", 180), ("base", 120)])
def test_a_conflict_of_estimates_can_go_any_way(
    copy: Copy, person: GitLabPerson, take: str, minutes: int
) -> None:
    copy.replace(TIME.format("2 hours"), TIME.format("3 hours"))
    person.estimate(TITLE, "5h")
    (conflict,) = copy.sync(exits=4).json["conflicts"]

    copy.run("resolve", conflict["id"], "--take", take, "--yes")

    assert person.minutes(TITLE) == minutes
    assert copy.is_settled()


def test_both_sides_may_change_an_estimate_alike(copy: Copy, person: GitLabPerson) -> None:
    copy.replace(TIME.format("2 hours"), TIME.format("3 hours"))
    person.estimate(TITLE, "3h")

    assert copy.sync().own_writes == 0
    assert copy.is_settled()


def test_an_estimate_that_was_reset_on_the_tracker_is_a_note_and_stays_in_the_plan(
    copy: Copy, person: GitLabPerson
) -> None:
    person.estimate(TITLE, "")
    before = copy.content

    ran = copy.sync()

    assert body(copy.since(before)) == []
    number = person.issue(TITLE)["number"]
    assert f"#{number}: the estimate was taken away on the tracker" in notes(ran)
    assert person.minutes(TITLE) == 0
    assert copy.is_settled()

    copy.replace(TIME.format("2 hours"), TIME.format("3 hours"))
    copy.sync()

    assert person.minutes(TITLE) == 180, "what the plan says next goes out again"
    assert copy.is_settled()


def test_an_estimate_made_on_the_tracker_for_a_task_without_one_does_not_stop_a_run(
    fresh: Copy, person: GitLabPerson
) -> None:
    fresh.replace(TIME.format("2 hours"), "**Dependencies**: Task 1.2")
    fresh.push()
    assert person.minutes(TITLE) == 0
    person.estimate(TITLE, "5h")

    fresh.sync()
    fresh.sync()

    assert person.minutes(TITLE) == 300
    assert fresh.is_settled()


def test_where_estimates_are_labels_the_issues_own_one_is_left_to_people(
    fresh: Copy, person: GitLabPerson
) -> None:
    fresh.env |= {"PLANSYNC_ESTIMATES": "label"}
    fresh.push()
    assert person.minutes(TITLE) == 0
    assert {"name": "estimate: 2h"} in person.issue(TITLE)["labels"]
    person.estimate(TITLE, "5h")

    fresh.sync()

    assert (time_line(fresh), person.minutes(TITLE)) == ("**Estimated Time**: 2 hours", 300)
    assert fresh.is_settled()


# ------------------------------------------------------- several operations a task


SMALL = """\
# Garden

## Phase 1: Spring

### Task 1.1: Sow the beans

- [ ] Water them

**Estimated Time**: 2 hours

### Task 1.2: Tie the beans up

- [ ] Find sticks

**Estimated Time**: 3 hours
**Dependencies**: Task 1.1
"""
MADE = ("create-milestone", "create-issue", "set-estimate", "add-dependency")


def whole(person: GitLabPerson, after: str = "") -> None:
    """Look that each task is there once, with all that belongs to it."""
    one, two = person.issue("Sow the beans"), person.issue("Tie the beans up")
    assert [person.minutes(each["title"]) for each in (one, two)] == [120, 180], after
    assert person.blockers(two["number"]) == [one["number"]], after
    assert len(person.issues()) == 2
    assert len(person.milestones()) == 1


def test_killed_between_any_two_operations_of_a_task_the_next_run_completes_it(
    tmp_path: Path, tracker: Place, stage: Stage, person: GitLabPerson, forks: Mortals
) -> None:
    first = Copy.of(SMALL.encode(), tmp_path / "0" / "work", tracker)
    assert forks.run(first, ["push", "--yes"]).code == 0
    points = forks.points()
    assert {point.split()[1] for point in points if point.startswith("sent")} == {*MADE}
    whole(person)
    for number, point in enumerate(points, 1):
        stage.restore(stage.empty)
        copy = Copy.of(SMALL.encode(), tmp_path / str(number) / "work", tracker, forked=forks.run)
        assert forks.run(copy, ["push", "--yes"], dies_at=number).code == KILLED, point

        assert forks.run(copy, ["push", "--yes"]).code == 0, point

        whole(person, f"{number}: {point}")
        assert copy.is_settled(), point


@pytest.mark.parametrize("operation", ["create-issue", "set-estimate", "add-dependency"])
def test_what_was_not_done_of_a_task_is_named_and_no_half_task_counts_as_whole(
    tmp_path: Path, tracker: Place, sandbox: Sandbox, person: GitLabPerson, forks: Mortals, operation: str
) -> None:
    copy = Copy.of(SMALL.encode(), tmp_path / "work", tracker, forked=forks.run)
    assert forks.run(copy, ["push", "--yes"]).code == 0
    order = [point.split()[1] for point in forks.points() if point.startswith("intended")]
    sandbox.restore(sandbox.empty)
    again = Copy.of(SMALL.encode(), tmp_path / "again" / "work", tracker, forked=forks.run)
    at = 1 + order.index(operation)
    found = [n for n, p in enumerate(forks.points(), 1) if p.startswith("intended")]
    assert forks.run(again, ["push", "--yes"], dies_at=found[at - 1]).code == KILLED

    ran = again.run("push", "--yes", "--json")

    assert operation in ran.kinds("tracker"), "the one before which it died is made now, and told"
    whole(person)


# ------------------------------------------------------------------ boxes and states


def test_a_dropped_step_is_the_third_box_in_the_issue(copy: Copy, person: GitLabPerson) -> None:
    step, second = copy.outline.task("2.2").steps[1], copy.outline.task("2.2").steps[3]
    copy.replace(f"- [ ] {step}\n", f"- [x] ~~{step}~~\n")

    copy.sync()

    assert ("~", step) in person.boxes("Read the ingredients")
    assert person.issue("Read the ingredients")["task_completion_status"]["count"] == 5
    assert copy.is_settled()

    person.edit("Read the ingredients", lambda text: text.replace(f"[ ] {second}", f"[~] {second}"))
    before = copy.content
    copy.sync()

    assert body(copy.since(before)) == [(f"- [ ] {second}", f"- [x] ~~{second}~~")]
    assert copy.is_settled()

    person.edit("Read the ingredients", lambda text: text.replace(f"[~] {step}", f"[ ] {step}"))
    before = copy.content
    copy.sync()

    assert body(copy.since(before)) == [(f"- [x] ~~{step}~~", f"- [ ] {step}")]
    assert copy.is_settled()


def test_a_dropped_task_is_closed_with_a_label_that_says_so_and_loses_it_when_it_is_taken_up(
    copy: Copy, person: GitLabPerson
) -> None:
    heading = next(line for line in copy.text.splitlines() if f"Task {NUMBER}: {TITLE}" in line)
    copy.replace(f"{heading}\n", f"{heading}\n\n**Status**: Dropped\n")

    copy.sync()

    issue = person.issue(TITLE)
    raw = person.client.get(f"issues/{issue['number']}").json()
    assert (issue["state"], issue["state_reason"]) == ("closed", "not_planned")
    assert DROPPED in raw["labels"]
    assert copy.is_settled()

    person.reopen(TITLE)
    copy.sync()

    assert "**Status**: Dropped" not in copy.text
    assert person.issue(TITLE)["state"] == "open"
    assert DROPPED not in person.client.get(f"issues/{issue['number']}").json()["labels"]
    assert copy.is_settled()


@pytest.mark.parametrize("how", ["label of ours", "label of the settings", "duplicate of another"])
def test_a_task_that_is_dropped_on_the_tracker_is_dropped_in_the_plan(
    copy: Copy, person: GitLabPerson, how: str
) -> None:
    number = person.issue(TITLE)["number"]
    if how == "duplicate of another":
        person.comment(number, "/duplicate #1")
    else:
        person.change(number, state="closed", state_reason="completed")
        person.change(number, add_labels=[DROPPED if how == "label of ours" else "Won't do"])

    copy.sync()

    assert "**Status**: Dropped" in copy.section(NUMBER)
    assert copy.is_settled()


def test_a_label_of_ours_on_an_open_issue_drops_nothing(copy: Copy, person: GitLabPerson) -> None:
    person.change(person.issue(TITLE)["number"], add_labels=[DROPPED, DUPLICATE])

    assert copy.sync().json["operations"] == []
    assert copy.is_settled()


# ------------------------------------------------------------------ texts


PROSE = """\
/close
/label ~urgent
/title Something else

Then /assign @somebody in the middle, and

/estimate 9h
"""


def test_quick_actions_in_a_plans_text_are_executed_nowhere_and_come_back_as_they_were(
    fresh: Copy, person: GitLabPerson, sandbox: Sandbox
) -> None:
    heading = next(line for line in fresh.text.splitlines() if f"Task {NUMBER}: {TITLE}" in line)
    fresh.replace(f"{heading}\n", f"{heading}\n\n{PROSE}")
    fresh.plan.with_name("plansync.toml").write_text('prose = "full"\n')

    fresh.push()

    issue = person.issue(TITLE)
    assert (issue["state"], person.minutes(TITLE), issue["assignees"]) == ("open", 120, [])
    assert issue["labels"] == [{"name": "plansync"}]
    assert "\\/close" in issue["body"]
    assert "\\/estimate 9h" in issue["body"]
    assert fresh.is_settled()

    fresh.sync("--full")
    assert PROSE in fresh.text
    person.tick(TITLE, fresh.outline.task(NUMBER).steps[0])
    fresh.sync()
    assert PROSE in fresh.text
    assert person.issue(TITLE)["state"] == "open"
    assert fresh.is_settled()


@pytest.mark.parametrize("rule", [False, True], ids=["paragraphs", "an older server"])
@pytest.mark.parametrize("form", ["lone", "in a step", "under a step", "in a tilde fence", "in a quote"])
def test_wherever_a_quick_action_stands_nothing_is_executed(
    fresh: Copy, person: GitLabPerson, sandbox: Sandbox, form: str, rule: bool
) -> None:
    sandbox.play(is_plain_rule=rule)
    step = fresh.outline.task(NUMBER).steps[0]
    places = {
        "lone": ("**Requirements**: The form parts", "/close\n\n**Requirements**: The form parts"),
        "in a step": (f"- [ ] {step}\n", f"- [ ] {step}\n- [ ] /close\n"),
        "under a step": (f"- [ ] {step}\n", f"- [ ] {step}\n/close\n"),
        "in a tilde fence": (
            "**Requirements**: The form parts",
            "~~~\n/close\n~~~\n\n**Requirements**: The form parts",
        ),
        "in a quote": ("**Requirements**: The form parts", "> a\n/close\n\n**Requirements**: The form parts"),
    }
    fresh.replace(*places[form])
    fresh.plan.with_name("plansync.toml").write_text('prose = "full"\n')

    fresh.push()

    assert {issue["state"] for issue in person.issues()} == {"open"}
    assert fresh.is_settled()
    kept = fresh.content
    fresh.sync("--full")
    assert fresh.content == kept


def test_a_persons_own_text_around_the_block_stays_with_what_gitlab_made_of_it(
    copy: Copy, person: GitLabPerson
) -> None:
    person.edit(TITLE, lambda text: f"About this:  \r\n\r\n{text}\n\nThanks!   \n\n")
    kept = person.issue(TITLE)["body"]
    assert "\r" not in kept
    copy.tick(copy.outline.task(NUMBER).steps[0])

    copy.sync()

    after = person.issue(TITLE)["body"]
    assert after.startswith("About this:  \n\n")
    assert after.endswith("\n\nThanks!")
    assert copy.is_settled()


@pytest.mark.parametrize("title", ["Any", "None", "Started", "Upcoming", "#none"])
def test_a_milestone_may_bear_the_name_of_a_filter(
    tmp_path: Path, tracker: Place, person: GitLabPerson, forks: Mortals, title: str
) -> None:
    text = f"# {title}\n\n- [ ] Sow the beans\n- [ ] Tie the beans up\n"
    copy = Copy.of(text.encode(), tmp_path / "work", tracker, forked=forks.run)

    copy.push()

    assert [each["title"] for each in person.milestones()] == [title]
    assert [each["milestone"]["title"] for each in person.tasks()] == [title] * 2
    assert copy.is_settled()


def test_a_label_with_a_comma_is_refused_for_its_task_alone_before_it_is_sent(
    fresh: Copy, person: GitLabPerson
) -> None:
    settings = fresh.plan.with_name("plansync.toml")
    settings.write_text('risk_label = "risk, high"\n')

    ran = fresh.push(exits=5)

    failed = [op for op in ran.operations if op["status"] == "refused"]
    assert {op["label"] for op in failed if op["kind"] == "create-issue"} == {"Task 2.2", "Task 4.3"}
    assert all("comma" in op["error"] for op in failed if op["kind"] == "create-issue")
    assert not [i for i in person.issues() if {"risk", "high"} & {each["name"] for each in i["labels"]}]


# ------------------------------------------------------------------ labels


@EVERY_TIER
def test_a_label_of_a_scope_takes_the_place_of_the_other_one_in_every_tier(
    fresh: Copy, person: GitLabPerson, sandbox: Sandbox, tier: Tier
) -> None:
    sandbox.play(tier=tier)
    fresh.replace(TIME.format("2 hours"), f"**Labels**: prio::1\n{TIME.format('2 hours')}")
    fresh.push()
    names = {each["name"] for each in person.issue(TITLE)["labels"]}
    assert names == {"plansync", "prio::1"}

    fresh.replace("**Labels**: prio::1\n", "**Labels**: prio::2\n")
    fresh.sync()

    assert {each["name"] for each in person.issue(TITLE)["labels"]} == {"plansync", "prio::2"}
    assert fresh.is_settled()


@EVERY_TIER
def test_a_person_who_sets_another_label_of_the_scope_keeps_it(
    fresh: Copy, person: GitLabPerson, sandbox: Sandbox, tier: Tier
) -> None:
    sandbox.play(tier=tier)
    fresh.push()
    assert {"name": "risk::high"} in person.issue("Read the ingredients")["labels"]
    person.label("Read the ingredients", "risk::low")
    person.unlabel("Read the ingredients", "risk::high")

    for _ in range(2):
        fresh.sync()

    names = {each["name"] for each in person.issue("Read the ingredients")["labels"]}
    assert names == {"plansync", "risk::low"}
    assert fresh.is_settled()


@EVERY_TIER
def test_of_two_labels_of_one_scope_the_last_is_set_and_they_take_no_turns(
    fresh: Copy, person: GitLabPerson, sandbox: Sandbox, tier: Tier
) -> None:
    sandbox.play(tier=tier)
    fresh.replace(TIME.format("2 hours"), f"**Labels**: prio, prio::1, prio::2\n{TIME.format('2 hours')}")

    ran = fresh.push()

    assert "prio::1: an issue bears one label of a scope" in notes(ran)
    names = {each["name"] for each in person.issue(TITLE)["labels"]}
    assert names == {"plansync", "prio", "prio::2"}
    shutil.rmtree(fresh.plan.parent / ".plansync" / "local")
    assert fresh.sync().own_writes == 0, "on a machine that remembers nothing either"
    assert fresh.is_settled()


@pytest.mark.parametrize("name", ["<b>bold</b>", "R&amp;D"])
def test_a_label_that_gitlab_would_keep_as_another_one_is_refused_for_its_task_alone(
    fresh: Copy, person: GitLabPerson, name: str
) -> None:
    fresh.plan.with_name("plansync.toml").write_text(f'risk_label = "{name}"\n')

    ran = fresh.push(exits=5)

    failed = [op for op in ran.operations if op["status"] == "refused" and op["kind"] == "create-issue"]
    assert {op["label"] for op in failed} == {"Task 2.2", "Task 4.3"}
    assert all("HTML" in op["error"] for op in failed)
    assert len(person.tasks()) == 10


def test_a_label_that_is_spelt_otherwise_on_the_tracker_is_not_made_twice(
    fresh: Copy, person: GitLabPerson
) -> None:
    person.client.post("labels", json={"name": "UX", "color": "#123456"}).raise_for_status()
    fresh.replace(TIME.format("2 hours"), f"**Labels**: ux\n{TIME.format('2 hours')}")

    fresh.push()

    assert {each["name"] for each in person.issue(TITLE)["labels"]} == {"plansync", "UX"}
    assert [e["name"] for e in person.client.get("labels").json() if e["name"].lower() == "ux"] == ["UX"]
    assert fresh.is_settled()


# ------------------------------------------------------------------ milestones of a group


def test_an_inherited_milestone_is_used_and_never_edited(fresh: Copy, person: GitLabPerson) -> None:
    phase = fresh.outline.phases[0]
    of_group = person.group_milestone(phase, description="The whole group's.")

    ran = fresh.push()

    assert ran.kinds("tracker").count("create-milestone") == 3
    inside = [i["title"] for i in person.tasks() if i["milestone"]["id"] == of_group["id"]]
    assert inside == [task.title for task in fresh.outline.tasks if task.phase == phase]
    assert fresh.is_settled()

    heading = next(line for line in fresh.text.splitlines() if line.startswith(f"## {phase}"))
    fresh.replace(f"{heading}\n", f"{heading.replace('Groundwork', 'Foundations')}\n\n**Due**: 2027-03-31\n")
    for task in fresh.outline.tasks:
        if task.phase == phase:
            fresh.tick(task.number)
    fresh.sync("--allow", "mass-change")

    (now,) = [m for m in person.milestones() if m["id"] == of_group["id"]]
    assert {k: v for k, v in now.items() if of_group[k] != v} == {}, "nothing of it moved"
    assert fresh.is_settled()


def test_a_milestone_of_the_group_that_is_renamed_or_closed_says_nothing_to_the_plan(
    fresh: Copy, person: GitLabPerson
) -> None:
    of_group = person.group_milestone(fresh.outline.phases[0])
    fresh.push()
    new = {"title": "Phase 1: Foundations", "state_event": "close"}
    person.client.put(f"{person.group}/milestones/{of_group['id']}", json=new).raise_for_status()
    before = fresh.content

    ran = fresh.sync()

    assert (ran.writes, fresh.content) == (0, before)
    assert fresh.is_settled()


def test_a_milestone_of_the_group_is_bound_to_a_phase_of_another_name_by_a_word(
    fresh: Copy, person: GitLabPerson
) -> None:
    of_group = person.group_milestone("Sprint 12")
    phase = fresh.outline.phases[1]

    fresh.run("link", phase, "Sprint 12")
    fresh.push()

    inside = {i["title"] for i in person.tasks() if i["milestone"]["id"] == of_group["id"]}
    assert inside == {task.title for task in fresh.outline.tasks if task.phase == phase}
    assert fresh.is_settled()


# ------------------------------------------------------------------ tiers


@BOTH_NOT_PREMIUM
def test_without_a_licence_for_links_there_is_one_note_and_the_text_says_them(
    fresh: Copy, person: GitLabPerson, sandbox: Sandbox, tier: Tier
) -> None:
    sandbox.play(tier=tier)

    ran = fresh.push()

    assert ran.json["outcome"] == "done"
    assert ran.kinds("tracker", "agreed") == ["add-dependency"] * 14
    assert notes(ran).count("keeps no links between issues") == 1
    assert "**Dependencies**: #1" in person.issue("Keep pictures with recipes")["body"]
    assert '"caps":{"links":false}' in fresh.state.read_text().splitlines()[0]

    for _ in range(2):
        ran = fresh.sync()
        assert (ran.writes, ran.json["operations"], ran.json["notes"]) == (0, [], [])
    assert ran.json["requests"]["total"] == 2
    assert fresh.is_settled()


def test_a_project_that_gets_its_licence_gets_the_links_with_full(
    fresh: Copy, person: GitLabPerson, sandbox: Sandbox
) -> None:
    sandbox.play(tier=Tier.FREE)
    fresh.push()
    sandbox.play(tier=Tier.PREMIUM)

    fresh.sync("--full")

    assert sum(len(person.blockers(i["number"])) for i in person.tasks()) == 14
    assert fresh.is_settled()


def test_a_link_that_only_relates_is_no_dependency(copy: Copy, person: GitLabPerson) -> None:
    one, two = person.issue("Collect sample photos"), person.issue("Upload page")
    given = {"target_project_id": one["project_id"], "target_issue_iid": one["number"]}
    person.client.post(f"issues/{two['number']}/links", json=given).raise_for_status()
    before = copy.content

    copy.sync()

    assert body(copy.since(before)) == []
    assert copy.is_settled()


@BOTH_NOT_PREMIUM
def test_of_several_owners_one_is_given_the_issue_and_the_others_are_told(
    fresh: Copy, person: GitLabPerson, sandbox: Sandbox, tier: Tier
) -> None:
    sandbox.play(tier=tier, assignable=("ana", "bo"))
    fresh.replace(TIME.format("2 hours"), f"**Owner**: @ana, @bo\n{TIME.format('2 hours')}")

    ran = fresh.push()

    assert len(person.issue(TITLE)["assignees"]) == 1
    (made,) = [op for op in ran.operations if op["kind"] == "create-issue" and op["error"]]
    assert "did not keep" in made["error"]
    assert "@bo" in made["error"]
    assert fresh.is_settled()


def test_an_account_may_have_dots_in_its_name_and_who_is_no_member_is_told(
    fresh: Copy, person: GitLabPerson, sandbox: Sandbox
) -> None:
    sandbox.play(assignable=("jo.doe_2",))
    fresh.replace(TIME.format("2 hours"), f"**Owner**: @jo.doe_2, @ed\n{TIME.format('2 hours')}")

    ran = fresh.push()

    assert [each["login"] for each in person.issue(TITLE)["assignees"]] == ["jo.doe_2"]
    assert (
        "@ed cannot be given issues of local/plans, so nobody is; it takes a member of the project"
        in notes(ran)
    )
    assert fresh.is_settled()


# ------------------------------------------------------------------ writing at once


@pytest.fixture(scope="module")
def gauge(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gauge]:
    started = Gauge(tmp_path_factory.mktemp("gauge"), root="/sub/git")
    yield started
    started.close()


@pytest.fixture
def measured(plan: Source, gauge: Gauge, tmp_path: Path, forks: Mortals) -> Copy:
    gauge.restore(gauge.empty)
    gauge.most, gauge.twice = 0, []
    place = beneath(gauge, "/sub/git")
    return Copy.of(plan.content, tmp_path / "measured" / "work", place, forked=forks.run)


def test_up_to_eight_writes_are_on_their_way_and_never_two_to_one_item(measured: Copy, gauge: Gauge) -> None:
    measured.push()
    first = gauge.most
    content = measured.text
    for task in measured.outline.tasks:
        named = f"Task {task.number}: {task.title}"
        content = content.replace(named, f"{named}, soon")
    measured.plan.write_bytes(content.replace("\n", "\r\n").encode("utf-8-sig"))
    gauge.most = 0
    measured.sync("--allow", "all-changed")

    assert first == 8
    assert 2 <= gauge.most <= 8, "each is read before it is written, so fewer meet"
    assert gauge.twice == []
    assert gauge.found == []
    assert measured.is_settled()


def test_an_install_below_a_path_is_served_as_any_other(measured: Copy, gauge: Gauge) -> None:
    ran = measured.push()

    assert f"{gauge.host}/sub/git/local/plans/-/issues/1" in measured.text
    assert ran.json["tracker"]["url"].startswith(f"{gauge.host}/sub/git")
    assert {path.partition("/api/")[0] for _, path, _ in gauge.asked} == {"/sub/git"}
    assert measured.is_settled()


@pytest.mark.parametrize("fault", [Fault.LOCK, Fault.THROTTLE, Fault.BROKEN], ids=lambda f: f.value)
def test_a_lock_a_refusal_for_pace_and_a_broken_proxy_are_got_over(
    fresh: Copy, person: GitLabPerson, sandbox: Sandbox, fault: Fault
) -> None:
    sandbox.play(faults=(fault,) * 2)

    ran = fresh.run("push", "--yes", "--json", exits=None)
    assert ran.code in (0, 1, 5), ran
    sandbox.play(faults=())
    fresh.push()

    titles = [issue["title"] for issue in person.issues()]
    assert len(titles) == len(set(titles)) == 13
    assert fresh.is_settled()


def test_from_the_third_time_on_nothing_to_do_costs_two_answers_that_say_unchanged(copy: Copy) -> None:
    """The first run after a push reads links, and the second one asks from a later moment on."""
    copy.sync()
    copy.sync()

    assert copy.sync().json["requests"] == {
        "total": 2,
        "writes": 0,
        "not_modified": 2,
        "by_method": {"GET": 2},
    }


# ------------------------------------------------------------------ existence


def test_a_moved_issue_is_no_done_task_and_is_not_made_again(
    copy: Copy, person: GitLabPerson, sandbox: Sandbox
) -> None:
    issue, before = person.issue(TITLE), copy.content
    there = {"to_project_id": issue["project_id"] + 1}
    person.client.post(f"issues/{issue['number']}/move", json=there).raise_for_status()

    for _ in range(2):
        ran = copy.sync(exits=4)
        told = [(conflict["field"], conflict["issue"]) for conflict in ran.json["conflicts"]]
        assert told == [("existence", "moved to another project")]
        assert ran.own_writes == 0

    assert body(copy.since(before)) == []
    assert len(person.tasks()) == 12, "it is closed there, and stays behind"
    (conflict,) = copy.sync(exits=4).json["conflicts"]
    refused = copy.run("resolve", conflict["id"], "--how", "follow", "--yes", exits=2)
    assert "it went to another project" in refused.err


def test_what_only_shares_the_numbers_of_issues_cannot_be_taken_in(copy: Copy, person: GitLabPerson) -> None:
    given = {"title": "The oven is on fire", "issue_type": "incident"}
    number = person.client.post("issues", json=given).raise_for_status().json()["iid"]

    told = copy.run("adopt", str(number), "--yes", exits=2).err

    assert f"#{number} is something else of the same numbers, a task or an incident say" in told


def test_an_issue_that_was_deleted_is_decided_by_a_person_and_not_made_again(
    copy: Copy, person: GitLabPerson, sandbox: Sandbox
) -> None:
    before = copy.content
    sandbox.delete(int(person.issue(TITLE)["number"]))
    assert "is deleted on the tracker, or made confidential" in copy.run("diff", exits=4).out

    for _ in range(2):
        ran = copy.pull(exits=4)
        assert [(c["field"], c["task"] in copy.section(NUMBER)) for c in ran.json["conflicts"]] == [
            ("existence", True)
        ]
        assert ran.writes == 0

    assert body(copy.since(before)) == []


def test_a_confidential_issue_that_the_token_sees_is_like_any_other(copy: Copy, person: GitLabPerson) -> None:
    person.change(person.issue(TITLE)["number"], confidential=True)
    person.tick(TITLE, copy.outline.task(NUMBER).steps[0])
    before = copy.content

    copy.sync()

    assert len(body(copy.since(before))) == 1
    assert person.issue(TITLE)["confidential"] is True
    assert copy.is_settled()


def test_a_project_that_is_named_by_its_number_is_called_by_no_other_name(
    fresh: Copy, person: GitLabPerson, tracker: Place
) -> None:
    number = str(person.client.get(str(person.client.base_url).rstrip("/")).json()["id"])
    fresh.flags = tuple(number if flag == tracker.repo else flag for flag in fresh.flags)

    ran = fresh.push()

    assert "is called" not in notes(ran)
    assert "/local/plans/-/issues/" in fresh.text


def test_a_renamed_project_is_read_and_written_by_its_old_name_which_is_told(
    fresh: Copy, person: GitLabPerson, sandbox: Sandbox, tracker: Place
) -> None:
    sandbox.play(former_names=("local/former",))
    fresh.flags = tuple("local/former" if flag == tracker.repo else flag for flag in fresh.flags)

    first = fresh.push()
    fresh.tick(fresh.outline.task(NUMBER).steps[0])
    second = fresh.sync()

    for ran in (first, second):
        assert "local/former is called local/plans now" in notes(ran)
    assert person.boxes(TITLE)[0][0] == "x"
    assert fresh.is_settled()


# ------------------------------------------------------------------ tokens


def test_a_renamed_project_is_found_by_its_number_where_its_old_name_leads_nowhere(
    fresh: Copy, person: GitLabPerson, sandbox: Sandbox, tracker: Place
) -> None:
    sandbox.play(former_names=("local/former",))
    own = fresh.flags
    fresh.flags = tuple("local/former" if flag == tracker.repo else flag for flag in own)
    fresh.push()
    sandbox.play(former_names=())
    person.tick(TITLE, fresh.outline.task(NUMBER).steps[0])

    ran = fresh.sync()

    assert ran.json["outcome"] == "done"
    assert fresh.sync().writes == 0
    fresh.tick(fresh.outline.task(NUMBER).steps[1])
    assert "local/former is called local/plans now" in notes(fresh.sync())
    fresh.flags = own
    fresh.tick(fresh.outline.task(NUMBER).steps[2])
    ran = fresh.sync()
    assert (ran.own_writes, "is called" in notes(ran)) == (1, False), (
        "its new name may be set, as the note says"
    )
    assert fresh.is_settled()
    assert len(person.tasks()) == 12


def test_a_token_that_expires_within_thirty_days_is_told_with_the_day(copy: Copy, sandbox: Sandbox) -> None:
    for days, is_told in ((29, True), (31, False)):
        day = f"{datetime.now(UTC) + timedelta(days=days):%Y-%m-%d}"
        sandbox.play(expires_on=day)
        copy.tick(copy.outline.task(NUMBER).steps[days // 30])

        ran = copy.sync()

        assert (day in notes(ran) + ran.err) == is_told, ran
        assert ("PLANSYNC_TOKEN" in notes(ran) + ran.err) == is_told, "it says which token"


def test_a_token_that_may_only_read_stops_before_any_write_and_names_the_scope(
    fresh: Copy, person: GitLabPerson, sandbox: Sandbox
) -> None:
    sandbox.play(scopes=("read_api",))

    ran = fresh.run("push", "--yes", exits=8)

    assert "`api`" in ran.err
    assert "PLANSYNC_TOKEN" in ran.err
    sandbox.play(scopes=("api",))
    assert person.issues() == []


def test_a_job_token_is_told_that_it_cannot_write_and_what_to_make_instead(
    fresh: Copy, person: GitLabPerson
) -> None:
    token = fresh.env.pop("PLANSYNC_TOKEN")
    fresh.env |= {"GITLAB_CI": "true", "CI_JOB_TOKEN": token, "CI_SERVER_URL": "http://127.0.0.1"}

    ran = fresh.run("push", "--yes", exits=8)

    assert "(CI_JOB_TOKEN) can write no issues" in ran.err
    assert "GITLAB_TOKEN" in ran.err or "PLANSYNC_TOKEN" in ran.err
    assert person.issues() == []
