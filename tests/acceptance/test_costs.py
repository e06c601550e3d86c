"""What a diff says that it takes is what the next push or sync then takes, request by request."""

from __future__ import annotations

from tests.acceptance.conftest import in_every_form
from tests.support.people import Copy, Person, Ran


def assert_as_said(said: Ran, done: Ran) -> None:
    needs, made = said.json["needs"], done.json["requests"]
    assert (needs["requests"], needs["writes"]) == (made["total"], made["writes"])


@in_every_form
def test_a_first_push_with_its_links(fresh: Copy) -> None:
    said = fresh.run("diff", "--json")
    links = said.kinds("tracker", "planned").count("add-dependency")

    assert links > 0
    assert said.json["needs"]["mails"] == 13 + links, "an issue that is made, and a link, send a mail each"
    assert_as_said(said, fresh.push())
    assert fresh.run("diff", "--json").json["needs"] is None


def test_edits_and_closes(copy: Copy, person: Person) -> None:
    copy.tick("1.2", copy.outline.task("2.1").steps[0])
    copy.replace(f"Task 3.1: {copy.outline.task('3.1').title}", "Task 3.1: Another name")
    person.close(copy.outline.task("1.1").title)

    said = copy.run("diff", "--json")

    assert said.json["needs"]["mails"] == 0
    assert_as_said(said, copy.sync())


def test_what_only_the_plan_gets_needs_nothing(copy: Copy, person: Person) -> None:
    person.tick(copy.outline.task("2.1").title, copy.outline.task("2.1").steps[0])

    ran = copy.run("pull", "--dry-run", "--json")

    assert "tick" in ran.kinds("plan", "planned")
    assert ran.json["needs"] is None


def test_the_sandbox_costs_nothing(fresh: Copy) -> None:
    fresh.flags = ("--tracker", "sandbox")

    assert fresh.run("diff", "--json").json["needs"] is None
    assert "Needs" not in fresh.run("diff").out
