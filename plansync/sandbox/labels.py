"""Labels of the embedded tracker, and which issues bear them: pure storage, as `records`.

Trackers differ in when two names are one label: whatever their case (GitHub), or only letter by letter
(GitLab). Both may look at the same records; where a file holds two spellings, the former finds the older.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Final, Literal, Unpack

from plansync.sandbox.database import Database
from plansync.sandbox.kinds import Label, LabelChanges, fold

Told = Literal["folded", "name"]
_COLUMNS: Final = "label.id, label.name, label.color, label.description"


class Labels:
    """The labels of one repository, told apart by their `folded` names or by their very `name`s."""

    def __init__(self, db: Database, by: Told, color: str) -> None:
        self._db, self._by, self._color = db, by, color

    def all(self) -> list[Label]:
        """List all labels by name."""
        rows = self._db.execute(f"SELECT {_COLUMNS} FROM label ORDER BY folded, id")
        return [Label(*row) for row in rows]

    def named(self, name: str) -> Label | None:
        """Read the label that has this name."""
        row = self._db.execute(
            f"SELECT {_COLUMNS} FROM label WHERE {self._by} = ? ORDER BY id", (self.key(name),)
        ).fetchone()
        return Label(*row) if row else None

    def with_id(self, id_: int) -> Label | None:
        """Read the label that has this id."""
        row = self._db.execute(f"SELECT {_COLUMNS} FROM label WHERE id = ?", (id_,)).fetchone()
        return Label(*row) if row else None

    def key(self, name: str) -> str:
        """Give the form in which names compare."""
        return fold(name) if self._by == "folded" else name

    def on(self, issues: Sequence[int]) -> dict[int, tuple[Label, ...]]:
        """Tell which labels each of these issues bears, oldest first."""
        borne: dict[int, tuple[Label, ...]] = dict.fromkeys(issues, ())
        for issue, *label in self._db.execute(
            f"SELECT issue, {_COLUMNS} FROM issue_label JOIN label ON label.id = label"
            " WHERE issue IN (SELECT value FROM json_each(?)) ORDER BY label.id",
            (json.dumps(list(issues)),),
        ):
            borne[issue] += (Label(*label),)
        return borne

    def add(self, name: str, color: str = "", description: str | None = None) -> Label:
        """Make a label, in the tracker's own colour where none is given."""
        with self._db.writing():
            made = Label(self._db.next_id(), name, color or self._color, description)
            self._db.execute(
                "INSERT INTO label VALUES (?, ?, ?, ?, ?)",
                (made.id, name, fold(name), made.color, description),
            )
            return made

    def change(self, label: Label, /, **changes: Unpack[LabelChanges]) -> Label:
        """Write the given fields of one label."""
        fields = {"name": label.name, "color": label.color, "description": label.description, **changes}
        new = Label(label.id, **fields)  # type: ignore[arg-type]  # the mapping of a TypedDict is one of objects
        with self._db.writing():
            self._db.execute(
                "UPDATE label SET name = ?, folded = ?, color = ?, description = ? WHERE id = ?",
                (new.name, fold(new.name), new.color, new.description, new.id),
            )
        return new

    def delete(self, label: Label) -> None:
        """Remove a label, and take it off every issue."""
        with self._db.writing():
            on = self._db.execute("SELECT issue FROM issue_label WHERE label = ?", (label.id,)).fetchall()
            for (issue,) in on:
                self._remove(issue, label)
            self._db.execute("DELETE FROM label WHERE id = ?", (label.id,))

    def put_on(self, issue: int, names: Sequence[str]) -> None:
        """Add labels to an issue, making those that are not there yet."""
        with self._db.writing():
            added = sum(
                self._db.execute(
                    "INSERT OR IGNORE INTO issue_label VALUES (?, ?)",
                    (issue, (self.named(name) or self.add(name)).id),
                ).rowcount
                for name in names
            )
            self._db.touch_if("issue", issue, bool(added))

    def take_off(self, issue: int, name: str) -> bool:
        """Take a label off an issue; say whether it was on it."""
        worn = [each for each in self.on([issue])[issue] if self.key(each.name) == self.key(name)]
        with self._db.writing():
            return sum(self._remove(issue, each) for each in worn) > 0

    def set_on(self, issue: int, names: Sequence[str]) -> None:
        """Make these an issue's only labels."""
        kept = {self.key(name) for name in names}
        with self._db.writing():
            for label in self.on([issue])[issue]:
                if self.key(label.name) not in kept:
                    self._remove(issue, label)
            self.put_on(issue, names)

    def _remove(self, issue: int, label: Label) -> bool:
        removed = self._db.execute(
            "DELETE FROM issue_label WHERE issue = ? AND label = ?", (issue, label.id)
        ).rowcount
        self._db.touch_if("issue", issue, bool(removed))
        return bool(removed)
