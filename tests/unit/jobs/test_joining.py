"""Two that wrote to one plan: what people wrote stands, ids go along, and nothing that was lost counts as agreed."""

from __future__ import annotations

import re
from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plansync.jobs.joining import Version, join
from plansync.store import state
from plansync.store.header import Header

PLAN = """\
# Plan

## Phase 1: First

### Task 1.1: Set up

- [ ] one
- [ ] two

**Estimated Time**: 1 hour

### Task 1.2: More

- [ ] three
"""
MARKS = {"## Phase 1: First": "ppppppp", "### Task 1.1: Set up": "aaaaaaa", "### Task 1.2: More": "bbbbbbb"}
FOOTER = "\n<!-- plansync plan=12345678 -->\n"


def pushed(plan: str, marks: Mapping[str, str] = MARKS, *, links: bool = True) -> str:
    """What a first push writes into a plan."""
    for number, (heading, uid) in enumerate(marks.items()):
        link = f"\n\n**Issue**: [#{number}](https://host/o/r/issues/{number})" if links and number else ""
        plan = plan.replace(f"{heading}\n", f"{heading} <!-- plansync:{uid} -->{link}\n")
    return plan + FOOTER


def joined(job: str, people: str, ancestor: str = PLAN) -> str:
    then, ours, theirs = (Version(text.encode(), None) for text in (ancestor, job, people))
    result = join(then, ours, theirs)
    assert result.plan is not None
    return result.plan.decode()


JOB = pushed(PLAN)


def test_where_only_one_wrote_that_is_the_plan() -> None:
    edited = PLAN.replace("two", "2")

    assert joined(JOB, PLAN) == JOB
    assert joined(PLAN, edited) == edited
    assert joined(JOB, JOB) == JOB


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("### Task 1.1: Set up\n", "### Task 1.1: Quite another name\n"),
        ("### Task 1.1: Set up\n\n- [ ] one\n", "### Task 1.1: Another\n\n- [x] one more\n"),
        ("## Phase 1: First\n", "Words.\n\n## Phase 1: Begin\n"),
        ("- [ ] three\n", "- [ ] three\n- [ ] four\n"),
        ("- [ ] two\n", "- [x] two\n- [ ] and a half\n"),
        ("# Plan\n", "# Another plan\n\nWith words.\n"),
    ],
)
def test_ids_and_links_go_along_with_what_people_wrote(old: str, new: str) -> None:
    people = PLAN.replace(old, new)

    text = joined(JOB, people)

    assert (
        re.sub(r" <!-- plansync:.*? -->", "", text.removesuffix(FOOTER))
        .replace("\n\n**Issue**: [#1](https://host/o/r/issues/1)", "")
        .replace("\n\n**Issue**: [#2](https://host/o/r/issues/2)", "")
        == people
    )
    assert [text.count(uid) for uid in MARKS.values()] == [1, 1, 1]
    assert text.endswith(FOOTER)


NEW = """\
### Task 1.3: Between <!-- plansync:ccccccc -->

**Issue**: [#5](https://host/o/r/issues/5)

- [ ] four

### Task 1.4: And more

- [ ] five

"""


def test_what_people_merged_already_is_there_once_and_its_ids_reach_no_other_line() -> None:
    """What the job wrote is in the branch as another commit, and tasks were added above a line with an id."""
    ids = {**MARKS, "## Phase 2: Walls": "ddddddd", "### Task 2.1: Paint": "eeeeeee"}
    later = "\n## Phase 2: Walls\n\n### Task 2.1: Paint\n\n- [ ] six\n"
    plan = (PLAN + later).replace("- [ ] one", "Some lead text.\n\n- [ ] one")
    job = pushed(plan, ids)
    people = job.replace("## Phase 2", f"{NEW}## Phase 2").replace("- [ ] one\n", "- [ ] one\n- [ ] half\n")

    assert joined(job, people, plan) == people


def test_a_task_has_one_link_where_two_made_its_issue_at_one_moment() -> None:
    people = JOB.replace("[#1](https://host/o/r/issues/1)", "[#3](https://host/o/r/issues/3)")
    assert people != JOB

    assert joined(JOB, people) == people


@pytest.mark.parametrize("job_ticks", [True, False])
def test_a_link_that_both_have_is_there_once_where_the_line_below_it_changed(job_ticks: bool) -> None:
    ticked = JOB.replace("- [ ] one", "- [x] one").replace("- [ ] three", "- [x] three")

    joint = joined(*((ticked, JOB) if job_ticks else (JOB, ticked)))

    assert all(joint.count(f"[#{number}]") == 1 for number in (1, 2))


