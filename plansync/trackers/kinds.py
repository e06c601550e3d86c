"""Which kinds of tracker there are: our own, and those that installed packages register. Loads no adapter."""

from __future__ import annotations

import re
from collections.abc import Mapping
from importlib.metadata import EntryPoint, entry_points

GROUP = "plansync.trackers"
"""The entry-point group in which a package names its adapters."""
OWN = ("github", "gitlab", "sandbox")
_NAME = re.compile(r"[a-z]{1,20}")
"""A kind as the state file holds it."""


def registered() -> Mapping[str, EntryPoint]:
    """Find the adapters of other packages, by kind: small letters, and no name of ours."""
    found = (each for each in entry_points(group=GROUP) if _NAME.fullmatch(each.name))
    return {each.name: each for each in found if each.name not in OWN}


def is_kind(name: str) -> bool:
    """Say whether something here can open this kind of tracker."""
    return name in OWN or name in registered()


def known() -> str:
    """Name all kinds, as the end of a sentence."""
    return ", ".join([*OWN, *sorted(registered())])
