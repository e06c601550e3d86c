"""Every answer that GitHub can give, what plansync makes of it, and the words of the page that tells people so."""

from __future__ import annotations

import time
from typing import Any

from tests.acceptance.rows import AWAY, HTML, KEPT, ONE, STOPS, End, Row, later, nothing, refused
from tests.support.small_server import Fault, Says

SLOW_DOWN = "You have exceeded a secondary rate limit. Please wait a few minutes before you try again."
SPENT = "API rate limit exceeded for user ID 1."


def _invalid(**error: Any) -> dict[str, Any]:
    return {"errors": [{"resource": "Issue", "field": "title", "code": "custom", **error}]}


def _reset() -> dict[str, str]:
    return {"x-ratelimit-remaining": "0", "x-ratelimit-reset": str(int(time.time()) + 1_770)}


WRONG = r"the token from PLANSYNC_TOKEN was not accepted.*set PLANSYNC_TOKEN"
OFF = "issues are switched off in kitchen/recipes"
NO_REPO = "repository kitchen/recipes not found at .*, or this token may not see it"

_AUTH = End(8, WRONG, f"{STOPS}; names the token's variable"), End(8, WRONG, f"{KEPT}; names the variable", 2)

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
        *later("two"),
    ),
    Row("403, secondary limit, no header", Says(403, SLOW_DOWN), *later("one")),
    Row("403, the hour's requests are spent", Says(403, SPENT, _reset()), *later("an hour")),
    Row("429, the hour's requests are spent", Says(429, SPENT, _reset()), *later("an hour")),
    Row("429, secondary limit, no header", Says(429, SLOW_DOWN), *later("one")),
    Row(
        "422 “was submitted too quickly”",
        Says(422, "Validation Failed", more=_invalid(message="was submitted too quickly")),
        *later("three"),
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
    Row("400", Says(400, "Problems parsing JSON"), *refused("Problems parsing JSON")),
    Row("409", Says(409, "Conflict"), *refused("Conflict")),
    Row(
        "422 with a message for a field",
        Says(
            422, "Validation Failed", more=_invalid(message="title is too long (maximum is 256 characters)")
        ),
        *refused(r"Validation Failed; Issue title title is too long \(maximum is 256 characters\)"),
    ),
    Row(
        "422 with a code and a value",
        Says(422, "Validation Failed", more=_invalid(field="assignees", code="invalid", value=["bob"])),
        *refused(r"Validation Failed; Issue assignees invalid \(\['bob'\]\)"),
    ),
    Row(
        "422 with a code alone",
        Says(422, "Validation Failed", more={"errors": [{"code": "unprocessable"}]}),
        *refused("Validation Failed; unprocessable"),
    ),
    Row(
        "422 with a list of texts",
        Says(422, "Invalid", more={"errors": ["one", "two"]}),
        *refused("Invalid; one; two"),
    ),
    Row(
        "422 with one text", Says(422, "Invalid", more={"errors": "only one"}), *refused("Invalid; only one")
    ),
    Row(
        "422 without `errors`",
        Says(422, 'Invalid request.\n\n"title" wasn\'t supplied.'),
        *refused('Invalid request. "title" wasn\'t supplied.'),
    ),
    Row("500", Says(500, "Server Error"), *nothing("500: Server Error")),
    Row("502, and nothing was done", Says(502, raw="<html>", headers=HTML), *nothing("502")),
    Row(
        "502, though it was done",
        Says(502, raw="<html>", headers=HTML, is_applied=True),
        *nothing("502"),
    ),
    Row("503", Says(503, "Service Unavailable"), *nothing("503")),
    Row("504", Says(504, "We couldn't respond in time", is_applied=True), *nothing("504")),
    Row("no answer, and nothing was done", Fault.DROP, *nothing("the connection failed")),
    Row("no answer, though it was done", Fault.APPLY_AND_DROP, *nothing("the connection failed")),
    Row("half of the JSON", Fault.TRUNCATE, *nothing("not JSON")),
    Row(
        "a page of HTML with 200",
        Says(200, raw="<html>Back soon</html>", headers=HTML),
        *nothing("not JSON"),
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


HEAD = """\
## GitHub

| GitHub answers | to a read | to the creation of an issue |
|---|---|---|
"""
FOOT = """
- A repository that was renamed is followed on the same host: reads, and writes with their method and body. The run says
  the new name. Another host is never followed, and never gets the token.
- How long a refusal for pace waits: as long as the answer asks, or until the moment that it names. Where it says
  neither, a minute, and after “submitted too quickly” 3 minutes; twice as long after each further one.
- A wait of up to `max_wait_s` (5 minutes, if you leave it) is sat out, five tries at the most, and never beyond
  `--max-time`. Before a longer one the run stops with exit code 5 and the time to run again: at once where the hour's
  requests are spent and the next hour is far, after about 7 minutes where GitHub refuses four times without a time.
- plansync paces its writes by itself, across runs: 20 at once, then one a second, and 500 an hour.
"""
