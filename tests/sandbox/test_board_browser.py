"""The board in a real browser, with JavaScript switched off."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from plansync.sandbox.records import Records

CHROMIUM = shutil.which("chromium")
sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
pytestmark = pytest.mark.skipif(
    CHROMIUM is None, reason="chromium is not installed (apt-get install chromium)"
)

SERVE = """
import sys
from pathlib import Path
from plansync.sandbox.serve import serve
serve(Path(sys.argv[1]), 0, as_json=True, out=sys.stdout)
"""
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
BODY = (
    "Lead.\n\n- [ ] write it\n- [x] read it\n  - [ ] <img src=x onerror=alert(1)>\n\n\t- [ ] code, "
    + "long " * 60
)
LOOKS = [("light", 1100), ("dark", 1100), ("light", 360), ("dark", 360)]


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with sync_api.sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=CHROMIUM, chromium_sandbox=False, args=FLAGS)
        yield launched
        launched.close()


@pytest.fixture
def records(tmp_path: Path) -> Iterator[Records]:
    with closing(Records(tmp_path / "sandbox.db")) as opened:
        opened.add_milestone("Setup", "local")
        opened.add_issue("Write and read", "local", body=BODY, milestone=1, labels=["plansync"])
        opened.add_issue("A_title_without_any_place_to_break_" * 5, "local")
        yield opened


@pytest.fixture
def url(records: Records, tmp_path: Path) -> Iterator[str]:
    command = [sys.executable, "-c", SERVE, str(tmp_path / "sandbox.db")]
    root = Path(__file__).parents[2]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=root) as process:
        assert process.stdout is not None
        yield json.loads(process.stdout.readline())["url"]
        process.terminate()


@pytest.fixture
def page(browser: Any) -> Iterator[Any]:
    with browser.new_context(java_script_enabled=False) as context:
        yield context.new_page()


def body(records: Records) -> str:
    issue = records.issue(1)
    assert issue is not None
    return issue.body or ""


def test_a_visitor_goes_from_milestone_to_issue_ticks_and_closes(
    page: Any, url: str, records: Records
) -> None:
    page.goto(url)
    page.get_by_role("link", name="Write and read").click()
    page.get_by_role("checkbox", name="write it").click()
    sync_api.expect(page.get_by_role("checkbox", name="write it")).to_have_attribute("aria-checked", "true")
    assert body(records) == BODY.replace("[ ] write", "[x] write")

    page.get_by_role("button", name="Close as done").click()
    sync_api.expect(page.get_by_text("Done", exact=True)).to_be_visible()
    page.get_by_role("link", name="All issues").click()
    sync_api.expect(page.get_by_text("1 of 1 done").first).to_be_visible()


def test_a_visitor_reopens_what_will_not_be_done(page: Any, url: str, records: Records) -> None:
    page.goto(f"{url}/issues/1")
    page.get_by_role("button", name="Close as won't do").click()
    sync_api.expect(page.get_by_text("Won't do", exact=True)).to_be_visible()
    page.get_by_role("button", name="Reopen").click()

    sync_api.expect(page.get_by_text("Open", exact=True)).to_be_visible()


def test_the_edit_form_changes_only_what_was_typed_and_line_ends(
    page: Any, url: str, records: Records
) -> None:
    page.goto(f"{url}/issues/1")
    page.get_by_text("Edit title and text").click()
    page.get_by_label("Text, in Markdown").fill(BODY + "\nmore")
    with page.expect_navigation():
        page.get_by_role("button", name="Save").click()

    assert body(records) == (BODY + "\nmore").replace("\n", "\r\n")


def test_a_box_is_reached_and_flipped_with_the_keyboard(page: Any, url: str, records: Records) -> None:
    page.goto(f"{url}/issues/1")
    page.get_by_role("checkbox", name="read it").focus()
    page.keyboard.press("Space")
    page.wait_for_url("**#box-1")

    assert body(records) == BODY.replace("[x] read", "[ ] read")


@pytest.mark.parametrize(("scheme", "width"), LOOKS)
def test_pages_fit_their_window_and_load_without_complaint(
    browser: Any, url: str, scheme: str, width: int
) -> None:
    complaints: list[str] = []
    with browser.new_context(color_scheme=scheme, viewport={"width": width, "height": 800}) as context:
        page = context.new_page()
        page.on("console", lambda message: complaints.append(message.text))
        page.on("dialog", lambda dialog: complaints.append(dialog.message))
        for path in ("/", "/issues/1", "/issues/2", "/issues/9"):
            page.goto(url + path)
            assert page.evaluate("document.documentElement.scrollWidth") <= width

    assert [each for each in complaints if "404" not in each] == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_words_stand_out_from_their_ground(browser: Any, url: str, scheme: str) -> None:
    with browser.new_context(color_scheme=scheme) as context:
        page = context.new_page()
        for path in ("/", "/issues/1"):
            page.goto(url + path)
            faint = page.evaluate(FAINT)
            assert faint == []


FAINT = """() => {
  const shades = text => text.match(/[\\d.]+/g).map(Number);
  const light = ([r, g, b]) => [r, g, b].map(v => v / 255)
    .map(v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
    .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
  const ground = node => {
    for (; node; node = node.parentElement) {
      const shade = shades(getComputedStyle(node).backgroundColor);
      if (shade.length < 4 || shade[3] > 0.99) return shade;
    }
    return [255, 255, 255];
  };
  const words = [...document.querySelectorAll('main *, header *')].filter(node => node.checkVisibility()
    && [...node.childNodes].some(child => child.nodeType === 3 && child.data.trim()));
  return words.flatMap(node => {
    const [a, b] = [light(shades(getComputedStyle(node).color)), light(ground(node))];
    const contrast = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    return contrast < 4.5 ? [`${contrast.toFixed(2)} ${node.textContent.trim().slice(0, 40)}`] : [];
  });
}"""
