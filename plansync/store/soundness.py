"""Whether a record of a state file is one that plansync could have written; its author may be anybody."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from plansync.model import ELEMENTS, Field, Kind, State, Tick
from plansync.text import UID_PATTERN

FIELDS: Mapping[str, Field] = {name.value: name for name in Field}
NUMBER_MAX = 2**53
"""Numbers of issues, writes and steps stay below: what a program of another language may take for one."""
_KINDS = (Kind.PLAN.value, Kind.PHASE.value, Kind.TASK.value)
_CHOICES: Mapping[Field, tuple[str, ...]] = {Field.STATE: tuple(State), Field.TICK: tuple(Tick)}
_STEP = re.compile(r"[1-9][0-9]{0,8}")
_TOLD = re.compile(r"[0-9a-f]{8}")
_UID = re.compile(UID_PATTERN)


def name(value: str, number: int) -> str:
    """Name the item whose uid stands on a line, by that line where it is no uid."""
    return value if _UID.fullmatch(value) else f"line {number}"


def is_sound(uid: str, record: Any) -> bool:
    """Say whether uid, kind, numbers, steps and every field are of the right shape; the checksum is not asked."""
    if not _UID.fullmatch(uid) or not isinstance(record, dict) or record.get("kind") not in _KINDS:
        return False
    ref, steps = record.get("ref"), record.get("step", {})
    return (
        (ref is None or _is_number(ref))
        and _is_number(record.get("rev", 0))
        and all(isinstance(record.get(key, ""), str) for key in ("node", "op"))
        and isinstance(steps, dict)
        and all(_STEP.fullmatch(n) and isinstance(v, dict) and _are_sound(v) for n, v in steps.items())
        and _are_sound(record)
    )


def _is_number(value: object) -> bool:
    return type(value) is int and 0 <= value < NUMBER_MAX


def _are_sound(fields: Mapping[str, Any]) -> bool:
    return all(
        isinstance(three, list)
        and len(three) in (1, 3)
        and all(v is None or _fits(FIELDS[key], v) for v in three)
        for key, three in fields.items()
        if key in FIELDS
    )


def _fits(field: Field, value: Any) -> bool:
    """Say whether a value is of its field's kind."""
    if field in (Field.STEPS, Field.IMPLIED):
        return isinstance(value, list) and all(_is_number(n) for n in value)
    if field is Field.TOLD:
        return isinstance(value, list) and all(isinstance(v, str) and _TOLD.fullmatch(v) for v in value)
    if field in (Field.DEPENDS, Field.NOTED, Field.ACCEPTED, *ELEMENTS):
        return isinstance(value, list) and all(isinstance(v, str) for v in value)
    if field is Field.EFFORT:
        return _is_number(value)
    if field in _CHOICES:
        return value in _CHOICES[field]
    return isinstance(value, str)
