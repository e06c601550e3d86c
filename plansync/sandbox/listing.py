"""What a query of issues means in SQL."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, TypeAlias

from plansync.sandbox.kinds import Belongs, Issue, Query, Sort, fold

_Term: TypeAlias = tuple[str, list[Any]]


def place_of(issue: Issue, sort: Sort) -> str | int:
    """Give what an issue is sorted by: its place in a listing, but for issues that are alike in it."""
    value: str | int = getattr(issue, sort.value)
    return value


def conditions(query: Query) -> tuple[str, list[Any]]:
    """Say a query's filters as SQL, and the values in it."""
    terms = [*_standing(query), *_placed(query), *_told(query)]
    where = " AND ".join(f"({term})" for term, _ in terms)
    return (f"WHERE {where}" if where else ""), [value for _, values in terms for value in values]


def _standing(query: Query) -> Iterator[_Term]:
    """Say what an issue is, and since when."""
    if query.state is not None:
        yield "state = ?", [query.state]
    if query.since:
        yield "updated_at >= ?", [query.since]
    for column, bounds in (("updated_us", query.updated_us), ("created_at", query.created)):
        for bound, than in zip(bounds, (">=", "<="), strict=True):
            if bound is not None:
                yield f"{column} {than} ?", [bound]
    if query.kind is not None:
        yield "kind = ?", [query.kind]
    if query.is_confidential is not None:
        yield "is_confidential = ?", [query.is_confidential]
    if not query.has_pulls:
        yield "NOT is_pull", []


def _placed(query: Query) -> Iterator[_Term]:
    """Say what an issue belongs to."""
    if query.milestone is Belongs.NONE:
        yield "milestone IS NULL", []
    elif query.milestone is Belongs.ANY:
        yield "milestone IS NOT NULL", []
    elif query.milestone is not None:
        yield "milestone = ?", [query.milestone]
    name = "name" if query.are_labels_exact else "folded"
    for label in query.labels:
        key = label if query.are_labels_exact else fold(label)
        yield (
            f"number IN (SELECT issue FROM issue_label JOIN label ON label.id = label WHERE label.{name} = ?)",
            [key],
        )
    if query.is_labelled is not None:
        yield f"number {'' if query.is_labelled else 'NOT '}IN (SELECT issue FROM issue_label)", []


def _told(query: Query) -> Iterator[_Term]:
    """Say whose an issue is, and what its text holds."""
    if query.numbers is not None:
        yield f"number IN ({', '.join('?' * len(query.numbers))})", list(query.numbers)
    if query.author is not None:
        yield "author = ?", [query.author]
    if isinstance(query.assignee, Belongs):
        is_given = "" if query.assignee is Belongs.ANY else "NOT "
        yield f"number {is_given}IN (SELECT issue FROM assignee)", []
    elif query.assignee is not None:
        yield "number IN (SELECT issue FROM assignee WHERE folded = ?)", [fold(query.assignee)]
    for word in query.words:
        looked_in = [f"instr(lower(coalesce({column}, '')), ?)" for column in query.words_in]
        yield " OR ".join(looked_in), [word.lower()] * len(looked_in)
