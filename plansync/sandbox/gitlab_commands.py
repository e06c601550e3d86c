"""Quick actions in a text: found, and taken out, as GitLab does with every description and note.

Two rules are about. Servers of today look at the paragraphs that stand in nothing else; older ones look at the
plain text and leave out only what a few patterns take for code, quotes and HTML. What an action does is told
elsewhere.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

from plansync.sandbox import markdown

_NAMES: Final = (
    "add_child|add_contacts|add_email|approve|assign|assign_reviewer|award|blocked_by|blocks|board_move|cc"
    "|checkin_reminder|clear_health_status|clear_weight|clone|close|confidential|convert_to_ticket|copy_metadata"
    "|create_merge_request|done|draft|due|duplicate|epic|estimate|estimate_time|health_status|iteration|label|labels"
    "|link|lock|merge|milestone|move|page|promote|promote_to|promote_to_incident|publish|react|ready|reassign"
    "|reassign_reviewer|rebase|relabel|relate|remove_child|remove_contacts|remove_due_date|remove_email"
    "|remove_estimate|remove_iteration|remove_label|remove_milestone|remove_parent|remove_reviewer"
    "|remove_time_estimate|remove_time_spent|remove_zoom|reopen|request_review|reviewer|set_parent|severity|shrug"
    "|spend|spend_time|status|submit_review|subscribe|tableflip|target_branch|timeline|title|todo|type|unapprove"
    "|unassign|unassign_reviewer|unlabel|unlink|unlock|unsubscribe|weight|zoom"
)
_DRAWN: Final = {"shrug": "¯\\＿(ツ)＿/¯", "tableflip": "(╯°□°)╯︵ ┻━┻"}
_ACTION: Final = rf"^/(?P<name>{_NAMES})(?:[ ](?P<argument>[^\n]*))?(?:\s*\n|$)"
_IN_PARAGRAPH: Final = re.compile(
    rf"(?P<left_out>(?s:`.+?`)|(?s:^<[^>]+?>\n.+?\n</[^>]+?>$))|{_ACTION}", re.MULTILINE | re.IGNORECASE
)
_LEFT_OUT: Final = (
    r"^```.+?\n```$",
    r"^.*`\n*.+?\n*`$",
    r"^<[^>]+?>\n.+?\n</[^>]+?>$",
    r"^>>>.+?\n>>>$",
)
_PLAINLY: Final = re.compile(
    rf"(?P<left_out>{'|'.join(f'(?s:{each})' for each in _LEFT_OUT)})|{_ACTION}", re.MULTILINE | re.IGNORECASE
)
_PLAIN_LOOK: Final = re.compile(r"^/[a-z]", re.MULTILINE | re.IGNORECASE)
_FENCE: Final = re.compile(r"^ {0,3}(`{3,}(?=[^`\n]*$)|~{3,})")
_QUOTE_BEGINS: Final = re.compile(r"^ {0,3}(>{3,})(?:[ \t]+\[!\w+\].*)?[ \t]*$")


class Command(NamedTuple):
    """One quick action: its name in small letters, and what follows it."""

    name: str
    argument: str


class Told(NamedTuple):
    """A text without its quick actions, and those."""

    text: str
    commands: tuple[Command, ...]


def told(text: str, *, is_plain_rule: bool) -> Told:
    """Take the quick actions out of a text; line ends become LF, and what is blank at its end goes."""
    text = text.replace("\r", "")
    found = _plainly(text) if is_plain_rule else _in_paragraphs(text)
    kept, end = [], 0
    for each in found:
        name = each["name"].lower()
        drawn = f"{each['argument'] or ''} {_DRAWN[name]}\n".lstrip() if name in _DRAWN else ""
        kept += [text[end : each.start()], drawn]
        end = each.end()
    commands = [Command(each["name"].lower(), (each["argument"] or "").strip()) for each in found]
    return Told(
        "".join([*kept, text[end:]]).rstrip(), tuple(each for each in commands if each.name not in _DRAWN)
    )


def _plainly(text: str) -> list[re.Match[str]]:
    return [each for each in _PLAINLY.finditer(text) if each["name"]]


def _in_paragraphs(text: str) -> list[re.Match[str]]:
    """Look in each paragraph, and in one blank line behind it."""
    if not _PLAIN_LOOK.search(text):
        return []
    found: list[re.Match[str]] = []
    for begin, part in _outside_quotes(text):
        raw = part.encode()
        for from_byte, to_byte in markdown.top_paragraphs(part):
            start, end = (begin + len(raw[:at].decode()) for at in (from_byte, to_byte))
            end += text.startswith("\n", end)
            found += [each for each in _IN_PARAGRAPH.finditer(text, start, end) if each["name"]]
    return found


def _outside_quotes(text: str) -> Iterator[tuple[int, str]]:
    """Part a text at its quotes of several lines, from `>>>` to `>>>`: what begins in one, as a fence, ends with it."""
    at = begin = 0
    fence = quote = ""
    for line in text.splitlines(keepends=True):
        opens_fence, opens_quote = _FENCE.match(line), _QUOTE_BEGINS.match(line.rstrip("\n"))
        if quote:
            if line.strip().startswith(quote) and not line.strip(" \t\n>"):
                quote, begin = "", at + len(line)
        elif fence:
            fence = "" if line.strip().startswith(fence) and not line.strip(" \t\n`~") else fence
        elif opens_fence:
            fence = opens_fence[1]
        elif opens_quote:
            yield begin, text[begin:at]
            quote, begin = opens_quote[1], len(text)
        at += len(line)
    yield begin, text[begin:]
