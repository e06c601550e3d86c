"""Three state files in, one out: what git asks of a merge driver, by item and by field.

Every field that only one side changed is that side's. Where both changed it differently, the record
with the higher `rev` has it: its copy saw more of the issue's writes. Where neither is ahead the field
becomes unknown, which costs a question at most: a next run compares the two sides anew.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from plansync.errors import StoreError
from plansync.model import Base, Uid
from plansync.store import state
from plansync.store.header import NO_CONFIG, Header
from plansync.store.state import Content, Record

_OWN_RULE = ("kind", "crc", "told", "rev", "op", "ref", "node", "steps", "implied", "step")
_PLACE = ("ref", "node")
_ABSENT: Any = object()
_TORN: Any = object()


class Unmergeable(StoreError):
    """Two state files that belong to different plans, or to different targets."""


class Merged(NamedTuple):
    """The merged file, and the names of the items that are unknown in it, or in part."""

    content: bytes
    unknown: tuple[str, ...]


def merge(ancestor: str, ours: str, theirs: str, file: str = "") -> Merged:
    """Merge two state files that come from a third, which may be empty; `file` names them in messages.

    The line ends are those of `ours`. Raises: StoreError where one of the two cannot be read; Unmergeable.
    """
    name = file or "the state file"
    here, there = state.take_apart(ours, name), state.take_apart(theirs, f"{name} of the other branch")
    then = _ancestor(ancestor, name)
    header = _header(then.header if then else None, here.header, there.header, file)
    records: dict[str, Record] = {}
    unknown = {u: None for c in (here, there) for u in c.unknown}
    for uid in {**here.records, **there.records}:
        versions = (c.records.get(uid) if c else None for c in (then, here, there))
        merged = _Item(*versions, is_torn=uid in unknown).merged(uid)
        if merged.record:
            records[uid] = merged.record
        if merged.is_whole:
            unknown.pop(uid, None)
        else:
            unknown[uid] = None
    content = state.put_together(header, records)
    return Merged(content.replace(b"\n", b"\r\n") if "\r\n" in ours else content, tuple(unknown))


def _ancestor(text: str, name: str) -> Content | None:
    """Read the common ancestor; one that cannot be read counts as none: then more is unknown, nothing wrong."""
    try:
        return state.take_apart(text, name) if text.strip() else None
    except StoreError:
        return None


def _header(then: Header | None, here: Header, there: Header, file: str) -> Header:
    """Merge two first lines.

    Raises: Unmergeable where they are of two plans, or of two targets.
    """
    name, path = file or "the state file", file or "FILE"
    for of, one, other in (("plan", here.lineage, there.lineage), ("target", here.target, there.target)):
        if one != other:
            raise Unmergeable(
                f"{name} has the {of} {one or 'of nobody'} on one side and {other or 'of nobody'} on the other; keep "
                f"one file whole: git checkout --ours {path}, or git checkout --theirs {path}"
            )
    old = then or Header(here.lineage)
    return Header(
        here.lineage,
        _three(old.path, here.path, there.path, here.path),
        here.target,
        _three(old.config, here.config, there.config, NO_CONFIG),
        _three(old.form, here.form, there.form, here.form),
        _three(old.repository, here.repository, there.repository, ""),
        _three(old.lacks, here.lacks, there.lacks, here.lacks & there.lacks),
    )


def _three(old: Any, ours: Any, theirs: Any, torn: Any = _TORN) -> Any:
    """Take the value of the side that changed it; `torn` where both did, differently."""
    if ours == theirs or theirs == old:
        return ours
    return theirs if ours == old else torn


class _Result(NamedTuple):
    """One item merged. `is_whole`: nothing of it became unknown."""

    record: Record | None
    is_whole: bool = True


class _Item:
    """One item in three versions. `is_torn`: a version is missing because its lines cannot be read."""

    def __init__(
        self, old: Record | None, ours: Record | None, theirs: Record | None, *, is_torn: bool
    ) -> None:
        self.old, self.ours, self.theirs, self.is_torn = old, ours, theirs, is_torn

    def merged(self, uid: str) -> _Result:
        """Merge the item."""
        ours, theirs = self.ours, self.theirs
        if ours is None or theirs is None:
            only = ours or theirs
            is_removed = only == self.old and not self.is_torn
            return _Result(None if is_removed else only)
        found = _three(self.old, ours, theirs)
        return _Result(found) if found is not _TORN else _Fields(self.old or {}, ours, theirs).merged(uid)


class _Fields:
    """One item that both sides changed, field by field."""

    def __init__(self, old: Record, ours: Record, theirs: Record) -> None:
        self.old, self.ours, self.theirs = old, ours, theirs
        lead = ours.get("rev", 0) - theirs.get("rev", 0)
        self.ahead: Record | None = ours if lead > 0 else theirs if lead < 0 else None
        self.is_whole = True

    def merged(self, uid: str) -> _Result:
        """Merge all fields and write them as a state file does."""
        values = {"kind": self.ours["kind"], **self._place(), **self._writes(), **self._steps()}
        for key in dict.fromkeys((*self.ours, *self.theirs)):
            if key not in _OWN_RULE and (value := self._value(key)) is not _ABSENT:
                values[key] = value
        told = _three(
            *self._versions("told"), _ABSENT
        )  # what was told is no memory: at worst it is told again
        values |= {} if told is _ABSENT else {"told": told}
        base = Base({}, {}, {})
        if not state.restore(base, uid, state.sealed(uid, values)):
            return _Result(None, is_whole=False)
        return _Result(state.record(base, Uid(uid)), self.is_whole)

    def _versions(self, key: str) -> tuple[Any, Any, Any]:
        return tuple(r.get(key, _ABSENT) for r in (self.old, self.ours, self.theirs))

    def _value(self, key: str) -> Any:
        return self._settled(_three(*self._versions(key)), key, self.ahead)

    def _settled(self, value: Any, key: str, ahead: Mapping[str, Any] | None) -> Any:
        """Decide what both sides changed: by the record that is ahead, else it is unknown."""
        if value is not _TORN:
            return value
        self.is_whole = self.is_whole and ahead is not None
        return ahead.get(key, _ABSENT) if ahead is not None else _ABSENT

    def _place(self) -> Record:
        """Say which issue it is; of two made in a race the lower number."""
        places = [(r.get("ref"), r.get("node", "")) for r in (self.old, self.ours, self.theirs)]
        found = _three(*places)
        if found is _TORN and self.ahead is not None:
            found = self.ahead.get("ref"), self.ahead.get("node", "")
        elif found is _TORN:
            found = min((p for p in places[1:] if p[0] is not None), default=(None, ""))
        return dict(zip(_PLACE, found, strict=True))

    def _writes(self) -> Record:
        """Say which write of ours was seen last; of two that raced neither was, so the issue has news."""
        if self.ahead is not None:
            return {"rev": self.ahead["rev"], "op": self.ahead.get("op", "")}
        op = _three(*self._versions("op"))
        rev = self.ours.get("rev", 0)
        return {"rev": max(rev - 1, 0), "op": ""} if op in (_TORN, _ABSENT) else {"rev": rev, "op": op}

    def _steps(self) -> Record:
        """Merge steps: by their numbers, or, where both sides took numbers for steps of their own, as a whole."""
        lists = _three(*self._versions("steps"))
        if lists is _TORN or self._is_number_taken_twice():
            return {
                key: v
                for key in ("steps", "implied", "step")
                if (v := self._settled(_TORN, key, self.ahead)) is not _ABSENT
            }
        values = {"steps": lists, "implied": self._value("implied")}
        known = {str(n) for side in (lists if lists is not _ABSENT else ()) for n in side or ()}
        steps = {number: self._step(number) for number in sorted(known, key=int)}
        found = {key: value for key, value in values.items() if value is not _ABSENT}
        return {**found, "step": steps} if steps else found

    def _is_number_taken_twice(self) -> bool:
        old, ours, theirs = (r.get("step", {}) for r in (self.old, self.ours, self.theirs))
        return any(
            n not in old and n in theirs and ours[n].get("text") != theirs[n].get("text") for n in ours
        )

    def _step(self, number: str) -> dict[str, Any]:
        old, ours, theirs = (r.get("step", {}).get(number) for r in (self.old, self.ours, self.theirs))
        if ours is None or theirs is None:
            return ours or theirs or {}
        ahead = self.ahead["step"][number] if self.ahead else None
        fields = {
            key: self._settled(
                _three((old or {}).get(key, _ABSENT), ours.get(key, _ABSENT), theirs.get(key, _ABSENT)),
                key,
                ahead,
            )
            for key in dict.fromkeys((*ours, *theirs))
        }
        return {key: value for key, value in fields.items() if value is not _ABSENT}


# ------------------------------------------------- a file with git's conflict markers


def sides(text: str) -> tuple[str, str, str]:
    """Take a file in which git left conflicts apart: ancestor (as far as it shows), ours, theirs."""
    parts: tuple[list[str], list[str], list[str]] = ([], [], [])
    at = -1  # everywhere; else the side that this line belongs to
    for line in text.split("\n"):
        mark = next((m for m in _MARKS if line.rstrip("\r") == m or line.startswith(f"{m} ")), "")
        if mark:
            at = _MARKS[mark]
            continue
        for number, part in enumerate(parts):
            if at in (-1, number):
                part.append(line)
    then, ours, theirs = ("\n".join(part) for part in parts)
    return then, ours, theirs


_MARKS: Mapping[str, int] = {"<<<<<<<": 1, "|||||||": 0, "=======": 2, ">>>>>>>": -1}
"""What begins after each of git's lines."""
