"""Which variable, or gh, gives the token for which host."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from plansync.errors import ConfigError
from plansync.trackers.credentials import (
    find_token,
    read_keyring,
    run_program,
    sign_in_advice,
    variables,
)


class Gh:
    """Stand in for the program: print a token, or fail."""

    def __init__(self, printed: str = "", error: Exception | None = None) -> None:
        self.printed, self.error = printed, error
        self.asked: list[tuple[str, ...]] = []

    def __call__(self, argv: Sequence[str]) -> str:
        self.asked.append(tuple(argv))
        if self.error:
            raise self.error
        return self.printed


ALL = {
    "PLANSYNC_TOKEN": "ours",
    "GH_TOKEN": "gh",
    "GITHUB_TOKEN": "github",
    "GH_ENTERPRISE_TOKEN": "gh-enterprise",
    "GITHUB_ENTERPRISE_TOKEN": "github-enterprise",
}


def _without(*names: str, **more: str) -> dict[str, str]:
    return {name: value for name, value in ALL.items() if name not in names} | more


@pytest.mark.parametrize(
    ("host", "environ", "name"),
    [
        ("github.com", ALL, "PLANSYNC_TOKEN"),
        ("ghe.example", ALL, "PLANSYNC_TOKEN"),
        ("127.0.0.1:7526", ALL, "PLANSYNC_TOKEN"),
        ("github.com", _without("PLANSYNC_TOKEN"), "GH_TOKEN"),
        ("api.github.com", _without("PLANSYNC_TOKEN"), "GH_TOKEN"),
        ("https://api.github.com/", _without("PLANSYNC_TOKEN"), "GH_TOKEN"),
        ("API.GitHub.com", _without("PLANSYNC_TOKEN"), "GH_TOKEN"),
        ("api.acme.ghe.com", _without("PLANSYNC_TOKEN"), "GH_TOKEN"),
        ("github.com", _without("PLANSYNC_TOKEN", "GH_TOKEN"), "GITHUB_TOKEN"),
        ("github.com", _without("PLANSYNC_TOKEN", GH_TOKEN=" \n"), "GITHUB_TOKEN"),
        ("ghe.example", _without("PLANSYNC_TOKEN"), "GH_ENTERPRISE_TOKEN"),
        ("ghe.example", _without("PLANSYNC_TOKEN", "GH_ENTERPRISE_TOKEN"), "GITHUB_ENTERPRISE_TOKEN"),
        (
            "ghe.example",
            {"GITHUB_TOKEN": "x", "GITHUB_API_URL": "https://ghe.example/api/v3"},
            "GITHUB_TOKEN",
        ),
        (
            "ghe.example",
            {"GITHUB_TOKEN": "x", "GITHUB_API_URL": "https://GHE.example/api/v3"},
            "GITHUB_TOKEN",
        ),
    ],
)
def test_the_first_variable_that_belongs_to_the_host_wins(
    host: str, environ: dict[str, str], name: str
) -> None:
    gh = Gh("from-gh")

    token = find_token(host, environ, gh)

    assert token is not None
    assert (token.source, token.reveal()) == (name, environ[name])
    assert gh.asked == []


@pytest.mark.parametrize(
    ("host", "environ"),
    [
        ("ghe.example", {"GH_TOKEN": "x", "GITHUB_TOKEN": "x"}),
        ("ghe.example", {"GITHUB_TOKEN": "x", "GITHUB_API_URL": "https://api.github.com"}),
        ("ghe.example", {"GITHUB_TOKEN": "x", "GITHUB_API_URL": "https://ghe.example.evil/"}),
        ("ghe.example", {"GITHUB_TOKEN": "x", "GITHUB_API_URL": "https://ghe.example:8443/"}),
        ("ghe.example", {"GITHUB_TOKEN": "x", "GITHUB_API_URL": "https://[broken"}),
        ("github.com.evil.example", {"GH_TOKEN": "x", "GITHUB_TOKEN": "x"}),
        ("evilghe.com", {"GH_TOKEN": "x", "GITHUB_TOKEN": "x"}),
        ("github.com", {"GH_ENTERPRISE_TOKEN": "x", "GITHUB_ENTERPRISE_TOKEN": "x"}),
        ("github.com", {}),
    ],
)
def test_a_token_of_another_host_is_never_taken(host: str, environ: dict[str, str]) -> None:
    assert find_token(host, environ, Gh(error=FileNotFoundError("gh")), no_keyring) is None


@pytest.mark.parametrize(
    ("host", "asked"),
    [
        ("api.github.com", "github.com"),
        ("github.com", "github.com"),
        ("api.acme.ghe.com", "acme.ghe.com"),
        ("api.ghe.example", "api.ghe.example"),
        ("ghe.example:8443", "ghe.example"),
    ],
)
def test_gh_is_asked_last_and_for_the_host_it_knows(host: str, asked: str) -> None:
    gh = Gh("gho_stored\n")

    token = find_token(host, {}, gh)

    assert token is not None
    assert (token.reveal(), token.source) == ("gho_stored", "`gh auth token`")
    assert gh.asked == [("gh", "auth", "token", "--hostname", asked)]


def test_gh_may_live_elsewhere() -> None:
    gh = Gh("gho_stored")

    find_token("github.com", {"GH_PATH": "/opt/gh"}, gh)

    assert gh.asked[0][0] == "/opt/gh"


@pytest.mark.parametrize(
    "gh",
    [
        Gh(error=FileNotFoundError("gh")),
        Gh(error=PermissionError("gh")),
        Gh(error=subprocess.CalledProcessError(1, "gh")),
        Gh(error=subprocess.TimeoutExpired("gh", 3)),
        Gh(error=UnicodeDecodeError("utf-8", b"\xff", 0, 1, "bad")),
        Gh(""),
        Gh("A newer gh is out!\ngho_stored"),
    ],
    ids=["missing", "not allowed", "signed out", "hanging", "garbled", "silent", "chatty"],
)
def test_a_gh_that_fails_has_no_token(gh: Gh) -> None:
    assert find_token("github.com", {}, gh, no_keyring) is None


@pytest.mark.parametrize("host", ["127.0.0.1:7526", "localhost", "[::1]:80"])
def test_gh_is_never_asked_about_this_machine(host: str) -> None:
    gh = Gh("gho_stored")

    assert find_token(host, {}, gh) is None
    assert gh.asked == []


def test_a_variable_that_cannot_hold_a_token_is_named_and_not_shown() -> None:
    with pytest.raises(ConfigError, match="GH_TOKEN") as caught:
        find_token("github.com", {"GH_TOKEN": "two\nwords"}, Gh())

    assert "words" not in str(caught.value)


def test_programs_are_run_without_input_and_their_output_is_given() -> None:
    assert run_program(["cat"]) == ""
    assert run_program(["echo", "hello"]) == "hello\n"


def test_a_program_that_hangs_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("plansync.trackers.credentials._GH_TIMEOUT_S", 0.05)

    with pytest.raises(subprocess.TimeoutExpired):
        run_program(["sleep", "30"])


@pytest.mark.parametrize(
    ("host", "advice"),
    [
        (
            "https://api.github.com",
            "set PLANSYNC_TOKEN or GH_TOKEN or GITHUB_TOKEN, or run `gh auth login -h github.com`",
        ),
        (
            "ghe.example",
            "set PLANSYNC_TOKEN or GH_ENTERPRISE_TOKEN or GITHUB_ENTERPRISE_TOKEN, "
            "or run `gh auth login -h ghe.example`",
        ),
        ("127.0.0.1:1", "set PLANSYNC_TOKEN or GH_ENTERPRISE_TOKEN or GITHUB_ENTERPRISE_TOKEN"),
    ],
)
def test_the_advice_names_what_would_be_read(host: str, advice: str) -> None:
    assert sign_in_advice(host) == advice


def test_the_public_token_serves_an_enterprise_host_only_where_the_environment_names_it() -> None:
    environ: dict[str, Any] = {"GITHUB_API_URL": "https://ghe.example/api/v3"}

    assert "GITHUB_TOKEN" in variables("ghe.example", environ)
    assert "GITHUB_TOKEN" not in variables("other.example", environ)


# The keyring, an extra.


def no_keyring(service: str, name: str) -> None:
    """Have no token."""


@pytest.mark.parametrize(
    ("host", "service"),
    [
        ("https://api.github.com", "plansync:github.com"),
        ("https://api.acme.ghe.com", "plansync:acme.ghe.com"),
        ("https://ghe.example/api/v3", "plansync:ghe.example"),
    ],
)
def test_the_keyring_is_asked_last_for_what_is_kept_for_the_host(host: str, service: str) -> None:
    asked: list[tuple[str, str]] = []

    def keyring(*words: str) -> str:
        asked.append((words[0], words[1]))
        return "kept\n"

    token = find_token(host, {}, Gh(error=FileNotFoundError("gh")), keyring)

    assert token is not None
    assert (token.reveal(), token.source) == ("kept", f"the keyring ({service})")
    assert asked == [(service, "token")]
    asked.clear()
    assert find_token(host, {}, Gh("gho_stored"), keyring) is not None
    assert find_token(host, {"PLANSYNC_TOKEN": "x"}, Gh(), keyring) is not None
    assert find_token("http://127.0.0.1:7526", {}, Gh(), keyring) is None
    assert asked == []


@pytest.mark.parametrize("kept", [None, "", " \n"])
def test_a_keyring_without_a_token_gives_none(kept: str | None) -> None:
    gh = Gh(error=FileNotFoundError("gh"))

    assert find_token("github.com", {}, gh, lambda service, name: kept) is None


BACKENDS = {
    "kept": "def get_password(service, name):\n    return f'{service}/{name}'",
    "locked": "def get_password(service, name):\n    raise RuntimeError('locked')",
    "broken": "raise ImportError('no backend')",
    "odd": "def get_password(service, name):\n    return object()",
}


@pytest.mark.parametrize("backend", BACKENDS)
def test_whatever_a_keyring_does_it_is_read_or_silently_has_none(
    backend: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "keyring.py").write_text(BACKENDS[backend], encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "keyring", raising=False)

    found = read_keyring("plansync:github.com", "token")

    monkeypatch.delitem(sys.modules, "keyring", raising=False)
    assert found == ("plansync:github.com/token" if backend == "kept" else None)


def test_without_the_extra_there_is_no_keyring(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "keyring", None)  # as Python marks what cannot be imported

    assert read_keyring("plansync:github.com", "token") is None
