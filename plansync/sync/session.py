"""What one run holds: the plan, the tracker and the memory of both, and how each is read."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

from plansync.document import rewrite, view
from plansync.document.torn import Torn
from plansync.document.tree import Document
from plansync.errors import SafetyStop, StoreError, Unreadable
from plansync.model import (
    OVERVIEW,
    SECTIONS,
    Base,
    Change,
    Changeset,
    Choice,
    Choices,
    Conflict,
    Field,
    Item,
    Kind,
    Note,
    Operation,
    Side,
    Snapshot,
    State,
    Take,
    Twin,
    Uid,
    Value,
    is_step,
    owner_of,
    state_of,
    steps_of,
    text_of,
    uids_of,
)
from plansync.planning import overview
from plansync.planning.progress import computed_lines, computed_now
from plansync.reconcile import Bare, Given, linkable, reconcile, settle
from plansync.reconcile.aside import Settles
from plansync.reconcile.merge import shown_state
from plansync.reconcile.order import IDS
from plansync.reconcile.pairing import rename, unmarked
from plansync.store import state
from plansync.store.files import digest
from plansync.store.header import command
from plansync.store.state import Saved
from plansync.sync import claims, existence, place, unkept
from plansync.sync.events import Listener
from plansync.sync.facts import facts, keep_seen, seen
from plansync.sync.lineage import Traces, beside, other_paths, traces
from plansync.sync.project import Project
from plansync.sync.reading import settled
from plansync.sync.yielding import yield_to
from plansync.trackers import mapping
from plansync.trackers.base import Absence, Record, Thing
from plansync.trackers.mapping import Names
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
    """One run's view of the world; it reads and remembers, and decides by calling `reconcile`.

    `lacks`: what the tracker was found not to keep; `unassignable`: accounts that it gives no issues to, folded.
    `bound`: records that a person binds to items in this run. `incoming`: tasks that the plan is to get for issues
    that are there. `wanted`: the items that this run is about, where not all. `rewriting`: the items whose blocks a
    person wants written anew. `following`: the tasks that a person wants to go over to an issue that came first.
    """

    def __init__(self, project: Project, listen: Listener, *, is_rebuilding: bool = False) -> None:
        self.project, self.listen, self.is_rebuilding = project, listen, is_rebuilding
        self.kept_as = self.written_over = ""
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
        raw = self.project.files.read_state()
        self.state_digest = digest(raw)
        self.saved: Saved | None = None
        self.damage = ""
        try:
            text = raw.decode("utf-8", "replace")
            self.saved = state.load(text, self._state_name(), self.named) if raw else None
        except StoreError as error:
            if not (self.is_rebuilding or isinstance(error, Unreadable)):
                raise
            self.damage = str(error).partition(";")[0]
        self.refusal: StoreError | None = None  # it holds unless the place is the same one under a new name
        self.base = self.saved.base if self.saved else Base({}, {}, {})
        self.repository = self.saved.repository if self.saved else ""
        self.lacks = set(self.saved.lacks) if self.saved else set()
        self.lineage = self.document.lineage or (self.saved.lineage if self.saved else "")
        if self.lineage in self.project.claimed:
            other = self.project.claimed[self.lineage]
            raise SafetyStop(
                f"{self.project.path} carries the ids of {other}: it is a copy, and two copies in one project would "
                f"fight over the same issues. Delete one; or make this one a plan of its own: `{self.command('rekey')}`"
            )
        if self.saved:
            self._check(self.saved)

    def command(self, verb: str, *options: str) -> str:
        """Write a command of `plansync state` for this plan, as one would type it."""
        return command(verb, self.named, *options)

    @property
    def named(self) -> str:
        """The plan, as one would type it."""
        return self.project.named or self.project.path

    def _state_name(self) -> str:
        return f"the state file of {self.project.path}"

    def _check(self, saved: Saved) -> None:
        if saved.lineage != self.lineage and not self.is_rebuilding:
            raise SafetyStop(
                f"the plan's last line says plan={self.lineage}, its state file says {saved.lineage}: they belong to "
                f"different plans. If the state file is right: `{self.command('lineage', '--take', saved.lineage)}`. "
                f"If the plan is: `{self.command('lineage', '--take', self.lineage)}`"
            )
        if saved.target and saved.target != self.project.target:
            self.refusal = StoreError(
                f"this plan is synced with {saved.target}, not with {self.project.target}; one plan has one target. "
                f"Name that one; or begin anew at the other: `{self.command('retarget', *self.project.flags)}`"
            )
            if not place.is_maybe_renamed(saved, self.project.target):
                raise self.refusal
        for uid in saved.unknown:
            text = f"the state file's lines of {uid} cannot be read; the item is compared anew"
            self.notes.append(Note("" if " " in uid else uid, text))

    @property
    def has_issues(self) -> bool:
        """Whether issues that bear a block of this plan are there; one that is yet to be taken over proves nothing."""
        tasks = (u for u, i in self.view.items.items() if i.kind is Kind.TASK and i.at is not None)
        return any(uid not in self.bare for uid in tasks)

    @property
    def is_base_lost(self) -> bool:
        """Whether this plan was synced, its issues are there, and what both sides agreed on is not."""
        is_missing = bool(self.damage or (self.saved.unknown if self.saved else self.document.lineage))
        return is_missing and self.has_issues and state.is_first(self.base)

    def forget_base(self) -> None:
        """Look at the tracker as if nothing were remembered."""
        self.base = Base({}, {}, {})
        self.show_remote()

    # ------------------------------------------------------------- tracker

    def _name(self) -> Names:
        """Say what records cannot say of themselves."""
        title = text_of(self.local.get(OVERVIEW), Field.TITLE)
        sides = (self.shown, self.base.agreed, self.base.remote)
        tasks = {u for side in sides for u, i in side.items() if i.kind is Kind.TASK}
        return Names(
            self.lineage,
            title,
            self.project.path,
            self.project.link,
            mapping.known_numbers(self.base.remote),
            {u: text_of(i, Field.TITLE) for u, i in self.base.agreed.items() if i.kind is Kind.PHASE},
            self.project.title,
            {u: said for u in tasks if (said := _said(sides, u, Field.FRAME))},
            {u: _said(sides, u, Field.TITLE) for u in (*tasks, OVERVIEW)},
            {
                (Thing.ISSUE, ref): uid
                for uid, ref in self.former_refs.items()
                if uid in tasks and (uid, Field.STATE) not in self.choices
            },  # one that a person drops gets no new issue
            self.project.marking.has_efforts,
        )

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
        await place.find(self.project.tracker, self.repository, self.refusal)
        named = claims.named(self.shown, self.project.target.project)
        linked = {*mapping.known_numbers(self.base.remote), *named}
        wants_all = self.project.policy.issue_added != "labelled"
        if full:
            self.lacks.clear()  # it may have learnt it
            unkept.forget(self.mirror)
        self.absent = await self.mirror.read(
            linked, full=full, whole=wants_all, has_links=Field.EDGES in self.stored, edges=self._linked()
        )
        if not self.lineage:
            found = self._discover()
            self.has_taken_over = bool(found)
            self.lineage = found or self.new_lineage or self._first_lineage()
        elif self._is_cut_off:
            self._traces().require_none_but(self.lineage)
        else:
            project, records = self.project, self.mirror.records.values()
            told = beside(records, self.lineage, project.path, self.local, project.claimed, self.command)
            self.notes += (Note("", text) for text in told)
        self.show_remote()

    def show_remote(self) -> None:
        """Show what the mirror holds; freeze what is linked and cannot be read."""
        self.names = self._name()
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
        self.frozen |= {*self._unproven(), *self._contested(claimed.contested)}

    def _go_over(self) -> bool:
        """Let go of our issues beside which there is another one that is the task's; says whether any is."""
        ahead = {t.of: t for t in sorted(self.view.twins, key=lambda t: t.item.at or 0, reverse=True)}
        own = {u: t for u, t in ahead.items() if u in self.base.remote and self._is_to_yield(t)}
        for uid, twin in own.items():
            self.following.discard(uid)
            self.former_refs[uid] = self.base.remote[uid].at or 0
            yield_to(self.base, twin)
        return bool(own)

    def _is_to_yield(self, twin: Twin) -> bool:
        """Say whether a task goes over to another issue: a lower one that another run made, or as a person wants it.

        Somebody may have put a forged block into one, so it is as it was made, or ours was closed as its duplicate.
        """
        is_lower = (twin.item.at or 0) < (self.view.items[twin.of].at or 0)
        is_sure = twin.is_new or self.view.records[twin.of].is_duplicate
        return (is_lower and is_sure) or twin.of in self.following

    def _recall_block(self, uid: Uid) -> None:
        """Show what an unreadable block said when it was last read; it is to be written anew."""
        then, item = self.base.remote.get(uid), self.remote[uid]
        self.bare[uid] = Bare()
        if then is not None:
            outside = (Field.TITLE, Field.STATE, Field.PHASE, *SECTIONS)
            said: dict[Field, Value] = {f: v for f, v in then.fields.items() if f not in outside}
            self.remote |= {step.uid: step for step in steps_of(self.base.remote, uid)}
            self.remote[uid] = replace(item, fields={**said, **item.fields}, stamp=then.stamp)

    def _unproven(self) -> Iterator[Uid]:
        """List the tasks whose number only the state file gives: neither the issue nor the plan says so.

        A state file may come from anybody; nothing is written to an issue on its word alone.
        """
        links = claims.links(self.shown)
        for uid, item in self.view.items.items():
            is_linked = uid in self.shown and Field.LINK in self.shown[uid].fields
            is_sure = item.kind is not Kind.TASK or Field.STEPS in item.fields or uid in self.bound.values()
            if is_linked and not is_sure and (uid not in links or links[uid].number != item.at):
                text = f"#{item.at} bears no mark of ours and the plan does not name it; nothing is done about it"
                self.notes.append(Note(uid, text))
                yield uid

    def _contested(self, contested: Mapping[int, tuple[Uid, ...]]) -> Iterator[Uid]:
        """List the tasks that name one issue together: none of them gets it, nor another one."""
        for number, uids in contested.items():
            names = " and ".join(self.label_of(uid) for uid in uids)
            text = (
                f"{names} name one issue, #{number}; nothing is done about them until only one of them does"
            )
            self.notes.append(Note(uids[0], text))
            yield from uids

    def _discover(self) -> str:
        """Find the lineage under which this plan's issues, or its milestones, are there already."""
        project = self.project
        lineage, what = self._traces().discover()
        elsewhere = other_paths(self.mirror.records.values(), project.path, self.local)
        if not lineage and (gone := [path for path in elsewhere if not project.is_there(path)]):
            former = project.former_paths()
            if ours := [path for path in gone if path in former]:
                lineage, what = self._traces(*ours).discover()
            else:
                tasks = sum(item.kind is Kind.TASK for item in self.local.values())
                self._traces(*gone).require_not_moved(tasks)
        if lineage:
            text = f"{what} of this plan are there already; taking them over (plan {lineage})"
            self.notes.append(Note("", text))
        return lineage

    def _first_lineage(self) -> str:
        """Name a plan that has no name yet.

        Two jobs that begin one plan at one moment name it alike, so that the next run finds what both made. A name
        that is known here, or on the tracker, was another beginning's.
        """
        project = self.project
        made = project.first_lineage(sorted(self.local))
        is_free = bool(made) and made not in self._traces().busy and made not in project.claimed
        return made if is_free and project.journal(made).is_new() else project.new_id()

    @property
    def _is_cut_off(self) -> bool:
        """Whether a first push gave this plan its name, and made no issue of a task; what is done needs none."""
        is_begun = self.saved is not None or self.project.journal(self.lineage).pending()
        if not is_begun or any(i.at is not None for i in self.base.remote.values() if i.kind is Kind.TASK):
            return False
        tasks = (uid for uid, item in self.shown.items() if item.kind is Kind.TASK)
        return any(shown_state(self.shown, uid) is State.TODO for uid in tasks)

    def _traces(self, *paths: str) -> Traces:
        """Look for what is there of the plan, at its own path where none is named."""
        records, project = self.mirror.records.values(), self.project
        return traces(records, paths or (project.path,), self.local, project.claimed, self.command)

    # -------------------------------------------------------------- decide

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

    def _kept(self, side: Snapshot) -> Snapshot:
        """Show the tracker without links, where they are none of ours."""
        if Field.EDGES in self.stored:
            return side
        return {
            u: replace(i, fields={f: v for f, v in i.fields.items() if f is not Field.EDGES})
            for u, i in side.items()
        }

    def _settable(self, side: Snapshot) -> Snapshot:
        """Show the plan without labels and owners that no issue gets by this account."""
        return unkept.settable(side, self.view.items, unkept.unkept(self.mirror), self.unassignable)

    def forgo(self, uid: Uid, lost: Mapping[Field, Collection[str]]) -> None:
        """Do without the labels and people that an issue did not keep, from here on and in what is remembered."""
        unkept.remember(self.mirror, uid, lost)
        self.local = unkept.without(self.local, uid, lost)
        self.agreed = unkept.without(self.agreed, uid, lost)

    def decide(self) -> Changeset:
        """Decide everything, from what was read; both sides are then paired."""
        self._recognise_frozen()
        given = Given(
            base=self._thawed_base(),
            local=self.thawed(self._settable({**self.shown, **self.awaited})),
            remote=self.thawed(self._kept(self.view.items)),
            stores={Side.LOCAL: rewrite.STORES, Side.REMOTE: self.stored},
            lineage=self.lineage,
            computed=self._computed,
            today=self.project.now().date().isoformat(),
            policy=self.project.policy,
            is_serial=self.project.tracker.traits.writes_at_once == 1,
            choices=self.choices,
            assume=self.assume,
            is_final=not self.project.branch,
            settles=self.settles,
            pruned=self.pruned,
            former=self.former_refs,
            bare=self._bare(),
            twins=self.view.twins,
            spoken=frozenset(uid for uid, record in self.view.records.items() if record.comments),
            told=self.told,
            apart=self.apart,
            overview=self.project.overview,
            sections=self._sections,
            left_alone={
                u: replace(self.shown[u], fields={**self.shown[u].fields, Field.STATE: state.value})
                for u, state in self._held().items()
            },
            seen=seen(self.mirror, self.lineage),
        )
        decision = reconcile(given)
        twins = {t.item.uid: t.item for t in self.view.twins}
        self.local, self.remote = decision.local, {**decision.remote, **twins}
        self.skipped, self.doubts = decision.skipped, decision.doubts
        base = Base(dict(self.base.local), dict(self.base.remote), dict(self.base.agreed))
        self.then = Then(base, decision.local, self.remote)
        self.numbers = {**self.names.known, **mapping.known_numbers(decision.remote)}
        self.behind = {
            uid
            for uid, item in self.remote.items()
            if uid in self.base.remote and item.stamp.is_beyond(self.base.remote[uid].stamp)
        }
        self.agreed = decision.changeset.agreed
        lost = self._lost()
        self.asked = (*decision.changeset.conflicts, *lost)
        changeset = replace(decision.changeset, conflicts=self.asked)
        if self.torn is None:
            return changeset
        return replace(changeset, operations=(self._mended(self.torn), *changeset.operations))

    def _computed(self, items: Snapshot, states: Mapping[Uid, State]) -> Mapping[Field, Value]:
        """Compute the plan's lines from all of its tasks: those that are left alone count too."""
        return computed_lines(*self._with_frozen(items, states))

    def _with_frozen(
        self, items: Snapshot, states: Mapping[Uid, State]
    ) -> tuple[Snapshot, Mapping[Uid, State]]:
        """Add the tasks that are left alone, in the state that was agreed last."""
        if not self.frozen:
            return items, states
        whole = {uid: items.get(uid, item) for uid, item in self.shown.items()}
        return {**whole, **items}, {**self._held(), **states}

    def _held(self) -> dict[Uid, State]:
        """Give the states that were agreed last of the plan's tasks that are left alone."""
        tasks = [u for u in self.frozen if u in self.shown and self.shown[u].kind is Kind.TASK]
        return {u: state_of(self.base.agreed.get(u)) or shown_state(self.shown, u) for u in tasks}

    def _sections(
        self, items: Snapshot, states: Mapping[Uid, State], conflicts: Sequence[Conflict]
    ) -> Mapping[Field, str]:
        """Derive what the overview issue says, of all that is known here."""
        lost = self._lost()
        whole, held = self._with_frozen(items, states)
        known, traits = {*self.names.known, *self.bound}, self.project.tracker.traits
        told = facts(self.view, self.mirror.records, known, whole, traits.body_max)
        return overview.sections(whole, held, (*conflicts, *lost), told)

    def _lost(self) -> list[Conflict]:
        terms = self.project.tracker.traits.terms
        return existence.lost(self.absent, self.names.known, self.shown, self.base, terms)

    def keep_sections(self) -> None:
        """Remember on this machine the derived parts in which the overview issue says what it is to say."""
        agreed, there = self.agreed.get(OVERVIEW), self.remote.get(OVERVIEW)
        if agreed is not None and there is not None:
            keep_seen(self.mirror, self.lineage, agreed, there)

    def _mended(self, torn: Torn) -> Operation:
        """Compute the lines anew in which git left a conflict: whatever else is done, its signs go first."""
        shown = self.local[OVERVIEW].fields
        now = {**computed_now({**self.shown, **self.local}, self.base), Field.UPDATED: torn.updated}
        changes = (
            Change(OVERVIEW, name, shown[name], now.get(name, shown[name]), "merged") for name in torn.fields
        )
        return Operation(Side.LOCAL, "update-summary", OVERVIEW, tuple(changes), IDS)

    def _bare(self) -> dict[Uid, Bare]:
        new = self.awaited.keys()
        bare = {u: b for u, b in self.bare.items() if u not in self.frozen}
        return {u: replace(b, is_new=u in new) for u, b in bare.items()}

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

    def _recognise_frozen(self) -> None:
        """Show frozen tasks that lost their ids under these: what their titles make by now would be new tasks."""
        if self.frozen:
            names = unmarked(self.base, self.shown, self.view.items, self.bare)
            self.recognised |= {uid: name for uid, name in names.items() if name in self.frozen}
            self.shown = dict(rename(self.shown, self.recognised))

    def _thawed_base(self) -> Base:
        if not self.frozen:
            return self.base
        return Base(*(self.thawed(s) for s in (self.base.local, self.base.remote, self.base.agreed)))

    def read_again(self, content: bytes) -> Snapshot:
        """Show a plan as written, in the same light as the one that was decided on."""
        shown = rename(self.show(self.project.parse(content)).items, self.recognised)
        seen = self.thawed(self._settable(dict(shown)))
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
        content = state.dump(saved)
        if self.damage or (self.saved and self.saved.unknown):
            self.kept_as = self.kept_as or project.files.keep_state_aside("bad")
        expect(self.run, self.state_digest, digest(content))
        project.files.write_state(content)
        self.state_digest = digest(content)

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
        item = self.local.get(uid) or self.shown.get(uid)
        if item is None or item.at is None or item.at < 0 or item.at >= len(self.document.nodes):
            return 0
        return self.document.line_no(self.document.nodes[item.at].block.span.start)

    def number_of(self, uid: Uid) -> str:
        """Read the number that a phase or task bears in the plan, as written; empty for none."""
        item = self.local.get(uid)
        has_node = item is not None and item.at is not None and item.at >= 0
        return self.document.nodes[item.at].id if item and item.at is not None and has_node else ""

    def label_of(self, uid: Uid) -> str:
        """Name an item as its author does: its number as written, else its title or text."""
        if uid == OVERVIEW:
            return "overview"
        sides = (self.local, self.shown, self.remote, self.base.local)
        item = next((side[uid] for side in sides if uid in side), None)
        if item is None:
            return uid
        is_in_plan = uid in self.local or uid in self.shown
        if item.kind is not Kind.STEP and is_in_plan and item.at is not None and item.at >= 0:
            label = self.document.nodes[item.at].label
            return label or text_of(item, Field.TITLE)
        return text_of(item, Field.TEXT) or text_of(item, Field.TITLE)


def _said(sides: Sequence[Snapshot], uid: Uid, name: Field) -> tuple[str, ...]:
    """List what the sides say in a text field of an item, once each."""
    said = (text_of(side.get(uid), name) for side in sides)
    return tuple(dict.fromkeys(text for text in said if text))


def thing_of(item: Item) -> Thing:
    """Say which kind of record stands behind an item."""
    return Thing.MILESTONE if item.kind is Kind.PHASE else Thing.ISSUE
