"""The state file: the base as lines that git merges, two for each phase and task.

First line: the header, constant after the first push. Then, sorted by kind and uid, each item's uid
on a line of its own and its values on the next, so that a merge never mixes neighbours. A bad line
makes that item unknown, not the file.
"""

from __future__ import annotations

import contextlib
import json
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

from plansync.errors import Conflicted, StoreError
from plansync.model import (
    OVERVIEW,
    Base,
    Field,
    Item,
    Kind,
    Snapshot,
    Stamp,
    Uid,
    Value,
    is_step,
    owner_of,
    uids_of,
)
from plansync.reconcile.settle import REMEMBERED
from plansync.store import header, soundness
from plansync.store.header import NO_CONFIG, Header
from plansync.store.header import Target as Target

Record: TypeAlias = dict[str, Any]
"""One item's values as they stand in the file."""
_ORDER = (Kind.PLAN, Kind.PHASE, Kind.TASK)
_FIELDS = soundness.FIELDS


@dataclass(frozen=True, slots=True)
class Saved:
    """A state file's content. `unknown` lists items whose lines could not be read.

    `form`: the dialect in which the plan was last synced; it stays in that one. `config`: the fingerprint of
    the settings it was last synced with. `repository`: the tracker's lasting id of the target.
    `lacks`: what the tracker was found not to keep.
    """

    lineage: str
    path: str
    target: Target | None
    base: Base = field(default_factory=Base)
    unknown: tuple[str, ...] = ()
    form: str = ""
    config: str = NO_CONFIG
    repository: str = ""
    lacks: frozenset[str] = frozenset()

    @property
    def header(self) -> Header:
        """The first line."""
        return Header(
            self.lineage, self.path, self.target, self.config, self.form, self.repository, self.lacks
        )


class Content(NamedTuple):
    """A state file taken apart: header, sound records by uid, and the names of what could not be read."""

    header: Header
    records: dict[str, Record]
    unknown: tuple[str, ...] = ()


def take_apart(text: str, name: str, plan: str = "") -> Content:
    """Read a state file's lines; for messages: `name` of the file, and `plan` as one would type it.

    Raises: Unreadable where the header is none; Conflicted where git left a conflict; StoreError for a
    file of a later format.
    """
    if has_conflict(text):
        raise Conflicted(
            f"{name} holds git's conflict markers; let plansync settle them: `{header.command('merge', plan)}`"
        )
    lines = [line.rstrip("\r") for line in text.split("\n")]  # git may have put CRLF; U+2028 ends no line
    found = Content(header.read(lines[0], name, plan), {})
    unknown: list[str] = []
    for uid, record in _pairs(lines[1:]):
        if not is_sound(uid, record):
            unknown.append(uid)
        elif uid not in found.records or _rev(found.records[uid]) < _rev(record):
            found.records[uid] = record
    return found._replace(unknown=tuple(unknown))


def has_conflict(text: str) -> bool:
    """Say whether git left a conflict here."""
    return any(line.startswith(("<<<<<<< ", ">>>>>>> ")) for line in text.split("\n"))


def load(text: str, name: str, plan: str = "") -> Saved:
    """Read a state file; see `take_apart`.

    Raises: StoreError.
    """
    first, records, unknown = take_apart(text, name, plan)
    base = Base({}, {}, {})
    for uid, values in records.items():
        _put_back(base, uid, values)
    return Saved(
        first.lineage,
        first.path,
        first.target,
        base,
        unknown,
        form=first.form,
        config=first.config,
        repository=first.repository,
        lacks=first.lacks,
    )


def form_in(path: Path | None) -> str:
    """Read from a state file in which form its plan was last synced, empty where it does not say."""
    found = header_in(path)
    return found.form if found else ""


def header_in(path: Path | None) -> Header | None:
    """Read a state file's first line, `None` where there is none to read."""
    with contextlib.suppress(OSError, StoreError):
        if path is not None:
            with path.open(encoding="utf-8", errors="replace") as file:
                return header.read(file.readline(header.LINE_MAX), str(path))
    return None


def _pairs(lines: list[str]) -> Iterable[tuple[str, Any]]:
    """Go through the items: a uid's line and the line of its values; what is neither is named by its line."""
    waiting = ""
    for number, line in enumerate(lines, 2):
        value = header.plain(line) if line else ""
        if isinstance(value, str):
            if waiting:
                yield waiting, None
            waiting = soundness.name(value, number) if line else ""
        else:
            yield waiting or f"line {number}", value
            waiting = ""
    if waiting:
        yield waiting, None


