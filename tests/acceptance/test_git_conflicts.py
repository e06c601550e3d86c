"""What git leaves of two branches that both did work: computed lines settle themselves, all else stops a run."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest

from tests.support.people import Copy, Person
from tests.support.repository import began, cloned, git, keep, merged, with_driver

SIGNS = (b"<<<<<<<", b"|||||||", b"=======", b">>>>>>>")


def has_signs(copy: Copy) -> bool:
    return any(line.startswith(SIGNS) for line in copy.content.splitlines())


def written(copy: Copy, before: str, completion: str, date: str) -> None:
    """Say in the footer what a sync on that day would have said."""
    copy.replace("**Implementation Status**: Not Started", "**Implementation Status**: In Progress")
    copy.replace(f"**Completion**: {before}", f"**Completion**: {completion}")
    copy.replace("**Last Updated**: 2026-11-20", f"**Last Updated**: {date}")


@pytest.fixture(params=["merge", "diff3"])
def torn(copy: Copy, tmp_path: Path, request: pytest.FixtureRequest) -> Copy:
    """Two branches that each finished another task, and said in the plan's footer how far it is; merged by git."""
    began(copy)
    with_driver(copy)
    git(copy.folder, "config", "merge.conflictStyle", request.param, env=copy.env)
    other = cloned(copy, tmp_path / "other", "side")
    none = "0% (0/12 tasks completed)"
    copy.tick("1.1")
    written(copy, none, "8% (1/12 tasks completed)", "2026-11-21")
    keep(copy)
    other.tick("2.1", "3.1")
    written(other, none, "16% (2/12 tasks completed)", "2026-11-23")
    keep(other)
    merged(copy, other, exits=1)
    assert has_signs(copy)
    assert (b"|||||||" in copy.content) is (request.param == "diff3")
    return copy


def footer(copy: Copy) -> list[str]:
    return [line.rstrip() for line in copy.text.rpartition("\n---\n")[2].splitlines() if line]


def test_a_sync_takes_gits_signs_out_and_computes_the_lines_anew(torn: Copy, person: Person) -> None:
    before = torn.content

    looked = torn.run("diff", "--json", "--exit-code", exits=6)
    ran = torn.sync()

    assert "git left a conflict in lines that plansync computes" in str(looked.json["notes"])
    assert looked.kinds("plan", "planned")[0] == ran.kinds("plan")[0] == "update-summary"
    assert ran.json["operations"][0]["rule"] == "merged"
    assert footer(torn)[:3] == [
        "**Implementation Status**: In Progress",
        "**Current Phase**: Phase 1",
        "**Completion**: 25% (3/12 tasks completed)",
    ]
    assert not has_signs(torn)
    kept = [line for line in before.splitlines(keepends=True) if not line.startswith((*SIGNS, b"**"))]
    assert [line for line in torn.content.splitlines(keepends=True) if not line.startswith(b"**")] == kept
    closed = [i["title"] for i in person.tasks() if i["state"] == "closed"]
    assert closed == [torn.outline.task(number).title for number in ("1.1", "2.1", "3.1")]
    assert torn.is_settled()


@pytest.mark.parametrize("verb", ["push", "pull"])
def test_each_direction_does(torn: Copy, verb: str) -> None:
    torn.run(verb, *(["--yes"] if verb == "push" else []), "--json")

    assert not has_signs(torn)
    assert "**Completion**: 25% (3/12 tasks completed)" in torn.text
    torn.sync()
    assert torn.is_settled()


def test_one_task_alone_is_synced_and_the_lines_are_settled_all_the_same(torn: Copy) -> None:
    torn.sync("--only", "1.1")

    assert not has_signs(torn)
    assert "**Completion**: 25% (3/12 tasks completed)" in torn.text


def test_a_dry_run_and_a_look_leave_the_file_as_git_left_it(torn: Copy) -> None:
    before = torn.content

    torn.run("sync", "--dry-run")
    torn.run("diff")
    status = torn.run("status", "--json", torn.name).json

    assert (status["done"], status["total"]) == (3, 12)
    assert torn.content == before


