"""What a sync remembers: merged by git, lost, damaged, foreign, hostile; and each way out, as it is printed."""

from __future__ import annotations

import json
import re
import shlex
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.support.mortals import Mortals
from tests.support.outline import stripped
from tests.support.people import Copy, Person, Place, Ran
from tests.support.repository import began, cloned, git, keep, merged, with_driver

FOOTER = re.compile(rb"\r?\n<!-- plansync plan=[0-9a-z]{8} -->")


def ways(text: str) -> list[list[str]]:
    """List the command lines that a message prints, as somebody would type them."""
    return [shlex.split(way)[1:] for way in re.findall(r"`(plansync [^`]+)`", text)]


def typed(copy: Copy, words: list[str], *more: str, exits: int | None = 0) -> Ran:
    """Type a command just as it was printed."""
    return replace(copy, flags=()).run(*words, *more, exits=exits)


def header(copy: Copy) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(copy.state.read_text(encoding="utf-8").split("\n")[0])
    return found


def headed(copy: Copy, **changes: Any) -> None:
    """Change the first line of the state file."""
    first, _, rest = copy.state.read_text(encoding="utf-8").partition("\n")
    copy.state.write_text(f"{json.dumps(json.loads(first) | changes)}\n{rest}", encoding="utf-8")


def asides(copy: Copy, why: str = "bad") -> list[Path]:
    return sorted(copy.state.parent.glob(f"*.{why}-*"))


# ------------------------------------------------------------------ git


def test_two_branches_that_synced_neighbours_merge_without_a_driver_and_the_next_sync_writes_nothing(
    copy: Copy, person: Person, tmp_path: Path
) -> None:
    attributes = copy.folder / ".plansync" / ".gitattributes"
    attributes.write_text(
        "*.jsonl merge=plansync\n", encoding="utf-8"
    )  # as init does, in a clone that was told nothing
    began(copy)
    other = cloned(copy, tmp_path / "other", "photos")
    one, two = copy.outline.task("1.1"), copy.outline.task("1.2")
    copy.tick(one.steps[0])
    copy.sync()
    keep(copy)
    other.tick(two.steps[0])
    other.sync()
    keep(other)

    merged(copy, other)

    before, state = person.everything(), copy.state.read_bytes()
    ran = copy.sync()
    assert (ran.writes, ran.json["operations"], ran.json["conflicts"]) == (0, [], [])
    assert person.everything() == before
    assert copy.state.read_bytes() == state
    assert f"- [x] {one.steps[0]}\n" in copy.text
    assert f"- [x] {two.steps[0]}\n" in copy.text


def both_synced_one_task(copy: Copy, person: Person, tmp_path: Path) -> Copy:
    """Two branches that remember the same task differently: each saw another tick of it."""
    began(copy)
    other = cloned(copy, tmp_path / "other", "photos")
    task = copy.outline.task("2.1")
    copy.tick(task.steps[0])
    copy.sync()
    keep(copy)
    person.tick(task.title, task.steps[2])
    other.sync()
    keep(other)
    return other


def test_two_branches_that_synced_the_same_task_are_merged_by_the_driver(
    copy: Copy, person: Person, tmp_path: Path
) -> None:
    git(copy.folder, "init", "--quiet", env=copy.env)
    said = copy.run("init", "--yes").out
    assert "git config merge.plansync.driver 'plansync state merge %O %A %B'" in said
    assert (copy.folder / ".plansync/.gitattributes").read_text() == "*.jsonl merge=plansync\n"
    other = both_synced_one_task(copy, person, tmp_path)
    with_driver(copy)

    merged(copy, other)

    assert "<<<<<<<" not in copy.state.read_text()
    ran = copy.sync()
    assert (ran.writes, ran.json["conflicts"]) == (0, [])
    task = copy.outline.task("2.1")
    for step in (task.steps[0], task.steps[2]):
        assert f"- [x] {step}\n" in copy.text
    assert copy.is_settled()


def test_a_conflict_that_git_left_stops_a_run_and_its_way_out_works(
    copy: Copy, person: Person, tmp_path: Path
) -> None:
    other = both_synced_one_task(copy, person, tmp_path)
    merged(copy, other, exits=1)
    assert "<<<<<<< " in copy.state.read_text()

    ran = copy.run("sync", exits=7)

    (way,) = ways(ran.err)
    assert way == ["state", "merge", copy.name]
    before = person.everything()
    done = typed(copy, way)
    git(copy.folder, *shlex.split(done.out.rpartition("git add")[2].join(("add ", ""))), env=copy.env)
    keep(copy)
    again = copy.sync()
    assert (again.writes, again.json["conflicts"]) == (0, [])
    assert person.everything() == before
    assert "There is no conflict" in typed(copy, way).out


