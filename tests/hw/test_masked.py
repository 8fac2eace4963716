"""Sums with a ternary term: the carry cells of ECP5 make what the expression says."""

import itertools

import numpy as np
import pytest
from amaranth import Module, Shape
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from mulbudget.hw.families import FAMILIES, Family
from mulbudget.hw.masked import Entry, add_masked
from mulbudget.hw.verilog import convert
from mulbudget.sim.circuit import run_ports


class Sum(wiring.Component):
    """y = a + x, a, or a - 1 - x in so many bits."""

    def __init__(self, x: Shape, bits: int, family: Family | None) -> None:
        self._bits, self._family = bits, family
        super().__init__(
            {"a": In(bits), "x": In(x), "there": In(1), "negative": In(1), "y": Out(bits)}
        )

    def elaborate(self, platform: object) -> Module:  # noqa: ARG002 - Amaranth's signature
        m = Module()
        entry = Entry(self.there, self.negative)
        total = add_masked(m, "sum", self.a, self.x, entry, self._bits, self._family)
        m.d.comb += self.y.eq(total)
        return m


@pytest.mark.parametrize("family", [None, "ecp5", "gw2a"])
@pytest.mark.parametrize(("width", "signed"), [(3, False), (3, True), (1, False), (5, True)])
@pytest.mark.parametrize("bits", [4, 5])
def test_every_sum_is_right(family: str | None, width: int, signed: bool, bits: int) -> None:
    device = None if family is None else FAMILIES[family]
    texts = {"top.v": convert(Sum(Shape(width, signed), bits, device), "top")}
    if device is not None and device.carry_cell is not None:
        texts["cell.v"] = device.carry_cell.read_text()
        assert "CCU2C" in texts["top.v"]
    ternary = ((0, 0), (1, 0), (1, 1))
    cases = np.array(
        [
            (a, x, *entry)
            for a, x, entry in itertools.product(range(1 << bits), range(1 << width), ternary)
        ]
    )
    y = run_ports("top", texts, ["a", "x", "there", "negative"], ["y"], cases, 0)[:, 0]
    a, x, there, negative = cases.T
    value = x - (x >> width - 1 << width) if signed else x
    term = np.where(there, np.where(negative, -1 - value, value), 0)
    assert np.array_equal(y, (a + term) % (1 << bits))
