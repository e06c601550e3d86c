"""Tasks that are gone from the plan: their issues are kept, asked about or closed, as the settings say."""

from __future__ import annotations

import re
import shlex

import pytest

from tests.support.people import Copy, Person, Ran
from tests.support.repository import began, git
from tests.support.sandbox import Sandbox

BOTH = True


def without(copy: Copy, *numbers: str) -> None:
    """Delete tasks from the plan, as their author does."""
    text = copy.text
    for number in numbers:
        section = copy.section(number)
        assert text.count(section) == 1
        text = text.replace(f"{section}\n\n", "")
    copy.plan.write_bytes(
        b"\xef\xbb\xbf" + text.replace("\n", "\r\n").encode() if _has_bom(copy) else text.encode()
    )


def _has_bom(copy: Copy) -> bool:
    return copy.content.startswith(b"\xef\xbb\xbf")


def states(person: Person, *titles: str) -> list[str]:
    return [
        f"{issue['state']} {issue['state_reason']}" if issue["state"] == "closed" else "open"
        for issue in (person.issue(title) for title in titles)
    ]


@pytest.fixture
def titles(copy: Copy) -> tuple[str, str, str]:
    """The titles of three tasks that are then deleted from the plan."""
    found = tuple(copy.outline.task(number).title for number in ("1.2", "2.1", "3.1"))
    without(copy, "1.2", "2.1", "3.1")
    first, second, third = found
    return first, second, third


def hinted(refused: Ran) -> list[str]:
    """Read the command that a refusal offers, without the program and the target, which each command here is given."""
    command = shlex.split(refused.err.strip().partition("look first: ")[2])
    assert command[0] == "plansync"
    return command[1 : command.index("--repo")]


def settings(copy: Copy, what: str) -> None:
    (copy.folder / "plansync.toml").write_text(f'[when]\ntask_removed = "{what}"\n')


def test_the_issues_of_removed_tasks_stay_open_and_are_listed(
    copy: Copy, person: Person, titles: tuple[str, str, str]
) -> None:
    ran = copy.run("sync", "--yes")

    assert "3 tasks are no longer in the plan and their issues stay open" in ran.out
    assert "plansync prune" in ran.out
    assert states(person, *titles) == ["open"] * 3


def test_status_lists_them_until_they_are_closed(copy: Copy, titles: tuple[str, str, str]) -> None:
    assert [each["title"] for each in copy.run("status", "--json").json["removed"]] == list(titles)
    assert "3 open issues of tasks that are gone from the plan" in copy.run("status").out

    copy.run("prune", "--yes")

    assert copy.run("status", "--json").json["removed"] == []


def test_prune_closes_them_as_not_planned_after_a_yes(
    copy: Copy, person: Person, titles: tuple[str, str, str]
) -> None:
    copy.sync()
    count = len(person.issues())

    refused = copy.run("prune", exits=7)
    assert "close 3 issues as not planned" in refused.err
    assert copy.run(*hinted(refused)).out.count("  x #") == 3
    assert states(person, *titles) == ["open"] * 3
    ran = copy.run("prune", "--yes", "--json")

    assert ran.kinds("tracker") == ["close-issue"] * 3
    assert states(person, *titles) == ["closed not_planned"] * 3
    assert len(person.issues()) == count
    assert "nothing to prune" in copy.run("prune").out
    assert copy.is_settled()


def test_a_dry_run_closes_nothing(copy: Copy, person: Person, titles: tuple[str, str, str]) -> None:
    state = copy.state.read_bytes()

    ran = copy.run("prune", "--dry-run", "--json")

    assert ran.kinds("tracker", "planned") == ["close-issue"] * 3
    assert states(person, *titles) == ["open"] * 3
    assert copy.state.read_bytes() == state


def test_one_is_named_by_number_or_title(copy: Copy, person: Person, titles: tuple[str, str, str]) -> None:
    number = person.issue(titles[0])["number"]

    copy.run("prune", f"#{number}", "--yes")
    copy.run("prune", titles[1], copy.plan.name, "--yes")
    ran = copy.run("prune", "#999", "--yes", exits=2)

    assert states(person, *titles) == ["closed not_planned", "closed not_planned", "open"]
    assert f"there are #{person.issue(titles[2])['number']}" in ran.err


def test_an_issue_that_somebody_worked_on_is_only_closed_when_it_is_named(
    copy: Copy, person: Person, titles: tuple[str, str, str]
) -> None:
    person.rename(titles[0], "Reworded by somebody")

    ran = copy.run("prune", "--yes")
    assert states(person, "Reworded by somebody", *titles[1:]) == ["open", *["closed not_planned"] * 2]
    number = person.issue("Reworded by somebody")["number"]
    assert f"plansync prune {number}" in ran.out
    copy.run("prune", str(number), "--yes")

    assert states(person, "Reworded by somebody") == ["closed not_planned"]


def test_all_else_waits_for_a_sync(copy: Copy, person: Person, titles: tuple[str, str, str]) -> None:
    task = copy.outline.task("1.1")
    copy.tick(task.steps[0])
    plan = copy.content

    copy.run("prune", "--yes")

    assert person.boxes(task.title)[0][0] == " "
    assert copy.content == plan
    copy.sync()
    assert person.boxes(task.title)[0][0] == "x"


