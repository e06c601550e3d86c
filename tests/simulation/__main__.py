"""Play many histories: `python -m tests.simulation --seeds 0:20000 --actions 25`."""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter
from collections.abc import Sequence

from tests.simulation import losses
from tests.simulation.driver import Result, describe, play, shrink
from tests.simulation.golden import GOLDEN, PLAYS, Golden
from tests.simulation.looks import GITLAB_LOOKS, LOOKS, Look
from tests.simulation.mutants import MUTANTS


def tell(text: str) -> None:
    """Say one thing at once, also into a pipe."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def crash(kind: str, scenarios: Sequence[Golden], stories: int) -> int:
    """Let golden scenarios die at every point, and tell of those that end otherwise."""
    started, count, failed = time.monotonic(), 0, 0
    for golden in scenarios:
        before = count
        for death in PLAYS[kind](golden):
            count += 1
            if death.error:
                failed += 1
                tell(str(death) if failed <= stories else f"{golden.name} {death.points} {death.act}")
        tell(f"{count - before:6} {golden.name}")
    tell(f"{count} deaths ({kind}), {time.monotonic() - started:.1f} s: {failed} failed")
    return 1 if failed else 0


def mutants() -> int:
    """Say of each mutant whether it is caught, and by what."""
    killed = 0
    for mutant in MUTANTS:
        error = mutant.killed_by()
        killed += bool(error)
        tell(f"{'killed' if error else 'SURVIVED':8}  {mutant.name}: {' '.join(error.split())[:100]}")
    tell(f"{killed} of {len(MUTANTS)} mutants killed")
    return 0 if killed == len(MUTANTS) else 1


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.simulation", description=__doc__)
    parser.add_argument("--seeds", default="0:1000", help="FIRST:END, or one seed")
    parser.add_argument("--actions", type=int, default=25)
    parser.add_argument("--copies", type=int, default=1)
    parser.add_argument("--look", default="template", choices=(*LOOKS, "both"))
    parser.add_argument(
        "--profile", default="github", choices=("github", "gitlab"), help="which tracker is played"
    )
    parser.add_argument("--shard", default="0/1", help="I/N plays every N-th seed from I on")
    parser.add_argument("--stories", type=int, default=3, help="how many failures to shrink and tell")
    parser.add_argument(
        "--twice", type=int, default=50, help="every N-th seed is played twice, logs must be equal"
    )
    parser.add_argument(
        "--crash-points", choices=(*PLAYS,), help="die in the golden scenarios instead, at every point"
    )
    parser.add_argument(
        "--losses", action="store_true", help="issues and milestones get lost; failures are not shrunk"
    )
    parser.add_argument("--mutants", action="store_true", help="say of each protocol mutant what kills it")
    options = parser.parse_args()
    if options.mutants:
        return mutants()
    shard, _, of = options.shard.partition("/")
    if options.crash_points:
        return crash(options.crash_points, GOLDEN[int(shard) :: int(of)], options.stories)
    first, _, end = options.seeds.partition(":")
    seeds = range(int(first), int(end or int(first) + 1))[int(shard) :: int(of)]
    started, failed, runs, conflicted = time.monotonic(), [], 0, 0
    kinds: Counter[str] = Counter()
    played = dict(zip(LOOKS, (GITLAB_LOOKS if options.profile == "gitlab" else LOOKS).values(), strict=True))
    looks = [played[options.look]] if options.look in played else list(played.values())

    def played_once(seed: int, look: Look) -> Result:
        if options.losses:
            return losses.play(seed, look, options.actions)
        return play(seed, options.actions, options.copies, look)

    for seed, look in ((s, each) for s in seeds for each in looks):
        result = played_once(seed, look)
        runs += result.runs
        conflicted += result.conflicts > 0
        if options.twice and seed % options.twice == 0:
            again = played_once(seed, look)
            if again.log != result.log:
                failed.append(seed)
                tell(f"seed {seed} of {look.name} went otherwise the second time")
        if result.error:
            failed.append(seed)
            kinds[" ".join(result.error.strip().splitlines()[-1].split()[:7])] += 1
            if len(failed) <= options.stories:
                tell(describe(result if options.losses else shrink(result, options.copies)) + "\n")
            else:
                tell(f"seed {seed} of {look.name}: {result.error.strip().splitlines()[-1][:150]}")
    took = time.monotonic() - started
    for kind, count in kinds.most_common():
        tell(f"{count:6} {kind}")
    tell(
        f"{len(seeds) * len(looks)} histories of {options.actions} actions, {runs} runs, {took:.1f} s: "
        f"{len(failed)} failed, {conflicted} ended in conflict"
    )
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
