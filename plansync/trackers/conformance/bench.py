"""What a tracker's author supplies for the suite: how to open the adapter, how a person acts on the tracker."""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Mapping, MutableMapping
from enum import StrEnum
from typing import ClassVar

import pytest

from plansync.trackers.base import Page, Record, Thing, Tracker, Written


class Trait(StrEnum):
    """What a tracker may lack. The tests that need it are skipped, and say so."""

    MILESTONES = "milestones"
    UNIQUE_MILESTONES = "milestones of which no two have the same title"
    LABELS = "labels"
    DROPPED = "issues that are closed as not done"
    DUPLICATE = "issues that are closed as the same as another"
    ASSIGNEES = "people that issues are given to"
    TEAMS = "issues that are given to more than one person"
    LINKS = "links between issues that wait for each other"
    LINK_COUNTS = "issues that show how many others they wait for"
    ESTIMATES = "estimates of issues"
    INHERITED = "milestones that belong to more projects"
    DUE = "due dates of milestones"
    REOPENED = "a word that an open issue was closed once"
    COMMENTS = "a count of comments"
    CRLF = "bodies that keep the line ends they were sent with"
    BLANKS = "bodies that keep the blanks and empty lines at their end"
    CONDITIONAL = "listings that are answered with 'not changed'"
    PAGES = "listings in pages"
    DELETION = "deleted issues that are told from unknown ones"
    TRANSFER = "issues that move to another project"
    HIDDEN = "issues that some accounts cannot see"
    OTHERS = "things among the issues that are none (pull requests)"
    ACCOUNTS = "tokens"
    READERS = "accounts that may read and not write"
    PROJECTS = "more than one project"
    NETWORK = "a network that can fail"


class Way(StrEnum):
    """How an adapter is opened: as usual, or so that something is wrong."""

    USUAL = "as usual"
    STRANGER = "with a token that nobody gave out"
    READER = "with a token that may read and not write"
    ELSEWHERE = "at a project that does not exist"
    NOWHERE = "at an address where nobody listens"
    LOSSY = "so that each write lands and its answer is lost"


class Bench(ABC):
    """A tracker with one empty project.

    `absent` names what it lacks: what only such a trait needs is never called. `secrets` are the tokens that
    adapters are opened with; no error may show one. `people` are two accounts that issues can be given to, and
    `nobody` is one that they cannot. `costs`: how many requests a call of a method takes, where that is not one, once
    the adapter knows what it reads one time in a run.
    """

    absent: frozenset[Trait] = frozenset()
    secrets: tuple[str, ...] = ()
    people: tuple[str, str] = ("", "")
    nobody: str = ""
    costs: ClassVar[Mapping[str, int]] = {}

    @abstractmethod
    def open(self, way: Way = Way.USUAL, cache: MutableMapping[str, bytes] | None = None) -> Tracker:
        """Open the adapter on the project; unpaced, and impatient with a network that fails."""

    def tick(self) -> None:
        """Let the tracker's clock move on by one of its ticks, which is a second for most."""
        time.sleep(1.1)

    def edit(self, ref: int, *, title: str | None = None, body: str | None = None) -> None:
        """Change an issue's title or body, as a person on the tracker."""
        raise NotImplementedError

    def close(self, ref: int) -> None:
        """Close an issue as done."""
        raise NotImplementedError

    def comment(self, ref: int) -> None:
        """Write something below an issue."""
        raise NotImplementedError

    def link(self, ref: int, blocker: int) -> None:
        """Let an issue wait for another."""
        raise NotImplementedError

    def estimate(self, ref: int, minutes: int) -> None:
        """Say how long an issue takes."""
        raise NotImplementedError

    def inherit(self, title: str) -> int:
        """Make a milestone that belongs to more projects than this one; give its number."""
        raise NotImplementedError

    def delete(self, thing: Thing, ref: int) -> None:
        """Delete an issue or a milestone."""
        raise NotImplementedError

    def transfer(self, ref: int) -> None:
        """Move an issue to another project."""
        raise NotImplementedError

    def hide(self, ref: int) -> None:
        """Make an issue one that the adapter's account cannot see."""
        raise NotImplementedError

    def other(self) -> int:
        """Make something that shares the issues' numbers and is none; give its number."""
        raise NotImplementedError

    def needs(self, *traits: Trait) -> None:
        """Skip the test where the tracker lacks what it is about."""
        for trait in traits:
            if trait in self.absent:
                pytest.skip(f"this tracker has no {trait.value}")


@pytest.mark.anyio
class Suite:
    """What the parts of the suite share. The fixture `bench` is given by whoever runs it."""

    @pytest.fixture
    def anyio_backend(self) -> str:
        """Run on asyncio, as plansync does."""
        return "asyncio"

    @pytest.fixture
    async def tracker(self, anyio_backend: str, bench: Bench) -> AsyncIterator[Tracker]:
        """Open the adapter as usual."""
        opened = bench.open()
        yield opened
        await opened.aclose()


async def pages_of(listing: AsyncIterator[Page]) -> list[Page]:
    """Read a listing to its end."""
    return [page async for page in listing]


async def records_of(listing: AsyncIterator[Page]) -> list[Record]:
    """Read a listing to its end, as records."""
    return [record for page in await pages_of(listing) for record in page.records]


async def seen(tracker: Tracker, thing: Thing, ref: int) -> Record:
    """Read a record that must be there."""
    found = await tracker.look(thing, ref)
    assert isinstance(found, Record), f"{thing.value} {ref} is {found}"
    return found


async def everything(tracker: Tracker) -> dict[tuple[Thing, int], Record]:
    """Read all that the project holds."""
    found = [*await records_of(tracker.changed("")), *await records_of(tracker.milestones())]
    return {(record.thing, record.ref): record for record in found}


async def made(tracker: Tracker, title: str = "Set up the repository", /, **fields: object) -> Record:
    """Make an issue with a few fields."""
    return await tracker.create(Thing.ISSUE, Written(title=title, **fields))  # type: ignore[typeddict-item]
