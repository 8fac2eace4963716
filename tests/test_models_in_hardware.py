"""Random PyTorch models of images, from the traced model to the hardware, bit for bit."""

from dataclasses import dataclass
from functools import cache
from itertools import count
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import Phase, assume, given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

from mulbudget.hw.plan import Plan, make_plan
from mulbudget.hw.styles import Parallel, Serial
from mulbudget.hw.verilog import write
from mulbudget.sim.batch import Generated, LaneSimulator
from mulbudget.sim.compare import first_difference
from mulbudget.sim.inputs import random_inputs
from mulbudget.spn import Convolution, Network, Range, SumProduct
from mulbudget.spn import Tensor as Integers
from mulbudget.train.graph_export import export_graph, prove_graph
from mulbudget.train.strassenify import strassenify

NETWORKS = 100
PARTS = 4
"""Each part is one simulator."""
SAMPLES = 20
STYLES = (Parallel(), Serial(1), Serial(3))
HIGH = 7


@dataclass(frozen=True)
class Shape:
    """Of a drawn model, and of the sum-product layers that it gets."""

    image: tuple[int, int]
    channels: tuple[int, int, int]
    kernel: tuple[int, int]
    stride: tuple[int, int]
    padding: int
    groups: int
    residual: bool
    branches: bool
    pool: str
    patch: int
    share: float
    seed: int


@st.composite
def shapes(draw: st.DrawFn) -> Shape:
    groups = draw(st.integers(1, 2))
    small = st.integers(1, 2)
    shape = Shape(
        image=(draw(st.integers(3, 6)), draw(st.integers(3, 6))),
        channels=(groups, 2 * groups, draw(small)),
        kernel=(draw(st.integers(1, 3)), draw(st.integers(1, 3))),
        stride=(draw(small), draw(small)),
        padding=draw(st.integers(0, 1)),
        groups=groups,
        residual=draw(st.booleans()),
        branches=draw(st.booleans()),
        pool=draw(st.sampled_from(["", "max", "average"])),
        patch=draw(small),
        share=draw(st.sampled_from([1.0, 1.5, 2.0])),
        seed=draw(st.integers(0, 999)),
    )
    assume(min(shape.kernel) > shape.padding)
    sizes = zip(shape.image, shape.kernel, shape.stride, strict=True)
    assume(all(n + 2 * shape.padding - size >= step for n, size, step in sizes))  # two or more
    return shape


class Drawn(nn.Module):
    """A convolution, a block that may be residual, branches, pooling, classes."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        first, middle, last = shape.channels
        self.shape = shape
        self.stem = nn.Sequential(
            nn.Conv2d(
                first, middle, shape.kernel, shape.stride, shape.padding, groups=shape.groups
            ),
            nn.BatchNorm2d(middle),
            nn.ReLU(),
        )
        self.block = nn.Conv2d(middle, middle, 3, padding=1, groups=shape.groups)
        self.norm = nn.BatchNorm2d(middle)
        self.side = nn.Conv2d(middle, last, 1)
        pools = {"": nn.Identity(), "max": nn.MaxPool2d(2, 1, 1), "average": nn.AvgPool2d(2, 1)}
        self.pool = pools[shape.pool]
        size = self.features(torch.zeros(2, first, *shape.image)).shape[1]
        self.classes = nn.Linear(size, 3)

    def features(self, x: Tensor) -> Tensor:
        x = self.stem(x)
        y = self.norm(self.block(x))
        y = torch.relu(y + x if self.shape.residual else y)
        if self.shape.branches:
            y = torch.cat([y, torch.relu(self.side(x))], 1)
        y = self.pool(y)
        return y.mean((2, 3)) if self.shape.seed % 2 else y.flatten(1)

    def forward(self, x: Tensor) -> Tensor:
        return self.classes(self.features(x))


def trained(shape: Shape, name: str) -> Network:
    """With random weights and statistics, frozen, exported, and proved equal to PyTorch."""
    torch.manual_seed(shape.seed)
    first = shape.channels[0]
    x = torch.randint(0, HIGH + 1, (32, first, *shape.image)).float()
    model = strassenify(Drawn(shape), x, r=shape.share, p=shape.patch, activation_bits=3)
    for phase in ("full", "ternary"):
        model.enter(phase)
        model(x)
    model.enter("frozen")
    tensor = Integers((first, *shape.image), 0, Range.uniform(0, HIGH, first))
    network = export_graph(model, name, tensor, argmax=shape.seed % 3 == 0)
    prove_graph(model, network, x.numpy().astype(np.int64))
    return network


@cache
def networks() -> list[Network]:
    drawn: list[Network] = []
    numbers = count()

    @settings(max_examples=NETWORKS, database=None, phases=[Phase.generate])
    @given(shapes())
    def collect(shape: Shape) -> None:
        drawn.append(trained(shape, f"net{next(numbers)}"))

    collect()
    return drawn


def planned(network: Network) -> Plan:
    """Some DSP blocks, and for every second network a mixture of styles."""
    number = int(network.name.removeprefix("net"))
    rng = np.random.default_rng(number)
    layers = [
        node.name for node in network.nodes if isinstance(node.operator, SumProduct | Convolution)
    ]
    mixture = {layer: STYLES[rng.integers(len(STYLES))] for layer in layers if number % 2}
    return make_plan(network, dsp=[None, 0, 3][len(network.nodes) % 3], styles=mixture)


@pytest.mark.parametrize("part", range(PARTS))
def test_hardware_gives_what_pytorch_gives(tmp_path: Path, part: int) -> None:
    mine = networks()[part::PARTS]
    plans = [planned(network) for network in mine]
    designs = [
        Generated(tmp_path / f"{network.name}.v", write(network, plan, tmp_path))
        for network, plan in zip(mine, plans, strict=True)
    ]
    hardware = LaneSimulator(designs)
    inputs = [random_inputs(network.input, SAMPLES, part) for network in mine]
    for stalls in (0.0, 0.4):
        results = hardware.run(inputs, stalls=stalls, seed=part)
        for network, x, design, result in zip(mine, inputs, designs, results, strict=True):
            expected = network.run(x).reshape(SAMPLES, -1)
            assert first_difference(expected, result.y) is None, network.name
            if not stalls:
                assert result.latencies[0] == design.sidecar.latency, network.name
                assert result.interval == design.sidecar.interval, network.name


def test_the_networks_have_every_kind_of_operator() -> None:
    kinds = {node.operator.kind for network in networks() for node in network.nodes}
    assert {"convolution", "max-pool", "add", "concatenate", "flatten", "argmax"} <= kinds
    layers = [
        node.operator
        for network in networks()
        for node in network.nodes
        if isinstance(node.operator, Convolution)
    ]
    assert len(networks()) == NETWORKS
    assert any(layer.groups > 1 and layer.wc_is_grouped for layer in layers)
    assert any(max(layer.geometry.patch) > 1 for layer in layers)
    assert any(max(layer.geometry.stride) > 1 for layer in layers)
    assert any(layer.averages for layer in layers)