def test_check_tells_of_it_and_mends_it_with_all_that_it_hid(torn: Copy) -> None:
    torn.replace("**Total Estimated Time**: 27 hours", "**Total Estimated Time**: 2 hours")
    (found,) = torn.run("check", "--json", torn.name, exits=1).json["plans"][0]["findings"]

    torn.run("check", "--fix", torn.name)

    assert (found["code"], found["fixable"]) == ("PLAN901", True)
    assert torn.content.splitlines()[found["line"] - 1].startswith(b"**")
    assert not has_signs(torn)
    assert footer(torn)[2:4] == ["**Completion**: 25% (3/12 tasks completed)", "**Last Updated**: 2026-11-23"]
    assert "**Total Estimated Time**: 27 hours" in torn.text


def test_on_a_branch_the_later_date_and_the_counted_tasks_stand(torn: Copy) -> None:
    git(torn.folder, "add", "--all", env=torn.env)
    git(torn.folder, "commit", "--quiet", "--no-edit", env=torn.env)
    git(torn.folder, "switch", "--quiet", "--create", "work", env=torn.env)

    torn.sync()

    assert footer(torn)[2:4] == ["**Completion**: 25% (3/12 tasks completed)", "**Last Updated**: 2026-11-23"]


def test_a_conflict_in_words_beside_stays_one_and_its_line_is_named(torn: Copy, person: Person) -> None:
    """The first conflict in the file is of computed lines; the one that stops the run is another."""
    torn.plan.write_bytes(
        torn.content + b"<<<<<<< ours\r\nThe end.\r\n=======\r\nGoodbye.\r\n>>>>>>> theirs\r\n"
    )
    before, issues = torn.content, person.everything()
    line = len(before.splitlines()) - 4

    for verb in ("sync", "push", "pull"):
        ran = torn.run(verb, exits=7)
        assert f"{torn.name}:{line}: git left a conflict here" in ran.err
    (found,) = torn.run("check", "--fix", "--json", torn.name, exits=1).json["plans"][0]["findings"]

    assert (found["line"], found["fixable"]) == (line, False)
    assert torn.content == before
    assert person.everything() == issues


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (
            "**Completion**: 8% (1/12 tasks completed)  \n**Note**: mine  \n",
            "**Completion**: 0% (0/12 tasks completed)  \n",
        ),
        ("**Completion**: 8% (1/12 tasks completed)  \n", ""),
        ("**Completion**: almost there  \n", "**Completion**: 0% (0/12 tasks completed)  \n"),
        ("- [x] A step\n", "- [ ] A step\n"),
    ],
    ids=["a line of the author's", "a line that one side took out", "words in place of a value", "a step"],
)
def test_what_is_not_only_computed_is_somebodys_to_settle(copy: Copy, ours: str, theirs: str) -> None:
    now = "**Completion**: 0% (0/12 tasks completed)  \n"
    copy.replace(now, f"<<<<<<< HEAD\n{ours}=======\n{theirs}>>>>>>> side\n")
    before = copy.content

    ran = copy.run("sync", exits=7)

    line = next(n for n, text in enumerate(before.splitlines(), 1) if text.startswith(b"<<<<<<<"))
    assert f"{copy.name}:{line}: git left a conflict here" in ran.err
    assert copy.content == before


@pytest.mark.parametrize(
    "signs",
    [
        "<<<<<<< HEAD\n{0}",
        "{0}>>>>>>> side\n",
        "<<<<<<< HEAD\n{0}>>>>>>> side\n",
        "<<<<<<< HEAD\n{0}<<<<<<< HEAD\n{0}=======\n{0}>>>>>>> side\n",
    ],
)
def test_signs_that_are_not_whole_are_somebodys_to_settle(copy: Copy, signs: str) -> None:
    now = "**Completion**: 0% (0/12 tasks completed)  \n"
    copy.replace(now, signs.format(now))
    before = copy.content

    assert "git left a conflict here" in copy.run("sync", exits=7).err
    assert copy.content == before


def test_a_date_that_both_changed_alone_is_settled(copy: Copy) -> None:
    today = datetime.now().astimezone().date().isoformat()
    copy.replace(
        "**Last Updated**: 2026-11-20  \n",
        "<<<<<<< HEAD\n**Last Updated**: 2026-11-22  \n=======\n**Last Updated**: 2026-11-21  \n>>>>>>> side\n",
    )

    copy.sync()

    assert footer(copy)[3] in ("**Last Updated**: 2026-11-22", f"**Last Updated**: {today}")
    assert copy.is_settled()
