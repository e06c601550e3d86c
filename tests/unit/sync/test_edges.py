"""Records that vanish, lists that lag, plans that cannot be edited so: what a run makes of them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import NamedTuple

import pytest

from plansync.model import Base, Conflict, Field, Item, Kind, State, Take, Uid, conflict_id
from plansync.reconcile import Policy
from plansync.store.moments import Moment
from plansync.sync import existence
from plansync.sync.events import Status
from plansync.sync.settling import Settling
from plansync.sync.ways import How
from plansync.trackers.base import Absence, Page, Thing
from tests.unit.sync.bench import PLAN, Bench, kinds, notes

Make = Callable[..., Bench]
NESTED = PLAN.replace("- [ ] Take the turf off\n", "  - [ ] Fetch string\n- [ ] Take the turf off\n")


# ----------------------------------------------------------- what the plan cannot say


def _without_the_corners(bench: Bench) -> None:
    """Take a step off the issue whose nested one stays."""
    lines = bench.issue("Dig").body.splitlines(keepends=True)
    kept = [line.replace("  - [ ] Fetch", "- [ ] Fetch") for line in lines if "Mark the corners" not in line]
    assert len(kept) == len(lines) - 1
    bench.touch("Dig", body="".join(kept))


def test_an_edit_that_cannot_be_made_waits_and_the_others_are_made(make: Make) -> None:
    bench = make(NESTED)
    bench.run()
    _without_the_corners(bench)
    bench.tick("Paint", "Buy paint")

    report = bench.run()

    (refused,) = (d for d in report.done if d.status is Status.REFUSED)
    assert refused.error.startswith("line 5: a step was removed, but one nested in it stays")
    assert "- [x] Buy paint" in bench.text
    assert "- [ ] Mark the corners" in bench.text


def test_where_no_edit_can_be_made_the_plan_is_not_touched(make: Make) -> None:
    bench = make(NESTED)
    bench.run()
    _without_the_corners(bench)
    before = bench.text

    report = bench.run()

    assert kinds(report, Status.REFUSED) == ["remove-step"]
    assert bench.text == before


def test_a_title_that_would_be_read_as_another_is_not_written(synced: Bench) -> None:
    """The marks around it would be taken for the heading's own."""
    synced.touch("Paint", title="**Urgent**")
    before = synced.text

    report = synced.run()

    assert [d.error for d in report.done if d.status is Status.REFUSED] == [
        "line 20: an edit here would change more than itself (Task 2.1); the value waits"
    ]
    assert synced.text == before


# ---------------------------------------------------------------- records that vanish


def test_an_issue_that_the_run_made_is_closed_without_another_look(make: Make) -> None:
    bench = make(
        PLAN.replace("- [ ] Buy paint", "- [x] Buy paint"), policy=Policy(done_at_first_push="create")
    )

    report = bench.run()

    assert kinds(report, Status.APPLIED).count("close-issue") == 1
    assert bench.issue("Paint").state is State.DONE
    assert bench.is_settled()


@pytest.mark.parametrize("absence", [Absence.GONE, Absence.DENIED])
def test_without_a_memory_an_issue_that_a_list_shows_and_nobody_finds_is_left(
    synced: Bench, make: Make, absence: Absence
) -> None:
    bench = make(synced.text)
    bench.tracker, bench.clock, bench.files.state = synced.tracker, synced.clock, synced.files.state
    bench.tick("Paint", "Buy paint")
    look, paint = bench.tracker.look, bench.issue("Paint").ref

    async def lost(thing: Thing, ref: int) -> object:
        return absence if (thing, ref) == (Thing.ISSUE, paint) else await look(thing, ref)

    bench.tracker.look = lost  # type: ignore[method-assign,assignment]

    report = bench.run()

    assert "- [ ] Buy paint" in bench.text
    asked = [c.field for c in report.conflicts]
    told = [note for note in notes(report) if note.startswith(f"issue #{paint} is")]
    assert (asked, len(told)) == (([Field.EXISTENCE], 0) if absence is Absence.GONE else ([], 1))


def test_a_task_whose_issue_is_elsewhere_by_now_follows_it(synced: Bench) -> None:
    """The issue was moved here from another place under a new number; its mark says whose it is."""
    old = synced.issue("Paint")
    synced.delete("Paint")
    synced.write("Paint", body=old.body, milestone=old.milestone, labels=old.labels)
    report = synced.run()
    assert [c.field for c in report.conflicts] == [Field.EXISTENCE]

    synced.run(settling=Settling((), Take.PLAN, how=How.FOLLOW))

    assert f"/issues/{synced.issue('Paint').ref}" in synced.text
    assert synced.is_settled()


def test_nothing_is_remembered_of_what_is_not_known() -> None:
    base = Base({}, {}, {})
    conflict = Conflict(Uid("ccccccc"), Field.EXISTENCE, "issue #1", "in the plan", "gone")

    existence.accept(base, Uid("ccccccc"), Field.EXISTENCE)
    existence.tell(base, [conflict], asked=[conflict])

    assert base == Base({}, {}, {})


@pytest.mark.parametrize(("is_seen", "left"), [(True, False), (False, True)])
def test_a_question_that_is_no_more_is_forgotten_unless_nothing_can_be_said_of_its_item(
    is_seen: bool, left: bool
) -> None:
    uid, other = Uid("ccccccc"), conflict_id(Uid("ccccccc"), Field.TITLE)
    base = Base({}, {}, {uid: Item(uid, Kind.TASK, {Field.TOLD: (other,)})})
    conflict = Conflict(uid, Field.EXISTENCE, "issue #1", "in the plan", "gone")
    existence.tell(base, [conflict], asked=[conflict])
    own = conflict_id(uid, Field.EXISTENCE)
    assert base.agreed[uid].fields[Field.TOLD] == tuple(sorted((own, other)))

    existence.tell(base, [], asked=[conflict])
    assert base.agreed[uid].fields[Field.TOLD] == tuple(sorted((own, other)))
    existence.tell(base, [], asked=[], unseen=set() if is_seen else {uid})

    assert base.agreed[uid].fields[Field.TOLD] == (tuple(sorted((own, other))) if left else (other,))


