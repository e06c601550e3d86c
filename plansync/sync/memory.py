"""A plan's state file in one run: read, held against the plan and its place, and written."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from plansync.errors import SafetyStop, StoreError, Unreadable
from plansync.model import Note, Uid
from plansync.store import state
from plansync.store.files import digest
from plansync.store.state import Saved
from plansync.sync import place
from plansync.sync.project import Project


class Memory:
    """What was remembered of a plan when the run began.

    `saved`: what the state file says, `None` where there is none that can be read; `damage`: why not. `digest`: of
    the file as it is now. `refusal`: what is said where the place is another one; it holds unless that is the same
    one under a new name. `kept_as`: where the file as it was is kept, empty where it is not.
    """

    def __init__(self, project: Project, *, is_rebuilding: bool) -> None:
        """Read the state file. Raises: StoreError where it cannot be used."""
        self.project = project
        self.saved: Saved | None = None
        self.damage = self.kept_as = ""
        self.refusal: StoreError | None = None
        raw = project.files.read_state()
        self.digest = digest(raw)
        try:
            text = raw.decode("utf-8", "replace")
            name = f"the state file of {project.path}"
            self.saved = state.load(text, name, project.typed) if raw else None
        except StoreError as error:
            if not (is_rebuilding or isinstance(error, Unreadable)):
                raise
            self.damage = str(error).partition(";")[0]

    def require_own(self, lineage: str) -> None:
        """Refuse a state file of another plan. Raises: SafetyStop."""
        if self.saved is not None and self.saved.lineage != lineage:
            said, command = self.saved.lineage, self.project.command
            raise SafetyStop(
                f"the plan's last line says plan={lineage}, its state file says {said}: they belong to "
                f"different plans. If the state file is right: `{command('lineage', '--take', said)}`. "
                f"If the plan is: `{command('lineage', '--take', lineage)}`"
            )

    def compare_place(self) -> None:
        """Hold the place that the plan was synced with against the one that is named now.

        Raises: StoreError where it is another one, and cannot be the same one under a new name.
        """
        saved, project = self.saved, self.project
        if saved is None or saved.target is None or saved.target == project.target:
            return
        self.refusal = StoreError(
            f"this plan is synced with {saved.target}, not with {project.target}; one plan has one target. "
            f"Name that one; or begin anew at the other: `{project.command('retarget', *project.flags)}`"
        )
        if not place.is_maybe_renamed(saved, project.target):
            raise self.refusal

    def unknown(self) -> Iterator[Note]:
        """Tell of the items whose lines cannot be read."""
        for uid in self.saved.unknown if self.saved else ():
            text = f"the state file's lines of {uid} cannot be read; the item is compared anew"
            yield Note(Uid("") if " " in uid else uid, text)

    def keep_aside(self) -> None:
        """Keep the file as it is under another name, before it is replaced."""
        self.kept_as = self.kept_as or self.project.files.keep_state_aside("bad")

    def write(self, saved: Saved, run: str, expect: Callable[[str, str, str], None]) -> None:
        """Write the state file; one of which not all could be read is kept. `expect` is told both digests before."""
        content = state.dump(saved)
        if self.damage or (self.saved and self.saved.unknown):
            self.keep_aside()
        expect(run, self.digest, digest(content))
        self.project.files.write_state(content)
        self.digest = digest(content)
