"""Seeded histories: people edit both sides, runs die anywhere, answers get lost; then it must settle.

One seed is one history and one log. A history is a list of actions that each carry their own seed,
so that leaving one out changes nothing in the others: a failing history shrinks by leaving out.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import hashlib
import json
import re
import traceback
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache
from random import Random
from typing import Any

from plansync.document.marking import Marking
from plansync.errors import PlansyncError
from plansync.model import OVERVIEW, Field, Uid, owner_of
from plansync.store import shelf
from plansync.store.journal import Journal
from plansync.store.state import Target
from plansync.sync import mend
from plansync.sync.events import Report, Status
from plansync.sync.project import Project
from plansync.sync.reading import reader
from plansync.sync.run import Direction, Options, run
from tests.simulation import faults
from tests.simulation.gitlab import SimGitLab
from tests.simulation.looks import TEMPLATE, Look, Pen
from tests.simulation.memory import PLAN, TRACKER
from tests.simulation.people import GITLAB_ACTS, TRACKER_ACTS, PlanPerson, TrackerPerson
from tests.simulation.repository import GIT_ACTS, Repository
from tests.simulation.witness import Witness
from tests.simulation.world import CALM, Broken, Clock, Crash, Disk, SimTracker, Weather

TARGET = Target("github", "https://tracker.test", "owner/name")
GUARDS = ("empty-plan", "unreadable-issues", "mass-change", "mass-create")
_SETTLING_MAX = 4
_UNREAD = "nothing was done about it"
RETOLD = "add --allow rewritten-plan"
_WHOSE = re.compile(r"state lineage --take (\w{8})")
_WELL = (Status.APPLIED, Status.DEFERRED)
_CAST: Mapping[str, int] = {"plan": 33, "tracker": 33, "run": 27, "git": 4, "local": 2, "clock": 1}
_ACTS: Mapping[str, Mapping[str, int]] = {
    "tracker": TRACKER_ACTS,
    "run": {"sync": 60, "push": 20, "pull": 20},
    "git": GIT_ACTS,
    "local": {"lose_records": 3, "keep": 3, "restore": 3, "lose": 1},
    "clock": {"jump": 1},
}
_DAY_S = 86_400
_FIELDS = {Field.TITLE: "title", Field.PHASE: "phase", Field.EFFORT: "estimate"}


_parse = lru_cache(maxsize=512)(reader("docs/plan.md"))
"""Documents are values, so a text that was read once is read: half of the time of a history is parsing."""


@contextlib.contextmanager
def running() -> Iterator[asyncio.AbstractEventLoop]:
    """Give a loop for a whole history; a runner for each run costs more than a small run does."""
    loop = asyncio.new_event_loop()
    gc.disable()  # garbage is collected between histories: in them that takes a fifth of the time
    try:
        yield loop
    finally:
        loop.run_until_complete(loop.shutdown_asyncgens())  # of runs that died
        loop.close()
        gc.enable()


@dataclass(frozen=True, slots=True)
class Action:
    """One thing that happens. `seed` is its own source of chance."""

    who: str
    what: str
    seed: int

    def __str__(self) -> str:
        return f"{self.who}:{self.what}:{self.seed}"


@dataclass(frozen=True, slots=True)
class Result:
    """How a history went. `log` tells it; `error` is empty where every promise held."""

    seed: int
    actions: tuple[Action, ...]
    log: tuple[str, ...]
    error: str = ""
    conflicts: int = 0
    runs: int = 0
    look: Look = TEMPLATE

    @property
    def story(self) -> str:
        return "\n".join((f"seed {self.seed} of {self.look.name}:", *self.log, f"BROKEN: {self.error}"))


def acts_of(who: str, look: Look = TEMPLATE) -> Mapping[str, int]:
    """List what somebody does, and how often; nothing for who edits plans, which their looks say."""
    return GITLAB_ACTS if who == "tracker" and look.is_gitlab else _ACTS.get(who, {})


def make_actions(seed: int, count: int, copies: int = 1, look: Look = TEMPLATE) -> tuple[Action, ...]:
    """Draw a history's actions."""
    rng = Random(f"actions {seed}")
    found = [Action("run", "push", rng.getrandbits(32))]
    while len(found) < count:
        who = rng.choices(list(_CAST), list(_CAST.values()))[0]
        if who == "git" and copies > 1:
            what = "clone"
        else:
            table = acts_of(who, look) or look.edits
            what = rng.choices(list(table), list(table.values()))[0]
        place = f"{who}2" if copies > 1 and who in ("plan", "run") and rng.random() < 0.4 else who
        found.append(Action(place, what, rng.getrandbits(32)))
    return tuple(found)


