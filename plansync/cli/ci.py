"""What a CI system is told besides: GitHub Actions a summary, annotations on plan lines and outputs; others a dotenv.

Sources: GitHub docs, "Workflow commands for GitHub Actions"; GitLab docs, "artifacts:reports:dotenv".
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from plansync.cli.door import say
from plansync.cli.findings import escaped, from_repository, property_
from plansync.cli.in_markdown import markdown
from plansync.cli.outcome import OUTCOMES
from plansync.cli.running import Ended
from plansync.cli.wording import named, told
from plansync.model import Conflict, Field, Side, conflict_id
from plansync.sync.events import Report, Status
from plansync.text import in_line

_SUMMARY_MAX_BYTES = 900_000
"""GitHub takes a megabyte for each step."""
_ANNOTATIONS_MAX = 10
"""GitHub shows ten warnings of a step and drops the rest."""


def tell(ended: Ended, environ: Mapping[str, str]) -> None:
    """Tell the CI system that runs us how a run ended, and nobody elsewhere; what cannot be written is said."""
    try:
        if environ.get("GITHUB_ACTIONS") == "true":
            _append(environ.get("GITHUB_STEP_SUMMARY"), _summary(ended), _SUMMARY_MAX_BYTES)
            _append(environ.get("GITHUB_OUTPUT"), _lines(_outputs(ended)))
            for line in _annotations(ended):
                say(line, err=True, is_for_runner=True)
        _append(
            environ.get("PLANSYNC_DOTENV"),
            _lines({f"PLANSYNC_{key.upper()}": value for key, value in _outputs(ended).items()}),
        )
    except OSError as error:
        say(in_line(f"plansync: {error.filename} cannot be written: {error.strerror}"), err=True)


def _append(path: str | None, text: str, most: int = 0) -> None:
    if not path or not text:
        return
    content = text.encode("utf-8")
    if most and len(content) > most:
        content = (
            content[:most].decode("utf-8", "ignore").rpartition("\n")[0].encode("utf-8") + b"\n- and more\n"
        )
    with Path(path).open("ab") as file:
        file.write(content)


def _summary(ended: Ended) -> str:
    name = in_line(str(ended.plan)).replace("`", "")
    words = [f"## plansync {ended.report.command}: `{name}`", "", markdown(ended.report)]
    if ended.report.error:
        words += ["", f"**{OUTCOMES[ended.code]}**: {in_line(str(ended.report.error)).replace('<', '&lt;')}"]
    return "\n".join([*words, "", ""])


def _outputs(ended: Ended) -> dict[str, str]:
    """Give what later steps may ask for; of several plans the last one's stand."""
    report = ended.report
    status = (Status.PLANNED,) if report.is_dry else (Status.APPLIED,)
    made = [d.operation.kind for d in report.done if d.status in status]
    return {
        "outcome": OUTCOMES[ended.code],
        "exit_code": str(ended.code),
        "issues_created": str(made.count("create-issue")),
        "issues_closed": str(made.count("close-issue")),
        "tracker_changes": str(report.count(Side.REMOTE, *status)),
        "plan_changes": str(report.count(Side.LOCAL, *status)),
        "conflicts": str(len(report.conflicts)),
    }


def _lines(values: Mapping[str, str]) -> str:
    return "".join(f"{key}={value}\n" for key, value in values.items())


def _annotations(ended: Ended) -> list[str]:
    """Name each conflict on its line of the plan, and what could not be done."""
    report, file = ended.report, property_(from_repository(str(ended.plan)))
    found = [
        f"::warning file={file},line={report.lines.get(c.uid, 1)},title=plansync::{escaped(_conflict(report, c))}"
        for c in report.conflicts
    ]
    for done in report.done:
        if done.error and done.status in (Status.REFUSED, Status.UNKNOWN):
            line, kind = report.lines.get(done.operation.uid, 1), done.operation.kind.replace("-", " ")
            found.append(f"::warning file={file},line={line},title=plansync {kind}::{escaped(done.error)}")
    return found[:_ANNOTATIONS_MAX]


def _conflict(report: Report, conflict: Conflict) -> str:
    name = named(report, conflict.uid)
    how = f"Decide: plansync resolve {conflict_id(conflict.uid, conflict.field)}"
    if conflict.field in (Field.EXISTENCE, Field.TWIN):
        return f"{name}: something is gone, or there twice. {how}"
    sides = f"plan {told(report, conflict.local)}, issue {told(report, conflict.remote)}"
    return f"{name}: {conflict.field.in_words} differs: {sides}. {how}"
