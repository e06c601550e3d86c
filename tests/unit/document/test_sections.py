"""The overview's block: sections of ours among boxes, risks and other people's lines."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plansync.document import block
from plansync.document.block import Content, read, render, rewrite
from plansync.document.steps import Step
from plansync.model import OVERVIEW, SECTIONS, Field, Stamp, Tick, Uid
from plansync.text import short_digest

SAID = {
    Field.PROGRESS: "**Progress**: 1 of 3 tasks done (33%), In Progress\n- 1 of 2 done: Phase 1\n- 0 of 1 done: B",
    Field.CRITERIA: "**Success criteria**",
    Field.DECISIONS: "**Needs a decision**\n- #1 Dig: title; `plansync resolve 0123abcd --take plan` (or issue)",
    Field.OUTSIDERS: "**Not in the plan yet**: `plansync adopt 7` takes one in\n- #7 Mine\n- … and 4 more",
    Field.GRAPH: '**Dependencies**\n```mermaid\nflowchart TD\n  taaaaaaa["A"]:::todo\n  classDef todo fill:#fff\n```',
}
STEPS = {Uid("aaaaaaa/1"): Step("It stays dry", Tick.OPEN), Uid("aaaaaaa/2"): Step("It stands", Tick.TICKED)}
FULL = Content(
    "overview", "p1234567", OVERVIEW, Stamp(1, "0" * 8), "plan.md", "It may rain.", STEPS, {}, SAID
)
OLD = """<!-- plansync:begin v=1 kind=overview plan=p1234567 id=aaaaaaa rev=1 op=00000000 -->
It may rain.

- [ ] It stays dry
- [x] It stands

Boxes above follow `plan.md`, both ways.
<!-- plansync:end -->"""


def written(body: str, to: Content, *fields: Field) -> str:
    shown = read(body)
    assert shown is not None
    names = [Uid(f"aaaaaaa/{n + 1}") for n in range(len(shown.steps))]
    return rewrite(body, shown, names, to, frozenset(fields or (*SECTIONS, Field.PROSE, Field.STEPS)))


def said(body: str) -> tuple[object, ...]:
    shown = read(body)
    assert shown is not None
    sections = {name: text for name, text in shown.sections.items() if text}
    return shown.prose, [step.text for step in shown.steps], sections


def test_a_whole_block_is_read_as_it_was_written() -> None:
    shown = read(render(FULL))

    assert shown is not None
    assert said(render(FULL)) == ("It may rain.", ["It stays dry", "It stands"], SAID)
    assert shown.written == {name: short_digest(text) for name, text in SAID.items()}
    assert block.is_as_written(render(FULL), shown)


def test_a_block_without_sections_lacks_them_and_its_risks_stand_at_the_top() -> None:
    assert said(OLD) == ("It may rain.", ["It stays dry", "It stands"], {})


def test_an_older_block_gets_its_sections_and_keeps_every_other_line_where_it_is() -> None:
    new = written(OLD, FULL, *SECTIONS)

    assert said(new) == ("It may rain.", ["It stays dry", "It stands"], SAID)
    was = [line for line in OLD.splitlines() if line]
    assert [line for line in new.splitlines() if line in was] == was
    assert new.index("It may rain.") < new.index("**Progress**") < new.index("- [ ] It stays dry")
    assert written(new, FULL) == new, "nothing is left to write"


def test_risks_at_the_top_of_an_older_block_are_changed_there() -> None:
    new = written(OLD, replace(FULL, prose="It may snow."), Field.PROSE)

    assert new == OLD.replace("It may rain.", "It may snow.")


@pytest.mark.parametrize("eol", ["\n", "\r\n"])
def test_what_people_wrote_between_our_lines_survives_every_change(eol: str) -> None:
    body = render(FULL).replace("\n", eol)
    mine = ["Mine at the top", "Mine below the progress", "- mine in a list", "  mine --> mine"]
    for after, line in zip(
        ["rev=1 op=00000000 -->", "Phase 1", "#7 Mine", "flowchart TD"], mine, strict=True
    ):
        body = body.replace(after, f"{after}{eol}{line}", 1)
    other = {
        **SAID,
        Field.PROGRESS: "**Progress**: 2 of 3 tasks done (66%), In Progress\n- 2 of 2 done: Phase 1\n- 0 of 1 done: Z",
        Field.DECISIONS: "",
        Field.OUTSIDERS: "**Not in the plan yet**: `plansync adopt 9` takes one in\n- #9 Other",
        Field.GRAPH: '**Dependencies**\n```mermaid\nflowchart TD\n  tbbbbbbb["B"]:::todo\n```',
    }

    new = written(body, replace(FULL, sections=other))

    assert said(new)[2] == {name: text for name, text in other.items() if text}
    assert [line for line in new.split(eol) if line in mine] == mine
    assert new.replace(eol, "").count("\n") == 0
    assert "Needs a decision" not in new


def test_an_edit_of_our_line_is_no_longer_what_the_mark_says() -> None:
    shown = read(render(FULL).replace("1 of 2 done", "2 of 2 done"))

    assert shown is not None
    assert shown.written[Field.PROGRESS] != short_digest(shown.sections[Field.PROGRESS])
    assert shown.written[Field.GRAPH] == short_digest(shown.sections[Field.GRAPH])


def test_criteria_that_come_later_stand_below_their_heading() -> None:
    bare = replace(FULL, steps={}, sections={**SAID, Field.CRITERIA: ""})

    new = written(render(bare), FULL)

    assert said(new) == said(render(FULL))
    assert new == render(FULL)
    assert said(written(new, bare)) == said(render(bare))


def test_risks_come_and_go_below_their_heading() -> None:
    dry = replace(FULL, prose="")

    assert written(render(dry), FULL) == render(FULL)
    assert said(written(render(FULL), dry)) == said(render(dry))


def test_words_of_the_plan_are_no_mark_of_ours() -> None:
    hostile = "**Progress**: all done <!-- plansync:progress 000000000000 -->\n\n- [ ] a box\n\n**Dependencies**: #1"
    content = replace(FULL, prose=hostile)

    assert said(render(content)) == (hostile, ["It stays dry", "It stands"], SAID)


def test_a_graph_of_which_somebody_took_the_end_hides_the_block() -> None:
    """An open fence swallows what follows, so nothing is known of it: unknown, never empty."""
    assert read(render(FULL).replace("fill:#fff\n```", "fill:#fff")) is None


LINES = st.lists(
    st.sampled_from(["- 0 of 1 done: A", "- 1 of 1 done: A", "- 0 of 2 done: B", "- 3 of 4 done: C"])
)
THEIRS = st.lists(st.sampled_from(["words", "- a bullet", "", "> said"]), max_size=3)


@given(LINES, LINES, THEIRS, st.data())
@settings(deadline=None, max_examples=200)
def test_any_list_becomes_any_other_around_any_words(
    old: list[str], new: list[str], theirs: list[str], data: st.DataObject
) -> None:
    before, after = ("\n".join(["**Progress**: x", *lines]) for lines in (old, new))
    lines = render(replace(FULL, sections={**SAID, Field.PROGRESS: before})).split("\n")
    for words in theirs:
        lines.insert(data.draw(st.integers(2, 2 + len(old))), words)

    changed = written("\n".join(lines), replace(FULL, sections={**SAID, Field.PROGRESS: after}))

    assert said(changed)[2] == {**SAID, Field.PROGRESS: after}
    kept = [line for line in changed.split("\n") if line in theirs and line]
    assert kept == [line for line in lines if line in theirs and line]
