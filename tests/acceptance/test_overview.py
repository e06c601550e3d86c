"""The overview issue: progress, criteria, risks, what is to decide, what is not in the plan yet, and the graph."""

from __future__ import annotations

import re
import shutil

import pytest

from tests.support.outline import body
from tests.support.people import Copy, Person
from tests.support.repository import began, git, keep

BOTH = True

HEADINGS = [
    "**Progress**",
    "**Success criteria**",
    "**Risks**",
    "**Needs a decision**",
    "**Not in the plan yet**",
    "**Dependencies**",
]


def text(person: Person) -> str:
    return str(person.overview()["body"]).replace("\r\n", "\n")


def part(person: Person, heading: str) -> str:
    """Give a part of the overview: its heading, without the mark, and what stands right below it."""
    found = text(person).partition(f"**{heading}**")
    return re.sub(r" <!-- plansync:[^>]* -->", "", found[1] + found[2].partition("\n\n")[0])


def ours(person: Person, title: str) -> None:
    person.edit(person.overview()["title"], lambda said: said.replace("**Progress**", title))


def settle(copy: Copy, text: str) -> None:
    (copy.folder / "plansync.toml").write_text(text)


def test_it_holds_its_parts_in_their_order(copy: Copy, person: Person) -> None:
    copy.replace(f"Task 1.1: {copy.outline.task('1.1').title}", "Task 1.1: Ours")
    person.rename(copy.outline.task("1.2").title, "As ever")
    person.rename("As ever", "Theirs")
    copy.replace(f"Task 1.2: {copy.outline.task('1.2').title}", "Task 1.2: And ours")
    person.write("Mondays", "", copy.outline.phases[1])

    copy.sync(exits=4)

    at = [text(person).find(heading) for heading in HEADINGS]
    assert -1 not in at
    assert at == sorted(at)
    assert text(person).index("```mermaid") > at[-1]
    assert copy.sync(exits=4).writes == 0


def test_progress_follows_a_task_that_is_done_on_either_side(copy: Copy, person: Person) -> None:
    assert part(person, "Progress").startswith(
        "**Progress**: 0 of 12 tasks done (0%), Not Started\n- 0 of 3 done:"
    )

    person.close(copy.outline.task("1.1").title)
    copy.sync()
    assert part(person, "Progress").startswith(
        "**Progress**: 1 of 12 tasks done (8%), In Progress\n- 1 of 3 done:"
    )
    assert ":::done" in part(person, "Dependencies")

    copy.plan.write_bytes(copy.content.replace(b"- [ ]", b"- [x]"))
    copy.sync()
    assert part(person, "Progress").startswith(
        "**Progress**: 12 of 12 tasks done (100%), Completed\n- 3 of 3"
    )
    assert ":::todo" not in part(person, "Dependencies")
    assert copy.is_settled()


def test_the_state_file_does_not_move_with_progress_so_that_git_can_merge_it(
    copy: Copy, person: Person
) -> None:
    def record() -> str:
        lines = copy.state.read_text().splitlines()
        return lines[lines.index('"aaaaaaa"') + 1]

    before = text(person), record()

    person.close(copy.outline.task("1.1").title)
    copy.sync()

    assert text(person) != before[0]
    assert record() == before[1]
    assert copy.is_settled()


def test_an_edit_on_the_tracker_is_noted_and_left_until_what_it_says_changes(
    copy: Copy, person: Person
) -> None:
    ours(person, "**Far along**")
    edited = text(person)

    for _ in range(2):
        ran = copy.sync()
        assert ran.writes == 0
        assert "progress says something else on the tracker" in str(ran.json["notes"])
    assert text(person) == edited

    copy.tick("1.1")
    copy.sync()
    assert part(person, "Progress").startswith("**Progress**: 1 of 12")
    assert copy.is_settled()


@pytest.mark.parametrize("has_memory", [True, False])
def test_a_part_that_somebody_edited_stays_so_for_a_machine_without_memory_too(
    copy: Copy, person: Person, has_memory: bool
) -> None:
    person.edit(
        person.overview()["title"], lambda said: said.replace("0 of 12 tasks done", "hardly any done")
    )
    edited = text(person)
    if not has_memory:
        shutil.rmtree(copy.folder / ".plansync" / "local")

    assert copy.sync().writes == 0
    assert text(person) == edited


def test_people_write_between_its_lines_and_keep_every_word(copy: Copy, person: Person) -> None:
    title = person.overview()["title"]
    mine = ["Thanks to all who helped!", "- a note of mine"]
    person.edit(title, lambda said: said.replace("- 0 of 3 done:", f"{mine[1]}\n- 0 of 3 done:", 1))
    person.edit(title, lambda said: said.replace("**Risks**", f"{mine[0]}\n\n**Risks**"))
    assert copy.sync().writes == 0

    copy.tick("1.1")
    copy.sync()

    assert all(line in text(person).split("\n") for line in mine)
    assert "1 of 12" in text(person)
    assert copy.is_settled()


def test_on_a_branch_it_waits(copy: Copy, person: Person) -> None:
    began(copy)
    git(copy.folder, "checkout", "-qb", "feature")
    before = text(person)
    copy.tick("1.1")
    copy.sync()
    assert text(person) == before

    keep(copy)
    git(copy.folder, "checkout", "-q", "main")
    git(copy.folder, "merge", "-q", "feature")
    copy.sync()
    assert "1 of 12" in text(person)
    assert copy.is_settled()


