"""The project's own files say the same things as the code."""

from __future__ import annotations

import itertools
import re
import subprocess
import sys
import tomllib
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest

import plansync

ROOT = Path(__file__).parents[1]


def read(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def project() -> dict[str, Any]:
    return tomllib.loads(read("pyproject.toml"))


def test_the_version_stands_in_one_place(project: dict[str, Any]) -> None:
    assert "version" not in project["project"]
    assert metadata.version("plansync") == plansync.__version__


def test_the_command_starts_what_it_names(project: dict[str, Any]) -> None:
    module, _, function = project["project"]["scripts"]["plansync"].partition(":")

    assert f"def {function}(" in read(module.replace(".", "/") + ".py")


def test_constraints_pin_versions_and_name_no_place() -> None:
    pins = [line for line in read("constraints.txt").splitlines() if not line.lstrip().startswith("#")]

    assert all(re.fullmatch(r"[a-z0-9-]+==[\w.]+( ; .+)?", pin) for pin in pins)
    assert not re.search(r"://|/|@|--hash|index-url|find-links", "\n".join(pins))
    assert not re.search(r"://|(^|\s)/", read("constraints.txt"))


def test_constraints_pin_whatever_the_project_asks_for(project: dict[str, Any]) -> None:
    asked = project["project"]["dependencies"] + project["project"]["optional-dependencies"]["dev"]
    names = {re.split(r"[\[<>=]", line)[0].casefold() for line in asked}

    assert names <= {line.partition("==")[0] for line in read("constraints.txt").splitlines()}


def test_make_has_the_targets_that_people_are_told_of() -> None:
    makefile = read("Makefile")
    targets = set(re.findall(r"^([a-z][a-z-]*):", makefile, re.MULTILINE))
    phony = re.search(r"^\.PHONY: (.+)$", makefile, re.MULTILINE)

    assert targets >= {"demo", "test", "test-all", "lint", "types", "contracts", "format", "clean"}
    assert phony is not None
    assert set(phony[1].split()) == targets


def test_every_python_that_is_tested_is_one_that_is_promised(project: dict[str, Any]) -> None:
    tested = set(
        re.findall(r'"(3\.\d+)"', read(".github/workflows/ci.yml").split("matrix:")[1].split("steps:")[0])
    )
    promised = {c.rpartition(" ")[2] for c in project["project"]["classifiers"] if "Python :: 3." in c}

    assert tested == promised
    assert project["project"]["requires-python"] == f">={min(promised, key=lambda v: int(v[2:]))}"


def findings(name: str, code: str) -> str:
    """Let ruff look at code as if it stood in a file of that name."""
    command = [sys.executable, "-m", "ruff", "check", "--output-format=concise", "--quiet"]
    run = subprocess.run(
        [*command, f"--stdin-filename={name}", "-"],
        input=f'"""Say."""\n\n{code}\n',
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=False,
    )
    return run.stdout


PURE = ["checks", "document", "planning", "reconcile"]
PURE_FILES = ["plansync/model.py", "plansync/durations.py", "plansync/text.py", "plansync/errors.py"]


@pytest.mark.parametrize("name", [*PURE_FILES, *(f"plansync/{part}/deep/new.py" for part in PURE)])
def test_a_pure_part_that_looks_at_a_clock_is_found(name: str) -> None:
    for code in (
        "import time\n\ntime.time()",
        "from datetime import datetime\n\ndatetime.now()",
        "import os\n\nos",
    ):
        assert "TID251" in findings(name, code)
    assert "PTH123" in findings(name, 'open("plan.md")')


@pytest.mark.parametrize(
    "name", ["plansync/wiring.py", "plansync/store/model.py", "tests/document/test_x.py"]
)
def test_the_rim_may_look_at_a_clock(name: str) -> None:
    assert not findings(name, "import time\n\ntime.time()")


def test_the_contracts_and_the_bans_name_the_same_pure_parts(project: dict[str, Any]) -> None:
    contract = next(c for c in project["tool"]["importlinter"]["contracts"] if "pure" in c["name"])
    ruff = project["tool"]["ruff"]["lint"]
    (pattern,) = (p for p, ignored in ruff["per-file-ignores"].items() if ignored == ["TID251"])
    parts = pattern.partition("{")[2].rstrip("}").split(",")
    bans = set(ruff["flake8-tidy-imports"]["banned-api"])

    assert {f"plansync.{p.removesuffix('.py').removesuffix('/**')}" for p in parts} == set(
        contract["source_modules"]
    )
    assert bans == set(contract["forbidden_modules"])


def minutes(text: str) -> int:
    amount, unit = text.split()
    return round(float(amount) * {"hour": 60, "minute": 1}[unit.removesuffix("s")])


def test_the_example_plan_adds_up() -> None:
    plan = read("examples/implementation-plan.md")
    body, _, rest = plan.partition("## Summary\n")
    tasks: dict[str, tuple[str, int, list[str]]] = {}
    for part in body.split("\n### Task ")[1:]:
        heading = part.partition("\n")[0]
        number, _, title = heading.partition(": ")
        spent = re.search(r"\*\*Estimated Time\*\*: (.+)  \n", part)
        needs = re.search(r"\*\*Dependencies\*\*: (.+)\n", part)
        assert spent and needs, heading
        tasks[number] = (title, minutes(spent[1]), re.findall(r"Task (\d\.\d)", needs[1]))
        assert 4 <= part.count("- [ ] ") <= 6, heading
        assert set(tasks[number][2]) < set(tasks), "a dependency points back"
    ends: dict[str, int] = {}
    for number, (_, spent_min, before) in tasks.items():
        ends[number] = spent_min + max((ends[b] for b in before), default=0)
    path = re.search(r"\*\*Critical Path\*\*: Tasks (.+)\n", rest)
    assert path
    chain = path[1].split(" → ")

    assert body.count("\n## Phase ") == 4
    assert len(tasks) == 12
    assert f"**Total Estimated Time**: {sum(t[1] for t in tasks.values()) / 60:g} hours  \n" in rest
    assert "**Number of Tasks**: 12  \n" in rest
    assert sum(tasks[n][1] for n in chain) == max(ends.values())
    assert all(b in tasks[a][2] for b, a in itertools.pairwise(chain))
    assert all(tasks[n][0] == title for n, title in re.findall(r"Task (\d\.\d) \((.+?)\)", rest))
    assert rest.partition("## Success Criteria")[2].count("- [ ] ") == 5
    assert "0% (0/12 tasks completed)" in rest
    assert {line[-2:] for line in plan.splitlines() if line.endswith(" ")} == {"  "}


def test_the_example_plan_is_in_our_own_words(corpus: Path) -> None:
    template = (corpus / "000-phase-task-seed-template.md").read_text(encoding="utf-8")
    own = set(
        re.findall(
            r"^\s*- (?:\[ \] )?(?!\*\*)(.+)$|^### .+?: (.+)$", read("examples/implementation-plan.md"), re.M
        )
    )

    assert not [text for pair in own for text in pair if text and text in template]
