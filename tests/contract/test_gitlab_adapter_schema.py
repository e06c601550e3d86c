"""All that the GitLab adapter sends, and all that the sandbox answers, is what is known of GitLab.

The conformance suite makes the adapter send every request that it knows, refused ones included. A name that GitLab
would pass over without a word is a breach.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest

from plansync.sandbox.kinds import Tier
from plansync.sandbox.records import Records
from plansync.trackers.conformance import Bench, Conformance, Way
from tests.contract.gitlab import Checked, Contract, load
from tests.contract.test_conformance_github import Broken, Clock, Losing
from tests.contract.test_conformance_gitlab import ROOT, Inside


@pytest.fixture(scope="module")
def contract() -> Contract:
    return load(f"{ROOT}/api/v4")


class Watched(Inside):
    """Reached through a transport that checks both ways."""

    def __init__(self, records: Records, clock: Clock, tier: Tier, contract: Contract) -> None:
        super().__init__(records, clock, tier)
        self.contract, self.seen = contract, list[tuple[str, str, int]]()

    def reach(self, way: Way) -> tuple[str, dict[str, Any]]:
        address, reached = super().reach(Way.USUAL)
        checked = Checked(reached["transport"], self.contract, self.seen)
        wrapped = {Way.LOSSY: Losing(checked), Way.NOWHERE: Broken()}.get(way, checked)
        return address, {"transport": wrapped}


class TestEveryRequest(Conformance):
    @pytest.fixture(params=[Tier.PREMIUM, Tier.FREE], ids=lambda tier: tier.value)
    def bench(self, request: pytest.FixtureRequest, contract: Contract) -> Iterator[Bench]:
        clock = Clock()
        with closing(Records(now=clock)) as records:
            yield Watched(records, clock, request.param, contract)
