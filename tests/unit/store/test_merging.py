"""Two state files that come from a third: what each side changed is kept, what both changed is never guessed."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plansync.errors import Conflicted, StoreError
from plansync.model import Base, Uid
from plansync.store import merging, state
from plansync.store.header import Header, Target
from plansync.store.state import Record

ONE, TWO = "k3f9a2c", "m4g8b3d"
HEADER = Header("abcd1234", "plan.md", Target("github", "https://api.github.com", "a/b"), "00ff00ff", "kiro")


def record(**changes: Any) -> Record:
    values: Record = {
        "kind": "task",
        "ref": 12,
        "node": "N12",
        "rev": 3,
        "op": "aaaaaaaa",
        "title": ["Dig"],
        "state": ["todo"],
        "steps": [[1, 2]],
        "prose": [""],
        "step": {n: {"text": [f"step {n}"], "tick": ["open"]} for n in "12"},
    }
    return values | changes


def ticked(number: str, **changes: Any) -> Record:
    found = record(**changes)
    return found | {"step": found["step"] | {number: {"text": [f"step {number}"], "tick": ["ticked"]}}}


def file(header: Header = HEADER, /, **items: Record) -> str:
    names = {"one": ONE, "two": TWO}
    records = {names[n]: state.sealed(names[n], r) for n, r in items.items()}
    return state.put_together(header, records).decode()


def merged(then: str, ours: str, theirs: str) -> tuple[dict[str, Record], tuple[str, ...]]:
    """Merge both ways round; it must make no difference."""
    found, other = merging.merge(then, ours, theirs), merging.merge(then, theirs, ours)
    assert found == other
    return state.take_apart(found.content.decode(), "it").records, found.unknown


TITLES, TICKS = st.sampled_from(["Dig", "Dug", "Digging"]), st.sampled_from(["open", "ticked", "dropped"])


@st.composite
def records(draw: st.DrawFn) -> Record:
    """Draw one item as some copy may remember it."""
    numbers = draw(st.lists(st.integers(1, 4), unique=True))
    steps = {
        str(n): {"text": [draw(TITLES)], "tick": draw(st.lists(TICKS, min_size=3, max_size=3))}
        for n in numbers
    }
    rev = draw(st.integers(0, 3))
    found = record(title=[draw(TITLES)], rev=rev, op=f"{rev:08x}", steps=[numbers], step=steps)
    base = Base({}, {}, {})
    assert state.restore(base, ONE, state.sealed(ONE, found))
    return state.record(base, Uid(ONE))


@given(records(), records(), records())
def test_a_side_that_did_nothing_yields_and_any_merge_can_be_read(a: Record, b: Record, c: Record) -> None:
    then, ours, theirs = (file(one=r) for r in (a, b, c))

    for pair in ((then, ours), (ours, then), (ours, ours)):
        assert merging.merge(then, *pair) == (ours.encode(), ())
    found, _ = merged(then, ours, theirs)
    assert state.load(merging.merge(then, ours, theirs).content.decode(), "it").unknown == ()
    assert all(found[ONE][key] in (b.get(key), c.get(key)) for key in ("title", "steps") if key in found[ONE])
    assert found[ONE]["rev"] <= max(b["rev"], c["rev"])


def test_what_one_side_changed_is_taken() -> None:
    then = file(one=record(), two=record(ref=13))
    ours = file(one=ticked("1", rev=4, op="bbbbbbbb"), two=record(ref=13))
    theirs = file(one=record(), two=record(ref=13, title=["Dug"]))

    found, unknown = merged(then, ours, theirs)

    assert found[ONE]["step"]["1"]["tick"] == ["ticked"]
    assert (found[ONE]["rev"], found[ONE]["op"]) == (4, "bbbbbbbb")
    assert found[TWO]["title"] == ["Dug"]
    assert unknown == ()


def test_fields_and_steps_that_each_side_changed_alone_are_taken_from_each() -> None:
    ours = file(one=ticked("1", rev=4, op="bbbbbbbb"))
    theirs = file(one=ticked("2", title=["Dug"]))

    found, unknown = merged(file(one=record()), ours, theirs)

    assert [found[ONE]["step"][n]["tick"] for n in "12"] == [["ticked"], ["ticked"]]
    assert (found[ONE]["title"], found[ONE]["rev"]) == (["Dug"], 4)
    assert unknown == ()


def test_what_both_changed_is_as_the_record_with_the_higher_rev_has_it() -> None:
    ours = file(one=record(title=["Dug"], rev=5, op="cccccccc"))
    theirs = file(one=record(title=["Digging"], rev=4, op="bbbbbbbb"))

    found, unknown = merged(file(one=record()), ours, theirs)

    assert (found[ONE]["title"], found[ONE]["rev"], found[ONE]["op"]) == (["Dug"], 5, "cccccccc")
    assert unknown == ()


def test_what_both_changed_with_the_same_rev_is_unknown_and_all_else_is_not() -> None:
    ours, theirs = file(one=record(title=["Dug"])), file(one=ticked("1", title=["Digging"]))

    found, unknown = merged(file(one=record()), ours, theirs)

    assert "title" not in found[ONE]
    assert found[ONE]["step"]["1"]["tick"] == ["ticked"]
    assert (found[ONE]["ref"], found[ONE]["state"]) == (12, ["todo"])
    assert unknown == (ONE,)


def test_two_writes_that_raced_are_news_to_the_merged_copy() -> None:
    ours, theirs = file(one=ticked("1", rev=4, op="b" * 8)), file(one=ticked("2", rev=4, op="c" * 8))

    found, _ = merged(file(one=record()), ours, theirs)

    assert (found[ONE]["rev"], found[ONE]["op"]) == (3, "")


def test_steps_to_which_both_sides_gave_one_number_are_never_mixed() -> None:
    def with_third(text: str, **changes: Any) -> Record:
        third = {"3": {"text": [text], "tick": ["open"]}}
        return record(steps=[[1, 2, 3]], step=record()["step"] | third, **changes)

    then = file(one=record())
    newer = merged(then, file(one=with_third("ours", rev=4, op="b" * 8)), file(one=with_third("theirs")))
    equal = merged(then, file(one=with_third("ours")), file(one=with_third("theirs")))
    same = merged(then, file(one=with_third("ours", title=["A"])), file(one=with_third("ours")))

    assert newer[0][ONE]["step"]["3"]["text"] == ["ours"]
    assert "steps" not in equal[0][ONE]
    assert equal[1] == (ONE,)
    assert same[0][ONE]["step"]["3"]["text"] == ["ours"]


def test_steps_that_both_sides_added_or_removed_differently_are_those_of_the_newer_record() -> None:
    ours = file(one=record(steps=[[1]], step={"1": record()["step"]["1"]}, rev=4, op="b" * 8))
    theirs = file(one=record(steps=[[2]], step={"2": record()["step"]["2"]}))

    found, _ = merged(file(one=record()), ours, theirs)

    assert (found[ONE]["steps"], list(found[ONE]["step"])) == ([[1]], ["1"])


def test_items_are_added_and_removed() -> None:
    then = file(one=record())

    assert list(merged(then, file(one=record()), file(one=record(), two=record()))[0]) == [ONE, TWO]
    assert merged(then, file(), file(one=record()))[0] == {}
    assert list(merged(then, file(), file(one=record(title=["Dug"])))[0]) == [ONE], "changed beats removed"


def test_of_two_issues_made_in_a_race_the_lower_number_stays() -> None:
    new = {"one": record(ref=None, node="", rev=0, op="")}
    ours = {"one": record(ref=31, node="N31", rev=1, op="b" * 8)}
    theirs = {"one": record(ref=30, node="N30", rev=1, op="c" * 8)}

    found, _ = merged(file(**new), file(**ours), file(**theirs))

    assert (found[ONE]["ref"], found[ONE]["node"]) == (30, "N30")
    nowhere = [file(one=record(ref=None, node=n)) for n in ("N1", "N2")]
    assert merged(file(one=record()), *nowhere)[0][ONE]["ref"] is None


@pytest.mark.parametrize("ancestor", ["", "\n", "garbage", file(replace(HEADER, lineage="zzzzzzzz"))])
def test_without_an_ancestor_equal_values_stay_and_newer_ones_win(ancestor: str) -> None:
    ours = file(one=record(title=["Dug"], rev=4, op="b" * 8), two=record(title=["A"]))
    theirs = file(one=record(), two=record(title=["B"]))

    found, unknown = merged(ancestor, ours, theirs)

    assert found[ONE]["title"] == ["Dug"]
    assert "title" not in found[TWO]
    assert found[TWO]["state"] == ["todo"]
    assert unknown == (TWO,)


def test_headers_that_differ_in_form_only_are_one() -> None:
    ours = file(one=record())
    theirs = ours.replace('","path"', '", "path"').replace('"form":"kiro"', '"form":"phase-task"')

    found = merging.merge(ours, ours, theirs).content.decode()

    assert state.take_apart(found, "it").header == replace(HEADER, form="phase-task")


def test_settings_that_both_sides_changed_are_those_of_nobody() -> None:
    sides = [file(replace(HEADER, config=c), one=record()) for c in ("11111111", "22222222")]

    found = merging.merge(file(one=record()), *sides).content.decode()

    assert state.take_apart(found, "it").header.config == "00000000"


@pytest.mark.parametrize("change", [{"lineage": "zzzzzzzz"}, {"target": None}])
def test_two_plans_and_two_targets_are_not_merged(change: dict[str, Any]) -> None:
    with pytest.raises(merging.Unmergeable, match="git checkout --ours"):
        merging.merge("", file(one=record()), file(replace(HEADER, **change), one=record()))


def test_a_side_that_cannot_be_read_is_not_merged() -> None:
    for bad in ("", "garbage"):
        with pytest.raises(StoreError):
            merging.merge("", file(), bad)


def test_an_item_that_one_side_cannot_read_is_the_others() -> None:
    then = file(one=record())
    torn = then.replace('"crc":"', '"crc":"0')

    found = merging.merge(then, torn, then)

    assert list(state.take_apart(found.content.decode(), "it").records) == [ONE]


def test_line_ends_are_those_of_our_side() -> None:
    ours, theirs = file(one=record()), file(one=record(title=["Dug"]))

    found = merging.merge(ours, ours.replace("\n", "\r\n"), theirs).content

    assert found == theirs.replace("\n", "\r\n").encode()


@pytest.mark.parametrize("style", ["merge", "diff3"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_file_with_gits_markers_is_taken_apart(style: str, end: str) -> None:
    then, ours, theirs = (file(one=record(title=[t]), two=record(ref=13)) for t in ("Dig", "Dug", "Digging"))
    rows = zip(then.splitlines(), ours.splitlines(), theirs.splitlines(), strict=True)
    lines: list[str] = []
    for a, b, c in rows:
        old = ["||||||| base", a] if style == "diff3" else []
        lines += [b] if b == c else ["<<<<<<< HEAD", b, *old, "=======", c, ">>>>>>> other"]
    text = end.join([*lines, ""])

    with pytest.raises(Conflicted, match=r"`plansync state merge plan\.md`"):
        state.load(text, "it", "plan.md")
    found = merging.sides(text)

    assert [side.replace("\r\n", "\n") for side in found[1:]] == [ours, theirs]
    assert (found[0].replace("\r\n", "\n") == then) is (style == "diff3")
