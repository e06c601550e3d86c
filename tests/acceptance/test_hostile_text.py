"""Text from trackers, plans, branches and file names commands neither a terminal nor the runner of a CI job.

One canary goes through every command: what it prints is looked at byte by byte. Programs get it whole, as JSON.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from plansync.cli.main import main
from plansync.sync.run import _Run
from tests.acceptance.conftest import EXAMPLE
from tests.support.mortals import Mortals
from tests.support.people import Copy, Person, Place, Ran
from tests.support.repository import began, git

BOTH = True

TERMINAL = (
    "\x1b]52;c;aGk=\x07",  # writes the clipboard
    "\x1b]0;owned\x07",  # sets the title
    "\x1b[2J\x1b[1;1H",  # wipes the screen
    "\x1b[31m",
    "\x9b31m\x9d0;owned\x9c",  # the same in one byte each
    "\x01\x08\x0e\x7f",
)
HIDDEN = ("\u202e", "\u2066", "\u061c", "\u200b", "\u2060", "\ufeff", "\u00ad", "\U000e0041")
RUNNER = ("##[error]owned", "##vso[task.x]owned", "::set-output name=a::owned")
MARKUP = ("[red]owned[/red]", "[link=https://owned.example]", "\\[bold]")
CANARY = "".join((*TERMINAL, *HIDDEN, *RUNNER, *MARKUP))
LINE = f"::error::FORGED {CANARY}"
BROKEN = "x\r\nSPLIT\u2028SPLIT\x85SPLIT\nSPLIT"
"""What would begin lines of its own. A title may stand at the start of a line, what follows in it may not."""
LONG = "A" * 3000

_BYTES = re.compile(
    r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u00ad\u061c\u200b-\u200c\u200e-\u200f\u2028-\u202e\u2060-\u206f\ufeff\U000e0000-\U000e0fff]"
)
_OBEYED = re.compile(r"^\s*::|##\[|##vso\[", re.MULTILINE)
_ANNOTATION = re.compile(r"^::(error|warning|notice) file=[^:,]+,line=\d+,col=\d+,title=[^:,]+::.*$")
Say = Callable[..., str]


def clean(text: str, *, is_for_runner: bool = False) -> None:
    """See that nothing in a text is obeyed by whoever shows it, and that no foreign word begins a line."""
    assert not _BYTES.findall(text), text
    for line in text.split("\n"):
        if is_for_runner and line.startswith("::"):
            assert _ANNOTATION.fullmatch(line), line
            assert "\n" not in line
        else:
            assert not _OBEYED.search(line), line
        assert not line.lstrip().startswith("SPLIT"), line


@pytest.fixture
def say(forks: Mortals) -> Say:
    """Run a command and look at every byte of what it printed; gives what was on stdout."""

    def run(copy: Copy, *arguments: str, exits: Sequence[int] = (0, 1, 4, 6), runner: bool = False) -> str:
        ran: Ran = copy.run(*arguments, exits=None)
        assert ran.code in exits, ran
        out, err = ((forks.folder / name).read_bytes().decode() for name in ("out", "err"))
        clean(out, is_for_runner=runner)
        clean(err)
        return out

    return run


PLAN = f"""\
# {LINE}

## Phase 1: {CANARY}

### Task 1.1: {LINE}

Prose {CANARY}
::error::FORGED in prose

- [ ] {LINE}
- [ ] wrapped
      SPLIT {CANARY}
- [ ] plain

**Requirements**: {CANARY}
**Estimated Time**: 2 hours {CANARY}
**Dependencies**: Task 9.9 {CANARY}

### Task 1.2: {LONG}

- [ ] {LONG}
- [~] started
- [ ] plain

## ::error::FORGED Phase without a number

### Task 2.1: ::error::FORGED

- [ ] ##[error]FORGED

**Dependencies**: Task 1.1, Task 1.2

## Success Criteria

- [ ] {LINE}

---

