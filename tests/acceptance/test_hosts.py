"""github.com, data residency and Enterprise over TLS: which token goes where, and which certificate is believed."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.acceptance.conftest import Source
from tests.support.mortals import Mortals
from tests.support.people import Copy
from tests.support.small_server import REPO, TOKEN, SmallServer
from tests.support.tunnel import Certificate, Tunnel

HOSTS = {
    "https://api.github.com": "github.com",
    "https://api.acme.ghe.com": "acme.ghe.com",
    "https://ghe.example/api/v3": "ghe.example",
}
ENTERPRISE = "https://ghe.example/api/v3"
every_host = pytest.mark.parametrize("api", HOSTS)


@dataclass(frozen=True)
class World:
    """Where every host of these tests is: a server behind a proxy, and the certificate that it shows."""

    server: SmallServer
    tunnel: Tunnel
    certificate: Path


@pytest.fixture(scope="module")
def _world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    names = [api.split("/")[2] for api in HOSTS]
    made = Certificate.made(tmp_path_factory.mktemp("tls"), names)
    if made is None:
        pytest.skip("there is no openssl here to make a certificate")
    server = SmallServer(tls=made.context)
    tunnel = Tunnel(server.port)
    yield World(server, tunnel, made.certificate)
    tunnel.close()
    server.close()


@pytest.fixture
def world(_world: World) -> World:
    _world.server.restore(_world.server.empty)
    _world.tunnel.hosts.clear()
    return _world


@pytest.fixture
def copy(plan: Source, world: World, tmp_path: Path, forks: Mortals) -> Copy:
    """A working copy with no token in its environment, and a gh that knows nobody."""
    made = Copy.of(plan.content, tmp_path / "work", forked=forks.run)
    made.env |= {"HTTPS_PROXY": world.tunnel.url, "PLANSYNC_CA_FILE": str(world.certificate)}
    gh_knows(made, "nobody.example")
    return made


def gh_knows(copy: Copy, host: str) -> None:
    """Put a gh on the path that has the token for one host."""
    folder = copy.folder.parent / "programs"
    folder.mkdir(exist_ok=True)
    secret = (
        copy.folder.parent.parent / f"{copy.folder.parent.name} secret"
    )  # outside of what is searched for it
    secret.write_text(TOKEN)
    gh = folder / "gh"
    gh.write_text(f'#!/bin/sh\n[ "$*" = "auth token --hostname {host}" ] && cat "{secret}"\n')
    gh.chmod(0o755)
    if not copy.env["PATH"].startswith(str(folder)):
        copy.env["PATH"] = f"{folder}{os.pathsep}{copy.env['PATH']}"


def push(copy: Copy, api: str, exits: int = 0) -> str:
    copy.flags = ("--api-url", api, "-R", REPO)
    return copy.run("push", "--yes", exits=exits).err


@every_host
def test_gh_gives_the_token_of_the_host_that_people_know(copy: Copy, world: World, api: str) -> None:
    gh_knows(copy, HOSTS[api])

    push(copy, api)

    assert len([i for i in world.server.records.issues if "kind=task" in i["body"]]) == 12
    assert set(world.tunnel.hosts) == {f"{api.split('/')[2]}:443"}


@pytest.mark.parametrize(
    ("api", "name", "is_sent"),
    [
        ("https://api.github.com", "GH_TOKEN", True),
        ("https://api.acme.ghe.com", "GITHUB_TOKEN", True),
        (ENTERPRISE, "GH_ENTERPRISE_TOKEN", True),
        (ENTERPRISE, "PLANSYNC_TOKEN", True),
        (ENTERPRISE, "GH_TOKEN", False),
        (ENTERPRISE, "GITHUB_TOKEN", False),
        ("https://api.github.com", "GH_ENTERPRISE_TOKEN", False),
    ],
)
def test_a_variable_is_read_for_its_own_hosts_alone(
    copy: Copy, world: World, api: str, name: str, is_sent: bool
) -> None:
    copy.env[name] = TOKEN

    err = push(copy, api, exits=0 if is_sent else 8)

    assert bool(world.tunnel.hosts) is is_sent, "without a token of its own nothing goes to a host"
    assert is_sent or f"no token for {api}: set PLANSYNC_TOKEN" in err


def test_a_certificate_that_nobody_vouches_for_gets_no_request(copy: Copy, world: World) -> None:
    copy.env["PLANSYNC_TOKEN"] = TOKEN
    del copy.env["PLANSYNC_CA_FILE"]

    err = push(copy, ENTERPRISE, exits=1)

    assert "CERTIFICATE_VERIFY_FAILED" in err
    assert world.server.asked == []


def test_the_settings_name_a_certificate_file_from_their_own_folder(copy: Copy, world: World) -> None:
    copy.env["PLANSYNC_TOKEN"] = TOKEN
    del copy.env["PLANSYNC_CA_FILE"]
    (copy.folder / "ours.pem").write_bytes(world.certificate.read_bytes())
    (copy.folder / "plansync.toml").write_text('ca_file = "ours.pem"\n')

    push(copy, ENTERPRISE)

    assert len(world.server.records.issues) == 13


@pytest.mark.parametrize("is_there", [True, False])
def test_the_keyring_is_asked_when_gh_knows_nobody(
    copy: Copy, world: World, tmp_path: Path, is_there: bool
) -> None:
    extra = tmp_path / "extra"
    extra.mkdir()
    secret = tmp_path.parent / f"{tmp_path.name} secret"
    text = (
        f"def get_password(service, name):\n    assert (service, name) == ('plansync:ghe.example', 'token')\n"
        f"    return open({str(secret)!r}).read()\n"
    )
    (extra / "keyring.py").write_text(text if is_there else "raise ImportError")
    copy.env["PYTHONPATH"] = str(extra)
    copy.is_quick = False

    err = push(copy, ENTERPRISE, exits=0 if is_there else 8)

    assert len(world.server.records.issues) == (13 if is_there else 0)
    assert "keyring" not in err


@every_host
def test_init_looks_there_and_writes_the_address(copy: Copy, world: World, api: str) -> None:
    gh_knows(copy, HOSTS[api])
    copy.flags = ("--api-url", api, "-R", REPO)

    assert "Account: ada" in copy.run("init", "--yes").out
    assert not world.server.writes


def test_a_token_is_never_sent_to_where_a_redirect_leads(copy: Copy, world: World) -> None:
    gh_knows(copy, "ghe.example")
    world.server.former = "kitchen/cookbook"
    copy.flags = ("--api-url", ENTERPRISE, "-R", "kitchen/cookbook")

    err = copy.run("push", "--yes", exits=1).err

    assert "ghe.example points to another address (http://127.0.0.1" in err, (
        "as plain http, even on this machine"
    )
    assert set(world.tunnel.hosts) == {"ghe.example:443"}
    assert world.server.writes == []
