"""How GitHub's dialect takes what a client sends: payloads and parameters in, typed values out.

What GitHub would refuse is refused here, in its words. Nothing is read from or written to the
records: what a value means there is the caller's to say.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, TypeAlias

from plansync.sandbox.github_shown import Json, error
from plansync.sandbox.kinds import Reason, Sort, State, Traits, fold
from plansync.sandbox.moments import moment, pacific_midnight, written
from plansync.sandbox.pages import PER_PAGE_MAX, Page, place_at, positive

TITLE_MAX = 256  # characters
BODY_MAX = 65_536  # code points
LABEL_MAX = 50
LABEL_TEXT_MAX = 100
PER_PAGE = 30

Payload: TypeAlias = Mapping[str, Any]
_NUMBER = re.compile(r"[0-9]{1,15}")
_LOGIN = re.compile(r"[A-Za-z0-9](?:-?[A-Za-z0-9]){0,38}")
_COLOR = re.compile(r"[0-9a-fA-F]{6}")
_NONE: Mapping[str, str] = {}
_SORTS = {"created": Sort.CREATED, "updated": Sort.UPDATED, "comments": Sort.COMMENTS}


class Refused(Exception):
    """An answer that is not what was asked for, ready to send."""

    def __init__(
        self,
        status: int,
        message: str,
        errors: list[Json] | None = None,
        *,
        headers: Mapping[str, str] = _NONE,
    ) -> None:
        self.status, self.body, self.headers = status, error(status, message, errors), headers
        super().__init__(message)


def not_found() -> Refused:
    """Say that there is no such thing, or none for you."""
    return Refused(404, "Not Found")


def invalid(resource: str, field: str, code: str = "invalid", **more: Any) -> Refused:
    """Say which field was wrong."""
    return Refused(422, "Validation Failed", [{"resource": resource, "field": field, "code": code, **more}])


def unusable(reason: str) -> Refused:
    """Say that the payload has not the declared form."""
    return Refused(422, f"Invalid request.\n\n{reason}")


def number(text: str) -> int:
    """Read a number out of a path."""
    if not _NUMBER.fullmatch(text):
        raise not_found()
    return int(text)


# --- parameters


def page(query: Mapping[str, str]) -> Page:
    """Read the page parameters; nonsense counts as absent, as GitHub has it."""
    size = positive(query.get("per_page"), PER_PAGE)
    return Page(positive(query.get("page"), 1), min(size, PER_PAGE_MAX))


def state_filter(query: Mapping[str, str], resource: str) -> State | None:
    """Read `state`; `None` is all."""
    chosen = choice(query, "state", ("open", "closed", "all"), resource)
    return None if chosen == "all" else State(chosen)


def after(query: Mapping[str, str]) -> tuple[str | int, int] | None:
    """Read the cursor of a listing of issues."""
    text = query.get("after")
    place = place_at(text) if text else None
    if text and place is None:
        raise invalid("Issue", "after", value=text)
    return place


def sort(query: Mapping[str, str]) -> Sort:
    """Read `sort` of an issue listing."""
    return _SORTS[choice(query, "sort", tuple(_SORTS), "Issue")]


def choice(query: Mapping[str, str], field: str, options: tuple[str, ...], resource: str) -> str:
    """Read a parameter that has a few values, the first being the default."""
    value = query.get(field) or options[0]
    if value not in options:
        raise invalid(resource, field, value=value)
    return value


def since(query: Mapping[str, str], resource: str) -> str:
    """Read `since` as the records write times; empty where absent."""
    text = query.get("since", "")
    instant = moment(text) if text else None
    if text and instant is None:
        raise invalid(resource, "since", value=text)
    return written(instant) if instant else ""


# --- payloads


def title(payload: Payload, resource: str, maximum: int = TITLE_MAX) -> str:
    """Read a title; an integer is taken as its digits."""
    value = payload.get("title")
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    if "title" not in payload:
        raise unusable('"title" wasn\'t supplied.')
    text = string(value, "title")
    if not text.strip():
        raise invalid(resource, "title", "missing_field")
    return limited(text, resource, "title", maximum)


def text(payload: Payload, field: str, resource: str) -> str | None:
    """Read a long text, which may be null."""
    value = payload.get(field)
    return None if value is None else limited(string(value, field), resource, field, BODY_MAX)


def limited(value: str, resource: str, field: str, maximum: int) -> str:
    """Refuse a text beyond its limit."""
    if len(value) > maximum:
        message = f"{field} is too long (maximum is {maximum} characters)"
        raise invalid(resource, field, "custom", message=message)
    return value


def string(value: Any, field: str) -> str:
    """Insist on a string."""
    if not isinstance(value, str):
        raise unusable(f"For 'properties/{field}', {_told(value)} is not a string.")
    return value


def state(payload: Payload, resource: str) -> State | None:
    """Read `state`; `None` where it is absent."""
    value = payload.get("state")
    if value is not None and value not in ("open", "closed"):
        raise invalid(resource, "state", value=str(value))
    return None if value is None else State(value)


def reason(payload: Payload) -> Reason | None:
    """Read `state_reason`; `None` where it is absent."""
    value = payload.get("state_reason")
    if value is not None and value not in tuple(Reason):
        raise invalid("Issue", "state_reason", value=str(value))
    return None if value is None else Reason(value)


def milestone(payload: Payload) -> int | None:
    """Read a milestone's number; null, and the empty text that PyGithub sends for it, is none."""
    value = payload.get("milestone")
    if value in (None, ""):
        return None
    if isinstance(value, bool) or not _NUMBER.fullmatch(str(value)):
        raise invalid("Issue", "milestone", value=value if type(value) is int else str(value))
    return int(value)


