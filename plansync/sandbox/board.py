"""The sandbox's web board: a page of milestones with their issues, and a page for each issue.

Pages are rendered here and work without JavaScript; every change is a form. Issue text is foreign:
it reaches a page only through `markdown` or the templates' escaping. Knows no API dialect.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib import resources
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from plansync.errors import StoreError
from plansync.sandbox import markdown
from plansync.sandbox.guard import TooLarge, is_same_origin, read_form
from plansync.sandbox.kinds import Issue, IssueChanges, Milestone, Query, Reason, Sort, State
from plansync.sandbox.markdown import Box
from plansync.sandbox.records import Records

VISITOR = "you"
"""The login under which the board's visitor acts; the API's is another."""
TITLE_MAX = 256
BODY_MAX = 65_536
_FORM_MAX_BYTES = 2_000_000
_OVERVIEW = re.compile(r"^<!-- plansync:begin [^\r\n]*\bkind=overview\b", re.MULTILINE)
_NUMBER = re.compile(r"[0-9]{1,15}")


class Standing(StrEnum):
    """How an issue stands, in words for people."""

    OPEN = "Open"
    DONE = "Done"
    DROPPED = "Won't do"


@dataclass(frozen=True, slots=True)
class Row:
    """One issue in a list."""

    issue: Issue
    standing: Standing
    boxes: int
    boxes_ticked: int


@dataclass(frozen=True, slots=True)
class Group:
    """Issues that belong together, under a milestone or under none."""

    milestone: Milestone | None
    rows: Sequence[Row]

    @property
    def done(self) -> int:
        """Count what is done."""
        return sum(row.standing is Standing.DONE for row in self.rows)

    @property
    def dropped(self) -> int:
        """Count what will not be done."""
        return sum(row.standing is Standing.DROPPED for row in self.rows)

    @property
    def counted(self) -> int:
        """Count what progress is measured by: all but what was dropped."""
        return len(self.rows) - self.dropped


Page = Callable[[Request], Awaitable[Response]]


def board(records: Records, *, repo: str) -> Starlette:
    """Build the board's application."""
    pages = _Pages(records, repo)
    return Starlette(
        routes=[
            Route("/", pages.plan, methods=["GET"]),
            Route("/issues/{number}", pages.issue, methods=["GET"]),
            Route("/issues/{number}/boxes", pages.tick, methods=["POST"]),
            Route("/issues/{number}/state", pages.turn, methods=["POST"]),
            Route("/issues/{number}/edit", pages.edit, methods=["POST"]),
            *(Route(f"/{repo}{path}", _redirect(to), methods=["GET"]) for path, to in _TRACKER_LIKE.items()),
        ],
        exception_handlers={HTTPException: _refusal, StoreError: _busy},
    )


_TRACKER_LIKE = {
    "": "/",
    "/issues/{number}": "/issues/{number}",
    "/pull/{number}": "/issues/{number}",
    "/milestone/{number}": "/#milestone-{number}",
    "/-/issues/{number}": "/issues/{number}",
    "/-/work_items/{number}": "/issues/{number}",
    "/-/milestones/{number}": "/#milestone-{number}",
}
"""The addresses that the APIs give for people, and the board's own."""


def standing(issue: Issue) -> Standing:
    """Say how an issue stands."""
    if issue.state is State.OPEN:
        return Standing.OPEN
    return Standing.DROPPED if issue.reason in (Reason.NOT_PLANNED, Reason.DUPLICATE) else Standing.DONE


