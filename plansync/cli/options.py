"""The options that several verbs take."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer


class FailOnChoice(StrEnum):
    """Which conflicts make a run exit with 4."""

    ANY = "any"
    NEW = "new"
    NEVER = "never"


class AssumeChoice(StrEnum):
    """Which side is right where nothing is remembered."""

    PLAN = "plan"
    ISSUE = "issue"


Plan = Annotated[Path | None, typer.Argument(help="The plan; the configured one, or the one found here.")]
DryRun = Annotated[
    bool, typer.Option("--dry-run", "-n", help="Show what would be done; write nothing anywhere.")
]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]
Only = Annotated[
    list[str] | None,
    typer.Option("--only", metavar="TASK", help="Only this task: its number, title or id; repeatable."),
]
Allow = Annotated[
    list[str] | None,
    typer.Option("--allow", metavar="GUARD", help="Let one guard pass once; its message names it."),
]
MaxTime = Annotated[
    str,
    typer.Option("--max-time", metavar="TIME", help="Stop between requests after this time, such as 20m."),
]
Every = Annotated[
    str,
    typer.Option(
        "--every", metavar="TIME", help="How often it syncs by itself, such as 5m; default: watch.every_s."
    ),
]
FailOn = Annotated[FailOnChoice, typer.Option("--fail-on", help="Which conflicts make the exit code 4.")]
Full = Annotated[
    bool, typer.Option("--full", help="Read each linked issue directly: notices every deleted one.")
]
Assume = Annotated[
    AssumeChoice | None,
    typer.Option("--assume", help="Take this side, once, for what differs and is not remembered."),
]
Commit = Annotated[
    bool,
    typer.Option("--commit", help="Commit plan and state file afterwards, and push; settings: write_back."),
]
CommitOnly = Annotated[
    bool, typer.Option("--commit-only", help="Commit and push what an earlier run left; ask no tracker.")
]