def test_a_conflict_is_listed_until_somebody_decides_it(copy: Copy, person: Person) -> None:
    task = copy.outline.task("2.1")
    number = person.issue(task.title)["number"]
    copy.replace(f"Task 2.1: {task.title}", "Task 2.1: Ours")
    person.rename(task.title, "Theirs")

    ran = copy.sync(exits=4)

    (conflict,) = ran.json["conflicts"]
    command = f"plansync resolve {conflict['id']} --take plan"
    assert part(person, "Needs a decision").split("\n")[1:] == [
        f"- #{number} Ours: title; `{command}` (or issue)"
    ]
    assert copy.sync(exits=4).writes == 0

    copy.run(*command.split()[1:], "--yes")
    copy.sync()
    assert "Needs a decision" not in text(person)
    assert copy.is_settled()


def test_an_issue_in_a_milestone_is_listed_until_it_is_closed_or_taken_in(copy: Copy, person: Person) -> None:
    phase = copy.outline.phases[1]
    number = person.write("Ask @bob about [this](http://x)", "", phase)
    other = person.write("Mondays", "", phase)
    copy.sync()

    assert part(person, "Not in the plan yet").split("\n") == [
        f"**Not in the plan yet**: `plansync adopt {number}` takes one in",
        rf"- #{number} Ask @<!-- -->bob about \[this\](http://x)",
        f"- #{other} Mondays",
    ]
    assert copy.is_settled()

    person.close("Mondays")
    copy.run("adopt", str(number), "--yes")
    copy.sync()
    assert "Not in the plan yet" not in text(person)
    assert copy.is_settled()


def test_a_machine_that_sees_only_labelled_issues_takes_none_off_the_list(copy: Copy, person: Person) -> None:
    person.write("Mondays", "", copy.outline.phases[1])
    copy.sync()
    before = text(person)
    assert "Mondays" in before

    shutil.rmtree(copy.folder / ".plansync" / "local")

    assert copy.sync().writes == 0
    assert text(person) == before


def test_an_overview_of_an_earlier_version_gets_its_parts_around_what_is_there(
    copy: Copy, person: Person
) -> None:
    """As it was written before there were parts: the risks at the top, then the boxes."""
    title = person.overview()["title"]
    risks = re.search(r"<!-- plansync:risks -->\n\n(.*?)\n\n\*\*", text(person), re.DOTALL)
    boxes = re.search(r"(?:^- \[ \] .*\n)+", text(person), re.MULTILINE)
    begin = text(person).partition("\n")[0]
    assert risks and boxes
    end = "Boxes above follow `implementation-plan.md`, both ways.\n<!-- plansync:end -->"
    old = f"{begin}\n{risks[1]}\n\n{boxes[0]}\n{end}"
    person.edit(title, lambda said: old)
    shutil.rmtree(copy.folder / ".plansync" / "local")
    plan = copy.content

    copy.sync()

    new = text(person).split("\n")
    was = [line for line in old.split("\n") if line]
    assert [line for line in new if line in was] == was
    assert "0 of 12 tasks done" in text(person) and "```mermaid" in text(person)
    assert body(copy.since(plan)) == []
    assert copy.is_settled()


def test_a_box_of_a_criterion_still_goes_both_ways(copy: Copy, person: Person) -> None:
    first, second = copy.outline.criteria[:2]
    person.tick(person.overview()["title"], first)
    copy.replace(f"- [ ] {second}", f"- [x] {second}")

    copy.sync()

    assert f"- [x] {first}" in copy.text
    assert person.boxes(person.overview()["title"])[:2] == [("x", first), ("x", second)]
    assert copy.is_settled()


SMALL = b"# Plan: Shed\n\n## Phase 1: Ground\n\n### Task 1.1: Dig\n\n- [ ] Find a spade\n"


@pytest.mark.parametrize(
    ("setting", "has_criteria", "is_made"),
    [("auto", False, False), ("auto", True, True), ("always", False, True), ("none", True, False)],
)
def test_the_settings_say_for_which_plans_it_is_made(
    fresh: Copy, person: Person, setting: str, has_criteria: bool, is_made: bool
) -> None:
    settle(fresh, f'overview = "{setting}"\n')
    fresh.plan.write_bytes(
        SMALL + (b"\n## Success Criteria\n\n- [ ] It stays dry\n" if has_criteria else b"")
    )

    fresh.push()

    assert len(person.issues()) == 1 + is_made
    if is_made:
        assert person.overview()["number"] == 2, "it is made last"
        assert person.overview()["milestone"] is None
        assert "0 of 1 tasks done" in text(person)
    assert fresh.is_settled()


def test_switched_off_later_it_is_left_alone_after_a_look(copy: Copy, person: Person) -> None:
    settle(copy, 'overview = "none"\n')
    before = text(person)
    copy.tick("1.1")
    person.tick(person.overview()["title"], copy.outline.criteria[0])
    ticked = text(person)
    assert before != ticked

    ran = copy.run("sync", "--yes", exits=7)
    assert "--allow settings-changed" in ran.err
    copy.sync("--allow", "settings-changed")

    assert text(person) == ticked
    assert f"- [ ] {copy.outline.criteria[0]}" in copy.text
    assert person.overview()["state"] == "open"
    assert copy.is_settled()
