"""The state file: two lines an item, that git can merge and a mistake cannot take whole."""

from __future__ import annotations

import json

import pytest

from plansync.errors import StoreError
from plansync.model import Base, Field, Item, Kind, Stamp, Uid, Value
from plansync.store.state import Saved, Target, dump, load

TARGET = Target("github", "https://api.github.com", "owner/name")
TASK, STEP, PHASE = Uid("k3f9a2c"), Uid("k3f9a2c/4"), Uid("bbbbbbb")


def _saved() -> Saved:
    def side(tick: str | None, state: str | None, stamp: Stamp | None = None) -> dict[Uid, Item]:
        fields: dict[Field, Value] = {
            Field.TITLE: "Täsk \u2028 one",
            Field.PHASE: PHASE,
            Field.STEPS: (STEP,),
        }
        fields |= {Field.STATE: state} if state else {}
        step: dict[Field, Value] = {Field.TEXT: "step"}
        step |= {Field.TICK: tick} if tick else {}
        at = 12 if stamp else None
        return {
            PHASE: Item(PHASE, Kind.PHASE, {Field.TITLE: "Phase 1: A"}),
            TASK: Item(TASK, Kind.TASK, fields, at, stamp or Stamp(), "N1" if stamp else ""),
            STEP: Item(STEP, Kind.STEP, step),
        }

    base = Base(side("open", None), side("ticked", "todo", Stamp(3)), side("ticked", "todo"))
    return Saved("abcd1234", "docs/plan.md", TARGET, base)


def test_what_is_written_is_read_back() -> None:
    first = dump(_saved())
    again = load(first.decode(), "state")

    assert again.base.remote[TASK].at == 12
    assert again.base.remote[TASK].stamp.rev == 3
    assert again.base.local[STEP].fields[Field.TICK] == "open"
    assert again.base.agreed[STEP].fields[Field.TICK] == "ticked"
    assert Field.STATE not in again.base.local[TASK].fields
    assert again.target == TARGET
    assert dump(again) == first


def test_an_item_takes_two_lines_and_equal_values_are_written_once() -> None:
    lines = dump(_saved()).decode().split("\n")

    assert json.loads(lines[1]) == PHASE
    assert json.loads(lines[3]) == TASK
    record = json.loads(lines[4])
    assert record["title"] == ["Täsk \u2028 one"]
    assert record["state"] == [None, "todo", "todo"]
    assert record["step"]["4"]["tick"] == ["open", "ticked", "ticked"]
    assert lines[-1] == ""


@pytest.mark.parametrize(
    "damage", ['{"kind":"task"', "null", '{"kind":"task","crc":"00000000"}', "[1,2]", ""]
)
def test_a_bad_line_makes_one_item_unknown_not_the_file(damage: str) -> None:
    lines = dump(_saved()).decode().split("\n")
    lines[4] = damage
    saved = load("\n".join(lines), "state")

    assert TASK not in saved.base.agreed
    assert PHASE in saved.base.agreed


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("", "no state file"),
        ("not json", "no state file"),
        ('{"plansync":2,"plan":"abcd1234"}', "later"),
        ('{"plansync":1,"plan":"abcd1234"}\n<<<<<<< ours\n', "conflict markers"),
    ],
)
def test_a_file_that_cannot_be_trusted_is_refused_with_a_way_on(text: str, word: str) -> None:
    with pytest.raises(StoreError, match=word):
        load(text, "the state file")
