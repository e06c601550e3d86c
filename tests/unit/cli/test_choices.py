"""What the command line offers is what the engine knows: its enums are apart, so that `--help` imports no engine."""

from __future__ import annotations

import json
from pathlib import Path

from plansync.cli.commands import resolve
from plansync.cli.options import AssumeChoice
from plansync.model import Take
from plansync.sync.ways import _GO, WORDS, How

SCHEMA = Path(__file__).parents[3] / "docs" / "schemas" / "run-1.json"


def test_every_way_out_is_offered_told_gone_and_in_the_schema() -> None:
    offered = [how.value for how in resolve.How]
    conflict = json.loads(SCHEMA.read_text(encoding="utf-8"))["properties"]["conflicts"]["items"][
        "properties"
    ]

    assert sorted(offered) == sorted(how.value for how in How)
    assert set(WORDS) == set(_GO) == set(How)
    assert sorted(conflict["how"]["items"]["enum"]) == sorted(offered)


def test_sides_are_those_that_a_choice_knows() -> None:
    assert {side.value for side in resolve.Side} == {take.value for take in Take} - {Take.VALUE.value}
    assert {side.value for side in AssumeChoice} <= {take.value for take in Take}
