"""The entry point: common options, the verbs, and the one place where errors become exit codes."""

from __future__ import annotations

import errno
import gc
import io
import os
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType
from typing import Annotated, Any

import typer
import typer.core

from plansync.cli import completing
from plansync.cli.commands import (
    adopt,
    apply,
    check,
    completion,
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
from plansync.cli.context import Common, here
from plansync.cli.door import say
from plansync.errors import ConfigError, ExitCode, PlansyncError

_NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO)
_FLAGS = ("--json", "--quiet", "--verbose", "--no-color", "--version")
_LETTERS = re.compile(r"-[qv]+")
_VALUED = ("-C", "--directory", "--config", "-R", "--repo", "--tracker", "--api-url")

_VERBS = {
    "Daily": {
        status: "Show progress, what comes next, and what waits for what",
        diff: "Show what a sync would do, both ways; write nothing",
        push: "Plan to tracker: create and update issues",
        pull: "Tracker to plan: bring back closed issues and ticked boxes",
        sync: "Pull and push in one run: what a scheduled job calls",
        apply: "Do what a saved diff said, if nothing it touches moved",
    },
    "Plan": {
        check: "Find what is wrong in a plan; --fix mends what is safe",
        inspect: "Show how a plan is read: phases, tasks and steps",
        new: "Write a starting plan to fill in",
    },
    "Mend": {
        resolve: "Decide the conflicts; asks about each on a terminal",
        link: "Link a task to an issue that is there already",
        adopt: "Take an issue that somebody made into the plan as a task",
        prune: "Close the issues of tasks that are gone from the plan",
        unlink: "Forget the links between a plan and its issues",
        log: "List the last runs, what each did, and why",
        undo: "Set back what one run changed, on both sides",
        doctor: "Look at all a sync stands on; --fix mends what it can",
        state: "Look at what a sync remembers of a plan, and mend it",
    },
    "Set up": {
        init: "Set up this project: write a commented plansync.toml",
        demo: "Show it work on a copy of a plan, on this machine",
        sandbox: "Serve the embedded tracker and its board on this machine",
        watch: "Sync on each save and on a timer, until told to end",
        health: "Say when plans were last synced here; for monitors",
        schedule: "Print or install the files of a scheduled job",
        completion: "Print what a shell needs to complete commands and options",
    },
}
"""The verbs as the help lists them, each with what it says there; a verb's own help says more."""


class _Sections(typer.core.TyperGroup):
    """Lists the verbs in sections."""

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """Write each section with its verbs."""
        width = max(map(len, self.commands))
        for title, verbs in _VERBS.items():
            with formatter.section(title):
                formatter.write_dl([(_name(verb).ljust(width), words) for verb, words in verbs.items()])


def _name(verb: ModuleType) -> str:
    return verb.__name__.rpartition(".")[2]


app = typer.Typer(
    name="plansync",
    cls=_Sections,
    help="Keep a Markdown implementation plan and the issues of GitHub or GitLab telling the same story.",
    epilog="Common options stand before or after the verb; VERB --help tells more.",
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
    quiet: Annotated[
        bool, typer.Option("-q", "--quiet", help="Print only what needs you: conflicts and failures.")
    ] = False,
    verbose: Annotated[
        int,
        typer.Option(
            "-v",
            "--verbose",
            count=True,
            show_default=False,
            help="Give each change a line, and each finding its help; -vv: also tell each request, on stderr.",
        ),
    ] = 0,
    no_color: Annotated[
        bool,
        typer.Option("--no-color", help="Print no colours; NO_COLOR=1 in the environment does it as well."),
    ] = False,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Keep a Markdown implementation plan and the issues of GitHub or GitLab telling the same story."""
    if directory is not None:
        if not directory.is_dir():
            raise ConfigError(f"there is no folder {directory}")
        os.chdir(directory)
    here()
    flags = {"repo": repo, "tracker": tracker, "api_url": api_url}
    context.obj = Common(config, flags, as_json, quiet, verbose, no_color)
    if context.invoked_subcommand is None and as_json:
        raise ConfigError("--json needs a command, as in `plansync status --json`")
    if context.invoked_subcommand is None:
        from plansync.cli.commands.status import overview

        overview(context.obj)


for verb in (verb for verbs in _VERBS.values() for verb in verbs):
    if verb is state:
        app.add_typer(state.app, name=_name(verb))
    else:
        app.command(_name(verb), cls=completing.Verb)(verb.command)


def gathered(arguments: Sequence[str]) -> list[str]:
    """Put the common options before the verb, wherever they stand."""
    front: list[str] = []
    rest: list[str] = []
    waiting = iter(arguments)
    for word in waiting:
        name, equals, _ = word.partition("=")
        if word == "--":
            rest += [word, *waiting]
        elif word in _FLAGS or _LETTERS.fullmatch(word) or (equals and name in _VALUED):
            front.append(word)
        elif word in _VALUED:
            front += [word, *([value] if (value := next(waiting, None)) is not None else [])]
        else:
            rest.append(word)
    return front + rest


def help_of(words: Sequence[str]) -> str | None:
    """Write the help of a verb, where that is all that is asked for.

    It is made without parsing: typer converts each option with pydantic, which takes longer to import than all else.
    """
    given = words[: words.index("--")] if "--" in words else words
    if not given or given[0].startswith("-") or not {"-h", "--help"} & {*given}:
        return None
    command: Any = typer.main.get_command(app)
    context = typer.Context(command, info_name="plansync", **command.context_settings)
    for word in given:
        found = getattr(context.command, "commands", {}).get(word)
        if found is None:
            break
        context = typer.Context(found, info_name=word, parent=context)
    return context.get_help() if context.parent else None


def run() -> None:
    """Run the command line and leave with its exit code.

    A large plan is many small values that all stay: looked through seldom, they are read in a sixth less time.
    """
    gc.set_threshold(100_000, 20, 50)
    sys.exit(main(sys.argv[1:]))


def main(arguments: Sequence[str]) -> int:
    """Run one command; returns its exit code. The only place that catches everything."""
    try:
        completing.prepare(os.environ)
        words = gathered(arguments)
        if (text := help_of(words)) is not None:
            say(text)
            return ExitCode.DONE
        result = app(words, prog_name="plansync", standalone_mode=False)
        sys.stdout.flush()
        if result == ExitCode.INTERRUPTED:
            raise KeyboardInterrupt
        return result if isinstance(result, int) else ExitCode.DONE
    except PlansyncError as error:
        return _say(error)
    except (KeyboardInterrupt, typer.Abort):
        say("\ninterrupted; what was done is remembered, run the same command again to go on", err=True)
        return ExitCode.INTERRUPTED
    except BrokenPipeError:
        _say_no_more()
        return ExitCode.ERROR
    except OSError as error:
        if error.errno not in _NO_ROOM or error.filename is not None:
            return _bug(error)
        _say_no_more()
        say(
            f"plansync: what there is to say cannot be written ({error.strerror}); what was done is remembered",
            err=True,
        )
        return ExitCode.ERROR
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
    return ExitCode.USAGE


def _bug(error: Exception) -> int:
    from plansync.cli import bug

    return bug.told(error)
