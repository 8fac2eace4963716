"""What the project promises: PyTorch, the network and the hardware give the same integers."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from mulbudget.hw.plan import make_plan
from mulbudget.hw.verilog import write
from mulbudget.sim.batch import Generated, LaneSimulator
from mulbudget.sim.compare import first_difference
from mulbudget.sim.inputs import random_inputs
from mulbudget.spn import Network, SumProduct, Tensor
from mulbudget.train.export import evaluate, export
from mulbudget.train.layers import Precision, WcKind
from mulbudget.train.model import SPNModel
from tests.networks import ranges

NETWORKS = 200
PARTS = 8
"""Each part is one simulator: compiling many designs at once takes hardly longer than one."""

SAMPLES = 128


@dataclass(frozen=True)
class Case:
    """A model, the network exported from it, and how its hardware is built."""

    model: SPNModel
    network: Network
    dsp: int | None
    levels_per_stage: int


@st.composite
def models(draw: st.DrawFn, widths: Sequence[int], input: Tensor) -> SPNModel:
    """Frozen models of random weights, as training would leave them.

    Batch norm has seen data, some rows and columns of the ternary matrices are all zeros, and the
    multiplicands and biases are any that their bits allow.
    """
    kinds: list[WcKind] = [draw(st.sampled_from(["learned", "identity"])) for _ in widths[1:]]
    products = [
        n_out if kind == "identity" else draw(st.integers(1, 8))
        for kind, n_out in zip(kinds, widths[1:], strict=True)
    ]
    generator = torch.Generator().manual_seed(draw(st.integers(0, 2**32 - 1)))
    model = SPNModel(
        widths,
        products,
        kinds,
        [draw(precisions()) for _ in kinds],
        activation_bits=draw(st.integers(1, 6)),
        activation_fraction=draw(st.integers(0, 4)),
        generator=generator,
    )
    model.enter("ternary")
    with torch.no_grad():
        for layer in model.spn_layers():
            for parameter in (layer.a, layer.bias, layer.norm.weight, layer.norm.bias):
                parameter.copy_(2 * torch.randn(parameter.shape, generator=generator))
        for seed in range(5):
            model(torch.as_tensor(random_inputs(input, 64, seed), dtype=torch.float32))
        model.enter("frozen")
        for layer in model.spn_layers():
            if draw(st.booleans()):
                layer.wb[draw(st.integers(0, layer.wb.shape[0] - 1))] = 0
            if layer.wc_kind == "learned" and draw(st.booleans()):
                layer.wc[draw(st.integers(0, layer.wc.shape[0] - 1))] = 0
    return model


def precisions() -> st.SearchStrategy[Precision]:
    thresholds = st.sampled_from([0.0, 0.5, 0.7, 1.4])
    return st.builds(
        Precision,
        quantizer=st.sampled_from(["fixed", "scaled"]),
        wb_threshold=thresholds,
        wc_threshold=thresholds,
        a_bits=st.integers(1, 8),
        a_digits=st.integers(1, 8),
        bias_places=st.integers(0, 2),
    )


@cache
def cases() -> list[Case]:
    drawn: list[Case] = []
    torch.set_num_threads(1)  # the models are tiny: several threads only wait for each other

    @settings(max_examples=NETWORKS, database=None)
    @given(st.data())
    def collect(data: st.DataObject) -> None:
        widths = data.draw(st.lists(st.integers(1, 8), min_size=2, max_size=4))
        input = Tensor(
            (widths[0],), data.draw(st.integers(0, 4)), data.draw(ranges(widths[0], bits=8))
        )
        model = data.draw(models(widths, input))
        network = export(model, f"net{len(drawn)}", input)
        if data.draw(st.booleans()):  # the integers before the index, too, leave the hardware
            network = Network(network.name, input, network.nodes[:-1])
        dsp, levels = data.draw(st.sampled_from([None, 0, 3])), data.draw(st.integers(1, 4))
        drawn.append(Case(model, network, dsp, levels))

    collect()
    return drawn


def in_pytorch(case: Case, x: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    result = evaluate(case.model, x)
    if case.network.nodes[-1].name == "argmax":
        return result["argmax"]
    integers = result["logits"] * 2.0 ** int(case.model.spn_layers()[-1].fraction)
    assert (integers == np.round(integers)).all()
    return integers.astype(np.int64)


@pytest.mark.parametrize("part", range(PARTS))
def test_pytorch_the_network_and_the_hardware_agree(tmp_path: Path, part: int) -> None:
    mine = cases()[part::PARTS]
    designs = []
    for case in mine:
        plan = make_plan(case.network, dsp=case.dsp, levels_per_stage=case.levels_per_stage)
        sidecar = write(case.network, plan, tmp_path)
        designs.append(Generated(tmp_path / f"{sidecar.name}.v", sidecar))
    inputs = [random_inputs(case.network.input, SAMPLES, part) for case in mine]
    results = LaneSimulator(designs).run(inputs)
    for case, x, result in zip(mine, inputs, results, strict=True):
        expected = case.network.run(x)
        for what, got in (("PyTorch", in_pytorch(case, x)), ("hardware", result.y)):
            difference = first_difference(expected, got)
            assert difference is None, f"{what} of {case.network}: {difference}"


def test_the_random_networks_have_every_corner() -> None:
    drawn = [case.network for case in cases()]
    operators = [node.operator for network in drawn for node in network.nodes]
    layers = [each for each in operators if isinstance(each, SumProduct)]
    assert len({network.name for network in drawn}) == NETWORKS
    assert any(network.input.shape == (1,) for network in drawn)
    assert any(layer.n_out == 1 for layer in layers)
    assert any((layer.wb == 0).all(axis=1).any() for layer in layers)
    assert any((layer.wc == 0).all(axis=1).any() for layer in layers)
    assert any(layer.wc_is_identity for layer in layers)
    assert any(layer.wc.all() and layer.wb.all() for layer in layers)
    assert len({(layer.n_in, layer.r, layer.n_out) for layer in layers}) > 50
