"""The token is never told: not on stdout or stderr, in no file, however much is to be said and whatever comes back.

Every other acceptance test is searched as well: its output where it runs, its files when it is over.
"""

from __future__ import annotations

import sqlite3
import zlib
from contextlib import closing
from pathlib import Path

import pytest

from tests.acceptance.conftest import Source
from tests.support.canary import CANARY, assert_untold, leaks, tokens
from tests.support.mortals import Mortals
from tests.support.people import Copy, Person
from tests.support.small_server import TOKEN, Fault, Says, SmallServer

EVERY_COMMAND = (
    *("status", "diff", "inspect", "check", "resolve", "log", "state show", "diff --out saved.json"),
    *("push --yes", "pull", "sync --yes", "sync --yes --full", "apply saved.json", "state rebuild --yes"),
    *("prune", "link --suggest", "init --yes", "unlink --all --yes"),
)


def test_no_command_tells_the_token_however_much_it_is_to_say(copy: Copy, person: Person) -> None:
    assert tokens(copy.env) == {CANARY}
    copy.tick("1.2")
    person.close(copy.outline.task("1.1").title)

    for command in EVERY_COMMAND:
        for more in (("-vv",), ("--json",), ("-vv", "--dry-run")):
            copy.run(*command.split(), *more, exits=None)

    assert leaks(copy.folder.parent, {CANARY}) == []


ECHOES = {
    "401": Says(401, f"Bad credentials: {TOKEN}"),
    "403": Says(403, "no", {"x-accepted-github-permissions": TOKEN}),
    "404": Says(404, f"no {TOKEN}"),
    "422": Says(422, "Validation Failed", more={"errors": [f"token {TOKEN}", {"code": "x", "value": TOKEN}]}),
    "429": Says(429, f"slow down, {TOKEN}", {"retry-after": "9999", "x-github-request-id": "A:1"}),
    "500": Says(500, f"crashed with Bearer {TOKEN}"),
    "HTML": Says(200, raw=f"<html>{TOKEN}</html>", headers={"content-type": "text/html"}),
    "text": Says(502, raw=f"upstream said {TOKEN}", headers={"content-type": "text/plain"}),
    "redirect": Says(302, "away", {"location": f"https://evil.example/?token={TOKEN}"}),
    "lost": Fault.APPLY_AND_DROP,
}


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("answer", ECHOES.values(), ids=ECHOES)
def test_a_tracker_that_says_the_token_back_is_not_quoted(
    plan: Source,
    small_server: SmallServer,
    tmp_path: Path,
    forks: Mortals,
    answer: Says | Fault,
    method: str,
) -> None:
    small_server.restore(small_server.empty)
    copy = Copy.of(plan.content, tmp_path / "work", small_server.place, forked=forks.run)
    copy.env["PLANSYNC_MAX_WAIT_S"] = "0"
    small_server.misbehave(answer, method, "/(issues|milestones)$", after=2 if method == "POST" else 0)

    ran = copy.run("push", "--yes", "-vv", exits=None)
    told = copy.run("log", "-vv", "--json", exits=None)

    assert ran.code in (1, 5, 8)
    assert TOKEN not in ran.out + ran.err + told.out + told.err
    assert leaks(tmp_path, {TOKEN}) == []


# The search itself.


def test_a_token_that_is_told_is_found() -> None:
    env = {"GH_TOKEN": f" {CANARY}\n", "HOME": "/home/of/nobody", "PLANSYNC_TOKEN": "sandbox"}

    assert tokens(env) == {CANARY}
    assert_untold("Using the sandbox", env)
    with pytest.raises(AssertionError, match="a token was told"):
        assert_untold(f"Authorization: Bearer {CANARY}", env)


def test_a_token_that_is_left_in_a_file_is_found(tmp_path: Path) -> None:
    secret = "ghp_another0one"
    (tmp_path / "clean").write_text("nothing")
    (tmp_path / "plain.log").write_text(f"Bearer {secret}!")
    for name, value in (("row.db", secret), ("packed.db", zlib.compress(f"a {secret} b".encode()))):
        with closing(sqlite3.connect(tmp_path / name)) as db:
            db.execute("CREATE TABLE before (bytes BLOB)")
            db.execute("INSERT INTO before VALUES (?)", (value,))
            db.commit()

    found = leaks(tmp_path, {secret})

    assert sorted(Path(path).name for path in found) == ["packed.db", "plain.log", "row.db"]