@dataclass(frozen=True, slots=True)
class _Pages:
    """The board's pages and forms."""

    records: Records
    repo: str

    async def plan(self, request: Request) -> Response:
        """Show milestones with their issues."""
        issues, _ = self.records.issues(Query(sort=Sort.CREATED, is_descending=False))
        rows = [_row(each) for each in issues if not each.is_pull]
        overviews = [row for row in rows if is_overview(row.issue)]
        rest = [row for row in rows if row not in overviews]
        groups = [
            Group(each, [row for row in rest if row.issue.milestone == each.number])
            for each in self.records.milestones(with_inherited=True)
        ]
        loose = Group(None, [row for row in rest if row.issue.milestone is None])
        return _html(
            "plan.html",
            repo=self.repo,
            groups=groups,
            loose=loose,
            overviews=overviews,
            all=Group(None, rest),
        )

    async def issue(self, request: Request) -> Response:
        """Show one issue."""
        return self._issue_page(self._named(request))

    async def tick(self, request: Request) -> Response:
        """Flip one box."""
        issue, form = self._named(request), await _form(request)
        body, ordinal = issue.body or "", form.get("box", "")
        if form.get("seen") != seen(issue):
            return self._issue_page(
                issue, "This issue changed since you opened it. Nothing was ticked; here it is now."
            )
        flipped = markdown.flip(body, int(ordinal)) if _NUMBER.fullmatch(ordinal) else None
        if flipped is None:
            raise HTTPException(400, "There is no such box.")
        self.records.change_issue(issue.number, body=flipped)
        return RedirectResponse(f"/issues/{issue.number}#box-{ordinal}", 303)

    async def turn(self, request: Request) -> Response:
        """Close as done, close as won't do, or reopen."""
        number, form = self._named(request).number, await _form(request)
        match form.get("to"):
            case "done":
                self.records.close_issue(number, Reason.COMPLETED, VISITOR)
            case "wont-do":
                self.records.close_issue(number, Reason.NOT_PLANNED, VISITOR)
            case "open":
                self.records.reopen_issue(number, VISITOR)
            case _:
                raise HTTPException(400, "An issue is closed as done, closed as won't do, or reopened.")
        return RedirectResponse(f"/issues/{number}", 303)

    async def edit(self, request: Request) -> Response:
        """Save title and text; a text that was changed gets CRLF line ends, as GitHub's editor gives it."""
        issue, form = self._named(request), await _form(request)
        title, body = " ".join(form.get("title", "").split()), _crlf(form.get("body", ""))
        if form.get("seen") != seen(issue):
            told = "This issue changed while you were editing. Your text is below; saving again replaces it."
            return self._issue_page(issue, told, draft=(title, body))
        if problem := _problem(title, body):
            return self._issue_page(issue, problem, draft=(title, body), status=422)
        changes = IssueChanges(title=title)
        if body != _crlf(issue.body or ""):
            changes["body"] = body
        self.records.change_issue(issue.number, **changes)
        return RedirectResponse(f"/issues/{issue.number}", 303)

    def _named(self, request: Request) -> Issue:
        text = request.path_params["number"]
        issue = self.records.issue(int(text)) if _NUMBER.fullmatch(text) else None
        if issue is None:
            raise HTTPException(404, "There is no such issue here.")
        return issue

    def _rows(self, numbers: Sequence[int]) -> list[Row]:
        return [_row(each) for number in numbers if (each := self.records.issue(number))]

    def _issue_page(
        self, issue: Issue, notice: str = "", *, draft: tuple[str, str] | None = None, status: int = 409
    ) -> Response:
        title, body = draft or (issue.title, issue.body or "")
        return _html(
            "issue.html",
            status=status if notice else 200,
            repo=self.repo,
            row=_row(issue),
            issue=issue,
            milestone=self.records.milestone(issue.milestone) if issue.milestone else None,
            text=markdown.render(issue.body or "", _draw_box),
            comments=[
                (each, markdown.render(each.body, _draw_dead_box))
                for each in self.records.comments(issue.number)
            ],
            blockers=self._rows(self.records.relations.blockers(issue.number)),
            blocking=self._rows(self.records.relations.blocking(issue.number)),
            events=self.records.events(issue.number),
            seen=seen(issue),
            notice=notice,
            is_editing=draft is not None,
            draft_title=title,
            draft_body=body,
        )


