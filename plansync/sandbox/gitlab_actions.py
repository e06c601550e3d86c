"""What quick actions do to an issue, in a description and in a note.

Those that concern nothing the sandbox keeps are taken out of a text as any other, and do nothing.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

from plansync.sandbox import gitlab_labels as labels
from plansync.sandbox import gitlab_taken as taken
from plansync.sandbox.gitlab_commands import Command, told
from plansync.sandbox.gitlab_door import Call
from plansync.sandbox.gitlab_site import Json
from plansync.sandbox.gitlab_time import seconds
from plansync.sandbox.kinds import IssueChanges, LinkKind, Reason, Role, Tier

_LABEL: Final = re.compile(r'~"([^"]+)"|~(\S+)|"([^"]+)"|(\S+)')
_ISSUE: Final = re.compile(r"#(\d{1,15})\b")
_LOGIN: Final = re.compile(r"@([\w.-]+)")
_MILESTONE: Final = re.compile(r'%"([^"]+)"|%(\S+)')


class Read(NamedTuple):
    """A description as it is kept, and what it asks for."""

    text: str | None
    commands: tuple[Command, ...]


def read(call: Call, kind: str, text: str | None) -> Read:
    """Take the quick actions out of a description; issues of other types keep theirs."""
    if text is None or kind != "issue":
        return Read(text, ())
    return Read(*told(text, is_plain_rule=call.traits.is_plain_rule))


def difference(new: Sequence[Command], old: Sequence[Command]) -> list[Command]:
    """Give the commands that a changed text has and the old one had not."""
    return list((Counter(new) - Counter(old)).elements())


def act(call: Call, issue: int, commands: Sequence[Command]) -> Json:
    """Do what commands say; answer with what changed, as a note's reply tells it."""
    if not call.traits.may(Role.TRIAGE):
        return {}
    changes: Json = {}
    for command in commands:
        changes |= _DEEDS.get(command.name, _nothing)(call, issue, command.argument) or {}
    return changes


def _nothing(call: Call, issue: int, argument: str) -> Json | None:
    """Do nothing: this concerns what the sandbox does not keep."""


def _write(call: Call, issue: int, changes: IssueChanges) -> Json:
    call.records.change_issue(issue, **changes)
    return dict(changes)


def _close(call: Call, issue: int, argument: str) -> Json:
    call.records.close_issue(issue, Reason.COMPLETED, call.site.me)
    return {"state_event": "close"}


def _reopen(call: Call, issue: int, argument: str) -> Json:
    call.records.reopen_issue(issue, call.site.me)
    return {"state_event": "reopen"}


def _title(call: Call, issue: int, argument: str) -> Json | None:
    return _write(call, issue, {"title": argument[: taken.TITLE_MAX]}) if argument else None


def _names(argument: str) -> list[str]:
    return [next(filter(None, found.groups())) for found in _LABEL.finditer(argument)]


def _known(call: Call, argument: str) -> list[str]:
    """Name the labels that are there: a quick action makes none."""
    return [name for name in _names(argument) if call.records.exact_labels.named(name)]


def _label(call: Call, issue: int, argument: str) -> Json:
    labels.changed(call, issue, _known(call, argument), [])
    return {"add_label_ids": [each.id for each in call.records.exact_labels.on([issue])[issue]]}


def _unlabel(call: Call, issue: int, argument: str) -> Json:
    borne = [each.name for each in call.records.exact_labels.on([issue])[issue]]
    labels.changed(call, issue, [], _names(argument) if argument else borne)
    return {"remove_label_ids": []}


def _relabel(call: Call, issue: int, argument: str) -> Json:
    labels.relabel(call, issue, _known(call, argument))
    return {"label_ids": [each.id for each in call.records.exact_labels.on([issue])[issue]]}


def _estimate(call: Call, issue: int, argument: str) -> Json | None:
    count = seconds(argument)
    if count is None or count < 0:
        return None
    _write(call, issue, {"estimate_s": count})
    return {"time_estimate": count}


def _no_estimate(call: Call, issue: int, argument: str) -> Json:
    _write(call, issue, {"estimate_s": 0})
    return {"time_estimate": 0}


def _spend(call: Call, issue: int, argument: str) -> Json | None:
    count, now = seconds(argument), call.records.issue(issue)
    if count is None or now is None or now.spent_s + count < 0:
        return None
    _write(call, issue, {"spent_s": now.spent_s + count})
    return {"spend_time": {"duration": count}}


