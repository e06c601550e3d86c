"""What stands beside an issue's text, where a tracker lacks it, refuses it, loses an answer, or people change it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import replace
from unicodedata import normalize

import pytest

from plansync.document.marking import Marking
from plansync.errors import Moved, OutcomeUnknown, PlanError, Unsupported
from plansync.model import Change, Field, Operation, Side, State, Take, Uid
from plansync.reconcile import Policy
from plansync.reconcile.rows import Case, plan_says, same_words
from plansync.store import shelf
from plansync.store.state import Target
from plansync.sync.costs import cost
from plansync.sync.events import Cost, Status
from plansync.sync.settling import Settling
from plansync.sync.stopping import Stop
from plansync.sync.ways import How
from plansync.titles import PLAIN
from plansync.trackers.base import Record, Thing, Written
from plansync.trackers.github import TRAITS
from plansync.trackers.mirror import NOTES
from plansync.trackers.pacing import Bucket
from tests.simulation.world import Row
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
def shed(make: Callable[..., Bench]) -> Bench:
    return make(PLAN, marking=Marking(people={"bo": "bo-dev"}))


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


def test_a_link_that_is_exchanged_for_another_is_seen_though_their_number_is_the_same(shed: Bench) -> None:
    shed.run()
    shed.run()
    shed.touch("Level", blockers=(3,))

    report = shed.run()

    assert "**Dependencies**: Task 1.1\n\n### Task 1.3" not in shed.text
    assert kinds(report, "applied")
    assert blockers(shed)["Level"] == (3,)


def test_one_of_several_goes_wherever_it_stands_in_the_list(shed: Bench) -> None:
    shed.run()
    shed.touch("Pave", blockers=(1,))
    shed.run()
    assert "**Dependencies**: Task 1.1\n" in shed.text.partition("Pave")[2]

    shed.touch("Pave", blockers=())
    shed.run()

    assert "**Dependencies**: None\n" in shed.text.partition("Pave")[2]
    assert shed.is_settled()


def test_a_link_that_a_run_saw_go_goes_from_the_plan_though_that_run_could_not_write_it(shed: Bench) -> None:
    shed.run()
    shed.touch("Pave", blockers=(2,))
    shed.files.fails["replace"] = PlanError("the disk is full", "plan.md")
    before = shed.text
    shed.run()
    shed.files.fails.clear()
    assert shed.text == before

    report = shed.run()

    assert kinds(report, APPLIED) == ["set-field"]
    assert "**Dependencies**: Task 1.2\n" in shed.text
    assert shed.is_settled()


def test_a_link_of_which_only_was_told_that_it_is_gone_stays_in_the_plan_that_names_it_anew(
    shed: Bench,
) -> None:
    shed.edit("**Dependencies**: Task 1.1\n", "**Dependencies**: Task 1.1 must be done\n")
    shed.run()
    shed.touch("Level", blockers=())
    assert "though the plan says so" in str(notes(shed.run()))
    shed.edit("**Dependencies**: Task 1.1 must be done\n", "**Dependencies**: Task 1.1\n")

    shed.run()

    assert "**Dependencies**: Task 1.1\n" in shed.text
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


def test_a_circle_that_a_link_of_others_would_close_is_not_linked_until_theirs_goes(shed: Bench) -> None:
    shed.edit("**Dependencies**: Task 1.1, Task 1.2\n", "**Dependencies**: Task 1.2\n")
    shed.run()
    shed.touch("Dig", blockers=(3,))
    shed.run()
    shed.edit("**Dependencies**: Task 1.2\n", "**Dependencies**: Task 1.2, Task 1.1\n")

    assert "add-dependency" not in kinds(shed.run(), APPLIED)
    assert blockers(shed) == {"Dig": (3,), "Level": (1,), "Pave": (2,)}
    assert shed.is_settled()
    shed.touch("Dig", blockers=())
    shed.run()

    assert blockers(shed) == {"Level": (1,), "Pave": (1, 2)}
    assert shed.is_settled()


def test_a_dependency_that_is_turned_around_is_unlinked_before_it_is_linked(shed: Bench) -> None:
    shed.run()
    shed.edit("**Dependencies**: Task 1.1\n", "**Dependencies**: Task 1.3\n")
    shed.edit("**Dependencies**: Task 1.1, Task 1.2\n", "**Dependencies**: Task 1.1\n")

    made = kinds(shed.run(), APPLIED)

    assert [kind for kind in made if kind.endswith("dependency")] == [
        "remove-dependency",
        "remove-dependency",
        "add-dependency",
    ]
    assert blockers(shed) == {"Level": (3,), "Pave": (1,)}
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


def test_a_label_that_the_tracker_spells_with_other_code_points_is_there(shed: Bench) -> None:
    shed.edit("**Labels**: garden, Heavy\n", "**Labels**: cafe\u0301, CAF\u00c9\n")
    create = shed.tracker.create

    async def composing(thing: Thing, fields: Written) -> Record:
        labels = tuple(normalize("NFC", label) for label in fields.get("labels", ()))
        return await create(thing, Written(**{**fields, "labels": labels}))

    shed.tracker.create = composing  # type: ignore[method-assign]

    report = shed.run()

    assert not [d.error for d in report.done if d.error]
    assert shed.issue("Dig").labels == ("plansync", "caf\u00e9")
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
    quiet = shed.run()
    assert (quiet.requests.total, notes(quiet)) == (2, []), "it is not asked again"
    assert "@ana" in str(notes(shed.run(full=True)))
    shelf.Shelf(shed.db, "records").put({f"{NOTES}unassignable": b"["})
    assert "@ana" in str(notes(shed.run()))


def without_rights(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the tracker drop labels and owners in silence, as it does where an account may not set them."""
    put = bench.tracker.put

    def dropping(thing: Thing, row: Row) -> Row:
        known = bench.tracker.rows.get((thing, row.ref), Row(row.ref, row.title))
        return put(thing, replace(row, labels=known.labels, assignees=known.assignees))

    monkeypatch.setattr(bench.tracker, "put", dropping)


