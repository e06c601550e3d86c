"""A state file's first line, and records, as anybody may have written them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from plansync.errors import StoreError, Unreadable
from plansync.store import header, state
from plansync.store.header import Header, Target

TARGET = {"kind": "github", "api": "https://api.github.com", "project": "owner/name"}
GOOD = {"plansync": 1, "plan": "abcd1234", "path": "docs/plan.md", "target": TARGET, "config": "00ff00ff"}


def line(**changes: Any) -> str:
    return json.dumps(GOOD | changes)


def test_what_is_written_is_read_back() -> None:
    target = Target("github", "https://api.github.com", "owner/name")
    first = Header("abcd1234", "docs/plan.md", target, "00ff00ff", "phase-task")

    assert header.read(header.line(first), "it") == first
    assert header.read(f"\ufeff{header.line(first)}", "it") == first
    assert header.read(header.line(Header("abcd1234")), "it") == Header("abcd1234")


@pytest.mark.parametrize(
    "bad",
    [
        "",
        "[]",
        "[" * 200_000,
        '{"plansync":' + "9" * 5000 + "}",
        line(plansync=True),
        line(plansync="1"),
        line(plansync=1.0),
        line(plansync=0),
        line(plan=None),
        line(plan=["abcd1234"]),
        line(plan="../../etc"),
        line(target="github"),
        line(target={}),
        line(target=TARGET | {"api": "file:///etc/passwd"}),
        line(target=TARGET | {"api": "https://a b"}),
        line(target=TARGET | {"project": "owner"}),
        line(target=TARGET | {"project": 7}),
        line(target=TARGET | {"kind": "../evil"}),
        line(more="x" * header.LINE_MAX),
    ],
)
def test_what_is_no_header_is_unreadable_and_says_how_to_go_on(bad: str) -> None:
    with pytest.raises(Unreadable, match=r"`plansync state rebuild 'my plan.md'`"):
        header.read(bad, "it", "my plan.md")


def test_a_later_format_is_not_taken_for_a_damaged_one() -> None:
    with pytest.raises(StoreError, match=r"later plansync \(format 2\); install that one, or") as caught:
        header.read(line(plansync=2), "it")

    assert not isinstance(caught.value, Unreadable)


@pytest.mark.parametrize(
    "path",
    ["/etc/passwd", "../out.md", "a/../../b", "a\x00b", "a\nb", "a\\b", "", 7, None, ["a"], "x" * 2000],
)
def test_a_path_that_leads_elsewhere_is_none(path: object) -> None:
    assert header.read(line(path=path), "it").path == ""


@pytest.mark.parametrize(("key", "value"), [("config", "xyz"), ("config", 7), ("form", "../x"), ("form", {})])
def test_small_things_that_are_wrong_are_as_if_they_were_not_there(key: str, value: object) -> None:
    found = header.read(line(**{key: value}), "it")

    assert (found.config, found.form) == (
        "00000000" if key == "config" else "00ff00ff",
        "",
    )


RECORD: dict[str, Any] = {
    "kind": "task",
    "ref": 12,
    "node": "N",
    "rev": 3,
    "op": "abcdef01",
    "title": ["Dig"],
    "state": ["todo", "done", "done"],
    "steps": [[1]],
    "step": {"1": {"text": ["deep"], "tick": ["open"]}},
}


@pytest.mark.parametrize(
    "change",
    [
        {"kind": "step"},
        {"kind": ["task"]},
        {"ref": -1},
        {"ref": 2**53},
        {"ref": True},
        {"ref": 1.5},
        {"rev": "3"},
        {"rev": float("nan")},
        {"node": 7},
        {"op": None},
        {"title": "Dig"},
        {"title": ["a", "b"]},
        {"title": [["a"]]},
        {"title": ["\ud800"]},
        {"state": ["finished"]},
        {"state": [["todo"]]},
        {"steps": [[-1]]},
        {"steps": [[2**60]]},
        {"steps": [["1"]]},
        {"implied": ["1"]},
        {"told": [["not hex!"]]},
        {"depends": [[7]]},
        {"step": []},
        {"step": {"0": {}}},
        {"step": {"٣": {}}},
        {"step": {"9" * 5000: {}}},
        {"step": {"1": []}},
        {"step": {"1": {"tick": ["maybe"]}}},
    ],
)
def test_a_record_that_we_could_not_have_written_is_not_believed(change: dict[str, Any]) -> None:
    assert state.is_sound("k3f9a2c", state.sealed("k3f9a2c", RECORD))
    try:
        record = state.sealed("k3f9a2c", RECORD | change)
    except UnicodeEncodeError:
        record = RECORD | change | {"crc": "00000000"}

    assert not state.is_sound("k3f9a2c", record)


@pytest.mark.parametrize("uid", ["", "k3f9a2", "K3F9A2C", "../../a", "k3f9a2c/1", "k3f9a2c\n"])
def test_a_uid_that_is_none_is_not_believed(uid: str) -> None:
    assert not state.is_sound(uid, state.sealed(uid, RECORD))


def content(*items: str) -> str:
    return "\n".join([line(), *items, ""])


def test_lines_out_of_step_make_only_their_own_items_unknown() -> None:
    good = [json.dumps("k3f9a2c"), json.dumps(state.sealed("k3f9a2c", RECORD))]

    for bad, names in (
        (['"dddddd2"'], ("dddddd2",)),
        (['"no uid"', json.dumps(RECORD)], ("line 2",)),
        ([json.dumps(RECORD)], ("line 2",)),
        (["garbage"], ("line 2",)),
        (['"dddddd2"', ""], ("dddddd2",)),
        (["[" * 100_000], ("line 2",)),
    ):
        found = state.take_apart(content(*bad, *good), "it")
        assert list(found.records) == ["k3f9a2c"], bad
        assert found.unknown == names
    assert state.take_apart(content(*good, '"dddddd2"'), "it").unknown == ("dddddd2",)


def test_of_an_item_that_stands_there_twice_the_one_that_saw_more_counts() -> None:
    newer = state.sealed("k3f9a2c", RECORD | {"rev": 4})
    lines = [json.dumps(x) for r in (newer, state.sealed("k3f9a2c", RECORD)) for x in ("k3f9a2c", r)]

    assert state.take_apart(content(*lines), "it").records["k3f9a2c"]["rev"] == 4


def test_a_file_of_a_hundred_thousand_bad_lines_is_read_in_no_time() -> None:
    found = state.take_apart(content(*["garbage"] * 100_000), "it")

    assert len(found.unknown) == 100_000
