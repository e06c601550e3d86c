"""A plan that a job wrote and one that people wrote meanwhile, joined, each with its state file; pure.

People's words stand where both changed a line. What a job adds beside them, ids and links, goes along to where the
line went; whatever else of the job's did not come through is named, so that nothing is taken for agreed that the
plan does not show: the next sync fetches it again.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence, Set
from difflib import SequenceMatcher
from typing import NamedTuple

from plansync.errors import StoreError
from plansync.store import merging, state
from plansync.text import UID_PATTERN

_MARK = re.compile(r"[ \t]*<!-- plansync:[^<>]*-->")
_UID = re.compile(rf"<!-- plansync:({UID_PATTERN})\b")
_FOOTER = re.compile(r"(?:\r?\n)*<!-- plansync plan=[0-9a-z]{8} -->\s*\Z")
_LINK = re.compile(r"^\W*[\w ]+\W*[:：]\W*\[[#!]\d+\]\(https?://\S+\)\W*$")
_END = re.compile(r"(?:[ \t]+#+)?\s*\Z")
"""Closing hashes of a heading, blanks and the line end: a mark stands before them."""
_WORD = re.compile(r"\w+|\s+|[^\w\s]")
_SIMILAR = 0.6
_POPULAR_FROM = 2_000
"""From so many lines on those that recur everywhere anchor nothing; comparing them all would take minutes."""


class Version(NamedTuple):
    """A plan and its state file, as they stand together; `None` where one of them is not there."""

    plan: bytes | None
    state: bytes | None


def join(ancestor: Version, job: Version, people: Version, name: str = "") -> Version:
    """Join what a job and people made of a plan and its state file; `name`: the state file's, for messages.

    Where people took one of the two away, or made it another plan's, theirs stands.
    """
    if people.plan is None or job.plan is None:
        return people
    joined = _Plans(*map(_text, (ancestor.plan or b"", job.plan, people.plan))).joined()
    try:
        memory = _states(ancestor.state, job.state, people.state, joined.lost, name)
    except merging.Unmergeable:
        return people
    return Version(joined.text.encode("utf-8", "surrogateescape"), memory)


def _text(content: bytes) -> str:
    return content.decode("utf-8", "surrogateescape")


# ------------------------------------------------------------------ the state file


def _states(
    then: bytes | None, job: bytes | None, people: bytes | None, lost: frozenset[str], name: str
) -> bytes | None:
    """Merge the state files by item; of an item of which something was lost the job remembers where it is, no more."""
    if job is None or (people is None and then is not None):
        return people
    mine, theirs = (_content(content, name) for content in (job, people))
    if mine is None:
        return people
    if theirs is None and people is not None:
        return job
    merged = state.take_apart(
        _decoded(merging.merge(_decoded(then), _decoded(people), _decoded(job), name).content)
        if people is not None
        else _decoded(job),
        name,
    )
    for uid in lost & merged.records.keys():
        record = theirs.records.get(uid) if theirs else None
        merged.records[uid] = record or state.sealed(uid, _place(merged.records[uid]))
    content = state.put_together(merged.header, merged.records)
    is_crlf = b"\r\n" in (people if people is not None else job)
    return content.replace(b"\n", b"\r\n") if is_crlf else content


def _content(content: bytes | None, name: str) -> state.Content | None:
    """Read a state file; `None` where it cannot be read: then the other one stands."""
    try:
        return state.take_apart(_decoded(content), name) if content else None
    except StoreError:
        return None


def _decoded(content: bytes | None) -> str:
    return (content or b"").decode("utf-8", "replace")


def _place(record: state.Record) -> state.Record:
    """Keep of a record which issue it is, and nothing that was agreed: from here on that is not known."""
    return {name: record[name] for name in ("kind", "ref", "node", "rev", "op") if name in record}


# ------------------------------------------------------------------ the plan


class _Joined(NamedTuple):
    """The joined text, and the ids of the items of which a change of the job's did not come through."""

    text: str
    lost: frozenset[str]


class _Plans:
    """Three versions of a plan."""

    def __init__(self, ancestor: str, job: str, people: str) -> None:
        self.footer = _last(people) or _last(job)
        ancestor, job, people = (_without_last(text, ancestor) for text in (ancestor, job, people))
        self.a, self.o, self.t = (_lines(text) for text in (ancestor, job, people))
        self.is_closed = _is_closed(people if _is_closed(people) != _is_closed(ancestor) else job)
        self.o = _without_links(self.o, {line.strip() for line in self.t} - {line.strip() for line in self.a})
        self.lost: set[int] = set()

    def joined(self) -> _Joined:
        """Join them, line by line."""
        out: list[str] = []
        for a, o, t in _regions(*([_bare(line) for line in lines] for lines in (self.a, self.o, self.t))):
            mine, old, theirs = self.o[o], self.a[a], self.t[t]
            if mine == old:
                out += theirs
            elif theirs in (old, mine):
                out += mine
            else:
                out += _Region(old, mine, theirs, self.lost, o.start).joined()
        text = "".join(out)
        text = text if self.is_closed else text.removesuffix("\n").removesuffix("\r")
        whole = text.rstrip("\r\n") + self.footer if self.footer and text else text
        return _Joined(whole, frozenset(self._uids()))

    def _uids(self) -> Iterator[str]:
        """Name the items to which lost lines belong: each by the last id at or above it."""
        current, waiting = "", set(self.lost)
        for number, line in enumerate(self.o):
            found = _UID.search(line)
            current = found[1] if found else current
            if number in waiting and current:
                yield current


