"""Random convolutions and small image networks that tests of several folders use."""

from dataclasses import replace

import numpy as np
from hypothesis import strategies as st

from mulbudget.spn import (
    Add,
    ArgMax,
    Concatenate,
    Convolution,
    Flatten,
    Geometry,
    MaxPool,
    Network,
    Node,
    Range,
    Requantize,
    SumProduct,
    Tensor,
)


@st.composite
def geometries(draw: st.DrawFn, axes: int = 2, patches: bool = True) -> Geometry:
    kernel = tuple(draw(st.integers(1, 3)) for _ in range(axes))
    stride = tuple(draw(st.integers(1, 3)) for _ in range(axes))
    padding = tuple(draw(st.integers(0, min(size - 1, 1))) for size in kernel)
    patch = tuple(draw(st.integers(1, 2)) if patches else 1 for _ in range(axes))
    return Geometry(kernel, stride, padding, patch)


def convolution(
    channels: int, r: int, n_out: int, geometry: Geometry, *, groups: int = 1, seed: int = 0
) -> Convolution:
    """With random entries."""
    random = np.random.default_rng(seed)
    wb = random.integers(-1, 2, (r, channels // groups, *geometry.window)).astype(np.int8)
    wc = random.integers(-1, 2, (n_out, r, *geometry.patch)).astype(np.int8)
    a, bias = random.integers(-7, 8, r), random.integers(-20, 21, n_out)
    return Convolution(wb, a, wc, bias, 2, geometry, groups)


@st.composite
def convolutions(draw: st.DrawFn, axes: int = 2, channels: int | None = None) -> Convolution:
    groups = draw(st.integers(1, 3)) if channels is None else 1
    channels = channels or groups * draw(st.integers(1, 2))
    r = groups * draw(st.integers(1, 3))
    return convolution(
        channels,
        r,
        draw(st.integers(1, 4)),
        draw(geometries(axes)),
        groups=groups,
        seed=draw(st.integers(0, 999)),
    )


def without_wc(operator: Convolution) -> Convolution:
    """The same with a product for each output."""
    wc = np.eye(operator.r, dtype=np.int8)[..., None, None]
    return replace(operator, wc=wc, bias=np.arange(operator.r))


def image_network(size: int = 7, seed: int = 0, *, alone: bool = False) -> Network:
    """A residual block, two branches, pooling with padding, patches, groups, and classes.

    Products of the first and the last convolution are `alone`: without a Wc.
    """
    three = Geometry.plain((3, 3), padding=(1, 1))
    patches = Geometry((3, 3), (1, 1), (1, 1), (2, 2))
    act = Requantize(4, 0, 7)
    conv1, down = convolution(2, 3, 4, three, seed=seed), Geometry.plain((2, 2), (2, 2))
    conv4 = convolution(7, 2, 2, down, seed=seed + 3)
    if alone:
        conv1, conv4 = without_wc(convolution(2, 4, 4, three, seed=seed)), without_wc(conv4)
    nodes = [
        Node("conv1", conv1, "x"),
        Node("act1", act, "conv1"),
        Node("conv2", convolution(4, 4, 4, three, groups=2, seed=seed + 1), "act1"),
        Node("sum", Add((0, 2)), "conv2", "act1"),
        Node("act2", act, "sum"),
        Node("pool", MaxPool(Geometry.plain((3, 3), (2, 2), (1, 1))), "act2"),
        Node("conv3", convolution(4, 5, 3, patches, seed=seed + 2), "pool"),
        Node("act3", act, "conv3"),
        Node("both", Concatenate((2, 0)), "act3", "pool"),
        Node("conv4", conv4, "both"),
        Node("act4", act, "conv4"),
        Node("flat", Flatten(), "act4"),
    ]
    x = Tensor((2, size, size), 2, Range((0, -8), (15, 7)))
    features = Network("images", x, nodes).output.shape[0]
    random = np.random.default_rng(seed)
    classes = SumProduct(
        random.integers(-1, 2, (4, features)).astype(np.int8),
        random.integers(1, 8, 4),
        random.integers(-1, 2, (3, 4)).astype(np.int8),
        random.integers(-9, 10, 3),
        2,
    )
    nodes += [Node("fc", classes, "flat"), Node("argmax", ArgMax(), "fc")]
    return Network("images", x, nodes)


def small_image_network() -> Network:
    """Patches, a residual sum and pooling of 4 x 4 pixels: few enough cells for a netlist."""
    patches = Geometry((3, 3), (1, 1), (1, 1), (2, 2))
    nodes = [
        Node("conv", convolution(1, 2, 1, patches), "x"),
        Node("act", Requantize(2, 0, 3), "conv"),
        Node("sum", Add((0, 0)), "act", "x"),
        Node("pool", MaxPool(Geometry.plain((2, 2), (2, 2))), "sum"),
        Node("flat", Flatten(), "pool"),
    ]
    return Network("images", Tensor((1, 4, 4), 0, Range((0,), (3,))), nodes)