def test_the_driver_refuses_what_belongs_to_two_plans(copy: Copy, tmp_path: Path) -> None:
    ours, theirs = tmp_path / "A", tmp_path / "B"
    ours.write_bytes(copy.state.read_bytes())
    theirs.write_bytes(re.sub(rb'"plan":"\w+"', b'"plan":"zzzzzzzz"', copy.state.read_bytes()))

    ran = typed(copy, ["state", "merge", str(tmp_path / "none"), str(ours), str(theirs)], exits=1)

    assert "git checkout --ours" in ran.err
    assert ours.read_bytes() == copy.state.read_bytes()
    assert typed(copy, ["state", "merge", str(ours), str(theirs)], exits=2).err


# ------------------------------------------------------------------ lost and damaged


def lose(copy: Copy) -> None:
    copy.state.unlink()


def ruin(copy: Copy) -> None:
    copy.state.write_bytes(b"\x00\xff garbage\n")


def age(copy: Copy) -> None:
    headed(copy, plansync=0)


def tear(copy: Copy) -> None:
    copy.state.write_bytes(re.sub(rb'"crc":"\w+"', b'"crc":"00000000"', copy.state.read_bytes()))


@pytest.mark.parametrize("harm", [lose, ruin, age, tear])
def test_what_was_agreed_is_lost_so_one_run_writes_only_that_and_the_next_one_acts(
    copy: Copy, person: Person, harm: Callable[[Copy], None]
) -> None:
    one, two = copy.outline.task("1.1"), copy.outline.task("1.2")
    copy.replace("### Task 1.3:", "### Task 1.2b: Something new\n\n- [ ] Begin\n\n### Task 1.3:")
    copy.tick(one.steps[0])
    person.tick(two.title, two.steps[0])
    harm(copy)
    damaged = copy.state.read_bytes() if copy.state.exists() else b""
    plan, before = copy.content, person.everything()

    dry = copy.run("diff", "--json", exits=4)
    ran = copy.sync(exits=4)

    assert (copy.state.read_bytes() == damaged) is False
    assert "The first run will write only the state file" in str(dry.json["notes"])
    assert "This run writes only the state file" in str(ran.json["notes"])
    assert (copy.content, person.everything()) == (plan, before)
    assert ran.writes == 0
    assert ran.kinds("tracker", "planned") == ["create-issue"]
    assert {c["field"] for c in ran.json["conflicts"]} == {"tick"}, "what differs waits for a person"
    assert [path.read_bytes() for path in asides(copy)] == ([damaged] if damaged else [])

    again = copy.sync(exits=4)
    assert again.kinds("tracker") == ["create-issue"], "the next one acts"
    assert len(again.json["conflicts"]) == 2
    assert len(person.issues()) == 14
    person.tick(one.title, one.steps[0])
    copy.tick(two.steps[0])
    copy.sync()
    assert copy.is_settled()
    assert len(asides(copy)) == bool(damaged)


def test_a_lost_state_file_with_changes_to_make_and_none_to_decide_exits_with_6(
    copy: Copy, person: Person
) -> None:
    copy.replace("### Task 1.3:", "### Task 1.2b: Something new\n\n- [ ] Begin\n\n### Task 1.3:")
    lose(copy)

    ran = copy.sync(exits=6)

    assert ran.json["outcome"] == "changes-pending"
    assert len(person.issues()) == 13
    copy.sync()
    assert len(person.issues()) == 14


def test_a_lost_state_file_where_nothing_moved_is_made_anew_and_is_the_same(
    copy: Copy, person: Person
) -> None:
    state, before = copy.state.read_bytes(), person.everything()
    lose(copy)

    copy.sync()

    assert copy.state.read_bytes() == state
    assert person.everything() == before


def test_a_lost_state_file_and_a_cut_block_make_no_second_issue(copy: Copy, person: Person) -> None:
    title = copy.outline.task("1.1").title
    person.edit(title, lambda body: body.replace("<!-- plansync:begin", "<!-- begin"))
    lose(copy)

    copy.sync()
    ran = copy.sync()

    assert len(person.issues()) == 13
    assert ran.kinds("tracker", "applied", "planned", "deferred") == []


