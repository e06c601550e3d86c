"""`plansync diff`: what a sync would do, both ways."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from plansync.cli.context import Common
from plansync.cli.options import FailOn, FailOnChoice, Full, Only, Plan
from plansync.errors import ConfigError, StoreError

if TYPE_CHECKING:
    from plansync.sync.events import Done
    from plansync.sync.session import Session


class Format(StrEnum):
    """How a diff is printed."""

    TEXT = "text"
    MARKDOWN = "markdown"
    JSON = "json"


def command(
    context: typer.Context,
    plan: Plan = None,
    exit_code: Annotated[
        bool, typer.Option("--exit-code", help="Exit with 6 where anything would change.")
    ] = False,
    form: Annotated[Format, typer.Option("--format", help="How to print it.")] = Format.TEXT,
    only: Only = None,
    full: Full = False,
    fail_on: FailOn = FailOnChoice.ANY,
    out: Annotated[
        Path | None, typer.Option("--out", help="Save it to this file, for plansync apply.")
    ] = None,
) -> None:
    """Show what a sync would do, in both directions; writes nothing but the file that --out names."""
    from plansync.cli.running import Request, perform

    common: Common = context.obj
    request = Request(
        "diff",
        plan,
        dry_run=True,
        only=tuple(only or ()),
        wants_pending=exit_code,
        format=form.value,
        fail_on=fail_on.value,
        full=full,
        decided=_saver(out) if out else None,
        several=not only and out is None,
    )
    raise typer.Exit(perform(common, request))


def _saver(out: Path) -> Callable[[Session, Sequence[Done]], None]:
    """Say how what was decided is saved."""

    def save(session: Session, chosen: Sequence[Done]) -> None:
        from plansync.cli.documents import dumped
        from plansync.store.files import replace_file
        from plansync.sync import saved

        at = session.project.now().isoformat(timespec="seconds")
        text = dumped(saved.document(session, chosen, at)) + "\n"
        try:
            is_ours = not out.exists() or (
                out.is_file() and b'"plansync/changeset/' in out.read_bytes()[:200]
            )
        except OSError as error:
            raise StoreError(f"{out} cannot be read: {error.strerror}") from None
        if not is_ours:
            raise ConfigError(f"{out} is there and is no saved changeset; name another file")
        replace_file(out.resolve(), text.encode())

    return save