**Implementation Status**: Not Started {CANARY}
**Current Phase**: Phase 1
**Completion**: 0% (0/3 tasks completed)
""".replace("\x00", "")


@pytest.fixture(
    params=["plan.md", f"p\nSPLIT{TERMINAL[1]}\u202e[red]##[x] '\" .md"],
    ids=["plain name", "hostile name"],
)
def hostile(request: pytest.FixtureRequest, tracker: Place, tmp_path: Path, forks: Mortals) -> Copy:
    """A working copy whose plan is full of it, perhaps its name too."""
    name = request.param
    return Copy.of(PLAN.encode(), tmp_path / "work", tracker, name=name, forked=forks.run)


OFFLINE = (
    ("status",), ("status", "-v"), ("inspect",), ("inspect", "-v"), ("check",), ("check", "-v"), ("state", "show"),
    ("log",), ("state", "lineage"),
)  # fmt: skip


def test_every_command_that_only_looks(hostile: Copy, say: Say) -> None:
    for words in OFFLINE:
        say(hostile, *words, hostile.name)
    say(hostile)
    say(hostile, "check", "--format", "github", hostile.name, runner=True)
    quality = json.loads(say(hostile, "check", "--format", "gitlab", hostile.name))
    checked = json.loads(say(hostile, "check", "--json", hostile.name))
    seen = json.loads(say(hostile, "inspect", "--json", hostile.name))
    status = json.loads(say(hostile, "status", "--json", hostile.name))

    assert quality and checked["plans"][0]["findings"]
    assert checked["plans"][0]["path"] == seen["path"] == status["path"] == hostile.name
    assert seen["tasks"][0]["title"] == status["unclear"][0]["title"] == " ".join(LINE.split())
    assert any(LINE in step["text"] for step in seen["tasks"][0]["steps"])


def worked(person: Person) -> None:
    """Somebody on the tracker: titles, steps, a milestone, prose around our block."""
    milestone = person.milestones()[0]
    person.change_milestone(milestone["number"], title=f"Phase 1: M {BROKEN} {CANARY}")
    first, second, third = person.tasks()
    body = first["body"].replace("plain", f"{LINE} edited").replace("- [ ] wrapped", "- [x] wrapped")
    person.change(first["number"], title=f"T {BROKEN} {CANARY}", body=f"{LINE}\n{body}\n{LINE}")
    person.change(second["number"], state="closed", state_reason="not_planned")
    person.change(third["number"], title=f"{LINE} theirs")


def test_every_command_that_syncs(hostile: Copy, person: Person, say: Say) -> None:
    name = hostile.name
    for words in (("diff",), ("diff", "--format", "markdown"), ("diff", "--json"), ("push", "--dry-run")):
        say(hostile, *words, name)
    say(hostile, "push", name, exits=(7,))
    say(hostile, "push", "--yes", "-v", name)
    worked(person)
    hostile.replace("### Task 2.1: ::error::FORGED", "### Task 2.1: ::error::FORGED ours")

    for words in (
        ("diff",),
        ("diff", "-v"),
        ("diff", "--format", "markdown"),
        ("diff", "--out", "saved.json"),
        ("pull", "--dry-run"),
    ):
        say(hostile, *words, name)
    clean((hostile.folder / "saved.json").read_text(encoding="utf-8"))
    looked = json.loads(say(hostile, "diff", "--json", name))
    synced = json.loads(say(hostile, "sync", "--yes", "--json", name))
    say(hostile, "sync", "--yes", "-v", name)
    listed = say(hostile, "resolve", name)
    say(hostile, "status", name)
    say(hostile, "state", "show", name)
    (conflict,) = json.loads(say(hostile, "resolve", "--json", name))["conflicts"]
    say(hostile, "resolve", conflict["id"], "--take", "issue", "--dry-run", name)
    say(hostile, "apply", "saved.json", exits=(0, 1, 2, 4, 5, 7))

    assert conflict["issue"] == f"{LINE} theirs" and conflict["plan"] == "::error::FORGED ours"
    assert conflict["id"] in listed and "FORGED" in listed
    assert looked["operations"] and synced["operations"]


def test_every_command_that_looks_back_or_mends(hostile: Copy, person: Person, say: Say) -> None:
    name = hostile.name
    say(hostile, "push", "--yes", name)
    worked(person)
    run = json.loads(say(hostile, "sync", "--yes", "--json", name))

    say(hostile, "log", name)
    say(hostile, "log", run["run"], name)
    for operation in run["operations"]:
        say(hostile, "log", operation["id"], name)
        json.loads(say(hostile, "log", "--json", operation["id"], name))
    say(hostile, "undo", run["run"], "--dry-run", name)
    say(hostile, "undo", run["run"], "--yes", name)
    say(hostile, "state", "rebuild", name)
    say(hostile, "sync", "--yes", "--assume", "plan", name)
    say(hostile, "state", "lineage", name)
    say(hostile, "check", "--fix", name)
    say(hostile, "unlink", "--all", "--strip", "--yes", name)
    say(hostile, "state", "rekey", "--yes", name)
    hostile.plan.unlink()
    say(hostile, "state", "forget", "--yes", name, exits=(0, 1))


def test_what_goes_wrong_is_told_as_clean(hostile: Copy, person: Person, say: Say) -> None:
    name = hostile.name
    say(hostile, "push", "--yes", name)
    good = hostile.content
    hostile.plan.write_bytes(good + f"<<<<<<< {CANARY}\na\n=======\nb\n>>>>>>> {LINE}\n".encode())
    say(hostile, "sync", name, exits=(7,))
    say(hostile, "check", name)
    hostile.plan.write_bytes(good + b"\xff\n")
    say(hostile, "sync", name, exits=(1,))
    say(hostile, "check", "--format", "github", name, runner=True)
    hostile.plan.write_bytes(good)
    state = hostile.state.read_bytes()
    hostile.state.write_bytes(f'"{CANARY}"\n'.encode() + state)
    say(hostile, "status", name)
    say(hostile, "sync", name, exits=(0, 1, 4, 6))
    hostile.state.write_bytes(state.replace(b'"plan":"', f'"plan":"{CANARY}'.encode()))
    say(hostile, "sync", name, exits=(0, 1, 4, 6, 7))
    hostile.folder.joinpath("plansync.toml").write_text(
        f'# x\n"{CANARY[-20:]}" = 1\n'.replace("\\", ""), encoding="utf-8"
    )
    say(hostile, "status", name, exits=(2,))


@pytest.mark.parametrize(
    "arguments",
    [
        (CANARY,),
        ("status", f"{LINE}.md"),
        ("status", "a.md", f"b{CANARY}.md"),
        ("sync", f"--{CANARY}"),
        ("diff", "--format", CANARY),
        ("log", CANARY),
        ("sync", "--allow", CANARY),
        ("sync", "--only", CANARY),
        ("sync", "--max-time", CANARY),
        ("new", f"{CANARY}.txt"),
        ("apply", f"{CANARY}.json"),
        ("state", "lineage", "--take", CANARY),
        ("resolve", CANARY, LINE),
        ("-C", CANARY, "status"),
    ],
)
def test_a_command_line_that_is_wrong_is_told_as_clean(
    copy: Copy, say: Say, arguments: tuple[str, ...]
) -> None:
    say(copy, *arguments, exits=(1, 2))


def test_a_branch_and_a_remote_have_names_too(copy: Copy, say: Say, person: Person) -> None:
    began(copy)
    git(copy.folder, "switch", "--quiet", "--create", "##\u202ework\u200b\u00ad", env=copy.env)
    git(
        copy.folder,
        "remote",
        "add",
        "origin",
        f'https://github.com/o\u202e\x9b31m/"x"{HIDDEN[7]}',
        env=copy.env,
    )
    person.close(copy.outline.task("1.1").title)
    copy.tick("2.1")

    out = say(copy, "sync", "--yes")
    say(copy, "init", "--yes")

    assert "closing and reopening waits for the default branch" in out
    assert "<U+202E>work" in out
    say(copy, "status")


def test_the_demo_plays_with_it(fresh: Copy, say: Say) -> None:
    fresh.flags = ()
    hostile = fresh.folder / "hostile.md"
    hostile.write_bytes(PLAN.encode())

    say(fresh, "demo", str(hostile))


def test_the_record_of_a_bug_holds_no_control_bytes(
    copy: Copy, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """A traceback quotes whatever was at hand."""

    def broken(self: object) -> None:
        raise RuntimeError(CANARY)

    monkeypatch.setattr(_Run, "go", broken)
    monkeypatch.chdir(copy.folder)
    for name, value in copy.env.items():
        monkeypatch.setenv(name, value)

    assert main(["sync", *copy.flags]) == 3

    told = capfd.readouterr()
    clean(told.out)
    clean(told.err)
    (log,) = re.findall(r"details are in (\S+)", told.err)
    clean(Path(log).read_text(encoding="utf-8").replace("\t", " "))
    Path(log).unlink()


def test_a_mention_in_a_summary_for_a_comment_wakes_nobody(fresh: Copy, say: Say) -> None:
    fresh.plan.write_bytes(
        EXAMPLE.read_bytes().replace(b"### Task 1.1: ", b"### Task 1.1: @all #12 <b> ![x](https://e/) ")
    )

    out = say(fresh, "diff", "--format", "markdown")

    assert "@<!-- -->all #<!-- -->12 &lt;b> !\\[x](https://e/)" in out


def test_nothing_but_the_door_prints() -> None:
    """A new command cannot forget it."""
    package = EXAMPLE.parents[1] / "plansync"
    printing = re.compile(r"(?<![\w.])print\(|\btyper\.(?:echo|secho|confirm|prompt)\b|\bclick\.echo\b")
    found = {p.name for p in package.rglob("*.py") if printing.search(p.read_text(encoding="utf-8"))}

    assert found == {"door.py", "serve.py"}, "serve.py announces where it serves"
