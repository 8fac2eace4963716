"""Several outputs a class: the class of the largest output wins, in PyTorch and as integers."""

import numpy as np
import pytest
import torch

from mulbudget.spn import ArgMax, Range, Requantize, Tensor
from mulbudget.train.export import evaluate, export, prove
from mulbudget.train.layers import Precision
from mulbudget.train.model import SPNModel

CLASSES = 3


def model(outputs_per_class: int, generator: torch.Generator) -> SPNModel:
    outputs = CLASSES * outputs_per_class - outputs_per_class // 2
    return SPNModel(
        [5, outputs],
        [4],
        ["learned"],
        [Precision()],
        activation_bits=4,
        activation_fraction=1,
        outputs_per_class=outputs_per_class,
        generator=generator,
    )


def test_the_first_class_has_half_as_many_outputs(generator: torch.Generator) -> None:
    made = model(4, generator)
    outputs = torch.arange(10.0).view(1, 10)
    parts = [outputs[:, :2], outputs[:, 2:6], outputs[:, 6:]]
    expected = torch.stack([part.logsumexp(dim=1) for part in parts], dim=1)
    assert torch.allclose(made.class_logits(outputs), expected)


def test_an_output_a_class_is_its_logit(generator: torch.Generator) -> None:
    outputs = torch.randn(7, CLASSES, generator=generator)
    assert model(1, generator).class_logits(outputs) is outputs


def test_class_logits_have_finite_gradients(generator: torch.Generator) -> None:
    outputs = torch.randn(7, 10, generator=generator, requires_grad=True)
    model(4, generator).class_logits(outputs).sum().backward()
    assert outputs.grad is not None
    assert torch.isfinite(outputs.grad).all()


@pytest.mark.parametrize("outputs_per_class", [2, 4, 8])
def test_the_network_ends_with_the_class(
    outputs_per_class: int, generator: torch.Generator
) -> None:
    made = model(outputs_per_class, generator)
    x = np.random.default_rng(0).integers(0, 16, (500, 5))
    made(torch.tensor(x).float())
    made.enter("frozen")
    network = export(made, "mine", Tensor((5,), 4, Range.uniform(0, 15, 5)))
    kinds = [type(node.operator) for node in network.nodes[-2:]]
    assert (kinds, network.nodes[-1].name) == ([ArgMax, Requantize], "classes")
    assert (min(network.output.range.low), max(network.output.range.high)) == (0, CLASSES - 1)
    prove(made, network, x)
    logits = made.class_logits(torch.tensor(evaluate(made, x)["logits"]))
    assert len(set(network.run(x)[:, 0])) > 1
    # The sum over a class can favour another class than its largest output only in a close race.
    share = float((network.run(x)[:, 0] == logits.argmax(dim=1).numpy()).mean())
    assert share > 0.5
