"""Which style each layer has on a board."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from math import inf

from mulbudget.boards.catalogue import BOARDS, Board, with_clock
from mulbudget.hw.checks import check_levels
from mulbudget.hw.choose import PLENTY, RESOURCES, Choice, Chooser
from mulbudget.hw.estimate import Need
from mulbudget.hw.plan import Plan, make_plan
from mulbudget.hw.speed import fmax_mhz, network_fmax_mhz
from mulbudget.hw.styles import Style, fixed_styles, styled, styles_of
from mulbudget.spn import Bilinear, Network, UserError

RESERVE = 0.1
"""Of LUTs and flip-flops: estimates are not exact, and a full device routes badly."""

TITLES = {
    "lut": "LUTs",
    "ff": "flip-flops",
    "dsp": "multipliers",
    "bram": "blocks of RAM",
    "carry": "carry chains",
}


@dataclass(frozen=True, kw_only=True)
class Goal:
    """What is asked of a plan.

    Parameters
    ----------
    samples_per_second : float, optional
        At least so many, with as little as they take; as many as possible by default.
    max_latency : float, optional
        Seconds, at most.
    reserve : float
        Share of the LUTs and flip-flops that is left alone, 0 to 0.9.
    dsp : int, optional
        Multipliers, at most; all of the board by default.
    levels_per_stage : int, optional
        Adders between registers, at most; what suits the clock by default.
    """

    samples_per_second: float | None = None
    max_latency: float | None = None
    reserve: float = RESERVE
    dsp: int | None = None
    levels_per_stage: int | None = None

    def __post_init__(self) -> None:
        if not 0 <= self.reserve <= 0.9:
            raise UserError(f"a reserve of {self.reserve:.0%} is not possible: use 0 to 90 %")
        if self.dsp is not None and self.dsp < 0:
            raise UserError(f"{self.dsp} hardware multipliers are not possible: use 0 or more")
        if self.levels_per_stage is not None:
            check_levels(self.levels_per_stage)
        for what, value, unit in (
            ("samples per second", self.samples_per_second, 1.0),
            ("microseconds of latency", self.max_latency, 1e6),
        ):
            if value is not None and not 0 < value < inf:
                raise UserError(f"{value * unit:g} {what} are not possible: use more than 0")

    def limit(self, board: Board) -> Need:
        """What may be used of a device."""
        part, capacity = 1 - self.reserve, board.capacity
        dsp = capacity.dsp if self.dsp is None else min(self.dsp, capacity.dsp)
        return Need(
            lut=capacity.lut * part,
            ff=capacity.ff * part,
            dsp=dsp,
            bram=capacity.bram,
            carry=capacity.lut * board.open_family.carry_share,
        )


def can_plan(network: Network, board: Board, style: Sequence[str] = ()) -> bool:
    """Whether there is a choice: of some layer, on a family whose cells are known."""
    layers = [node.name for node in styled(network)]
    product = any(isinstance(node.operator, Bilinear) for node in network.nodes)
    free = set(layers) - set(fixed_styles(network, style))
    return board.family is not None and bool(free) and not product


def check_estimates(board: Board, cure: str) -> None:
    """Raise `UserError`, with what to do instead, where nothing is known of a board's cells."""
    if board.family is None:
        raise UserError(
            f"{board.title} has a device of Xilinx, whose tools alone say what a layer takes: "
            f"{cure}"
        )


def check_layers(network: Network, cure: str) -> None:
    """Raise `UserError`, with what to do instead, where a network has nothing to choose."""
    if not styled(network):
        raise UserError(
            f"network {network.name} has no sum-product layer, so there is nothing to plan: {cure}"
        )


def check_multipliers(board: Board, dsp: int | None) -> None:
    """Raise `UserError` where more multipliers are asked for than a board has."""
    available = board.capacity.dsp
    if dsp is not None and dsp > available:
        fewer = f"--dsp {available} or less" if available else "--dsp 0"
        raise UserError(
            f"{board.name} has {available} hardware multipliers, and --dsp asks for up to {dsp}: "
            f"use {fewer}, or a larger board"
        )


