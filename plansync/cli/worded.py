"""With --json, a command that answers in words alone puts them into one document, `plansync/words/1`."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, TypeVar

from plansync.cli.door import gathering, say

Command = TypeVar("Command", bound=Callable[..., int | None])


def worded(command: Command) -> Command:
    """Let a command's words be read by a program. It is called with its context, by name, as each command is."""

    @functools.wraps(command)
    def in_either_form(**given: Any) -> int | None:
        context = given["context"]
        if not context.obj.as_json:
            return command(**given)
        from plansync.cli.documents import dumped

        with gathering() as lines:
            code = command(**given)
        name = context.command_path.removeprefix("plansync ")
        say(dumped({"schema": "plansync/words/1", "command": name, "lines": lines}))
        return code

    return in_either_form  # type: ignore[return-value]
