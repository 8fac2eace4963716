"""How a network is built on a board, and how it could be."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from mulbudget.boards.catalogue import Board
from mulbudget.boards.planning import (
    Goal,
    check_estimates,
    check_layers,
    chooser_for,
    plan_board,
    rows,
)
from mulbudget.hw.choose import RESOURCES, Choice
from mulbudget.hw.estimate import Need
from mulbudget.hw.front import front
from mulbudget.spn import Bilinear, Network, UserError

Layers = Mapping[str, tuple[str, Need]]


@dataclass(frozen=True, kw_only=True)
class Planned:
    """A plan, and the curve of all that could be chosen instead.

    Parameters
    ----------
    board : Board
    choice : Choice
        As `mulbudget plan` chooses.
    limit : Need
        What a plan may use of the device.
    front : sequence of Choice
        The smallest choice of every speed, the fastest first (`hw.front`).
    free : bool
        Whether no style of the plan was given.
    """

    board: Board
    choice: Choice
    limit: Need
    front: Sequence[Choice]
    free: bool = True

    @property
    def layers(self) -> Layers:
        """Style and need of every layer, by name."""
        return {name: (style, need) for name, style, need in self._rows[:-1]}

    @property
    def link(self) -> Need:
        """What the UART link takes."""
        return self._rows[-1][2]

    @property
    def _rows(self) -> list[tuple[str, str, Need]]:
        return list(rows(self.choice, self.board))

    def rate(self, choice: Choice) -> float:
        """Samples per second at the board's clock."""
        return self.board.samples_per_second(choice.total.interval)

    @property
    def passed_over(self) -> list[Choice]:
        """Choices that fit and are faster than the plan.

        Its search counts each layer by itself, which takes a little more than all together.
        """
        interval = self.choice.total.interval
        faster = [each for each in self.front if each.total.interval < interval]
        return [each for each in faster if self.free and not self.short(each)]

    def short(self, choice: Choice) -> list[str]:
        """The resources of which a choice takes more than a plan may use."""
        return [
            name for name in RESOURCES if getattr(choice.total, name) > getattr(self.limit, name)
        ]


def planned(
    network: Network,
    board: Board,
    *,
    style: Sequence[str] = (),
    dsp: int | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Planned:
    """Plan a network for a board, and find the curve of LUTs against samples per second.

    Parameters
    ----------
    network : Network
    board : Board
    style : sequence of str
        Of layers that are not to be chosen, for `hw.styles.fixed_styles`; the curve leaves all
        free.
    dsp : int, optional
        Multipliers, at most; all of the board by default.
    progress : callable, optional
        Is told how many intervals of the curve are done, and of how many.

    Raises
    ------
    UserError
        When nothing fits, or there is no estimate: of products of matrices, on Xilinx devices.
    """
    check_estimates(board, "choose another board, or leave --board out")
    if any(isinstance(node.operator, Bilinear) for node in network.nodes):
        raise UserError(
            f"network {network.name} is a product of matrices, which has one style and no plan: "
            "build it with `mulbudget bitstream` first, so that the page says what it takes of "
            f"{board.name}, or leave --board out"
        )
    check_layers(network, "leave --board out")
    goal = Goal(dsp=dsp)
    limit, chooser = goal.limit(board), chooser_for(network, board, goal)
    choice = plan_board(network, board, style, goal, chooser=None if style else chooser)
    curve = front(chooser, limit, progress=progress)
    return Planned(board=board, choice=choice, limit=limit, front=curve, free=not style)