def read_actions(text: str) -> tuple[Action, ...]:
    """Read the actions that a told history ends with."""
    return tuple(Action(who, what, int(seed)) for who, what, seed in (a.split(":") for a in text.split()))


class Copy:
    """One checkout: a plan with its state file, and a local database of its own."""

    def __init__(self, disk: Disk) -> None:
        self.disk = disk
        self.db = shelf.connect(None)
        self.backup = self.db.serialize()
        self.pasts: set[bytes] = set()

    def pending(self) -> set[Uid]:
        """List the items of which the local database alone knows what became of them."""
        return {Uid(uid) for intent in self._intents() for uid in intent.get("records", {})}

    def doubtful(self) -> set[Uid]:
        """List the tasks whose state a run was about to write, on either side, when it died."""
        changes = (change for intent in self._intents() for change in intent.get("changes", []))
        return {owner_of(Uid(uid)) for uid, name, *_ in changes if name in (Field.STATE, Field.STATUS)}

    def _intents(self) -> list[Any]:
        rows = self.db.execute("SELECT intent FROM journal WHERE state NOT IN ('folded', 'refused')")
        return [json.loads(intent) for (intent,) in rows]

    def restore(self, content: bytes) -> None:
        """Put the local database back as it was."""
        self.db.close()
        self.db = shelf.connect(None)
        self.db.deserialize(content)


