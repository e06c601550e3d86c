"""What stands beside an issue's text, where a tracker lacks it, refuses it, loses an answer, or people change it."""

from __future__ import annotations

import pytest

from plansync.document.marking import Marking
from plansync.errors import Moved, OutcomeUnknown, Unsupported
from plansync.model import State
from plansync.reconcile import Policy
from plansync.sync.events import Status
from tests.unit.sync.bench import Bench, kinds, notes

PLAN = """\
# Implementation Plan: Shed

## Phase 1: Ground

### Task 1.1: Dig

- [ ] Mark the corners

**Labels**: garden, Heavy
**Owner**: @ana, Bo
**Dependencies**: None

### Task 1.2: Level

- [ ] Lay the stones

**Dependencies**: Task 1.1

### Task 1.3: Pave

- [ ] Lay the slabs

**Dependencies**: Task 1.1, Task 1.2
"""
APPLIED, AGREED = Status.APPLIED, Status.AGREED


@pytest.fixture
def shed() -> Bench:
    return Bench(PLAN, {"marking": Marking(people={"bo": "bo-dev"})})


def blockers(bench: Bench) -> dict[str, tuple[int, ...]]:
    return {row.title: row.blockers for row in bench.tracker.issues() if row.blockers}


def test_all_of_it_is_made_with_the_issues_and_the_links_after_them(shed: Bench) -> None:
    report = shed.run()

    assert blockers(shed) == {"Level": (1,), "Pave": (1, 2)}
    assert shed.issue("Dig").labels == ("plansync", "garden", "Heavy")
    assert shed.issue("Dig").assignees == ("ana", "bo-dev")
    assert kinds(report, APPLIED).count("add-dependency") == 3
    assert shed.is_settled()


# -------------------------------------------------------------- two ways


def test_a_link_goes_from_the_side_that_did_not_take_it_away(shed: Bench) -> None:
    shed.run()
    shed.edit("**Dependencies**: Task 1.1\n", "**Dependencies**: None\n")
    shed.touch("Pave", blockers=(2,))

    report = shed.run()

    assert {"remove-dependency", "set-field"} <= {*kinds(report, APPLIED)}
    assert blockers(shed) == {"Pave": (2,)}
    assert "**Dependencies**: Task 1.2\n" in shed.text
    assert shed.is_settled()


def test_one_of_several_goes_wherever_it_stands_in_the_list(shed: Bench) -> None:
    shed.run()
    shed.touch("Pave", blockers=(1,))
    shed.run()
    assert "**Dependencies**: Task 1.1\n" in shed.text.partition("Pave")[2]

    shed.touch("Pave", blockers=())
    shed.run()

    assert "**Dependencies**: None\n" in shed.text.partition("Pave")[2]
    assert shed.is_settled()


def test_an_element_that_the_plan_takes_back_and_people_put_there_again_stays(shed: Bench) -> None:
    shed.run()
    shed.edit("**Labels**: garden, Heavy\n", "**Labels**: Heavy\n")
    shed.touch("Dig", labels=("plansync", "heavy"))
    shed.run()
    shed.edit("**Labels**: Heavy\n", "**Labels**: Heavy, garden\n")
    shed.touch("Dig", labels=("plansync", "heavy", "garden"))

    report = shed.run()

    assert not kinds(report, APPLIED)
    assert shed.is_settled()


def test_a_task_without_an_issue_is_linked_to_nothing(shed: Bench) -> None:
    shed.edit("- [ ] Mark the corners", "- [x] Mark the corners")

    shed.run()

    assert blockers(shed) == {"Pave": (1,)}
    assert shed.is_settled()


def test_a_circle_is_not_linked(shed: Bench) -> None:
    shed.edit("**Dependencies**: None\n", "**Dependencies**: Task 1.3\n")

    shed.run()

    assert blockers(shed) == {}
    assert shed.is_settled()


def test_a_link_of_others_is_told_once(shed: Bench) -> None:
    shed.run()
    shed.touch("Dig", blockers=(3,))

    told = [
        "#1 is blocked by #3 on the tracker, which the plan does not say" in str(notes(shed.run()))
        for _ in "ab"
    ]

    assert told == [True, False]
    assert blockers(shed)["Dig"] == (3,)


def test_a_link_that_only_words_name_is_told_and_not_put_back(shed: Bench) -> None:
    shed.edit("**Dependencies**: Task 1.1\n", "**Dependencies**: Task 1.1 must be done\n")
    shed.run()
    shed.touch("Level", blockers=())

    report = shed.run()

    assert "though the plan says so" in str(notes(report))
    assert "Level" not in blockers(shed)
    assert shed.is_settled()


def test_people_and_labels_that_go_from_the_plan_are_taken_off_one_by_one(shed: Bench) -> None:
    shed.run()
    shed.edit("**Labels**: garden, Heavy\n**Owner**: @ana, Bo\n", "**Owner**: @ana, @cy\n")

    report = shed.run()

    assert kinds(report, APPLIED).count("set-labels") == 2
    assert kinds(report, APPLIED).count("set-assignees") == 2
    assert shed.issue("Dig").labels == ("plansync",)
    assert shed.issue("Dig").assignees == ("ana", "cy")
    assert shed.is_settled()


def test_more_labels_come_in_one_request(shed: Bench) -> None:
    shed.run()
    shed.edit("**Labels**: garden, Heavy\n", "**Labels**: garden, Heavy, a, b\n")

    report = shed.run()

    assert kinds(report, APPLIED) == ["set-labels"]
    assert shed.is_settled()


# ------------------------------------------------------- what is not kept


