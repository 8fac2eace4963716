"""Discovery of exact schemes: training from random starts, then discrete search."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from typing import Any, NamedTuple

from mulbudget.hw.adders.search import Effort
from mulbudget.schemes.fewer import fewer_additions
from mulbudget.schemes.masks import check_fits
from mulbudget.schemes.price import adders
from mulbudget.schemes.rounds import THREADS, Known, Method, Rounds
from mulbudget.schemes.walk import elsewhere, lower
from mulbudget.spn import UserError, standard
from mulbudget.spn.scheme import check_size


@dataclass(frozen=True)
class Status:
    """What is known so far.

    Parameters
    ----------
    done : float
        The part of the time or the rounds that is over, from 0 to 1.
    starts, exact : int
        Random starts that were trained, and those of them that became exact, at any rank.
    rank : int or None
        The fewest products of an exact scheme.
    additions : int or None
        The fewest of a scheme with the rank that is looked for.
    """

    done: float
    starts: int
    exact: int
    rank: int | None
    additions: int | None


class First(NamedTuple):
    """When the first exact scheme of the rank was there, and who found it."""

    seconds: float
    found_by: str


@dataclass(frozen=True, eq=False)
class Discovery:
    """What was found.

    Parameters
    ----------
    best : Known
        The scheme with the fewest additions.
    first : First
    starts, exact : int
        Random starts that were trained, and those of them that became exact, at any rank.
    seconds : float
        In all, after compilation.
    """

    best: Known
    first: First
    starts: int
    exact: int
    seconds: float

    def provenance(self, method: Method, seed: int) -> dict[str, Any]:
        """What the network's file says about where it comes from."""
        scheme = self.best.scheme
        return {
            "source": "mulbudget discover",
            "method": method,
            "found_by": self.best.found_by,
            "trained_rank": self.best.trained_rank,
            "seed": seed,
            "starts": self.starts,
            "exact_starts": self.exact,
            "size": list(scheme.size),
            "rank": scheme.r,
            "naive_additions": scheme.naive_additions,
            "additions": self.best.additions,
        }


def discover(
    k: int,
    m: int,
    n: int,
    rank: int,
    *,
    method: Method = "search",
    seed: int = 0,
    seconds: float | None = None,
    rounds: int | None = None,
    progress: Callable[[Status], None] = lambda _: None,
) -> Discovery:
    """Look for an exact scheme, and then for one of the same rank with fewer additions.

    Everything starts from random weights: no scheme that was written by hand or published is used.
    "train" learns at the rank that is asked for, batch after batch. "search" learns at that rank
    and at somewhat higher ones, where more starts become exact, and walks from there to the rank
    over flips; then it anneals the additions. It ends early only where no fewer additions are
    possible, which is proven for 2 x 2 matrices.

    Parameters
    ----------
    k, m, n : int
        A is k x m, B is m x n.
    rank : int
        Products; at most k * m * n. Where training meets fewer of them, it goes on with those.
    method : "search" or "train"
    seed : int
        0 or more.
    seconds : float, optional
        How long to look, without what imports and compilation take at first; 60 where `rounds` is
        not given either. An interrupt (Ctrl-C) ends it with the best so far.
    rounds : int, optional
        How long to look: the same arguments give the same result, on machines with the same
        processor type, where time does not end it.
    progress : callable, optional
        Is told what is known after each round.

    Raises
    ------
    UserError
        When there can be no such scheme, it is too large, or none was found.
    KeyboardInterrupt
        When an interrupt comes before anything was found.
    """
    check_request(k, m, n, rank)
    if seconds is None and rounds is None:
        seconds = 60.0
    from mulbudget.train.bilinear import one_thread  # PyTorch takes seconds to import

    _compile()
    search, clock = Rounds(k, m, n, rank, seed, method), Effort(rounds, seconds)
    search.over = lambda: clock.done(0) >= 1
    start, first, number = time.monotonic(), None, 0
    with one_thread(), ThreadPoolExecutor(THREADS) as pool:
        try:
            while not search.finished and not search.interrupted and clock.done(number) < 1:
                search.run(pool, number)
                if search.found and first is None:
                    first = First(time.monotonic() - start, search.found[0].found_by)
                search.price(pool)
                number += 1
                progress(_status(search, clock.done(number)))
        except KeyboardInterrupt:
            search.interrupted = True
    if search.interrupted and first is None:
        raise KeyboardInterrupt
    return _result(search, first, time.monotonic() - start)


def _status(search: Rounds, done: float) -> Status:
    additions = search.best.additions if search.best else None
    return Status(min(done, 1.0), search.starts, search.exact, search.fewest, additions)


def _result(search: Rounds, first: First | None, seconds: float) -> Discovery:
    """The best scheme; `UserError` without one."""
    if first is None:
        raise UserError(search.nothing(seconds))
    best = search.best or search.found[0].priced(0)
    return Discovery(best, first, search.starts, search.exact, seconds)


def check_request(k: int, m: int, n: int, rank: int) -> None:
    """Raise `UserError` where a discovery of that rank is pointless or too large."""
    check_size(k, m, n)
    if rank < 1:
        raise UserError(f"a rank of {rank} is not possible: use 1 or more")
    if rank > k * m * n:
        raise UserError(
            f"a rank of {rank} is pointless: {k}x{m} by {m}x{n} takes {k * m * n} products without "
            f"any search; use at most {k * m * n}"
        )
    check_fits(k, m, n, rank)


@cache
def _compile() -> None:
    """Compile, or load, what the search runs, before a clock does."""
    scheme = standard(1, 1, 2)
    lower(scheme, 1, seed=[0], steps=1)
    elsewhere(scheme, seed=[0], steps=1)
    fewer_additions(scheme, seed=[0], steps=1)
    adders(scheme, iterations=1)
