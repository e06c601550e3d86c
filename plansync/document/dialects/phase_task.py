"""`phase-task`: `## Phase N: Title` over `### Task N.M: Title` over metadata lines and boxes."""

from __future__ import annotations

import re

from plansync.document.dialect import Carrier, Dialect
from plansync.model import Tick

_NUMBER = r"(?:\d+(?:[.\-]\d+)*[a-z]?|[IVXLC]+(?:[.\-]\d+)*|[一二三四五六七八九十]+)"
_BEFORE = r"(?:[^\w\[#]+\s*)?"
_AFTER = r"(?:\s*[:：.)）]\s*|\s+[-–—]+\s*|\s+|$)"
_PHASE_WORDS = (
    "phase|week|sprint|day|milestone|module|iteration|stage|part|étape|fase|этап|фаза|woche|semaine|"
    "フェーズ|阶段|階段|단계|ステージ"
)
_TASK_WORDS = "task|story|epic|step|item|ticket|tâche|tarea|tarefa|aufgabe|задача|タスク|任务|任務|작업"

_PHASE = re.compile(
    rf"{_BEFORE}(?P<label>(?:{_PHASE_WORDS})\s*#?(?P<id>{_NUMBER})){_AFTER}(?P<title>.*)", re.IGNORECASE
)
_TASK = re.compile(
    rf"{_BEFORE}(?:(?P<label>(?:(?:{_TASK_WORDS})[\s\-]*#?|T-?)(?P<id>{_NUMBER})){_AFTER}"
    r"|(?P<label2>(?P<id2>\d+(?:\.\d+)+))[.:)]?\s+)(?P<title>.*)",
    re.IGNORECASE,
)

_KEYS = {
    "requirements": "requirements required prerequisites",
    "estimate": "estimated-time estimated-effort estimated-duration estimate effort time duration timeline "
    "推定工数 temps-estimé 预计时间",
    "depends": "dependencies depends-on depends dependency blocked-by 依存関係 依赖 dépendances",
    "priority": "priority 優先度 优先级 priorité",
    "status": "status state ステータス 状态 statut estado",
    "owner": "owner assignee assigned-to 负责人",
    "issue": "issue",
    "completion": "completion",
    "current_phase": "current-phase",
    "implementation_status": "implementation-status",
    "last_updated": "last-updated",
    "next_review": "next-review",
    "total_time": "total-estimated-time total-estimated-effort total-estimated-duration",
    "total_tasks": "number-of-tasks total-tasks",
    "critical_path": "critical-path",
    "high_risk": "high-risk-tasks high-risk",
}

_STATES = {
    "done": "done complete completed finished ✅ 完了 已完成 terminé erledigt",
    "dropped": "dropped cancelled canceled wont-do won't-do obsolete skipped",
    "todo": "todo to-do not-started pending open planned in-progress started blocked ready 未着手 進行中 未开始 进行中",
}


def _by_word(table: dict[str, str]) -> dict[str, str]:
    return {word.replace("-", " "): meaning for meaning, words in table.items() for word in words.split()}


DIALECT = Dialect(
    name="phase-task",
    phase=Carrier(_PHASE),
    task=Carrier(_TASK),
    criteria=re.compile(r"\W*(?:overall\s+)?(?:success|acceptance|done)\s+criteria\b.*", re.IGNORECASE),
    risks=re.compile(r"\W*risks?\b.*", re.IGNORECASE),
    keys=_by_word(_KEYS),
    states=_by_word(_STATES),
    letters={"~": Tick.OPEN, "/": Tick.OPEN, "-": Tick.OPEN},
)
