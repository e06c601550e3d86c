"""What of an issue's body is ours, and what people wrote around it."""

from __future__ import annotations

import pytest

from plansync.document import block
from plansync.document.block import Content
from plansync.model import Stamp, Uid

OURS = block.render(
    Content("task", "a1b2c3d4", Uid("k3f9a2c"), Stamp(1, "0a1b2c3d", "0a1b2c3d"), "plan.md", "Dig.")
)


@pytest.mark.parametrize("ending", ["\n", "\r\n"])
def test_what_people_wrote_around_the_block_is_all_but_the_block(ending: str) -> None:
    body = f"Before – it.\n\n{OURS.rstrip()}\n\nBehind it.\n".replace("\n", ending)

    assert block.outside(body) == "Before – it.\n\n\n\nBehind it.\n".replace("\n", ending)


@pytest.mark.parametrize(
    "body", ["", "Nobody's.", f"Cut.\n{OURS.replace('<!-- plansync:end -->', '')}", f"{OURS}\n{OURS}"]
)
def test_where_no_block_can_be_read_all_is_peoples(body: str) -> None:
    assert block.outside(body) == body
