"""Under which name a plan begins: that of its issues where they are there already, else one that is free."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from plansync.model import Base, Kind, Snapshot, State
from plansync.reconcile.merge import shown_state
from plansync.sync.lineage import Traces, beside, other_paths, traces
from plansync.sync.project import Project
from plansync.trackers.base import Record


@dataclass(frozen=True, slots=True)
class Beginning:
    """What a name is looked for with: the plan's side, and the records that are on the tracker."""

    project: Project
    records: Collection[Record]
    local: Snapshot

    def discover(self) -> tuple[str, str]:
        """Find the lineage under which this plan's issues, or its milestones, are there already, and say which.

        Raises: SafetyStop where only a person can tell.
        """
        project = self.project
        lineage, what = self.traces().discover()
        elsewhere = other_paths(self.records, project.path, self.local)
        if not lineage and (gone := [path for path in elsewhere if not project.is_there(path)]):
            former = project.former_paths()
            if ours := [path for path in gone if path in former]:
                lineage, what = self.traces(*ours).discover()
            else:
                tasks = sum(item.kind is Kind.TASK for item in self.local.values())
                self.traces(*gone).require_not_moved(tasks)
        return lineage, what

    def first(self) -> str:
        """Name a plan that has no name yet.

        Two jobs that begin one plan at one moment name it alike, so that the next run finds what both made. A name
        that is known here, or on the tracker, was another beginning's.
        """
        project = self.project
        made = project.first_lineage(sorted(self.local))
        is_free = bool(made) and made not in self.traces().busy and made not in project.claimed
        return made if is_free and project.journal(made).is_new() else project.new_id()

    def beside(self, lineage: str) -> Iterator[str]:
        """Tell of other copies that made issues of the same tasks."""
        project = self.project
        return beside(self.records, lineage, project.path, self.local, project.claimed, project.command)

    def traces(self, *paths: str) -> Traces:
        """Look for what is there of the plan, at its own path where none is named."""
        project = self.project
        return traces(self.records, paths or (project.path,), self.local, project.claimed, project.command)


def is_cut_off(shown: Snapshot, base: Base) -> bool:
    """Say whether a push that had begun made no issue of a task; what is done needs none."""
    if any(i.at is not None for i in base.remote.values() if i.kind is Kind.TASK):
        return False
    tasks = (uid for uid, item in shown.items() if item.kind is Kind.TASK)
    return any(shown_state(shown, uid) is State.TODO for uid in tasks)
