"""What a run tells on stderr while it lasts."""

from __future__ import annotations

import pytest

from plansync.cli import progress
from plansync.cli.context import Common
from plansync.sync.events import Answered, Progressed, Waiting


class Clock:
    at = 0.0

    def __call__(self) -> float:
        return self.at


def common(*, verbose: int = 0, quiet: bool = False) -> Common:
    return Common(None, {}, False, quiet, verbose, False)


def test_a_log_hears_twice_a_minute_how_far_a_run_is(capsys: pytest.CaptureFixture[str]) -> None:
    clock = Clock()
    listener = progress.Sparse(clock)

    for number in range(1, 71):
        clock.at = float(number)
        listener.listen(Progressed(number, 200, f"create issue {number}", 200.0 - number))

    assert capsys.readouterr().err.splitlines() == [
        "29 of 200 done, 3 min left",
        "59 of 200 done, 2 min left",
    ]


def test_a_log_hears_of_waits_that_are_long(capsys: pytest.CaptureFixture[str]) -> None:
    listener = progress.Sparse(Clock())

    listener.listen(Waiting(1.0, "paced"))
    listener.listen(Waiting(90.0, "secondary rate limit"))

    assert capsys.readouterr().err == "waiting 90 s: secondary rate limit\n"


def test_each_request_is_told_with_what_came_of_it(capsys: pytest.CaptureFixture[str]) -> None:
    listener = progress.Requests(Clock())

    listener.listen(Answered("GET", "/api/v3/issues", 304, 0.0123))
    listener.listen(Answered("POST", "/api/v3/issues", 0, 5.0))
    listener.listen(Waiting(1.2, "paced"))

    assert capsys.readouterr().err.splitlines() == [
        "GET /api/v3/issues 304 12 ms",
        "POST /api/v3/issues no answer 5000 ms",
        "waiting 1.2 s: paced",
    ]


@pytest.mark.parametrize(
    ("env", "is_bar"), [({}, True), ({"TERM": "dumb"}, False), ({"CI": "true"}, False)], ids=str
)
def test_lines_are_redrawn_on_a_terminal_alone(
    env: dict[str, str], is_bar: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TERM", "xterm")
    for name, value in env.items():
        monkeypatch.setenv(name, value)

    assert not isinstance(progress.listener(common()), progress.Bar), "stderr is no terminal"
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    assert isinstance(progress.listener(common()), progress.Bar) is is_bar
    assert type(progress.listener(common(quiet=True))) is progress.Quiet
    assert type(progress.listener(common(verbose=2))) is progress.Requests


def test_a_terminal_hears_how_much_was_read_until_it_is_asked(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    with progress.Bar() as bar:
        bar.listen(Answered("GET", "/issues", 200, 0.1))
        is_told_at_once = bar.looking is not None
        bar.began -= 10
        bar.listen(Answered("GET", "/issues", 200, 0.1))
        assert bar.looking is not None
        bar.looking.refresh()
        bar.clear()

    assert not is_told_at_once, "what is soon over needs no line"
    shown = capsys.readouterr().err
    assert "reading: 2 answers so far" in shown
    assert shown.rstrip().endswith("\x1b[2K"), "the line is taken away"