def test_a_task_that_comes_back_gets_its_issue_back_open(copy: Copy, person: Person) -> None:
    title, before = copy.outline.task("1.2").title, copy.content
    number = person.issue(title)["number"]
    without(copy, "1.2")
    copy.sync()
    copy.run("prune", "--yes")
    copy.sync()
    copy.plan.write_bytes(before)

    copy.sync()

    assert states(person, title) == ["open"]
    assert person.issue(title)["number"] == number
    assert copy.is_settled()


def test_what_a_person_closed_stays_closed_when_its_task_comes_back(copy: Copy, person: Person) -> None:
    title, before = copy.outline.task("1.2").title, copy.content
    without(copy, "1.2")
    copy.sync()
    person.close(title)
    copy.sync()
    copy.plan.write_bytes(before)

    copy.sync()

    assert states(person, title) == ["closed completed"]
    assert "- [ ]" not in copy.section("1.2")
    assert copy.is_settled()


def test_a_removed_task_whose_issue_is_deleted_is_nobodys_business(
    copy: Copy, person: Person, sandbox: Sandbox, titles: tuple[str, str, str]
) -> None:
    sandbox.delete(int(person.issue(titles[0])["number"]))

    assert copy.sync().json["conflicts"] == []


def test_the_settings_close_what_nobody_touched_and_ask_about_the_rest(
    copy: Copy, person: Person, titles: tuple[str, str, str]
) -> None:
    settings(copy, "close")
    person.rename(titles[0], "Reworded")

    ran = copy.sync("--allow", "settings-changed", exits=4)

    assert ran.kinds("tracker") == ["close-issue"] * 2
    assert states(person, "Reworded", *titles[1:]) == ["open", *["closed not_planned"] * 2]
    (conflict,) = ran.json["conflicts"]
    assert (conflict["field"], conflict["plan"], conflict["issue"]) == ("existence", "removed", "changed")
    assert conflict["how"] == ["close", "keep"]


def test_the_guard_watches_what_the_settings_close(copy: Copy, person: Person) -> None:
    settings(copy, "close")
    copy.sync("--allow", "settings-changed")
    numbers = ("1.1", "1.2", "1.3", "2.1", "2.2", "3.1")
    titles = [copy.outline.task(number).title for number in numbers]
    without(copy, *numbers)

    ran = copy.run("sync", "--yes", exits=7)

    assert "--allow" in ran.err
    assert states(person, *titles) == ["open"] * 6


@pytest.mark.parametrize(("how", "state"), [("close", "closed not_planned"), ("keep", "open")])
def test_where_the_settings_ask_it_is_decided_once(
    copy: Copy, person: Person, titles: tuple[str, str, str], how: str, state: str
) -> None:
    settings(copy, "ask")
    ran = copy.sync("--allow", "settings-changed", exits=4)
    assert len(ran.json["conflicts"]) == 3
    assert states(person, *titles) == ["open"] * 3

    refused = copy.run("resolve", "--all", "--how", "close", exits=7)
    assert copy.run(*hinted(refused)).out.count("  x #") == 3
    told = copy.run("resolve", exits=4).out
    assert len(re.findall(r"is no longer in the plan \(#\d+ is open\)", told)) == 3
    copy.run("resolve", "--all", "--how", how, "--yes")

    assert states(person, *titles) == [state] * 3
    assert copy.run("resolve", "--json").json["conflicts"] == []
    assert copy.is_settled()


def test_on_another_branch_nothing_is_closed(copy: Copy, person: Person) -> None:
    title = copy.outline.task("1.2").title
    began(copy)
    git(copy.folder, "switch", "--quiet", "--create", "feature", env=copy.env)
    without(copy, "1.2")

    ran = copy.run("prune", "--yes")

    assert states(person, title) == ["open"]
    assert "waits for the default branch" in ran.out


def test_an_undo_opens_what_a_prune_closed_unless_somebody_did(
    copy: Copy, person: Person, titles: tuple[str, str, str]
) -> None:
    run = copy.run("prune", "--yes", "--json").json["run"]
    person.reopen(titles[0])
    person.close(titles[0])

    ran = copy.run("undo", run, "--yes", "--json", exits=4)

    assert ran.kinds("tracker") == ["reopen-issue"] * 2
    assert states(person, *titles) == ["closed completed", "open", "open"]
    assert copy.is_settled()


def test_an_issue_below_which_somebody_wrote_is_closed_only_by_name(
    copy: Copy, person: Person, titles: tuple[str, str, str]
) -> None:
    number = person.issue(titles[1])["number"]
    person.comment(number, "Not before the summer.")

    told = copy.run("prune", "--yes").out

    assert states(person, *titles) == ["closed not_planned", "open", "closed not_planned"]
    assert f"plansync prune {number} closes it all the same" in told
    copy.run("prune", f"#{number}", "--yes")
    assert states(person, titles[1]) == ["closed not_planned"]
