"""Deciding conflicts on a terminal: one question each, and all answers carried out afterwards."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from plansync.cli.door import ask, say, tell
from plansync.cli.wording import differing, named, places, told
from plansync.model import Conflict, Drift, Field, Take, conflict_id
from plansync.sync.events import Report
from plansync.sync.settling import Settling
from plansync.sync.ways import How, in_words

_SKIP, _QUIT = "skip", "quit"


@dataclass(frozen=True, slots=True)
class Answer:
    """What a person chose: a side, a value of their own, or a way out where no value settles it."""

    take: Take = Take.VALUE
    value: str = ""
    how: How | None = None


class Decided(NamedTuple):
    """What a person decided, to be carried out. `is_over`: they want to be asked no more, of no plan."""

    settlings: list[Settling]
    is_over: bool


def decide(report: Report) -> Decided:
    """Ask about all that is to be decided; what is answered alike is carried out together."""
    answers: dict[Answer, list[str]] = {}
    undecided: list[Conflict | Drift] = [*report.conflicts, *report.drifts]
    is_over = False
    for number, about in enumerate(undecided, 1):
        place = f"{number} of {len(undecided)}" if len(undecided) > 1 else "For you to decide"
        answer = _asked(report, about, place)
        if is_over := answer == _QUIT:
            break
        if isinstance(answer, Answer):
            answers.setdefault(answer, []).append(conflict_id(about.uid, about.field))
    settlings = [
        Settling(ids, answer.take, answer.value, answer.how)
        for answer, given in answers.items()
        for ids in ([[each] for each in given] if answer.value else [given])
    ]
    return Decided(settlings, is_over)


def _asked(report: Report, about: Conflict | Drift, place: str) -> Answer | str:
    """Ask one question until it has an answer."""
    say()
    name = named(report, about.uid)
    ways = report.ways.get((about.uid, about.field), ())
    if isinstance(about, Drift):
        tell(f"{place}: {name}: {about.text}")
    else:
        tell(f"{place}: {name}: {differing(report, about)}")
    choices = dict(_ways(about, ways) if ways else _sides(report, about))
    for key, (words, _) in choices.items():
        tell(f"  {key:<12} {words}")
    tell(f"  {_SKIP:<12} leave it for later")
    names = [*choices, _SKIP, _QUIT]
    while True:
        said = ask(f"Decide ({', '.join(names)})", _SKIP).strip().casefold()
        found = [each for each in names if said and each.startswith(said)]
        if said in names or len(found) == 1:
            return _answer(said if said in names else found[0], choices)
        tell(f"{said!r} is none of {', '.join(names)}")


def _answer(name: str, choices: Mapping[str, tuple[str, Answer]]) -> Answer | str:
    if name in (_SKIP, _QUIT):
        return name
    answer = choices[name][1]
    if name == "value":
        return Answer(value=ask("  Value", ""))
    return answer


def _sides(report: Report, conflict: Conflict | Drift) -> Iterator[tuple[str, tuple[str, Answer]]]:
    """Offer what each side says, what was agreed where that is known, and a value that is typed where one can be."""
    assert isinstance(conflict, Conflict), "a drift has ways out"
    here, there = (f" ({place})" if place else "" for place in places(report, conflict))
    yield "plan", (told(report, conflict.local) + here, Answer(Take.PLAN))
    yield "issue", (told(report, conflict.remote) + there, Answer(Take.ISSUE))
    if conflict.base is not None:
        yield "base", (f"{told(report, conflict.base)}, as was last agreed", Answer(Take.BASE))
    if conflict.field is not Field.STEPS:
        yield "value", ("something else, which you type", Answer())


def _ways(about: Conflict | Drift, ways: Sequence[str]) -> Iterable[tuple[str, tuple[str, Answer]]]:
    return ((how, (in_words(How(how), about), Answer(how=How(how)))) for how in ways)
