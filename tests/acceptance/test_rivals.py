"""The cases that killed rivals: duplicates after a death, work undone by an old copy, guards in the way of progress."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.acceptance.conftest import Source, Stage
from tests.support.mortals import KILLED, Mortals
from tests.support.outline import body, stripped
from tests.support.people import Copy, Person, Place, Ran
from tests.support.repository import began, git

Lay = Callable[[str], Copy]


def notes(ran: Ran) -> str:
    return "\n".join(note["text"] for note in ran.json["notes"])


def creates(ran: Ran, *statuses: str) -> list[str]:
    return [kind for kind in ran.kinds("tracker", *statuses) if kind.startswith("create-")]


def seen(record: dict[str, object]) -> object:
    """What a record is known by, whatever is counted in it."""
    return record["title"], record.get("body", record.get("description"))


@pytest.fixture
def lay(plan: Source, tracker: Place, forks: Mortals, tmp_path: Path) -> Lay:
    """Lay the plan, as its author wrote it, into another folder: another machine, or another job."""
    return lambda name: Copy.of(plan.content, tmp_path / name, tracker, forked=forks.run)


def dies(forks: Mortals, job: Copy, stage: Stage, point: str, turn: int = 1) -> None:
    """Let a first push die where it passes a point for the n-th time."""
    forks.run(job, ["push", "--dry-run"])
    before = stage.remember()
    folder = job.folder.with_name("rehearsal")
    shutil.copytree(job.folder, folder)
    forks.run(Copy(folder, job.env, job.flags), ["push", "--yes"])
    passed = [number for number, name in enumerate(forks.points(), 1) if name == point]
    stage.restore(before)
    assert forks.run(job, ["push", "--yes"], dies_at=passed[turn - 1]).code == KILLED


# ------------------------------------------------------------------ a first push that died

DEATHS = [
    *[("intended create-milestone", 1), ("sent create-milestone", 2), ("intended create-issue", 1)],
    *[("sent create-issue", 1), ("landed create-issue", 7), ("sent create-issue", 13), ("written plan", 2)],
]


@pytest.mark.parametrize(("point", "turn"), DEATHS)
def test_a_first_push_that_died_in_a_container_that_is_gone_is_gone_on_with_by_a_fresh_clone(
    lay: Lay, person: Person, forks: Mortals, stage: Stage, point: str, turn: int
) -> None:
    job = lay("job")
    dies(forks, job, stage, point, turn)
    shutil.rmtree(job.folder)
    made = person.everything()
    clone = lay("clone")

    ran = clone.push()

    assert len(person.milestones()) == 4
    assert [issue["title"] for issue in person.tasks()] == [task.title for task in clone.outline.tasks]
    assert len(person.issues()) == 13
    assert {seen(each) for each in made} <= {seen(each) for each in person.everything()}
    assert len(creates(ran)) == 17 - len(made), "what is there is taken over, what is missing is made"
    assert ("of this plan are there already; taking them over (plan " in notes(ran)) is bool(made)
    assert stripped(clone.content) == clone.original
    assert clone.is_settled()


@pytest.mark.parametrize(("point", "turn"), DEATHS)
def test_a_plan_that_git_put_back_after_a_first_push_that_died_gets_no_second_issues(
    lay: Lay, person: Person, forks: Mortals, stage: Stage, point: str, turn: int
) -> None:
    job = began(lay("job"))
    dies(forks, job, stage, point, turn)
    git(job.folder, "checkout", "--", job.name)
    assert job.content == job.original

    job.push()

    assert len(person.milestones()) == 4
    assert len(person.issues()) == 13
    assert stripped(job.content) == job.original
    assert job.is_settled()


def test_a_plan_that_git_put_back_after_a_sync_in_which_an_issue_was_refused_gets_the_news_again(
    copy: Copy, person: Person
) -> None:
    """The sync was partial: its state file is there, and knows more than the plan that git put back."""
    began(copy)
    one, two = copy.outline.task("1.1"), copy.outline.task("2.1")
    committed = copy.content
    person.close(one.title)
    person.tick(two.title, two.steps[0])
    long = "- [ ] " + "word " * 15_000
    copy.replace("### Task 1.3:", f"### Task 1.2b: Too long\n\n{long}\n\n### Task 1.3:")
    copy.sync(exits=5)
    pulled = body(copy.since(committed))
    assert len(pulled) > len(one.steps)
    git(copy.folder, "checkout", "--", copy.name)

    ran = copy.sync()

    ticks = [(f"- [ ] {step}", f"- [x] {step}") for step in (*one.steps, two.steps[0])]
    assert body(copy.since(committed)) == ticks, "what was pulled comes back, what git took away is gone"
    assert person.issue(one.title)["state"] == "closed"
    assert ran.own_writes == 0
    assert copy.is_settled()


# ------------------------------------------------------------------ two clones


def test_two_clones_both_push_first_one_after_the_other(lay: Lay, person: Person) -> None:
    """The second one has had a tick of its own since: nobody knows which side is newer, so it is asked about."""
    one, two = lay("one"), lay("two")
    task = two.outline.task("1.1")
    two.tick(task.steps[0])
    one.push()
    before = person.everything_else()

    ran = two.push(exits=4)

    assert creates(ran) == []
    assert person.everything_else() == before
    assert "taking them over (plan " in notes(ran)
    ((conflict),) = ran.json["conflicts"]
    assert (conflict["field"], conflict["plan"], conflict["issue"]) == ("tick", "ticked", "open")
    assert stripped(two.content) == two.original.replace(
        f"- [ ] {task.steps[0]}".encode(), f"- [x] {task.steps[0]}".encode()
    )
    two.run("resolve", conflict["id"], "--take", "plan")
    one.sync()
    assert one.content == two.content
    assert one.is_settled() and two.is_settled()


def test_a_task_that_a_clone_renamed_before_it_had_an_issue_is_known_by_its_steps(
    lay: Lay, person: Person
) -> None:
    one, two = lay("one"), lay("two")
    task = two.outline.task("1.1")
    two.replace(f"Task 1.1: {task.title}", "Task 1.1: Zebra")
    one.push()

    ran = two.push(exits=4)

    assert creates(ran) == []
    ((conflict),) = ran.json["conflicts"]
    assert (conflict["field"], conflict["plan"], conflict["issue"]) == ("title", "Zebra", task.title)
    two.run("resolve", conflict["id"], "--take", "plan")
    one.sync()
    assert ids(one) == ids(two)
    assert one.is_settled() and two.is_settled()


def ids(clone: Copy) -> list[str]:
    """List the ids in a plan, each with the line that bears it."""
    return re.findall(r".*<!-- plansync.*", clone.content.decode())


def retold(clone: Copy) -> str:
    """Give a task of a clone other steps, and nearly its title; returns the title."""
    task = clone.outline.task("1.1")
    clone.replace(f"Task 1.1: {task.title}", f"Task 1.1: {task.title} soon")
    for number, step in enumerate(task.steps):
        clone.replace(f"- [ ] {step}\n", f"- [ ] Wholly new {number}\n")
    return f"{task.title} soon"


def test_a_task_that_may_be_another_copys_gets_no_issue_before_somebody_says_that_it_is_none(
    lay: Lay, person: Person
) -> None:
    one, two = lay("one"), lay("two")
    title = retold(two)
    one.push()

    ran = two.push(exits=4)

    assert creates(ran) == []
    ((conflict),) = ran.json["conflicts"]
    assert conflict["field"] == "existence"
    said = two.run("resolve", exits=4).out
    number = person.issue(one.outline.task("1.1").title)["number"]
    assert f"issue #{number} is perhaps its own" in said
    assert f"plansync resolve {conflict['id']} --how follow" in said
    assert len(person.issues()) == 13
    two.run("resolve", conflict["id"], "--how", "recreate")
    assert len(person.issues()) == 14
    assert person.issue(title)["state"] == "open"


@pytest.mark.parametrize("way", ["resolve", "link"])
def test_a_task_that_may_be_another_copys_takes_its_issue_where_somebody_says_so(
    lay: Lay, person: Person, way: str
) -> None:
    one, two = lay("one"), lay("two")
    title = retold(two)
    one.push()
    ran = two.push(exits=4)
    number = person.issue(one.outline.task("1.1").title)["number"]

    if way == "link":
        two.run("link", "1.1", f"#{number}", "--yes", exits=4)
    else:
        two.run("resolve", ran.json["conflicts"][0]["id"], "--how", "follow", exits=4)

    assert len(person.issues()) == 13
    (mark,) = re.findall(r"Task 1\.1: .*<!-- plansync:(\w{7}) -->", one.content.decode())
    assert f"{title} <!-- plansync:{mark} -->" in two.content.decode()
    ran = two.sync(exits=4)
    assert {c["field"] for c in ran.json["conflicts"]} == {"title"}
    assert len(person.issues()) == 13


def test_a_first_push_that_died_after_which_a_clone_pushed_finds_the_issues(
    lay: Lay, person: Person, forks: Mortals, stage: Stage
) -> None:
    """Both began the plan under one name, as they hold the same tasks."""
    one, two = lay("one"), lay("two")
    dies(forks, one, stage, "ids remembered")
    two.push()
    before = person.everything()

    one.sync()

    assert person.everything() == before
    assert one.content == two.content
    assert one.is_settled() and two.is_settled()


def test_a_first_push_that_died_after_which_a_clone_with_other_tasks_pushed_asks_whose_the_issues_are(
    lay: Lay, person: Person, forks: Mortals, stage: Stage
) -> None:
    """Each had a name of its own for the plan before either had an issue; only a person knows that it is one."""
    one, two = lay("one"), lay("two")
    two.replace("### Task 1.3:", "### Task 1.2b: Something new\n\n- [ ] Begin\n\n### Task 1.3:")
    dies(forks, one, stage, "ids remembered")
    two.push()
    before, plan = person.everything(), one.content

    ran = one.sync(exits=7)

    assert (person.everything(), one.content) == (before, plan)
    (name,) = set(re.findall(r"plan=(\w{8}) -->", two.content.decode()))
    assert f"plansync state lineage --take {name}" in ran.json["error"]
    one.run("state", "lineage", "--take", name)
    one.sync(exits=6)
    one.sync()
    assert one.is_settled()
    assert len(person.issues()) == 14


# ------------------------------------------------------------------ a plan that was written anew


def test_a_regenerated_plan_without_any_id_is_known_again_and_says_so_in_one_line(
    copy: Copy, person: Person
) -> None:
    """Links, ids and the last line are gone, one task has another title, another one other steps."""
    linked, before = copy.content, {issue["number"]: issue for issue in person.issues()}
    renamed, retold = copy.outline.task("2.1"), copy.outline.task("3.2")
    copy.plan.write_bytes(stripped(linked))
    copy.replace(f"Task 2.1: {renamed.title}", "Task 2.1: Upright pictures")
    for number, step in enumerate(retold.steps):
        copy.replace(f"- [ ] {step}\n", f"- [ ] Wholly new {number}\n")

    ran = copy.sync()

    about = [note["text"] for note in ran.json["notes"]]
    assert about == [
        "12 of 12 tasks had lost their ids and are known by links, titles or steps; the ids are put back"
    ]
    assert creates(ran) == []
    assert ran.kinds("tracker") == ["update-issue"] * 2
    assert {issue["number"] for issue in person.issues()} == before.keys()
    assert before[person.issue("Upright pictures")["number"]]["title"] == renamed.title
    assert [text for _, text in person.boxes(retold.title)] == [
        f"Wholly new {number}" for number in range(len(retold.steps))
    ]
    now = copy.content.decode()
    assert re.findall(r"plansync:\w{7}", now) == re.findall(r"plansync:\w{7}", linked.decode())
    assert re.findall(r"\[#\d+\]", now) == re.findall(r"\[#\d+\]", linked.decode())
    assert copy.is_settled()


def test_a_regenerated_plan_in_which_one_task_may_be_another_one_is_asked_about(
    copy: Copy, person: Person
) -> None:
    task = copy.outline.task("2.1")
    copy.plan.write_bytes(stripped(copy.content))
    copy.replace(f"Task 2.1: {task.title}", "Task 2.1: Zebra")
    for number, step in enumerate(task.steps):
        copy.replace(f"- [ ] {step}\n", f"- [ ] Zebra {number}\n")
    plan, before = copy.content, person.everything()

    ran = copy.sync(exits=7)

    assert "1 of 12 linked tasks are gone from the plan and 1 new one would get issues" in ran.json["error"]
    assert "--allow rewritten-plan" in ran.json["error"]
    assert (copy.content, person.everything()) == (plan, before)
    copy.sync("--allow", "rewritten-plan")
    assert len(person.issues()) == 14
    assert person.issue(task.title)["state"] == "open"
    assert person.issue("Zebra")["number"] == 14


# ------------------------------------------------------------------ progress is no mass change


def test_a_reopened_task_with_six_steps_is_followed_and_no_guard_stops_it(copy: Copy, person: Person) -> None:
    task = copy.outline.task("1.1")
    last = task.steps[-1]
    more = "".join(f"- [ ] And step {number}\n" for number in range(6 - len(task.steps)))
    copy.replace(f"- [ ] {last}\n", f"- [ ] {last}\n{more}")
    copy.sync()
    before = copy.content
    person.close(task.title)
    copy.sync()
    assert copy.section("1.1").count("- [x] ") == 6
    person.reopen(task.title)

    ran = copy.sync()

    assert ran.kinds("plan").count("untick") == 6
    assert body(copy.since(before)) == []
    assert [letter for letter, _ in person.boxes(task.title)] == [" "] * 6
    assert person.issue(task.title)["state"] == "open"
    assert copy.is_settled()


@pytest.mark.parametrize("side", ["plan", "tracker"])
def test_six_tasks_finished_in_an_afternoon_stop_nothing(copy: Copy, person: Person, side: str) -> None:
    finished = copy.outline.tasks[:6]
    for task in finished:
        if side == "tracker":
            person.close(task.title)
        else:
            section = copy.section(task.number)
            copy.replace(section, section.replace("- [ ]", "- [x]"))

    ran = copy.sync()

    assert ran.json["outcome"] == "done"
    for task in copy.outline.tasks:
        is_done = task in finished
        issue = person.issue(task.title)
        assert (issue["state"], issue["state_reason"]) == (
            ("closed", "completed") if is_done else ("open", None)
        )
        assert copy.section(task.number).count("- [x] ") == (len(task.steps) if is_done else 0)
        assert [letter for letter, _ in person.boxes(task.title)] == ["x" if is_done else " "] * len(
            task.steps
        )
    assert "(6/12 tasks completed)" in copy.text
    assert copy.is_settled()


def big(tasks: int = 13, phases: int = 4) -> bytes:
    """A plan of many tasks."""
    parts = ["# Plan: Orchard"]
    for phase in range(1, phases + 1):
        parts.append(f"## Phase {phase}: Field {phase}")
        for task in range(1, tasks + 1):
            parts.append(f"### Task {phase}.{task}: Tree {phase}-{task}")
            parts.append(f"- [ ] Dig for {phase}-{task}\n- [ ] Water {phase}-{task}")
    return ("\n\n".join(parts) + "\n").encode()


def test_13_of_52_linked_tasks_taken_out_of_the_plan_keep_their_issues(
    tracker: Place, person: Person, forks: Mortals, tmp_path: Path
) -> None:
    copy = Copy.of(big(), tmp_path / "work", tracker, forked=forks.run)
    copy.push("--allow", "mass-create")
    before, whole = person.everything(), copy.content
    cut = copy.content[: copy.content.index(b"\n## Phase 4")]
    copy.plan.write_bytes(cut + b"\n" + whole[whole.index(b"<!-- plansync plan=") :])
    plan = copy.content

    ran = copy.sync()

    gone = [issue for issue in person.tasks() if issue["milestone"]["title"] == "Phase 4: Field 4"]
    assert len(gone) == 13
    assert person.everything() == before, "nothing is closed, changed or deleted"
    assert copy.content == plan
    assert ran.writes == 0
    text = "13 tasks are no longer in the plan and their issues stay open"
    assert text in notes(ran) and text in notes(copy.run("diff", "--json"))
    listed = copy.run("status", "--json").json["removed"]
    assert [each["ref"] for each in listed] == [issue["number"] for issue in gone]
    copy.plan.write_bytes(whole)
    assert copy.sync().json["operations"] == []
    assert person.everything() == before
    assert copy.is_settled()


# ------------------------------------------------------------------ what is remembered is gone; two plans


def test_the_state_file_deleted_loses_nothing_that_people_did_since(copy: Copy, person: Person) -> None:
    """Plan and tracker have moved: one run writes only the state file, and each of them keeps what it says."""
    one, two = copy.outline.task("1.1"), copy.outline.task("2.1")
    copy.tick(one.steps[0])
    person.tick(two.title, two.steps[0])
    plan, before = copy.content, person.everything_else()
    copy.state.unlink()

    first = copy.sync(exits=4)
    assert (copy.content, person.everything_else()) == (plan, before)
    second = copy.sync(exits=4)

    assert body(copy.since(plan)) == []
    assert person.everything_else() == before
    assert "is gone; what plan and issues share is read from the issues" in notes(first)
    assert (first.own_writes, second.own_writes) == (0, 0)
    assert [c["field"] for c in second.json["conflicts"]] == ["tick"] * 2
    for conflict, side in zip(second.json["conflicts"], ("plan", "issue"), strict=True):
        copy.run("resolve", conflict["id"], "--take", side, exits=None)
    assert person.boxes(one.title)[0] == ("x", one.steps[0])
    assert f"- [x] {two.steps[0]}\n" in copy.text
    assert len(person.issues()) == 13
    assert copy.is_settled()


def test_two_plans_from_one_template_in_one_repository_do_not_mix(
    plan: Source, tracker: Place, person: Person, forks: Mortals, tmp_path: Path
) -> None:
    """Same phases, same tasks, same steps: only their titles and paths tell the plans apart."""
    first = Copy.of(plan.content, tmp_path / "work", tracker, name="one.md", forked=forks.run)
    title = next(line for line in first.text.splitlines() if line.startswith("# "))
    second = Copy(first.folder, first.env, first.flags, "two.md", b"", forks.run)
    second.plan.write_bytes(plan.content.replace(title.encode(), b"# Implementation Plan: The Other One"))
    second.original = second.content
    began(first)

    first.run("push", "--yes", "one.md")
    made = person.everything()
    ran = second.run("push", "--yes", "--json", "two.md")

    assert len(creates(ran)) == 17
    assert person.everything()[:4] == made[:4]
    phases = first.outline.phases
    assert [m["title"] for m in person.milestones()] == [
        *phases,
        *(f"{phase} (Implementation Plan: The Other One)" for phase in phases),
    ]
    assert [i["milestone"] and i["milestone"]["number"] for i in person.issues()] == [
        *[number for number in (1, 2, 3, 4) for _ in range(3)],
        None,
        *[number for number in (5, 6, 7, 8) for _ in range(3)],
        None,
    ]
    task = first.outline.task("2.1")
    own = [issue for issue in person.tasks() if issue["title"] == task.title]
    person.client.patch(f"issues/{own[1]['number']}", json={"state": "closed"}).raise_for_status()
    untouched = first.content
    first.run("sync", "--yes", "one.md")
    second.run("sync", "--yes", "two.md")
    assert first.content == untouched
    assert second.section("2.1").count("- [x] ") == len(task.steps)
    assert f"## {phases[0]} <!--" in second.text, "a milestone's longer name is no name for a phase"
    for name in ("one.md", "two.md"):
        again = first.run("sync", "--yes", "--json", name)
        assert (again.writes, again.json["operations"], again.json["conflicts"]) == (0, [], [])
