"""Bytes: a plan and an issue belong to the people who write them; plansync changes what it must, no more."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.acceptance.conftest import Source, in_every_form
from tests.support.mortals import Mortals
from tests.support.outline import BOM, FOOTER, in_crlf, lines
from tests.support.people import Copy, Person, Place

ABOVE = "Read this first: call Ada before you start.\n\n- [ ] a box of my own, above\n\n"
BELOW = "\n\n## Notes\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n- [x] a box of my own, below  \n\ttabbed\n"
INSIDE = "A remark of my own between the boxes and the rest.\n\n"


@in_every_form
def test_unlink_and_strip_give_the_original_file_back(copy: Copy, plan: Source) -> None:
    assert copy.content != plan.content

    copy.run("unlink", "--all", "--strip", "--yes")

    assert copy.content == plan.content
    assert not copy.state.exists()


def test_unlink_wants_a_yes_where_nobody_can_be_asked(copy: Copy) -> None:
    plan, state = copy.content, copy.state.read_bytes()

    ran = copy.run("unlink", "--all", "--strip", exits=7)

    assert f"this would forget which issues {copy.name} has, and take every id and link out of it" in ran.err
    assert ran.err.rstrip().endswith("add --yes to go on")
    assert (copy.content, copy.state.read_bytes()) == (plan, state)


def test_unlink_and_strip_keep_the_ticks(copy: Copy, person: Person) -> None:
    task, other = copy.outline.task("1.1"), copy.outline.task("2.1")
    person.tick(task.title, task.steps[0])
    copy.tick(other.steps[1])
    copy.sync()

    copy.run("unlink", "--all", "--strip", "--yes")

    body = [line for line in copy.since(copy.original) if not line[0].startswith("**")]
    assert body == [(f"- [ ] {step}", f"- [x] {step}") for step in (task.steps[0], other.steps[1])]


def test_unlink_without_strip_leaves_the_plan_and_the_issues_alone(copy: Copy, person: Person) -> None:
    plan, issues = copy.content, person.everything()

    copy.run("unlink", "--all", "--yes")

    assert copy.content == plan
    assert person.everything() == issues
    assert not copy.state.exists()


def test_after_leaving_one_may_come_back_to_the_same_issues(copy: Copy, person: Person) -> None:
    linked = copy.content
    copy.run("unlink", "--all", "--strip", "--yes")

    copy.push()

    assert copy.content == linked
    assert len(person.issues()) == 13


@pytest.mark.parametrize("eol", ["\n", "\r\n"], ids=["lf", "crlf"])
def test_a_missing_last_line_end_stays_missing(
    eol: str, plan: Source, tracker: Place, person: Person, tmp_path: Path, forks: Mortals
) -> None:
    content = plan.content.replace(b"\r\n", b"\n").removeprefix(BOM).rstrip(b"\n")
    content = content.replace(b"\n", eol.encode())
    copy = Copy.of(content, tmp_path / "work", tracker, forked=forks.run)
    copy.push()
    person.close(copy.outline.task("1.1").title)

    copy.sync()

    *_, before, last = copy.content.decode().split(eol)
    assert FOOTER.fullmatch(last)
    assert before == lines(content)[-1]
    assert copy.is_settled()
    copy.run("unlink", "--all", "--strip", "--yes")
    assert not copy.content.endswith(b"\n")


UNUSUAL = """\
Front matter of a kind: kept.\t

# Odd   Plan ##

Some prose with trailing blanks.   \n\
and a second line

Phase of nothing
----------------

## Phase 1: First  \n\

### Task 1.1: Set up ###

* [ ] starred, with two blanks at the end  \n\
* [X] big letter
    * [ ] nested with four blanks
\t- not a box

```markdown
- [ ] a box in a fence is no step
### Task 9.9: neither is this a task
```

<!-- - [ ] nor is this -->

| table | cell |
|---|---|
| - [ ] no | step |

**Estimated Time** : 2h   \n\
**Note**: keep me


### Task 1.2: Second

+ [ ] plus
+ [ ] signs


