"""The tracker's own address: what may be asked there, whom to trust, who is asking. Sends nothing."""

from __future__ import annotations

import ssl
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import httpx

from plansync.errors import ConfigError
from plansync.trackers.addresses import is_loopback

_PORT_MAX = 65_535


def tracker_url(base_url: str, transport: httpx.AsyncBaseTransport | None) -> httpx.URL:
    """Check the tracker's address: plain http would show the token to the whole network."""
    try:
        url = httpx.URL(base_url.strip().rstrip("/"))
    except httpx.InvalidURL:
        raise ConfigError("the tracker's address is not one that can be read") from None
    if url.port is not None and not 0 < url.port <= _PORT_MAX:
        raise ConfigError(f"the tracker's address names the port {url.port}; ports go from 1 to {_PORT_MAX}")
    if url.scheme not in ("http", "https") or not url.host or url.userinfo or url.query or url.fragment:
        raise ConfigError("the tracker's address must look like https://HOST/PATH, with no token in it")
    is_in_process = transport is not None and not isinstance(transport, httpx.AsyncHTTPTransport)
    if url.scheme == "http" and not is_in_process and not is_loopback(url.host):
        raise ConfigError(
            f"http://{netloc(url)} would send the token in the clear; use https://{netloc(url)}"
        )
    return url


def trust(base: httpx.URL, ca_file: Path | None) -> ssl.SSLContext | bool:
    """Choose whom to trust; plain http needs nobody, and reading the usual list takes a while."""
    if base.scheme == "http":
        return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    if ca_file is None:
        return True
    try:
        return ssl.create_default_context(cafile=str(ca_file))
    except (OSError, ssl.SSLError) as error:
        raise ConfigError(f"{ca_file}: not a certificate file that can be read ({error})") from error


def origin(url: httpx.URL) -> tuple[str, str, int | None, bytes]:
    """Give what must be equal in two addresses for one token to go to both."""
    return url.scheme, url.host, url.port, url.userinfo


def netloc(url: httpx.URL) -> str:
    """Name a host, with its port where that is not the usual one."""
    return url.netloc.decode("ascii")


def user_agent() -> str:
    """Say who is asking."""
    try:
        return f"plansync/{version('plansync')}"
    except PackageNotFoundError:
        return "plansync/0"
