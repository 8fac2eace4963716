"""Networks of images as streams: what they give, and when."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mulbudget.hw.accelerator import Accelerator
from mulbudget.hw.plan import make_plan
from mulbudget.hw.styles import Folded, Parallel, Serial, Style
from mulbudget.spn import (
    Add,
    Concatenate,
    Flatten,
    Geometry,
    MaxPool,
    Network,
    Node,
    Range,
    Requantize,
    Tensor,
)
from tests.hw.simulate import run_streams
from tests.images import convolution, geometries, image_network


def pixels(x: np.ndarray) -> np.ndarray:
    """(samples, channels, *image) as beats."""
    return np.moveaxis(x, 1, -1).reshape(-1, x.shape[1])


def inputs(network: Network, samples: int, seed: int = 0) -> np.ndarray:
    random = np.random.default_rng(seed)
    entries = network.input.entries
    rows = random.integers(entries.low, entries.high, (samples, entries.channels), endpoint=True)
    return rows.reshape(samples, *network.input.shape)


def check(network: Network, samples: int, stalls: float = 0.0, **options: Any) -> None:
    """The beats of results, and without stalls the clocks in which they come."""
    accelerator = Accelerator(network, make_plan(network, **options))
    x = inputs(network, samples)
    wanted = network.run(x)
    wanted = pixels(wanted) if wanted.ndim > 2 else wanted
    idle = accelerator.interval
    found, clocks = run_streams(
        accelerator, {"i": pixels(x)}, len(wanted), stalls=stalls, seed=1, idle=idle
    )
    assert (found == wanted).all()
    if not stalls:
        beats = len(wanted) // samples
        ends = clocks[beats - 1 :: beats]
        assert ends[0] == accelerator.latency
        assert np.diff(ends)[-1] == accelerator.interval
        longest = max(layer.interval for layer in accelerator.layers)
        assert longest <= accelerator.interval <= longest + 8


@st.composite
def residual_networks(draw: st.DrawFn) -> Network:
    """A chain of convolutions and poolings on one branch, a shorter one on the other."""
    size = draw(st.integers(3, 7))
    x = Tensor((2, size, draw(st.integers(3, 7))), 0, Range((0, -4), (7, 3)))
    act = Requantize(2, 0, 7)
    same = Geometry.plain((3, 3), padding=(1, 1))
    seeds = st.integers(0, 99)
    nodes = [Node("stem", convolution(2, 2, 3, draw(geometries()), seed=draw(seeds)), "x")]
    nodes.append(Node("stem_act", act, "stem"))
    last = "stem_act"
    for number in range(draw(st.integers(1, 3))):
        channels = 3
        layer = convolution(channels, draw(st.integers(1, 3)), 3, same, seed=draw(seeds))
        patched = Geometry((3, 3), (1, 1), (1, 1), (2, draw(st.integers(1, 2))))
        if draw(st.booleans()):
            layer = convolution(channels, 2, 3, patched, seed=draw(seeds))
        nodes += [Node(f"conv{number}", layer, last), Node(f"act{number}", act, f"conv{number}")]
        last = f"act{number}"
    join = draw(st.sampled_from([Add((0, 0)), Concatenate((0, 0, 0))]))
    others = ["stem_act", "act0"][: join.arity - 1]
    nodes.append(Node("joined", join, last, *others))
    return Network("net", x, nodes)


@pytest.mark.parametrize(("size", "stalls"), [(5, 0.0), (6, 0.3), (7, 0.0)])
def test_an_image_network(size: int, stalls: float) -> None:
    check(image_network(size, size), 3, stalls, levels_per_stage=1 + size % 3)


@settings(max_examples=10)
@given(residual_networks(), st.sampled_from([0.0, 0.3]))
def test_branches_of_any_length_join(network: Network, stalls: float) -> None:
    check(network, 3, stalls)


@st.composite
def chains(draw: st.DrawFn) -> tuple[Network, dict[str, Style]]:
    """Convolutions of any styles, with steps and pools between them that make bursts of pixels."""
    size, styles = draw(st.integers(8, 12)), dict[str, Style]()
    act, nodes, last = Requantize(2, 0, 7), list[Node](), "x"
    for number in range(draw(st.integers(2, 3))):
        name, channels = f"conv{number}", 3 if number else 2
        step = draw(st.integers(1, 2))
        geometry = Geometry.plain((3, 3), (step, step), (1, 1))
        layer = convolution(channels, 2, 3, geometry, seed=draw(st.integers(0, 99)))
        nodes += [Node(name, layer, last), Node(f"act{number}", act, name)]
        last = f"act{number}"
        styles[name] = draw(st.sampled_from(STYLES))
        if draw(st.booleans()):
            nodes.append(Node(f"pool{number}", POOL, last))
            last = f"pool{number}"
    return Network("net", Tensor((2, size, size), 0, Range((0, -4), (7, 3))), nodes), styles


POOL = MaxPool(Geometry.plain((2, 2), (2, 2), (1, 1)))
STYLES: list[Style] = [Parallel(), Serial(1), Serial(2), Serial(4), Folded(2, 1), Folded(6, 2)]


@settings(max_examples=10)
@given(chains())
def test_a_chain_of_small_windows_is_as_fast_as_its_slowest_layer(
    drawn: tuple[Network, dict[str, Style]],
) -> None:
    network, styles = drawn
    check(network, 4, styles=styles)


@pytest.mark.parametrize("stalls", [0.0, 0.4])
@pytest.mark.parametrize("axes", [1, 2])
def test_each_operator_alone(axes: int, stalls: float) -> None:
    shape = (2, 5, 6)[: 1 + axes]
    x = Tensor(shape, 0, Range((0, -4), (7, 3)))
    kernel = (3, 2)[:axes]
    ones = (1,) * axes
    for operator in (
        convolution(2, 3, 3, Geometry.plain(kernel, padding=ones)),
        convolution(2, 3, 3, Geometry(kernel, ones, (0,) * axes, (2,) * axes)),
        convolution(2, 2, 3, Geometry.plain(ones), groups=2),
        MaxPool(Geometry.plain(kernel, kernel, ones)),
        Requantize(1, -2, 2),
        Flatten(),
    ):
        check(Network("net", x, [Node("op", operator, "x")]), 3, stalls)
    for join in (Add((0, 0)), Concatenate((0, 0, 0))):
        check(Network("net", x, [Node("op", join, *["x"] * join.arity)]), 3, stalls)
