"""One bank is filled while the other is read, and no word is lost or overtaken."""

from itertools import chain
from typing import Any

import numpy as np
from amaranth.sim import Simulator
from hypothesis import given, settings
from hypothesis import strategies as st

from mulbudget.hw.banks import Banks

WIDTH = 9
FILLS = 4


@settings(max_examples=25)
@given(
    count=st.integers(1, 5),
    slow_writer=st.floats(0, 0.8),
    slow_reader=st.floats(0, 0.8),
    seed=st.integers(0, 999),
)
def test_what_is_written_is_read_bank_by_bank(
    count: int, slow_writer: float, slow_reader: float, seed: int
) -> None:
    banks, chance = Banks(WIDTH, count), np.random.default_rng(seed)
    words = chance.integers(0, 1 << WIDTH, (FILLS, count)).tolist()
    order = [chance.permutation(count).tolist() for _ in range(FILLS)]
    read: list[int] = []

    async def write(ctx: Any) -> None:
        for word in chain(*words):
            while chance.random() < slow_writer:
                await ctx.tick()
            ctx.set(banks.i.payload, word)
            ctx.set(banks.i.valid, 1)
            await ctx.tick().until(banks.i.ready)
            ctx.set(banks.i.valid, 0)

    async def take(ctx: Any) -> None:
        for addresses in order:
            for number, address in enumerate(addresses):
                while not ctx.get(banks.full) or chance.random() < slow_reader:
                    await ctx.tick()
                ctx.set(banks.address, address)
                ctx.set(banks.enable, 1)
                ctx.set(banks.free, number == count - 1)
                await ctx.tick()
                ctx.set(banks.free, 0)
                ctx.set(banks.enable, 0)
                while chance.random() < slow_reader:  # a word stays while enable is 0
                    await ctx.tick()
                read.append(ctx.get(banks.word))

    simulator = Simulator(banks)
    simulator.add_clock(1e-6)
    simulator.add_testbench(write)
    simulator.add_testbench(take)
    simulator.run()
    assert read == [
        words[fill][address] for fill, addresses in enumerate(order) for address in addresses
    ]


def test_it_takes_two_banks_and_no_more() -> None:
    banks = Banks(WIDTH, 3)
    taken = 0

    async def write(ctx: Any) -> None:
        nonlocal taken
        ctx.set(banks.i.valid, 1)
        for _ in range(20):
            taken += ctx.get(banks.i.ready)
            await ctx.tick()

    simulator = Simulator(banks)
    simulator.add_clock(1e-6)
    simulator.add_testbench(write)
    simulator.run()
    assert taken == 6
