"""`plansync resolve` on a terminal: each conflict is a question, and the answers reach both sides."""

from __future__ import annotations

import pytest

from tests.support.people import Copy, Person
from tests.support.sandbox import Sandbox
from tests.support.terminal import Terminal


@pytest.fixture
def torn(copy: Copy, person: Person) -> Copy:
    """Both sides gave two tasks other titles."""
    for number, ours, theirs in (("1.1", "Ours", "Theirs"), ("2.1", "Mine", "Yours")):
        task = copy.outline.task(number)
        copy.replace(f"Task {number}: {task.title}", f"Task {number}: {ours}")
        person.rename(task.title, theirs)
    copy.sync(exits=4)
    return copy


def answered(copy: Copy, *answers: str, arguments: tuple[str, ...] = ("resolve",)) -> tuple[int, str]:
    """Give one answer after the other; says how it ended, and what was shown."""
    terminal = Terminal(copy, arguments)
    for number, answer in enumerate(answers, 1):
        while terminal.seen.count("Decide (") + terminal.seen.count("  Value") < number:
            assert terminal.more(), terminal.seen
        terminal.type(f"{answer}\n")
    return terminal.end(), terminal.seen


def titles(copy: Copy, person: Person) -> list[str]:
    """Name both tasks as plan and tracker agree that they are called."""
    found = [
        line.partition(f"Task {n}: ")[2].partition(" <!--")[0]
        for n in ("1.1", "2.1")
        for line in copy.text.splitlines()
        if line.startswith(f"### Task {n}: ")
    ]
    assert all(person.issue(title) for title in found)
    return found


def test_each_conflict_is_asked_about_and_every_answer_reaches_both_sides(torn: Copy, person: Person) -> None:
    code, shown = answered(torn, "plan", "issue")

    assert code == 0
    assert "1 of 2: Task 1.1: title differs" in shown
    assert "“Ours”" in shown and "“Theirs”" in shown
    assert shown.count("Task 2.1: title differs") == 2, (
        "in the list and in its question, and not once it is answered"
    )
    assert "to decide." not in shown
    assert titles(torn, person) == ["Ours", "Yours"]
    assert torn.is_settled()


def test_a_word_that_is_none_is_asked_about_again_and_a_beginning_is_enough(
    torn: Copy, person: Person
) -> None:
    code, shown = answered(torn, "perhaps", "p", "v", "Both")

    assert code == 0
    assert "'perhaps' is none of plan, issue, base, value, skip, quit" in shown
    assert titles(torn, person) == ["Ours", "Both"]


def test_a_value_that_cannot_be_takes_no_other_answer_along(torn: Copy, person: Person) -> None:
    code, shown = answered(torn, "value", "", "issue")

    assert code == 2
    assert "title cannot be ''; it takes a text that is not empty" in shown
    left = torn.run("resolve", exits=4).out
    assert left.count("title differs") == 1
    assert "Task 1.1" in left


def test_what_is_left_for_later_stays_a_conflict(torn: Copy, person: Person) -> None:
    code, _ = answered(torn, "", "base")

    assert code == 4
    assert torn.run("resolve", exits=4).out.count("title differs") == 1


@pytest.mark.parametrize("answers", [("quit",), ("skip", "skip")])
def test_nothing_is_written_where_nothing_is_decided(
    torn: Copy, person: Person, answers: tuple[str, ...]
) -> None:
    before = torn.content, torn.state.read_bytes(), person.everything()

    assert answered(torn, *answers)[0] == 4

    assert (torn.content, torn.state.read_bytes(), person.everything()) == before


def second(torn: Copy, person: Person) -> None:
    """Put a second plan beside the first, of which both sides renamed a task too."""
    plan = torn.folder / "second.md"
    plan.write_text("# Second\n\n## Phase 1: Only\n\n### Task 1.1: Alone\n\n- [ ] one\n", encoding="utf-8")
    torn.run("sync", "--yes", "second.md")
    (torn.folder / "plansync.toml").write_text(
        f'[[plan]]\npath = "{torn.plan.name}"\n[[plan]]\npath = "second.md"\n', encoding="utf-8"
    )
    plan.write_text(plan.read_text("utf-8").replace("Alone", "Here"), encoding="utf-8")
    person.rename("Alone", "There")
    torn.run("sync", "--yes", "second.md", exits=4)


def test_quitting_ends_the_whole_whatever_further_plans_have_to_be_decided(
    torn: Copy, person: Person
) -> None:
    second(torn, person)

    code, shown = answered(torn, "plan", "quit")

    assert code == 4
    assert shown.count("Decide (") == 2
    assert person.issue("Ours") and person.issue("Yours") and person.issue("There")


def test_what_is_left_of_one_plan_is_not_forgotten_for_the_one_after_it(torn: Copy, person: Person) -> None:
    second(torn, person)

    code, shown = answered(torn, "plan", "skip", "plan")

    assert code == 4
    assert shown.count("Decide (") == 3
    assert person.issue("Ours") and person.issue("Yours") and person.issue("Here")


def test_an_issue_that_is_gone_is_asked_about_with_its_ways_out(
    copy: Copy, person: Person, sandbox: Sandbox
) -> None:
    title = copy.outline.task("3.1").title
    sandbox.delete(person.issue(title)["number"])

    code, shown = answered(copy, "recreate")

    assert code == 0
    assert "recreate     make a new one" in shown and "drop " in shown
    assert person.issue(title)
    copy.sync()  # the texts and links of the others that name it
    assert copy.is_settled()


def test_without_a_conflict_nothing_is_asked(copy: Copy) -> None:
    code, shown = answered(copy)

    assert code == 0 and "Nothing to decide." in shown and "Decide (" not in shown


def test_a_lone_conflict_is_told_once_by_its_question(torn: Copy, person: Person) -> None:
    answered(torn, "plan", "skip")
    line, number = torn.text.partition("### Task 2.1")[0].count("\n") + 1, person.issue("Yours")["number"]

    code, shown = answered(torn, "skip")

    assert code == 4
    assert shown.count("title differs") == shown.count("“Mine”") == shown.count("“Yours”") == 1
    assert "For you to decide: Task 2.1: title differs" in shown
    assert f"“Mine” (line {line})" in shown and f"“Yours” (#{number})" in shown


def test_a_lone_issue_that_is_gone_is_told_once_with_what_became_of_it(
    copy: Copy, person: Person, sandbox: Sandbox
) -> None:
    number = person.issue(copy.outline.task("3.1").title)["number"]
    sandbox.delete(number)

    code, shown = answered(copy, "skip")

    assert code == 4
    assert shown.count(f"#{number} is ") == shown.count("make a new one") == 1


def test_a_dry_run_and_a_ci_job_are_asked_nothing(torn: Copy) -> None:
    assert "Decide (" not in answered(torn, arguments=("resolve", "--dry-run"))[1]
    torn.env["CI"] = "true"
    assert "Decide (" not in answered(torn)[1]
