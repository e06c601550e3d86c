"""`task-file`: one task a file, its state in front matter or in a line of keys."""

from __future__ import annotations

from plansync.document.dialect import Carrier, Dialect, Where
from plansync.document.dialects.parts import ANYTHING, sign
from plansync.document.spans import Shape

DIALECT = Dialect(
    name="task-file",
    tasks=(Carrier(Shape.FILE, ANYTHING),),
    is_written=False,
    signs=(
        sign(Where.FRONT, r"^status\s*:", 0.5),
        sign(Where.FRONT, r"^(?:dependencies|depends_on|depends)\s*:", 0.5),
        sign(Where.HEADING, r"^(?:sub-?tasks|子任务|子任務|subtareas|サブタスク|подзадачи)$", 0.4),
        sign(Where.GROUP, r"^#+\s+(?:progress|进度|進捗)$", 0.3),
        sign(Where.HEADING, r"^(?:description|描述|説明)$", 0.15),
        sign(Where.PATH, r"(?:^|/)(?:tasks?|todos|backlog)/(?:[^/]+/)+(?!_?tasks\.md)[^/]+\.md$", 0.38),
    ),
)
