"""The adapters that plansync comes with: one line each."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from plansync.trackers import github, github_payloads
from plansync.trackers.base import Tracker

TRACKERS: Mapping[str, Callable[..., Tracker]] = {"github": github.GitHub}
"""Kind → what opens it: `(api_url, project, *, dropped_labels, token, cache, …)`."""

WEB: Mapping[str, Callable[[str], str]] = {"github": github_payloads.web_root}
"""Kind → what turns an API address into the one that people visit."""
