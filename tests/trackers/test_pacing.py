"""The pace of writes: what GitHub allows in any minute and any hour, whoever counts and however often."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plansync.store import shelf
from plansync.trackers.pacing import Bucket, Pace


def _waits(bucket: Bucket, times: list[float]) -> list[float]:
    waits = []
    for now in times:
        wait_s, bucket = bucket.take(now)
        waits.append(wait_s)
    return waits


@pytest.mark.parametrize(
    ("times", "waits"),
    [
        ([100.0] * 3, [0, 0, 0]),
        ([100.0] * 5, [0, 0, 0, 1, 2]),
        ([100.0, 100.0, 100.0, 100.0, 101.0, 102.0], [0, 0, 0, 1, 1, 1]),
        ([100.0, 100.0, 100.0, 103.0, 103.0, 103.0], [0, 0, 0, 0, 0, 0]),
        ([100.0, 90.0, 90.0, 90.0], [0, 0, 0, 1]),
    ],
    ids=["a burst is free", "then a second each", "kept up", "an idle time refills", "a clock set back"],
)
def test_a_bucket_is_a_function_of_the_clock_and_what_was_written(
    times: list[float], waits: list[float]
) -> None:
    assert _waits(Bucket(burst=3), times) == waits


def _sent_at(times: list[float]) -> list[float]:
    """Say when each write is sent that a run wants to send at a moment, or as soon as the one before was."""
    sent, bucket = [0.0], Bucket()
    for gap in times:
        now = sent[-1] + gap
        wait_s, bucket = bucket.take(now)
        sent.append(now + wait_s)
    return sent[1:]


def _most_within(span_s: float, sent: list[float]) -> int:
    return max(sum(start <= at < start + span_s for at in sent) for start in sent)


@given(st.lists(st.sampled_from([0.0, 0.0, 0.0, 0.3, 7.0, 61.0, 400.0]), min_size=1, max_size=120))
def test_no_minute_holds_more_than_80(gaps: list[float]) -> None:
    assert _most_within(60, _sent_at(gaps)) <= 80


@pytest.mark.parametrize("gap_s", [0.0, 0.5, 3.0, 7.0])
def test_no_hour_holds_more_than_500_and_none_is_wasted(gap_s: float) -> None:
    sent = _sent_at([gap_s] * 1_100)

    assert _most_within(3_600, sent) == 500
    assert _most_within(60, sent) <= 80


def test_a_thousand_writes_at_once_take_an_hour_and_a_quarter() -> None:
    sent = _sent_at([0.0] * 1_000)

    assert sent[499] == 480
    assert 3_600 + 480 <= sent[-1] < 4_500


def test_counters_that_are_written_down_go_on_as_if_nothing_had_been() -> None:
    bucket = again = Bucket()
    for now in (100.0, 100.25, 130.0, 7_000.0):
        wait_s, bucket = bucket.take(now)
        assert again.take(now)[0] == wait_s
        again = Bucket().filled(bucket.dump())
        assert again == bucket


@pytest.mark.parametrize(
    "row", [None, b"", b"{", b"[]", b'{"level": "x"}', b'{"level":1,"at":2,"minutes":[7]}']
)
def test_counters_that_cannot_be_read_count_as_nothing(row: bytes | None) -> None:
    assert Bucket().filled(row) == Bucket()


def test_counts_of_a_clock_that_was_set_back_by_a_day_hold_nothing_up() -> None:
    ahead = Bucket(level=30, at=200_000.0, minutes=((200_000 // 60, 500),))

    wait_s, after = ahead.take(113_600.0)

    assert wait_s == 11.0, "only the burst, which is seconds"
    assert after.minutes == ((113_611 // 60, 1),)


def test_the_reason_names_the_limit_that_holds_a_write_up() -> None:
    _, busy = Bucket(level=25, at=0).take(0)
    _, full = Bucket(minutes=((0, 500),)).take(60)

    assert "20 writes at once" in busy.reason(6.0)
    assert "500 writes an hour" in full.reason(3_600.0)


def test_what_would_wait_too_long_is_not_counted(tmp_path: Path) -> None:
    with closing(shelf.connect(tmp_path / "db")) as db:
        pace = Pace(shelf.Shelf(db, "bucket"), "host token")
        for _ in range(20):
            assert pace.book(50.0, 0.0)[0] == 0.0
        before = pace.bucket()

        assert pace.book(50.0, 0.5) == (1.0, "it takes 20 writes at once, then one a second")
        assert pace.bucket() == before


def test_runs_at_the_same_moment_count_together(tmp_path: Path) -> None:
    path = tmp_path / "db"
    shelf.connect(path).close()

    def run(number: int) -> None:
        with closing(shelf.connect(path)) as db:
            pace = Pace(shelf.Shelf(db, "bucket"), "host token")
            for _ in range(25):
                pace.book(50.0, 1_000.0)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(run, range(4)))

    with closing(shelf.connect(path)) as db:
        counted = Pace(shelf.Shelf(db, "bucket"), "host token").bucket()
    assert counted.level == 100
    assert sum(writes for _, writes in counted.minutes) == 100
