"""What an issue shows of a task: its title in a frame, cut where it is too long; its text; a link to the plan."""

from __future__ import annotations

import re

import pytest

from tests.support.people import Copy, Person
from tests.support.repository import began, git

BOTH = True

LONG = "Lay " + "one stone on another " * 12 + "until it holds"


def settle(copy: Copy, text: str) -> None:
    (copy.folder / "plansync.toml").write_text(text)


def begin(copy: Copy, settings: str) -> None:
    settle(copy, settings)
    copy.push()


def titles(person: Person) -> list[str]:
    return [issue["title"] for issue in person.tasks()]


def test_the_template_is_filled_in_for_each_task(fresh: Copy, person: Person) -> None:
    begin(fresh, 'title = "{number} {title} ({phase})"\n')

    assert sorted(titles(person)) == sorted(f"{t.number} {t.title} ({t.phase})" for t in fresh.outline.tasks)
    assert fresh.is_settled()


def test_renaming_an_issue_pulls_the_title_and_nothing_else(fresh: Copy, person: Person) -> None:
    begin(fresh, 'title = "{number}: {title}"\n')
    task = fresh.outline.task("2.1")
    person.rename(f"2.1: {task.title}", "2.1: Something else")

    fresh.sync()

    assert "### Task 2.1: Something else <!--" in fresh.text
    assert "2.1: Something else" in titles(person)
    assert fresh.is_settled()


@pytest.mark.parametrize("frame", ["9.9: {}", "{}", "2.1b: {}"])
def test_a_number_that_a_person_edits_changes_nothing(fresh: Copy, person: Person, frame: str) -> None:
    begin(fresh, 'title = "{number}: {title}"\n')
    task, plan = fresh.outline.task("2.1"), fresh.content
    person.rename(f"2.1: {task.title}", frame.format(task.title))

    ran = fresh.sync()

    assert fresh.content == plan
    assert ran.writes == 0
    assert frame.format(task.title) in titles(person)
    assert "frame was edited on the tracker" in str(ran.json["notes"])


def test_renumbering_writes_the_titles_in_one_batch(fresh: Copy, person: Person) -> None:
    begin(fresh, 'title = "{number}: {title}"\n')
    task = fresh.outline.task("2.1")
    fresh.replace(f"Task 2.1: {task.title}", f"Task 2.7: {task.title}")

    ran = fresh.sync()

    assert f"2.7: {task.title}" in titles(person)
    assert ran.kinds("tracker") == ["update-issue"]
    assert fresh.is_settled()


def test_a_template_that_comes_and_goes_later_shows_its_diff_first_and_renames_no_task(
    copy: Copy, person: Person
) -> None:
    plain, plan = titles(person), copy.content
    every = ("--allow", "settings-changed", "--allow", "all-changed")
    settle(copy, 'title = "{number}: {title}"\n')
    assert "--allow settings-changed" in copy.run("sync", "--yes", exits=7).err
    assert "a run stops before it writes, unless --allow settings-changed" in copy.run("diff").out
    assert copy.run("diff").out.count("what stands around the title") == 12
    assert titles(person) == plain

    copy.sync(*every)
    assert sorted(titles(person)) == sorted(f"{t.number}: {t.title}" for t in copy.outline.tasks)
    assert copy.is_settled()

    settle(copy, "")
    copy.sync(*every)
    assert titles(person) == plain
    assert copy.content == plan
    assert copy.is_settled()


@pytest.mark.parametrize("template", ["{title}", "{number}: {title}"])
def test_a_title_over_the_limit_is_cut_at_a_word_and_stands_whole_in_the_text(
    fresh: Copy, person: Person, template: str
) -> None:
    fresh.plan.write_bytes(fresh.content.replace(fresh.outline.task("2.1").title.encode(), LONG.encode(), 1))
    begin(fresh, f'title = "{template}"\n')
    (issue,) = [each for each in person.tasks() if "one stone" in each["title"]]
    plan = fresh.content

    assert len(issue["title"]) <= 200
    assert re.search(r"(?:one|stone|on|another)…$", issue["title"])
    assert issue["body"].replace("\r\n", "\n").split("\n")[1] == LONG
    assert fresh.is_settled()
    assert fresh.content == plan

    person.tick(issue["title"], fresh.outline.task("2.1").steps[0])
    fresh.sync()
    assert LONG in fresh.text, "the rest of the title is not lost"
    person.rename(issue["title"], f"{template.format(number='2.1', title='Short')}")
    fresh.sync()
    assert "### Task 2.1: Short <!--" in fresh.text


def test_a_wrong_template_is_refused_at_the_door(fresh: Copy) -> None:
    settle(fresh, 'title = "{number}: {titel}"\n')

    assert "title: {titel} is none of {title}" in fresh.run("push", "--yes", exits=2).err


# ------------------------------------------------------------------ prose

TEXT = """# Plan: Shed

## Phase 1: Ground

### Task 1.1: Dig

First words.

```sh
- [ ] dig --deep
```

#### Details

Last words.

- a bullet
- [ ] Find a spade

**Requirements**: A spade
"""


@pytest.mark.parametrize(
    ("prose", "there", "not_there"),
    [
        ("lead", ["First words."], ["dig --deep", "Details", "Last words.", "a bullet"]),
        ("full", ["First words.", "dig --deep", "#### Details", "Last words."], []),
        ("none", [], ["First words.", "dig --deep", "Details", "Last words."]),
    ],
)
def test_how_much_of_a_tasks_text_its_issue_shows(
    fresh: Copy, person: Person, prose: str, there: list[str], not_there: list[str]
) -> None:
    fresh.plan.write_text(TEXT)
    begin(fresh, f'prose = "{prose}"\n')

    said = person.issue("Dig")["body"]
    assert all(words in said for words in there)
    assert not any(words in said for words in not_there)
    assert person.boxes("Dig")[-1] == (" ", "Find a spade")
    assert "**Requirements**: A spade" in said
    assert fresh.is_settled()

    fresh.replace("First words.", "Other words.")
    fresh.sync()
    assert ("Other words." in person.issue("Dig")["body"]) is (prose != "none")
    assert fresh.is_settled()


# ------------------------------------------------------------------ link


def test_without_a_remote_that_is_the_target_the_plan_is_named_without_a_link(
    copy: Copy, person: Person
) -> None:
    assert all(
        "Boxes above follow `implementation-plan.md`, both ways." in i["body"] for i in person.issues()
    )


def test_a_remote_that_comes_later_changes_no_text(copy: Copy, person: Person) -> None:
    began(copy)
    git(copy.folder, "remote", "add", "origin", "https://github.com/local/plans.git")

    assert copy.is_settled()
