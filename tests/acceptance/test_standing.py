"""`plansync status` offline: what waits for a person's word, and what is agreed and waits for a run."""

from __future__ import annotations

import re
import shlex
from typing import Any

import pytest

from plansync.model import Field, Uid, conflict_id
from tests.support.people import Copy, Person, Ran, run
from tests.support.sandbox import Sandbox

BOTH = True


def status(copy: Copy) -> Any:
    """Read where the plan stands, as a program would, with nothing that could reach a tracker."""
    offline = {name: value for name, value in copy.env.items() if "TOKEN" not in name}
    return run(("status", "--json", copy.name), copy.folder, offline).json


def said(copy: Copy) -> str:
    return run(("status", copy.name), copy.folder, copy.env).out


def assert_nothing_to_decide(copy: Copy) -> None:
    remembered = run(("state", "show", "--json", copy.name), copy.folder, copy.env).json
    assert status(copy)["decisions"] == []
    assert [i["conflicts"] for i in remembered["items"] if i["conflicts"]] == []


@pytest.fixture
def torn(copy: Copy, person: Person) -> Copy:
    """A title that both sides changed."""
    task = copy.outline.task("1.1")
    copy.replace(f"Task 1.1: {task.title}", "Task 1.1: Ours")
    person.rename(task.title, "Theirs")
    copy.sync(exits=4)
    return copy


def test_nothing_is_open_after_a_sync_that_settled_all(copy: Copy) -> None:
    found = status(copy)

    assert (found["decisions"], found["owed"]) == ([], [])
    assert "Decide" not in said(copy) and "Owed" not in said(copy)


def test_beside_its_tracker_it_says_how_much_a_sync_would_do_and_does_nothing(
    copy: Copy, person: Person
) -> None:
    assert copy.run("status", "--remote").out.endswith("Beside its tracker: both agree.\n")
    ticked = copy.outline.task("1.1").steps[-1]
    copy.replace(f"- [ ] {ticked}", f"- [x] {ticked}")
    person.close(copy.outline.task("2.1").title)
    before = copy.text

    words = copy.run("status", "--remote").out
    planned = copy.run("diff", "--json").json["operations"]
    found = copy.run("status", "--remote", "--json").json["remote"]

    sides = [op["side"] for op in planned]
    assert (found["to_tracker"], found["to_plan"]) == (sides.count("tracker"), sides.count("plan"))
    assert found["to_tracker"] and found["to_plan"] and found["requests"]
    send, bring = found["to_tracker"], found["to_plan"]
    assert (
        f"Beside its tracker: {send} changes to send, {bring} edits to bring; see plansync diff.\n" in words
    )
    assert copy.text == before and status(copy)["remote"] is None

    copy.env["PLANSYNC_TOKEN"] = "forged"
    assert "was not accepted" in copy.run("status", "--remote", exits=8).err


def test_a_conflict_is_listed_with_what_the_plan_says_and_the_command_that_decides_it(
    torn: Copy, person: Person
) -> None:
    (found,) = status(torn)["decisions"]
    words = said(torn)

    assert found["id"] == conflict_id(Uid(found["task"]), Field.TITLE)
    assert (found["field"], found["plan"], found["base"]) == ("title", "Ours", torn.outline.task("1.1").title)
    assert (found["label"], found["title"], found["step"]) == ("Task 1.1", "Ours", "")
    assert found["ref"] == person.issue("Theirs")["number"]
    assert torn.text.splitlines()[found["line"] - 1].startswith("### Task 1.1: Ours")
    assert f"Decide:  {found['id']} Task 1.1: title; the plan says “Ours”\n" in words
    (way,) = re.findall(r"decide: plansync (.*?)  \(or issue\)", words)
    torn.run(*shlex.split(way))
    assert person.issue("Ours")
    assert status(torn)["decisions"] == []


def test_a_conflict_about_a_step_names_it(copy: Copy, person: Person) -> None:
    task = copy.outline.task("1.1")
    step = task.steps[0]
    copy.replace(f"- [ ] {step}", f"- [ ] {step}, at home")
    person.edit(task.title, lambda body: body.replace(step, f"{step}, at work"))
    copy.sync(exits=4)

    (found,) = status(copy)["decisions"]

    assert (found["field"], found["label"], found["title"]) == ("text", "Task 1.1", task.title)
    assert found["step"] == found["plan"] == f"{step}, at home"
    assert found["base"] == step
    assert copy.text.splitlines()[found["line"] - 1] == f"- [ ] {step}, at home"
    assert f"{found['id']} Task 1.1, step “{step[:20]}" in said(copy)


