"""The catalogue agrees with amaranth-boards and with the device families."""

import pytest
from amaranth.build import ResourceError

from mulbudget.boards.catalogue import BOARDS, Board, find_board, with_clock, with_clock_up_to
from mulbudget.boards.uart import divider
from mulbudget.hw.families import FAMILIES
from mulbudget.spn import UserError

all_boards = pytest.mark.parametrize("board", BOARDS.values(), ids=BOARDS.keys())


@all_boards
def test_its_platform_has_its_clock_and_uart(board: Board) -> None:
    platform = board.platform_class()()
    assert platform.default_clk_frequency == board.clock_mhz * 1e6
    uart = platform.lookup(*board.uart)
    assert {"rx", "tx"} <= {part.name for part in uart.ios}
    with pytest.raises(ResourceError):
        platform.lookup("uart", 99)


@all_boards
def test_its_family_is_known(board: Board) -> None:
    if board.flow == "vivado":
        assert board.family is None
    else:
        assert (FAMILIES[board.family or ""].dsp is None) == (board.capacity.dsp == 0)


@all_boards
def test_its_clock_makes_the_default_baud_rate(board: Board) -> None:
    assert divider(board.clock_mhz * 1e6, 115200)


@all_boards
def test_it_is_found_by_its_name(board: Board) -> None:
    assert find_board(board.name) is board


@pytest.mark.parametrize(
    ("name", "guess"),
    [("icebraker", "icebreaker"), ("ULX3S_85F", "ulx3s-85f"), ("tangnano9k", "tang-nano-9k")],
)
def test_the_nearest_board_is_suggested(name: str, guess: str) -> None:
    with pytest.raises(UserError, match=f"did you mean {guess}\\?"):
        find_board(name)


def test_nothing_is_suggested_for_nonsense() -> None:
    with pytest.raises(UserError, match="no board 'zzzz': `mulbudget boards` lists them"):
        find_board("zzzz")


@all_boards
def test_it_has_a_pll_where_the_flow_is_open(board: Board) -> None:
    if board.flow == "vivado":
        with pytest.raises(UserError, match=f"{board.name}: Vivado builds .* leave it out"):
            with_clock(board, 50)
        return
    other = with_clock(board, 1.5 * board.clock_mhz)
    assert other.pll is not None
    assert other.clock_mhz == pytest.approx(1.5 * board.clock_mhz, rel=0.02)
    assert other.oscillator_mhz == board.clock_mhz
    assert divider(other.clock_mhz * 1e6, 115200) != divider(board.clock_mhz * 1e6, 115200)
    assert with_clock(other, board.clock_mhz) == board
    assert with_clock(other, 40) == with_clock(board, 40)


@pytest.mark.parametrize(
    ("most", "clock", "pll"), [(11.9, None, False), (12.5, 12, False), (16.4, 16.3125, True)]
)
def test_the_fastest_clock_up_to_another(most: float, clock: float | None, pll: bool) -> None:
    board = with_clock_up_to(with_clock(find_board("icebreaker"), 24), most)
    assert (board and board.clock_mhz) == clock
    assert (board is not None and board.pll is not None) == pll


def test_a_clock_that_the_pll_does_not_make_is_told_with_the_board() -> None:
    with pytest.raises(UserError, match=r"--clock 15 on icebreaker: .* makes 16 to 275 MHz"):
        with_clock(find_board("icebreaker"), 15)