@pytest.mark.parametrize("is_known_to_people", [True, False])
def test_a_task_that_both_have_from_elsewhere_is_there_once_with_its_id(is_known_to_people: bool) -> None:
    known = PLAN.replace("### Task 1.2", f"{NEW}### Task 1.2")
    unknown = known.replace(" <!-- plansync:ccccccc -->", "")

    joint = joined(*((unknown, known) if is_known_to_people else (known, unknown)))

    assert joint == known


def test_a_task_that_people_took_out_stays_out_with_its_id() -> None:
    people = PLAN[: PLAN.index("### Task 1.2")].rstrip() + "\n"

    text = joined(JOB, people)

    assert "bbbbbbb" not in text
    assert "issues/2" not in text
    assert "aaaaaaa" in text


def test_a_tick_and_new_words_in_one_line_both_come_through() -> None:
    text = joined(PLAN.replace("- [ ] one", "- [x] one"), PLAN.replace("one", "one of many"))

    assert "- [x] one of many\n" in text


def test_line_ends_and_the_end_of_the_file_stay() -> None:
    crlf = PLAN.replace("\n", "\r\n")
    job = JOB.replace("\n", "\r\n")
    people = crlf.replace("Set up", "Another").removesuffix("\r\n")

    text = joined(job, people, crlf)

    assert "\n" not in text.replace("\r\n", "")
    assert "### Task 1.1: Another <!-- plansync:aaaaaaa -->\r\n" in text
    assert joined(PLAN, people.replace("\r\n", "\n"), PLAN) == people.replace("\r\n", "\n")


def test_closing_hashes_stay_behind_the_id() -> None:
    plan = "# P\n\n## Set up ##\n\n- [ ] a\n"
    job = "# P\n\n## Set up <!-- plansync:aaaaaaa --> ##\n\n- [ ] a\n"

    text = joined(job, plan.replace("Set up", "Begin"), plan)

    assert text == job.replace("Set up", "Begin")


@pytest.mark.parametrize("eol", ["\n", "\r\n"])
def test_two_steps_at_the_end_of_the_plan_are_two_lines(eol: str) -> None:
    """The plan's own id stands behind them, with the last line's end."""
    plan, job, people = (
        JOB.replace("- [ ] three\n", lines).replace("\n", eol)
        for lines in (
            "- [ ] three\n",
            "- [x] three\n- [ ] from the issue\n",
            "- [ ] three\n- [ ] a person's\n",
        )
    )

    lines = joined(job, people, plan).split(eol)

    assert lines[-6:] == [
        "- [x] three",
        "- [ ] from the issue",
        "- [ ] a person's",
        "",
        *FOOTER.split("\n")[1:],
    ]


def test_where_the_last_step_is_taken_out_what_stays_are_lines() -> None:
    job, people = JOB.replace("- [ ] three\n", ""), JOB.replace("- [ ] three\n", "- [ ] three\n- [ ] four\n")

    assert "issues/2)\n" in joined(job, people, JOB)
    assert "\n- [ ] four\n" in joined(job, people, JOB)


_LINES = st.lists(
    st.sampled_from(["# P", "", "### A", "### B", "- [ ] a", "- [ ] b", "words", "more words"]), max_size=9
)


@given(_LINES, _LINES)
def test_words_of_people_are_never_lost_to_a_job_that_only_adds_ids(old: list[str], new: list[str]) -> None:
    """Whatever people make of the plan: without the ids the result is theirs, and no id stands twice."""
    ancestor, people = ("".join(f"{line}\n" for line in lines) for lines in (old, new))
    uids = iter("abcdefghj")
    job = "".join(
        f"{line} <!-- plansync:{next(uids) * 7} -->\n" if line.startswith("###") else f"{line}\n"
        for line in old
    )

    text = joined(job, people, ancestor)

    assert re.sub(r" <!-- plansync:.*? -->", "", text) == people
    found = re.findall(r"plansync:(\w+)", text)
    assert len(found) == len(set(found))


@given(_LINES, _LINES, _LINES)
def test_joining_never_fails_and_one_sides_silence_is_consent(
    old: list[str], one: list[str], other: list[str]
) -> None:
    a, o, t = ("".join(f"{line}\n" for line in lines) for lines in (old, one, other))

    joined(o, t, a)

    assert joined(o, a, a) == o
    assert joined(a, t, a) == t


