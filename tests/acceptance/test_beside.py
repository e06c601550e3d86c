"""What stands beside an issue's text: links between issues, labels, people, and the state of milestones."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.people import Copy, Person
from tests.support.sandbox import Sandbox

BOTH = True


def links(person: Person) -> dict[str, set[str]]:
    """Which issues are blocked by which, by their titles."""
    titles = {issue["number"]: issue["title"] for issue in person.issues()}
    found = {}
    for number, title in titles.items():
        if blockers := {titles[each] for each in person.blockers(number)}:
            found[title] = blockers
    return found


def names(issue: dict[str, Any]) -> set[str]:
    return {label["name"] for label in issue["labels"]} - {"plansync"}


# ---------------------------------------------------------------- links


def test_dependencies_are_links_between_issues_and_a_second_sync_writes_none(
    copy: Copy, person: Person
) -> None:
    there = links(person)

    assert sum(len(blockers) for blockers in there.values()) == 14
    assert there["Review page"] == {"Read the ingredients", "Read the cooking steps", "Upload page"}
    assert copy.is_settled()


def test_a_dependency_that_comes_into_the_plan_or_goes_from_it_is_one_request(
    copy: Copy, person: Person
) -> None:
    copy.replace("**Dependencies**: Task 1.2", "**Dependencies**: Task 1.2, Task 2.1")
    copy.replace("**Dependencies**: Task 4.1, Task 4.2", "**Dependencies**: Task 4.2")

    ran = copy.push()

    assert sorted(ran.kinds("tracker")) == [
        "add-dependency",
        "remove-dependency",
        "update-issue",
        "update-issue",
    ]
    assert links(person)["Upload page"] == {"Keep pictures with recipes", "Straighten the picture"}
    assert links(person)["Open it to everyone"] == {"Trial with five households"}
    assert copy.is_settled()


def test_a_link_that_is_taken_away_on_the_tracker_goes_from_the_plans_list(
    copy: Copy, person: Person
) -> None:
    person.unblock("Review page", "Read the cooking steps")
    person.unblock("Upload page", "Keep pictures with recipes")
    before = copy.content

    copy.sync()

    assert [(old.strip(), new.strip()) for old, new in copy.since(before) if "Dependencies" in old] == [
        ("**Dependencies**: Task 1.2", "**Dependencies**: None"),
        ("**Dependencies**: Task 2.2, Task 2.3, Task 3.1", "**Dependencies**: Task 2.2, Task 3.1"),
    ]
    assert "Upload page" not in links(person)
    assert "**Dependencies**" not in person.issue("Upload page")["body"]
    assert copy.is_settled()


def test_a_link_that_the_plan_says_in_words_stays_there_and_is_told(copy: Copy, person: Person) -> None:
    copy.replace("**Dependencies**: Task 1.3", "**Dependencies**: Task 1.3 must be done first")
    copy.sync()
    person.unblock("Straighten the picture", "Choose a text recogniser")
    before = copy.content

    ran = copy.sync()

    assert copy.content == before
    assert any(
        "is not blocked by #3 on the tracker, though the plan says so" in n["text"] for n in ran.json["notes"]
    )
    assert "Straighten the picture" not in links(person), "it is not put back"
    assert copy.is_settled()


def test_a_link_that_somebody_adds_is_left_and_told_once(copy: Copy, person: Person) -> None:
    person.block("Help page", "Collect sample photos")
    before = copy.content

    first, second = copy.sync(), copy.sync()

    text = "is blocked by #1 on the tracker, which the plan does not say"
    assert [text in str(ran.json["notes"]) for ran in (first, second)] == [True, False]
    assert copy.content == before
    assert "Collect sample photos" in links(person)["Help page"]


def test_a_link_that_was_made_by_hand_before_is_taken_for_the_plans(fresh: Copy, person: Person) -> None:
    fresh.push("--only", "1.1")
    fresh.push("--only", "1.2")
    assert links(person) == {"Keep pictures with recipes": {"Collect sample photos"}}

    fresh.push()

    assert sum(len(blockers) for blockers in links(person).values()) == 14
    assert fresh.is_settled()


def test_tasks_that_wait_for_each_other_are_linked_one_way_only(fresh: Copy, person: Person) -> None:
    fresh.replace("**Dependencies**: None", "**Dependencies**: Task 1.2")

    ran = fresh.push()

    assert not {"Keep pictures with recipes", "Collect sample photos"} & links(person).keys(), (
        "each of both leads back"
    )
    assert ran.json["outcome"] == "done"
    assert fresh.is_settled()


def test_links_can_be_left_to_the_text(fresh: Copy, person: Person) -> None:
    fresh.env["PLANSYNC_DEPENDENCIES"] = "text"

    fresh.push()

    assert links(person) == {}
    assert "**Dependencies**: #1" in person.issue("Keep pictures with recipes")["body"]
    assert fresh.is_settled()


# ------------------------------------------------------- labels and people


def test_tasks_of_high_risk_bear_a_label(copy: Copy, person: Person, kind: str) -> None:
    label = {"github": "risk: high", "gitlab": "risk::high"}[kind]
    assert {i["title"]: names(i) for i in person.tasks() if names(i)} == {
        "Read the ingredients": {label},
        "Open it to everyone": {label},
    }


def test_labels_follow_the_plan_and_leave_those_of_others(copy: Copy, person: Person) -> None:
    person.label("Upload page", "ux", "later")
    copy.replace("**Dependencies**: Task 1.2", "**Labels**: web, UX, `forms`\n**Dependencies**: Task 1.2")

    ran = copy.sync()

    assert ran.kinds("tracker") == ["set-labels"]
    assert names(person.issue("Upload page")) == {"ux", "later", "web", "forms"}

    copy.replace("**Labels**: web, UX, `forms`\n", "**Labels**: forms\n")
    ran = copy.sync()

    assert ran.kinds("tracker") == ["set-labels", "set-labels"]
    assert names(person.issue("Upload page")) == {"later", "forms"}
    assert copy.is_settled()


def test_a_label_of_ours_that_somebody_takes_off_stays_off(copy: Copy, person: Person) -> None:
    (risk,) = names(person.issue("Read the ingredients"))
    person.unlabel("Read the ingredients", risk)

    copy.sync()

    assert names(person.issue("Read the ingredients")) == set()
    assert copy.is_settled()


def test_a_label_of_plansyncs_own_is_no_tasks_even_if_the_plan_names_it(fresh: Copy, person: Person) -> None:
    line = "**Dependencies**: Task 1.2"
    fresh.replace(line, f"**Labels**: PlanSync, plansync::dropped, plansync::duplicate, ux\n{line}")
    fresh.push()

    assert names(person.issue("Upload page")) == {"ux"}
    assert fresh.sync("--full").own_writes == 0
    assert fresh.is_settled()

    person.close("Upload page")
    fresh.sync()

    assert "Dropped" not in fresh.section("3.1"), "the issue is done"
    assert fresh.is_settled()


def test_an_estimate_can_be_a_label_that_follows_it(fresh: Copy, person: Person) -> None:
    fresh.env |= {"PLANSYNC_ESTIMATES": "label", "PLANSYNC_RISK_LABEL": ""}
    fresh.push()
    first = names(person.issue("Collect sample photos"))

    fresh.replace("**Estimated Time**: 2.5 hours", "**Estimated Time**: 45 minutes")
    fresh.sync()

    assert first == {"estimate: 2h"}
    assert names(person.issue("Straighten the picture")) == {"estimate: 45m"}
    assert names(person.issue("Open it to everyone")) & {"risk: high"} == set()
    assert fresh.is_settled()


# ------------------------------------------------------------- milestones


def test_a_milestone_closes_with_its_last_task_and_reopens_with_one(copy: Copy, person: Person) -> None:
    for number in ("1.1", "1.2", "1.3"):
        copy.tick(number)

    ran = copy.sync("--allow", "mass-change")

    assert ran.kinds("tracker").count("close-milestone") == 1
    assert [m["state"] for m in person.milestones()] == ["closed", "open", "open", "open"]
    assert copy.is_settled()

    person.reopen("Collect sample photos")
    copy.sync()

    assert [m["state"] for m in person.milestones()] == ["open"] * 4
    assert copy.is_settled()


def test_a_milestone_that_people_close_or_reopen_is_left_as_they_want_it(copy: Copy, person: Person) -> None:
    number = person.milestones()[1]["number"]
    person.change_milestone(number, state="closed")

    copy.sync()

    assert person.milestones()[1]["state"] == "closed"
    assert copy.is_settled()


def test_a_phases_due_date_is_its_milestones(fresh: Copy, person: Person) -> None:
    heading = next(line for line in fresh.text.splitlines() if line.startswith("## Phase 2"))
    fresh.replace(f"{heading}\n", f"{heading}\n\n**Due**: 2027-03-31\n")

    fresh.push()

    assert [(m["due_on"] or "")[:10] for m in person.milestones()] == ["", "2027-03-31", "", ""]
    assert fresh.is_settled()

    fresh.replace("**Due**: 2027-03-31", "**Due**: 2027-04-15")
    ran = fresh.push()

    assert ran.kinds("tracker") == ["update-milestone"]
    assert person.milestones()[1]["due_on"][:10] == "2027-04-15"
    assert fresh.is_settled()

    fresh.replace("**Due**: 2027-04-15\n", "")
    fresh.push()

    assert person.milestones()[1]["due_on"] is None
    assert fresh.is_settled()


# --------------------------------------------- what a server does not keep


@pytest.mark.github
def test_a_server_without_links_gets_the_text_alone_and_is_asked_once(
    fresh: Copy, person: Person, sandbox: Sandbox
) -> None:
    sandbox.play(has_dependencies=False)

    ran = fresh.push()

    assert ran.json["outcome"] == "done"
    assert ran.kinds("tracker", "agreed") == ["add-dependency"] * 14
    assert sum("keeps no links between issues" in note["text"] for note in ran.json["notes"]) == 1
    assert ran.json["requests"]["by_method"] == {"GET": 5, "POST": 17}, (
        "one of them asks whether it counts links"
    )
    assert "**Dependencies**: #1" in person.issue("Keep pictures with recipes")["body"]
    assert '"caps":{"links":false}' in fresh.state.read_text().splitlines()[0]
    assert fresh.is_settled()


@pytest.mark.github
def test_a_server_that_learns_to_keep_links_gets_them_with_full(
    fresh: Copy, person: Person, sandbox: Sandbox
) -> None:
    sandbox.play(has_dependencies=False)
    fresh.push()
    sandbox.play(has_dependencies=True)
    assert fresh.is_settled()

    fresh.sync("--full")

    assert sum(len(blockers) for blockers in links(person).values()) == 14
    assert fresh.is_settled()


def test_an_owner_is_assigned_and_one_who_cannot_be_is_told_with_the_line(
    fresh: Copy, person: Person, sandbox: Sandbox
) -> None:
    sandbox.play(assignable=("ana-dev", "bo"))
    fresh.plan.with_name("plansync.toml").write_text('[people]\n"Ana" = "ana-dev"\n')
    fresh.replace(
        "**Dependencies**: Task 1.2", "**Owner**: Ana, @bo, @nobody, Carla\n**Dependencies**: Task 1.2"
    )

    before = fresh.text.splitlines()

    ran = fresh.push()

    assert {user["login"] for user in person.issue("Upload page")["assignees"]} == {"ana-dev", "bo"}
    told = [note["text"] for note in ran.json["notes"] if "@nobody" in note["text"]]
    line = 1 + next(n for n, text in enumerate(before) if text.startswith("### Task 3.1"))
    assert [text.partition(" cannot be given issues of ")[0] for text in told] == [f"line {line}: @nobody"]

    fresh.replace("**Owner**: Ana, @bo, @nobody, Carla", "**Owner**: @bo")
    ran = fresh.sync()

    assert ran.kinds("tracker") == ["set-assignees"]
    assert {user["login"] for user in person.issue("Upload page")["assignees"]} == {"bo"}
    assert fresh.is_settled()


@pytest.mark.github
def test_a_text_that_is_too_long_is_refused_before_anything_is_written(fresh: Copy, person: Person) -> None:
    fresh.replace("- [ ] Write the news entry", f"- [ ] Write {'on and ' * 10_000}on")

    seen = fresh.run("diff", "--json", exits=5)
    ran = fresh.push(exits=5)

    assert seen.kinds("tracker", "refused") == ran.kinds("tracker", "refused") == ["create-issue"]
    assert "longer than the 65536 characters a body may have" in ran.err or "65536" in str(
        ran.json["operations"]
    )
    assert len(person.tasks()) == 11
