"""The state file: the base as lines that git merges, two for each phase and task.

First line: the header, constant after the first push. Then, sorted by kind and uid, each item's uid
on a line of its own and its values on the next, so that a merge never mixes neighbours. A bad line
makes that item unknown, not the file.
"""

from __future__ import annotations

import contextlib
import json
import re
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from plansync.errors import StoreError
from plansync.model import (
    OVERVIEW,
    Base,
    Field,
    Item,
    Kind,
    Snapshot,
    Stamp,
    State,
    Tick,
    Uid,
    Value,
    is_step,
    owner_of,
    uids_of,
)
from plansync.reconcile.settle import REMEMBERED
from plansync.text import UID_PATTERN

VERSION = 1
_ORDER = (Kind.PLAN, Kind.PHASE, Kind.TASK)
_FIELDS = {name.value: name for name in Field}
_CHOICES: Mapping[Field, tuple[str, ...]] = {Field.STATE: tuple(State), Field.TICK: tuple(Tick)}
_NUMBER_MAX = 2**53


@dataclass(frozen=True, slots=True)
class Target:
    """The one place that a plan is synced with."""

    kind: str
    api: str
    project: str

    def __str__(self) -> str:
        return f"{self.project} at {self.api}" if self.kind != "sandbox" else "the sandbox"


@dataclass(frozen=True, slots=True)
class Saved:
    """A state file's content. `unknown` lists items whose lines could not be read.

    `form`: the dialect in which the plan was last synced; it stays in that one. `repository`: the tracker's
    lasting id of the target, which a renamed one keeps and one made anew does not have.
    """

    lineage: str
    path: str
    target: Target | None
    base: Base = field(default_factory=Base)
    unknown: tuple[str, ...] = ()
    form: str = ""
    repository: str = ""


def load(text: str, name: str) -> Saved:
    """Read a state file; `name` is for messages.

    Raises: StoreError where the header cannot be read, or is of a later version.
    """
    lines = [line.rstrip("\r") for line in text.split("\n")]  # git may have put CRLF; U+2028 ends no line
    if any(line.startswith(("<<<<<<< ", ">>>>>>> ")) for line in lines):
        raise StoreError(
            f"{name} holds git's conflict markers; settle them (git checkout --theirs or --ours) first"
        )
    header = _json(lines[0] if lines else "")
    is_header = isinstance(header, dict) and "plansync" in header
    if not is_header or not re.fullmatch(r"[0-9a-z]{8}", str(header.get("plan"))):
        raise StoreError(
            f"{name} is no state file of plansync; put it aside and run again to start from the tracker"
        )
    if header["plansync"] != VERSION:
        raise StoreError(
            f"{name} was written by a later plansync (format {header['plansync']}); install that one"
        )
    target = header.get("target")
    saved = Saved(
        header["plan"],
        str(header.get("path", "")),
        Target(*(str(target.get(k, "")) for k in ("kind", "api", "project")))
        if isinstance(target, dict)
        else None,
        Base({}, {}, {}),
        form=str(header.get("form", "")),
        repository=str(header.get("repository", "")),
    )
    unknown = [uid for uid, record in _pairs(lines[1:]) if not restore(saved.base, uid, record)]
    return replace(saved, unknown=tuple(unknown))


def form_in(path: Path | None) -> str:
    """Read from a state file in which form its plan was last synced, empty where it does not say."""
    with contextlib.suppress(OSError):
        if path is not None:
            with path.open(encoding="utf-8", errors="replace") as file:
                header = _json(file.readline())
            return str(header.get("form", "")) if isinstance(header, dict) else ""
    return ""


def _pairs(lines: list[str]) -> Iterable[tuple[str, Any]]:
    uid = ""
    for line in lines:
        value = _json(line)
        if isinstance(value, str):
            uid = value
        elif uid:
            yield uid, value
            uid = ""


def _json(line: str) -> Any:
    try:
        return json.loads(line)
    except (ValueError, RecursionError):
        return None


def _crc(uid: str, record: Mapping[str, Any]) -> str:
    body = {k: v for k, v in record.items() if k != "crc"}
    return f"{zlib.crc32(json.dumps([uid, body], sort_keys=True, ensure_ascii=False).encode()):08x}"


def dump(saved: Saved) -> bytes:
    """Write a state file."""
    target = saved.target or Target("", "", "")
    header = {
        "plansync": VERSION,
        "plan": saved.lineage,
        "path": saved.path,
        "target": {"kind": target.kind, "api": target.api, "project": target.project},
        "config": "00000000",
        "caps": {},
        "form": saved.form,
        "repository": saved.repository,
    }
    lines = [_line(header)]
    known = {**saved.base.local, **saved.base.remote, **saved.base.agreed}
    items = sorted((_ORDER.index(i.kind), u) for u, i in known.items() if not is_step(u))
    for _, uid in items:
        lines += [_line(uid), _line(record(saved.base, uid))]
    return ("\n".join(lines) + "\n").encode()


