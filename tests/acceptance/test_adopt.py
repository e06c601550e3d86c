"""`plansync adopt` and `issue_added`: issues that people made become tasks, and their words stay theirs."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.acceptance.conftest import Stage
from tests.acceptance.test_mending_deaths import everywhere
from tests.support.mortals import Mortals
from tests.support.outline import body
from tests.support.people import Copy, Person, Place

BOTH = True

WORDS = "It fails on Mondays.\r\n\r\n- [ ] a box of our own"
CHECKLIST = b"# Plan\n\n## Phase 1: One\n\n- [ ] First\n- [ ] Second\n\n## Phase 2: Two\n\n- [ ] Third\n- [ ] Fourth\n"


def settings(copy: Copy, policy: str) -> None:
    (copy.folder / "plansync.toml").write_text(f'[when]\nissue_added = "{policy}"\n')


@pytest.fixture
def number(copy: Copy, person: Person) -> int:
    """An issue in the second milestone that is in no plan."""
    return person.write("Mondays", WORDS, copy.outline.phases[1], ["bug"])


def test_an_issue_becomes_the_last_task_of_its_milestones_phase(
    copy: Copy, person: Person, number: int
) -> None:
    before = copy.content

    copy.run("adopt", str(number))

    added = [new for old, new in body(copy.since(before)) if not old]
    assert any(line.startswith("### Task 2.4: Mondays <!-- plansync:") for line in added)
    assert f"**Issue**: [#{number}](" in copy.section("2.4")
    assert "a box of our own" not in copy.text
    issue = person.issue("Mondays")
    assert issue["body"].startswith(person.kept(WORDS))
    assert {each["name"] for each in issue["labels"]} == {"bug", "plansync"}
    assert len(person.issues()) == 14
    copy.sync()
    assert copy.is_settled()


def test_what_is_taken_in_is_not_told_as_left_out(copy: Copy, person: Person, number: int) -> None:
    other = person.write("Tuesdays", WORDS, copy.outline.phases[1])

    said = copy.run("adopt", str(number)).out

    assert f"1 open issue is in this plan's milestones and not in the plan: #{other};" in said
    assert "takes one in" not in copy.run("adopt", str(other)).out


def test_from_then_on_it_is_a_task_like_any_other(copy: Copy, person: Person, number: int) -> None:
    copy.run("adopt", f"#{number}")
    section = copy.section("2.4")
    copy.replace(section, f"{section}\n\n- [ ] Look at the calendar")
    copy.sync()
    assert person.boxes("Mondays")[-1] == (" ", "Look at the calendar")

    person.close("Mondays")
    copy.sync()

    assert "- [x] Look at the calendar" in copy.text
    assert copy.is_settled()


def test_the_phase_is_named_where_no_milestone_names_it(copy: Copy, person: Person) -> None:
    number = person.write("Mondays", WORDS)

    assert "say where it is to stand" in copy.run("adopt", str(number), exits=2).err
    copy.run("adopt", str(number), "--phase", copy.outline.phases[0])

    assert person.issue("Mondays")["milestone"]["title"] == copy.outline.phases[0]
    assert copy.section("1.4").startswith("### Task 1.4: Mondays")
    copy.sync()
    assert copy.is_settled()


@pytest.mark.parametrize(("reason", "word"), [("completed", "Done"), ("not_planned", "Dropped")])
def test_a_closed_issue_brings_its_state_along(
    copy: Copy, person: Person, number: int, reason: str, word: str
) -> None:
    person.close("Mondays", reason)

    copy.run("adopt", str(number))

    assert f"**Status**: {word}" in copy.section("2.4")
    assert person.issue("Mondays")["state"] == "closed"
    copy.sync()
    assert copy.is_settled()


@pytest.mark.parametrize(("state", "letter"), [("open", " "), ("closed", "x")])
def test_in_a_checklist_it_is_one_more_box(
    tracker: Place, person: Person, tmp_path: Path, state: str, letter: str, forks: Mortals
) -> None:
    copy = Copy.of(CHECKLIST, tmp_path / "work", tracker, forked=forks.run)
    copy.push()
    number = person.write("Mondays", WORDS, "Phase 1: One")
    if state == "closed":
        person.close("Mondays")

    copy.run("adopt", str(number))

    assert f"- [{letter}] Mondays [#{number}](" in copy.text.partition("## Phase 2")[0]
    copy.sync()
    assert copy.is_settled()


TITLES = [
    "# A heading",
    "- [x] a box",
    "Ends in hashes ##",
    "<!-- plansync:k3f9a2c -->",
    "a\u202eb",
    "```",
    "1. One",
    "**Status**: Done",
    "x" * 250,
]


@pytest.mark.parametrize("title", TITLES)
def test_a_title_brings_one_field_and_nothing_else(copy: Copy, person: Person, title: str) -> None:
    number = person.write(title, WORDS, copy.outline.phases[1])
    before = copy.run("inspect", "--json").json["counts"]
    plan = copy.content

    ran = copy.run("adopt", str(number), "--json", exits=None)

    after = copy.run("inspect", "--json").json["counts"]
    assert ran.code in (0, 5)
    if ran.code == 5:  # refused: it would have been read as something else
        assert body(copy.since(plan)) == []
        assert person.issue(title)["body"] == person.kept(WORDS)
    else:
        assert after == {**before, "tasks": before["tasks"] + 1}
        copy.sync()
        assert copy.is_settled()


def test_a_dry_run_shows_it_and_writes_nothing(copy: Copy, person: Person, number: int) -> None:
    before = person.everything(), copy.content, copy.state.read_bytes()

    ran = copy.run("adopt", str(number), "--dry-run", "--json")

    assert ran.kinds("plan", "planned")[0] == "add-task"
    assert ran.kinds("tracker", "planned") == ["set-labels", "update-issue"]
    assert (person.everything(), copy.content, copy.state.read_bytes()) == before


@pytest.mark.parametrize("which", ["a task's", "the overview"])
def test_an_issue_of_the_plan_is_not_taken_in_twice(copy: Copy, person: Person, which: str) -> None:
    own = person.overview() if which == "the overview" else person.issue(copy.outline.task("1.2").title)
    before = person.everything(), copy.content

    copy.run("adopt", str(own["number"]), exits=7 if which == "the overview" else 0)

    assert (person.everything(), copy.content) == before


def test_an_issue_of_another_plan_is_not_taken_in(copy: Copy, person: Person) -> None:
    text = "<!-- plansync:begin v=1 kind=task plan=deadbeef id=k3f9a2c rev=1 op=00000000 -->\n<!-- plansync:end -->"
    number = person.write("Theirs", text, copy.outline.phases[0])

    assert "another plan holds it" in copy.run("adopt", str(number), exits=7).err
    assert copy.is_settled()


def test_undone_it_stays(copy: Copy, person: Person, number: int) -> None:
    run = copy.run("adopt", str(number), "--json").json["run"]

    ran = copy.run("undo", run, exits=4)

    assert "was there before" in ran.out
    assert copy.section("2.4")
    assert person.issue("Mondays")["state"] == "open"


# By the settings.


def test_a_label_takes_an_issue_in_and_others_are_listed(copy: Copy, person: Person, number: int) -> None:
    other = person.write("Tuesdays", "", copy.outline.phases[0])
    listed = copy.sync()
    assert [n["text"] for n in listed.json["notes"]] == [
        f"2 open issues are in this plan's milestones and not in the plan: #{number}, #{other}; "
        f"`plansync adopt {number}` takes one in"
    ]
    person.label("Mondays", "plansync")

    ran = copy.sync()

    assert "add-task" in ran.kinds("plan")
    assert copy.section("2.4").startswith("### Task 2.4: Mondays")
    assert "Tuesdays" not in copy.text
    assert person.issue("Mondays")["body"].startswith(person.kept(WORDS))


def test_only_listed_where_the_settings_say_so(copy: Copy, person: Person, number: int) -> None:
    settings(copy, "list")
    person.label("Mondays", "plansync")

    ran = copy.sync("--allow", "settings-changed")

    assert "1 open issue is in this plan's milestones" in " ".join(note["text"] for note in ran.json["notes"])
    assert "Mondays" not in copy.text


def test_all_of_the_plans_milestones_come_in_where_the_settings_say_so(
    copy: Copy, person: Person, number: int
) -> None:
    person.write("Elsewhere", WORDS)
    person.write("Tuesdays", "", copy.outline.phases[1])
    settings(copy, "all")

    copy.sync("--allow", "settings-changed")

    assert copy.section("2.4").startswith("### Task 2.4: Mondays")
    assert copy.section("2.5").startswith("### Task 2.5: Tuesdays")
    assert "Elsewhere" not in copy.text
    assert copy.is_settled()


def test_a_pull_brings_the_task_and_a_push_the_rest(copy: Copy, person: Person, number: int) -> None:
    person.label("Mondays", "plansync")

    assert "add-task" in copy.push().kinds("plan", "deferred")
    assert "Mondays" not in copy.text
    copy.pull()
    assert copy.section("2.4").startswith("### Task 2.4: Mondays")
    assert person.issue("Mondays")["body"] == person.kept(WORDS)
    copy.push()

    assert "plansync:begin" in person.issue("Mondays")["body"]
    assert copy.is_settled()


def test_a_title_that_cannot_be_written_holds_up_no_other(copy: Copy, person: Person, number: int) -> None:
    bad = person.write("<!-- -->", WORDS, copy.outline.phases[1], ["plansync"])
    person.label("Mondays", "plansync")

    copy.run("sync", "--yes", "--json", exits=None)

    assert copy.section("2.4").startswith("### Task 2.4: Mondays")
    assert "plansync:begin" in person.issue("Mondays")["body"]
    assert bad


# Deaths.


@pytest.mark.slow
@pytest.mark.parametrize("plan", ["example"], indirect=True)
@pytest.mark.parametrize("state", ["open", "closed"])
def test_taking_in_may_die_at_any_point(
    copy: Copy, person: Person, stage: Stage, state: str, forks: Mortals
) -> None:
    number = person.write("Mondays", WORDS, copy.outline.phases[1], ["bug"])
    if state == "closed":
        person.close("Mondays")

    def check(point: int) -> None:
        copy.run("adopt", str(number))
        copy.sync()
        issue = person.issue("Mondays")
        assert copy.text.count("Mondays") == 1, f"died at point {point}"
        assert issue["body"].startswith(person.kept(WORDS))
        assert issue["body"].count("plansync:begin") == 1
        assert issue["state"] == state
        assert len(person.issues()) == 14
        assert copy.is_settled()

    assert everywhere(copy, stage, forks, ["adopt", str(number)], check) > 6
