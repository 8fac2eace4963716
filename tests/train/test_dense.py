"""Layers that keep a multiplication for each weight."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from mulbudget.spn import Geometry, UserError
from mulbudget.train.dense import DenseLayer
from tests.images import geometries

torch.set_num_threads(1)  # the layers are tiny: several threads only wait for each other


@given(
    st.integers(1, 2).flatmap(lambda axes: geometries(axes, patches=False)),
    st.integers(1, 3),
    st.integers(0, 99),
)
def test_a_frozen_convolution_is_its_operator(geometry: Geometry, groups: int, seed: int) -> None:
    generator = torch.Generator().manual_seed(seed)
    weight = torch.randn(2 * groups, 2, *geometry.kernel, generator=generator)
    layer = DenseLayer(weight, torch.randn(2 * groups, generator=generator), geometry, groups)
    q = torch.randint(-8, 8, (3, 2 * groups, *(6,) * geometry.axes), generator=generator)
    x = q.double() / 4
    before = layer.double()(x).detach()
    layer.freeze(2)
    got = layer(x).detach()
    operator = layer.operator(2)
    assert np.array_equal(got.numpy() * 2.0 ** int(layer.fraction), operator.evaluate(q.numpy()))
    assert operator.r == layer.r == weight.numel()
    assert float((got - before).abs().max()) < 0.1 * float(before.abs().max()) + 0.6


def test_a_linear_layer_folds_the_batch_norm_behind_it() -> None:
    generator = torch.Generator().manual_seed(0)
    layer = DenseLayer(torch.randn(3, 5, generator=generator))
    layer.norm = nn.BatchNorm1d(3)
    q = torch.randint(0, 16, (64, 5), generator=generator)
    for _ in range(50):
        layer(q.float())
    before = layer.eval()(q.float()).detach()
    layer.freeze(0)
    layer.unit = int(layer.fraction)
    got = layer(q.double()).detach()
    expected = layer.operator(0).evaluate(q.numpy())
    assert np.array_equal(got.numpy() * 2.0 ** int(layer.fraction), expected)
    assert torch.allclose(got.float(), before, atol=0.2)


def test_too_many_weights_are_refused() -> None:
    with pytest.raises(UserError, match="take a matrix of 1,000,000,000 entries"):
        DenseLayer(torch.empty(1000, 1000, device="meta"))