def test_an_account_that_cannot_be_assigned_is_left_out_and_told(
    shed: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def never(login: str) -> bool:
        return False

    monkeypatch.setattr(shed.tracker, "is_assignable", never)

    report = shed.run()

    assert shed.issue("Dig").assignees == ()
    assert [text for text in notes(report) if "@ana" in text] == [
        "line 5: @ana cannot be given issues of owner/name, so nobody is; it takes a collaborator of the repository"
    ]


def test_who_has_issues_already_is_not_asked_about(shed: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = list[str]()

    async def noting(login: str) -> bool:
        asked.append(login)
        return True

    monkeypatch.setattr(shed.tracker, "is_assignable", noting)
    shed.write("Something else", assignees=("ana",), labels=("plansync",))

    shed.run()

    assert asked == ["bo-dev"]


def test_links_that_are_refused_for_good_are_asked_for_once(shed: Bench) -> None:
    shed.tracker.errors["POST blockers"] = Unsupported("no links here")

    report = shed.run()

    assert kinds(report, AGREED) == ["add-dependency"] * 3
    assert notes(report).count("no links here") == 1
    assert report.outcome == "done"
    assert b'"caps":{"links":false}' in shed.files.state
    shed.tracker.errors.clear()
    assert shed.is_settled()
    assert blockers(shed) == {}
    assert kinds(shed.run(full=True), APPLIED) == ["add-dependency"] * 3


def test_links_are_left_to_the_text_where_the_settings_say_so(shed: Bench) -> None:
    shed.fields["has_links"] = False

    report = shed.run()

    assert "add-dependency" not in kinds(report, APPLIED, AGREED)
    shed.touch("Dig", blockers=(3,))
    assert shed.is_settled()


def test_an_issue_whose_other_end_went_meanwhile_is_decided_anew(shed: Bench) -> None:
    shed.tracker.errors["POST blockers of #2"] = Moved("it is gone")

    report = shed.run()

    assert report.outcome == "partial"
    shed.tracker.errors.clear()
    assert kinds(shed.run(), APPLIED) == ["add-dependency", "set-link"]


def test_a_link_that_somebody_made_at_the_same_moment_is_read_by_the_next_run(shed: Bench) -> None:
    shed.at["intended add-dependency"] = lambda: shed.touch("Level", blockers=(3,))

    shed.run()

    assert blockers(shed)["Level"] == (1, 3)
    shed.run()
    assert shed.is_settled()


# ------------------------------------------------------------- lost answers


@pytest.mark.parametrize(
    ("request_", "edit"),
    [
        ("POST labels of #1", ("**Labels**: garden, Heavy\n", "**Labels**: garden, Heavy, stone\n")),
        ("DELETE label of #1", ("**Labels**: garden, Heavy\n", "**Labels**: Heavy\n")),
        ("POST blockers of #1", ("**Dependencies**: None\n", "**Dependencies**: None, see Task 1.9\n")),
    ],
)
def test_after_a_lost_answer_the_next_run_looks_and_writes_what_is_missing(
    shed: Bench, request_: str, edit: tuple[str, str]
) -> None:
    shed.run()
    shed.edit(*edit)
    shed.tracker.errors[request_] = OutcomeUnknown("no answer")

    shed.run()
    shed.tracker.errors.clear()
    shed.run()

    assert shed.is_settled()


def test_a_link_whose_answer_was_lost_and_that_is_there_is_not_made_again(shed: Bench) -> None:
    shed.tracker.errors["POST blockers of #2"] = OutcomeUnknown("no answer")
    shed.run()
    shed.tracker.errors.clear()
    shed.touch("Level", blockers=(1,))

    report = shed.run()

    assert "add-dependency" not in kinds(report, APPLIED)
    assert shed.is_settled()


# -------------------------------------------------------------- milestones


def test_a_milestone_whose_last_task_is_dropped_closes(shed: Bench) -> None:
    shed.run()
    for title in ("Dig", "Level", "Pave"):
        shed.touch(title, state=State.DROPPED)

    report = shed.run()

    assert kinds(report, APPLIED).count("close-milestone") == 1
    assert shed.issue("Phase 1: Ground").state is State.DONE
    assert shed.is_settled()


def test_a_due_date_is_written_where_the_plan_says_one_and_asked_about_where_people_did(shed: Bench) -> None:
    shed.run()
    heading = next(line for line in shed.text.splitlines() if line.startswith("## Phase 1"))
    shed.edit(f"{heading}\n", f"{heading}\n\n**Due**: 2027-05-01\n")

    report = shed.run()

    assert kinds(report, APPLIED) == ["update-milestone"]
    assert shed.issue("Phase 1: Ground").due == "2027-05-01"
    shed.touch("Phase 1: Ground", due="2027-06-01")
    shed.edit("**Due**: 2027-05-01", "**Due**: 2027-07-01")
    report = shed.run()
    assert [c.field.value for c in report.conflicts] == ["due"]


def test_a_date_that_people_gave_before_is_asked_about(shed: Bench) -> None:
    shed.run()
    shed.touch("Phase 1: Ground", due="2027-06-01")
    shed.run()
    heading = next(line for line in shed.text.splitlines() if line.startswith("## Phase 1"))
    shed.edit(f"{heading}\n", f"{heading}\n\n**Due**: 2027-05-01\n")

    report = shed.run()

    assert [c.field.value for c in report.conflicts] == ["due"]


def test_phases_that_are_done_before_they_have_issues_are_made_closed(shed: Bench) -> None:
    shed.fields["policy"] = Policy(done_at_first_push="create")
    for step in ("Mark the corners", "Lay the stones", "Lay the slabs"):
        shed.edit(f"- [ ] {step}", f"- [x] {step}")

    shed.run()

    assert shed.issue("Phase 1: Ground").state is State.DONE
    assert shed.is_settled()
