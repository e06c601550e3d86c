"""A command that only looks, for several plans: one document with a part a plan, or each plan under its name."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from plansync.cli.context import Common, find_plans
from plansync.cli.door import say
from plansync.cli.outcome import OUTCOMES, worst
from plansync.errors import ExitCode, PlansyncError
from plansync.text import in_line

if TYPE_CHECKING:
    from plansync.cli.output import Writer
    from plansync.config import Home


@dataclass(frozen=True, slots=True)
class Looked:
    """What there is to say of one plan: its document, or why there is none."""

    plan: Path
    document: dict[str, Any] | None = None
    error: PlansyncError | None = None

    @property
    def code(self) -> int:
        """The exit code of this plan alone."""
        return self.error.exit_code if self.error else ExitCode.DONE


@dataclass(frozen=True, slots=True)
class Looking:
    """A command that looks at plans. `print_all`: prints several at once, where that is not one after the other."""

    verb: str
    read: Callable[[Home, Path], dict[str, Any]]
    print_one: Callable[[Writer, dict[str, Any]], None]
    print_all: Callable[[Writer, Sequence[dict[str, Any]]], None] | None = None

    def perform(self, common: Common, named: Path | None) -> int:
        """Look at the plan that is named, else at all of the settings; returns the exit code.

        Raises: the `PlansyncError` family, where there is only one plan.
        """
        from plansync import config
        from plansync.cli.documents import dumped
        from plansync.cli.output import Writer

        home, writer = common.home(), Writer(common.has_color)
        plans = find_plans(home, named)
        if named is not None or not config.names_several(home):
            found = self.read(home, plans[0])
            if common.as_json:
                say(dumped(found))
            else:
                self.print_one(writer, found)
            return ExitCode.DONE
        all_ = [self._looked(home, plan) for plan in plans]
        code = worst(each.code for each in all_)
        if common.as_json:
            say(dumped(self._whole(all_, code)))
        else:
            self._print(writer, all_)
        return code

    def _looked(self, home: Home, plan: Path) -> Looked:
        try:
            return Looked(plan, self.read(home, plan))
        except PlansyncError as error:
            return Looked(plan, error=error)

    def _whole(self, all_: Sequence[Looked], code: int) -> dict[str, Any]:
        return {
            "schema": "plansync/plans/1",
            "command": self.verb,
            "outcome": OUTCOMES[code],
            "plans": [
                {
                    "plan": str(each.plan),
                    "outcome": OUTCOMES[each.code],
                    "error": str(each.error or ""),
                    "document": each.document,
                }
                for each in all_
            ],
        }

    def _print(self, writer: Writer, all_: Sequence[Looked]) -> None:
        documents = [each.document for each in all_ if each.document is not None]
        if self.print_all and documents:
            self.print_all(writer, documents)
        for number, each in enumerate(all_):
            if each.document is not None and not self.print_all:
                writer.heading(f"{chr(10) if number else ''}{in_line(str(each.plan))}")
                self.print_one(writer, each.document)
            if each.error:
                say(f"plansync: {in_line(str(each.error))}", err=True)
