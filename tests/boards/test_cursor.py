# amaranth: UnusedElaboratable=no
"""Entries of a tensor in C order, and where they travel."""

from typing import Any

import pytest
from amaranth.sim import Simulator
from hypothesis import given, settings
from hypothesis import strategies as st

from mulbudget.boards.cursor import Cursor
from mulbudget.hw.streams import Port, places

AXES = st.integers(1, 6).flatmap(lambda size: st.tuples(st.just(size), st.integers(1, size)))


@settings(max_examples=40)
@given(st.lists(AXES, min_size=1, max_size=3))
def test_every_entry_has_its_place(axes: list[tuple[int, int]]) -> None:
    shape, block = zip(*axes, strict=True)
    port = Port("i", shape, block, [])
    where = {
        entry: (beat, place)
        for beat, entries in enumerate(places(shape, block).tolist())
        for place, entry in enumerate(entries)
    }
    cursor = Cursor(port)
    count = max(where) + 1

    async def walk(ctx: Any) -> None:
        for number in [*range(count), *range(count // 2)]:
            entry = number % count
            assert (ctx.get(cursor.beat), ctx.get(cursor.place)) == where[entry]
            assert ctx.get(cursor.last) == (entry == count - 1)
            ctx.set(cursor.step, 1)
            await ctx.tick()
            ctx.set(cursor.step, 0)
            await ctx.tick()
        ctx.set(cursor.clear, 1)
        await ctx.tick()
        assert (ctx.get(cursor.beat), ctx.get(cursor.place)) == where[0]

    simulator = Simulator(cursor)
    simulator.add_clock(1e-6)
    simulator.add_testbench(walk)
    simulator.run()


@pytest.mark.parametrize(
    ("shape", "block", "counters"),
    [((3, 28, 28), (3, 1, 1), 2), ((784,), (4,), 1), ((1, 28, 28), (1, 1, 1), 1)],
)
def test_neighbouring_axes_share_their_counters(
    shape: tuple[int, ...], block: tuple[int, ...], counters: int
) -> None:
    assert len(Cursor(Port("i", shape, block, [])).axes) == counters
