"""What a run tells in one line: links beside a new issue, links of one task together, ids by their number."""

from __future__ import annotations

import pytest

from plansync.cli.in_markdown import markdown
from plansync.cli.lines import ids_in_words, in_lines
from plansync.cli.output import Writer
from plansync.cli.wording import summary
from plansync.model import Change, Conflict, Field, Item, Kind, Operation, Side, Uid, conflict_id
from plansync.sync.events import Done, Report, Status

A, B, C = Uid("aaaaaaa"), Uid("bbbbbbb"), Uid("ccccccc")
TITLES = {A: "Dig", B: "Sow: twice", C: "Reap"}


def _report(*done: Done, command: str = "push") -> Report:
    local = {uid: Item(uid, Kind.TASK, {Field.TITLE: title}) for uid, title in TITLES.items()}
    labels = {str(uid): f"Task {number}" for number, uid in enumerate(TITLES, 1)}
    return Report(command, "run", "PLAN.md", list(done), local=local, labels=labels)


def _made(uid: Uid, status: Status = Status.APPLIED) -> Done:
    change = Change(uid, Field.TITLE, None, TITLES[uid], "new")
    return Done(Operation(Side.REMOTE, "create-issue", uid, (change,), 1), "", status, ref=7)


def _link(
    uid: Uid,
    old: tuple[Uid, ...],
    new: tuple[Uid, ...],
    status: Status = Status.APPLIED,
    side: Side = Side.REMOTE,
) -> Done:
    kind = "add-dependency" if len(new) > len(old) else "remove-dependency"
    return Done(
        Operation(side, kind, uid, (Change(uid, Field.EDGES, old, new, "plan"),), 2), "", status, ref=7
    )


def _id(kind: str, uid: Uid, new: str | None = "x") -> Done:
    return Done(Operation(Side.LOCAL, kind, uid, (Change(uid, Field.MARKER, None, new, "new"),), 3), "")


def _words(report: Report) -> list[str]:
    return [line.words(report) for line in in_lines(report.done)]


def test_links_of_an_issue_that_is_made_now_stand_beside_it() -> None:
    report = _report(_made(B), _made(C), _link(C, (), (A,)), _link(C, (A,), (A, B)))

    assert _words(report) == ["issue Task 2 Sow: twice", "issue Task 3 Reap, waits for Task 1, Task 2"]


def test_links_of_an_issue_that_was_there_are_one_line() -> None:
    report = _report(_link(C, (B,), (B, A)), _link(C, (B, A), (A,)), _link(B, (A,), ()))

    assert _words(report) == [
        "Task 3 Reap: now waits for Task 1, no longer for Task 2",
        "Task 2 Sow: twice: no longer waits for Task 1",
    ]


def test_a_link_of_which_something_else_became_is_a_line_of_its_own() -> None:
    report = _report(_made(C), _link(C, (), (A,)), _link(C, (A,), (A, B), Status.UNKNOWN))

    assert _words(report) == ["issue Task 3 Reap, waits for Task 1", "Task 3 Reap: now waits for Task 2"]


def test_a_summary_counts_links_as_what_is_made() -> None:
    report = _report(_made(B), _made(C), _link(C, (), (A,)), _link(B, (A,), ()))

    assert summary(report) == "2 issues and 1 link made; 1 link taken out."


def _text(uid: Uid, *changes: Change) -> Done:
    return Done(Operation(Side.REMOTE, "update-issue", uid, changes, 2), "", Status.APPLIED, ref=7)


def _step(at: int, name: Field, old: str | None, new: str) -> Change:
    return Change(Uid(f"{A}/{at}"), name, old, new, "push")


def test_what_an_issue_says_of_its_links_is_one_line_with_them() -> None:
    said = Change(C, Field.DEPENDS, (B, "=the weather"), (A,), "push")
    report = _report(_text(C, said), _link(C, (B,), (B, A)), _link(C, (B, A), (A,)))

    assert _words(report) == ["Task 3 Reap: now waits for Task 1, no longer for Task 2, the weather"]
    assert summary(report) == "1 link made; 1 change made on the tracker; 1 link taken out."


def test_links_in_another_order_are_told_as_dependencies() -> None:
    report = _report(_text(C, Change(C, Field.DEPENDS, (B, A), (A, B), "push")))

    assert _words(report) == ["Task 3 Reap: dependencies"]


def test_one_step_is_told_by_its_words_and_more_of_them_by_their_number(
    capsys: pytest.CaptureFixture[str],
) -> None:
    ticked = [_step(at, Field.TICK, "open", "ticked") for at in (1, 2, 3)]
    worded = _step(4, Field.TEXT, "Dig a hole", "Dig the hole")
    added = (_step(5, Field.TEXT, None, "Rake"), _step(5, Field.TICK, None, "open"))
    due = Change(A, Field.ESTIMATE, "8h", "2d", "push")
    report = _report(_text(A, *ticked[:1]), _text(A, *ticked[1:], worded, *added, due))
    texts = {Uid(f"{A}/1"): "Look up row 1 and weed it"}
    texts |= {Uid(f"{A}/{at}"): f"Look up row {at}" for at in (2, 3)}
    steps = {uid: Item(uid, Kind.STEP, {Field.TEXT: text}) for uid, text in texts.items()}
    report.local = {**report.local, **steps}

    assert _words(report) == [
        "Task 1 Dig: “Look up row 1 and weed it” ticked",
        "Task 1 Dig: 2 steps ticked, “Dig a hole” → “Dig the hole”, “Rake” added, estimate “8h” → “2d”",
    ]

    Writer(has_color=False).report(report, verbose=True, quiet=False)
    lines = capsys.readouterr().out.splitlines()
    assert lines[3:7] == [
        "      “Look up row 2” ticked",
        "      “Look up row 3” ticked",
        "      “Dig a hole” → “Dig the hole”",
        "      “Rake” added",
    ]


