"""The same actors, chosen by hypothesis, which also makes a failing history short.

`HYPOTHESIS_PROFILE=long` looks longer.
"""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from tests.simulation.driver import Action, History, acts_of, running
from tests.simulation.looks import LOOKS
from tests.simulation.people import TRACKER_ACTS
from tests.simulation.repository import GIT_ACTS

_LONG = os.environ.get("HYPOTHESIS_PROFILE") == "long"
_SALT = st.integers(0, 2**32 - 1)
_POINT = st.one_of(st.just(0), st.integers(1, 60))
_RATE = st.sampled_from((0.0, 0.0, 0.05, 0.2))


class Histories(RuleBasedStateMachine):
    """One history. Whatever breaks a promise raises, in the act that shows it."""

    @initialize(seed=st.integers(0, 400), look=st.sampled_from(list(LOOKS)))
    def begin(self, seed: int, look: str) -> None:
        self.exits = running()
        self.history = History(seed, look=LOOKS[look])
        self.history.loop = self.exits.__enter__()
        self.is_broken = False

    def _act(self, who: str, what: str, salt: int) -> None:
        self.is_broken = True
        self.history.act(Action(who, what, salt))
        self.history.witness.judge()
        self.is_broken = False

    @rule(at=st.integers(0, 100), salt=_SALT)
    def edit_plan(self, at: int, salt: int) -> None:
        kinds = list(self.history.look.edits)
        self._act("plan", kinds[at % len(kinds)], salt)

    @rule(what=st.sampled_from(list(TRACKER_ACTS)), salt=_SALT)
    def touch_issue(self, what: str, salt: int) -> None:
        self._act("tracker", what, salt)

    @rule(what=st.sampled_from(list(GIT_ACTS)), salt=_SALT)
    def use_git(self, what: str, salt: int) -> None:
        self._act("git", what, salt)

    @rule(who=st.sampled_from(("local", "clock")), at=st.integers(0, 3), salt=_SALT)
    def lose(self, who: str, at: int, salt: int) -> None:
        kinds = list(acts_of(who))
        self._act(who, kinds[at % len(kinds)], salt)

    @rule(what=st.sampled_from(("sync", "push", "pull")), rate=_RATE, crash_at=_POINT, salt=_SALT)
    def run(self, what: str, rate: float, crash_at: int, salt: int) -> None:
        self.is_broken = True
        self.history.run(what, rate, crash_at, salt)
        self.is_broken = False

    def teardown(self) -> None:
        if not hasattr(self, "exits"):
            return
        try:
            if not self.is_broken:
                self.history.settle()
        finally:
            self.exits.__exit__(None, None, None)
            self.history.close()


TestHistories = Histories.TestCase
TestHistories.settings = settings(
    max_examples=10_000 if _LONG else 300,
    stateful_step_count=80 if _LONG else 50,
    deadline=None,
    derandomize=not _LONG,
    suppress_health_check=list(HealthCheck),
)
