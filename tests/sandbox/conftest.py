"""An empty tracker for each test."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

import pytest

from plansync.sandbox.records import Records
from tests.sandbox.api import Api, Clock, GitLabApi


@pytest.fixture
def api() -> Iterator[Api]:
    clock = Clock()
    with closing(Records(now=clock)) as records:
        yield Api(records, clock)


@pytest.fixture
def gitlab() -> Iterator[GitLabApi]:
    clock = Clock()
    with closing(Records(now=clock)) as records:
        yield GitLabApi(records, clock)
