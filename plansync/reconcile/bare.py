"""A record that the plan knows and that bears no block (a milestone: no mark) of ours: it gets one."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Bare:
    """What such a record is to get besides.

    `labels`: those of ours that it lacks. `is_loose`: it is in no milestone at all, so it is put into its
    phase's. `is_new`: the plan has no task for it yet, so it gets one.
    """

    labels: tuple[str, ...] = ()
    is_loose: bool = False
    is_new: bool = False
