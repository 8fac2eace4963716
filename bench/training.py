"""Time of a training step, beside the same network dense in PyTorch and ternary in Brevitas.

All networks take turns, a few steps each, in every round, and it is the times of one round that are
compared: what else the machine does meanwhile counts for all of them.
"""

import random
import statistics
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Annotated

import torch
import typer
from torch import nn

from bench import quantized
from bench.quantized import Layers
from bench.report import Row, report
from mulbudget.cli.console import console
from mulbudget.train.graph import GraphModel
from mulbudget.train.layers import Phase, Precision
from mulbudget.train.strassenify import strassenify

BATCH = 128
STEPS = 3
"""Of each network in a round."""

WARM_UP = 10
"""Steps of each network before the first round."""

PRODUCTS = {"0": 8, "3": 20, "7": 32, "12": 10}
PRECISION = Precision(
    quantizer="fixed", wb_threshold=0.5, wc_threshold=0.5, a_bits=6, bias_places=0
)
ACTIVATION_BITS = 3
INPUT_FRACTION = 4
PHASES: tuple[Phase, ...] = ("full", "ternary", "frozen")
DENSE, BREVITAS = "dense", "brevitas, "

Step = Callable[[], None]


def main(
    threads: Annotated[list[int] | None, typer.Option(help="1 and then 2, without any.")] = None,
    rounds: Annotated[int, typer.Option(help="Of three steps of every network.")] = 100,
    seed: Annotated[int, typer.Option(help="Of weights, images and the order of turns.")] = 0,
) -> None:
    """Time a training step, beside the same network dense and in Brevitas."""
    console().print(f"compared with: torch {torch.__version__}, {quantized.version()}")
    before = torch.get_num_threads()
    try:
        report("training", (row for n in threads or (1, 2) for row in measured(n, rounds, seed)))
    finally:
        torch.set_num_threads(before)


def measured(threads: int, rounds: int, seed: int, batch: int = BATCH) -> Iterator[Row]:
    """A row for each network, with so many threads."""
    torch.set_num_threads(threads)
    torch.manual_seed(seed)
    x = torch.randint(0, 2**INPUT_FRACTION, (batch, 1, 28, 28)) * 2.0**-INPUT_FRACTION
    labels = torch.randint(0, 10, (batch,))
    steps = {name: step_of(model, x, labels) for name, model in networks(x).items()}
    for row in rows(_times(steps, rounds, random.Random(seed))):
        yield {"threads": threads, **row}


def networks(x: torch.Tensor) -> dict[str, nn.Module]:
    """What is compared, each ready for its first step on images like `x`."""
    return {
        DENSE: network(Layers()),
        **{f"sum-product, {phase}": sum_product(x, phase) for phase in PHASES},
        **{
            BREVITAS + name: network(layers)
            for name, layers in quantized.brevitas(ACTIVATION_BITS).items()
        },
    }


def network(layers: Layers) -> nn.Sequential:
    """A convolutional network for images of 28 x 28 pixels."""
    conv, linear, relu = layers
    return nn.Sequential(
        *(conv(1, 16, 5, stride=2, padding=2, bias=False), nn.BatchNorm2d(16), relu()),
        *(conv(16, 32, 3, padding=1, bias=False), nn.BatchNorm2d(32), relu(), nn.MaxPool2d(2)),
        *(conv(32, 32, 3, padding=1, bias=False), nn.BatchNorm2d(32), relu(), nn.MaxPool2d(2)),
        *(nn.Flatten(), linear(288, 10)),
    )


def sum_product(x: torch.Tensor, phase: Phase) -> GraphModel:
    """The network of sum-product layers in a phase, after a look at `x`."""
    model = strassenify(
        network(Layers()),
        x,
        r=PRODUCTS,
        activation_bits=ACTIVATION_BITS,
        precision=PRECISION,
        input_fraction=INPUT_FRACTION,
    )
    model.calibrate([x])
    for each in PHASES[1 : PHASES.index(phase) + 1]:
        model.enter(each)
    return model


def step_of(model: nn.Module, x: torch.Tensor, labels: torch.Tensor) -> Step:
    """A step of Adam, with what comes after it."""
    model.train()
    learned = [each for each in model.parameters() if each.requires_grad]
    optimizer = torch.optim.Adam(learned, lr=0.001, fused=True)
    settled = model if isinstance(model, GraphModel) and model.phase != "frozen" else None

    def step() -> None:
        loss = nn.functional.cross_entropy(model(x), labels)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        if settled is not None:
            settled.settle()

    return step


def rows(times: Mapping[str, Sequence[float]]) -> Iterator[Row]:
    """Medians and middle halves of the rounds' seconds, and of their ratios.

    The rows of Brevitas that others are compared with are those with the least median.
    """
    medians = {name: statistics.median(each) for name, each in times.items()}
    theirs = [name for name in times if name.startswith(BREVITAS)]
    beside = {"dense": DENSE}
    if theirs:
        beside["brevitas"] = min(theirs, key=medians.__getitem__)
    for name, each in times.items():
        row: Row = {"network": name, "step [ms]": 1000 * medians[name]}
        for heading, other in beside.items():
            low, middle, high = _quartiles([a / b for a, b in zip(each, times[other], strict=True)])
            row |= {
                f"of {heading}": middle,
                f"middle half of {heading}": f"{low:.2f} to {high:.2f}",
            }
        yield row


def _times(steps: Mapping[str, Step], rounds: int, order: random.Random) -> dict[str, list[float]]:
    """Seconds of a step, of each network in each round."""
    for step in steps.values():
        for _ in range(WARM_UP):
            step()
    times: dict[str, list[float]] = {name: [] for name in steps}
    for _ in range(rounds):
        for name in order.sample(list(steps), len(steps)):
            start = time.perf_counter()
            for _ in range(STEPS):
                steps[name]()
            times[name].append((time.perf_counter() - start) / STEPS)
    return times


def _quartiles(values: Sequence[float]) -> list[float]:
    return statistics.quantiles(values, n=4, method="inclusive")