def _rev(record: Record) -> int:
    return int(record.get("rev") or 0)


def _crc(uid: str, record: Mapping[str, Any]) -> str:
    body = {k: v for k, v in record.items() if k != "crc"}
    text = json.dumps([uid, body], sort_keys=True, ensure_ascii=False)
    return f"{zlib.crc32(text.encode()):08x}"


def dump(saved: Saved) -> bytes:
    """Write a state file."""
    known = {**saved.base.local, **saved.base.remote, **saved.base.agreed}
    return put_together(saved.header, {u: record(saved.base, u) for u in known if not is_step(u)})


def put_together(first: Header, records: Mapping[str, Record]) -> bytes:
    """Write a state file from its records."""
    lines = [header.line(first)]
    for _, uid in sorted((_ORDER.index(Kind(values["kind"])), uid) for uid, values in records.items()):
        lines += [header.compact(uid), header.compact(records[uid])]
    return ("\n".join(lines) + "\n").encode()


def record(base: Base, uid: Uid) -> dict[str, Any]:
    """Show one item of the base, with its steps, as the state file holds it."""
    return sealed(uid, _record(base, uid))


def is_same(one: Base, other: Base, uid: Uid) -> bool:
    """Say whether two bases remember the same of an item."""
    return _record(one, uid) == _record(other, uid)


def _record(base: Base, uid: Uid) -> dict[str, Any]:
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
    return values


def sealed(uid: str, record: Mapping[str, Any]) -> dict[str, Any]:
    """Give a changed record its checksum."""
    return {**record, "crc": _crc(uid, record)}


def _number(uid: str) -> int:
    tail = uid.rpartition("/")[2]
    return int(tail) if tail.isdigit() else 0


def _values(sides: tuple[Snapshot, ...], uid: Uid, kind: Kind) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = {}
    shown = [s[uid].fields if uid in s else {} for s in sides]
    for name in REMEMBERED[kind]:
        one, two, three = (fields.get(name) for fields in shown)
        if one is two is three is None:
            continue
        values = [_plain(name, value) for value in ((one,) if one == two == three else (one, two, three))]
        found[name.value] = values
    return found


def _plain(name: Field, value: Value | None) -> Any:
    if name in (Field.STEPS, Field.IMPLIED) and isinstance(value, tuple):
        return [_number(u) for u in value]
    return list(value) if isinstance(value, tuple) else value


def is_sound(uid: str, record: Any) -> bool:
    """Say whether a record is one that we could have written: it may come from anybody's pull request."""
    try:
        return soundness.is_sound(uid, record) and record.get("crc") == _crc(uid, record)
    except (UnicodeEncodeError, RecursionError):  # half a character of UTF-16; a thousand brackets
        return False


def restore(base: Base, uid: str, record: Any) -> bool:
    """Put one item's record back into a base; say whether it was sound."""
    if not is_sound(uid, record):
        return False
    _put_back(base, uid, record)
    return True


def _put_back(base: Base, uid: str, record: Mapping[str, Any]) -> None:
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


def _put(side: Snapshot, item: Item) -> None:
    if isinstance(side, dict):
        side[item.uid] = item


def _read_fields(record: Mapping[str, Any], owner: Uid) -> tuple[dict[Field, Value], ...]:
    sides: tuple[dict[Field, Value], ...] = ({}, {}, {})
    for key, three in record.items():
        name = _FIELDS.get(key)
        if name is None or not isinstance(three, list) or len(three) not in (1, 3):
            continue
        typed = [None if value is None else _typed(name, value, owner) for value in three]
        for side, value in zip(sides, typed * 3 if len(typed) == 1 else typed, strict=True):
            if value is not None:
                side[name] = value
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


def forget_fields(base: Base, uid: Uid, names: Iterable[Field]) -> None:
    """Take fields out of what is remembered: from here on they are unknown, and differing is a conflict."""
    gone = set(names)
    for side in (base.local, base.remote, base.agreed):
        if uid in side and isinstance(side, dict):
            fields = {f: v for f, v in side[uid].fields.items() if f not in gone}
            side[uid] = replace(side[uid], fields=fields)


def is_first(base: Base) -> bool:
    """Say whether nothing of the plan was ever on the tracker."""
    return not any(i.at is not None for u, i in base.remote.items() if u != OVERVIEW)
