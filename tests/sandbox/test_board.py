"""The board over plain HTTP: what its forms do, and what they refuse."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import httpx
import pytest

from plansync.sandbox.app import TOKEN, app
from plansync.sandbox.kinds import Reason
from plansync.sandbox.records import Records

HERE = "http://127.0.0.1:7526"
BODY = """Some lead, “quoté” text.

<!-- plansync:begin v=1 kind=task plan=ab12cd34 id=k3f9a2c rev=1 op=zz -->
- [ ] first
- [x] second
  * [X] nested <!-- hidden -->
1. [ ] numbered

```
- [ ] in a fence
```

    - [ ] indented code

<div>
- [ ] in an HTML block
</div>

\\- [ ] escaped, `- [ ] in code`, | - [ ] |

> - [ ] quoted
<!-- plansync:end -->
"""


class Board:
    """A visitor without JavaScript."""

    def __init__(self, records: Records) -> None:
        self.records = records

    def ask(self, method: str, path: str, base: str = HERE, **options: Any) -> httpx.Response:
        async def run() -> httpx.Response:
            transport = httpx.ASGITransport(app=app(self.records, token=TOKEN))
            async with httpx.AsyncClient(transport=transport, base_url=base) as client:
                return await client.request(method, path, **options)

        return asyncio.run(run())

    def page(self, path: str) -> str:
        answer = self.ask("GET", path)
        assert answer.status_code == 200
        return answer.text

    def seen(self, number: int) -> str:
        """Read the hidden field that a form of an issue's page carries."""
        found = re.search(r'name="seen" value="(\w+)"', self.page(f"/issues/{number}"))
        assert found
        return found.group(1)

    def tick(self, number: int, box: int, **headers: str) -> httpx.Response:
        form = {"box": str(box), "seen": self.seen(number)}
        return self.ask("POST", f"/issues/{number}/boxes", data=form, headers=headers)

    def body(self, number: int) -> str:
        issue = self.records.issue(number)
        assert issue is not None
        return issue.body or ""


@pytest.fixture
def board() -> Iterator[Board]:
    with closing(Records()) as records:
        yield Board(records)


def boxes(page: str) -> list[tuple[str, str]]:
    """Read the boxes of a page: whether ticked, and their labels."""
    return re.findall(r'<button class="box"[^>]* aria-checked="(\w+)" aria-label="([^"]*)"', page)


def differing(before: str, after: str) -> list[tuple[str, str]]:
    assert len(before) == len(after)
    return [(a, b) for a, b in zip(before, after, strict=True) if a != b]


# --- boxes


def test_only_task_list_items_have_boxes(board: Board) -> None:
    board.records.add_issue("x", "local", body=BODY)

    assert boxes(board.page("/issues/1")) == [
        ("false", "first"),
        ("true", "second"),
        ("true", "nested"),
        ("false", "numbered"),
        ("false", "quoted"),
    ]


@pytest.mark.parametrize("ordinal", range(5))
@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("start", ["", "\ufeff"])
def test_a_click_flips_exactly_one_letter(board: Board, ordinal: int, line_end: str, start: str) -> None:
    body = start + BODY.replace("\n", line_end)
    board.records.add_issue("x", "local", body=body)
    answer = board.tick(1, ordinal)

    assert (answer.status_code, answer.headers["location"]) == (303, f"/issues/1#box-{ordinal}")
    expected = [(" ", "x"), ("x", " "), ("X", " "), (" ", "x"), (" ", "x")][ordinal]
    assert differing(body, board.body(1)) == [expected]
    assert boxes(board.page("/issues/1"))[ordinal][0] == ("true" if expected[1] == "x" else "false")


def test_a_click_on_a_page_that_is_old_ticks_nothing(board: Board) -> None:
    board.records.add_issue("x", "local", body=BODY)
    form = {"box": "0", "seen": board.seen(1)}
    board.records.change_issue(1, body="- [ ] new first\n" + BODY)
    answer = board.ask("POST", "/issues/1/boxes", data=form)

    assert answer.status_code == 409
    assert "Nothing was ticked" in answer.text
    assert board.body(1) == "- [ ] new first\n" + BODY