class History:
    """Plays one history."""

    def __init__(
        self,
        seed: int,
        copies: int = 1,
        look: Look = TEMPLATE,
        plan: bytes = b"",
        chances: faults.Chances = faults.ALL,
    ) -> None:
        self.seed, self.copies, self.look = seed, copies, look
        self.log: list[str] = []
        self.words: dict[Uid, str] = {OVERVIEW: "overview"}
        self.clock, self.pen = Clock(), Pen()
        self.ids = self.runs = self.conflicts = 0
        self.asks_a_person = False
        self.first = Copy(Disk(plan or look.make(Random(f"plan {seed}"), self.pen)))
        self.second: Copy | None = None
        self.tracker = (SimGitLab if look.is_gitlab else SimTracker)(self.clock, self.log.append)
        # Two writers and a list that lags: that race may make an issue twice, which is no news.
        self.tracker.is_lagging = copies == 1
        self.tracker.chances = faults.OF_GITLAB if look.is_gitlab and chances is faults.ALL else chances
        self.witness = Witness(self.first.disk, self.tracker, look, is_strict=copies == 1)
        self.git = Repository(self.first.disk, self.witness, self.log.append, self._unsettled)
        self.skew_s = 0
        self.plan_person, self.tracker_person = PlanPerson(self.pen, look), TrackerPerson(self.pen)

    def play(self, actions: Sequence[Action]) -> Result:
        """Play all actions, let it settle, and say what broke."""
        error = ""
        try:
            with running() as self.loop:
                for action in actions:
                    self.act(action)
                self.settle()
        except Broken as broken:
            error = str(broken)
        except Exception:  # noqa: BLE001 — whatever leaves the engine is what we look for
            error = "a bug: " + traceback.format_exc(limit=-6)
        self.close()
        return Result(self.seed, tuple(actions), tuple(self.log), error, self.conflicts, self.runs, self.look)

    def close(self) -> None:
        """Let go of the local databases."""
        for copy in (self.first, self.second):
            if copy is not None:
                copy.db.close()

    # ---------------------------------------------------------------- actions

    def act(self, action: Action) -> None:
        """Let one thing happen."""
        rng = Random(action.seed)
        self.clock.pass_(rng.choice((0.1, 0.4, 3.0, 60.0)))
        match action.who:
            case "plan":
                self._edit(action.what, rng, self.first)
            case "plan2":
                self._edit(action.what, rng, self._other())
            case "tracker":
                self._touch(action.what, rng)
            case "run":
                self._run_badly(action.what, rng, self.first)
            case "run2":
                self._run_badly(action.what, rng, self._other())
            case "git" if action.what == "clone":
                self.second = None
                self._other()
            case "git":
                self.git.act(action.what, rng)
            case "local":
                self._local(action.what)
            case "cache":
                self._local("lose_records")
            case "clock":
                self.skew_s = rng.choice((-1, 0, 1)) * _DAY_S
                self.log.append(f"the clock of this machine is {self.skew_s} s off")

    def _local(self, what: str) -> None:
        """Lose what the local database holds, keep it, or put an older one back."""
        copy = self.first
        if what == "keep":
            copy.backup = copy.db.serialize()
            return
        self.log.append(f"the local database: {what}")
        if what in ("lose", "restore"):  # what a run that was cut off wrote down is gone with it
            self.witness.excused |= self._unsettled()
            copy.restore(copy.backup if what == "restore" else Copy(copy.disk).backup)
            self.witness.excused |= self._unsettled()
        else:
            copy.db.execute("DELETE FROM shelf")

    def _unsettled(self) -> set[str]:
        """Name what the local database alone knows the end of: a run was cut off, and none came since."""
        return {self._word(uid) for uid in self.first.pending()}

    def _other(self) -> Copy:
        """Take a second checkout, as the first one is now."""
        if self.second is None:
            self.log.append("a second checkout is taken")
            self.second = Copy(Disk(self.first.disk.plan, self.first.disk.state))
        return self.second

    def _edit(self, kind: str, rng: Random, copy: Copy) -> None:
        is_first = copy is self.first
        if is_first:
            self.witness.before_person()
        copy.disk.plan, said = self.plan_person.edit(kind, rng, copy.disk.plan)
        if said:
            self.log.append(f"plan{'' if is_first else ' 2'}: {said}")
        if is_first:
            # to the byte what a run has seen: an old copy that was saved over it, or edits; either is right
            self.witness.after_person(PLAN, is_old=copy.disk.plan in copy.pasts - {self.witness.left})

    def _touch(self, kind: str, rng: Random) -> None:
        self.witness.before_person()
        said = self.tracker_person.act(kind, rng, self.tracker)
        if said:
            self.log.append(f"tracker: {said}")
        self.witness.after_person(TRACKER)

    def _run_badly(self, direction: str, rng: Random, copy: Copy) -> None:
        weather = Weather(rng, rate=rng.choice((0, 0, 0, 0.05, 0.2)), log=self.log.append)
        if rng.random() < 0.3:
            weather.crash_at = rng.randint(1, 60)
        if rng.random() < 0.2:
            kind = rng.choices(list(self.look.edits), list(self.look.edits.values()))[0]
            salt = rng.getrandbits(32)
            weather.visits[rng.randint(1, 40)] = lambda: self._edit(kind, Random(salt), copy)
        if rng.random() < 0.2:
            acts = acts_of("tracker", self.look)
            act = rng.choices(list(acts), list(acts.values()))[0]
            salt2 = rng.getrandbits(32)
            weather.visits[rng.randint(1, 40)] = lambda: self._touch(act, Random(salt2))
        allow = GUARDS if rng.random() < 0.9 else ()
        self._run(direction, copy, weather, allow)

    # ------------------------------------------------------------------- runs

    def run(self, direction: str, rate: float, crash_at: int, seed: int) -> None:
        """Run once with these faults, and die at a point, 0 for none."""
        self.clock.pass_(3)
        weather = Weather(Random(seed), rate, crash_at, log=self.log.append)
        self._run(direction, self.first, weather)

    def _new_id(self) -> str:
        self.ids += 1
        return hashlib.sha256(f"{self.seed}.{self.ids}".encode()).hexdigest()[:8]

    async def _sleep(self, seconds: float) -> None:
        self.clock.pass_(seconds)

    def _project(self, copy: Copy, weather: Weather) -> Project:
        copy.disk.weather = self.tracker.weather = weather
        return Project(
            name="plan",
            path="docs/plan.md",
            parse=_parse,
            files=copy.disk,
            target=TARGET,
            tracker=self.tracker,
            keeper=shelf.Shelf(copy.db, "records"),
            journal=lambda lineage: Journal(copy.db, lineage, self.clock.stamp()),
            lock=lambda command: contextlib.nullcontext(),
            now=lambda: self.clock.now() + timedelta(seconds=self.skew_s),
            branch=self.git.branch if copy is self.first else "",
            new_id=self._new_id,
            sleep=self._sleep,
            monotonic=lambda: self.clock.seconds,
            at_point=weather.point,
            marking=Marking(self.tracker.traits.risk_label, has_efforts=self.tracker.keeps_estimates),
        )

    def _run(
        self, direction: str, copy: Copy, weather: Weather, allow: Sequence[str] = GUARDS
    ) -> Report | None:
        """Run once; whatever a run may raise is told, all else is a bug."""
        self.runs += 1
        self.log.append(
            f"{direction}{'' if copy is self.first else ' of copy 2'}"
            f"{f', faults {weather.rate}' if weather.rate else ''}"
        )
        weather.log = self.log.append
        project = self._project(copy, weather)
        report: Report | None = None
        has_died = False
        before, state = copy.disk.before, copy.disk.state
        copy.disk.before = b""
        started = self.witness.event
        copy.pasts.add(copy.disk.plan)
        is_clear = not weather.rate and all(
            r.visible_at <= self.clock.seconds for r in self.tracker.rows.values()
        )
        self.witness.begins(started, is_clear=is_clear)
        try:
            report = self.loop.run_until_complete(run(project, direction, self.options(direction, allow)))
        except Crash:
            has_died = True
        except PlansyncError as error:
            self.log.append(f"    {type(error).__name__}: {error}")
        if report is not None:
            copy.disk.before = b""
        elif (
            not copy.disk.before and copy.disk.state == state
        ):  # nor does this run know what the last one wrote
            copy.disk.before = before
        copy.disk.weather = self.tracker.weather = CALM
        deferred = (
            {owner_of(d.operation.uid) for d in report.done if d.status is Status.DEFERRED} if report else ()
        )
        self.witness.ends({self._word(uid) for uid in deferred})
        self.witness.judge()
        self._learn_words()
        copy.pasts.add(copy.disk.plan)
        if report is not None:  # one that ended early remembers as well what it leaves
            self.witness.left = self.first.disk.plan
        for uid in copy.doubtful() if has_died else ():
            self.witness.doubt(self._word(uid), started)
        if has_died and copy is self.first:
            self.witness.died(self._unsettled())
        if report is not None:
            self._tell(report)
            for done in report.done:
                if done.status is Status.UNKNOWN and done.operation.kind in ("close-issue", "reopen-issue"):
                    self.witness.doubt(self._word(done.operation.uid), started)
            for each in report.conflicts if copy is self.first else ():
                if each.field in (Field.STEPS, Field.TICK):
                    self.witness.argue(self._word(owner_of(each.uid)))
            is_well = report.error is None and all(d.status in _WELL for d in report.done)
            if is_well and copy is self.first and direction != "push":
                disputed = [n for c in report.conflicts for n, _ in self._disputes(c.uid, c.field)]
                is_whole = (
                    direction == "sync" and not self.git.branch
                )  # a branch owes what it decides of states
                unread = {self._word(Uid(n.uid)) for n in report.notes if _UNREAD in n.text}
                self.witness.finished(started, disputed, unread, is_whole=is_whole, is_clear=is_clear)
        return report

    def options(self, direction: str, allow: Sequence[str]) -> Options:
        """Say how a run is to go."""
        return Options(Direction(direction), allow=allow)

    def _tell(self, report: Report) -> None:
        for done in report.done:
            changes = "; ".join(
                f"{c.uid} {c.field.value} {c.old}→{c.new} ({c.rule})" for c in done.operation.changes
            )
            if done.operation.kind not in ("set-marker", "set-link", "create-issue", "create-milestone"):
                self.log.append(f"      {done.status.value} {done.operation.kind} {changes} {done.error}")
            elif done.status.value != "applied":
                self.log.append(
                    f"      {done.status.value} {done.operation.kind} {done.operation.uid} {done.error}"
                )
        for conflict in report.conflicts:
            self.log.append(
                f"      conflict {conflict.uid} {conflict.field.value}: base {conflict.base},"
                f" plan {conflict.local}, tracker {conflict.remote}"
            )
        for note in report.notes:
            self.log.append(f"      note {note.uid}: {note.text}")
        if report.error:
            self.log.append(f"      ended by {type(report.error).__name__}: {report.error}")

    # ----------------------------------------------------------------- settle

    def settle(self) -> None:
        """No more edits, no more faults: quiet within a few runs, and both sides alike."""
        self.log.append("-- now all is calm")
        self.git.end()
        self.skew_s = 0
        copies = [c for c in (self.second, self.first) if c is not None]
        for number in range(_SETTLING_MAX * len(copies) + (len(copies) - 1) * 3):
            self.clock.pass_(200)
            quiet = [self._is_quiet(copy) for copy in copies]
            if self.asks_a_person:
                return
            if all(quiet):
                if number > 3 and self.copies == 1:
                    raise Broken(f"it took {number} syncs to settle")
                break
        else:
            raise Broken("it does not settle: every sync still writes")
        report = self._run("sync", self.first, Weather(Random(0)))
        assert report is not None
        self.conflicts = len(report.conflicts)
        if self.copies == 1:
            disputed = [(c.uid, c.field) for c in report.conflicts]
            disputed += [(d.operation.uid, Field.STEPS) for d in report.done if d.status is Status.REFUSED]
            self.witness.check_settled([d for uid, name in disputed for d in self._disputes(uid, name)])

    def _is_quiet(self, copy: Copy) -> bool:
        before = copy.disk.plan, copy.disk.state, copy.disk.writes, self.tracker.requests.writes
        report = self._run("sync", copy, Weather(Random(0)))
        is_still = before == (copy.disk.plan, copy.disk.state, copy.disk.writes, self.tracker.requests.writes)
        if report is None and RETOLD in self.log[-1]:  # markers and a title are gone: only a person can tell
            if not is_still:
                raise Broken("a run that was stopped by its guard has written")
            self.asks_a_person, self.conflicts = True, 1
            return True
        if report is None and (whose := _WHOSE.search(self.log[-1])):
            if not is_still:
                raise Broken("a run that asks whose issues are there has written")
            self._take_lineage(copy, whose[1])
            return False
        if report is None:
            raise Broken("a calm sync fails: " + self.log[-1].strip())
        if report.error is not None:
            raise Broken(f"a calm sync fails: {report.error}")
        return is_still

    def _take_lineage(self, copy: Copy, lineage: str) -> None:
        """Do what a person does who is asked whose issues are there: `plansync state lineage --take`."""
        self.log.append(f"plan{'' if copy is self.first else ' 2'}: is plan {lineage}")
        self.witness.before_person()
        if mend.take_lineage(copy.disk, _parse, lineage, "docs/plan.md"):
            mend.put_aside(copy.disk)
        self.witness.after_person(PLAN)

    def _word(self, uid: Uid) -> str:
        """Find the word by which people know a phase or a task."""
        self._learn_words()
        return self.words.get(uid, "")

    def _learn_words(self) -> None:
        """Note what bears a marker: it may be gone when somebody asks."""
        uids = self.look.read(self.first.disk.plan).uids
        self.words |= {Uid(uid): word for uid, word in uids.items()}

    def _disputes(self, about: Uid, field: Field) -> list[tuple[str, str]]:
        """Name what a conflict, or a value that waits, is about in the witness's words."""
        name = self._word(owner_of(about))
        if field is Field.STATE:
            return [(name, "state")] if self.look.has_own_boxes else [(name, "state"), (name, "*")]
        if field in (Field.STEPS, Field.TICK, Field.TEXT):
            return [(name, "*")]
        if field is Field.TITLE and name.startswith("p"):
            return [(name, "phase title")]
        return [(name, _FIELDS.get(field, ""))]