def test_labels_and_owners_that_are_dropped_in_silence_are_told_and_asked_for_once(
    shed: Bench, make: Callable[..., Bench], monkeypatch: pytest.MonkeyPatch
) -> None:
    without_rights(shed, monkeypatch)
    why = "owner/name did not keep the labels and assignees; it needs a token whose account has write access there"

    assert [d.error for d in shed.run().done if "assignees" in d.error] == [why]
    assert shed.is_settled()
    before = shed.files.state
    assert shed.is_settled()
    assert shed.files.state == before
    assert kinds(shed.run(full=True), APPLIED) == ["set-labels", "set-assignees"], (
        "rights may have been given"
    )
    assert shed.is_settled()

    monkeypatch.undo()
    theirs = make(shed.text).beside(shed)
    theirs.files.state, theirs.fields = shed.files.state, shed.fields
    assert kinds(theirs.run(), APPLIED) == ["set-labels", "set-assignees"], "whoever may, does"
    assert shed.issue("Dig").labels == ("garden", "Heavy")
    assert shed.is_settled()
    assert shed.issue("Dig").assignees == ("ana", "bo-dev"), "what is there by now stays"
    shelf.Shelf(shed.db, "records").put({f"{NOTES}unkept": b"["})
    assert shed.is_settled()


