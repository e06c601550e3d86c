"""What every adapter promises, as tests that anybody can run on theirs; `docs/adapters.md` shows how.

    from plansync.trackers.conformance import Bench, Conformance

    class TestMine(Conformance):
        @pytest.fixture
        def bench(self):
            return MyBench()

It knows the protocol in `base` and no tracker. The one part of plansync that imports pytest, which comes with
the extra `plansync[conformance]`.
"""

from __future__ import annotations

import pytest

# Before they are imported: an assertion that fails should show what it compared.
pytest.register_assert_rewrite(
    *(
        f"{__name__}.{part}"
        for part in ("bench", "writing", "reading", "links", "estimates", "absences", "refusals")
    )
)

from plansync.trackers.conformance.absences import Absences  # noqa: E402
from plansync.trackers.conformance.bench import Bench, Trait, Way  # noqa: E402
from plansync.trackers.conformance.estimates import Estimates  # noqa: E402
from plansync.trackers.conformance.links import Links  # noqa: E402
from plansync.trackers.conformance.reading import Reading  # noqa: E402
from plansync.trackers.conformance.refusals import Refusals  # noqa: E402
from plansync.trackers.conformance.writing import Writing  # noqa: E402

__all__ = ["Bench", "Conformance", "Trait", "Way"]


class Conformance(Writing, Reading, Links, Estimates, Absences, Refusals):
    """All that an adapter promises. A subclass gives the fixture `bench`: a project that is empty, for each test."""
