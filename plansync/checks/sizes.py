"""What is too long for a tracker."""

from __future__ import annotations

from collections.abc import Iterator

from plansync.checks.context import Context
from plansync.checks.finding import Finding
from plansync.document.spans import Span
from plansync.document.tree import Role
from plansync.model import OVERVIEW, TITLE_MAX, Field, Uid, steps_of, text_of

BODY_MAX = 65_536
"""Characters of an issue's text. Source: what GitHub's API refuses beyond."""

_WHOSE = "GitHub's limit; GitLab's is 1,048,576"

_FRAME = 600  # the two comment lines, the link, the names of the metadata lines
_PER_STEP = 12  # bullet, box, line end, some nesting


def long_title(context: Context) -> Iterator[Finding]:
    """Find titles that a tracker is given cut."""
    for _, node in context.tasks:
        title = context.document.title_of(node)
        if len(title) > TITLE_MAX:
            message = f"{len(title)} characters; the issue's title is cut at {TITLE_MAX}"
            yield context.finding("PLAN501", node.title, message)


def long_body(context: Context) -> Iterator[Finding]:
    """Find tasks, and success criteria with risks, that no issue can hold; reckoned, not rendered."""
    for index, uid in context.view.uids.items():
        node = context.document.nodes[index]
        size = _size(context, uid) if node.role is Role.TASK else 0
        if size > BODY_MAX:
            message = f"about {size:,} characters; an issue takes {BODY_MAX:,} ({_WHOSE})"
            yield context.finding("PLAN502", node.title, message)
    size = _size(context, OVERVIEW)
    if size > BODY_MAX:
        message = f"criteria and risks have about {size:,} characters; the overview issue takes {BODY_MAX:,} ({_WHOSE})"
        yield context.finding("PLAN502", context.document.title or Span(0, 0), message)


def _size(context: Context, uid: Uid) -> int:
    item = context.view.items[uid]
    own = sum(len(text_of(item, name)) for name in (Field.PROSE, Field.REQUIREMENTS, Field.ESTIMATE))
    return (
        _FRAME + own + sum(len(text_of(s, Field.TEXT)) + _PER_STEP for s in steps_of(context.view.items, uid))
    )
