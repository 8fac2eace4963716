"""What the bench of training steps trains, and how it compares times."""

from typing import Any

import pytest
import torch

from bench import quantized, training
from bench.quantized import Layers
from mulbudget.train.layers import Phase

X = torch.randint(0, 16, (8, 1, 28, 28), generator=torch.Generator().manual_seed(0)) / 16
LABELS = torch.arange(8)

needs_brevitas = pytest.mark.skipif(
    not quantized.installed(), reason="brevitas is not installed: pip install -e '.[qat]'"
)


@pytest.mark.parametrize("phase", training.PHASES)
def test_a_step_of_each_phase_learns_what_the_phase_leaves_free(phase: Phase) -> None:
    torch.manual_seed(0)
    model = training.sum_product(X, phase)
    assert [layer.phase for layer in model.spn_layers()] == [phase] * 4
    before = {name: each.clone() for name, each in model.named_parameters()}
    training.step_of(model, X, LABELS)()
    learned = {name.split(".")[-1] for name, each in before.items() if each.requires_grad}
    assert learned == ({"a", "bias"} if phase == "frozen" else {"wb", "wc", "a", "bias", "weight"})
    for name, each in model.named_parameters():
        assert torch.equal(each, before[name]) != before[name].requires_grad, name


def test_a_step_settles_the_weights() -> None:
    torch.manual_seed(0)
    model = training.sum_product(X, "ternary")
    layer = model.spn_layers()[0]
    with torch.no_grad():
        layer.wb.add_(5)
    training.step_of(model, X, LABELS)()
    assert float(layer.wb.detach().max()) == 1


def test_the_sum_product_network_has_the_products_it_says() -> None:
    model = training.sum_product(X, "full")
    assert [layer.r for layer in model.spn_layers()] == list(training.PRODUCTS.values())
    assert model(X).shape == training.network(Layers())(X).shape == (8, 10)


@needs_brevitas
@pytest.mark.parametrize("name", ["ternary", "2 bits"])
def test_the_weights_of_brevitas_are_ternary(name: str) -> None:
    torch.manual_seed(0)
    model = training.network(quantized.brevitas(training.ACTIVATION_BITS)[name])
    conv: Any = model[0]
    assert len(conv.quant_weight().value.unique()) == 3
    for _ in range(5):
        model[:3](X)
    assert 4 < len(model[:3](X).unique()) <= 2**training.ACTIVATION_BITS


def test_ratios_are_those_of_each_round() -> None:
    times = {
        "dense": [1.0, 2.0, 10.0],
        "sum-product, full": [1.5, 2.0, 20.0],
        "brevitas, ternary": [3.0, 4.0, 10.0],
        "brevitas, 2 bits": [9.0, 9.0, 9.0],
    }
    found = {row["network"]: row for row in training.rows(times)}
    assert list(found) == list(times)
    assert found["sum-product, full"] == {
        "network": "sum-product, full",
        "step [ms]": 2000.0,
        "of dense": 1.5,
        "middle half of dense": "1.25 to 1.75",
        "of brevitas": 0.5,
        "middle half of brevitas": "0.50 to 1.25",
    }


def test_without_brevitas_its_rows_are_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(quantized, "installed", lambda: False)
    assert quantized.version() == (
        "no brevitas, whose rows are left out (for it: pip install -e '.[qat]')"
    )
    threads = torch.get_num_threads()
    found = list(training.measured(threads, rounds=2, seed=0, batch=4))
    assert [row["network"] for row in found] == [
        "dense",
        "sum-product, full",
        "sum-product, ternary",
        "sum-product, frozen",
    ]
    assert all(set(row) >= {"threads", "of dense"} for row in found)
    assert not any("brevitas" in key for row in found for key in row)
