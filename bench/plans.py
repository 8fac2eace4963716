"""The time of a plan: a ResNet-20 of random weights, of several widths, on every board."""

import time

import torch

from bench.report import Row, report
from mulbudget.boards.catalogue import BOARDS, Board
from mulbudget.boards.planning import plan_board
from mulbudget.spn import Network, Range, Tensor, UserError
from mulbudget.train.architectures import ResNet20
from mulbudget.train.export import export
from mulbudget.train.strassenify import strassenify

WIDTHS = ((16, 32, 64), (8, 16, 32), (4, 8, 16))
"""Channels of the three stages; the first are those of the paper."""


def main() -> None:
    """Plan each network for each board."""
    boards = [board for board in BOARDS.values() if board.family is not None]
    report("plans", (_row(resnet20(each), board) for each in WIDTHS for board in boards))


def resnet20(channels: tuple[int, int, int], r: float = 1.0) -> Network:
    """With r products for each output, p = 1, 4 bits between layers."""
    torch.manual_seed(0)
    images = torch.randint(256, (4, 3, 32, 32))
    model = strassenify(
        ResNet20(channels, (3, 32, 32), 10),
        images / 256,
        r=r,
        activation_bits=4,
        input_fraction=8,
    )
    model(images / 256)
    model.enter("frozen")
    name = "resnet20_" + "_".join(map(str, channels))
    return export(model, name, Tensor((3, 32, 32), 8, Range.uniform(0, 255, 3)))


def _row(network: Network, board: Board) -> Row:
    start = time.process_time()
    try:
        choice = plan_board(network, board)
        said = f"{board.samples_per_second(choice.total.interval):,.0f} samples/s"
    except UserError as error:
        said = str(error)
    seconds = time.process_time() - start
    return {"network": network.name, "board": board.name, "CPU seconds": seconds, "plan": said}
