"""Where a sum-product layer begins: sums of ternary terms, and the layer that it stands for."""

import pytest
import torch
from torch import nn

from mulbudget.train.decompose import start_from, ternary_terms
from mulbudget.train.layers import Precision
from mulbudget.train.start import spn_layer

torch.set_num_threads(1)


def random(*shape: int) -> torch.Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(1))


@pytest.mark.parametrize("count", [4, 5, 7, 8, 13])
def test_terms_add_up_to_the_weights_and_all_but_the_last_are_ternary(count: int) -> None:
    weights = random(2, 4, 18)
    rows, factors = ternary_terms(weights, count)
    assert rows.shape == (2, count, 18)
    for output in range(4):
        mine = torch.arange(output, count, 4)
        total = (rows[:, mine] * factors[:, mine, None]).sum(1)
        assert torch.allclose(total, weights[:, output], atol=1e-6)
        assert set(rows[:, mine[:-1]].unique().tolist()) <= {-1.0, 0.0, 1.0}


def test_terms_of_zeros_are_zeros() -> None:
    rows, factors = ternary_terms(torch.zeros(1, 2, 3), 5)
    assert rows.isfinite().all()
    assert not (rows * factors[..., None]).any()


@pytest.mark.parametrize("quantizer", ["fixed", "scaled"])
def test_the_more_terms_the_nearer_are_ternary_ones(quantizer: str) -> None:
    torch.manual_seed(0)
    layer, norm, x = nn.Conv2d(6, 5, 3), nn.BatchNorm2d(5), random(64, 6, 8, 8)
    for _ in range(20):
        norm(layer(x))
    norm.eval()
    precision, errors = Precision(quantizer=quantizer, wb_threshold=_SAME[quantizer]), []  # type: ignore[arg-type]
    for r in (5, 10, 15):
        made = spn_layer(layer, r, 1, 1, precision, None)
        assert start_from(made, layer, norm, x)
        made.eval().phase = "ternary"
        errors.append(float((made(x) - norm(layer(x))).square().mean().detach()))
    assert errors[0] > 6 * errors[1] > 18 * errors[2]


_SAME = {"fixed": 0.5, "scaled": 0.7}


@pytest.mark.parametrize(("r", "p", "g"), [(4, 1, 1), (19, 2, 1), (20, 1, 2)])
def test_too_few_products_or_other_groups_begin_at_random(r: int, p: int, g: int) -> None:
    layer = nn.Conv2d(6, 5, 3)
    made = spn_layer(layer, r, p, g, Precision(), torch.Generator().manual_seed(0))
    before = made.wb.clone()
    assert not start_from(made, layer, None, random(4, 6, 8, 8))
    assert torch.equal(made.wb, before)
