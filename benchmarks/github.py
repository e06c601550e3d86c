"""What a plan on GitHub costs: requests by method, wall time with a slow network, peak memory.

Run it with the project's own environment; sizes are tasks, a latency is what each round trip takes longer:

    .venv/bin/python benchmarks/github.py 12 100 1000 --latency 0 50

The plan of 12 tasks is the example that plansync comes with, the others are made. How it is measured: `desk.py`.
"""

from __future__ import annotations

from desk import GITHUB, asked, lives

if __name__ == "__main__":
    given = asked("What a plan on GitHub costs.").parse_args()
    lives(given.sizes, given.latency, GITHUB)
