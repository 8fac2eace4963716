"""What a discovery does round by round: training, walks to the rank, fewer additions."""

from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Literal, TypeVar

from mulbudget.schemes.fewer import estimate, fewer_additions
from mulbudget.schemes.masks import canonical
from mulbudget.schemes.price import adders
from mulbudget.schemes.walk import elsewhere, lower
from mulbudget.spn import Scheme

Method = Literal["search", "train"]

LEAST_ADDITIONS = {(2, 2, 2, 7): 15}
"""Proven: Bshouty, "On the additive complexity of 2 x 2 matrix multiplication" (1995)."""

THREADS = 2
"""Jobs side by side. A constant, since it is part of what a seed stands for."""
_STARTS = 64
"""Of a batch."""
_KEPT = 64
"""Schemes that are kept to start from."""
_WALK = 5_000_000
"""Flips of a job."""
_ITERATIONS = 1000
"""Of the adder graphs of a candidate."""
_NEARLY = 2
"""By so many additions the quick estimate of a candidate may be above the best."""
_UNKNOWN = 1 << 62

T = TypeVar("T")


@dataclass(frozen=True, eq=False)
class Known:
    """An exact scheme, and where it comes from.

    Parameters
    ----------
    scheme : Scheme
    trained_rank : int
        Products of the trained scheme that it comes from.
    trained : bool
        Whether it is that scheme.
    adders : tuple of three int, optional
        Of the adder graphs of wa, wb and wc, where they are known.
    """

    scheme: Scheme
    trained_rank: int
    trained: bool
    adders: tuple[int, int, int] | None = None

    @property
    def additions(self) -> int:
        """Of the adder graphs."""
        if self.adders is None:
            raise ValueError("the adders are not known")
        return sum(self.adders)

    @property
    def found_by(self) -> str:
        """Who found it."""
        return "training" if self.trained else "training, then discrete search"

    @cached_property
    def estimate(self) -> int:
        """Additions, quickly; see `fewer.estimate`."""
        return estimate(self.scheme)

    def priced(self, iterations: int) -> "Known":
        """The same, with the adders of graphs that so many iterations give."""
        return replace(self, adders=adders(self.scheme, iterations=iterations))