def _last(text: str) -> str:
    """Take the plan's own id, with what is before it, from the end of a text."""
    found = _FOOTER.search(text)
    return found[0] if found else ""


def _without_last(text: str, ancestor: str) -> str:
    """Take the plan's own id away; what remains ends as the ancestor does."""
    last = _last(text)
    if not last:
        return text
    end = ancestor[: len(ancestor) - len(_last(ancestor))]
    return text[: len(text) - len(last)] + end[len(end.rstrip("\r\n")) :]


def _without_links(lines: Sequence[str], known: Set[str]) -> list[str]:
    """Take links away that people's plan has too, each with its blank line: where they stand there they stay."""
    out: list[str] = []
    is_blank_due = False
    for line in lines:
        bare = line.strip()
        if bare in known and _LINK.match(bare):
            is_blank_due = bool(out) and not out[-1].strip()
            continue
        if bare or not is_blank_due:
            out.append(line)
        is_blank_due = False
    return out


def _is_closed(text: str) -> bool:
    return not text or text.endswith(("\n", "\r"))


def _lines(text: str) -> list[str]:
    """Cut a text into lines, the last one closed as well: whatever is joined to the end is a line of its own."""
    end = "" if _is_closed(text) else "\r\n" if "\r\n" in text else "\n"
    return f"{text}{end}".splitlines(keepends=True)


_Cut = tuple[slice, slice, slice]


def _regions(a: Sequence[str], o: Sequence[str], t: Sequence[str]) -> Iterator[_Cut]:
    """Cut three lists where all agree; the agreeing parts and those in between come in order."""
    here, there = _blocks(a, o), _blocks(a, t)
    at = (0, 0, 0)
    while here and there:
        (a1, o1, n1), (a2, t2, n2) = here[0], there[0]
        low, high = max(a1, a2), min(a1 + n1, a2 + n2)
        if low < high:
            begin = (low, o1 + low - a1, t2 + low - a2)
            end = (high, o1 + high - a1, t2 + high - a2)
            yield _cut(at, begin)
            yield _cut(begin, end)
            at = end
        del (here if a1 + n1 <= a2 + n2 else there)[0]
    yield _cut(at, (len(a), len(o), len(t)))


def _cut(start: tuple[int, int, int], end: tuple[int, int, int]) -> _Cut:
    return slice(start[0], end[0]), slice(start[1], end[1]), slice(start[2], end[2])


_Block = tuple[int, int, int]


def _blocks(a: Sequence[str], b: Sequence[str]) -> list[_Block]:
    """List what two lists share: where it begins in each, and how long it is."""
    is_long = len(a) + len(b) > _POPULAR_FROM
    found: list[_Block] = [
        (m.a, m.b, m.size) for m in SequenceMatcher(None, a, b, autojunk=is_long).get_matching_blocks()
    ]
    for n in range(1, len(found)):
        found[n - 1], found[n] = _slid(a, b, found[n - 1], found[n])
    return [block for block in found if block[2]]


def _slid(a: Sequence[str], b: Sequence[str], one: _Block, two: _Block) -> tuple[_Block, _Block]:
    """Let what only one list has between two blocks begin as early as it can.

    Where the same lines were added to two lists, each with a blank line, it is the same blank line that is new.
    """
    (a1, b1, size), (a2, b2, next_size) = one, two
    while size:
        is_added, is_removed = a1 + size == a2 and b1 + size < b2, a1 + size < a2 and b1 + size == b2
        if not (is_added and b[b1 + size - 1] == b[b2 - 1]) and not (
            is_removed and a[a1 + size - 1] == a[a2 - 1]
        ):
            break
        size, a2, b2, next_size = size - 1, a2 - 1, b2 - 1, next_size + 1
    return (a1, b1, size), (a2, b2, next_size)


