"""The walk goes through all pairs of blocks, in the order of the blocks of C."""

from typing import Any

from amaranth.sim import Simulator
from hypothesis import given, settings
from hypothesis import strategies as st

from mulbudget.hw.walk import Walk


@settings(max_examples=15)
@given(st.tuples(*[st.integers(1, 4)] * 3), st.integers(0, 3))
def test_every_block_of_c_gets_its_pairs_one_after_the_other(
    blocks: tuple[int, int, int], pause: int
) -> None:
    rows, inner, columns = blocks
    wanted = [
        (row * inner + term, term * columns + column)
        for row in range(rows)
        for column in range(columns)
        for term in range(inner)
    ]
    walk = Walk(blocks)
    met: list[tuple[int, int]] = []
    last: list[bool] = []

    async def step(ctx: Any) -> None:
        for number in range(2 * len(wanted)):
            ctx.set(walk.step, 0)
            for _ in range(number * pause % 3):  # without a step it stays
                await ctx.tick()
            met.append((ctx.get(walk.a), ctx.get(walk.b)))
            last.append(bool(ctx.get(walk.last)))
            ctx.set(walk.step, 1)
            await ctx.tick()

    simulator = Simulator(walk)
    simulator.add_clock(1e-6)
    simulator.add_testbench(step)
    simulator.run()
    assert met == 2 * wanted
    assert [number for number, each in enumerate(last) if each] == [
        len(wanted) - 1,
        2 * len(wanted) - 1,
    ]
