"""What the letter in a box means: blank and x everywhere, others by dialect, legend or settings."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from plansync.document import vocabulary
from plansync.document.spans import Block, Shape
from plansync.model import State, Tick

STARTED: Mapping[str, Tick] = {"~": Tick.OPEN, "/": Tick.OPEN, "-": Tick.OPEN}
"""Begun, not finished: open for merging, the letter is kept."""

_TICKS = {State.DONE.value: Tick.TICKED, State.DROPPED.value: Tick.DROPPED, State.TODO.value: Tick.OPEN}
_ODD = re.compile(r"[^\w\s]|[vVcC_]")
_LEGEND = re.compile(
    r"`?\[([^\]\s\w]|[vVcC_])\]`?[ \t]*+(?:\*\*[ \t]*+)?(?:[:：=]|[-–—]++>?|→|means|is|\|)"
    r"[ \t]*+(?:\*\*[ \t]*+)?([^|\r\n,;.()]+)"
)


def tick_of_letter(letter: str, letters: Mapping[str, Tick]) -> Tick | None:
    """Say what a letter means; `None` where such brackets are no box, as in `[P]` or `[1]`.

    A sign that nothing explains is a box that counts as open.
    """
    if letter in ("x", "X"):
        return Tick.TICKED
    if letter.isspace():
        return Tick.OPEN
    return letters.get(letter) or (Tick.OPEN if _ODD.fullmatch(letter) else None)


def is_struck(text: str) -> bool:
    """Say whether a text is struck through as a whole."""
    return len(text) > 4 and text.startswith("~~") and text.endswith("~~") and "~~" not in text[2:-2]


def legend(source: bytes, blocks: Sequence[Block]) -> dict[str, Tick]:
    """Read what the plan itself says of its letters, such as `[-]: dropped`."""
    found: dict[str, Tick] = {}
    shapes = (Shape.TEXT, Shape.ITEM, Shape.ROW, Shape.TABLE)
    for block in blocks:
        if (
            block.shape in shapes
            and not block.box
            and b"[" in (raw := source[block.text.start : block.text.end])
        ):
            for letter, words in _LEGEND.findall(raw.decode("utf-8")):
                if (tick := _meaning(words)) is not None:
                    found.setdefault(letter, tick)
    return found


def _meaning(words: str) -> Tick | None:
    bare = re.sub(r"^\W+", "", words).strip().casefold().replace("_", " ")
    for word in sorted(vocabulary.STATES, key=len, reverse=True):
        if bare.startswith(word) and not re.match(r"\s*\w", bare[len(word) :]):
            return _TICKS[vocabulary.STATES[word]]
    return None
