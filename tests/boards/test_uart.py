"""The UART: every byte, every divider, noise on the line, clocks that are apart."""

from typing import Any

import pytest
from amaranth.hdl import Elaboratable, Module
from amaranth.sim import Simulator

from mulbudget.boards.uart import Receiver, Transmitter, divider
from mulbudget.spn import UserError
from tests.boards.pins import Pins


class _Loop(Elaboratable):
    def __init__(self, clocks: int) -> None:
        self.receiver, self.transmitter = Receiver(clocks), Transmitter(clocks)

    def elaborate(self, platform: object) -> Module:  # noqa: ARG002 - Amaranth's signature
        m = Module()
        m.submodules += [self.receiver, self.transmitter]
        m.d.comb += self.receiver.rx.eq(self.transmitter.tx)
        return m


def _simulate(dut: Elaboratable, testbench: Any, *background: Any) -> None:
    simulator = Simulator(dut)
    simulator.add_clock(1e-6)
    simulator.add_testbench(testbench)
    for each in background:
        simulator.add_testbench(each, background=True)
    simulator.run()


@pytest.mark.parametrize("clocks", [4, 5, 13, 104])
def test_what_is_sent_arrives(clocks: int) -> None:
    dut = _Loop(clocks)
    content = [0x00, 0xFF, 0xA5, 0x5A, 0x01, 0x80]
    arrived: list[int] = []

    async def send(ctx: Any) -> None:
        i = dut.transmitter.i
        for byte in content:
            ctx.set(i.payload, byte)
            ctx.set(i.valid, 1)
            await ctx.tick().until(i.ready)
        ctx.set(i.valid, 0)
        await ctx.tick().repeat(11 * clocks)

    async def receive(ctx: Any) -> None:
        o = dut.receiver.o
        async for _, _, valid, payload in ctx.tick().sample(o.valid, o.payload):
            if valid:
                assert not payload.broken
                arrived.append(payload.data)

    _simulate(dut, send, receive)
    assert arrived == content


def test_a_byte_takes_ten_bits_and_the_line_rests_high() -> None:
    dut = Transmitter(4)
    line: list[int] = []

    async def send(ctx: Any) -> None:
        ctx.set(dut.i.payload, 0b0000_0001)
        ctx.set(dut.i.valid, 1)
        for _ in range(1 + 2 * 40):
            line.append(ctx.get(dut.tx))
            await ctx.tick()

    _simulate(dut, send)
    byte = [0] * 4 + [1] * 4 + [0] * 28 + [1] * 4
    assert line == [1, *byte, *byte]


def _received(clocks: int, drive: Any) -> list[tuple[int, int]]:
    """Bytes, and whether they are broken, from what `drive(ctx, pins)` puts on the line."""
    dut = Receiver(clocks)
    pins = Pins(dut.rx, None, clocks)
    arrived: list[tuple[int, int]] = []

    async def send(ctx: Any) -> None:
        await ctx.tick().repeat(5)
        await drive(ctx, pins)
        await ctx.tick().repeat(3 * clocks)

    async def receive(ctx: Any) -> None:
        async for _, _, valid, payload in ctx.tick().sample(dut.o.valid, dut.o.payload):
            if valid:
                arrived.append((payload.data, payload.broken))

    _simulate(dut, send, receive)
    return arrived


def test_a_missing_stop_bit_is_reported() -> None:
    async def drive(ctx: Any, pins: Pins) -> None:
        await pins.send(ctx, b"\x55", stop=0)
        await ctx.tick().repeat(20 * pins.divider)
        await pins.send(ctx, b"\x42")

    assert _received(8, drive) == [(0x55, 1), (0x42, 0)]


def test_a_spike_is_no_start_bit() -> None:
    async def drive(ctx: Any, pins: Pins) -> None:
        ctx.set(pins.rx, 0)
        await ctx.tick().repeat(2)
        ctx.set(pins.rx, 1)
        await ctx.tick().repeat(pins.divider)
        await pins.send(ctx, b"\x42")

    assert _received(16, drive) == [(0x42, 0)]


@pytest.mark.parametrize("theirs", [49, 51])
def test_clocks_two_percent_apart_understand_each_other(theirs: int) -> None:
    async def drive(ctx: Any, pins: Pins) -> None:
        pins.divider = theirs
        await pins.send(ctx, b"\x00\xff\xa5\x5a")

    assert _received(50, drive) == [(0x00, 0), (0xFF, 0), (0xA5, 0), (0x5A, 0)]


@pytest.mark.parametrize(
    ("clock_mhz", "baud", "clocks"), [(12, 115200, 104), (25, 115200, 217), (12, 1_000_000, 12)]
)
def test_the_divider(clock_mhz: int, baud: int, clocks: int) -> None:
    assert divider(clock_mhz * 1e6, baud) == clocks


@pytest.mark.parametrize("baud", [0, -1, 921_600 * 2, 4_000_000, 10**9])
def test_a_rate_that_the_clock_does_not_have_is_refused(baud: int) -> None:
    with pytest.raises(UserError, match="use 115200"):
        divider(12e6, baud)


def test_the_rate_that_is_offered_instead_works() -> None:
    with pytest.raises(UserError) as refused:
        divider(12e6, 921_600 * 2)
    assert divider(12e6, int(str(refused.value).rpartition(" ")[2]))
