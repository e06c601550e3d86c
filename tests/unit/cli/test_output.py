"""Links, and lines that are as wide as the terminal."""

from __future__ import annotations

from pathlib import Path

import pytest

from plansync.cli.columns import folded
from plansync.cli.door import safe
from plansync.cli.output import Writer, has_links
from plansync.cli.wording import ranges


@pytest.mark.parametrize(
    ("env", "shows"),
    [
        ({"TERM": "xterm-256color"}, False),
        ({"TERM": "xterm-kitty"}, True),
        ({"TERM_PROGRAM": "vscode"}, True),
        ({"VTE_VERSION": "7600"}, True),
        ({"VTE_VERSION": "4200"}, False),
        ({"WT_SESSION": "1"}, True),
        ({"WT_SESSION": "1", "FORCE_HYPERLINK": "0"}, False),
        ({"FORCE_HYPERLINK": "1"}, True),
    ],
    ids=str,
)
def test_links_are_shown_where_the_terminal_says_what_it_is(env: dict[str, str], shows: bool) -> None:
    assert has_links(env) is shows


def test_off_a_terminal_and_on_a_dumb_one_nothing_is_a_link(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORCE_HYPERLINK", "1")
    monkeypatch.setenv("TERM", "xterm")
    assert Writer(False).link("#1", "https://tracker.example/1") == "#1"

    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    assert "https://tracker.example/1" in Writer(False).link("#1", "https://tracker.example/1")
    monkeypatch.setenv("TERM", "dumb")
    assert Writer(False).link("#1", "https://tracker.example/1") == "#1"


def test_an_address_that_is_none_is_no_link(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORCE_HYPERLINK", "1")
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)

    for url in ("", "https://a.example/\x1b]0;title\x07", "https://a.example/ b"):
        assert Writer(False).link("#1", url) == "#1"


def test_the_door_lets_our_links_pass_to_a_terminal_and_no_other_sequence() -> None:
    link = "\x1b]8;;https://tracker.example/1\x1b\\#1\x1b]8;;\x1b\\"

    assert safe(link, has_style=True) == link
    assert safe(link, has_style=False) == "#1"
    for text in ("\x1b]8;;javascript:alert(1)\x1b\\x", "\x1b]0;title\x07", "\x1b]52;c;eA==\x1b\\"):
        assert "\x1b" not in safe(text, has_style=True)


def test_a_line_is_broken_at_blanks_and_colours_take_no_room() -> None:
    line = "  \x1b[33m~\x1b[0m one two three four"

    assert folded(line, 22) == [line]
    assert folded(line, 16) == ["  \x1b[33m~\x1b[0m one two", "    three four"]
    assert folded("word", 2) == ["word"]


def test_a_command_and_what_a_run_cost_are_never_broken() -> None:
    assert folded("Decide: plansync resolve ID --take plan (or issue)", 30) == [
        "Decide:",
        "  plansync resolve ID --take plan",
        "  (or issue)",
    ]
    assert folded("3 changes made. (12 requests)", 20) == ["3 changes made.", "  (12 requests)"]


def test_numbers_are_written_as_ranges() -> None:
    assert ranges([3]) == "3"
    assert ranges([3, 8, 9, 10, 12]) == "3, 8–10, 12"
    assert ranges(range(1, 100, 2)) == "between 1 and 99"


def test_numbers_and_lines_lead_to_issue_and_plan(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    from plansync.sync.events import Report

    monkeypatch.setenv("FORCE_HYPERLINK", "1")
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    writer = Writer(False, tmp_path / "PLAN.md")
    writer._leads_to(Report("diff", "r", "PLAN.md", urls={5: "https://tracker.example/5"}))

    writer.say("#5 was closed, line 7; #6 is not known")

    out = capsys.readouterr().out
    assert out.startswith("\x1b]8;;https://tracker.example/5\x1b\\#5\x1b]8;;\x1b\\ was closed, ")
    assert f"\x1b]8;;{(tmp_path / 'PLAN.md').as_uri()}\x1b\\line 7\x1b]8;;\x1b\\; #6 is not known" in out
