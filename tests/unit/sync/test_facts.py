"""How much room the overview's derived parts have beside what people wrote."""

from __future__ import annotations

import pytest

from plansync.model import OVERVIEW, State
from plansync.sync.facts import facts
from plansync.trackers.base import Record, Thing
from plansync.trackers.mapping import View


@pytest.mark.parametrize("body", ["x" * 10_000, "x" * 9_900 + "\n<!-- plansync:begin is cut -->"])
def test_a_text_without_a_block_counts_once(body: str) -> None:
    record = Record(Thing.ISSUE, 9, "Plan", State.TODO, body)

    room = facts(View({}, {OVERVIEW: record}), {}, (), {}, 65_536).room

    assert 65_536 - 12_000 <= room <= 65_536 - 10_000
