"""Whole models: strassenified, trained through the phases, exported and proved."""

import copy

import numpy as np
import pytest
import torch
from torch import nn

from mulbudget.spn import (
    Add,
    ArgMax,
    Convolution,
    Network,
    Range,
    Requantize,
    Tensor,
    UserError,
    dumps,
    loads,
)
from mulbudget.train.export import export, prove
from mulbudget.train.graph import GraphModel
from mulbudget.train.layers import Precision
from mulbudget.train.strassenify import strassenify
from tests.models import SHAPES, Branches, Residual, Separable, Series

torch.set_num_threads(1)  # the models are tiny: several threads only wait for each other

PLACES = 3
CASES = [
    (Residual, {"r": 1.0}),
    (Residual, {"r": 2.0, "p": 2, "skip": ("output",), "activation_bits": 3}),
    (Residual, {"r": 1.0, "g": {"one.conv1": 3, "one.conv2": 2}, "start": "weights"}),
    (Residual, {"budget": 5000, "activation_bits": 8}),
    (Branches, {"r": 8}),
    (Branches, {"r": 2.0, "p": 2, "activation_bits": 2}),
    (Separable, {"r": 1.0}),
    (Separable, {"r": 2.0, "p": {"net.2": 2, "net.7": 2}, "skip": ("net.0", "net.7")}),
    (Separable, {"start": "weights"}),
    (Series, {"r": 1.0}),
    (Series, {"r": 2.0, "p": 3, "skip": ("hidden",)}),
]


def samples(shape: tuple[int, ...], count: int = 32) -> torch.Tensor:
    generator = torch.Generator().manual_seed(0)
    return torch.randint(-16, 16, (count, *shape), generator=generator)


def tensor(shape: tuple[int, ...]) -> Tensor:
    return Tensor(shape, PLACES, Range.uniform(-16, 15, shape[0]))


def trained(model: nn.Module, shape: tuple[int, ...], **options: object) -> GraphModel:
    """In phase "ternary", after a few steps."""
    q = samples(shape)
    x = q / 2**PLACES
    torch.manual_seed(0)
    made = strassenify(model, x[:2], input_fraction=PLACES, **options)  # type: ignore[arg-type]
    optimizer = torch.optim.SGD(made.parameters(), lr=0.01)
    labels = (q.flatten(1).sum(1) > 0).long()
    for phase in ("full", "ternary"):
        made.enter(phase)
        for step in range(3):
            made.ternary_share = (step + 1) / 3
            optimizer.zero_grad()
            nn.functional.cross_entropy(made(x), labels).backward()
            optimizer.step()
            made.settle()
    return made


@pytest.mark.parametrize(("kind", "options"), CASES)
def test_a_model_goes_through_the_phases_and_is_proved(
    kind: type[nn.Module], options: dict
) -> None:
    shape = SHAPES[kind]
    made = trained(kind(), shape, **options)
    q, x = samples(shape), samples(shape) / 2**PLACES
    made.enter("frozen")
    optimizer = torch.optim.SGD([p for p in made.parameters() if p.requires_grad], lr=0.001)
    made.train()
    made(x).square().mean().backward()
    optimizer.step()
    network = export(made, "net", tensor(shape))
    prove(made, network, q.numpy())
    assert made.training
    again = loads(dumps(network))
    logits = made.eval()(x.double()).detach()
    expected = logits.argmax(1, keepdim=True).numpy()
    assert np.array_equal(again.run(q.numpy()), expected)


@pytest.mark.parametrize("kind", SHAPES)
def test_freezing_changes_nothing_but_the_rounding(kind: type[nn.Module]) -> None:
    fine = Precision(a_bits=16, a_digits=16, bias_places=12)
    made = trained(kind(), SHAPES[kind], r=2.0, p=2, precision=fine)
    x = samples(SHAPES[kind]) / 2**PLACES
    for _ in range(50):  # the scales of activations settle
        made(x)
    before = made.eval()(x).detach()
    made.enter("frozen")
    assert float((made(x) - before).detach().std()) < 0.1 * float(before.std())


def rounds(network: Network) -> dict[str, Requantize]:
    found = {node.name: node.operator for node in network.nodes}
    return {name: each for name, each in found.items() if isinstance(each, Requantize)}


def frozen(kind: type[nn.Module], **options: object) -> GraphModel:
    made = trained(kind(), SHAPES[kind], **options)
    made.enter("frozen")
    return made


