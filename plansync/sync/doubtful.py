"""Issues of which nobody can say whose they are: nothing is done about their tasks until somebody does."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from typing import NamedTuple

from plansync.model import Field, Kind, Note, Snapshot, Uid
from plansync.sync import claims


class Doubt(NamedTuple):
    """Tasks that are left alone, and why."""

    uids: tuple[Uid, ...]
    note: Note


def unproven(shown: Snapshot, remote: Snapshot, bound: Collection[Uid]) -> Iterator[Doubt]:
    """List the tasks whose number only the state file gives: neither the issue nor the plan says so.

    A state file may come from anybody; nothing is written to an issue on its word alone. `bound`: what a person said.
    """
    links = claims.links(shown)
    for uid, item in remote.items():
        is_linked = uid in shown and Field.LINK in shown[uid].fields
        is_sure = item.kind is not Kind.TASK or Field.STEPS in item.fields or uid in bound
        if is_linked and not is_sure and (uid not in links or links[uid].number != item.at):
            text = f"#{item.at} bears no mark of ours and the plan does not name it; nothing is done about it"
            yield Doubt((uid,), Note(uid, text))


def contested(found: Mapping[int, tuple[Uid, ...]], label_of: Callable[[Uid], str]) -> Iterator[Doubt]:
    """List the tasks that name one issue together: none of them gets it, nor another one."""
    for number, uids in found.items():
        names = " and ".join(map(label_of, uids))
        text = f"{names} name one issue, #{number}; nothing is done about them until only one of them does"
        yield Doubt(uids, Note(uids[0], text))
