"""The curve of area against speed has no gap, and nothing on it that something else beats."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.random_networks import dense, images
from mulbudget.hw.choose import PLENTY, Chooser
from mulbudget.hw.estimate import Need
from mulbudget.hw.families import find_family
from mulbudget.hw.front import front, spread
from mulbudget.spn import Network

LIMIT = Need(lut=20_000, ff=20_000, dsp=8, bram=40, carry=10_000)
ENDLESS = Need(lut=PLENTY, ff=PLENTY, dsp=8, bram=PLENTY, carry=PLENTY)


@pytest.fixture(
    params=[dense((96, 32, 10), density=0.4), images((1, 8, 8), 8, density=0.5)],
    ids=["dense", "images"],
)
def chooser(request: pytest.FixtureRequest) -> Chooser:
    network: Network = request.param
    return Chooser(network, find_family("ecp5"), LIMIT.dsp, {})


def test_every_interval_has_its_smallest_choice_on_the_curve(chooser: Chooser) -> None:
    curve = front(chooser, LIMIT)
    assert len(curve) > 2
    for interval in chooser.intervals:
        smallest = chooser.smallest(ENDLESS, interval, device=LIMIT)
        assert smallest is not None
        as_fast = [each.total.lut for each in curve if each.total.interval <= interval]
        # The choice weighs other resources as well, and stops within 1 % of the least.
        assert min(as_fast) <= 1.03 * smallest.total.lut


def test_slower_is_smaller(chooser: Chooser) -> None:
    for fast, slow in pairwise(front(chooser, LIMIT)):
        assert fast.total.interval < slow.total.interval
        assert fast.total.lut > slow.total.lut


def test_it_has_the_multipliers_of_the_device_and_no_other_limit(chooser: Chooser) -> None:
    tiny = Need(lut=10, ff=10, dsp=8, bram=1, carry=1)
    curve = front(chooser, tiny)
    assert curve[0].total.interval == chooser.intervals[0]
    assert max(each.total.dsp for each in curve) <= 8


def test_progress_ends_when_all_is_done(chooser: Chooser) -> None:
    told: list[tuple[int, int]] = []
    front(chooser, LIMIT, progress=lambda done, of: told.append((done, of)))
    assert [done for done, _ in told] == sorted(done for done, _ in told)
    assert told[-1][0] == told[-1][1]


@given(st.sets(st.integers(1, 10**6), min_size=1, max_size=200), st.integers(2, 50))
def test_few_values_of_many_have_both_ends(values: set[int], most: int) -> None:
    given_, found = sorted(values), spread(sorted(values), most)
    assert len(found) == min(len(given_), len(found)) <= max(most, 1)
    assert set(found) <= values and found == sorted(found)
    assert (found[0], found[-1]) == (given_[0], given_[-1])
    if len(given_) <= most:
        assert found == given_