# ------------------------------------------------------------------ the state file


def record(uid: str, title: list[str], rev: int = 1) -> state.Record:
    values = {"kind": "task", "ref": 7, "node": "", "rev": rev, "op": "abcd1234", "title": title}
    return state.sealed(uid, values)


def memory(**records: state.Record) -> bytes:
    return state.put_together(Header("12345678", "p.md"), records)


def records(content: bytes | None) -> dict[str, state.Record]:
    assert content is not None
    return state.take_apart(content.decode(), "file").records


def test_what_a_job_changed_and_people_wrote_over_is_not_taken_for_agreed() -> None:
    """The tracker's title came into the plan, was remembered as agreed, and lost to a person's."""
    job = JOB.replace("Set up", "The tracker's")
    people = JOB.replace("Set up", "Mine")
    then = memory(aaaaaaa=record("aaaaaaa", ["Set up"]), bbbbbbb=record("bbbbbbb", ["More"]))
    now = memory(aaaaaaa=record("aaaaaaa", ["The tracker's"], 2), bbbbbbb=record("bbbbbbb", ["More"], 2))

    result = join(Version(JOB.encode(), then), Version(job.encode(), now), Version(people.encode(), then))

    assert result.plan is not None
    assert b"Mine" in result.plan
    found = records(result.state)
    assert found["aaaaaaa"]["title"] == ["Set up"]
    assert found["bbbbbbb"]["rev"] == 2, "of what came through all is kept"


def test_a_step_that_a_job_took_out_and_people_reworded_stays_and_is_not_taken_for_agreed() -> None:
    job, people = JOB.replace("- [ ] one\n", ""), JOB.replace("one", "one at last")
    then = memory(aaaaaaa=record("aaaaaaa", ["Set up"]), bbbbbbb=record("bbbbbbb", ["More"]))
    now = memory(aaaaaaa=record("aaaaaaa", ["Set up"], 2), bbbbbbb=record("bbbbbbb", ["More"], 2))

    result = join(Version(JOB.encode(), then), Version(job.encode(), now), Version(people.encode(), then))

    assert result.plan == people.encode()
    found = records(result.state)
    assert (found["aaaaaaa"]["rev"], found["bbbbbbb"]["rev"]) == (1, 2)


def test_of_an_item_that_nobody_else_knows_only_its_issue_is_kept() -> None:
    job = pushed(PLAN.replace("Set up", "The tracker's")).replace(
        "### Task 1.1: The tracker's\n", "### Task 1.1: The tracker's <!-- plansync:aaaaaaa -->\n"
    )
    people = PLAN.replace("Set up", "Mine")
    now = memory(aaaaaaa=record("aaaaaaa", ["The tracker's"]))

    result = join(Version(PLAN.encode(), None), Version(job.encode(), now), Version(people.encode(), None))

    assert result.plan is not None
    assert b"### Task 1.1: Mine <!-- plansync:aaaaaaa -->" in result.plan
    found = records(result.state)["aaaaaaa"]
    assert found["ref"] == 7
    assert "title" not in found


def test_a_state_file_that_people_took_away_stays_away() -> None:
    then = memory(aaaaaaa=record("aaaaaaa", ["Set up"]))
    now = memory(aaaaaaa=record("aaaaaaa", ["Set up"], 2))

    result = join(Version(PLAN.encode(), then), Version(PLAN.encode(), now), Version(PLAN.encode(), None))

    assert result.state is None


def test_a_plan_that_is_another_one_by_now_is_left_to_people() -> None:
    other = state.put_together(Header("87654321", "p.md"), {})
    people = Version(PLAN.replace("two", "2").encode(), other)

    result = join(Version(PLAN.encode(), None), Version(JOB.encode(), memory()), people)

    assert result == people


@pytest.mark.parametrize("broken", [b"garbage\n", b"\xff\xfe"])
def test_a_state_file_that_cannot_be_read_yields_to_the_other(broken: bytes) -> None:
    plan, good = PLAN.encode(), memory(aaaaaaa=record("aaaaaaa", ["Set up"]))

    assert join(Version(plan, None), Version(plan, broken), Version(plan, good)).state == good
    assert join(Version(plan, None), Version(plan, good), Version(plan, broken)).state == good