def test_a_dropped_box_is_shown_and_cannot_be_clicked(board: Board) -> None:
    body = "- [ ] one\n- [~] two ~~x~~\n  - [x] three\n\n`- [~] code`\n\n```\n- [~] fenced\n```\n"
    board.records.add_issue("x", "local", body=body)
    page = board.page("/issues/1")

    assert boxes(page) == [("false", "one"), ("true", "three")]
    assert page.count('<span class="box" role="img" aria-label="dropped"></span> two') == 1
    assert "- [~] code" in page
    assert "- [~] fenced" in page
    assert "1 of 2 steps ticked" in page
    form = {"box": "1", "seen": board.seen(1)}
    assert board.ask("POST", "/issues/1/boxes", data=form).status_code == 400
    board.tick(1, 2)
    assert differing(body, board.body(1)) == [("x", " ")]


@pytest.mark.parametrize("box", ["9", "-1", "x", ""])
def test_a_box_that_is_not_there_is_refused(board: Board, box: str) -> None:
    board.records.add_issue("x", "local", body=BODY)
    form = {"box": box, "seen": board.seen(1)}

    assert board.ask("POST", "/issues/1/boxes", data=form).status_code == 400


# --- state, edit


@pytest.mark.parametrize(
    ("to", "reason", "words"),
    [("done", Reason.COMPLETED, "Done"), ("wont-do", Reason.NOT_PLANNED, "Won&#39;t do")],
)
def test_an_issue_is_closed_either_way_and_reopened(
    board: Board, to: str, reason: Reason, words: str
) -> None:
    board.records.add_issue("x", "local")
    assert board.ask("POST", "/issues/1/state", data={"to": to}).status_code == 303
    closed = board.records.issue(1)
    assert closed is not None
    assert (closed.state, closed.reason, closed.closed_by) == ("closed", reason, "you")
    assert words in board.page("/issues/1")
    assert words in board.page("/")

    board.ask("POST", "/issues/1/state", data={"to": "open"})
    opened = board.records.issue(1)
    assert opened is not None
    assert (opened.state, opened.reason) == ("open", Reason.REOPENED)


def test_a_state_that_is_none_is_refused(board: Board) -> None:
    board.records.add_issue("x", "local")

    assert board.ask("POST", "/issues/1/state", data={"to": "gone"}).status_code == 400


def test_a_web_edit_stores_crlf(board: Board) -> None:
    board.records.add_issue("x", "local", body="a\nb")
    form = {"title": "New  title ", "body": "a\nc\r\n\rd", "seen": board.seen(1)}
    assert board.ask("POST", "/issues/1/edit", data=form).status_code == 303

    issue = board.records.issue(1)
    assert issue is not None
    assert (issue.title, issue.body) == ("New title", "a\r\nc\r\n\r\nd")


def test_an_edit_of_the_title_alone_leaves_the_text_byte_for_byte(board: Board) -> None:
    board.records.add_issue("x", "local", body="a\nb\r\nc")
    form = {"title": "y", "body": "a\r\nb\r\nc", "seen": board.seen(1)}
    board.ask("POST", "/issues/1/edit", data=form)

    assert board.body(1) == "a\nb\r\nc"


def test_an_edit_of_a_text_that_moved_keeps_both(board: Board) -> None:
    board.records.add_issue("x", "local", body="before")
    form = {"title": "x", "body": "mine", "seen": board.seen(1)}
    board.records.change_issue(1, body="theirs")
    answer = board.ask("POST", "/issues/1/edit", data=form)

    assert answer.status_code == 409
    assert board.body(1) == "theirs"
    assert "\nmine</textarea>" in answer.text
    assert "<p>theirs</p>" in answer.text


@pytest.mark.parametrize(
    ("title", "body"),
    [("", "x"), (" \n ", "x"), ("t" * 257, "x"), ("t", "x" * 65_537)],
    ids=["none", "blank", "long", "text"],
)
def test_an_edit_beyond_the_limits_is_told_and_kept_in_the_form(board: Board, title: str, body: str) -> None:
    board.records.add_issue("x", "local", body="before")
    form = {"title": title, "body": body, "seen": board.seen(1)}
    answer = board.ask("POST", "/issues/1/edit", data=form)

    assert answer.status_code == 422
    assert "Nothing was saved" in answer.text
    assert board.body(1) == "before"


