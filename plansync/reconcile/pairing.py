"""Which is which: give tasks and steps that are one thing the same uid on all sides."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from difflib import SequenceMatcher
from types import MappingProxyType

from plansync.model import (
    WHOLE_PLAN,
    Base,
    Field,
    Item,
    Kind,
    Snapshot,
    Uid,
    Value,
    is_step,
    steps_of,
    text_of,
    uids_of,
)
from plansync.text import heading_words, words
from plansync.uids import Minter

_Key = Callable[[Item, Snapshot], object]
_SIMILAR = 0.6
_COMPARED_MAX = 400
_COMPARISONS_MAX = 4_000
"""Similar texts (by so many characters) are only looked for where that stays cheap; else it is remove and add."""


def pair(
    base: Base,
    local: Snapshot,
    remote: Snapshot,
    bound: Collection[Uid] = (),
    told: Mapping[Uid, Uid] = MappingProxyType({}),
) -> tuple[Snapshot, Snapshot]:
    """Name every item of both sides so that equal uids mean the same thing.

    A marked task is itself. An unmarked one is the known task whose issue it still links to, else the
    one that its titles mint if that had this title, else the one with its title (in its phase, or
    anywhere), else the one with just its steps, else what its titles mint; never a guess between two.
    A marked one that never had an issue is the one that another copy made an issue of under another id.
    `bound`: what a person or the plan's own link bound to a record is itself, marked or not. `told`: which
    tasks a person said to be which on the tracker.
    """
    local = rename(local, unmarked(base, local, remote, bound))
    local = rename(local, {u: to for u, to in told.items() if to in remote and to not in local})
    owners = [u for u in {**local, **remote} if not is_step(u)]
    local_names: dict[Uid, Uid] = {}
    remote_names: dict[Uid, Uid] = {}
    for owner in owners:
        _pair_steps(owner, base, local, remote, local_names, remote_names)
    return rename(local, local_names), rename(remote, remote_names)


def unmarked(base: Base, local: Snapshot, remote: Snapshot, bound: Collection[Uid] = ()) -> dict[Uid, Uid]:
    """Name the tasks and phases without a marker; titles move, so the id that a title mints is the last clue.

    Gives the new name of each item that has another one than its titles mint, or than its marker says.
    """
    said = {**remote, **{u: i for u, i in base.local.items() if i.fields}}
    known = {u: i for u, i in {**base.local, **said}.items() if i.kind in (Kind.TASK, Kind.PHASE)}
    tasks = [i for u, i in local.items() if i.kind is Kind.TASK and u not in bound]
    bare = [i for i in tasks if not i.fields.get(Field.MARKER)]
    marked = local.keys() - {i.uid for i in bare}
    free = {u: i for u, i in known.items() if i.kind is Kind.TASK and u not in marked}
    names: dict[Uid, Uid] = {}
    if free and bare:
        _match_tasks(bare, local, free, remote, _issue, names)
        _keep(bare, free, names, lambda i: words(text_of(i, Field.TITLE)) == _title(known[i.uid], known))
        for key in _CLUES:
            _match_tasks(bare, local, free, said, key, names)
        _keep(bare, free, names, lambda _: True)
        _name_anew(bare, local, names, {*known, *local})
    waiting = [i for i in tasks if i.fields.get(Field.MARKER) and not is_held(base, remote, i.uid)]
    there = {u: i for u, i in free.items() if u in remote}
    if waiting and there:
        for key in _CLUES:
            _match_tasks(waiting, local, there, said, key, names)
    names = {u: new for u, new in names.items() if u != new}
    return names | _phases_of(local, known, remote, names, base)


def is_held(base: Base, remote: Snapshot, uid: Uid) -> bool:
    """Say whether an item has its record, or had one when this copy of the plan last knew."""
    then = base.remote.get(uid)
    return uid in remote or uid in base.agreed or (then is not None and then.at is not None)


def _keep(
    bare: Sequence[Item], free: dict[Uid, Item], names: dict[Uid, Uid], is_same: Callable[[Item], bool]
) -> None:
    """Leave tasks the known ids that their titles mint."""
    for item in bare:
        if item.uid not in names and item.uid in free and is_same(item):
            names[item.uid] = item.uid
            del free[item.uid]


def _name_anew(bare: Sequence[Item], local: Snapshot, names: dict[Uid, Uid], taken: set[Uid]) -> None:
    """Mint another id for each task whose own went to the task that it was made for."""
    given, minter = set(names.values()), Minter()
    for item in bare:
        if item.uid not in names and item.uid in given:
            title, phase = text_of(item, Field.TITLE), local.get(Uid(text_of(item, Field.PHASE)))
            names[item.uid] = minter.mint(text_of(phase, Field.TITLE), title, taken)


def _match_tasks(
    lost: Sequence[Item],
    local: Snapshot,
    free: dict[Uid, Item],
    known: Snapshot,
    key: _Key,
    names: dict[Uid, Uid],
) -> None:
    wanted: dict[object, list[Uid]] = defaultdict(list)
    for item in lost:
        if item.uid not in names and (value := key(item, local)):
            wanted[value].append(item.uid)
    offered: dict[object, list[Uid]] = defaultdict(list)
    for uid, item in free.items():
        offered[key(known.get(uid, item), known)].append(uid)
    for value, uids in wanted.items():
        if len(uids) == 1 and len(offered.get(value, ())) == 1:
            names[uids[0]] = offered[value][0]
            del free[offered[value][0]]


def read_back(shown: Snapshot, held: Snapshot) -> Snapshot:
    """Show a plan that was just written under the names it is held by.

    An item without a marker is named by its titles, so its name moves with them; by its own title and
    its turn it is still the same one.
    """
    waiting: dict[object, list[Uid]] = defaultdict(list)
    for uid, item in held.items():
        if not is_step(uid) and uid not in shown and not item.fields.get(Field.MARKER):
            waiting[item.kind, words(text_of(item, Field.TITLE))].append(uid)
    names: dict[Uid, Uid] = {}
    for uid, item in shown.items():
        if not is_step(uid) and uid not in held and not item.fields.get(Field.MARKER):
            same = waiting.get((item.kind, words(text_of(item, Field.TITLE))))
            if same:
                names[uid] = same.pop(0)
    return rename(shown, names)


def _issue(item: Item, side: Snapshot) -> object:
    """Tell the issue that a task is (on the tracker) or links to without bearing its id."""
    return text_of(item, Field.LINK) or text_of(item, Field.REFERENCE)


def _title_in_phase(item: Item, side: Snapshot) -> object:
    phase = side.get(Uid(text_of(item, Field.PHASE)))
    return words(text_of(item, Field.TITLE)), words(text_of(phase, Field.TITLE))


def _title(item: Item, side: Snapshot) -> object:
    return words(text_of(item, Field.TITLE))


def _steps(item: Item, side: Snapshot) -> object:
    """Tell a task by its steps, in whatever order they stand."""
    return tuple(sorted(words(text_of(s, Field.TEXT)) for s in steps_of(side, item.uid)))


_CLUES: Sequence[_Key] = (_title_in_phase, _title, _steps)


def _phases_of(
    local: Snapshot, known: Snapshot, remote: Snapshot, names: Mapping[Uid, Uid], base: Base
) -> dict[Uid, Uid]:
    """Pair a phase that has no milestone with the one of its title, else the one of its tasks.

    That is the one in which all its known tasks stood, or stand there.
    """
    phases = [u for u, i in local.items() if i.kind is Kind.PHASE and u != WHOLE_PLAN]
    nameless = [
        u
        for u in phases
        if not is_held(base, remote, u) and (local[u].fields.get(Field.MARKER) or u not in known)
    ]
    found = _phases_by_title(nameless, local, {u: i for u, i in known.items() if u not in local})
    for uid in (u for u in nameless if u not in found):
        tasks = [names.get(u, u) for u, t in local.items() if t.fields.get(Field.PHASE) == uid]
        sides = [next((s[t] for s in (base.local, remote) if t in s and s[t].fields), None) for t in tasks]
        were = {text_of(t, Field.PHASE) for t in sides if t is not None and Field.PHASE in t.fields}
        if (
            len(were) == 1
            and WHOLE_PLAN not in were
            and (then := Uid(were.pop())) in known
            and then not in local
            and then not in found.values()
        ):
            found[uid] = then
    return found


def _phases_by_title(nameless: Iterable[Uid], local: Snapshot, free: Snapshot) -> dict[Uid, Uid]:
    """Pair the phases whose title one known phase has, and no other one here."""
    wanted, offered = defaultdict[str, list[Uid]](list), defaultdict[str, list[Uid]](list)
    for uid in nameless:
        wanted[heading_words(text_of(local[uid], Field.TITLE))].append(uid)
    for uid, item in free.items():
        if item.kind is Kind.PHASE and uid != WHOLE_PLAN:
            offered[heading_words(text_of(item, Field.TITLE))].append(uid)
    pairs = ((uids, offered[title]) for title, uids in wanted.items() if title)
    return {ours[0]: theirs[0] for ours, theirs in pairs if len(ours) == len(theirs) == 1}


def rename(side: Snapshot, names: Mapping[Uid, Uid]) -> Snapshot:
    """Give items their new uids, everywhere they are named."""
    if all(uid == name for uid, name in names.items()):
        return side

    def new(uid: str) -> str:
        owner, _, step = uid.partition("/")
        return names.get(Uid(uid)) or (f"{names.get(Uid(owner), owner)}/{step}" if step else uid)

    def value(name: Field, old: Value) -> Value:
        if name in (Field.STEPS, Field.DEPENDS, Field.EDGES, Field.LISTED, Field.IMPLIED) and isinstance(
            old, tuple
        ):
            return tuple(new(u) for u in old)
        return new(old) if name is Field.PHASE and isinstance(old, str) else old

    renamed = (
        replace(item, uid=Uid(new(uid)), fields={n: value(n, v) for n, v in item.fields.items()})
        for uid, item in side.items()
    )
    return {item.uid: item for item in renamed}


def _pair_steps(
    owner: Uid,
    base: Base,
    local: Snapshot,
    remote: Snapshot,
    local_names: dict[Uid, Uid],
    remote_names: dict[Uid, Uid],
) -> None:
    ours, theirs = steps_of(local, owner), steps_of(remote, owner)
    if not ours and not theirs:
        return
    then = {**_numbered(base.local, owner), **_numbered(base.remote, owner), **_numbered(base.agreed, owner)}
    is_known = owner in base.agreed
    left = _matched(ours, steps_of(base.local, owner), local_names)
    right = _matched(theirs, steps_of(base.remote, owner), remote_names)
    left, right = _met(base, owner, left, local_names), _met(base, owner, right, remote_names)
    number = max(then.values(), default=0)
    for item in left:
        number += 1
        local_names[item.uid] = Uid(f"{owner}/{number}")
    fresh = [replace(item, uid=local_names[item.uid]) for item in left]
    for item in _matched(right, fresh, remote_names, is_exact=is_known):
        number += 1
        remote_names[item.uid] = Uid(f"{owner}/{number}")


def _numbered(side: Snapshot, owner: Uid) -> dict[Uid, int]:
    return {u: int(u.rpartition("/")[2]) for u in uids_of(side.get(owner), Field.STEPS)}


def _met(base: Base, owner: Uid, left: list[Item], names: dict[Uid, Uid]) -> list[Item]:
    """Pair what this side did not have with what was agreed to be added to it."""
    if not left:
        return left  # what is taken is a search through the whole plan
    taken = set(names.values())
    owed = [s for s in steps_of(base.agreed, owner) if s.uid not in taken]
    return _matched(left, owed, names, is_exact=True) if owed else left


def _matched(
    side: Sequence[Item], known: Sequence[Item], names: dict[Uid, Uid], *, is_exact: bool = False
) -> list[Item]:
    """Name the steps that are known: equal texts in their order, then unique similar ones.

    Returns the steps that stay without a name.
    """
    waiting: dict[str, list[Uid]] = defaultdict(list)
    for item in known:
        waiting[words(text_of(item, Field.TEXT))].append(item.uid)
    left: list[Item] = []
    for item in side:
        same = waiting.get(words(text_of(item, Field.TEXT)))
        if same:
            names[item.uid] = same.pop(0)
        else:
            left.append(item)
    unused = {u for uids in waiting.values() for u in uids}
    rest = [item for item in known if item.uid in unused]
    if not is_exact and left and rest and len(left) * len(rest) <= _COMPARISONS_MAX:
        names |= dict(_similar(left, rest))
    return [item for item in left if item.uid not in names]


def _similar(left: Iterable[Item], rest: Sequence[Item]) -> list[tuple[Uid, Uid]]:
    """List the pairs that are each other's only look-alike."""
    close = [
        (a.uid, b.uid)
        for a in left
        for b in rest
        if is_similar(text_of(a, Field.TEXT), text_of(b, Field.TEXT))
    ]
    return [
        (a, b) for a, b in close if sum(x == a for x, _ in close) == 1 and sum(y == b for _, y in close) == 1
    ]


def is_similar(a: str, b: str) -> bool:
    """Say whether one text may be the other, reworded."""
    one, other = (re.sub(r"\s+", " ", text[:_COMPARED_MAX]) for text in (a, b))
    matcher = SequenceMatcher(None, one, other, autojunk=False)
    return (
        matcher.real_quick_ratio() >= _SIMILAR
        and matcher.quick_ratio() >= _SIMILAR
        and matcher.ratio() >= _SIMILAR
    )
