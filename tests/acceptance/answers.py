"""The page that tells people what each answer of a tracker means: `python -m tests.acceptance.answers` writes it."""

from __future__ import annotations

from pathlib import Path

from tests.acceptance import faults, gitlab_faults
from tests.acceptance.rows import table

PAGE = Path(__file__).parents[2] / "docs" / "answers.md"
_HEAD = """\
# What each answer of a tracker means

How a run ends when GitHub or GitLab answers one request like this, with its [exit code](exit-codes.md). Two tables of
tests (`tests/acceptance/faults.py`, `gitlab_faults.py`) make this page: each line is played against a server on this
machine, and after each of them one more `plansync push` completes the plan, with no issue made twice.

"""


def page() -> str:
    """Write the page: a table for each tracker, and what is no matter of one answer."""
    parts = (faults, gitlab_faults)
    return _HEAD + "\n".join(f"{each.HEAD}{table(each.ROWS)}{each.FOOT}" for each in parts)


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