def _nothing_spent(call: Call, issue: int, argument: str) -> Json:
    _write(call, issue, {"spent_s": 0})
    return {"spend_time": {"duration": "reset"}}


def _due(call: Call, issue: int, argument: str) -> Json | None:
    day = taken.day({"due": argument}, "due")
    return _write(call, issue, {"due_date": day}) if day else None


def _no_due(call: Call, issue: int, argument: str) -> Json:
    return _write(call, issue, {"due_date": None})


def _milestone(call: Call, issue: int, argument: str) -> Json | None:
    named = _MILESTONE.search(argument)
    number = call.records.milestone_titled(named[1] or named[2]) if named else None
    if number is None:
        return None
    _write(call, issue, {"milestone": number})
    return {"milestone_id": number}


def _no_milestone(call: Call, issue: int, argument: str) -> Json:
    _write(call, issue, {"milestone": None})
    return {"milestone_id": None}


def _logins(call: Call, argument: str) -> list[str]:
    named = [each for each in argument.split() if each == "me"]
    return [call.site.me for _ in named] + _LOGIN.findall(argument)


def _assign(call: Call, issue: int, argument: str) -> Json:
    logins = _logins(call, argument)
    if call.traits.tier is Tier.PREMIUM:
        call.records.relations.assign(issue, logins)
    else:
        call.records.relations.reassign(issue, logins[:1])
    return {"assignee_ids": logins}


def _unassign(call: Call, issue: int, argument: str) -> Json:
    given = call.records.relations.assignees([issue])[issue]
    call.records.relations.unassign(issue, _logins(call, argument) or given)
    return {"assignee_ids": []}


def _reassign(call: Call, issue: int, argument: str) -> Json:
    logins = _logins(call, argument)
    call.records.relations.reassign(issue, logins if call.traits.tier is Tier.PREMIUM else logins[:1])
    return {"assignee_ids": logins}


def _confidential(call: Call, issue: int, argument: str) -> Json:
    _write(call, issue, {"is_confidential": True})
    return {"confidential": True}


def _duplicate(call: Call, issue: int, argument: str) -> Json | None:
    others = _others(call, issue, argument)
    if not others:
        return None
    _write(call, issue, {"duplicate_of": others[0]})
    call.records.close_issue(issue, Reason.DUPLICATE, call.site.me)
    return {"canonical_issue_id": others[0]}


def _others(call: Call, issue: int, argument: str) -> list[int]:
    numbers = [int(each) for each in _ISSUE.findall(argument)]
    return [each for each in numbers if each != issue and call.records.issue(each)]


def _linked(kind: LinkKind, *, is_source: bool) -> Callable[[Call, int, str], Json | None]:
    def link(call: Call, issue: int, argument: str) -> Json | None:
        if kind is LinkKind.BLOCKS and call.traits.tier is not Tier.PREMIUM:
            return None
        ends = {end for each in call.records.relations.links(issue) for end in (each.source, each.target)}
        for other in _others(call, issue, argument):
            if other not in ends:
                source, target = (issue, other) if is_source else (other, issue)
                call.records.relations.link(source, target, kind, moves=call.traits.do_links_move)
        return None

    return link


def _unlink(call: Call, issue: int, argument: str) -> Json | None:
    others = _others(call, issue, argument)
    for each in call.records.relations.links(issue):
        if {each.source, each.target} & set(others):
            call.records.relations.unlink(each, moves=call.traits.do_links_move)
    return None


_DEEDS: Final[dict[str, Callable[[Call, int, str], Json | None]]] = {
    "assign": _assign,
    "blocked_by": _linked(LinkKind.BLOCKS, is_source=False),
    "blocks": _linked(LinkKind.BLOCKS, is_source=True),
    "close": _close,
    "confidential": _confidential,
    "due": _due,
    "duplicate": _duplicate,
    "estimate": _estimate,
    "estimate_time": _estimate,
    "label": _label,
    "labels": _label,
    "link": _linked(LinkKind.RELATES, is_source=True),
    "milestone": _milestone,
    "reassign": _reassign,
    "relabel": _relabel,
    "relate": _linked(LinkKind.RELATES, is_source=True),
    "remove_due_date": _no_due,
    "remove_estimate": _no_estimate,
    "remove_label": _unlabel,
    "remove_milestone": _no_milestone,
    "remove_time_estimate": _no_estimate,
    "remove_time_spent": _nothing_spent,
    "reopen": _reopen,
    "spend": _spend,
    "spend_time": _spend,
    "title": _title,
    "unassign": _unassign,
    "unlabel": _unlabel,
    "unlink": _unlink,
}
