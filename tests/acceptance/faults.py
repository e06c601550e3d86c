"""Every answer that GitHub can give, what plansync makes of it, and the page that tells people so.

`python -m tests.acceptance.faults` writes docs/answers.md.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.support.small_server import Fault, Says

PAGE = Path(__file__).parents[2] / "docs" / "answers.md"
SLOW_DOWN = "You have exceeded a secondary rate limit. Please wait a few minutes before you try again."
SPENT = "API rate limit exceeded for user ID 1."
HTML = {"content-type": "text/html"}


@dataclass(frozen=True)
class End:
    """How a run ends: the exit code, what it says (a pattern), and the same for people who read the page.

    `made`: how many of the 13 issues are there then; `None` where the run cannot know.
    """

    code: int
    says: str
    does: str
    made: int | None = None


@dataclass(frozen=True)
class Row:
    """One answer, and how a run ends that gets it, `times` times, to a listing or to the third create."""

    name: str
    answer: Fault | Says
    read: End
    write: End
    times: int = 999

    @property
    def is_applied(self) -> bool:
        """Whether the server did what was asked all the same."""
        if isinstance(self.answer, Says):
            return self.answer.is_applied
        return self.answer in (Fault.APPLY_AND_DROP, Fault.TRUNCATE)

    @property
    def id(self) -> str:
        return self.name.replace("`", "")


def _invalid(**error: Any) -> dict[str, Any]:
    return {"errors": [{"resource": "Issue", "field": "title", "code": "custom", **error}]}


def _reset() -> dict[str, str]:
    return {"x-ratelimit-remaining": "0", "x-ratelimit-reset": str(int(time.time()) + 1_770)}


STOPS = "stops, nothing is written"
KEPT = "stops; what was done is kept"
ONE = "that task fails and is named, the others go on"
LOOKS = "the create counts as unknown; the next run looks for it before it makes another"
LATER = "waits as long as it may, then stops and says when to run again"
WRONG = r"the token from PLANSYNC_TOKEN was not accepted.*set PLANSYNC_TOKEN"
NO_ANSWER = "is asked four times, then stops; nothing is written"
OFF = "issues are switched off in kitchen/recipes"
UNKNOWN = "it may have been carried out all the same; the next run looks"
UNUSABLE = "gave no usable answer, run again later"
NO_REPO = "repository kitchen/recipes not found at .*, or this token may not see it"
AWAY = r"points to another address \(https://elsewhere\.example/.*\), where the token never goes"

_AUTH = End(8, WRONG, f"{STOPS}; names the token's variable"), End(8, WRONG, f"{KEPT}; names the variable", 2)
_LATER = {
    "an hour": r"run again in (\d|[12]\d|3[01]) minutes",
    "two": "run again in 2 minutes",
    "one": "run again in 1 minute",
    "three": "run again in 3 minutes",
}


def _later(when: str) -> tuple[End, End]:
    return End(5, _LATER[when], LATER), End(5, _LATER[when], f"{LATER}; what was done is kept", 2)


def _refused(says: str) -> tuple[End, End]:
    words = rf"refused \(\d+: {says}\)"
    return End(1, words, STOPS), End(5, rf"create-issue .*{words}", ONE, 12)


def _nothing(says: str) -> tuple[End, End]:
    return End(1, f"{says}.*{UNUSABLE}", NO_ANSWER), End(5, f"{says}.*{UNKNOWN}", LOOKS)


ROWS = (
    Row("401", Says(401, "Bad credentials"), *_AUTH),
    Row(
        "403, a permission is missing",
        Says(
            403,
            "Resource not accessible by personal access token",
            {"x-accepted-github-permissions": "issues=write"},
        ),
        End(8, "not allowed .*it needs issues=write", f"{STOPS}; names the permission"),
        End(8, "not allowed .*it needs issues=write", f"{KEPT}; names the permission", 2),
    ),
    Row(
        "403 or 429 with a short `retry-after`",
        Says(403, SLOW_DOWN, {"retry-after": "1"}),
        End(0, "", "waits, then goes on"),
        End(0, "", "waits, then goes on", 13),
        times=1,
    ),
    Row(
        "403, secondary limit, a long `retry-after`",
        Says(403, SLOW_DOWN, {"retry-after": "120"}),
        *_later("two"),
    ),
    Row("403, secondary limit, no header", Says(403, SLOW_DOWN), *_later("one")),
    Row("403, the hour's requests are spent", Says(403, SPENT, _reset()), *_later("an hour")),
    Row("429, the hour's requests are spent", Says(429, SPENT, _reset()), *_later("an hour")),
    Row("429, secondary limit, no header", Says(429, SLOW_DOWN), *_later("one")),
    Row(
        "422 “was submitted too quickly”",
        Says(422, "Validation Failed", more=_invalid(message="was submitted too quickly")),
        *_later("three"),
    ),
    Row(
        "404",
        Says(404, "Not Found"),
        End(8, NO_REPO, STOPS),
        End(8, NO_REPO, KEPT, 2),
    ),
    Row(
        "410, issues are switched off",
        Says(410, "Issues has been disabled"),
        End(1, OFF, STOPS),
        End(5, OFF, ONE, 12),
    ),
    Row("400", Says(400, "Problems parsing JSON"), *_refused("Problems parsing JSON")),
    Row("409", Says(409, "Conflict"), *_refused("Conflict")),
    Row(
        "422 with a message for a field",
        Says(
            422, "Validation Failed", more=_invalid(message="title is too long (maximum is 256 characters)")
        ),
        *_refused(r"Validation Failed; Issue title title is too long \(maximum is 256 characters\)"),
    ),
    Row(
        "422 with a code and a value",
        Says(422, "Validation Failed", more=_invalid(field="assignees", code="invalid", value=["bob"])),
        *_refused(r"Validation Failed; Issue assignees invalid \(\['bob'\]\)"),
    ),
    Row(
        "422 with a code alone",
        Says(422, "Validation Failed", more={"errors": [{"code": "unprocessable"}]}),
        *_refused("Validation Failed; unprocessable"),
    ),
    Row(
        "422 with a list of texts",
        Says(422, "Invalid", more={"errors": ["one", "two"]}),
        *_refused("Invalid; one; two"),
    ),
    Row(
        "422 with one text", Says(422, "Invalid", more={"errors": "only one"}), *_refused("Invalid; only one")
    ),
    Row(
        "422 without `errors`",
        Says(422, 'Invalid request.\n\n"title" wasn\'t supplied.'),
        *_refused('Invalid request. "title" wasn\'t supplied.'),
    ),
    Row("500", Says(500, "Server Error"), *_nothing("500: Server Error")),
    Row("502, and nothing was done", Says(502, raw="<html>", headers=HTML), *_nothing("502")),
    Row(
        "502, though it was done",
        Says(502, raw="<html>", headers=HTML, is_applied=True),
        *_nothing("502"),
    ),
    Row("503", Says(503, "Service Unavailable"), *_nothing("503")),
    Row("504", Says(504, "We couldn't respond in time", is_applied=True), *_nothing("504")),
    Row("no answer, and nothing was done", Fault.DROP, *_nothing("the connection failed")),
    Row("no answer, though it was done", Fault.APPLY_AND_DROP, *_nothing("the connection failed")),
    Row("half of the JSON", Fault.TRUNCATE, *_nothing("not JSON")),
    Row(
        "a page of HTML with 200",
        Says(200, raw="<html>Back soon</html>", headers=HTML),
        *_nothing("not JSON"),
    ),
    Row(
        "a redirect to another host",
        Says(301, "Moved", {"location": "https://elsewhere.example/repositories/42/issues"}),
        End(1, AWAY, STOPS),
        End(5, AWAY, KEPT, 2),
    ),
    Row(
        "redirects in a circle",
        Says(307, "Moved", {"location": "/repos/kitchen/recipes/issues"}),
        End(1, "redirected more than 3 times", STOPS),
        End(5, "redirected more than 3 times", KEPT, 2),
    ),
)


def page() -> str:
    """Write the page: a table with a line for all answers that mean the same."""
    lines: dict[tuple[str, str], list[str]] = {}
    for row in ROWS:
        cells = f"{row.read.does} ({row.read.code})", f"{row.write.does} ({row.write.code})"
        lines.setdefault(cells, []).append(row.name)
    return (
        _HEAD
        + "".join(f"| {'; '.join(names)} | {' | '.join(cells)} |\n" for cells, names in lines.items())
        + _FOOT
    )


_HEAD = """\
# What each answer of GitHub means

How a run ends when GitHub answers one request like this, with its [exit code](exit-codes.md). A table of tests
(`tests/acceptance/faults.py`) makes this page: each line is played against a server on this machine, and after each of
them one more `plansync push` completes the plan, with no issue made twice.

| GitHub answers | to a read | to the creation of an issue |
|---|---|---|
"""
_FOOT = """
- A repository that was renamed is followed on the same host: reads, and writes with their method and body. The run says
  the new name. Another host is never followed, and never gets the token.
- How long a refusal for pace waits: as long as the answer asks, or until the moment that it names. Where it says
  neither, a minute, and after “submitted too quickly” 3 minutes; twice as long after each further one.
- A wait of up to `max_wait_s` (5 minutes, if you leave it) is sat out, five tries at the most, and never beyond
  `--max-time`. Before a longer one the run stops with exit code 5 and the time to run again: at once where the hour's
  requests are spent and the next hour is far, after about 7 minutes where GitHub refuses four times without a time.
- plansync paces its writes by itself, across runs: 20 at once, then one a second, and 500 an hour.
"""

if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
