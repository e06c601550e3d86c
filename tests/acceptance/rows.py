"""One answer of a tracker, and how a run ends that gets it: what `faults` and `gitlab_faults` are made of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tests.support.small_server import Fault, Says

HTML = {"content-type": "text/html"}


@dataclass(frozen=True)
class End:
    """How a run ends: the exit code, what it says (a pattern), and the same for people who read the page.

    `made`: how many of the 13 issues are there then; `None` where the run cannot know.
    """

    code: int
    says: str
    does: str
    made: int | None = None


@dataclass(frozen=True)
class Row:
    """One answer, and how a run ends that gets it, `times` times, to a listing or to the third create."""

    name: str
    answer: Fault | Says
    read: End
    write: End
    times: int = 999

    @property
    def is_applied(self) -> bool:
        """Whether the server did what was asked all the same."""
        if isinstance(self.answer, Says):
            return self.answer.is_applied
        return self.answer in (Fault.APPLY_AND_DROP, Fault.TRUNCATE)

    @property
    def id(self) -> str:
        return self.name.replace("`", "")


STOPS = "stops, nothing is written"
KEPT = "stops; what was done is kept"
ONE = "that task fails and is named, the others go on"
LOOKS = "the create counts as unknown; the next run looks for it before it makes another"
LATER = "waits as long as it may, then stops and says when to run again"
NO_ANSWER = "is asked four times, then stops; nothing is written"
UNKNOWN = "it may have been carried out all the same; the next run looks"
UNUSABLE = "gave no usable answer, run again later"
AWAY = r"points to another address \(https://elsewhere\.example/.*\), where the token never goes"

LATER_SAYS = {
    "an hour": r"run again in (\d|[12]\d|3[01]) minutes",
    "two": "run again in 2 minutes",
    "one": "run again in 1 minute",
    "three": "run again in 3 minutes",
}


def later(when: str) -> tuple[End, End]:
    return End(5, LATER_SAYS[when], LATER), End(5, LATER_SAYS[when], f"{LATER}; what was done is kept", 2)


def refused(says: str) -> tuple[End, End]:
    words = rf"refused \(\d+: {says}\)"
    return End(1, words, STOPS), End(5, rf"create-issue .*{words}", ONE, 12)


def nothing(says: str) -> tuple[End, End]:
    return End(1, f"{says}.*{UNUSABLE}", NO_ANSWER), End(5, f"{says}.*{UNKNOWN}", LOOKS)


def table(rows: Sequence[Row]) -> str:
    """Write a line for all answers that mean the same."""
    lines: dict[tuple[str, str], list[str]] = {}
    for row in rows:
        cells = f"{row.read.does} ({row.read.code})", f"{row.write.does} ({row.write.code})"
        lines.setdefault(cells, []).append(row.name)
    return "".join(f"| {'; '.join(names)} | {' | '.join(cells)} |\n" for cells, names in lines.items())
