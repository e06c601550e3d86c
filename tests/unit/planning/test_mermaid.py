"""The drawing of dependencies: every title is a label and nothing else, and GitHub's limits hold."""

from __future__ import annotations

import re
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from plansync.model import Field, Item, Kind, Snapshot, State, Uid
from plansync.planning.mermaid import EDGES_MAX, TASKS_MAX, drawing, label
from tests.unit.planning.tasks import plan, task

NODE = re.compile(r' {2,4}t\w{7}\["[^"\[\]`<>{}|\\;]*(?:#\d+;[^"\[\]`<>{}|\\;]*)*"\]:::(?:todo|done|dropped)')


def titled(item: Item, title: str) -> Item:
    return replace(item, fields={**item.fields, Field.TITLE: title})


def phase(uid: str, title: str) -> Item:
    return Item(Uid(uid), Kind.PHASE, {Field.TITLE: title})


def todo(items: Snapshot) -> dict[Uid, State]:
    return {uid: State.TODO for uid, item in items.items() if item.kind is Kind.TASK}


def many(count: int, needs: int) -> Snapshot:
    """Each task needs the ones before it."""
    names = [f"t{n:06}" for n in range(count)]
    return plan(*(titled(task(u, names[max(0, i - needs) : i]), f"Task {i:04}") for i, u in enumerate(names)))


def test_tasks_stand_in_their_phases_and_arrows_lead_to_what_waits() -> None:
    items = plan(
        phase("ppppppp", "Phase 1: Ground"),
        phase("qqqqqqq", "Phase 2: Walls"),
        titled(task("aaaaaaa", phase="ppppppp"), "Dig"),
        titled(task("bbbbbbb", ["aaaaaaa"], phase="qqqqqqq"), "Paint"),
    )

    lines = drawing(items, {Uid("aaaaaaa"): State.DONE, Uid("bbbbbbb"): State.TODO}).lines

    assert lines[:9] == (
        "```mermaid",
        "flowchart TD",
        '  subgraph pppppppp["Phase 1#58; Ground"]',
        '    taaaaaaa["Dig"]:::done',
        "  end",
        '  subgraph pqqqqqqq["Phase 2#58; Walls"]',
        '    tbbbbbbb["Paint"]:::todo',
        "  end",
        "  taaaaaaa --> tbbbbbbb",
    )
    assert [line.split()[1] for line in lines[9:-1]] == ["todo", "done"]
    assert lines[-1] == "```"


def test_without_dependencies_there_is_nothing_to_draw() -> None:
    items = plan(titled(task("aaaaaaa"), "Dig"), titled(task("bbbbbbb", None), "Paint"))

    assert drawing(items, todo(items)).lines == ()


def test_where_a_task_stands_in_the_plan_changes_nothing() -> None:
    items = many(6, 2)

    assert drawing(items, todo(items)) == drawing(plan(*reversed(list(items.values()))), todo(items))


def test_a_large_plan_is_drawn_in_part_and_says_so() -> None:
    items = many(1_000, 20)

    drawn = drawing(items, todo(items))

    assert (drawn.shown, drawn.total) == (TASKS_MAX, 1_000)
    assert sum("-->" in line for line in drawn.lines) == EDGES_MAX
    assert len("\n".join(drawn.lines)) < 50_000


def test_of_too_many_tasks_those_that_stand_alone_go_first_and_then_those_that_are_done() -> None:
    tied = many(100, 1)
    alone = plan(*(titled(task(f"a{n:06}"), f"Alone {n}") for n in range(100)))
    items = {**alone, **tied}

    drawn = drawing(items, todo(items))
    assert drawn.shown == 100 and not any("Alone" in line for line in drawn.lines)

    longer = many(200, 1)
    states = {u: State.DONE if n < 100 else State.TODO for n, u in enumerate(longer)}
    drawn = drawing(longer, states)
    assert drawn.shown == 100 and not any(":::done" in line for line in drawn.lines)


def test_what_mermaid_would_read_is_written_as_entities() -> None:
    assert label('a "quote" [x] {y} `z` <b> & | ; # % : \\ @me') == (
        "a #34;quote#34; #91;x#93; #123;y#125; #96;z#96; #60;b#62; #38; #124; #59; #35; #37; #58; #92; #64;me"
    )
    assert label("1. First") == "1#46; First"
    assert label("- first") == "#45; first"
    assert label("end") == "end"
    assert label("set the direction LR") == "set the directio#110; LR", "it is found wherever it stands"
    assert label("Größe messen, 測る") == "Größe messen, 測る"


@given(st.text(max_size=300))
def test_any_title_is_one_label(title: str) -> None:
    items = plan(titled(task("aaaaaaa"), title), titled(task("bbbbbbb", ["aaaaaaa"]), "x"))

    lines = drawing(items, todo(items)).lines

    assert all(NODE.fullmatch(line) for line in lines[2:4]), lines[2:4]
    assert len(lines) == 7
