"""All checks on one plan, and the plan mended."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence

from plansync.checks import (
    dependencies,
    hidden,
    marks,
    names,
    numbers,
    requirements,
    risks,
    sizes,
    states,
)
from plansync.checks.catalogue import CATALOGUE
from plansync.checks.context import Beside, Context
from plansync.checks.finding import Finding, Severity
from plansync.document.edits import Edit, apply_edits
from plansync.document.rewrite import summary_edits
from plansync.document.spans import Span, line_end
from plansync.document.torn import Torn, conflicts, torn
from plansync.document.tree import Document, Role
from plansync.document.view import snapshot
from plansync.errors import Unwritable
from plansync.model import OVERVIEW, Change, Field
from plansync.planning.progress import computed_now

UNREADABLE = "PLAN903"
"""The one check that is no rule: without a text there is no document to look at."""

GIT_CONFLICT = "PLAN901"
"""The one check that hides all others."""

Rule = Callable[[Context], Iterator[Finding]]
Parse = Callable[[bytes], Document]


def git_conflict(context: Context) -> Iterator[Finding]:
    """Find the first conflict that git left and that somebody has to settle, else the first of computed lines."""
    document = context.document
    found = torn(document.source, context.parse)
    if found is None:
        return
    line = found.stuck or found.line
    starts = (c.span.start for c in conflicts(document.source) if c.line == line)
    at = next(starts)
    place = Span(at, line_end(document.source, at))
    if found.stuck:
        yield context.finding(GIT_CONFLICT, place, "git left a conflict here; settle it first")
    else:
        message = "git left a conflict here, in lines that are computed"
        yield context.finding(GIT_CONFLICT, place, message, _settled(context, found))


def _settled(context: Context, found: Torn) -> tuple[Edit, ...]:
    """Take our side of each conflict, with its lines computed anew."""
    source = context.document.source
    document = context.parse(found.source)
    items = snapshot(document, context.beside.name, milestones="phase").items
    now = {**computed_now(items, context.beside.base), Field.UPDATED: found.updated}
    shown = items[OVERVIEW].fields
    changes = [Change(OVERVIEW, name, shown[name], now.get(name, shown[name])) for name in found.fields]
    content = apply_edits(found.source, summary_edits(document, changes))
    return (Edit(0, len(source), content),)


def no_task(context: Context) -> Iterator[Finding]:
    """Find a file in which there is nothing to keep in step."""
    if not context.tasks and not context.phases:
        yield context.finding("PLAN902", Span(0, 0), "no phases or tasks were found in this file")


RULES: Mapping[str, Rule] = {
    "PLAN001": numbers.total_time,
    "PLAN002": numbers.task_count,
    "PLAN003": dependencies.critical_path,
    "PLAN004": numbers.completion,
    "PLAN005": numbers.current_phase,
    "PLAN006": numbers.overall_status,
    "PLAN007": numbers.status_choices,
    "PLAN008": numbers.missing_estimate,
    "PLAN101": dependencies.unknown_dependency,
    "PLAN102": dependencies.ambiguous_dependency,
    "PLAN103": dependencies.cyclic_dependency,
    "PLAN104": dependencies.later_phase,
    "PLAN105": risks.risk_line,
    "PLAN106": requirements.unknown_requirement,
    "PLAN201": states.contradiction,
    "PLAN202": states.unknown_letter,
    "PLAN203": names.duplicate_id,
    "PLAN204": names.duplicate_title,
    "PLAN205": names.placeholder,
    "PLAN206": names.unknown_owner,
    "PLAN301": marks.lost_marker,
    "PLAN302": marks.copied_marker,
    "PLAN303": marks.malformed_marker,
    "PLAN304": marks.stray_marker,
    "PLAN305": marks.misplaced_footer,
    "PLAN401": hidden.hidden_task,
    "PLAN402": hidden.unwritable,
    "PLAN403": hidden.hidden_box,
    "PLAN404": hidden.malformed_box,
    "PLAN405": hidden.starred_box,
    "PLAN406": hidden.box_elsewhere,
    "PLAN407": hidden.outside_box,
    "PLAN408": hidden.open_end,
    "PLAN409": hidden.run_on_step,
    "PLAN501": sizes.long_title,
    "PLAN502": sizes.long_body,
    "PLAN901": git_conflict,
    "PLAN902": no_task,
}
"""Code → rule."""


def check(document: Document, beside: Beside, codes: Collection[str] = RULES.keys()) -> list[Finding]:
    """Find everything that the chosen checks find, in the order of the plan.

    Where git left a conflict nothing else is said: what stands there is two plans.
    """
    context = Context(document, beside)
    if conflict := list(git_conflict(context)):
        return [finding for finding in conflict if finding.code in codes]
    found = [finding for code, rule in RULES.items() if code in codes for finding in rule(context)]
    return sorted(found, key=lambda f: (f.line, f.column, f.code))


def unreadable(reason: str) -> Finding:
    """Write the finding of a file that cannot be read, whatever checks are chosen: nothing was checked."""
    entry = CATALOGUE[UNREADABLE]
    return Finding(UNREADABLE, Severity(entry.severity), 1, 1, 1, reason, entry.help)


def mended(document: Document, findings: Sequence[Finding], parse: Parse) -> bytes:
    """Apply the fixes of findings; every other byte stays.

    Raises: Unwritable where two of them meet, or where the plan would then hold other items.
    """
    source = apply_edits(document.source, [edit for finding in findings for edit in finding.fix])
    left = torn(document.source, parse)
    if _outline(parse(source)) != _outline(parse(left.source) if left else document):
        raise Unwritable("the plan would be read otherwise once it is mended; mend it by hand")
    return source


def _outline(document: Document) -> list[tuple[Role, int, str]]:
    return [(node.role, node.parent, document.title_of(node)) for node in document.nodes]
