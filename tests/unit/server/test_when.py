"""When a watched plan is synced next, told by a clock that the test moves."""

from __future__ import annotations

from plansync.server.when import Pace, Sight, Watched, Went

PACE = Pace(every_s=300, quiet_s=2, settle_s=60, first_pause_s=60, last_pause_s=3600, tries=5)
DONE = Went()
PLAN = b"# P\n\n### Task 1.1: Dig\n\n- [ ] Begin\n- [ ] End\n"
TICKED = PLAN.replace(b"[ ] Begin", b"[x] Begin")
RENAMED = PLAN.replace(b"Dig", b"Dig deep")


def synced(at: float = 0.0, content: bytes = PLAN) -> Watched:
    """A plan that was old when the watch began, and was synced once."""
    watched = Watched(PACE, Sight.of(content), at - 1000, at, lambda: 1.0)
    went(watched, at)
    return watched


def went(watched: Watched, at: float, how: Went = DONE, content: bytes | None = None) -> None:
    was_settled = watched.is_settled(at)
    watched.begin()
    sight = watched.sight if content is None else Sight.of(content)
    watched.end(how, at, was_settled=was_settled, sight=sight)


def test_the_first_run_is_at_once_and_the_next_by_the_timer() -> None:
    watched = Watched(PACE, Sight.of(PLAN), -1000, 0, lambda: 1.1)

    assert watched.next_at() == 0
    assert watched.is_settled(0)
    went(watched, 5)
    assert watched.next_at() == 5 + 300 * 1.1


def test_a_plan_that_was_saved_right_before_rests_first() -> None:
    watched = Watched(PACE, Sight.of(PLAN), -1, 0, lambda: 1.0)

    assert watched.next_at() == 1
    assert not watched.is_settled(1)


def test_a_tick_is_due_when_nothing_was_saved_for_a_while() -> None:
    watched = synced()

    assert watched.see(Sight.of(TICKED), 10)
    assert watched.next_at() == 12
    watched.see(Sight.of(PLAN), 11)
    watched.see(Sight.of(TICKED), 11.5)
    assert watched.next_at() == 13.5
    assert watched.is_settled(12)


def test_what_was_saved_back_as_it_was_is_no_change() -> None:
    watched = synced()
    watched.see(Sight.of(TICKED), 10)
    watched.see(Sight.of(PLAN), 11)

    assert watched.next_at() == 300


def test_a_change_of_shape_is_synced_twice_its_ticks_first() -> None:
    watched = synced()
    watched.see(Sight.of(RENAMED), 10)

    assert watched.next_at() == 12
    assert not watched.is_settled(12)
    went(watched, 12)
    assert watched.next_at() == 70
    assert watched.is_settled(70)
    went(watched, 70)
    assert watched.next_at() == 370


def test_a_tick_does_not_put_off_what_settles() -> None:
    watched = synced()
    watched.see(Sight.of(RENAMED), 10)
    went(watched, 12)
    watched.see(Sight.of(RENAMED.replace(b"[ ] End", b"[x] End")), 65)
    went(watched, 67)

    assert watched.next_at() == 70


def test_a_plan_that_is_saved_again_and_again_is_synced_all_the_same() -> None:
    watched = synced()
    for second in range(100, 160):
        watched.see(Sight.of(b"%d\n" % second), second)
        assert watched.next_at() > second

    assert watched.next_at() == 160
    went(watched, 160)
    watched.see(Sight.of(b"160\n"), 161)
    assert watched.next_at() == 163, "what was synced has rested"


def test_a_shape_that_never_comes_to_rest_is_acted_on_all_the_same() -> None:
    watched, runs = synced(), []
    for second in range(100, 1400):
        watched.see(Sight.of(b"%d\n" % second), second)
        if watched.next_at() <= second:
            runs.append((second, watched.is_settled(second)))
            went(watched, second)

    assert [at for at, is_settled in runs if is_settled] == [709, 1319]
    assert [at for at, _ in runs][:3] == [160, 221, 282]


def test_failures_are_tried_again_later_each_time_and_then_hourly() -> None:
    watched, at, pauses = synced(), 0.0, []
    for _ in range(7):
        went(watched, at, Went(has_failed=True))
        pauses.append(watched.next_at() - at)
        at = watched.next_at()

    assert pauses == [60, 120, 240, 480, 3600, 3600, 3600]
    went(watched, at)
    went(watched, at + 300, Went(has_failed=True))
    assert watched.next_at() == at + 360


def test_a_save_does_not_hurry_what_the_tracker_failed() -> None:
    watched = synced()
    went(watched, 0, Went(has_failed=True))
    watched.see(Sight.of(TICKED), 10)

    assert watched.next_at() == 60


def test_a_save_mends_what_the_plan_failed() -> None:
    watched = synced()
    went(watched, 0, Went(has_failed=True, is_mine=True))

    assert watched.next_at() == 60
    watched.see(Sight.of(TICKED), 10)
    assert watched.next_at() == 12


def test_a_tracker_that_names_a_time_is_left_alone_until_then() -> None:
    watched = synced()
    went(watched, 0, Went(has_failed=True, wait_s=1000))

    assert watched.next_at() == 1000


def test_who_mended_something_waits_no_longer_than_the_tracker_said() -> None:
    watched = synced()
    went(watched, 300, Went(has_failed=True))
    watched.hurry(310)
    assert watched.next_at() == 312

    went(watched, 400, Went(has_failed=True, wait_s=90))
    watched.hurry(410)
    assert watched.next_at() == 490


def test_what_was_left_undone_is_gone_on_with_soon_and_then_less_so() -> None:
    watched = synced()
    went(watched, 0, Went(is_partial=True))
    assert watched.next_at() == 5
    went(watched, 5, Went(is_partial=True))
    assert watched.next_at() == 15


def test_a_run_of_somebody_else_is_waited_for() -> None:
    watched = synced()
    watched.see(Sight.of(TICKED), 10)
    went(watched, 12, Went(is_busy=True))

    assert watched.next_at() == 17


def test_what_a_run_wrote_into_the_plan_is_looked_at_once_more() -> None:
    watched = synced()
    went(watched, 300, Went(has_written=True), content=TICKED)

    assert watched.next_at() == 302
    went(watched, 302)
    assert watched.next_at() == 602


def test_runs_that_write_the_plan_again_and_again_slow_down() -> None:
    watched, at, pauses = synced(), 300.0, []
    for number in range(9):
        went(watched, at, Went(has_written=True), content=b"- [ ] %d\n" % number)
        pauses.append(watched.next_at() - at)
        at = watched.next_at()

    assert pauses == [
        2,
        4,
        8,
        16,
        32,
        60,
        128,
        256,
        300,
    ]  # at 60 its shape settles, at 300 it is the timer's turn
    watched.see(Sight.of(PLAN), at)
    assert watched.next_at() == at + 2