@dataclass
class Rounds:
    """What is known of k x m by m x n with `rank` products, and what the next round does about it.

    A scheme of fewer products, where training leaves some without use, makes that the rank.
    Training, walking and annealing alternate as long as something is missing. A round is so many
    jobs side by side, each with random numbers of its own, and takes over their results in order.
    """

    k: int
    m: int
    n: int
    rank: int
    seed: int
    method: Method
    starts: int = 0
    exact: int = 0
    least_wrong: int | None = None  # at the rank that is looked for
    higher: list[Known] = field(default_factory=list)  # of more products, the fewest first
    found: list[Known] = field(default_factory=list)
    best: Known | None = None
    seen: set[Known] = field(default_factory=set)
    over: Callable[[], bool] = lambda: False  # whether jobs are to end early
    interrupted: bool = False

    def stopped(self) -> bool:
        """Whether jobs are to end early."""
        return self.interrupted or self.over()

    @property
    def finished(self) -> bool:
        """Whether nothing better is possible."""
        least = LEAST_ADDITIONS.get((self.k, self.m, self.n, self.rank), 0)
        return self.best is not None and self.best.additions <= least

    @property
    def fewest(self) -> int | None:
        """Products of an exact scheme, at least; None without one."""
        return min((known.scheme.r for known in self.found + self.higher), default=None)

    def take(self, schemes: Sequence[Known]) -> None:
        """Take over exact schemes; those that are fewest in products or additions come first."""
        fewest = min((known.scheme.r for known in schemes), default=self.rank)
        if fewest < self.rank:
            self.rank, self.best, self.least_wrong = fewest, None, None
            self.higher, self.found = self.found + self.higher, []
        for known in schemes:
            (self.found if known.scheme.r == self.rank else self.higher).append(known)
        self.higher = sorted(self.higher, key=lambda known: known.scheme.r)[:_KEPT]
        self.found = sorted(self.found, key=lambda known: known.estimate)[:_KEPT]

    def run(self, pool: ThreadPoolExecutor, number: int) -> None:
        """Do the jobs of the next round."""
        numbers = [number * THREADS + thread for thread in range(THREADS)]
        if self.method == "train" or not (self.found or (self.higher and number % 2)):
            self._train(pool, numbers)
        elif self.found:
            self._improve(pool, numbers)
        else:
            self._lower(pool, numbers)

    def _train(self, pool: ThreadPoolExecutor, numbers: Sequence[int]) -> None:
        # PyTorch takes seconds to import.
        from mulbudget.train.bilinear import learn

        ranks = [self._trained_rank(number) for number in numbers]
        jobs = [
            pool.submit(
                learn,
                *(self.k, self.m, self.n, rank),
                starts=_STARTS,
                steps=100 * max(rank, 8),
                seed=[self.seed, number],
                stopped=self.stopped,
            )
            for number, rank in zip(numbers, ranks, strict=True)
        ]
        for rank, learned in zip(ranks, self._results(jobs), strict=True):
            self.starts += learned.starts
            self.exact += len(learned.schemes)
            if rank == self.rank:
                known = [] if self.least_wrong is None else [self.least_wrong]
                self.least_wrong = min([learned.least_wrong, *known])
            self.take([Known(canonical(scheme), rank, trained=True) for scheme in learned.schemes])

    def _trained_rank(self, number: int) -> int:
        """Of a batch: the rank itself in turn with some above it."""
        if self.method == "train":
            return self.rank
        above = max(self.rank // 10, 1)
        extra = (above, 0, above + 1, above + 2)[number % 4]
        return min(self.rank + extra, self.k * self.m * self.n)

    def _lower(self, pool: ThreadPoolExecutor, numbers: Sequence[int]) -> None:
        """Walk from schemes of more products to the rank."""
        chosen = [self.higher[number % len(self.higher)] for number in numbers]
        jobs = [
            pool.submit(
                lower,
                known.scheme,
                self.rank,
                seed=[self.seed, number],
                steps=_WALK,
                stopped=self.stopped,
            )
            for number, known in zip(numbers, chosen, strict=True)
        ]
        self.take(
            [
                Known(scheme, known.trained_rank, trained=False)
                for known, scheme in zip(chosen, self._results(jobs), strict=True)
                if scheme.r < known.scheme.r
            ]
        )

    def _improve(self, pool: ThreadPoolExecutor, numbers: Sequence[int]) -> None:
        """Anneal the additions of schemes of the rank."""
        jobs = []
        for number in numbers:
            known = self._start(number)
            jobs.append((known, pool.submit(self._annealed, known.scheme, number)))
        schemes = self._results([job for _, job in jobs])
        self.take(
            [
                Known(scheme, known.trained_rank, trained=False)
                for (known, _), scheme in zip(jobs, schemes, strict=True)
                if scheme.r == self.rank
            ]
        )

    def _start(self, number: int) -> Known:
        """The best scheme in turn with others: of more products, or else of the rank."""
        if number % 4 == 0 and self.best:
            return self.best
        others = self.higher if self.higher and number % 2 else self.found
        return others[number // 2 % len(others)]

    def _annealed(self, scheme: Scheme, number: int) -> Scheme:
        seed = [self.seed, number]
        if scheme.r > self.rank:
            walked = lower(scheme, self.rank, seed=seed, steps=_WALK, stopped=self.stopped)
        else:
            walked = elsewhere(scheme, seed=seed, steps=_WALK, stopped=self.stopped)
        if walked.r > self.rank:
            return walked
        steps = 500 * self.rank**2
        return fewer_additions(walked, seed=seed, steps=steps, stopped=self.stopped)

    def price(self, pool: ThreadPoolExecutor) -> None:
        """Optimize the adder graphs of schemes that may have the fewest additions."""
        bar = _UNKNOWN if self.best is None else self.best.additions + _NEARLY
        fresh = [each for each in self.found if each not in self.seen and each.estimate <= bar]
        jobs = [pool.submit(each.priced, _ITERATIONS) for each in fresh[:THREADS]]
        self.seen.update(fresh[:THREADS])
        for known in self._results(jobs):
            if self.best is None or known.additions < self.best.additions:
                self.best = known

    def nothing(self, seconds: float) -> str:
        """A sentence where there is no scheme of the rank."""
        parts = [
            f"no exact algorithm for {self.k}x{self.m} by {self.m}x{self.n} with {self.rank} "
            f"products was found in {seconds:.0f} seconds from {self.starts:,} starts"
        ]
        if self.least_wrong is not None:
            entries = self.k * self.m * self.m * self.n * self.k * self.n
            parts.append(f"the best has {self.least_wrong} of {entries:,} entries wrong")
        if self.higher:
            parts.append(f"with {self.higher[0].scheme.r} products there is one")
        cure = "take a higher --rank, or " if self.rank < self.k * self.m * self.n else "take "
        return "; ".join(parts) + f": {cure}more --seconds"

    def _results(self, jobs: Sequence[Future[T]]) -> list[T]:
        """Of all jobs; an interrupt ends them early, with what they have by then."""
        try:
            wait(jobs)
        except KeyboardInterrupt:
            self.interrupted = True
        return [job.result() for job in jobs]