def _line(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def record(base: Base, uid: Uid) -> dict[str, Any]:
    """Show one item of the base, with its steps, as the state file holds it."""
    sides = (base.local, base.remote, base.agreed)
    kind = next(s[uid].kind for s in sides if uid in s)
    there = base.remote.get(uid)
    values: dict[str, Any] = {
        "kind": kind.value,
        "ref": there.at if there else None,
        "node": there.node if there else "",
        "rev": there.stamp.rev if there else 0,
        "op": there.stamp.op if there else "",
        **_values(sides, uid, kind),
    }
    steps = sorted({u for s in sides for u in uids_of(s.get(uid), Field.STEPS) if u in s}, key=_number)
    if steps:
        values["step"] = {str(_number(u)): _values(sides, u, Kind.STEP) for u in steps}
    return sealed(uid, values)


def sealed(uid: str, record: Mapping[str, Any]) -> dict[str, Any]:
    """Give a changed record its checksum."""
    return {**record, "crc": _crc(uid, record)}


def _number(uid: str) -> int:
    tail = uid.rpartition("/")[2]
    return int(tail) if tail.isdigit() else 0


def _values(sides: tuple[Snapshot, ...], uid: Uid, kind: Kind) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = {}
    for name in REMEMBERED[kind]:
        three = [_plain(name, s[uid].fields.get(name)) if uid in s else None for s in sides]
        if any(v is not None for v in three):
            found[name.value] = three[:1] if three[0] == three[1] == three[2] else three
    return found


def _plain(name: Field, value: Value | None) -> Any:
    if name in (Field.STEPS, Field.IMPLIED) and isinstance(value, tuple):
        return [_number(u) for u in value]
    return list(value) if isinstance(value, tuple) else value


def _is_sound(uid: str, record: Any) -> bool:
    """Say whether a record is one that we could have written: it may come from anybody's pull request."""
    if (
        not re.fullmatch(UID_PATTERN, uid)
        or not isinstance(record, dict)
        or record.get("crc") != _crc(uid, record)
    ):
        return False
    numbers = [record.get("rev", 0), 0 if record.get("ref") is None else record["ref"]]
    steps = record.get("step", {})
    return (
        record.get("kind") in {k.value for k in _ORDER}
        and all(type(n) is int and 0 <= n < _NUMBER_MAX for n in numbers)
        and isinstance(steps, dict)
        and all(n.isdecimal() and isinstance(v, dict) and _are_sound(v) for n, v in steps.items())
        and _are_sound(record)
    )


def _are_sound(fields: Mapping[str, Any]) -> bool:
    return all(
        isinstance(three, list)
        and len(three) in (1, 3)
        and all(v is None or _fits(_FIELDS[key], v) for v in three)
        for key, three in fields.items()
        if key in _FIELDS
    )


def _fits(name: Field, value: Any) -> bool:
    """Say whether a value is of its field's kind."""
    if name in (Field.STEPS, Field.IMPLIED):
        return isinstance(value, list) and all(type(n) is int and n >= 0 for n in value)
    if name in (Field.DEPENDS, Field.TOLD):
        return isinstance(value, list) and all(isinstance(v, str) for v in value)
    if name in _CHOICES:
        return value in _CHOICES[name]
    return isinstance(value, str)


def restore(base: Base, uid: str, record: Any) -> bool:
    """Put one item's record back into a base; say whether it was sound."""
    if not _is_sound(uid, record):
        return False
    sides = (base.local, base.remote, base.agreed)
    kind, ref = record["kind"], record.get("ref")
    shown = _read_fields(record, Uid(uid))
    for number, values in record.get("step", {}).items():
        for side, fields in zip(sides, _read_fields(values, Uid(uid)), strict=True):
            if fields:
                _put(side, Item(Uid(f"{uid}/{number}"), Kind.STEP, fields))
    for index, (side, fields) in enumerate(zip(sides, shown, strict=True)):
        if index == 1 and ref is not None:
            stamp = Stamp(int(record.get("rev") or 0), str(record.get("op") or ""))
            _put(side, Item(Uid(uid), Kind(kind), fields, ref, stamp, str(record.get("node") or "")))
        elif fields or index == 0:
            _put(side, Item(Uid(uid), Kind(kind), fields))
    return True


def _put(side: Snapshot, item: Item) -> None:
    if isinstance(side, dict):
        side[item.uid] = item


def _read_fields(record: Mapping[str, Any], owner: Uid) -> tuple[dict[Field, Value], ...]:
    sides: tuple[dict[Field, Value], ...] = ({}, {}, {})
    for key, three in record.items():
        name = _FIELDS.get(key)
        if name is None or not isinstance(three, list) or len(three) not in (1, 3):
            continue
        for side, value in zip(sides, three * 3 if len(three) == 1 else three, strict=True):
            if value is not None:
                side[name] = _typed(name, value, owner)
    return sides


def _typed(name: Field, value: Any, owner: Uid) -> Value:
    if name in (Field.STEPS, Field.IMPLIED):
        return tuple(f"{owner}/{n}" for n in value)
    if isinstance(value, list):
        return tuple(str(v) for v in value)
    return value if isinstance(value, (str, int)) else str(value)


def forget(base: Base, owner: Uid) -> None:
    """Take one item with its steps out of a base."""
    for side in (base.local, base.remote, base.agreed):
        for uid in [u for u in side if owner_of(u) == owner]:
            if isinstance(side, dict):
                del side[uid]


def is_first(base: Base) -> bool:
    """Say whether nothing of the plan was ever on the tracker."""
    return not any(i.at is not None for u, i in base.remote.items() if u != OVERVIEW)
