"""The three verbs that perform a changeset, push, pull and sync: one command in three directions."""

from __future__ import annotations

from collections.abc import Callable

import typer

from plansync.cli.context import Common
from plansync.cli.options import (
    Allow,
    Assume,
    Commit,
    CommitOnly,
    DryRun,
    FailOn,
    FailOnChoice,
    Full,
    MaxTime,
    Only,
    Plan,
    Yes,
)
from plansync.errors import ConfigError


def directed(verb: str, words: str) -> Callable[..., None]:
    """Make the command of one direction; `words` are its help."""

    def command(
        context: typer.Context,
        plan: Plan = None,
        dry_run: DryRun = False,
        yes: Yes = False,
        only: Only = None,
        allow: Allow = None,
        max_time: MaxTime = "",
        fail_on: FailOn = FailOnChoice.ANY,
        full: Full = False,
        assume: Assume = None,
        commit: Commit = False,
        commit_only: CommitOnly = False,
    ) -> None:
        from plansync.cli.running import Request, perform

        common: Common = context.obj
        if commit_only:
            from plansync.cli import committing

            choosing = {
                "--dry-run": dry_run,
                "--only": only,
                "--allow": allow,
                "--full": full,
                "--assume": assume,
            }
            if said := [name for name, value in choosing.items() if value]:
                raise ConfigError(
                    f"--commit-only makes no sync, so {said[0]} cannot be heeded; leave one of them out"
                )
            raise typer.Exit(committing.commit_only(common, plan))
        request = Request(
            verb,
            plan,
            dry_run,
            yes,
            tuple(allow or ()),
            tuple(only or ()),
            max_time,
            fail_on.value,
            assume=assume.value if assume else "",
            full=full,
            commit=commit,
            several=not only,
        )
        raise typer.Exit(perform(common, request))

    command.__doc__ = words
    return command
