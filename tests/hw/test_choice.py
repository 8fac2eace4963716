"""Digits of words that lie still: both ways to choose them give the same."""

from typing import Any

from amaranth import Module, Shape, Signal
from amaranth.sim import Simulator
from hypothesis import given, settings
from hypothesis import strategies as st

from mulbudget.hw.choice import choose, collect


@settings(max_examples=60)
@given(st.data())
def test_digits_follow_one_another_and_end_in_the_sign(data: st.DataObject) -> None:
    shapes = data.draw(st.lists(st.builds(Shape, st.integers(1, 9), st.booleans()), min_size=1))
    digit, digits = data.draw(st.integers(1, 4)), data.draw(st.integers(1, 9))
    values = [
        data.draw(st.integers(-(1 << shape.width - 1), (1 << shape.width - 1) - 1))
        if shape.signed
        else data.draw(st.integers(0, (1 << shape.width) - 1))
        for shape in shapes
    ]
    words = [Signal(shape) for shape in shapes]
    phase, enable = Signal(range(digits)), Signal()
    m = Module()
    at_once = choose(words, digit=digit, digits=digits, phase=phase)
    later = collect(m, "x", words, digit=digit, digits=digits, phase=phase, enable=enable)

    async def check(ctx: Any) -> None:
        for word, value in zip(words, values, strict=True):
            ctx.set(word, value)
        for number in range(digits):
            ctx.set(phase, number)
            ctx.set(enable, 1)
            wanted = [(value >> number * digit) % (1 << digit) for value in values]
            assert [ctx.get(each) for each in at_once] == wanted
            await ctx.tick()
            assert [ctx.get(each) for each in later] == wanted
            ctx.set(enable, 0)
            ctx.set(phase, 0)
            await ctx.tick()
            assert [ctx.get(each) for each in later] == wanted

    simulator = Simulator(m)
    simulator.add_clock(1e-6)
    simulator.add_testbench(check)
    simulator.run()
