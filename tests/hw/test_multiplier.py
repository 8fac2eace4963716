"""A registered `*`, one for each product or shared by the products of an interval."""

from typing import Any

import numpy as np
import pytest
from amaranth import Shape
from amaranth.sim import Simulator

from mulbudget.hw.datapath import Datapath
from mulbudget.hw.multiplier import Multiplier
from mulbudget.hw.plan import make_plan
from mulbudget.hw.schedule import schedule
from mulbudget.spn import product_network
from tests.algorithms import STRASSEN


@pytest.mark.parametrize("constant", [None, -7])
@pytest.mark.parametrize("registers", [1, 2])
@pytest.mark.parametrize("logic", [False, True])
def test_a_product_comes_after_its_registers(
    constant: int | None, registers: int, logic: bool
) -> None:
    y = Shape(5, signed=True) if constant is None else constant
    unit = Multiplier(Shape(4), y, registers=registers, dsp=None, logic=logic)
    random = np.random.default_rng(0)
    pairs = [*zip(random.integers(0, 16, 30), random.integers(-16, 16, 30), strict=True)]
    moves = random.random(30) < 0.7
    results: list[int] = []

    async def drive(ctx: Any) -> None:
        for (left, right), enable in zip(pairs, moves, strict=True):
            ctx.set(unit.x, int(left))
            if constant is None:
                ctx.set(unit.y, int(right))
            ctx.set(unit.enable, int(enable))
            await ctx.tick()
            results.append(ctx.get(unit.p))

    simulator = Simulator(unit)
    simulator.add_clock(1e-6)
    simulator.add_testbench(drive)
    simulator.run()
    moved: list[int] = []
    for (left, right), enable, result in zip(pairs, moves, results, strict=True):
        if enable:
            moved.append(int(left) * int(right if constant is None else constant))
        if len(moved) >= registers:
            assert result == moved[-registers]


@pytest.mark.parametrize("dsp", [1, 2, 3, 4, 6])
@pytest.mark.parametrize("levels", [1, 2, 5])
def test_products_that_share_a_multiplier_have_clocks_of_their_own(dsp: int, levels: int) -> None:
    datapath = make_plan(product_network(STRASSEN, name="product"), dsp=dsp).layers[0].datapath
    assert isinstance(datapath, Datapath)
    made = schedule(datapath, levels)
    uses = [(block, made.stages[value] % datapath.interval) for value, block in made.blocks.items()]
    assert len(uses) == 7 and len(set(uses)) == 7
    assert len(set(made.blocks.values())) <= dsp
