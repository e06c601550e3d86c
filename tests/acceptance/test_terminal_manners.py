"""What goes to a terminal only, what a CI job is never asked, and what -q, -v and -vv add and leave out."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from plansync import __version__
from tests.acceptance.conftest import Source, source
from tests.support.people import Copy, Person
from tests.support.screen import Screen

BOTH = True
LINK = "\x1b]8;;"
REQUEST = re.compile(r"(GET|POST|PATCH|PUT|DELETE) /api/v\d/\S+ \d{3} \d+ ms")

BROKEN = """
from plansync.cli import context
context.Common.home = lambda self: 1 / 0
from plansync.cli.main import run
run()
"""


@pytest.fixture
def plan() -> Source:
    return source("example")


def test_numbers_and_lines_lead_somewhere_where_the_terminal_can(copy: Copy, person: Person) -> None:
    copy.tick("1.1")
    issue = person.issue(copy.outline.task("1.1").title)
    copy.env["FORCE_HYPERLINK"] = "1"

    shown = Screen(copy, "diff")
    assert shown.end() == 0
    assert f"{LINK}{issue['html_url']}\x1b\\#{issue['number']}{LINK}\x1b\\" in shown.seen
    assert f"{LINK}{copy.plan.as_uri()}\x1b\\lines 7–10{LINK}\x1b\\" in shown.seen

    standing = Screen(copy, "status")
    assert standing.end() == 0
    following = person.issue(copy.outline.task("1.2").title)
    assert f"{LINK}{following['html_url']}\x1b\\#{following['number']}{LINK}\x1b\\" in standing.seen

    dumb = Screen(copy, "diff", TERM="dumb")
    assert dumb.end() == 0
    assert "\x1b" not in dumb.seen
    assert "\x1b" not in copy.run("diff").out


@pytest.mark.github
@pytest.mark.parametrize(
    ("arguments", "told", "question"),
    [
        (("unlink", "--all"), "Unlinked.", "This would forget which issues"),
        (("state", "retarget"), "begins anew", "Begin anew"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_what_loses_links_is_asked_about(
    copy: Copy, arguments: tuple[str, ...], told: str, question: str
) -> None:
    before = copy.content, copy.state.read_bytes()
    refused = Screen(copy, *arguments)
    refused.until("[y/N]")
    refused.answer("n")
    assert refused.end() == 7
    assert question in refused.seen and (copy.content, copy.state.read_bytes()) == before

    agreed = Screen(copy, *arguments)
    agreed.until("[y/N]")
    agreed.answer("y")
    assert agreed.end() == 0
    assert told in agreed.seen


@pytest.mark.github
@pytest.mark.parametrize("arguments", [("push",), ("sync",), ("doctor", "--fix")], ids=" ".join)
def test_a_ci_job_with_a_terminal_is_asked_nothing(fresh: Copy, arguments: tuple[str, ...]) -> None:
    asked = Screen(fresh, *arguments, CI="true")

    assert asked.end() == 7
    assert "[y/N]" not in asked.seen and "--yes" in asked.seen
    assert "\x1b[?25l" not in asked.seen, "nor is anything redrawn"


def test_vv_tells_each_request_and_v_none(fresh: Copy) -> None:
    first = fresh.run("push", "--yes", "--json", "-vv")

    lines = first.err.splitlines()
    assert all(REQUEST.fullmatch(line) for line in lines), first.err
    assert len(lines) == first.json["requests"]["total"]
    assert sum(not line.startswith("GET ") for line in lines) == first.json["requests"]["writes"]
    assert fresh.run("diff", "-v").err == ""


@pytest.mark.github
def test_v_gives_each_change_a_line_and_a_first_push_each_issue(fresh: Copy) -> None:
    shown = Screen(fresh, "push", "-v")
    seen = shown.until("Go on?")
    shown.answer("n")
    assert shown.end() == 7
    assert "issue Task 1.1 Collect sample photos" in seen

    fresh.push()
    fresh.tick("1.1")
    plain, more = fresh.run("diff").out, fresh.run("diff", "-v").out
    assert len(more.splitlines()) >= len(plain.splitlines())


@pytest.mark.github
def test_help_says_what_each_of_them_does(fresh: Copy) -> None:
    said = " ".join(fresh.run("--help").out.split())

    assert "Print only what needs you: conflicts and failures." in said
    assert (
        "Give each change a line, and each finding its help; -vv: also tell each request, on stderr." in said
    )
    assert "..." not in said.partition("Daily:")[2], "no verb's words are cut"


@pytest.mark.github
def test_a_bug_is_one_line_and_a_file_for_the_report(fresh: Copy, tmp_path: Path) -> None:
    fresh.env["TMPDIR"] = str(tmp_path)

    done = subprocess.run(
        [sys.executable, "-c", BROKEN, "status"],
        cwd=fresh.folder,
        env=fresh.env,
        capture_output=True,
        text=True,
    )

    assert done.returncode == 3
    (file,) = tmp_path.glob("plansync-bug-*.log")
    assert done.stderr == f"plansync: this is a bug (ZeroDivisionError); details are in {file}\n"
    assert done.stdout == ""
    assert file.read_text(encoding="utf-8").startswith(f"plansync {__version__}, Python ")
    assert "Traceback" in file.read_text(encoding="utf-8") and "division by zero" in file.read_text(
        encoding="utf-8"
    )
