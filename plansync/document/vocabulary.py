"""The words of plans in the languages they are written in: tables, a language a row.

How a word must stand to count is the business of the dialects and the readers.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple

PHASE_WORDS = (
    "phase|week|sprint|day|milestone|module|iteration|stage|part|option|étape|etape|semaine|fase|semana|etapa|hito|"
    "marco|woche|etappe|meilenstein|abschnitt|этап|фаза|неделя|спринт|веха|フェーズ|フェイズ|段階|ステージ|スプリント|"
    "阶段|階段|里程碑|단계|스프린트|마일스톤"
)
"""Words that make a heading with a number a phase."""

HIGH_RISK = re.compile(
    r"\W*(?:high|critical|hoch|élevée?|eleve|haut|alt[oa]|высокий|高|높음)(?!\w)", re.IGNORECASE
)
"""How the value of a risk line begins that says: of high risk."""

TASK_WORDS = (
    "task|story|epic|item|ticket|feature|tâche|tache|tarea|historia|tarefa|história|aufgabe|задача|история|"
    "タスク|ストーリー|作業|任务|任務|작업|태스크|과제"
)
"""Words that make a heading with a number a task."""

_KEYS: Mapping[str, Mapping[str, str]] = {
    "en": {
        "requirements": "requirements|required|prerequisites|validates",
        "estimate": "estimated time|estimated effort|estimated duration|estimate|est|effort|time|duration|timeline|"
        "size|story points|points",
        "depends": "dependencies|depends on|depends|dependency|blocked by|requires",
        "blocks": "blocks|blocking",
        "priority": "priority",
        "status": "status|state",
        "owner": "owner|assignee|assigned to|assigned",
        "labels": "labels|tags|label|tag",
        "risk": "risk|risk level",
        "due": "due|due date|deadline|target date",
        "issue": "issue",
        "completion": "completion",
        "current_phase": "current phase",
        "implementation_status": "implementation status",
        "last_updated": "last updated",
        "next_review": "next review",
        "total_time": "total estimated time|total estimated effort|total estimated duration|total time|total effort",
        "total_tasks": "number of tasks|total tasks",
        "critical_path": "critical path",
        "high_risk": "high risk tasks|high-risk tasks|high risk",
    },
    "zh": {
        "requirements": "需求|前提|前提条件|要求",
        "estimate": "预计时间|预估时间|预计工时|工时|估时|時間|预计耗时|時程",
        "depends": "依赖|依赖关系|依賴|依賴關係|前置任务",
        "priority": "优先级|優先級|优先度",
        "status": "状态|狀態",
        "owner": "负责人|負責人",
        "labels": "标签|標籤",
        "risk": "风险|風險",
        "completion": "完成度|进度|进展",
        "current_phase": "当前阶段",
        "implementation_status": "实施状态",
        "last_updated": "最后更新|最近更新",
        "total_time": "总时间|总工时|总预计时间",
        "total_tasks": "任务数|任务总数",
        "critical_path": "关键路径",
        "high_risk": "高风险任务",
    },
    "ja": {
        "requirements": "要件",
        "estimate": "推定工数|見積もり|見積り|見積|所要時間|工数|期間",
        "depends": "依存関係|依存|依存タスク",
        "priority": "優先度",
        "status": "ステータス|状態",
        "owner": "担当|担当者",
        "labels": "ラベル|タグ",
        "risk": "リスク",
        "completion": "完了率|進捗",
        "current_phase": "現在のフェーズ",
        "implementation_status": "実装状況",
        "last_updated": "最終更新",
        "total_time": "合計時間|総工数",
        "total_tasks": "タスク数",
        "critical_path": "クリティカルパス",
        "high_risk": "高リスクタスク",
    },
    "ko": {
        "requirements": "요구사항|요구 사항",
        "estimate": "예상 시간|예상 소요 시간|소요 시간|예상시간|기간|공수|추정",
        "depends": "의존성|의존 관계|선행 작업|종속성",
        "priority": "우선순위|우선 순위",
        "status": "상태",
        "owner": "담당자|담당",
        "labels": "레이블|라벨|태그",
        "risk": "위험",
        "completion": "진행률|완료율",
        "current_phase": "현재 단계",
        "implementation_status": "구현 상태",
        "last_updated": "최종 수정|마지막 업데이트",
        "total_time": "총 예상 시간|총 시간",
        "total_tasks": "작업 수|총 작업 수",
        "critical_path": "주 경로|크리티컬 패스",
        "high_risk": "고위험 작업",
    },
    "ru": {
        "requirements": "требования",
        "estimate": "оценка времени|оценка|время|срок|длительность|трудоёмкость|трудоемкость",
        "depends": "зависимости|зависит от",
        "blocks": "блокирует",
        "priority": "приоритет",
        "status": "статус|состояние",
        "owner": "ответственный|исполнитель",
        "labels": "метки|теги",
        "risk": "риск",
        "completion": "готовность|прогресс",
        "current_phase": "текущая фаза|текущий этап",
        "implementation_status": "статус реализации",
        "last_updated": "обновлено|последнее обновление",
        "total_time": "общее время|общая оценка",
        "total_tasks": "количество задач|всего задач",
        "critical_path": "критический путь",
        "high_risk": "задачи высокого риска",
    },
    "de": {
        "requirements": "anforderungen|voraussetzungen",
        "estimate": "geschätzte zeit|zeitschätzung|schätzung|aufwand|dauer",
        "depends": "abhängigkeiten|abhängig von|hängt ab von",
        "blocks": "blockiert",
        "priority": "priorität",
        "status": "zustand",
        "owner": "verantwortlich|zuständig",
        "risk": "risiko",
        "due": "fällig|fällig am|termin|frist",
        "completion": "fortschritt",
        "current_phase": "aktuelle phase",
        "implementation_status": "umsetzungsstatus",
        "last_updated": "zuletzt aktualisiert",
        "total_time": "gesamtzeit|gesamtaufwand|geschätzte gesamtzeit",
        "total_tasks": "anzahl der aufgaben|anzahl aufgaben",
        "critical_path": "kritischer pfad",
        "high_risk": "aufgaben mit hohem risiko",
    },
    "fr": {
        "requirements": "exigences|prérequis",
        "estimate": "temps estimé|estimation|durée|charge",
        "depends": "dépendances|dépend de",
        "blocks": "bloque",
        "priority": "priorité",
        "status": "statut|état",
        "owner": "responsable",
        "labels": "étiquettes",
        "risk": "risque",
        "completion": "progression|avancement",
        "current_phase": "phase actuelle",
        "implementation_status": "statut de mise en œuvre",
        "last_updated": "dernière mise à jour",
        "total_time": "temps total|temps total estimé",
        "total_tasks": "nombre de tâches",
        "critical_path": "chemin critique",
        "high_risk": "tâches à haut risque|tâches à risque élevé",
    },
    "es": {
        "requirements": "requisitos|requerimientos",
        "estimate": "tiempo estimado|estimación|duración|esfuerzo",
        "depends": "dependencias|depende de",
        "blocks": "bloquea",
        "priority": "prioridad",
        "status": "estado",
        "labels": "etiquetas",
        "risk": "riesgo",
        "completion": "progreso|avance",
        "current_phase": "fase actual",
        "implementation_status": "estado de implementación",
        "last_updated": "última actualización",
        "total_time": "tiempo total|tiempo total estimado",
        "total_tasks": "número de tareas|total de tareas",
        "critical_path": "ruta crítica|camino crítico",
        "high_risk": "tareas de alto riesgo",
    },
    "pt": {
        "estimate": "tempo estimado|estimativa|duração|esforço",
        "depends": "dependências",
        "blocks": "bloqueia",
        "priority": "prioridade",
        "status": "situação",
        "owner": "responsável",
        "risk": "risco",
        "completion": "conclusão|progresso",
        "current_phase": "fase atual",
        "implementation_status": "status da implementação",
        "last_updated": "última atualização",
        "total_time": "tempo total|tempo total estimado",
        "total_tasks": "número de tarefas|total de tarefas",
        "critical_path": "caminho crítico",
        "high_risk": "tarefas de alto risco",
    },
}

_STATES = {
    "done": "done|complete|completed|finished|closed|shipped|✅|✔|✓|:white_check_mark:|"
    "完了|完了済|完了済み|済|済み|已完成|完成|hecho|hecha|"
    "completado|completada|terminado|concluído|concluída|feito|terminé|terminée|fait|fertig|erledigt|abgeschlossen|"
    "готово|выполнено|завершено|сделано|완료|완료됨",
    "dropped": "dropped|cancelled|canceled|won't do|wont do|obsolete|skipped|abandoned|rejected|中止|取消|已取消|放弃|"
    "cancelado|cancelada|descartado|descartada|abandonné|abandonnée|annulé|annulée|abgebrochen|verworfen|entfällt|"
    "отменено|отменена|취소|취소됨|폐기",
    "todo": "todo|to do|not started|pending|open|planned|in progress|started|blocked|ready|proposed|draft|active|🔄|🚧|"
    "⏳|📋|未着手|進行中|着手中|未开始|进行中|待办|待处理|规划中|pendiente|en progreso|en curso|pendente|em andamento|"
    "não iniciado|à faire|en cours|non commencé|offen|in arbeit|begonnen|nicht begonnen|не начато|в работе|в процессе|"
    "запланировано|시작 전|진행 중|진행중|대기|예정",
}


class Status(NamedTuple):
    """How a language writes a status line: its key, and the words for the three states.

    `completed` and `cancelled` go into a line of the author's, which must never be taken for one of ours:
    ours goes away when the boxes say it again, the author's stays.
    """

    key: str
    todo: str
    done: str
    dropped: str
    completed: str
    cancelled: str


STATUS: Mapping[str, Status] = {
    "en": Status("Status", "In Progress", "Done", "Dropped", "Completed", "Cancelled"),
    "zh": Status("状态", "进行中", "已完成", "已取消", "完成", "取消"),
    "ja": Status("ステータス", "進行中", "完了", "中止", "完了済み", "取消"),
    "ko": Status("상태", "진행 중", "완료", "취소", "완료됨", "취소됨"),
    "ru": Status("Статус", "В работе", "Готово", "Отменено", "Выполнено", "Отменена"),
    "de": Status("Status", "In Arbeit", "Erledigt", "Verworfen", "Abgeschlossen", "Abgebrochen"),
    "fr": Status("Statut", "En cours", "Terminé", "Abandonné", "Fait", "Annulé"),
    "es": Status("Estado", "En progreso", "Hecho", "Descartado", "Completado", "Cancelado"),
    "pt": Status("Status", "Em andamento", "Concluído", "Cancelado", "Feito", "Descartado"),
}
"""The status line that plansync writes into a plan of that language."""

_CRITERIA = (
    r"(?:overall\s+|final\s+)?(?:success|acceptance|done|exit|completion)\s+criteria|definition\s+of\s+done|成功基準|"
    r"受け入れ基準|受入基準|完了条件|成功标准|验收标准|完成标准|驗收標準|criterios\s+de\s+(?:éxito|aceptación)|"
    r"critérios\s+de\s+(?:sucesso|aceitação)|critères\s+(?:de\s+(?:succès|réussite)|d['’]acceptation)|erfolgskriterien|"
    r"abnahmekriterien|критерии\s+(?:успеха|приёмки|приемки|готовности)|성공\s*기준|완료\s*기준|인수\s*기준"
)
_RISKS = r"risks?|リスク|风险|風險|riesgos?|riscos?|risques?|risiken|риски|위험|리스크"
CRITERIA = re.compile(rf"\W*(?:{_CRITERIA}).*", re.IGNORECASE | re.DOTALL)
"""Headings of a section whose boxes judge the whole plan."""

RISKS = re.compile(rf"\W*(?:{_RISKS})(?![a-zà-ÿа-я]).*", re.IGNORECASE | re.DOTALL)
"""Headings of a section that lists risks."""

NUMBER = (
    r"(?:\d+(?:[.\-]\d+)*[a-z]?(?![^\W\d_])|(?<=[\s#-])(?-i:[IVXLC]+(?:[.\-]\d+)*(?!\w)|[A-Z]\d*(?:[.\-]\d+)*(?!\w))|"
    r"[一二三四五六七八九十百]+(?:[.\-]\d+)*)"
)
"""An id as plans write it: `2`, `2.1`, `1-1`, `8.6a`, `II-1.2`, `A`, `A1`, `三`."""


def _meanings(table: Mapping[str, str]) -> dict[str, str]:
    return {word: meaning for meaning, words in table.items() for word in words.split("|")}


_BY_LANGUAGE = {language: _meanings(table) for language, table in _KEYS.items()}

KEYS: Mapping[str, str] = {word: m for table in reversed(_BY_LANGUAGE.values()) for word, m in table.items()}
"""A metadata key (case folded, inner blanks one) → what it means."""

LANGUAGE: Mapping[str, str] = {w: lang for lang in reversed(_BY_LANGUAGE) for w in _BY_LANGUAGE[lang]}
"""The same keys → the language that uses them; a word of several languages counts for the first."""

STATES: Mapping[str, str] = _meanings(_STATES)
"""The words with which a status value begins (case folded) → todo, done or dropped."""
