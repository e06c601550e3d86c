"""Every answer that GitLab can give, what plansync makes of it, and the words of the page that tells people so.

Source: GitLab docs, "REST API", and lib/api/helpers.rb: which statuses there are, and that a body has `message` (a
text, a list, or lists by field), `error` and `error_description`, or is plain text.
"""

from __future__ import annotations

import time
from typing import Any

from tests.acceptance.rows import AWAY, HTML, KEPT, STOPS, End, Row, later, nothing, refused
from tests.support.small_server import Fault, Says

OFTEN = "This endpoint has been requested too many times. Try again later."
TEXT = {"content-type": "text/plain"}
WRONG = (
    r"the token from PLANSYNC_TOKEN was not accepted.*set PLANSYNC_TOKEN.* to a token with the scope `api`"
)
LACKING = "not allowed .*it needs the scope `api`, and its account the role Planner or higher in the project"
NO_PROJECT = "project kitchen/recipes not found at .*, or this token may not see it"


def _says(status: int, body: dict[str, Any], **headers: str) -> Says:
    """Give a body that is more than a message."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Says(status, more={"message": None, **body}, headers=named)


def _plain(after_s: str) -> Says:
    return Says(429, raw="Retry later", headers={**TEXT, "retry-after": after_s})


def _reset() -> str:
    return str(int(time.time()) + 1_770)


_AUTH = End(8, WRONG, f"{STOPS}; names the token's variable"), End(8, WRONG, f"{KEPT}; names the variable", 2)
_RIGHTS = (
    End(8, LACKING, f"{STOPS}; names the scope and the role"),
    End(8, LACKING, f"{KEPT}; names the scope and the role", 2),
)
_WAITS = End(0, "", "waits, then goes on"), End(0, "", "waits, then goes on", 13)
_LOCKED = r"another write held it \(409: 409 Conflict: Resource lock\); run again, nothing was lost"

ROWS = (
    Row("401", Says(401, "401 Unauthorized"), *_AUTH),
    Row(
        "401, the token was revoked",
        _says(401, {"error": "invalid_token", "error_description": "Token was revoked."}),
        *_AUTH,
    ),
    Row("403", Says(403, "403 Forbidden"), *_RIGHTS),
    Row(
        "403, the scope is missing",
        _says(403, {"error": "insufficient_scope", "error_description": "higher privileges", "scope": "api"}),
        *_RIGHTS,
    ),
    Row("404", Says(404, "404 Project Not Found"), End(8, NO_PROJECT, STOPS), End(8, NO_PROJECT, KEPT, 2)),
    Row("429 with a short `Retry-After`, plain text", _plain("1"), *_WAITS, times=1),
    Row("429, plain text, a long `Retry-After`", _plain("120"), *later("two")),
    Row(
        "429 with `RateLimit-Reset` alone",
        Says(
            429, raw="Retry later", headers={**TEXT, "ratelimit-remaining": "0", "ratelimit-reset": _reset()}
        ),
        *later("an hour"),
    ),
    Row("429 without a header", _says(429, {"message": {"error": OFTEN}}), *later("one")),
    Row("409, another write holds it, once", Says(409, "409 Conflict: Resource lock"), *_WAITS, times=1),
    Row(
        "409, another write holds it for long",
        Says(409, "409 Conflict: Resource lock"),
        End(5, _LOCKED, "is asked four times, then stops; nothing is written"),
        End(5, _LOCKED, "is sent four times, then stops; what was done is kept", 2),
    ),
    Row("400, a parameter", _says(400, {"error": "title is missing"}), *refused("title is missing")),
    Row(
        "400 with texts by field",
        _says(400, {"message": {"title": ["is too long (maximum is 255 characters)"]}}),
        *refused(r"title is too long \(maximum is 255 characters\)"),
    ),
    Row("409, something is there already", Says(409, "Duplicated issue"), *refused("Duplicated issue")),
    Row("412", Says(412, "412 Precondition Failed"), *refused("412 Precondition Failed")),
    Row("422 with a text", Says(422, "Unprocessable"), *refused("Unprocessable")),
    Row(
        "422 with lists by field",
        _says(422, {"message": {"base": ["one", "two"]}}),
        *refused("base one; base two"),
    ),
    Row(
        "400, taken for spam: a person must look",
        _says(
            400,
            {"needs_captcha_response": True, "message": {"error": "Your issue was taken for spam."}},
        ),
        *refused("error Your issue was taken for spam."),
    ),
    Row("500", Says(500, "500 Internal Server Error"), *nothing("500: 500 Internal Server Error")),
    Row("502, and nothing was done", Says(502, raw="<html>", headers=HTML), *nothing("502")),
    Row("502, though it was done", Says(502, raw="<html>", headers=HTML, is_applied=True), *nothing("502")),
    Row("503", Says(503, "503 Service Unavailable"), *nothing("503")),
    Row("504", Says(504, raw="upstream timeout", headers=TEXT, is_applied=True), *nothing("504")),
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
        Says(301, "Moved", {"location": "https://elsewhere.example/api/v4/projects/7/issues"}),
        End(1, AWAY, STOPS),
        End(5, AWAY, KEPT, 2),
    ),
)

HEAD = """\
## GitLab

| GitLab answers | to a read | to the creation of an issue |
|---|---|---|
"""
FOOT = """
- Eight issues are written at once, each by one request after the other: what is on its way when a run stops still ends,
  and is kept.
- A project that was renamed is asked by its number from then on: GitLab leads reads there (301), and takes no write
  under the old name (405). The run says the new name. Where the old name leads nowhere any more, it is found by the
  number that the state file keeps; the new name may be set at any time, and means the same project by that number.
- 400 at a milestone: what GitLab says of a title that is taken has no fixed form, so the title is looked up. One of a
  group above is used as it is.
- 400 or 403 at a link that blocks: this GitLab has no licence for such links. They stand in the texts, one note says
  so, and nothing of it is asked again.
- 404 of one issue: it was deleted or made confidential, and only that task waits. The project itself is asked once, so
  that a lost project is not taken for deleted issues.
- How long a refusal for pace waits: `Retry-After`, else until `RateLimit-Reset`, else a minute, twice as long after
  each further one. A wait of up to `max_wait_s` (5 minutes, if you leave it) is sat out, five tries at the most, and
  never beyond `--max-time`.
"""
