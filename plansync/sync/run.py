"""The order of one run, which is the argument for its safety.

Lock; recover what was cut off; read plan, memory, tracker; decide; guard; show; then ids into the
plan, the state file with them, the tracker wave by wave, the plan, and the state file last.
"""

from __future__ import annotations

import contextlib
from collections.abc import Awaitable, Callable, Collection, Sequence, Set
from dataclasses import dataclass, field, replace
from shlex import quote

from plansync.errors import AuthError, ExitCode, PlanError, PlansyncError, StoreError
from plansync.model import (
    Base,
    Changeset,
    Field,
    Kind,
    Note,
    Operation,
    Side,
    Take,
    Uid,
    is_step,
    owner_of,
)
from plansync.reconcile import fold
from plansync.reconcile.order import IDS
from plansync.store import state
from plansync.store.files import digest
from plansync.store.journal import Journal
from plansync.store.moments import Moment
from plansync.sync import decision, existence, freshness, guards, old_copy, recover
from plansync.sync.apply import TIME_IS_OVER, Applier
from plansync.sync.assigning import ask_for_owners
from plansync.sync.choosing import Chooser
from plansync.sync.choosing import Direction as Direction
from plansync.sync.costs import reckon
from plansync.sync.events import Done, Listener, Report, Status, told_of
from plansync.sync.existence import LOST, is_accepted
from plansync.sync.intake import note_left, take_in
from plansync.sync.lookalikes import LookAlike, look_alikes, read_titles
from plansync.sync.project import Project
from plansync.sync.reading import require_plan
from plansync.sync.remembering import remember
from plansync.sync.session import Session
from plansync.sync.settling import Settling
from plansync.sync.stopping import Stop
from plansync.sync.waiting import waiting as edits_that_wait
from plansync.sync.ways import ways_of
from plansync.sync.write import Writer
from plansync.trackers.base import Thing

_ROUNDS_MAX = 3


async def nothing_more(session: Session) -> None:
    """Read nothing besides."""


@dataclass(frozen=True, slots=True)
class Options:
    """How one run is to go.

    `confirm` is asked once, with the report of what would be done. `only`: uids, numbers or titles of
    the tasks that are chosen; others are deferred. `deadline`: seconds of the monotonic clock after
    which no further request begins. `settling`: what a person decided of conflicts; nothing else is done.
    `prepare`: reads what else a decision needs. `decide`: decides what is to be done, where that is not all that plan
    and tracker differ in. `decided` is told of it before anything is written. `lineage`: what a plan is to be called
    that has no id yet. `rounds`: in how many rounds what moved is decided anew. `rebuild`: forget what is remembered
    and read it from the issues. `assume`: the side that is taken for what differs and of which nothing is remembered.
    `full`: read each linked issue directly, so that a deleted one that no list tells of is missed. `names_account`:
    whoever confirms a first push is told as whom it would be made. `is_settled`: the plan is not just being written, so
    what is new, renamed or gone in it is meant.
    """

    direction: Direction = Direction.BOTH
    is_dry: bool = False
    allow: Collection[str] = ()
    is_attended: bool = False
    confirm: Callable[[Report], bool] = lambda report: True
    listen: Listener = lambda event: None
    only: Collection[str] = ()
    deadline: float | None = None
    settling: Settling | None = None
    stop: Stop = field(default_factory=Stop)
    prepare: Callable[[Session], Awaitable[None]] = nothing_more
    decide: Callable[[Session], Changeset] = decision.decide
    decided: Callable[[Session, Sequence[Done]], None] = lambda session, chosen: None
    lineage: str = ""
    rounds: int = _ROUNDS_MAX
    rebuild: bool = False
    full: bool = False
    names_account: bool = False
    assume: Take | None = None
    is_settled: bool = True


class Declined(PlansyncError):
    """The person said no; nothing was written."""

    exit_code = ExitCode.STOPPED


