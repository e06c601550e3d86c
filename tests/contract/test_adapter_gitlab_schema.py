"""All that the GitLab adapter sends is known to GitLab, which passes over without a word what it does not know.

The conformance suite makes the adapter send every request that it knows, refused ones included.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest

from plansync.sandbox.kinds import Tier
from plansync.sandbox.records import Records
from plansync.trackers.conformance import Bench, Conformance, Way
from tests.contract.gitlab import Contract, load
from tests.contract.openapi import Checked
from tests.contract.test_conformance_github import Broken, Clock, Losing
from tests.contract.test_conformance_gitlab import ROOT, Inside


@pytest.fixture(scope="module")
def contract() -> Contract:
    return load(f"{ROOT}/api/v4")


class Watched(Inside):
    """Reached through a transport that checks both ways."""

    def __init__(self, records: Records, clock: Clock, contract: Contract) -> None:
        super().__init__(records, clock, Tier.PREMIUM)
        self.contract = contract

    def reach(self, way: Way) -> tuple[str, dict[str, Any]]:
        address, reached = super().reach(Way.USUAL)
        checked = Checked(reached["transport"], self.contract)
        wrapped = {Way.LOSSY: Losing(checked), Way.NOWHERE: Broken()}.get(way, checked)
        return address, {"transport": wrapped}


class TestEveryRequest(Conformance):
    @pytest.fixture
    def bench(self, contract: Contract) -> Iterator[Bench]:
        clock = Clock()
        with closing(Records(now=clock)) as records:
            yield Watched(records, clock, contract)
