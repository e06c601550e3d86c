"""The adapters, by kind: what plansync comes with in a table, what other packages register when it is asked for."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from plansync.errors import ConfigError
from plansync.trackers import github, github_payloads, gitlab, gitlab_payloads, kinds
from plansync.trackers.base import Tracker


def _no_pages(api_url: str) -> str:
    return ""


@dataclass(frozen=True, slots=True)
class Adapter:
    """What opens a kind of tracker.

    `open` takes `(api_url, project)`, and by keyword `dropped_labels` and what `http.Reach` names (more of it as time
    goes on: take `**reach`). It opens no connection yet. `web` turns the API's address into the one that
    people visit, empty where it cannot. `api_url` is where the tracker is when the settings name no address: an http
    or https address, as the state file holds it. `is_paced`: whether its writes keep the pace of `pacing` unless the
    settings say otherwise.
    """

    open: Callable[..., Tracker]
    web: Callable[[str], str] = _no_pages
    api_url: str = ""
    is_paced: bool = True


ADAPTERS: Mapping[str, Adapter] = {
    "github": Adapter(github.GitHub, github_payloads.web_root, "https://api.github.com"),
    "gitlab": Adapter(gitlab.GitLab, gitlab_payloads.web_root, "https://gitlab.com/api/v4", is_paced=False),
}
"""The adapters that plansync comes with: one line each."""


def adapter(kind: str) -> Adapter:
    """Find what opens a kind of tracker; another package is imported only when its kind is asked for.

    Raises: ConfigError where no package registers it, or what it registers is no adapter.
    """
    if kind in ADAPTERS:
        return ADAPTERS[kind]
    entry = kinds.registered().get(kind)
    if entry is None:
        raise ConfigError(
            f"no package that is installed here opens trackers of the kind {kind!r}: {kinds.known()}"
        )
    try:
        found = entry.load()
    except Exception as error:
        raise ConfigError(f"the adapter {kind!r} ({entry.value}) cannot be loaded: {error}") from error
    if not isinstance(found, Adapter) or not re.fullmatch(r"(https?://\S+[^\s/])?", found.api_url):
        raise ConfigError(
            f"the adapter {kind!r} ({entry.value}) is no plansync.trackers.registry.Adapter, which "
            "docs/adapters.md describes"
        )
    return found