def plan_board(
    network: Network,
    board: Board,
    style: Sequence[str] = (),
    goal: Goal | None = None,
    *,
    chooser: Chooser | None = None,
) -> Choice:
    """The fastest choice that fits, or the smallest that is as fast as asked.

    Parameters
    ----------
    network : Network
    board : Board
    style : sequence of str
        Of layers that are not to be chosen, for `styles_of`.
    goal : Goal, optional
    chooser : Chooser, optional
        What `chooser_for` makes of the same, where it is there already.

    Raises
    ------
    UserError
        When nothing fits: what is short by how much, and the smallest board that would do.
    """
    check_estimates(board, "choose another board, or give `verilog` and `bitstream` a --style")
    goal, fixed = goal or Goal(), fixed_styles(network, style)
    check_multipliers(board, goal.dsp)
    chooser = chooser or chooser_for(network, board, goal, fixed)
    check_layers(network, "`mulbudget bitstream` builds it as it is")
    choice = _chosen(chooser, board, goal)
    if choice is not None:
        return choice
    raise UserError(_short(network, board, goal, chooser, fixed))


def chooser_for(
    network: Network, board: Board, goal: Goal, fixed: Mapping[str, Style] | None = None
) -> Chooser:
    """All that can be chosen on a board, but for layers of fixed styles."""
    levels = levels_of(board, goal.levels_per_stage)
    return Chooser(network, board.open_family, goal.limit(board).dsp, fixed or {}, levels)


def _chosen(chooser: Chooser, board: Board, goal: Goal) -> Choice | None:
    limit, clock = goal.limit(board), board.clock_mhz * 1e6
    latency = None if goal.max_latency is None else _whole(goal.max_latency * clock)
    rate = goal.samples_per_second
    if rate is None:
        return chooser.fastest(limit, latency=latency)
    # As rates are printed, in whole samples, so that one that was printed can be asked for.
    rate -= min(0.5, rate / 1000)
    interval = _whole(clock / rate)
    if latency is None:
        return chooser.smallest(limit, interval)
    return chooser.smallest_within(limit, interval, latency)


def _whole(clocks: float) -> int:
    """The whole clocks of a time, which may be as much short of them as it is when printed."""
    return int(min(clocks * (1 + 1e-5), PLENTY))


def _short(
    network: Network, board: Board, goal: Goal, chooser: Chooser, fixed: Mapping[str, Style]
) -> str:
    """What no choice has, and who has it."""
    limit, least = goal.limit(board), chooser.least()
    missing = [
        f"{least[name]:,.0f} {TITLES[name]} at least, of which {getattr(limit, name):,.0f} may be "
        "used"
        for name in RESOURCES
        if least[name] > getattr(limit, name)
    ]
    what = _out_of_reach(chooser, board, goal) or f"does not fit on {board.name}: it takes " + (
        "; ".join(missing) or "more LUTs, flip-flops, multipliers or RAM together than it has"
    )
    other = _smallest(network, board, goal, fixed, least["lut"])
    hint = f"{other} would do" if other else "no board of `mulbudget boards` would do"
    return f"network {network.name} {what}. {hint}"


def _out_of_reach(chooser: Chooser, board: Board, goal: Goal) -> str | None:
    """What is asked of a network that no choice gives; None where none fits anyway."""
    if goal.samples_per_second is None and goal.max_latency is None:
        return None
    at_any_time = replace(goal, max_latency=None)
    best = _chosen(chooser, board, replace(at_any_time, samples_per_second=None))
    if best is None:
        return None
    if goal.max_latency is not None and _chosen(chooser, board, at_any_time) is not None:
        return (
            f"gives no result within {goal.max_latency * 1e6:g} microseconds on {board.name}: "
            f"about {board.microseconds(best.latency):.6g} are those of its fastest choice"
        )
    rate = board.samples_per_second(best.total.interval)
    return (
        f"does not reach this on {board.name}: {rate:,.0f} samples per second are the most, "
        f"for want of {' and '.join(TITLES[name] for name in best.bound) or 'clocks'}"
    )