def test_one_bad_line_makes_one_item_unknown_and_the_file_is_kept_aside(copy: Copy, person: Person) -> None:
    task = copy.outline.task("2.1")
    lines = copy.state.read_bytes().split(b"\n")
    at = next(n for n, line in enumerate(lines) if task.title.encode() in line)
    lines[at] = lines[at].replace(b'"rev":1', b'"rev":NaN')
    copy.state.write_bytes(b"\n".join(lines))
    damaged, uid = copy.state.read_bytes(), json.loads(lines[at - 1])
    copy.tick("1.1", task.steps[0])

    shown = copy.run("state", "show", "--json").json
    ran = copy.sync(exits=4)

    assert shown["unknown"] == [uid]
    assert [c["task"].partition("/")[0] for c in ran.json["conflicts"]] == [uid]
    assert "cannot be read; the item is compared anew" in str(ran.json["notes"])
    assert [path.read_bytes() for path in asides(copy)] == [damaged]
    assert person.issue(copy.outline.task("1.1").title)["state"] == "closed", "the others go on"
    person.tick(task.title, task.steps[0])
    copy.sync()
    assert copy.is_settled()


def test_a_later_format_is_left_alone_and_both_ways_out_are_printed(copy: Copy, person: Person) -> None:
    headed(copy, plansync=2)
    later = copy.state.read_bytes()

    ran = copy.run("sync", exits=1)

    assert "install that one" in ran.err
    assert copy.state.read_bytes() == later
    (way,) = ways(ran.err)
    assert way == ["state", "rebuild", copy.name]
    typed(copy, way, *copy.flags)
    assert [path.read_bytes() for path in asides(copy)] == [later]
    assert copy.is_settled()


def test_a_state_file_that_alone_knew_where_the_issues_are_is_rebuilt_by_the_command_that_is_printed(
    copy: Copy,
) -> None:
    ruin(copy)

    ran = typed(copy, ["sync", copy.name], exits=1)

    (way,) = ways(ran.err)
    assert way == ["state", "rebuild", "-R", "OWNER/NAME", copy.name]
    way[3] = copy.flags[3]
    typed(copy, way, *copy.flags[:2])
    assert copy.is_settled()


def test_a_state_file_of_another_plan_stops_a_run_and_both_ways_out_work(copy: Copy, person: Person) -> None:
    own = header(copy)["plan"]
    headed(copy, plan="zzzzzzzz")
    foreign, before = copy.state.read_bytes(), person.everything()

    ran = copy.run("sync", exits=7)

    by_file, by_plan = ways(ran.err)
    assert by_file == ["state", "lineage", "--take", "zzzzzzzz", copy.name]
    assert by_plan == ["state", "lineage", "--take", own, copy.name]
    plan = copy.content
    typed(copy, by_file)
    assert b"plan=zzzzzzzz -->" in copy.content
    copy.plan.write_bytes(plan)
    typed(copy, by_plan)
    assert [path.read_bytes() for path in asides(copy, "old")] == [foreign]
    assert copy.content == plan
    copy.sync()
    assert copy.is_settled()
    assert person.everything() == before


@pytest.mark.parametrize("path", ["../../outside.md", "/etc/passwd", "a\x00b", 7, "x" * 5000, "a\\..\\b"])
def test_a_path_that_leads_out_of_the_project_is_no_path(copy: Copy, path: object) -> None:
    headed(copy, path=path)

    shown = copy.run("state", "show", "--json").json

    assert shown["moved_from"] == ""
    assert copy.sync().writes == 0
    assert header(copy)["path"] == copy.name


def test_a_place_that_only_a_committed_file_names_gets_no_token(copy: Copy) -> None:
    headed(copy, target={"kind": "github", "api": "https://evil.example/api/v3", "project": "a/b"})

    ran = typed(copy, ["sync", copy.name], exits=2)

    assert "--api-url https://evil.example/api/v3 -R a/b" in ran.err


def test_a_file_too_large_to_be_one_of_ours_is_not_read(copy: Copy) -> None:
    with copy.state.open("r+b") as file:
        file.truncate(65 * 2**20)

    for verb in (["sync"], ["state", "show"]):
        ran = copy.run(*verb, exits=1)
        assert "larger than 64 MB" in ran.err
    assert "larger than 64 MB" in copy.run("status").err


