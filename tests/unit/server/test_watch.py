"""The loop over plans on a disk, with a clock that sleeps for nobody."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from plansync.server.watch import Ports, Watch
from plansync.server.when import Pace, Went

EPOCH = 1_800_000_000.0
PACE = Pace(every_s=300, quiet_s=2, settle_s=60)


@dataclass
class World:
    """A clock, what happens at which second, and the runs that were made."""

    folder: Path
    now: float = 0.0
    until: float = 0.0
    events: list[tuple[float, Callable[[], object]]] = field(default_factory=list)
    runs: list[tuple[float, str, bool]] = field(default_factory=list)
    goes: Callable[[Path], Went] = lambda plan: Went()

    def write(self, name: str, text: str) -> None:
        file = self.folder / name
        file.write_text(text, encoding="utf-8")
        os.utime(file, (EPOCH + self.now, EPOCH + self.now))

    def sleep(self, seconds: float) -> None:
        self.now += seconds
        while self.events and self.events[0][0] <= self.now:
            self.events.pop(0)[1]()

    def run(self, plan: Path, is_settled: bool) -> Went:
        self.runs.append((self.now, plan.name, is_settled))
        return self.goes(plan)

    def watch(
        self,
        until: float,
        *events: tuple[float, Callable[[], object]],
        plans: Callable[[], list[Path]] | None = None,
    ) -> list[tuple[float, str, bool]]:
        self.until, self.events = until, list(events)
        ports = Ports(
            lambda: self.now,
            lambda: EPOCH + self.now,
            self.sleep,
            lambda: 1.0,
            lambda: self.now > self.until,
        )
        found = plans or (lambda: sorted(self.folder.glob("[!.]*.md")))
        Watch(PACE, ports, found, self.run, lambda plan: [self.folder / "settings"]).go()
        return self.runs


@pytest.fixture
def world(tmp_path: Path) -> World:
    made = World(tmp_path, now=-1000)
    made.write("a.md", "# P\n\n- [ ] Dig\n")
    made.now = 0
    return made


def test_a_plan_is_synced_at_once_on_save_and_by_the_timer(world: World) -> None:
    runs = world.watch(420, (100.0, lambda: world.write("a.md", "# P\n\n- [x] Dig\n")))

    assert runs == [(0, "a.md", True), (102, "a.md", True), (402, "a.md", True)]


def test_what_is_new_settles_first(world: World) -> None:
    runs = world.watch(200, (100.0, lambda: world.write("a.md", "# P\n\n- [ ] Dig\n- [ ] Lay\n")))

    assert runs == [(0, "a.md", True), (102, "a.md", False), (160, "a.md", True)]


def test_a_plan_that_comes_later_is_taken_in(world: World) -> None:
    runs = world.watch(100, (20.0, lambda: world.write("b.md", "# Q\n\n- [ ] Lay\n")))

    assert [name for _, name, _ in runs] == ["a.md", "b.md", "b.md"]
    assert [is_settled for _, name, is_settled in runs if name == "b.md"] == [False, True]


def test_a_plan_that_goes_is_let_go_of(world: World) -> None:
    runs = world.watch(1000, (10.0, lambda: (world.folder / "a.md").unlink()))

    assert len([at for at, _, _ in runs if at > 30]) == 0


@pytest.mark.parametrize("swap", [".a.md.swp", ".#a.md", "#a.md#", ".~lock.a.md#"])
def test_a_plan_with_unsaved_changes_in_an_editor_waits_as_long_as_somebody_types(
    world: World, swap: str
) -> None:
    def saved() -> None:
        (world.folder / swap).unlink()

    typing = [(10.0 * n, lambda: world.write(swap, "half")) for n in range(1, 9)]
    world.write(swap, "half")
    runs = world.watch(200, *typing, (85.0, saved))

    assert [at for at, _, _ in runs] == [85]


def test_an_editor_that_died_holds_nothing_up_for_long(world: World) -> None:
    world.write(".a.md.swp", "left")

    assert [at for at, _, _ in world.watch(200)] == [60]


def test_a_swap_file_from_a_clock_that_was_wrong_holds_nothing_up(world: World) -> None:
    world.now = 90_000
    world.write(".a.md.swp", "left")
    world.now = 0

    assert [at for at, _, _ in world.watch(200)] == [0]


def test_a_plan_that_becomes_a_link_to_itself_is_left_to_the_run(world: World) -> None:
    def loops() -> None:
        (world.folder / "a.md").unlink()
        (world.folder / "a.md").symlink_to("a.md")

    plan = world.folder / "a.md"
    runs = world.watch(310, (10.0, loops), plans=lambda: [plan])

    assert [at for at, _, _ in runs] == [0, 12, 70]


def test_what_failed_is_tried_again_when_a_file_beside_it_is_saved(world: World) -> None:
    world.write("settings", "wrong")
    world.goes = lambda plan: Went(has_failed=world.now < 500)

    runs = world.watch(700, (500.0, lambda: world.write("settings", "right")))

    assert [at for at, _, _ in runs] == [0, 60, 180, 420, 502]


def test_a_file_beside_it_that_is_saved_while_all_is_well_is_no_reason(world: World) -> None:
    runs = world.watch(200, (100.0, lambda: world.write("settings", "other")))

    assert [at for at, _, _ in runs] == [0]


def test_one_plan_that_fails_holds_no_other_up(world: World) -> None:
    world.now = -1000
    world.write("b.md", "# Q\n\n- [ ] Lay\n")
    world.now = 0
    world.goes = lambda plan: Went(has_failed=plan.name == "a.md")

    runs = world.watch(310)

    assert [at for at, name, _ in runs if name == "a.md"] == [0, 60, 180]
    assert [at for at, name, _ in runs if name == "b.md"] == [0, 300]


def test_no_further_run_is_begun_once_it_is_told_to_end(world: World) -> None:
    world.write("b.md", "# Q\n")

    def goes(plan: Path) -> Went:
        world.until = -1
        return Went()

    world.goes = goes
    assert len(world.watch(1000)) == 1
