"""Writes: the answer is the truth, only what is given changes, labels are added, texts are kept."""

from __future__ import annotations

import pytest

from plansync.model import State
from plansync.trackers.base import Record, Thing, Tracker, Written
from plansync.trackers.conformance.bench import Bench, Suite, Trait, everything, made, seen

LABELS = ("plansync", "risk: high", "a/b & c?", "won't do", "größer")
TITLES = (
    "Ein Titel – mit Strich",
    "🚌 night bus",
    'quotes "and" <b>tags</b> & more',
    "#12 @name [x]",
    "日本語",
)
BODIES = (
    "one line",
    "text\n\n<!-- plansync:begin v=1 -->\n- [ ] step\n  - [x] below\n<!-- plansync:end -->\n\nmore",
    "\ttab, \\ backslash, \"quotes\", 'more', {json}, %20, &amp; and <b>tags</b>",
    "🚌 family 👩‍👩‍👧, e\u0301 and é, \u200f right to left",
)
WRITES: tuple[Written, ...] = (
    {"title": "Another title"},
    {"body": "another body"},
    {"state": State.DONE},
    {"milestone": None},
    {"title": "Both", "body": "at once"},
)


async def _full(bench: Bench, tracker: Tracker) -> Record:
    """Make an issue that has all that the tracker can keep."""
    fields: dict[str, object] = {"body": "a body"}
    if Trait.MILESTONES not in bench.absent:
        place = await tracker.create(Thing.MILESTONE, {"title": "Phase 1"})
        fields["milestone"] = place.ref
    if Trait.LABELS not in bench.absent:
        fields["labels"] = LABELS[:2]
    return await made(tracker, "A task", **fields)


def _kept(record: Record) -> Written:
    """Give the fields of a record that a write may touch."""
    return {
        "title": record.title,
        "body": record.body,
        "state": record.state,
        "milestone": record.milestone,
        "labels": tuple(sorted(record.labels)),
        "is_duplicate": record.is_duplicate,
        "assignees": record.assignees,
        "due": record.due,
    }


