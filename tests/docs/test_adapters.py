"""The page about adapters: its example registers, syncs a plan, and keeps what every adapter promises."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.docs.pages import ROOT, fenced
from tests.support.people import Copy, Ran

PAGE = "docs/adapters.md"
PLAN = ROOT / "examples" / "implementation-plan.md"
FLAGS = ("--tracker", "jsonfile", "-R", "team/plans")


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """Install the page's package, as an installer would."""
    module, tests = fenced(PAGE, "python")
    (packaging,) = fenced(PAGE, "toml")
    folder = tmp_path / "site"
    named = folder / "plansync_jsonfile-1.0.dist-info"
    named.mkdir(parents=True)
    (folder / "plansync_jsonfile.py").write_text(module, encoding="utf-8")
    (folder / "test_jsonfile.py").write_text(tests, encoding="utf-8")
    (named / "METADATA").write_text("Metadata-Version: 2.1\nName: plansync-jsonfile\nVersion: 1.0\n", "utf-8")
    _, group, line = re.split(r'\[project\.entry-points\."(.+)"\]\n', packaging)
    (named / "entry_points.txt").write_text(f"[{group}]\n{line.replace(chr(34), '')}", encoding="utf-8")
    return folder


@pytest.fixture
def copy(site: Path, tmp_path: Path) -> Copy:
    """Lay the example's plan where the package is installed."""
    made = Copy.of(PLAN.read_bytes(), tmp_path / "work")
    made.flags = FLAGS
    made.env |= {"PYTHONPATH": str(site), "PLANSYNC_MAX_CREATES": "100"}
    return made


def _issues(copy: Copy) -> str:
    return (copy.folder / "team" / "plans.json").read_text(encoding="utf-8")


def test_the_example_takes_a_plan_and_gives_back_what_changed(copy: Copy) -> None:
    pushed = copy.push()
    file = copy.folder / "team" / "plans.json"
    ticked = _issues(copy).replace("- [ ] ", "- [x] ", 1)
    file.write_text(re.sub(r'"revision": "\d+"', '"revision": "000000000999"', ticked, count=0), "utf-8")
    before = copy.text

    copy.sync()

    assert "create-issue" in pushed.kinds("tracker")
    assert copy.text.count("- [x]") == before.count("- [x]") + 1
    assert copy.is_settled()


def test_a_number_without_an_address_is_no_link(copy: Copy) -> None:
    ran = copy.push()

    assert "**Issue**" not in copy.text
    assert "]()" not in copy.text
    assert ran.json["outcome"] == "done"
    assert copy.is_settled()


def test_a_copy_that_names_no_tracker_goes_on_with_the_one_of_its_state_file(copy: Copy) -> None:
    copy.push()
    copy.flags = ()

    assert copy.sync().json["tracker"] == {"kind": "jsonfile", "project": "team/plans", "url": ""}


def test_a_program_uses_it_like_any_other(copy: Copy) -> None:
    code = (
        "import plansync\n"
        f"plan = plansync.open({copy.name!r}, tracker='jsonfile', repo='team/plans')\n"
        "print(plan.sync().outcome, plan.diff().is_empty)"
    )
    argv, env = [sys.executable, "-c", code], {**copy.env, "PYTHONPATH": f"{copy.env['PYTHONPATH']}:{ROOT}"}

    done = subprocess.run(argv, cwd=copy.folder, env=env, capture_output=True, text=True, check=False)

    assert done.stdout == "done True\n", done.stderr
    assert "create" not in str(copy.sync().json["operations"])


def test_the_example_keeps_what_every_adapter_promises(site: Path) -> None:
    argv = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_jsonfile.py"]
    environment = {**os.environ, "PYTHONPATH": str(site)}

    done = subprocess.run(argv, cwd=site, env=environment, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stdout
    assert re.search(r"^\d{2,} passed, \d+ skipped", done.stdout, re.MULTILINE), done.stdout


def refused(copy: Copy) -> Ran:
    return copy.run("push", "--yes", exits=2)


def test_a_kind_that_nobody_registers_is_refused_with_those_that_there_are(copy: Copy) -> None:
    copy.flags = ("--tracker", "jsonfiel", "-R", "team/plans")

    assert "must be one of github, gitlab, sandbox, jsonfile (got 'jsonfiel')" in refused(copy).err


@pytest.mark.parametrize(
    ("module", "words"),
    [
        ("raise RuntimeError('no luck')", "cannot be loaded: no luck"),
        ("adapter = 7", "is no plansync.trackers.registry.Adapter"),
        (
            "from plansync.trackers.registry import Adapter\nadapter = Adapter(print, api_url='file:')",
            "is no plansync.trackers.registry.Adapter",
        ),
        (
            "from plansync.trackers.registry import Adapter\nadapter = Adapter(print)",
            "needs its address: add --api-url URL",
        ),
    ],
)
def test_what_is_registered_and_is_no_adapter_is_refused(
    copy: Copy, site: Path, module: str, words: str
) -> None:
    (site / "plansync_jsonfile.py").write_text(module, encoding="utf-8")

    assert words in refused(copy).err


def test_a_name_of_ours_cannot_be_taken(copy: Copy, site: Path) -> None:
    points = next(site.glob("*.dist-info")) / "entry_points.txt"
    points.write_text(points.read_text("utf-8").replace("jsonfile =", "sandbox ="), encoding="utf-8")
    copy.flags = ("--tracker", "sandbox")

    assert copy.push().json["tracker"]["kind"] == "sandbox"
    assert not (copy.folder / "team").exists()


def test_a_token_of_githubs_is_not_given_to_another_tracker(copy: Copy, site: Path) -> None:
    module = site / "plansync_jsonfile.py"
    shown = 'Adapter(lambda *a, token, **r: print("token", token) or JsonFile(*a), api_url="http://localhost/jsonfile")'
    module.write_text(
        module.read_text("utf-8").replace('Adapter(JsonFile, api_url="http://localhost/jsonfile")', shown),
        encoding="utf-8",
    )
    copy.env |= {"GH_TOKEN": "a", "GITHUB_TOKEN": "b", "GH_ENTERPRISE_TOKEN": "c"}

    assert "token None" in copy.run("push", "--yes").out
    copy.env |= {"PLANSYNC_TOKEN": "d"}
    assert "token Token(***, 'PLANSYNC_TOKEN')" in copy.run("sync", "--yes").out
