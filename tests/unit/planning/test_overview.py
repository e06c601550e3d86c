"""What the overview says: derived from states, conflicts and what is known of the tracker."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from plansync.document import block
from plansync.document.block import Content
from plansync.model import OVERVIEW, Conflict, Field, Item, Kind, Stamp, State, Uid, conflict_id
from plansync.planning.overview import Facts, Outsider, sections
from tests.unit.planning.tasks import plan, task
from tests.unit.planning.test_mermaid import many, phase, titled, todo

ITEMS = plan(
    Item(OVERVIEW, Kind.PLAN, {Field.TITLE: "Shed", Field.STEPS: ()}),
    phase("ppppppp", "Phase 1: Ground"),
    phase("qqqqqqq", "Phase 2: Walls, for @ann"),
    titled(task("ccccccc", phase="ppppppp"), "Dig"),
    titled(task("ddddddd", ["ccccccc"], phase="ppppppp"), "Level"),
    titled(task("eeeeeee", ["ccccccc"], phase="qqqqqqq"), "Paint"),
)
STATES = {Uid("ccccccc"): State.DONE, Uid("ddddddd"): State.DROPPED, Uid("eeeeeee"): State.TODO}
FACTS = Facts({Uid("eeeeeee"): 3}, (), frozenset(), "", 60_000)


def test_progress_counts_by_phase_and_dropped_tasks_leave_the_count() -> None:
    said = sections(ITEMS, STATES, (), FACTS)[Field.PROGRESS]

    assert said.split("\n") == [
        "**Progress**: 1 of 2 tasks done (50%), In Progress",
        "- 1 of 1 done: Phase 1: Ground",
        "- 0 of 1 done: Phase 2: Walls, for @<!-- -->ann",
    ]


def test_what_waits_for_a_decision_is_listed_with_the_command_that_decides() -> None:
    conflicts = [
        Conflict(Uid("eeeeeee"), Field.TITLE, "Paint", "Paint it", "Whitewash"),
        Conflict(Uid("ccccccc"), Field.EXISTENCE, "issue #1", "it is here", "deleted"),
    ]

    said = sections(ITEMS, STATES, conflicts, FACTS)[Field.DECISIONS]

    assert said.split("\n") == [
        "**Needs a decision**",
        f"- #3 Paint: title; `plansync resolve {conflict_id(Uid('eeeeeee'), Field.TITLE)} --take plan` (or issue)",
        "- Dig: is it there; `plansync resolve`",
    ]
    assert sections(ITEMS, STATES, (), FACTS)[Field.DECISIONS] == ""


def test_issues_of_others_are_listed_as_words_and_wake_nobody() -> None:
    facts = replace_facts(
        outsiders=(Outsider(9, "Ask @bob [now](http://x) `y` fixes #3"), Outsider(4, "Mine"))
    )

    said = sections(ITEMS, STATES, (), facts)[Field.OUTSIDERS]

    assert said.split("\n") == [
        "**Not in the plan yet**: `plansync adopt 4` takes one in",
        "- #4 Mine",
        r"- #9 Ask @<!-- -->bob \[now\](http://x) \`y\` fixes #<!-- -->3",
    ]


def test_a_machine_that_did_not_see_an_issue_leaves_its_line_and_one_that_knows_better_takes_it_away() -> (
    None
):
    listed = "**Not in the plan yet**: `plansync adopt 4` takes one in\n- #4 Mine\n- #5 Closed by now"

    unknowing = sections(ITEMS, STATES, (), replace_facts(listed=listed))[Field.OUTSIDERS]
    knowing = sections(ITEMS, STATES, (), replace_facts(listed=listed, others=frozenset({5})))[
        Field.OUTSIDERS
    ]

    assert unknowing == listed
    assert knowing.split("\n")[1:] == ["- #4 Mine"]


def test_a_long_list_is_cut_with_a_count_that_another_machine_keeps() -> None:
    facts = replace_facts(outsiders=tuple(Outsider(n, f"Issue {n}") for n in range(1, 63)))
    said = sections(ITEMS, STATES, (), facts)[Field.OUTSIDERS]

    assert said.split("\n")[-2:] == ["- #50 Issue 50", "- … and 12 more"]
    assert sections(ITEMS, STATES, (), replace_facts(listed=said))[Field.OUTSIDERS] == said


@pytest.mark.parametrize("room", [60_000, 4_000, 1_500, 600])
def test_in_little_room_the_graph_goes_first_and_then_lists_are_cut(room: int) -> None:
    items = {**ITEMS, **many(120, 2), **{Uid(f"p{n:06}"): phase(f"p{n:06}", f"Phase {n}") for n in range(60)}}
    items = {u: placed(i, n) for n, (u, i) in enumerate(items.items())}
    outsiders = tuple(Outsider(n, f"Issue {n}") for n in range(1, 63))

    said = sections(items, todo(items), (), replace_facts(outsiders=outsiders, room=room))

    assert sum(map(len, said.values())) <= room
    assert ("```mermaid" in said[Field.GRAPH]) is (room == 60_000)
    assert "**Dependencies**" in said[Field.GRAPH]
    if room < 4_000:
        listed = said[Field.OUTSIDERS].count("- #")
        assert listed <= 10
        assert f"- … and {62 - listed} more" in said[Field.OUTSIDERS]
    content = Content("overview", "p1234567", OVERVIEW, Stamp(1, "0" * 8), "p", sections=said)
    shown = block.read(block.render(content))
    assert shown is not None
    assert {n: t for n, t in shown.sections.items() if t} == {n: t for n, t in said.items() if t}


def placed(item: Item, number: int) -> Item:
    if item.kind is not Kind.TASK:
        return item
    return replace(item, fields={**item.fields, Field.PHASE: f"p{number % 60:06}"})


def replace_facts(**fields: Any) -> Facts:
    return FACTS._replace(**fields)
