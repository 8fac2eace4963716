"""Plans for boards, and what is said where there is none."""

import pytest

from bench.random_networks import dense, images
from mulbudget.boards.catalogue import BOARDS, find_board
from mulbudget.boards.planning import Goal, can_plan, chooser_for, plan_board
from mulbudget.spn import ArgMax, Network, Node, Range, Tensor, UserError, product_network
from tests.algorithms import STRASSEN

SMALL = dense((64, 24, 10), density=0.4)
LARGE = dense((800, 256, 10), density=0.5)
IMAGES = images((1, 8, 16), 16, density=0.5)


@pytest.mark.parametrize("network", [SMALL, IMAGES], ids=["dense", "images"])
def test_larger_boards_of_a_family_are_no_slower(network: Network) -> None:
    boards = [find_board(f"ulx3s-{size}") for size in ("25f", "45f", "85f")]
    intervals = [plan_board(network, board).total.interval for board in boards]
    assert intervals == sorted(intervals, reverse=True)


@pytest.mark.parametrize("name", [name for name, board in BOARDS.items() if board.family])
def test_a_small_network_fits_on_every_board(name: str) -> None:
    board = find_board(name)
    choice = plan_board(SMALL, board)
    assert choice.total.lut <= 0.9 * board.capacity.lut
    assert choice.total.bram <= board.capacity.bram


def test_a_board_that_would_do_is_named() -> None:
    with pytest.raises(UserError, match=r"does not fit on icebreaker: .* would do") as error:
        plan_board(LARGE, find_board("icebreaker"))
    found = str(error.value).split(". ")[-1].split()[0]
    assert plan_board(LARGE, find_board(found))


def test_what_a_plan_takes_at_least_is_no_more_than_one_takes() -> None:
    board = find_board("icebreaker")
    least = chooser_for(SMALL, board, Goal()).least()
    for reserve in (0.1, 0.3, 0.4):
        try:
            total = plan_board(SMALL, board, goal=Goal(reserve=reserve)).total
        except UserError:
            continue
        assert least["lut"] <= total.lut and least["bram"] <= total.bram


def test_a_rate_that_is_out_of_reach_is_told_with_what_is_not() -> None:
    goal = Goal(samples_per_second=1e9)
    with pytest.raises(UserError, match=r"25,000,000 samples per second are the most.*no board"):
        plan_board(SMALL, find_board("ulx3s-85f"), goal=goal)


def test_a_rate_is_reached_with_less() -> None:
    board = find_board("ulx3s-85f")
    asked = plan_board(SMALL, board, goal=Goal(samples_per_second=100_000))
    assert asked.total.lut < plan_board(SMALL, board).total.lut
    assert board.clock_mhz * 1e6 / asked.total.interval >= 100_000


def test_a_latency_bounds_the_choice() -> None:
    board = find_board("ulx3s-85f")
    slow = plan_board(SMALL, board, goal=Goal(samples_per_second=1))
    quick = plan_board(SMALL, board, goal=Goal(samples_per_second=1, max_latency=0.5e-6))
    assert quick.total.lut > slow.total.lut


@pytest.mark.parametrize("network", [SMALL, IMAGES], ids=["dense", "images"])
def test_a_latency_that_is_out_of_reach_is_told(network: Network) -> None:
    board = find_board("ulx3s-85f")
    goal = Goal(samples_per_second=1, max_latency=1e-8)
    with pytest.raises(UserError, match=r"gives no result within 0.01 microseconds.*about \d"):
        plan_board(network, board, goal=goal)


@pytest.mark.parametrize("style", ["folded:4:1", "folded:7:3", "serial:3", "parallel"])
def test_the_rate_of_a_plan_can_be_asked_for(style: str) -> None:
    board = find_board("ulx3s-85f")
    choice = plan_board(SMALL, board, [style])
    printed = float(f"{board.samples_per_second(choice.total.interval):.0f}")
    again = plan_board(SMALL, board, [style], Goal(samples_per_second=printed))
    assert again.total.interval == choice.total.interval


@pytest.mark.parametrize(
    ("network", "name"),
    [
        *((SMALL, name) for name in ("icebreaker", "ice40-hx8k", "ulx3s-25f", "tang-nano-9k")),
        *((IMAGES, name) for name in ("ulx3s-25f", "ulx3s-85f")),
    ],
)
def test_the_latency_of_a_plan_can_be_asked_for(network: Network, name: str) -> None:
    board = find_board(name)
    choice = plan_board(network, board)
    printed = float(f"{board.microseconds(choice.latency):.6g}") * 1e-6
    again = plan_board(network, board, goal=Goal(max_latency=printed))
    assert again.total.interval == choice.total.interval
    assert again.latency <= choice.latency


def test_as_few_samples_as_can_be_named_are_a_rate() -> None:
    board = find_board("ulx3s-85f")
    assert plan_board(SMALL, board, goal=Goal(samples_per_second=1e-320))


def test_more_multipliers_than_a_board_has_are_refused() -> None:
    for name, use in (("icebreaker", "--dsp 8 or less"), ("ice40-hx8k", "--dsp 0, or")):
        with pytest.raises(UserError, match=rf"--dsp asks for up to 9: use {use}"):
            plan_board(SMALL, find_board(name), goal=Goal(dsp=9))


@pytest.mark.parametrize(
    ("goal", "message"),
    [
        ({"reserve": 0.95}, "a reserve of 95% is not possible: use 0 to 90 %"),
        ({"samples_per_second": 0}, "0 samples per second are not possible"),
        ({"samples_per_second": float("nan")}, "nan samples per second are not possible"),
        ({"max_latency": -1e-6}, "-1 microseconds of latency are not possible"),
        ({"max_latency": float("inf")}, "inf microseconds of latency are not possible"),
    ],
)
def test_goals_that_mean_nothing_are_refused(goal: dict[str, float], message: str) -> None:
    with pytest.raises(UserError, match=message):
        Goal(**goal)  # pyright: ignore[reportArgumentType]


def test_there_is_no_choice_without_layers_or_estimates() -> None:
    board = find_board("ulx3s-85f")
    assert can_plan(SMALL, board)
    assert can_plan(SMALL, board, ["fc1=serial"])
    assert not can_plan(SMALL, board, ["serial"])
    assert not can_plan(product_network(STRASSEN, name="product"), board)
    assert not can_plan(SMALL, find_board("arty-a7-35"))
    with pytest.raises(UserError, match="is a product of matrices"):
        plan_board(product_network(STRASSEN, name="product"), board)
    layers = Network(
        "top", Tensor((4,), 0, Range.uniform(0, 7, 4)), [Node("argmax", ArgMax(), Network.INPUT)]
    )
    with pytest.raises(UserError, match="network top has no sum-product layer"):
        plan_board(layers, board)
    with pytest.raises(UserError, match="a device of Xilinx"):
        plan_board(SMALL, find_board("arty-a7-35"))