def is_overview(issue: Issue) -> bool:
    """Say whether an issue speaks for its whole plan."""
    return bool(_OVERVIEW.search(issue.body or ""))


def seen(issue: Issue) -> str:
    """Give what a form carries to tell which text its sender saw."""
    return hashlib.sha256(f"{issue.title}\0{issue.body or ''}".encode()).hexdigest()[:20]


def _row(issue: Issue) -> Row:
    boxes = [box for box in markdown.boxes(issue.body or "") if not box.is_dropped]
    return Row(issue, standing(issue), len(boxes), sum(box.is_ticked for box in boxes))


def _problem(title: str, body: str) -> str:
    if not title:
        return "An issue needs a title. Nothing was saved."
    if len(title) > TITLE_MAX:
        return f"The title is too long (at most {TITLE_MAX} characters). Nothing was saved."
    if len(body) > BODY_MAX:
        return f"The text is too long (at most {BODY_MAX} characters). Nothing was saved."
    return ""


def _crlf(text: str) -> str:
    return re.sub(r"\r\n|\r|\n", "\r\n", text)


async def _form(request: Request) -> Mapping[str, str]:
    if not is_same_origin(request):
        raise HTTPException(403, "This form was sent by another site, so it was not acted on.")
    try:
        return await read_form(request, _FORM_MAX_BYTES)
    except TooLarge as error:
        raise HTTPException(413, "This form is too large.") from error


# --- drawing


def _draw_box(box: Box, words: str) -> Markup:
    """Draw a box as a button of the page's one form of boxes; a dropped one is no button."""
    if box.is_dropped:
        return _draw_dead_box(box, words)
    return Markup(
        '<button class="box" form="boxes" name="box" value="{0}" id="box-{0}" role="checkbox"'
        ' aria-checked="{1}" aria-label="{2}"></button> '
    ).format(box.ordinal, "true" if box.is_ticked else "false", words or "step")


def _draw_dead_box(box: Box, words: str) -> Markup:
    return Markup('<span class="box" role="img" aria-label="{}"></span> ').format(
        "dropped" if box.is_dropped else "ticked" if box.is_ticked else "open"
    )


def _when(at: str) -> Markup:
    return Markup('<time datetime="{}">{} UTC</time>').format(at, at[:16].replace("T", " "))


def _who(login: str) -> str:
    """Name an account for people: the visitor, or some program that used the API."""
    return VISITOR if login == VISITOR else "a program"


@cache
def _templates() -> Environment:
    environment = Environment(
        loader=PackageLoader("plansync.sandbox", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(when=_when, who=_who)
    environment.globals.update(style=Markup(_style()), Standing=Standing)
    return environment


@cache
def _style() -> str:
    return resources.files("plansync.sandbox").joinpath("templates/board.css").read_text("utf-8")


@cache
def _headers() -> dict[str, str]:
    digest = base64.b64encode(hashlib.sha256(_style().encode()).digest()).decode()
    policy = (
        f"default-src 'none'; style-src 'sha256-{digest}'; img-src data:; form-action 'self';"
        " base-uri 'none'; frame-ancestors 'none'"
    )
    return {
        "content-security-policy": policy,
        "referrer-policy": "same-origin",
        "x-content-type-options": "nosniff",
        "cache-control": "no-store",
    }


def _html(template: str, *, status: int = 200, **values: Any) -> Response:
    page = _templates().get_template(template).render(**values)
    return HTMLResponse(page, status, _headers())


def _redirect(to: str) -> Page:
    async def redirect(request: Request) -> Response:
        return RedirectResponse(to.format(**request.path_params), 302)

    return redirect


async def _refusal(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    return _html("refused.html", status=error.status_code, words=error.detail)


async def _busy(request: Request, error: Exception) -> Response:
    return _html("refused.html", status=503, words=str(error).capitalize())