"""


@pytest.mark.parametrize("form", [bytes, in_crlf], ids=["lf", "crlf-bom"])
def test_whatever_else_stands_in_a_plan_survives(
    form: type[bytes], tracker: Place, person: Person, tmp_path: Path, forks: Mortals
) -> None:
    source = form(UNUSUAL.encode())
    copy = Copy.of(source, tmp_path / "work", tracker, forked=forks.run)
    copy.push()
    person.tick("Set up", "nested with four blanks")
    person.tick("Second", "signs")

    copy.sync()

    assert copy.is_settled()
    assert {issue["title"] for issue in person.tasks()} == {"Set up", "Second"}
    copy.run("unlink", "--all", "--strip", "--yes")
    expected = source.replace(b"[ ] nested", b"[x] nested").replace(b"[ ] signs", b"[x] signs")
    assert copy.content == expected


def test_text_by_hand_above_below_and_inside_the_block_survives_every_sync(
    copy: Copy, person: Person
) -> None:
    task = copy.outline.task("2.1")
    first, second, third, *_ = task.steps
    person.edit(
        task.title, lambda body: ABOVE + body.replace("**Requirements**", INSIDE + "**Requirements**")
    )
    person.edit(task.title, lambda body: body + BELOW)
    written = person.issue(task.title)["body"]

    assert copy.is_settled(), "text around the block is nobody's news"
    assert person.issue(task.title)["body"] == written

    copy.tick(first)
    copy.replace(f"- [ ] {third}\n", f"- [ ] {third}, and gently\n- [ ] A step more\n")
    copy.sync()
    person.tick(task.title, second)
    copy.sync()
    copy.replace(f"Task 2.1: {task.title}", "Task 2.1: Another name")
    copy.sync()
    person.close("Another name")
    copy.sync()
    person.reopen("Another name")
    copy.sync()

    body = person.issue("Another name")["body"].replace("\r\n", "\n")
    assert body.startswith(f"{ABOVE}<!-- plansync:begin ")
    assert body.endswith(f"<!-- plansync:end -->{BELOW}")
    assert body.count(INSIDE) == 1
    assert "of my own" not in copy.text, "and none of it reaches the plan"
    assert [text for _, text in person.boxes("Another name")].count("A step more") == 1
    assert copy.is_settled()


def test_a_body_in_crlf_stays_in_crlf(copy: Copy, person: Person) -> None:
    task = copy.outline.task("2.1")
    person.edit(task.title, lambda body: ABOVE + body + BELOW)

    copy.tick(task.steps[0])
    copy.replace(f"- [ ] {task.steps[1]}\n", f"- [ ] {task.steps[1]}\n- [ ] A step more\n")
    copy.sync()

    body = person.issue(task.title)["body"]
    assert body.count("\n") == body.count("\r\n")
    assert ("x", task.steps[0]) in person.boxes(task.title)
    assert copy.is_settled()


def test_a_write_to_an_issue_changes_the_lines_it_must_and_no_other(copy: Copy, person: Person) -> None:
    task = copy.outline.task("2.1")
    person.edit(task.title, lambda body: ABOVE + body + BELOW)
    before = person.issue(task.title)["body"].split("\r\n")

    copy.tick(task.steps[0])
    copy.sync()

    after = person.issue(task.title)["body"].split("\r\n")
    changed = [(old, new) for old, new in zip(before, after, strict=True) if old != new]
    assert changed[0][1].startswith("<!-- plansync:begin ")
    assert changed[1:] == [(f"- [ ] {task.steps[0]}", f"- [x] {task.steps[0]}")]


def test_a_block_that_somebody_broke_is_unknown_and_not_empty(copy: Copy, person: Person) -> None:
    task = copy.outline.task("2.1")
    plan = copy.content
    person.edit(task.title, lambda body: body.replace("<!-- plansync:end -->", ""))
    broken = person.issue(task.title)["body"]

    ran = copy.sync()

    assert ran.writes == 0
    assert copy.content == plan
    assert person.issue(task.title)["body"] == broken
    person.close(task.title)
    copy.sync()
    assert "(1/12 tasks completed)" in copy.text, "its state is still known by its number"
    assert person.issue(task.title)["body"] == broken


def test_words_that_mean_something_to_a_tracker_arrive_as_words_and_come_back_unchanged(
    copy: Copy, person: Person
) -> None:
    task = copy.outline.task("2.1")
    copy.replace(
        f"- [ ] {task.steps[0]}\n", "- [ ] Ask @ada about #7, then `@run #8` and fixes https://x/1\n"
    )
    plan = copy.content

    copy.sync()

    body = person.issue(task.title)["body"]
    assert "@ada" not in body
    assert "#7" not in body
    assert "`@run #8`" in body, "code is code"
    assert copy.content == plan
    assert copy.is_settled()
    person.tick(task.title, "Ask @<!-- -->ada")
    copy.sync()
    assert "- [x] Ask @ada about #7, then `@run #8` and fixes https://x/1\n" in copy.text
