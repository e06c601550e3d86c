"""Other files that come to be there while a run works, by a stash or a checkout: what it did then stays as it was."""

from __future__ import annotations

from collections.abc import Callable

from plansync.errors import PlanError
from plansync.model import State
from tests.unit.sync.bench import Bench, notes

Make = Callable[..., Bench]


def closed(make: Make) -> Bench:
    """A plan that is on the tracker, where a task was closed since."""
    bench = make()
    bench.run()
    bench.touch("Dig", state=State.DONE)
    return bench


def test_a_plan_that_is_set_back_before_the_run_has_ended_reopens_nothing(make: Make) -> None:
    bench = closed(make)
    before, state = bench.text, bench.files.state

    def stash() -> None:
        bench.files.plan = before.replace("Level", "Level it").encode()

    bench.at["landed plan"] = stash

    report = bench.run()
    assert notes(report) == ["the plan was saved while plansync worked; the next run goes on from there"]
    assert bench.files.state == state
    again = bench.run()

    assert bench.issue("Dig").state is State.DONE
    assert [conflict.local for conflict in again.conflicts], "nobody can tell who took the ticks back"
    assert bench.issue("Level it").state is State.TODO


def test_a_plan_that_is_saved_with_what_the_run_wrote_is_gone_on_with(make: Make) -> None:
    bench = closed(make)
    bench.at["landed plan"] = lambda: bench.edit("Level", "Level it")

    bench.run()
    again = bench.run()

    assert not again.conflicts
    assert bench.issue("Dig").state is State.DONE
    assert bench.issue("Level it").state is State.TODO
    assert bench.is_settled()


def test_a_plan_that_is_gone_when_the_run_ends_comes_back_as_it_was(make: Make) -> None:
    bench = closed(make)
    read = bench.files.read

    def gone() -> bytes:
        raise PlanError("there is no such file", "plan.md")

    bench.at["landed plan"] = lambda: setattr(bench.files, "read", gone)

    report = bench.run()
    setattr(bench.files, "read", read)  # noqa: B010 - a method

    assert report.error is None
    assert bench.is_settled()
    assert bench.issue("Dig").state is State.DONE


def test_another_branchs_files_are_left_as_they_are(make: Make) -> None:
    bench = make()
    bench.run()
    earlier = bench.files.commit()
    bench.edit("- [ ] Buy paint", "- [x] Buy paint")
    bench.run()
    now = bench.files.commit()
    bench.touch("Dig", state=State.DONE)

    def checkout() -> None:
        bench.files.plan, bench.files.state = earlier

    bench.at["intended plan"] = checkout

    report = bench.run()

    assert "the state file became another one" in "".join(notes(report))
    assert bench.files.commit() == earlier
    bench.files.plan, bench.files.state = now
    bench.run()
    assert "- [x] Mark the corners" in bench.text
    assert bench.is_settled()
    assert (bench.issue("Dig").state, bench.issue("Paint").state) == (State.DONE, State.DONE)
