"""Samples through a stream component in Amaranth's simulator, for leaf tests."""

from collections.abc import Mapping
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt
from amaranth.sim import Simulator

CLOCKS = 10_000
"""A component that takes longer hangs."""


def run(
    component: Any,
    x: npt.NDArray[np.int64],
    *,
    wanted: int | None = None,
    stalls: float = 0.0,
    seed: int = 0,
) -> tuple[npt.NDArray[np.int64], list[int]]:
    """Results of beats `x`, and the clocks in which they were taken, the first input at 0.

    There are as many results as beats, or so many as are wanted.
    """
    return run_streams(component, {"i": x}, wanted or len(x), stalls=stalls, seed=seed)


def run_streams(
    component: Any,
    beats: Mapping[str, npt.NDArray[np.int64]],
    wanted: int,
    *,
    stalls: float = 0.0,
    seed: int = 0,
    idle: int = 0,
) -> tuple[npt.NDArray[np.int64], list[int]]:
    """So many result beats for the beats of each input stream, and the clocks in which they came.

    Each stream waits a few clocks with probability `stalls`, and so many before the first beat.
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

    async def feed(ctx: Any, name: str) -> None:
        source = getattr(component, name)
        for _ in range(idle):
            await ctx.tick()
        for beat in beats[name]:
            while waits.random() < stalls:
                await ctx.tick()
            payload = {f"c{channel}": int(value) for channel, value in enumerate(beat)}
            ctx.set(source.payload, payload)
            ctx.set(source.valid, 1)
            await ctx.tick().until(source.ready)
            ctx.set(source.valid, 0)

    async def take(ctx: Any) -> None:
        while len(results) < wanted:
            while waits.random() < stalls:
                await ctx.tick()
            ctx.set(component.o.ready, 1)
            values = [component.o.payload[name] for name in fields]
            taken = await ctx.tick().sample(*values).until(component.o.valid)
            ctx.set(component.o.ready, 0)
            results.append([int(value) for value in taken])
            clocks.append(now - 1 - idle)

    simulator = Simulator(component)
    simulator.add_clock(1e-6)
    simulator.add_testbench(count, background=True)
    for name in beats:
        simulator.add_testbench(partial(feed, name=name), background=True)
    simulator.add_testbench(take)
    simulator.run_until(CLOCKS * 1e-6)
    if len(results) < wanted:
        raise TimeoutError(f"{len(results)} of {wanted} results after {CLOCKS} clocks")
    return np.array(results), clocks
