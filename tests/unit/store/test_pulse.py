"""When a plan was last synced here, as it is kept in a file that anything may happen to."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from plansync.store import pulse
from plansync.store.pulse import Pulse

AT = "2027-01-31T12:00:00+00:00"
LATER = "2027-01-31T12:10:00+00:00"


def beat(file: Path, at: str, error: str = "", every_s: float | None = None) -> Pulse:
    before = pulse.read(file, "plan.md")
    pulse.beat(file, before, at=at, outcome="error" if error else "done", error=error, every_s=every_s)
    return pulse.read(file, "plan.md")


def test_a_failure_keeps_the_last_good_run_and_counts(tmp_path: Path) -> None:
    file = tmp_path / "a.pulse"
    beat(file, AT, every_s=300)
    beat(file, LATER, "no network")

    felt = beat(file, LATER, "no network")

    assert felt == Pulse("plan.md", AT, LATER, "error", "no network", 2, 300)
    assert beat(file, LATER) == Pulse("plan.md", LATER, LATER, "done", "", 0, 300)


def test_age_is_that_of_the_last_good_run(tmp_path: Path) -> None:
    felt = beat(tmp_path / "a.pulse", AT)

    assert felt.age_s(datetime(2027, 1, 31, 12, 1, tzinfo=UTC)) == 60
    assert felt.age_s(datetime(2027, 1, 31, 11, tzinfo=UTC)) == -3600  # a clock that was set back
    assert Pulse("plan.md").age_s(datetime.now(UTC)) is None
    assert Pulse("plan.md", "yesterday").age_s(datetime.now(UTC)) is None


@pytest.mark.parametrize(
    "content", ["", "{", "[]", "7", '{"last_ok": "x"}', '{"failures": "many"}', "\udcff"]
)
def test_a_file_that_cannot_be_read_is_no_pulse(tmp_path: Path, content: str) -> None:
    file = tmp_path / "a.pulse"
    file.write_bytes(content.encode("utf-8", "surrogateescape"))

    assert pulse.read(file, "plan.md") == Pulse("plan.md")


def test_where_nothing_can_be_written_nothing_is_raised(tmp_path: Path) -> None:
    assert beat(tmp_path / "none" / "a.pulse", AT) == Pulse("plan.md")
