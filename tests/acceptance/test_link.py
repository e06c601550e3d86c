"""`plansync link`: a task becomes an issue that somebody made by hand, and nothing that they wrote is lost."""

from __future__ import annotations

import re

import pytest

from tests.acceptance.conftest import Stage
from tests.acceptance.test_mending_deaths import everywhere
from tests.support.mortals import Mortals
from tests.support.outline import MARKER
from tests.support.people import Copy, Person, boxes

BOTH = True

WORDS = "We talked about this on Monday.\r\n\r\n- [ ] a box of our own\r\n- [x] another one  "


def link(copy: Copy, *arguments: str, exits: int | None = 0) -> object:
    return copy.run("link", *arguments, "--json", exits=exits)


@pytest.fixture
def number(fresh: Copy, person: Person) -> int:
    """An issue that somebody made for the task 1.2, before the plan was ever pushed."""
    return person.write(fresh.outline.task("1.2").title, WORDS, labels=["help wanted"])


def test_an_issue_keeps_its_words_and_labels_and_gets_our_part_below(
    fresh: Copy, person: Person, number: int
) -> None:
    task = fresh.outline.task("1.2")

    said = fresh.run("link", "1.2", str(number)).out

    assert f"~ #{number} move Task 1.2 {task.title} to {task.phase}\n" in said
    issue = person.issue(task.title)
    assert issue["body"].startswith(person.kept(WORDS))
    ours = issue["body"].partition("<!-- plansync:begin")[2]
    assert [text for _, text in boxes(ours)] == list(task.steps)
    assert {each["name"] for each in issue["labels"]} == {"help wanted", "plansync"}
    assert issue["milestone"]["title"] == task.phase, "it was in none"
    assert f"**Issue**: [#{number}](" in fresh.section("1.2")
    assert MARKER.search(fresh.section("1.2"))
    assert [i["number"] for i in person.issues()] == [number], "no other task got an issue"


def test_after_a_push_all_is_as_if_the_issue_had_been_made_by_it(
    fresh: Copy, person: Person, number: int
) -> None:
    task = fresh.outline.task("1.2")
    fresh.run("link", "1.2", str(number))

    fresh.push()

    assert len(person.issues()) == 13
    assert fresh.is_settled()
    person.tick(task.title, task.steps[0])
    fresh.sync()
    assert f"- [x] {task.steps[0]}" in fresh.text
    person.close(task.title)
    fresh.sync()
    assert all(f"- [x] {step}" in fresh.text for step in task.steps)
    assert person.issue(task.title)["body"].startswith(person.kept(WORDS))
    assert fresh.is_settled()


def test_boxes_that_people_wrote_stay_theirs(copy: Copy, person: Person) -> None:
    copy.replace("### Task 1.3:", "### Task 1.2b: Something new\n\n- [ ] First\n\n### Task 1.3:")
    number = person.write("Something new", WORDS)
    copy.run("link", "1.2b", str(number))

    person.edit(
        "Something new", lambda text: text.replace("- [ ] a box of our own", "- [x] a box of our own")
    )
    copy.sync()

    assert "a box of our own" not in copy.text
    assert copy.is_settled()


@pytest.mark.parametrize("how", ["number", "hash", "address"])
@pytest.mark.parametrize("name", ["number", "title", "id"])
def test_task_and_issue_can_be_named_in_three_ways(copy: Copy, person: Person, how: str, name: str) -> None:
    copy.replace("### Task 1.3:", "### Task 1.2b: Something new\n\n- [ ] First\n\n### Task 1.3:")
    number = person.write("Something new")
    ref = {"number": str(number), "hash": f"#{number}", "address": person.issue("Something new")["html_url"]}
    (uid,) = [
        op["task"] for op in copy.run("diff", "--json").json["operations"] if op["kind"] == "create-issue"
    ]
    task = {"number": "1.2b", "title": "Something new", "id": uid}

    copy.run("link", task[name], ref[how])

    assert f"[#{number}](" in copy.section("1.2b")
    assert copy.is_settled()


def test_what_differs_is_asked_about_one_by_one(copy: Copy, person: Person) -> None:
    copy.replace("### Task 1.3:", "### Task 1.2b: Something new\n\n- [ ] First\n\n### Task 1.3:")
    number = person.write("Something old", WORDS, copy.outline.phases[1])
    person.close("Something old")

    ran = copy.run("link", "1.2b", str(number), "--json", exits=4)

    assert sorted(c["field"] for c in ran.json["conflicts"]) == ["phase", "state", "title"]
    assert person.boxes("Something old")[-1] == (" ", "First"), "all else goes on"
    assert person.issue("Something old")["state"] == "closed"
    ids = {c["field"]: c["id"] for c in ran.json["conflicts"]}
    copy.run("resolve", ids["title"], "--take", "issue", exits=4)
    copy.run("resolve", ids["phase"], "--take", "plan", exits=4)
    copy.run("resolve", ids["state"], "--take", "plan")
    assert "### Task 1.2b: Something old" in copy.text
    issue = person.issue("Something old")
    assert (issue["milestone"]["title"], issue["state"]) == (copy.outline.phases[0], "open")
    assert issue["body"].startswith(person.kept(WORDS))
    assert copy.is_settled()


