"""What a plan on GitLab costs: requests by method, wall time with a slow network, peak memory.

Run it with the project's own environment; sizes are tasks, a latency is what each round trip takes longer:

    .venv/bin/python benchmarks/gitlab.py 12 100 1000 --latency 0 50
    .venv/bin/python benchmarks/gitlab.py 1000 --latency 50 --serial

With `--serial` the first push alone is made twice, as it is and with one write at a time, each beside a new tracker:
how much faster it is for writing to eight items at once. How it is measured: `desk.py`.
"""

from __future__ import annotations

from desk import GITLAB, PROGRAM, asked, desk, first_push, head, lives

ONE_BY_ONE = """
from dataclasses import replace
from plansync.trackers import gitlab
gitlab.TRAITS = replace(gitlab.TRAITS, writes_at_once=1)
from plansync.cli.main import run
run()
"""
"""plansync as it would be if GitLab were written to one by one."""


def compared(tasks: int, latency: int) -> None:
    """Print how long a first push takes as it is and one by one, and the ratio of both."""
    took_s = []
    for what, program in (("first push", PROGRAM), ("the same, one by one", ("-c", ONE_BY_ONE))):
        with desk(tasks, latency / 1000, GITLAB, program) as at:
            cost = first_push(at)
            print(cost.row(tasks, what, latency / 1000, GITLAB.edit), flush=True)
            took_s.append(cost.wall_s)
    print(f"\n{tasks} tasks: {took_s[1] / took_s[0]:.2f} times faster", flush=True)


if __name__ == "__main__":
    parser = asked("What a plan on GitLab costs.")
    parser.add_argument("--serial", action="store_true", help="compare first pushes with one write at a time")
    given = parser.parse_args()
    if not given.serial:
        lives(given.sizes, given.latency, GITLAB)
    for latency in given.latency if given.serial else ():
        head(latency, GITLAB)
        for tasks in given.sizes:
            compared(tasks, latency)
