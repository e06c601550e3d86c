"""Which records that are there belong to a plan: by the address that it gives, by a group's milestone of its phase."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from plansync.model import Base, Field, Item, Kind, State, Uid
from plansync.sync import claims
from plansync.trackers.base import Record, Thing
from plansync.trackers.mapping import View

NOTHING = Base({}, {}, {})


def task(link: str) -> Item:
    return Item(Uid("a"), Kind.TASK, {Field.TITLE: "Sow", Field.LINK: "", Field.REFERENCE: link})


@pytest.mark.parametrize(
    ("address", "is_ours"),
    [
        ("https://github.com/group/Plans/issues/7", True),
        ("https://gitlab.com/group/plans/-/issues/7", True),
        ("https://gitlab.com/group/plans/-/work_items/7", True),
        ("https://gitlab.com/group/other/-/issues/7", False),
        ("https://gitlab.com/group/plans/-/merge_requests/7", False),
        ("https://gitlab.com/group/plans/-/issues/70", False),
    ],
)
def test_an_issue_that_a_plan_names_is_read_where_it_is_of_the_project(address: str, is_ours: bool) -> None:
    found = claims.named({Uid("a"): task(f"#7 {address}")}, "group/plans")

    assert found == ({(Thing.ISSUE, 7)} if is_ours else set())


def phases(*titles: str) -> dict[Uid, Item]:
    return {
        Uid(str(number)): Item(Uid(str(number)), Kind.PHASE, {Field.TITLE: title})
        for number, title in enumerate(titles)
    }


def milestone(title: str, state: State = State.TODO, *, is_inherited: bool = True) -> Record:
    return Record(Thing.MILESTONE, 9, title, state, is_inherited=is_inherited)


@pytest.mark.parametrize(
    ("titles", "record", "found"),
    [
        (["Phase 1: Spring"], milestone("Phase 1: Spring"), ["0"]),
        (["Phase 1:  Spring"], milestone("Phase 1: Spring"), ["0"]),
        (["Phase 2: Spring"], milestone("Phase 1: Spring"), []),
        (["Spring", "Spring"], milestone("Spring"), []),
        (["Spring"], milestone("Spring", State.DONE), []),
        (["Spring"], milestone("Spring", is_inherited=False), []),
    ],
)
def test_an_open_milestone_of_a_group_is_that_of_the_one_phase_of_its_title(
    titles: Sequence[str], record: Record, found: Sequence[str]
) -> None:
    taken = claims.inherited(phases(*titles), NOTHING, View({}, {}), [record])

    assert [*taken.values()] == [*found]


def test_a_phase_that_has_a_milestone_or_had_one_takes_no_other() -> None:
    shown = phases("Spring")
    there = View(dict(shown), {Uid("0"): milestone("Spring", is_inherited=False)})

    assert claims.inherited(shown, NOTHING, there, [milestone("Spring")]) == {}
    assert claims.inherited(shown, Base({}, dict(shown), {}), View({}, {}), [milestone("Spring")]) == {}
