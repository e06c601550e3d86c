"""The entry point: common options, the verbs, and the one place where errors become exit codes."""

from __future__ import annotations

import errno
import gc
import io
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from plansync.cli.commands import (
    adopt,
    apply,
    check,
    demo,
    diff,
    doctor,
    health,
    init,
    inspect,
    link,
    log,
    new,
    prune,
    pull,
    push,
    resolve,
    sandbox,
    schedule,
    state,
    status,
    sync,
    undo,
    unlink,
    watch,
)
from plansync.cli.context import Common
from plansync.cli.door import say
from plansync.errors import ConfigError, PlansyncError

_INTERRUPTED = 130
_NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO)
_FLAGS = ("--json", "-q", "--quiet", "-v", "--verbose", "-vv", "--no-color", "--version")
_VALUED = ("-C", "--directory", "--config", "-R", "--repo", "--tracker", "--api-url")

app = typer.Typer(
    name="plansync",
    help="Keep a Markdown implementation plan and the issues of GitHub or GitLab telling the same story.",
    epilog="Common options stand before or after the verb. Exit codes: docs/exit-codes.md.",
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    add_completion=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(value: bool) -> None:
    if value:
        from plansync import __version__

        say(f"plansync {__version__}")
        raise typer.Exit


@app.callback(invoke_without_command=True)
def common(
    context: typer.Context,
    directory: Annotated[
        Path | None, typer.Option("-C", "--directory", help="Work as if started there.")
    ] = None,
    config: Annotated[Path | None, typer.Option("--config", help="Use this settings file.")] = None,
    repo: Annotated[
        str | None,
        typer.Option("-R", "--repo", help="The repository, OWNER/NAME; on GitLab the project, GROUP/NAME."),
    ] = None,
    tracker: Annotated[
        str | None, typer.Option("--tracker", help="github, gitlab, sandbox, or one that is installed.")
    ] = None,
    api_url: Annotated[str | None, typer.Option("--api-url", help="The tracker's API address.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
    quiet: Annotated[bool, typer.Option("-q", "--quiet", help="Print only what needs you.")] = False,
    verbose: Annotated[int, typer.Option("-v", "--verbose", count=True, help="Print more.")] = 0,
    no_color: Annotated[bool, typer.Option("--no-color", help="Print no colours.")] = False,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Keep a Markdown implementation plan and the issues of GitHub or GitLab telling the same story."""
    if directory is not None:
        if not directory.is_dir():
            raise ConfigError(f"there is no folder {directory}")
        os.chdir(directory)
    flags = {"repo": repo, "tracker": tracker, "api_url": api_url}
    context.obj = Common(config, flags, as_json, quiet, verbose, no_color)
    if context.invoked_subcommand is None:
        from plansync.cli.commands.status import overview

        overview(context.obj)


for verb in (
    status,
    diff,
    apply,
    push,
    pull,
    sync,
    resolve,
    link,
    adopt,
    log,
    undo,
    prune,
    inspect,
    check,
    doctor,
    unlink,
    new,
    init,
    demo,
    sandbox,
    watch,
    health,
    schedule,
):
    app.command(verb.__name__.rpartition(".")[2], rich_help_panel=None)(verb.command)

app.add_typer(state.app, name="state")


def gathered(arguments: Sequence[str]) -> list[str]:
    """Put the common options before the verb, wherever they stand."""
    front: list[str] = []
    rest: list[str] = []
    waiting = iter(arguments)
    for word in waiting:
        name, equals, _ = word.partition("=")
        if word == "--":
            rest += [word, *waiting]
        elif word in _FLAGS or (equals and name in _VALUED):
            front.append(word)
        elif word in _VALUED:
            front += [word, *([value] if (value := next(waiting, None)) is not None else [])]
        else:
            rest.append(word)
    return front + rest


def run() -> None:
    """Run the command line and leave with its exit code.

    A large plan is many small values that all stay: looked through seldom, they are read in a sixth less time.
    """
    gc.set_threshold(100_000, 20, 50)
    sys.exit(main(sys.argv[1:]))


def main(arguments: Sequence[str]) -> int:
    """Run one command; returns its exit code. The only place that catches everything."""
    try:
        result = app(gathered(arguments), prog_name="plansync", standalone_mode=False)
        sys.stdout.flush()
        if result == _INTERRUPTED:
            raise KeyboardInterrupt
        return result if isinstance(result, int) else 0
    except PlansyncError as error:
        return _say(error)
    except (KeyboardInterrupt, typer.Abort):
        say("\ninterrupted; what was done is remembered, run the same command again to go on", err=True)
        return _INTERRUPTED
    except BrokenPipeError:
        _say_no_more()
        return 1
    except OSError as error:
        if error.errno not in _NO_ROOM or error.filename is not None:
            return _bug(error)
        _say_no_more()
        say(
            f"plansync: what there is to say cannot be written ({error.strerror}); what was done is remembered",
            err=True,
        )
        return 1
    except Exception as error:  # noqa: BLE001 - the last handler: a bug becomes a file and a code
        if hasattr(error, "show") and hasattr(error, "exit_code"):
            return _misused(error)
        return _bug(error)


def _say_no_more() -> None:
    """Lead stdout nowhere: its reader is gone, or its disk is full, and Python would try again at the end."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)


def _say(error: PlansyncError) -> int:
    from plansync.text import in_line

    lines = error.problems if isinstance(error, ConfigError) else (str(error),)
    for line in lines:
        say(f"plansync: {in_line(line)}", err=True)
    return error.exit_code


def _misused(error: Any) -> int:
    """Say what is wrong with a command line; a file's name in it may come from anybody."""
    with io.StringIO() as words:
        error.show(words)
        say(words.getvalue().rstrip("\n"), err=True)
    return 2


def _bug(error: Exception) -> int:
    from plansync.cli import bug

    return bug.told(error)
