"""What a shell is told while somebody types: typer's own completion, and the common options after a verb."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import typer.completion
import typer.core

ASKED = "_PLANSYNC_COMPLETE"
"""The variable in which a shell asks; the script that it sources names it."""

_COMMON = "Common options, before or after the verb: plansync --help"


class Verb(typer.core.TyperCommand):
    """A verb, after which the common options may stand as well."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **{**named, "epilog": named.get("epilog") or _COMMON})

    def shell_complete(self, ctx: Any, incomplete: str) -> list[Any]:
        """List what may follow, the common options last."""
        found = list(super().shell_complete(ctx, incomplete))
        if not incomplete.startswith("-"):
            return found
        top = ctx.find_root()
        known = {item.value for item in found}
        return found + [i for i in top.command.shell_complete(top, incomplete) if i.value not in known]


def prepare(environment: Mapping[str, str]) -> None:
    """Let typer answer where a shell asks."""
    if ASKED in environment:
        typer.completion.completion_init()  # type: ignore[attr-defined]  # no other name for it is exported


def script(shell: str) -> str:
    """Write what a shell sources to complete `plansync`; typer's, which asks the program itself each time."""
    found: str = typer.completion.get_completion_script(  # type: ignore[attr-defined]  # as above
        prog_name="plansync", complete_var=ASKED, shell=shell
    )
    return found
