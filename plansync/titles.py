"""What stands around a task's title in its issue's: a template, such as `{number}: {title}`, filled in for each task.

Filled in but for the title it is a *frame*. A frame flows from the plan to the tracker only; what a person makes of
it there is told apart from the title, so that renaming an issue renames the task and nothing else does.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from plansync.text import cut, one_line

PLAIN = "{title}"
"""The template, and the frame, of a title that stands alone."""

_PLACES = ("title", "number", "phase", "plan")
_PLACE = re.compile(r"\{(title|number|phase|plan)\}")
_BRACED = re.compile(r"\{([^{}]*)\}")
_NUMBER = r"[^\W\d_]{0,12}[ #-]?\d[\w.-]*"
_PART_MAX = 60
"""Characters of a phase's or a plan's title in a frame: the task's own has to have room."""
_TITLE_MIN = 40


def problem(template: str) -> str:
    """Say what is wrong with a template, empty where nothing is."""
    unknown = [name for name in _BRACED.findall(template) if name not in _PLACES]
    if unknown:
        return f"{{{unknown[0]}}} is none of {{title}}, {{number}}, {{phase}}, {{plan}}"
    if template.count(PLAIN) != 1:
        return "{title} must stand in it once"
    if len(_PLACE.sub("", template)) > _PART_MAX:
        return f"it may have {_PART_MAX} characters besides what is filled in"
    return ""


def frame(template: str, number: str, phase: str, plan: str) -> str:
    """Fill in all but the title; where there is nothing to fill in, what parts it from the title goes too."""
    values = {"number": number, "phase": phase, "plan": plan}
    parts = _PLACE.split(one_line(template))  # literal, name, literal, name, …, literal
    at = parts.index("title")
    for index in range(1, len(parts), 2):
        value = cut(one_line(values.get(parts[index], PLAIN)), _PART_MAX).replace(PLAIN, "title")
        if index != at and not value:
            parts[index + 1 if index < at else index - 1] = ""
        parts[index] = PLAIN if index == at else value
    return "".join(parts).strip()


def put(around: str, title: str, limit: int) -> str:
    """Write an issue's title: one line, the task's own part cut at a word where it is too long."""
    before, _, behind = around.partition(PLAIN)
    return f"{before}{cut(one_line(title), room(around, limit))}{behind}"


def room(around: str, limit: int) -> int:
    """Say how many characters of a title a frame leaves."""
    return max(_TITLE_MIN, limit - len(around) + len(PLAIN))


def taken(
    text: str, template: str, frames: Iterable[str], titles: Iterable[str], limit: int
) -> tuple[str, str]:
    """Part an issue's title into its frame and the task's title, which is given whole where it was cut.

    `frames`: how it was, or is to be, written; `titles`: the task's, as the plan has or had it. What fits neither is
    a title without a frame, unless only a number that nobody wrote stands around it.
    """
    known, filled = dict.fromkeys(titles), dict.fromkeys(frames)
    has_none = PLAIN in filled
    for around in filled if template == PLAIN else (each for each in filled if each != PLAIN):
        before, _, behind = around.partition(PLAIN)
        if text.startswith(before) and text.endswith(behind) and len(text) > len(before) + len(behind):
            part = text[len(before) : len(text) - len(behind)]
            return around, _whole(part, known, room(around, limit))
    before, _, behind = template.partition(PLAIN)
    for title, whole in ((part, each) for each in known for part in (each, *_cuts(each, text))):
        if title and (around := _around(text, title, before, behind)):
            return around, whole
    if not has_none and (found := _numbered(text, before, behind)):
        return f"{text[: found.start('title')]}{PLAIN}{text[found.end('title') :]}", found["title"]
    return PLAIN, _whole(text, known, limit)


def _whole(part: str, known: Iterable[str], limit: int) -> str:
    """Give the title that was cut to this, or the part itself."""
    if not part.endswith("…"):
        return part
    return next((title for title in known if title != part and cut(one_line(title), limit) == part), part)


def _cuts(title: str, text: str) -> Iterator[str]:
    """Give the title as it is cut in a text, if it is."""
    if text.endswith("…") and len(title) > _TITLE_MIN:
        begin = text.find(one_line(title)[:_TITLE_MIN])
        if begin >= 0 and one_line(title).startswith(text[begin:-1]):
            yield text[begin:]


def _around(text: str, title: str, before: str, behind: str) -> str:
    """Find a known title in a text whose frame somebody changed; empty where it is not there in that way."""
    at = text.rfind(title)
    if at < 0:
        return ""
    first, last = text[:at], text[at + len(title) :]
    if _is_edited(first, before, is_before=True) and _is_edited(last, behind, is_before=False):
        return f"{first}{PLAIN}{last}"
    return ""


def _is_edited(now: str, template: str, *, is_before: bool) -> bool:
    """Say whether a person may have made this of one side of a frame: nothing, or with the sign next to the title."""
    if not now:
        return True
    pieces = _PLACE.split(template)
    sign = pieces[-1] if is_before else pieces[0]
    if len(pieces) == 1 or not (now.endswith(sign) if is_before else now.startswith(sign)):
        return False
    return pieces[1::2] != ["number"] or bool(re.search(r"\d", now))


def _numbered(text: str, before: str, behind: str) -> re.Match[str] | None:
    """Find a title in a frame of which only a number was filled in."""
    sides = [_PLACE.split(side) for side in (before, behind)]
    if any(name != "number" for pieces in sides for name in pieces[1::2]) or not any(
        len(s) > 1 for s in sides
    ):
        return None
    first, last = (
        "".join(_NUMBER if i % 2 else re.escape(piece) for i, piece in enumerate(pieces)) for pieces in sides
    )
    return re.fullmatch(rf"{first}(?P<title>.+){last}", text)
