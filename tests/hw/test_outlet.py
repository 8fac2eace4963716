"""A pipeline that never stops loses nothing, whoever takes its results, and however late."""

import numpy as np
import pytest
from amaranth import Cat, Module, Signal
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out
from hypothesis import given
from hypothesis import strategies as st

from mulbudget.hw.channels import layout
from mulbudget.hw.outlet import Outlet, is_cheap, outlet_depth
from tests.hw.simulate import run

ENDS = [(0, 255)]


class Delay(wiring.Component):
    """Registers that never stop, and an outlet."""

    def __init__(self, latency: int) -> None:
        self._latency = latency
        signature = stream.Signature(layout(ENDS))
        super().__init__({"i": In(signature), "o": Out(signature)})

    def elaborate(self, platform: object) -> Module:  # noqa: ARG002 - Amaranth's signature
        m = Module()
        m.submodules.outlet = outlet = Outlet(layout(ENDS), self._latency)
        payload, valid = self.i.payload.as_value(), self.i.valid & outlet.room
        m.d.comb += [self.i.ready.eq(outlet.room), outlet.entered.eq(valid)]
        for number in range(self._latency):
            later = Signal(9, name=f"stage{number}")
            m.d.sync += later.eq(Cat(payload, valid))
            payload, valid = later[:8], later[8]
        m.d.comb += [outlet.i.payload.eq(payload), outlet.i.valid.eq(valid)]
        wiring.connect(m, outlet.o, wiring.flipped(self.o))
        return m


X = np.arange(60).reshape(-1, 1)


@pytest.mark.parametrize("latency", [1, 2, 3, 4, 7, 8])
def test_a_sample_passes_every_clock_and_no_later(latency: int) -> None:
    results, clocks = run(Delay(latency), X)
    assert (results == X).all()
    assert clocks == list(range(latency, latency + len(X)))


@given(latency=st.integers(1, 9), stalls=st.floats(0, 0.9), seed=st.integers(0, 99))
def test_nothing_is_lost_under_random_stalls(latency: int, stalls: float, seed: int) -> None:
    results, _ = run(Delay(latency), X, stalls=stalls, seed=seed)
    assert (results == X).all()


def test_there_is_room_for_what_is_on_its_way_and_one_more() -> None:
    assert [outlet_depth(latency) for latency in (1, 2, 3, 4, 7, 8)] == [2, 4, 4, 8, 8, 16]


@pytest.mark.parametrize(
    ("latency", "bits", "cheap"), [(1, 32, True), (1, 33, False), (63, 8, True), (64, 8, False)]
)
def test_few_results_of_few_bits_are_cheap(latency: int, bits: int, cheap: bool) -> None:
    assert is_cheap(latency, bits) == cheap
