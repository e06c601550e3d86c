"""Which tasks a text names: numbers, ranges, issue numbers of a list, whole phases, in prose or bare."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from plansync.document.tree import Document, Role
from plansync.model import Uid

_NONE = re.compile(
    r"(?:none|nothing|no|n/?a|keine?|aucune?|ninguna?|nenhuma?|нет|无|無|なし|없음|)(?:[^\w(]*+(?:\(.*\))?|\W*+)",
    re.IGNORECASE,
)
_ID = r"\d+(?:\.\d+)*(?:[a-z]\b)?|[IVXLC]+-\d+(?:\.\d+)*"
_RANGE = re.compile(
    r"(?:(?<![^\W\d_])[^\W\d_]++[\s\-_]*+#?|#)?"
    r"(?P<head>(?<![\d.])(?:\d{1,9}\.){0,4})(?P<first>(?:T|(?<!\d))\d{1,9}+)(?![.\d])\s*+"
    r"(?:[-–—]|to|through|thru|until|bis|à|a|до)\s*+(?:[^\W\d_]++[\s\-]++)?#?T?"
    r"(?P<head2>(?:\d{1,9}\.){0,4})(?P<last>\d{1,9}+)(?![.\d])"
)
_REF = re.compile(
    rf"(?<![A-Za-z0-9.])(?:(?P<phase>(?:phase|фаза|этап|フェーズ|阶段|階段|fase|단계)\s*#?(?P<phase_id>{_ID}|[A-Z]))|"
    rf"(?:(?P<word>tasks?(?:\s+groups?)?|stor(?:y|ies)|epics?|features?|tarea|tarefa|tâche|aufgabe|задач[аи]|タスク|任务|任務|작업|t)"
    rf"[\s\-_]*)?#?(?P<id>(?:\d+-\d+(?:\.\d+)*)|{_ID}))(?![A-Za-z\d]|\.\d)",
    re.IGNORECASE,
)
_ONE = re.compile(r"(?:task\s+)?(\d+(?:\.\d+)*)", re.IGNORECASE)
_REMARK = re.compile(r"\([^)]*\)")
_SIGNS = re.compile(r"[\W_]+")
_SHED = re.compile(r"^t?0*(?=\d)")
_JOINERS = re.compile(
    r"[\s,;&+/→、，；.]|\band\b|\bund\b|\bet\b|\by\b|\be\b|\bи\b|和|と|및|\bmust\b|\bbe\b|\bis\b|\bare\b|\bcompleted?\b|\bdone\b|\bfirst\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Named:
    """What a text names. `unknown`: ids that no task has, or more than one; `words`: text that is no id.

    `by_phase`: the tasks that only their phase names; one of them means the others.
    """

    tasks: tuple[Uid, ...] = ()
    unknown: tuple[str, ...] = ()
    by_phase: frozenset[Uid] = frozenset()
    words: str = ""


@dataclass(slots=True)
class Register:
    """Who bears which id. An id repeats in real plans, so each has a list; `phases`: number → its tasks."""

    tasks: dict[str, list[Uid]] = field(default_factory=dict)
    phases: dict[str, list[Uid]] = field(default_factory=dict)

    def of(self, wanted: str) -> Sequence[Uid]:
        """Find the tasks that bear an id as written; leading zeros and a leading T do not count."""
        return self.tasks.get(plain(wanted), ())


def plain(written: str) -> str:
    """Reduce an id to what is compared: `T012` and `12`, `8.6A` and `8.6a` are alike."""
    return _SHED.sub("", written.casefold().strip(" .#-_"))


def register(document: Document, uids: Mapping[int, Uid]) -> Register:
    """List the ids of a plan's tasks and phases."""
    found = Register()
    for index, uid in uids.items():
        node = document.nodes[index]
        if node.role is Role.TASK:
            found.tasks.setdefault(plain(node.id), []).append(uid)
            if node.parent >= 0:
                found.phases.setdefault(plain(document.nodes[node.parent].id), []).append(uid)
    return found


def named(value: str, known: Register) -> Named:
    """Read the tasks that a metadata value names.

    A bare list of ids names exactly those; in running text only ids behind a word for a task count.
    """
    if not value or _NONE.fullmatch(value.strip()):
        return Named()
    if (one := _ONE.fullmatch(value)) and len(uids := known.of(one[1])) == 1:
        return Named((uids[0],))  # what most plans say, told in short
    head, close, tail = value.rpartition(")")
    bare = _REMARK.sub(" ", head + close) + tail  # each bracket that opens has one that closes
    refs = list(_REF.finditer(bare))
    rest = _JOINERS.sub("", _REF.sub("", _RANGE.sub("", bare)))
    is_list = not _SIGNS.sub("", rest)
    ids: dict[str, Sequence[Uid]] = {}
    for ranged in _RANGE.finditer(bare):
        ids |= dict(_ranged(ranged, known))
    for ref in refs:
        if is_list or ref["word"] or ref["phase"]:
            ids |= dict(_single(ref, known, ids))
    if not ids:
        return Named(words=value)
    tasks = dict.fromkeys(uid for uids in ids.values() for uid in uids)
    phases = {ref["phase"] for ref in refs if ref["phase"]}
    named_ = {uid for written, uids in ids.items() if written not in phases for uid in uids}
    unknown = tuple(written for written, uids in ids.items() if not uids)
    return Named(tuple(tasks), unknown, frozenset(tasks.keys() - named_))


def _ranged(found: re.Match[str], known: Register) -> Iterator[tuple[str, Sequence[Uid]]]:
    """Name what lies between two numbers with one head, where both are tasks and the two are no id themselves.

    A range that cannot be counted out is told as unknown, unless it is no range of tasks at all.
    """
    head, first, last = found["head"], int(found["first"].lstrip("Tt")), int(found["last"])
    ends = known.of(f"{head}{first}"), known.of(f"{found['head2']}{last}")
    if known.of(f"{head}{first}-{found['head2']}{last}") or not all(len(uids) == 1 for uids in ends):
        return
    if head != found["head2"] or not first < last <= first + 1000:
        yield found[0].strip(), ()
        return
    for number in range(first, last + 1):
        if len(uids := known.of(f"{head}{number}")) == 1:
            yield plain(f"{head}{number}"), uids


def _single(
    found: re.Match[str], known: Register, seen: Mapping[str, object]
) -> Iterator[tuple[str, Sequence[Uid]]]:
    if found["phase"]:
        yield found["phase"], tuple(known.phases.get(plain(found["phase_id"]), ()))
        return
    written = found["id"]
    parts = re.fullmatch(r"(\d+)-(\d+)", written)
    if parts and not known.of(written) and parts[1] in seen:
        return  # a range that was read already
    if plain(written) in seen:
        return
    uids = known.of(written)
    if not uids and found.string[found.start("id") - 1 : found.start("id")] == "#" and not found["word"]:
        return  # an issue's number, not a task's
    yield (written if len(uids) != 1 else plain(written)), uids if len(uids) == 1 else ()
