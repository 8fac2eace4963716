"""Trainable convolutions: what each phase computes, and the integers they freeze to."""

import math

import numpy as np
import pytest
import torch
from hypothesis import assume, given
from hypothesis import strategies as st
from torch import nn

from mulbudget.spn import Convolution, Geometry, UserError
from mulbudget.train.convolutions import SPNConv1d, SPNConv2d, SPNConvolution
from mulbudget.train.layers import Precision
from tests.images import geometries

torch.set_num_threads(1)  # the layers are tiny: several threads only wait for each other


@st.composite
def layers(draw: st.DrawFn, axes: int) -> SPNConvolution:
    """In phase "ternary", with numbers as training would leave them."""
    geometry = draw(geometries(axes))
    groups, g = draw(st.integers(1, 3)), draw(st.integers(1, 2))
    patched = math.prod(geometry.patch) > 1
    r = groups * g * draw(st.integers(1, 3))
    identity = not patched and draw(st.booleans())
    seed = draw(st.integers(0, 999))
    generator = torch.Generator().manual_seed(seed)
    layer = (SPNConv1d if axes == 1 else SPNConv2d)(
        groups * g * draw(st.integers(1, 2)),
        r if identity else groups * draw(st.integers(1, 3)),
        geometry.kernel,
        r,
        geometry.stride,
        geometry.padding,
        groups,
        geometry.patch,
        "identity" if identity else "learned",
        g=g,
        unit=draw(st.sampled_from([None, 0, 2])),
        precision=Precision(bias_places=draw(st.integers(0, 2))),
        generator=generator,
    )
    layer.phase = "ternary"
    with torch.no_grad():
        for parameter in (layer.a, layer.bias, layer.norm.weight, layer.norm.bias):
            parameter.copy_(torch.randn(parameter.shape, generator=generator))
    return layer


def fits(layer: SPNConvolution, image: tuple[int, ...]) -> bool:
    sizes = zip(image, layer.geometry.padding, layer.geometry.kernel, strict=True)
    return all(n + 2 * pad >= size for n, pad, size in sizes)


@given(st.integers(1, 2).flatmap(layers), st.integers(1, 8), st.integers(1, 8), st.integers(-2, 3))
def test_a_frozen_layer_is_its_operator(
    layer: SPNConvolution, height: int, width: int, places: int
) -> None:
    image = (height, width)[: layer.axes]
    assume(fits(layer, image))
    channels = layer.wb.shape[1] * layer.groups
    q = torch.randint(-8, 8, (4, channels, *image), generator=torch.Generator().manual_seed(0))
    x = q.double() * 2.0**-places
    layer.double()
    layer(x)
    layer.eval()
    before = layer(x).detach()
    layer.freeze(places)
    operator = layer.operator(places)
    got = layer(x).detach() * 2.0 ** int(layer.fraction)
    assert got.shape == before.shape
    assert np.array_equal(got.numpy(), operator.evaluate(q.numpy()))
    assert operator.geometry == layer.geometry
    assert operator.fraction == int(layer.places)


@given(st.integers(1, 2).flatmap(layers))
def test_folding_changes_nothing_but_the_rounding(layer: SPNConvolution) -> None:
    image = (7, 5)[: layer.axes]
    assume(fits(layer, image))
    fine = Precision(a_bits=16, a_digits=16, bias_places=16)
    again = type(layer)(
        layer.wb.shape[1] * layer.groups,
        layer.out_channels,
        layer.geometry.kernel,
        layer.r,
        layer.geometry.stride,
        layer.geometry.padding,
        layer.wc_groups,
        layer.geometry.patch,
        layer.wc_kind,
        g=layer.groups // layer.wc_groups,
        precision=fine,
    )
    kept = {key: value for key, value in layer.state_dict().items() if key != "_allowed"}
    again.load_state_dict(kept, strict=False)
    again.unit, again.phase = None, "ternary"
    x = torch.randn(8, layer.wb.shape[1] * layer.groups, *image)
    for _ in range(50):
        again(x)
    again.eval()
    before = again(x).detach()
    again.freeze()
    assert torch.allclose(again(x), before, atol=float(before.abs().max()) * 2e-3)