class _Region:
    """Lines that both changed, each in another way. `first`: the number of the job's first one."""

    def __init__(self, a: list[str], o: list[str], t: list[str], lost: set[int], first: int) -> None:
        self.a, self.o, self.t, self.lost, self.first = a, o, t, lost, first

    def joined(self) -> list[str]:
        """Begin with people's lines and bring the job's changes to them."""
        mine, theirs = _aligned(self.a, self.o), _aligned(self.a, self.t)
        out: list[list[str]] = [[line] for line in self.t]
        start: list[str] = []
        below: list[str] | None = start
        back = {j: i for i, j in mine.items()}
        both = _added_by_both(self.o, self.t, set(back), set(theirs.values()))
        for j, line in enumerate(self.o):
            i = back.get(j)
            if i is None:
                if (k := both.get(j)) is not None:
                    out[k][0], _ = _line(_bare(line), line, self.t[k])
                else:
                    self._insert(j, line, below)
                continue
            k = theirs.get(i)
            below = None if k is None else out[k]
            if k is None:
                self._lose(j, is_lost=_bare(line) != _bare(self.a[i]))
            elif line != self.a[i]:
                out[k][0], is_whole = _line(self.a[i], line, self.t[k])
                self._lose(j, is_lost=not is_whole)
        above = -1
        for i in range(len(self.a)):
            above, k = mine.get(i, above), theirs.get(i)
            if i not in mine and k is not None:  # the job took it out
                if self.t[k] == self.a[i]:
                    out[k][0] = ""
                else:
                    self._lose(above, is_lost=True)
        return start + [line for lines in out for line in lines if line]

    def _insert(self, j: int, line: str, below: list[str] | None) -> None:
        """Put a line that the job added below the one that it stood below."""
        has_link = bool(_LINK.match(line.strip())) and any(_LINK.match(each.strip()) for each in self.t)
        if below is not None and line not in self.t and not has_link:
            below.append(line)
        elif below is None:
            self._lose(j, is_lost=bool(line.strip()) and not _LINK.match(line.strip()))

    def _lose(self, j: int, *, is_lost: bool) -> None:
        """Note that something at or right below a line of the job's did not come through; -1: above its first."""
        if is_lost:
            self.lost.add(max(self.first + j, 0))


def _aligned(a: Sequence[str], b: Sequence[str]) -> dict[int, int]:
    """Say which line became which: those that are equal but for marks, one for one, else those that are alike."""
    found: dict[int, int] = {}
    old, new = [_bare(line) for line in a], [_bare(line) for line in b]
    for tag, i1, i2, j1, j2 in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if tag == "equal" or (tag == "replace" and i2 - i1 == j2 - j1 == 1):
            found |= dict(zip(range(i1, i2), range(j1, j2), strict=True))
        elif tag == "replace":
            j = j1
            for i in range(i1, i2):
                best = max(range(j, j2), key=lambda n: _likeness(old[i], new[n]), default=None)
                if best is not None and _likeness(old[i], new[best]) >= _SIMILAR:
                    found[i], j = best, best + 1
    return found


def _added_by_both(o: Sequence[str], t: Sequence[str], old: set[int], kept: set[int]) -> dict[int, int]:
    """Say which lines both added, alike but for marks. `old`, `kept`: the numbers of those that were there before."""
    blocks = SequenceMatcher(None, [_bare(line) for line in o], [_bare(line) for line in t], autojunk=False)
    pairs = ((m.a + n, m.b + n) for m in blocks.get_matching_blocks() for n in range(m.size))
    return {j: k for j, k in pairs if j not in old and k not in kept}


def _likeness(one: str, other: str) -> float:
    if not one.strip() or not other.strip():
        return 0.0
    return SequenceMatcher(None, one, other, autojunk=False).ratio()


def _line(a: str, o: str, t: str) -> tuple[str, bool]:
    """Join one line; say whether all that the job changed in it came through."""
    marks = [mark for mark in _MARK.findall(o) if mark.strip() not in t]
    old, mine, theirs = _bare(a), _bare(o), _bare(t)
    body, is_whole = _words(old, mine, theirs)
    gone = {mark for mark in _MARK.findall(a) if mark.strip() not in o}
    kept = [mark for mark in _MARK.findall(t) if mark not in gone]
    own = {found[1] for mark in kept if (found := _UID.search(mark))}
    fresh = [mark for mark in marks if not ((found := _UID.search(mark)) and found[1] in own)]
    at = _END.search(body)
    place = at.start() if at else len(body)
    return body[:place] + "".join(kept + fresh) + body[place:], is_whole


def _bare(line: str) -> str:
    return _MARK.sub("", line)


def _words(a: str, o: str, t: str) -> tuple[str, bool]:
    """Join one line's words; where both changed the same ones people's stand."""
    if o in (a, t):
        return t, True
    if t == a:
        return o, True
    out, is_whole = "", True
    old, mine, theirs = (_WORD.findall(text) for text in (a, o, t))
    for one, two, three in _regions(old, mine, theirs):
        before, ours, people = old[one], mine[two], theirs[three]
        is_ours = ours != before and people == before
        out += "".join(ours if is_ours else people)
        is_whole = is_whole and (is_ours or ours in (before, people))
    return out, is_whole
