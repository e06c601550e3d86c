"""What a dialect is, as data: what carries a phase and a task, which status counts, how to know one.

Nothing here reads a plan; `tree` builds by these tables and `detect` weighs their signs.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

from plansync.document.spans import Shape
from plansync.model import Tick


class Where(Enum):
    """The parts of a file in which a sign is looked for; each is a list of texts."""

    HEADING = "heading"
    GROUP = "group"  # a heading right above boxes at list depth 0
    OUTLINE = "outline"  # a heading `1. …` over a heading `1.1 …` right above boxes, once each
    BOX = "box"  # a box at list depth 0
    NESTED = "nested"  # a box deeper down
    ANY_BOX = "any box"  # at whatever depth, over-indented ones too
    QUOTED = "quoted"  # a box in a block quote
    HIDDEN = "hidden"  # a box line in an over-indented list, which Markdown takes for code
    ITEM = "item"  # a list item without a box
    TEXT = "text"
    CODE = "code"
    HTML = "html"
    CELLS = "cells"  # a table's header or row
    FRONT = "front"  # the front matter, whole
    PATH = "path"  # as given, with slashes


class Counts(Enum):
    """Which carrier says what state a task is in."""

    OWN = "own box"
    STEPS = "steps, or a status line"


@dataclass(frozen=True, slots=True)
class Carrier:
    """What a phase or a task looks like: a block of one shape whose text matches `words`.

    Groups of `words`: `label` (the words and number as written), `id` (the number alone), `title`,
    `box` (a letter in a heading), `tags` (flags behind the number); `label2` and `id2` for a second
    spelling. `levels`: heading levels or list depths; empty for a heading: voted, the level on which the plan
    itself has most of them. `below`: only under a heading that matches. `in_phase`: only within a
    phase. `over_boxes`: only headings right above boxes. `over_numbers`: only headings whose number begins that of a
    task below, `1. …` over `1.1 …`. `takes_bare`: items without a box count too. With
    fewer than `least` matches, where they hold less than `holds` of all boxes, or where less than `numbered` of
    them bear a number, the next carrier is tried.
    """

    shape: Shape
    words: re.Pattern[str]
    levels: tuple[int, ...] = ()
    below: re.Pattern[str] | None = None
    in_phase: bool = False
    over_boxes: bool = False
    over_numbers: bool = False
    takes_bare: bool = False
    least: int = 1
    holds: float = 0.0
    numbered: float = 0.0


@dataclass(frozen=True, slots=True)
class Sign:
    """One thing that speaks for a dialect: at least `least` texts, and `share` of them, match."""

    where: Where
    words: re.Pattern[str]
    weight: float = 1.0
    least: int = 1
    share: float = 0.0


@dataclass(frozen=True, slots=True)
class Dialect:
    """One way of writing plans.

    `phases` and `tasks` are tried in order; the first that the plan has is taken. `needs`: every one
    of these must hold, `any_of`: one at least, `never`: none. `letters` maps box letters beyond blank and x to what
    they mean. `inline`: metadata within a title, meaning and pattern with the group `value`; at a title's end
    it is left out of the title. `milestones`:
    what becomes a milestone by default, each "phase" or the whole "plan". `is_plan`: not for what is no plan at all.
    `has_stars`: its tool marks optional boxes with a star. `has_tags`: its tool writes tasks as HTML tags.
    `has_boxes_in_cells`: a box in a table is a task's.
    """

    name: str
    tasks: tuple[Carrier, ...]
    phases: tuple[Carrier, ...] = ()
    state: Counts = Counts.OWN
    milestones: str = "plan"
    is_written: bool = True
    is_plan: bool = True
    has_stars: bool = False
    has_tags: bool = False
    has_boxes_in_cells: bool = False
    letters: Mapping[str, Tick] = field(default_factory=dict)
    inline: tuple[tuple[str, re.Pattern[str]], ...] = ()
    needs: tuple[Sign, ...] = ()
    any_of: tuple[Sign, ...] = ()
    never: tuple[Sign, ...] = ()
    signs: tuple[Sign, ...] = ()
