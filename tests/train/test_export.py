"""Export writes the model that was trained, or nothing."""

import numpy as np
import pytest
import torch

from mulbudget.spn import ArgMax, Range, Requantize, SumProduct, Tensor, UserError
from mulbudget.train.export import evaluate, export, prove
from mulbudget.train.layers import Precision
from mulbudget.train.model import SPNModel

INPUT = Tensor((6,), 3, Range.uniform(0, 15, 6))


def model(generator: torch.Generator, a_bits: int = 6) -> SPNModel:
    precision = [Precision(a_bits=a_bits)] * 2
    made = SPNModel(
        [6, 5, 4],
        [4, 3],
        ["learned", "learned"],
        precision,
        activation_bits=4,
        activation_fraction=1,
        generator=generator,
    )
    made.enter("ternary")
    for _ in range(20):
        made(torch.tensor(samples(64)).float())
    return made


def samples(count: int) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 16, (count, 6))


def test_a_network_has_a_layer_an_activation_and_an_index(generator: torch.Generator) -> None:
    made = model(generator)
    made.enter("frozen")
    network = export(made, "mine", INPUT, {"recipe": "none"})
    assert [node.name for node in network.nodes] == ["layer1", "relu1", "layer2", "argmax"]
    kinds = [type(node.operator) for node in network.nodes]
    assert kinds == [SumProduct, Requantize, SumProduct, ArgMax]
    relu = network.tensors["relu1"]
    assert (min(relu.range.low), relu.fraction) == (0, 1)
    assert max(relu.range.high) <= 15
    assert network.provenance["recipe"] == "none"
    x = samples(5000)  # more than are evaluated at once
    assert np.array_equal(network.run(x), evaluate(made, x)["argmax"])
    prove(made, network, x)


def test_evaluation_keeps_the_mode_and_sees_running_statistics(generator: torch.Generator) -> None:
    made = model(generator)
    made.train()
    one, all_of_them = evaluate(made, samples(1)), evaluate(made, samples(64))
    assert made.training
    assert np.allclose(one["logits"][0], all_of_them["logits"][0], atol=1e-5)


def test_only_a_frozen_model_is_exported(generator: torch.Generator) -> None:
    with pytest.raises(ValueError, match="is in phase ternary"):
        export(model(generator), "mine", INPUT)


def test_a_difference_stops_the_export_and_is_named(generator: torch.Generator) -> None:
    made = model(generator)
    made.enter("frozen")
    network = export(made, "mine", INPUT)
    with torch.no_grad():
        made.spn_layers()[1].bias[2] += 4
    with pytest.raises(UserError, match="layer2 channel 2 of sample 0"):
        prove(made, network, samples(10))


def test_values_beyond_exact_floats_are_refused(generator: torch.Generator) -> None:
    made = model(generator)
    made.enter("frozen")
    wide = Tensor((6,), 0, Range.uniform(0, 2**50, 6))
    with pytest.raises(UserError, match="beyond the 53 bits"):
        export(made, "mine", wide)