# ------------------------------------------------------------------------ old copies


class _Git(NamedTuple):
    """What git's history knows of a plan: one old moment, and the one of today."""

    then: Moment
    now: Moment

    def of_plan(self, plan: bytes, state: bytes) -> Moment | None:
        return self.then if plan == self.then.plan else None

    def of_state(self, state: bytes) -> Moment | None:
        return self.now if state == self.now.state else None


@pytest.mark.parametrize("damage", ["", "not a state file", "another plan"])
def test_an_old_copy_is_measured_by_a_state_file_that_can_be_read_and_is_its_own(
    synced: Bench, make: Make, damage: str
) -> None:
    then = Moment(synced.files.plan, synced.files.state)
    for title, step in (("Paint", "Buy paint"), ("Level", "Fill with gravel")):
        synced.tick(title, step)
    synced.edit("## Success", "### Task 2.2: Sweep\n\n- [ ] Find a broom\n\n## Success")
    synced.run()
    now = Moment(synced.files.plan, synced.files.state)
    bench = make(then.plan.decode())
    bench.tracker, bench.clock, bench.files.state = synced.tracker, synced.clock, now.state
    state = {"not a state file": b"{", "another plan": then.state.replace(b"00000002", b"00000009")}
    bench.fields["commits"] = _Git(Moment(then.plan, state.get(damage, then.state)), now)

    report = bench.run(allow=("mass-change",))

    is_measured = any("this is the plan as it was before a later sync" in note for note in notes(report))
    assert is_measured is (damage == "")
    assert ("- [x] Buy paint" in bench.text) is (damage == "")
    assert bench.issue("Sweep").state is State.TODO


# --------------------------------------------------------------- blocks written anew


def _cut(bench: Bench, title: str) -> None:
    """Take the end of a block away, so that it cannot be read."""
    bench.touch(title, body=bench.issue(title).body.replace("<!-- plansync:end -->", ""))


def test_a_block_that_was_written_anew_is_read_again_within_the_run(synced: Bench) -> None:
    """Somebody saves the plan meanwhile, so the run decides once more, on a block that is whole again."""
    synced.touch("Dig", title="Dig deep")
    _cut(synced, "Dig deep")
    assert [d.field for d in synced.run(is_dry=True).drifts] == [Field.STEPS]
    synced.at["intended plan"] = lambda: synced.edit("- [ ] It stays dry", "- [ ] It stays warm and dry")

    report = synced.run(settling=Settling((), Take.PLAN, how=How.REWRITE_BLOCK))

    assert report.error is None
    assert "<!-- plansync:end -->" in synced.issue("Dig deep").body
    synced.run()
    assert "### Task 1.1: Dig deep" in synced.text
    assert synced.is_settled()


def test_where_nothing_is_remembered_a_block_is_not_written_before_the_state_file_is_there(
    synced: Bench, make: Make
) -> None:
    bench = make(synced.text)
    bench.tracker, bench.clock, bench.ids = synced.tracker, synced.clock, synced.ids
    _cut(bench, "Dig")

    cut = bench.issue("Dig").body

    assert bench.run(settling=Settling((), Take.PLAN, how=How.REWRITE_BLOCK)).is_rebuilt
    assert bench.issue("Dig").body == cut
    assert [d.field for d in bench.run().drifts] == [Field.STEPS]


def test_a_task_that_lost_its_id_gets_no_second_issue_where_its_own_cannot_be_read(synced: Bench) -> None:
    """It was renamed, so its title makes another id: what tells who it is are the words that both sides know."""
    synced.edit("### Task 2.1: Paint", "### Task 2.1: Varnish")
    synced.run()
    synced.delete("Varnish")
    lines = synced.text.splitlines(keepends=True)
    number = next(n for n, line in enumerate(lines) if "Varnish" in line)
    lines[number] = "### Task 2.1: Varnish\n"
    link = next(n for n, line in enumerate(lines) if n > number and line.startswith("**Issue**"))
    synced.files.plan = "".join(lines[:link] + lines[link + 1 :]).encode()

    report = synced.run(full=True)

    assert "create-issue" not in {d.operation.kind for d in report.done}
    assert [c.field for c in report.conflicts] == [Field.EXISTENCE]
    assert [row.title for row in synced.tracker.issues()].count("Varnish") == 0


def test_without_a_local_memory_a_list_that_lags_takes_no_criterion_back(bench: Bench) -> None:
    """The overview is read by itself, as each issue is that a list shows otherwise than it is remembered."""
    bench.run()
    labelled, old = bench.tracker.labelled, dict(bench.tracker.rows)

    def lagging(label: str) -> AsyncIterator[Page]:
        now, bench.tracker.rows = bench.tracker.rows, dict(old)
        pages = labelled(label)

        async def shown() -> AsyncIterator[Page]:
            bench.tracker.rows = dict(old)
            async for page in pages:
                yield page
            bench.tracker.rows = now

        return shown()

    bench.edit("- [ ] It stays dry", "- [x] It stays dry")
    bench.run()
    bench.db.execute("DELETE FROM shelf")
    bench.tracker.labelled = lagging  # type: ignore[method-assign]

    report = bench.run("pull")

    assert (report.error, report.conflicts) == (None, [])
    assert "- [x] It stays dry" in bench.text
