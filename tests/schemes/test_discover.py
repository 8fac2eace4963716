import time
from concurrent.futures import Future

import numpy as np
import pytest

from mulbudget.schemes import rounds
from mulbudget.schemes.discover import Status, discover
from mulbudget.schemes.masks import canonical
from mulbudget.schemes.rounds import Known, Rounds
from mulbudget.spn import UserError, standard
from tests.algorithms import STRASSEN, with_dead


def test_rounds_are_repeatable_and_reach_the_proven_optimum() -> None:
    told: list[Status] = []
    one = discover(2, 2, 2, 7, rounds=12, progress=told.append)
    other = discover(2, 2, 2, 7, rounds=12)
    assert (one.best.scheme.r, one.best.additions) == (7, 15)
    assert one.best.adders == (4, 4, 7)
    for name in ("wa", "wb", "wc"):
        assert np.array_equal(getattr(one.best.scheme, name), getattr(other.best.scheme, name))
    assert told[-1].rank == 7 and told[-1].additions == 15
    assert (told[-1].starts, told[-1].exact) == (one.starts, one.exact)
    # What is better stays, and it ended as soon as nothing better was possible.
    assert len(told) < 12 and [each.additions for each in told[:-1]].count(15) == 0


def test_training_alone_says_so() -> None:
    found = discover(2, 2, 2, 7, rounds=1, method="train")
    assert found.best.found_by == found.first.found_by == "training"
    provenance = found.provenance("train", 0)
    assert provenance["trained_rank"] == provenance["rank"] == 7
    assert 0 < provenance["exact_starts"] < provenance["starts"] == 128
    assert provenance["size"] == [2, 2, 2]


@pytest.mark.parametrize("size", [(1, 1, 1), (1, 2, 1)])
def test_sizes_without_any_choice_are_found(size: tuple[int, int, int]) -> None:
    k, m, n = size
    assert discover(k, m, n, k * m * n, rounds=2).best.scheme.r == k * m * n


def test_a_rank_that_is_too_low_is_given_up_with_what_is_missing() -> None:
    with pytest.raises(UserError, match=r"with 6 products .* \d+ of 64 entries wrong") as caught:
        discover(2, 2, 2, 6, rounds=2)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("request_", "message"),
    [
        ((0, 2, 2, 1), "sizes of 1 or more"),
        ((2, 2, 2, 9), "a rank of 9 is pointless: .* at most 8"),
        ((2, 2, 2, 0), "a rank of 0 is not possible"),
        ((8, 8, 1, 64), "64 entries is too large"),
        ((4, 4, 4, 64), "64 products are too many"),
        ((30, 30, 30, 100), "equations"),
    ],
)
def test_what_cannot_be_discovered_is_refused(
    request_: tuple[int, int, int, int], message: str
) -> None:
    with pytest.raises(UserError, match=message):
        discover(*request_, seconds=5)


def test_time_ends_it() -> None:
    discover(1, 1, 1, 1, rounds=1)  # compiled, and imported
    start = time.monotonic()
    found = discover(1, 2, 2, 4, seconds=3)
    assert 3 <= time.monotonic() - start < 120
    assert found.best.scheme.r == 4


def test_an_interrupt_before_anything_is_found_is_one(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object) -> None:
        monkeypatch.undo()
        raise KeyboardInterrupt

    monkeypatch.setattr(rounds, "wait", interrupted)
    with pytest.raises(KeyboardInterrupt):
        discover(3, 3, 3, 23, seconds=60)


def test_an_interrupt_keeps_what_jobs_find(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(jobs: list[Future[object]]) -> None:
        monkeypatch.undo()
        for job in jobs:
            job.result()
        raise KeyboardInterrupt

    monkeypatch.setattr(rounds, "wait", interrupted)
    found = discover(1, 2, 2, 4, seconds=60)
    assert found.best.scheme.r == 4 and found.first.found_by == "training"


def test_fewer_products_than_asked_for_become_the_rank() -> None:
    search = Rounds(2, 2, 2, 8, 0, "train")
    one, other = standard(2, 2, 2), canonical(with_dead(STRASSEN, "wb"))
    search.take([Known(one, 8, trained=True)])
    assert (search.rank, search.fewest) == (8, 8)
    search.take([Known(other, 8, trained=True)])
    assert (search.rank, search.fewest) == (7, 7)
    assert [each.scheme for each in search.found] == [other]
    assert [each.scheme for each in search.higher] == [one]


@pytest.mark.parametrize(("rank", "cure"), [(2, "take more --seconds"), (1, "take a higher --r")])
def test_the_advice_is_possible(rank: int, cure: str) -> None:
    assert cure in Rounds(1, 2, 1, rank, 0, "train").nothing(1)


def test_an_interrupt_gives_the_best_so_far() -> None:
    discover(1, 1, 1, 1, rounds=1)
    calls = 0

    def interrupt(_: Status) -> None:
        nonlocal calls
        calls += 1
        if calls == 2:
            raise KeyboardInterrupt

    found = discover(1, 2, 2, 4, seconds=60, progress=interrupt)
    assert found.best.scheme.r == 4 and calls == 2
