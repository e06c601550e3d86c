"""Accounts in GitLab's dialect: the token's own, those of the server, and those that a project has as members."""

from __future__ import annotations

import re
from typing import Final

from plansync.sandbox import gitlab_site as shown
from plansync.sandbox import gitlab_taken as taken
from plansync.sandbox.door import Answer
from plansync.sandbox.gitlab_common import paged, there
from plansync.sandbox.gitlab_door import Call
from plansync.sandbox.kinds import Role, account_id, fold

_USERNAME: Final = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,254}")


def get_user(call: Call) -> Answer:
    """Answer GET /user."""
    return Answer(shown.account(call.site, call.site.me))


def get_token(call: Call) -> Answer:
    """Answer GET /personal_access_tokens/self."""
    return Answer(shown.token(call.site, call.traits))


def list_users(call: Call) -> Answer:
    """Answer GET /users: whoever is asked for by name is there, for the sandbox knows everyone."""
    name = taken.text(call.params, "username")
    if name is None:
        return paged(call, [shown.user(call.site, each) for each in _met(call)])
    if not _USERNAME.fullmatch(name):
        return paged(call, [])
    login = next((each for each in _met(call) if fold(each) == fold(name)), name)
    call.records.relations.meet(account_id(login), login)
    return paged(call, [shown.user(call.site, login)])


def list_members(call: Call) -> Answer:
    """Answer GET P/members and P/members/all."""
    query, ids = (taken.text(call.params, "query") or "").lower(), taken.numbers(call.params, "user_ids")
    found = [
        each for each in _members(call) if query in each.lower() and (ids is None or account_id(each) in ids)
    ]
    return paged(call, [_member(call, each) for each in found])


def get_member(call: Call) -> Answer:
    """Answer GET P/members/{user_id} and P/members/all/{user_id}."""
    id_ = call.number("user_id")
    return Answer(_member(call, there(next((e for e in _members(call) if account_id(e) == id_), None))))


def _member(call: Call, login: str) -> shown.Json:
    return shown.member(call.site, login, call.traits.role if login == call.site.me else Role.WRITE)


def _members(call: Call) -> list[str]:
    """Name whom issues can be given to: where nobody said who, whoever was met."""
    others = _met(call) if call.traits.assignable is None else call.traits.assignable
    return list(dict.fromkeys((call.site.me, *others)))


def _met(call: Call) -> list[str]:
    known = (call.site.me, *(call.traits.assignable or ()), *call.records.relations.accounts())
    return list(dict.fromkeys(known))
