"""The JSON documents of the real commands are as their schemas say, and the schemas leave nothing out."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from plansync.checks.finding import Severity
from plansync.cli.outcome import OUTCOMES
from plansync.document.dialects import DIALECTS
from plansync.model import Side, State, Tick
from plansync.sync.events import Status
from tests.docs.conftest import Person
from tests.docs.pages import ROOT
from tests.support.mortals import Mortals
from tests.support.people import Copy, Ran, environment

jsonschema = pytest.importorskip("jsonschema")

Run = Callable[..., Ran]

FOLDER = ROOT / "docs" / "schemas"
NAMES = {
    "plansync/run/1": "run-1.json",
    "plansync/runs/1": "runs-1.json",
    "plansync/plans/1": "plans-1.json",
    "plansync/plan/1": "plan-1.json",
    "plansync/status/1": "status-1.json",
    "plansync/check/1": "check-1.json",
    "plansync/state/1": "state-1.json",
    "plansync/new/1": "new-1.json",
    "plansync/log/1": "log-1.json",
    "plansync/health/1": "health-1.json",
    "plansync/changeset/1": "changeset-1.json",
    "plansync/schedule/1": "schedule-1.json",
    "plansync/doctor/1": "doctor-1.json",
    "plansync/words/1": "words-1.json",
}


@pytest.fixture
def run(tmp_path: Path, forks: Mortals) -> Run:
    """Run one command; nothing here is about its start-up."""
    home = tmp_path.with_name(f"home of {tmp_path.name}")
    home.mkdir()

    def go(command: str, env: Mapping[str, str] | None = None) -> Ran:
        program, *arguments = command.split()
        assert program == "plansync"
        return forks.run(Copy(tmp_path, environment(home, **(env or {}))), arguments)

    return go


def schema(name: str) -> Any:
    return json.loads((FOLDER / NAMES[name]).read_text(encoding="utf-8"))


def closed(node: Any) -> Any:
    """Forbid what a schema does not name, so that a document cannot say more than it tells."""
    if isinstance(node, list):
        return [closed(each) for each in node]
    if not isinstance(node, dict):
        return node
    node = {key: closed(value) for key, value in node.items()}
    if "properties" in node and node.get("type") == "object":
        node["additionalProperties"] = False
    return node


def check(text: str) -> Any:
    """Validate one document, strictly; returns it."""
    document = json.loads(text)
    jsonschema.Draft202012Validator(closed(schema(document["schema"]))).validate(document)
    return document


@pytest.mark.parametrize("name", NAMES)
def test_a_schema_is_one(name: str) -> None:
    found = schema(name)

    jsonschema.Draft202012Validator.check_schema(found)
    assert found["title"] == found["properties"]["schema"]["const"] == name


def test_the_folder_holds_no_other() -> None:
    assert {path.name for path in FOLDER.iterdir()} == set(NAMES.values())


def test_closed_sets_are_those_of_the_program() -> None:
    run, plan = schema("plansync/run/1")["properties"], schema("plansync/plan/1")["properties"]
    operation = run["operations"]["items"]["properties"]
    task = plan["tasks"]["items"]["properties"]

    assert run["outcome"]["enum"] == list(OUTCOMES.values())
    assert operation["status"]["enum"] == [s.value for s in Status]
    assert set(operation["side"]["enum"]) == {s.value for s in Side}
    for name in ("plansync/plan/1", "plansync/check/1"):
        holder = schema(name)["properties"].get("plans", {"items": schema(name)})["items"]["properties"]
        assert holder["findings"]["items"]["properties"]["severity"]["enum"] == [s.value for s in Severity]
    assert task["state"]["enum"] == [s.value for s in State]
    assert task["steps"]["items"]["properties"]["tick"]["enum"] == [t.value for t in Tick]
    assert plan["dialect"]["enum"] == [dialect.name for dialect in DIALECTS]


def test_kinds_of_operations_are_those_that_are_described(run: Run, plan: Path) -> None:
    text = schema("plansync/run/1")["properties"]["operations"]["items"]["properties"]["kind"]["description"]
    source = "".join(
        (ROOT / "plansync" / name).read_text(encoding="utf-8")
        for name in ("reconcile/order.py", "trackers/drafts.py", "document/rewrite.py")
    )

    for kind in text.replace(".", ",").replace("Plan:", ",").replace("Tracker:", ",").split(",")[1:]:
        if kind.strip():
            assert f'"{kind.strip()}"' in source, kind
    for operation in json.loads(run("plansync push --dry-run --json").out)["operations"]:
        assert operation["kind"] in text


@pytest.mark.parametrize(
    "verb",
    [
        "status",
        "inspect",
        "diff",
        "push --dry-run",
        "push --yes",
        "pull",
        "sync",
        "new next.md",
        "check",
        "check --fix",
        "doctor",
        "doctor --fix --yes",
        "state show",
        "state rebuild",
        "prune",
        "link --suggest",
        "schedule cron -R owner/name --tracker github",
    ],
)
def test_a_command_prints_what_its_schema_says(run: Run, plan: Path, verb: str) -> None:
    if verb in ("pull", "sync", "state rebuild", "prune", "link --suggest"):
        run("plansync push --yes")

    done = run(f"plansync {verb} --json")

    document = check(done.out)
    assert done.code == 0
    assert document.get("outcome", "done") == "done"


def test_a_plan_in_every_state_prints_what_its_schema_says(
    run: Run, plan: Path, person: Person, settings: str
) -> None:
    """A conflict, a note, a refused operation's neighbours, a dropped step, words for dependencies."""
    plan.with_name("plansync.toml").write_text(settings, encoding="utf-8")
    env = {"PLANSYNC_TOKEN": person.token}
    run("plansync push --yes", env=env)
    person.close(1)
    person.retitle(2, "Write one entry")
    source = plan.read_text(encoding="utf-8")
    source = source.replace("Write the first entry", "Write an entry").replace("[ ] Pick", "[x] ~~Pick")
    source = source.replace("Pick a photo", "Pick a photo~~").replace(
        "Task 1.2\n", "the good will of others\n"
    )
    plan.write_text(source, encoding="utf-8")

    synced = check(run("plansync sync --json", env=env).out)
    status = check(run("plansync status --json").out)
    check(run("plansync inspect --json").out)
    remembered = check(run("plansync state show --json").out)

    told = [i["conflicts"][0]["id"] for i in remembered["items"] if i["conflicts"]]
    assert synced["outcome"] == "conflicts"
    (conflict,) = synced["conflicts"]
    assert (conflict["plan"], conflict["issue"]) == ("Write an entry", "Write one entry")
    assert [each["id"] for each in status["decisions"]] == told == [conflict["id"]]
    assert status["linked"] == 3


