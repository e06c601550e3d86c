"""`plansync check`: what is wrong in a plan, and what of it can be mended."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from plansync.cli.context import Common, parser, plans_here, relative, remembered
from plansync.cli.door import say
from plansync.errors import ConfigError, PlanError

if TYPE_CHECKING:
    from plansync.checks.context import Beside
    from plansync.checks.finding import Finding
    from plansync.cli.findings import Checked
    from plansync.config import Check, Home


class Form(StrEnum):
    """How findings are printed."""

    TEXT = "text"
    JSON = "json"
    GITHUB = "github"
    GITLAB = "gitlab"


def command(
    context: typer.Context,
    plans: Annotated[
        list[Path] | None, typer.Argument(metavar="[PLAN]...", help="The plans; all that are found here.")
    ] = None,
    form: Annotated[
        Form | None, typer.Option("--format", help="How to print: for people, programs or a CI system.")
    ] = None,
    fix: Annotated[bool, typer.Option("--fix", help="Mend what is safe; nothing else changes.")] = False,
    select: Annotated[
        list[str] | None,
        typer.Option(
            "--select", metavar="CODES", help="Only these checks: PLAN001, or PLAN0 for all of its kind."
        ),
    ] = None,
    ignore: Annotated[
        list[str] | None,
        typer.Option("--ignore", metavar="CODES", help="Not these checks. All are in docs/checks.md."),
    ] = None,
) -> int:
    """Find what would make plansync do wrong, and what is likely not meant so; offline on any plan."""
    from plansync.cli import findings
    from plansync.cli.output import Writer
    from plansync.store.files import read_plan

    common: Common = context.obj
    how = _form(common, form)
    home = common.home()
    codes = codes_of(home.settings.check, select, ignore)
    paths = list(_paths(home, plans))
    if len(paths) == 1 and not paths[0].is_file():
        read_plan(paths[0])  # a slip of the pen, told as one
    checked = [_checked(home, path, codes, fix) for path in paths]
    match how:
        case Form.JSON:
            say(findings.as_json(checked))
        case Form.GITHUB:
            say(findings.workflow_commands(checked), is_for_runner=True)
        case Form.GITLAB:
            say(findings.code_quality(checked))
        case Form.TEXT:
            writer = Writer(common.has_color)
            findings.print_findings(
                writer, checked, quiet=common.quiet, verbose=bool(common.verbose), fix=fix
            )
    return findings.exit_code(checked)


def _form(common: Common, form: Form | None) -> Form:
    if common.as_json and form not in (None, Form.JSON):
        raise ConfigError(f"--json and --format {form} contradict each other; give one of them")
    return Form.JSON if common.as_json else form or Form.TEXT


def codes_of(
    settings: Check, select: Sequence[str] | None = None, ignore: Sequence[str] | None = None
) -> frozenset[str]:
    """Choose the checks; an option stands in place of the setting of its name.

    Raises: ConfigError with every code that there is not.
    """
    from plansync.checks import catalogue

    chosen = {"--select": _listed(select), "--ignore": _listed(ignore)}
    problems = [
        f"{name}: {text}" for name, codes in chosen.items() for c in codes if (text := catalogue.misspelt(c))
    ]
    if problems:
        raise ConfigError(problems)
    return catalogue.chosen(
        settings.select if select is None else chosen["--select"],
        settings.ignore if ignore is None else chosen["--ignore"],
    )


def _listed(words: Sequence[str] | None) -> list[str]:
    return [part.strip() for word in words or () for part in word.split(",") if part.strip()]


def _paths(home: Home, named: Sequence[Path] | None) -> Iterable[Path]:
    """List the plans: those named, each once, else those of the settings, else those found here."""
    from plansync import plans

    if named:
        first = {plans.followed(path): path for path in reversed(named)}
        return [path for path in dict.fromkeys(named) if first[plans.followed(path)] is path]
    found = plans_here(home, Path.cwd())
    if not found:
        raise ConfigError("no plan was found here; name it: plansync check PLAN.md")
    return [relative(path) for path in found]


def found_in(home: Home, path: Path) -> Checked:
    """Check one plan as the settings say; nothing is mended."""
    return _checked(home, path, codes_of(home.settings.check), fix=False)


def _checked(home: Home, path: Path, codes: Collection[str], fix: bool) -> Checked:
    """Check one plan, and mend it where that is wanted.

    One that cannot be read is a finding, so that it does not take away what there is to say of others.

    Raises: PlanError where it cannot be written; Busy where a run is at work on it.
    """
    from plansync.checks.run import check, unreadable
    from plansync.cli.findings import Checked
    from plansync.store.files import read_plan

    try:
        source = read_plan(path)
    except PlanError as error:
        place = f" (line {error.line})" if error.line else ""
        return Checked(str(path), None, (unreadable(f"{error.reason}{place}"),))
    beside = beside_of(home, path)
    document = parser(home, path)(source)
    found = check(document, beside, codes)
    if fix and document.dialect.is_written and any(f.fix for f in found):
        left, fixed = _mended(home, path, beside, codes)
        return Checked(str(path), document, tuple(left), tuple(fixed))
    return Checked(str(path), document, tuple(found))


def _mended(
    home: Home, path: Path, beside: Beside, codes: Collection[str]
) -> tuple[list[Finding], list[Finding]]:
    """Mend a plan under its lock, in one replacement; gives what is left, and what was mended."""
    from plansync import wiring
    from plansync.checks.run import GIT_CONFLICT, check, mended
    from plansync.store.files import digest

    paths = wiring.paths_of(home, path)
    files, parse = wiring.plan_files(paths), parser(home, path)
    with wiring.locked_for_a_moment(paths, "check --fix"):
        content = source = files.read()
        fixed: list[Finding] = []
        while found := [f for f in check(parse(content), beside, codes) if f.fix]:
            content = mended(parse(content), found, parse)
            fixed += found
            if GIT_CONFLICT not in {f.code for f in found}:
                break  # one of git's hides all else there is to mend
        files.check_writable()
        files.replace(content, digest(source))
        return check(parse(content), beside, codes), fixed


def beside_of(home: Home, path: Path) -> Beside:
    """Collect what is known beyond a plan's text: its requirements, who is who, and what the state file remembers."""
    from plansync import config
    from plansync.checks.context import Beside
    from plansync.store.files import read_requirements

    saved = remembered(home, path)
    people = config.people(home.settings)
    if saved is None:
        return Beside(path.stem, read_requirements(path), people=people)
    return Beside(path.stem, read_requirements(path), saved.base, saved.lineage, people)
