"""`plansync completion`: what a shell sources to complete commands and options."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from plansync.cli import completing
from plansync.cli.door import say
from plansync.cli.worded import worded


class Shell(StrEnum):
    """A shell that completes."""

    BASH = "bash"
    ZSH = "zsh"
    FISH = "fish"


@worded
def command(
    context: typer.Context, shell: Annotated[Shell, typer.Argument(help="The shell that you type in.")]
) -> None:
    """Print what your shell sources to complete plansync's commands and options; writes no file.

    bash: add `eval "$(plansync completion bash)"` to ~/.bashrc. zsh: the same with zsh in ~/.zshrc, below
    compinit. fish: put what it prints into ~/.config/fish/completions/plansync.fish.
    """
    say(completing.script(shell.value))