def labels(value: Any) -> list[str]:
    """Read label names, given as strings or as objects."""
    if not isinstance(value, list):
        raise unusable(f"For 'properties/labels', {_told(value)} is not an array.")
    names = [each.get("name") if isinstance(each, Mapping) else each for each in value]
    return [label_name(name) for name in names]


def label_name(value: Any) -> str:
    """Read a label's name."""
    name = string(value, "name")
    if not name.strip():
        raise invalid("Label", "name", "missing_field")
    if name != name.strip():
        raise invalid("Label", "name", value=name)
    return limited(name, "Label", "name", LABEL_MAX)


def label_color(value: Any) -> str:
    """Read a label's colour: six hexadecimal digits."""
    if not _COLOR.fullmatch(string(value, "color")):
        raise invalid("Label", "color", value=value)
    return str(value).lower()


def label_text(value: Any) -> str | None:
    """Read a label's description."""
    if value is None:
        return None
    return limited(string(value, "description"), "Label", "description", LABEL_TEXT_MAX)


def logins(value: Any) -> list[str]:
    """Read accounts, given as logins or as objects."""
    if not isinstance(value, list):
        raise unusable(f"For 'properties/assignees', {_told(value)} is not an array.")
    names = [each.get("login") if isinstance(each, Mapping) else each for each in value]
    return [string(name, "login") for name in names]


def is_assignable(traits: Traits, owner: str, login: str) -> bool:
    """Say whether an issue can be given to an account."""
    if traits.assignable is None:
        return bool(_LOGIN.fullmatch(login))
    return fold(login) in {fold(each) for each in (owner, *traits.assignable)}


def issue_id(payload: Payload) -> int:
    """Read the id of another issue."""
    if "issue_id" not in payload:
        raise unusable('"issue_id" wasn\'t supplied.')
    value = payload["issue_id"]
    if type(value) is not int:
        raise unusable(f"For 'properties/issue_id', {_told(value)} is not an integer.")
    return value


def due_on(value: Any) -> str | None:
    """Read a due date; its instant is floored to a day on the Pacific coast, as GitHub does."""
    if value is None:
        return None
    instant = moment(string(value, "due_on"))
    if instant is None:
        raise unusable(f"For 'properties/due_on', {_told(value)} is not a valid date-time.")
    return written(pacific_midnight(instant))


def _told(value: Any) -> str:
    """Name a JSON value as GitHub's messages do."""
    return "nil" if value is None else repr(value)[:100]
