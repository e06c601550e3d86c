"""Runs that nobody saw the end of: what the next one can tell of their writes, and what it has to ask about."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from plansync.errors import OutcomeUnknown, PlanUnsure, StoreError
from plansync.model import Field, State
from plansync.trackers.base import Record, Thing, Written
from tests.simulation.world import Crash
from tests.unit.sync.bench import Bench, kinds


def test_an_issue_of_which_only_the_newest_page_tells_is_found_at_the_first_look(bench: Bench) -> None:
    """Its answer was lost, and the lists lag: no second issue is made, and nobody has to wait."""
    made: list[int] = []
    create, newest = bench.tracker.create, bench.tracker.newest

    async def lost(thing: Thing, fields: object) -> Record:
        record = await create(thing, fields)  # type: ignore[arg-type]
        if record.title == "Level":
            made.append(record.ref)
            row = bench.tracker.rows[thing, record.ref]
            bench.tracker.rows[thing, record.ref] = replace(row, visible_at=bench.clock.seconds + 1_000)
            raise OutcomeUnknown("no answer")
        return record

    async def shown() -> tuple[Record, ...]:
        key = Thing.ISSUE, made[0]
        bench.tracker.rows[key] = replace(bench.tracker.rows[key], visible_at=0.0)
        return await newest()

    bench.tracker.create = lost  # type: ignore[method-assign]
    bench.run()
    bench.tracker.create = create  # type: ignore[method-assign]
    bench.tracker.newest = shown  # type: ignore[method-assign]
    began = bench.clock.seconds

    bench.run()

    assert bench.clock.seconds - began < bench.project().settle_wait_s
    assert [row.title for row in bench.tracker.issues()].count("Level") == 1
    assert bench.is_settled()


def _rename_unseen(synced: Bench) -> None:
    """Rename a task in the plan; whether its issue was renamed nobody knows."""
    synced.edit("### Task 2.1: Paint", "### Task 2.1: Varnish")
    synced.tracker.errors["PATCH issue"] = OutcomeUnknown("no answer")
    assert kinds(synced.run(), "unknown") == ["update-issue"]
    synced.tracker.errors.clear()


def test_an_update_of_an_issue_that_is_gone_has_not_landed(synced: Bench) -> None:
    _rename_unseen(synced)
    synced.delete("Paint")

    report = synced.run()

    assert [c.field for c in report.conflicts] == [Field.EXISTENCE]


def test_an_update_that_nobody_can_certify_is_asked_about(synced: Bench) -> None:
    _rename_unseen(synced)
    synced.touch("Paint", title="Stain")

    assert [(c.field, c.local, c.remote) for c in synced.run().conflicts] == [
        (Field.TITLE, "Varnish", "Stain")
    ]


def test_an_update_that_nobody_can_certify_of_what_nobody_remembers_is_asked_about(synced: Bench) -> None:
    """The state file went missing besides."""
    _rename_unseen(synced)
    synced.touch("Paint", title="Stain")
    synced.files.state = b""

    assert synced.run().is_rebuilt
    assert [(c.field, c.base) for c in synced.run().conflicts] == [(Field.TITLE, None)]


# ------------------------------------------------------------------------- the plan


def _swapped(text: str) -> str:
    one, other = "- [ ] Mark the corners\n", "- [ ] Take the turf off\n"
    assert f"{one}{other}" in text
    return text.replace(f"{one}{other}", f"{other}{one}")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (
            "- [ ] Mark the corners\n- [ ] Take the turf off\n",
            "- [ ] Take the turf off\n- [ ] Mark the corners\n",
        ),
        ("- [ ] Mark the corners\n", "- [ ] Mark the corners\n"),
        ("### Task 1.1: Dig", "### Task 1.1: Dig in"),
    ],
    ids=["as it was to be", "as it was", "as nobody wrote it"],
)
def test_a_plan_write_that_nobody_can_certify_is_told_item_by_item(synced: Bench, old: str, new: str) -> None:
    """One of its ticks is there and the other is not; of the order of steps only the whole item tells."""
    synced.touch("Dig", body=_swapped(synced.issue("Dig").body))
    synced.tick("Level", "Fill with gravel")
    synced.tick("Paint", "Buy paint")
    synced.files.fails["replace"] = PlanUnsure("nobody knows")
    assert set(kinds(synced.run(), "unknown")) == {"order-steps", "tick"}
    synced.files.fails.clear()
    synced.edit("- [ ] Fill with gravel", "- [x] Fill with gravel")
    if old != new:
        synced.edit(old, new)

    report = synced.run()

    assert report.error is None
    assert synced.text.index("Take the turf off") < synced.text.index("Mark the corners")
    assert "- [x] Fill with gravel" in synced.text
    assert not [c for c in report.conflicts if c.field is not Field.TICK]


def test_a_plan_write_of_a_task_that_is_gone_since_is_not_remembered(synced: Bench) -> None:
    synced.touch("Dig", body=_swapped(synced.issue("Dig").body))
    synced.tick("Level", "Fill with gravel")
    synced.tick("Paint", "Buy paint")
    synced.files.fails["replace"] = PlanUnsure("nobody knows")
    synced.run()
    synced.files.fails.clear()
    synced.edit("- [ ] Fill with gravel", "- [x] Fill with gravel")
    text = synced.text
    synced.files.plan = (text[: text.index("### Task 1.1")] + text[text.index("### Task 1.2") :]).encode()

    report = synced.run()

    assert any("no longer in the plan" in note.text for note in report.notes)
    assert "Mark the corners" in synced.issue("Dig").body


# ------------------------------------------------------------ what landed, and what did not


def _applied(bench: Bench, name: str, start: str, *, is_done: bool) -> Callable[[], None]:
    """Let the answer of one request be lost, after it was carried out or before; gives what ends that."""
    act = getattr(bench.tracker, name)

    async def lost(thing: Thing, *rest: object) -> Record:
        is_it = f"{thing.value} {rest[0] if name == 'update' else rest[0]['title']}" == start  # type: ignore[index]
        if is_it and not is_done:
            raise OutcomeUnknown("no answer")
        record: Record = await act(thing, *rest)
        if is_it:
            raise OutcomeUnknown("no answer")
        return record

    setattr(bench.tracker, name, lost)
    return lambda: setattr(bench.tracker, name, act)


@pytest.mark.parametrize("is_done", [True, False], ids=["landed", "not landed"])
@pytest.mark.parametrize("start", ["issue Level", "milestone Phase 2: Walls"])
def test_a_record_is_made_once_whatever_its_answer(bench: Bench, start: str, is_done: bool) -> None:
    end = _applied(bench, "create", start, is_done=is_done)
    assert len(kinds(bench.run(), "unknown")) == 1
    end()

    bench.run()

    titles = [row.title for row in bench.tracker.rows.values()]
    assert titles.count(start.partition(" ")[2]) == 1
    assert bench.is_settled()


@pytest.mark.parametrize("is_done", [True, False], ids=["landed", "not landed"])
@pytest.mark.parametrize(
    ("old", "new", "holds"),
    [
        ("- [ ] Mark the corners", "- [x] Mark the corners", "- [x] Mark the corners"),
        ("Task 1.1: Dig", "Task 1.1: Dig deep", "Take the turf off"),
    ],
    ids=["its text", "its title"],
)
def test_an_update_is_made_once_whatever_its_answer(
    synced: Bench, old: str, new: str, holds: str, is_done: bool
) -> None:
    synced.edit(old, new)
    ref = synced.issue("Dig").ref
    end = _applied(synced, "update", f"issue {ref}", is_done=is_done)
    assert kinds(synced.run(), "unknown") == ["update-issue"]
    end()

    report = synced.run()

    assert report.conflicts == []
    assert kinds(report, "applied") == ([] if is_done else ["update-issue"])
    assert holds in synced.tracker.rows[Thing.ISSUE, ref].body
    assert synced.is_settled()


def _unsure(synced: Bench, change: Callable[[str], str], *, is_done: bool) -> None:
    """Let nobody know whether what was pulled of one issue is in the plan."""
    synced.touch("Dig", body=change(synced.issue("Dig").body))
    replace_ = synced.files.replace

    def lost(content: bytes, expected: str) -> str:
        if is_done:
            replace_(content, expected)
        raise PlanUnsure("nobody knows")

    synced.files.replace = lost  # type: ignore[method-assign]
    assert kinds(synced.run(), "unknown")
    synced.files.replace = replace_  # type: ignore[method-assign]


CHANGES: dict[str, tuple[Callable[[str], str], str, bool]] = {
    "ticked": (lambda body: body.replace("[ ] Mark", "[x] Mark"), "- [x] Mark the corners", True),
    "removed": (lambda body: body.replace("- [ ] Mark the corners\n", ""), "Mark the corners", False),
    "reworded": (
        lambda body: body.replace("Mark the corners", "Mark the four corners"),
        "four corners",
        True,
    ),
    "added": (
        lambda body: body.replace("- [ ] Mark", "- [ ] Fetch string\n- [ ] Mark"),
        "Fetch string",
        True,
    ),
}


@pytest.mark.parametrize("has_edit", [False, True], ids=["as it was left", "saved since"])
@pytest.mark.parametrize("is_done", [True, False], ids=["landed", "not landed"])
@pytest.mark.parametrize("name", CHANGES)
def test_a_plan_write_that_nobody_saw_is_certified_by_what_the_plan_shows(
    synced: Bench, name: str, is_done: bool, has_edit: bool
) -> None:
    change, text, is_there = CHANGES[name]
    _unsure(synced, change, is_done=is_done)
    if has_edit:
        synced.edit("- [ ] Buy paint", "- [ ] Buy more paint")

    report = synced.run()

    assert (report.error, report.conflicts) == (None, [])
    assert (text in synced.text) is is_there
    assert (text in synced.issue("Dig").body) is is_there
    assert synced.is_settled()


def test_a_removed_step_that_somebody_reworded_may_be_one_that_never_went(synced: Bench) -> None:
    change, _, _ = CHANGES["removed"]
    _unsure(synced, change, is_done=False)
    synced.edit("- [ ] Mark the corners", "- [ ] Mark all the corners")

    report = synced.run()

    assert report.error is None
    assert "- [ ] Mark all the corners" in synced.text


def test_an_added_step_that_somebody_reworded_since_is_the_one_that_was_added(synced: Bench) -> None:
    change, _, _ = CHANGES["added"]
    _unsure(synced, change, is_done=True)
    synced.edit("- [ ] Fetch string", "- [ ] Fetch a string")

    assert synced.run().conflicts == []

    assert synced.text.count("Fetch") == synced.issue("Dig").body.count("Fetch") == 1
    assert "Fetch a string" in synced.issue("Dig").body


def test_a_body_that_comes_through_after_it_was_given_up_is_known_again(synced: Bench) -> None:
    """The same was written again meanwhile; the late one says nothing new."""
    synced.edit("- [ ] Mark the corners", "- [x] Mark the corners")
    update, late = synced.tracker.update, list[str]()

    async def lost(thing: Thing, ref: int, fields: Written) -> Record:
        late.append(fields["body"])
        raise OutcomeUnknown("no answer")

    synced.tracker.update = lost  # type: ignore[method-assign]
    synced.run()
    synced.tracker.update = update  # type: ignore[method-assign]
    synced.run()
    synced.touch("Dig", body=late[0])

    report = synced.run()

    assert (report.error, report.conflicts) == (None, [])
    assert "- [x] Mark the corners" in synced.text
    assert "- [x] Mark the corners" in synced.issue("Dig").body


def _give_up(synced: Bench) -> str:
    """Run until a body is sent, and let a push take it for refused: it has not come through. Says what was sent."""
    update, late = synced.tracker.update, list[str]()

    async def dies(thing: Thing, ref: int, fields: Written) -> Record:
        late.append(fields["body"])
        raise Crash("the process died")

    synced.tracker.update = dies  # type: ignore[method-assign]
    with pytest.raises(Crash):
        synced.run()
    synced.tracker.update = update  # type: ignore[method-assign]
    assert synced.run("push", only=["Level"]).error is None
    assert synced.outcomes()[-1] == "update-issue refused"
    return late[0]


def test_a_body_that_comes_through_late_landed_like_any_other_where_nothing_was_remembered_since(
    synced: Bench,
) -> None:
    """Its ticks follow from a close; by themselves they would be steps that nobody had seen open."""
    synced.touch("Dig", state=State.DONE)
    synced.touch("Dig", body=_give_up(synced))

    report = synced.run()

    assert (report.error, report.conflicts) == (None, [])
    assert synced.text.count("- [x]") == synced.issue("Dig").body.count("- [x]") == 2
    synced.touch("Dig", state=State.TODO)
    synced.run()
    assert synced.text.count("- [x]") == 0


def test_a_body_that_comes_through_late_is_news_to_a_state_file_from_before(synced: Bench) -> None:
    before = synced.files.plan, synced.files.state
    synced.edit("- [ ] Mark the corners", "- [x] Mark the corners")
    synced.run()
    synced.edit("- [ ] Take the turf off", "- [x] Take the turf off")
    late = _give_up(synced)
    synced.files.plan, synced.files.state = before
    synced.touch("Dig", body=late)

    report = synced.run()

    assert (report.error, report.conflicts) == (None, [])
    assert synced.text.count("- [x]") == synced.issue("Dig").body.count("- [x]") == 2


@pytest.mark.parametrize("goes_back", [True, False], ids=["git put the plan back", "the plan as it was left"])
def test_a_step_that_only_the_local_memory_and_the_issue_know_is_no_removed_one(
    synced: Bench, goes_back: bool
) -> None:
    """A run sent it to the issue and died before it wrote the state file; then somebody checked the plan out."""
    before = synced.files.plan
    synced.edit("- [ ] Mark the corners\n", "- [ ] Mark the corners\n- [ ] Fetch string\n")
    synced.files.fails["write_state"] = StoreError("the process died")
    assert synced.run().error
    assert "- [ ] Fetch string" in synced.issue("Dig").body
    synced.files.fails.clear()
    if goes_back:
        synced.files.plan = before

    report = synced.run()

    assert (report.error, report.conflicts) == (None, [])
    assert kinds(report, "applied") == (["add-step"] if goes_back else [])
    assert synced.text.count("- [ ] Fetch string") == 1
    assert "- [ ] Fetch string" in synced.issue("Dig").body
    assert synced.is_settled()


def test_a_step_that_was_removed_since_such_a_run_is_removed(synced: Bench) -> None:
    """The plan is not the one from before: somebody worked on it."""
    synced.edit("- [ ] Mark the corners\n", "- [ ] Mark the corners\n- [ ] Fetch string\n")
    synced.files.fails["write_state"] = StoreError("the process died")
    synced.run()
    synced.files.fails.clear()
    synced.edit("- [ ] Mark the corners\n- [ ] Fetch string\n", "- [ ] Mark the corners\n- [ ] Rest\n")

    assert synced.run().conflicts == []

    assert "Fetch string" not in synced.text + synced.issue("Dig").body
    assert "- [ ] Rest" in synced.issue("Dig").body
    assert synced.is_settled()


def test_words_of_a_step_that_git_put_back_after_such_a_run_are_asked_about(synced: Bench) -> None:
    before = synced.files.plan
    synced.edit("- [ ] Mark the corners\n", "- [ ] Mark the four corners\n")
    synced.files.fails["write_state"] = StoreError("the process died")
    assert synced.run().error
    assert "- [ ] Mark the four corners" in synced.issue("Dig").body
    synced.files.fails.clear()
    synced.files.plan = before

    report = synced.run()

    assert [(c.field, c.local, c.remote) for c in report.conflicts] == [
        (Field.TEXT, "Mark the corners", "Mark the four corners")
    ]
    assert synced.files.plan == before


def test_a_tick_that_git_put_back_after_a_run_that_died_in_its_next_write_is_asked_about(
    synced: Bench,
) -> None:
    """That it was ticked landed for sure; what nobody wrote down is whether the issue was closed for it."""

    def die() -> None:
        raise Crash("the process died")

    before = synced.files.plan
    synced.edit("- [ ] Fill with gravel", "- [x] Fill with gravel")
    synced.at["sent close-issue"] = die
    with pytest.raises(Crash):
        synced.run()
    synced.files.plan = before

    report = synced.run()

    assert [(c.field, c.local, c.remote) for c in report.conflicts] == [(Field.TICK, "open", "ticked")]
    assert "- [x] Fill with gravel" in synced.issue("Level").body
    assert synced.issue("Level").state is State.DONE


def test_what_another_copy_wrote_is_news(synced: Bench) -> None:
    body = synced.issue("Dig").body.replace("rev=1 op=0", "rev=2 op=f").replace("[ ] Mark", "[x] Mark")
    synced.touch("Dig", body=body)

    synced.run()

    assert "- [x] Mark the corners" in synced.text
    assert synced.is_settled()


def test_what_a_run_brought_that_git_took_back_with_its_state_file_is_brought_again(synced: Bench) -> None:
    """The run died before it noted that the state file holds it all; the author went on in the plan from before."""

    def die() -> None:
        raise Crash("the process died")

    before = synced.files.plan, synced.files.state
    synced.touch("Dig", state=State.DONE)
    synced.touch("Dig", body=synced.issue("Dig").body.replace("off\n", "off\n- [ ] Fetch string\n"))
    synced.at["state written"] = die
    with pytest.raises(Crash):
        synced.run("pull")
    assert "Fetch string" in synced.text
    synced.files.plan, synced.files.state = before
    synced.edit("- [ ] Mark the corners\n", "- [ ] Mark the corners\n- [ ] Rest\n")

    report = synced.run()

    assert synced.issue("Dig").state is State.DONE
    assert "Fetch string" in synced.text and "Fetch string" in synced.issue("Dig").body
    assert "Rest" in synced.text and "Rest" in synced.issue("Dig").body
    assert [(c.field, c.remote) for c in report.conflicts] == [(Field.STATE, State.DONE)]


def test_a_close_that_comes_through_after_it_was_given_up_is_asked_about_where_the_plan_says_otherwise(
    synced: Bench,
) -> None:
    """A state bears no stamp: whether it is ours or somebody's nobody can tell."""
    synced.edit("- [ ] Fill with gravel", "- [x] Fill with gravel")
    update, asked = synced.tracker.update, list[Written]()

    async def lost(thing: Thing, ref: int, fields: Written) -> Record:
        if "state" not in fields:
            return await update(thing, ref, fields)
        asked.append(fields)
        raise OutcomeUnknown("no answer")

    synced.tracker.update = lost  # type: ignore[method-assign]
    assert kinds(synced.run(), "unknown") == ["close-issue"]
    synced.tracker.update = update  # type: ignore[method-assign]
    synced.edit("- [x] Fill with gravel", "- [ ] Fill with gravel")
    assert synced.run().error is None
    assert synced.outcomes()[-1] != "close-issue unknown"
    synced.touch("Level", state=asked[0]["state"])

    report = synced.run()

    assert [(c.field, c.remote) for c in report.conflicts] == [(Field.STATE, State.DONE)]
    assert "- [ ] Fill with gravel" in synced.text