def test_without_patches_the_full_phase_is_two_convolutions() -> None:
    layer = SPNConv2d(4, 6, 3, 8, 2, 1, groups=2, g=2).eval()
    x = torch.randn(2, 4, 7, 5)
    u = layer.norm(nn.functional.conv2d(x, layer.wb, stride=2, padding=1, groups=4))
    z = layer.a[:, None, None] * u
    expected = nn.functional.conv2d(z, layer.wc[:, :, None, None], layer.bias, groups=2)
    assert torch.allclose(layer(x), expected, atol=1e-5)


def test_a_patch_is_a_transposed_convolution_of_its_products() -> None:
    layer = SPNConv2d(3, 5, 3, 4, 1, 1, p=2).eval()
    x = torch.randn(2, 3, 6, 6)
    u = layer.norm(nn.functional.conv2d(x, layer.wb, stride=2, padding=1))
    wc = layer.wc.reshape(5, 2, 2, 4).permute(3, 0, 1, 2)
    z = layer.a[:, None, None] * u
    expected = nn.functional.conv_transpose2d(z, wc, stride=2)
    with torch.no_grad():
        layer.bias.fill_(0.5)
    assert layer.wb.shape == (4, 3, 4, 4)
    assert torch.allclose(layer(x), expected + 0.5, atol=1e-5)


def test_an_output_takes_products_of_its_own_group_only() -> None:
    layer = SPNConv1d(6, 6, 3, 12, groups=3, p=2)
    layer.freeze()
    operator = layer.operator(0)
    assert operator.wc_is_grouped
    assert operator.wc.shape == (6, 12, 2)
    apart = SPNConv1d(6, 6, 3, 12, g=3)
    apart.freeze()
    assert not apart.operator(0).wc_is_grouped
    assert apart.operator(0).groups == 3


def test_an_output_has_terms_of_its_own_group() -> None:
    layer = SPNConv1d(4, 4, 3, 8, groups=2, wc="terms").eval()
    assert layer.a.tolist() == [1.0, 1.0, 0.5, 0.5] * 2
    x = torch.randn(2, 4, 9)
    z = layer.a[:, None] * layer.norm(nn.functional.conv1d(x, layer.wb, groups=2))
    expected = torch.cat([z[:, :2] + z[:, 2:4], z[:, 4:6] + z[:, 6:]], dim=1)
    assert torch.allclose(layer(x), expected, atol=1e-5)


@pytest.mark.parametrize(
    ("arguments", "options", "sentence"),
    [
        ((4, 4, 3, 0), {}, "by 0 products"),
        ((4, 4, 3, 4), {"groups": 3}, "4 input channels do not make 3 groups"),
        ((4, 6, 3, 4), {"groups": 4}, "6 output channels do not make 4 groups"),
        ((4, 4, 3, 6), {"groups": 2, "g": 2}, "6 products do not make 4 groups"),
        ((4, 4, 3, 4), {"p": 2, "wc": "identity"}, "needs r = 4 and p = 1"),
        ((4, 4, 3, 6), {"wc": "terms"}, "needs a multiple of 4 products and p = 1, not 6"),
        ((4, 4, 3, 5), {"wc": "identity"}, "needs r = 4 and p = 1, not 5"),
        ((4, 4, 3, 4), {"padding": 3}, "is not less than the kernel"),
        ((4, 4, 0, 4), {}, "kernel is"),
    ],
)
def test_sizes_that_do_not_fit(arguments: tuple, options: dict, sentence: str) -> None:
    with pytest.raises(UserError, match=sentence):
        SPNConv2d(*arguments, **options)


def test_only_what_is_geometry_is_a_window() -> None:
    layer = SPNConv2d(1, 1, (3, 1), 1, (2, 1), (1, 0), p=(1, 2))
    assert layer.geometry == Geometry((3, 1), (2, 1), (1, 0), (1, 2))
    layer.freeze()
    assert isinstance(layer.operator(0), Convolution)