def test_what_else_the_plan_says_is_written_where_a_label_was_dropped(
    shed: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        without_rights(shed, patch)
        shed.run()
    shed.edit("**Labels**: garden, Heavy\n", "**Labels**: garden, Heavy, stone\n")

    shed.run()

    assert shed.issue("Dig").labels == ("stone",)
    assert shed.is_settled()


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


def test_a_milestone_is_closed_though_the_answer_to_that_was_lost_on_its_way_there(shed: Bench) -> None:
    """Each issue that is closed moves its milestone's revision, as on GitHub: that is no news of the milestone."""
    shed.run()
    update = shed.tracker.update

    async def moving(thing: Thing, ref: int, fields: Written) -> Record:
        if thing is Thing.MILESTONE:
            raise OutcomeUnknown("no answer")
        if "state" in fields:
            shed.touch("Phase 1: Ground")
        return await update(thing, ref, fields)

    shed.tracker.update = moving  # type: ignore[method-assign]
    for step in ("Mark the corners", "Lay the stones", "Lay the slabs"):
        shed.edit(f"[ ] {step}", f"[x] {step}")
    assert kinds(shed.run(), Status.UNKNOWN) == ["close-milestone"]
    shed.tracker.update = update  # type: ignore[method-assign]

    assert kinds(shed.run(), APPLIED) == ["close-milestone"]
    assert shed.issue("Phase 1: Ground").state is State.DONE
    assert shed.is_settled()


def test_a_day_that_no_calendar_has_is_no_due_date(make: Callable[..., Bench]) -> None:
    bench = make(PLAN.replace("## Phase 1: Ground\n", "## Phase 1: Ground\n\n**Due**: 2027-02-30\n"))

    report = bench.run()

    assert not [d.error for d in report.done if d.error]
    assert bench.issue("Phase 1: Ground").due == ""
    assert bench.is_settled()


def test_a_phase_whose_title_is_cut_is_named_once(make: Callable[..., Bench]) -> None:
    bench = make(PLAN.replace("Phase 1: Ground", f"Phase 1: {'x' * 300}"))

    bench.run()

    assert bench.is_settled()


def test_a_taken_title_is_told_apart_by_what_fits_behind_it(make: Callable[..., Bench]) -> None:
    bench = make(PLAN.replace("Implementation Plan: Shed", "Shed " * 60))
    title = "Phase 1: Ground"
    bench.tracker.put(Thing.MILESTONE, Row(9, title))

    bench.run()

    assert [row.title for (thing, _), row in bench.tracker.rows.items() if thing is Thing.MILESTONE] == [
        title,
        f"{title} (plan.md)",
    ]
    assert bench.is_settled()


def test_a_milestone_whose_title_differs_in_case_alone_is_another_ones(shed: Bench) -> None:
    number = shed.tracker.number(Thing.MILESTONE)
    shed.tracker.put(Thing.MILESTONE, Row(number, "phase 1: GROUND"))

    shed.run()

    titles = {row.title for row in shed.tracker.milestone_rows()}
    assert titles == {"phase 1: GROUND", "Phase 1: Ground (Implementation Plan: Shed)"}
    assert shed.is_settled()


def test_a_phase_whose_title_changes_in_case_alone_keeps_it(shed: Bench) -> None:
    shed.run()
    shed.edit("## Phase 1: Ground", "## Phase 1: GROUND")

    shed.run()

    assert [row.title for row in shed.tracker.milestone_rows()] == ["Phase 1: GROUND"]
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


def test_a_due_date_that_people_say_while_a_run_decides_is_not_written_over(shed: Bench) -> None:
    shed.edit("## Phase 1: Ground\n", "## Phase 1: Ground\n\n**Due**: 2027-05-01\n")
    shed.run()
    shed.edit("**Due**: 2027-05-01", "**Due**: 2027-07-01")
    shed.tracker.ahead["GET milestone #"] = lambda: shed.touch("Phase 1: Ground", due="2027-06-01")

    report = shed.run()

    assert [c.remote for c in report.conflicts] == ["2027-06-01"]
    assert shed.issue("Phase 1: Ground").due == "2027-06-01"


def test_a_due_date_that_the_plan_takes_back_is_taken_off_and_one_that_people_give_then_is_theirs(
    shed: Bench,
) -> None:
    shed.edit("## Phase 1: Ground\n", "## Phase 1: Ground\n\n**Due**: 2027-05-01\n")
    shed.run()
    shed.edit("**Due**: 2027-05-01\n", "")
    assert "update-milestone" in kinds(shed.run("pull"), Status.DEFERRED)

    report = shed.run()

    assert kinds(report, APPLIED) == ["update-milestone"]
    assert shed.issue("Phase 1: Ground").due == ""
    assert shed.is_settled()
    shed.touch("Phase 1: Ground", due="2027-06-01")
    assert notes(shed.run()) == []
    assert shed.is_settled()
    assert shed.issue("Phase 1: Ground").due == "2027-06-01"


def test_a_due_date_that_people_changed_is_theirs_when_the_plan_says_none_any_more(shed: Bench) -> None:
    shed.edit("## Phase 1: Ground\n", "## Phase 1: Ground\n\n**Due**: 2027-05-01\n")
    shed.run()
    shed.edit("**Due**: 2027-05-01\n", "")
    shed.touch("Phase 1: Ground", due="2027-06-01")

    report = shed.run()

    assert not report.conflicts
    assert shed.is_settled()
    assert shed.issue("Phase 1: Ground").due == "2027-06-01"


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


# ------------------------------------------- the rest of a run that writes


def test_a_server_whose_issues_count_no_links_is_taken_to_keep_none(
    shed: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown = shed.tracker._record
    monkeypatch.setattr(
        shed.tracker, "_record", lambda thing, row: replace(shown(thing, row), blocked_by=None, blockers=None)
    )

    report = shed.run()

    assert kinds(report, AGREED) == ["add-dependency"] * 3
    assert "keeps no links between issues; they stand in the texts" in str(notes(report))
    assert shed.is_settled()


def test_a_server_that_counts_links_in_some_answers_alone_keeps_them(
    shed: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    create = shed.tracker.create

    async def uncounted(thing: Thing, fields: Written) -> Record:
        return replace(await create(thing, fields), blocked_by=None, blockers=None)

    monkeypatch.setattr(shed.tracker, "create", uncounted)

    report = shed.run()

    assert kinds(report, APPLIED).count("add-dependency") == 3
    assert blockers(shed) == {"Level": (1,), "Pave": (1, 2)}
    assert shed.is_settled()


def test_an_uncounted_issue_that_is_gone_is_linked_to_nothing(
    shed: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    create = shed.tracker.create

    async def uncounted(thing: Thing, fields: Written) -> Record:
        return replace(await create(thing, fields), blocked_by=None, blockers=None)

    monkeypatch.setattr(shed.tracker, "create", uncounted)
    shed.at["intended add-dependency"] = lambda: shed.delete("Level")

    report = shed.run()

    assert [c.field.value for c in report.conflicts] == ["existence"]
    assert blockers(shed) == {"Pave": (1,)}
    assert b'"caps":{}' in shed.files.state


def test_a_text_that_grew_too_long_meanwhile_is_refused_as_well(shed: Bench) -> None:
    shed.run()
    body = shed.issue("Level").body
    shed.edit("- [ ] Lay the stones", "- [x] Lay the stones, all of them")
    shed.touch("Level", body=f"{'x' * 65_500}\n{body}")
    shed.run()

    shed.edit("- [x] Lay the stones, all of them", "- [x] Lay the stones, all of them and those left over")
    report = shed.run()

    assert [d.error for d in report.done if d.status is Status.REFUSED] == [
        "the issue text would be longer than the 65536 characters a body may have"
    ]


def test_a_plan_whose_tracker_keeps_no_owners_asks_for_none(
    shed: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = replace(TRAITS, stores=TRAITS.stores - {Field.OWNERS})
    monkeypatch.setattr(type(shed.tracker), "traits", property(lambda tracker: kept))

    shed.run()

    assert "GET assignee ana" not in shed.tracker.requests.by_method
    assert shed.is_settled()


def test_the_first_push_can_name_whose_token_it_is(shed: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    async def account() -> str:
        return "ana"

    monkeypatch.setattr(shed.tracker, "account", account)

    assert shed.run(names_account=True).account == "ana"


def test_a_repository_that_was_renamed_is_named(shed: Bench) -> None:
    shed.tracker.here = replace(shed.tracker.here, name="owner/new-name")

    assert 'set repo = "owner/new-name"' in str(notes(shed.run()))


def test_without_an_overview_its_issue_is_left_alone(make: Callable[..., Bench]) -> None:
    bench = make()
    bench.run()
    bench.fields["overview"] = "none"

    assert not kinds(bench.run(allow=("settings-changed",)), APPLIED)
    assert bench.is_settled()


def test_a_wait_ends_when_the_run_is_to_end() -> None:
    async def waiting() -> float:
        stop, start = Stop(), time.monotonic()
        await stop.pause(0.01)
        asyncio.get_running_loop().call_later(0.01, stop.ask)
        await stop.pause(60)
        assert stop.is_asked
        return time.monotonic() - start

    assert asyncio.run(waiting()) < 30


def test_what_writes_cost_is_told_with_and_without_a_pace() -> None:
    change = Change(Uid("k3f9a2c"), Field.TITLE, None, "Dig", "new")
    made = [Operation(Side.REMOTE, "create-issue", Uid("k3f9a2c"), (change,), 2)] * 30

    free = cost(made, None, 0.0, 0.1)
    paced = cost(made, Bucket(), 0.0, 0.1)

    assert (free.requests, free.writes, free.mails) == (31, 30, 30)
    assert paced.seconds > free.seconds + 5
    assert cost([], None, 0.0, 0.1) == Cost()


def test_a_frame_around_titles_that_people_changed_is_noted_and_one_that_is_owed_is_written() -> None:
    def case(agreed: str | None, local: str | None, then: str, remote: str | None) -> Case:
        return Case(agreed, agreed, then, local, remote, False, same_words)

    assert plan_says(case("1: {}", "1: {}", "1: {}", "9: {}")).rule == "edited on the tracker"
    assert plan_says(case("1: {}", "1: {}", "2: {}", "2: {}")).rule == "finish"
    assert plan_says(case("1: {}", "2: {}", "1: {}", "1: {}")).rule == "push"
    assert plan_says(case("1: {}", None, "1: {}", "1: {}")).value == PLAIN
    assert plan_says(case(None, None, "1: {}", "1: {}")).rule == "unknown"
    assert plan_says(case("1: {}", "1: {}", "1: {}", "1: {}")).rule == "agree"


def test_a_text_that_grows_too_long_by_the_numbers_in_it_is_refused_when_they_are_known(shed: Bench) -> None:
    shed.run(is_dry=True)
    shed.edit("- [ ] Lay the slabs", "- [ ] Lay")
    shed.run()
    room = 65_536 - len(shed.issue("Pave").body) + len("**Dependencies**: #1, #2  \n")
    other = Bench(shed.plan, shed.fields)
    other.edit("- [ ] Lay the slabs", f"- [ ] Lay{' x' * ((room - 4) // 2)}")

    report = other.run()

    errors = [d.error for d in report.done if d.status is Status.REFUSED]
    assert errors == ["the issue text would be longer than the 65536 characters a body may have"]
    assert [row.title for row in other.tracker.issues()] == ["Dig", "Level"]


def test_a_link_to_an_issue_that_is_deleted_while_the_run_writes_is_left_to_the_next(shed: Bench) -> None:
    shed.edit("**Dependencies**: Task 1.1, Task 1.2\n", "**Dependencies**: Task 1.1\n")
    shed.run()
    shed.edit("- [ ] Mark the corners", "- [ ] Mark the four corners")
    shed.edit("- [ ] Lay the stones", "- [ ] Lay the flat stones")
    shed.edit("**Dependencies**: Task 1.1\n\n", "**Dependencies**: None\n\n")
    shed.edit("**Dependencies**: Task 1.1\n", "**Dependencies**: Task 1.1, Task 1.2\n")
    shed.at["landed update-issue"] = lambda: shed.delete("Level")

    shed.run()

    assert blockers(shed) == {"Pave": (1,)}
    assert "add-dependency refused" in shed.outcomes()


def test_the_overview_says_what_it_says_until_it_has_something_new_to_say(make: Callable[..., Bench]) -> None:
    bench = make()
    bench.run()
    title = "Implementation Plan: Shed"
    body = bench.issue(title).body

    bench.touch(title, body=body.replace("0 of 3 tasks done", "5 of 3 tasks done"))
    assert "progress says something else on the tracker" in str(notes(bench.run()))
    assert "5 of 3 tasks" in bench.issue(title).body

    bench.touch(title, body=body.replace("<!-- plansync:end -->", ""))
    bench.edit("- [ ] Buy paint", "- [x] Buy paint")
    bench.run()
    assert "<!-- plansync:end -->" not in bench.issue(title).body


def test_nothing_that_stays_on_this_machine_costs_anything(make: Callable[..., Bench]) -> None:
    bench = make(target=Target("sandbox", "sandbox", "local/plans"))

    assert bench.run(is_dry=True).cost == Cost()


def test_notes_of_the_overview_that_cannot_be_read_are_none(bench: Bench) -> None:
    bench.run()
    shelf.Shelf(bench.db, "records").put(
        {key: b"[" for key, _ in shelf.Shelf(bench.db, "records").items() if key.startswith(NOTES)}
    )

    assert bench.is_settled()


def test_what_a_tracker_lacks_is_said_once(shed: Bench) -> None:
    session = shed.read()

    session.lack("links", "first")
    session.lack("links", "second")

    assert [note.text for note in session.late_notes] == ["first"]


@pytest.mark.parametrize(
    "is_seen", [True, False], ids=["links are seen to be gone", "a list shows them still"]
)
def test_a_new_issue_in_the_place_of_a_deleted_one_gets_its_links_again(shed: Bench, is_seen: bool) -> None:
    shed.run()
    shed.delete("Dig")
    if is_seen:
        shed.touch("Level", blockers=())
        shed.touch("Pave", blockers=(2,))
    before = shed.text
    assert [c.field.value for c in shed.run().conflicts] == ["existence"]
    assert shed.text == before, "the plan says no less because of that"

    shed.run(settling=Settling((), Take.PLAN, how=How.RECREATE))
    report = shed.run()

    number = shed.issue("Dig").ref
    assert kinds(report, APPLIED).count("add-dependency") == 2
    assert {title: refs[-1] for title, refs in blockers(shed).items()} == {"Level": number, "Pave": number}
    assert shed.is_settled()


def test_a_text_names_an_issue_that_is_gone_until_a_new_one_takes_its_place(shed: Bench) -> None:
    shed.edit("**Dependencies**: Task 1.1, Task 1.2\n", "**Dependencies**: Task 1.2\n")
    shed.run()
    shed.delete("Level")
    shed.run()
    shed.edit("**Dependencies**: Task 1.2\n", "**Dependencies**: Task 1.2, Task 1.1\n")

    assert "update-issue" in kinds(shed.run(), APPLIED)
    assert "**Dependencies**: #2, #1" in shed.issue("Pave").body
    assert not kinds(shed.run(), APPLIED), "it is written once"
    report = shed.run(settling=Settling((), Take.PLAN, how=How.RECREATE))
    assert not [note for note in notes(report) if "edited on the tracker" in note]
    shed.run()

    assert f"**Dependencies**: #{shed.issue('Level').ref}, #1" in shed.issue("Pave").body
    assert shed.is_settled()


def test_a_text_names_the_new_issue_where_no_link_is_owed_to_it(make: Callable[..., Bench]) -> None:
    bench = make(PLAN, has_links=False)
    bench.run()
    bench.delete("Dig")
    bench.run()
    bench.run(settling=Settling((), Take.PLAN, how=How.RECREATE))
    bench.run()

    number = bench.issue("Dig").ref
    assert f"**Dependencies**: #{number}" in bench.issue("Level").body
    assert f"**Dependencies**: #{number}, #2" in bench.issue("Pave").body
    assert bench.is_settled()


def test_a_text_that_names_an_issue_of_others_is_left_to_them(shed: Bench) -> None:
    shed.run()
    shed.write("Somebody's own")
    body = shed.issue("Pave").body
    shed.touch("Pave", body=body.replace("#1, #2", "#1, #2, #4"))

    assert not kinds(shed.run(), APPLIED)
    assert "#1, #2, #4" in shed.issue("Pave").body


def test_a_link_to_a_task_that_is_not_chosen_waits(shed: Bench) -> None:
    report = shed.run(only=("1.2",))

    assert [d.operation.kind for d in report.done if d.status is Status.DEFERRED].count("add-dependency") == 3
    assert blockers(shed) == {}
    shed.run()
    assert blockers(shed).keys() == {"Level", "Pave"}
    assert shed.is_settled()


def test_what_both_sides_took_away_stays_away(shed: Bench) -> None:
    shed.run()
    shed.edit("**Labels**: garden, Heavy\n**Owner**: @ana, Bo\n", "**Labels**: Heavy\n**Owner**: Bo\n")
    shed.edit("**Dependencies**: Task 1.1\n", "**Dependencies**: None\n")
    shed.touch("Dig", labels=("plansync", "Heavy"), assignees=("bo-dev",))
    shed.touch("Level", blockers=())

    report = shed.run()

    assert not {"set-labels", "set-assignees", "add-dependency"} & {*kinds(report, APPLIED)}
    assert shed.is_settled()