def test_an_issue_without_a_word_gets_only_our_part(copy: Copy, person: Person) -> None:
    copy.replace("### Task 1.3:", "### Task 1.2b: Something new\n\n### Task 1.3:")
    number = person.write("Something new")

    copy.run("link", "1.2b", str(number))

    assert person.issue("Something new")["body"].startswith("<!-- plansync:begin")
    assert copy.is_settled()


def test_the_title_of_another_task_steals_nothing(fresh: Copy, person: Person) -> None:
    """A person's word binds; that the issue has another task's title changes nothing about it."""
    other = fresh.outline.task("2.1")
    number = person.write(other.title)

    ran = fresh.run("link", "1.2", str(number), "--json", exits=4)

    assert [c["field"] for c in ran.json["conflicts"]] == ["title"]
    assert f"[#{number}](" in fresh.section("1.2")
    assert "**Issue**" not in fresh.section("2.1")


@pytest.mark.github
def test_a_dry_run_shows_it_and_writes_nothing(fresh: Copy, person: Person, number: int) -> None:
    before = person.everything(), fresh.content

    ran = fresh.run("link", "1.2", str(number), "--dry-run", "--json")

    assert ran.kinds("tracker", "planned") == [
        "create-milestone",
        "set-labels",
        "set-milestone",
        "update-issue",
    ]
    assert (person.everything(), fresh.content) == before
    assert not fresh.state.exists()


def test_linked_twice_it_is_linked_once(fresh: Copy, person: Person) -> None:
    number = person.write(fresh.outline.task("1.1").title, WORDS)
    fresh.run("link", "1.1", str(number))
    before = person.everything(), fresh.content

    ran = fresh.run("link", "1.1", str(number), "--json")

    assert ran.writes == 0
    assert (person.everything(), fresh.content) == before


# What is refused.


def refused(copy: Copy, person: Person, *arguments: str, exits: int) -> str:
    before = person.everything(), copy.content
    ran = copy.run("link", *arguments, exits=exits)
    assert (person.everything(), copy.content) == before
    return ran.err


def test_a_task_with_an_issue_is_not_linked_to_another(copy: Copy, person: Person) -> None:
    number = person.write("Something new")
    own = person.issue(copy.outline.task("1.2").title)["number"]

    said = refused(copy, person, "1.2", str(number), exits=7)

    assert f"is #{own} already" in said and "plansync unlink --all" in said


def test_an_issue_of_another_task_is_not_linked(copy: Copy, person: Person) -> None:
    copy.replace("### Task 1.3:", "### Task 1.2b: Something new\n\n### Task 1.3:")
    own = person.issue(copy.outline.task("1.2").title)["number"]

    assert "two tasks cannot be one issue" in refused(copy, person, "1.2b", str(own), exits=7)


def test_an_issue_of_another_plan_is_not_linked(copy: Copy, person: Person) -> None:
    copy.replace("### Task 1.3:", "### Task 1.2b: Something new\n\n### Task 1.3:")
    body = person.issue(copy.outline.task("1.2").title)["body"]
    number = person.write("Theirs", re.sub("plan=[0-9a-z]{8}", "plan=deadbeef", body))

    assert "another plan holds it" in refused(copy, person, "1.2b", str(number), exits=7)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("9.9", "1"), "no task or phase of"),
        (("1.2", "999"), "issue #999 of"),
        (("1.2", "https://example.org/elsewhere/issues/1"), "is not in"),
        (("1.2", "soon"), "names no issue"),
        (("1.2",), "say which task and which issue"),
        (("--suggest", "a", "b"), "takes only the plan"),
    ],
)
def test_what_is_not_there_is_said(
    fresh: Copy, person: Person, arguments: tuple[str, ...], words: str
) -> None:
    assert words in refused(fresh, person, *arguments, exits=2)


# Phases.


def test_a_phase_is_linked_to_a_milestone_which_keeps_its_words(fresh: Copy, person: Person) -> None:
    phase = fresh.outline.phases[1]
    own = person.add_milestone(phase, "By autumn.")

    fresh.run("link", phase, phase)
    fresh.push()

    milestones = {each["title"]: each for each in person.milestones()}
    assert sorted(milestones) == sorted(fresh.outline.phases)
    assert milestones[phase]["number"] == own
    assert milestones[phase]["description"].startswith("By autumn.\n\n<!-- plansync:milestone")
    assert {i["milestone"]["number"] for i in person.tasks() if i["title"] in titles(fresh, phase)} == {own}
    assert fresh.is_settled()


def titles(copy: Copy, phase: str) -> list[str]:
    return [task.title for task in copy.outline.tasks if task.phase == phase]