def test_a_text_that_begins_with_a_blank_line_survives_its_form(board: Board) -> None:
    board.records.add_issue("x", "local", body="\n\nx")

    assert ">\n\n\nx</textarea>" in board.page("/issues/1")


def test_an_issue_page_names_its_people_and_what_it_waits_for(board: Board) -> None:
    for title in ("first <b>", "second", "third"):
        board.records.add_issue(title, "local")
    board.records.relations.assign(2, ["mona", "hubot"])
    board.records.relations.block(2, 1)
    board.records.relations.block(3, 2)
    page = board.page("/issues/2")

    assert "Assigned to mona, hubot" in page
    before, _, after = page.partition("<h2>Blocks</h2>")
    assert "first &lt;b&gt;</a>" in before.partition("<h2>Blocked by</h2>")[2]
    assert "third</a>" in after
    assert "Blocked by" not in board.page("/issues/1")


# --- foreign text


HOSTILE = [
    "<script>alert(1)</script>",
    "text <img src=x onerror=alert(1)> text",
    "[x](javascript:alert(1))",
    "[x](JaVaScRiPt:alert(1))",
    "[x](data:text/html;base64,PHN2Zz4=)",
    "[x](vbscript:x)",
    "<javascript:alert(1)>",
    '[x](https://e.org/"onmouseover="alert(1))',
    '[x](https://e.org "\\" onmouseover=alert(1)")',
    "![x](https://tracker.example/pixel.png)",
    "```html\n</code></pre><script>alert(1)</script>\n```",
    "`</code><script>alert(1)</script>`",
    "| a |\n|---|\n| <script>alert(1)</script> |",
    '- [ ] </button><script>alert(1)</script>" onclick="alert(1)',
    "</div></article><form action=https://evil.example><input name=x>",
    "<!-- --><script>alert(1)</script><!-- -->",
    "<!-- a --!><script>alert(1)</script> -->",
    "<style>body{display:none}</style>",
    "<base href=https://evil.example>",
    "https://e.org/<script>alert(1)</script>",
    "</textarea><script>alert(1)</script>",
]
_OURS = {
    "p", "em", "strong", "del", "blockquote", "h2", "h3", "h4", "h5", "h6", "pre", "code", "ul", "ol", "li",
    "a", "span", "div", "table", "thead", "tbody", "tr", "th", "td", "br", "hr", "button",
}  # fmt: skip


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_stays_text(board: Board, text: str) -> None:
    board.records.add_issue(text.replace("\n", " "), "local", body=text, labels=["<b>label</b>"])
    board.records.add_comment(1, text, "local")
    board.records.add_milestone("<script>alert(1)</script>", "local")

    page = board.page("/issues/1")
    assert "<script" not in page
    assert "<script" not in board.page("/")
    assert "<b>" not in page
    prose = page.partition('<div class="prose">')[2].partition("</article>")[0]
    for tag, attributes in re.findall(r"<([a-zA-Z][a-zA-Z0-9]*)([^>]*)>", prose):
        assert tag in _OURS
        assert re.fullmatch(
            r'(?: (?:class|form|name|value|id|role|aria-[a-z]+|rel|tabindex|start|href)="[^"<>]*")*',
            attributes,
        )
    assert all(
        address.startswith(("https://", "http://", "mailto:"))
        for address in re.findall(r'href="([^"]*)"', prose)
    )
    assert "src=" not in re.sub(r"&lt;.*?&gt;", "", prose)


def test_comments_in_a_text_are_hidden(board: Board) -> None:
    board.records.add_issue("x", "local", body="a <!-- secret --> b\n\n<!-- more\nsecret\n\nsecret -->\n\nc")
    prose = board.page("/issues/1").partition('<div class="prose">')[2].partition("</article>")[0]

    assert "secret" not in prose
    assert "<p>c</p>" in prose


def test_pages_allow_no_script_and_no_foreign_source(board: Board) -> None:
    policy = board.ask("GET", "/").headers["content-security-policy"]

    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    assert "unsafe" not in policy


