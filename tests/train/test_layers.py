"""The sum-product layer: what each phase computes, and what folding keeps."""

import numpy as np
import pytest
import torch

from mulbudget.train.layers import Precision, SPNLinear, WcKind

KINDS: tuple[WcKind, ...] = ("learned", "identity", "terms")


def trained(wc: WcKind, generator: torch.Generator, **options: object) -> SPNLinear:
    """A layer whose batch norm has seen data, in phase "ternary"."""
    layer = SPNLinear(12, 5, 5, wc, generator=generator, **options)  # type: ignore[arg-type]
    layer.phase = "ternary"
    with torch.no_grad():
        for parameter in (layer.a, layer.bias, layer.norm.weight, layer.norm.bias):
            parameter.copy_(torch.randn(parameter.shape, generator=generator))
        for _ in range(50):
            layer(inputs(generator))
    return layer.eval()


def inputs(generator: torch.Generator) -> torch.Tensor:
    return torch.randint(0, 16, (64, 12), generator=generator).float()


@pytest.mark.parametrize("wc", KINDS)
def test_the_full_phase_is_the_equation(wc: WcKind, generator: torch.Generator) -> None:
    layer, x = trained(wc, generator), inputs(generator)
    layer.phase = "full"
    expected = (layer.norm(x @ layer.wb.T) * layer.a) @ layer.wc.T + layer.bias
    assert torch.allclose(layer(x), expected, atol=1e-5)


@pytest.mark.parametrize("wc", KINDS)
@pytest.mark.parametrize("quantizer", ["fixed", "scaled"])
def test_folding_changes_nothing_but_the_rounding(
    wc: WcKind, quantizer: str, generator: torch.Generator
) -> None:
    precision = Precision(quantizer=quantizer, a_bits=16, a_digits=16, bias_places=16)  # type: ignore[arg-type]
    layer, x = trained(wc, generator, precision=precision), inputs(generator)
    before = layer(x).detach()
    layer.freeze()
    after = layer(x)
    assert torch.allclose(before, after, atol=float(before.abs().max()) * 1e-3)


@pytest.mark.parametrize("wc", KINDS)
def test_frozen_matrices_are_ternary_and_stay(wc: WcKind, generator: torch.Generator) -> None:
    layer, x = trained(wc, generator), inputs(generator)
    layer.freeze()
    layer.train()
    wb, wc_matrix = layer.wb.clone(), layer.wc.clone()
    assert set(wb.unique().tolist()) <= {-1.0, 0.0, 1.0}
    assert set(wc_matrix.unique().tolist()) <= {-1.0, 0.0, 1.0}
    optimizer = torch.optim.SGD([p for p in layer.parameters() if p.requires_grad], lr=0.1)
    a = layer.a.clone()
    layer(x).square().mean().backward()
    optimizer.step()
    assert bool((layer.wb == wb).all())
    assert bool((layer.wc == wc_matrix).all())
    assert bool((layer.a != a).any())


@pytest.mark.parametrize("wc", KINDS)
@pytest.mark.parametrize("unit", [None, 0, 3])
@pytest.mark.parametrize("places", [0, 2])
def test_the_frozen_layer_is_its_operator(
    wc: WcKind, unit: int | None, places: int, generator: torch.Generator
) -> None:
    layer = trained(wc, generator, unit=unit, precision=Precision(bias_places=places))
    layer.freeze()
    operator, x = layer.operator(4), inputs(generator)
    got = layer(x.double()).detach().numpy() * 2.0 ** int(layer.fraction)
    assert np.array_equal(got, operator.evaluate(x.numpy().astype(np.int64)))
    assert operator.fraction == int(layer.fraction) - 4


def test_terms_are_products_of_one_output_each(generator: torch.Generator) -> None:
    layer, x = SPNLinear(12, 5, 10, "terms", generator=generator).eval(), inputs(generator)
    assert layer.a.tolist() == [1.0] * 5 + [0.5] * 5
    z = layer.norm(x @ layer.wb.T)
    assert torch.allclose(layer(x), z[:, :5] + z[:, 5:] / 2, atol=1e-5)
    assert not layer.wc.requires_grad
    layer.freeze()
    assert layer.wc.tolist() == torch.eye(5).repeat(1, 2).tolist()


def test_terms_that_are_no_multiple_of_the_outputs_are_refused() -> None:
    with pytest.raises(ValueError, match="a multiple of 5 products, not 12"):
        SPNLinear(12, 5, 12, "terms")


def test_multiplicands_use_their_bits_and_keep_their_digits(generator: torch.Generator) -> None:
    layer = trained("learned", generator, precision=Precision(a_bits=5, a_digits=1))
    layer.freeze()
    magnitudes = set(np.abs(layer.operator(0).a).tolist())
    assert magnitudes <= {1, 2, 4, 8, 16}
    assert max(magnitudes) == 16


def test_without_places_the_bias_and_the_rounding_fill_whole_units(
    generator: torch.Generator,
) -> None:
    layer = trained("learned", generator, unit=2, precision=Precision(bias_places=0))
    layer.freeze()
    shift = int(layer.fraction) - 2
    assert shift > 0
    bias = layer.operator(0).bias + (1 << (shift - 1))
    assert not (bias % (1 << shift)).any()


def test_a_blend_goes_from_real_to_ternary(generator: torch.Generator) -> None:
    layer, x = trained("learned", generator), inputs(generator)
    outputs = []
    for share in (0.0, 0.5, 1.0):
        layer.ternary_share = share
        outputs.append(layer(x))
    layer.phase = "full"
    assert torch.allclose(outputs[0], layer(x), atol=1e-4)
    assert not torch.allclose(outputs[1], outputs[0], atol=1e-2)
    assert not torch.allclose(outputs[2], outputs[1], atol=1e-2)


def test_densities_fall_with_the_weights() -> None:
    layer = SPNLinear(4, 2, 3)
    before = layer.densities()
    with torch.no_grad():
        layer.wb.mul_(0.5)
    assert torch.allclose(layer.densities() / before, torch.tensor([0.5, 1.0]))


@pytest.mark.parametrize(
    ("sizes", "wc", "sentence"),
    [
        ((0, 1, 1), "learned", "sizes must be positive"),
        ((1, 1, 0), "learned", "sizes must be positive"),
        ((4, 3, 2), "identity", "needs r = 3, not 2"),
    ],
)
def test_sizes_that_do_not_fit(sizes: tuple[int, int, int], wc: WcKind, sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        SPNLinear(*sizes, wc)
