"""What one run holds: the plan, the tracker and the memory of both, and how each is read."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import replace
from typing import NamedTuple

from plansync.document import view
from plansync.document.tree import Document
from plansync.errors import SafetyStop
from plansync.model import (
    OVERVIEW,
    SECTIONS,
    Base,
    Choice,
    Choices,
    Conflict,
    Field,
    Item,
    Kind,
    Note,
    Snapshot,
    Take,
    Twin,
    Uid,
    Value,
    is_step,
    owner_of,
    steps_of,
    uids_of,
)
from plansync.reconcile import Bare, linkable, settle
from plansync.reconcile.aside import Settles
from plansync.reconcile.pairing import rename
from plansync.store import state
from plansync.store.files import digest
from plansync.store.state import Saved
from plansync.sync import claims, existence, knowing, naming, place, unkept
from plansync.sync.beginning import Beginning, is_cut_off
from plansync.sync.doubtful import contested, unproven
from plansync.sync.events import Listener
from plansync.sync.facts import keep_seen
from plansync.sync.memory import Memory
from plansync.sync.project import Project
from plansync.sync.reading import settled
from plansync.sync.yielding import to_yield, yield_to
from plansync.trackers import mapping
from plansync.trackers.base import Absence, Record, Thing
from plansync.trackers.mirror import Mirror

LINKED = "links"
"""What a tracker lacks that keeps no links between issues which block each other."""


class Then(NamedTuple):
    """What a decision rested on: base, plan and tracker at that moment. The base itself moves on."""

    base: Base
    local: Snapshot
    remote: Snapshot


class Former(NamedTuple):
    """Bytes that the plan had before a run that is being undone, the oldest first; `now`: the digest it left."""

    now: str = ""
    contents: tuple[bytes, ...] = ()


class Session:
    """One run's view of the world: it reads and remembers, and `decision` decides upon it.

    `lacks`: what the tracker was found not to keep; `unassignable`: accounts that it gives no issues to, folded.
    `bound`: records that a person binds to items in this run. `incoming`: tasks that the plan is to get for issues
    that are there. `wanted`: the items that this run is about, where not all. `rewriting`: the items whose blocks a
    person wants written anew. `following`: the tasks that a person wants to go over to an issue that came first.
    `renewed`: the items of which a person wants a new record; `passed_over`: those of them that get one beside others
    that bear their mark, with the numbers of these.
    `then`, `numbers` and `behind` are left by a decision: what it rested on, the records' items, and the items that
    the tracker has in a later version than the base.
    """

    then: Then
    numbers: dict[claims.Key, Uid]
    behind: set[Uid]

    def __init__(self, project: Project, listen: Listener, *, is_rebuilding: bool = False) -> None:
        self.project, self.listen, self.is_rebuilding = project, listen, is_rebuilding
        self.written_over = ""
        self.run = project.new_id()
        self.mirror = Mirror(project.tracker, project.keeper)
        self.notes: list[Note] = []
        self.late_notes: list[Note] = []
        self.absent: dict[tuple[Thing, int], Absence] = {}
        self.frozen: set[Uid] = set()
        self.recognised: dict[Uid, Uid] = {}
        self.restoring: set[Uid] = set()
        self.pruned: dict[Uid, Choice] = {}
        self.former_refs: dict[Uid, int] = {}
        self.skipped: frozenset[Uid] = frozenset()
        self.choices: Choices = {}
        self.assume: Take | None = None
        self.settles: Settles | None = None
        self.left: list[Note] = []
        self.former = Former()
        self.rewriting: set[Uid] = set()
        self.following: set[Uid] = set()
        self.passed_over: dict[Uid, tuple[str, ...]] = {}
        self.renewed: set[Uid] = set()
        self.bound: dict[claims.Key, Uid] = {}
        self.told: dict[Uid, Uid] = {}
        self.apart: set[Uid] = set()
        self.doubts: Mapping[Uid, Uid] = {}
        self.asked: tuple[Conflict, ...] = ()
        self.agreed: Snapshot = {}
        self.incoming: dict[Uid, Item] = {}
        self.wanted: frozenset[Uid] | None = None
        self.unassignable: set[str] = set()
        self.lacks: set[str] = set()
        self.new_lineage = ""
        self.has_taken_over = False
        self.base = Base({}, {}, {})
        self.read_plan()
        self.read_state()

    # ---------------------------------------------------------------- plan

    def read_plan(self) -> None:
        """Read and parse the plan as it is now."""
        self.take_plan(self.project.files.read())

    def take_plan(self, source: bytes) -> None:
        """Parse a plan's bytes; where git left a conflict in computed lines alone, as if it were settled.

        Raises: SafetyStop for any other conflict.
        """
        self.torn = settled(source, self.project.path, self.project.parse)
        self.source, self.digest = self.torn.source if self.torn else source, digest(source)
        self.document = self.project.parse(self.source)
        shown = self.show(self.document)
        self.plan_notes, self.shown = shown.notes, shown.items
        self.local: Snapshot = shown.items

    def show(self, document: Document) -> view.View:
        """Show a plan as this project looks at it."""
        project = self.project
        shown = view.snapshot(
            document,
            project.name,
            links=project.links,
            milestones=project.milestones,
            place=project.place,
            marking=project.marking,
            prose=project.prose,
            title=project.title,
        )
        return replace(shown, items=self._timed(shown.items))

    def _timed(self, side: Snapshot) -> dict[Uid, Item]:
        """Show the plan without the words of estimates that the tracker keeps itself, as minutes."""
        is_kept = Field.EFFORT in self.project.tracker.traits.stores
        return {
            u: replace(i, fields={**i.fields, Field.ESTIMATE: ""})
            if is_kept and i.fields.get(Field.EFFORT)
            else i
            for u, i in side.items()
        }

    def read_state(self) -> None:
        """Read the state file and settle whose plan this is.

        Raises: StoreError where it cannot be used; SafetyStop where plan and state file disagree.
        """
        self.memory = Memory(self.project, is_rebuilding=self.is_rebuilding)
        saved = self.memory.saved
        self.base = saved.base if saved else Base({}, {}, {})
        self.repository = saved.repository if saved else ""
        self.lacks = set(saved.lacks) if saved else set()
        self.lineage = self.document.lineage or (saved.lineage if saved else "")
        if self.lineage in self.project.claimed:
            other = self.project.claimed[self.lineage]
            raise SafetyStop(
                f"{self.project.path} carries the ids of {other}: it is a copy, and two copies in one project would "
                f"fight over the same issues. Delete one; or make this one a plan of its own: "
                f"`{self.project.command('rekey')}`"
            )
        if not self.is_rebuilding:
            self.memory.require_own(self.lineage)
        self.memory.compare_place()
        self.notes += self.memory.unknown()

    @property
    def has_issues(self) -> bool:
        """Whether issues that bear a block of this plan are there; one that is yet to be taken over proves nothing."""
        tasks = (u for u, i in self.view.items.items() if i.kind is Kind.TASK and i.at is not None)
        return any(uid not in self.bare for uid in tasks)

    @property
    def is_base_lost(self) -> bool:
        """Whether this plan was synced, its issues are there, and what both sides agreed on is not."""
        saved = self.memory.saved
        is_missing = bool(self.memory.damage or (saved.unknown if saved else self.document.lineage))
        return is_missing and self.has_issues and state.is_first(self.base)

    def forget_base(self) -> None:
        """Look at the tracker as if nothing were remembered."""
        self.base = Base({}, {}, {})
        self.show_remote()

    # ------------------------------------------------------------- tracker

    def _linked(self) -> set[tuple[Thing, int]]:
        """List the issues of the tasks that wait for others, as the plan has it, or as was agreed."""
        waits = self._waiting()
        return {key for key, uid in mapping.known_numbers(self.base.remote).items() if uid in waits}

    def _waiting(self) -> set[Uid]:
        sides = (self.shown, self.base.agreed)
        return {u for side in sides for u, item in side.items() if uids_of(item, Field.EDGES)}

    async def read_links_found(self) -> None:
        """Read the links of tasks whose issues were found only now, after a run that died say."""
        if Field.EDGES in self.stored:
            waits = self._waiting()
            found = [record for uid, record in self.view.records.items() if uid in waits]
            if await self.mirror.read_uncounted(found):
                self.show_remote()

    async def read_tracker(self, *, full: bool = False) -> None:
        """Bring the mirror up to date and show the tracker's side; `full`: each linked record is read directly."""
        await place.find(self.project.tracker, self.repository, self.memory.refusal)
        named = claims.named(self.shown, self.project.target.project)
        linked = {*mapping.known_numbers(self.base.remote), *named}
        wants_all = self.project.policy.issue_added != "labelled"
        if full:
            self.lacks.clear()  # it may have learnt it
            unkept.forget(self.mirror)
        self.absent = await self.mirror.read(
            linked, full=full, whole=wants_all, has_links=Field.EDGES in self.stored, edges=self._linked()
        )
        self._settle_lineage()
        self.show_remote()

    def _settle_lineage(self) -> None:
        """Find the plan's own name where it has none yet; where it has, see that nobody else made its issues."""
        begin = Beginning(self.project, self.mirror.records.values(), self.local)
        if not self.lineage:
            found, what = begin.discover()
            self.has_taken_over = bool(found)
            if found:
                text = f"{what} of this plan are there already; taking them over (plan {found})"
                self.notes.append(Note("", text))
            self.lineage = found or self.new_lineage or begin.first()
        elif self._is_begun and is_cut_off(self.shown, self.base):
            begin.traces().require_none_but(self.lineage)
        else:
            self.notes += (Note("", text) for text in begin.beside(self.lineage))

    @property
    def _is_begun(self) -> bool:
        """Whether a run gave this plan its name, here."""
        return self.memory.saved is not None or bool(self.project.journal(self.lineage).pending())

    def show_remote(self) -> None:
        """Show what the mirror holds; freeze what is linked and cannot be read."""
        former = {u: r for u, r in self.former_refs.items() if (u, Field.STATE) not in self.choices}
        # one that a person drops gets no new issue
        sides = (self.local, self.shown)
        self.names = knowing.names(self.project, self.lineage, sides, self.base, former, self.passed_over)
        self.view = mapping.snapshot(self.mirror.records.values(), self.names)
        claimed = claims.claims(self.shown, self.base, self.view, self.mirror.records)
        above = claims.inherited(self.shown, self.base, self.view, self.mirror.records.values())
        if found := {**above, **claimed.known, **self.bound}:
            self.names = replace(self.names, known={**self.names.known, **found})
            self.view = mapping.snapshot(self.mirror.records.values(), self.names)
        if self._go_over():
            self.show_remote()
            return
        if self.project.overview == "none":
            self.view = mapping.without(self.view, OVERVIEW)
        self.remote: dict[Uid, Item] = self.view.items
        for uid in self.restoring & self.remote.keys():  # where it is now is no milestone of ours
            item = self.remote[uid]
            self.remote[uid] = replace(item, fields={Field.PHASE: "", **item.fields})
        self.bare = dict(claims.bare(self.view, self.base, self.bound))
        for uid in self.rewriting & self.remote.keys():
            if Field.STEPS not in self.remote[uid].fields:
                self._recall_block(uid)
        self.frozen = {self.names.known[key] for key in self.absent if key in self.names.known}
        doubts = (
            *unproven(self.shown, self.view.items, self.bound.values()),
            *contested(claimed.contested, self.label_of),
        )
        self.notes += (doubt.note for doubt in doubts)
        self.frozen |= {uid for doubt in doubts for uid in doubt.uids}

    def _go_over(self) -> bool:
        """Let go of our issues beside which there is another one that is the task's; says whether any is."""
        own = to_yield(self.view, self.base, self.following)
        for uid, twin in own.items():
            self.following.discard(uid)
            self.former_refs[uid] = self.base.remote[uid].at or 0
            yield_to(self.base, twin)
        return bool(own)

    def _recall_block(self, uid: Uid) -> None:
        """Show what an unreadable block said when it was last read; it is to be written anew."""
        then, item = self.base.remote.get(uid), self.remote[uid]
        self.bare[uid] = Bare()
        if then is not None:
            outside = (Field.TITLE, Field.STATE, Field.PHASE, *SECTIONS)
            said: dict[Field, Value] = {f: v for f, v in then.fields.items() if f not in outside}
            self.remote |= {step.uid: step for step in steps_of(self.base.remote, uid)}
            self.remote[uid] = replace(item, fields={**said, **item.fields}, stamp=then.stamp)

    # --------------------------------------------------------------- lenses

    @property
    def stored(self) -> frozenset[Field]:
        """The fields that the tracker keeps, as far as is known, and that the settings want it to keep."""
        lacks = {Field.EDGES} if LINKED in self.lacks or not self.project.has_links else set[Field]()
        return self.project.tracker.traits.stores - lacks

    def lack(self, what: str, why: str) -> None:
        """Remember what the tracker does not keep, so that it is asked for once."""
        if what not in self.lacks:
            self.lacks.add(what)
            self.late_notes.append(Note("", why))

    def settable(self, side: Snapshot) -> Snapshot:
        """Show the plan without labels and owners that no issue gets by this account."""
        return unkept.settable(side, self.view.items, unkept.unkept(self.mirror), self.unassignable)

    def forgo(self, uid: Uid, lost: Mapping[Field, Collection[str]]) -> None:
        """Do without the labels and people that an issue did not keep, from here on and in what is remembered."""
        unkept.remember(self.mirror, uid, lost)
        self.local = unkept.without(self.local, uid, lost)
        self.agreed = unkept.without(self.agreed, uid, lost)

    def keep_sections(self) -> None:
        """Remember on this machine the derived parts in which the overview issue says what it is to say."""
        agreed, there = self.agreed.get(OVERVIEW), self.remote.get(OVERVIEW)
        if agreed is not None and there is not None:
            keep_seen(self.mirror, self.lineage, agreed, there)

    @property
    def awaited(self) -> dict[Uid, Item]:
        """The tasks that the plan is to get and does not have yet."""
        return {uid: item for uid, item in self.incoming.items() if uid not in self.shown}

    @property
    def there(self) -> Snapshot:
        """The plan's side without the tasks that it is yet to get."""
        return {u: i for u, i in self.local.items() if u not in self.awaited} if self.awaited else self.local

    def thawed(self, side: Snapshot) -> Snapshot:
        """Leave out the items whose record cannot be read: nothing about them is decided or compared."""
        return {u: i for u, i in side.items() if owner_of(u) not in self.frozen} if self.frozen else side

    @property
    def unseen(self) -> set[Uid]:
        """The items of which nothing can be said: left alone, and not because they are certainly gone."""
        is_lost = (k for k, why in self.absent.items() if why in existence.LOST and k in self.names.known)
        return self.frozen - {self.names.known[key] for key in is_lost}

    def read_again(self, content: bytes) -> Snapshot:
        """Show a plan as written, in the same light as the one that was decided on."""
        shown = rename(self.show(self.project.parse(content)).items, self.recognised)
        seen = self.thawed(self.settable(dict(shown)))
        return linkable(seen, self.skipped, self.doubts, self.remote)

    def lose(self, thing: Thing, ref: int, absence: Absence) -> None:
        """Note that a record the mirror held is not there: its item is left alone from here on."""
        self.absent[thing, ref] = absence
        self.mirror.forget(thing, ref)

    def all_notes(self) -> list[Note]:
        """Collect what was noted while reading."""
        terms = self.project.tracker.traits.terms
        frozen = [
            Note(
                uid, f"{key[0].value} #{key[1]} is {terms.absent(key[0], absence)}; nothing was done about it"
            )
            for key, absence in self.absent.items()
            if absence not in existence.LOST and (uid := self.names.known.get(key))
        ]
        found = (
            *self.plan_notes,
            *self._torn_note(),
            *self.view.notes,
            *self.notes,
            *frozen,
            *self.late_notes,
        )
        return list(dict.fromkeys(found))

    def _torn_note(self) -> list[Note]:
        if self.torn is None:
            return []
        text = f"line {self.torn.line}: git left a conflict in lines that plansync computes; it settles that itself"
        return [Note("", text)]

    # ------------------------------------------------------------ remember

    def write_state(self, expect: Callable[[str, str, str], None] = lambda run, old, new: None) -> None:
        """Write the state file: the base as it is now. `expect` is told this run and both digests before that."""
        project, form = self.project, self.document.dialect.name
        saved = Saved(
            self.lineage,
            project.path,
            project.target,
            self.base,
            form=form,
            config=project.config,
            repository=self.repository,
            lacks=frozenset(self.lacks),
        )
        self.memory.write(saved, self.run, expect)

    def settled(self, owner: Uid, local: Snapshot | None = None, remote: Snapshot | None = None) -> Base:
        """Say what may be remembered of an item, with a side as it is now or as given."""
        sides = (self.local if local is None else local, self.remote if remote is None else remote)
        return settle(self.base, self.agreed, *sides, owner, is_behind=owner in self.behind)

    def twin(self, uid: Uid) -> Twin | None:
        """Find the twin of this name; `None` where the name is an item's."""
        return next((t for t in self.view.twins if t.item.uid == uid), None)

    def owner_of(self, uid: Uid) -> Uid:
        """Say whose an operation is: that of a twin is its task's."""
        twin = self.twin(uid)
        return twin.of if twin else owner_of(uid)

    def accept_twin(self, twin: Twin) -> None:
        """Remember that a twin was closed, or is to be left: what people do with it then is theirs."""
        existence.accept(self.base, twin.of, twin.number)
        if twin.of in self.agreed:  # pragma: no branch — a task that both sides have always is
            self.agreed = {**self.agreed, twin.of: existence.accepting(self.agreed[twin.of], twin.number)}

    def owners(self) -> Iterator[Uid]:
        """List the items on both sides that something is agreed about."""
        return (u for u in self.agreed if not is_step(u) and u in self.remote and u in self.local)

    def record_of(self, uid: Uid) -> Record | None:
        """Find the record behind an item."""
        item = self.remote.get(uid)
        if item is None or item.at is None:
            return None
        return self.mirror.records.get((thing_of(item), item.at))

    def line_of(self, uid: Uid) -> int:
        """Find the line of the plan on which an item stands, 0 where it has none."""
        node = naming.node_of(self.document, self.local.get(uid) or self.shown.get(uid))
        return self.document.line_no(node.block.span.start) if node else 0

    def number_of(self, uid: Uid) -> str:
        """Read the number that a phase or task bears in the plan, as written; empty for none."""
        node = naming.node_of(self.document, self.local.get(uid))
        return node.id if node else ""

    def label_of(self, uid: Uid) -> str:
        """Name an item as its author does: its number as written, else its title or text."""
        if uid == OVERVIEW:
            return "overview"
        sides = (self.local, self.shown, self.remote, self.base.local)
        item = next((side[uid] for side in sides if uid in side), None)
        if item is None:
            return uid
        return naming.label(self.document, item, is_in_plan=uid in self.local or uid in self.shown)


def thing_of(item: Item) -> Thing:
    """Say which kind of record stands behind an item."""
    return Thing.MILESTONE if item.kind is Kind.PHASE else Thing.ISSUE
