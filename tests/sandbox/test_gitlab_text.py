"""What GitLab does with a text: quick actions run and go, line ends are made one, boxes are counted."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from plansync.sandbox.gitlab_commands import Command, told
from plansync.sandbox.kinds import Role, Tier
from tests.sandbox.api import GitLabApi, P

BOTH = pytest.mark.parametrize("is_plain_rule", [False, True])


def names(text: str, *, is_plain_rule: bool) -> list[str]:
    return [each.name for each in told(text, is_plain_rule=is_plain_rule).commands]


@BOTH
@pytest.mark.parametrize(
    "text",
    [
        "text\n/close",
        "/close",
        "/CLOSE\n\n\ntext",
        "/close  \ntext",
        "text\n\n/label ~a ~b\ntext",
        "/estimate 3h",
        "- item\n\n/close",
        "/close\r\ntext",
    ],
)
def test_a_line_that_begins_with_a_known_word_is_an_action(text: str, is_plain_rule: bool) -> None:
    found = told(text, is_plain_rule=is_plain_rule)

    assert len(found.commands) == 1
    assert "/" not in found.text


@BOTH
@pytest.mark.parametrize(
    "text",
    [
        "/usr/bin",
        "/closed",
        "/close: no",
        "see /close",
        " /close",
        "\\/close",
        "```\n/close\n```",
        "`a`\n\n```py\nx\n/close\n```",
        ">>>\n/close\n>>>",
        "<details>\n/close\n</details>",
        "> /close",
        "- /close",
    ],
)
def test_what_only_looks_like_an_action_stays(text: str, is_plain_rule: bool) -> None:
    assert told(text, is_plain_rule=is_plain_rule) == (text, ())


@pytest.mark.parametrize(
    "text", ["~~~\n/close\n~~~", "<!--\n/close\n-->", "- item\n/close", "- a\n  - b\n/close"]
)
def test_only_older_servers_act_in_these(text: str) -> None:
    assert names(text, is_plain_rule=False) == []
    assert names(text, is_plain_rule=True) == ["close"]


@pytest.mark.parametrize(
    ("is_plain_rule", "kept"), [(False, "one\n\n\ntwo\n\nthree"), (True, "one\ntwo\n\nthree")]
)
def test_a_blank_line_after_an_action_goes_with_it_and_older_servers_take_them_all(
    is_plain_rule: bool, kept: str
) -> None:
    found = told("one\n/close\n\n\n\ntwo\n\n/due 2026-12-24\nthree  \n\n", is_plain_rule=is_plain_rule)

    assert found == (kept, (Command("close", ""), Command("due", "2026-12-24")))


@pytest.mark.parametrize(
    "quote", [">>>", ">>> ", ">>>\t", " >>>", ">>> [!note]", ">>> [!warning] Mind", ">>>>"]
)
@pytest.mark.parametrize("fence", ["```", "~~~"])
def test_a_fence_ends_with_the_quote_that_it_began_in(quote: str, fence: str) -> None:
    """As GitLab 19.4.1 was seen to do by others."""
    end = quote.partition("[")[0].strip()

    assert names(f"{quote}\n{fence}\n{end}\n/close\n{fence}", is_plain_rule=False) == ["close"]
    assert names(f"{fence}\n{quote}\n/close\n{end}\n{fence}", is_plain_rule=False) == []
    assert names(f"{quote}\n/close\n{end}\n\ntext", is_plain_rule=False) == []
    assert names("> >>>\n> ```\n> >>>\n> /close\n", is_plain_rule=False) == []


def test_code_of_several_lines_is_safe_today() -> None:
    assert names("a `b\n/close\nc` d", is_plain_rule=False) == []
    assert names("a `b\n/close\nc` d", is_plain_rule=True) == ["close"]


def test_two_actions_draw_instead_of_acting() -> None:
    assert told("/shrug well\nend", is_plain_rule=False) == ("well ¯\\＿(ツ)＿/¯\nend", ())


@BOTH
def test_a_text_of_many_letters_is_read_at_the_right_places(is_plain_rule: bool) -> None:
    assert told("äöü 🎉\n\n/close\nñ", is_plain_rule=is_plain_rule).text == "äöü 🎉\n\nñ"


# --- on an issue


def test_carriage_returns_and_what_is_blank_at_the_end_go(gitlab: GitLabApi) -> None:
    assert gitlab.issue(description="  a\r\nb\rc \n \t\r\n")["description"] == "  a\nbc"
    assert gitlab.put(f"{P}/issues/1", description="d\r\n")["description"] == "d"
    assert gitlab.issue(description="")["description"] == ""
    assert gitlab.issue()["description"] is None


def test_texts_of_other_types_are_left_alone(gitlab: GitLabApi) -> None:
    made = gitlab.issue(description="a\r\n/close\n", issue_type="task")

    assert (made["description"], made["state"]) == ("a\r\n/close\n", "opened")


def test_the_actions_of_a_new_text_are_done(gitlab: GitLabApi) -> None:
    gitlab.post(f"{P}/labels", name="two words", color="#aabbcc")
    gitlab.post(f"{P}/milestones", title="M 1")
    actions = [
        "/title Other",
        '/label ~"two words" ~unknown',
        "/estimate 1d 2h",
        '/milestone %"M 1"',
        "/due 2026-12-24",
    ]
    made = gitlab.issue(description="\n".join(["keep", *actions, "/close"]))

    assert (made["title"], made["description"], made["state"]) == ("Other", "keep", "closed")
    assert (made["labels"], made["milestone"]["title"], made["due_date"]) == (
        ["two words"],
        "M 1",
        "2026-12-24",
    )
    assert made["time_stats"]["time_estimate"] == 10 * 3600


def test_an_action_that_a_text_had_already_is_not_done_again(gitlab: GitLabApi) -> None:
    gitlab.issue()
    gitlab.records.change_issue(1, body="text\n/close")  # as it may stand in old records
    changed = gitlab.put(f"{P}/issues/1", description="new text\n/close\n/confidential")

    assert (changed["description"], changed["state"], changed["confidential"]) == ("new text", "opened", True)


def test_any_change_takes_the_actions_of_a_stored_text_away(gitlab: GitLabApi) -> None:
    gitlab.issue()
    gitlab.records.change_issue(1, body="text\n/close")
    changed = gitlab.put(f"{P}/issues/1", title="new")

    assert (changed["description"], changed["state"]) == ("text", "opened")


def test_a_guests_actions_are_taken_away_and_not_done(gitlab: GitLabApi) -> None:
    gitlab.records.play(role=Role.READ)
    made = gitlab.issue(description="a\n/confidential\n/estimate 3h")

    assert (made["description"], made["confidential"], made["time_stats"]["time_estimate"]) == ("a", False, 0)


@pytest.mark.parametrize(
    ("action", "holds"),
    [
        ("/reopen", lambda now: now["state"] == "opened"),
        ("/unlabel ~a", lambda now: now["labels"] == ["b"]),
        ("/remove_label", lambda now: now["labels"] == []),
        ("/relabel ~b", lambda now: now["labels"] == ["b"]),
        ("/remove_estimate", lambda now: now["time_stats"]["time_estimate"] == 0),
        ("/estimate nonsense", lambda now: now["time_stats"]["time_estimate"] == 3600),
        ("/spend 2h", lambda now: now["time_stats"]["total_time_spent"] == 10800),
        ("/spend -3h", lambda now: now["time_stats"]["total_time_spent"] == 3600),
        ("/remove_time_spent", lambda now: now["time_stats"]["total_time_spent"] == 0),
        ("/remove_due_date", lambda now: now["due_date"] is None),
        ("/remove_milestone", lambda now: now["milestone"] is None),
        ("/milestone %Never", lambda now: now["milestone"]["title"] == "M"),
        ("/assign @mona", lambda now: [each["username"] for each in now["assignees"]] == ["local", "mona"]),
        ("/reassign @mona", lambda now: [each["username"] for each in now["assignees"]] == ["mona"]),
        ("/unassign", lambda now: now["assignees"] == []),
        ("/weight 3", lambda now: now["state"] == "closed"),
    ],
)
def test_an_action_in_a_note_is_done(
    gitlab: GitLabApi, action: str, holds: Callable[[dict[str, object]], bool]
) -> None:
    me = gitlab.get("/user")["id"]
    milestone = gitlab.post(f"{P}/milestones", title="M")["id"]
    gitlab.issue(labels="a,b", due_date="2026-12-24", milestone_id=milestone, assignee_ids=[me])
    gitlab.put(f"{P}/issues/1", state_event="close")
    gitlab.post(f"{P}/issues/1/time_estimate", duration="1h")
    gitlab.post(f"{P}/issues/1/add_spent_time", duration="1h")
    noted = gitlab.post(f"{P}/issues/1/notes", body=f"said\n{action}")

    assert noted["body"] == "said"
    assert holds(gitlab.get(f"{P}/issues/1"))


def test_a_note_of_actions_alone_is_not_kept(gitlab: GitLabApi) -> None:
    gitlab.issue()
    answer = gitlab.ask("POST", f"{P}/issues/1/notes", json={"body": "/close\n"})

    assert answer.status_code == 202
    assert answer.json()["commands_changes"] == {"state_event": "close"}
    assert gitlab.get(f"{P}/issues/1")["state"] == "closed"
    assert gitlab.get(f"{P}/issues/1/notes", activity_filter="only_comments") == []


def test_actions_link_issues_where_licensed(gitlab: GitLabApi) -> None:
    for title in ("one", "two", "three"):
        gitlab.issue(title)
    gitlab.put(f"{P}/issues/1", description="/blocked_by #2\n/relate #3 #9")
    types = {each["iid"]: each["link_type"] for each in gitlab.get(f"{P}/issues/1/links")}
    gitlab.put(f"{P}/issues/1", description="/unlink #2")
    left = [each["iid"] for each in gitlab.get(f"{P}/issues/1/links")]
    gitlab.records.play(tier=Tier.FREE)
    gitlab.put(f"{P}/issues/1", description="/blocks #2")

    assert types == {2: "is_blocked_by", 3: "relates_to"}
    assert left == [3] == [each["iid"] for each in gitlab.get(f"{P}/issues/1/links")]


def test_a_duplicate_is_closed_and_names_what_it_repeats(gitlab: GitLabApi) -> None:
    gitlab.issue("one")
    gitlab.issue("two")
    twin = gitlab.put(f"{P}/issues/2", description="/duplicate #1")

    assert twin["state"] == "closed"
    assert twin["_links"]["closed_as_duplicate_of"] == gitlab.get(f"{P}/issues/1")["_links"]["self"]
    assert gitlab.put(f"{P}/issues/2", state_event="reopen")["_links"]["closed_as_duplicate_of"] is None


# --- boxes


@pytest.mark.parametrize(
    ("text", "counts"),
    [
        ("- [ ] a\n- [x] b\n* [X] c\n1. [ ] d\n", (4, 2)),
        ("- [ ] a\n  - [x] b\n\n> - [ ] c\n", (3, 1)),
        ("- [~] dropped\n- [x] done\n1) [~] too", (1, 1)),
        ("- [ ]\n- [ ]b\n- []\n[ ] c", (0, 0)),
        ("```\n- [x] a\n- [~] b\n```\n<!--\n- [ ] c\n-->\n", (0, 0)),
        ("plain", (0, 0)),
    ],
)
def test_boxes_are_counted_and_dropped_ones_are_not(
    gitlab: GitLabApi, text: str, counts: tuple[int, int]
) -> None:
    made = gitlab.issue(description=text)

    assert made["task_completion_status"] == {"count": counts[0], "completed_count": counts[1]}
    assert made["has_tasks"] == bool(counts[0])
