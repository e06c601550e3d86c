"""The site is built without a complaint, holds each page, and loads nothing from elsewhere."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from functools import partial
from html.parser import HTMLParser
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from tests.docs.pages import PAGES, ROOT

pytest.importorskip("mkdocs")
_LOADS = {"link": "href", "script": "src", "img": "src", "iframe": "src", "source": "src", "object": "data"}
_NO_LOAD = {"canonical", "next", "prev"}
_FOREIGN = re.compile(r"""^(?:[a-z]+:)?//""", re.IGNORECASE)


def build(into: Path, *, pages: Path = ROOT) -> subprocess.CompletedProcess[str]:
    """Build the site as `make site` does, into another folder."""
    argv = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(into)]
    env = {**os.environ, "NO_MKDOCS_2_WARNING": "1"}
    return subprocess.run(argv, cwd=pages, env=env, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    done = build(folder)
    assert done.returncode == 0, done.stderr
    assert "WARNING" not in done.stderr
    return folder


class _Loaded(HTMLParser):
    """What a browser fetches to show a page."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = dict(attrs)
        address = told.get(_LOADS.get(tag, ""))
        if address and told.get("rel") not in _NO_LOAD:
            self.found.append(address)


def test_each_page_is_built(site: Path) -> None:
    built = {file.relative_to(site).with_suffix("").name for file in site.glob("*.html")}

    assert built - {"404"} == {Path(name).stem for name in PAGES if name.startswith("docs/")}


def test_no_page_loads_anything_from_another_host(site: Path) -> None:
    for page in site.rglob("*.html"):
        parser = _Loaded()
        parser.feed(page.read_text(encoding="utf-8"))
        assert parser.found, page
        assert not [each for each in parser.found if _FOREIGN.match(each)], page
    for sheet in site.rglob("*.css"):
        named = re.findall(r"""(?:url\(|@import)\s*['"]?([^'")\s]+)""", sheet.read_text(encoding="utf-8"))
        assert not [each for each in named if _FOREIGN.match(each)], sheet


def test_a_link_that_leads_nowhere_would_be_found(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "docs", tmp_path / "docs")
    shutil.copy(ROOT / "mkdocs.yml", tmp_path)
    page = tmp_path / "docs" / "leaving.md"
    page.write_text(
        page.read_text(encoding="utf-8") + "\n[a](state.md#nowhere) [b](nowhere.md)\n", encoding="utf-8"
    )

    done = build(tmp_path / "site", pages=tmp_path)

    assert done.returncode != 0
    assert "nowhere.md" in done.stderr and "#nowhere" in done.stderr


FLAGS = ["--disable-gpu", "--disable-dev-shm-usage", "--disable-quic", "--no-first-run", "--disable-sync"]
FLAGS += ["--disable-background-networking", "--disable-component-update"]


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@pytest.fixture
def address(site: Path) -> Iterator[str]:
    """Serve the site on loopback."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=site))
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.mark.browser
def test_a_browser_asks_no_other_host_and_finds_what_is_searched_for(address: str) -> None:
    chromium = shutil.which("chromium")
    if chromium is None:
        pytest.skip("chromium is not installed (apt-get install chromium)")
    sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    asked: list[str] = []
    with sync_api.sync_playwright() as play:
        browser = play.chromium.launch(executable_path=chromium, chromium_sandbox=False, args=FLAGS)
        page = browser.new_page(viewport={"width": 400, "height": 800})
        page.on("request", lambda request: asked.append(request.url))
        for name in ("index.html", "commands.html", "conflicts.html", "checks.html"):
            page.goto(f"{address}/{name}")
            wide = page.evaluate("document.documentElement.scrollWidth")
            assert wide <= 400, f"{name} is {wide} wide on a screen of 400"
        page.set_viewport_size({"width": 1300, "height": 900})
        page.goto(f"{address}/index.html?q=retarget")
        page.wait_for_selector(".md-search-result__link")
        browser.close()

    assert asked
    assert not [url for url in asked if not url.startswith((address, "data:", "blob:"))]
