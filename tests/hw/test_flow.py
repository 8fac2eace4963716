"""What a result needs, and how deep queues are: by hand, and against the streams themselves."""

import pytest

from mulbudget.hw.flow import (
    Flow,
    Folds,
    Gathered,
    Held,
    Pipe,
    Reordered,
    Windows,
    depths,
    needed,
    sources,
)
from mulbudget.hw.raster import Raster
from mulbudget.hw.timing import Timing, timing
from mulbudget.spn import Geometry

SAME = Windows(Raster.of((4, 4), Geometry.plain((3, 3), padding=(1, 1))))


def test_a_window_needs_the_pixels_up_to_its_last_one() -> None:
    assert SAME.needs(16).tolist() == [5, 6, 7, 7, 9, 10, 11, 11, 13, 14, 15, 15, 15, 15, 15, 15]
    strided = Windows(Raster.of((4, 5), Geometry.plain((2, 2), (2, 2))))
    assert strided.needs(20).tolist() == [6, 8, 16, 18]


def test_a_pixel_needs_its_row_of_patches() -> None:
    assert Reordered((3, 3), (2, 2)).needs(4).tolist() == [1, 1, 1, 1, 1, 1, 3, 3, 3]
    assert Gathered(9).needs(9).tolist() == [8]
    assert Gathered(3).needs(9).tolist() == [2, 5, 8]


def test_a_branch_waits_for_the_windows_of_the_other() -> None:
    flows = [
        Flow("conv", ("x",), (SAME, Pipe(3))),
        Flow("sum", ("conv", "x"), (Pipe(1),)),
    ]
    assert needed(flows, "x", 16)["sum"][0] == 5
    # Six pixels when the first window is there, and the three clocks of its pipeline; six windows
    # that all need the last pixel.
    assert depths(flows, "x", 16) == {"sum": (6 + 2, 6 + 3 + 2)}
    assert sources(flows) == {"x": [("conv", 0), ("sum", 1)], "conv": [("sum", 0)]}


def test_two_convolutions_need_two_margins() -> None:
    flows = [
        Flow("one", ("x",), (SAME, Pipe(1))),
        Flow("two", ("one",), (SAME, Pipe(1))),
        Flow("sum", ("x", "two"), (Pipe(1),)),
    ]
    assert needed(flows, "x", 16)["two"][:2].tolist() == [10, 11]
    assert depths(flows, "x", 16)["sum"][0] == 11 + 2 + 2


def test_a_queue_of_a_row_lets_slow_windows_follow_a_pool_without_a_pause() -> None:
    pool = Windows(Raster.of((8, 8), Geometry.plain((2, 2), (2, 2))))
    flows = [Flow("pool", ("x",), (pool,)), Flow("conv", ("pool",), (SAME, Held(3, 3)))]
    queues = depths(flows, "x", 64)
    assert queues == {"conv": (4,)}
    slowest = 36 + 16 * (3 - 1)
    assert timing(flows, "x", queues, results=16).interval == slowest
    assert timing(flows, "x", {}, results=16).interval > slowest


def test_windows_of_one_clock_and_those_of_the_input_have_no_queue() -> None:
    flows = [
        Flow("one", ("x",), (SAME, Held(3, 3))),
        Flow("two", ("one",), (SAME, Pipe(3))),
        Flow("three", ("two",), (Held(3, 3),)),
    ]
    assert [flow.row for flow in flows] == [4, 0, 0]
    assert depths(flows, "x", 16) == {}


def test_a_chain_of_pipelines_takes_the_sum_of_their_clocks() -> None:
    flows = [Flow("a", ("x",), (Pipe(3),)), Flow("b", ("a",), (Pipe(2), Pipe(4)))]
    assert timing(flows, "x", {}, results=1) == Timing(9, 1)


def test_a_window_takes_the_clocks_of_its_raster() -> None:
    # From the first pixel (after 7 of padding) to the last of 36, one clock to offer it.
    assert timing([Flow("conv", ("x",), (SAME,))], "x", {}, results=16) == Timing(36 - 7, 36)


def test_a_layer_that_is_slow_is_no_deadlock() -> None:
    # Behind 16 windows of 500 clocks each nothing comes for longer than any stage takes alone.
    slow = Folds(
        groups=500, steps=1, held=True, beats=1, interval=500, sum_clocks=1, product_clocks=1
    )
    flows = [Flow("conv", ("x",), (SAME, slow)), Flow("all", ("conv",), (Gathered(16),))]
    timed = timing(flows, "x", {}, results=1)
    assert timed.interval == 36 + 16 * (500 - 1)


def test_queues_that_are_too_short_are_a_deadlock() -> None:
    flows = [
        Flow("conv", ("x",), (SAME, Pipe(1))),
        Flow("sum", ("x", "conv"), (Pipe(1),)),
    ]
    queues = depths(flows, "x", 16)
    assert timing(flows, "x", queues, results=16).interval == 36
    with pytest.raises(RuntimeError, match="stand still"):
        timing(flows, "x", {"sum": (2, 2)}, results=16)