def test_a_state_that_is_to_decide_is_told_as_the_boxes_say_it(copy: Copy, person: Person) -> None:
    task = copy.outline.task("1.1")
    copy.replace(f"- [ ] {task.steps[-1]}\n", f"- [ ] {task.steps[-1]}\n- [ ] And this\n")
    person.close(task.title)
    copy.sync(exits=4)

    (found,) = status(copy)["decisions"]

    assert (found["field"], found["plan"], found["base"]) == ("state", "todo", "todo")


def test_an_issue_that_is_gone_is_told_with_the_way_out_until_it_is_decided(
    copy: Copy, person: Person, sandbox: Sandbox
) -> None:
    number = person.overview()["number"]
    sandbox.delete(number)
    copy.sync("--full", exits=4)

    words = said(copy)

    assert f": issue #{number} is gone from the tracker\n" in words
    way = re.search(r"decide: plansync (.*?)  \(or drop\)", words)
    assert way and "--how recreate" in way[1]
    assert status(copy)["decisions"][0]["how"] == ["recreate", "drop"]
    assert "to decide: gone on one side" in run(("state", "show", copy.name), copy.folder, copy.env).out
    copy.run("resolve", "--all", "--how", "drop", "--yes")
    assert_nothing_to_decide(copy)
    copy.sync()
    assert_nothing_to_decide(copy)


@pytest.mark.parametrize("how", ["keep", "close", ""])
def test_a_task_that_left_the_plan_is_told_with_the_way_out_until_it_is_decided(
    copy: Copy, person: Person, how: str
) -> None:
    """Closing its issue by hand decides it as well."""
    title = copy.outline.task("1.2").title
    number = person.issue(title)["number"]
    (copy.folder / "plansync.toml").write_text('[when]\ntask_removed = "ask"\n')
    copy.replace(copy.section("1.2"), "")
    copy.sync("--allow", "settings-changed", exits=4)

    words = said(copy)

    assert f": gone from the plan; issue #{number} is open\n" in words
    (way,) = re.findall(r"decide: plansync (.*?)  \(or keep\)", words)
    assert "--how close" in way
    if how:
        copy.run(*shlex.split(way.replace("close", how)))
    else:
        person.close(title)
    copy.sync()
    assert_nothing_to_decide(copy)


def test_more_than_three_are_counted(copy: Copy, person: Person) -> None:
    for number in ("1.1", "1.2", "2.1", "2.2", "3.1"):
        title = copy.outline.task(number).title
        copy.replace(f"Task {number}: {title}", f"Task {number}: Ours {number}")
        person.rename(title, f"Theirs {number}")
    copy.sync(exits=4)

    words = said(copy)

    assert [d["label"] for d in status(copy)["decisions"]] == [
        f"Task {n}" for n in ("1.1", "1.2", "2.1", "2.2", "3.1")
    ]
    assert "         and 2 more\n" in words
    assert f"both sides: plansync resolve {copy.name}\n" in words
    assert max(len(line) for line in words.splitlines() if "plansync" not in line) <= 80


def test_what_a_pull_agreed_to_and_did_not_write_is_owed(copy: Copy) -> None:
    task = copy.outline.task("1.1")
    copy.tick(*task.steps[:2])
    copy.pull()

    (owed,) = status(copy)["owed"]

    assert (owed["side"], owed["label"], owed["fields"]) == ("tracker", "Task 1.1", ["tick", "tick"])
    assert "Owed:    the tracker still lacks 2 ticks (Task 1.1); a sync does it\n" in said(copy)
    copy.sync()
    assert status(copy)["owed"] == []


@pytest.mark.parametrize(("fail_on", "first", "again"), [("any", 4, 4), ("new", 4, 0), ("never", 0, 0)])
@pytest.mark.parametrize("verb", ["sync", "push", "pull"])
def test_conflicts_show_everywhere_and_fail_a_run_as_asked(
    copy: Copy, person: Person, verb: str, fail_on: str, first: int, again: int
) -> None:
    task = copy.outline.task("1.1")
    copy.replace(f"Task 1.1: {task.title}", "Task 1.1: Ours")
    person.rename(task.title, "Theirs")

    def ran(exits: int) -> Ran:
        yes = () if verb == "pull" else ("--yes",)
        return copy.run(verb, *yes, "--json", "--fail-on", fail_on, exits=exits)

    one, two = ran(first), ran(again)

    (conflict,) = one.json["conflicts"]
    assert (conflict["field"], conflict["plan"], conflict["issue"]) == ("title", "Ours", "Theirs")
    assert two.json["conflicts"] == copy.run("diff", "--json", exits=4).json["conflicts"] == [conflict]
    assert two.json["outcome"] == ("conflicts" if again else "done")
    shown = copy.run("diff", exits=4).out
    assert f"{conflict['id']} Task 1.1: title differs" in shown
    assert "“Ours”" in shown and "“Theirs”" in shown
    assert [d["id"] for d in status(copy)["decisions"]] == [conflict["id"]]