async def run(project: Project, command: str, options: Options) -> Report:
    """Bring a plan and its issues together, or show what that would take.

    Raises: the `PlansyncError` family, as long as nothing was written; later errors are in the report.
    """
    guard = contextlib.nullcontext() if options.is_dry else project.lock(command)
    with guard:
        if not options.is_dry:
            project.files.clear_up()
        return await _Run(project, command, options).go()


class _Run:
    """One run."""

    def __init__(self, project: Project, command: str, options: Options) -> None:
        self.project, self.options = project, options
        self.session = Session(project, options.listen, is_rebuilding=options.rebuild)
        self.session.new_lineage, self.session.assume = options.lineage, options.assume
        require_plan(self.session.document, project.path)
        self.report = Report(command, self.session.run, project.path, is_dry=options.is_dry)
        told = (i.fields.get(Field.TOLD) for i in self.session.base.agreed.values())
        self.settled: set[Uid] | None = None
        self.chooser = Chooser(self.session, options.direction, options.only, is_settled=options.is_settled)
        self.passed: list[Note] = []
        self.noted = {
            (uid, name)
            for uid, item in self.session.base.agreed.items()
            if isinstance(names := item.fields.get(Field.NOTED), tuple)
            for name in names
        }
        self.is_old_copy = False
        self.report.told = frozenset(c for ids in told if isinstance(ids, tuple) for c in ids)

    async def go(self) -> Report:
        """Read, decide, show; then write, at most three rounds."""
        session = self.session
        journal = await self._read()
        changeset = self.options.decide(session)
        if not self.options.is_dry and await freshness.look_for_forgotten(session, journal, changeset):
            changeset = self.options.decide(session)
        if self.options.settling:
            self.settled = self.options.settling.settle(session, changeset)
            changeset = decision.decide(session)
        chosen = self.chooser.choose(changeset, self.settled)
        self._refuse(journal, chosen)
        self._tell(changeset, chosen)
        self.options.decided(session, chosen)
        planned = [d.operation for d in chosen if d.status is Status.PLANNED]
        alike = [] if self.report.is_rebuilt else await self._look_alikes(planned)
        self.report.cost = reckon(session, planned, is_whole=self.options.is_dry)
        if self.options.is_dry:
            self._tell_settings(planned)
            self._tell_unwritable(planned)
            return self._finish()
        if self.report.is_rebuilt:
            return await self._rebuild(journal)
        self._guard(planned, alike)
        if planned:
            await self._preflight(planned)
            if not self.options.confirm(self.report):
                raise Declined("nothing was written")
        journal.begin(session.run, self.report.command)
        try:
            await self._write(journal, changeset, chosen)
        except PlansyncError as error:  # what was done by then has to be told as well
            self.report.error = self.report.error or error
            for done in self.report.done:
                done.status = Status.SKIPPED if done.status is Status.PLANNED else done.status
        try:
            journal.end(session.run, self.report.outcome)
        except StoreError as error:
            self.report.error = self.report.error or error
        return self._finish()

    def _refuse(self, journal: Journal, chosen: list[Done]) -> None:
        """Refuse before the first write what the tracker's limits do not let in."""
        writer = Writer(self.session, journal)
        for done in chosen:
            is_text = done.operation.kind in ("create-issue", "update-issue")
            if is_text and done.status is Status.PLANNED and (why := writer.too_long(done)):
                done.status, done.error = Status.REFUSED, why

    async def _read(self) -> Journal:
        session = self.session
        journal = self.project.journal(session.lineage)
        if session.memory.saved and not self.options.rebuild and not journal.pending():
            self.is_old_copy = old_copy.measure(session, self.project.files.read_state())
        unsettled = recover.fold_landed(session, journal) if session.lineage else None
        await session.read_tracker(full=self.options.full)
        await freshness.read_again(session)
        journal = self.project.journal(session.lineage)
        if unsettled and unsettled.entries:
            await recover.settle_open(session, journal, unsettled)
        recover.take_late(session, journal)
        recover.doubt_late(session, journal)
        await session.read_links_found()
        left = await take_in(session)
        await ask_for_owners(session, is_full=self.options.full)
        await self.options.prepare(session)
        note_left(session, left)
        self.report.is_rebuilt = self.options.rebuild or session.is_base_lost
        if self.options.rebuild:
            self._forget()
        if self.report.is_rebuilt:
            self._tell_loss()
        return journal

    def _forget(self) -> None:
        """Keep the state file aside and begin without it.

        Raises: StoreError where there is no issue from which it could be made anew.
        """
        session = self.session
        session.forget_base()
        if not session.has_issues:
            raise StoreError(
                f"no issue of this plan ({session.lineage}) is at {self.project.target}, so there is nothing to read "
                f"it from; see what a first push would make: `plansync diff {quote(session.project.typed)}`"
            )
        if session.memory.saved or session.memory.damage:
            session.memory.keep_aside()

    def _tell_loss(self) -> None:
        """Say that what was agreed is lost, and what comes of that."""
        session = self.session
        what = session.memory.damage or f"the state file of {self.project.path} is gone"
        if self.options.rebuild or (session.memory.saved and not session.memory.damage):
            what = f"the state file of {self.project.path} is made anew"
        first = "The first run will write" if self.options.is_dry else "This run writes"
        text = (
            f"{what}; what plan and issues share is read from the issues (plan {session.lineage}). {first} only the "
            "state file; the next one acts on the rest, and asks about what differs"
        )
        session.notes.append(Note("", text))

    async def _rebuild(self, journal: Journal) -> Report:
        """Remember that on which both sides agree as they are now, and write nothing else.

        What is assumed was shown, and is no agreement: the run that acts on it is the next one.
        """
        session = self.session
        if session.assume is not None:
            session.assume = None
            decision.decide(session)
        session.repository = (await self.project.tracker.repository()).node
        for uid in list(session.owners()):
            fold(session.base, session.settled(uid), uid)
        journal.begin(session.run, self.report.command)
        session.write_state()
        journal.fold(session.memory.digest)
        old_copy.keep_last(session)
        journal.end(session.run, "done")
        return self._finish()

    def _tell(self, changeset: Changeset, chosen: list[Done]) -> None:
        session, report = self.session, self.report
        report.done += [d for d in chosen if d not in report.done]
        report.conflicts, report.left = list(changeset.conflicts), session.left
        report.notes = [*session.all_notes(), *changeset.notes, *self._branch_note(changeset), *self.passed]
        self._tell_drifts(changeset)
        report.base, report.local, report.remote = session.base, session.local, session.remote
        told = set[Uid]().union(*(told_of(d.operation) for d in chosen))
        told |= {c.uid for d in chosen if "create" not in d.operation.kind for c in d.operation.changes}
        for uid in told.union(each.uid for each in changeset.undecided):
            owner = owner_of(uid)
            report.labels[uid] = session.label_of(uid)
            report.labels.setdefault(owner, session.label_of(owner))
            report.lines[uid] = session.line_of(uid) or session.line_of(owner)
            record = session.record_of(owner)
            if record is not None and owner in session.local and session.local[owner].kind is not Kind.PHASE:
                report.urls[record.ref] = record.url
        records = {c.uid: session.record_of(owner_of(c.uid)) for c in changeset.conflicts}
        report.moved = {uid: record.revision for uid, record in records.items() if record}
        for done in chosen:
            if (record := session.record_of(owner_of(done.operation.uid))) is not None:
                done.ref, done.url = record.ref, record.url

    def _tell_drifts(self, changeset: Changeset) -> None:
        """Note each drift once; what can be done about those that nobody accepted is listed for a person."""
        session, report = self.session, self.report
        waiting = [d for d in changeset.drifts if not is_accepted(session.base, d.uid, d.field)]
        ways_out = f"the ways out: plansync resolve {quote(session.project.typed)}"
        report.notes += [
            Note(d.uid, f"{d.text}; {ways_out}") for d in waiting if (d.uid, d.field.value) not in self.noted
        ]
        report.drifts = waiting
        report.waiting = len(edits_that_wait(session, waiting))
        report.ways = {
            (each.uid, each.field): tuple(how.value for how in ways_of(session, each))
            for each in changeset.undecided
        }

    def _branch_note(self, changeset: Changeset) -> list[Note]:
        count = sum(self.chooser.waits_for_branch(op) for op in changeset.operations)
        text = (
            f"on {self.project.branch}: closing and reopening waits for the default branch "
            f"({count} change{'s wait' if count != 1 else ' waits'})"
        )
        return [Note("", text)] if count else []

    # ---------------------------------------------------------------- guard

    async def _look_alikes(self, planned: list[Operation]) -> list[LookAlike]:
        """Before a first push look for issues that somebody made by hand for the same tasks."""
        session = self.session
        is_first = is_beginning(session.base, [op.kind for op in planned])
        if not is_first or "look-alikes" in self.options.allow:
            return []
        found = look_alikes(session, planned, await read_titles(session))
        self.report.notes += [
            Note(uid, f"#{record.ref} has the title of {session.label_of(uid)} and is in no plan")
            for uid, record in found
        ]
        return found

    def _guard(self, planned: list[Operation], alike: list[LookAlike]) -> None:
        session, allow = self.session, self.options.allow
        guards.check_look_alikes([(record.ref, record.title) for _, record in alike])
        if session.memory.saved and planned:
            former, now = session.memory.saved.target, self.project.config
            now = self.project.config_at(former) if former and session.memory.refusal is not None else now
            guards.check_settings(session.memory.saved.config, now, allow=allow, tell=self._tell_passed)
        frozen = {u: i for u, i in session.shown.items() if owner_of(u) in session.frozen}
        guards.check(
            session.base,
            {**frozen, **session.local},
            planned,
            self._unreadable(),
            allow=allow,
            max_creates=self.project.max_creates,
            is_attended=self.options.is_attended,
            tell=self._tell_passed,
        )
        self._require_writable(planned)

    def _tell_unwritable(self, planned: Sequence[Operation]) -> None:
        """Say in a run that only looks that one which writes would stop at the plan's file."""
        try:
            self._require_writable(planned)
        except PlanError as error:
            self.report.notes.append(Note("", f"a run that writes stops here: {error}"))

    def _tell_settings(self, planned: Sequence[Operation]) -> None:
        """Say in a run that only looks that other settings may be why something would be written."""
        saved = self.session.memory.saved
        if saved and planned and (text := guards.about_settings(saved.config, self.project.config)):
            self.report.notes.append(Note("", text))

    def _tell_passed(self, text: str) -> None:
        self.passed.append(Note("", text))
        self.report.notes.append(Note("", text))

    def _unreadable(self) -> int:
        """Count the linked issues that cannot be read, though nobody says that they are deleted or transferred."""
        known = self.session.names.known
        reasons = [why for key, why in self.session.absent.items() if key in known and key[0] is Thing.ISSUE]
        return sum(why not in LOST for why in reasons)

    def _require_writable(self, planned: Sequence[Operation]) -> None:
        """Refuse a plan that has to be written and could not be, before anything is written anywhere.

        Raises: PlanError.
        """
        if all(op.side is Side.REMOTE for op in planned):
            return
        self.project.files.check_writable()
        if self.session.document.open_end is not None:
            last = self.session.document.line_no(self.session.document.open_end.start)
            message = (
                "the code fence or comment that begins here is never closed: no line could follow; close it"
            )
            raise PlanError(message, self.project.path, last)

    async def _preflight(self, planned: list[Operation]) -> None:
        """Read the repository once before the first write to it.

        Raises: AuthError where it could not be written.
        """
        if any(op.side is Side.REMOTE for op in planned):
            repository = await self.project.tracker.repository()
            guards.check_repository(
                self.session.repository,
                repository,
                allow=self.options.allow,
                tell=self._tell_passed,
                place=self.project.tracker.traits.terms.place,
            )
            self.session.repository = repository.node
            self.report.repository = repository
            self._tell_name(repository.name)
            self.report.notes += [Note("", repository.warning)] if repository.warning else []
            if not repository.can_write:
                raise AuthError(repository.refusal or f"this token may not write issues of {repository.name}")

            if self.options.names_account and is_first_push(self.session.base):
                self.report.account = await self.project.tracker.account()

    def _tell_name(self, name: str) -> None:
        """Note that the repository has another name now, unless it is asked by number: nobody takes that over."""
        known = self.project.target.project
        if name and name.casefold() != known.casefold() and not known.isdecimal():
            text = (
                f"{known} is called {name} now; the old name leads there at most as long as nobody takes it"
            )
            self.report.notes.append(Note("", f"{text}, so set repo = {name!r}".replace("'", '"')))

    # ---------------------------------------------------------------- write

    async def _write(self, journal: Journal, changeset: Changeset, chosen: list[Done]) -> None:
        self.options.stop.is_writing = True
        first = Moment(self.session.source, self.project.files.read_state())
        if any(d.status is Status.PLANNED for d in chosen):
            journal.keep_before(self.session.run, "state", first.state)
            if not self.is_old_copy:
                old_copy.keep_first(self.session, first)
        self._agree(journal, chosen)
        rounds = self.options.rounds
        while True:
            todo = [d for d in chosen if d.status is Status.PLANNED]
            applier = Applier(self.session, journal, self.options.deadline, self.options.stop)
            ids = [d for d in todo if d.operation.wave == IDS]
            await applier.apply(ids)
            adopted = self._adopted(todo)
            if ids or adopted:
                self._remember_ids(journal, adopted)
            await applier.apply([d for d in todo if d.operation.wave != IDS])
            self.report.error = applier.error
            moved = [d for d in chosen if d.status is Status.REFUSED and d.has_moved]
            rounds -= 1
            if self.report.error or self.options.stop.is_asked or not moved or not rounds:
                break
            if self._has_other_state():  # what is there now is another branch's plan, most likely
                break
            chosen = self._again(journal, chosen, moved)
        if any(d.error == TIME_IS_OVER for d in chosen):
            self.report.notes.append(Note("", f"{TIME_IS_OVER} (--max-time); run again to go on"))
        self._settle_rest(chosen)
        self.session.keep_sections()
        if not self.session.document.lineage and is_first_push(self.session.base):
            return  # nothing of this plan is anywhere: a name for it would only hide issues made elsewhere
        if why := self._is_overtaken():
            self.report.notes.append(Note("", why))
            return  # what was done is in the journal, and the next run folds what still holds
        try:
            self.session.write_state(journal.expect)
        except StoreError as error:  # what was done is in the journal, and the next run folds it
            self.report.error = self.report.error or error
            return
        self.project.at_point("state written")
        journal.fold(self.session.memory.digest)
        old_copy.keep_last(self.session, first.plan if self.is_old_copy else None)

    def _has_other_state(self) -> bool:
        return digest(self.project.files.read_state()) != self.session.memory.digest

    def _is_overtaken(self) -> str:
        """Say whether somebody put other files there while this worked, as a stash or a checkout does; empty for no.

        A state file beside them that tells of this run's edits would make them look taken back by hand.
        """
        session, files = self.session, self.project.files
        if self._has_other_state():
            return "the state file became another one while plansync worked; it is left as it is, the next run goes on"
        has_edited = any(
            d.status is Status.APPLIED for d in self.report.done if d.operation.side is Side.LOCAL
        )
        try:
            is_moved = has_edited and digest(files.read()) != session.digest
        except PlanError:
            is_moved = True
        return "the plan was saved while plansync worked; the next run goes on from there" if is_moved else ""

    def _adopted(self, todo: Sequence[Done]) -> set[Uid]:
        """List the items of which a record that people made is about to be taken over."""
        written = {d.operation.uid for d in todo if d.operation.side is Side.REMOTE}
        return {u for u in self.session.bare if u in written and u not in self.session.base.remote}

    def _remember_ids(self, journal: Journal, adopted: Set[Uid]) -> None:
        """Let the state file know the uids before anything is made under them, and what is taken over by its number."""
        session = self.session
        taken = {uid: replace(session.remote[uid], fields={}) for uid in adopted & session.shown.keys()}
        session.base = replace(session.base, remote={**session.base.remote, **taken})
        for uid, item in session.there.items():
            is_new = not is_step(uid) and uid not in session.base.local and uid not in session.skipped
            if is_new and isinstance(session.base.local, dict):
                session.base.local[uid] = replace(item, fields={}, at=None)
        session.write_state(journal.expect)
        self.project.at_point("ids remembered")

    def _agree(self, journal: Journal, chosen: list[Done]) -> None:
        """Remember the items on which both sides agree without a write, before the first write."""
        busy = {owner_of(d.operation.uid) for d in chosen}
        changed = [uid for uid in self.session.owners() if uid not in busy and self._has_news(uid)]
        if changed:
            remember(
                self.session, journal, changed, None, {"state": self.session.memory.digest, "changes": []}
            )

    def _has_news(self, uid: Uid) -> bool:
        session = self.session
        part = session.settled(uid)
        known = any(uid in s for s in (session.base.local, session.base.agreed))
        return not known or not state.is_same(part, session.base, uid)

    def _settle_rest(self, chosen: list[Done]) -> None:
        """Move the base of all that was decided, and of nothing that was left out.

        A pull agrees to the other half too, and owes it, as a run on another branch does of what waits for the
        default one; a push leaves alone what it must not decide.
        """
        waiting = [d.operation for d in chosen if d.status is Status.DEFERRED]
        left = {owner_of(op.uid) for op in waiting if not self.chooser.waits_for_branch(op)}
        if self.options.direction is Direction.PULL:
            left = {uid for uid in left if self.chooser.wanted is not None and uid not in self.chooser.wanted}
        left |= self.session.awaited.keys()
        for uid in list(self.session.owners()):
            if uid in left:
                continue
            fold(self.session.base, self.session.settled(uid), uid)
        session = self.session
        existence.tell(session.base, self.report.conflicts, asked=session.asked, unseen=session.unseen)

    def _again(self, journal: Journal, chosen: list[Done], moved: list[Done]) -> list[Done]:
        """Decide once more, on what is there now; the refused operations leave the report."""
        session = self.session
        self._settle_rest(chosen)
        session.take_plan(self.project.files.read())
        session.show_remote()
        recover.take_late(session, journal)
        recover.doubt_late(session, journal)
        session.frozen |= {owner_of(d.operation.uid) for d in chosen if d.status is Status.UNKNOWN}
        changeset = self.options.decide(session)
        self.report.done = [d for d in self.report.done if d.status in (Status.APPLIED, Status.UNKNOWN)]
        fresh = self.chooser.choose(changeset, self.settled)
        self._tell(changeset, fresh)
        return fresh

    def _finish(self) -> Report:
        self.report.notes += [n for n in self.session.late_notes if n not in self.report.notes]
        self.report.is_interrupted = self.options.stop.is_asked
        if self.session.memory.kept_as:
            self.report.notes.append(
                Note("", f"the state file as it was is kept as {self.session.memory.kept_as}")
            )
        if reason := self.session.written_over:
            text = f"the plan was written over in place, because {reason}; its text before is in the history"
            self.report.notes.append(Note("", text))
        self.report.requests = self.project.tracker.requests
        self.report.base = self.session.base
        return self.report


def is_beginning(base: Base, kinds: Sequence[str]) -> bool:
    """Say whether a run is about to make issues of a plan that has none, or only some that people made before."""
    linked = sum(i.kind is Kind.TASK and i.at is not None for i in base.remote.values())
    return kinds.count("create-issue") > linked


def is_first_push(base: Base) -> bool:
    """Say whether this plan never had an issue."""
    return state.is_first(base)