def test_the_estimate_of_an_issue_that_is_made_now_stands_beside_it() -> None:
    timed, changed = (
        Done(
            Operation(Side.REMOTE, "set-estimate", uid, (Change(uid, Field.EFFORT, old, 90, "new"),), 2),
            "",
            Status.APPLIED,
        )
        for uid, old in ((C, 0), (B, 60))
    )
    report = _report(_made(C), timed, _link(C, (), (A,)), changed)

    assert _words(report) == [
        "issue Task 3 Reap, 1h 30m, waits for Task 1",
        "estimate of Task 2 Sow: twice: 1h → 1h 30m",
    ]
    assert summary(report) == "1 issue, 1 link and 1 estimate made; 1 change made on the tracker."


def test_requests_are_told_once_there_are_any() -> None:
    report = _report()
    before = summary(report)
    report.requests.total = 2

    assert "request" not in before
    assert summary(report) == f"{before} (2 requests)"


def test_ids_and_links_in_the_plan_are_counted_as_they_are() -> None:
    ids, links = [_id("set-marker", uid) for uid in (A, B)], [_id("set-link", A)]

    assert ids_in_words(ids) == "write 2 ids"
    assert ids_in_words([*ids, *links]) == "write 2 ids and 1 link"
    assert ids_in_words([_id("set-marker", A, None), _id("set-link", A, None)]) == "take out 1 id and 1 link"


def test_markdown_says_the_same_lines() -> None:
    report = _report(_made(C), _link(C, (), (A,)), _id("set-marker", C), _id("set-link", C))

    said = markdown(report)

    assert "- `+` #<!-- -->7 issue Task 3 Reap, waits for Task 1\n" in said
    assert "- `~` write 1 id and 1 link\n" in said
    assert said.count("\n- ") == 2


def test_markdown_names_the_command_that_decides() -> None:
    report = _report()
    report.conflicts.append(Conflict(A, Field.TITLE, "Dig", "Dig deep", "Dig wide"))

    assert f"(`plansync resolve {conflict_id(A, Field.TITLE)}`)" in markdown(report)


@pytest.mark.parametrize(
    ("command", "side", "status", "says"),
    [
        ("push", Side.REMOTE, Status.DEFERRED, "waits: pull first"),
        ("push", Side.LOCAL, Status.DEFERRED, "left to a pull"),
        ("pull", Side.REMOTE, Status.DEFERRED, "left to a push"),
        ("sync", Side.LOCAL, Status.DEFERRED, "deferred"),
        ("pull", Side.LOCAL, Status.UNKNOWN, "outcome unknown; the next run finds out"),
    ],
)
def test_what_was_not_done_says_what_it_waits_for(
    command: str, side: Side, status: Status, says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    report = _report(_link(C, (), (A,), status, side), command=command)

    Writer(has_color=False).report(report, verbose=False, quiet=False)

    assert f"Task 3 Reap: now waits for Task 1 ({says})\n" in capsys.readouterr().out


def test_a_conflict_about_a_step_names_its_task(capsys: pytest.CaptureFixture[str]) -> None:
    step = Uid(f"{C}/1")
    report = _report()
    report.labels[step] = "Bind the sheaves"
    report.conflicts = [Conflict(step, Field.TEXT, "Bind", "Bind the sheaves", "Bind sheaves")]

    Writer(has_color=False).report(report, verbose=False, quiet=False)

    assert "Task 3, step “Bind the sheaves”: text differs\n" in capsys.readouterr().out
    assert "Task 3, step “Bind the sheaves”: text: plan" in markdown(report)


def test_a_change_of_what_a_text_names_is_said_as_one_of_links_is() -> None:
    change = Change(C, Field.DEPENDS, (A,), (B,), "plan")

    said = _words(_report(Done(Operation(Side.REMOTE, "update-issue", C, (change,), 1), "")))

    assert said == ["Task 3 Reap: now waits for Task 2, no longer for Task 1"]


@pytest.mark.parametrize(
    ("kind", "field", "says"),
    [
        ("set-labels", Field.LABELS, "Task 3 Reap: label +plansync"),
        ("update-issue", Field.MARKER, "Task 3 Reap: our part, below the issue's own text"),
        ("update-milestone", Field.MARKER, "milestone Task 3 Reap: our line in its description"),
    ],
)
def test_what_an_issue_that_was_there_gets_is_said(kind: str, field: Field, says: str) -> None:
    change = Change(C, field, None, "x", "adopt")

    assert _words(_report(Done(Operation(Side.REMOTE, kind, C, (change,), 1), ""))) == [says]


def test_sections_of_the_overview_are_called_as_their_headings() -> None:
    names = (Field.PROGRESS, Field.DECISIONS, Field.OUTSIDERS, Field.GRAPH)
    changes = tuple(Change(C, name, "a", "b", "plan") for name in names)

    (said,) = _words(_report(Done(Operation(Side.REMOTE, "update-issue", C, changes, 1), "")))

    assert said.endswith(": progress, what needs a decision, what is not in the plan yet, graph")
