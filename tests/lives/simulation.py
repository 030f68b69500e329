"""Many lives, in batches, interleaved by the clock as they would be on one platform."""

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from heapq import heapify, heappop, heappush
from random import Random

from lives.life import Life, Stage, Steps
from lives.observer import Observer
from lives.platform import Platform
from lives.plots import begin_plot
from lives.registry import CardRegistry
from mynapoint.kernel.refusal import Refusal

BATCH = 250
PLOT_EVERY = 20
"""One life of so many is one of the stories that chance would seldom tell."""


@dataclass(frozen=True)
class Result:
    """What a simulation came to."""

    seed: int
    lives: int
    outcomes: Counter[str]
    violations: tuple[str, ...]

    def __str__(self) -> str:
        outcomes = " ".join(f"{name} {count:,}" for name, count in sorted(self.outcomes.items()))
        return f"seed {self.seed} | lives {self.lives:,} | {outcomes} | violations {len(self.violations):,}"


def simulate(
    platform: Platform,
    *,
    lives: int,
    seed: int,
    is_over_at_first: bool = False,
    progress: Callable[[Result], None] | None = None,
) -> Result:
    """Let so many people live, and say what came of it, and in between what has; the same seed gives the same lives.

    Over at the first violation, it leaves the lives of that time unfinished.
    """
    observer = Observer()
    with ThreadPoolExecutor(4) as executor:
        stage = Stage(platform, CardRegistry(), observer, Random(seed), executor)
        for begin in range(0, lives, BATCH):
            people = range(begin, min(begin + BATCH, lives))
            _interleave([_begin(person, stage) for person in people], observer, is_over_at_first=is_over_at_first)
            if is_over_at_first and observer.violations:
                break
            observer.audit()
            if progress:
                progress(Result(seed, people.stop, observer.outcomes, tuple(observer.violations)))
    return Result(seed, lives, observer.outcomes, tuple(observer.violations))


def _begin(person: int, stage: Stage) -> Steps:
    if person % PLOT_EVERY == 0:
        return begin_plot(person // PLOT_EVERY, person, stage)
    return Life.begin(person, stage).run()


def _interleave(lives: list[Steps], observer: Observer, *, is_over_at_first: bool) -> None:
    """Go on with whichever life's next step is the earliest, until all are over."""
    waiting = [(next(life), place, life) for place, life in enumerate(lives)]
    heapify(waiting)
    while waiting and not (is_over_at_first and observer.violations):
        _, place, life = heappop(waiting)
        try:
            heappush(waiting, (next(life), place, life))
        except StopIteration:
            continue
        except Refusal as refusal:
            observer.complain(place, f"the office could not decide: {refusal}")
