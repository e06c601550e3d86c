"""Words for values: one thing has one name."""

from __future__ import annotations

from plansync.cli.wording import ids_and_links, told
from plansync.model import State
from plansync.sync.events import Report


def test_a_task_that_is_to_do_is_called_open() -> None:
    assert told(Report("sync", "", "plan.md"), State.TODO.value) == "“open”"
    assert told(Report("sync", "", "plan.md"), State.DROPPED.value) == "“dropped”"


def test_one_mark_is_counted_as_one() -> None:
    assert [ids_and_links(n) for n in (1, 2)] == ["1 id or link", "2 ids and links"]