def play(seed: int, actions: int = 25, copies: int = 1, look: Look = TEMPLATE) -> Result:
    """Play the history of one seed."""
    return History(seed, copies, look).play(make_actions(seed, actions, copies, look))


CHUNK = 25
"""How many histories a test plays; its files part the seeds, so that every core has some."""


def check(seeds: Iterable[int], look: Look, copies: int = 1) -> None:
    """Play histories, and tell the first that fails, shrunk. `copies`: working copies of one plan.

    Raises: AssertionError.
    """
    for seed in seeds:
        result = play(seed, copies=copies, look=look)
        if result.error:
            raise AssertionError("\n" + describe(shrink(result, copies)))


def shrink(result: Result, copies: int = 1) -> Result:
    """Leave out whatever the failure does not need."""
    kind = _kind(result.error)
    best, size = result, max(len(result.actions) // 2, 1)
    while size:
        at = 0
        while at < len(best.actions):
            fewer = (*best.actions[:at], *best.actions[at + size :])
            tried = History(result.seed, copies, result.look).play(fewer)
            if tried.error and _kind(tried.error) == kind:
                best = tried
            else:
                at += size
        size //= 2
    return best


def _kind(error: str) -> str:
    """Name a failure by the words that do not depend on names and values."""
    if error.startswith("a bug"):
        return error.strip().rpartition("\n")[2][:40]
    return " ".join(w for w in error.split()[:6] if w.isalpha())


def describe(result: Result) -> str:
    """Tell a shrunk history with the actions that make it again."""
    actions = " ".join(str(a) for a in result.actions)
    return f"{result.story}\nactions: {actions}"
