"""Saved changesets that somebody wrote by hand and sealed anew: what is none is refused as a whole."""

from __future__ import annotations

import json
from typing import Any

import pytest

from plansync.errors import StoreError
from plansync.store.files import digest
from plansync.sync import saved

CHANGE = {"item": "k3f9a2c", "field": "title", "old": "Dig", "new": "Dig deep", "rule": "plan"}
OPERATION = {"side": "tracker", "kind": "update-issue", "task": "k3f9a2c", "changes": [CHANGE]}
WRITTEN: dict[str, Any] = {
    "schema": saved.SCHEMA,
    "plan": "PLAN.md",
    "lineage": "ab12cd34",
    "target": {"kind": "github", "api": "https://api.github.com", "project": "owner/garden"},
    "items": {"k3f9a2c": {"ref": 1, "revision": "", "issue": "", "plan": "", "memory": ""}},
    "operations": [OPERATION],
}


def sealed(**other: Any) -> bytes:
    written = WRITTEN | other
    check = digest(json.dumps(written, sort_keys=True, ensure_ascii=False).encode())
    return json.dumps(written | {"check": check}).encode()


def test_one_that_is_whole_is_read() -> None:
    assert saved.load(sealed(), "changes.json").operations == [OPERATION]


@pytest.mark.parametrize(
    "other",
    [
        {"plan": None},
        {"lineage": None},
        {"lineage": "ab12cd34 -->\n# Other"},
        {"target": {}},
        {"items": {"k3f9a2c": {"ref": 1}}},
        {"operations": None},
        {"operations": [OPERATION | {"task": None}]},
        {"operations": [OPERATION | {"kind": {}}]},
        {"operations": [OPERATION | {"side": "elsewhere"}]},
        {"operations": [OPERATION | {"changes": [CHANGE | {"item": 7}]}]},
        {"operations": [OPERATION | {"changes": [CHANGE | {"rule": []}]}]},
        {"operations": [OPERATION | {"changes": [CHANGE | {"field": "unheard of"}]}]},
    ],
)
def test_one_that_was_sealed_anew_with_something_else_in_it_is_damaged(other: Any) -> None:
    with pytest.raises(StoreError, match=r"changes\.json is damaged; save it again"):
        saved.load(sealed(**other), "changes.json")