def test_a_milestone_of_another_name_is_a_conflict_about_the_title(fresh: Copy, person: Person) -> None:
    number = person.add_milestone("Autumn")

    ran = fresh.run("link", fresh.outline.phases[1], str(number), "--json", exits=4)

    (conflict,) = ran.json["conflicts"]
    assert (conflict["field"], conflict["issue"]) == ("title", "Autumn")
    fresh.run("resolve", conflict["id"], "--take", "plan", exits=None)
    assert person.milestones()[0]["title"] == fresh.outline.phases[1]


# Links that the plan brings along.


def test_a_first_push_takes_over_the_issues_that_the_plan_names(
    fresh: Copy, person: Person, number: int
) -> None:
    task = fresh.outline.task("1.2")
    url = person.issue(task.title)["html_url"]
    section = fresh.section("1.2")
    fresh.replace(
        section, section.replace("**Requirements**", f"**Issue**: [#{number}]({url})  \n**Requirements**")
    )

    ran = fresh.push()

    assert ran.kinds("tracker").count("create-issue") == 12
    assert person.issue(task.title)["number"] == number
    assert person.issue(task.title)["body"].startswith(person.kept(WORDS))
    assert fresh.section("1.2").count(f"[#{number}](") == 1
    assert fresh.is_settled()


def test_two_tasks_that_name_one_issue_are_both_left_until_one_of_them_does(
    fresh: Copy, person: Person, number: int
) -> None:
    url = person.issue(fresh.outline.task("1.2").title)["html_url"]
    for task in ("1.2", "1.3"):
        section = fresh.section(task)
        named = section.replace("**Requirements**", f"**Issue**: [#{number}]({url})  \n**Requirements**")
        fresh.replace(section, named)

    ran = fresh.push()

    assert ran.kinds("tracker").count("create-issue") == 11
    assert any("name one issue" in note["text"] for note in ran.json["notes"])
    assert person.issue(fresh.outline.task("1.2").title)["body"] == person.kept(WORDS)


def test_an_issue_of_another_repository_is_its_authors_link(fresh: Copy, person: Person) -> None:
    section = fresh.section("1.2")
    line = "**Issue**: [#1](https://github.com/elsewhere/other/issues/1)"
    fresh.replace(section, section.replace("**Requirements**", f"{line}  \n**Requirements**"))

    fresh.push()

    assert len(person.issues()) == 13
    assert line in fresh.text
    assert fresh.is_settled()


# Look-alikes.


def test_issues_with_the_titles_of_tasks_stop_a_first_push_and_are_linked_by_pasting(
    fresh: Copy, person: Person
) -> None:
    same, close = fresh.outline.task("1.2"), fresh.outline.task("2.1")
    first = person.write(same.title)
    second = person.write(f"{close.title} soon")
    person.write("Something else entirely")
    stopped = fresh.push(exits=7)

    listed = fresh.run("link", "--suggest").out.splitlines()

    assert "plansync link --suggest" in stopped.json["error"]
    commands = [line.partition("  #")[0].split() for line in listed if line.startswith("plansync link ")]
    assert [c[2:4] for c in commands] == [["1.2", str(first)], ["2.1", str(second)]]
    assert "same title" in listed[-2] and "alike" in listed[-1]
    fresh.run(*commands[0][1:])
    fresh.push()
    assert len(person.issues()) == 15, (
        "the one that is only alike is a task of its own until somebody links it"
    )


def test_a_look_alike_that_was_not_linked_still_stops_the_first_push(fresh: Copy, person: Person) -> None:
    one, two = fresh.outline.task("1.2"), fresh.outline.task("2.1")
    number = person.write(one.title)
    person.write(two.title)

    fresh.run("link", "1.2", str(number))

    assert two.title[:20] in fresh.push(exits=7).json["error"]
    fresh.push("--allow", "look-alikes")
    assert len(person.issues()) == 14


def test_nothing_alike_is_said(copy: Copy, person: Person) -> None:
    assert "No open issue looks like" in copy.run("link", "--suggest").out
    assert copy.run("link", "--suggest", "--json").json["notes"] == []


# Deaths.


@pytest.mark.slow
@pytest.mark.parametrize("plan", ["example"], indirect=True)
@pytest.mark.parametrize("again", [("link", "1.2", "1"), ("sync", "--yes")])
def test_a_link_may_die_at_any_point(
    fresh: Copy, person: Person, stage: Stage, again: tuple[str, ...], forks: Mortals
) -> None:
    task = fresh.outline.task("1.2")
    person.write(task.title, WORDS, labels=["help wanted"])

    def check(number: int) -> None:
        if again[0] == "sync" and "[#1](" not in fresh.text:
            return  # nothing was begun, and a first push stops for the look-alike
        fresh.run(*again)
        fresh.sync()
        issue = person.issue(task.title)
        assert len(person.issues()) == 13, f"died at point {number}"
        assert issue["body"].startswith(person.kept(WORDS))
        assert issue["body"].count("plansync:begin") == 1
        assert {each["name"] for each in issue["labels"]} == {"help wanted", "plansync"}
        assert issue["milestone"]["title"] == task.phase
        assert fresh.is_settled()

    assert everywhere(fresh, stage, forks, ["link", "1.2", "1"], check) > 8
