"""The derived parts of the overview issue: they only flow to the tracker, and only when what they say changed.

The state file does not hold them: two copies of a plan would each change it by every task that is done, and git could
not merge that. What was written last stands in the issue, as a digest beside each part, and this machine keeps what
it last saw agree.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from plansync.model import OVERVIEW, Field, Item, Note, Uid, Value
from plansync.reconcile.agreement import Agreement
from plansync.text import same_lines, short_digest


def same_section(a: Value | None, b: Value | None) -> bool:
    """Compare the texts of a part; one that is not there says nothing."""
    return same_lines(a) == same_lines(b)


def decide_sections(
    agreement: Agreement,
    remote: Item | None,
    values: Mapping[Field, str],
    known: Mapping[Field, str],
    settles: Callable[[Uid, Field], bool] | None,
    *,
    is_whole: bool = False,
) -> None:
    """Agree on what the parts say; `known`: what this machine last saw both sides say.

    One that says something else on the tracker, because somebody edited it or another copy of the plan wrote it, is
    noted, and written when what it is to say changes. `is_whole`: the issue gets a whole block anyway.
    """
    written = remote.fields.get(Field.WRITTEN) if remote else ()
    last = dict(part.split("=", 1) for part in written) if isinstance(written, tuple) else {}
    for name, value in values.items():
        if settles is not None and not settles(OVERVIEW, name):
            continue
        shown = remote.fields.get(name) if remote else None
        if remote is None or is_whole or (shown is not None and same_section(shown, value)):
            agreement.set(OVERVIEW, name, value, "computed")
        elif shown is None:
            continue  # a block that cannot be read
        elif (
            same_section(known.get(name), value)
            if name in known
            else last.get(name.value) == short_digest(value)
        ):
            text = "says something else on the tracker; plansync writes it when what it is to say changes"
            agreement.notes.append(Note(OVERVIEW, f"#{remote.at}: {name.value} {text}"))
        else:
            agreement.set(OVERVIEW, name, value, "computed")
