"""Many sessions at a town's counters, and one line that says what came of them."""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from itertools import count

from casework.platform import Platform
from casework.town import DAY, OPEN_FOR, START, Desk, Steps, Town
from casework.visits import Visit
from mynapoint.kernel.refusal import Refusal

DESKS = 8
SHOWN_EVERY = 1000


@dataclass(frozen=True)
class Result:
    """What a simulation came to."""

    seed: int
    sessions: int
    outcomes: Counter[str]
    wrong: tuple[str, ...]

    def __str__(self) -> str:
        counts = {name: number for name, number in sorted(self.outcomes.items()) if name != "sessions"}
        outcomes = " ".join(f"{name} {number:,}" for name, number in counts.items())
        return f"seed {self.seed} | sessions {self.sessions:,} | {outcomes} | wrong bindings {len(self.wrong):,}"


def simulate(
    platform: Platform,
    *,
    sessions: int,
    seed: int,
    desks: int = DESKS,
    is_over_at_first: bool = False,
    progress: Callable[[Result], None] | None = None,
    between: Callable[[Town], None] = lambda _town: None,
) -> Result:
    """Let so many citizens come to the counters, one after the other at each; the same seed gives the same run.

    `between` is called before each of them. Over at the first wrong binding, it lets nobody else come.
    """
    town = Town(platform, seed=seed, desks=desks)
    people = count()

    def goes_on() -> bool:
        return town.witness.outcomes["sessions"] < sessions and not (is_over_at_first and town.witness.wrong)

    def look_in() -> None:
        between(town)
        come = town.witness.outcomes["sessions"]
        if come % SHOWN_EVERY == 0:
            town.witness.forget_old()
            if progress and come:
                progress(_sum_up(town, seed))

    for desk in town.desks:
        town.begin(_work(town, desk, people, goes_on=goes_on, look_in=look_in))
    town.run()
    return _sum_up(town, seed)


def _work(
    town: Town, desk: Desk, people: Iterator[int], *, goes_on: Callable[[], bool], look_in: Callable[[], None]
) -> Steps:
    """Help whoever comes, from half past eight to five; sometimes a supervisor lets it be later."""
    while goes_on():
        if town.now % DAY >= OPEN_FOR and not _is_extended(town, desk):
            town.take_out(desk)
            yield DAY - town.now % DAY
            continue
        while desk.people:
            yield 5
        look_in()
        yield from Visit.begin(town, desk, next(people)).run()
        yield town.random.randrange(1, 20)
    town.take_out(desk)


def _is_extended(town: Town, desk: Desk) -> bool:
    """Ask a supervisor, who sometimes says yes, for half an hour."""
    if town.now % DAY >= OPEN_FOR + 3600 or not town.is_chance(0.5):
        return False
    until = START + timedelta(seconds=town.now // DAY * DAY + OPEN_FOR + town.random.choice((300, 1800, 3600)))
    with suppress(Refusal):
        town.deliver("extended", lambda at: town.platform.extend(desk.seat.counter, until=until, at=at))
    return True


def _sum_up(town: Town, seed: int) -> Result:
    """Count what the platform has bound beside what the witness has seen being bound."""
    wrong = list(town.witness.wrong)
    wrong += ["bound without anybody's signature"] * (town.platform.bound - town.witness.seen)
    return Result(seed, town.witness.outcomes["sessions"], Counter(town.witness.outcomes), tuple(wrong))