# --- who may send a form


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "https://evil.example"},
        {"origin": "null"},
        {"origin": "http://127.0.0.1:9999"},
        {"referer": "https://evil.example/127.0.0.1:7526"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
    ],
)
def test_a_form_that_another_site_sent_is_refused(board: Board, headers: dict[str, str]) -> None:
    board.records.add_issue("x", "local", body=BODY)

    assert board.tick(1, 0, **headers).status_code == 403
    assert board.ask("POST", "/issues/1/state", data={"to": "done"}, headers=headers).status_code == 403
    assert board.body(1) == BODY


def test_a_form_of_our_own_page_is_taken(board: Board) -> None:
    board.records.add_issue("x", "local", body=BODY)
    headers = {"origin": HERE, "referer": f"{HERE}/issues/1", "sec-fetch-site": "same-origin"}

    assert board.tick(1, 0, **headers).status_code == 303


@pytest.mark.parametrize(
    "name", ["evil.example", "127.0.0.1.evil.example", "169.254.1.1", "localhost.evil.example"]
)
def test_a_name_that_is_not_this_machine_is_refused(board: Board, name: str) -> None:
    assert board.ask("GET", "/", base=f"http://{name}:7526").status_code == 421


@pytest.mark.parametrize("name", ["127.0.0.1", "localhost", "[::1]"])
def test_this_machine_answers_to_its_own_names(board: Board, name: str) -> None:
    assert board.ask("GET", "/", base=f"http://{name}:7526").status_code == 200


def test_what_is_no_form_is_none(board: Board) -> None:
    board.records.add_issue("x", "local", body=BODY)

    for content in (b"", b"\xff", b"&" * 5000, b"to=done"):
        headers = {"content-type": "text/plain"}
        assert board.ask("POST", "/issues/1/state", content=content, headers=headers).status_code == 400
    assert board.ask("POST", "/issues/1/state", data={"to": "x" * 3_000_000}).status_code == 413


# --- the page of milestones


def test_the_first_page_groups_issues_and_tells_progress(board: Board) -> None:
    board.records.add_milestone("Setup", "local")
    for title, milestone in (("a", 1), ("b", 1), ("c", 1), ("loose", None)):
        board.records.add_issue(title, "local", milestone=milestone, body="- [x] s\n- [ ] t")
    board.records.close_issue(1, Reason.COMPLETED, "you")
    board.records.close_issue(2, Reason.DUPLICATE, "you")
    page = board.page("/")

    assert "1 of 2 done · 1 won't do" in page
    assert "No milestone" in page
    assert "1 of 2 steps" in page
    assert [each.strip() for each in re.findall(r'<span class="standing">([^<]*)</span>', page)] == [
        "Done",
        "Won&#39;t do",
        "Open",
        "Open",
    ]


def test_the_first_page_names_whose_an_issue_is_and_when_a_milestone_is_due(board: Board) -> None:
    board.records.add_milestone("Setup", "local", due_on="2027-01-31T08:00:00Z")
    board.records.add_issue("a", "local", milestone=1)
    board.records.relations.assign(1, ["mona"])

    page = board.page("/")

    assert "0 of 1 done · due 2027-01-31</p>" in page
    assert "<span>@mona</span>" in page


def test_the_overview_stands_apart_and_counts_for_nothing(board: Board) -> None:
    block = "<!-- plansync:begin v=1 kind=overview plan=ab12cd34 id=aaaaaaa rev=1 op=zz -->\n- [ ] works"
    board.records.add_issue("Plan: overview", "local", body=block)
    board.records.add_issue("task", "local")
    page = board.page("/")

    assert page.index(">Overview<") < page.index("Plan: overview") < page.index("No milestone")
    assert "0 of 1 done" in page


def test_an_empty_tracker_says_what_to_do(board: Board) -> None:
    assert "plansync push" in board.page("/")


def test_the_addresses_that_the_api_gives_lead_to_the_board(board: Board) -> None:
    for path, to in (
        ("/local/plans", "/"),
        ("/local/plans/issues/3", "/issues/3"),
        ("/local/plans/milestone/2", "/#milestone-2"),
    ):
        assert board.ask("GET", path).headers["location"] == to


@pytest.mark.parametrize("path", ["/issues/9", "/issues/x", f"/issues/{'9' * 5000}", "/nothing"])
def test_what_is_not_there_is_a_page_that_says_so(board: Board, path: str) -> None:
    answer = board.ask("GET", path)

    assert answer.status_code == 404
    assert "Back to all issues" in answer.text