def test_a_close_whose_ticks_never_came_into_the_plan_is_news_again(synced: Bench) -> None:
    """Somebody did one of the things that the run meant to write, so the plan shows neither all of them nor none."""

    def die() -> None:
        raise Crash("the process died")

    body = synced.issue("Dig").body.replace("- [ ] Mark the corners\n", "")
    synced.touch("Dig", state=State.DONE, body=body)
    synced.at["intended plan"] = die
    with pytest.raises(Crash):
        synced.run("pull")
    synced.edit("- [ ] Mark the corners\n", "")

    synced.run()

    assert synced.issue("Dig").state is State.DONE


@pytest.mark.parametrize(
    ("new", "asked"),
    [("- [ ] Fetch string\n", {Field.STEPS, Field.STATE}), ("", {Field.STEPS})],
    ids=["new", "none"],
)
def test_a_close_that_came_with_a_new_step_is_asked_about_while_another_step_is(
    synced: Bench, new: str, asked: set[Field]
) -> None:
    """Later nobody could tell which of the two came first, and the step would open the issue again."""
    synced.edit("- [ ] Mark the corners", "- [x] Mark the corners")
    body = synced.issue("Dig").body.replace("- [ ] Mark the corners\n", "")
    synced.touch("Dig", state=State.DONE, body=body.replace("off\n", f"off\n{new}"))

    report = synced.run()

    assert {c.field for c in report.conflicts} == asked
    assert synced.issue("Dig").state is State.DONE
    assert ("Done" in synced.text) is (not new)


def test_a_plan_that_git_put_back_after_a_run_that_wrote_no_state_file_gets_it_all_again(
    synced: Bench,
) -> None:
    before = synced.files.plan
    synced.touch("Dig", state=State.DONE)
    synced.files.fails["write_state"] = StoreError("the disk is full")
    assert synced.run("pull").error
    assert synced.text.count("- [x]") == 2
    synced.files.fails.clear()
    synced.files.plan = before

    report = synced.run()

    assert (report.error, report.conflicts) == (None, [])
    assert synced.text.count("- [x]") == 2
    assert synced.issue("Dig").state is State.DONE
