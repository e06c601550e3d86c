"""Every dialect that plansync knows: one file each, one line here; of equal scores the earlier one counts."""

from __future__ import annotations

from plansync.document.dialect import Dialect
from plansync.document.dialects import (
    agent_os,
    ai_dev_tasks,
    backlog_md,
    bmad_story,
    conductor,
    execplan,
    flat_checklist,
    gsd,
    kiro,
    not_a_plan,
    openspec,
    phase_checklist,
    phase_task,
    prose,
    spec_kit,
    status_columns,
    success_criteria,
    superpowers,
    table,
    task_file,
)

DIALECTS: tuple[Dialect, ...] = (
    backlog_md.DIALECT,
    task_file.DIALECT,
    spec_kit.DIALECT,
    superpowers.DIALECT,
    gsd.DIALECT,
    conductor.DIALECT,
    bmad_story.DIALECT,
    execplan.DIALECT,
    success_criteria.DIALECT,
    kiro.DIALECT,
    ai_dev_tasks.DIALECT,
    agent_os.DIALECT,
    openspec.DIALECT,
    phase_task.DIALECT,
    status_columns.DIALECT,
    phase_checklist.DIALECT,
    table.DIALECT,
    flat_checklist.DIALECT,
    not_a_plan.DIALECT,
    prose.DIALECT,
)
