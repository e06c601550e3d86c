"""What a remote's address says: scheme, host and path, and where a tracker may be below it."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from plansync.remotes import Remote, git_remotes, remote_of, remote_repository


@pytest.mark.parametrize(
    ("address", "found"),
    [
        ("git@gitlab.com:a/b/c.git", Remote("https", "gitlab.com", "a/b/c", is_ssh=True)),
        ("ssh://git@code.example:2222/a/b.git/", Remote("https", "code.example", "a/b", is_ssh=True)),
        ("code.example:a/b", Remote("https", "code.example", "a/b", is_ssh=True)),
        ("https://me:secret@code.example:8443/a/b/c", Remote("https", "code.example:8443", "a/b/c")),
        ("git://code.example:9418/a/b", Remote("https", "code.example", "a/b")),
        ("http://code.example/a/b", Remote("https", "code.example", "a/b")),
        ("http://127.0.0.1:7526/a/b", Remote("http", "127.0.0.1:7526", "a/b")),
        ("http://127.0.0.1.evil.example/a/b", Remote("https", "127.0.0.1.evil.example", "a/b")),
        ("http://localhost:80/a/b.git", Remote("http", "localhost:80", "a/b")),
        ("git@altssh.gitlab.com:a/b", Remote("https", "gitlab.com", "a/b", is_ssh=True)),
    ],
)
def test_an_address_that_leads_to_a_project(address: str, found: Remote) -> None:
    assert remote_of(address) == found


@pytest.mark.parametrize(
    "address",
    [
        *("", "/srv/git/plans.git", "../plans", "file:///srv/git/plans", r"C:\work\plans", "C:/work/plans/a"),
        *("https://code.example/plans", "work:a/b", "https://code.example:port/a/b", "https://[::1]/a/b"),
    ],
)
def test_an_address_that_leads_to_none(address: str) -> None:
    assert remote_of(address) is None


def test_only_a_host_that_is_called_after_a_tracker_is_taken_for_one() -> None:
    assert remote_repository("git@gitlab.acme.example:a/b/c") == ("gitlab.acme.example", "a/b/c")
    assert remote_repository("git@code.example:a/b") == ("", "")


def test_a_tracker_may_be_in_a_folder_of_its_host() -> None:
    https, ssh = remote_of("https://code.example/git/lab/a/b"), remote_of("git@code.example:a/b/c")
    assert https and ssh

    assert list(https.roots()) == [
        ("https://code.example", "git/lab/a/b"),
        ("https://code.example/git", "lab/a/b"),
        ("https://code.example/git/lab", "a/b"),
    ]
    assert list(ssh.roots()) == [("https://code.example", "a/b/c"), ("https://code.example/gitlab", "a/b/c")]


@pytest.mark.parametrize(
    ("address", "api", "project"),
    [
        ("https://github.com/a/b.git", "https://api.github.com", "a/b"),
        ("git@github.com:a/b.git", "https://api.github.com", "a/b"),
        ("ssh://git@ssh.github.com:443/a/b.git", "https://api.github.com/", "a/b"),
        ("git@github.com:a/b.git", "https://code.example/api/v3", ""),
        ("git@code.example:a/b.git", "https://api.github.com", ""),
        ("https://a.ghe.com/a/b", "https://api.a.ghe.com", "a/b"),
        ("https://b.ghe.com/a/b", "https://api.a.ghe.com", ""),
        ("ssh://git@code.example:2222/a/b", "https://code.example:8443/api/v3", "a/b"),
        ("https://CODE.example:443/a/b", "https://code.example/api/v3", "a/b"),
        ("https://code.example:8443/a/b", "https://code.example/api/v3", ""),
        ("http://127.0.0.1:7526/a/b", "http://127.0.0.1:7526/api/v3", "a/b"),
        ("http://127.0.0.1:7526/a/b", "http://127.0.0.1:7527/api/v3", ""),
        ("https://api.example/a/b", "https://api.example/api/v3", "a/b"),
        ("https://code.example/git/a/b", "https://code.example/git/api/v4", "a/b"),
        ("https://code.example/a/b", "https://code.example/git/api/v4", ""),
        ("git@code.example:a/b", "https://code.example/git/api/v4", "a/b"),
        ("git@altssh.gitlab.com:a/b/c", "https://gitlab.com/api/v4", "a/b/c"),
    ],
)
def test_which_project_of_a_tracker_a_remote_leads_to(address: str, api: str, project: str) -> None:
    remote = remote_of(address)
    assert remote

    assert remote.project_at(api) == project


def test_an_address_in_another_encoding_is_read_all_the_same(tmp_path: Path) -> None:
    subprocess.run(["git", "init", "--quiet", str(tmp_path)], check=True)
    config = tmp_path / ".git" / "config"
    config.write_bytes(
        config.read_bytes() + b'[remote "origin"]\n\turl = https://code.example/caf\xe9/a.git\n'
    )

    assert git_remotes(tmp_path) == {"origin": "https://code.example/caf\ufffd/a.git"}
