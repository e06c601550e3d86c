"""The README's example does what the README shows."""

from __future__ import annotations

from pathlib import Path

import pytest

from plansync.cli.commands import demo
from plansync.cli.commands.demo import example
from tests.docs.conftest import Person, Run
from tests.docs.pages import fenced, read

STATUS, DIFF = fenced("README.md", "console")


def shown(block: str) -> str:
    """Give what a console block shows after its command."""
    return block.partition("\n")[2]


def test_the_first_screen_comes_in_its_order() -> None:
    text = read("README.md").partition("## Install")[0]
    order = ["# plansync", "Ten seconds", "plansync status", "One minute", "make demo", "For real"]
    order += ["plansync init", "plansync diff", "plansync push", "plansync sync", "The promise", "--strip"]

    places = [text.find(word) for word in order]

    assert -1 not in places
    assert places == sorted(places)


def test_ten_seconds_change_nothing(run: Run, plan: Path) -> None:
    before = plan.read_bytes()

    done = run(STATUS.partition("\n")[0].removeprefix("$ "))

    assert done.returncode == 0
    assert done.stdout == shown(STATUS)
    assert plan.read_bytes() == before
    assert [path.name for path in plan.parent.iterdir()] == ["PLAN.md"]


def test_the_diff_is_the_one_that_is_printed(run: Run, plan: Path, person: Person, settings: str) -> None:
    plan.with_name("plansync.toml").write_text(settings, encoding="utf-8")
    token = {"PLANSYNC_TOKEN": person.token}
    assert run("plansync push --yes", env=token).returncode == 0
    person.close(1)
    source = plan.read_text(encoding="utf-8")
    plan.write_text(source.replace("- [ ] Pick a photo", "- [x] Pick a photo"), encoding="utf-8")

    done = run(DIFF.partition("\n")[0].removeprefix("$ "), env=token)

    assert done.stderr == ""
    assert done.stdout == shown(DIFF)


def test_leaving_gives_the_plan_back(run: Run, plan: Path) -> None:
    (leave,) = (block for block in fenced("README.md", "sh") if "unlink" in block)
    before = plan.read_bytes()

    assert run("plansync push --yes && plansync sync").returncode == 0
    assert plan.read_bytes() != before
    assert run(leave).returncode == 7, "nobody can be asked"
    assert run(f"{leave.partition('#')[0].rstrip()} --yes").returncode == 0

    assert plan.read_bytes() == before
    assert not list(plan.parent.rglob("*.jsonl"))


def test_the_commands_for_real_follow_each_other(run: Run, plan: Path, person: Person) -> None:
    """`init`, `diff`, `push --yes`, `sync`; the tracker stands on loopback."""
    where = f"--tracker github --repo {person.repo} --api-url {person.api_url}"
    token = {"PLANSYNC_TOKEN": person.token}

    assert run(f"plansync init --yes {where}").returncode == 0
    looked = run("plansync diff", env=token)
    assert run("plansync push", env=token).returncode == 7, "nobody can be asked"
    assert run("plansync push --yes", env=token).returncode == 0
    synced = run("plansync sync", env=token)

    assert "2 milestones, 4 issues and 2 links to make" in looked.stdout
    assert synced.stdout.startswith("Nothing to do")
    assert plan.with_name(".plansync").joinpath("PLAN.md.jsonl").is_file()


def test_a_sync_with_nothing_to_do_counts_for_nothing(run: Run, plan: Path) -> None:
    run("plansync push --yes && plansync sync")

    assert "(2 requests, 2 not modified)" in run("plansync sync").stdout


@pytest.mark.slow
def test_one_minute_ends_with_nothing_left_to_do(run: Run, tmp_path: Path) -> None:
    done = run("plansync demo", env={"TMPDIR": str(tmp_path)})

    assert done.returncode == 0
    assert done.stdout.count("$ plansync ") == 5
    assert "Nothing to do: plan and tracker agree." in done.stdout


@pytest.mark.parametrize("is_found", [True, False])
def test_the_demo_names_a_program_that_the_shell_finds(
    is_found: bool, program: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(program) if is_found else str(tmp_path))
    monkeypatch.setattr("sys.argv", [str(program / "plansync"), "demo"])

    assert demo._program() == ("plansync" if is_found else str(program / "plansync"))


def test_the_whole_plan_that_is_named_is_there() -> None:
    assert example() == read("examples/implementation-plan.md").encode()
