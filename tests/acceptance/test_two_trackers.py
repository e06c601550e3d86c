"""One plan on two trackers: the second copy is a plan of its own, and what stands there says the same."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from plansync import durations
from plansync.model import Field, Item, Kind, Uid, text_of
from plansync.trackers import mapping
from plansync.trackers.base import Record, Tracker
from plansync.trackers.github import GitHub
from plansync.trackers.gitlab import GitLab
from plansync.trackers.token import Token
from tests.acceptance.conftest import Source
from tests.support.gitlab import GitLabPerson
from tests.support.mortals import Mortals
from tests.support.outline import FOOTER
from tests.support.people import Copy, Person, Place
from tests.support.sandbox import Sandbox

OWN = {Field.LINK, Field.EFFORT, Field.ESTIMATE, Field.WRITTEN}
"""What is a tracker's own: where an issue is, and how its estimate is kept."""
RISKS = {"risk: high": "risk::high"}


@pytest.fixture
def github(sandbox: Sandbox) -> Place:
    sandbox.restore(sandbox.empty)
    return sandbox.place


@pytest.fixture
def gitlab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    started = Sandbox(tmp_path_factory.mktemp("gitlab"))
    yield started.gitlab
    started.close()


def items(copy: Copy, place: Place) -> dict[Uid, Item]:
    """Read all that a tracker shows of a copy's plan, through the model."""
    found = FOOTER.search(copy.text)
    assert found
    names = mapping.Names(found[1], copy.text.partition("\n")[0].removeprefix("# "), copy.name)
    kind = GitLab if place.kind == "gitlab" else GitHub
    tracker = kind(place.api_url, place.repo, token=Token(place.token), cache={})
    return mapping.snapshot(asyncio.run(_records(tracker)), names).items


async def _records(tracker: Tracker) -> list[Record]:
    try:
        pages = [page async for page in tracker.milestones()]
        pages += [page async for page in tracker.labelled("plansync")]
        records = [record for page in pages for record in page.records]
        issues = {r.ref: await tracker.blockers(r.ref) for r in records if "plansync:begin" in r.body}
        return [replace(r, blockers=issues[r.ref]) if r.milestone or r.ref in issues else r for r in records]
    finally:
        await tracker.aclose()


def said(items: dict[Uid, Item]) -> dict[Uid, tuple[Kind, dict[Field, object]]]:
    """Give what items say, without what is a tracker's own."""
    return {uid: (item.kind, _fields(item)) for uid, item in items.items()}


def _fields(item: Item) -> dict[Field, object]:
    fields: dict[Field, object] = {name: value for name, value in item.fields.items() if name not in OWN}
    labels = fields.get(Field.LABELS)
    if isinstance(labels, tuple):
        fields[Field.LABELS] = {RISKS.get(label, label) for label in labels}
    return fields


def minutes(items: dict[Uid, Item]) -> dict[Uid, int]:
    """Give how long each task takes: as its text says it, or as the tracker keeps it."""
    found = {}
    for uid, item in items.items():
        read = durations.read(text_of(item, Field.ESTIMATE))
        kept = item.fields.get(Field.EFFORT)
        if item.kind is Kind.TASK:
            found[uid] = kept if isinstance(kept, int) else read.high if read else 0
    return found


def test_two_copies_of_one_plan_say_the_same_on_both_trackers(
    plan: Source, github: Place, gitlab: Place, tmp_path: Path, forks: Mortals
) -> None:
    first = Copy.of(plan.content, tmp_path / "first" / "work", github, forked=forks.run)
    first.push()
    second = Copy.of(first.content, tmp_path / "second" / "work", gitlab, forked=forks.run)
    second.run("state", "rekey", "--yes")

    second.push()

    here, there = items(first, github), items(second, gitlab)
    assert len([item for item in here.values() if item.kind is Kind.TASK]) == len(plan.outline.tasks)
    assert said(there) == said(here)
    assert minutes(there) == minutes(here)
    assert sum(minutes(here).values()) > 0
    assert first.is_settled()
    assert second.is_settled()


def test_a_days_work_on_either_side_of_each_ends_alike(
    plan: Source, github: Place, gitlab: Place, tmp_path: Path, forks: Mortals
) -> None:
    copies = []
    for name, place in (("first", github), ("second", gitlab)):
        copy = Copy.of(plan.content, tmp_path / name / "work", place, forked=forks.run)
        copy.push()
        copies.append((copy, place, (GitLabPerson if place is gitlab else Person)(place)))
    for copy, _, person in copies:
        one, two, three = (copy.outline.task(number) for number in ("1.1", "2.2", "3.2"))
        person.close(one.title)
        person.close(copy.outline.task("4.1").title, "not_planned")
        person.tick(two.title, two.steps[0])
        person.rename(three.title, "Renamed on the tracker")
        copy.replace(f"- [ ] {three.steps[1]}\n", f"- [x] {three.steps[1]}\n- [ ] One more\n")
        copy.tick("1.2")
        copy.sync("--allow", "mass-change")
        assert copy.is_settled()
        person.leave()

    (first, here, _), (second, there, _) = copies
    assert said(items(second, there)) == said(items(first, here))
    assert _plain(first) == _plain(second)


def _plain(copy: Copy) -> list[str]:
    """Give a plan's lines without its name and its links."""
    lines = FOOTER.sub("", copy.text).splitlines()
    return [line for line in lines if not line.startswith("**Issue**")]
