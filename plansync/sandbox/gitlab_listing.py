"""Listings of issues in GitLab's dialect: filters, orders, and pages by number or by cursor."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from plansync.sandbox import gitlab_shown as shown
from plansync.sandbox import gitlab_taken as taken
from plansync.sandbox.door import Answer
from plansync.sandbox.gitlab_common import link, may, page_headers, require_issues
from plansync.sandbox.gitlab_door import Call
from plansync.sandbox.gitlab_issues import KINDS
from plansync.sandbox.kinds import Belongs, Issue, Query, Role, Sort, State, account_id
from plansync.sandbox.listing import place_of
from plansync.sandbox.moments import micros, written
from plansync.sandbox.pages import Page, cursor, place_at

_SORTS: Final = {
    "created_at": Sort.CREATED,
    "updated_at": Sort.UPDATED_FINELY,
    "title": Sort.TITLE,
    "id": Sort.ID,
    "relative_position": Sort.ID,
    "due_date": Sort.DUE,
}
_BY_CURSOR: Final = ("created_at", "updated_at", "title", "id", "relative_position")
_ORDERS: Final = (*_SORTS, "label_priority", "milestone_due", "popularity", "priority", "weight")
_STATES: Final = {"opened": State.OPEN, "closed": State.CLOSED, "all": None}
_WORDS: Final = {"none": Belongs.NONE, "any": Belongs.ANY}
_NOT_HERE: Final = (
    "closed_by_id", "due_date", "environment", "epic_id", "health_status", "iteration_id", "iteration_title",
    "my_reaction_emoji", "non_archived", "weight",
)  # fmt: skip
"""Filters of GitLab's that the sandbox has not: to pass one over would widen a listing without a word."""
_TOO_FAR: Final = (
    "Offset pagination has a maximum allowed offset of {most} for requests that return objects of type Issue."
    " Remaining records can be retrieved using keyset pagination."
)


def list_issues(call: Call) -> Answer:
    """Answer GET P/issues."""
    require_issues(call)
    query, order = _query(call), taken.choice(call.params, "order_by", _ORDERS, "created_at")
    if order not in _SORTS:
        raise taken.said(501, f"501 Not Implemented: the sandbox does not order by {order}")
    by_cursor = taken.choice(call.params, "pagination", ("legacy", "keyset"), "legacy") == "keyset"
    if query is None:
        return Answer([], headers=page_headers(call, taken.page(call.params), 0))
    sorted_ = replace(query, sort=_SORTS[order], is_descending=_is_descending(call))
    if by_cursor and call.traits.has_keyset and order in _BY_CURSOR:
        return _from_cursor(call, sorted_)
    return _by_number(call, sorted_)


def _is_descending(call: Call) -> bool:
    return taken.choice(call.params, "sort", ("asc", "desc"), "desc") == "desc"


def _by_number(call: Call, query: Query) -> Answer:
    page = taken.page(call.params)
    if page.offset > call.traits.offset_max:
        raise taken.Refused(405, {"error": _TOO_FAR.format(most=call.traits.offset_max)})
    query = replace(query, limit=page.size, offset=page.offset)
    found, total = call.records.issues(query)
    return _shown(call, found, page_headers(call, page, total))


def _from_cursor(call: Call, query: Query) -> Answer:
    """Answer the page after the last issue that was seen; only the way on is told."""
    page = Page(1, taken.page(call.params).size)
    text = taken.text(call.params, "cursor")
    after = place_at(text) if text else None
    query = replace(query, limit=page.size + 1, after=after)
    found, _ = call.records.issues(query)
    if len(found) <= page.size:
        return _shown(call, found, {})
    last = found[page.size - 1]
    on = cursor(place_of(last, query.sort), last.number)
    steps = {"next": {"per_page": str(page.size), "cursor": on}}
    return _shown(call, found[: page.size], {**link(call, steps), "x-next-cursor": on})


def _shown(call: Call, found: list[Issue], headers: dict[str, str]) -> Answer:
    milestones = {each.number: each for each in call.records.milestones(with_inherited=True)}
    in_detail = bool(taken.flag(call.params, "with_labels_details"))
    body = [
        shown.issue(call.site, each, milestones.get(each.milestone or 0), in_detail=in_detail)
        for each in found
    ]
    return Answer(body, headers=headers)


def _query(call: Call) -> Query | None:
    """Read the filters; `None` where they name what is not there, which nothing matches."""
    params = call.params
    for name in params:
        if name in _NOT_HERE or name.startswith("not["):
            raise taken.said(501, f"501 Not Implemented: the sandbox does not filter by {name}")
    milestone = _milestone(call)
    names = taken.names(params, "labels") or []
    are_words = len(names) == 1 and names[0].lower() in _WORDS
    since, until = (taken.instant(params, f"updated_{way}") for way in ("after", "before"))
    made_since, made_until = (taken.instant(params, f"created_{way}") for way in ("after", "before"))
    if milestone == -1:
        return None
    return Query(
        state=_STATES[taken.choice(params, "state", tuple(_STATES), "all")],
        labels=() if are_words else tuple(names),
        is_labelled=_WORDS[names[0].lower()] is Belongs.ANY if are_words else None,
        are_labels_exact=True,
        milestone=milestone,
        numbers=taken.numbers(params, "iids"),
        kind=taken.choice(params, "issue_type", KINDS) or None,
        updated_us=(micros(since) if since else None, micros(until) if until else None),
        created=(written(made_since) if made_since else None, written(made_until) if made_until else None),
        words=tuple((taken.text(params, "search") or "").split()),
        words_in=_words_in(call),
        is_confidential=_confidential(call),
        author=_author(call),
        assignee=_assignee(call),
        has_pulls=False,
    )


def _milestone(call: Call) -> int | Belongs | None:
    """Read the milestone filter: a title, or a word; -1 where there is no such title."""
    word = taken.choice(call.params, "milestone_id", ("None", "Any", "Upcoming", "Started"))
    title = taken.text(call.params, "milestone") or ""
    if word in ("Upcoming", "Started") or title in ("#upcoming", "#started", "Upcoming", "Started"):
        raise taken.said(
            501, "501 Not Implemented: the sandbox does not filter by what is upcoming or started"
        )
    if (word or title).lower() in _WORDS:
        return _WORDS[(word or title).lower()]
    if not title:
        return None
    number = call.records.milestone_titled(title)
    return -1 if number is None else number


def _words_in(call: Call) -> tuple[str, ...]:
    columns = {"title": "title", "description": "body"}
    named = [each for each in taken.names(call.params, "in") or [] if each in columns]
    return tuple(columns[each] for each in named or columns)


def _confidential(call: Call) -> bool | None:
    """Read the filter; a guest sees nothing confidential."""
    return taken.flag(call.params, "confidential") if may(call, Role.TRIAGE) else False


def _author(call: Call) -> str | None:
    if (id_ := taken.number(call.params, "author_id")) is not None:
        return _login(call, id_)
    return taken.text(call.params, "author_username")


def _assignee(call: Call) -> str | Belongs | None:
    text = taken.text(call.params, "assignee_id")
    if text is not None and text.lower() in _WORDS:
        return _WORDS[text.lower()]
    if (id_ := taken.number(call.params, "assignee_id")) is not None:
        return _login(call, id_)
    names = taken.names(call.params, "assignee_username")
    return names[0] if names else None


def _login(call: Call, id_: int) -> str:
    known = {account_id(call.site.me): call.site.me}
    return known.get(id_) or call.records.relations.account(id_) or ""
