"""Which variable, or glab, gives the token for which GitLab; and that none of GitHub's ever does."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence

import pytest

from plansync.errors import AuthError, ConfigError
from plansync.trackers.credentials import (
    Kind,
    ask_program,
    find_gitlab_token,
    find_token,
    gitlab_variables,
    sign_in_advice,
)

OURS = {"GITLAB_TOKEN": "gl", "GITLAB_ACCESS_TOKEN": "gl-access", "OAUTH_TOKEN": "oauth"}
GITHUBS = {
    "GH_TOKEN": "gh",
    "GITHUB_TOKEN": "github",
    "GH_ENTERPRISE_TOKEN": "gh-enterprise",
    "GITHUB_ENTERPRISE_TOKEN": "github-enterprise",
}
HOSTS = ("gitlab.com", "https://gitlab.com/api/v4", "gitlab.example", "https://gitlab.example/sub/api/v4")


class Glab:
    """Stand in for the program: print what a git credential helper prints, or fail."""

    def __init__(self, printed: str = "", error: Exception | None = None) -> None:
        self.printed, self.error = printed, error
        self.asked: list[tuple[tuple[str, ...], str, tuple[str, ...]]] = []

    def __call__(self, argv: Sequence[str], told: str, without: Sequence[str]) -> str:
        self.asked.append((tuple(argv), told, tuple(without)))
        if self.error:
            raise self.error
        return self.printed


MISSING = Glab(error=FileNotFoundError("glab"))


def nothing(service: str, name: str) -> None:
    """Have no token."""


def _found(host: str, environ: dict[str, str]) -> str:
    token = find_gitlab_token(host, environ, MISSING, nothing)
    return token.source if token else ""


@pytest.mark.parametrize(
    ("host", "environ", "name"),
    [
        ("gitlab.com", {"PLANSYNC_TOKEN": "ours", **OURS}, "PLANSYNC_TOKEN"),
        ("gitlab.example", {"PLANSYNC_TOKEN": "ours", **OURS}, "PLANSYNC_TOKEN"),
        ("127.0.0.1:7526", {"PLANSYNC_TOKEN": "ours"}, "PLANSYNC_TOKEN"),
        ("https://gitlab.com/api/v4", OURS, "GITLAB_TOKEN"),
        ("gitlab.com", OURS | {"GITLAB_TOKEN": " "}, "GITLAB_ACCESS_TOKEN"),
        ("gitlab.com", {"OAUTH_TOKEN": "x"}, "OAUTH_TOKEN"),
        ("gitlab.example", OURS | {"GITLAB_HOST": "gitlab.example"}, "GITLAB_TOKEN"),
        (
            "https://gitlab.example/sub/api/v4",
            OURS | {"GITLAB_URI": "https://GitLab.example/sub"},
            "GITLAB_TOKEN",
        ),
        ("https://gitlab.example:8443/api/v4", OURS | {"GL_HOST": "gitlab.example:8443"}, "GITLAB_TOKEN"),
        ("https://api.gitlab.example", OURS | {"GITLAB_API_HOST": "api.gitlab.example"}, "GITLAB_TOKEN"),
        ("gitlab.example", OURS | {"CI_SERVER_URL": "https://gitlab.example"}, "GITLAB_TOKEN"),
        ("127.0.0.1:7526", OURS | {"GITLAB_HOST": "http://127.0.0.1:7526"}, "GITLAB_TOKEN"),
    ],
)
def test_the_first_variable_that_belongs_to_the_host_wins(
    host: str, environ: dict[str, str], name: str
) -> None:
    assert _found(host, environ) == name


@pytest.mark.parametrize(
    ("host", "environ"),
    [
        ("gitlab.example", OURS),
        ("127.0.0.1:7526", OURS),
        ("gitlab.com", OURS | {"GITLAB_HOST": "gitlab.example"}),
        ("gitlab.example:8443", OURS | {"GITLAB_HOST": "gitlab.example"}),
        ("gitlab.example.evil", OURS | {"GITLAB_HOST": "gitlab.example"}),
        ("gitlab.com.evil.example", OURS),
        ("gitlab.example", OURS | {"GITLAB_HOST": "other.example", "CI_SERVER_HOST": "gitlab.example"}),
        ("gitlab.example", OURS | {"GITLAB_HOST": "https://[broken"}),
        ("gitlab.com", {}),
    ],
)
def test_a_token_of_another_host_is_never_taken(host: str, environ: dict[str, str]) -> None:
    assert _found(host, environ) == ""


@pytest.mark.parametrize("host", HOSTS)
def test_no_token_of_githubs_ever_goes_to_gitlab(host: str) -> None:
    named = {"GITHUB_API_URL": "https://gitlab.example", "GITLAB_HOST": "gitlab.example"}

    assert _found(host, GITHUBS) == _found(host, GITHUBS | named) == ""


@pytest.mark.parametrize("host", ["github.com", "https://api.github.com", "ghe.example", *HOSTS])
def test_no_token_of_gitlabs_ever_goes_to_github(host: str) -> None:
    def no_gh(argv: Sequence[str]) -> str:
        raise FileNotFoundError(argv[0])

    for named in ("", "ghe.example", "gitlab.example", "api.github.com"):
        assert find_token(host, OURS | {"GITLAB_HOST": named}, no_gh, nothing) is None


@pytest.mark.parametrize("secret", ["ghp_0123456789abcdef", "github_pat_11ABC_def", "ghs_job0123456789"])
@pytest.mark.parametrize("name", ["PLANSYNC_TOKEN", "GITLAB_TOKEN"])
def test_what_github_gave_out_is_held_back_whatever_its_variable(name: str, secret: str) -> None:
    with pytest.raises(
        AuthError, match=f"{name} holds a token of GitHub's; it was not sent to gitlab.com"
    ) as raised:
        _found("gitlab.com", {name: secret})

    assert secret not in str(raised.value)
    assert _found("127.0.0.1:7526", {"PLANSYNC_TOKEN": secret}) == "PLANSYNC_TOKEN", "a sandbox takes any"


@pytest.mark.parametrize("secret", ["glpat-0123456789abcdef", "gloas-0123456789", "glptt-0123456789"])
@pytest.mark.parametrize("host", ["https://api.github.com", "ghe.example"])
def test_what_gitlab_gave_out_is_held_back_from_github(host: str, secret: str) -> None:
    with pytest.raises(
        AuthError, match=r"PLANSYNC_TOKEN holds a token of GitLab's; it was not sent to"
    ) as raised:
        find_token(host, {"PLANSYNC_TOKEN": secret})

    assert secret not in str(raised.value)


# glab.


@pytest.mark.parametrize(
    ("host", "asked"),
    [
        ("https://gitlab.com/api/v4", "gitlab.com"),
        ("https://gitlab.example/sub/api/v4", "gitlab.example"),
        ("https://gitlab.example:8443/api/v4", "gitlab.example:8443"),
    ],
)
def test_glab_is_asked_as_git_asks_it_and_without_its_variables(host: str, asked: str) -> None:
    glab = Glab(f"protocol=https\nhost={asked}\nusername=oauth2\npassword=stored=1\n")

    token = find_gitlab_token(host, {}, glab, nothing)

    assert token is not None
    assert (token.reveal(), token.source) == ("stored=1", "`glab auth git-credential`")
    argv = ("glab", "auth", "git-credential", "get")
    assert glab.asked == [(argv, f"protocol=https\nhost={asked}\n\n", tuple(OURS))]


@pytest.mark.parametrize(
    "glab",
    [
        MISSING,
        Glab(error=subprocess.CalledProcessError(1, "glab")),
        Glab(error=subprocess.TimeoutExpired("glab", 3)),
        Glab(""),
        Glab("password=\n"),
        Glab("password=two words\u00e4\n"),
        Glab("host=other.example\npassword=stored\n"),
    ],
    ids=["missing", "signed out", "hanging", "silent", "empty", "garbled", "of another host"],
)
def test_a_glab_that_fails_has_no_token_and_the_keyring_is_asked_after_it(glab: Glab) -> None:
    asked: list[str] = []

    def keyring(service: str, name: str) -> str:
        asked.append(service)
        return "kept"

    assert find_gitlab_token("gitlab.com", {}, glab, nothing) is None
    token = find_gitlab_token("https://gitlab.example/api/v4", {}, glab, keyring)

    assert token is not None
    assert (token.source, asked) == ("the keyring (plansync:gitlab.example)", ["plansync:gitlab.example"])


@pytest.mark.parametrize("host", ["127.0.0.1:7526", "localhost", "[::1]:80"])
def test_glab_is_never_asked_about_this_machine(host: str) -> None:
    glab = Glab("password=stored\n")

    assert find_gitlab_token(host, {}, glab, lambda service, name: "kept") is None
    assert glab.asked == []


def test_a_program_is_told_and_does_not_get_what_is_kept_from_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GITLAB_TOKEN", "secret")
    script = "cat; echo ${GITLAB_TOKEN:-none}"

    assert ask_program(["sh", "-c", script], "asked\n", ("GITLAB_TOKEN",)) == "asked\nnone\n"


# A job's token.


@pytest.mark.parametrize(
    ("environ", "source"),
    [
        ({"CI_JOB_TOKEN": "job"}, "no token for gitlab.com but that of this job"),
        ({"CI_JOB_TOKEN": "job", "PLANSYNC_TOKEN": "job"}, "PLANSYNC_TOKEN holds the token of a job"),
        ({"PLANSYNC_TOKEN": "glcbt-64_abc"}, "PLANSYNC_TOKEN holds the token of a job"),
    ],
)
def test_a_jobs_token_is_told_what_to_make_instead(environ: dict[str, str], source: str) -> None:
    with pytest.raises(AuthError, match=source) as raised:
        find_gitlab_token("gitlab.com", environ, MISSING, nothing)

    told = str(raised.value)
    assert "make a project access token with the role Planner or higher and the scope `api`" in told
    assert "glcbt-" not in told
    assert raised.value.exit_code == 8


def test_a_job_with_a_token_of_its_own_writes() -> None:
    assert _found("gitlab.com", {"CI_JOB_TOKEN": "job", "PLANSYNC_TOKEN": "ours"}) == "PLANSYNC_TOKEN"


def test_a_variable_that_cannot_hold_a_token_is_named_and_not_shown() -> None:
    with pytest.raises(ConfigError, match="GITLAB_TOKEN") as caught:
        _found("gitlab.com", {"GITLAB_TOKEN": "two\nwords"})

    assert "words" not in str(caught.value)


@pytest.mark.parametrize(
    ("host", "advice"),
    [
        (
            "https://gitlab.com/api/v4",
            "set PLANSYNC_TOKEN or GITLAB_TOKEN or GITLAB_ACCESS_TOKEN or OAUTH_TOKEN to a token with the scope "
            "`api`, or run "
            "`glab auth login --hostname gitlab.com`",
        ),
        (
            "https://gitlab.example/api/v4",
            "set PLANSYNC_TOKEN, or GITLAB_TOKEN with GITLAB_HOST=gitlab.example, to a token with the scope `api`, or "
            "run `glab auth login --hostname gitlab.example`",
        ),
        (
            "127.0.0.1:1",
            "set PLANSYNC_TOKEN, or GITLAB_TOKEN with GITLAB_HOST=127.0.0.1:1, to a token with the scope `api`",
        ),
    ],
)
def test_the_advice_names_what_would_be_read(host: str, advice: str) -> None:
    assert sign_in_advice(host, Kind.GITLAB) == advice
    if "GITLAB_HOST" in advice:
        assert "GITLAB_TOKEN" in gitlab_variables(
            host, {"GITLAB_HOST": advice.partition("HOST=")[2].split(",")[0]}
        )