def test_the_history_and_a_saved_changeset_are_what_their_schemas_say(run: Run, plan: Path) -> None:
    run("plansync push --yes")
    source = plan.read_text(encoding="utf-8")
    plan.write_text(source.replace("- [ ] Pick", "- [x] Pick"), encoding="utf-8")
    run("plansync diff --out changes.json")

    saved = check(plan.with_name("changes.json").read_text(encoding="utf-8"))
    ran = check(run("plansync apply changes.json --json").out)
    listed = check(run("plansync log --json").out)
    one = check(run(f"plansync log {ran['run']} --json").out)
    single = check(run(f"plansync log {one['operations'][0]['id']} --json").out)
    undone = check(run(f"plansync undo {ran['run']} --json").out)

    assert [op["kind"] for op in saved["operations"]] == [op["kind"] for op in ran["operations"]]
    assert [each["command"] for each in listed["runs"]] == ["apply", "push"]
    assert "body" in single["operations"][0]["before"]
    assert undone["outcome"] == "done"


def test_a_check_that_finds_and_mends_prints_what_its_schema_says(run: Run, plan: Path) -> None:
    source = plan.read_text(encoding="utf-8").replace("Task 1.2\n", "Task 9.9\n")
    plan.write_text(f"{source}\n---\n\n**Number of Tasks**: 7\n", encoding="utf-8")

    found = check(run("plansync check --json").out)
    mended = check(run("plansync check --fix --format json").out)
    seen = check(run("plansync inspect --json").out)

    assert found["counts"] == {"errors": 1, "warnings": 1, "notes": 0, "fixed": 0}
    assert mended["counts"] == {"errors": 1, "warnings": 0, "notes": 0, "fixed": 1}
    assert [f["code"] for f in seen["findings"]] == ["PLAN101"]


def test_a_run_that_could_not_begin_prints_what_its_schema_says(run: Run, plan: Path) -> None:
    env = {"PLANSYNC_TOKEN": "no-such-token", "PLANSYNC_API_URL": "http://127.0.0.1:9/api/v3"}

    done = run("plansync sync --json", env={**env, "PLANSYNC_REPO": "a/b"})

    document = check(done.out)
    assert done.code == 1
    assert (document["outcome"], document["operations"]) == ("error", [])
    assert "127.0.0.1:9" in document["error"]


def test_several_plans_print_one_document_with_a_part_each(run: Run, plan: Path) -> None:
    plan.with_name("b.md").write_text("# Plan: B\n\n## Phase 1: P\n\n### Task 1.1: T\n\n- [ ] s\n", "utf-8")
    tables = "".join(f'[[plan]]\npath = "{name}"\n' for name in (plan.name, "b.md", "gone.md"))
    plan.with_name("plansync.toml").write_text(f'tracker = "sandbox"\n{tables}', encoding="utf-8")

    for verb in ("diff", "push --yes", "sync", "resolve"):
        document = check(run(f"plansync {verb} --json").out)
        assert document["schema"] == "plansync/runs/1"
        assert [check(json.dumps(each))["outcome"] for each in document["runs"]] == ["done", "done", "error"]
    for verb in ("status", "inspect", "log", "state show"):
        document = check(run(f"plansync {verb} --json").out)
        found = [each["document"] for each in document["plans"] if each["document"]]
        assert [check(json.dumps(each))["schema"] for each in found][:2] == [found[0]["schema"]] * 2


def test_health_prints_what_its_schema_says(run: Run, plan: Path) -> None:
    assert check(run("plansync health --json").out)["plans"][0]["age_s"] is None
    run("plansync push --yes")

    assert check(run("plansync health --json").out)["is_ok"]


def test_a_command_that_answers_in_words_prints_what_its_schema_says(run: Run, plan: Path) -> None:
    run("plansync --tracker sandbox push --yes")

    begun = check(run("plansync init --yes --tracker sandbox --json").out)
    shown = check(run("plansync state lineage --json").out)
    merged = check(run("plansync state merge --json").out)
    changed = [
        check(run(f"plansync {verb} --json").out) for verb in ("state rekey --yes", "unlink --all --yes")
    ]

    assert [each["command"] for each in (begun, shown, *changed)] == [
        "init",
        "state lineage",
        "state rekey",
        "unlink",
    ]
    assert begun["lines"][0] == "wrote plansync.toml"
    assert merged["command"] == "state merge" and merged["lines"][0].startswith("There is no conflict")
    assert run("plansync demo --json").code == 2
    assert run("plansync --json").code == 2