class Writing(Suite):
    """What `create`, `update` and `label` promise."""

    async def test_a_new_issue_is_open_and_holds_what_was_given(self, bench: Bench, tracker: Tracker) -> None:
        """Each field comes back in the answer, and again from a direct read."""
        answer = await _full(bench, tracker)

        assert (answer.thing, answer.title, answer.body) == (Thing.ISSUE, "A task", "a body")
        assert answer.state is State.TODO
        assert not answer.is_duplicate
        assert not answer.is_reopened
        assert (answer.milestone is None) == (Trait.MILESTONES in bench.absent)
        assert set(answer.labels) == (set() if Trait.LABELS in bench.absent else set(LABELS[:2]))
        assert await seen(tracker, Thing.ISSUE, answer.ref) == answer

    async def test_an_issue_needs_a_title_alone(self, tracker: Tracker) -> None:
        """What was not given is empty, not absent."""
        answer = await made(tracker, "Bare")

        assert _kept(answer) == {
            "title": "Bare",
            "body": "",
            "state": State.TODO,
            "milestone": None,
            "labels": (),
            "is_duplicate": False,
            "assignees": (),
            "due": "",
        }

    async def test_an_open_state_may_be_given_to_a_create(self, tracker: Tracker) -> None:
        """A record that is made is open, whether that is said or not."""
        assert (await made(tracker, "Open", state=State.TODO, milestone=None)).state is State.TODO

    async def test_numbers_are_given_out_in_order(self, tracker: Tracker) -> None:
        """A create whose answer was lost is looked for above the highest number seen before it."""
        refs = [(await made(tracker, f"Task {n}")).ref for n in range(3)]

        assert refs == sorted(set(refs))

    @pytest.mark.parametrize("given", WRITES, ids=lambda fields: "+".join(fields))
    async def test_an_update_changes_what_is_given_and_nothing_else(
        self, bench: Bench, tracker: Tracker, given: Written
    ) -> None:
        """The other fields stay as they are, those of a person too."""
        if "milestone" in given:
            bench.needs(Trait.MILESTONES)
        before = await _full(bench, tracker)
        beside = await made(tracker, "Another one")

        answer = await tracker.update(Thing.ISSUE, before.ref, given)

        assert _kept(answer) == {**_kept(before), **given}
        assert await seen(tracker, Thing.ISSUE, before.ref) == answer
        assert await seen(tracker, Thing.ISSUE, beside.ref) == beside

    async def test_a_person_edits_between_two_writes_and_loses_nothing(
        self, bench: Bench, tracker: Tracker
    ) -> None:
        """An update sends no field from memory."""
        ref = (await made(tracker, "Old", body="old")).ref
        bench.edit(ref, title="By a person")

        answer = await tracker.update(Thing.ISSUE, ref, {"body": "new"})

        assert (answer.title, answer.body) == ("By a person", "new")

    async def test_a_revision_moves_with_each_change(self, bench: Bench, tracker: Tracker) -> None:
        """A person's too, never back; two that fall into one tick of the tracker's clock may share one."""
        before = await made(tracker)
        at_once = await tracker.update(Thing.ISSUE, before.ref, {"body": "changed"})
        bench.tick()
        bench.edit(before.ref, body="by a person")

        after = await seen(tracker, Thing.ISSUE, before.ref)

        assert "" < before.revision <= at_once.revision < after.revision

    # States.

    async def test_an_issue_is_closed_as_done_and_opened_again(self, bench: Bench, tracker: Tracker) -> None:
        """A task is done and taken up again."""
        ref = (await made(tracker)).ref

        closed = await tracker.update(Thing.ISSUE, ref, {"state": State.DONE})
        opened = await tracker.update(Thing.ISSUE, ref, {"state": State.TODO})

        assert (closed.state, closed.is_duplicate, closed.is_reopened) == (State.DONE, False, False)
        assert opened.state is State.TODO
        assert opened.is_reopened or Trait.REOPENED in bench.absent

    async def test_an_issue_is_closed_as_not_done(self, bench: Bench, tracker: Tracker) -> None:
        """A dropped task is told from one that is done."""
        bench.needs(Trait.DROPPED)
        ref = (await made(tracker)).ref

        answer = await tracker.update(Thing.ISSUE, ref, {"state": State.DROPPED})

        assert (answer.state, answer.is_duplicate) == (State.DROPPED, False)
        assert await seen(tracker, Thing.ISSUE, ref) == answer

    async def test_an_issue_is_closed_as_the_same_as_another(self, bench: Bench, tracker: Tracker) -> None:
        """A duplicate counts as dropped, and says that it is one."""
        bench.needs(Trait.DUPLICATE)
        ref = (await made(tracker)).ref

        answer = await tracker.update(Thing.ISSUE, ref, {"state": State.DROPPED, "is_duplicate": True})
        opened = await tracker.update(Thing.ISSUE, ref, {"state": State.TODO})

        assert (answer.state, answer.is_duplicate) == (State.DROPPED, True)
        assert not opened.is_duplicate

    async def test_a_close_by_a_person_is_read(self, bench: Bench, tracker: Tracker) -> None:
        """What people do on the tracker is what a sync is about."""
        ref = (await made(tracker)).ref
        bench.close(ref)

        assert (await seen(tracker, Thing.ISSUE, ref)).state is State.DONE

    # Labels.

    async def test_labels_are_added_to_those_that_are_there(self, bench: Bench, tracker: Tracker) -> None:
        """An issue keeps its own, and the answer names all that it bears then."""
        bench.needs(Trait.LABELS)
        ref = (await made(tracker, "Labelled", labels=LABELS[:1])).ref

        answer = await tracker.label(ref, LABELS[1:])

        assert set(answer) == set(LABELS)
        assert set((await seen(tracker, Thing.ISSUE, ref)).labels) == set(LABELS)

    async def test_a_label_is_added_once(self, bench: Bench, tracker: Tracker) -> None:
        """To add one that is there is no error, and changes nothing."""
        bench.needs(Trait.LABELS)
        ref = (await made(tracker, "Labelled", labels=LABELS)).ref

        answer = await tracker.label(ref, LABELS[:1])

        assert sorted(answer) == sorted(LABELS)

    async def test_an_update_takes_no_label_away(self, bench: Bench, tracker: Tracker) -> None:
        """Labels are added by name; an update that names some replaces none."""
        bench.needs(Trait.LABELS)
        ref = (await made(tracker, "Labelled", labels=LABELS[:1])).ref

        answer = await tracker.update(Thing.ISSUE, ref, {"body": "new", "labels": LABELS[1:2]})

        assert set(LABELS[:1]) <= set(answer.labels)

    # Texts.

    @pytest.mark.parametrize("body", BODIES)
    async def test_a_body_is_kept(self, tracker: Tracker, body: str) -> None:
        """A body is opaque: each character comes back, from a create and from an update."""
        answer = await made(tracker, "Text", body=body)
        again = await tracker.update(Thing.ISSUE, (await made(tracker)).ref, {"body": body})

        assert (answer.body, again.body) == (body, body)
        assert (await seen(tracker, Thing.ISSUE, answer.ref)).body == body

    async def test_line_ends_are_kept(self, bench: Bench, tracker: Tracker) -> None:
        """A body may mix them: people edit on web pages, programs over the API."""
        bench.needs(Trait.CRLF)
        body = "one\r\ntwo\nthree\r\n"

        assert (await made(tracker, "Text", body=body)).body == body

    async def test_blanks_at_the_end_are_kept(self, bench: Bench, tracker: Tracker) -> None:
        """Two blanks break a line, and a body may end in empty lines."""
        bench.needs(Trait.BLANKS)
        body = "one  \ntwo   \n\n\n"

        assert (await made(tracker, "Text", body=body)).body == body

    async def test_a_body_can_be_emptied(self, tracker: Tracker) -> None:
        """An empty body is empty text."""
        ref = (await made(tracker, "Text", body="something")).ref

        assert (await tracker.update(Thing.ISSUE, ref, {"body": ""})).body == ""

    @pytest.mark.parametrize("title", TITLES)
    async def test_a_title_is_kept(self, tracker: Tracker, title: str) -> None:
        """A title is opaque, too."""
        assert (await made(tracker, title)).title == title

    async def test_texts_at_their_limits_are_kept(self, tracker: Tracker) -> None:
        """The limits in the traits are the longest that the tracker takes, in characters."""
        title, body = "é" * tracker.traits.title_max, "ü" * tracker.traits.body_max

        answer = await made(tracker, title, body=body)

        assert (answer.title, answer.body) == (title, body)

    # Milestones.

    async def test_a_milestone_holds_what_was_given(self, bench: Bench, tracker: Tracker) -> None:
        """Its description is its body."""
        bench.needs(Trait.MILESTONES)
        answer = await tracker.create(
            Thing.MILESTONE, {"title": "Phase 1: Setup", "body": "ends\n<!-- x -->"}
        )

        assert (answer.thing, answer.title, answer.body) == (
            Thing.MILESTONE,
            "Phase 1: Setup",
            "ends\n<!-- x -->",
        )
        assert answer.state is State.TODO
        assert await seen(tracker, Thing.MILESTONE, answer.ref) == answer

    @pytest.mark.parametrize("given", WRITES[:3], ids=lambda fields: "+".join(fields))
    async def test_an_update_of_a_milestone_changes_what_is_given(
        self, bench: Bench, tracker: Tracker, given: Written
    ) -> None:
        """Title, description and state move alone."""
        bench.needs(Trait.MILESTONES)
        before = await tracker.create(Thing.MILESTONE, {"title": "Phase 1", "body": "before"})

        answer = await tracker.update(Thing.MILESTONE, before.ref, given)

        assert _kept(answer) == {**_kept(before), **given}
        assert await seen(tracker, Thing.MILESTONE, before.ref) == answer

    async def test_a_milestone_is_closed_and_opened_again(self, bench: Bench, tracker: Tracker) -> None:
        """What stands in it stays as it is."""
        bench.needs(Trait.MILESTONES)
        place = await tracker.create(Thing.MILESTONE, {"title": "Phase 1"})
        issue = await made(tracker, "In it", milestone=place.ref)

        closed = await tracker.update(Thing.MILESTONE, place.ref, {"state": State.DONE})
        opened = await tracker.update(Thing.MILESTONE, place.ref, {"state": State.TODO})

        assert (closed.state, opened.state) == (State.DONE, State.TODO)
        assert _kept(await seen(tracker, Thing.ISSUE, issue.ref)) == _kept(issue)

    async def test_an_issue_moves_to_another_milestone(self, bench: Bench, tracker: Tracker) -> None:
        """Milestones are named by number."""
        bench.needs(Trait.MILESTONES)
        one = await tracker.create(Thing.MILESTONE, {"title": "Phase 1"})
        two = await tracker.create(Thing.MILESTONE, {"title": "Phase 2"})
        issue = await made(tracker, "Moves", milestone=one.ref)

        answer = await tracker.update(Thing.ISSUE, issue.ref, {"milestone": two.ref})

        assert (issue.milestone, answer.milestone) == (one.ref, two.ref)

    # Counting.

    async def test_an_operation_is_one_request_and_is_counted(self, bench: Bench, tracker: Tracker) -> None:
        """People are told how many requests a run made, before and after it."""
        asked = tracker.requests
        assert (asked.total, asked.writes) == (0, 0)
        if Trait.LABELS not in bench.absent:  # an adapter may read once which labels there are
            await tracker.label((await made(tracker)).ref, LABELS[:1])
        first = (asked.total, asked.writes)
        counts = [first]
        ref = (await made(tracker)).ref
        counts.append((asked.total, asked.writes))
        await tracker.update(Thing.ISSUE, ref, {"body": "x"})
        counts.append((asked.total, asked.writes))
        await tracker.look(Thing.ISSUE, ref)
        counts.append((asked.total, asked.writes))
        if Trait.LABELS not in bench.absent:
            await tracker.label(ref, LABELS[:1])
            counts.append((asked.total, asked.writes))

        since = [(total - first[0], writes - first[1]) for total, writes in counts]
        assert since == [(0, 0), (1, 1), (2, 2), (3, 2), (4, 3)][: len(counts)]
        assert sum(asked.by_method.values()) == asked.total

    async def test_what_was_written_is_all_that_is_there(self, bench: Bench, tracker: Tracker) -> None:
        """No write leaves anything else behind."""
        issue = await _full(bench, tracker)

        found = await everything(tracker)

        assert found.pop((Thing.ISSUE, issue.ref)) == issue
        assert [key[0] for key in found] == [Thing.MILESTONE] * (issue.milestone is not None)
