"""Medians over seeds, and the points that no other one beats."""

import csv
import io
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mulbudget.sweep.front import COSTS, Cost, Point, front, fronts, points, points_csv, runs_csv
from mulbudget.sweep.results import Fit, Result

LUT, MULTIPLICATIONS, DSP, RATE = COSTS


def result(
    budget: int, seed: int = 0, *, accuracy: float, lut: int | None = 100, rate: float = 1e6
) -> Result:
    """A run; one without LUTs does not fit."""
    fit = None
    if lut is not None:
        styles = {"layer1": "serial:1", "layer2": "parallel"}
        fit = Fit(lut=lut, ff=7, dsp=2, bram=1, interval=5, samples_per_second=rate, styles=styles)
    return Result(
        format="mulbudget-sweep-run",
        version=1,
        recipe="digits",
        budget=budget,
        seed=seed,
        network="0" * 64,
        accuracy=accuracy,
        multiplications=budget,
        board="icebreaker",
        fit=fit,
        reason="too large, say" if fit is None else None,
    )


def budgets(found: Sequence[Point]) -> list[int]:
    return [point.budget for point in found]


def test_a_point_has_median_and_range_of_its_seeds() -> None:
    luts = {0: 100, 1: 300, 2: None, 3: 260}
    accuracies = (0.7, 0.9, 0.1, 0.6)
    runs = [
        result(8, seed, accuracy=accuracy, lut=luts[seed])
        for seed, accuracy in enumerate(accuracies)
    ]
    [point] = points(runs[::-1])
    assert [each.seed for each in point.results] == [0, 1, 2, 3]
    assert point.accuracy == (pytest.approx(0.65), 0.1, 0.9)
    assert point.fitting == 3
    place = LUT.place(point)
    assert place is not None
    assert place.cost == (260, 100, 300)
    assert place.accuracy == (0.7, 0.6, 0.9)  # of those that fit


def test_the_front_leaves_out_what_another_beats() -> None:
    found = points(
        [
            result(4, accuracy=0.8, lut=50),
            result(8, accuracy=0.9, lut=70),
            result(16, accuracy=0.9, lut=80),  # as accurate as 8, and larger
            result(28, accuracy=0.85, lut=60),
            result(48, accuracy=0.95, lut=None),
        ]
    )
    assert budgets(front(found, LUT)) == [4, 28, 8]
    assert budgets(front(found, MULTIPLICATIONS)) == [4, 8, 48]


def test_more_samples_per_second_are_better() -> None:
    found = points(
        [
            result(4, accuracy=0.8, rate=2e6),
            result(8, accuracy=0.9, rate=1e6),
            result(16, accuracy=0.7, rate=1.5e6),
        ]
    )
    assert budgets(front(found, RATE)) == [4, 8]


def test_equal_points_are_both_on_the_front() -> None:
    found = points([result(4, accuracy=0.8, lut=50), result(8, accuracy=0.8, lut=50)])
    assert budgets(front(found, LUT)) == [4, 8]
    assert budgets(front(found, MULTIPLICATIONS)) == [4]


SOME = st.lists(
    st.builds(
        result,
        budget=st.integers(1, 9),
        seed=st.integers(0, 2),
        accuracy=st.integers(0, 5).map(lambda value: value / 5),
        lut=st.none() | st.integers(1, 5),
        rate=st.integers(1, 4).map(float),
    ),
    max_size=12,
    unique_by=lambda each: (each.budget, each.seed),
)


def beats(one: Point, other: Point, cost: Cost) -> bool:
    left, right = cost.place(one), cost.place(other)
    if left is None or right is None:
        return False
    sign = -1 if cost.more else 1
    less = sign * (right.cost.median - left.cost.median)
    more = left.accuracy.median - right.accuracy.median
    return less >= 0 and more >= 0 and (less > 0 or more > 0)


@given(SOME, st.sampled_from(COSTS))
def test_a_point_is_on_the_front_where_nothing_beats_it(runs: list[Result], cost: Cost) -> None:
    found = points(runs)
    best = front(found, cost)
    placed = [each for each in found if cost.place(each) is not None]
    assert set(budgets(best)) == {
        each.budget for each in placed if not any(beats(other, each, cost) for other in placed)
    }
    assert {budget for budget, costs in fronts(found).items() if cost in costs} == set(
        budgets(best)
    )
    for each in placed:
        assert each in best or any(beats(other, each, cost) for other in best)


@given(SOME)
def test_tables_do_not_depend_on_the_order_of_results(runs: list[Result]) -> None:
    backwards = runs[::-1]
    assert runs_csv(runs) == runs_csv(backwards)
    assert points_csv(points(runs)) == points_csv(points(backwards))


def test_the_tables_have_what_the_results_have() -> None:
    runs = [
        result(4, 0, accuracy=0.8, lut=50),
        result(4, 1, accuracy=0.9, lut=70),
        result(8, 0, accuracy=0.5, lut=None),
    ]
    first, _, last = csv.DictReader(io.StringIO(runs_csv(runs)))
    assert first["styles"] == "layer1=serial:1 layer2=parallel"
    assert (first["accuracy"], first["lut"], first["samples_per_second"]) == (
        "0.8",
        "50",
        "1000000",
    )
    assert (last["lut"], last["reason"]) == ("", "too large, say")
    small, large = csv.DictReader(io.StringIO(points_csv(points(runs))))
    assert (small["runs"], small["fitting"], large["fitting"]) == ("2", "2", "0")
    assert (small["lut"], small["lut_min"], small["lut_max"], large["lut"]) == (
        "60",
        "50",
        "70",
        "",
    )
    assert [row["front_multiplications"] for row in (small, large)] == ["1", "0"]
