"""Queues, forks, patches and gathering, each alone at its streams."""

from typing import Any

import numpy as np
import pytest
from amaranth import Module
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out
from hypothesis import given, settings
from hypothesis import strategies as st

from mulbudget.hw.channels import layout
from mulbudget.hw.gather import Gather
from mulbudget.hw.joins import Fork
from mulbudget.hw.patches import Patches
from mulbudget.hw.queue import Queue
from mulbudget.hw.streams import tensor_port
from mulbudget.spn import Range, Tensor
from tests.hw.simulate import run_streams

ENDS = [(-3, 4), (0, 9)]


def beats(count: int, ends: list[tuple[int, int]] = ENDS) -> np.ndarray:
    low, high = zip(*ends, strict=True)
    return np.random.default_rng(0).integers(low, high, (count, len(ends)), endpoint=True)


@pytest.mark.parametrize("depth", [1, 2, 5])
@pytest.mark.parametrize("stalls", [0.0, 0.5])
def test_a_queue_gives_what_it_took(depth: int, stalls: float) -> None:
    found, clocks = run_streams(
        Queue(layout(ENDS), depth), {"i": beats(30)}, 30, stalls=stalls, seed=depth
    )
    assert (found == beats(30)).all()
    if not stalls and depth > 1:
        assert clocks == list(range(2, 32))


class Twice(wiring.Component):
    """A fork whose two streams meet again behind queues of different depths."""

    def __init__(self) -> None:
        shape = layout(ENDS)
        self._fork = Fork(shape, 2)
        self._queues = [Queue(shape, depth) for depth in (1, 4)]
        super().__init__(
            {"i": In(stream.Signature(shape)), "o": Out(stream.Signature(layout([*ENDS, *ENDS])))}
        )

    def elaborate(self, platform: object) -> Module:  # noqa: ARG002 - Amaranth's signature
        m = Module()
        m.submodules.fork = fork = self._fork
        wiring.connect(m, wiring.flipped(self.i), fork.i)
        for number, queue in enumerate(self._queues):
            m.submodules[f"queue{number}"] = queue
            wiring.connect(m, getattr(fork, f"o{number}"), queue.i)
        one, other = (queue.o for queue in self._queues)
        m.d.comb += [
            self.o.valid.eq(one.valid & other.valid),
            one.ready.eq(self.o.ready & other.valid),
            other.ready.eq(self.o.ready & one.valid),
            self.o.payload.c0.eq(one.payload.c0),
            self.o.payload.c1.eq(one.payload.c1),
            self.o.payload.c2.eq(other.payload.c0),
            self.o.payload.c3.eq(other.payload.c1),
        ]
        return m


@pytest.mark.parametrize("stalls", [0.0, 0.5])
def test_a_fork_gives_every_beat_to_all(stalls: float) -> None:
    found, _ = run_streams(Twice(), {"i": beats(30)}, 30, stalls=stalls)
    assert (found == np.hstack([beats(30), beats(30)])).all()


@settings(max_examples=15)
@given(
    st.tuples(st.integers(1, 5), st.integers(1, 5)),
    st.tuples(st.integers(1, 3), st.integers(1, 3)),
    st.sampled_from([0.0, 0.4]),
)
def test_patches_become_rows_of_pixels(
    outputs: tuple[int, int], patch: tuple[int, int], stalls: float
) -> None:
    entries = patch[0] * patch[1]
    ends = [(low, max(high - number, low)) for low, high in ENDS for number in range(entries)]
    down, across = (-(-n // p) for n, p in zip(outputs, patch, strict=True))
    taken = beats(2 * down * across, ends)
    images = taken.reshape(2, down, across, 2, *patch).transpose(0, 1, 4, 2, 5, 3)
    whole = images.reshape(2, down * patch[0], across * patch[1], 2)
    wanted = whole[:, : outputs[0], : outputs[1]].reshape(-1, 2)
    dut: Any = Patches("conv", outputs, patch, ends, ENDS)
    found, _ = run_streams(dut, {"i": taken}, len(wanted), stalls=stalls)
    assert (found == wanted).all()


@pytest.mark.parametrize("stalls", [0.0, 0.5])
@pytest.mark.parametrize("image", [(2, 3), (1, 1), (4,)])
def test_an_image_becomes_one_beat(image: tuple[int, ...], stalls: float) -> None:
    low, high = zip(*ENDS, strict=True)
    tensor = Tensor((2, *image), 0, Range(low, high))
    count = int(np.prod(image))
    pixels = beats(3 * count)
    found, clocks = run_streams(
        Gather(tensor_port("i", tensor), tensor.entries), {"i": pixels}, 3, stalls=stalls
    )
    assert (found == pixels.reshape(3, count, 2).swapaxes(1, 2).reshape(3, -1)).all()
    if not stalls:
        assert clocks == [count, 2 * count, 3 * count]
