"""How GitLab's dialect takes what a client sends: parameters in, typed values out.

A bad value of a known parameter is refused here, in its words; an unknown name is nothing, as there. Nothing
is read from or written to the records: what a value means there is the caller's to say.
"""

from __future__ import annotations

import html
import re
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Final, TypeAlias

from plansync.sandbox.moments import moment, pacific_midnight, written
from plansync.sandbox.pages import PER_PAGE_MAX, Page

TITLE_MAX: Final = 255  # characters
TEXT_MAX: Final = 1_048_576
NOTE_MAX: Final = 1_000_000
LABEL_MAX: Final = 255
PER_PAGE: Final = 20

Params: TypeAlias = Mapping[str, Any]
"""What a request says, in its query and in its body: text, JSON values, and lists of them."""
NUMBER: Final = re.compile(r"[0-9]{1,15}")
_NONE: Mapping[str, str] = {}
_COLOR: Final = re.compile(r"#(?:[0-9a-fA-F]{6}|[0-9a-fA-F]{3})")
_NAMED_COLORS: Final = {
    "black": "000000", "white": "ffffff", "red": "ff0000", "green": "008000", "blue": "0000ff",
    "yellow": "ffff00", "orange": "ffa500", "purple": "800080", "gray": "808080", "pink": "ffc0cb",
}  # fmt: skip
_TAG: Final = re.compile(r"<[^>]*>")
_TRUE, _FALSE = (True, 1, "true", "1", "t", "yes", "on"), (False, 0, "false", "0", "f", "no", "off")


class Refused(Exception):
    """An answer that is not what was asked for, ready to send; a body that is text is sent as such."""

    def __init__(self, status: int, body: Any, *, headers: Mapping[str, str] = _NONE) -> None:
        self.status, self.body, self.headers = status, body, headers
        super().__init__(f"{status} {body}")


def said(status: int, message: Any) -> Refused:
    """Refuse with a `message`: what the application has to say."""
    return Refused(status, {"message": message})


def bad(error: str) -> Refused:
    """Refuse with an `error`: what the check of parameters has to say."""
    return Refused(400, {"error": error})


def invalid(field: str, *problems: str) -> Refused:
    """Refuse a record for one of its fields."""
    return said(400, {field: list(problems)})


def not_found(what: str = "") -> Refused:
    """Say that there is no such thing, or none for you."""
    return said(404, f"404 {what} Not Found" if what else "404 Not found")


# --- values


def number(params: Params, name: str) -> int | None:
    """Read a whole number; `None` where it is absent or empty."""
    value = params.get(name)
    if value is None or value == "":
        return None
    if isinstance(value, bool) or not NUMBER.fullmatch(str(value)):
        raise bad(f"{name} is invalid")
    return int(value)


def needed_number(params: Params, name: str) -> int:
    """Read a whole number that must be there."""
    found = number(params, name)
    if found is None:
        raise bad(f"{name} is missing")
    return found


def text(params: Params, name: str) -> str | None:
    """Read a text; null counts as absent. A number is taken as its digits."""
    value = params.get(name)
    if value is None:
        return None
    if isinstance(value, int | float) and not isinstance(value, bool):
        return str(value)
    if not isinstance(value, str):
        raise bad(f"{name} is invalid")
    return value


def needed(params: Params, name: str) -> str:
    """Read a text that must be there."""
    found = text(params, name)
    if found is None:
        raise bad(f"{name} is missing")
    return found


def flag(params: Params, name: str) -> bool | None:
    """Read a yes or no."""
    value = params.get(name)
    if value is None or value == "":
        return None
    value = value.lower() if isinstance(value, str) else value
    if isinstance(value, list | dict) or value not in (*_TRUE, *_FALSE):
        raise bad(f"{name} is invalid")
    return value in _TRUE


def choice(params: Params, name: str, options: Sequence[str], default: str = "") -> str:
    """Read a parameter that has a few values."""
    value = text(params, name)
    if value is None:
        return default
    if value not in options:
        raise bad(f"{name} does not have a valid value")
    return value


def listed(params: Params, name: str) -> list[Any] | None:
    """Read a list, which may come as one value; `None` where it is absent."""
    value = params.get(name)
    if value is None:
        return None
    return value if isinstance(value, list) else [value]


def numbers(params: Params, name: str) -> tuple[int, ...] | None:
    """Read a list of whole numbers."""
    found = listed(params, name)
    if found is None:
        return None
    if any(isinstance(each, bool) or not NUMBER.fullmatch(str(each)) for each in found if each != ""):
        raise bad(f"{name} is invalid")
    return tuple(int(each) for each in found if each != "")


def names(params: Params, name: str) -> list[str] | None:
    """Read names: a list, or text with commas between; either may hold the other."""
    found = listed(params, name)
    if found is None:
        return None
    if not all(isinstance(each, str | int) for each in found):
        raise bad(f"{name} is invalid")
    split = [part.strip() for each in found for part in str(each).split(",")]
    return list(dict.fromkeys(part for part in split if part))


def day(params: Params, name: str) -> str | None:
    """Read a day; anything else is none, without a word."""
    value = text(params, name)
    try:
        return date.fromisoformat(value or "").isoformat()
    except ValueError:
        return None


def instant(params: Params, name: str) -> Any:
    """Read an instant; `None` where it is absent."""
    value = text(params, name)
    if not value:
        return None
    found = moment(value)
    if found is None:
        raise bad(f"{name} is invalid")
    return found


def due_on(day_: str | None) -> str | None:
    """Say a day as the records keep due dates."""
    return written(pacific_midnight(moment(f"{day_}T12:00:00Z"))) if day_ else None  # type: ignore[arg-type]


def page(params: Params) -> Page:
    """Read which page is asked for; too large a page is made smaller."""
    at, size = number(params, "page"), number(params, "per_page")
    for name, value in (("page", at), ("per_page", size)):
        if value == 0:
            raise bad(f"{name} does not have a valid value")
    return Page(at or 1, min(size or PER_PAGE, PER_PAGE_MAX))


# --- fields


def title(value: str) -> str:
    """Read a title: what stands around it goes."""
    stripped = value.strip()
    if not stripped:
        raise invalid("title", "can't be blank")
    if len(stripped) > TITLE_MAX:
        raise invalid("title", f"is too long (maximum is {TITLE_MAX} characters)")
    return stripped


def limited(value: str, field: str, maximum: int) -> str:
    """Refuse a text beyond its limit."""
    if len(value) > maximum:
        raise invalid(field, f"is too long (maximum is {maximum} characters)")
    return value


def label_name(value: str) -> str:
    """Read a label's name: tags go, entities are read, commas are refused."""
    cleaned = clean_name(value)
    if not cleaned:
        raise invalid("title", "can't be blank", "is invalid")
    if "," in cleaned:
        raise invalid("title", "is invalid")
    return limited(cleaned, "title", LABEL_MAX)


def clean_name(value: str) -> str:
    """Give the name that a label gets: no tags, no entities, nothing around it."""
    return html.unescape(_TAG.sub("", value)).strip()


def color(value: str) -> str:
    """Read a colour, as the records keep it."""
    if value.lower() in _NAMED_COLORS:
        return _NAMED_COLORS[value.lower()]
    if not _COLOR.fullmatch(value):
        raise invalid("color", "must be a valid color code")
    digits = value[1:].lower()
    return digits if len(digits) == 6 else "".join(2 * each for each in digits)
