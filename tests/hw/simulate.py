"""Samples through a stream component in Amaranth's simulator, for leaf tests."""

from typing import Any

import numpy as np
import numpy.typing as npt
from amaranth.sim import Simulator

CLOCKS = 10_000
"""A component that takes longer hangs."""


def run(
    component: Any, x: npt.NDArray[np.int64], *, stalls: float = 0.0, seed: int = 0
) -> tuple[npt.NDArray[np.int64], list[int]]:
    """Results of samples `x`, and the clocks in which they were taken, the first input at 0.

    Each side waits a few clocks with probability `stalls`.
    """
    waits = np.random.default_rng(seed)
    results: list[list[int]] = []
    clocks: list[int] = []
    now = 0
    fields = [name for name, _ in component.o.payload.shape()]

    async def count(ctx: Any) -> None:
        nonlocal now
        async for _ in ctx.tick():
            now += 1

    async def feed(ctx: Any) -> None:
        for sample in x:
            while waits.random() < stalls:
                await ctx.tick()
            payload = {f"c{channel}": int(value) for channel, value in enumerate(sample)}
            ctx.set(component.i.payload, payload)
            ctx.set(component.i.valid, 1)
            await ctx.tick().until(component.i.ready)
            ctx.set(component.i.valid, 0)

    async def take(ctx: Any) -> None:
        while len(results) < len(x):
            while waits.random() < stalls:
                await ctx.tick()
            ctx.set(component.o.ready, 1)
            values = [component.o.payload[name] for name in fields]
            taken = await ctx.tick().sample(*values).until(component.o.valid)
            ctx.set(component.o.ready, 0)
            results.append([int(value) for value in taken])
            clocks.append(now - 1)

    simulator = Simulator(component)
    simulator.add_clock(1e-6)
    simulator.add_testbench(count, background=True)
    simulator.add_testbench(feed, background=True)
    simulator.add_testbench(take)
    simulator.run_until(CLOCKS * 1e-6)
    if len(results) < len(x):
        raise TimeoutError(f"{len(results)} of {len(x)} results after {CLOCKS} clocks")
    return np.array(results), clocks