def test_a_link_in_place_of_a_state_file_is_not_followed(copy: Copy, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("word", encoding="utf-8")
    copy.state.unlink()
    (copy.folder / ".plansync" / f"{copy.name}.jsonl").symlink_to(secret)

    for verb in ("sync", "push", "pull"):
        assert "is a link" in copy.run(verb, exits=1).err
    assert "is a link" in copy.run("state", "show", exits=1).err
    assert not asides(copy)


# ------------------------------------------------------------------ show and rebuild


def test_show_says_what_is_agreed_owed_and_to_decide(copy: Copy, person: Person) -> None:
    one, two = copy.outline.task("1.1"), copy.outline.task("2.1")
    copy.tick(*one.steps[:2])
    copy.pull()
    copy.replace(f"Task 2.1: {two.title}", "Task 2.1: As the plan says")
    person.rename(two.title, "As the issue says")
    copy.pull(exits=4)

    said, shown = copy.run("state", "show").out, copy.run("state", "show", "--json").json

    numbers = {title: person.issue(title)["number"] for title in (one.title, "As the issue says")}
    (owing,) = [i for i in shown["items"] if i["ref"] == numbers[one.title] and i["kind"] == "task"]
    assert [(o["side"], o["field"], o["has"], o["agreed"]) for o in owing["owed"]] == [
        ("tracker", "tick", "open", "ticked")
    ] * 2
    (torn,) = [i for i in shown["items"] if i["conflicts"]]
    assert (torn["ref"], torn["conflicts"][0]["field"]) == (numbers["As the issue says"], "title")
    assert shown["lineage"] == header(copy)["plan"]
    assert shown["target"]["project"] == copy.flags[3]
    assert re.fullmatch(r"[0-9a-f]{8}", shown["config"])
    assert shown["config"] != "00000000"
    assert "the tracker still lacks 2 ticks" in said
    assert "to decide: title" in said
    assert "18 items" not in said
    assert "17 items: 15 agreed, 1 with a half still owed, 1 with a conflict" in said


def test_show_of_a_plan_that_was_never_synced_says_so(fresh: Copy) -> None:
    assert "was never synced" in fresh.run("state", "show").out
    assert fresh.run("state", "show", "--json").json["items"] == []


def test_rebuild_writes_only_the_state_file_and_keeps_the_one_that_is_there(
    copy: Copy, person: Person
) -> None:
    task = copy.outline.task("1.1")
    copy.tick(task.steps[0])
    copy.pull()
    state, plan, before = copy.state.read_bytes(), copy.content, person.everything()

    ran = copy.run("state", "rebuild", exits=4)

    assert "writes only the state file" in ran.out
    assert (copy.content, person.everything()) == (plan, before)
    assert [path.read_bytes() for path in asides(copy)] == [state]
    assert copy.state.read_bytes() != state
    assert "not known" in copy.run("state", "show").out or "to decide" in copy.run("state", "show").out


def conflict(copy: Copy) -> None:
    copy.state.write_bytes(b"<<<<<<< HEAD\n" + copy.state.read_bytes() + b"=======\n>>>>>>> other\n")


def estrange(copy: Copy) -> None:
    headed(copy, plan="zzzzzzzz")


@pytest.mark.parametrize("harm", [conflict, estrange])
def test_rebuild_gets_along_without_any_state_file(copy: Copy, harm: Callable[[Copy], None]) -> None:
    state = copy.state.read_bytes()
    harm(copy)
    harmed = copy.state.read_bytes()

    copy.run("state", "rebuild")

    assert copy.state.read_bytes() == state
    assert [path.read_bytes() for path in asides(copy)] == [harmed]


def test_rebuild_of_what_has_no_issue_says_what_to_do_instead(fresh: Copy) -> None:
    ran = fresh.run("state", "rebuild", exits=1)

    assert ways(ran.err) == [["diff", fresh.name]]
    assert not fresh.state.exists()
    assert fresh.content == fresh.original


# ------------------------------------------------------------------ copies, moves, targets


def test_a_copied_plan_becomes_one_of_its_own_by_the_command_that_is_printed(
    copy: Copy, person: Person
) -> None:
    began(copy)
    second = replace(copy, name="docs/second plan.md")
    second.plan.parent.mkdir()
    second.plan.write_bytes(copy.content)
    state = copy.state.read_bytes()

    ran = second.run("push", second.name, "--yes", exits=7)

    (way,) = ways(ran.err)
    assert way == ["state", "rekey", "docs/second plan.md"]
    done = typed(copy, way)
    assert "is plan " in done.out
    assert FOOTER.sub(b"", second.content) == stripped(copy.content)
    made = second.run("push", second.name, "--yes", "--json")
    assert made.kinds("tracker").count("create-issue") == 13
    assert len(person.issues()) == 26
    assert copy.state.read_bytes() == state
    assert copy.run("sync", copy.name, "--json").json["operations"] == []
    assert second.run("sync", second.name, "--json").json["operations"] == []


def test_rekey_of_a_plan_with_issues_of_its_own_wants_a_yes(copy: Copy) -> None:
    state, plan = copy.state.read_bytes(), copy.content

    assert "--yes" in copy.run("state", "rekey", exits=7).err
    assert copy.content == plan
    copy.run("state", "rekey", "--yes")

    assert [path.read_bytes() for path in asides(copy, "old")] == [state]
    assert copy.content != plan


def test_a_second_target_is_refused_and_retarget_begins_there_with_the_same_ids(
    copy: Copy, person: Person
) -> None:
    uids = re.findall(rb"plansync:([2-9a-z]{7})", copy.content)
    elsewhere = (*copy.flags[:2], "-R", "some/where")

    ran = replace(copy, flags=elsewhere).run("push", "--yes", exits=1)

    (way,) = ways(ran.err)
    assert way == ["state", "retarget", *elsewhere, copy.name]
    state = copy.state.read_bytes()
    assert "which it would know no more; add --yes to go on" in typed(copy, way, exits=7).err
    assert copy.state.read_bytes() == state
    typed(copy, way, "--yes")
    found = header(copy)
    assert found["target"]["project"] == "some/where"
    shown = copy.run("state", "show", "--json").json
    assert {i["ref"] for i in shown["items"]} == {None}
    assert re.findall(rb"plansync:([2-9a-z]{7})", copy.content) == uids
    planned = copy.run("push", "--dry-run", "--json", exits=1)
    assert "retarget" in planned.err


def test_retarget_back_to_where_issues_are_makes_none_twice(copy: Copy, person: Person) -> None:
    before, plan = person.everything(), copy.content
    typed(copy, ["state", "retarget", copy.name], "--yes")
    assert "wherever it is pushed next" not in header(copy)

    copy.push()

    assert (person.everything(), copy.content) == (before, plan)
    assert copy.is_settled()


def test_from_the_sandbox_to_a_real_tracker_the_ids_stay(fresh: Copy, person: Person, tmp_path: Path) -> None:
    alone = Copy.of(fresh.original, tmp_path / "alone", forked=fresh.forked)
    alone.push("--tracker", "sandbox")
    uids = re.findall(rb"plansync:([2-9a-z]{7})", alone.content)
    token = {"PLANSYNC_TOKEN": fresh.env["PLANSYNC_TOKEN"]}
    there = replace(alone, flags=fresh.flags, env={**alone.env, **token})

    there.run("state", "retarget", "--yes")
    there.push()

    assert re.findall(rb"plansync:([2-9a-z]{7})", there.content) == uids
    assert len(person.issues()) == 13
    assert (there.folder / ".plansync" / f"{there.name}.jsonl").exists()


def test_a_plan_that_is_a_link_by_now_takes_its_state_file_along(copy: Copy, person: Person) -> None:
    before = person.everything()
    (copy.folder / "plansync.toml").touch()
    (copy.folder / "real").mkdir()
    copy.plan.rename(copy.folder / "real" / copy.name)
    copy.plan.symlink_to(f"real/{copy.name}")

    copy.tick("1.1")
    copy.sync()

    assert len(person.everything()) == len(before)
    assert person.issue(copy.outline.task("1.1").title)["state"] == "closed"
    assert copy.plan.is_symlink() and not copy.state.exists()
    assert (copy.folder / ".plansync" / "real" / f"{copy.name}.jsonl").is_file()


@pytest.mark.parametrize("has_footer", [True, False])
def test_a_moved_plan_takes_its_state_file_along_whoever_looks(
    copy: Copy, person: Person, has_footer: bool
) -> None:
    began(copy)
    person.close(copy.outline.task("1.1").title)
    copy.sync()
    known = copy.run("status", "--json").json["linked"]
    moved = replace(copy, name="docs/moved.md")
    moved.plan.parent.mkdir()
    copy.plan.rename(moved.plan)
    if not has_footer:
        moved.plan.write_bytes(FOOTER.sub(b"", moved.content))
    before = person.everything()

    status = typed(moved, ["status", "--json", moved.name]).json
    shown = typed(moved, ["state", "show", "--json", moved.name]).json
    checked = typed(moved, ["check", "--json", moved.name], exits=None)
    ran = typed(moved, ["sync", "--json", moved.name])

    assert (known, status["linked"]) == (12, 12)
    assert shown["moved_from"] == copy.name
    assert "cannot be read" not in checked.err
    assert (ran.writes, person.everything()) == (0, before)
    assert moved.state.exists()
    assert not (moved.folder / ".plansync" / f"{copy.name}.jsonl").exists()
    assert moved.content.rstrip().endswith(b"-->")


def test_a_moved_plan_can_be_left_before_it_was_synced_again(copy: Copy) -> None:
    began(copy)
    moved = replace(copy, name="docs/moved.md")
    moved.plan.parent.mkdir()
    copy.plan.rename(moved.plan)

    typed(moved, ["unlink", "--all", "--strip", moved.name], "--yes")

    assert moved.content == copy.original
    assert not list(copy.folder.rglob("*.jsonl"))


# ------------------------------------------------------------------ lineage and forget


def test_issues_of_two_plans_with_this_name_are_told_apart_by_the_command_that_is_printed(
    copy: Copy, person: Person, tracker: Place, tmp_path: Path, forks: Mortals
) -> None:
    other = Copy.of(copy.original, tmp_path / "other", tracker, forked=forks.run)
    other.run("state", "lineage", "--new")
    other.push()
    assert len(person.issues()) == 26
    third = Copy.of(copy.original, tmp_path / "third", tracker, forked=forks.run)

    ran = third.run("push", "--yes", exits=7)

    *takes, new = ways(ran.err)
    assert new == ["state", "lineage", "--new", third.name]
    assert {way[3] for way in takes} == {header(copy)["plan"], header(other)["plan"]}
    typed(third, ["state", "lineage", "--take", header(copy)["plan"], third.name])
    assert third.push(exits=6).writes == 0, "its issues are there, and what was agreed is not"
    third.push()
    assert third.content == copy.content
    assert len(person.issues()) == 26


def test_lineage_shows_and_refuses_what_is_none(copy: Copy) -> None:
    own = header(copy)["plan"]
    second = replace(copy, name="second.md")
    second.plan.write_bytes(stripped(copy.content))

    assert copy.run("state", "lineage", copy.name).out.count(own) == 2
    assert copy.run("state", "lineage", copy.name, "--take", "nothing!", exits=2).err
    assert copy.run("state", "lineage", copy.name, "--take", own, "--new", exits=2).err
    assert "already" in copy.run("state", "lineage", copy.name, "--take", own).out
    assert copy.name in copy.run("state", "lineage", second.name, "--take", own, exits=7).err
    (way,) = ways(copy.run("state", "lineage", copy.name, "--new", exits=7).err)
    assert way == ["state", "rekey", "--yes", copy.name]


def test_a_plan_that_is_gone_is_forgotten_by_its_path(copy: Copy, person: Person) -> None:
    before, state = person.everything(), copy.state
    assert "unlink --all" in copy.run("state", "forget", copy.name, exits=7).err
    moved = copy.plan.rename(copy.plan.with_name("away.md.txt"))
    other = replace(copy, name="other.md")
    other.plan.write_bytes(copy.original)
    said, told = other.run("status", other.name).out, other.run("status", other.name, "--json").json

    assert told["gone"] == [copy.name]
    assert f"plansync state forget {copy.name}" in said
    assert moved.exists()
    assert "add --yes" in copy.run("state", "forget", copy.name, exits=7).err
    assert state.exists()
    copy.run("state", "forget", "--yes", copy.name)

    assert not state.exists()
    assert person.everything() == before
    assert "nothing is remembered" in copy.run("state", "forget", copy.name, exits=1).err


def test_a_state_file_written_with_other_line_ends_is_read_and_merged(copy: Copy, tmp_path: Path) -> None:
    shutil.copy(copy.state, tmp_path / "B")
    crlf = copy.state.read_bytes().replace(b"\n", b"\r\n")
    copy.state.write_bytes(crlf)
    ours = tmp_path / "A"
    ours.write_bytes(crlf)
    (tmp_path / "O").touch()

    typed(copy, ["state", "merge", *(str(tmp_path / name) for name in "OAB")])

    assert ours.read_bytes() == crlf
    assert copy.sync().writes == 0
