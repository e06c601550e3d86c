"""What a CI system is told of a run besides its output: summary, annotations, outputs, and a dotenv file."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.people import Copy, Person


@pytest.fixture
def job(copy: Copy, tmp_path: Path) -> Copy:
    """A copy on a runner of GitHub Actions."""
    copy.env |= {
        "GITHUB_ACTIONS": "true",
        "CI": "true",
        "GITHUB_STEP_SUMMARY": str(tmp_path / "summary.md"),
        "GITHUB_OUTPUT": str(tmp_path / "output"),
    }
    (tmp_path / "summary.md").write_text("# Before\n")
    return copy


def outputs(path: Path) -> dict[str, str]:
    return dict(line.split("=", 1) for line in path.read_text().splitlines())


def test_a_run_leaves_a_summary_and_outputs(job: Copy, person: Person, tmp_path: Path) -> None:
    person.close(job.outline.task("1.1").title)

    job.run("sync", "--yes")

    summary = (tmp_path / "summary.md").read_text()
    assert summary.startswith("# Before\n## plansync sync: `")
    assert "### To the plan" in summary
    assert "Needs " not in summary, "it is done"
    said = outputs(tmp_path / "output")
    assert (said["outcome"], said["exit_code"], said["conflicts"]) == ("done", "0", "0")
    assert int(said["plan_changes"]) > 0


def test_a_conflict_is_a_warning_on_its_line_of_the_plan(job: Copy, person: Person, tmp_path: Path) -> None:
    task = job.outline.task("1.1")
    job.replace(f"Task 1.1: {task.title}", "Task 1.1: Ours")
    person.rename(task.title, "Theirs::error::50% off")

    ran = job.run("sync", "--yes", exits=4)

    line = next(n for n, text in enumerate(job.text.splitlines(), 1) if text.startswith("### Task 1.1"))
    (told,) = [each for each in ran.err.splitlines() if each.startswith("::")]
    assert told.startswith(
        f"::warning file={job.name},line={line},title=plansync::Task 1.1: title differs: plan "
    )
    assert "50%25 off" in told and "plansync resolve " in told
    assert outputs(tmp_path / "output")["conflicts"] == "1"


def test_a_run_that_fails_says_so_in_its_summary(job: Copy, tmp_path: Path) -> None:
    job.env["PLANSYNC_TOKEN"] = "wrong-token"

    job.run("sync", "--yes", "--json", exits=8)

    assert "**auth**: " in (tmp_path / "summary.md").read_text()
    assert outputs(tmp_path / "output")["outcome"] == "auth"


def test_a_file_that_cannot_be_written_fails_no_run(job: Copy, tmp_path: Path) -> None:
    job.env["GITHUB_STEP_SUMMARY"] = str(tmp_path / "no such folder" / "summary.md")

    assert "summary.md cannot be written" in job.run("sync", "--yes").err


def test_other_systems_get_a_dotenv_where_they_name_one_and_nothing_else(copy: Copy, tmp_path: Path) -> None:
    copy.env["PLANSYNC_DOTENV"] = str(tmp_path / "plansync.env")

    ran = copy.run("sync", "--yes")

    said = outputs(tmp_path / "plansync.env")
    assert said["PLANSYNC_OUTCOME"] == "done" and said["PLANSYNC_TRACKER_CHANGES"] == "0"
    assert "::" not in ran.err


def test_json_stays_one_document(job: Copy) -> None:
    assert job.run("sync", "--yes", "--json").json["outcome"] == "done"


def test_a_pull_request_is_told_what_merging_does(copy: Copy, person: Person) -> None:
    copy.replace("### Task 1.2: ", "### Task 1.9: Say thanks\n\n- [ ] Write a card\n\n### Task 1.2: ")
    for step in copy.outline.task("2.1").steps:
        copy.tick(step)

    said = copy.run("diff", "--format", "markdown").out

    assert said.startswith("Merging this creates 1 issue, closes 1 issue and changes ")
