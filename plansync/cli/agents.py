"""The block that tells coding assistants how to edit a plan: put into the files that they read, and only there.

It stands between two comment lines and is replaced as a whole; every other byte of a file stays.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from plansync.errors import ConfigError
from plansync.store.files import write_file

FILES = ("AGENTS.md", "CLAUDE.md")
STEERING = Path(".kiro", "steering")
_BEGIN, _END = "<!-- plansync:agents begin -->", "<!-- plansync:agents end -->"
_BLOCK = re.compile(rf"^{re.escape(_BEGIN)}[ \t]*\r?\n.*?^{re.escape(_END)}", re.MULTILINE | re.DOTALL)
_TEXT = """\
{begin}
## Editing the plan

plansync keeps {plans} in step with {where}, both ways. When you edit it:

- Tick a step by changing only the letter in its box: `[ ]` becomes `[x]`. Leave the words as they are.
- A comment such as `<!-- plansync:k3f9a2c -->` is a task's id. It stays on its task when you rename, reword or move
  it. Never copy one to another task, never make one up, and leave the last line of the file where it is.
- Leave the **Issue** lines as they are. A new task or step needs nothing: the next sync gives it its id and its issue.
- Work in the plan that is there; where you have to write it anew, take the ids over to the tasks that are the same.
- After a larger change run `plansync check`, and `plansync diff` to see what a sync would do.
{end}"""


def write(root: Path, plans: Sequence[str], where: str) -> list[Path]:
    """Put the block into each file for assistants that is there, else into a new AGENTS.md; says which changed.

    `where`: the repository in words. Raises: ConfigError where a file cannot be read, or its block is cut; StoreError
    where it cannot be written.
    """
    block = _TEXT.format(
        begin=_BEGIN, end=_END, plans=" and ".join(f"`{p}`" for p in plans) or "the plan", where=where
    )
    files = [root / name for name in FILES if (root / name).is_file()]
    if (root / STEERING).is_dir():
        files.append(root / STEERING / "plansync.md")
    return [file for file in files or [root / FILES[0]] if _put(file, block)]


def _put(file: Path, block: str) -> bool:
    """Replace the block of one file, or put it at its end; says whether a byte changed."""
    try:
        old = file.read_bytes().decode("utf-8") if file.exists() else ""
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{file} cannot be read: {error}") from None
    new = _with_block(file, old, block)
    if new == old:
        return False
    write_file(file, new.encode("utf-8"))
    return True


def _with_block(file: Path, text: str, block: str) -> str:
    eol = "\r\n" if "\r\n" in text else "\n"
    block = block.replace("\n", eol)
    found = list(_BLOCK.finditer(text))
    if len(found) == 1 and text.count(_BEGIN) == text.count(_END) == 1:
        return text[: found[0].start()] + block + text[found[0].end() :]
    for marker in (_BEGIN, _END):
        if marker in text:
            line = text[: text.index(marker)].count("\n") + 1
            raise ConfigError(
                f"{file}:{line}: plansync's block is cut or doubled; delete what is left of it and run again"
            )
    gap = "" if not text else eol if text.endswith(("\n", "\r")) else eol * 2
    return f"{text}{gap}{block}{eol}"
