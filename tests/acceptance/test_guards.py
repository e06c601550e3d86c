"""What a run refuses to do by itself, and how it is stopped from outside."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
import time

import pytest

from tests.support.people import Copy, Person

BOTH = True


def test_a_plan_that_was_written_anew_makes_no_second_set_of_issues(copy: Copy, person: Person) -> None:
    before = person.everything()
    fresh = re.sub(r"(?m)^(### Task [\d.]+: ).*$", lambda m: f"{m[1]}New words {m.start()}", copy.text)
    fresh = re.sub(r"(?m)^- \[ \] .*$", lambda m: f"- [ ] other {m.start()}", fresh)
    fresh = re.sub(r"(?m)^\*\*Issue\*\*: .*\n", "", fresh)
    copy.plan.write_text(re.sub(r" *<!-- plansync:\w+ -->", "", fresh), encoding="utf-8")

    ran = copy.sync(exits=7)

    assert "--allow rewritten-plan" in ran.json["error"]
    assert person.everything() == before


def test_issues_that_somebody_made_by_hand_stop_a_first_push(fresh: Copy, person: Person) -> None:
    title = fresh.outline.task("1.1").title
    person.write(title.upper())
    before = fresh.content

    ran = fresh.push(exits=7)

    assert f"#1 “{title.upper()}" in ran.json["error"]
    assert fresh.content == before
    assert len(person.issues()) == 1
    assert "is in no plan" in str(fresh.run("diff", "--json").json["notes"])
    fresh.push("--allow", "look-alikes")
    assert len(person.tasks()) == len(fresh.outline.tasks)


def test_a_closed_issue_with_the_same_title_stops_nothing(fresh: Copy, person: Person) -> None:
    title = fresh.outline.task("1.1").title
    person.write(title)
    person.close(title)

    fresh.push()


def test_a_repository_made_anew_under_the_old_name_is_not_written(copy: Copy, person: Person) -> None:
    lines = copy.state.read_text(encoding="utf-8").splitlines(keepends=True)
    header = json.loads(lines[0])
    assert header["repository"]
    lines[0] = json.dumps(header | {"repository": "R_another"}, separators=(",", ":")) + "\n"
    copy.state.write_text("".join(lines), encoding="utf-8")
    task = copy.outline.task("1.1")
    copy.tick(task.steps[0])

    ran = copy.sync(exits=7)

    assert "--allow other-repository" in ran.json["error"]
    assert person.boxes(task.title)[0][0] == " "
    copy.sync("--allow", "other-repository")
    assert person.boxes(task.title)[0][0] == "x"


def test_words_of_every_task_changed_at_once_are_asked_about(copy: Copy, person: Person) -> None:
    copy.plan.write_bytes(re.sub(rb"(?m)^(### Task [\d.]+: )", rb"\1X", copy.content))

    assert "--allow all-changed" in copy.sync(exits=7).json["error"]
    ran = copy.sync("--allow", "all-changed")
    assert "that was let pass (--allow all-changed)" in str(ran.json["notes"])
    assert all(issue["title"].startswith("X") for issue in person.tasks())


def test_other_settings_are_asked_about_before_they_write_what_nobody_changed(
    copy: Copy, person: Person
) -> None:
    before = copy.content
    copy.env["PLANSYNC_MILESTONES"] = "none"
    copy.tick(copy.outline.task("1.1").steps[0])
    ticked = copy.content
    assert ticked != before

    ran = copy.sync(exits=7)

    assert "--allow settings-changed" in ran.json["error"]
    assert copy.content == ticked
    assert copy.run("diff", "--json").json["operations"], "looking is free"
    copy.sync("--allow", "settings-changed")
    assert person.boxes(copy.outline.task("1.1").title)[0][0] == "x"
    copy.tick(copy.outline.task("1.1").steps[1])
    copy.sync()


def test_other_settings_that_change_nothing_are_just_remembered(copy: Copy) -> None:
    header = copy.state.read_text(encoding="utf-8").splitlines()[0]
    (copy.folder / "plansync.toml").write_text('dropped_labels = ["never"]\n', encoding="utf-8")

    copy.sync()

    assert copy.state.read_text(encoding="utf-8").splitlines()[0] != header
    copy.tick(copy.outline.task("1.1").steps[0])
    copy.sync()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_stops_between_two_requests_and_the_next_run_goes_on(
    fresh: Copy, person: Person, number: signal.Signals
) -> None:
    started = subprocess.Popen(
        [sys.executable, "-m", "plansync", "push", "--yes", *fresh.flags],
        cwd=fresh.folder,
        env=fresh.env,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    while started.poll() is None and len(person.issues()) < 2:
        time.sleep(0.01)
    started.send_signal(number)
    _, errors = started.communicate(timeout=30)

    assert started.returncode == 130, errors
    assert b"run the same command again" in errors
    assert len(person.tasks()) < len(fresh.outline.tasks)
    fresh.push()
    assert len(person.tasks()) == len(fresh.outline.tasks), "nothing is missing, nothing is there twice"
    assert fresh.is_settled()