_LEAST_SHARE = 0.5
"""Of the LUTs at least, with which another family, or more multipliers, may do."""


def _smallest(
    network: Network, board: Board, goal: Goal, fixed: Mapping[str, Style], least: float
) -> str | None:
    """The smallest other board with a choice, where this one takes so many LUTs."""
    choosers: dict[tuple[str, int, int], Chooser] = {}
    for each in _by_size():
        if each.family is None or each.name == board.name:
            continue
        no_better = each.family == board.family and goal.limit(each).dsp <= goal.limit(board).dsp
        if goal.limit(each).lut < least * (1 if no_better else _LEAST_SHARE):
            continue
        other = _on_clock_of(board, each)
        if other is None:
            continue
        key = each.family, goal.limit(other).dsp, levels_of(other, goal.levels_per_stage)
        if key not in choosers:
            choosers[key] = chooser_for(network, other, goal, fixed)
        if _chosen(choosers[key], other, goal) is not None:
            return other.name
    return None


def _on_clock_of(board: Board, other: Board) -> Board | None:
    """Another board, on the clock of this one's PLL where it has one; None where it cannot be."""
    if board.pll is None:
        return other
    try:
        return with_clock(other, board.clock_mhz)
    except UserError:
        return None


@cache
def _by_size() -> tuple[Board, ...]:
    return tuple(sorted(BOARDS.values(), key=lambda board: board.capacity.lut))


def rows(choice: Choice, board: Board) -> Iterator[tuple[str, str, Need]]:
    """Name, style and need of every layer and of the link."""
    for piece in choice.pieces:
        style = str(piece.style) if piece.node.name in choice.styles else ""
        yield piece.node.name, style, piece.need(board.open_family, choice.levels)
    yield "UART link", "", replace(choice.link, interval=1)


def levels_of(board: Board, levels_per_stage: int | None = None) -> int:
    """Adders between registers: so many as are asked for, or as suit the board's clock."""
    if levels_per_stage is not None:
        return levels_per_stage
    if board.family is None:
        return _PORTABLE_LEVELS
    return board.open_family.levels_per_stage(board.clock_mhz)


_PORTABLE_LEVELS = 2
"""Adders between registers where nothing is known of the device."""


def fmax_of(choice: Choice, network: Network, board: Board) -> list[float]:
    """About the fastest clock of each layer in MHz, and last that of the whole with its link."""
    family, made, levels = board.open_family, choice.pieces, choice.levels
    each = [fmax_mhz(piece, network, family, levels) for piece in made]
    return [*each, network_fmax_mhz(made, network, family, levels)]


def board_plan(
    network: Network,
    board: Board,
    *,
    dsp: int | None = None,
    levels_per_stage: int | None = None,
    style: Sequence[str] = (),
) -> Plan:
    """How a network is built on a board.

    Parameters
    ----------
    network : Network
    board : Board
    dsp : int, optional
        Hardware multipliers, at most; as many as the board has by default.
    levels_per_stage : int, optional
        Adders between pipeline registers, at most; what suits the clock by default.
    style : sequence of str
        For `fixed_styles`; layers that it does not name are built as `plan_board` chooses, and
        parallel where there is no estimate of them.

    Raises
    ------
    UserError
        When the board has fewer multipliers, nothing fits, or the network cannot be planned.
    """
    available = board.capacity.dsp
    check_multipliers(board, dsp)
    levels = levels_of(board, levels_per_stage)
    styles, most = styles_of(network, style), available if dsp is None else dsp
    if can_plan(network, board, style):
        goal = Goal(dsp=most, levels_per_stage=levels_per_stage)
        styles = plan_board(network, board, style, goal).styles
    return make_plan(network, family=board.family, dsp=most, levels_per_stage=levels, styles=styles)