def test_names_come_from_the_modules_and_are_unique() -> None:
    network = export(frozen(Residual, r=1.0), "net", tensor(SHAPES[Residual]))
    names = [node.name for node in network.nodes]
    assert names[:3] == ["stem_0", "stem_2", "stem_3"]
    assert {"one_conv1", "one_relu", "add", "one_relu_2", "output_2", "argmax"} <= set(names)
    assert len(set(names)) == len(names)


def test_residual_sums_are_not_rounded_before_the_addition() -> None:
    network = export(frozen(Residual, r=1.0), "net", tensor(SHAPES[Residual]))
    first = next(node for node in network.nodes if isinstance(node.operator, Add))
    places = [network.tensors[name].fraction for name in first.inputs]
    assert first.inputs == ("one_conv2", "stem_3")
    assert places[0] > places[1]
    assert isinstance(first.operator, Add) and first.operator.shifts == (0, places[0] - places[1])


def test_activations_have_their_bits_and_only_a_linear_bottleneck_a_sign() -> None:
    network = export(frozen(Separable, r=1.0, activation_bits=3), "net", tensor((2, 8, 7)))
    found = {node.name: node.operator for node in network.nodes}
    bounds = {name: (each.low, each.high) for name, each in rounds(network).items()}
    assert bounds["net_8"] == (0, 7)
    assert bounds["net_5_round"] == (-128, 127)
    assert len(bounds) == 5  # one of them behind the average
    average = found["net_9"]
    assert isinstance(average, Convolution) and average.averages
    assert (set(average.a.tolist()), average.fraction) == ({1}, 2)


def test_a_relu6_ends_at_6() -> None:
    network = export(frozen(Separable, activation_bits=8), "net", tensor((2, 8, 7)))
    first = network.tensors["net_1"]
    assert max(first.range.high) <= 6 * 2.0**first.fraction


def test_the_largest_output_is_optional() -> None:
    made = frozen(Series, r=1.0)
    network = export(made, "net", tensor(SHAPES[Series]), {"seed": 3}, argmax=False)
    assert not any(isinstance(node.operator, ArgMax) for node in network.nodes)
    assert network.output.shape == (2,)
    assert network.provenance == {"seed": 3}
    q = samples(SHAPES[Series])
    prove(made, network, q.numpy())
    logits = made.eval()(q.double() / 2**PLACES).detach().numpy()
    assert np.array_equal(logits * 2.0**network.output.fraction, network.run(q.numpy()))


def test_a_checkpoint_of_a_frozen_model_continues() -> None:
    made = frozen(Branches, r=8)
    again = strassenify(Branches(), torch.zeros(2, 2, 6, 6), r=8, input_fraction=PLACES)
    again.load_state_dict(copy.deepcopy(made.state_dict()))
    again.enter("frozen", folded=True)
    network = export(made, "net", tensor((2, 6, 6)))
    assert dumps(export(again, "net", tensor((2, 6, 6)))) == dumps(network)


def test_a_difference_is_named() -> None:
    made = frozen(Series, r=1.0)
    network = export(made, "net", tensor((2, 16)))
    with torch.no_grad():
        made.spn_layers()[1].bias[3] += 4
    with pytest.raises(UserError, match=r"conv2 channel 3 at \(0,\) of sample 0 is .* in PyTorch"):
        prove(made, network, samples((2, 16)).numpy())


def test_only_what_was_made_for_the_input_is_exported() -> None:
    made = trained(Series(), (2, 16), r=1.0)
    with pytest.raises(UserError, match="is in phase ternary: freeze it"):
        export(made, "net", tensor((2, 16)))
    made.enter("frozen")
    with pytest.raises(UserError, match=r"the input has shape \(2, 8\), and the model \(2, 16\)"):
        export(made, "net", tensor((2, 8)))
    with pytest.raises(UserError, match="give strassenify input_fraction=0"):
        export(made, "net", Tensor((2, 16), 0, Range.uniform(0, 1, 2)))
    with pytest.raises(UserError, match="beyond the 53 bits"):
        export(made, "net", Tensor((2, 16), PLACES, Range.uniform(0, 2**50, 2)))
    with pytest.raises(UserError, match="the model is frozen, and cannot enter phase full"):
        made.enter("full")


def test_a_model_that_has_seen_no_data_cannot_freeze() -> None:
    made = strassenify(Residual(), torch.zeros(2, 2, 12, 12))
    with pytest.raises(UserError, match=r"stem\.2 cannot be frozen: it has seen no data"):
        made.enter("frozen")
